//! JSON-RPC messages as MCP uses them: requests, notifications, responses, and batches of them.
//!
//! Responsible for turning bytes into a message that is known to be sound, once. It must never change a byte: a
//! message keeps what came and says where its parts are.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;

use crate::envelope::{self, Envelope, Scanned, TopLevel};
use crate::id::{Id, ProgressToken};
use crate::known;
use crate::limits::Limits;
use crate::raw::{Kind, Raw, RawJson, raw_at};
use crate::rejection::{Rejection, RejectionKind};
use crate::scan::Span;

/// One sound message.
#[derive(Clone, Debug)]
pub enum Message {
    /// Wants a response.
    Request(Request),
    /// Wants none.
    Notification(Notification),
    /// Answers a request.
    Response(Response),
}

/// What came in one piece: a message, or in revision 2025-03-26 a batch.
#[derive(Clone, Debug)]
pub enum Frame {
    /// One message.
    Single(Message),
    /// A batch, never empty.
    Batch(Vec<Message>),
}

/// Whether the revision in use has batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Batches {
    /// Refuse them.
    Refuse,
    /// Accept them, up to the limit.
    Accept,
}

/// A message with a method and an id.
#[derive(Clone, Debug)]
pub struct Request {
    id: Id,
    id_span: Span,
    call: Call,
}

/// A message with a method and no id.
#[derive(Clone, Debug)]
pub struct Notification {
    call: Call,
}

/// A message with a result or an error.
#[derive(Clone, Debug)]
pub struct Response {
    bytes: Bytes,
    id: Option<(Id, Span)>,
    outcome: Span,
    members: Members,
}

/// What a response says.
#[derive(Clone, Debug)]
pub enum Outcome<'a> {
    /// The request was performed.
    Result(Raw<'a>),
    /// It was not.
    Error {
        /// The error code.
        code: i64,
        /// The error message.
        message: Cow<'a, str>,
        /// The whole error object.
        raw: Raw<'a>,
    },
}

/// What requests and notifications have in common.
#[derive(Clone, Debug)]
struct Call {
    bytes: Bytes,
    method: Method,
    params: Option<Span>,
    /// Shared, as a message is cloned for whoever needs it on its way.
    known: Arc<[Option<Span>; known::params::RECORDED]>,
    progress_token: Option<(ProgressToken, Span)>,
}

/// A method name, borrowed from the message unless it was written with escapes.
#[derive(Clone, Debug)]
enum Method {
    Plain(Span),
    Decoded(Box<str>),
}

#[derive(Clone, Debug)]
enum Members {
    Result(Arc<[Option<Span>; known::result::RECORDED]>),
    Error { code: i64, message: Span },
}

impl Message {
    /// Parses one message; a batch is refused.
    ///
    /// # Errors
    /// The [`Rejection`] names the first rule that the bytes break.
    pub fn parse(bytes: impl Into<Bytes>, limits: &Limits) -> Result<Self, Rejection> {
        let bytes = bytes.into();
        match envelope::scan(&bytes, limits)? {
            TopLevel::Message(scanned) => build(bytes, *scanned, limits),
            TopLevel::Batch(_) => Err(Rejection::shape(RejectionKind::BatchNotAllowed, "")),
        }
    }

    /// The bytes as they came.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        match self {
            Self::Request(request) => request.bytes(),
            Self::Notification(notification) => notification.bytes(),
            Self::Response(response) => response.bytes(),
        }
    }
}

impl Frame {
    /// Parses one message or, where they are accepted, a batch.
    ///
    /// # Errors
    /// The [`Rejection`] names the first rule that the bytes break; one unsound message refuses its whole batch.
    pub fn parse(bytes: impl Into<Bytes>, limits: &Limits, batches: Batches) -> Result<Self, Rejection> {
        let bytes = bytes.into();
        match (envelope::scan(&bytes, limits)?, batches) {
            (TopLevel::Message(scanned), _) => build(bytes, *scanned, limits).map(Self::Single),
            (TopLevel::Batch(_), Batches::Refuse) => Err(Rejection::shape(RejectionKind::BatchNotAllowed, "")),
            (TopLevel::Batch(elements), Batches::Accept) => parse_batch(&bytes, &elements, limits).map(Self::Batch),
        }
    }
}

impl Request {
    /// The id to answer under.
    #[must_use]
    pub fn id(&self) -> &Id {
        &self.id
    }

