//! Names say what a thing is: no `get_` in front of a function, no type called after a heap.

use super::tree::File;
use super::{Finding, Tree};

/// Endings that say nothing about what the type is responsible for.
const EMPTY_ENDINGS: &[&str] = &["Manager", "Helper", "Helpers", "Util", "Utils"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.files.iter().flat_map(check_file).collect()
}

fn check_file(file: &File) -> Vec<Finding> {
    if !file.is_shipped() {
        return Vec::new();
    }
    file.product_code().filter_map(|(number, line)| Some(Finding::new(&file.path, number, fault(line)?))).collect()
}

fn fault(line: &str) -> Option<String> {
    let words: Vec<&str> =
        line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect();
    words.windows(2).find_map(|pair| {
        let [keyword, name] = pair else { return None };
        match *keyword {
            "fn" => name.strip_prefix("get_").map(|rest| format!("call {name} just {rest}")),
            "struct" | "enum" | "trait" | "type" => EMPTY_ENDINGS
                .iter()
                .any(|ending| name.ends_with(ending))
                .then(|| format!("name {name} after what it is responsible for")),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> usize {
        check_file(&File::new("crates/doorward-core/src/access.rs", text)).len()
    }

    #[test]
    fn a_getter_and_a_heap_are_found() {
        assert_eq!(found("    pub fn get_name(&self) -> &str {\n"), 1);
        assert_eq!(found("pub struct PermissionManager;\n"), 1);
    }

    #[test]
    fn plain_names_pass() {
        assert_eq!(found("pub fn name(&self) -> &str {\n"), 0);
        assert_eq!(found("let name = map.get_mut(key);\nstruct Managed;\n"), 0);
    }
}
