//! `cargo xtask clients`: real servers behind the gateway, driven by clients that nobody here wrote.
//!
//! Responsible for choosing what is played and for the verdict: the gateway is right when a client cannot tell it from
//! the server itself. It must never excuse a cell by name; what cannot work must fail without the gateway too.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::{Failure, output, process, workspace};

mod cases;
mod cells;
mod gateway;
mod install;
mod peers;
mod play;
mod report;

use cells::Cells;
use gateway::{Auth, Gateway};
use install::Installed;
use report::Report;

const HELP: &str = "\
Drive real MCP servers through the gateway with the official Python and TypeScript clients.

Usage: cargo xtask clients [--only PATTERN] [--gateway-bin PATH] [--json]

  --only PATTERN      play only what has PATTERN in its name, as CLIENT/SERVER or case/NAME
  --list              print the names and stop
  --direct-only       play the cells without the gateway: are clients and servers themselves all right?
  --gateway-bin PATH  use this program instead of building one
  --json              end with one line of JSON: cells, ok, failed

Each client visits each server directly, behind `doorward run` and behind `doorward serve`; a cell is right when it
ends as the direct visit did. Cases are the traps that real clients and servers are known to hold.

Servers and clients are installed once, pinned by xtask/clients, under $DOORWARD_CACHE, $XDG_CACHE_HOME/doorward
or ~/.cache/doorward. npm (Node 20 or newer), python3 (3.10 or newer, with venv) and git are needed.
Logs are kept under clients/ in cargo's target folder.";

/// What stands between client and server.
#[derive(Debug, Default, PartialEq, Eq)]
enum Between {
    #[default]
    BuiltGateway,
    Gateway(PathBuf),
    Nothing,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    between: Between,
    only: String,
    json: bool,
}

/// What the command line means.
#[derive(Debug, PartialEq, Eq)]
enum Request {
    Help,
    List,
    Play(Options),
}

/// Plays what `args` choose; fails when the gateway changes anything for a client.
pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    match parse(args).map_err(Failure::Usage)? {
        Request::Help => output::line(HELP),
        Request::List => names().iter().for_each(output::line),
        Request::Play(options) => return judge(&options),
    }
    Ok(())
}

fn parse(args: &[String]) -> Result<Request, String> {
    let mut options = Options::default();
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        match arg.as_str() {
            "--help" | "-h" => return Ok(Request::Help),
            "--list" => return Ok(Request::List),
            "--only" => options.only = rest.next().ok_or("--only needs a pattern")?.clone(),
            "--direct-only" => options.between = Between::Nothing,
            "--gateway-bin" => {
                let path = rest.next().ok_or("--gateway-bin needs a path")?;
                options.between = Between::Gateway(path.into());
            }
            "--json" => options.json = true,
            unknown => return Err(format!("clients does not know {unknown:?}; see `cargo xtask clients --help`")),
        }
    }
    Ok(Request::Play(options))
}

fn names() -> Vec<String> {
    let cells = peers::CLIENTS.iter().flat_map(|client| peers::SERVERS.iter().map(|server| client.cell(server)));
    cells.chain(cases::CASES.iter().map(|case| case.full_name())).collect()
}

fn judge(options: &Options) -> Result<(), Failure> {
    if !names().iter().any(|name| name.contains(&options.only)) {
        let pattern = &options.only;
        return Err(Failure::Usage(format!("{pattern:?} names nothing; `cargo xtask clients --list` shows the names")));
    }
    let report = perform(options).map_err(Failure::Task)?;
    output::line(report.text());
    if options.json {
        output::line(report.json());
    }
    if report.is_good() { Ok(()) } else { Err(Failure::Reported) }
}

fn perform(options: &Options) -> Result<Report, String> {
    let target = workspace::load()?.target;
    let program = program(options, &target)?;
    let pins = workspace::root().join("xtask/clients");
    let installed = Installed::ready(&pins)?;
    let folder = target.join("clients");
    // What an earlier run left would be taken for this run's.
    let _ = std::fs::remove_dir_all(&folder);
    let stage = Stage::set(folder, installed, &pins)?;
    let Some(program) = program else {
        return Ok(Cells::play(&stage, None, &options.only));
    };
    let open = Gateway::serve(&program, &stage, "open", Auth::None)?;
    let guarded = Gateway::serve(&program, &stage, "token", Auth::Token)?;
    let setting = setting(&program, &stage, &open, &guarded);
    let mut report = Cells::play(&stage, Some(&open), &options.only);
    report.append(cases::play_all(&stage, &setting, &options.only));
    drop((open, guarded));
    report.append(cases::nothing_left(&stage, &options.only));
    Ok(report)
}

