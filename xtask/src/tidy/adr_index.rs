//! The index of decisions lists every decision.

use super::tree::File;
use super::{Finding, Tree};

const FOLDER: &str = "docs/adr/";
const INDEX: &str = "docs/adr/README.md";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    check_files(&tree.files)
}

fn check_files(files: &[File]) -> Vec<Finding> {
    let Some(index) = files.iter().find(|file| file.path == INDEX) else {
        return vec![Finding::new(INDEX, 1, "write the index of decisions")];
    };
    files
        .iter()
        .filter(|file| file.path != INDEX)
        .filter_map(|file| file.path.strip_prefix(FOLDER).filter(|name| name.ends_with(".md")))
        .filter(|name| !index.text.contains(&format!("({name})")))
        .map(|name| Finding::new(INDEX, 1, format!("list {name} with a link")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_outside_the_index_is_found() {
        let adr = || File::new("docs/adr/0002-raw-json.md", "# Raw JSON\n");
        assert_eq!(check_files(&[File::new(INDEX, "- [Pure](0001-pure.md)\n"), adr()]).len(), 1);
        assert_eq!(check_files(&[adr()]).len(), 1);
    }

    #[test]
    fn a_full_index_passes() {
        let files = [File::new(INDEX, "- [Pure](0001-pure.md)\n"), File::new("docs/adr/0001-pure.md", "# Pure\n")];
        assert_eq!(check_files(&files), []);
    }
}
