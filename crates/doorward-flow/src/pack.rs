//! Label packs: reviewed statements about the tools of servers that people use, one TOML file per server.
//!
//! Responsible for reading packs and what the operator says in the same words, and for finding the pack of a configured
//! server. A statement may make a tool more dangerous as it likes. What makes it less dangerous than its name shows has a
//! reason beside it, and trust is said of fields, never of prose: nothing here may be read as less than that.

mod built_in;
mod file;
mod matches;
mod stated;
mod statement;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use doorward_core::flow::{Category, Confidentiality, Integrity, Role};

pub use built_in::{built_in, named};
pub use matches::{Matches, Reached, matching};
pub use stated::{Fault, Member, Stated, Value};
pub use statement::tool;

use crate::nature::{Act, Links};

/// One pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pack {
    /// Its name, by which the configuration chooses it.
    pub name: Arc<str>,
    /// Whose tools it speaks of, for people.
    pub about: Box<str>,
    /// When it was reviewed, by whom, and from what source of which version.
    pub reviewed: Box<str>,
    /// How a configured server shows that it is the one.
    pub matches: Matches,
    /// What is said of each tool.
    pub tools: BTreeMap<Box<str>, ToolLabels>,
}

/// Something wrong with a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// In which line, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub advice: String,
}

/// What a pack or the operator says of one tool; what is left out stays as it is inferred.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolLabels {
    /// Who says so.
    pub by: Voice,
    /// What it does.
    pub act: Option<Act>,
    /// Whether a call can carry data out.
    pub egress: Option<bool>,
    /// How the addresses it takes are judged.
    pub links: Option<Links>,
    /// Whether it makes something of which the caller chooses the name.
    pub makes: Option<bool>,
    /// Whether its results are kept from the model.
    pub hide: Option<bool>,
    /// The label of its results.
    pub result: Said,
    /// What arguments decide, by pointer.
    pub roles: Vec<(Arc<str>, Role)>,
    /// Labels of fields of its results, by pointer.
    pub fields: Vec<(Arc<str>, Said)>,
    /// Why it is less dangerous than it looks.
    pub because: Option<Arc<str>>,
}

/// Who makes a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Voice {
    /// The pack of this name.
    Pack(Arc<str>),
    /// The operator, in the configuration.
    Operator,
}

/// What is said of a label; what is left out stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    /// How far the data may go.
    pub confidentiality: Option<Confidentiality>,
    /// Who can have written it.
    pub integrity: Option<Integrity>,
    /// Of what kinds it is, beside those it already is of.
    pub categories: Vec<Category>,
    /// Why, if it is believed more than data of anybody's, or guarded less.
    pub because: Option<Arc<str>>,
}

impl ToolLabels {
    /// Nothing is said.
    #[must_use]
    pub fn nothing(by: Voice) -> Self {
        Self {
            by,
            act: None,
            egress: None,
            links: None,
            makes: None,
            hide: None,
            result: Said::default(),
            roles: Vec::new(),
            fields: Vec::new(),
            because: None,
        }
    }
}
