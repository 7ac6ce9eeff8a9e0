//! `cargo xtask ci`: every check a change must pass, in order, each named and timed.
//!
//! Responsible for choosing steps, running them and summing up. A step never decides whether it may
//! be left out: a missing helper skips it on a stranger's machine, and fails it when `CI=true`.

use std::time::{Duration, Instant};

use crate::{Failure, output};

mod steps;
mod tools;

use steps::{STEPS, Step};
use tools::Tool;

const HELP: &str = "\
Every check a change must pass, in order.

Usage: cargo xtask ci [OPTIONS]

Options:
  --list          Print the steps in order and stop
  --only STEP     Run this step alone; may be repeated
  --keep-going    Go on after a failing step (the default stops there)
  --advisories    Let the deny step also read the RustSec database, fetched from a git host
  --help          This page

A step whose helper is missing from this machine is skipped with a line that says how to get it;
when the environment has CI=true it fails instead. The last line counts the steps:
`N passed, N failed, N skipped`, where a step that was never reached counts as skipped.";

/// What the command line asks for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    only: Vec<String>,
    keep_going: bool,
    advisories: bool,
    strict: bool,
}

/// What the command line means.
#[derive(Debug, PartialEq, Eq)]
enum Request {
    Help,
    List,
    Run(Options),
}

/// How one step ended.
#[derive(Debug, PartialEq, Eq)]
enum Ending {
    Pass,
    Fail(String),
    Skip(String),
}

struct Report {
    name: &'static str,
    ending: Ending,
    took: Duration,
}

/// Runs the steps that `args` choose; fails when one of them fails.
pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    let strict = std::env::var("CI").is_ok_and(|value| value == "true");
    match parse(args, strict)? {
        Request::Help => output::line(HELP),
        Request::List => {
            for step in STEPS {
                output::line(format_args!("{:<12} {}", step.name, step.about));
            }
        }
        Request::Run(options) => return check(&options),
    }
    Ok(())
}

fn parse(args: &[String], strict: bool) -> Result<Request, Failure> {
    let mut options = Options { strict, ..Options::default() };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--help" | "-h" => return Ok(Request::Help),
            "--list" => return Ok(Request::List),
            "--keep-going" => options.keep_going = true,
            "--advisories" => options.advisories = true,
            "--only" => {
                let name = args.next().map_or("", String::as_str);
                if !STEPS.iter().any(|step| step.name == name) {
                    return Err(Failure::Usage(format!(
                        "--only {name:?} names no step; `cargo xtask ci --list` shows them"
                    )));
                }
                options.only.push(name.to_owned());
            }
            unknown => {
                return Err(Failure::Usage(format!("ci does not know {unknown:?}; see `cargo xtask ci --help`")));
            }
        }
    }
    Ok(Request::Run(options))
}

fn check(options: &Options) -> Result<(), Failure> {
    let mut reports = Vec::new();
    let mut stopped = false;
    for step in STEPS {
        if !options.only.is_empty() && !options.only.iter().any(|name| name == step.name) {
            continue;
        }
        let started = Instant::now();
        let ending = if stopped {
            Ending::Skip("not reached".to_owned())
        } else {
            output::line(format_args!("\n=== {}: {}", step.name, step.about));
            perform(step, options)
        };
        match &ending {
            Ending::Pass => {}
            Ending::Fail(reason) => {
                output::line(format_args!("{} FAILED: {reason}", step.name));
                stopped = !options.keep_going;
            }
            Ending::Skip(reason) => {
                output::line(format_args!("{} skipped: {reason}", step.name));
            }
        }
        reports.push(Report { name: step.name, ending, took: started.elapsed() });
    }
    output::line(summary(&reports));
    // The counts end the output; nothing may be said after them.
    if reports.iter().any(|report| matches!(report.ending, Ending::Fail(_))) {
        return Err(Failure::Reported);
    }
    Ok(())
}

fn perform(step: &Step, options: &Options) -> Ending {
    for tool in step.needs {
        if !tool.is_present() {
            return without(*tool, options.strict);
        }
    }
    match (step.run)(options) {
        Ok(()) => Ending::Pass,
        Err(reason) => Ending::Fail(reason),
    }
}

fn without(tool: Tool, strict: bool) -> Ending {
    let reason = format!("{} is missing; get it with: {}", tool.name(), tool.how_to_get());
    if strict { Ending::Fail(format!("{reason} (with CI=true nothing may be skipped)")) } else { Ending::Skip(reason) }
}

fn summary(reports: &[Report]) -> String {
    let mut text = String::from("\nstep          result    seconds\n");
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for report in reports {
        let (word, note) = match &report.ending {
            Ending::Pass => {
                passed += 1;
                ("passed", "")
            }
            Ending::Fail(reason) => {
                failed += 1;
                ("FAILED", first_line(reason))
            }
            Ending::Skip(reason) => {
                skipped += 1;
                ("skipped", first_line(reason))
            }
        };
        let row = format!("{:<13} {word:<9} {:>7.1}  {note}", report.name, report.took.as_secs_f64());
        text.push_str(row.trim_end());
        text.push('\n');
    }
    text.push_str(&format!("\n{passed} passed, {failed} failed, {skipped} skipped"));
    text
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn the_command_line_is_read() {
        let only = Options { only: words("tidy fmt"), keep_going: true, ..Options::default() };
        let request = parse(&words("--only tidy --keep-going --only fmt"), false);
        assert_eq!(request.unwrap(), Request::Run(only));
        assert_eq!(parse(&words("--list"), false).unwrap(), Request::List);
        assert_eq!(parse(&words("--help"), false).unwrap(), Request::Help);
    }

    #[test]
    fn an_unknown_option_or_step_is_a_usage_error() {
        for bad in ["--fast", "--only", "--only nothing", "tidy"] {
            assert!(matches!(parse(&words(bad), false), Err(Failure::Usage(_))), "{bad}");
        }
    }

    #[test]
    fn a_missing_tool_skips_here_and_fails_in_ci() {
        assert!(matches!(without(Tool::Deny, false), Ending::Skip(_)));
        assert!(matches!(without(Tool::Deny, true), Ending::Fail(_)));
    }

    #[test]
    fn the_last_line_counts_steps() {
        let ended = |ending| Report { name: "x", ending, took: Duration::ZERO };
        let text = summary(&[
            ended(Ending::Pass),
            ended(Ending::Fail("why".to_owned())),
            ended(Ending::Skip("no node".to_owned())),
        ]);
        assert_eq!(text.lines().last(), Some("1 passed, 1 failed, 1 skipped"));
        assert!(text.contains("no node") && text.contains("why"), "{text}");
    }
}
