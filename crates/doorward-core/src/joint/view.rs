//! What a named view chooses from its servers.
//!
//! Responsible for rules that can hold: each is checked once, here. It must never widen anything: a view shows at most what
//! its servers offer.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use doorward_mcp::limits::Limits;
use doorward_mcp::raw::RawJson;

use super::{fixed, names};
use crate::ids::ServerId;

/// The configured name of a view: as short and plain as a server id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ViewId(Arc<str>);

/// A tool, by its server and the server's own name for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tool {
    /// Whose it is.
    pub server: ServerId,
    /// The server's own name for it.
    pub name: String,
}

/// What a view chooses. Built by hand or from [`ViewRules::of`], and checked by [`super::Plan::view`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewRules {
    /// The servers joined.
    pub servers: BTreeSet<ServerId>,
    /// Which of their tools.
    pub tools: Tools,
    /// The name of a tool on this face, in place of `<server>__<name>`.
    pub renamed: BTreeMap<Tool, String>,
    /// What the model is told of a tool, in place of the server's description.
    pub described: BTreeMap<Tool, String>,
    /// Arguments that the face sends itself, as JSON text: no client sees or sends them.
    pub fixed: BTreeMap<Tool, BTreeMap<String, String>>,
    /// Whether prompts are part of it.
    pub prompts: Part,
    /// Whether resources are part of it, the pages of apps included.
    pub resources: Part,
}

/// Which tools a view has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tools {
    /// All that its servers offer.
    All,
    /// These alone.
    Only(BTreeSet<Tool>),
}

/// Whether something is part of a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// It is.
    Shown,
    /// It is not.
    Hidden,
}

/// A rule of a view that could not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ViewError {
    /// A rule is about a tool of a server that is not in the view.
    #[error("'{}/{}' is a tool of a server that is not in this view", .0.server, .0.name)]
    ForeignServer(Tool),
    /// A rule is about a tool that is not in the view.
    #[error("'{}/{}' is not among the tools of this view", .0.server, .0.name)]
    ForeignTool(Tool),
    /// A name outside the alphabet or too long.
    #[error("a tool name has 1 to 64 characters of A-Z, a-z, 0-9, '_' and '-', unlike '{0}'")]
    Name(String),
    /// A name that could be that of another tool.
    #[error("'{0}' could be the name of another tool, because it begins with a server of this view and '__'")]
    Taken(String),
    /// One name for two tools.
    #[error("'{0}' would name two tools")]
    Twice(String),
    /// A fixed argument that is not JSON.
    #[error("the fixed argument '{key}' of '{}/{}' is not a JSON value", tool.server, tool.name)]
    Argument {
        /// Of which tool.
        tool: Tool,
        /// Its name.
        key: String,
    },
    /// Fixed arguments that a server could take for one another.
    #[error("two fixed arguments of '{}/{}' differ only in letter case", .0.server, .0.name)]
    Folded(Tool),
}

impl ViewId {
    /// Checks `text` and keeps it; `None` unless it has the form of a server id.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        ServerId::parse(text).ok().map(|_| Self(Arc::from(text)))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ViewId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl ViewRules {
    /// Everything of `servers`, under the usual names.
    #[must_use]
    pub const fn of(servers: BTreeSet<ServerId>) -> Self {
        Self {
            servers,
            tools: Tools::All,
            renamed: BTreeMap::new(),
            described: BTreeMap::new(),
            fixed: BTreeMap::new(),
            prompts: Part::Shown,
            resources: Part::Shown,
        }
    }

    pub(super) fn check(&self) -> Result<(), ViewError> {
        if let Tools::Only(tools) = &self.tools {
            tools.iter().try_for_each(|tool| self.check_server(tool))?;
        }
        let about = self.renamed.keys().chain(self.described.keys()).chain(self.fixed.keys());
        for tool in about {
            self.check_server(tool)?;
            if !self.has_tool(tool) {
                return Err(ViewError::ForeignTool(tool.clone()));
            }
        }
        self.check_names()?;
        self.check_arguments()
    }

    /// Whether the tool is part of the view, if its server offers it.
    pub(super) fn has_tool(&self, tool: &Tool) -> bool {
        match &self.tools {
            Tools::All => self.servers.contains(&tool.server),
            Tools::Only(tools) => tools.contains(tool),
        }
    }

    fn check_server(&self, tool: &Tool) -> Result<(), ViewError> {
        if self.servers.contains(&tool.server) { Ok(()) } else { Err(ViewError::ForeignServer(tool.clone())) }
    }

    fn check_names(&self) -> Result<(), ViewError> {
        let mut taken = BTreeSet::new();
        for name in self.renamed.values() {
            if !names::is_plain(name) {
                return Err(ViewError::Name(name.clone()));
            }
            let prefix = name.split_once("__").map(|(prefix, _)| prefix);
            if prefix.is_some_and(|prefix| self.servers.iter().any(|server| server.as_str() == prefix)) {
                return Err(ViewError::Taken(name.clone()));
            }
            if !taken.insert(name) {
                return Err(ViewError::Twice(name.clone()));
            }
        }
        Ok(())
    }

    fn check_arguments(&self) -> Result<(), ViewError> {
        let is_json = |json: String| RawJson::parse(json, &Limits::default()).is_ok();
        for (tool, arguments) in &self.fixed {
            for (key, json) in arguments {
                if !is_json(json.clone()) {
                    return Err(ViewError::Argument { tool: tool.clone(), key: key.clone() });
                }
            }
            // Each is sound by itself, so together only their names can clash.
            if !is_json(format!("{{{}}}", fixed::members(arguments))) {
                return Err(ViewError::Folded(tool.clone()));
            }
        }
        Ok(())
    }
}
