//! The command line of `doorward detect`.

use clap::{Args, Subcommand};

use super::SourceArgs;

/// What to look for in the records.
#[derive(Debug, Subcommand)]
pub(crate) enum DetectCommand {
    /// Go through recorded history as if it happened now, and tell what is unusual in it.
    Replay(ReplayArgs),
    /// List the detectors: what each looks for, and whether it counts or knows.
    List(ListDetectorsArgs),
}

/// Flags of `detect replay`.
#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// Tell only what happened since: 15m, 2h, 3d, 2026-11-22 or 2026-11-22T10:00:00Z. What came before is learned from all
    /// the same.
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Leave this detector out; may be given several times.
    #[arg(long = "without", value_name = "DETECTOR")]
    pub(crate) without: Vec<String>,
    /// Print one JSON object an alert.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// Flags of `detect list`.
#[derive(Debug, Args)]
pub(crate) struct ListDetectorsArgs {
    /// Print one JSON object a detector.
    #[arg(long)]
    pub(crate) json: bool,
}
