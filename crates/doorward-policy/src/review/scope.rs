//! Whether one rule's scope covers all that another's does.
//!
//! Says yes only where the words of the two scopes prove it, with what is known of the tools on offer.

use cedar_policy::{ActionConstraint, EntityTypeName, EntityUid, PrincipalConstraint, ResourceConstraint};

use crate::engine::Engine;
use crate::rule::{Rule, server_part};
use crate::vocabulary::{EGRESS, TOOLS, group_of};

/// The groups that hold nothing but tools.
const TOOL_GROUPS: [&str; 5] = [TOOLS, "read", "write", "destructive", EGRESS];

/// Whether every request in the scope of `narrow` is in the scope of `wide`.
pub(super) fn covers(engine: &Engine, wide: &Rule, narrow: &Rule) -> bool {
    principals(&wide.policy.principal_constraint(), &narrow.policy.principal_constraint())
        && actions(engine, &wide.policy.action_constraint(), &narrow.policy.action_constraint())
        && resources(&wide.policy.resource_constraint(), &narrow.policy.resource_constraint())
}

fn principals(wide: &PrincipalConstraint, narrow: &PrincipalConstraint) -> bool {
    use PrincipalConstraint::{Any, Eq, In, Is, IsIn};
    match (wide, narrow) {
        (Any, _) => true,
        (_, Any) => false,
        (Is(of), Is(other) | IsIn(other, _)) => of == other,
        (Is(of), Eq(uid)) => is_of(uid, of),
        (Is(_) | Eq(_) | IsIn(..), In(_)) | (Eq(_) | In(_) | IsIn(..), Is(_)) => false,
        (Eq(one), Eq(other)) => one == other,
        (Eq(_), IsIn(..)) => false,
        (In(one), Eq(other) | In(other) | IsIn(_, other)) => one == other,
        (IsIn(of, one), Eq(other)) => is_of(other, of) && one == other,
        (IsIn(of, one), IsIn(other_of, other)) => of == other_of && one == other,
    }
}

fn actions(engine: &Engine, wide: &ActionConstraint, narrow: &ActionConstraint) -> bool {
    let (wide, narrow) = match (wide, narrow) {
        (ActionConstraint::Any, _) => return true,
        (_, ActionConstraint::Any) => return false,
        (ActionConstraint::Eq(one), ActionConstraint::Eq(other)) => return one == other,
        (ActionConstraint::Eq(_), ActionConstraint::In(_)) => return false,
        (ActionConstraint::In(wide), ActionConstraint::Eq(narrow)) => (wide, std::slice::from_ref(narrow)),
        (ActionConstraint::In(wide), ActionConstraint::In(narrow)) => (wide, narrow.as_slice()),
    };
    let holds = |id: &str| wide.iter().any(|uid| uid.id().unescaped() == id);
    narrow.iter().all(|uid| {
        let id = uid.id().unescaped();
        holds(id) || groups_of(engine, id).iter().any(|group| holds(group))
    })
}

/// The groups that an action is known to be in.
fn groups_of(engine: &Engine, id: &str) -> Vec<String> {
    if TOOL_GROUPS.contains(&id) {
        return vec![TOOLS.to_owned()];
    }
    if let Some(group) = group_of(id) {
        return vec![group.to_owned()];
    }
    let desk = engine.desks.iter().find(|(server, _)| server.as_str() == server_part(id)).map(|(_, desk)| desk);
    let tool = id.split_once('/').and_then(|(_, name)| desk?.tools.get(name));
    tool.map(|tool| groups_of_tool(&tool.facts)).unwrap_or_default()
}

/// The groups of a tool that is on offer.
pub(super) fn groups_of_tool(facts: &crate::catalogue::ToolFacts) -> Vec<String> {
    let groups = crate::schema::groups_of(facts.assessment.effect, facts.assessment.reach);
    groups.into_iter().map(str::to_owned).collect()
}

fn resources(wide: &ResourceConstraint, narrow: &ResourceConstraint) -> bool {
    use ResourceConstraint::{Any, Eq, In, Is, IsIn};
    match (wide, narrow) {
        (Any, _) => true,
        (_, Any) => false,
        (Is(of), Is(other) | IsIn(other, _)) => of == other,
        // Nothing is in a tool, a resource or a prompt but itself; a server holds things of other types.
        (Is(of), Eq(uid) | In(uid)) => is_of(uid, of) && !is_server(uid) || is_server_only(of, narrow),
        (Eq(_) | In(_) | IsIn(..), Is(_)) => false,
        (Eq(one), Eq(other)) => one == other,
        (Eq(one), In(other) | IsIn(_, other)) => one == other && !is_server(other),
        (In(one), Eq(other) | In(other) | IsIn(_, other)) => is_within(other, one),
        (IsIn(of, one), Eq(other)) => is_of(other, of) && is_within(other, one),
        (IsIn(of, one), In(other)) => is_of(other, of) && !is_server(other) && is_within(other, one),
        (IsIn(of, one), IsIn(other_of, other)) => of == other_of && is_within(other, one),
    }
}

fn is_server_only(of: &EntityTypeName, narrow: &ResourceConstraint) -> bool {
    of.basename() == "Server" && matches!(narrow, ResourceConstraint::Eq(uid) if is_server(uid))
}

fn is_server(uid: &EntityUid) -> bool {
    uid.type_name().basename() == "Server"
}

fn is_of(uid: &EntityUid, of: &EntityTypeName) -> bool {
    uid.type_name() == of
}

/// Whether `inner` is `outer`, or a thing of that server.
fn is_within(inner: &EntityUid, outer: &EntityUid) -> bool {
    inner == outer
        || (is_server(outer) && !is_server(inner) && server_part(inner.id().unescaped()) == outer.id().unescaped())
}
