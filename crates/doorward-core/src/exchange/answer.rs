//! What came back: judged by the method that was asked, never by the shape that came.

use bytes::Bytes;
use doorward_mcp::id::Id;
use doorward_mcp::message::{Message, Outcome as Reported, Response};
use doorward_mcp::raw::Raw;
use doorward_mcp::revision::Era;
use doorward_mcp::splice::{Segments, Splice};

use super::decide::AwaitDecision;
use super::duty::{AwaitKeep, Due, due};
use super::guard::{AwaitGuard, rewritten};
use super::record::AwaitRecord;
use super::sift::AwaitSift;
use super::state::Begun;
use super::{Arrival, Outcome, Step};
use crate::access::{AccessRequest, Action, Resource, question_access, questions};
use crate::guard::Edit;
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

    /// What was forwarded.
    #[must_use]
    pub const fn arrival(&self) -> &Arrival {
        &self.begun.arrival
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
            // The outcome of a notification is already recorded, and it has only one: whatever came of handing it over
            // changes nothing for its sender.
            (Answer::Delivered | Answer::Failed(_) | Answer::Response(_), Message::Notification(_)) => {
                Step::Reply(Outcome::Done)
            }
            (Answer::Failed(refusal), Message::Request(_) | Message::Response(_)) => self.begun.refuse(refusal, now),
            (Answer::Delivered, Message::Request(_) | Message::Response(_))
            | (Answer::Response(_), Message::Response(_)) => self.begun.refuse(Refusal::new(Code::BadAnswer), now),
        }
    }
}

fn judge(begun: Box<Begun>, response: Response, now: Timestamp) -> Step {
    let result = match response.outcome() {
        Reported::Error { code: URL_ELICITATION_REQUIRED, .. } => {
            return match question_access("elicitation/create", &begun.arrival.server) {
                Ok(question) => {
                    let request = question_request(&begun, question);
                    AwaitDecision::on_questions(begun, vec![request], response)
                }
                Err(refusal) => begun.refuse(refusal, now),
            };
        }
        Reported::Error { .. } => return release(begun, response, now),
        Reported::Result(result) => result,
    };
    let method = begun.access.as_ref().map_or("", |access| access.action.name());
    let era = begun.arrival.revision.era();
    match result_type(era, result) {
        ResultType::Unknown => withhold(begun, "Its resultType is not one the gateway knows.", now),
        ResultType::InputRequired if may_ask(method) => ask(begun, response, now),
        ResultType::InputRequired => withhold(begun, "A result of this method may not ask for input.", now),
        ResultType::Task if may_be_task(method) => ask(begun, response, now),
        ResultType::Task => withhold(begun, "A result of this method may not be a task.", now),
        ResultType::Complete if is_list(method) => AwaitSift::on_list(begun, response, now),
        // A task says in its status, not in its resultType, that it wants input; and a client of any era may go by the
        // questions alone.
        ResultType::Complete if may_ask(method) || may_be_task(method) => ask(begun, response, now),
        ResultType::Complete => release(begun, response, now),
    }
}

/// 2025-11-25: the error by which a server puts URL elicitations to the client.
pub(super) const URL_ELICITATION_REQUIRED: i64 = -32042;

/// Puts the questions a result carries to the decision point; without any, passes it on.
fn ask(begun: Box<Begun>, response: Response, now: Timestamp) -> Step {
    let asked = response.result().map_or_else(|| Ok(Vec::new()), |result| questions_in(&begun, result));
    match asked {
        Ok(requests) if requests.is_empty() => release(begun, response, now),
        Ok(requests) => AwaitDecision::on_questions(begun, requests, response),
        Err(refusal) => begun.refuse(refusal, now),
    }
}

/// Passes an answer on that may be passed on: what it gives is remembered first, then its duties are performed.
pub(super) fn release(begun: Box<Begun>, response: Response, now: Timestamp) -> Step {
    AwaitKeep::before(begun, response, now)
}

/// Shows an answer: its duties are performed, then it goes before the guards.
pub(super) fn show(begun: Box<Begun>, response: Response, now: Timestamp) -> Step {
    match due(&begun, &response) {
        Due::All => AwaitGuard::on_answer(begun, response),
        Due::Edited(range, json) => match rewritten(response.bytes(), &[Edit { range, json }]) {
            Some(Message::Response(response)) => AwaitGuard::on_answer(begun, response),
            Some(Message::Request(_) | Message::Notification(_)) | None => {
                withhold(begun, "What its duties leave of it is no answer.", now)
            }
        },
        Due::Nothing(why) => withhold(begun, why, now),
    }
}

