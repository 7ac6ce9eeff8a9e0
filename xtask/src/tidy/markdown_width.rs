//! Lines of prose in Markdown are at most [`WIDTH`] characters long, so that a change of one shows as a change of one.
//!
//! Tables, code and headings cannot be wrapped, nor can a line of one word; nothing is said of those.

use super::tree::File;
use super::{Finding, Tree};

/// As wide as the lines of Rust may be.
const WIDTH: usize = 120;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.files.iter().filter(|file| file.path.ends_with(".md")).flat_map(check_file).collect()
}

fn check_file(file: &File) -> Vec<Finding> {
    let mut fence: Option<&str> = None;
    let mut findings = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        let text = line.trim_start();
        match (fence, fence_of(text)) {
            (None, Some(opens)) => fence = Some(opens),
            (Some(open), _) if text.starts_with(open) => fence = None,
            (None, None) if is_prose(text) && line.chars().count() > WIDTH => {
                findings.push(Finding::new(&file.path, index + 1, format!("wrap it at {WIDTH} characters")));
            }
            (Some(_) | None, _) => {}
        }
    }
    findings
}

fn fence_of(text: &str) -> Option<&str> {
    ["```", "~~~"].into_iter().find(|fence| text.starts_with(fence))
}

fn is_prose(text: &str) -> bool {
    let is_reference = text.starts_with('[') && text.contains("]: ");
    let words = text.trim_start_matches(['-', '*', '+', '>', ' ']).split_whitespace().count();
    !text.starts_with(['|', '#', '<']) && !is_reference && words > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        check_file(&File::new("docs/a.md", text)).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn a_long_line_of_prose_is_found() {
        let long = "word ".repeat(25);
        assert_eq!(lines(&format!("# Title\n\nshort\n{long}\n- {long}\n```\ncode\n```\n{long}\n")), [4, 5, 9]);
    }

    #[test]
    fn what_cannot_be_wrapped_passes() {
        let long = "word ".repeat(25);
        let link = format!("https://example.com/{}", "a".repeat(120));
        let text = format!(
            "# {long}\n| {long} |\n```text\n{long}\n```\n    - {link}\n[a]: {link} \"a b\"\n{}\n",
            "\u{e9}".repeat(3) + &"ab ".repeat(39)
        );
        assert_eq!(lines(&text), Vec::<usize>::new());
    }
}
