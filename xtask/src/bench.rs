//! `cargo xtask bench`: what the gateway costs beside no proxy and beside a plain one.
//!
//! Every case runs over all paths in turn, several rounds over, and medians are reported, so that
//! whatever else the machine does falls on all paths alike. It measures and judges answers, never
//! figures: a run fails when an answer was wrong, not when it was slow.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::peer::Peer;
use crate::{Failure, output, process, workspace};

mod case;
mod figures;
mod load;
mod options;
mod peers;

use case::{Case, PathName};
use figures::Figures;
use options::Options;
use peers::Endpoint;

const HELP: &str = "\
Measure the gateway beside no proxy and beside a plain one.

Usage: cargo xtask bench [OPTIONS]

  --quick              32 clients only, for half a second each
  --seconds N          how long each measurement of each round lasts (1)
  --rounds N           how often every measurement is taken; medians are reported (5)
  --only PATTERN       only cases whose name PATH_ERA_SIZE_cN holds PATTERN; * stands for anything;
                       may be given more than once
  --peer NAME=URL      measure another gateway's endpoint too; may be given more than once
  --peer-pid NAME=PID  the process whose CPU time and memory count as that peer's
  --upstream-port N    where the upstream listens, so that a peer can be set up in front of it
  --gateway-bin PATH   use this program instead of building one
  --out FILE           where to write the figures as JSON (bench.json in cargo's target folder)
  --json               end with one line of JSON

Paths: direct, plain_proxy, doorward (policy, guards and records on), doorward_unguarded (guards off),
doorward_bridged (in front of an upstream that speaks only the era the clients do not). CPU time is that of the process in
the middle; for direct, of the upstream. Clients call again as soon as they are answered, so with
many of them latency is mostly waiting for a core; the paced case calls at a fixed rate instead.";

/// How often the gateway is started to see how long that takes.
const STARTS: usize = 5;

/// How long a started gateway is left alone before its memory counts as idle.
const SETTLE: Duration = Duration::from_secs(1);

/// Runs the measurements that `args` ask for; fails when anything was answered wrongly.
pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    if args.iter().any(|arg| matches!(arg.as_str(), "--help" | "-h")) {
        output::line(HELP);
        return Ok(());
    }
    let options = options::parse(args).map_err(Failure::Usage)?;
    let cases = case::plan(&options);
    if cases.is_empty() {
        return Err(Failure::Usage("no case has a name that --only asks for".to_owned()));
    }
    measure(&options, &cases).map_err(Failure::Task)
}

fn measure(options: &Options, cases: &[Case]) -> Result<(), String> {
    let target = workspace::load()?.target;
    let folder = target.join("bench");
    // Records of an earlier run would make this one's store larger.
    let _ = std::fs::remove_dir_all(&folder);
    let programs = Programs::built(options, cases, &target)?;
    let mut figures = Figures::default();
    output::line(peers::machine());
    let bench = Bench::start(options, cases, programs, &folder, &mut figures)?;
    for case in cases {
        bench.run_case(case, &mut figures)?;
    }
    drop(bench);
    // What stays are logs; records are many and the token is nobody's business.
    let _ = std::fs::remove_dir_all(folder.join("records"));
    let _ = std::fs::remove_dir_all(folder.join("home"));
    for own in ["unguarded", "bridging-modern", "bridging-legacy"] {
        let _ = std::fs::remove_dir_all(folder.join(own));
    }
    figures.derive();
    report(options, &figures, &target)
}

fn report(options: &Options, figures: &Figures, target: &Path) -> Result<(), String> {
    output::line(figures.table());
    let out = options.out.clone().unwrap_or_else(|| target.join("bench.json"));
    let json = figures.json();
    std::fs::write(&out, format!("{json}\n")).map_err(|error| format!("cannot write {}: {error}", out.display()))?;
    output::line(format_args!("figures written to {}", out.display()));
    if options.json {
        output::line(json);
    }
    Ok(())
}

/// The programs of a run.
struct Programs {
    folder: PathBuf,
    gateway: Option<PathBuf>,
}

impl Programs {
    fn built(options: &Options, cases: &[Case], target: &Path) -> Result<Self, String> {
        let folder = target.join("release");
        build(&["doorward-testkit", "--bin", "bare-upstream", "--bin", "plain-proxy", "--bin", "load"])?;
        let needs_gateway = cases.iter().any(Case::needs_gateway);
        let gateway = match &options.gateway {
            _ if !needs_gateway => None,
            Some(program) => Some(absolute(program)?),
            None => {
                // By itself, so that it is the program users get: a test crate may turn on features
                // of their common dependencies.
                build(&["doorward-cli"])?;
                Some(folder.join("doorward"))
            }
        };
        Ok(Self { folder, gateway })
    }

    fn testkit(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// The same path, whatever folder a program is started in.
fn absolute(program: &Path) -> Result<PathBuf, String> {
    std::path::absolute(program).map_err(|error| format!("cannot find {}: {error}", program.display()))
}

fn build(package: &[&str]) -> Result<(), String> {
    process::run(process::cargo(&["build", "--release", "-p"]).args(package).current_dir(workspace::root()))
}

/// A run under way: everything started, each path with where to call it.
struct Bench<'a> {
    options: &'a Options,
    programs: Programs,
    folder: &'a Path,
    endpoints: Vec<Station>,
    _running: Vec<Peer>,
}

/// Where to call for one path.
struct Station {
    path: PathName,
    /// The era of the clients that call here; any when there is none.
    era: Option<&'static str>,
    endpoint: Endpoint,
}

impl Station {
    fn of_all(path: PathName, endpoint: Endpoint) -> Self {
        Self { path, era: None, endpoint }
    }

