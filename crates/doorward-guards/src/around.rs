//! What the gateway knows beside a message: the tool it is about, what the operator says of the server, what others offer.
//!
//! Plain data that the shell fills in. Whatever is missing makes a guard know less; nothing here says what is done about a
//! finding.

use std::sync::Arc;

use doorward_core::ids::ServerId;
use doorward_core::joint::Offer;
use doorward_facts::sql::Dialect;
use doorward_mcp::raw::RawJson;

use crate::schema::Schemas;

/// What the gateway knows beside a message.
#[derive(Debug, Clone, Default)]
pub struct Around {
    /// What the operator says of the server.
    pub place: Place,
    /// The tool that is called, as its server declares it; `None` where none is, or it was never seen.
    pub tool: Option<Arc<Tool>>,
    /// How many bytes answers of that tool usually have, where enough of them were seen.
    pub usual: Option<usize>,
    /// What every server was seen to offer, the one in question among them. Filled in for what goes to the client.
    pub offers: Vec<Offered>,
}

/// What the operator says of a server, as far as guards care.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The folder relative paths start from.
    pub root: Option<Arc<str>>,
    /// The database that reads its SQL.
    pub dialect: Dialect,
    /// Whose files its paths name.
    pub files: Files,
    /// Whether what it says is taken for more than data.
    pub trust: Trust,
}

/// Whose files the paths of a server name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Files {
    /// This machine's.
    Here,
    /// Another machine's.
    #[default]
    Elsewhere,
}

/// Whether a server is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Trust {
    /// It is not: everything it says is data.
    #[default]
    Untrusted,
    /// It is.
    Trusted,
}

/// A tool as its server declares it.
#[derive(Debug)]
pub struct Tool {
    definition: RawJson,
    schemas: Schemas,
}

impl Tool {
    /// A tool of that definition.
    #[must_use]
    pub fn new(definition: RawJson) -> Self {
        Self { definition, schemas: Schemas::default() }
    }

    /// The whole definition, as its server wrote it.
    #[must_use]
    pub const fn definition(&self) -> &RawJson {
        &self.definition
    }

    /// Its schemas, ready to be held against values.
    pub(crate) const fn schemas(&self) -> &Schemas {
        &self.schemas
    }
}

/// What one server offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// Which server.
    pub server: ServerId,
    /// Its tools, as it calls them.
    pub tools: Arc<[Offer]>,
}
