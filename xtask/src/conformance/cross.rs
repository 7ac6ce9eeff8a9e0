//! The suite across eras: the newest set of requirements onto old servers, an old set onto a new one.
//!
//! Not everything can pass: some requirements ask for what the other era has no word for. Each of these is explained in
//! `impossible`; a scenario that fails without an explanation fails the run, and so does an explanation without use.

use std::fmt::Write as _;
use std::path::Path;

use super::Report;
use super::impossible::{IMPOSSIBLE, Impossible};
use super::peers::{self, Server};
use super::results::{Outcome, Run, Standing};
use super::suite::Suite;
use crate::output;
use crate::peer::Peer;

/// A server of one era, and the requirements of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    LegacyStdio,
    LegacySse,
    LegacyHttp,
    ModernHttp,
}

/// Every shape, in the order in which they run.
const SHAPES: [Shape; 4] = [Shape::LegacyStdio, Shape::LegacySse, Shape::LegacyHttp, Shape::ModernHttp];

impl Shape {
    /// The revision whose requirements are run, and how many server scenarios it requires.
    fn requirements(self) -> (&'static str, usize) {
        match self {
            Self::LegacyStdio | Self::LegacySse | Self::LegacyHttp => ("2026-07-28", 37),
            Self::ModernHttp => ("2025-11-25", 30),
        }
    }

    /// Its id behind the gateway.
    fn id(self) -> &'static str {
        match self {
            Self::LegacyStdio => "legacy-stdio",
            Self::LegacySse => "legacy-sse",
            Self::LegacyHttp => "legacy-http",
            Self::ModernHttp => "modern-http",
        }
    }

    /// What its figures begin with.
    fn figure(self) -> &'static str {
        match self {
            Self::LegacyStdio => "modern_suite_on_legacy_stdio",
            Self::LegacySse => "modern_suite_on_legacy_sse",
            Self::LegacyHttp => "modern_suite_on_legacy_http",
            Self::ModernHttp => "legacy_suite_on_modern_http",
        }
    }
}

/// Runs every shape behind one gateway.
pub(super) fn run(suite: &Suite, program: &Path, fixture: &Path, folder: &Path) -> Result<Report, String> {
    let old = Peer::announced(fixture, &folder.join("http"), &["--transport", "http", "--era", "legacy"])?;
    let older = Peer::announced(fixture, &folder.join("sse"), &["--transport", "sse"])?;
    let new = Peer::announced(fixture, &folder.join("modern"), &["--transport", "http", "--era", "modern"])?;
    let servers = [
        Server::child(Shape::LegacyStdio.id(), fixture, &["--transport", "stdio", "--era", "legacy"]),
        Server::at(Shape::LegacySse.id(), &older.url("/sse")),
        Server::at(Shape::LegacyHttp.id(), &old.url("/mcp")),
        Server::at(Shape::ModernHttp.id(), &new.url("/mcp")),
    ];
    let gateway = peers::gateway(program, folder, &servers)?;
    let mut report = Report::default();
    for shape in SHAPES {
        let url = gateway.local_url(&format!("/s/{}/mcp", shape.id()));
        let (revision, expected) = shape.requirements();
        output::line(format_args!("conformance {revision} onto {} at {url}", shape.id()));
        let required = suite.required(revision)?;
        if required.len() != expected {
            let listed = required.len();
            report.complaints.push(format!("{revision}: the suite lists {listed} required scenarios, not {expected}"));
        }
        let results = folder.join(shape.id());
        suite.run(&url, revision, &results)?;
        judge(shape, Run::read(required, &results)?.outcomes().collect(), IMPOSSIBLE, &mut report);
    }
    Ok(report)
}

/// Adds what became of `outcomes` to `report`, scenario by scenario.
fn judge(shape: Shape, outcomes: Vec<Outcome>, impossible: &[Impossible], report: &mut Report) {
    let (required, unscored): (Vec<Outcome>, Vec<Outcome>) =
        outcomes.into_iter().partition(|outcome| outcome.standing == Standing::Required);
    let passed = required.iter().filter(|outcome| outcome.has_passed()).count();
    let (revision, _) = shape.requirements();
    // Writing to a string cannot fail, here and below.
    let _ = write!(report.table, "\n{revision} onto {}: {passed}/{} required", shape.id(), required.len());
    for outcome in &required {
        line(shape, outcome, explanation(shape, outcome, impossible), report);
    }
    for outcome in &unscored {
        let word = if outcome.has_passed() { "passed" } else { "failed" };
        let _ = write!(report.table, "\n  {word:<11}{} (not scored)", outcome.name);
    }
    let unknown = impossible.iter().filter(|reason| reason.shapes.contains(&shape));
    for reason in unknown.filter(|reason| required.iter().all(|outcome| outcome.name != reason.scenario)) {
        let complaint = format!("{}: {} is explained, and not required", shape.id(), reason.scenario);
        report.complaints.push(complaint);
    }
    report.figures.count(format!("{}_passed", shape.figure()), passed);
    report.figures.count(format!("{}_required", shape.figure()), required.len());
}

