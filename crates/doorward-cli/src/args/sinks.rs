//! The command line of `doorward sinks`.

use clap::{Args, Subcommand};

use super::SourceArgs;

/// What to do with the places where records go besides the store.
#[derive(Debug, Subcommand)]
pub(crate) enum SinksCommand {
    /// List the sinks and how far each has been told of the records.
    List(ListSinksArgs),
    /// Send one record that says it is a test, and say whether it was taken.
    Test(TestSinkArgs),
}

/// Flags of `sinks list`.
#[derive(Debug, Args)]
pub(crate) struct ListSinksArgs {
    /// Print a JSON object for each sink.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// Flags of `sinks test`.
#[derive(Debug, Args)]
pub(crate) struct TestSinkArgs {
    /// The sink, as the configuration calls it.
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}
