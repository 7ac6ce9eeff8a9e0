//! Tasks: experimental in revision 2025-11-25, an extension since 2026-07-28.
//!
//! Responsible for the two wordings of a task and of the requests about one. It must never poll, wait or keep a
//! task: that is its callers' business.

use super::edit::{self, Change, Edits, Member, Meta};
use super::requests::Stamp;
use super::{Question, Rewording, Row, Unbridged, results};
use crate::compose::{self, quote};
use crate::id::Id;
use crate::message::{Message, Notification, Outcome, Request, Response};
use crate::raw::{Kind, Raw};
use crate::revision::Revision;
use crate::views::tasks::{Task, TaskStatus};

/// What the modern era says inside a task, and the legacy one beside it.
#[derive(Clone, Copy, Debug)]
pub enum TaskDetail<'a> {
    /// Nothing: it works or was cancelled.
    Nothing,
    /// What it gave: the result, an object.
    Result(Raw<'a>),
    /// The error it ended with: an error object.
    Error(Raw<'a>),
    /// What it asks.
    Questions(&'a [(String, Question)]),
}

/// A task of the gateway's own, for a legacy client whose server answered at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnTask {
    /// Its id.
    pub task_id: String,
    /// How far it is.
    pub status: TaskStatus,
    /// When it was made, in the form of RFC 3339.
    pub created_at: String,
    /// When it changed last, in the form of RFC 3339.
    pub last_updated_at: String,
    /// For how many milliseconds it is kept; `None` for as long as the gateway can.
    pub ttl_ms: Option<u64>,
    /// After how many milliseconds to ask again.
    pub poll_interval_ms: Option<u64>,
}

const ROW: Row = Row::Tasks;

const RELATED_TASK: &str = "io.modelcontextprotocol/related-task";

/// What goes from the `_meta` of whatever is said in legacy words.
const RESULT_META: Meta<'static> = Meta { drop: &results::RESULT_META, set: Vec::new() };

impl OwnTask {
    /// The task in the words of 2025-11-25, as JSON: the result of `tasks/get` and `tasks/cancel`.
    #[must_use]
    pub fn to_legacy_json(&self) -> String {
        let mut members = vec![
            ("taskId", quote(&self.task_id)),
            ("status", quote(self.status.as_str())),
            ("createdAt", quote(&self.created_at)),
            ("lastUpdatedAt", quote(&self.last_updated_at)),
            ("ttl", self.ttl_ms.map_or_else(|| "null".to_owned(), |ttl| ttl.to_string())),
        ];
        members.extend(self.poll_interval_ms.map(|interval| ("pollInterval", interval.to_string())));
        edit::object_of(&members)
    }

    /// The result of the call that became this task, as JSON.
    #[must_use]
    pub fn to_created_json(&self) -> String {
        edit::object_of(&[("task", self.to_legacy_json())])
    }
}

/// The call, as one that a legacy server may answer with a task to be kept for `ttl` milliseconds.
///
/// # Errors
/// The request has no params.
pub fn call_as_task(request: &Request, ttl: u64) -> Result<Rewording, Unbridged> {
    let Some(params) = request.params() else {
        return Err(Unbridged::new(ROW, "a call without params cannot become a task"));
    };
    let mut edits = Edits::of(request.bytes());
    edits.members(params, |_| Change::Keep, &[("task", format!(r#"{{"ttl":{ttl}}}"#))]);
    rewording(edits)
}

/// The call without the wish to run it as a task.
///
/// # Errors
/// The request cannot be edited.
pub fn without_task(request: &Request) -> Result<Rewording, Unbridged> {
    let mut edits = Edits::of(request.bytes());
    if let Some(params) = request.params() {
        edits.members(params, |name| if name == "task" { Change::Drop } else { Change::Keep }, &[]);
    }
    rewording(edits)
}

/// `tasks/get`, `tasks/result` or `tasks/cancel` for a legacy server.
///
/// # Errors
/// The legacy era has no such method.
pub fn legacy_task_request(id: &Id, method: &str, task_id: &str) -> Result<Request, Unbridged> {
    match method {
        "tasks/get" | "tasks/result" | "tasks/cancel" => {
            super::request(ROW, compose::request(id, method, Some(&edit::object_of(&[("taskId", quote(task_id))]))))
        }
        _ => Err(Unbridged::method(method)),
    }
}

/// `tasks/get` or `tasks/cancel` for a modern server.
///
/// # Errors
/// The modern era has no such method.
pub fn modern_task_request(id: &Id, method: &str, task_id: &str, stamp: &Stamp) -> Result<Request, Unbridged> {
    match method {
        "tasks/get" | "tasks/cancel" => {
            let params = edit::object_of(&[("taskId", quote(task_id)), ("_meta", stamp.to_json())]);
            super::request(ROW, compose::request(id, method, Some(&params)))
        }
        _ => Err(Unbridged::method(method)),
    }
}

/// `tasks/update` for a modern server: the answers to what a task asks, each a key and a bare result as JSON.
///
/// # Errors
/// An answer is no JSON.
pub fn update_request(
    id: &Id,
    task_id: &str,
    responses: &[(String, String)],
    stamp: &Stamp,
) -> Result<Request, Unbridged> {
    let responses: Vec<Member<'_>> = responses.iter().map(|(key, json)| (key.as_str(), json.clone())).collect();
    let params = edit::object_of(&[
        ("taskId", quote(task_id)),
        ("inputResponses", edit::object_of(&responses)),
        ("_meta", stamp.to_json()),
    ]);
    super::request(ROW, compose::request(id, "tasks/update", Some(&params)))
}

/// A legacy server's answer that a call became a task, in modern words. An error stays as
/// [`super::response_to_modern`] says it.
///
/// # Errors
/// The result is no task.
pub fn created_to_modern(response: &Response, server_info: Option<&str>) -> Result<Response, Unbridged> {
    let Outcome::Result(result) = response.outcome() else {
        return results::response_to_modern("tools/call", response, server_info);
    };
    Task::from_created(result).map_err(unreadable)?;
    let task = result.member("task").filter(|task| task.kind() == Kind::Object).ok_or_else(no_task)?;
    let mut added = vec![("resultType", quote("task"))];
    added.extend(results::meta_to_modern(result, server_info).map(|meta| ("_meta", meta)));
    let task = edit::edited(task, to_modern, &added).ok_or_else(no_task)?;
    replaced(response, result, task)
}

/// A modern server's answer that a call became a task, in the words of 2025-11-25.
///
/// # Errors
/// The result is no task.
pub fn created_to_legacy(response: &Response) -> Result<Response, Unbridged> {
    let Outcome::Result(result) = response.outcome() else {
        return results::response_to_legacy("tools/call", response, Revision::V2025_11_25);
    };
    Task::from_result(result).map_err(unreadable)?;
    let change = |name: &str| if name == "_meta" { Change::Drop } else { to_legacy(name) };
    let task = edit::edited(result, change, &[]).ok_or_else(no_task)?;
    let mut members = vec![("task", task)];
    members.extend(results::meta_to_legacy(result).map(|meta| ("_meta", meta)));
    replaced(response, result, edit::object_of(&members))
}

/// A legacy server's answer to `tasks/get` in modern words, with what it gave, ended with or asks.
///
/// In the legacy era a task whose tool reported an error has failed, and still has a result; in the modern one it is
/// completed. So what it gave decides, not what its status was called.
///
/// # Errors
/// The result is no task, or its status needs a detail that was not given.
pub fn fetched_to_modern(
    response: &Response,
    detail: TaskDetail<'_>,
    server_info: Option<&str>,
) -> Result<Response, Unbridged> {
    let Outcome::Result(result) = response.outcome() else {
        return results::response_to_modern("tasks/get", response, server_info);
    };
    let task = Task::from_result(result).map_err(unreadable)?;
    let mut added = vec![results::complete()];
    added.extend(detail_members(task.status, detail)?);
    added.extend(results::meta_to_modern(result, server_info).map(|meta| ("_meta", meta)));
    let task = edit::edited(result, to_modern, &added).ok_or_else(no_task)?;
    replaced(response, result, task)
}

/// A modern server's answer to `tasks/get` in the words of 2025-11-25, without what it gave or asks.
///
/// # Errors
/// The result is no task.
pub fn fetched_to_legacy(response: &Response) -> Result<Response, Unbridged> {
    let Outcome::Result(result) = response.outcome() else {
        return results::response_to_legacy("tasks/get", response, Revision::V2025_11_25);
    };
    let task = Task::from_result(result).map_err(unreadable)?;
    let reworded =
        edit::edited_with_meta(result, to_legacy, &failed_by_tool(&task), RESULT_META).ok_or_else(no_task)?;
    replaced(response, result, reworded)
}

/// A legacy server's answer to `tasks/cancel`, which is the task, as the modern acknowledgement.
///
/// # Errors
/// The response cannot be edited.
pub fn cancelled_to_modern(response: &Response, server_info: Option<&str>) -> Result<Response, Unbridged> {
    let Outcome::Result(result) = response.outcome() else {
        return results::response_to_modern("tasks/cancel", response, server_info);
    };
    let mut members = vec![results::complete()];
    members.extend(results::meta_to_modern(result, server_info).map(|meta| ("_meta", meta)));
    replaced(response, result, edit::object_of(&members))
}

/// What a modern task came to, as the answer to a `tasks/result` of 2025-11-25 under `id`. `None` while it is not
/// over.
///
/// # Errors
/// The task is malformed, or it ended without saying how.
pub fn outcome_to_legacy(id: &Id, task: Raw<'_>) -> Result<Option<Response>, Unbridged> {
    let read = Task::from_result(task).map_err(unreadable)?;
    let bytes = match (read.status, read.result, read.error) {
        (TaskStatus::Working | TaskStatus::InputRequired, _, _) => return Ok(None),
        (TaskStatus::Cancelled, _, _) => compose::error(Some(id), -32603, "the task was cancelled", None),
        (TaskStatus::Completed, Some(result), _) => {
            let related = edit::object_of(&[("taskId", quote(&read.task_id))]);
            let related = [(RELATED_TASK, related)];
            let result = edit::detached(result);
            let response = super::response(ROW, compose::result(id, result.as_raw().text()))?;
            let legacy = results::response_to_legacy("tools/call", &response, Revision::V2025_11_25)?;
            return with_meta(&legacy, related.to_vec()).map(Some);
        }
        (TaskStatus::Failed, _, Some(error)) => {
            let bytes = format!(r#"{{"jsonrpc":"2.0","id":{},"error":{}}}"#, id.to_json(), error.text());
            let response = super::response(ROW, bytes.into())?;
            return results::response_to_legacy("tools/call", &response, Revision::V2025_11_25).map(Some);
        }
        (TaskStatus::Completed, None, _) | (TaskStatus::Failed, _, None) => {
            return Err(Unbridged::new(ROW, "the task ended without saying how"));
        }
    };
    super::response(ROW, bytes).map(Some)
}

/// `notifications/tasks/status` of a legacy server as `notifications/tasks`, with what the task gave, ended with or
/// asks. `None` when it is no task, or when its status needs a detail that was not given.
#[must_use]
pub fn status_to_modern(notification: &Notification, detail: TaskDetail<'_>) -> Option<Notification> {
    let task = Task::from_params(notification.params()).ok()?;
    status(notification, "notifications/tasks", to_modern, &detail_members(task.status, detail).ok()?)
}

/// `notifications/tasks` of a modern server as `notifications/tasks/status`. `None` when it is no task.
#[must_use]
pub fn status_to_legacy(notification: &Notification) -> Option<Notification> {
    let task = Task::from_params(notification.params()).ok()?;
    status(notification, "notifications/tasks/status", to_legacy, &failed_by_tool(&task))
}

fn status(
    notification: &Notification,
    method: &str,
    change: impl Fn(&str) -> Change,
    added: &[Member<'_>],
) -> Option<Notification> {
    let params = edit::edited_with_meta(notification.params()?, change, added, RESULT_META)?;
    super::notification(ROW, compose::notification(method, Some(&params))).ok()
}

fn to_modern(name: &str) -> Change {
    match name {
        "ttl" => Change::Rename("ttlMs"),
        "pollInterval" => Change::Rename("pollIntervalMs"),
        // Of the modern era only: a legacy server that writes them means something else.
        "ttlMs" | "pollIntervalMs" | "inputRequests" | "result" | "error" => Change::Drop,
        _ => Change::Keep,
    }
}

fn to_legacy(name: &str) -> Change {
    match name {
        "ttlMs" => Change::Rename("ttl"),
        "pollIntervalMs" => Change::Rename("pollInterval"),
        "resultType" | "inputRequests" | "result" | "error" | "ttl" | "pollInterval" => Change::Drop,
        _ => Change::Keep,
    }
}

fn detail_members(current: TaskStatus, detail: TaskDetail<'_>) -> Result<Vec<Member<'static>>, Unbridged> {
    let status = |status: TaskStatus| ("status", quote(status.as_str()));
    Ok(match detail {
        TaskDetail::Nothing => match current {
            TaskStatus::Working | TaskStatus::Cancelled => Vec::new(),
            TaskStatus::InputRequired | TaskStatus::Completed | TaskStatus::Failed => {
                let detail = format!("a task that is {} must say more in the modern era", current.as_str());
                return Err(Unbridged::new(ROW, detail));
            }
        },
        TaskDetail::Result(result) => {
            let result = edit::edited(result, |_| Change::Keep, &[results::complete()]).ok_or_else(no_task)?;
            vec![status(TaskStatus::Completed), ("result", result)]
        }
        TaskDetail::Error(error) => vec![status(TaskStatus::Failed), ("error", results::error_to_modern(error))],
        TaskDetail::Questions(questions) => {
            let asked: Vec<Member<'_>> =
                questions.iter().map(|(key, question)| (key.as_str(), question.to_json())).collect();
            vec![status(TaskStatus::InputRequired), ("inputRequests", edit::object_of(&asked))]
        }
    })
}

/// In the legacy era a task whose tool reported an error has failed.
fn failed_by_tool(task: &Task<'_>) -> Vec<Member<'static>> {
    let is_error = task.result.and_then(|result| result.member("isError")).and_then(|flag| flag.as_bool());
    match (task.status, is_error) {
        (TaskStatus::Completed, Some(true)) => vec![("status", quote(TaskStatus::Failed.as_str()))],
        _ => Vec::new(),
    }
}

fn with_meta(response: &Response, set: Vec<Member<'_>>) -> Result<Response, Unbridged> {
    let mut edits = Edits::of(response.bytes());
    if let Some(result) = response.result() {
        edits.members_and_meta(result, |_| Change::Keep, &[], Meta { drop: &[], set });
    }
    super::response(ROW, edits.finish(ROW)?)
}

fn replaced(response: &Response, result: Raw<'_>, json: String) -> Result<Response, Unbridged> {
    let mut edits = Edits::of(response.bytes());
    edits.value(result, json);
    super::response(ROW, edits.finish(ROW)?)
}

fn rewording(edits: Edits) -> Result<Rewording, Unbridged> {
    Ok(Rewording(Message::Request(super::request(ROW, edits.finish(ROW)?)?)))
}

fn unreadable(error: crate::views::ViewError) -> Unbridged {
    Unbridged::new(ROW, format!("the task cannot be read: {error}"))
}

fn no_task() -> Unbridged {
    Unbridged::new(ROW, "the result is no task")
}
