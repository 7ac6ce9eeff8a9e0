//! Results that ask for input first, and the requests that bring it (revision 2026-07-28).

use std::borrow::Cow;

use super::ViewError;
use super::fields::{At, Fields, PARAMS, RESULT};
use crate::raw::Raw;

/// What a result is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResultType<'a> {
    /// The answer. Also when the member is absent, as legacy servers leave it.
    Complete,
    /// Questions instead of the answer.
    InputRequired,
    /// A task instead of the answer (tasks extension).
    Task,
    /// A value this revision does not define.
    Unknown(Cow<'a, str>),
}

/// A result of type `input_required`.
#[derive(Debug, Clone)]
pub struct InputRequired<'a> {
    /// What is asked, in order.
    pub requests: Vec<InputRequest<'a>>,
    /// The state to give back byte for byte, as a JSON string.
    pub request_state: Option<Raw<'a>>,
}

/// One question.
#[derive(Debug, Clone)]
pub struct InputRequest<'a> {
    /// The name its answer must carry.
    pub key: Cow<'a, str>,
    /// What sort of question it is.
    pub method: InputMethod,
    /// Its params, an object.
    pub params: Option<Raw<'a>>,
    /// The whole question.
    pub raw: Raw<'a>,
}

/// The sorts of question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InputMethod {
    /// `elicitation/create`: ask the person.
    Elicitation,
    /// `sampling/createMessage`: ask the client's model.
    Sampling,
    /// `roots/list`: ask for the client's folders.
    Roots,
}

/// What a retried request brings.
#[derive(Debug, Clone)]
pub struct InputResponses<'a> {
    /// Key and bare result of each answer, in order.
    pub responses: Vec<(Cow<'a, str>, Raw<'a>)>,
    /// The state as it was given, as a JSON string.
    pub request_state: Option<Raw<'a>>,
}

impl<'a> ResultType<'a> {
    /// Reads the type of any result.
    ///
    /// # Errors
    /// The member is not a string.
    pub fn from_result(result: Raw<'a>) -> Result<Self, ViewError> {
        let fields = Fields::of(result, RESULT, &["resultType"])?;
        let Some(named) = fields.optional_text("resultType")? else {
            return Ok(Self::Complete);
        };
        Ok(match named.as_ref() {
            "complete" => Self::Complete,
            "input_required" => Self::InputRequired,
            "task" => Self::Task,
            _ => Self::Unknown(named),
        })
    }
}

impl InputMethod {
    /// The method's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Elicitation => "elicitation/create",
            Self::Sampling => "sampling/createMessage",
            Self::Roots => "roots/list",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [Self::Elicitation, Self::Sampling, Self::Roots].into_iter().find(|method| method.as_str() == name)
    }
}

impl<'a> InputRequired<'a> {
    /// Reads a result of type `input_required`.
    ///
    /// # Errors
    /// It has neither questions nor state, or a question is of an unknown sort or malformed.
    pub fn from_result(result: Raw<'a>) -> Result<Self, ViewError> {
        let fields = Fields::of(result, RESULT, &["inputRequests", "requestState"])?;
        let requests = fields.optional_object("inputRequests")?;
        let request_state = string_as_written(&fields, "requestState")?;
        if requests.is_none() && request_state.is_none() {
            return Err(RESULT.error("inputRequests or requestState"));
        }
        let requests = match requests {
            Some(requests) => InputRequest::read_map(requests, fields.at("inputRequests"))?,
            None => Vec::new(),
        };
        Ok(Self { requests, request_state })
    }
}

impl<'a> InputRequest<'a> {
    /// Reads a map of questions, such as that of a task that waits for input.
    ///
    /// # Errors
    /// A question is of an unknown sort or malformed.
    pub(super) fn read_map(requests: Raw<'a>, at: At<'_>) -> Result<Vec<Self>, ViewError> {
        requests.members().map(|(key, request)| Self::read(key, request, at)).collect()
    }

    fn read(key: Cow<'a, str>, request: Raw<'a>, map: At<'_>) -> Result<Self, ViewError> {
        let at = map.member(&key);
        let fields = Fields::of(request, at, &["method", "params"])?;
        let method = InputMethod::parse(&fields.text("method")?)
            .ok_or_else(|| at.member("method").error("elicitation/create, sampling/createMessage or roots/list"))?;
        let params = match method {
            InputMethod::Elicitation | InputMethod::Sampling => Some(fields.object("params")?),
            InputMethod::Roots => fields.optional_object("params")?,
        };
        Ok(Self { key, method, params, raw: request })
    }
}

impl<'a> InputResponses<'a> {
    /// Reads what a request brings; `None` when it is not a retry.
    ///
    /// # Errors
    /// A member has the wrong type, or an answer is not an object.
    pub fn from_params(params: Option<Raw<'a>>) -> Result<Option<Self>, ViewError> {
        let Some(params) = params else { return Ok(None) };
        let fields = Fields::of(params, PARAMS, &["inputResponses", "requestState"])?;
        let responses = fields.optional_object("inputResponses")?;
        let request_state = string_as_written(&fields, "requestState")?;
        if responses.is_none() && request_state.is_none() {
            return Ok(None);
        }
        let responses = match responses {
            Some(responses) => Self::read_map(responses, fields.at("inputResponses"))?,
            None => Vec::new(),
        };
        Ok(Some(Self { responses, request_state }))
    }

    pub(super) fn read_map(responses: Raw<'a>, at: At<'_>) -> Result<Vec<(Cow<'a, str>, Raw<'a>)>, ViewError> {
        responses
            .members()
            .map(|(key, response)| {
                Fields::of(response, at.member(&key), &[])?;
                Ok((key, response))
            })
            .collect()
    }
}

/// A string that must be forwarded exactly, so it stays as it was written.
fn string_as_written<'a, const N: usize>(fields: &Fields<'a, '_, N>, name: &str) -> Result<Option<Raw<'a>>, ViewError> {
    match fields.optional_text(name)? {
        Some(_) => fields.any(name).map(Some),
        None => Ok(None),
    }
}
