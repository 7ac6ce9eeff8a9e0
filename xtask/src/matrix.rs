//! `cargo xtask matrix`: real servers behind the gateway, driven by clients and agents that nobody here wrote.
//!
//! Responsible for choosing what is played and for setting the stage. The gateway is right when a client is no worse off
//! than at the server itself; what cannot work directly is counted apart.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::{Failure, output, peer, process, workspace};

mod agents;
mod cases;
mod cells;
mod clients;
mod findings;
mod gateway;
mod hosts;
pub(crate) mod install;
mod play;
mod report;
mod repository;
mod rules;
mod servers;
mod verdict;
mod visit;
mod ways;

use findings::Findings;
use gateway::{Auth, Gateway, Setup};
use hosts::Hosts;
pub(crate) use install::cache_folder;

use install::Installed;
pub(crate) use install::{interpreter, packages};
use report::Report;
use rules::Rules;
use servers::{SERVERS, Server, Transport};

const HELP: &str = "\
Drive real MCP servers through the gateway with real clients and agents.

Usage: cargo xtask matrix [OPTIONS]

  --quick             a part that has each kind of client, each server and each transport; for every change
  --agents            the agents alone
  --named             callers prove who they are, and the policy names what is used and allows nothing else
  --only PATTERN      play only what has PATTERN in its name: CLIENT/SERVER, agent/NAME or case/NAME
  --list              print the names and stop
  --direct-only       play the cells without the gateway: are clients and servers themselves all right?
  --gateway-bin PATH  use this program instead of building one
  --hands N           play N at a time (the default is 1)
  --json              end with one line of JSON: cells, ok, worse_than_direct, findings_not_argued

Each client visits each server directly, behind `doorward run`, at its own face of `doorward serve` (a few also over
HTTP+SSE and by `doorward connect`) and at the face that joins all servers. It lists the tools, calls one, reads a resource, gets a prompt, and is asked during a call for a form
and for an answer of its model, where both ends can. What goes directly must go, and bring the same, through the gateway;
where client and server have no era or transport in common, whatever goes is a gift. Agents talk to a model that is none.
Cases are the traps that real clients and servers are known to hold; they are not cells. The records of the run tell what
the guards did about the servers: whatever was done beyond a record must be argued.

All of it is installed once, pinned by xtask/matrix, under $DOORWARD_CACHE, $XDG_CACHE_HOME/doorward or ~/.cache/doorward.
npm (Node 20 or newer), python3 (3.10 or newer, with venv) and git are needed, and for the agents the data in
$DOORWARD_SHARED or ../shared. Logs are kept under matrix/ in cargo's target folder.";

/// What stands between client and server.
#[derive(Debug, Default, PartialEq, Eq)]
enum Between {
    #[default]
    BuiltGateway,
    Gateway(PathBuf),
    Nothing,
}

/// What is played.
#[derive(Debug, PartialEq, Eq)]
struct Choice {
    only: String,
    quick: bool,
    hands: usize,
    allowed: Rules,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    between: Between,
    choice: Choice,
    json: bool,
}

/// What the command line means.
#[derive(Debug, PartialEq, Eq)]
enum Request {
    Help,
    List,
    Play(Options),
}

/// Plays what `args` choose; fails when the gateway makes anything worse for a client.
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
            "--quick" => options.choice.quick = true,
            "--named" => options.choice.allowed = Rules::Named,
            "--agents" => options.choice.only = agents::FAMILY.to_owned(),
            "--only" => options.choice.only = rest.next().ok_or("--only needs a pattern")?.clone(),
            "--direct-only" => options.between = Between::Nothing,
            "--gateway-bin" => {
                let path = rest.next().ok_or("--gateway-bin needs a path")?;
                options.between = Between::Gateway(path.into());
            }
            "--hands" => {
                let number = rest.next().and_then(|number| number.parse().ok()).filter(|hands| *hands > 0);
                options.choice.hands = number.ok_or("--hands needs a number")?;
            }
            "--json" => options.json = true,
            unknown => return Err(format!("matrix does not know {unknown:?}; see `cargo xtask matrix --help`")),
        }
    }
    Ok(Request::Play(options))
}

fn names() -> Vec<String> {
    let mut names = cells::names();
    names.extend(agents::names());
    names.extend(cases::CASES.iter().map(cases::Case::full_name));
    names
}

