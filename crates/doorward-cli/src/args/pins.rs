//! The command line of `doorward pins`.

use clap::{Args, Subcommand, ValueEnum};
use doorward_registry::State;

use super::SourceArgs;

/// What to do with pins.
#[derive(Debug, Subcommand)]
pub(crate) enum PinsCommand {
    /// List what servers were seen to offer, and what of it is approved.
    List(ListPinsArgs),
    /// Show one definition, as it was seen last.
    Show(ShowPinArgs),
    /// Show how definitions differ from what was approved.
    Diff(DiffPinsArgs),
    /// Approve definitions as they were seen last. Running gateways use them within a second.
    Approve(DecidePinsArgs),
    /// Reject definitions as they were seen last. Running gateways withhold them within a second.
    Reject(DecidePinsArgs),
    /// Forget definitions of a server that is no longer configured. What is seen again is new.
    Forget(ForgetPinsArgs),
}

/// Flags of `pins list`.
#[derive(Debug, Args)]
pub(crate) struct ListPinsArgs {
    /// Those of this server alone.
    #[arg(long, value_name = "ID")]
    pub(crate) server: Option<String>,
    /// Those in this state alone.
    #[arg(long, value_enum, value_name = "STATE")]
    pub(crate) state: Option<PinState>,
    /// Print a JSON object for each.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// Flags of `pins show`.
#[derive(Debug, Args)]
pub(crate) struct ShowPinArgs {
    /// SERVER/TOOL, SERVER/KIND/NAME (kinds: tool, prompt, resource, template, ui) or SERVER/instructions.
    #[arg(value_name = "PIN")]
    pub(crate) pin: String,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// Flags of `pins diff`.
#[derive(Debug, Args)]
pub(crate) struct DiffPinsArgs {
    /// As for show; without one, everything that is not as it was approved.
    #[arg(value_name = "PIN")]
    pub(crate) pin: Option<String>,
    /// Print a JSON object for each.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// Flags of `pins approve` and `pins reject`.
#[derive(Debug, Args)]
pub(crate) struct DecidePinsArgs {
    /// As for show; several may be given.
    #[arg(value_name = "PIN", required_unless_present = "waiting")]
    pub(crate) pins: Vec<String>,
    /// Everything of this server that waits or has changed.
    #[arg(long = "all-of", value_name = "ID", conflicts_with = "pins")]
    pub(crate) waiting: Option<String>,
    /// Only if this is the version: a digest, or its first digits, as list and show print it.
    #[arg(long, value_name = "HEX", conflicts_with = "waiting")]
    pub(crate) digest: Option<String>,
    /// Who decides, for the record; by default the user who runs this.
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// Flags of `pins forget`.
#[derive(Debug, Args)]
pub(crate) struct ForgetPinsArgs {
    /// The server's id.
    #[arg(value_name = "SERVER")]
    pub(crate) server: String,
    /// TOOL, KIND/NAME or instructions; without one, everything of the server.
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Even if the server is configured: what it offers is then met as new, and perhaps trusted.
    #[arg(long)]
    pub(crate) anyway: bool,
    /// Who decides, for the record; by default the user who runs this.
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
    /// Print a JSON object for each.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// The states of pins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PinState {
    /// What was seen is approved.
    Approved,
    /// Nothing is approved yet.
    Quarantined,
    /// What was seen last is not what was approved.
    Drifted,
    /// What was seen last was rejected.
    Rejected,
}

impl From<PinState> for State {
    fn from(state: PinState) -> Self {
        match state {
            PinState::Approved => Self::Approved,
            PinState::Quarantined => Self::Quarantined,
            PinState::Drifted => Self::Drifted,
            PinState::Rejected => Self::Rejected,
        }
    }
}
