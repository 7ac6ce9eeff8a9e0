//! What is being asked: action, resource and the facts a decision needs.
//!
//! Classification goes by the *method string* and fails closed: a method this table does not hold is refused, whatever
//! its parameters look like, and a known method with unreadable parameters is refused as such, never waved through.

mod classify;
mod observed;
mod question;
mod table;

use std::fmt;
use std::sync::Arc;

use doorward_mcp::raw::RawJson;
use doorward_mcp::revision::Era;

use crate::flow::{ContextId, Hints};
use crate::ids::ServerId;
use crate::limits::CLIENT_NAME_MAX;
use crate::principal::Principal;
use crate::time::Timestamp;

pub use classify::{Access, classify};
pub use observed::{HostSeen, Observed, PathSeen};
pub use question::question_access;
pub(crate) use question::questions;
pub use table::{ACTIONS, ActionRule, Target};

/// Which way a message travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// From the client (downstream) to the server (upstream).
    ToServer,
    /// From the server (upstream) to the client (downstream).
    ToClient,
}

impl Direction {
    /// Its name in records, configuration and policy.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ToServer => "to-server",
            Self::ToClient => "to-client",
        }
    }
}

/// What kind of exchange a message begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Wants an answer.
    Request,
    /// Wants none.
    Notification,
}

/// A known MCP method in one direction, by its exact name.
#[derive(Clone, Copy)]
pub struct Action(&'static ActionRule);

impl Action {
    /// The action of `method`; `None` when no revision this gateway speaks has it in that direction and kind.
    #[must_use]
    pub fn of(direction: Direction, kind: Kind, method: &str) -> Option<Self> {
        ACTIONS.iter().find(|rule| rule.method == method && rule.direction == direction && rule.kind == kind).map(Self)
    }

    /// The method string, which is also the Cedar action id (for `tools/call`: the id of the group of per-tool actions).
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.0.method
    }

    /// Which way its messages travel.
    #[must_use]
    pub const fn direction(self) -> Direction {
        self.0.direction
    }

    /// Request or notification.
    #[must_use]
    pub const fn kind(self) -> Kind {
        self.0.kind
    }

    /// What its parameters point at.
    #[must_use]
    pub const fn target(self) -> Target {
        self.0.target
    }

    /// Whether its parameters may hold `arguments`.
    #[must_use]
    pub const fn has_arguments(self) -> bool {
        matches!(self.0.target, Target::Tool | Target::Prompt)
    }
}

impl PartialEq for Action {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for Action {}

impl std::hash::Hash for Action {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.method.hash(state);
    }
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Action({})", self.0.method)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.method)
    }
}

/// What is acted on: always the configured server id, plus the server's own name for the thing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Resource {
    /// The server as a whole.
    Server(ServerId),
    /// One tool, by the server's own (unprefixed) name.
    Tool(ServerId, Arc<str>),
    /// One resource or resource template, by URI.
    Resource(ServerId, Arc<str>),
    /// One prompt, by name.
    Prompt(ServerId, Arc<str>),
}

impl Resource {
    /// The server the thing belongs to.
    #[must_use]
    pub const fn server(&self) -> &ServerId {
        match self {
            Self::Server(server) | Self::Tool(server, _) | Self::Resource(server, _) | Self::Prompt(server, _) => {
                server
            }
        }
    }

    /// The thing's own name or URI; `None` for a whole server.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.shared_name().map(AsRef::as_ref)
    }

    pub(crate) const fn shared_name(&self) -> Option<&Arc<str>> {
        match self {
            Self::Server(_) => None,
            Self::Tool(_, name) | Self::Resource(_, name) | Self::Prompt(_, name) => Some(name),
        }
    }

    /// The Cedar entity type: `Server`, `Tool`, `Resource` or `Prompt`.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Server(_) => "Server",
            Self::Tool(..) => "Tool",
            Self::Resource(..) => "Resource",
            Self::Prompt(..) => "Prompt",
        }
    }
}

impl fmt::Display for Resource {
    /// `server` or `server/name`, which is also the Cedar entity id.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            None => write!(f, "{}", self.server()),
            Some(name) => write!(f, "{}/{name}", self.server()),
        }
    }
}

/// How the message reached us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Face {
    /// Standard input of a process the client started.
    Stdio,
    /// Streamable HTTP.
    Http,
}

impl Face {
    /// The word policies and records use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stdio => "stdio",
            Self::Http => "http",
        }
    }
}

/// How a client comes to us, as far as decisions and records care. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Approach {
    /// The kind of connection.
    pub face: Face,
    /// The web origin that the request names, already found acceptable; `None` when it names none.
    pub origin: Option<Arc<str>>,
    /// What the client calls itself (`clientInfo`). A hint: nothing vouches for it.
    pub client: Option<Arc<ClientName>>,
    /// What the message says of its unit of work. Hints: nothing vouches for them.
    pub hints: Option<Arc<Hints>>,
    /// The unit of work it belongs to; `None` where no contexts are kept.
    pub context: Option<ContextId>,
}

impl Approach {
    /// A connection of that kind, of which nothing more is known.
    #[must_use]
    pub const fn new(face: Face) -> Self {
        Self { face, origin: None, client: None, hints: None, context: None }
    }
}

/// What a client calls itself: `clientInfo`, cut to limits, control characters dropped.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientName {
    /// Its `name`.
    pub name: Box<str>,
    /// Its `version`; empty when it gives none.
    pub version: Box<str>,
}

impl ClientName {
    /// What a client calls itself, made fit for records: cut to [`CLIENT_NAME_MAX`] and without control characters. Two
    /// names may become one, which harms nobody because nothing may depend on them.
    #[must_use]
    pub fn new(name: &str, version: &str) -> Self {
        Self { name: fit(name), version: fit(version) }
    }
}

fn fit(text: &str) -> Box<str> {
    text.chars().filter(|c| !c.is_control()).take(CLIENT_NAME_MAX).collect()
}

/// One question for the decision point.
#[derive(Debug, Clone)]
pub struct AccessRequest {
    /// Who acts.
    pub principal: Principal,
    /// Which method.
    pub action: Action,
    /// On what.
    pub resource: Resource,
    /// `params.arguments` as sent (`tools/call`, `prompts/get`); `None` when the message has none.
    pub arguments: Option<RawJson>,
    /// How the message came.
    pub approach: Approach,
    /// Which protocol era the message is of.
    pub era: Era,
    /// When it arrived.
    pub at: Timestamp,
}
