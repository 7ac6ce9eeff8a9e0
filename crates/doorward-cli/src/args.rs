//! The command line as it is typed. What it means is settled by each command.

mod approvals;
mod audit;
mod detect;
mod flow;
mod keys;
mod labels;
mod pins;
mod policy;
mod sinks;
mod stop;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use doorward_server::config::{Key, Override, Request};

use crate::exit::Exit;
use crate::terminal::ColorChoice;

pub(crate) use approvals::{
    AnswerApprovalsArgs, ApprovalsCommand, EndorseApprovalsArgs, ListApprovalsArgs, ShowApprovalArgs,
};
pub(crate) use audit::{
    AuditCommand, CheckProofsArgs, ExportArgs, LogKeyArgs, ProveArgs, QueryArgs, RecordOutput, ShowArgs, TailArgs,
    TrustArgs, VerifyArgs,
};
pub(crate) use detect::{DetectCommand, ListDetectorsArgs, ReplayArgs};
pub(crate) use flow::{FlowCommand, FlowForgetArgs, FlowLearnedArgs, FlowListArgs, FlowReportArgs, FlowShowArgs};
pub(crate) use keys::{CreateKeyArgs, KeysCommand, ListKeysArgs, RevokeKeyArgs};
pub(crate) use labels::{CheckLabelsArgs, ExplainLabelsArgs, LabelsCommand, ListPacksArgs, ShowLabelsArgs, WhoseArgs};
pub(crate) use pins::{DecidePinsArgs, DiffPinsArgs, ForgetPinsArgs, ListPinsArgs, PinsCommand, ShowPinArgs};
pub(crate) use policy::{
    AskedArgs, Coverage, DefinitionsArgs, Deny, MatrixArgs, PolicyCheckArgs, PolicyCommand, PolicyExplainArgs,
    PolicyTestArgs, ProposeArgs, SubjectArgs,
};
pub(crate) use sinks::{ListSinksArgs, SinksCommand, TestSinkArgs};
pub(crate) use stop::{ListStopsArgs, ResumeArgs, ResumeCommand, StopArgs, StopCommand, ToolArgs};

/// A security gateway between AI agents and the tools they call (Model Context Protocol).
#[derive(Debug, Parser)]
#[command(name = "doorward", version, after_help = Exit::help(), propagate_version = false)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags of every command.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// When to colour what is shown; NO_COLOR turns colours off as well.
    #[arg(long, global = true, value_enum, default_value = "auto", value_name = "WHEN")]
    pub(crate) color: ColorChoice,
    /// Log errors alone.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) quiet: u8,
    /// Log more; twice for everything. DOORWARD_LOG sets the filter in detail.
    #[arg(short, long, global = true, action = clap::ArgAction::Count, conflicts_with = "quiet")]
    pub(crate) verbose: u8,
    /// The form of the log on standard error.
    #[arg(long, global = true, value_enum, default_value = "human", value_name = "FORM")]
    pub(crate) log: LogForm,
}

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogForm {
    /// Lines for people.
    Human,
    /// One JSON object a line.
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the gateway at work: a short agent session against two built-in servers.
    Demo(DemoArgs),
    /// Guard one server for the MCP client that starts this command.
    Run(RunArgs),
    /// Connect an MCP client that speaks on standard input and output to an endpoint over HTTP.
    Connect(ConnectArgs),
    /// Serve the configured servers over HTTP.
    Serve(ServeArgs),
    /// Check configuration and policy against what the servers offer.
    Check(CheckArgs),
    /// Work with the policy: check it, test it, review it, explain it.
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Read the audit records.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Find what is unusual in the records.
    #[command(subcommand)]
    Detect(DetectCommand),
    /// Make and take back API keys for clients.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Look at what servers offer, and approve or reject it.
    #[command(subcommand)]
    Pins(PinsCommand),
    /// Look at what is assumed of tools where data flows, and check label packs.
    #[command(subcommand)]
    Labels(LabelsCommand),
    /// See where data came from and where it went, or could go.
    #[command(subcommand)]
    Flow(FlowCommand),
    /// Answer calls that need a person's approval.
    #[command(subcommand)]
    Approvals(ApprovalsCommand),
    /// Stop everything, a server, a tool or whoever calls, at once and on every live connection.
    #[command(subcommand)]
    Stop(StopCommand),
    /// Take a stop back.
    Resume(ResumeArgs),
    /// See where records go besides the store, and try it.
    #[command(subcommand)]
    Sinks(SinksCommand),
    /// Explain a refusal code.
    Explain(ExplainArgs),
    /// Look at the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print the version.
    Version(VersionArgs),
    /// Print a completion script for a shell.
    Completions(CompletionsArgs),
    /// One of the demonstration's servers, on standard input and output.
    #[command(hide = true)]
    DemoServer(DemoServerArgs),
}

/// Flags of `demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// End after the session instead of leaving the gateway running.
    #[arg(long)]
    pub(crate) once: bool,
    /// Listen here; 127.0.0.1:8420 unless that is taken.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
}

/// Flags of `run`.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The server's id in policies and records; by default made of the command's name.
    #[arg(long, value_name = "ID")]
    pub(crate) server: Option<String>,
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    /// Give the server a variable: NAME passes ours on, NAME=VALUE sets one. Nothing else of our environment is passed
    /// on but PATH, HOME, LANG, TMPDIR and USER.
    #[arg(long = "env", value_name = "NAME[=VALUE]")]
    pub(crate) environment: Vec<String>,
    /// Guard the server at this address instead of a command.
    #[arg(long, value_name = "URL", conflicts_with_all = ["command", "environment"])]
    pub(crate) url: Option<String>,
    /// Send a header to the server at --url; the value may be env:VARIABLE or file:PATH.
    #[arg(long = "header", value_name = "NAME=VALUE", requires = "url")]
    pub(crate) headers: Vec<String>,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    /// The server's command and its arguments.
    #[arg(last = true, value_name = "COMMAND", required_unless_present = "url")]
    pub(crate) command: Vec<OsString>,
}

