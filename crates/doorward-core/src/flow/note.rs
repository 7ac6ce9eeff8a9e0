//! What a record tells of the flow of data.

use serde::{Deserialize, Serialize};

use super::ContextId;
use super::label::Label;
use super::seen::Missing;
use crate::ids::{ExchangeId, ServerId};

/// The flow that an exchange was part of, for its records. It holds no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowNote {
    /// The unit of work.
    pub context: ContextId,
    /// What brings the label back after a restart: the contexts it belongs to, as the shell writes them.
    pub trail: Box<str>,
    /// The label of the unit of work: in an intent, with the most that the answer may add, so that a crash before the
    /// answer is taken in leaves nothing unsaid; in an outcome, as it then is.
    pub label: Label,
    /// The arguments without an endorsed origin, where the exchange was refused.
    pub missing: Vec<Missing>,
    /// Where what led to a refusal was read, or what was sent comes from.
    pub sources: Vec<Source>,
}

/// Something that was read, and why it matters here.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Source {
    /// The exchange that brought it, as 32 hexadecimal digits.
    pub exchange: Box<str>,
    /// The server it came from.
    pub server: ServerId,
    /// The tool, resource or prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<Box<str>>,
    /// JSON pointer to the field, where one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<Box<str>>,
    /// Why it matters.
    pub why: Why,
}

/// Why a source matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// Anybody can have written it.
    Untrusted,
    /// It is confidential.
    Confidential,
    /// Text of it stands in what would be sent.
    Text,
}

impl Source {
    /// What `exchange` brought.
    #[must_use]
    pub fn new(exchange: ExchangeId, server: ServerId, item: Option<Box<str>>, why: Why) -> Self {
        Self { exchange: exchange.to_string().into(), server, item, field: None, why }
    }

    /// The same, at that JSON pointer of the result.
    #[must_use]
    pub fn with_field(self, field: &str) -> Self {
        Self { field: Some(field.into()), ..self }
    }
}
