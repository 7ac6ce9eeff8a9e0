//! Label packs: reviewed statements about the tools of servers that people use.

use std::sync::Arc;

use doorward_core::flow::{Category, Confidentiality, Integrity, Role};

use crate::nature::{Act, Links};

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
    /// Why, if it is believed more than data of anybody's.
    pub because: Option<Arc<str>>,
}
