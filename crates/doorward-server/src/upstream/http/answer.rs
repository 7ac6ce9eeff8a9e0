//! What an HTTP answer is: a message, a stream of them, or a refusal.
//!
//! It turns statuses and content types into one of these, and bodies into sound messages. It never passes a header of
//! the server on, and never reads more than the limit.

use std::error::Error;

use bytes::{Bytes, BytesMut};
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::limits::Limits;
use doorward_mcp::message::{Message, Response};
use doorward_mcp::raw::{Kind, RawJson};
use doorward_mcp::rejection::{Rejection, RejectionKind};
use hyper::StatusCode;
use hyper::body::Incoming;
use hyper::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use hyper_util::client::legacy;

use super::session;
use super::stream::next_data;

/// What the head of an answer announces.
#[derive(Debug)]
pub(super) enum Head {
    /// One message.
    Message,
    /// One message, which can only be an error.
    Error,
    /// An event stream.
    Stream,
    /// Nothing that could be passed on.
    Refuse(Refusal),
}

/// Whether a request named a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InSession {
    /// It did.
    Named,
    /// It did not.
    None,
}

impl Head {
    /// Judges the head of the answer to a request message.
    pub(super) fn of(status: StatusCode, headers: &HeaderMap, in_session: InSession) -> Self {
        let content = Content::of(headers);
        match (status, in_session) {
            // 2025-11-25, transports: the server has ended the session.
            (StatusCode::NOT_FOUND, InSession::Named) => Self::Refuse(session::ended()),
            // Whose credentials are at fault is no business of the client's: they are the gateway's own.
            (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _) => Self::Refuse(http_refusal(status)),
            (StatusCode::ACCEPTED | StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT, _) => {
                Self::Refuse(bad_answer(format!("It is HTTP {}, which carries no answer.", status.as_u16())))
            }
            _ if status.is_success() => match content {
                Content::Json => Self::Message,
                Content::Events => Self::Stream,
                Content::Other => Self::Refuse(bad_answer("It is neither JSON nor an event stream.")),
            },
            _ if status.is_client_error() || status.is_server_error() => match content {
                Content::Json => Self::Error,
                Content::Events | Content::Other => Self::Refuse(http_refusal(status)),
            },
            _ => Self::Refuse(http_refusal(status)),
        }
    }
}

/// The kinds of content an answer may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// `application/json`.
    Json,
    /// `text/event-stream`.
    Events,
    /// Anything else, or nothing.
    Other,
}

impl Content {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if kind.eq_ignore_ascii_case("application/json") {
            Self::Json
        } else if kind.eq_ignore_ascii_case("text/event-stream") {
            Self::Events
        } else {
            Self::Other
        }
    }
}

/// The refusal for a status that is no answer.
pub(super) fn http_refusal(status: StatusCode) -> Refusal {
    let redirect = if status.is_redirection() { " Redirects are not followed." } else { "" };
    Refusal::new(Code::UpstreamHttp).with_detail(format!("HTTP {}.{redirect}", status.as_u16()))
}

pub(super) fn bad_answer(detail: impl Into<String>) -> Refusal {
    Refusal::new(Code::BadAnswer).with_detail(detail)
}

/// Why a request got no answer at all.
pub(super) fn connection_refusal(error: &legacy::Error) -> Refusal {
    let cause = std::iter::successors(error.source(), |error| (*error).source())
        .find_map(|cause| cause.downcast_ref::<hyper::Error>());
    match cause {
        _ if error.is_connect() => Refusal::new(Code::Unreachable),
        Some(cause) if cause.is_parse_too_large() => Refusal::new(Code::AnswerTooLarge),
        Some(cause) if cause.is_parse() => bad_answer("It is not HTTP."),
        Some(_) | None => Refusal::new(Code::Died),
    }
}

/// A body being read whole.
#[derive(Debug)]
pub(super) struct Collecting {
    body: Incoming,
    pieces: Pieces,
    announced: usize,
}

/// What has been read so far; the common case of one piece is not copied.
#[derive(Debug, Default)]
enum Pieces {
    #[default]
    None,
    One(Bytes),
    Joined(BytesMut),
}

