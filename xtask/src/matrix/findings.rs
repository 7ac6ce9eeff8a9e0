//! What the guards did about real servers, as the records of the run's gateways tell.
//!
//! Responsible for reading them and for which findings are argued. A real server must pass untouched: whatever is done
//! about a finding beyond a record, and is not argued here, makes the run fail. It must never judge by what a client saw.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{Stage, play};
use crate::process;

/// How many records are read at a time.
const PAGE: usize = 5_000;

/// A kind of finding that was acted on, wherever it was.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Acted {
    server: String,
    method: String,
    /// `guard/rule`.
    rule: String,
    pointer: String,
    action: String,
}

/// A finding at a real server that is right, or a false alarm that is known. Only marking a text can be argued: whatever else
/// is done changes what the server says.
struct Argued {
    server: &'static str,
    rule: &'static str,
    pointer: &'static str,
    why: &'static str,
}

/// How the names of that server begin, that which agents have for it included.
const EVERYTHING: &str = "ev";

/// Every finding that is argued. Servers of one program share the beginning of their name.
const ARGUED: &[Argued] = &[
    Argued {
        server: EVERYTHING,
        rule: "injection/classifier",
        pointer: "/instructions",
        why: "right: it tells the model to answer with a given sentence, as proof that it was read",
    },
    Argued {
        server: EVERYTHING,
        rule: "injection/classifier",
        pointer: "/message",
        why: "false alarm: a form that asks for inputs; it is put, and marked",
    },
    Argued {
        server: EVERYTHING,
        rule: "injection/classifier",
        pointer: "/inputRequests/q1/params/message",
        why: "false alarm: the same form",
    },
];

/// What is done that can be argued.
const MARKED: &str = "spotlight";

/// What was acted on, and how often.
#[derive(Debug, Default)]
pub(super) struct Findings(BTreeMap<Acted, usize>);

impl Findings {
    /// What the records of every gateway of this run tell of the servers; the cases, which say hostile things on purpose,
    /// have records of their own.
    pub(super) fn read(program: &Path, stage: &Stage) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("cannot read {}: {error}", stage.folder.display());
        let mut findings = Self::default();
        for entry in std::fs::read_dir(&stage.folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if is_of_cells(&path) {
                findings.add_all(program, stage, &path)?;
            }
        }
        Ok(findings)
    }

    /// How many kinds are not argued.
    pub(super) fn unargued(&self) -> usize {
        self.0.keys().filter(|acted| acted.argument().is_none()).count()
    }

    fn add_all(&mut self, program: &Path, stage: &Stage, store: &Path) -> Result<(), String> {
        let mut before = None;
        loop {
            let mut command = Command::new(program);
            command.args(["audit", "query", "--json", "--limit", &PAGE.to_string()]);
            command.arg("--store").arg(format!("sqlite://{}", store.display()));
            if let Some(before) = before {
                command.arg("--before").arg(u64::to_string(&before));
            }
            play::isolate(&mut command, stage);
            let page: Vec<Value> =
                process::capture(&mut command)?.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
            page.iter().for_each(|record| self.add(record));
            before = page.iter().filter_map(|record| record["seq"].as_u64()).min();
            if page.len() < PAGE || before.is_none() {
                return Ok(());
            }
        }
    }

    fn add(&mut self, record: &Value) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        for finding in record["findings"].as_array().into_iter().flatten() {
            let acted = Acted {
                server: text(&record["server"]),
                method: text(&record["action"]),
                rule: format!("{}/{}", text(&finding["guard"]), text(&finding["rule"])),
                pointer: text(&finding["pointer"]),
                action: text(&finding["action"]),
            };
            if acted.action != "observe" {
                *self.0.entry(acted).or_default() += 1;
            }
        }
    }
}

impl Acted {
    fn argument(&self) -> Option<&'static str> {
        let about = |argued: &&Argued| {
            self.server.starts_with(argued.server) && self.rule == argued.rule && self.pointer == argued.pointer
        };
        ARGUED.iter().filter(|_| self.action == MARKED).find(about).map(|argued| argued.why)
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "\nFindings above `observe` at real servers: {} kinds, {} not argued",
            self.0.len(),
            self.unargued()
        )?;
        for (acted, count) in &self.0 {
            let Acted { server, method, rule, pointer, action } = acted;
            let why = acted.argument().unwrap_or("NOT ARGUED");
            write!(f, "\n{count:>6} {server:<16} {method:<22} {action:<9} {rule} in {pointer}: {why}")?;
        }
        Ok(())
    }
}

fn is_of_cells(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name.ends_with(".db") && (name.starts_with("run-") || name.starts_with("serve-"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_only_observed_does_not_count() {
        let mut findings = Findings::default();
        let finding =
            |action: &str| json!({ "guard": "injection", "rule": "consent", "pointer": "/a", "action": action });
        for action in ["observe", "spotlight", "spotlight", "block"] {
            findings.add(&json!({ "server": "git", "action": "tools/call", "findings": [finding(action)] }));
        }
        findings.add(&json!({ "server": "git", "action": "tools/call", "findings": [] }));
        assert_eq!((findings.0.len(), findings.unargued()), (2, 2));
        let text = findings.to_string();
        assert!(
            text.contains("     2 git              tools/call             spotlight injection/consent in /a"),
            "{text}"
        );
    }

    #[test]
    fn marking_alone_is_argued() {
        let mut findings = Findings::default();
        for action in ["spotlight", "block"] {
            let finding = json!({
                "guard": "injection", "rule": "classifier", "pointer": "/instructions", "action": action,
            });
            findings.add(&json!({ "server": "everything-sse", "action": "initialize", "findings": [finding] }));
        }
        assert_eq!((findings.0.len(), findings.unargued()), (2, 1));
    }

    #[test]
    fn records_of_cells_are_read_and_those_of_cases_are_not() {
        for (name, read) in
            [("run-a.db", true), ("serve-open.db", true), ("case-guarded.db", false), ("run-a.db-wal", false)]
        {
            assert_eq!(is_of_cells(&Path::new("/run").join(name)), read, "{name}");
        }
    }
}
