//! Reading a request's body, and telling the eras apart.

use bytes::Bytes;
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::message::Message;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};

use super::VERSION_HEADER;
use crate::limits::BODY_READ_WAIT;

const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";

/// Refuses anything that does not say it is JSON: a web page can send other types across origins without asking first.
pub(super) fn content_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let json = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"));
    if json {
        Ok(())
    } else {
        Err(Refusal::new(Code::BadHttp).with_detail("Its Content-Type must be application/json."))
    }
}

/// Reads a body to its end, within the limit and the time. On refusal, also how many bytes were announced or read.
pub(super) async fn whole(headers: &HeaderMap, body: Incoming, limit: usize) -> Result<Bytes, (Refusal, usize)> {
    let too_large = || Refusal::new(Code::TooLarge).with_detail(format!("The limit is {limit} bytes."));
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if let Some(announced) = announced.filter(|announced| *announced > limit) {
        return Err((too_large(), announced));
    }
    match tokio::time::timeout(BODY_READ_WAIT, Limited::new(body, limit).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err((too_large(), limit)),
        Ok(Err(_)) => Err((Refusal::new(Code::BadHttp).with_detail("Its body broke off."), 0)),
        Err(_) => Err((Refusal::new(Code::BadHttp).with_detail("Its body did not arrive in time."), 0)),
    }
}

/// A message is of the stateless era when its `_meta` or its header says so.
pub(super) fn is_modern(message: &Message, headers: &HeaderMap) -> bool {
    let meta = match message {
        Message::Request(request) => request.meta(),
        Message::Notification(notification) => notification.meta(),
        Message::Response(_) => None,
    };
    let named = meta.and_then(|meta| meta.member(META_VERSION)).is_some();
    named || headers.get(VERSION_HEADER).is_some_and(|version| !is_legacy(version.as_bytes()))
}

/// Whether a version header names a revision with sessions.
pub(super) fn is_legacy(version: &[u8]) -> bool {
    use doorward_mcp::revision::{Era, Revision};
    std::str::from_utf8(version).ok().and_then(Revision::parse).is_some_and(|revision| revision.era() == Era::Legacy)
}
