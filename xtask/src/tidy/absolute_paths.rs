//! No path of one particular machine, in any file.

use super::tree::{File, numbered};
use super::{Finding, Tree};

/// Folders that exist on one machine only, without their leading slash.
const FOLDERS: &[&str] = &["root/", "work/", "home/", "Users/"];

/// Names that documentation uses for "your own folder".
const PLACEHOLDERS: &[&str] = &["you", "me", "user", "alice", "bob", "USER", "NAME"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.files.iter().flat_map(check_file).collect()
}

fn check_file(file: &File) -> Vec<Finding> {
    numbered(&file.text)
        .filter_map(|(number, line)| Some((number, machine_path(line)?)))
        .map(|(number, path)| {
            let advice = format!("{path:?} exists on one machine; make it relative or a placeholder");
            Finding::new(&file.path, number, advice)
        })
        .collect()
}

/// The first absolute path in `line` that belongs to a machine or a person.
fn machine_path(line: &str) -> Option<&str> {
    line.match_indices('/').find_map(|(at, _)| {
        let (before, rest) = line.split_at(at);
        if before.ends_with(|c: char| c.is_alphanumeric() || "._-/}>*~".contains(c)) {
            // The middle of a longer path or of a URL.
            return None;
        }
        let rest = rest.strip_prefix('/')?;
        let folder = FOLDERS.iter().find(|folder| rest.starts_with(**folder))?;
        let owner = rest.strip_prefix(folder)?.split(|c: char| !c.is_alphanumeric()).next()?;
        let is_personal = matches!(*folder, "home/" | "Users/");
        let is_placeholder = owner.is_empty() || PLACEHOLDERS.contains(&owner);
        (!(is_personal && is_placeholder)).then_some(rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Builds the input in halves, so that this file does not break the rule itself.
    fn found(folder: &str, rest: &str) -> bool {
        machine_path(&format!("cd \"/{folder}/{rest}\"")).is_some()
    }

    #[test]
    fn a_path_of_a_machine_is_found() {
        assert!(found("root", ".cargo"));
        assert!(found("work", "main"));
        assert!(found("home", "jane7/code"));
    }

    #[test]
    fn placeholders_relative_paths_and_urls_pass() {
        assert!(!found("home", "you/code"));
        assert!(!found("home", "<name>/code"));
        assert!(!found("srv", "work/x"));
        assert_eq!(machine_path("https://a.example/work/x and my/work/x"), None);
    }
}
