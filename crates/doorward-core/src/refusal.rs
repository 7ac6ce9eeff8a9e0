//! Refusals: a stable code, whose turn it is, and what to do instead.
//!
//! This is the one table from which every refusal text, JSON-RPC code and documentation page follows. Texts are constant:
//! they never repeat a payload, so a refusal cannot carry a secret or an instruction to the model.

mod codes;
mod render;

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use crate::decision::Reason;
use crate::ids::ExchangeId;

pub use codes::{Code, CodeEntry, Turn};
pub use render::{DENIAL_META_KEY, Shape};

/// One refusal, ready to be recorded and shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What happened, as a stable code.
    pub code: Code,
    /// The one sentence particular to this case (a header's name, a limit); empty when the code's own sentence says it all.
    pub detail: String,
    /// The rules behind it; empty when no rule was asked or none matched.
    pub reasons: Vec<Reason>,
    /// The scopes that would have allowed it (RFC 6750 §3.1); `None` unless the code is about scopes.
    pub scopes: Option<Arc<BTreeSet<Arc<str>>>>,
    /// How many seconds to wait before trying again; `None` where waiting is not what helps, or nobody can say.
    pub retry_after: Option<NonZeroU32>,
    /// The exchange it belongs to; `None` before one has begun.
    pub reference: Option<ExchangeId>,
    /// What people can approve it by; `None` unless that is what it waits for.
    pub approvals: Option<Arc<Vec<String>>>,
}

impl Refusal {
    /// A refusal that the code's own sentence explains.
    #[must_use]
    pub const fn new(code: Code) -> Self {
        Self {
            code,
            detail: String::new(),
            reasons: Vec::new(),
            scopes: None,
            retry_after: None,
            reference: None,
            approvals: None,
        }
    }

    /// The same with a sentence on this case.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// The same with the rules behind it.
    #[must_use]
    pub fn with_reasons(mut self, reasons: Vec<Reason>) -> Self {
        self.reasons = reasons;
        self
    }

    /// The same with the scopes that would have allowed it.
    #[must_use]
    pub fn with_scopes(mut self, scopes: BTreeSet<Arc<str>>) -> Self {
        self.scopes = (!scopes.is_empty()).then(|| Arc::new(scopes));
        self
    }

    /// The same with how long to wait before trying again: whole seconds, one at the least.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0));
        self.retry_after = NonZeroU32::new(u32::try_from(seconds).unwrap_or(u32::MAX)).or(Some(NonZeroU32::MIN));
        self
    }

    /// The same with what people can approve it by.
    #[must_use]
    pub fn with_approvals(mut self, ids: &[String]) -> Self {
        self.approvals = (!ids.is_empty()).then(|| Arc::new(ids.to_vec()));
        self
    }

    /// The same, tied to its exchange.
    #[must_use]
    pub const fn with_reference(mut self, reference: ExchangeId) -> Self {
        self.reference = Some(reference);
        self
    }

    /// The first rule's id, when a rule decided.
    #[must_use]
    pub fn rule(&self) -> Option<&Arc<str>> {
        self.reasons.first().map(|reason| &reason.rule)
    }

    /// What the caller can do instead: the rule's own remedy, else the code's.
    #[must_use]
    pub fn remedy(&self) -> &str {
        self.reasons.iter().find_map(|reason| reason.remedy.as_deref()).unwrap_or(self.code.entry().remedy)
    }

    /// Why, in a sentence or two: the rule's own reason if it gave one, else the code's, and the detail.
    #[must_use]
    pub fn explanation(&self) -> String {
        let stated = self.reasons.iter().find_map(|reason| reason.text.as_deref());
        let sentence = stated.unwrap_or(self.code.entry().sentence);
        if self.detail.is_empty() { sentence.to_owned() } else { format!("{sentence} {}", self.detail) }
    }
}
