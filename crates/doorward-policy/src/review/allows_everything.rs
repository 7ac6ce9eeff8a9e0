//! `allows-everything`: a permit that names neither what may be done nor on what.

use cedar_policy::{ActionConstraint, ResourceConstraint};

use super::Subject;
use crate::finding::{Finding, Severity};

pub(super) fn look(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let policy = &subject.rule.policy;
    let open = matches!(policy.action_constraint(), ActionConstraint::Any)
        && matches!(policy.resource_constraint(), ResourceConstraint::Any);
    if !subject.is_permit() || !open {
        return;
    }
    let under = if subject.is_unconditional() { "" } else { ", wherever its conditions hold" };
    let message = format!("the rule \"{}\" permits every action on everything{under}", subject.rule.name);
    findings.push(
        subject.finding(Severity::Warning, "allows-everything", None, message).with_advice(
            "name the tools: action in [Action::\"server/tool\", …]; or a group: action in Action::\"read\"",
        ),
    );
}
