//! Pure crates reach nothing outside: no runtime, socket, file, clock, randomness or global state.

use super::tree::File;
use super::{Finding, Tree};
use crate::workspace::Crate;

/// The crates that take time, randomness and data as arguments.
const PURE: &[&str] = &[
    "doorward-mcp",
    "doorward-core",
    "doorward-detect",
    "doorward-facts",
    "doorward-flow",
    "doorward-guards",
    "doorward-policy",
    "doorward-registry",
];

/// Packages that reach outside, refused at any depth.
const PACKAGES: &[&str] =
    &["tokio", "hyper", "sqlx", "notify", "rand", "getrandom", "nix", "reqwest", "socket2", "mio"];

/// Paths that reach outside, with what to do instead.
const PATHS: &[(&str, &str)] = &[
    ("std::fs", "take the bytes as an argument"),
    ("std::net", "take the data as an argument; addresses as values are in core::net"),
    ("std::env", "take the value as an argument"),
    ("std::process", "describe the effect and let doorward-server perform it"),
    ("std::io::stdin", "take the bytes as an argument"),
    ("std::thread", "leave concurrency to doorward-server"),
    ("std::os", "leave the operating system to doorward-server"),
    ("thread::spawn", "leave concurrency to doorward-server"),
    ("SystemTime", "take the time as an argument"),
    ("Instant::now", "take the time as an argument"),
    ("static mut", "pass state as an argument"),
    ("thread_local!", "pass state as an argument"),
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let packages = tree.crates.iter().flat_map(check_crate);
    packages.chain(tree.files.iter().flat_map(check_file)).collect()
}

fn check_crate(this: &Crate) -> Vec<Finding> {
    if !PURE.contains(&this.name.as_str()) {
        return Vec::new();
    }
    this.reached
        .iter()
        .filter(|name| PACKAGES.contains(&name.as_str()))
        .map(|name| {
            let advice = format!(
                "{} is pure and must not reach {name}; `cargo tree -p {} -i {name}` shows how it does",
                this.name, this.name
            );
            Finding::new(&this.manifest, 1, advice)
        })
        .collect()
}

fn check_file(file: &File) -> Vec<Finding> {
    if !file.is_shipped() || !file.shipped_crate().is_some_and(|name| PURE.contains(&name)) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (number, line) in file.product_code() {
        for (path, instead) in PATHS {
            if mentions(line, path) {
                findings.push(Finding::new(&file.path, number, format!("{path} is not pure: {instead}")));
            }
        }
        if line.contains("use std::{") {
            findings.push(Finding::new(&file.path, number, "write one `use` per module of std"));
        }
    }
    findings
}

/// Whether `line` holds `path` as whole words: `std::os` is not in `std::ostream`.
fn mentions(line: &str, path: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(path).any(|(at, _)| {
        let (before, rest) = line.split_at(at);
        let after = rest.strip_prefix(path).unwrap_or_default();
        !before.ends_with(is_word) && !after.starts_with(is_word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> usize {
        check_file(&File::new("crates/doorward-core/src/exchange.rs", text)).len()
    }

    #[test]
    fn reaching_outside_is_found() {
        assert_eq!(found("use std::fs;\n"), 1);
        assert_eq!(found("let now = Instant::now();\n"), 1);
        assert_eq!(found("use std::time::SystemTime;\n"), 1);
        assert_eq!(found("use std::{fs, fmt};\n"), 1);
        assert_eq!(found("static mut COUNT: u8 = 0;\n"), 1);
    }

    #[test]
    fn values_comments_and_tests_pass() {
        assert_eq!(found("// never std::fs\nuse core::net::IpAddr;\nuse std::fmt;\n"), 0);
        assert_eq!(found("#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n"), 0);
    }

    #[test]
    fn a_runtime_at_any_depth_is_found_in_a_pure_crate_only() {
        let with = |name: &str| Crate {
            name: name.to_owned(),
            reached: ["bytes".to_owned(), "tokio".to_owned()].into(),
            ..Crate::default()
        };
        assert_eq!(check_crate(&with("doorward-policy")).len(), 1);
        assert_eq!(check_crate(&with("doorward-server")), []);
    }
}
