//! `cargo xtask eval guards`: what the guards find, miss and mistake in a labelled corpus. `eval flows` is in [`flows`],
//! `eval detect` in [`detect`].
//!
//! Responsible for reading the corpus, putting every text before the guards as it would reach them, and for holding the
//! figures against the floors that are recorded. It must never show a text of the corpus: items are named by their ids.

use std::fs;
use std::path::PathBuf;

use crate::{Failure, output, workspace};

pub(crate) mod corpus;
mod detect;
mod figures;
mod floors;
pub(crate) mod flows;
mod report;
pub(crate) mod sight;
pub(crate) mod tally;

use figures::Figures;
use floors::Floors;

const HELP: &str = "\
What the guards find, miss and mistake in a labelled corpus.

Usage: cargo xtask eval guards [OPTIONS]

Options:
  --data DIR   The corpus: *.jsonl and *.jsonl.gz (default: corpus/dev in $DOORWARD_SHARED or ../shared)
  --only NAME  This file alone: injection, secrets, pii, arguments; may be repeated
  --worst N    How many of the worst misses and false alarms are named, by id (default 10)
  --json       After the tables, one line: a flat JSON object of numbers
  --record     Write the figures into xtask/floors.json as the floors from now on
  --help       This page

An item counts as found when a guard that its file is meant for reports at least `medium`. Figures below a floor of
xtask/floors.json fail the command. In a debug build the speed is that of a debug build; for speed:
cargo run --release -p xtask -- eval guards";

/// Most misses and false alarms named when nobody says how many.
const WORST: usize = 10;

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
struct Options {
    data: Option<PathBuf>,
    only: Vec<String>,
    worst: usize,
    json: bool,
    record: bool,
}

/// Runs the evaluation; fails when a figure is below its floor.
pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    match args.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        Some(("flows", rest)) => return flows::run(rest),
        Some(("detect", rest)) => return detect::run(rest),
        Some(_) | None => {}
    }
    match parse(args)? {
        None => output::line(HELP),
        Some(options) => evaluate(&options).map_err(Failure::Task)?,
    }
    Ok(())
}

/// The corpus of this repository, when it is there.
pub(crate) fn usual_data() -> Result<Option<PathBuf>, String> {
    let root = workspace::load()?.root;
    let shared = std::env::var_os("DOORWARD_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    let data = shared.join("corpus/dev");
    Ok(data.is_dir().then_some(data))
}

fn parse(args: &[String]) -> Result<Option<Options>, Failure> {
    let mut args = args.iter();
    match args.next().map(String::as_str) {
        Some("guards") => {}
        Some("--help" | "-h") => return Ok(None),
        Some(other) => return Err(Failure::Usage(format!("eval knows guards, flows and detect, not {other:?}"))),
        None => {
            return Err(Failure::Usage("eval what? `cargo xtask eval guards`, `flows` or `detect`".to_owned()));
        }
    }
    let mut options = Options { data: None, only: Vec::new(), worst: WORST, json: false, record: false };
    while let Some(arg) = args.next() {
        let mut value = || args.next().cloned().ok_or_else(|| Failure::Usage(format!("{arg} takes a value")));
        match arg.as_str() {
            "--help" | "-h" => return Ok(None),
            "--data" => options.data = Some(PathBuf::from(value()?)),
            "--only" => options.only.push(value()?),
            "--worst" => {
                options.worst = value()?.parse().map_err(|_| Failure::Usage("--worst takes a number".to_owned()))?;
            }
            "--json" => options.json = true,
            "--record" => options.record = true,
            unknown => {
                return Err(Failure::Usage(format!("eval does not know {unknown:?}; see `cargo xtask eval --help`")));
            }
        }
    }
    Ok(Some(options))
}

fn evaluate(options: &Options) -> Result<(), String> {
    let data = match &options.data {
        Some(data) => data.clone(),
        None => usual_data()?.ok_or("there is no corpus here; name one with --data DIR")?,
    };
    let files = corpus::read(&data, &options.only)?;
    let mut all = Vec::new();
    for file in &files {
        let sights = sight::see(&file.items)?;
        all.push((file, sights));
    }
    let figures: Vec<Figures> = all.iter().map(|(file, sights)| Figures::of(file, sights, &all)).collect();
    figures.iter().for_each(|figures| output::line(report::text(figures, options.worst)));
    if options.json {
        output::line(report::numbers(&figures));
    }
    judge(options, &figures)
}

/// Floors are recorded for the corpus of this repository; another corpus is only measured.
fn judge(options: &Options, figures: &[Figures]) -> Result<(), String> {
    let path = workspace::load()?.root.join("xtask/floors.json");
    let mut floors = match fs::read_to_string(&path) {
        Ok(text) => Floors::read(&text).ok_or_else(|| format!("{} is not what --record writes", path.display()))?,
        Err(_) => Floors::default(),
    };
    if options.record {
        figures.iter().for_each(|figures| floors.record(figures));
        let before = fs::read_to_string(&path).unwrap_or_default();
        let text = flows::kept(&before, &floors.text()).and_then(|text| detect::kept(&before, &text));
        let text = text.unwrap_or_else(|| floors.text());
        return fs::write(&path, text).map_err(|error| format!("cannot write {}: {error}", path.display()));
    }
    if options.data.is_some() && options.data != usual_data()? {
        return Ok(());
    }
    let below: Vec<String> = figures.iter().flat_map(|figures| floors.broken(figures)).collect();
    if below.is_empty() { Ok(()) } else { Err(below.join("\n")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn the_command_line_is_read() {
        let read = parse(&words("guards --data x --only pii --worst 3 --json")).unwrap().unwrap();
        let meant = Options {
            data: Some(PathBuf::from("x")),
            only: vec!["pii".to_owned()],
            worst: 3,
            json: true,
            record: false,
        };
        assert_eq!(read, meant);
        assert_eq!(parse(&words("--help")).unwrap(), None);
    }

    #[test]
    fn what_is_not_understood_is_a_usage_error() {
        for bad in ["", "pins", "guards --fast", "guards --data", "guards --worst many"] {
            assert!(matches!(parse(&words(bad)), Err(Failure::Usage(_))), "{bad}");
        }
    }
}
