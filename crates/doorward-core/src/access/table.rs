//! Every method this gateway knows, in any revision, with what its parameters point at.
//!
//! The per-revision tables of `doorward-mcp` say what a revision has; this one says what a decision is about. A test
//! holds the two together: a method of any revision that is missing here would be refused everywhere.

use super::{Direction, Kind};

/// What a method's parameters point at, and so which resource a decision is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The server as a whole.
    Server,
    /// `params.name` is a tool.
    Tool,
    /// `params.uri` is a resource.
    Resource,
    /// `params.name` is a prompt.
    Prompt,
    /// `params.ref` is a prompt or a resource template.
    Reference,
    /// `params.notifications` names any number of resources.
    Subscription,
}

/// One row: a method, which way it goes, what it is about.
#[derive(Debug)]
pub struct ActionRule {
    /// The exact method string.
    pub method: &'static str,
    /// Which way its messages travel.
    pub direction: Direction,
    /// Request or notification.
    pub kind: Kind,
    /// What its parameters point at.
    pub target: Target,
}

const fn request(method: &'static str, target: Target) -> ActionRule {
    ActionRule { method, direction: Direction::ToServer, kind: Kind::Request, target }
}

const fn question(method: &'static str) -> ActionRule {
    ActionRule { method, direction: Direction::ToClient, kind: Kind::Request, target: Target::Server }
}

const fn told(method: &'static str, target: Target) -> ActionRule {
    ActionRule { method, direction: Direction::ToServer, kind: Kind::Notification, target }
}

const fn tells(method: &'static str, target: Target) -> ActionRule {
    ActionRule { method, direction: Direction::ToClient, kind: Kind::Notification, target }
}

/// The table, most frequent first: looking up is a scan.
pub const ACTIONS: &[ActionRule] = &[
    request("tools/call", Target::Tool),
    request("tools/list", Target::Server),
    request("resources/read", Target::Resource),
    request("prompts/get", Target::Prompt),
    request("resources/list", Target::Server),
    request("resources/templates/list", Target::Server),
    request("prompts/list", Target::Server),
    request("completion/complete", Target::Reference),
    request("server/discover", Target::Server),
    request("initialize", Target::Server),
    request("ping", Target::Server),
    request("logging/setLevel", Target::Server),
    request("resources/subscribe", Target::Resource),
    request("resources/unsubscribe", Target::Resource),
    request("subscriptions/listen", Target::Subscription),
    request("tasks/get", Target::Server),
    request("tasks/result", Target::Server),
    request("tasks/list", Target::Server),
    request("tasks/cancel", Target::Server),
    request("tasks/update", Target::Server),
    told("notifications/initialized", Target::Server),
    told("notifications/cancelled", Target::Server),
    told("notifications/progress", Target::Server),
    told("notifications/roots/list_changed", Target::Server),
    told("notifications/tasks/status", Target::Server),
    question("sampling/createMessage"),
    question("elicitation/create"),
    question("roots/list"),
    question("ping"),
    question("tasks/get"),
    question("tasks/result"),
    question("tasks/list"),
    question("tasks/cancel"),
    tells("notifications/progress", Target::Server),
    tells("notifications/message", Target::Server),
    tells("notifications/cancelled", Target::Server),
    tells("notifications/tools/list_changed", Target::Server),
    tells("notifications/prompts/list_changed", Target::Server),
    tells("notifications/resources/list_changed", Target::Server),
    tells("notifications/resources/updated", Target::Resource),
    tells("notifications/elicitation/complete", Target::Server),
    tells("notifications/tasks/status", Target::Server),
    tells("notifications/tasks", Target::Server),
    tells("notifications/subscriptions/acknowledged", Target::Server),
];