    fn serves(&self, path: &PathName, case: &Case) -> bool {
        self.path == *path && self.era.is_none_or(|era| era == case.manner.era())
    }
}

impl<'a> Bench<'a> {
    fn start(
        options: &'a Options,
        cases: &[Case],
        programs: Programs,
        folder: &'a Path,
        figures: &mut Figures,
    ) -> Result<Self, String> {
        let port = options.upstream_port.unwrap_or(0).to_string();
        let bare = programs.testkit("bare-upstream");
        let upstream = Peer::announced(&bare, folder, &["--port", &port])?;
        let url = upstream.url("");
        let legacy = Peer::announced(&bare, folder, &["--era", "legacy"])?;
        let modern = Peer::announced(&bare, folder, &["--era", "modern"])?;
        let proxy = Peer::announced(&programs.testkit("plain-proxy"), folder, &["--upstream", &url])?;
        let mut endpoints = vec![
            Station::of_all(PathName::Direct, peers::endpoint(&upstream, "/mcp", None)),
            Station::of_all(PathName::PlainProxy, peers::endpoint(&proxy, "/mcp", None)),
        ];
        let peers = options.peers.iter();
        endpoints.extend(peers.map(|peer| Station::of_all(PathName::Peer(peer.name.clone()), peer.endpoint.clone())));
        let mut running = vec![upstream, proxy];
        let serves = cases.iter().any(|case| !case.is_stdio() && case.needs_gateway());
        if let Some(program) = programs.gateway.as_deref().filter(|_| serves) {
            let (gateway, endpoint) = start_gateway(program, folder, &url, figures)?;
            endpoints.push(Station::of_all(PathName::Doorward, endpoint));
            running.push(gateway);
            let own = folder.join("unguarded");
            let (gateway, _) = peers::gateway(program, &own, &url, peers::UNGUARDED)?;
            let endpoint = peers::endpoint(&gateway, "/s/bare/mcp", Some(peers::token(&own)?));
            endpoints.push(Station::of_all(PathName::Unguarded, endpoint));
            running.push(gateway);
            // A gateway each, which differs from the first in its upstream alone.
            for (era, upstream) in [("modern", &legacy), ("legacy", &modern)] {
                let own = folder.join(format!("bridging-{era}"));
                let (gateway, _) = peers::gateway(program, &own, &upstream.url(""), "")?;
                let endpoint = peers::endpoint(&gateway, "/s/bare/mcp", Some(peers::token(&own)?));
                endpoints.push(Station { path: PathName::Bridged, era: Some(era), endpoint });
                running.push(gateway);
            }
        }
        running.extend([legacy, modern]);
        Ok(Self { options, programs, folder, endpoints, _running: running })
    }

    fn run_case(&self, case: &Case, figures: &mut Figures) -> Result<(), String> {
        output::line(format_args!("{}: {}", case.name(), case.path_names()));
        for round in 0..self.options.rounds {
            for path in case.paths_in_round(round) {
                match self.run_once(case, path) {
                    Ok(report) => figures.add(path, case, &report),
                    // What another gateway cannot do is its own affair, and no figure of ours.
                    Err(reason) if matches!(path, PathName::Peer(_)) => {
                        output::line(format_args!("  left out: {reason}"));
                    }
                    Err(reason) => return Err(reason),
                }
            }
        }
        Ok(())
    }

    fn run_once(&self, case: &Case, path: &PathName) -> Result<load::Report, String> {
        let mut command = load::command(&self.programs.testkit("load"), case, self.options);
        if case.is_stdio() {
            command.arg("--").args(self.stdio_command(path)?);
            // A folder of its own, so that it finds nobody's configuration and leaves nothing behind.
            let own = self.folder.join("records").join("run");
            std::fs::create_dir_all(&own).map_err(|error| format!("cannot make {}: {error}", own.display()))?;
            command.env("XDG_STATE_HOME", &own).env("XDG_CONFIG_HOME", &own).current_dir(&own);
        } else {
            let station = self.endpoints.iter().find(|station| station.serves(path, case));
            let station = station.ok_or_else(|| format!("nothing was started for {}", path.as_str()))?;
            station.endpoint.name_to(&mut command);
        }
        load::run(&mut command).map_err(|error| format!("{}: {error}", case.key(path)))
    }

    fn stdio_command(&self, path: &PathName) -> Result<Vec<PathBuf>, String> {
        let upstream = [self.programs.testkit("bare-upstream"), "--stdio".into()];
        match path {
            PathName::Direct => Ok(upstream.into()),
            PathName::Doorward => {
                let gateway = self.programs.gateway.clone().ok_or("there is no gateway to run")?;
                let own = [gateway, "run".into(), "--server".into(), "bare".into(), "--".into()];
                Ok(own.into_iter().chain(upstream).collect())
            }
            PathName::PlainProxy | PathName::Unguarded | PathName::Bridged | PathName::Peer(_) => {
                Err(format!("{} has no pipes", path.as_str()))
            }
        }
    }
}

/// Starts the gateway to stay, after timing some starts; notes what it needs when idle.
fn start_gateway(
    program: &Path,
    folder: &Path,
    upstream: &str,
    figures: &mut Figures,
) -> Result<(Peer, Endpoint), String> {
    let mut starts = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        let (_peer, took) = peers::gateway(program, folder, upstream, "")?;
        starts.push(took.as_secs_f64() * 1e3);
    }
    let (gateway, _) = peers::gateway(program, folder, upstream, "")?;
    figures.note_starts(starts);
    std::thread::sleep(SETTLE);
    figures.note_idle(peers::resident_mib_of(&gateway));
    let token = peers::token(folder)?;
    let endpoint = peers::endpoint(&gateway, "/s/bare/mcp", Some(token));
    Ok((gateway, endpoint))
}
