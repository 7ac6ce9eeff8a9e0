//! The command line of `doorward stop` and `doorward resume`.

use clap::{Args, Subcommand};

use super::SourceArgs;

/// What to stop.
#[derive(Debug, Subcommand)]
pub(crate) enum StopCommand {
    /// Stop everything.
    All {
        #[command(flatten)]
        how: StopArgs,
    },
    /// Stop a server: nothing goes to it or comes from it, and its child process is ended.
    Server {
        /// The server's id.
        #[arg(value_name = "NAME")]
        server: String,
        #[command(flatten)]
        how: StopArgs,
    },
    /// Stop one tool of a server.
    Tool {
        #[command(flatten)]
        tool: ToolArgs,
        #[command(flatten)]
        how: StopArgs,
    },
    /// Stop whoever acts under this name: a user, an agent, or somebody they act for.
    Principal {
        /// The name, as records show it.
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        how: StopArgs,
    },
    /// List what is stopped.
    List(ListStopsArgs),
}

/// Flags of every stop.
#[derive(Debug, Args)]
pub(crate) struct StopArgs {
    /// Why, for those who look at it later. Callers are not told.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// End by itself after this time: 45s, 30m, 2h or 7d. Without it, only 'doorward resume' ends it.
    #[arg(long = "for", value_name = "TIME")]
    pub(crate) lasting: Option<String>,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// A tool of a server.
#[derive(Debug, Args)]
pub(crate) struct ToolArgs {
    /// The server's id.
    #[arg(value_name = "SERVER")]
    pub(crate) server: String,
    /// The tool, by the server's own name for it.
    #[arg(value_name = "TOOL")]
    pub(crate) tool: String,
}

/// Flags of `stop list`.
#[derive(Debug, Args)]
pub(crate) struct ListStopsArgs {
    /// Print a JSON object for each.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// What to resume.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, arg_required_else_help = true)]
pub(crate) struct ResumeArgs {
    /// The stop of this number, as 'doorward stop list' and refusals show it.
    #[arg(long, value_name = "NUMBER", required = true)]
    pub(crate) id: Option<i64>,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    #[command(subcommand)]
    pub(crate) what: Option<ResumeCommand>,
}

/// What to resume.
#[derive(Debug, Subcommand)]
pub(crate) enum ResumeCommand {
    /// Take back the stop of everything. What was stopped by itself stays stopped.
    All {
        #[command(flatten)]
        source: SourceArgs,
    },
    /// Take back the stop of a server.
    Server {
        /// The server's id.
        #[arg(value_name = "NAME")]
        server: String,
        #[command(flatten)]
        source: SourceArgs,
    },
    /// Take back the stop of a tool.
    Tool {
        #[command(flatten)]
        tool: ToolArgs,
        #[command(flatten)]
        source: SourceArgs,
    },
    /// Take back the stop of a principal.
    Principal {
        /// The name.
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        source: SourceArgs,
    },
}
