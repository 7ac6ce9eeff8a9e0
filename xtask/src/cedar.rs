//! `cargo xtask cedar`: random policies and requests, decided by us and again by Cedar's own command line.
//!
//! Responsible for installing that command line once, having the cases written, and comparing. It must never decide
//! anything itself, and a case that Cedar could not read counts as a difference.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::matrix::cache_folder;
use crate::{Failure, output, process, workspace};

const HELP: &str = "\
Random policies and requests: our decision is held against that of Cedar's own command line.

Usage: cargo xtask cedar [OPTIONS]

Options:
  --requests N   How many requests are decided twice (default 100000)
  --seed N       Repeats the run of that seed; without it the clock gives one
  --json         One JSON object at the end instead of sentences
  --help         This page

cedar-policy-cli is installed once, with the version that this workspace uses, under $DOORWARD_CACHE,
$XDG_CACHE_HOME/doorward or ~/.cache/doorward. Differences stay in target/cedar for looking into.";

/// The version of cedar-policy in Cargo.lock must be the same: `run` looks.
const VERSION: &str = "4.14.1";

/// The longest that Cedar may take for the requests of one policy.
const LIMIT: Duration = Duration::from_secs(120);

/// Most differences shown.
const SHOWN: usize = 10;

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
struct Options {
    requests: u64,
    seed: Option<u64>,
    json: bool,
}

/// Runs the comparison; fails on the first difference it can show.
pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    match parse(args)? {
        None => output::line(HELP),
        Some(options) => compare(&options).map_err(Failure::Task)?,
    }
    Ok(())
}

fn parse(args: &[String]) -> Result<Option<Options>, Failure> {
    let mut options = Options { requests: 100_000, seed: None, json: false };
    let mut args = args.iter();
    let number = |name: &str, value: Option<&String>| {
        value.and_then(|value| value.parse().ok()).ok_or_else(|| Failure::Usage(format!("{name} takes a number")))
    };
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--help" | "-h" => return Ok(None),
            "--json" => options.json = true,
            "--requests" => options.requests = number("--requests", args.next())?,
            "--seed" => options.seed = Some(number("--seed", args.next())?),
            unknown => {
                return Err(Failure::Usage(format!("cedar does not know {unknown:?}; see `cargo xtask cedar --help`")));
            }
        }
    }
    Ok(Some(options))
}

fn compare(options: &Options) -> Result<(), String> {
    let workspace::Workspace { root, target, .. } = workspace::load()?;
    check_version(&root)?;
    let program = installed()?;
    let seed = options.seed.unwrap_or_else(clock);
    if !options.json {
        output::line(format_args!("seed {seed}"));
    }
    let started = Instant::now();
    let folder = target.join("cedar");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(|error| format!("cannot write {}: {error}", folder.display()))?;
    write_cases(&root, &folder, options.requests, seed)?;
    let mut tally = Tally::default();
    for policy in 0.. {
        let place = folder.join(policy.to_string());
        if !place.exists() {
            break;
        }
        tally.add(&decide(&program, &place)?);
    }
    let (same, different) = (tally.same, tally.different.len());
    let took = started.elapsed().as_secs();
    if options.json {
        output::line(format_args!("{{\"seed\":{seed},\"same\":{same},\"different\":{different},\"seconds\":{took}}}"));
    } else {
        output::line(format_args!("{same} decisions are Cedar's own, {different} are not ({took} s)"));
    }
    tally.different.iter().take(SHOWN).for_each(output::line);
    if different > 0 || same != options.requests {
        return Err(format!("of {} requests {same} were decided as Cedar decides; seed {seed}", options.requests));
    }
    fs::remove_dir_all(&folder).map_err(|error| format!("cannot remove {}: {error}", folder.display()))
}

/// What is compared must be the same version of Cedar on both sides.
fn check_version(root: &Path) -> Result<(), String> {
    let lock =
        fs::read_to_string(root.join("Cargo.lock")).map_err(|error| format!("cannot read Cargo.lock: {error}"))?;
    let wanted = format!("name = \"cedar-policy\"\nversion = \"{VERSION}\"\n");
    if lock.contains(&wanted) {
        Ok(())
    } else {
        Err("Cargo.lock has another version of cedar-policy than this task".into())
    }
}

