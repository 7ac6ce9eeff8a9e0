//! The command line of `doorward audit`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::SourceArgs;

/// What to read of the records.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// The last records, and with -f those to come.
    Tail(TailArgs),
    /// Records that match.
    Query(Box<QueryArgs>),
    /// Everything about one exchange.
    Show(ShowArgs),
    /// The public key that the log of the records is verified with; keep it somewhere else.
    Key(LogKeyArgs),
    /// Write the log as files that anybody can verify.
    Export(ExportArgs),
    /// Say whether a log is whole and unchanged, and if not, which record was altered, dropped or moved.
    Verify(VerifyArgs),
    /// Write proofs that the records of one exchange are in the log, showing only the fields that you name.
    Prove(ProveArgs),
    /// Check such proofs.
    Check(CheckProofsArgs),
}

/// Flags of `audit tail`.
#[derive(Debug, Args)]
pub(crate) struct TailArgs {
    /// Go on with new records until interrupted.
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// How many of the last records to begin with.
    #[arg(short = 'n', long, default_value_t = 20, value_name = "COUNT")]
    pub(crate) lines: u32,
    #[command(flatten)]
    pub(crate) output: RecordOutput,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// Flags of `audit query`.
#[derive(Debug, Args)]
pub(crate) struct QueryArgs {
    /// Written since: 15m, 2h, 3d, 2026-11-22 or 2026-11-22T10:00:00Z.
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Written before that time.
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// By this user.
    #[arg(long)]
    pub(crate) principal: Option<String>,
    /// By this agent, for a user or for itself.
    #[arg(long)]
    pub(crate) agent: Option<String>,
    /// By somebody of this organisation.
    #[arg(long)]
    pub(crate) tenant: Option<String>,
    /// About this server.
    #[arg(long)]
    pub(crate) server: Option<String>,
    /// With this method, for example tools/call.
    #[arg(long)]
    pub(crate) action: Option<String>,
    /// On this tool, resource or prompt.
    #[arg(long)]
    pub(crate) resource: Option<String>,
    /// With this end: allow, answer, answer-error, refuse or fail.
    #[arg(long)]
    pub(crate) disposition: Option<String>,
    /// With this code, for example DW1202.
    #[arg(long)]
    pub(crate) code: Option<String>,
    /// In this unit of work: the digits that 'doorward flow list' shows, or enough of the first of them.
    #[arg(long, value_name = "CONTEXT")]
    pub(crate) context: Option<String>,
    /// At most so many, the newest.
    #[arg(long, default_value_t = 100, value_name = "COUNT")]
    pub(crate) limit: u32,
    /// Only those before this sequence number, to page back.
    #[arg(long, value_name = "SEQ")]
    pub(crate) before: Option<i64>,
    /// Print only how many match.
    #[arg(long)]
    pub(crate) count: bool,
    #[command(flatten)]
    pub(crate) output: RecordOutput,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// Flags of `audit show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The exchange: the reference a refusal names, 32 hexadecimal digits.
    pub(crate) exchange: String,
    /// Print one JSON object a record.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// How records are printed.
#[derive(Debug, Args)]
pub(crate) struct RecordOutput {
    /// Print one JSON object a record, intents included.
    #[arg(long)]
    pub(crate) json: bool,
    /// Show the intents as well, not only how exchanges ended.
    #[arg(long)]
    pub(crate) intents: bool,
}

/// Flags of `audit key`.
#[derive(Debug, Args)]
pub(crate) struct LogKeyArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// Flags of `audit export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// The folder to write; it must be new or empty.
    pub(crate) folder: PathBuf,
    /// Write beside each entry everything it commits to, for those who may see who did what.
    #[arg(long)]
    pub(crate) openings: bool,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// Flags of `audit verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The folder of an exported log; without one, the log of the configured store.
    pub(crate) folder: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
    /// A file with a checkpoint that you kept earlier: the log must still contain it. May be given several times.
    #[arg(long, value_name = "FILE")]
    pub(crate) seen: Vec<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// Whose signatures count.
#[derive(Debug, Args)]
pub(crate) struct TrustArgs {
    /// The key of the log, as 'doorward audit key' prints it, or a file that holds it. May be given several times, for a log
    /// whose key was changed.
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Vec<String>,
    /// The key of a witness, or a file that holds it. May be given several times.
    #[arg(long, value_name = "KEY")]
    pub(crate) witness: Vec<String>,
    /// How many of the witnesses must have signed; all of them, unless you say otherwise.
    #[arg(long, value_name = "COUNT")]
    pub(crate) quorum: Option<usize>,
}

/// Flags of `audit prove`.
#[derive(Debug, Args)]
pub(crate) struct ProveArgs {
    /// The exchange: the reference a refusal names, 32 hexadecimal digits.
    pub(crate) exchange: String,
    /// The folder to write; it must be new or empty.
    pub(crate) folder: PathBuf,
    /// Show this field to whoever gets the proof, for example principal or server. May be given several times.
    #[arg(long, value_name = "FIELD")]
    pub(crate) disclose: Vec<String>,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// Flags of `audit check`.
#[derive(Debug, Args)]
pub(crate) struct CheckProofsArgs {
    /// The folder that 'doorward audit prove' wrote.
    pub(crate) folder: PathBuf,
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
    /// Print one JSON object a record.
    #[arg(long)]
    pub(crate) json: bool,
}
