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

/// Who plays the client, and through what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Player<'a> {
    /// The gateway's program.
    pub(super) gateway: &'a Path,
    /// The client's program, which starts the gateway by itself.
    pub(super) client: &'a Path,
    /// The client's era, if not that of the scenarios.
    pub(super) era: Option<&'static str>,
}

/// Plays every scenario with a client of its era.
pub(super) fn run(suite: &Suite, gateway: &Path, client: &Path, folder: &Path) -> Result<Report, String> {
    let mut report = Report::default();
    let player = Player { gateway, client, era: None };
    for (revision, expected) in REVISIONS {
        output::line(format_args!("conformance {revision} as a client"));
        let outcomes = play_all(suite, player, revision, &folder.join(revision))?;
        if outcomes.len() != expected {
            let listed = outcomes.len();
            report.complaints.push(format!("{revision}: the suite lists {listed} client scenarios, not {expected}"));
        }
        let passed = outcomes.iter().filter(|outcome| outcome.has_passed()).count();
        let name = revision.replace('-', "_");
        report.figures.count(format!("client_{name}_passed"), passed);
        report.figures.count(format!("client_{name}_required"), outcomes.len());
        for outcome in &outcomes {
            show(revision, outcome, &mut report);
        }
    }
    Ok(report)
}

/// Plays every client scenario that `revision` requires, those of authorization left out.
pub(super) fn play_all(
    suite: &Suite,
    player: Player<'_>,
    revision: &str,
    folder: &Path,
) -> Result<Vec<Outcome>, String> {
    let mut scenarios = suite.required_of_clients(revision)?;
    scenarios.retain(|name| !name.starts_with(AUTHORIZATION));
    scenarios.iter().map(|scenario| play(suite, player, scenario, revision, &folder.join(scenario))).collect()
}

fn play(suite: &Suite, player: Player<'_>, scenario: &str, revision: &str, folder: &Path) -> Result<Outcome, String> {
    // The suite hands the command to a shell and appends the address of its server.
    let quoted = |path: &Path| quoted(&path.to_string_lossy());
    let own = folder.join("gateway");
    let mut command =
        format!("{} --gateway {} --folder {}", quoted(player.client), quoted(player.gateway), quoted(&own));
    if let Some(era) = player.era {
        command.push_str(&format!(" --era {era}"));
    }
    let status = suite.run_client(&command, scenario, revision, folder)?;
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
