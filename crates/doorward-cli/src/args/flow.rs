//! The command line of `doorward flow`.

use clap::{Args, Subcommand};

use super::{SourceArgs, SubjectArgs};

/// What to see of the flow of data.
#[derive(Debug, Subcommand)]
pub(crate) enum FlowCommand {
    /// Before anything runs: which tools bring what, which can carry data out, and what the policies make of each pair.
    Report(FlowReportArgs),
    /// Draw one unit of work: where its data came from, where it went, and what was refused because of what.
    Show(FlowShowArgs),
    /// List the newest units of work.
    List(FlowListArgs),
    /// List what good work has shown: values that were good for a tool, by hash.
    Learned(FlowLearnedArgs),
    /// Forget what was learned: all of it, or what the flags name.
    Forget(FlowForgetArgs),
}

/// Flags of `flow report`.
#[derive(Debug, Args)]
#[command(after_help = REPORT_HELP)]
pub(crate) struct FlowReportArgs {
    #[command(flatten)]
    pub(crate) subject: SubjectArgs,
    /// End with 4 when data could leave to where nothing vouches for.
    #[arg(long)]
    pub(crate) deny_open: bool,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What stands under the help of `flow report`.
const REPORT_HELP: &str = "\
A pair is a tool that brings confidential data and a tool that can carry data out. With a tool that brings text of
outsiders before, it is the lethal trifecta. For each pair the policies in force are asked about a call that is made
after the first tool was read:

  open       it passes wherever it goes: add flow policies ([flow] policies = [\"trifecta\", …])
  arguments  it depends on what the call says, whatever vouches for it
  asked      a person is asked
  vouched    it passes when something vouches for each value that decides where it goes, and is refused otherwise
  refused    it never passes

The servers are started and asked what they offer, unless --definitions names a file. Which tool brings or carries out
what is told by 'doorward labels show'.";

/// Flags of `flow show`.
#[derive(Debug, Args)]
#[command(after_help = SHOW_HELP)]
pub(crate) struct FlowShowArgs {
    /// The unit of work: the digits that 'doorward flow list' shows, or enough of the first of them.
    #[arg(value_name = "CONTEXT")]
    pub(crate) context: String,
    /// Write an SVG image to this file; - for standard output.
    #[arg(long, value_name = "FILE|-", conflicts_with_all = ["mermaid", "json"])]
    pub(crate) svg: Option<String>,
    /// Print a Mermaid flowchart.
    #[arg(long, conflicts_with = "json")]
    pub(crate) mermaid: bool,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// What stands under the help of `flow show`.
const SHOW_HELP: &str = "\
It is drawn from the records alone: names of servers and tools, labels, places of arguments and codes, never a value.
A refused call names the results that are the reason; 'doorward audit show EXCHANGE' tells more of each.";

/// Flags of `flow list`.
#[derive(Debug, Args)]
pub(crate) struct FlowListArgs {
    /// At most so many, the newest.
    #[arg(short = 'n', long = "limit", default_value_t = 20, value_name = "COUNT")]
    pub(crate) limit: u32,
    /// Print a JSON object for each.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// Flags of `flow learned`.
#[derive(Debug, Args)]
pub(crate) struct FlowLearnedArgs {
    /// Print a JSON object for each.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// Flags of `flow forget`.
#[derive(Debug, Args)]
pub(crate) struct FlowForgetArgs {
    /// Of this user or agent alone.
    #[arg(long, value_name = "NAME")]
    pub(crate) principal: Option<String>,
    /// For this server alone.
    #[arg(long, value_name = "SERVER")]
    pub(crate) server: Option<String>,
    /// For this tool alone.
    #[arg(long, value_name = "TOOL")]
    pub(crate) tool: Option<String>,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}
