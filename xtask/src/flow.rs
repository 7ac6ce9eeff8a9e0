//! `cargo xtask flow`: where data flows, end to end, with real servers and real clients that nobody here wrote.
//!
//! An agent obeys a file that wants the customers sent somewhere, in every way it can write that; then it works honestly.
//! Responsible for choosing what is played. It must never count an attempt as stopped that would not have arrived anyway.

mod agent;
mod attack;
mod honest;
mod report;
mod sink;
mod stage;

use std::path::PathBuf;

use agent::{Face, KINDS, Kind};
use honest::Ground;
use report::Report;
use sink::Sink;
use stage::Stage;

use crate::matrix::install::Installed;
use crate::{Failure, output, process, workspace};

const HELP: &str = "\
Where data flows, end to end: real servers behind the gateway, real clients before it, an agent that obeys what it reads.

Usage: cargo xtask flow [OPTIONS]

  --quick             each client at one face only; for every change
  --only PATTERN      play only the clients that have PATTERN in their name, as python-modern
  --gateway-bin PATH  use this program instead of building one
  --json              end with one line of JSON, all numbers

server-filesystem shows a file that asks for the customers in the database of mcp-server-sqlite to be sent to a web server
on this machine, through mcp-server-fetch. Without the policies on the flow of data each attempt must arrive there; with
them none may, whatever the data and the address look like, and the records must name what was read. Then the same tools
are used for an honest task, in which a person may be asked once.

What is installed is pinned by xtask/matrix and kept as for `cargo xtask matrix`. Logs and records are kept under flow/ in
cargo's target folder.";

/// How much is played of each client.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Breadth {
    /// At every face.
    #[default]
    Full,
    /// At one face, another than the client before.
    Quick,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    only: String,
    breadth: Breadth,
    gateway: Option<PathBuf>,
    json: bool,
}

impl Breadth {
    /// Whether the client in this place is played at `face`: each era of each library meets each face somewhere.
    fn has(self, place: usize, face: Face) -> bool {
        match self {
            Self::Full => true,
            Self::Quick => Face::ALL.get([0, 1, 1, 0].get(place % 4).copied().unwrap_or_default()) == Some(&face),
        }
    }

    /// Whether it works honestly on `ground`.
    fn has_ground(self, place: usize, ground: Ground) -> bool {
        match self {
            Self::Full => true,
            Self::Quick => Ground::ALL.get(place / 2 % 2) == Some(&ground),
        }
    }
}

/// Plays what `args` choose; fails when something arrives, is not explained, or an honest task is disturbed.
pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    let Some(options) = parse(args).map_err(Failure::Usage)? else {
        output::line(HELP);
        return Ok(());
    };
    let kinds: Vec<Kind> = KINDS.into_iter().filter(|kind| kind.name.contains(&options.only)).collect();
    if kinds.is_empty() {
        return Err(Failure::Usage(format!("no client has {:?} in its name", options.only)));
    }
    let report = perform(&options, &kinds).map_err(Failure::Task)?;
    output::line(report.text());
    if options.json {
        output::line(report.json());
    }
    if report.is_good() { Ok(()) } else { Err(Failure::Reported) }
}

/// `None` for help.
fn parse(args: &[String]) -> Result<Option<Options>, String> {
    let mut options = Options::default();
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        match arg.as_str() {
            "--help" | "-h" => return Ok(None),
            "--quick" => options.breadth = Breadth::Quick,
            "--only" => options.only = rest.next().ok_or("--only needs a pattern")?.clone(),
            "--gateway-bin" => options.gateway = Some(rest.next().ok_or("--gateway-bin needs a path")?.into()),
            "--json" => options.json = true,
            unknown => return Err(format!("flow does not know {unknown:?}; see `cargo xtask flow --help`")),
        }
    }
    Ok(Some(options))
}

fn perform(options: &Options, kinds: &[Kind]) -> Result<Report, String> {
    let target = workspace::load()?.target;
    let program = match &options.gateway {
        Some(path) => std::path::absolute(path).map_err(|error| error.to_string())?,
        None => {
            process::run(process::cargo(&["build", "--package", "doorward-cli"]).current_dir(workspace::root()))?;
            target.join("debug/doorward")
        }
    };
    let installed = Installed::ready(&workspace::root().join("xtask/matrix"), &target)?;
    let stage = Stage::set(program, &installed, target.join("flow"))?;
    let (sink, pages) = (Sink::start()?, Sink::start()?);
    let plan = attack::Plan::lay(&stage, &sink)?;
    let mut report = Report::default();
    for (at, kind) in kinds.iter().enumerate() {
        if at == 0 {
            attack::control(&stage, &sink, &plan, *kind, &mut report)?;
        }
        for face in Face::ALL.into_iter().filter(|face| options.breadth.has(at, *face)) {
            attack::play(&stage, &sink, &plan, *kind, face, &mut report)?;
            for ground in Ground::ALL.into_iter().filter(|ground| options.breadth.has_ground(at, *ground)) {
                honest::play(&stage, &pages, (*kind, face), ground, &mut report)?;
            }
            output::line(format_args!("played {} at the {} face", kind.name, face.name()));
        }
    }
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Option<Options>, String> {
        let args: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        parse(&args)
    }

    #[test]
    fn options_are_read() {
        let wanted = Options {
            only: "python".to_owned(),
            breadth: Breadth::Quick,
            gateway: Some("/bin/doorward".into()),
            json: true,
        };
        assert_eq!(parsed("--only python --quick --gateway-bin /bin/doorward --json"), Ok(Some(wanted)));
        assert_eq!(parsed("--help"), Ok(None));
        for line in ["--only", "--gateway-bin", "--fast"] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }

    #[test]
    fn quickly_each_library_and_each_era_is_played_at_each_face() {
        let at = |face| (0..4).filter(|place| Breadth::Quick.has(*place, face)).collect::<Vec<_>>();
        assert_eq!((at(Face::Joint), at(Face::Own)), (vec![0, 3], vec![1, 2]));
    }

    #[test]
    fn a_pattern_that_names_no_client_is_a_usage_error() {
        assert!(matches!(run(&["--only".to_owned(), "nobody".to_owned()]), Err(Failure::Usage(_))));
    }
}
