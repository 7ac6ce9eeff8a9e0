//! What the operator configured, read once, checked whole, and plain afterwards.
//!
//! Responsible for finding, reading, merging and judging the configuration: a [`Config`] holds only what can be used, and
//! every value of it has one [`Origin`]. It must never guess: an unknown key, a value out of place and a missing secret
//! are errors that say what, where and what to do. It must never show a secret.

mod approvals;
mod build;
mod clients;
mod connect;
mod counters;
mod environment;
mod find;
mod flow;
mod guards;
mod identity;
mod issuers;
mod json;
mod key;
mod launch;
pub mod limits;
mod load;
mod node;
mod origin;
mod patterns;
mod problem;
mod secret;
mod servers;
mod settings;
mod sinks;
mod state;
mod table;
mod tls;
mod toml_text;
mod views;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use doorward_core::ids::ServerId;
use doorward_core::joint::{AppTools, ViewId, ViewRules};
use doorward_export::SinkConfig;
use doorward_guards::ServerSettings;
use doorward_guards::personal::Told;
use doorward_policy::{Files, PolicyInputs, Preset, ServerPlace};
use doorward_store::StoreConfig;

pub use doorward_guards::Options as GuardOptions;

pub use connect::{ConnectConfig, ConnectRequest, load_connect};
pub use environment::Surroundings;
pub use flow::ContextRules;
pub use identity::{
    Addresses, ClaimNames, Dpop, IdentityConfig, Introspected, IntrospectionConfig, IssuerConfig, TokenType,
};
pub use key::{Form, Key};
pub use launch::{RunConfig, RunRequest, RunTarget, load_run};
pub use load::{Loaded, Override, Request, load, load_server_ids, load_sinks, load_store};
pub use origin::{Origin, SourceFile};
pub use problem::{ConfigErrors, Problem, Severity};
pub use secret::Secret;
pub use settings::Shown;
pub use state::state_directory;
pub use tls::{ClientCertificate, ClientCertificates, TlsConfig};

use crate::approvals::ApprovalRules;
use crate::identity::certificates::CertificateRules;
use crate::labels::LabelRules;
use crate::pins::PinRules;

pub use crate::upstream::http::Transport;

/// Everything `serve` needs.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where clients connect.
    pub listen: ListenConfig,
    /// Whose tokens are taken.
    pub identity: IdentityConfig,
    /// Where health and metrics are served.
    pub admin: AdminConfig,
    /// Where and how records are kept.
    pub store: StoreConfig,
    /// What is allowed.
    pub policy: PolicyConfig,
    /// How content is inspected.
    pub guards: GuardOptions,
    /// The upstreams, in the order of their ids.
    pub servers: Vec<ServerConfig>,
    /// How servers are joined.
    pub aggregate: AggregateConfig,
    /// The named views, in the order of their ids.
    pub views: Vec<ViewConfig>,
    /// How definitions are pinned.
    pub pins: PinRules,
    /// How much people are asked.
    pub approvals: ApprovalRules,
    /// Where people reach the pages of questions; `None` for where the admin interface listens, if all are on this machine.
    pub approval_pages: Option<String>,
    /// How units of work are told apart.
    pub contexts: ContextRules,
    /// Where records go besides the store, in the order of names.
    pub sinks: Vec<SinkConfig>,
    /// Every file this was read from, for whoever watches them for changes.
    pub files: Vec<PathBuf>,
}

/// Where clients connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenConfig {
    /// The address of the HTTP face.
    pub http: SocketAddr,
    /// What a client must prove.
    pub auth: Auth,
    /// Host names beyond the loopback ones under which clients may reach us: `name` or `name:port`.
    pub hosts: Vec<String>,
    /// Web origins beyond the loopback ones that may call us: `scheme://host[:port]`.
    pub origins: Vec<String>,
    /// How it speaks TLS; `None` for in the clear.
    pub tls: Option<TlsConfig>,
    /// Whom client certificates stand for.
    pub certificates: CertificateRules,
}

/// What a client must prove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// That it holds the local bearer token, kept in this file, or what a configured source vouches for.
    Token(PathBuf),
    /// What an issuer or another configured source vouches for.
    Identity,
    /// Nothing; possible on loopback alone.
    None,
}

/// Where health and metrics are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminConfig {
    /// Nowhere.
    Off,
    /// At this address.
    Http(SocketAddr),
}

/// What is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyConfig {
    /// The ready-made policy.
    pub preset: Preset,
    /// The operator's own files, which add to it.
    pub files: Vec<PathBuf>,
    /// What it is made of: first the texts of the preset and of the files, in that order.
    pub inputs: PolicyInputs,
}

impl PolicyConfig {
    /// Tells the policy what the configuration says of `servers`.
    pub fn learn(&mut self, servers: &[ServerConfig]) {
        self.inputs.places = servers.iter().map(|server| (server.id.clone(), server.place.clone())).collect();
    }
}

/// How servers are joined, for all of them together and for each view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AggregateConfig {
    /// Whether all servers together have an endpoint.
    pub endpoint: Endpoint,
    /// What becomes of the tools of a server that cannot be reached.
    pub unavailable: Unavailable,
    /// How long a list waits for a server.
    pub wait: Duration,
    /// What becomes of tools that are for apps alone.
    pub app_tools: AppTools,
}

impl Default for AggregateConfig {
    fn default() -> Self {
        Self {
            endpoint: Endpoint::Served,
            unavailable: Unavailable::Keep,
            wait: Duration::from_secs(3),
            app_tools: AppTools::default(),
        }
    }
}

/// Whether an endpoint is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// It is.
    Served,
    /// It is not.
    Absent,
}

/// What becomes of the tools of a server that cannot be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unavailable {
    /// They stay listed as they were last seen.
    Keep,
    /// They leave the list until the server is back.
    Leave,
}

/// One named view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewConfig {
    /// Its name in the address.
    pub id: ViewId,
    /// What it chooses. [`doorward_core::joint::Plan::view`] accepts it.
    pub rules: ViewRules,
}

/// One upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerConfig {
    /// Its configured id.
    pub id: ServerId,
    /// How it is reached.
    pub way: Way,
    /// How long it may say nothing during a call.
    pub silence: Duration,
    /// What policy facts need to know of it.
    pub place: ServerPlace,
    /// What is done about findings there.
    pub guards: ServerSettings,
    /// Which personal data its tools get for tokens.
    pub told: Told,
    /// What is said of the labels of its tools.
    pub labels: LabelRules,
}

impl ServerConfig {
    /// A server of which nothing more is said: a child shares our files, another does not.
    #[must_use]
    pub fn new(id: ServerId, way: Way, silence: Duration) -> Self {
        let files = match &way {
            Way::Child { .. } => Files::Here,
            Way::Http { .. } => Files::Elsewhere,
        };
        let place = ServerPlace { files, ..ServerPlace::default() };
        let (guards, told, labels) = (ServerSettings::default(), Told::default(), LabelRules::default());
        Self { id, way, silence, place, guards, told, labels }
    }
}

/// How an upstream is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// As a child process.
    Child {
        /// The program and its arguments; no shell sees them. Never empty.
        command: Vec<OsString>,
        /// The whole environment of the child.
        environment: Vec<(String, Secret)>,
        /// Where it runs; `None` for our own directory.
        directory: Option<PathBuf>,
    },
    /// Over HTTP.
    Http {
        /// The address of its endpoint.
        url: String,
        /// Headers of every request to it.
        headers: Vec<(String, Secret)>,
        /// How messages travel to it.
        transport: Transport,
    },
}

#[cfg(test)]
mod tests;