/// How much of an answer its asker is shown.
#[derive(Debug)]
pub(super) enum Shown {
    /// All of it.
    All,
    /// All of it, with these parts replaced.
    Edited(Vec<Edit>),
    /// Of the list in this member of the result, the items marked `true`; beside it, these parts are replaced.
    Some { array: &'static str, keep: Vec<bool>, edits: Vec<Edit> },
}

/// Records the outcome and replies with what is shown of the answer: the sender's id, every other byte as it came but for
/// what duties and guards have changed.
pub(super) fn pass_on(begun: Box<Begun>, response: &Response, shown: Shown, now: Timestamp) -> Step {
    let failed = match response.outcome() {
        Reported::Error { .. } => true,
        Reported::Result(result) => result.member("isError").and_then(|flag| flag.as_bool()) == Some(true),
    };
    let disposition = if failed { Disposition::AnswerError } else { Disposition::Answer };
    let Message::Request(request) = &begun.arrival.message else {
        return begun.refuse(Refusal::new(Code::BadAnswer), now);
    };
    match composed(&begun, response, request.id(), shown) {
        None => withhold(begun, "It cannot be put under the id of its request.", now),
        Some(segments) => {
            let record = begun.record(Phase::Outcome, disposition, now);
            Step::Record(AwaitRecord::then_reply(record, Outcome::Answer(segments)))
        }
    }
}

/// The response under the sender's id, every byte as it came but for what must differ; `None` when that cannot be made.
/// An error whose id its sender could not read has none, and is given one.
fn composed(begun: &Begun, response: &Response, id: &Id, shown: Shown) -> Option<Segments> {
    let (list, edits) = match shown {
        Shown::All => (None, Vec::new()),
        Shown::Edited(edits) => (None, edits),
        Shown::Some { array, keep, edits } => (Some((array, keep)), edits),
    };
    if let (None, Reported::Error { raw, .. }) = (response.id(), response.outcome()) {
        let error = rewritten_part(raw, &edits)?;
        return Some(Segments::from(Bytes::from(format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":{},\"error\":{error}}}",
            id.to_json()
        ))));
    }
    let mut splice = Splice::new(response.bytes());
    splice.replace(response.raw_id()?.range(), id.to_json()).ok()?;
    // What guards changed has its scope changed with it.
    let covered = |place: usize| edits.iter().any(|edit| edit.range.contains(&place));
    if let Some(scope) = public_scope(begun, response).filter(|scope| !covered(scope.range().start)) {
        splice.replace(scope.range(), "\"private\"").ok()?;
    }
    if let Some((array, keep)) = list.filter(|(_, keep)| !keep.iter().all(|kept| *kept)) {
        splice.filter_array(response.result_member(array)?, &keep).ok()?;
    }
    for edit in edits {
        splice.replace(edit.range, edit.json).ok()?;
    }
    Some(splice.finish())
}

/// A part of a message with the edits that lie in it, as text.
fn rewritten_part(part: Raw<'_>, edits: &[Edit]) -> Option<String> {
    let start = part.range().start;
    let mut splice = Splice::new(&Bytes::copy_from_slice(part.bytes()));
    for edit in edits {
        let range = edit.range.start.checked_sub(start)?..edit.range.end.checked_sub(start)?;
        splice.replace(range, edit.json.clone()).ok()?;
    }
    String::from_utf8(splice.finish().into_bytes().into()).ok()
}

/// The `cacheScope` that must not stay public: what a client may read depends on who it is, so a shared cache could show
/// one what only another may see (DIGEST §1.9).
fn public_scope<'a>(begun: &Begun, response: &'a Response) -> Option<Raw<'a>> {
    let method = begun.access.as_ref().map_or("", |access| access.action.name());
    if begun.arrival.revision.era() == Era::Legacy || !(is_list(method) || method == "resources/read") {
        return None;
    }
    response.result_member("cacheScope").filter(|scope| scope.as_str().as_deref() == Some("public"))
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

/// The methods whose results may be `input_required` (DIGEST §1.7).
fn may_ask(method: &str) -> bool {
    matches!(method, "tools/call" | "prompts/get" | "resources/read")
}

/// The methods whose results may be a task (DIGEST §1.13).
fn may_be_task(method: &str) -> bool {
    matches!(method, "tools/call" | "tasks/get")
}

fn is_list(method: &str) -> bool {
    matches!(method, "tools/list" | "resources/list" | "resources/templates/list" | "prompts/list")
}

/// The access requests for what a result asks of the client.
fn questions_in(begun: &Begun, result: Raw<'_>) -> Result<Vec<AccessRequest>, Refusal> {
    match result.member("inputRequests") {
        None => Ok(Vec::new()),
        Some(asked) => {
            let asked = questions(asked, &begun.arrival.server)?;
            Ok(asked.into_iter().map(|question| question_request(begun, question)).collect())
        }
    }
}

fn question_request(begun: &Begun, (action, resource): (Action, Resource)) -> AccessRequest {
    AccessRequest { arguments: None, ..begun.access_request(action, resource) }
}
