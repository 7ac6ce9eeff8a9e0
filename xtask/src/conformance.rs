//! `cargo xtask conformance`: the public MCP conformance suite, through the gateway.
//!
//! The suite drives a fixture server of ours that passes everything when asked directly, so a
//! scenario that fails through the gateway is the gateway's fault. This task judges; it must never
//! excuse a scenario by name where both ends are of one era. Across eras it excuses only what `impossible` explains.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::peer::Peer;
use crate::{Failure, output, process, workspace};

mod client;
mod cross;
mod figures;
mod impossible;
mod older;
mod peers;
mod results;
mod suite;

use cross::Programs;
use figures::Figures;
use results::{Run, Verdict};
use suite::Suite;

/// The revisions whose requirements are run, and how many server scenarios each requires.
///
/// The sets are frozen, so a suite that suddenly requires fewer has not been read right.
const REVISIONS: [(&str, usize); 2] = [("2025-11-25", 30), ("2026-07-28", 37)];

const HELP: &str = "\
Run the public MCP conformance suite against the fixture server, through the gateway.

Usage: cargo xtask conformance [--direct | --cross | --client] [--gateway-bin PATH] [--json]

  --direct            also run without the gateway, and want every check that passes there; also run the revisions
                      without a requirement set through it
  --direct-only       run without the gateway only: is the fixture itself all right?
  --cross             run the newest set onto old servers (stdio, HTTP+SSE, HTTP with sessions), the set of 2025-11-25
                      onto a server of 2026-07-28, and the client scenarios of each by a client of the other era;
                      what cannot pass needs a reason
  --client            run the suite's client scenarios with the gateway between the suite and a client
  --stand-in          put a plain proxy in the gateway's place: is this task itself all right?
  --gateway-bin PATH  use this program instead of building one
  --json              end with one line of JSON

The suite and a Node.js that can run it are installed once, pinned by xtask/node, under
$DOORWARD_CACHE, $XDG_CACHE_HOME/doorward/node or ~/.cache/doorward/node. npm is needed for that.
Results are kept under conformance/ in cargo's target folder.";

/// What stands between the suite and the fixture.
#[derive(Debug, Default, PartialEq)]
enum Between {
    #[default]
    BuiltGateway,
    Gateway(PathBuf),
    StandIn,
    Nothing,
}

/// What is asked of the gateway.
#[derive(Debug, Default, PartialEq, Eq, Clone, Copy)]
enum Question {
    #[default]
    SameEra,
    AlsoDirect,
    AcrossEras,
    AsClient,
}

#[derive(Debug, Default, PartialEq)]
struct Options {
    between: Between,
    question: Question,
    json: bool,
}

/// What a run says: its tables, its figures, and what is not good enough, one sentence each.
#[derive(Debug, Default)]
struct Report {
    table: String,
    figures: Figures,
    complaints: Vec<String>,
}

/// Runs the suite as `args` say; fails when anything required does not pass.
pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    if args.iter().any(|arg| matches!(arg.as_str(), "--help" | "-h")) {
        output::line(HELP);
        return Ok(());
    }
    let options = parse(args).map_err(Failure::Usage)?;
    let report = judge(&options).map_err(Failure::Task)?;
    output::line(&report.table);
    if options.json {
        output::line(report.figures.json());
    }
    match report.complaints.as_slice() {
        [] => Ok(()),
        complaints => Err(Failure::Task(complaints.join("\n"))),
    }
}

fn parse(args: &[String]) -> Result<Options, String> {
    let mut options = Options::default();
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        match arg.as_str() {
            "--direct" => options.ask(Question::AlsoDirect)?,
            "--cross" => options.ask(Question::AcrossEras)?,
            "--client" => options.ask(Question::AsClient)?,
            "--direct-only" => options.between = Between::Nothing,
            "--stand-in" => options.between = Between::StandIn,
            "--gateway-bin" => {
                let path = rest.next().ok_or("--gateway-bin needs a path")?;
                options.between = Between::Gateway(path.into());
            }
            "--json" => options.json = true,
            unknown => return Err(format!("conformance does not know {unknown:?}")),
        }
    }
    match (options.question, &options.between) {
        (Question::AcrossEras | Question::AsClient, Between::StandIn | Between::Nothing) => {
            Err("--cross and --client need a gateway".to_owned())
        }
        _ => Ok(options),
    }
}

impl Options {
    fn ask(&mut self, question: Question) -> Result<(), String> {
        if self.question != Question::SameEra {
            return Err("--direct, --cross and --client are runs of their own: give one".to_owned());
        }
        self.question = question;
        Ok(())
    }

    /// The gateway's program.
    fn program(&self, target: &Path) -> PathBuf {
        match &self.between {
            Between::Gateway(program) => program.clone(),
            Between::BuiltGateway | Between::StandIn | Between::Nothing => target.join("debug/doorward"),
        }
    }
}

