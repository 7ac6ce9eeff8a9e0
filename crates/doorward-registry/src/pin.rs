//! What is known and approved of one thing.

use std::sync::Arc;

use doorward_core::time::Timestamp;

use crate::definition::Definition;
use crate::digest::Digest;

/// What is known of one thing a server offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// The version that may be used.
    pub approved: Option<Approval>,
    /// The version that the server showed last.
    pub seen: Digest,
    /// The version that somebody has said no to.
    pub rejected: Option<Digest>,
}

/// A version that may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Its digest.
    pub digest: Digest,
    /// Its canonical form.
    pub text: Arc<str>,
    /// Since when.
    pub at: Timestamp,
    /// Who said so; `None` when it was trusted because it was the first.
    pub by: Option<Arc<str>>,
}

/// Where a pin stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// What was seen is approved.
    Approved,
    /// Nothing is approved yet.
    Quarantined,
    /// What was seen last is not what was approved.
    Drifted,
    /// What was seen last was rejected.
    Rejected,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Approved, Self::Quarantined, Self::Drifted, Self::Rejected];

    /// Its name on the command line and in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Quarantined => "quarantined",
            Self::Drifted => "drifted",
            Self::Rejected => "rejected",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

impl Pin {
    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> State {
        let approved = self.approved.as_ref().map(|approved| approved.digest);
        match approved {
            Some(approved) if approved == self.seen => State::Approved,
            _ if self.rejected == Some(self.seen) => State::Rejected,
            Some(_) => State::Drifted,
            None => State::Quarantined,
        }
    }

    /// Whether that version is the approved one, or says no more than it.
    #[must_use]
    pub fn approves(&self, definition: &Definition) -> bool {
        self.approved.as_ref().is_some_and(|approved| {
            approved.digest == definition.digest() || definition.says_no_more_than(&approved.text)
        })
    }
}
