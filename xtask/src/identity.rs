//! `cargo xtask identity`: the gateway with tokens of an authorization server that nobody here wrote.
//!
//! The checks are a script beside the pinned packages; this task installs, starts and judges. It must never pass when a
//! check is missing: fewer checks than there are count as a failure.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::matrix::packages;
use crate::{Failure, output, process, workspace};

/// How many checks the script has.
const CHECKS: usize = 11;

/// How long all of them may take.
const LIMIT: Duration = Duration::from_secs(180);

const HELP: &str = "\
Run the gateway with tokens of a real authorization server: oidc-provider, pinned by xtask/identity/npm.

Usage: cargo xtask identity [--gateway-bin PATH] [--json]

  --gateway-bin PATH  use this program instead of building one
  --json              end with one line of JSON

npm installs the packages once, under $DOORWARD_CACHE, $XDG_CACHE_HOME/doorward or ~/.cache/doorward.";

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
            unknown => return Err(format!("identity does not know {unknown:?}")),
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
    let source = workspace::root().join("xtask/identity");
    let modules = packages(&source.join("npm"), "an authorization server", "identity")?;
    let stage = workspace.target.join("identity").join(std::process::id().to_string());
    prepare(&source.join("scripts"), &modules, &stage)?;
    let said = stage.join("said");
    let file = std::fs::File::create(&said).map_err(|error| error.to_string())?;
    let mut command = Command::new("node");
    command.arg(stage.join("scripts/play.mjs")).arg(program).arg(&stage).stdout(file);
    let ended = process::run_within(&mut command, LIMIT);
    let said = std::fs::read_to_string(&said).map_err(|error| error.to_string())?;
    // What was checked before it ended is worth more than how it ended.
    if let (Err(reason), true) = (&ended, said.is_empty()) {
        return Err(reason.clone());
    }
    Ok(said)
}

/// Node finds packages beside the scripts that want them, so both get a folder of their own.
fn prepare(scripts: &Path, modules: &Path, stage: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("cannot prepare {}: {error}", stage.display());
    let there = stage.join("scripts");
    std::fs::create_dir_all(&there).map_err(failed)?;
    for entry in std::fs::read_dir(scripts).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        std::fs::copy(entry.path(), there.join(entry.file_name())).map_err(failed)?;
    }
    std::os::unix::fs::symlink(modules, stage.join("node_modules")).map_err(failed)
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
        let script = include_str!("../identity/scripts/play.mjs");
        assert_eq!(script.matches("\nawait check(").count(), CHECKS);
    }
}
