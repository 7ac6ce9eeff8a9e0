//! The changelog has a section for what is not released yet.

use super::tree::File;
use super::{Finding, Tree};

const CHANGELOG: &str = "CHANGELOG.md";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    check_files(&tree.files).into_iter().collect()
}

fn check_files(files: &[File]) -> Option<Finding> {
    let Some(file) = files.iter().find(|file| file.path == CHANGELOG) else {
        return Some(Finding::new(CHANGELOG, 1, "start the changelog with `## Unreleased`"));
    };
    let has_section =
        file.text.lines().any(|line| line.starts_with("## Unreleased") || line.starts_with("## [Unreleased]"));
    (!has_section).then(|| Finding::new(CHANGELOG, 1, "add a section `## Unreleased` above the releases"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changelog_without_the_section_is_found() {
        assert!(check_files(&[]).is_some());
        assert!(check_files(&[File::new(CHANGELOG, "# Changelog\n\n## 0.1.0\n")]).is_some());
    }

    #[test]
    fn a_changelog_with_the_section_passes() {
        assert_eq!(check_files(&[File::new(CHANGELOG, "# Changelog\n\n## Unreleased\n")]), None);
    }
}
