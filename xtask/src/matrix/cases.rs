//! The catalogue of cases: each a trap that a real client or server is known to hold.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::play;
use super::report::{Report, Row};
use super::{Choice, Runtime, Stage};
use crate::process;

/// How long one case may take.
const CASE_LIMIT: Duration = Duration::from_secs(90);
/// How long what the gateway started may outlive it.
const FAREWELL: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(100);

const NOTHING_LEFT: &str = "serve-leaves-no-process";

/// One case.
pub(super) struct Case {
    name: &'static str,
    runtime: Runtime,
    /// The script; one that holds several cases is told which.
    script: Script,
}

enum Script {
    /// `cases.mjs`, which holds it under its name.
    Shared,
    /// A script of its own.
    Own(&'static str),
    /// None: xtask looks itself.
    None,
}

/// Every case, in the order in which they are reported.
pub(super) const CASES: &[Case] = &[
    Case::shared("lists-by-capability"),
    Case::shared("no-process-left"),
    Case::shared("initialize-after-discover"),
    Case::shared("missing-version-header"),
    Case::shared("stream-before-initialize"),
    Case::shared("progress"),
    Case::shared("questions"),
    Case { name: "questions-python", runtime: Runtime::Python2, script: Script::Own("case_questions.py") },
    Case::shared("subscriptions"),
    Case::shared("guarded"),
    Case::shared("environment"),
    Case::shared("slow-neighbour"),
    Case::shared("token"),
    Case { name: NOTHING_LEFT, runtime: Runtime::Node, script: Script::None },
];

impl Case {
    const fn shared(name: &'static str) -> Self {
        Self { name, runtime: Runtime::Node, script: Script::Shared }
    }

    /// The name, as the command line takes it.
    pub(super) fn full_name(&self) -> String {
        format!("case/{}", self.name)
    }

    fn play(&self, stage: &Stage, setting: &str) -> Vec<Row> {
        let (file, arguments) = match self.script {
            Script::Shared => ("cases.mjs", vec![self.name, setting]),
            Script::Own(file) => (file, vec![setting]),
            Script::None => return Vec::new(),
        };
        let mut command = self.runtime.command(stage);
        command.push(stage.folder.join("scripts").join(file).to_string_lossy().into_owned());
        let played = play::play(stage, &self.full_name(), &command, &arguments, CASE_LIMIT);
        vec![Row::case(self.name, played.failure, played.took)]
    }
}

/// Plays the cases of `choice`.
pub(super) fn play_all(stage: &Stage, setting: &Value, choice: &Choice) -> Report {
    let setting = setting.to_string();
    let chosen: Vec<&Case> = CASES.iter().filter(|case| case.full_name().contains(&choice.only)).collect();
    Report::of(play::each(&chosen, choice.hands, |case| case.play(stage, &setting)))
}

/// Once every gateway has been stopped, nothing may run that works in this run's folder.
pub(super) fn nothing_left(stage: &Stage, choice: &Choice) -> Report {
    if !format!("case/{NOTHING_LEFT}").contains(&choice.only) {
        return Report::default();
    }
    let started = Instant::now();
    let folder = stage.folder.to_string_lossy();
    let complaint = loop {
        match remaining(&folder) {
            Ok(left) if left.is_empty() => break None,
            Ok(left) if started.elapsed() > FAREWELL => break Some(format!("still running:\n{}", left.join("\n"))),
            Ok(_) => std::thread::sleep(POLL),
            Err(reason) => break Some(reason),
        }
    };
    Report::of(vec![Row::case(NOTHING_LEFT, complaint, started.elapsed())])
}

fn remaining(folder: &str) -> Result<Vec<String>, String> {
    let listing = process::capture(Command::new("ps").args(["-A", "-ww", "-o", "pid=,ppid=,args="]))?;
    Ok(listing.lines().filter(|line| line.contains(folder)).map(|line| format!("    | {}", line.trim())).collect())
}

#[cfg(test)]
mod tests {
    use std::process::Stdio;

    use super::*;

    #[test]
    fn every_shared_case_is_in_the_script() {
        let script = include_str!("../../matrix/scripts/cases.mjs");
        for case in CASES {
            if matches!(case.script, Script::Shared) {
                assert!(script.contains(&format!("\n  '{}': async", case.name)), "{}", case.name);
            }
        }
    }

    #[test]
    fn the_script_holds_no_case_that_is_never_played() {
        let script = include_str!("../../matrix/scripts/cases.mjs");
        let held = script.lines().filter(|line| line.starts_with("  '") && line.contains("': async")).count();
        assert_eq!(held, CASES.iter().filter(|case| matches!(case.script, Script::Shared)).count());
    }

    #[test]
    fn a_process_that_stays_is_seen() {
        let mark = format!("doorward-remaining-{}", std::process::id());
        let mut waits = Command::new("sh");
        let mut child = waits.args(["-c", "read line", &mark]).stdin(Stdio::piped()).spawn().unwrap();
        assert_eq!(remaining(&mark).unwrap().len(), 1);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(remaining(&mark).unwrap().is_empty());
    }
}
