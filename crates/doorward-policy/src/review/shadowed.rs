//! `shadowed`: a rule that changes nothing, because another always says the same or forbids all of it.

use cedar_policy::Effect;
use serde_json::Value;

use super::{Subject, has_no_conditions, scope};
use crate::finding::{Finding, Severity};
use crate::rule::Rule;

/// Annotations by which a permit does more, or less, than permit.
const WEIGHTY: [&str; 5] = ["guard", "obligation", "limit", "scopes", "hide"];

pub(super) fn look(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let rule = subject.rule;
    let others = || subject.engine.rules.iter().filter(|other| other.number != rule.number);
    if let Some(forbid) = others().find(|other| is_forbidden_by(subject, other)) {
        let message = match rule.effect() {
            Effect::Permit => {
                format!("the rule \"{}\" can never permit anything: \"{}\" forbids all of it", rule.name, forbid.name)
            }
            Effect::Forbid => {
                format!("the rule \"{}\" forbids only what \"{}\" forbids already", rule.name, forbid.name)
            }
        };
        findings.push(shadowed(subject, message));
    } else if let Some(permit) = others().find(|other| is_permitted_by(subject, other)) {
        findings.push(shadowed(
            subject,
            format!("the rule \"{}\" permits only what \"{}\" permits already", rule.name, permit.name),
        ));
    }
}

fn shadowed(subject: &Subject<'_>, message: String) -> Finding {
    subject
        .finding(Severity::Warning, "shadowed", None, message)
        .with_advice("remove one of the two, or narrow the wider one: a rule that changes nothing misleads its reader")
}

/// An unconditional forbid over the whole scope.
fn is_forbidden_by(subject: &Subject<'_>, other: &Rule) -> bool {
    let rule = subject.rule;
    other.effect() == Effect::Forbid
        && !has_weight(rule, &["hide"])
        && scope::covers(subject.engine, other, rule)
        && conditions(other).is_some_and(|written| has_no_conditions(&written))
        && (rule.effect() == Effect::Permit || is_first_of_twins(subject, other))
}

/// A permit over the whole scope, under no conditions or the same, that asks for nothing more.
fn is_permitted_by(subject: &Subject<'_>, other: &Rule) -> bool {
    let rule = subject.rule;
    let both_permit = rule.effect() == Effect::Permit && other.effect() == Effect::Permit;
    both_permit
        && !has_weight(rule, &["guard", "obligation", "limit"])
        && !has_weight(other, &WEIGHTY)
        && scope::covers(subject.engine, other, rule)
        && conditions(other).is_some_and(|written| {
            has_no_conditions(&written) || written.get("conditions") == subject.written.get("conditions")
        })
        && is_first_of_twins(subject, other)
}

/// Of two rules that cover each other the later is told; otherwise the narrower.
fn is_first_of_twins(subject: &Subject<'_>, other: &Rule) -> bool {
    let alike = scope::covers(subject.engine, subject.rule, other)
        && conditions(other).is_some_and(|written| written.get("conditions") == subject.written.get("conditions"));
    !alike || other.number < subject.rule.number
}

fn conditions(rule: &Rule) -> Option<Value> {
    rule.policy.to_json().ok()
}

fn has_weight(rule: &Rule, annotations: &[&str]) -> bool {
    annotations.iter().any(|name| rule.policy.annotation(name).is_some())
}
