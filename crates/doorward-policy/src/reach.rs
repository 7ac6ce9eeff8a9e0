//! Which servers and tools a rule's scope can cover at all. Reads scopes only: a rule that reaches may still not match.

use std::collections::BTreeSet;

use doorward_core::ids::ServerId;

use crate::catalogue::{Catalogue, ToolFacts};
use crate::effect::{Effect, Reach};
use crate::rule::{Rule, server_part};
use crate::schema::{groups_of, tool_id};
use crate::surroundings::Surroundings;
use crate::vocabulary::{TOOLS, group_of, methods, resource_types};

/// Action ids of tools that rules name and no catalogue holds.
pub(crate) type Unseen = BTreeSet<String>;

/// Whether `rule` can cover anything of `server`, now or when it offers more.
pub(crate) fn reaches(rule: &Rule, server: &ServerId, around: &Surroundings, unseen: &Unseen) -> bool {
    methods().any(|method| reaches_method(rule, method, server))
        || reaches_tools_to_come(rule, server)
        || match around.catalogue(server.as_str()) {
            Some(catalogue) => tools_covered(rule, catalogue).next().is_some(),
            None => reaches_unseen_tool(rule, server, unseen),
        }
}

/// Whether `rule` can cover `method` on `server` or something of it.
pub(crate) fn reaches_method(rule: &Rule, method: &str, server: &ServerId) -> bool {
    rule.covers_action(method, group_of(method).as_slice())
        && resource_types(method).iter().any(|of| rule.covers_resource(of, server, None))
}

/// The tools of `catalogue` that `rule` can cover.
pub(crate) fn tools_covered<'a>(rule: &Rule, catalogue: &'a Catalogue) -> impl Iterator<Item = &'a ToolFacts> {
    catalogue
        .tools()
        .iter()
        .filter(|(name, facts)| covers_tool(rule, catalogue, name, facts))
        .map(|(_, facts)| &**facts)
}

/// Whether `rule` can cover this tool of `catalogue`.
pub(crate) fn covers_tool(rule: &Rule, catalogue: &Catalogue, name: &str, facts: &ToolFacts) -> bool {
    let id = tool_id(catalogue, name);
    rule.covers_action(&id, &groups_of(facts.assessment.effect, facts.assessment.reach))
        && rule.covers_resource("Tool", catalogue.server(), Some(&id))
}

/// A rule on a group is about the tools a server will offer, too; one that names a single tool is not.
fn reaches_tools_to_come(rule: &Rule, server: &ServerId) -> bool {
    !rule.names_one_thing() && covers_some_group(rule) && rule.covers_resource("Tool", server, None)
}

fn reaches_unseen_tool(rule: &Rule, server: &ServerId, unseen: &Unseen) -> bool {
    let named = unseen.iter().filter(|id| server_part(id) == server.as_str());
    let covered = |id: &String| rule.covers_action(id, &[TOOLS]) && rule.covers_resource("Tool", server, Some(id));
    named.into_iter().any(covered) || (covers_some_group(rule) && rule.covers_resource("Tool", server, None))
}

fn covers_some_group(rule: &Rule) -> bool {
    [Effect::Read, Effect::Write, Effect::Destructive]
        .into_iter()
        .any(|effect| rule.covers_action("", &groups_of(effect, Reach::Open)))
}