    /// The id where it stands in the message.
    #[must_use]
    pub fn raw_id(&self) -> Raw<'_> {
        Raw::new(&self.call.bytes, self.id_span.range())
    }

    /// The method name.
    #[must_use]
    pub fn method(&self) -> &str {
        self.call.method()
    }

    /// The params, always an object.
    #[must_use]
    pub fn params(&self) -> Option<Raw<'_>> {
        raw_at(&self.call.bytes, self.call.params)
    }

    /// The member of params of that name.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<Raw<'_>> {
        self.call.param(name)
    }

    /// `params._meta`, always an object.
    #[must_use]
    pub fn meta(&self) -> Option<Raw<'_>> {
        self.call.param("_meta")
    }

    /// The token under which the requester wants progress notifications.
    #[must_use]
    pub fn progress_token(&self) -> Option<&ProgressToken> {
        self.call.progress_token.as_ref().map(|(token, _)| token)
    }

    /// The progress token where it stands in the message.
    #[must_use]
    pub fn raw_progress_token(&self) -> Option<Raw<'_>> {
        self.call.progress_token.as_ref().map(|(_, span)| Raw::new(&self.call.bytes, span.range()))
    }

    /// The bytes as they came.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.call.bytes
    }

    /// Keeps a value beyond the life of this message, sharing its bytes.
    #[must_use]
    pub fn keep(&self, value: Raw<'_>) -> RawJson {
        RawJson::keep(&self.call.bytes, value)
    }
}

impl Notification {
    /// The method name.
    #[must_use]
    pub fn method(&self) -> &str {
        self.call.method()
    }

    /// The params, always an object.
    #[must_use]
    pub fn params(&self) -> Option<Raw<'_>> {
        raw_at(&self.call.bytes, self.call.params)
    }

    /// The member of params of that name.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<Raw<'_>> {
        self.call.param(name)
    }

    /// `params._meta`, always an object.
    #[must_use]
    pub fn meta(&self) -> Option<Raw<'_>> {
        self.call.param("_meta")
    }

    /// The bytes as they came.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.call.bytes
    }
}

impl Response {
    /// The id of the request it answers. Only an error may lack one.
    #[must_use]
    pub fn id(&self) -> Option<&Id> {
        self.id.as_ref().map(|(id, _)| id)
    }

    /// The id where it stands in the message.
    #[must_use]
    pub fn raw_id(&self) -> Option<Raw<'_>> {
        self.id.as_ref().map(|(_, span)| Raw::new(&self.bytes, span.range()))
    }

    /// What it says.
    #[must_use]
    pub fn outcome(&self) -> Outcome<'_> {
        let raw = Raw::new(&self.bytes, self.outcome.range());
        match &self.members {
            Members::Result(_) => Outcome::Result(raw),
            Members::Error { code, message } => {
                let message = Raw::new(&self.bytes, message.range()).as_str().unwrap_or_default();
                Outcome::Error { code: *code, message, raw }
            }
        }
    }

    /// The result, always an object; `None` for an error.
    #[must_use]
    pub fn result(&self) -> Option<Raw<'_>> {
        match self.members {
            Members::Result(_) => Some(Raw::new(&self.bytes, self.outcome.range())),
            Members::Error { .. } => None,
        }
    }

    /// The member of the result of that name.
    #[must_use]
    pub fn result_member(&self, name: &str) -> Option<Raw<'_>> {
        let Members::Result(spans) = &self.members else {
            return None;
        };
        match known::result::KNOWN.index(name).and_then(|index| spans.get(index)) {
            Some(span) => raw_at(&self.bytes, *span),
            None => self.result()?.member(name),
        }
    }

    /// The bytes as they came.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Keeps a value beyond the life of this message, sharing its bytes.
    #[must_use]
    pub fn keep(&self, value: Raw<'_>) -> RawJson {
        RawJson::keep(&self.bytes, value)
    }
}

impl Call {
    fn method(&self) -> &str {
        match &self.method {
            Method::Plain(span) => {
                let range = span.range();
                let body = self.bytes.get(range.start + 1..range.end - 1).unwrap_or_default();
                std::str::from_utf8(body).unwrap_or_default()
            }
            Method::Decoded(text) => text,
        }
    }

    fn param(&self, name: &str) -> Option<Raw<'_>> {
        match known::params::KNOWN.index(name).and_then(|index| self.known.get(index)) {
            Some(span) => raw_at(&self.bytes, *span),
            None => raw_at(&self.bytes, self.params)?.member(name),
        }
    }
}

fn parse_batch(bytes: &Bytes, elements: &[Span], limits: &Limits) -> Result<Vec<Message>, Rejection> {
    if elements.is_empty() {
        return Err(Rejection::shape(RejectionKind::BatchEmpty, ""));
    }
    let parse = |(index, span): (usize, &Span)| {
        let range = span.range();
        let start = range.start;
        Message::parse(bytes.slice(range), limits).map_err(|rejection| rejection.in_batch(index, start))
    };
    elements.iter().enumerate().map(parse).collect()
}

/// Judges the shape of an accepted object.
fn build(bytes: Bytes, scanned: Scanned, limits: &Limits) -> Result<Message, Rejection> {
    let Scanned { envelope, problem } = scanned;
    let [_, id_span, ..] = envelope.members;
    let id = id_span.map(|span| Id::read(Raw::new(&bytes, span.range()), limits)).transpose()?;
    let message = match problem {
        Some(problem) => Err(problem),
        None => Parts { bytes: &bytes, envelope: &envelope, limits }.message(id.clone().zip(id_span)),
    };
    message.map_err(|rejection| rejection.with_id(id))
}

