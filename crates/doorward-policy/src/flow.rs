//! What rules may know of the flow of data: `context.ctx`, `context.endorse` and `context.ledger`.
//!
//! One place for each attribute's type and its value. None holds a value of a call, or of anything that was read.

use cedar_policy::RestrictedExpression;
use doorward_core::flow::{FlowSeen, Missing};
use serde_json::{Value, json};

use crate::context::{record, text};
use crate::limits::MISSING_TOLD_MAX;

/// The type of `context.ctx`: what was read in the context of the call before it.
pub(crate) fn context_type() -> Value {
    json!({
        "untrusted": boolean(),
        "confidentiality": long(),
        "integrity": long(),
        "categories": texts(),
        "origins": texts(),
        "ground": string(),
    })
}

/// The type of `context.endorse`: where the values of the call come from.
pub(crate) fn endorsement_type() -> Value {
    json!({
        "consequential": boolean(),
        "egress": boolean(),
        "all": boolean(),
        "missing": long(),
        "roles": texts(),
        "weakest": string(),
    })
}

/// The type of `context.ledger`: what was counted over the context and its principal, with this call.
pub(crate) fn ledger_type() -> Value {
    json!({
        "records": long(),
        "linked": long(),
        "sunk": long(),
        "bytes": long(),
        "source": boolean(),
        "newPair": boolean(),
        "passed": texts(),
    })
}

pub(crate) fn context(flow: &FlowSeen) -> RestrictedExpression {
    let label = &flow.context.label;
    record([
        ("untrusted", RestrictedExpression::new_bool(label.is_untrusted())),
        ("confidentiality", RestrictedExpression::new_long(label.confidentiality.rank().into())),
        ("integrity", RestrictedExpression::new_long(label.integrity.rank().into())),
        ("categories", set(label.categories.iter().map(|category| category.as_str()))),
        ("origins", set(label.origins.iter().map(|server| server.as_str()))),
        ("ground", text(flow.context.ground.as_str())),
    ])
}

pub(crate) fn endorsement(flow: &FlowSeen) -> RestrictedExpression {
    let endorse = &flow.endorse;
    record([
        ("consequential", RestrictedExpression::new_bool(endorse.consequential)),
        ("egress", RestrictedExpression::new_bool(endorse.egress)),
        ("all", RestrictedExpression::new_bool(endorse.missing.is_empty())),
        ("missing", RestrictedExpression::new_long(long_of(endorse.missing.len() as u64))),
        ("roles", set(endorse.missing.iter().map(|missing| missing.role.as_str()))),
        ("weakest", text(endorse.weakest.map_or("none", |origin| origin.as_str()))),
    ])
}

pub(crate) fn ledger(flow: &FlowSeen) -> RestrictedExpression {
    let ledger = &flow.ledger;
    let number = |count| RestrictedExpression::new_long(long_of(count));
    record([
        ("records", number(ledger.records)),
        ("linked", number(ledger.linked)),
        ("sunk", number(ledger.sunk)),
        ("bytes", number(ledger.bytes)),
        ("source", RestrictedExpression::new_bool(ledger.source)),
        ("newPair", RestrictedExpression::new_bool(ledger.new_pair)),
        ("passed", set(ledger.passed.iter().map(|rule| rule.as_str()))),
    ])
}

/// Which arguments lack an endorsed origin, by path and role; `None` when none does. Its form depends on the call alone,
/// never on what was read, so that a refusal tells nothing of that (DEFENCES §2.11).
pub(crate) fn missing(flow: &FlowSeen) -> Option<String> {
    let missing = &flow.endorse.missing;
    if missing.is_empty() {
        return None;
    }
    let named = |one: &Missing| format!("{} ({})", if one.path.is_empty() { "/" } else { &*one.path }, one.role);
    let told: Vec<String> = missing.iter().take(MISSING_TOLD_MAX).map(named).collect();
    let more = if missing.len() > told.len() { ", and others" } else { "" };
    Some(format!("No endorsed origin: {}{more}.", told.join(", ")))
}

fn set<'a>(words: impl Iterator<Item = &'a str>) -> RestrictedExpression {
    RestrictedExpression::new_set(words.map(text))
}

fn long_of(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn boolean() -> Value {
    json!({ "type": "Boolean" })
}

fn long() -> Value {
    json!({ "type": "Long" })
}

fn string() -> Value {
    json!({ "type": "String" })
}

fn texts() -> Value {
    json!({ "type": "Set", "element": string() })
}
