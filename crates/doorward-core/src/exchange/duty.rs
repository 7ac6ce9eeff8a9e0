//! Duties on answers: performed before an answer is shown, and carried over to the result of a task.

use std::ops::Range;
use std::sync::Arc;

use doorward_mcp::message::{Message, Outcome as Reported, Response};
use doorward_mcp::raw::{Kind as JsonKind, Raw};

use super::Step;
use super::answer::{self, URL_ELICITATION_REQUIRED};
use super::consult::AwaitAnswer;
use super::decide::Approval;
use super::state::Begun;
use crate::duties::{AnswerDuties, Asked, GivenTask, Performed, Recalled, can_be_performed_on, perform, strip_forged};
use crate::refusal::{Code, Refusal};
use crate::time::Timestamp;

/// Waits to be told which duties a task carries.
#[derive(Debug)]
pub struct AwaitRecall {
    begun: Box<Begun>,
    approvals: Vec<Approval>,
    task: GivenTask,
}

/// Waits until a task is remembered with its duties.
#[derive(Debug)]
pub struct AwaitKeep {
    begun: Box<Begun>,
    response: Response,
    task: GivenTask,
}

/// What is to be shown of an answer.
pub(super) enum Due {
    /// All of it, as it came.
    All,
    /// This in place of a part of it.
    Edited(Range<usize>, String),
    /// Nothing, and why.
    Nothing(&'static str),
}

impl AwaitRecall {
    /// What asks for the result of a task, or tells it, is under the duties of the call that made the task.
    pub(super) fn before(begun: Box<Begun>, approvals: Vec<Approval>, now: Timestamp) -> Step {
        let named = match (begun.method(), &begun.arrival.message) {
            ("tasks/get" | "tasks/result", Message::Request(request)) => Some(request.param("taskId")),
            ("notifications/tasks", Message::Notification(told)) => Some(told.param("taskId")),
            (_, Message::Request(_) | Message::Notification(_) | Message::Response(_)) => None,
        };
        match named {
            None => AwaitAnswer::before(begun, approvals, now),
            Some(id) => {
                let task = given(&begun, id);
                Step::Recall(Self { begun, approvals, task })
            }
        }
    }

    /// The task in question.
    #[must_use]
    pub const fn task(&self) -> &GivenTask {
        &self.task
    }

    /// Goes on with what is remembered of it.
    #[must_use]
    pub fn recalled(mut self, recalled: Recalled, now: Timestamp) -> Step {
        let told = matches!(self.begun.arrival.message, Message::Notification(_));
        match recalled {
            Recalled::Duties(duties) if told && !duties.is_empty() => {
                let detail = "What it tells of a task is under duties that only an answer can be held to.";
                self.begun.refuse(Refusal::new(Code::Obligation).with_detail(detail), now)
            }
            Recalled::Duties(duties) => {
                self.begun.duties.join(&duties);
                AwaitAnswer::before(self.begun, self.approvals, now)
            }
            Recalled::Nothing => self.begun.refuse(Refusal::new(Code::ForeignHandle), now),
        }
    }
}

impl AwaitKeep {
    /// Remembers the task that an answer gives, if it gives one, before it is shown.
    pub(super) fn before(begun: Box<Begun>, response: Response, now: Timestamp) -> Step {
        match task_in(&begun, &response) {
            None => answer::show(begun, response, now),
            Some(task) => Step::Keep(Self { begun, response, task }),
        }
    }

    /// The task to remember.
    #[must_use]
    pub const fn task(&self) -> &GivenTask {
        &self.task
    }

    /// The duties it carries.
    #[must_use]
    pub const fn duties(&self) -> &AnswerDuties {
        &self.begun.duties
    }

    /// Goes on once it is remembered.
    #[must_use]
    pub fn kept(self, now: Timestamp) -> Step {
        answer::show(self.begun, self.response, now)
    }
}

fn given(begun: &Begun, id: Option<Raw<'_>>) -> GivenTask {
    let id = id.and_then(|id| id.as_str()).unwrap_or_default();
    let (principal, server) = (begun.arrival.principal.id().clone(), begun.arrival.server.clone());
    GivenTask { principal, server, id: Arc::from(id.as_ref()) }
}

/// The task that the answer to a call gives: 2025-11-25 has it in a member, later revisions are it.
fn task_in(begun: &Begun, response: &Response) -> Option<GivenTask> {
    let result = response.result().filter(|_| begun.method() == "tools/call")?;
    let id = result.path(&["task", "taskId"]).or_else(|| result.member("taskId"))?;
    (id.kind() == JsonKind::String).then(|| given(begun, Some(id)))
}

/// Performs the duties on an answer that may be shown.
pub(super) fn due(begun: &Begun, response: &Response) -> Due {
    let result = match response.outcome() {
        Reported::Error { code: URL_ELICITATION_REQUIRED, .. } => return Due::All,
        Reported::Error { .. } if begun.duties.touches_values() => {
            return Due::Nothing("It is an error, which the duties of a rule cannot be performed on.");
        }
        Reported::Error { .. } => return Due::All,
        Reported::Result(result) => result,
    };
    if begun.duties.is_empty() {
        return unforged(begun, response).map_or(Due::All, |(range, json)| Due::Edited(range, json));
    }
    let asked = if begun.method() == "resources/read" { Asked::Resource } else { Asked::Tool };
    let has_answer = result.member("content").is_some() || result.member("structuredContent").is_some();
    let part = match begun.method() {
        // The answer lies inside what is said of the task.
        "tasks/get" if has_answer || result.member("error").is_some() => {
            return Due::Nothing("What it says of the task cannot be held to the duties of a rule.");
        }
        "tasks/get" => result.member("result"),
        // A task, or questions, which are decided by themselves.
        "tools/call" if !has_answer && is_no_answer(result) => None,
        _ => Some(result),
    };
    match part.map(|part| (part, perform(&begun.duties, asked, part))) {
        None => Due::All,
        Some((part, Performed::Result(json))) => Due::Edited(part.range(), json),
        Some((_, Performed::Impossible(why))) => Due::Nothing(why),
    }
}

/// Nobody but us says what was done to an answer that a rule of ours allowed.
fn unforged(begun: &Begun, response: &Response) -> Option<(Range<usize>, String)> {
    if !(begun.is_judged() && can_be_performed_on(begun.access.as_ref()?.action)) {
        return None;
    }
    let meta = match begun.method() {
        "tasks/get" => response.result()?.path(&["result", "_meta"])?,
        _ => response.result_member("_meta")?,
    };
    strip_forged(meta)
}

/// Whether a result without content is a task or asks for input.
fn is_no_answer(result: Raw<'_>) -> bool {
    result.member("task").is_some() || result.member("taskId").is_some() || result.member("inputRequests").is_some()
}
