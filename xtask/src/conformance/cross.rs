//! The suite across eras: the newest set of requirements onto old servers, an old set onto a new one, and the client
//! scenarios of each era played by a client of the other.
//!
//! Not everything can pass: some requirements ask for what the other era has no word for. Each of these is explained in
//! `impossible`; a scenario that fails without an explanation fails the run, and so does an explanation without use.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::Report;
use super::client::{self, Player};
use super::impossible::{IMPOSSIBLE, Impossible};
use super::peers::{self, Server};
use super::results::{Outcome, Run, Standing};
use super::suite::Suite;
use crate::output;
use crate::peer::Peer;

/// What stands on the other side of the gateway from the suite, which is of the other era.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Crossing {
    LegacyStdio,
    LegacySse,
    LegacyHttp,
    ModernHttp,
    LegacyClient,
    ModernClient,
}

/// The servers, in the order in which they are run onto.
const SERVERS: [Crossing; 4] = [Crossing::LegacyStdio, Crossing::LegacySse, Crossing::LegacyHttp, Crossing::ModernHttp];

/// The clients, each with the era it is told to be of.
const CLIENTS: [(Crossing, &str); 2] = [(Crossing::LegacyClient, "legacy"), (Crossing::ModernClient, "modern")];

impl Crossing {
    /// The revision whose requirements are run, and how many scenarios it requires.
    fn requirements(self) -> (&'static str, usize) {
        match self {
            Self::LegacyStdio | Self::LegacySse | Self::LegacyHttp => ("2026-07-28", 37),
            Self::ModernHttp => ("2025-11-25", 30),
            Self::LegacyClient => ("2026-07-28", 7),
            Self::ModernClient => ("2025-11-25", 4),
        }
    }

    /// What it is called, a server behind the gateway too.
    fn id(self) -> &'static str {
        match self {
            Self::LegacyStdio => "legacy-stdio",
            Self::LegacySse => "legacy-sse",
            Self::LegacyHttp => "legacy-http",
            Self::ModernHttp => "modern-http",
            Self::LegacyClient => "legacy-client",
            Self::ModernClient => "modern-client",
        }
    }

    /// What its figures begin with.
    fn figure(self) -> &'static str {
        match self {
            Self::LegacyStdio => "modern_suite_on_legacy_stdio",
            Self::LegacySse => "modern_suite_on_legacy_sse",
            Self::LegacyHttp => "modern_suite_on_legacy_http",
            Self::ModernHttp => "legacy_suite_on_modern_http",
            Self::LegacyClient => "modern_suite_by_legacy_client",
            Self::ModernClient => "legacy_suite_by_modern_client",
        }
    }
}

/// The programs that a run needs.
#[derive(Debug)]
pub(super) struct Programs {
    pub(super) gateway: PathBuf,
    pub(super) fixture: PathBuf,
    pub(super) client: PathBuf,
}

/// Runs everything; results land in `folder`.
pub(super) fn run(suite: &Suite, programs: &Programs, folder: &Path) -> Result<Report, String> {
    let mut report = onto_servers(suite, programs, folder)?;
    for (crossing, era) in CLIENTS {
        let (revision, expected) = crossing.requirements();
        output::line(format_args!("conformance {revision} by {}", crossing.id()));
        let player = Player { gateway: &programs.gateway, client: &programs.client, era: Some(era) };
        let outcomes = client::play_all(suite, player, revision, &folder.join(crossing.id()))?;
        check_number(crossing, outcomes.len(), expected, &mut report);
        judge(crossing, outcomes, IMPOSSIBLE, &mut report);
    }
    Ok(report)
}

fn check_number(crossing: Crossing, listed: usize, expected: usize, report: &mut Report) {
    if listed != expected {
        let id = crossing.id();
        report.complaints.push(format!("{id}: the suite lists {listed} required scenarios, not {expected}"));
    }
}

