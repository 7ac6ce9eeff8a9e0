//! `cargo xtask conformance`: the public MCP conformance suite, through the gateway.
//!
//! The suite drives a fixture server of ours that passes everything when asked directly, so a
//! scenario that fails through the gateway is the gateway's fault. This task judges; it must never
//! excuse a scenario by name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::peer::Peer;
use crate::{Failure, output, process, workspace};

mod peers;
mod results;
mod suite;

use results::{Run, Verdict};
use suite::Suite;

/// The revisions whose requirements are run, and how many server scenarios each requires.
///
/// The sets are frozen, so a suite that suddenly requires fewer has not been read right.
const REVISIONS: [(&str, usize); 2] = [("2025-11-25", 30), ("2026-07-28", 37)];

const HELP: &str = "\
Run the public MCP conformance suite against the fixture server, through the gateway.

Usage: cargo xtask conformance [--direct] [--gateway-bin PATH] [--json]

  --direct            also run without the gateway, and want every check that passes there
  --direct-only       run without the gateway only: is the fixture itself all right?
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

#[derive(Debug, Default, PartialEq)]
struct Options {
    between: Between,
    also_direct: bool,
    json: bool,
}

/// Runs the suite as `args` say; fails when anything required does not pass.
pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    if args.iter().any(|arg| matches!(arg.as_str(), "--help" | "-h")) {
        output::line(HELP);
        return Ok(());
    }
    let options = parse(args).map_err(Failure::Usage)?;
    let verdict = judge(&options).map_err(Failure::Task)?;
    output::line(verdict.table());
    if options.json {
        output::line(verdict.json());
    }
    match verdict.complaints() {
        [] => Ok(()),
        complaints => Err(Failure::Task(complaints.join("\n"))),
    }
}

fn parse(args: &[String]) -> Result<Options, String> {
    let mut options = Options::default();
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        match arg.as_str() {
            "--direct" => options.also_direct = true,
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
    Ok(options)
}

fn judge(options: &Options) -> Result<Verdict, String> {
    let target = workspace::load()?.target;
    let suite = Suite::installed(&workspace::root().join("xtask/node"))?;
    let folder = target.join("conformance");
    // Old results would be read as this run's.
    let _ = std::fs::remove_dir_all(&folder);
    build()?;
    let fixture = Peer::announced(&target.join("debug/conformance-fixture"), &folder, &[])?;
    let direct_url = fixture.local_url("/mcp");
    let tested = match tested_peer(options, &target, &folder, &fixture)? {
        None => run_sets(&suite, &direct_url, &folder.join("direct"))?,
        Some((_peer, url)) => run_sets(&suite, &url, &folder.join("through"))?,
    };
    let direct = if options.also_direct && options.between != Between::Nothing {
        Some(run_sets(&suite, &direct_url, &folder.join("direct"))?)
    } else {
        None
    };
    Ok(Verdict::new(&REVISIONS, tested, direct))
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
    let gateway = peers::gateway(program, folder, &fixture.url("/mcp"))?;
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
        assert!(options.also_direct && options.json);
    }

    #[test]
    fn unknown_or_unfinished_options_are_refused() {
        assert!(parsed("--gateway-bin").is_err());
        assert!(parsed("--cross").is_err());
    }
}