struct Parts<'a> {
    bytes: &'a Bytes,
    envelope: &'a Envelope,
    limits: &'a Limits,
}

impl Parts<'_> {
    fn message(&self, id: Option<(Id, Span)>) -> Result<Message, Rejection> {
        self.check_version()?;
        let outcomes = (self.member(known::envelope::RESULT), self.member(known::envelope::ERROR));
        match (self.member(known::envelope::METHOD), outcomes) {
            (Some(_), (Some(_), _) | (_, Some(_))) => refuse(RejectionKind::MethodAndOutcome, ""),
            (None, (Some(_), Some(_))) => refuse(RejectionKind::ResultAndError, ""),
            (None, (None, None)) => refuse(RejectionKind::NoMethod, ""),
            (Some(method), (None, None)) => {
                let call = self.call(method)?;
                Ok(match id {
                    Some((id, id_span)) => Message::Request(Request { id, id_span, call }),
                    None => Message::Notification(Notification { call }),
                })
            }
            (None, (Some(result), None)) => self.result(id, result).map(Message::Response),
            (None, (None, Some(error))) => self.error(id, error).map(Message::Response),
        }
    }

    fn check_version(&self) -> Result<(), Rejection> {
        let Some(version) = self.member(known::envelope::JSONRPC) else {
            return refuse(RejectionKind::VersionMissing, "");
        };
        if self.raw(version).as_str().is_some_and(|version| version == "2.0") {
            return Ok(());
        }
        Err(Rejection::shape(RejectionKind::VersionWrong, "/jsonrpc").showing(self.raw(version).bytes()))
    }

    fn call(&self, method: Span) -> Result<Call, Rejection> {
        let params = self.member(known::envelope::PARAMS);
        if let Some(params) = params
            && self.raw(params).kind() != Kind::Object
        {
            return refuse(RejectionKind::ParamsType, "/params");
        }
        let [token] = self.envelope.meta;
        let progress_token = match token {
            Some(span) => Some((ProgressToken::read(self.raw(span), self.limits)?, span)),
            None => None,
        };
        Ok(Call {
            bytes: self.bytes.clone(),
            method: self.method(method)?,
            params,
            known: Arc::new(self.envelope.params),
            progress_token,
        })
    }

    fn method(&self, span: Span) -> Result<Method, Rejection> {
        let raw = self.raw(span);
        let refuse = |kind| Err(Rejection::shape(kind, "/method").showing(raw.bytes()));
        match raw.as_str() {
            None => refuse(RejectionKind::MethodType),
            Some(method) if method.is_empty() => refuse(RejectionKind::MethodEmpty),
            Some(method) if method.len() > self.limits.method_bytes => refuse(RejectionKind::MethodTooLong),
            Some(Cow::Borrowed(_)) => Ok(Method::Plain(span)),
            Some(Cow::Owned(method)) => Ok(Method::Decoded(method.into())),
        }
    }

    fn result(&self, id: Option<(Id, Span)>, outcome: Span) -> Result<Response, Rejection> {
        self.check_response()?;
        if id.is_none() {
            return refuse(RejectionKind::IdMissing, "");
        }
        if self.raw(outcome).kind() != Kind::Object {
            return refuse(RejectionKind::ResultType, "/result");
        }
        let members = Members::Result(Arc::new(self.envelope.result));
        Ok(Response { bytes: self.bytes.clone(), id, outcome, members })
    }

    fn error(&self, id: Option<(Id, Span)>, outcome: Span) -> Result<Response, Rejection> {
        self.check_response()?;
        let [code, message] = self.envelope.error;
        let code = code.and_then(|code| self.raw(code).as_i64());
        let message = message.filter(|message| self.raw(*message).kind() == Kind::String);
        let (Some(code), Some(message)) = (code, message) else {
            return refuse(RejectionKind::ErrorShape, "/error");
        };
        Ok(Response { bytes: self.bytes.clone(), id, outcome, members: Members::Error { code, message } })
    }

    fn check_response(&self) -> Result<(), Rejection> {
        match self.member(known::envelope::PARAMS) {
            Some(_) => refuse(RejectionKind::ParamsInResponse, "/params"),
            None => Ok(()),
        }
    }

    fn member(&self, index: usize) -> Option<Span> {
        self.envelope.members.get(index).copied().flatten()
    }

    fn raw(&self, span: Span) -> Raw<'_> {
        Raw::new(self.bytes, span.range())
    }
}

fn refuse<T>(kind: RejectionKind, pointer: &'static str) -> Result<T, Rejection> {
    Err(Rejection::shape(kind, pointer))
}
