//! Responses: which status and which form.
//!
//! The one table from refusal to HTTP status. A refusal inside a call stays inside it (200); an HTTP error is used only
//! where the specification wants one, because clients end their session on it.

use doorward_core::refusal::{Code, Refusal, Shape};
use doorward_mcp::id::Id;
use hyper::header::{CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};

use super::Body;
use super::outlet::Outlet;
use crate::talk::Final;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");

/// The HTTP status of a refusal in the stateless era (DIGEST §1.5).
pub(super) const fn status_of(code: Code) -> StatusCode {
    match code {
        Code::BadJson
        | Code::TooDeep
        | Code::DuplicateKey
        | Code::KeyCase
        | Code::BadText
        | Code::BadId
        | Code::Batch
        | Code::UnknownShape
        | Code::HeaderMismatch
        | Code::MetaMissing
        | Code::UnsupportedVersion
        | Code::OtherEra
        | Code::BadState
        | Code::BadHttp
        | Code::BadCredentials => StatusCode::BAD_REQUEST,
        Code::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::ForeignHost | Code::ForeignOrigin | Code::InsufficientScope => StatusCode::FORBIDDEN,
        Code::UnknownMethod | Code::UnknownSession | Code::UnknownServer => StatusCode::NOT_FOUND,
        Code::Stopping => StatusCode::SERVICE_UNAVAILABLE,
        Code::BadParams
        | Code::IdInUse
        | Code::Busy
        | Code::ForeignHandle
        | Code::LimitReached
        | Code::Unclear
        | Code::NotAllowed
        | Code::Forbidden
        | Code::PolicyError
        | Code::Obligation
        | Code::ApprovalNeeded
        | Code::ApprovalDenied
        | Code::ApprovalNotAsked
        | Code::UnknownTool
        | Code::UnknownItem
        | Code::Stopped
        | Code::PolicyUnusable
        | Code::QuestionRefused
        | Code::StoreUnavailable
        | Code::StoreFull
        | Code::Unreachable
        | Code::Died
        | Code::TimedOut
        | Code::BadAnswer
        | Code::AnswerTooLarge
        | Code::UpstreamBusy
        | Code::AnswerWithheld
        | Code::UpstreamHttp
        | Code::TooManyRounds
        | Code::NoEquivalent
        | Code::Cancelled
        | Code::RequestBlocked
        | Code::AnswerBlocked
        | Code::SchemaMismatch
        | Code::ResultMismatch
        | Code::GuardUnfinished
        | Code::Quarantined
        | Code::Drifted
        | Code::NotEndorsed
        | Code::FlowRefused
        | Code::BeyondTask => StatusCode::OK,
    }
}

/// A request that did not pass the gate: an error without an id, and challenges where credentials would help.
pub(super) fn turned_away(refusal: &Refusal, challenges: Vec<HeaderValue>) -> Response<Body> {
    challenged(refused(refusal, None), challenges)
}

/// The same response with challenges.
pub(super) fn challenged(mut response: Response<Body>, challenges: Vec<HeaderValue>) -> Response<Body> {
    for challenge in challenges {
        response.headers_mut().append(WWW_AUTHENTICATE, challenge);
    }
    response
}

/// A refusal under its own status.
pub(super) fn refused(refusal: &Refusal, id: Option<&Id>) -> Response<Body> {
    with_status(status_of(refusal.code), refusal, id)
}

/// A refusal under another status.
pub(super) fn with_status(status: StatusCode, refusal: &Refusal, id: Option<&Id>) -> Response<Body> {
    error(status, refusal, id, None)
}

/// A refusal with more in the error's data.
pub(super) fn error(status: StatusCode, refusal: &Refusal, id: Option<&Id>, data: Option<&str>) -> Response<Body> {
    json(status, Body::from(refusal.render(id, Shape::Error, data)))
}

/// A status and nothing else.
pub(super) fn status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// A JSON body.
pub(super) fn json(status: StatusCode, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

/// An event stream fed by `events`.
pub(super) fn stream(events: Outlet) -> Response<Body> {
    let mut response = Response::new(Body::stream(events));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, EVENT_STREAM);
    headers.insert("cache-control", HeaderValue::from_static("no-store"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// The status of a final answer in the stateless era: the server's own where it used one for its error, else what the
/// error's code asks for.
pub(super) fn modern_status(last: &Final) -> StatusCode {
    if let Some(code) = last.refusal {
        return status_of(code);
    }
    let Some(error) = last.error else { return StatusCode::OK };
    let own = last.status.and_then(|status| StatusCode::from_u16(status).ok());
    match (own, error) {
        (Some(status @ (StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND)), _) => status,
        (_, -32601) => StatusCode::NOT_FOUND,
        (_, -32022..=-32020) => StatusCode::BAD_REQUEST,
        (Some(_) | None, _) => StatusCode::OK,
    }
}