fn judge(options: &Options) -> Result<Report, String> {
    let target = workspace::load()?.target;
    let suite = Suite::installed(&workspace::root().join("xtask/node"))?;
    let folder = target.join("conformance").join(match options.question {
        Question::SameEra | Question::AlsoDirect => "server",
        Question::AcrossEras => "cross",
        Question::AsClient => "client",
    });
    // Old results would be read as this run's.
    let _ = std::fs::remove_dir_all(&folder);
    build()?;
    let programs = Programs {
        gateway: options.program(&target),
        fixture: target.join("debug/conformance-fixture"),
        client: target.join("debug/conformance-client"),
    };
    match options.question {
        Question::SameEra | Question::AlsoDirect => same_era(options, &suite, &target, &folder),
        Question::AcrossEras => cross::run(&suite, &programs, &folder),
        Question::AsClient => client::run(&suite, &programs.gateway, &programs.client, &folder),
    }
}

fn same_era(options: &Options, suite: &Suite, target: &Path, folder: &Path) -> Result<Report, String> {
    let fixture = Peer::announced(&target.join("debug/conformance-fixture"), folder, &[])?;
    let direct_url = fixture.local_url("/mcp");
    let peer = tested_peer(options, target, folder, &fixture)?;
    let tested = match &peer {
        None => run_sets(suite, &direct_url, &folder.join("direct"))?,
        Some((_peer, url)) => run_sets(suite, url, &folder.join("through"))?,
    };
    let with_direct = options.question == Question::AlsoDirect && peer.is_some();
    let direct = if with_direct { Some(run_sets(suite, &direct_url, &folder.join("direct"))?) } else { None };
    let mut report = Verdict::new(&REVISIONS, tested, direct).report();
    if let (true, Some((_peer, url))) = (with_direct, &peer) {
        report.add(older::run(suite, url, &folder.join("through"))?);
    }
    Ok(report)
}

impl Report {
    fn add(&mut self, other: Self) {
        self.table.push('\n');
        self.table.push_str(&other.table);
        self.figures.add(other.figures);
        self.complaints.extend(other.complaints);
    }
}

/// The whole workspace at once: one set of features for every task, so that nothing is built twice.
fn build() -> Result<(), String> {
    process::run(process::cargo(&["build", "--workspace", "--bins"]).current_dir(workspace::root()))
}

/// The peer under test and its endpoint; `None` when that is the fixture itself.
fn tested_peer(
    options: &Options,
    target: &Path,
    folder: &Path,
    fixture: &Peer,
) -> Result<Option<(Peer, String)>, String> {
    match &options.between {
        Between::Nothing => Ok(None),
        Between::StandIn => {
            let upstream = fixture.url("");
            let program = target.join("debug/plain-proxy");
            let proxy = Peer::announced(&program, folder, &["--upstream", &upstream])?;
            let url = proxy.local_url("/mcp");
            Ok(Some((proxy, url)))
        }
        Between::BuiltGateway => gateway(&target.join("debug/doorward"), folder, fixture),
        Between::Gateway(program) => gateway(program, folder, fixture),
    }
}

fn gateway(program: &Path, folder: &Path, fixture: &Peer) -> Result<Option<(Peer, String)>, String> {
    let gateway = peers::gateway(program, folder, &[peers::Server::at("fixture", &fixture.url("/mcp"))])?;
    let url = gateway.local_url("/s/fixture/mcp");
    Ok(Some((gateway, url)))
}

fn run_sets(suite: &Suite, url: &str, folder: &Path) -> Result<BTreeMap<&'static str, Run>, String> {
    let mut runs = BTreeMap::new();
    for (revision, _) in REVISIONS {
        output::line(format_args!("conformance {revision} against {url}"));
        let required = suite.required(revision)?;
        let results = folder.join(revision);
        suite.run(url, revision, &results)?;
        runs.insert(revision, Run::read(required, &results)?);
    }
    Ok(runs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Options, String> {
        let args: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        parse(&args)
    }

    #[test]
    fn options_are_read() {
        assert_eq!(parsed(""), Ok(Options::default()));
        let options = parsed("--direct --gateway-bin /bin/doorward --json").unwrap();
        assert_eq!(options.between, Between::Gateway(PathBuf::from("/bin/doorward")));
        assert!(options.question == Question::AlsoDirect && options.json);
        assert_eq!(parsed("--cross").unwrap().question, Question::AcrossEras);
        assert_eq!(parsed("--client").unwrap().question, Question::AsClient);
    }

    #[test]
    fn unknown_or_unfinished_options_are_refused() {
        assert!(parsed("--gateway-bin").is_err());
        assert!(parsed("--across").is_err());
        assert!(parsed("--cross --direct").is_err());
        assert!(parsed("--client --stand-in").is_err());
    }
}
