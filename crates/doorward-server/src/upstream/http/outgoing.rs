//! Requests to a server: what travels with a message, and nothing else.
//!
//! Every header comes from the message, the session or the configuration. A client's HTTP request is never seen here but
//! for its `Mcp-Param-*` headers, which the specification wants passed on.

use std::borrow::Cow;

use bytes::Bytes;
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::bridge::TraceContext;
use doorward_mcp::headers::{self, PARAM_PREFIX};
use doorward_mcp::message::{Notification, Request as McpRequest};
use hyper::http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request};
use hyper_util::client::legacy::ResponseFuture;

use super::body::Outgoing;
use super::session::{PROTOCOL_VERSION, Session};
use super::{Endpoint, HttpClient, Speech, Way};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream");
const JSON_OR_EVENTS: HeaderValue = HeaderValue::from_static("application/json, text/event-stream");
const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const META_PROTOCOL_VERSION: &str = "io.modelcontextprotocol/protocolVersion";

impl Way {
    /// The headers of a request message. `extra` holds what the client sent of `Mcp-Param-*`.
    pub(super) fn request_headers(
        &self,
        request: &McpRequest,
        extra: &[(HeaderName, HeaderValue)],
    ) -> Result<HeaderMap, Refusal> {
        let mut map = self.message_headers();
        add_trace(&mut map, &TraceContext::of_request(request));
        match &self.speech {
            Speech::Legacy(session) if request.method() == "initialize" => session.must_not_be_closed()?,
            Speech::Legacy(session) => {
                session.must_be_open()?;
                session.add_headers(&mut map);
            }
            Speech::Modern(schemas) => {
                let tool = request.param("name").filter(|_| request.method() == "tools/call");
                let schema = tool.and_then(|name| name.as_str()).and_then(|name| schemas(&name));
                for (name, value) in headers::for_request(request, schema.as_ref().map(|schema| schema.as_raw())) {
                    add(&mut map, &name, &value);
                }
                add_unrecognised(&mut map, extra);
            }
        }
        Ok(map)
    }

    /// The headers of a notification.
    pub(super) fn notification_headers(&self, notification: &Notification) -> Result<HeaderMap, Refusal> {
        let mut map = self.message_headers();
        match &self.speech {
            Speech::Legacy(session) => {
                session.must_be_open()?;
                session.add_headers(&mut map);
            }
            Speech::Modern(_) => {
                let version = notification.meta().and_then(|meta| meta.member(META_PROTOCOL_VERSION));
                let version = version.and_then(|version| version.as_str());
                let version = version.unwrap_or(Cow::Borrowed(super::MODERN.as_str()));
                add(&mut map, headers::PROTOCOL_VERSION, &version);
                add(&mut map, headers::METHOD, notification.method());
            }
        }
        Ok(map)
    }

    /// The headers of an answer to a server's question.
    pub(super) fn reply_headers(&self, session: &Session) -> Result<HeaderMap, Refusal> {
        session.must_be_open()?;
        let mut map = self.message_headers();
        session.add_headers(&mut map);
        Ok(map)
    }

    /// Sends one message once the returned future is polled.
    pub(super) fn post(&self, headers: HeaderMap, body: impl Into<Outgoing>) -> Result<ResponseFuture, Refusal> {
        self.send(Method::POST, headers, body.into())
    }

    /// Asks for an event stream, from the event after `last_id` where one is named.
    pub(super) fn stream(&self, session: &Session, last_id: Option<&HeaderValue>) -> Result<ResponseFuture, Refusal> {
        session.must_be_open()?;
        let mut headers = stream_headers(&self.endpoint);
        session.add_headers(&mut headers);
        if let Some(id) = last_id {
            headers.insert(LAST_EVENT_ID, id.clone());
        }
        self.send(Method::GET, headers, Outgoing::empty())
    }

    /// Tells the server that a session is over. `headers` are the session's last.
    pub(super) fn delete(&self, session_headers: HeaderMap) -> Result<ResponseFuture, Refusal> {
        let mut headers = self.endpoint.headers().clone();
        headers.extend(session_headers);
        self.send(Method::DELETE, headers, Outgoing::empty())
    }

    fn message_headers(&self) -> HeaderMap {
        message_headers(&self.endpoint)
    }

    fn send(&self, method: Method, headers: HeaderMap, body: Outgoing) -> Result<ResponseFuture, Refusal> {
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = self.endpoint.url().clone();
        *request.headers_mut() = headers;
        send(&self.client, &self.endpoint, request)
    }
}

/// What is configured for a server, and what every message says of itself.
pub(super) fn message_headers(endpoint: &Endpoint) -> HeaderMap {
    let mut headers = endpoint.headers().clone();
    headers.insert(CONTENT_TYPE, JSON);
    headers.insert(ACCEPT, JSON_OR_EVENTS);
    headers
}

/// What is configured for a server, and that an event stream is wanted.
pub(super) fn stream_headers(endpoint: &Endpoint) -> HeaderMap {
    let mut headers = endpoint.headers().clone();
    headers.insert(ACCEPT, EVENTS);
    headers
}

/// Sends a request to a server once the returned future is polled.
pub(super) fn send(
    client: &HttpClient,
    endpoint: &Endpoint,
    request: Request<Outgoing>,
) -> Result<ResponseFuture, Refusal> {
    client.send(request).map_err(|error| {
        tracing::error!(server = %endpoint.server(), %error, "no request can be sent");
        Refusal::new(Code::Unreachable).with_detail("This machine has no root certificates for https.")
    })
}

/// Says in headers too which trace a request belongs to. What is configured for the server stays.
pub(super) fn add_trace(map: &mut HeaderMap, trace: &TraceContext) {
    for (name, value) in trace.parts() {
        if let Ok(value) = HeaderValue::from_str(value) {
            map.entry(name).or_insert(value);
        }
    }
}

/// Adds a header of ours. A value that no header can carry is left out: the body has it, and the server refuses the
/// request for the header's absence.
fn add(map: &mut HeaderMap, name: &str, value: &str) {
    let name = match name {
        headers::PROTOCOL_VERSION => Ok(PROTOCOL_VERSION),
        headers::METHOD => Ok(METHOD),
        headers::NAME => Ok(NAME),
        other => HeaderName::from_bytes(other.as_bytes()),
    };
    if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
        map.insert(name, value);
    }
}

/// Adds a client's `Mcp-Param-*` headers that the schema does not speak of. Those it speaks of are already there, made
/// from the body.
fn add_unrecognised(map: &mut HeaderMap, extra: &[(HeaderName, HeaderValue)]) {
    let prefix = PARAM_PREFIX.len();
    let is_param =
        |name: &HeaderName| name.as_str().get(..prefix).is_some_and(|start| start.eq_ignore_ascii_case(PARAM_PREFIX));
    for (name, value) in extra.iter().filter(|(name, _)| is_param(name)).take(headers::limits::PARAM_HEADERS) {
        if !map.contains_key(name) && value.len() <= headers::limits::VALUE_BYTES {
            map.insert(name.clone(), value.clone());
        }
    }
}

impl From<&McpRequest> for Outgoing {
    fn from(request: &McpRequest) -> Self {
        Bytes::clone(request.bytes()).into()
    }
}
