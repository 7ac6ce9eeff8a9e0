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
    /// Say why a call is decided as it is, and what would change that.
    Explain(PolicyExplainArgs),
    /// Write the narrowest rule that would let a refused call pass. It is never put in force by itself.
    Propose(ProposeArgs),
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

/// Flags that say which call: one on record, or one put together.
#[derive(Debug, Args)]
pub(crate) struct AskedArgs {
    /// The call on record: the reference a refusal names, 32 hexadecimal digits.
    #[arg(value_name = "RECORD", conflicts_with_all = ["tool", "action", "resource"], required_unless_present_any = ["tool", "action"])]
    pub(crate) record: Option<String>,
    /// By this user; User::"NAME" and Agent::"NAME" say which of the two. Without it the record's, or local.
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// Through this agent.
    #[arg(long, value_name = "NAME")]
    pub(crate) agent: Option<String>,
    /// In this group; may be given several times.
    #[arg(long = "group", value_name = "NAME")]
    pub(crate) groups: Vec<String>,
    /// Of this tenant.
    #[arg(long, value_name = "NAME")]
    pub(crate) tenant: Option<String>,
    /// With this scope; may be given several times.
    #[arg(long = "scope", value_name = "SCOPE")]
    pub(crate) scopes: Vec<String>,
    /// A call of this tool.
    #[arg(long, value_name = "SERVER/TOOL")]
    pub(crate) tool: Option<String>,
    /// Another method than tools/call.
    #[arg(long, value_name = "METHOD", conflicts_with = "tool", requires = "resource")]
    pub(crate) action: Option<String>,
    /// What the method is about.
    #[arg(long, value_name = "SERVER[/NAME]", requires = "action")]
    pub(crate) resource: Option<String>,
    /// The call's arguments. Records do not hold them; without them whatever depends on them stays open.
    #[arg(long, value_name = "JSON")]
    pub(crate) arguments: Option<String>,
    /// Where the records are, as sqlite:///path/records.db.
    #[arg(long, value_name = "URL")]
    pub(crate) store: Option<String>,
}

/// Flags of `policy explain`.
#[derive(Debug, Args)]
pub(crate) struct PolicyExplainArgs {
    #[command(flatten)]
    pub(crate) asked: AskedArgs,
    #[command(flatten)]
    pub(crate) subject: SubjectArgs,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Flags of `policy propose`.
#[derive(Debug, Args)]
pub(crate) struct ProposeArgs {
    #[command(flatten)]
    pub(crate) asked: AskedArgs,
    #[command(flatten)]
    pub(crate) subject: SubjectArgs,
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
