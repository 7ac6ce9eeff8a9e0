//! The command line of `doorward approvals`.

use clap::{Args, Subcommand};

use super::SourceArgs;

/// What to do with requests for approval.
#[derive(Debug, Subcommand)]
pub(crate) enum ApprovalsCommand {
    /// List what waits for an answer.
    List(ListApprovalsArgs),
    /// Show one request: who wants to do what, and why it is asked.
    Show(ShowApprovalArgs),
    /// Say yes: to this very call, once, or to its values where those are asked about.
    Endorse(EndorseApprovalsArgs),
    /// Say no. It also takes back a yes that is not used yet.
    Deny(AnswerApprovalsArgs),
}

/// Flags of `approvals list`.
#[derive(Debug, Args)]
pub(crate) struct ListApprovalsArgs {
    /// Also what was answered or is over, as far back as it is kept.
    #[arg(long)]
    pub(crate) all: bool,
    /// Print a JSON object for each.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// Flags of `approvals show`.
#[derive(Debug, Args)]
pub(crate) struct ShowApprovalArgs {
    /// The id, as the refusal names it.
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// Flags of `approvals endorse`.
#[derive(Debug, Args)]
pub(crate) struct EndorseApprovalsArgs {
    /// Do not ask again: I have looked at it with 'show'.
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) answer: AnswerApprovalsArgs,
}

/// Flags of answers.
#[derive(Debug, Args)]
pub(crate) struct AnswerApprovalsArgs {
    /// The id, as the refusal names it; several may be given.
    #[arg(value_name = "ID", required = true)]
    pub(crate) ids: Vec<String>,
    /// A remark for whoever looks at it later.
    #[arg(long, value_name = "TEXT")]
    pub(crate) remark: Option<String>,
    /// Print a JSON object for each.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}
