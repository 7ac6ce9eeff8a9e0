//! No file or folder is called after a heap: utils, helpers, manager, misc, common.

use super::{Finding, Tree};

const HEAPS: &[&str] = &["util", "utils", "helper", "helpers", "manager", "managers", "misc", "common", "stuff"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.files.iter().filter_map(|file| check_path(&file.path)).collect()
}

fn check_path(path: &str) -> Option<Finding> {
    let word = path.split(['/', '_', '-', '.']).find(|word| HEAPS.contains(&word.to_ascii_lowercase().as_str()))?;
    Some(Finding::new(path, 1, format!("{word:?} names a heap; name what the file is responsible for")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heap_is_found() {
        assert!(check_path("crates/doorward-core/src/json_utils.rs").is_some());
        assert!(check_path("crates/doorward-server/tests/common/mod.rs").is_some());
    }

    #[test]
    fn a_name_that_contains_one_passes() {
        assert_eq!(check_path("crates/doorward-core/src/commonality.rs"), None);
    }
}
