//! The guide to the eras has a section for each row of the matrix.

use std::fs;

use doorward_mcp::bridge::Row;

use crate::input::repository;

#[test]
fn every_row_has_its_section_in_order() {
    let guide = fs::read_to_string(repository().join("docs/guide/eras.md")).unwrap();
    let titles: Vec<&str> = Row::ALL.iter().map(|row| row.title()).collect();
    let sections: Vec<&str> =
        guide.lines().filter_map(|line| line.strip_prefix("### ")).filter(|title| titles.contains(title)).collect();
    assert_eq!(sections, titles);
    for section in guide.split("\n### ").skip(1) {
        let (title, text) = section.split_once('\n').unwrap();
        assert!(titles.contains(&title), "{title} is no row");
        assert!(text.contains("Cannot be bridged"), "{title} says what cannot be bridged, and why");
    }
}

#[test]
fn rows_have_each_their_own_title() {
    let mut titles: Vec<&str> = Row::ALL.iter().map(|row| row.title()).collect();
    titles.sort_unstable();
    titles.dedup();
    assert_eq!(titles.len(), Row::ALL.len());
}
