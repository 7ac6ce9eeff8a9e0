//! The catalogue of steps, in the order in which they run.
//!
//! Add a step by adding an entry and its function. A step judges by exit status alone and must
//! never change a file of the working tree.

use std::process::Command;

use super::Options;
use super::tools::Tool;
use crate::{
    Failure, cedar, conformance, examples, flow, guide, identity, matrix, output, process, sinks, tidy, workspace,
};

/// One step of the run.
pub(crate) struct Step {
    /// The name, as `--only` takes it.
    pub(crate) name: &'static str,
    /// What it checks, in a few words.
    pub(crate) about: &'static str,
    /// What must be on the machine.
    pub(crate) needs: &'static [Tool],
    /// Does it; the error says what went wrong.
    pub(crate) run: fn(&Options) -> Result<(), String>,
}

/// Every step, in order.
pub(crate) const STEPS: &[Step] = &[
    Step {
        name: "fmt",
        about: "every Rust file is formatted",
        needs: &[Tool::Rustfmt],
        run: |_| cargo(&["fmt", "--all", "--check"]),
    },
    Step {
        name: "clippy",
        about: "no warning in any target",
        needs: &[Tool::Clippy],
        run: |_| cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
    },
    Step { name: "test", about: "unit and integration tests", needs: &[], run: test },
    Step {
        name: "doctest",
        about: "the examples in the documentation comments",
        needs: &[],
        run: |_| cargo(&["test", "--workspace", "--doc"]),
    },
    Step { name: "tidy", about: "the house rules hold", needs: &[], run: |_| plain(tidy::run(&[])) },
    Step {
        name: "deny",
        about: "licences, banned crates and sources of every dependency",
        needs: &[Tool::Deny],
        run: deny,
    },
    Step {
        name: "build",
        about: "the release program, as a user builds it",
        needs: &[],
        run: |_| cargo(&["build", "--release", "--package", "doorward-cli"]),
    },
    Step {
        name: "audit",
        about: "100 000 mutations of an exported log: each is found, and said to be where it was made",
        needs: &[],
        run: |_| process::run(mutations().env("DOORWARD_MUTATIONS", "100000")),
    },
    Step {
        name: "eval",
        about: "what the guards find in the labelled corpus is not below its floors",
        needs: &[Tool::Corpus],
        // As users run it: a debug build of the guards is far slower than the corpus is large.
        run: |_| cargo(&["run", "--quiet", "--release", "--package", "xtask", "--", "eval", "guards"]),
    },
    Step {
        name: "flows",
        about: "what the rules of flow ask about and stop in recorded traces is not worse than its floors",
        needs: &[Tool::Traces],
        run: |_| cargo(&["run", "--quiet", "--release", "--package", "xtask", "--", "eval", "flows"]),
    },
    Step {
        name: "detect",
        about: "what the detectors see of attacks, and mistake for one, is not worse than its floors",
        needs: &[],
        run: |_| cargo(&["run", "--quiet", "--release", "--package", "xtask", "--", "eval", "detect"]),
    },
    Step {
        name: "conformance",
        about: "the public MCP suite: directly and through the gateway, across eras, as a client",
        needs: &[Tool::Npm],
        run: conform,
    },
    Step {
        name: "matrix",
        about: "real clients, servers and agents of others, through the gateway: a part of the table",
        needs: &[Tool::Npm, Tool::Python],
        run: drive_clients,
    },
    Step {
        name: "flow",
        about: "an agent that obeys a file carries nothing out: real servers and clients, through the gateway",
        needs: &[Tool::Npm, Tool::Python],
        run: |_| plain(flow::run(&["--quick".to_owned(), "--gateway-bin".to_owned(), built_program()?])),
    },
    Step {
        name: "cedar",
        about: "100 000 random requests: our decision is that of Cedar's own command line",
        needs: &[],
        run: |_| plain(cedar::run(&[])),
    },
    Step {
        name: "identity",
        about: "tokens of a real authorization server, through the gateway",
        needs: &[Tool::Npm],
        run: |_| plain(identity::run(&["--gateway-bin".to_owned(), built_program()?])),
    },
    Step {
        name: "sinks",
        about: "records to receivers of others, which go away and come back",
        needs: &[Tool::Python],
        run: |_| plain(sinks::run(&["--gateway-bin".to_owned(), built_program()?])),
    },
    Step { name: "examples", about: "every set-up under examples/", needs: &[], run: |_| plain(examples::run(&[])) },
    Step {
        name: "guide",
        about: "the newcomer's path of the guide on policies, with the real servers",
        needs: &[Tool::Npm, Tool::Python],
        run: |_| plain(guide::run(&[])),
    },
];

