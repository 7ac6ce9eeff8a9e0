//! Asking the engine what a case asks, and holding the answer against what the case expects.

use std::sync::Arc;

use doorward_core::decision::{Decision, Denial, Obligation, Reason};
use doorward_core::exchange::Visibility;

use super::{Case, End, Expected};
use crate::engine::Engine;

/// What came of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What is not as expected, a sentence each; empty when all is.
    pub faults: Vec<String>,
    /// What was decided, in words: `allow by "rule"`, `DW1202 by "rule"`.
    pub decided: String,
    /// The rules that decided.
    pub rules: Vec<Arc<str>>,
}

impl Verdict {
    /// Whether all is as expected.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.faults.is_empty()
    }
}

impl Case {
    /// Decides the case with `engine`.
    #[must_use]
    pub fn judge(&self, engine: &Engine) -> Verdict {
        let observed = engine.presumed(&self.request, &self.observed);
        let decision = engine.decide(&self.request, &observed);
        let (reasons, duties) = match &decision {
            Decision::Allow { obligations, reasons } => (reasons, obligations.as_slice()),
            Decision::Deny(Denial { reasons, .. }) => (reasons, [].as_slice()),
        };
        let mut faults = Vec::new();
        let Expected { end, rules, obligations, shown } = &self.expected;
        if !ends_as(*end, &decision) {
            faults.push(format!("expected {}", told(*end)));
        }
        for rule in rules.iter().flatten() {
            if !reasons.iter().any(|reason| *reason.rule == **rule) {
                faults.push(format!("expected the rule \"{rule}\" to decide"));
            }
        }
        if let Some(expected) = obligations {
            let mut found: Vec<String> = duties.iter().map(written).collect();
            let mut expected = expected.clone();
            found.sort();
            expected.sort();
            if found != expected {
                faults.push(format!("expected the duties [{}], there are [{}]", expected.join(", "), found.join(", ")));
            }
        }
        if let Some(shown) = shown
            && (engine.could_allow(&self.request) == Visibility::Show) != *shown
        {
            faults.push(format!(
                "expected it {}",
                if *shown { "to be shown in lists" } else { "not to be shown in lists" }
            ));
        }
        let rules = reasons.iter().map(|reason| Arc::clone(&reason.rule)).collect();
        Verdict { faults, decided: in_words(&decision), rules }
    }
}

fn ends_as(end: End, decision: &Decision) -> bool {
    match (end, decision) {
        (End::Allow, Decision::Allow { .. }) | (End::Deny, Decision::Deny(_)) => true,
        (End::Limit, Decision::Allow { obligations, .. }) => obligations.iter().any(is_limit),
        (End::Refuse(code), Decision::Deny(denial)) => denial.code == code,
        (End::Allow | End::Limit, Decision::Deny(_)) | (End::Deny | End::Refuse(_), Decision::Allow { .. }) => false,
    }
}

fn told(end: End) -> String {
    match end {
        End::Allow => "allow".to_owned(),
        End::Deny => "deny".to_owned(),
        End::Limit => "allow within a limit".to_owned(),
        End::Refuse(code) => code.to_string(),
    }
}

/// The decision, the rules behind it, and what it says for itself.
pub(crate) fn in_words(decision: &Decision) -> String {
    match decision {
        Decision::Allow { obligations, reasons } => {
            let duties: Vec<String> = obligations.iter().map(written).collect();
            let under = if duties.is_empty() { String::new() } else { format!(", with {}", duties.join(" and ")) };
            format!("allow{}{under}", by(reasons))
        }
        Decision::Deny(denial) => {
            let sentence = denial.code.entry().sentence;
            let why = denial.reasons.iter().find_map(|reason| reason.text.as_deref());
            let detail = denial.detail.as_deref().map(|detail| format!(" {detail}")).unwrap_or_default();
            format!("{}{}: {}{detail}", denial.code, by(&denial.reasons), why.unwrap_or(sentence))
        }
    }
}

fn by(reasons: &[Reason]) -> String {
    let rules: Vec<String> = reasons.iter().map(|reason| format!("\"{}\"", reason.rule)).collect();
    if rules.is_empty() { String::new() } else { format!(" by {}", rules.join(", ")) }
}

/// A duty as `@obligation` writes it.
pub(crate) fn written(obligation: &Obligation) -> String {
    match obligation {
        Obligation::Approve(who) => format!("approve:{who}"),
        Obligation::Limit(limit) => format!("limit:{limit}"),
        Obligation::Answer(duty) => duty.to_string(),
        Obligation::Guard(duties) => {
            let words: Vec<String> = duties.iter().map(ToString::to_string).collect();
            format!("guard:{}", words.join(","))
        }
        Obligation::Unknown(text) => text.clone(),
    }
}

const fn is_limit(obligation: &Obligation) -> bool {
    match obligation {
        Obligation::Limit(_) => true,
        Obligation::Approve(_) | Obligation::Answer(_) | Obligation::Guard(_) | Obligation::Unknown(_) => false,
    }
}
