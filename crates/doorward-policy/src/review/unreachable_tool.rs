//! `unreachable-tool`: tools that no permit covers, so that nobody can ever call them. Told for each server at once.

use std::sync::Arc;

use cedar_policy::Effect;

use super::{has_no_conditions, scope};
use crate::desk::ToolPost;
use crate::engine::Engine;
use crate::finding::{Finding, Place, Severity};
use crate::rule::Rule;

pub(super) fn look(engine: &Engine, findings: &mut Vec<Finding>) {
    let mut servers: Vec<_> = engine.desks.iter().collect();
    servers.sort_by_key(|(server, _)| server.as_str());
    for (server, desk) in servers {
        let mut closed: Vec<&str> =
            desk.tools.iter().filter(|(_, tool)| is_closed(engine, tool)).map(|(name, _)| name.as_ref()).collect();
        closed.sort_unstable();
        if closed.is_empty() {
            continue;
        }
        let place = Place { file: Arc::from(format!("server {server}")), text: Arc::from(""), span: None };
        let (noun, it) = if closed.len() == 1 { ("tool", "it") } else { ("tools", "them") };
        let message = format!("no rule permits {} {noun} of {}: {}", closed.len(), desk.tools.len(), closed.join(", "));
        findings.push(
            Finding::new(Severity::Information, &place, message)
                .with_code("unreachable-tool")
                .with_advice(format!("nothing to do, if nobody should call {it}")),
        );
    }
}

/// No permit covers it, or each that does is wholly forbidden.
fn is_closed(engine: &Engine, tool: &ToolPost) -> bool {
    let rules = || tool.post.slice.rules.iter().filter_map(|number| engine.rules.get(*number));
    let forbids: Vec<&Rule> = rules()
        .filter(|rule| rule.effect() == Effect::Forbid)
        .filter(|rule| rule.policy.to_json().is_ok_and(|written| has_no_conditions(&written)))
        .collect();
    rules()
        .filter(|rule| rule.effect() == Effect::Permit)
        .all(|permit| forbids.iter().any(|forbid| scope::covers(engine, forbid, permit)))
}
