//! The map names every crate, and every crate it names exists.

use super::tree::{File, numbered};
use super::{Finding, Tree};

const MAP: &str = "ARCHITECTURE.md";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let names: Vec<&str> = tree.crates.iter().map(|this| this.name.as_str()).collect();
    match tree.files.iter().find(|file| file.path == MAP) {
        Some(map) => check_map(map, &names),
        None => vec![Finding::new(MAP, 1, "write the code map")],
    }
}

fn check_map(map: &File, crates: &[&str]) -> Vec<Finding> {
    let named: Vec<(usize, &str)> =
        numbered(&map.text).flat_map(|(number, line)| words(line).map(move |word| (number, word))).collect();
    let absent = crates
        .iter()
        .filter(|name| !named.iter().any(|(_, word)| word == *name))
        .map(|name| Finding::new(MAP, 1, format!("say what {name} is for")));
    let gone = named
        .iter()
        .filter(|(_, word)| word.starts_with("doorward-") && !crates.contains(word))
        .map(|(number, word)| Finding::new(MAP, *number, format!("there is no crate {word}")));
    absent.chain(gone).collect()
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').map(|word| word.trim_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unnamed_crate_and_a_crate_that_is_gone_are_found() {
        let map = File::new(MAP, "`doorward-core` decides.\n`doorward-old` does not.\n");
        let found = check_map(&map, &["doorward-core", "doorward-mcp"]);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found.iter().any(|finding| finding.line == 2));
    }

    #[test]
    fn a_full_map_passes() {
        let map = File::new(MAP, "- [doorward-core](crates/doorward-core/): decides.\n- `xtask`\n");
        assert_eq!(check_map(&map, &["doorward-core", "xtask"]), []);
    }
}
