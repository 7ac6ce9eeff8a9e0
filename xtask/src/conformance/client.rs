//! The suite's client scenarios, with the gateway between the suite's server and a client.
//!
//! What is graded is what the gateway sends. Scenarios of authorization are left out: the gateway is no transparent
//! party there, it has an identity of its own.

use std::fmt::Write as _;
use std::path::Path;

use super::Report;
use super::results::{Outcome, Run};
use super::suite::Suite;
use crate::output;

/// The revisions, and how many client scenarios without authorization each requires.
const REVISIONS: [(&str, usize); 2] = [("2025-11-25", 4), ("2026-07-28", 7)];

/// What the names of scenarios of authorization begin with.
const AUTHORIZATION: &str = "auth/";

/// Plays every scenario with `client`, which starts the gateway `program` by itself.
pub(super) fn run(suite: &Suite, program: &Path, client: &Path, folder: &Path) -> Result<Report, String> {
    let mut report = Report::default();
    for (revision, expected) in REVISIONS {
        output::line(format_args!("conformance {revision} as a client"));
        let mut scenarios = suite.required_of_clients(revision)?;
        scenarios.retain(|name| !name.starts_with(AUTHORIZATION));
        if scenarios.len() != expected {
            let listed = scenarios.len();
            report.complaints.push(format!("{revision}: the suite lists {listed} client scenarios, not {expected}"));
        }
        let folder = folder.join(revision);
        let mut passed = 0;
        for scenario in &scenarios {
            let outcome = play(suite, program, client, scenario, revision, &folder.join(scenario))?;
            passed += usize::from(outcome.has_passed());
            show(revision, &outcome, &mut report);
        }
        let name = revision.replace('-', "_");
        report.figures.count(format!("client_{name}_passed"), passed);
        report.figures.count(format!("client_{name}_required"), scenarios.len());
    }
    Ok(report)
}

fn play(
    suite: &Suite,
    program: &Path,
    client: &Path,
    scenario: &str,
    revision: &str,
    folder: &Path,
) -> Result<Outcome, String> {
    // The suite hands the command to a shell and appends the address of its server.
    let words =
        [client.to_path_buf(), "--gateway".into(), program.to_path_buf(), "--folder".into(), folder.join("gateway")];
    let words: Vec<String> = words.iter().map(|word| quoted(&word.to_string_lossy())).collect();
    let status = suite.run_client(&words.join(" "), scenario, revision, folder)?;
    let run = Run::read([scenario.to_owned()].into(), folder)?;
    let mut outcome = run.outcomes().find(|outcome| outcome.name == scenario).ok_or("the scenario left no result")?;
    if !status.success() && outcome.failures.is_empty() {
        outcome.failures.push(format!("the suite is not content; see {}", folder.join("output.txt").display()));
    }
    Ok(outcome)
}

/// One word for a shell.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

fn show(revision: &str, outcome: &Outcome, report: &mut Report) {
    let word = if outcome.has_passed() { "passed" } else { "FAILED" };
    let (name, checks) = (&outcome.name, outcome.passed);
    // Writing to a string cannot fail.
    let _ = write!(report.table, "\n{revision}  {word}  {name}: {checks} checks passed");
    if !outcome.has_passed() {
        report.complaints.push(format!("{revision} {name}: {}", outcome.failures.join("; ")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_one_word_for_a_shell() {
        assert_eq!(quoted("/a b/it's"), "'/a b/it'\\''s'");
    }
}
