//! The words every policy is written in: entity types, action groups, and which method belongs to which group.
//!
//! A method is open to everyone only if it is named here; one that is not stands for itself and waits for a rule.

use std::str::FromStr;

use cedar_policy::{EntityId, EntityTypeName, EntityUid};
use doorward_core::access::{ACTIONS, Target};
use doorward_core::principal::Subject;

/// The group of all tools' actions.
pub(crate) const TOOLS: &str = "tools/call";
/// The handshake, lists and housekeeping.
pub(crate) const PROTOCOL: &str = "protocol";
/// What a server asks of the client.
pub(crate) const QUESTIONS: &str = "questions";
/// Tools that reach out of their server's own world.
pub(crate) const EGRESS: &str = "egress";
/// Every action group, for advice.
pub(crate) const GROUPS: [&str; 7] = [TOOLS, "read", "write", "destructive", EGRESS, PROTOCOL, QUESTIONS];

const IN_PROTOCOL: &[&str] = &[
    "initialize",
    "logging/setLevel",
    "ping",
    "prompts/list",
    "resources/list",
    "resources/templates/list",
    "resources/unsubscribe",
    "server/discover",
    "subscriptions/listen",
    "tasks/cancel",
    "tasks/get",
    "tasks/list",
    "tasks/result",
    "tasks/update",
    "tools/list",
];

const IN_QUESTIONS: &[&str] = &["elicitation/create", "roots/list", "sampling/createMessage"];

/// The group a method's action is in; `None` for a method that stands for itself.
pub(crate) fn group_of(method: &str) -> Option<&'static str> {
    if IN_PROTOCOL.contains(&method) || method.starts_with("notifications/") {
        Some(PROTOCOL)
    } else if IN_QUESTIONS.contains(&method) {
        Some(QUESTIONS)
    } else {
        None
    }
}

/// The methods whose Cedar action has the method's own name, each once. `tools/call` is not among them: it is a group.
pub(crate) fn methods() -> impl Iterator<Item = &'static str> {
    let mut seen = Vec::new();
    ACTIONS.iter().map(|rule| rule.method).filter(move |method| {
        let new = *method != TOOLS && !seen.contains(method);
        seen.push(*method);
        new
    })
}

/// The entity types a method may be about, over both directions.
pub(crate) fn resource_types(method: &str) -> Vec<&'static str> {
    let mut types: Vec<&'static str> =
        ACTIONS.iter().filter(|rule| rule.method == method).flat_map(|rule| types_of(rule.target)).copied().collect();
    types.sort_unstable();
    types.dedup();
    types
}

/// Whether `method` may be about an entity of that type.
pub(crate) fn is_about(method: &str, entity_type: &str) -> bool {
    ACTIONS.iter().any(|rule| rule.method == method && types_of(rule.target).contains(&entity_type))
}

const fn types_of(target: Target) -> &'static [&'static str] {
    match target {
        // The resources a subscription names are decided one by one, as `resources/subscribe`.
        Target::Server | Target::Subscription => &["Server"],
        Target::Tool => &["Tool"],
        Target::Resource => &["Resource"],
        Target::Prompt => &["Prompt"],
        Target::Reference => &["Prompt", "Resource"],
    }
}

/// Every entity type, for advice.
pub(crate) const TYPES: [&str; 9] =
    ["Action", "Agent", "Group", "Prompt", "Resource", "Server", "Tenant", "Tool", "User"];

/// The entity types that act.
pub(crate) const PRINCIPALS: [&str; 2] = ["User", "Agent"];

/// The entity type of a subject.
pub(crate) const fn type_of(subject: &Subject) -> &'static str {
    match subject {
        Subject::User(_) => "User",
        Subject::Agent(_) => "Agent",
    }
}

/// The entity types as Cedar wants them, parsed once.
#[derive(Debug, Clone)]
pub(crate) struct EntityTypes {
    user: EntityTypeName,
    agent: EntityTypeName,
    group: EntityTypeName,
    tenant: EntityTypeName,
    server: EntityTypeName,
    tool: EntityTypeName,
    resource: EntityTypeName,
    prompt: EntityTypeName,
    action: EntityTypeName,
}

impl EntityTypes {
    /// Parses the names; `None` only if Cedar refused one of these constants.
    pub(crate) fn new() -> Option<Self> {
        let name = |text| EntityTypeName::from_str(text).ok();
        Some(Self {
            user: name("User")?,
            agent: name("Agent")?,
            group: name("Group")?,
            tenant: name("Tenant")?,
            server: name("Server")?,
            tool: name("Tool")?,
            resource: name("Resource")?,
            prompt: name("Prompt")?,
            action: name("Action")?,
        })
    }

    pub(crate) fn subject(&self, subject: &Subject) -> EntityUid {
        match subject {
            Subject::User(name) => uid(&self.user, name),
            Subject::Agent(name) => uid(&self.agent, name),
        }
    }

    pub(crate) fn agent(&self, id: &str) -> EntityUid {
        uid(&self.agent, id)
    }

    pub(crate) fn group(&self, id: &str) -> EntityUid {
        uid(&self.group, id)
    }

    pub(crate) fn tenant(&self, id: &str) -> EntityUid {
        uid(&self.tenant, id)
    }

    pub(crate) fn server(&self, id: &str) -> EntityUid {
        uid(&self.server, id)
    }

    pub(crate) fn tool(&self, id: &str) -> EntityUid {
        uid(&self.tool, id)
    }

    pub(crate) fn resource(&self, id: &str) -> EntityUid {
        uid(&self.resource, id)
    }

    pub(crate) fn resource_type(&self) -> EntityTypeName {
        self.resource.clone()
    }

    pub(crate) fn prompt(&self, id: &str) -> EntityUid {
        uid(&self.prompt, id)
    }

    pub(crate) fn action(&self, id: &str) -> EntityUid {
        uid(&self.action, id)
    }
}

fn uid(of: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(of.clone(), EntityId::new(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written out, so that a method added to the core's table needs a decision here.
    #[test]
    fn only_these_methods_stand_for_themselves() {
        let alone: Vec<&str> = methods().filter(|method| group_of(method).is_none()).collect();
        assert_eq!(alone, ["resources/read", "prompts/get", "completion/complete", "resources/subscribe"]);
    }

    #[test]
    fn every_grouped_method_is_a_known_one() {
        let known: Vec<&str> = methods().collect();
        for method in IN_PROTOCOL.iter().chain(IN_QUESTIONS) {
            assert!(known.contains(method), "{method}");
        }
    }
}
