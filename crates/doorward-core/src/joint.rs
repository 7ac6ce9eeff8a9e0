//! Joint endpoints: one face for many servers, the aggregate and the named views.
//!
//! Responsible for what a client of such a face sees and for finding, from what it sends back, which server is meant: names,
//! URIs and task ids are rewritten together, and every other byte stays as it came. It must never decide what is allowed:
//! what it hands on goes through the exchange of the one server it is meant for, under that server's own names.
//!
//! # What a name looks like
//! `<server>__<name>`. A server id has no `_`, so the first `__` parts the two. A name that does not fit, or that could be
//! taken for a shortened one, is shortened and ends in `_` and ten hexadecimal digits of a digest of server and name.
//! No unshortened name ends so, which keeps the two kinds apart whatever a server calls its tools.
//!
//! # App-only tools
//! MCP Apps lets a server mark a tool as one for its own app alone, and obliges the host to refuse the call of an app of
//! another server. On a joint face the host sees one server, so it cannot keep that duty, and `tools/call` does not say
//! which app calls. What holds here instead: such a tool is shown, and its call passed, only to a client that declared MCP
//! Apps (it keeps the tool from its model), and only while no other server of the same face has apps
//! ([`AppTools::Guard`]). An operator can keep such tools in every case but a client without MCP Apps ([`AppTools::Keep`]),
//! or hide them all ([`AppTools::Hide`]). The face of a single server needs none of this.
//!
//! # What is left alone
//! `structuredContent`, text, error objects, `requestState`, loggers, and what a server puts inside its questions.

mod answers;
mod apps;
mod capabilities;
mod edits;
mod fixed;
mod inward;
mod listen;
mod merge;
mod names;
mod unavailable;
mod uris;
mod view;

use std::collections::BTreeSet;
use std::sync::Arc;

use doorward_mcp::message::Request;

use crate::ids::ServerId;
use crate::reread::read_again;

pub use apps::{AppTools, AppUse, Apps, is_app_only};
pub use merge::Merged;
pub use names::outward as shown_as;
pub use view::{Part, Tool, Tools, ViewError, ViewId, ViewRules};

/// What one joint endpoint offers and under which names. Never changes; a reload makes another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    rules: ViewRules,
    app_tools: AppTools,
}

/// How many servers a request concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// One: which, and with what words, is for [`Plan::route`] to say.
    One,
    /// Every server of the plan.
    All(List),
    /// None: the face answers it itself.
    Own,
}

/// Where a request goes.
#[derive(Debug, Clone)]
pub enum Route {
    /// To one server, in that server's own words.
    One {
        /// Which.
        server: ServerId,
        /// The rewritten request, under the id it came with.
        request: Box<Request>,
    },
    /// To every server of the plan, page by page; the answers become one with [`Plan::merge`].
    All(List),
    /// To nobody: the face answers `initialize`, `ping`, `server/discover`, `logging/setLevel` and
    /// `subscriptions/listen` ([`Plan::listen_parts`]) itself.
    Own,
}

/// Where a client's notification goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// To every server of the plan, as it is.
    All,
    /// To nobody: the face knows what `notifications/initialized`, `notifications/cancelled` and
    /// `notifications/progress` belong to.
    Own,
}

/// What is asked of every server and joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum List {
    /// `tools/list`
    Tools,
    /// `prompts/list`
    Prompts,
    /// `resources/list`
    Resources,
    /// `resources/templates/list`
    Templates,
    /// `tasks/list`, which only legacy revisions have.
    Tasks,
}

/// Things that go by a name of their own, which a joint endpoint makes unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Named {
    /// Tools.
    Tools,
    /// Prompts.
    Prompts,
}

/// A tool or prompt that a server is known to offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The server's own name for it.
    pub name: Arc<str>,
    /// What it has to do with MCP Apps; [`AppUse::None`] for a prompt.
    pub apps: AppUse,
}

/// Says what a server is known to offer. Nothing is assumed of a server of which nothing is known.
pub type Known<'k> = &'k dyn Fn(&ServerId, Named) -> Arc<[Offer]>;

impl Plan {
    /// All of `servers`, with everything they offer.
    #[must_use]
    pub fn aggregate(servers: impl IntoIterator<Item = ServerId>) -> Self {
        Self { rules: ViewRules::of(servers.into_iter().collect::<BTreeSet<_>>()), app_tools: AppTools::default() }
    }

    /// What `rules` choose.
    ///
    /// # Errors
    /// [`ViewError`] names the first rule that could not hold.
    pub fn view(rules: ViewRules) -> Result<Self, ViewError> {
        rules.check()?;
        Ok(Self { rules, app_tools: AppTools::default() })
    }

    /// The same, with another way to treat tools that are only for apps.
    #[must_use]
    pub fn with_app_tools(mut self, app_tools: AppTools) -> Self {
        self.app_tools = app_tools;
        self
    }

    /// The servers joined, in the order of their ids.
    pub fn servers(&self) -> impl Iterator<Item = &ServerId> {
        self.rules.servers.iter()
    }
}

impl List {
    /// Every list.
    pub const ALL: [Self; 5] = [Self::Tools, Self::Prompts, Self::Resources, Self::Templates, Self::Tasks];

    /// The list that `method` asks for.
    #[must_use]
    pub fn of(method: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|list| list.method() == method)
    }

    /// The method that asks for it.
    #[must_use]
    pub const fn method(self) -> &'static str {
        match self {
            Self::Tools => "tools/list",
            Self::Prompts => "prompts/list",
            Self::Resources => "resources/list",
            Self::Templates => "resources/templates/list",
            Self::Tasks => "tasks/list",
        }
    }

    /// The member of the result that holds the items.
    #[must_use]
    pub const fn member(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Prompts => "prompts",
            Self::Resources => "resources",
            Self::Templates => "resourceTemplates",
            Self::Tasks => "tasks",
        }
    }
}
