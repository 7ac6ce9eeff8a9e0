//! What came back: judged by the method that was asked, never by the shape that came.

use bytes::Bytes;
use doorward_mcp::id::Id;
use doorward_mcp::message::{Message, Outcome as Reported, Response};
use doorward_mcp::raw::{Kind, Raw};
use doorward_mcp::revision::Era;
use doorward_mcp::splice::Segments;

use super::decide::AwaitDecision;
use super::record::AwaitRecord;
use super::sift::AwaitSift;
use super::state::Begun;
use super::{Outcome, Step};
use crate::access::{AccessRequest, question_access};
use crate::limits::INPUT_REQUESTS_MAX;
use crate::record::{Disposition, Phase};
use crate::refusal::{Code, Refusal};
use crate::time::Timestamp;

/// Waits for the other side.
#[derive(Debug)]
pub struct AwaitUpstream {
    begun: Box<Begun>,
}

/// What came of forwarding.
#[derive(Debug)]
pub enum Answer {
    /// A response to this very request, as it came; its id may still be the connection's own.
    Response(Response),
    /// A notification was handed over.
    Delivered,
    /// No answer, and why.
    Failed(Refusal),
}

impl AwaitUpstream {
    pub(super) const fn new(begun: Box<Begun>) -> Self {
        Self { begun }
    }

    /// Goes on with what came back.
    #[must_use]
    pub fn answered(mut self, answer: Answer, now: Timestamp) -> Step {
        self.begun.answered_at = Some(now);
        match (answer, &self.begun.arrival.message) {
            (Answer::Response(response), Message::Request(_)) => {
                self.begun.answer_bytes = response.bytes().len() as u64;
                judge(self.begun, response, now)
            }
            // The outcome of a notification is already recorded; a failure to hand it over changes nothing for its sender.
            (Answer::Delivered | Answer::Failed(_), Message::Notification(_)) => Step::Reply(Outcome::Done),
            (Answer::Failed(refusal), Message::Request(_) | Message::Response(_)) => self.begun.refuse(refusal, now),
            (Answer::Delivered, Message::Request(_) | Message::Response(_))
            | (Answer::Response(_), Message::Notification(_) | Message::Response(_)) => {
                self.begun.refuse(Refusal::new(Code::BadAnswer), now)
            }
        }
    }
}

fn judge(begun: Box<Begun>, response: Response, now: Timestamp) -> Step {
    let result = match response.outcome() {
        Reported::Error { .. } => return finish(begun, Disposition::AnswerError, |id| with_id(&response, id), now),
        Reported::Result(result) => result,
    };
    let method = begun.access.as_ref().map_or("", |access| access.action.name());
    match result_type(begun.arrival.revision.era(), result) {
        ResultType::Unknown => withhold(begun, "Its resultType is not one the gateway knows.", now),
        ResultType::InputRequired => match questions(&begun, method, result) {
            Ok(requests) if requests.is_empty() => release(begun, response, now),
            Ok(requests) => AwaitDecision::on_questions(begun, requests, response),
            Err(refusal) => begun.refuse(refusal, now),
        },
        ResultType::Complete if is_list(method) => AwaitSift::on_list(begun, response, now),
        ResultType::Complete | ResultType::Task => release(begun, response, now),
    }
}

/// Passes an answer on: the sender's id, every other byte as it came.
pub(super) fn release(begun: Box<Begun>, response: Response, now: Timestamp) -> Step {
    let failed = matches!(response.outcome(), Reported::Result(result)
        if result.member("isError").and_then(|flag| flag.as_bool()) == Some(true));
    let disposition = if failed { Disposition::AnswerError } else { Disposition::Answer };
    finish(begun, disposition, |id| with_id(&response, id), now)
}

/// The response under the sender's id. An error whose id its sender could not read has none, and is given one.
pub(super) fn with_id(response: &Response, id: &Id) -> Segments {
    match (response.id(), response.outcome()) {
        (None, Reported::Error { raw, .. }) => Segments::from(Bytes::from(format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":{},\"error\":{}}}",
            id.to_json(),
            raw.text()
        ))),
        (Some(_), _) | (None, Reported::Result(_)) => response.with_id(id),
    }
}

/// Records the outcome and replies with what `compose` makes for the sender's id.
pub(super) fn finish(
    begun: Box<Begun>,
    disposition: Disposition,
    compose: impl FnOnce(&Id) -> Segments,
    now: Timestamp,
) -> Step {
    let Message::Request(request) = &begun.arrival.message else {
        return begun.refuse(Refusal::new(Code::BadAnswer), now);
    };
    let segments = compose(request.id());
    let record = begun.record(Phase::Outcome, disposition, now);
    Step::Record(AwaitRecord::then_reply(record, Outcome::Answer(segments)))
}

/// Refuses to pass on an answer that cannot be judged.
pub(super) fn withhold(begun: Box<Begun>, detail: &str, now: Timestamp) -> Step {
    begun.refuse(Refusal::new(Code::AnswerWithheld).with_detail(detail), now)
}

enum ResultType {
    Complete,
    InputRequired,
    Task,
    Unknown,
}

/// 2026-07-28 results name their type; in older revisions, and where it is absent, a result is complete (DIGEST §1.3).
fn result_type(era: Era, result: Raw<'_>) -> ResultType {
    match (era, result.member("resultType")) {
        (Era::Legacy, _) | (Era::Modern, None) => ResultType::Complete,
        (Era::Modern, Some(named)) => match named.as_str().as_deref() {
            Some("complete") => ResultType::Complete,
            Some("input_required") => ResultType::InputRequired,
            Some("task") => ResultType::Task,
            Some(_) | None => ResultType::Unknown,
        },
    }
}

fn is_list(method: &str) -> bool {
    matches!(method, "tools/list" | "resources/list" | "resources/templates/list" | "prompts/list")
}

/// The access requests for what an `input_required` result asks of the client.
fn questions(begun: &Begun, method: &str, result: Raw<'_>) -> Result<Vec<AccessRequest>, Refusal> {
    let unreadable = || Refusal::new(Code::AnswerWithheld).with_detail("What it asks of the client cannot be read.");
    if !matches!(method, "tools/call" | "prompts/get" | "resources/read" | "tasks/get") {
        return Err(unreadable());
    }
    let Some(asked) = result.member("inputRequests") else {
        return Ok(Vec::new());
    };
    if asked.kind() != Kind::Object {
        return Err(unreadable());
    }
    let mut requests = Vec::new();
    for (_, question) in asked.members() {
        if requests.len() == INPUT_REQUESTS_MAX {
            return Err(Refusal::new(Code::AnswerWithheld).with_detail("It asks the client for too much at once."));
        }
        let method = question.member("method").and_then(|method| method.as_str()).ok_or_else(unreadable)?;
        let (action, resource) = question_access(&method, &begun.arrival.server)?;
        requests.push(AccessRequest { arguments: None, ..begun.access_request(action, resource) });
    }
    Ok(requests)
}
