//! A Rust file holds at most 500 lines, its test module not counted.

use super::tree::File;
use super::{Finding, Tree};

const MAX_LINES: usize = 500;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.files.iter().filter_map(check_file).collect()
}

fn check_file(file: &File) -> Option<Finding> {
    if !file.is_rust() || file.is_test() {
        return None;
    }
    let lines = file.product_text().count();
    (lines > MAX_LINES).then(|| {
        let advice = format!("{lines} lines without tests, {MAX_LINES} allowed; split it by responsibility");
        Finding::new(&file.path, MAX_LINES + 1, advice)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> bool {
        check_file(&File::new("crates/doorward-mcp/src/scan.rs", text)).is_some()
    }

    #[test]
    fn one_line_too_many_is_found() {
        assert!(found(&"\n".repeat(MAX_LINES + 1)));
    }

    #[test]
    fn the_last_allowed_line_and_a_long_test_module_pass() {
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "\n".repeat(MAX_LINES));
        assert!(!found(&format!("{}{tests}", "\n".repeat(MAX_LINES))));
    }
}
