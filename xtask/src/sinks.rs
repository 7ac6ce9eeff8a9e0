//! `cargo xtask sinks`: where records go, with receivers that nobody here wrote.
//!
//! The checks are a script beside the pinned packages; this task installs, starts and judges. It must never pass when a
//! check is missing: fewer checks than there are count as a failure.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::matrix::interpreter;
use crate::{Failure, output, process, workspace};

/// How many checks the script has.
const CHECKS: usize = 11;

/// How long all of them may take.
const LIMIT: Duration = Duration::from_secs(240);

const HELP: &str = "\
Send the gateway's records to receivers of others: a collector of OpenTelemetry, a strict reader of OTLP, a verifier of
webhooks; pinned by xtask/sinks/requirements.txt. The collector goes away and comes back, the gateway is killed, and
afterwards nothing may be missing.

Usage: cargo xtask sinks [--gateway-bin PATH] [--json]

  --gateway-bin PATH  use this program instead of building one
  --json              end with one line of JSON

pip installs the packages once, under $DOORWARD_CACHE, $XDG_CACHE_HOME/doorward or ~/.cache/doorward.";

#[derive(Debug, Default, PartialEq)]
struct Options {
    program: Option<PathBuf>,
    json: bool,
}

/// Runs the checks as `args` say; fails when one does not pass.
pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    if args.iter().any(|arg| matches!(arg.as_str(), "--help" | "-h")) {
        output::line(HELP);
        return Ok(());
    }
    let options = parse(args).map_err(Failure::Usage)?;
    let said = play(&options).map_err(Failure::Task)?;
    let (checks, complaints) = judge(&said);
    if options.json {
        output::line(json!({ "checks": checks, "failed": complaints.len() }));
    }
    if complaints.is_empty() { Ok(()) } else { Err(Failure::Task(complaints.join("\n"))) }
}

fn parse(args: &[String]) -> Result<Options, String> {
    let mut options = Options::default();
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        match arg.as_str() {
            "--gateway-bin" => options.program = Some(rest.next().ok_or("--gateway-bin needs a path")?.into()),
            "--json" => options.json = true,
            unknown => return Err(format!("sinks does not know {unknown:?}")),
        }
    }
    Ok(options)
}

/// What the script says.
fn play(options: &Options) -> Result<String, String> {
    let workspace = workspace::load()?;
    let program = match &options.program {
        Some(program) => std::path::absolute(program).map_err(|error| error.to_string())?,
        None => {
            process::run(&mut process::cargo(&["build", "--quiet", "--package", "doorward-cli"]))?;
            workspace.target.join("debug/doorward")
        }
    };
    let source = workspace::root().join("xtask/sinks");
    let pins = source.join("requirements.txt");
    let python = interpreter(&pins, "a collector and readers of telemetry", "sinks", "rotel")?;
    let stage = workspace.target.join("sinks").join(std::process::id().to_string());
    std::fs::create_dir_all(&stage).map_err(|error| format!("cannot prepare {}: {error}", stage.display()))?;
    let said = stage.join("said");
    let file = std::fs::File::create(&said).map_err(|error| error.to_string())?;
    let mut command = Command::new(python);
    command.arg(source.join("play.py")).arg(program).arg(&stage).stdout(file);
    let ended = process::run_within(&mut command, LIMIT);
    let said = std::fs::read_to_string(&said).map_err(|error| error.to_string())?;
    // What was checked before it ended is worth more than how it ended.
    if let (Err(reason), true) = (&ended, said.is_empty()) {
        return Err(reason.clone());
    }
    Ok(said)
}

/// How many checks there were, and what is wrong with them.
fn judge(said: &str) -> (usize, Vec<String>) {
    let mut complaints = Vec::new();
    let checks: Vec<Value> = said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    for check in &checks {
        let name = check.get("name").and_then(Value::as_str).unwrap_or_default();
        let passed = check.get("passed") == Some(&Value::Bool(true));
        output::line(format_args!("{} {name}", if passed { "passed" } else { "FAILED" }));
        if !passed {
            let reason = check.get("failed").and_then(Value::as_str).unwrap_or_default();
            complaints.push(format!("{name}: {reason}"));
        }
    }
    if checks.len() != CHECKS {
        complaints.push(format!("{} checks ran, and there are {CHECKS}", checks.len()));
    }
    (checks.len(), complaints)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_check_is_a_failure() {
        let line = r#"{"name":"one","passed":true}"#;
        assert_eq!(judge(&[line; CHECKS].join("\n")), (CHECKS, Vec::new()));
        assert_eq!(judge(&[line; CHECKS - 1].join("\n")).1.len(), 1);
        let failed = [line; CHECKS].join("\n").replacen("true", "false", 1);
        assert_eq!(judge(&failed).1, ["one: "]);
    }

    #[test]
    fn the_script_has_as_many_checks_as_are_wanted() {
        let script = include_str!("../sinks/play.py");
        assert_eq!(script.matches("\n    check(").count(), CHECKS);
    }
}
