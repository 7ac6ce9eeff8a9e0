//! What a session of the gateway's own with a legacy server is told on behalf of a modern request.
//!
//! Responsible for the wording under the session's own numbers: modern clients number their requests each for itself,
//! and one session must tell them apart. It must never put a client's id or progress token into the session.

use super::edit::{self, Member};
use super::{Rewording, Row, Unbridged, requests, tasks};
use crate::compose::{self, quote};
use crate::id::{Id, ProgressToken};
use crate::limits::Limits;
use crate::message::{Message, Notification, Request};
use crate::views::meta::LogLevel;

/// A modern request in legacy words, under a number of the session. A progress token becomes that number as well.
///
/// # Errors
/// The legacy era has no such method.
pub fn request_in_session(request: &Request, number: u64) -> Result<Rewording, Unbridged> {
    let token = request.progress_token().map(|_| ("progressToken", number.to_string()));
    requests::to_legacy_as(request, Some(&Id::from(number)), token)
}

/// A modern `tools/call` as a legacy one that the server may answer with a task to be kept for `ttl` milliseconds.
///
/// # Errors
/// The request has no params.
pub fn call_as_task_in_session(request: &Request, number: u64, ttl: u64) -> Result<Rewording, Unbridged> {
    match request_in_session(request, number)?.into_message() {
        Message::Request(request) => tasks::call_as_task(&request, ttl),
        Message::Notification(_) | Message::Response(_) => Err(Unbridged::method(request.method())),
    }
}

/// `tasks/get`, `tasks/result` or `tasks/cancel` under a number of the session.
///
/// # Errors
/// The legacy era has no such method.
pub fn task_in_session(number: u64, method: &str, task_id: &str) -> Result<Rewording, Unbridged> {
    Ok(Rewording(Message::Request(tasks::legacy_task_request(&Id::from(number), method, task_id)?)))
}

/// `logging/setLevel` under a number of the session.
///
/// # Errors
/// It cannot be composed.
pub fn level_in_session(number: u64, level: LogLevel) -> Result<Rewording, Unbridged> {
    composed(Row::Logging, number, "logging/setLevel", &[("level", quote(level.as_str()))])
}

/// `resources/subscribe` under a number of the session, for one resource of a `subscriptions/listen`.
///
/// # Errors
/// It cannot be composed.
pub fn subscribe_in_session(number: u64, uri: &str) -> Result<Rewording, Unbridged> {
    composed(Row::Subscriptions, number, "resources/subscribe", &[("uri", quote(uri))])
}

/// `resources/unsubscribe` under a number of the session.
///
/// # Errors
/// It cannot be composed.
pub fn unsubscribe_in_session(number: u64, uri: &str) -> Result<Rewording, Unbridged> {
    composed(Row::Subscriptions, number, "resources/unsubscribe", &[("uri", quote(uri))])
}

/// `notifications/cancelled` for the request of that number.
///
/// # Errors
/// It cannot be composed.
pub fn cancelled_in_session(number: u64) -> Result<Rewording, Unbridged> {
    let reason = quote("nobody waits for the answer any more");
    let params = edit::object_of(&[("requestId", number.to_string()), ("reason", reason)]);
    let bytes = compose::notification("notifications/cancelled", Some(&params));
    super::notification(Row::Cancellation, bytes).map(|told| Rewording(Message::Notification(told)))
}

/// Progress that a session reports of the request of that number, under the client's own token. `None` for progress
/// of anything else.
#[must_use]
pub fn progress_from_session(
    notification: &Notification,
    number: u64,
    token: Option<&ProgressToken>,
) -> Option<Notification> {
    let named = notification.param("progressToken")?;
    if named.as_u64() != Some(number) {
        return None;
    }
    let bytes = notification.with_param("progressToken", token?.to_json()).into_bytes();
    match Message::parse(bytes, &Limits::for_results()) {
        Ok(Message::Notification(notification)) => Some(notification),
        Ok(Message::Request(_) | Message::Response(_)) | Err(_) => None,
    }
}

fn composed(row: Row, number: u64, method: &str, params: &[Member<'_>]) -> Result<Rewording, Unbridged> {
    let bytes = compose::request(&Id::from(number), method, Some(&edit::object_of(params)));
    super::request(row, bytes).map(|request| Rewording(Message::Request(request)))
}
