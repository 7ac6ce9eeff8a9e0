//! Every Rust file opens with a module comment, but a module's own `tests.rs`: its parent says it.

use super::tree::File;
use super::{Finding, Tree};

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.files.iter().filter_map(check_file).collect()
}

fn check_file(file: &File) -> Option<Finding> {
    if !file.is_rust() || file.text.starts_with("//! ") || file.path.ends_with("/tests.rs") {
        return None;
    }
    let advice = "open with `//! ` and say what it is responsible for and what it must never do";
    Some(Finding::new(&file.path, 1, advice))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_starts_with_code_is_found() {
        assert!(check_file(&File::new("a.rs", "use std::fmt;\n//! Late.\n")).is_some());
        assert!(check_file(&File::new("a.rs", "")).is_some());
    }

    #[test]
    fn a_module_comment_passes() {
        assert_eq!(check_file(&File::new("a.rs", "//! Reads.\nuse std::fmt;\n")), None);
        assert_eq!(check_file(&File::new("a.sh", "set -eu\n")), None);
        assert_eq!(check_file(&File::new("a/tests.rs", "use super::*;\n")), None);
    }
}