fn explanation<'a>(shape: Shape, outcome: &Outcome, impossible: &'a [Impossible]) -> Option<&'a Impossible> {
    impossible.iter().find(|reason| reason.scenario == outcome.name && reason.shapes.contains(&shape))
}

fn line(shape: Shape, outcome: &Outcome, reason: Option<&Impossible>, report: &mut Report) {
    let name = &outcome.name;
    let findings: Vec<&str> = outcome.failures.iter().chain(&outcome.warnings).map(String::as_str).collect();
    let word = match (outcome.has_passed(), findings.is_empty(), reason) {
        (true, true, _) => "passed",
        (true, false, _) => "warned",
        (false, _, Some(_)) => "impossible",
        (false, _, None) => "FAILED",
    };
    let _ = write!(report.table, "\n  {word:<11}{name}");
    match reason {
        None if findings.is_empty() => {}
        None => report.complaints.push(format!("{}: {name}: {}", shape.id(), findings.join("; "))),
        Some(_) if findings.is_empty() => {
            report.complaints.push(format!("{}: {name} passes, and is explained as impossible", shape.id()));
        }
        Some(reason) => {
            let _ = write!(report.table, ": {}: {}", reason.row, reason.because);
            let unexpected = findings.iter().filter(|finding| !reason.covers(finding));
            let unexpected: Vec<&str> = unexpected.copied().collect();
            if !unexpected.is_empty() {
                report.complaints.push(format!("{}: {name}: {}", shape.id(), unexpected.join("; ")));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REASON: Impossible = Impossible {
        shapes: &[Shape::LegacyStdio],
        scenario: "odd",
        checks: &["c1"],
        row: "Elicitation",
        because: "it cannot be",
    };

    fn outcome(name: &str, failures: &[&str], warnings: &[&str]) -> Outcome {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let (failures, warnings) = (owned(failures), owned(warnings));
        Outcome { name: name.to_owned(), standing: Standing::Required, passed: 1, failures, warnings }
    }

    fn judged(outcomes: &[Outcome], impossible: &[Impossible]) -> Report {
        let mut report = Report::default();
        judge(Shape::LegacyStdio, outcomes.to_vec(), impossible, &mut report);
        report
    }

    #[test]
    fn what_is_explained_is_no_complaint_and_not_passed() {
        let report = judged(&[outcome("odd", &["c1: no"], &[]), outcome("even", &[], &[])], &[REASON]);
        assert_eq!(report.complaints, Vec::<String>::new());
        let figures = r#"{"modern_suite_on_legacy_stdio_passed":1,"modern_suite_on_legacy_stdio_required":2}"#;
        assert_eq!(report.figures.json(), figures);
        assert!(report.table.contains("impossible odd: Elicitation: it cannot be"), "{}", report.table);
    }

    #[test]
    fn a_failure_or_a_warning_without_an_explanation_is_a_complaint() {
        assert_eq!(judged(&[outcome("even", &["c1: no"], &[])], &[]).complaints, ["legacy-stdio: even: c1: no"]);
        assert_eq!(judged(&[outcome("even", &[], &["c1: hm"])], &[]).complaints, ["legacy-stdio: even: c1: hm"]);
    }

    #[test]
    fn an_explanation_covers_its_checks_only() {
        let report = judged(&[outcome("odd", &["c1: no", "c2: no"], &[])], &[REASON]);
        assert_eq!(report.complaints, ["legacy-stdio: odd: c2: no"]);
    }

    #[test]
    fn an_explanation_without_use_is_a_complaint() {
        assert_eq!(judged(&[outcome("odd", &[], &[])], &[REASON]).complaints.len(), 1);
        assert_eq!(judged(&[outcome("even", &[], &[])], &[REASON]).complaints.len(), 1);
    }

    #[test]
    fn an_explanation_counts_for_its_shapes_only() {
        let elsewhere = Impossible { shapes: &[Shape::LegacySse], ..REASON };
        assert_eq!(judged(&[outcome("odd", &["c1: no"], &[])], &[elsewhere]).complaints.len(), 1);
    }
}