/// What one look at a body gave.
#[derive(Debug)]
pub(super) enum Collected {
    /// Bytes, and more may come.
    More,
    /// All of it.
    Whole(Bytes),
    /// No answer.
    Refuse(Refusal),
}

impl Collecting {
    pub(super) fn new(body: Incoming, headers: &HeaderMap) -> Self {
        let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok()).unwrap_or(0);
        Self { body, pieces: Pieces::None, announced }
    }

    /// Reads on. Safe to drop and ask again.
    pub(super) async fn read(&mut self) -> Collected {
        let limit = Limits::for_results().message_bytes;
        if self.announced > limit {
            return Collected::Refuse(Refusal::new(Code::AnswerTooLarge));
        }
        match next_data(&mut self.body).await {
            Ok(Some(data)) if self.pieces.len().saturating_add(data.len()) > limit => {
                Collected::Refuse(Refusal::new(Code::AnswerTooLarge))
            }
            Ok(Some(data)) => {
                self.pieces.append(data, self.announced);
                Collected::More
            }
            Ok(None) => Collected::Whole(std::mem::take(&mut self.pieces).into_bytes()),
            Err(_) => Collected::Refuse(Refusal::new(Code::Died)),
        }
    }
}

impl Pieces {
    fn len(&self) -> usize {
        match self {
            Self::None => 0,
            Self::One(piece) => piece.len(),
            Self::Joined(pieces) => pieces.len(),
        }
    }

    fn append(&mut self, data: Bytes, announced: usize) {
        *self = match std::mem::take(self) {
            Self::None => Self::One(data),
            Self::One(first) => {
                let mut joined = BytesMut::with_capacity(announced.max(first.len() + data.len()));
                joined.extend_from_slice(&first);
                joined.extend_from_slice(&data);
                Self::Joined(joined)
            }
            Self::Joined(mut joined) => {
                joined.extend_from_slice(&data);
                Self::Joined(joined)
            }
        };
    }

    fn into_bytes(self) -> Bytes {
        match self {
            Self::None => Bytes::new(),
            Self::One(piece) => piece,
            Self::Joined(pieces) => pieces.freeze(),
        }
    }
}

/// Reads one message of a server, as strictly as one of a client.
pub(super) fn read_message(bytes: Bytes) -> Result<Message, Refusal> {
    Message::parse(bytes, &Limits::for_results()).map_err(|rejection| unreadable(&rejection))
}

/// Reads the body of an HTTP error: a JSON-RPC error, or nothing that could be passed on.
pub(super) fn read_error(bytes: &Bytes) -> Option<Response> {
    match Message::parse(bytes.clone(), &Limits::for_results()) {
        Ok(Message::Response(response)) if response.result().is_none() => Some(response),
        Ok(Message::Response(_) | Message::Request(_) | Message::Notification(_)) => None,
        Err(rejection) if rejection.kind() == RejectionKind::IdNull => without_null_id(bytes),
        Err(_) => None,
    }
}

/// JSON-RPC's own form for an error to an unreadable request, common among legacy servers: to us the id is absent.
fn without_null_id(bytes: &Bytes) -> Option<Response> {
    let limits = Limits::for_results();
    let whole = RawJson::parse(bytes.clone(), &limits).ok()?;
    let error = whole.as_raw().member("error").filter(|error| error.kind() == Kind::Object)?;
    let text = format!("{{\"jsonrpc\":\"2.0\",\"error\":{}}}", error.text());
    match Message::parse(text, &limits) {
        Ok(Message::Response(response)) => Some(response),
        Ok(Message::Request(_) | Message::Notification(_)) | Err(_) => None,
    }
}

/// The refusal for a message that cannot be read.
pub(super) fn unreadable(rejection: &Rejection) -> Refusal {
    if rejection.kind() == RejectionKind::TooLarge {
        return Refusal::new(Code::AnswerTooLarge);
    }
    bad_answer(format!("It breaks the rule '{}'.", rejection.kind().name()))
}
