//! What the operator says of a server, as far as decisions depend on it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::trust::{ToolWord, Trust};

pub use doorward_facts::sql::Dialect;

/// What the operator says of a server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServerPlace {
    /// The folder relative paths start from; `None` leaves them unclear.
    pub root: Option<Arc<str>>,
    /// The database that reads its SQL.
    pub dialect: Dialect,
    /// Whose files its paths name.
    pub files: Files,
    /// Whether its annotations count as given.
    pub trust: Trust,
    /// The operator's word about single tools, by the server's own names.
    pub tools: BTreeMap<Arc<str>, ToolWord>,
}

impl ServerPlace {
    /// Whether it says anything that changes what tools count as.
    pub(crate) fn says_of_tools(&self) -> bool {
        self.trust != Trust::default() || !self.tools.is_empty()
    }
}

/// Whose files the paths of a server name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Files {
    /// This machine's: where a path leads is looked up, and what was not seen is unclear.
    Here,
    /// Another machine's: paths are read by their letters alone.
    #[default]
    Elsewhere,
}

impl Files {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Here, Self::Elsewhere];

    /// Its name in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Here => "here",
            Self::Elsewhere => "elsewhere",
        }
    }
}
