//! The revisions for which the suite has scenarios and no set of requirements: everything it has must pass.

use std::fmt::Write as _;
use std::path::Path;

use super::Report;
use super::results::{Outcome, Run};
use super::suite::Suite;
use crate::output;

/// The revisions, and how many scenarios the suite has for each. A suite with fewer has not been read right.
const REVISIONS: [(&str, usize); 2] = [("2025-06-18", 27), ("2025-03-26", 1)];

/// Runs them against `url`; results land in `folder`.
pub(super) fn run(suite: &Suite, url: &str, folder: &Path) -> Result<Report, String> {
    let mut report = Report::default();
    report.table.push_str("revision     scenarios   checks");
    for (revision, expected) in REVISIONS {
        output::line(format_args!("conformance {revision} against {url}"));
        let results = folder.join(revision);
        suite.run_all(url, revision, &results)?;
        judge(revision, expected, &Run::read(Default::default(), &results)?, &mut report);
    }
    Ok(report)
}

fn judge(revision: &str, expected: usize, run: &Run, report: &mut Report) {
    let outcomes: Vec<Outcome> = run.outcomes().collect();
    if outcomes.len() < expected {
        report.complaints.push(format!("{revision}: {} scenarios ran, not {expected}", outcomes.len()));
    }
    for outcome in outcomes.iter().filter(|outcome| !outcome.has_passed()) {
        report.complaints.push(format!("{revision} {}: {}", outcome.name, outcome.failures.join("; ")));
    }
    let passed = outcomes.iter().filter(|outcome| outcome.has_passed()).count();
    let checks_passed: usize = outcomes.iter().map(|outcome| outcome.passed).sum();
    let checks_failed: usize = outcomes.iter().map(|outcome| outcome.failures.len()).sum();
    // Writing to a string cannot fail.
    let _ = write!(
        report.table,
        "\n{revision}   {:>9}   {checks_passed} passed, {checks_failed} failed",
        format!("{passed}/{}", outcomes.len())
    );
    let name = revision.replace('-', "_");
    report.figures.count(format!("server_{name}_passed"), checks_passed);
    report.figures.count(format!("server_{name}_failed"), checks_failed);
}