fn program(options: &Options, target: &Path) -> Result<Option<PathBuf>, String> {
    match &options.between {
        Between::Nothing => Ok(None),
        Between::Gateway(program) => {
            let absolute = std::path::absolute(program).map_err(|error| error.to_string())?;
            if absolute.is_file() { Ok(Some(absolute)) } else { Err(format!("{} is no program", absolute.display())) }
        }
        Between::BuiltGateway => {
            process::run(process::cargo(&["build", "--workspace", "--bins"]).current_dir(workspace::root()))?;
            Ok(Some(target.join("debug/doorward")))
        }
    }
}

/// Where everything is played: what is installed, and a folder for what the run writes.
struct Stage {
    folder: PathBuf,
    installed: Installed,
}

impl Stage {
    /// Puts down what the servers work on, and the scripts beside the packages they import.
    fn set(folder: PathBuf, installed: Installed, pins: &Path) -> Result<Self, String> {
        let failed = |error| format!("cannot prepare {}: {error}", folder.display());
        for name in ["scripts", "logs", "files", "repository", "state"] {
            std::fs::create_dir_all(folder.join(name)).map_err(failed)?;
        }
        for entry in std::fs::read_dir(pins.join("scripts")).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if let Some(name) = path.file_name().filter(|_| path.is_file()) {
                std::fs::copy(&path, folder.join("scripts").join(name)).map_err(failed)?;
            }
        }
        let modules = folder.join("scripts/node_modules");
        std::os::unix::fs::symlink(installed.node_modules(), modules).map_err(failed)?;
        std::fs::write(folder.join("files/greeting.txt"), "Hello from a real file.\n").map_err(failed)?;
        peers::repository(&folder.join("repository"))?;
        Ok(Self { folder, installed })
    }
}

/// What the case scripts are told, as one JSON object.
fn setting(program: &Path, stage: &Stage, open: &Gateway, guarded: &Gateway) -> Value {
    let store = |preset: &str| format!("sqlite://{}", stage.folder.join(format!("case-{preset}.db")).display());
    let run = |preset: &str| json!([program, "run", "--store", store(preset), "--preset", preset]);
    let servers: serde_json::Map<String, Value> =
        peers::SERVERS.iter().map(|server| (server.id.to_owned(), json!(server.alone(stage, "case")))).collect();
    json!({
        "run": { "observe": run("observe"), "guarded": run("guarded") },
        "serve": open.url(),
        "tokenServe": { "url": guarded.url(), "token": guarded.token_file() },
        "servers": servers,
        "files": stage.folder.join("files"),
        "audit": { "guarded": [program, "audit", "query", "--json", "--store", &store("guarded")] },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Request, String> {
        let args: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        parse(&args)
    }

    #[test]
    fn options_are_read() {
        assert_eq!(parsed(""), Ok(Request::Play(Options::default())));
        let wanted =
            Options { between: Between::Gateway("/bin/doorward".into()), only: "python".to_owned(), json: true };
        assert_eq!(parsed("--only python --gateway-bin /bin/doorward --json"), Ok(Request::Play(wanted)));
        assert_eq!(parsed("--list"), Ok(Request::List));
    }

    #[test]
    fn unknown_or_unfinished_options_are_refused() {
        for line in ["--gateway-bin", "--only", "--fast"] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }

    #[test]
    fn names_are_unique() {
        let names = names();
        let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
        assert_eq!(names.len(), 48 + cases::CASES.len());
    }

    #[test]
    fn a_pattern_that_names_nothing_is_a_usage_error() {
        let args = ["--only".to_owned(), "no-such-cell".to_owned()];
        assert!(matches!(run(&args), Err(Failure::Usage(_))));
    }
}
