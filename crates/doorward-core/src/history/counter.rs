//! What one counter counts.

use std::sync::Arc;
use std::time::Duration;

use crate::ids::ServerId;
use crate::principal::{Principal, Subject};
use crate::record::{Disposition, Phase, Record};

/// A named counter, as the operator declares it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counter {
    /// `context.counts.NAME`
    pub name: Arc<str>,
    /// What must have happened.
    pub count: Happened,
    /// To what.
    pub of: Of,
    /// How long ago at the most.
    pub within: Duration,
    /// Whom it tells apart; nothing means that all share it.
    pub by: Vec<By>,
}

/// What happened to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Happened {
    /// It was allowed, and is under way or over.
    Allowed,
    /// It was refused.
    Refused,
    /// Either of the two.
    Asked,
    /// It was allowed and came to no answer, or to an error.
    Failed,
}

/// What it happened to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Of {
    /// One tool.
    Tool(ServerId, Arc<str>),
    /// One method, on whatever server.
    Method(Arc<str>),
}

/// Whom a counter tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// Who acts.
    User,
    /// The program that acts for the user.
    Agent,
    /// The organisation.
    Tenant,
}

/// Whose count it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Whose(Vec<Option<Arc<str>>>);

impl Happened {
    /// Reads the word of a configuration.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "allowed" => Self::Allowed,
            "refused" => Self::Refused,
            "asked" => Self::Asked,
            "failed" => Self::Failed,
            _ => return None,
        })
    }

    fn is(self, phase: Phase, disposition: Disposition) -> bool {
        let refused = disposition == Disposition::Refuse;
        let allowed = disposition == Disposition::Allow;
        match self {
            Self::Allowed => allowed,
            Self::Refused => refused,
            Self::Asked => allowed || refused,
            Self::Failed => {
                phase == Phase::Outcome && matches!(disposition, Disposition::Fail | Disposition::AnswerError)
            }
        }
    }
}

impl By {
    /// Reads the word of a configuration.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "user" => Self::User,
            "agent" => Self::Agent,
            "tenant" => Self::Tenant,
            _ => return None,
        })
    }
}

impl Counter {
    /// Whether it counts what `record` tells.
    pub(super) fn counts(&self, record: &Record) -> bool {
        let fits = match &self.of {
            Of::Method(method) => record.action == *method,
            Of::Tool(server, tool) => {
                record.action.as_ref() == "tools/call"
                    && record.server.as_deref() == Some(server.as_str())
                    && record.resource.as_ref() == Some(tool)
            }
        };
        fits && self.count.is(record.phase, record.disposition)
    }

    pub(super) fn whose(&self, principal: &Principal) -> Whose {
        let part = |by: &By| match by {
            By::User => Some(match principal.subject() {
                Subject::User(name) => Arc::from(format!("user {name}")),
                Subject::Agent(name) => Arc::from(format!("agent {name}")),
            }),
            By::Agent => principal.agent().cloned(),
            By::Tenant => principal.tenant().cloned(),
        };
        Whose(self.by.iter().map(part).collect())
    }
}
