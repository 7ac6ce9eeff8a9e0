//! Questions of a server: requests in the legacy era, entries of an `input_required` result in the modern one.
//!
//! Responsible for wording questions and reading answers. It must never answer a question, and never put one that
//! the client's revision does not have.

use super::edit::{self, Change, Member, Meta};
use super::{Row, Unbridged};
use crate::compose::{self, quote};
use crate::id::Id;
use crate::limits::Limits;
use crate::message::Request;
use crate::raw::{Kind, Raw, RawJson};
use crate::revision::Revision;
use crate::views::input_required::InputRequired;

/// One question of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// `elicitation/create`, `sampling/createMessage` or `roots/list`.
    pub method: String,
    /// Its params, an object, as JSON.
    pub params: Option<String>,
}

const ELICITATION: &str = "elicitation/create";
const SAMPLING: &str = "sampling/createMessage";
const ROOTS: &str = "roots/list";

/// The error of 2025-11-25 that wants the person to visit an address before the call is made again.
const URL_REQUIRED: i64 = -32042;

/// A result that asks these questions, as JSON. `state` is what the client must give back.
#[must_use]
pub fn input_required(questions: &[(String, Question)], state: &str) -> String {
    let asked: Vec<Member<'_>> = questions.iter().map(|(key, question)| (key.as_str(), question.to_json())).collect();
    let mut members = vec![("resultType", quote("input_required"))];
    if !asked.is_empty() {
        members.push(("inputRequests", edit::object_of(&asked)));
    }
    members.push(("requestState", quote(state)));
    edit::object_of(&members)
}

/// What a modern server asks in a result of type `input_required`, in order.
///
/// # Errors
/// It asks nothing and gives no state, or a question is malformed or of an unknown sort.
pub fn questions_of(result: Raw<'_>) -> Result<Vec<(String, Question)>, Unbridged> {
    let asked = InputRequired::from_result(result)
        .map_err(|error| Unbridged::new(Row::ResultShapes, format!("the questions cannot be read: {error}")))?;
    let question = |method: &str, params: Option<Raw<'_>>| Question {
        method: method.to_owned(),
        params: params.map(|params| params.text().to_owned()),
    };
    Ok(asked
        .requests
        .into_iter()
        .map(|request| (request.key.into_owned(), question(request.method.as_str(), request.params)))
        .collect())
}

/// The question as a request to a legacy client. One that sends the person to an address carries `elicitation_id`. What
/// would make a task of it, or ask for progress, goes: the modern server could follow neither.
///
/// # Errors
/// It is of an unknown sort, its params are no object, or there is no id for an address.
pub fn question_to_legacy(id: &Id, question: &Question, elicitation_id: Option<&str>) -> Result<Request, Unbridged> {
    let row = asked_row(&question.method)?;
    let params = question.params()?;
    let params = params.as_ref().map(RawJson::as_raw);
    let mut added = Vec::new();
    if params.is_some_and(|params| is_url(&question.method, params)) {
        let Some(elicitation_id) = elicitation_id else {
            return Err(Unbridged::new(row, "an address needs an elicitation id"));
        };
        added.push(("elicitationId", quote(elicitation_id)));
    }
    let params = params.map(|params| asked_params(params, &added)).transpose()?;
    super::request(row, compose::request(id, &question.method, params.as_deref()))
}

/// A legacy server's request as a question. Its elicitation id, its progress token and its wish to be answered by a
/// task go: nothing of the modern era could use them.
///
/// # Errors
/// The request is no question.
pub fn question_to_modern(request: &Request) -> Result<Question, Unbridged> {
    asked_row(request.method())?;
    let params = request.params().map(|params| asked_params(params, &[])).transpose()?;
    Ok(Question { method: request.method().to_owned(), params })
}

/// The addresses that a legacy server's error -32042 wants visited, as questions. `None` for any other error, and
/// when one of its elicitations is no address.
#[must_use]
pub fn url_questions(error: Raw<'_>) -> Option<Vec<(String, Question)>> {
    if error.member("code")?.as_i64()? != URL_REQUIRED {
        return None;
    }
    let elicitations = error.path(&["data", "elicitations"]).filter(|found| found.kind() == Kind::Array)?;
    let questions: Option<Vec<_>> = elicitations
        .elements()
        .enumerate()
        .map(|(index, params)| {
            is_url(ELICITATION, params).then_some(())?;
            let question = Question { method: ELICITATION.to_owned(), params: Some(asked_params(params, &[]).ok()?) };
            Some((format!("url-{}", index + 1), question))
        })
        .collect();
    questions.filter(|questions| !questions.is_empty())
}

