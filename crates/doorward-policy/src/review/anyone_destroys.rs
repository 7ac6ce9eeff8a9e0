//! `anyone-destroys`: a permit that lets whoever comes use tools that destroy, without conditions or a person's word.

use cedar_policy::{ActionConstraint, PrincipalConstraint, ResourceConstraint};

use super::Subject;
use crate::effect::Effect;
use crate::finding::{Finding, Severity};
use crate::rule::server_part;
use crate::vocabulary::{EGRESS, TOOLS};

pub(super) fn look(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let policy = &subject.rule.policy;
    let guarded = ["obligation", "scopes"].iter().any(|name| policy.annotation(name).is_some());
    let anyone = matches!(policy.principal_constraint(), PrincipalConstraint::Any | PrincipalConstraint::Is(_));
    if !subject.is_permit() || guarded || !anyone || !subject.is_unconditional() {
        return;
    }
    let Some(what) = destroying(subject) else { return };
    let message = format!("the rule \"{}\" lets anyone use {what}", subject.rule.name);
    findings.push(subject.finding(Severity::Warning, "anyone-destroys", None, message).with_advice(
        "say who may: principal == User::\"NAME\" or principal in Group::\"NAME\"; or under which conditions",
    ));
}

/// What of the rule's actions destroys.
fn destroying(subject: &Subject<'_>) -> Option<String> {
    let policy = &subject.rule.policy;
    let uids = match policy.action_constraint() {
        // All actions on all things are told by another lint.
        ActionConstraint::Any if matches!(policy.resource_constraint(), ResourceConstraint::Any) => return None,
        ActionConstraint::Any => return Some("every tool it covers, those that destroy among them".to_owned()),
        ActionConstraint::Eq(uid) => vec![uid],
        ActionConstraint::In(uids) => uids,
    };
    uids.iter().find_map(|uid| {
        let id = uid.id().unescaped();
        if ["destructive", TOOLS, EGRESS].contains(&id) {
            return Some(format!("all tools of the group \"{id}\", those that destroy among them"));
        }
        let desk =
            subject.engine.desks.iter().find(|(server, _)| server.as_str() == server_part(id)).map(|(_, desk)| desk)?;
        let tool = desk.tools.get(id.split_once('/')?.1)?;
        (tool.facts.assessment.effect == Effect::Destructive)
            .then(|| format!("\"{id}\", which counts as destructive because of {}", tool.facts.assessment.evidence))
    })
}
