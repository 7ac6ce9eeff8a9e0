//! Every refusal code in the source has a page, and every page has a code in the source.
//!
//! A code is an entry of the catalogue (`Name = 1203, …`) or a mention such as `DW1203` anywhere.

use std::collections::BTreeMap;

use super::tree::File;
use super::{Finding, Tree};

const PAGES: &str = "docs/codes/";

/// The catalogue of codes, which holds numbers without the letters.
const CATALOGUE: &str = "crates/doorward-core/src/refusal/codes.rs";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    check_files(&tree.files)
}

fn check_files(files: &[File]) -> Vec<Finding> {
    let pages: BTreeMap<&str, &str> = files
        .iter()
        .filter_map(|file| {
            let name = file.path.strip_prefix(PAGES)?.strip_suffix(".md")?;
            (mentions(name).next() == Some(name)).then_some((name, file.path.as_str()))
        })
        .collect();
    let entries: Vec<(String, Place<'_>)> =
        files.iter().filter(|file| file.path == CATALOGUE).flat_map(entries).collect();
    if entries.is_empty() {
        // Without entries the rule would hold of anything.
        return vec![Finding::new(CATALOGUE, 1, "tidy finds no entry here; teach it the new form")];
    }
    let mut used: BTreeMap<String, Place<'_>> = entries.into_iter().collect();
    for file in files.iter().filter(|file| file.is_shipped()) {
        for (number, line) in file.product_text() {
            for code in mentions(line) {
                used.entry(code.to_owned()).or_insert((&file.path, number));
            }
        }
    }
    let missing = used
        .iter()
        .filter(|(code, _)| !pages.contains_key(code.as_str()))
        .map(|(code, (path, line))| Finding::new(path, *line, format!("write {PAGES}{code}.md")));
    let stale = pages.iter().filter(|(code, _)| !used.contains_key(**code)).map(|(code, path)| {
        let advice = format!("nothing refuses with {code}; delete the page or use the code");
        Finding::new(path, 1, advice)
    });
    missing.chain(stale).collect()
}

/// A file and a line in it.
type Place<'a> = (&'a str, usize);

/// The catalogue's entries: a variant, `=` and its number.
fn entries(catalogue: &File) -> impl Iterator<Item = (String, Place<'_>)> {
    catalogue.product_code().filter_map(|(number, line)| {
        let (name, rest) = line.trim().split_once(" = ")?;
        let (digits, _) = rest.split_once(',')?;
        let is_variant = name.starts_with(char::is_uppercase) && name.chars().all(char::is_alphanumeric);
        (is_variant && is_number(digits)).then(|| (format!("DW{digits}"), (catalogue.path.as_str(), number)))
    })
}

/// The codes that `line` spells out: `DW` and exactly four digits.
fn mentions(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric()).filter(|word| word.strip_prefix("DW").is_some_and(is_number))
}

fn is_number(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str, page: &str) -> usize {
        check_files(&[
            File::new(CATALOGUE, "codes! {\n    NotAllowed = 1201, 1201, Operator, \"No.\", \"Ask.\";\n}\n"),
            File::new("crates/doorward-cli/src/explain.rs", source),
            File::new(&format!("docs/codes/{page}.md"), "# A code\n"),
            File::new("docs/codes/README.md", "# Codes\n"),
        ])
        .len()
    }

    #[test]
    fn a_code_without_page_and_a_page_without_code_are_found() {
        assert_eq!(found("", "DW9999"), 2);
        assert_eq!(found("//! Prints DW1301.\n", "DW1201"), 1);
    }

    #[test]
    fn a_catalogue_that_cannot_be_read_is_found() {
        assert_eq!(check_files(&[File::new(CATALOGUE, "fn code() {}\n")]).len(), 1);
    }

    #[test]
    fn codes_with_their_pages_pass() {
        let tests = "#[cfg(test)]\nmod tests {\n    const A: &str = \"DW0000\";\n}\n";
        assert_eq!(found(&format!("//! Prints DW1201.\n{tests}"), "DW1201"), 0);
    }
}