/// The answers that a modern request brings: key and bare result, in order.
#[must_use]
pub fn answers_of(request: &Request) -> Vec<(String, RawJson)> {
    let Some(responses) = request.param("inputResponses") else {
        return Vec::new();
    };
    responses.members().map(|(key, response)| (key.into_owned(), request.keep(response))).collect()
}

/// The state that a modern request gives back.
#[must_use]
pub fn state_of(request: &Request) -> Option<String> {
    request.param("requestState")?.as_str().map(std::borrow::Cow::into_owned)
}

/// Whether a client of this revision can be asked this.
///
/// # Errors
/// Its revision does not have the question, its mode, or something in it.
pub fn may_be_asked(question: &Question, revision: Revision) -> Result<(), Unbridged> {
    let row = asked_row(&question.method)?;
    let params = question.params()?;
    let params = params.as_ref().map(RawJson::as_raw);
    let needs = match question.method.as_str() {
        ELICITATION => params.map_or((Revision::V2025_06_18, "elicitation"), elicitation_needs),
        SAMPLING => params.map_or((Revision::V2024_11_05, "sampling"), sampling_needs),
        _ => (Revision::V2024_11_05, "roots"),
    };
    let (since, what) = needs;
    if revision >= since {
        return Ok(());
    }
    Err(Unbridged::new(row, format!("{what} came with revision {since}; the client speaks {revision}")))
}

impl Question {
    /// The question as an entry of `inputRequests`, as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut members = vec![("method", quote(&self.method))];
        members.extend(self.params.clone().map(|params| ("params", params)));
        edit::object_of(&members)
    }

    /// The params, for reading.
    ///
    /// # Errors
    /// They are no object.
    pub fn params(&self) -> Result<Option<RawJson>, Unbridged> {
        let Some(params) = &self.params else { return Ok(None) };
        let read = RawJson::parse(params.clone(), &Limits::for_results()).ok();
        match read.filter(|params| params.as_raw().kind() == Kind::Object) {
            Some(params) => Ok(Some(params)),
            None => Err(Unbridged::new(Row::of_method(&self.method), "the params of the question are no object")),
        }
    }
}

fn asked_row(method: &str) -> Result<Row, Unbridged> {
    match method {
        ELICITATION | SAMPLING | ROOTS => Ok(Row::of_method(method)),
        _ => Err(Unbridged::method(method)),
    }
}

fn asked_params(params: Raw<'_>, added: &[Member<'_>]) -> Result<String, Unbridged> {
    let change = |name: &str| match name {
        "elicitationId" | "task" => Change::Drop,
        _ => Change::Keep,
    };
    edit::edited_with_meta(params, change, added, Meta { drop: &["progressToken"], set: Vec::new() })
        .ok_or_else(|| Unbridged::new(Row::ResultShapes, "the params of the question cannot be edited"))
}

fn is_url(method: &str, params: Raw<'_>) -> bool {
    let mode = params.member("mode").and_then(|mode| mode.as_str());
    method == ELICITATION && mode.is_some_and(|mode| mode == "url")
}

fn elicitation_needs(params: Raw<'_>) -> (Revision, &'static str) {
    if is_url(ELICITATION, params) {
        return (Revision::V2025_11_25, "elicitation by address");
    }
    let fields = params.path(&["requestedSchema", "properties"]);
    let is_choice_of_many =
        |field: Raw<'_>| field.member("type").and_then(|kind| kind.as_str()).as_deref() == Some("array");
    match fields.is_some_and(|fields| fields.members().any(|(_, field)| is_choice_of_many(field))) {
        true => (Revision::V2025_11_25, "a form with a choice of several values"),
        false => (Revision::V2025_06_18, "elicitation"),
    }
}

fn sampling_needs(params: Raw<'_>) -> (Revision, &'static str) {
    if params.member("tools").is_some() || params.member("toolChoice").is_some() {
        return (Revision::V2025_11_25, "sampling with tools");
    }
    let contents = || params.member("messages").into_iter().flat_map(|messages| messages.elements());
    let contents = || contents().filter_map(|message| message.member("content"));
    if contents().any(|content| content.kind() == Kind::Array) {
        return (Revision::V2025_11_25, "sampling with several blocks in one message");
    }
    let kind = |content: Raw<'_>| content.member("type").and_then(|kind| kind.as_str()).map(|kind| kind.into_owned());
    let kinds = || contents().filter_map(kind);
    if kinds().any(|kind| kind == "tool_use" || kind == "tool_result") {
        return (Revision::V2025_11_25, "sampling with tools");
    }
    match kinds().any(|kind| kind == "audio") {
        true => (Revision::V2025_03_26, "sampling with audio"),
        false => (Revision::V2024_11_05, "sampling"),
    }
}
