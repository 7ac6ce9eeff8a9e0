//! What the decision point answers.
//!
//! A [`Decision`] is data about an access request. It is not a permission to forward: only the exchange turns a recorded
//! allow into a [`crate::permit::Permit`].

use std::sync::Arc;

use crate::refusal::Code;

/// A duty attached to an allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obligation {
    /// A person must say yes first; the text says who may.
    Approve(String),
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
    Deny {
        /// Why, as a stable code: no rule allows, a rule forbids, evaluation failed, …
        code: Code,
        /// The rules that refused; empty when no rule allowed.
        reasons: Vec<Reason>,
        /// One sentence on what failed, for a denial that no rule explains (an evaluation error).
        detail: Option<String>,
    },
}