fn cargo(args: &[&str]) -> Result<(), String> {
    process::run(&mut process::cargo(args))
}

/// Ten times faster with optimisation.
fn mutations() -> Command {
    process::cargo(&["test", "--release", "--package", "doorward-core", "--test", "audit", "mutation"])
}

fn plain(result: Result<(), Failure>) -> Result<(), String> {
    result.map_err(|failure| match failure {
        Failure::Usage(reason) | Failure::Task(reason) => reason,
        Failure::Reported => "see above".to_owned(),
    })
}

/// nextest is the runner; cargo's own runs the same tests where nextest is missing.
/// Builds the programs that tests start before the tests, so that none of them meets a stale one.
fn test(options: &Options) -> Result<(), String> {
    cargo(&["build", "--workspace", "--bins"])?;
    if Tool::Nextest.is_present() {
        return cargo(&["nextest", "run", "--workspace", "--no-fail-fast"]);
    }
    let advice = Tool::Nextest.how_to_get();
    if options.strict {
        return Err(format!("cargo-nextest is missing; get it with: {advice}"));
    }
    output::line(format_args!(
        "cargo-nextest is missing (get it with: {advice}); running the same tests with cargo test"
    ));
    cargo(&["test", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"])
}

/// The advisory database lives on a git host that a build machine may not reach, and it changes
/// without us: a clean commit must not fail tomorrow. It is read only when `--advisories` asks.
fn deny(options: &Options) -> Result<(), String> {
    let mut command: Command = process::cargo(&["deny", "--workspace", "check"]);
    command.args(["--hide-inclusion-graph", "licenses", "bans", "sources"]);
    if options.advisories {
        command.arg("advisories");
    }
    process::run(&mut command)
}

/// Directly too, so that every scenario that passes there must pass through the gateway.
fn conform(_: &Options) -> Result<(), String> {
    for question in ["--direct", "--cross", "--client"] {
        plain(conformance::run(&[question.to_owned(), "--gateway-bin".to_owned(), built_program()?]))?;
    }
    Ok(())
}

fn drive_clients(_: &Options) -> Result<(), String> {
    let program = built_program()?;
    let play = |more: &[&str]| {
        let words = ["--quick", "--gateway-bin", &program].into_iter().chain(more.iter().copied());
        plain(matrix::run(&words.map(str::to_owned).collect::<Vec<_>>()))
    };
    play(&[])?;
    // The same for callers who prove who they are, under a policy that names what they use.
    play(&["--named"])
}

fn built_program() -> Result<String, String> {
    Ok(workspace::load()?.target.join("release/doorward").to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn step_names_are_unique() {
        for (index, step) in STEPS.iter().enumerate() {
            assert!(STEPS.iter().skip(index + 1).all(|other| other.name != step.name));
        }
    }

    #[test]
    fn the_program_is_built_before_it_is_used() {
        let place = |name| STEPS.iter().position(|step| step.name == name);
        assert!(place("build") < place("conformance"));
        assert!(place("build") < place("matrix"));
        assert!(place("build") < place("flow"));
        assert!(place("build") < place("identity"));
        assert!(place("build") < place("examples"));
    }
}
