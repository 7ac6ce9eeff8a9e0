//! Reads what the suite wrote and decides whether it is enough.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::Report;
use super::figures::Figures;

/// The length of the time the suite appends to a result folder: `-2026-11-22T17-20-03-574Z`.
const STAMP_LENGTH: usize = 25;

/// How one scenario went.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Scenario {
    passed: usize,
    failures: Vec<String>,
    warnings: Vec<String>,
}

/// How one scenario went, for those who judge by themselves.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Outcome {
    pub(super) name: String,
    /// Whether it counts.
    pub(super) standing: Standing,
    /// How many checks passed.
    pub(super) passed: usize,
    /// The checks that failed, each with what it says.
    pub(super) failures: Vec<String>,
    /// The checks that the suite lets pass with a warning.
    pub(super) warnings: Vec<String>,
}

/// Whether a scenario counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Required,
    Unscored,
}

impl Outcome {
    /// As the suite counts: nothing failed.
    pub(super) fn has_passed(&self) -> bool {
        self.failures.is_empty()
    }
}

/// One requirement set against one endpoint.
#[derive(Debug, Default)]
pub(super) struct Run {
    required: BTreeSet<String>,
    scenarios: BTreeMap<String, Scenario>,
}

/// What all runs together say.
#[derive(Debug)]
pub(super) struct Verdict {
    lines: Vec<Line>,
    complaints: Vec<String>,
}

#[derive(Debug)]
struct Line {
    revision: &'static str,
    passed: usize,
    required: usize,
    unscored_passed: usize,
    unscored: usize,
    checks_passed: usize,
    checks_failed: usize,
}

impl Run {
    /// Reads the results in `folder`, of which `required` count.
    pub(super) fn read(required: BTreeSet<String>, folder: &Path) -> Result<Self, String> {
        let entries = fs::read_dir(folder).map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
        let mut scenarios = BTreeMap::new();
        for entry in entries.filter_map(Result::ok) {
            let name = entry.file_name();
            let Some(name) = name.to_str().and_then(scenario_name) else {
                continue;
            };
            // A scenario that broke down leaves a folder without checks.
            let checks = fs::read(entry.path().join("checks.json")).ok();
            let checks = checks.and_then(|text| serde_json::from_slice(&text).ok());
            scenarios.insert(name.to_owned(), scenario(checks.as_ref()));
        }
        Ok(Self { required, scenarios })
    }

    /// Every scenario that ran or is required, by name.
    pub(super) fn outcomes(&self) -> impl Iterator<Item = Outcome> {
        let names: BTreeSet<&String> = self.required.iter().chain(self.scenarios.keys()).collect();
        names.into_iter().map(|name| {
            let Scenario { passed, failures, warnings } = self.scenario(name);
            let standing = if self.required.contains(name) { Standing::Required } else { Standing::Unscored };
            Outcome { name: name.clone(), standing, passed, failures, warnings }
        })
    }

    fn line(&self, revision: &'static str) -> Line {
        let passed = |names: &BTreeSet<&String>| names.iter().filter(|name| self.scenario(name).has_passed()).count();
        let required: BTreeSet<&String> = self.required.iter().collect();
        let all: BTreeSet<&String> = self.scenarios.keys().collect();
        let unscored: BTreeSet<&String> = all.difference(&required).copied().collect();
        let scenarios = self.scenarios.values();
        Line {
            revision,
            passed: passed(&required),
            required: required.len(),
            unscored_passed: passed(&unscored),
            unscored: unscored.len(),
            checks_passed: scenarios.clone().map(|scenario| scenario.passed).sum(),
            checks_failed: scenarios.map(|scenario| scenario.failures.len()).sum(),
        }
    }

    fn scenario(&self, name: &str) -> Scenario {
        let missing = || Scenario { failures: vec!["left no result".to_owned()], ..Scenario::default() };
        self.scenarios.get(name).cloned().unwrap_or_else(missing)
    }
}

impl Scenario {
    fn has_passed(&self) -> bool {
        self.failures.is_empty()
    }
}

