//! The trace that a client's HTTP request belongs to.
//!
//! Responsible for putting what the headers say of it into the request's `_meta`, before anything is decided, so that it
//! is decided and recorded as it is forwarded. It must never replace what stands in `_meta`, and never fail a request.

use std::borrow::Cow;

use doorward_mcp::bridge::{TraceContext, with_trace_context};
use doorward_mcp::message::{Message, Request};
use hyper::header::HeaderMap;

/// The request with the trace that its HTTP headers name. What is not sound is left out, and so are the headers.
pub(super) fn joined(request: Request, headers: &HeaderMap) -> Request {
    with(request, &named(headers))
}

/// The same for all messages of one body.
pub(super) fn all_joined(messages: Vec<Message>, headers: &HeaderMap) -> Vec<Message> {
    let trace = named(headers);
    let join = |message| match message {
        Message::Request(request) => Message::Request(with(request, &trace)),
        Message::Notification(_) | Message::Response(_) => message,
    };
    if trace.is_empty() { messages } else { messages.into_iter().map(join).collect() }
}

fn named(headers: &HeaderMap) -> TraceContext {
    TraceContext::read(|name| {
        let values = headers.get_all(name).iter().map(|value| value.to_str());
        let values: Vec<&str> = values.collect::<Result<_, _>>().ok()?;
        match values.as_slice() {
            [] => None,
            [value] => Some(Cow::Borrowed(*value)),
            // A list may come in several headers. A second parent makes what results no parent at all.
            several => Some(Cow::Owned(several.join(","))),
        }
    })
}

fn with(request: Request, trace: &TraceContext) -> Request {
    if trace.is_empty() {
        return request;
    }
    match with_trace_context(&request, trace).map(|traced| traced.into_message()) {
        Ok(Message::Request(traced)) => traced,
        Ok(Message::Notification(_) | Message::Response(_)) | Err(_) => request,
    }
}
