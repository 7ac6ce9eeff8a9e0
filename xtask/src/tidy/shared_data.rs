//! Nothing from the shared folder beside the repository is copied into it.

use super::{Finding, Tree};

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.copies
        .iter()
        .map(|(copy, original)| Finding::new(copy, 1, format!("delete it and read {original} where it lies")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_found_and_none_passes() {
        let copies = vec![("fixtures/a.json".to_owned(), "../shared/a.json".to_owned())];
        assert_eq!(check(&Tree { copies, ..Tree::default() }).len(), 1);
        assert_eq!(check(&Tree::default()), []);
    }
}