impl Verdict {
    /// Judges `tested` against the number of scenarios each revision requires and, where there is
    /// one, against the same run without the gateway.
    pub(super) fn new(
        revisions: &[(&'static str, usize)],
        tested: BTreeMap<&'static str, Run>,
        direct: Option<BTreeMap<&'static str, Run>>,
    ) -> Self {
        let mut lines = Vec::new();
        let mut complaints = Vec::new();
        for (revision, expected) in revisions {
            let empty = Run::default();
            let run = tested.get(revision).unwrap_or(&empty);
            let direct = direct.as_ref().and_then(|direct| direct.get(revision));
            if run.required.len() != *expected {
                let listed = run.required.len();
                complaints.push(format!("{revision}: the suite lists {listed} required scenarios, not {expected}"));
            }
            complaints.extend(shortfalls(revision, run, direct));
            lines.push(run.line(revision));
        }
        Self { lines, complaints }
    }

    /// What the runs say.
    pub(super) fn report(self) -> Report {
        Report { table: self.table(), figures: self.figures(), complaints: self.complaints }
    }

    /// The figures for a reader.
    fn table(&self) -> String {
        let mut table = "revision     required   unscored   checks".to_owned();
        for line in &self.lines {
            // Writing to a string cannot fail.
            let _ = write!(
                table,
                "\n{}   {:>8}   {:>8}   {} passed, {} failed",
                line.revision,
                format!("{}/{}", line.passed, line.required),
                format!("{}/{}", line.unscored_passed, line.unscored),
                line.checks_passed,
                line.checks_failed
            );
        }
        table
    }

    /// The figures for a program.
    fn figures(&self) -> Figures {
        let mut figures = Figures::default();
        for line in &self.lines {
            let revision = line.revision.replace('-', "_");
            for (what, count) in [("passed", line.passed), ("required", line.required)] {
                figures.count(format!("server_{revision}_{what}"), count);
            }
            figures.count("checks_failed", line.checks_failed);
        }
        figures
    }
}

/// Checks the suite does not ask of the gateway, by revision and scenario: their number, each with its reason.
///
/// `server-sse-disconnect-resume` asks whether an answer can be had after the server has closed the stream. The gateway
/// resumes at the server by itself and keeps the client's stream open, so the suite finds no closed stream to ask about.
const NOT_ASKED: &[(&str, &str, usize)] = &[("2025-11-25", "server-sse-polling", 1)];

fn not_asked(revision: &str, scenario: &str) -> usize {
    NOT_ASKED.iter().find(|(of, name, _)| *of == revision && *name == scenario).map_or(0, |(_, _, checks)| *checks)
}

fn shortfalls(revision: &str, run: &Run, direct: Option<&Run>) -> Vec<String> {
    let names: BTreeSet<&String> = run.required.iter().chain(run.scenarios.keys()).collect();
    let mut shortfalls = Vec::new();
    for name in names {
        let scenario = run.scenario(name);
        let before = direct.map(|direct| direct.scenario(name));
        let excused = !run.required.contains(name) && before.as_ref().is_some_and(|before| !before.has_passed());
        if !scenario.has_passed() && !excused {
            let failures = scenario.failures.join("; ");
            shortfalls.push(format!("{revision} {name}: {failures}"));
        } else if let Some(before) = before.filter(|before| before.passed > scenario.passed + not_asked(revision, name))
        {
            shortfalls.push(format!(
                "{revision} {name}: {} checks pass, {} without the gateway",
                scenario.passed, before.passed
            ));
        }
    }
    if let Some(direct) = direct {
        let lost =
            direct.scenarios.keys().filter(|name| !run.scenarios.contains_key(*name) && !run.required.contains(*name));
        shortfalls.extend(lost.map(|name| format!("{revision} {name}: left no result")));
    }
    shortfalls
}

/// The scenario in a folder name like `server-ping-2026-11-22T17-20-03-626Z`.
/// Client scenarios have no prefix.
fn scenario_name(folder: &str) -> Option<&str> {
    let rest = folder.strip_prefix("server-").unwrap_or(folder);
    rest.get(..rest.len().checked_sub(STAMP_LENGTH)?)
}

fn scenario(checks: Option<&Value>) -> Scenario {
    let Some(checks) = checks.and_then(Value::as_array) else {
        return Scenario { failures: vec!["broke down".to_owned()], ..Scenario::default() };
    };
    let with_status = |status: &'static str| checks.iter().filter(move |check| text(check, "status") == status);
    Scenario {
        passed: with_status("SUCCESS").count(),
        failures: with_status("FAILURE").map(described).collect(),
        warnings: with_status("WARNING").map(described).collect(),
    }
}

fn described(check: &Value) -> String {
    format!("{}: {}", text(check, "id"), text(check, "errorMessage"))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const REVISIONS: [(&str, usize); 1] = [("r", 1)];

    fn run(scenarios: &[(&str, usize, &[&str])]) -> BTreeMap<&'static str, Run> {
        let scenarios = scenarios.iter().map(|(name, passed, failures)| {
            let failures = failures.iter().map(|failure| (*failure).to_owned());
            let scenario = Scenario { passed: *passed, failures: failures.collect(), warnings: Vec::new() };
            ((*name).to_owned(), scenario)
        });
        let run = Run { required: ["must".to_owned()].into(), scenarios: scenarios.collect() };
        [("r", run)].into()
    }

    fn complaints(tested: &[(&str, usize, &[&str])], direct: Option<&[(&str, usize, &[&str])]>) -> Vec<String> {
        let verdict = Verdict::new(&REVISIONS, run(tested), direct.map(run));
        verdict.report().complaints
    }

    #[test]
    fn a_clean_run_passes() {
        let scenarios: &[(&str, usize, &[&str])] = &[("must", 2, &[]), ("may", 0, &[])];
        assert_eq!(complaints(scenarios, Some(scenarios)), Vec::<String>::new());
        let verdict = Verdict::new(&REVISIONS, run(scenarios), None);
        assert_eq!(verdict.report().figures.json(), r#"{"checks_failed":0,"server_r_passed":1,"server_r_required":1}"#);
    }

    #[test]
    fn a_required_scenario_without_a_result_fails() {
        let found = complaints(&[], None);
        assert_eq!(found, ["r must: left no result"]);
    }

    #[test]
    fn a_required_scenario_is_not_excused_by_failing_directly() {
        let failing: &[(&str, usize, &[&str])] = &[("must", 1, &["x: broken"])];
        assert_eq!(complaints(failing, Some(failing)), ["r must: x: broken"]);
    }

    #[test]
    fn an_unscored_scenario_is_excused_only_by_failing_directly() {
        let tested: &[(&str, usize, &[&str])] = &[("must", 1, &[]), ("may", 0, &["x: broken"])];
        let passes: &[(&str, usize, &[&str])] = &[("must", 1, &[]), ("may", 1, &[])];
        assert_eq!(complaints(tested, None), ["r may: x: broken"]);
        assert_eq!(complaints(tested, Some(passes)), ["r may: x: broken"]);
        assert_eq!(complaints(tested, Some(tested)), Vec::<String>::new());
    }

    #[test]
    fn a_scenario_that_loses_checks_or_vanishes_fails() {
        let direct: &[(&str, usize, &[&str])] = &[("must", 3, &[]), ("may", 1, &[])];
        let found = complaints(&[("must", 2, &[])], Some(direct));
        assert_eq!(found, ["r must: 2 checks pass, 3 without the gateway", "r may: left no result"]);
    }

    #[test]
    fn a_changed_number_of_requirements_fails() {
        let verdict = Verdict::new(&[("r", 2)], run(&[("must", 1, &[])]), None);
        assert_eq!(verdict.report().complaints.len(), 1);
    }

    #[test]
    fn names_and_checks_are_read() {
        let folder = "server-server-sse-polling-2026-11-22T17-20-04-738Z";
        assert_eq!(scenario_name(folder), Some("server-sse-polling"));
        assert_eq!(scenario_name("output.txt"), None);
        let checks = serde_json::json!([
            { "id": "a", "status": "SUCCESS" },
            { "id": "b", "status": "INFO" },
            { "id": "c", "status": "FAILURE", "errorMessage": "no" }
        ]);
        let read = scenario(Some(&checks));
        assert_eq!((read.passed, read.failures), (1, vec!["c: no".to_owned()]));
        let warned = serde_json::json!([{ "id": "d", "status": "WARNING", "errorMessage": "hm" }]);
        assert_eq!(scenario(Some(&warned)).warnings, ["d: hm"]);
        assert_eq!(scenario(None).failures, ["broke down"]);
    }
}