/// Flags of `connect`.
#[derive(Debug, Args)]
#[command(after_help = CONNECT_HELP)]
pub(crate) struct ConnectArgs {
    /// The endpoint: a gateway's, such as https://gateway.example/s/notes/mcp, or any MCP server's over HTTP.
    #[arg(value_name = "URL")]
    pub(crate) url: String,
    /// Prove who we are with the bearer token in this file. Without it, DOORWARD_TOKEN is used if it is set.
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Send a header with every request; the value may be env:VARIABLE or file:PATH. May be given several times.
    #[arg(long = "header", value_name = "NAME=VALUE")]
    pub(crate) headers: Vec<String>,
    /// Trust https servers by the certificates in this PEM file instead of the system's.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// How messages travel: auto, http (Streamable HTTP) or sse (HTTP+SSE of 2024-11-05).
    #[arg(long, value_name = "TRANSPORT")]
    pub(crate) transport: Option<String>,
}

/// What stands under the help of `connect`.
const CONNECT_HELP: &str = r#"Put it where a client can only start commands:

  "notes": {
    "command": "doorward",
    "args": ["connect", "https://gateway.example/s/notes/mcp", "--token-file", "/home/me/token"]
  }

It carries messages and decides nothing: what is allowed and what is recorded, the endpoint says.
Client and endpoint may be of different protocol eras.

It ends with 0 when the client closes its side, with 3 when a flag cannot be used, and with 5 when
the endpoint cannot be reached or refuses the credentials."#;

/// Flags of `serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
}

/// Flags of `check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
    /// Do not speak to the servers.
    #[arg(long)]
    pub(crate) offline: bool,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Flags that name the configuration and the store.
#[derive(Debug, Args)]
pub(crate) struct SourceArgs {
    /// Read this file and no other: TOML, or JSON as MCP clients write it.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Where the records are, as sqlite:///path/records.db.
    #[arg(long, value_name = "URL")]
    pub(crate) store: Option<String>,
}

/// Flags about what is allowed.
#[derive(Debug, Args)]
pub(crate) struct PolicyArgs {
    /// The ready-made policy: observe, guarded, read-only or locked.
    #[arg(long, value_name = "PRESET")]
    pub(crate) preset: Option<String>,
    /// A Cedar file with rules beside the preset; may be given several times.
    #[arg(long = "policy", value_name = "FILE")]
    pub(crate) policies: Vec<String>,
}

/// Flags for every setting that the command line can change.
#[derive(Debug, Args)]
pub(crate) struct SettingsArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    /// Listen here for clients.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
    /// What clients must show: token or none.
    #[arg(long, value_name = "AUTH")]
    pub(crate) auth: Option<String>,
    /// Serve health and metrics here, or "off".
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) admin: Option<String>,
}

/// Flags of `explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The code, for example DW1202; without one, all codes are listed.
    pub(crate) code: Option<String>,
}

/// What to look at in the configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print every value in force.
    Show(ConfigShowArgs),
    /// Check the configuration without speaking to any server.
    Validate(ConfigValidateArgs),
}

/// Flags of `config show`.
#[derive(Debug, Args)]
pub(crate) struct ConfigShowArgs {
    /// Print where each value comes from.
    #[arg(long)]
    pub(crate) origin: bool,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
}

/// Flags of `config validate`.
#[derive(Debug, Args)]
pub(crate) struct ConfigValidateArgs {
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
}

/// Flags of `version`.
#[derive(Debug, Args)]
pub(crate) struct VersionArgs {
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Flags of `completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    pub(crate) shell: Shell,
}

/// Flags of `demo-server`.
#[derive(Debug, Args)]
pub(crate) struct DemoServerArgs {
    /// Which server.
    pub(crate) which: DemoServer,
}

/// The demonstration's servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DemoServer {
    /// Keeps notes.
    Notes,
    /// Sends mail to nobody.
    Mail,
}

impl SourceArgs {
    /// What it says about the configuration.
    pub(crate) fn request(&self) -> Request {
        Request { file: self.config.clone(), overrides: one(Key::StoreUrl, "--store", self.store.as_ref()) }
    }
}

impl PolicyArgs {
    pub(crate) fn overrides(&self) -> Vec<Override> {
        let mut overrides = one(Key::PolicyPreset, "--preset", self.preset.as_ref());
        overrides.push(Override { key: Key::PolicyFiles, flag: "--policy", words: self.policies.clone() });
        overrides
    }
}

impl SettingsArgs {
    /// What it says about the configuration.
    pub(crate) fn request(&self) -> Request {
        let mut request = self.source.request();
        request.overrides.extend(self.policy.overrides());
        request.overrides.extend(one(Key::ListenHttp, "--listen", self.listen.as_ref()));
        request.overrides.extend(one(Key::ListenAuth, "--auth", self.auth.as_ref()));
        request.overrides.extend(one(Key::AdminHttp, "--admin", self.admin.as_ref()));
        request
    }
}

fn one(key: Key, flag: &'static str, value: Option<&String>) -> Vec<Override> {
    value.map(|value| Override { key, flag, words: vec![value.clone()] }).into_iter().collect()
}
