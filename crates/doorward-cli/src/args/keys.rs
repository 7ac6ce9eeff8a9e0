//! The command line of `doorward keys`.

use clap::{Args, Subcommand};

use super::SourceArgs;

/// What to do with API keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a key and show it once.
    Create(CreateKeyArgs),
    /// List the keys, without their secrets.
    List(ListKeysArgs),
    /// Take a key back. Running gateways refuse it within a second.
    Revoke(RevokeKeyArgs),
}

/// Flags of `keys create`.
#[derive(Debug, Args)]
pub(crate) struct CreateKeyArgs {
    /// Whom it stands for, as policies name them: User::"NAME" or Agent::"NAME". Several keys may have one holder.
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// The holder is a person, or an account that stands for one; the default.
    #[arg(long, conflicts_with = "agent")]
    pub(crate) user: bool,
    /// The holder is a program that acts for itself.
    #[arg(long)]
    pub(crate) agent: bool,
    /// A group of the holder, Group::"GROUP" in policies; may be given several times.
    #[arg(long = "group", value_name = "GROUP")]
    pub(crate) groups: Vec<String>,
    /// A scope, for rules with @scopes; may be given several times.
    #[arg(long = "scope", value_name = "SCOPE")]
    pub(crate) scopes: Vec<String>,
    /// Good for this server alone; may be given several times.
    #[arg(long = "server", value_name = "ID")]
    pub(crate) servers: Vec<String>,
    /// How long it is good: 12h, 90d or never.
    #[arg(long, value_name = "TIME", default_value = "90d")]
    pub(crate) expires: String,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// Flags of `keys list`.
#[derive(Debug, Args)]
pub(crate) struct ListKeysArgs {
    /// Print a JSON object for each key.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// Flags of `keys revoke`.
#[derive(Debug, Args)]
pub(crate) struct RevokeKeyArgs {
    /// The key's id: what stands between the first two underscores of the key, and in the list.
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}
