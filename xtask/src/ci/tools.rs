//! The helpers that some steps need beyond what `rust-toolchain.toml` brings.
//!
//! Responsible for finding each one and for saying how to get it; it must never install anything.

use crate::{eval, process};

/// A helper program, or data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    /// cargo's `rustfmt` component.
    Rustfmt,
    /// cargo's `clippy` component.
    Clippy,
    /// The test runner.
    Nextest,
    /// The licence, ban and source check.
    Deny,
    /// Node.js with npm, for what is driven by the programs of others.
    Npm,
    /// Python with its virtual environments, likewise.
    Python,
    /// The labelled corpus of the guards.
    Corpus,
    /// The recorded traces of tool calls.
    Traces,
}

impl Tool {
    /// The name a reader would look for.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rustfmt => "rustfmt",
            Self::Clippy => "clippy",
            Self::Nextest => "cargo-nextest",
            Self::Deny => "cargo-deny",
            Self::Npm => "node (20 or newer) with npm",
            Self::Python => "python3 (3.10 or newer) with venv",
            Self::Corpus => "the labelled corpus of the guards",
            Self::Traces => "the recorded traces of tool calls",
        }
    }

    /// The command, or the place, that brings it.
    pub(crate) fn how_to_get(self) -> &'static str {
        match self {
            Self::Rustfmt => "rustup component add rustfmt",
            Self::Clippy => "rustup component add clippy",
            Self::Nextest => "cargo install --locked cargo-nextest",
            Self::Deny => "cargo install --locked cargo-deny@0.20.2",
            Self::Npm => "apt-get install nodejs npm, or https://nodejs.org",
            Self::Python => "apt-get install python3 python3-venv, or https://www.python.org",
            Self::Traces => "put them at ../shared/flows, or name their parent in DOORWARD_SHARED",
            Self::Corpus => "put it at ../shared/corpus/dev, or name its parent's parent in DOORWARD_SHARED",
        }
    }

    /// Whether it starts on this machine and is new enough.
    pub(crate) fn is_present(self) -> bool {
        match self {
            Self::Rustfmt => process::answers("cargo", &["fmt", "--version"]),
            Self::Clippy => process::answers("cargo", &["clippy", "--version"]),
            Self::Nextest => process::answers("cargo", &["nextest", "--version"]),
            Self::Deny => process::answers("cargo", &["deny", "--version"]),
            Self::Npm => process::answers("npm", &["--version"]) && node_is_recent(),
            Self::Python => process::answers("python3", &["-c", PYTHON_IS_RECENT]),
            Self::Corpus => eval::usual_data().is_ok_and(|data| data.is_some()),
            Self::Traces => eval::flows::usual_data().is_ok_and(|data| data.is_some()),
        }
    }
}

const PYTHON_IS_RECENT: &str = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";

fn node_is_recent() -> bool {
    let check = "process.exit(Number(process.versions.node.split('.')[0]) >= 20 ? 0 : 1)";
    process::answers("node", &["-e", check])
}
