//! What strangers may ask: the metadata of this gateway as a protected resource (RFC 9728).
//!
//! It answers without credentials, so it must never tell anything that differs from one gateway of the same configuration
//! to another: not which servers there are, and not who is known.

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, HeaderValue, ORIGIN, VARY};
use hyper::{Method, Request, Response, StatusCode};

use super::{Body, Door, Gate, reply};

/// How long clients may keep them: a new configuration is in force at once.
const KEEP: HeaderValue = HeaderValue::from_static("max-age=60");

/// The answer to a request for metadata; `None` for every other request.
pub(super) fn answer(gate: &Gate, request: &Request<Incoming>) -> Option<Response<Body>> {
    let (headers, uri) = (request.headers(), request.uri());
    let (endpoint, metadata) = gate.identity().issuers()?.metadata(uri.path())?;
    if let Err(refusal) = gate.host_and_origin(headers, uri) {
        return Some(reply::turned_away(&refusal, Vec::new()));
    }
    if !endpoint.is_empty() && Door::of(endpoint).is_none() {
        return Some(reply::status(StatusCode::NOT_FOUND));
    }
    let mut response = match *request.method() {
        Method::GET => reply::json(StatusCode::OK, Body::from(Bytes::from(metadata))),
        Method::HEAD => reply::json(StatusCode::OK, Body::empty()),
        Method::OPTIONS => reply::status(StatusCode::NO_CONTENT),
        _ => return Some(reply::status(StatusCode::METHOD_NOT_ALLOWED)),
    };
    let answered = response.headers_mut();
    answered.insert(CACHE_CONTROL, KEEP);
    answered.insert(VARY, HeaderValue::from_static("origin"));
    // The origin passed the gate, so its pages may read what everybody may.
    if let Some(origin) = headers.get(ORIGIN) {
        answered.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    }
    Some(response)
}
