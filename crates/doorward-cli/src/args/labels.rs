//! The command line of `doorward labels`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::SourceArgs;

/// What to do with labels.
#[derive(Debug, Subcommand)]
pub(crate) enum LabelsCommand {
    /// Find mistakes in label packs.
    Check(CheckLabelsArgs),
    /// Show what is assumed of the tools of a server: what they do, whether they carry data out, what they bring.
    Show(ShowLabelsArgs),
    /// Say why that is assumed of one tool: by its definition, a pack or the operator, and with which reason.
    Explain(ExplainLabelsArgs),
    /// List the packs that come with the program, and which configured servers they speak of.
    Packs(ListPacksArgs),
}

/// Flags of `labels check`.
#[derive(Debug, Args)]
#[command(after_help = CHECK_HELP)]
pub(crate) struct CheckLabelsArgs {
    /// Packs, or folders of them (every *.toml in it).
    #[arg(value_name = "FILE|DIR", required = true)]
    pub(crate) places: Vec<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What stands under the help of `labels check`.
const CHECK_HELP: &str = "\
Every mistake is told as FILE:LINE with what to do about it. A pack may not trust prose or a whole result,
and gives a reason (because = \"…\") for whatever makes a tool less dangerous than its name shows.

It ends with 0 when nothing is wrong and with 3 when something is.";

/// Which server or tool it is about, and where its definitions are read.
#[derive(Debug, Args)]
pub(crate) struct WhoseArgs {
    /// Take what the server offers from this file: the answer to tools/list, or what 'doorward policy definitions' writes.
    /// Without it, what a gateway has seen of the server counts (see 'doorward pins list').
    #[arg(long, value_name = "FILE")]
    pub(crate) tools: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// Flags of `labels show`.
#[derive(Debug, Args)]
#[command(after_help = SHOW_HELP)]
pub(crate) struct ShowLabelsArgs {
    /// A configured server, or one of its tools.
    #[arg(value_name = "SERVER[/TOOL]")]
    pub(crate) of: String,
    #[command(flatten)]
    pub(crate) whose: WhoseArgs,
}

/// What stands under the help of `labels show`.
const SHOW_HELP: &str = "\
  act     what the tool does: read, write, exec, admin, send, financial, destroy or unknown
  out     whether a call can carry data out
  data    how far its results may go: public, internal, confidential or secret
  from    who can have written them: authoritative, internal, third-party or adversary-writable

What is not known is assumed to be the worst. [servers.NAME] labels chooses a pack, and
[servers.NAME.tools.TOOL.labels] says more than the pack does.";

/// Flags of `labels explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainLabelsArgs {
    /// A tool of a configured server.
    #[arg(value_name = "SERVER/TOOL")]
    pub(crate) of: String,
    #[command(flatten)]
    pub(crate) whose: WhoseArgs,
}

/// Flags of `labels packs`.
#[derive(Debug, Args)]
pub(crate) struct ListPacksArgs {
    /// Print a JSON object for each.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}
