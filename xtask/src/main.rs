//! `cargo xtask`: the project's own tasks, run from anywhere inside the workspace.
//!
//! Responsible for choosing the task and for the exit status: 0 when the task passed, 1 when it
//! failed, 2 when the command line was not understood. It must never do a task's work itself.

use std::process::ExitCode;

mod bench;
mod cedar;
mod ci;
mod conformance;
mod eval;
mod examples;
mod flow;
mod guide;
mod identity;
mod matrix;
mod output;
mod peer;
mod process;
mod sinks;
mod tidy;
mod train;
mod workspace;

/// One thing `cargo xtask` can do.
struct Task {
    name: &'static str,
    about: &'static str,
    run: fn(&[String]) -> Result<(), Failure>,
}

/// Every task, in the order in which the help lists them.
const TASKS: &[Task] = &[
    Task { name: "ci", about: "Every check a change must pass, in order; what .ci/run runs", run: ci::run },
    Task { name: "tidy", about: "The house rules that the compiler and clippy do not know", run: tidy::run },
    Task { name: "conformance", about: "The public MCP conformance suite, through the gateway", run: conformance::run },
    Task { name: "matrix", about: "Real clients, servers and agents of others, through the gateway", run: matrix::run },
    Task {
        name: "cedar",
        about: "Random requests: our decision against that of Cedar's own command line",
        run: cedar::run,
    },
    Task { name: "identity", about: "Tokens of a real authorization server, through the gateway", run: identity::run },
    Task { name: "sinks", about: "Records to receivers of others, which go away and come back", run: sinks::run },
    Task { name: "bench", about: "What the gateway costs beside no proxy and a plain one", run: bench::run },
    Task { name: "train", about: "Learn the weights of the classifier of texts", run: train::run },
    Task { name: "eval", about: "What the guards find and miss in a labelled corpus", run: eval::run },
    Task {
        name: "flow",
        about: "Where data flows, end to end: real servers and clients, an agent that obeys a file",
        run: flow::run,
    },
    Task {
        name: "examples",
        about: "Run every set-up under examples/ against the release program",
        run: examples::run,
    },
    Task {
        name: "guide",
        about: "The newcomer's path of the guide on policies, with the real servers",
        run: guide::run,
    },
];

/// Why a task did not pass.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line was not understood; the text says what was wrong with it.
    Usage(String),
    /// The task ran and found something wrong; the text says what.
    Task(String),
    /// The task ran, found something wrong and has already said what.
    Reported,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Reported) => ExitCode::from(1),
        Err(Failure::Task(reason)) => {
            output::error(&reason);
            ExitCode::from(1)
        }
        Err(Failure::Usage(reason)) => {
            output::error(&reason);
            ExitCode::from(2)
        }
    }
}

fn dispatch(args: &[String]) -> Result<(), Failure> {
    let Some((name, rest)) = args.split_first() else {
        output::line(help());
        return Ok(());
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        output::line(help());
        return Ok(());
    }
    let Some(task) = TASKS.iter().find(|task| task.name == name) else {
        return Err(Failure::Usage(format!("there is no task {name:?}; `cargo xtask --help` lists them")));
    };
    (task.run)(rest)
}

fn help() -> String {
    let mut text = String::from("The project's own tasks.\n\nUsage: cargo xtask TASK [OPTIONS]\n\nTasks:\n");
    for task in TASKS {
        text.push_str(&format!("  {:<12} {}\n", task.name, task.about));
    }
    text.push_str("\n`cargo xtask TASK --help` describes one task.\n");
    text.push_str("Exit status: 0 passed, 1 something failed, 2 the command line is wrong.");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_task_is_a_usage_error_that_names_it() {
        let Err(Failure::Usage(reason)) = dispatch(&["tydi".to_owned()]) else {
            panic!("expected a usage error");
        };
        assert!(reason.contains("tydi"), "{reason}");
    }

    #[test]
    fn help_names_every_task() {
        for task in TASKS {
            assert!(help().contains(task.name));
        }
    }
}
