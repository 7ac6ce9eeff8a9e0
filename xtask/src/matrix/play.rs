//! Playing one script: its output and errors go to files, its life is bounded, its environment is ours to choose.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::Stage;
use super::report::Row;
use crate::{output, process};

/// How much of a script's standard error a complaint repeats.
const TAIL_LINES: usize = 8;

/// What one script left.
#[derive(Debug)]
pub(super) struct Played {
    /// Its standard output.
    pub(super) output: String,
    /// How it failed, with the end of its standard error.
    pub(super) failure: Option<String>,
    /// How long it took.
    pub(super) took: Duration,
}

/// Runs `command` with `argument` behind it, under the name `name` in the logs.
pub(super) fn play(stage: &Stage, name: &str, command: &[String], arguments: &[&str], limit: Duration) -> Played {
    let started = Instant::now();
    let [out, err] = ["out", "err"].map(|end| log(stage, name, end));
    let ended = start(stage, command, arguments, [&out, &err], limit);
    let output = fs::read_to_string(out).unwrap_or_default();
    let failure = ended.err().map(|reason| with_tail(&reason, &fs::read_to_string(&err).unwrap_or_default()));
    Played { output, failure, took: started.elapsed() }
}

/// Does each of `work`, as many at a time as there are `hands`, and reports in their order.
pub(super) fn each<W: Sync>(work: &[W], hands: usize, perform: impl Fn(&W) -> Vec<Row> + Sync) -> Vec<Row> {
    let next = AtomicUsize::new(0);
    let hand = || {
        let mut done = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = work.get(place) else { return done };
            let rows = perform(item);
            rows.iter().for_each(|row| output::line(row.line()));
            done.push((place, rows));
        }
    };
    let mut all: Vec<(usize, Vec<Row>)> = std::thread::scope(|scope| {
        let hands: Vec<_> = (0..hands).map(|_| scope.spawn(hand)).collect();
        hands.into_iter().filter_map(|hand| hand.join().ok()).flatten().collect()
    });
    all.sort_by_key(|(place, _)| *place);
    all.into_iter().flat_map(|(_, rows)| rows).collect()
}

/// Removes our own settings, which must not steer the program under test, and gives it a state folder of its own.
pub(super) fn isolate(command: &mut Command, stage: &Stage) {
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("DOORWARD_")) {
        command.env_remove(name);
    }
    for (name, folder) in [("XDG_STATE_HOME", "state"), ("XDG_CONFIG_HOME", "state/config")] {
        command.env(name, stage.folder.join(folder));
    }
}

fn start(
    stage: &Stage,
    command: &[String],
    arguments: &[&str],
    logs: [&PathBuf; 2],
    limit: Duration,
) -> Result<(), String> {
    let Some((program, before)) = command.split_first() else { return Err("there is no command".to_owned()) };
    let [out, err] = logs.map(File::create);
    let (out, err) = (out.map_err(|error| error.to_string())?, err.map_err(|error| error.to_string())?);
    let mut command = Command::new(program);
    command.args(before).args(arguments).current_dir(&stage.folder).stdout(out).stderr(err);
    isolate(&mut command, stage);
    // The command line repeats the whole plan; how it ended is all that is news.
    process::run_within(&mut command, limit).map_err(|reason| match reason.rsplit_once("` ") {
        Some((_, ending)) => format!("the script {ending}"),
        None => reason,
    })
}

fn log(stage: &Stage, name: &str, end: &str) -> PathBuf {
    stage.folder.join("logs").join(format!("{}.{end}", name.replace('/', "-")))
}

fn with_tail(reason: &str, errors: &str) -> String {
    let tail = tail(errors);
    if tail.is_empty() { reason.to_owned() } else { format!("{reason}\n{tail}") }
}

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let start = lines.len().saturating_sub(TAIL_LINES);
    let shown: Vec<String> = lines.iter().skip(start).map(|line| format!("    | {line}")).collect();
    shown.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_done_once_and_reported_in_order() {
        let work: Vec<usize> = (0..20).collect();
        let rows = each(&work, 2, |number| vec![Row::case(&number.to_string(), None, Duration::ZERO)]);
        let names: Vec<&str> = rows.iter().map(Row::name).collect();
        let wanted: Vec<String> = work.iter().map(|number| format!("case/{number}")).collect();
        assert_eq!(names, wanted);
    }

    #[test]
    fn only_the_end_of_what_was_said_is_repeated() {
        let text: String = (0..30).map(|number| format!("line {number}\n\n")).collect();
        let complaint = with_tail("the script ended", &text);
        assert!(complaint.starts_with("the script ended\n    | line 22\n"), "{complaint}");
        assert!(complaint.ends_with("| line 29"), "{complaint}");
        assert_eq!(with_tail("ended", ""), "ended");
    }
}
