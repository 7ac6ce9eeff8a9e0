//! What the decision point answers.
//!
//! A [`Decision`] is data about an access request. It is not a permission to forward: only the exchange turns a recorded
//! allow into a [`crate::permit::Permit`].

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::duties::AnswerDuty;
use crate::guard::GuardDuty;
use crate::rate::Limit;
use crate::refusal::Code;

/// A duty attached to an allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obligation {
    /// A person must say yes first; the text says who may.
    Approve(String),
    /// Only so often, so much or so many at once.
    Limit(Limit),
    /// Something must be done with the answer.
    Answer(AnswerDuty),
    /// Guards are set otherwise for this.
    Guard(Arc<[GuardDuty]>),
    /// A duty this build does not know: nobody can perform it, so it refuses.
    Unknown(String),
}

/// One reason behind a decision: the rule that decided, in its author's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The rule's id (`@id`, or `file:policyN`).
    pub rule: Arc<str>,
    /// The rule's `@reason`, when it has one.
    pub text: Option<Arc<str>>,
    /// The rule's `@remedy`: what the caller can do instead.
    pub remedy: Option<Arc<str>>,
}

/// The answer to one access request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// May go on, once every obligation is performed.
    Allow {
        /// Duties; an empty list means none.
        obligations: Vec<Obligation>,
        /// The rules that allowed.
        reasons: Vec<Reason>,
    },
    /// Must not go on.
    Deny(Denial),
}

/// Why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// A stable code: no rule allows, a rule forbids, evaluation failed, …
    pub code: Code,
    /// The rules that refused; empty when no rule allowed.
    pub reasons: Vec<Reason>,
    /// One sentence on what failed, for a denial that no rule explains (an evaluation error).
    pub detail: Option<String>,
    /// With [`Code::InsufficientScope`]: every scope with which it would be allowed (RFC 6750 §3.1).
    pub scopes: BTreeSet<Arc<str>>,
    /// How much of it the caller is told.
    pub telling: Telling,
}

/// How much of a denial the caller is told. The record always has the whole of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Telling {
    /// Code, rule, reason and remedy.
    #[default]
    Open,
    /// As if the thing did not exist.
    Hidden,
}

impl Decision {
    /// Whether it may go on, once its duties are performed.
    #[must_use]
    pub const fn is_allow(&self) -> bool {
        match self {
            Self::Allow { .. } => true,
            Self::Deny(_) => false,
        }
    }
}

impl Denial {
    /// A denial that its code explains.
    #[must_use]
    pub const fn new(code: Code) -> Self {
        Self { code, reasons: Vec::new(), detail: None, scopes: BTreeSet::new(), telling: Telling::Open }
    }

    /// The same with the rules behind it.
    #[must_use]
    pub fn with_reasons(self, reasons: Vec<Reason>) -> Self {
        Self { reasons, ..self }
    }

    /// The same with a sentence on this case.
    #[must_use]
    pub fn with_detail(self, detail: Option<String>) -> Self {
        Self { detail, ..self }
    }
}
