//! From a message to what it asks for.

use std::sync::Arc;

use doorward_mcp::message::Message;
use doorward_mcp::raw::{Kind as JsonKind, Raw, RawJson};

use super::{Action, Direction, Kind, Resource, Target, questions};
use crate::ids::ServerId;
use crate::limits::SUBSCRIBED_RESOURCES_MAX;
use crate::refusal::{Code, Refusal};

/// What a message asks for: one method, on one or several things.
#[derive(Debug, Clone)]
pub struct Access {
    /// The things acted on, each with the action that decides about it; never empty.
    pub subjects: Vec<(Action, Resource)>,
    /// The method itself.
    pub action: Action,
    /// `params.arguments`, where the method has them.
    pub arguments: Option<RawJson>,
}

impl Access {
    /// The first thing acted on, which is the one a record names.
    #[must_use]
    pub fn resource(&self) -> Option<&Resource> {
        self.subjects.first().map(|(_, resource)| resource)
    }
}

/// Says what `message` (a request or a notification) asks of `server`.
///
/// # Errors
/// [`Code::UnknownMethod`] for a method no revision has in that direction, [`Code::BadParams`] when a known method's
/// parameters do not name what they must, [`Code::UnknownShape`] for a response.
pub fn classify(message: &Message, server: &ServerId, direction: Direction) -> Result<Access, Refusal> {
    let (kind, method, params) = match message {
        Message::Request(request) => (Kind::Request, request.method(), request.params()),
        Message::Notification(notification) => (Kind::Notification, notification.method(), notification.params()),
        Message::Response(_) => return Err(Refusal::new(Code::UnknownShape)),
    };
    let action = Action::of(direction, kind, method).ok_or_else(|| Refusal::new(Code::UnknownMethod))?;
    let subjects = subjects(action, params, server)?;
    let arguments = arguments(action, params, message)?;
    Ok(Access { subjects, action, arguments })
}

fn subjects(action: Action, params: Option<Raw<'_>>, server: &ServerId) -> Result<Vec<(Action, Resource)>, Refusal> {
    let server = server.clone();
    let one = match action.target() {
        Target::Server if action.name() == "notifications/tasks" => return task(action, params, server),
        Target::Server => Resource::Server(server),
        Target::Tool => Resource::Tool(server, text(params, "name")?),
        Target::Prompt => Resource::Prompt(server, text(params, "name")?),
        Target::Resource => Resource::Resource(server, text(params, "uri")?),
        Target::Reference => reference(params, server)?,
        Target::Subscription => return subscription(action, params, server),
    };
    Ok(vec![(action, one)])
}

/// `params.ref` of `completion/complete`: `{type: "ref/prompt", name}` or `{type: "ref/resource", uri}`.
fn reference(params: Option<Raw<'_>>, server: ServerId) -> Result<Resource, Refusal> {
    let reference = params.and_then(|params| params.member("ref"));
    match text(reference, "type")?.as_ref() {
        "ref/prompt" => Ok(Resource::Prompt(server, text(reference, "name")?)),
        "ref/resource" => Ok(Resource::Resource(server, text(reference, "uri")?)),
        _ => Err(bad_params("params.ref.type must be ref/prompt or ref/resource.")),
    }
}

/// `subscriptions/listen` (2026-07-28): the stream itself, and every resource it wants to hear of. A resource is decided
/// as `resources/subscribe`, so that one rule holds in both eras.
fn subscription(action: Action, params: Option<Raw<'_>>, server: ServerId) -> Result<Vec<(Action, Resource)>, Refusal> {
    let wanted = params
        .and_then(|params| params.member("notifications"))
        .filter(|wanted| wanted.kind() == JsonKind::Object)
        .ok_or_else(|| bad_params("params.notifications must be an object."))?;
    if wanted.miscased_member(SUBSCRIPTION_MEMBERS).is_some() {
        return Err(Refusal::new(Code::KeyCase).with_detail("It is a key of params.notifications."));
    }
    let subscribe = Action::of(Direction::ToServer, Kind::Request, "resources/subscribe")
        .ok_or_else(|| Refusal::new(Code::UnknownMethod))?;
    let mut subjects = vec![(action, Resource::Server(server.clone()))];
    let Some(uris) = wanted.member("resourceSubscriptions") else {
        return Ok(subjects);
    };
    if uris.kind() != JsonKind::Array {
        return Err(bad_params("params.notifications.resourceSubscriptions must be an array."));
    }
    for uri in uris.elements() {
        if subjects.len() > SUBSCRIBED_RESOURCES_MAX {
            return Err(bad_params("params.notifications.resourceSubscriptions names too many resources."));
        }
        let uri =
            uri.as_str().ok_or_else(|| bad_params("params.notifications.resourceSubscriptions holds strings only."))?;
        subjects.push((subscribe, Resource::Resource(server.clone(), Arc::from(uri.as_ref()))));
    }
    Ok(subjects)
}

/// What `subscriptions/listen` can wish for. A server that ignores case would read a miscased one, a decision would not.
const SUBSCRIPTION_MEMBERS: &[&str] =
    &["toolsListChanged", "promptsListChanged", "resourcesListChanged", "resourceSubscriptions", "taskIds"];

/// `notifications/tasks` (2026-07-28): the news itself, and every question a task that waits for input puts.
fn task(action: Action, params: Option<Raw<'_>>, server: ServerId) -> Result<Vec<(Action, Resource)>, Refusal> {
    let mut subjects = vec![(action, Resource::Server(server.clone()))];
    if let Some(params) = params {
        if params.miscased_member(&["inputRequests"]).is_some() {
            return Err(Refusal::new(Code::KeyCase).with_detail("It is a key of params."));
        }
        if let Some(asked) = params.member("inputRequests") {
            subjects.extend(questions(asked, &server)?);
        }
    }
    Ok(subjects)
}

/// `params.arguments`, which must be an object where it is present.
fn arguments(action: Action, params: Option<Raw<'_>>, message: &Message) -> Result<Option<RawJson>, Refusal> {
    if !action.has_arguments() {
        return Ok(None);
    }
    match params.and_then(|params| params.member("arguments")) {
        None => Ok(None),
        Some(arguments) if arguments.kind() == JsonKind::Object => Ok(kept(message, arguments)),
        Some(_) => Err(bad_params("params.arguments must be an object.")),
    }
}

fn kept(message: &Message, value: Raw<'_>) -> Option<RawJson> {
    match message {
        Message::Request(request) => Some(request.keep(value)),
        Message::Notification(_) | Message::Response(_) => None,
    }
}

fn text(object: Option<Raw<'_>>, key: &str) -> Result<Arc<str>, Refusal> {
    object
        .and_then(|object| object.member(key))
        .and_then(|value| value.as_str())
        .map(|text| Arc::from(text.as_ref()))
        .ok_or_else(|| bad_params(&format!("It needs a string '{key}'.")))
}

fn bad_params(detail: &str) -> Refusal {
    Refusal::new(Code::BadParams).with_detail(detail)
}
