//! `cargo xtask train injection`: learns the weights of the classifier of texts that instruct a model.
//!
//! Responsible for the same weights from the same data, always, and for saying what they are worth on texts of makers that
//! they were not learned from. It must never show a text of the corpus.

use std::fs;
use std::path::{Path, PathBuf};

use crate::eval::usual_data;
use crate::{Failure, output, workspace};

mod calibrate;
mod card;
mod examples;
mod folds;
mod learn;
mod report;

use examples::Examples;

const HELP: &str = "\
Learns the weights of the classifier of texts that instruct a model.

Usage: cargo xtask train injection [OPTIONS]

Options:
  --data DIR   The corpus to learn from (default: corpus/dev in $DOORWARD_SHARED or ../shared)
  --out DIR    Where weights.bin and card.json go (default: their place in the crate of the guards)
  --help       This page

Every source is held out once: what is printed, and what the weights are calibrated with, is what a classifier that has seen
no text of a source says of that source, beside the rules. In a debug build it takes minutes: cargo run --release -p xtask -- train injection";

/// Where the weights are kept.
const HOME: &str = "crates/doorward-guards/src/injection/model";

/// What the command line asks for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    data: Option<PathBuf>,
    out: Option<PathBuf>,
}

/// Runs the training.
pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    match parse(args)? {
        None => output::line(HELP),
        Some(options) => train(&options).map_err(Failure::Task)?,
    }
    Ok(())
}

fn parse(args: &[String]) -> Result<Option<Options>, Failure> {
    let mut args = args.iter();
    match args.next().map(String::as_str) {
        Some("injection") => {}
        Some("--help" | "-h") => return Ok(None),
        Some(other) => return Err(Failure::Usage(format!("train knows injection, not {other:?}"))),
        None => return Err(Failure::Usage("train what? `cargo xtask train injection`".to_owned())),
    }
    let mut options = Options::default();
    while let Some(arg) = args.next() {
        let mut value = || args.next().map(PathBuf::from).ok_or(Failure::Usage(format!("{arg} takes a folder")));
        match arg.as_str() {
            "--help" | "-h" => return Ok(None),
            "--data" => options.data = Some(value()?),
            "--out" => options.out = Some(value()?),
            unknown => {
                return Err(Failure::Usage(format!("train does not know {unknown:?}; see `cargo xtask train --help`")));
            }
        }
    }
    Ok(Some(options))
}

fn train(options: &Options) -> Result<(), String> {
    let data = match &options.data {
        Some(data) => data.clone(),
        None => usual_data()?.ok_or("there is no corpus/dev in $DOORWARD_SHARED or ../shared; name one with --data")?,
    };
    let out = match &options.out {
        Some(out) => out.clone(),
        None => workspace::load()?.root.join(HOME),
    };
    let trained = learn_from(&data)?;
    output::line(&trained.report);
    write(&out.join("weights.bin"), &trained.weights)?;
    write(&out.join("card.json"), trained.card.as_bytes())
}

/// What came of a training.
#[derive(Debug, PartialEq, Eq)]
struct Trained {
    weights: Vec<u8>,
    card: String,
    report: String,
}

fn learn_from(data: &Path) -> Result<Trained, String> {
    let examples = Examples::read(data)?;
    let held_out = folds::held_out(&examples)?;
    let mut weights = learn::learn(&examples, |_| true).weights(&examples);
    weights.places = calibrate::meanings(&examples, &held_out, weights.places);
    let bytes = weights.to_bytes();
    let card = card::card(&examples, &weights, &bytes);
    let report = format!("{}\n{card}", report::report(&examples, &held_out));
    Ok(Trained { weights: bytes, card, report })
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    fs::write(path, bytes).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

#[cfg(test)]
mod tests;
