//! A crate's bounds stand in its `limits.rs`.

use super::tree::File;
use super::{Finding, Tree};

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.files.iter().flat_map(check_file).collect()
}

fn check_file(file: &File) -> Vec<Finding> {
    if !file.is_shipped() || file.path.ends_with("/limits.rs") || file.path.contains("/limits/") {
        return Vec::new();
    }
    file.product_code()
        .filter_map(|(number, line)| Some((number, bound(line)?)))
        .map(|(number, name)| {
            let advice = format!("move the bound {name} to the crate's limits.rs, or rename what is no bound");
            Finding::new(&file.path, number, advice)
        })
        .collect()
}

/// The name of the constant that `line` defines, when the name says that it bounds something.
fn bound(line: &str) -> Option<&str> {
    let at = line.split_whitespace().position(|word| word == "const")?;
    let name = line.split_whitespace().nth(at + 1)?.strip_suffix(':')?;
    let ends = ["_BYTES", "_LIMIT", "_MAX"].iter().any(|end| name.ends_with(end));
    (ends || name.starts_with("MAX_")).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        check_file(&File::new(path, text)).len()
    }

    #[test]
    fn a_bound_outside_limits_is_found() {
        let path = "crates/doorward-mcp/src/scan.rs";
        assert_eq!(found(path, "const MESSAGE_BYTES: usize = 1;\n"), 1);
        assert_eq!(found(path, "pub(crate) const MAX_DEPTH: usize = 1;\n"), 1);
    }

    #[test]
    fn a_bound_in_limits_and_other_constants_pass() {
        let bound = "pub const MESSAGE_BYTES: usize = 1;\n";
        assert_eq!(found("crates/doorward-mcp/src/limits.rs", bound), 0);
        assert_eq!(found("crates/doorward-mcp/tests/scan.rs", bound), 0);
        assert_eq!(found("crates/doorward-mcp/src/scan.rs", "const NAME: &str = \"\";\n"), 0);
        assert_eq!(found("crates/doorward-mcp/src/scan.rs", "const fn max() -> usize { 1 }\n"), 0);
    }
}
