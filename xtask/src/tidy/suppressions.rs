//! A switched-off lint says why, and no test is switched off.

use super::tree::{File, numbered};
use super::{Finding, Tree};

/// How many lines an attribute with a reason may span.
const ATTRIBUTE_LINES: usize = 12;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.files.iter().flat_map(check_file).collect()
}

fn check_file(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in numbered(&file.code) {
        let line = line.trim_start();
        if line.starts_with("#[ignore") {
            findings.push(Finding::new(&file.path, number, "run the test or delete it"));
        }
        let allows = line.starts_with("#[allow(") || line.starts_with("#![allow(");
        let expects = line.starts_with("#[expect(") || line.starts_with("#![expect(");
        if (allows || expects) && !gives_reason(file, number) {
            let advice = "add `reason = \"…\"` with the proof, or mend what the lint found";
            findings.push(Finding::new(&file.path, number, advice));
        }
    }
    findings
}

fn gives_reason(file: &File, number: usize) -> bool {
    let mut attribute = String::new();
    for (_, line) in numbered(&file.code).skip(number - 1).take(ATTRIBUTE_LINES) {
        attribute.push_str(line);
        if line.contains(']') {
            break;
        }
    }
    attribute.contains("reason =")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> usize {
        check_file(&File::new("a.rs", text)).len()
    }

    #[test]
    fn a_bare_suppression_and_a_switched_off_test_are_found() {
        assert_eq!(found("#[allow(dead_code)]\nfn a() {}\n"), 1);
        assert_eq!(found("#![expect(clippy::panic)]\n"), 1);
        assert_eq!(found("#[test]\n#[ignore = \"slow\"]\nfn a() {}\n"), 1);
    }

    #[test]
    fn a_suppression_with_its_reason_passes() {
        assert_eq!(found("#[expect(dead_code, reason = \"read by the derive\")]\nfn a() {}\n"), 0);
        assert_eq!(found("#![expect(\n    clippy::panic,\n    reason = \"tests\"\n)]\n"), 0);
    }
}