fn installed() -> Result<PathBuf, String> {
    let home = cache_folder()?.join(format!("cedar-policy-cli-{VERSION}"));
    let program = home.join("bin/cedar");
    if !program.exists() {
        let version = format!("cedar-policy-cli@{VERSION}");
        let mut install = process::cargo(&["install", "--locked", &version, "--root"]);
        process::run(install.arg(&home).env_remove("CARGO_TARGET_DIR"))?;
    }
    Ok(program)
}

fn write_cases(root: &Path, folder: &Path, requests: u64, seed: u64) -> Result<(), String> {
    let mut cases = process::cargo(&[
        "run",
        "--quiet",
        "--release",
        "--package",
        "doorward-policy",
        "--example",
        "cedar_cases",
        "--",
    ]);
    process::run(cases.arg(folder).arg(requests.to_string()).arg(seed.to_string()).current_dir(root))
}

/// Cedar's own output for one policy.
fn decide(program: &Path, place: &Path) -> Result<String, String> {
    let told = place.join("out.txt");
    let file = fs::File::create(&told).map_err(|error| format!("cannot write {}: {error}", told.display()))?;
    let mut cedar = Command::new(program);
    cedar.args(["run-tests", "--policy-format", "json", "--policies"]).arg(place.join("policies.json"));
    cedar.arg("--tests").arg(place.join("tests.json")).env("NO_COLOR", "1").stdout(file);
    // It fails when a case does, and of the cases that are written twice one always does.
    let _ = process::run_within(&mut cedar, LIMIT);
    fs::read_to_string(&told).map_err(|error| format!("cannot read {}: {error}", told.display()))
}

/// How often both decided alike.
#[derive(Debug, Default)]
struct Tally {
    same: u64,
    different: Vec<String>,
}

impl Tally {
    /// Reads lines like `  test 0-7 ... ok`. A case `0-7|allow` belongs to `0-7|deny`, and one of them must be right.
    fn add(&mut self, told: &str) {
        let mut pairs: BTreeMap<&str, u32> = BTreeMap::new();
        for line in told.lines() {
            let Some((name, ending)) =
                line.trim_start().strip_prefix("test ").and_then(|rest| rest.split_once(" ... "))
            else {
                continue;
            };
            match (name.split_once('|'), ending) {
                (None, "ok") => self.same += 1,
                (None, _) => self.different.push(line.to_owned()),
                (Some((name, _)), ending) => *pairs.entry(name).or_default() += u32::from(ending == "ok"),
            }
        }
        for (name, right) in pairs {
            if right == 1 {
                self.same += 1;
            } else {
                self.different.push(format!("test {name}: a rule fails for us, and Cedar says otherwise"));
            }
        }
    }
}

fn clock() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |now| now.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_count_once_and_need_exactly_one_right() {
        let mut tally = Tally::default();
        tally.add(
            "running 7 test(s)\n  test 0-0 ... ok\n  test 0-1|allow ... fail: x\n  test 0-1|deny ... ok\nresults: x\n",
        );
        assert_eq!((tally.same, tally.different.len()), (2, 0));
        for wrong in [
            "  test 0-0 ... fail: expected Allow, got Deny\n",
            "  test 0-0 ... error:\n    what it is\n",
            "  test 0-1|allow ... ok\n  test 0-1|deny ... ok\n",
            "  test 0-1|allow ... fail: x\n  test 0-1|deny ... fail: x\n",
        ] {
            let mut tally = Tally::default();
            tally.add(wrong);
            assert_eq!((tally.same, tally.different.len()), (0, 1), "{wrong}");
        }
    }

    #[test]
    fn options_are_read_and_others_refused() {
        let read = |args: &[&str]| parse(&args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>());
        let wanted = Options { requests: 10, seed: Some(3), json: true };
        assert_eq!(read(&["--requests", "10", "--seed", "3", "--json"]).unwrap(), Some(wanted));
        assert!(read(&["--help"]).unwrap().is_none());
        assert!(read(&["--requests", "many"]).is_err() && read(&["--faster"]).is_err());
    }
}
