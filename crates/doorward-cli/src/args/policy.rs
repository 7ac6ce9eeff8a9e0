//! The command line of `doorward policy`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use doorward_server::config::Request;

use super::PolicyArgs;

/// What to do with the policy.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Write down what the servers offer, so that the other commands can work where no server runs.
    Definitions(DefinitionsArgs),
    /// Find mistakes in the policy.
    Check(PolicyCheckArgs),
    /// Run the cases beside the policy.
    Test(PolicyTestArgs),
    /// Print who may call what, a line for each tool, to review and to compare.
    Matrix(MatrixArgs),
}

/// Flags that name the policy and what it is about.
#[derive(Debug, Args)]
pub(crate) struct SubjectArgs {
    /// Read this configuration file and no other.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    /// Take what the servers offer from this file, written by 'doorward policy definitions', and start no server.
    #[arg(long, value_name = "FILE")]
    pub(crate) definitions: Option<PathBuf>,
}

/// Flags of `policy definitions`.
#[derive(Debug, Args)]
pub(crate) struct DefinitionsArgs {
    /// Write to this file instead of standard output.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Read this configuration file and no other.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// Flags of `policy check`.
#[derive(Debug, Args)]
pub(crate) struct PolicyCheckArgs {
    #[command(flatten)]
    pub(crate) subject: SubjectArgs,
    /// End with 3 over these as well.
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) deny: Option<Deny>,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Flags of `policy test`.
#[derive(Debug, Args)]
pub(crate) struct PolicyTestArgs {
    /// Files of cases; without them all *.test.toml beside the policy's files.
    #[arg(value_name = "FILES")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) subject: SubjectArgs,
    /// Name the rules that decide in no case.
    #[arg(long = "coverage", value_enum, default_value = "counted", default_missing_value = "shown", num_args = 0..=1, require_equals = true, hide_possible_values = true, value_name = "HOW")]
    pub(crate) coverage: Coverage,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Flags of `policy matrix`.
#[derive(Debug, Args)]
pub(crate) struct MatrixArgs {
    #[command(flatten)]
    pub(crate) subject: SubjectArgs,
    /// Show the kinds of principal that this file of cases names as well; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub(crate) kinds: Vec<PathBuf>,
    /// Compare with this file, show what differs, and end with 1 if anything does.
    #[arg(long, value_name = "FILE")]
    pub(crate) check: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long, conflicts_with = "check")]
    pub(crate) json: bool,
}

/// What is said of rules that decide in no case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Coverage {
    /// How many they are.
    Counted,
    /// Which they are.
    Shown,
}

/// What is not put up with beside errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Deny {
    /// Warnings.
    Warnings,
}

impl SubjectArgs {
    /// What it says about the configuration.
    pub(crate) fn request(&self) -> Request {
        Request { file: self.config.clone(), overrides: self.policy.overrides() }
    }
}

impl DefinitionsArgs {
    /// What it says about the configuration.
    pub(crate) fn request(&self) -> Request {
        Request { file: self.config.clone(), overrides: Vec::new() }
    }
}