fn judge(options: &Options) -> Result<(), Failure> {
    if !names().iter().any(|name| name.contains(&options.choice.only)) {
        let pattern = &options.choice.only;
        return Err(Failure::Usage(format!("{pattern:?} names nothing; `cargo xtask matrix --list` shows the names")));
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
    let pins = workspace::root().join("xtask/matrix");
    let installed = Installed::ready(&pins, &target)?;
    let folder = target.join("matrix");
    // What an earlier run left would be taken for this run's.
    let _ = std::fs::remove_dir_all(&folder);
    let stage = Stage::set(folder, installed, &pins)?;
    let hosts = Hosts::start(&stage)?;
    let choice = &options.choice;
    let Some(program) = program else {
        return Ok(cells::play_all(&stage, None, choice));
    };
    let servers: Vec<&Server> = SERVERS.iter().collect();
    let setup = |name, allowed: Rules| Setup { name, auth: allowed.auth(), servers: &servers, allowed, rules: None };
    let mut report = match choice.allowed {
        Rules::Open => {
            let open = Gateway::serve(&program, &stage, &setup("open", Rules::Open))?;
            let guarded = Setup { auth: Auth::Token, ..setup("token", Rules::Open) };
            let guarded = Gateway::serve(&program, &stage, &guarded)?;
            let setting = setting(&program, &stage, &open, &guarded);
            let mut report = cells::play_all(&stage, Some(&open), choice);
            report.append(cases::play_all(&stage, &setting, choice));
            report
        }
        Rules::Named => {
            let named = Gateway::serve(&program, &stage, &setup("named", Rules::Named))?;
            cells::play_all(&stage, Some(&named), choice)
        }
    };
    report.append(agents::play_all(&stage, &pins, &program, choice)?);
    report.findings(Findings::read(&program, &stage)?);
    drop(hosts);
    report.append(cases::nothing_left(&stage, choice));
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

impl Default for Choice {
    fn default() -> Self {
        Self { only: String::new(), quick: false, hands: 1, allowed: Rules::Open }
    }
}

/// Which installed program runs a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Runtime {
    /// Node.js with the pinned packages.
    Node,
    /// Python with `mcp` 1.x.
    Python1,
    /// Python with `mcp` 2.x.
    Python2,
    /// The client on rmcp, which needs nothing else.
    Rmcp,
}

impl Runtime {
    /// The program and the options that come before a script.
    fn command(self, stage: &Stage) -> Vec<String> {
        let shown = |path: &Path| path.to_string_lossy().into_owned();
        match self {
            Self::Node => vec![shown(stage.installed.node())],
            // Scripts must not leave compiled files beside themselves.
            Self::Python1 => vec![shown(stage.installed.python1()), "-B".to_owned()],
            Self::Python2 => vec![shown(stage.installed.python2()), "-B".to_owned()],
            Self::Rmcp => vec![shown(stage.installed.rmcp())],
        }
    }
}

/// Where everything is played: what is installed, a folder for what the run writes, ports for who listens.
struct Stage {
    folder: PathBuf,
    installed: Installed,
    ports: BTreeMap<&'static str, u16>,
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
        repository::make(&folder.join("repository"))?;
        let listening = SERVERS.iter().filter(|server| server.transport != Transport::Stdio);
        let ports = listening.map(|server| Ok((server.id, peer::free_port()?))).collect::<Result<_, String>>()?;
        Ok(Self { folder, installed, ports })
    }

    /// Where `server` listens; zero for one that does not.
    fn port(&self, server: &Server) -> u16 {
        self.ports.get(server.id).copied().unwrap_or_default()
    }

    #[cfg(test)]
    fn test() -> Self {
        let ports = SERVERS.iter().filter(|server| server.transport != Transport::Stdio);
        let ports = ports.map(|server| (server.id, 4712)).collect();
        Self { folder: "/run".into(), installed: Installed::at(Path::new("/cache")), ports }
    }
}

/// What the case scripts are told, as one JSON object.
fn setting(program: &Path, stage: &Stage, open: &Gateway, guarded: &Gateway) -> Value {
    let store = |preset: &str| format!("sqlite://{}", stage.folder.join(format!("case-{preset}.db")).display());
    let run = |preset: &str| json!([program, "run", "--store", store(preset), "--preset", preset]);
    let servers: serde_json::Map<String, Value> = SERVERS
        .iter()
        .filter(|server| server.transport == Transport::Stdio)
        .map(|server| (server.id.to_owned(), json!(server.alone(stage, "case"))))
        .collect();
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
        let choice = Choice { only: "python".to_owned(), quick: true, hands: 3, allowed: Rules::Open };
        let wanted = Options { between: Between::Gateway("/bin/doorward".into()), choice, json: true };
        let line = "--only python --quick --hands 3 --gateway-bin /bin/doorward --json";
        assert_eq!(parsed(line), Ok(Request::Play(wanted)));
        assert_eq!(parsed("--list"), Ok(Request::List));
        let agents = Choice { only: "agent/".to_owned(), ..Choice::default() };
        assert_eq!(parsed("--agents"), Ok(Request::Play(Options { choice: agents, ..Options::default() })));
    }

    #[test]
    fn unknown_or_unfinished_options_are_refused() {
        for line in ["--gateway-bin", "--only", "--fast", "--hands", "--hands 0"] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }

    #[test]
    fn names_are_unique() {
        let names = names();
        let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
        let cells = clients::CLIENTS.len() * SERVERS.len();
        assert_eq!(names.len(), cells + agents::names().len() + cases::CASES.len());
    }

    #[test]
    fn a_pattern_that_names_nothing_is_a_usage_error() {
        let args = ["--only".to_owned(), "no-such-cell".to_owned()];
        assert!(matches!(run(&args), Err(Failure::Usage(_))));
    }
}
