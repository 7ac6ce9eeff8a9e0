//! `cargo xtask tidy`: the house rules that neither the compiler nor clippy knows.
//!
//! Responsible for the catalogue of rules and for reporting what they find. Every rule lives in its
//! own file, takes what it looks at as an argument and returns findings; none may read the disk,
//! so that each can be tested on one bad and one good input.

use crate::{Failure, output, workspace};

mod absolute_paths;
mod adr_index;
mod architecture;
mod changelog;
mod crate_edges;
mod file_length;
mod file_names;
mod limits;
mod links;
mod loose_ends;
mod markdown_width;
mod module_docs;
mod names;
mod pure_crates;
mod refusal_codes;
mod rust_text;
mod shared_data;
mod suppressions;
mod tree;

use tree::Tree;

const HELP: &str = "\
The house rules that neither the compiler nor clippy knows.

Usage: cargo xtask tidy [--list]

Each finding is one line: FILE:LINE: RULE: what to do.
--list prints every rule with the reason it exists.";

/// One house rule.
struct Rule {
    name: &'static str,
    reason: &'static str,
    check: fn(&Tree) -> Vec<Finding>,
}

/// Every rule. Add one by adding a file beside this catalogue and a line in it.
const RULES: &[Rule] = &[
    Rule {
        name: "crate-edges",
        reason: "Crates depend on each other in one direction only, so that the core stays small enough to trust.",
        check: crate_edges::check,
    },
    Rule {
        name: "pure-crates",
        reason: "The crates that decide take time, randomness and data as arguments, so that every decision can be replayed.",
        check: pure_crates::check,
    },
    Rule { name: "file-length", reason: "A file that fits in one sitting gets read whole.", check: file_length::check },
    Rule {
        name: "file-names",
        reason: "A name such as utils says nothing about what belongs in the file, so everything ends up there.",
        check: file_names::check,
    },
    Rule {
        name: "names",
        reason: "A name is the shortest documentation; one that fits everything tells nothing.",
        check: names::check,
    },
    Rule {
        name: "module-docs",
        reason: "Every module opens with what it is responsible for and what it must never do.",
        check: module_docs::check,
    },
    Rule {
        name: "loose-ends",
        reason: "Unfinished work belongs in an issue, where somebody will find it.",
        check: loose_ends::check,
    },
    Rule {
        name: "suppressions",
        reason: "A lint or a test that is switched off needs a reason that the next reader can judge.",
        check: suppressions::check,
    },
    Rule {
        name: "limits",
        reason: "All bounds of a crate stand in one file, so that an operator and a reviewer can see them together.",
        check: limits::check,
    },
    Rule {
        name: "refusal-codes",
        reason: "A refusal sends people to its page; the page must exist, and a page nobody is sent to is stale.",
        check: refusal_codes::check,
    },
    Rule {
        name: "adr-index",
        reason: "A decision that is not in the index will be taken a second time.",
        check: adr_index::check,
    },
    Rule {
        name: "architecture",
        reason: "A newcomer finds every crate on the map, and nothing on the map is gone.",
        check: architecture::check,
    },
    Rule { name: "changelog", reason: "A change has a place to say what it means for users.", check: changelog::check },
    Rule {
        name: "markdown-width",
        reason: "A long line hides what changed in it, and nobody reads a diff that wraps.",
        check: markdown_width::check,
    },
    Rule { name: "links", reason: "A broken link costs each reader the same search.", check: links::check },
    Rule {
        name: "absolute-paths",
        reason: "A path of one machine works on that machine only.",
        check: absolute_paths::check,
    },
    Rule {
        name: "shared-data",
        reason: "Reference data is used from beside the repository; a copy in it would drift.",
        check: shared_data::check,
    },
];

/// Something a rule found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The file, relative to the root.
    pub(crate) file: String,
    /// The line, counted from one.
    pub(crate) line: usize,
    /// What to do about it.
    pub(crate) advice: String,
}

impl Finding {
    fn new(file: &str, line: usize, advice: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, advice: advice.into() }
    }
}

/// Checks every rule and prints each finding; fails when there is one.
pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    match args {
        [] => {}
        [arg] if matches!(arg.as_str(), "--help" | "-h") => {
            output::line(HELP);
            return Ok(());
        }
        [arg] if arg == "--list" => {
            for rule in RULES {
                output::line(format_args!("{:<15} {}", rule.name, rule.reason));
            }
            return Ok(());
        }
        _ => return Err(Failure::Usage("tidy takes --list or nothing".to_owned())),
    }
    let workspace = workspace::load().map_err(Failure::Task)?;
    let tree = tree::read(workspace).map_err(Failure::Task)?;
    let mut found = 0_usize;
    for rule in RULES {
        for finding in (rule.check)(&tree) {
            found += 1;
            let Finding { file, line, advice } = finding;
            output::line(format_args!("{file}:{line}: {}: {advice}", rule.name));
        }
    }
    if found > 0 {
        return Err(Failure::Task(format!("tidy: {found} findings")));
    }
    output::line(format_args!("tidy: {} rules hold over {} files", RULES.len(), tree.files.len()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_its_own_name_and_one_sentence() {
        for (index, rule) in RULES.iter().enumerate() {
            assert!(RULES.iter().skip(index + 1).all(|other| other.name != rule.name));
            assert!(rule.reason.ends_with('.'), "{}", rule.name);
        }
    }

    #[test]
    fn an_unknown_argument_is_a_usage_error() {
        assert!(matches!(run(&["--fix".to_owned()]), Err(Failure::Usage(_))));
    }
}
