//! `doorward policy test`: the cases beside a policy.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use doorward_policy::{Case, CaseFile, RuleName, Source, Verdict};
use serde_json::json;

use super::subject::Ready;
use crate::args::{Coverage, PolicyTestArgs};
use crate::exit::Exit;
use crate::fault::{Fault, show_diagnostic};
use crate::terminal::{Terminal, Tone, inert};

/// How files of cases end.
const ENDING: &str = ".test.toml";

pub(super) async fn test(args: &PolicyTestArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let ready = Ready::of(&args.subject, terminal).await?;
    let files = if args.files.is_empty() { beside(&ready.config.policy.files)? } else { args.files.clone() };
    let mut cases = Vec::new();
    for file in &files {
        cases.extend(read(file, terminal)?.cases);
    }
    if cases.is_empty() {
        // A run that tests nothing must not look like one that passed.
        let what = format!("there is no case in {}", listed(&files));
        return Err(Fault::told(Exit::Invalid, what, "Begin each case with [[case]]."));
    }
    let judged: Vec<(Case, Verdict)> = cases
        .into_iter()
        .map(|case| {
            let verdict = case.judge(&ready.engine);
            (case, verdict)
        })
        .collect();
    let deciding: BTreeSet<Arc<str>> = judged.iter().flat_map(|(_, verdict)| verdict.rules.iter().cloned()).collect();
    let ran = Ran { judged, undecided: ready.engine.rules_beside(&deciding) };
    if args.json {
        ran.print_json(terminal)?;
    } else {
        ran.print(args.coverage, terminal)?;
    }
    Ok(if ran.failed() == 0 { Exit::Success } else { Exit::Failure })
}

/// Reads one file of cases; what is wrong with it is shown.
pub(super) fn read(file: &Path, terminal: &Terminal) -> Result<CaseFile, Fault> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Fault::told(Exit::Invalid, format!("cannot read {}: {error}", file.display()), ""))?;
    CaseFile::read(&Source { name: file.display().to_string(), text }).map_err(|findings| {
        findings.iter().for_each(|finding| show_diagnostic(finding, terminal));
        Fault::told(Exit::Invalid, format!("the cases in {} cannot be read", file.display()), "")
    })
}

/// The files of cases beside the policy's own files; those of the working folder, when it has none.
fn beside(policies: &[PathBuf]) -> Result<Vec<PathBuf>, Fault> {
    let mut folders: BTreeSet<PathBuf> =
        policies.iter().filter_map(|file| file.parent()).map(Path::to_path_buf).collect();
    if folders.is_empty() {
        folders.insert(PathBuf::new());
    }
    let mut files = Vec::new();
    for folder in folders {
        let shown = if folder.as_os_str().is_empty() { Path::new(".") } else { &folder };
        for entry in std::fs::read_dir(shown)? {
            let name = entry?.file_name();
            if name.to_string_lossy().ends_with(ENDING) {
                files.push(folder.join(name));
            }
        }
    }
    files.sort();
    if files.is_empty() {
        let what = format!("no file of cases (*{ENDING}) lies beside the policy");
        return Err(Fault::told(Exit::Invalid, what, "Name the files: doorward policy test FILE…"));
    }
    Ok(files)
}

fn listed(files: &[PathBuf]) -> String {
    files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// What came of all cases.
struct Ran {
    judged: Vec<(Case, Verdict)>,
    undecided: Vec<RuleName>,
}

impl Ran {
    fn failed(&self) -> usize {
        self.judged.iter().filter(|(_, verdict)| !verdict.passed()).count()
    }

    fn print(&self, coverage: Coverage, terminal: &Terminal) -> Result<(), Fault> {
        for (case, verdict) in self.judged.iter().filter(|(_, verdict)| !verdict.passed()) {
            let mark = terminal.paint(Tone::Bad, "FAILED");
            let place = format!("{}:{}", case.file, case.line);
            let faults = verdict.faults.join("; ");
            let line = format!("{}: {faults}; decided: {}", case.name, verdict.decided);
            terminal.line(format_args!("{mark} {place} {}", inert(&line)))?;
        }
        if coverage == Coverage::Shown {
            for rule in &self.undecided {
                let mark = terminal.paint(Tone::Warn, "never decides");
                terminal.line(format_args!("{mark} {}:{} \"{}\"", rule.file, rule.line, inert(&rule.id)))?;
            }
        }
        let (all, failed) = (self.judged.len(), self.failed());
        let tone = if failed == 0 { Tone::Good } else { Tone::Bad };
        let passed = terminal.paint(tone, format_args!("{} of {all} cases passed", all - failed));
        let beside = match self.undecided.len() {
            0 => "every rule decides in some case".to_owned(),
            1 => "1 rule decides in none".to_owned(),
            count => format!("{count} rules decide in none"),
        };
        terminal.line(format_args!("{passed}; {beside}"))?;
        Ok(())
    }

    fn print_json(&self, terminal: &Terminal) -> Result<(), Fault> {
        let case = |(case, verdict): &(Case, Verdict)| {
            json!({
                "name": case.name, "file": case.file, "line": case.line, "passed": verdict.passed(),
                "faults": verdict.faults, "decided": verdict.decided, "rules": verdict.rules,
            })
        };
        let rule = |rule: &RuleName| json!({ "id": rule.id, "file": rule.file, "line": rule.line });
        terminal.line(json!({
            "version": 1,
            "ok": self.failed() == 0,
            "cases": self.judged.iter().map(case).collect::<Vec<_>>(),
            "never_decide": self.undecided.iter().map(rule).collect::<Vec<_>>(),
        }))?;
        Ok(())
    }
}