/// Runs onto every server, all behind one gateway.
fn onto_servers(suite: &Suite, programs: &Programs, folder: &Path) -> Result<Report, String> {
    let fixture = &programs.fixture;
    let old = Peer::announced(fixture, &folder.join("http"), &["--transport", "http", "--era", "legacy"])?;
    let older = Peer::announced(fixture, &folder.join("sse"), &["--transport", "sse"])?;
    let new = Peer::announced(fixture, &folder.join("modern"), &["--transport", "http", "--era", "modern"])?;
    let servers = [
        Server::child(Crossing::LegacyStdio.id(), fixture, &["--transport", "stdio", "--era", "legacy"]),
        Server::at(Crossing::LegacySse.id(), &older.url("/sse")),
        Server::at(Crossing::LegacyHttp.id(), &old.url("/mcp")),
        Server::at(Crossing::ModernHttp.id(), &new.url("/mcp")),
    ];
    let gateway = peers::gateway(&programs.gateway, folder, &servers)?;
    let mut report = Report::default();
    for crossing in SERVERS {
        let url = gateway.local_url(&format!("/s/{}/mcp", crossing.id()));
        let (revision, expected) = crossing.requirements();
        output::line(format_args!("conformance {revision} onto {} at {url}", crossing.id()));
        let required = suite.required(revision)?;
        check_number(crossing, required.len(), expected, &mut report);
        let results = folder.join(crossing.id());
        suite.run(&url, revision, &results)?;
        judge(crossing, Run::read(required, &results)?.outcomes().collect(), IMPOSSIBLE, &mut report);
    }
    Ok(report)
}

/// Adds what became of `outcomes` to `report`, scenario by scenario.
fn judge(crossing: Crossing, outcomes: Vec<Outcome>, impossible: &[Impossible], report: &mut Report) {
    let (required, unscored): (Vec<Outcome>, Vec<Outcome>) =
        outcomes.into_iter().partition(|outcome| outcome.standing == Standing::Required);
    let passed = required.iter().filter(|outcome| outcome.has_passed()).count();
    let (revision, _) = crossing.requirements();
    // Writing to a string cannot fail, here and below.
    let _ = write!(report.table, "\n{revision}, {}: {passed}/{} required", crossing.id(), required.len());
    for outcome in &required {
        line(crossing, outcome, explanation(crossing, outcome, impossible), report);
    }
    for outcome in &unscored {
        let word = if outcome.has_passed() { "passed" } else { "failed" };
        let _ = write!(report.table, "\n  {word:<11}{} (not scored)", outcome.name);
    }
    let unknown = impossible.iter().filter(|reason| reason.crossings.contains(&crossing));
    for reason in unknown.filter(|reason| required.iter().all(|outcome| outcome.name != reason.scenario)) {
        let complaint = format!("{}: {} is explained, and not required", crossing.id(), reason.scenario);
        report.complaints.push(complaint);
    }
    report.figures.count(format!("{}_passed", crossing.figure()), passed);
    report.figures.count(format!("{}_required", crossing.figure()), required.len());
}

fn explanation<'a>(crossing: Crossing, outcome: &Outcome, impossible: &'a [Impossible]) -> Option<&'a Impossible> {
    impossible.iter().find(|reason| reason.scenario == outcome.name && reason.crossings.contains(&crossing))
}

fn line(crossing: Crossing, outcome: &Outcome, reason: Option<&Impossible>, report: &mut Report) {
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
        None => report.complaints.push(format!("{}: {name}: {}", crossing.id(), findings.join("; "))),
        Some(_) if findings.is_empty() => {
            report.complaints.push(format!("{}: {name} passes, and is explained as impossible", crossing.id()));
        }
        Some(reason) => {
            let _ = write!(report.table, ": {}: {}", reason.row, reason.because);
            let unexpected = findings.iter().filter(|finding| !reason.covers(finding));
            let unexpected: Vec<&str> = unexpected.copied().collect();
            if !unexpected.is_empty() {
                report.complaints.push(format!("{}: {name}: {}", crossing.id(), unexpected.join("; ")));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REASON: Impossible = Impossible {
        crossings: &[Crossing::LegacyStdio],
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
        judge(Crossing::LegacyStdio, outcomes.to_vec(), impossible, &mut report);
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
    fn an_explanation_can_cover_a_part_of_a_check() {
        let part = Impossible { checks: &["c1: on initialize"], ..REASON };
        assert_eq!(judged(&[outcome("odd", &["c1: on initialize request"], &[])], &[part]).complaints.len(), 0);
        assert_eq!(judged(&[outcome("odd", &["c1: on tools/list"], &[])], &[part]).complaints.len(), 1);
        assert_eq!(judged(&[outcome("odd", &["c11: no"], &[])], &[REASON]).complaints.len(), 1);
    }

    #[test]
    fn an_explanation_without_use_is_a_complaint() {
        assert_eq!(judged(&[outcome("odd", &[], &[])], &[REASON]).complaints.len(), 1);
        assert_eq!(judged(&[outcome("even", &[], &[])], &[REASON]).complaints.len(), 1);
    }

    #[test]
    fn an_explanation_counts_for_its_crossing_only() {
        let elsewhere = Impossible { crossings: &[Crossing::LegacySse], ..REASON };
        assert_eq!(judged(&[outcome("odd", &["c1: no"], &[])], &[elsewhere]).complaints.len(), 1);
    }
}
