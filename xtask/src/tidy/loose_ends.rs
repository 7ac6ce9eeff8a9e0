//! No notes to oneself and no placeholder macros.

use super::tree::{File, numbered};
use super::{Finding, Tree};

/// Marks of unfinished work, in two halves so that this file does not hold them itself.
const MARKS: &[(&str, &str)] = &[("TO", "DO"), ("FIX", "ME"), ("XX", "X")];

const MACROS: &[&str] = &["todo!", "unimplemented!"];

/// Kinds of file that people write prose or code in.
const WRITTEN: &[&str] = &[".rs", ".md", ".toml", ".sh", ".cedar", ".cedarschema", ".py", ".mjs"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.files.iter().flat_map(check_file).collect()
}

fn check_file(file: &File) -> Vec<Finding> {
    if !WRITTEN.iter().any(|ending| file.path.ends_with(ending)) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (number, line) in numbered(&file.text) {
        let words: Vec<&str> = line.split(|c: char| !c.is_alphanumeric()).collect();
        for (head, tail) in MARKS {
            let mark = format!("{head}{tail}");
            if words.contains(&mark.as_str()) {
                let advice = format!("finish it, or move the {mark} to an issue");
                findings.push(Finding::new(&file.path, number, advice));
            }
        }
    }
    for (number, line) in numbered(&file.code) {
        if MACROS.iter().any(|name| line.contains(name)) {
            findings.push(Finding::new(&file.path, number, "write it or leave it out"));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_and_a_placeholder_are_found() {
        let mark = format!("// {}{}: later\n", "TO", "DO");
        assert_eq!(check_file(&File::new("a.rs", &mark)).len(), 1);
        assert_eq!(check_file(&File::new("a.md", &mark)).len(), 1);
        assert_eq!(check_file(&File::new("a.rs", "fn a() { todo!() }\n")).len(), 1);
    }

    #[test]
    fn other_words_pass() {
        assert_eq!(check_file(&File::new("a.rs", "// a mastodon; DW1XXXX\nlet todo = \"todo!\";\n")), []);
    }
}
