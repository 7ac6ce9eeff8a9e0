//! Every refusal code in the source has a page, and every page has a code in the source.

use std::collections::BTreeMap;

use super::tree::File;
use super::{Finding, Tree};

const PAGES: &str = "docs/codes/";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    check_files(&tree.files)
}

fn check_files(files: &[File]) -> Vec<Finding> {
    let pages: BTreeMap<&str, &str> = files
        .iter()
        .filter_map(|file| {
            let name = file.path.strip_prefix(PAGES)?.strip_suffix(".md")?;
            (codes(name).next() == Some(name)).then_some((name, file.path.as_str()))
        })
        .collect();
    let mut used: BTreeMap<&str, (&str, usize)> = BTreeMap::new();
    for file in files.iter().filter(|file| file.is_shipped()) {
        for (number, line) in file.product_text() {
            for code in codes(line) {
                used.entry(code).or_insert((&file.path, number));
            }
        }
    }
    let missing = used
        .iter()
        .filter(|(code, _)| !pages.contains_key(*code))
        .map(|(code, (path, number))| Finding::new(path, *number, format!("write {PAGES}{code}.md")));
    let stale = pages.iter().filter(|(code, _)| !used.contains_key(*code)).map(|(code, path)| {
        Finding::new(path, 1, format!("nothing refuses with {code}; delete the page or use the code"))
    });
    missing.chain(stale).collect()
}

/// The codes in `line`: `DW` and exactly four digits.
fn codes(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric()).filter(|word| {
        word.len() == 6 && word.strip_prefix("DW").is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "crates/doorward-core/src/denial.rs";

    #[test]
    fn a_code_without_page_and_a_page_without_code_are_found() {
        let files =
            [File::new(SOURCE, "const A: &str = \"DW1203\";\n"), File::new("docs/codes/DW9999.md", "# DW9999\n")];
        let found = check_files(&files);
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn a_code_with_its_page_passes() {
        let files = [
            File::new(SOURCE, "const A: &str = \"DW1203\";\n#[cfg(test)]\nmod tests {\n\"DW0000\"\n}\n"),
            File::new("docs/codes/DW1203.md", "# DW1203\n"),
            File::new("docs/codes/README.md", "# Codes\n"),
        ];
        assert_eq!(check_files(&files), []);
    }
}
