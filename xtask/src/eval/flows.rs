//! `cargo xtask eval flows`: what the rules of flow ask about and stop in recorded traces of tool calls.
//!
//! Responsible for playing traces through the functions that the gateway uses, with a model that obeys everything it reads,
//! and for holding the figures against their floors. The answer key is only read to score, and to stand for the person who
//! answers a question. It must never show a value of a trace: scenarios, tools and arguments are named.

mod encode;
mod figures;
mod floors;
mod gate;
mod plain;
mod replay;
mod report;
mod state;
pub(super) mod toolset;
pub(super) mod trace;
mod wrong;

pub(crate) use encode::Encoding;

use std::fs;
use std::path::PathBuf;

use figures::{Figures, Variant};
pub(super) use floors::{MEMBER, kept};
use trace::Traces;

use crate::{Failure, output, workspace};

const HELP: &str = "\
What the rules of flow ask about and stop in recorded traces of tool calls, with a model that obeys everything.

Usage: cargo xtask eval flows [OPTIONS]

Options:
  --data DIR  The traces: *.jsonl, *.jsonl.gz and the tool files they name (default: flows in $DOORWARD_SHARED or ../shared)
  --misses    Names every call that was asked about and every attack that was not stopped
  --wrong     Also with each label wrong in turn, which takes a while
  --json      After the tables, one line: a flat JSON object of numbers, shares from 0 to 1
  --record    Write the figures into xtask/floors.json as the floors from now on
  --help      This page

Every call is decided by the shipped policies (the preset observe, and all of [flow] policies) from what the gateway would
know: contexts, labels with what the guards find, endorsements, the ledger. A call of the user's that endorsement refuses
counts as asked about, and its values are then approved; what another policy still refuses then counts as refused. A call of
the attacker's is stopped by either. A line that is no trace counts as unreadable. Figures worse than their floor in
xtask/floors.json fail the command, for the traces of this repository.";

/// What the command line asks for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    data: Option<PathBuf>,
    misses: bool,
    wrong: bool,
    json: bool,
    record: bool,
}

/// Runs the evaluation; fails when a figure is worse than its floor.
pub(super) fn run(args: &[String]) -> Result<(), Failure> {
    match parse(args)? {
        None => output::line(format!("{HELP}\n\n{}", report::HELD_OUT)),
        Some(options) => evaluate(&options).map_err(Failure::Task)?,
    }
    Ok(())
}

/// The traces beside this repository, when they are there.
pub(crate) fn usual_data() -> Result<Option<PathBuf>, String> {
    let root = workspace::load()?.root;
    let shared = std::env::var_os("DOORWARD_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    let data = shared.join("flows");
    Ok(data.is_dir().then_some(data))
}

fn parse(args: &[String]) -> Result<Option<Options>, Failure> {
    let mut options = Options::default();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--help" | "-h" => return Ok(None),
            "--data" => {
                let value = args.next().ok_or_else(|| Failure::Usage("--data takes a value".to_owned()))?;
                options.data = Some(PathBuf::from(value));
            }
            "--misses" => options.misses = true,
            "--wrong" => options.wrong = true,
            "--json" => options.json = true,
            "--record" => options.record = true,
            unknown => {
                return Err(Failure::Usage(format!("eval flows does not know {unknown:?}; see --help")));
            }
        }
    }
    Ok(Some(options))
}

fn evaluate(options: &Options) -> Result<(), String> {
    let Some(data) = options.data.clone().map_or_else(usual_data, |data| Ok(Some(data)))? else {
        if std::env::var("CI").is_ok_and(|ci| ci == "true") {
            return Err("eval flows needs ../shared/flows, or --data DIR".to_owned());
        }
        output::line("skipped: eval flows needs ../shared/flows, or --data DIR");
        return Ok(());
    };
    let traces = Traces::read(&data)?;
    let all: Vec<Figures> = Variant::ALL.iter().map(|variant| figures::of(&traces, *variant)).collect();
    output::line(report::text(&all));
    output::line(report::plain(&plain::of(&traces)));
    if options.misses {
        output::line(report::misses(&all));
    }
    if options.wrong {
        output::line(wrong::text(&traces));
    }
    output::line(report::foot(&traces));
    let numbers = report::numbers(&all, traces.unreadable.len());
    if options.json {
        output::line(&numbers);
    }
    judge(options, &numbers)
}

/// Floors are recorded for the traces of this repository; others are only measured.
fn judge(options: &Options, numbers: &serde_json::Value) -> Result<(), String> {
    let path = workspace::load()?.root.join("xtask/floors.json");
    let text = fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    if options.record {
        let text = floors::recorded(&text, numbers).ok_or_else(|| format!("{} is no JSON object", path.display()))?;
        return fs::write(&path, text).map_err(|error| format!("cannot write {}: {error}", path.display()));
    }
    if options.data.is_some() && options.data != usual_data()? {
        return Ok(());
    }
    let broken = floors::broken(&text, numbers);
    if broken.is_empty() { Ok(()) } else { Err(broken.join("\n")) }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod command_line {
    use super::*;

    #[test]
    fn the_command_line_is_read() {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let read = parse(&words("--data x --misses --json")).unwrap().unwrap();
        let meant = Options { data: Some(PathBuf::from("x")), misses: true, json: true, ..Options::default() };
        assert_eq!(read, meant);
        assert_eq!(parse(&words("--help")).unwrap(), None);
        for bad in ["--fast", "--data"] {
            assert!(matches!(parse(&words(bad)), Err(Failure::Usage(_))), "{bad}");
        }
    }
}
