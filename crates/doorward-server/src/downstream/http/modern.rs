//! The stateless era (2026-07-28): every request stands alone, and its headers must repeat its body.

use std::sync::Arc;

use bytes::Bytes;
use doorward_core::refusal::{Code, Refusal, Shape};
use doorward_mcp::headers::{self, HeaderRefusal};
use doorward_mcp::message::{Message, Notification, Request};
use doorward_mcp::revision::{Era, Revision};
use doorward_mcp::sse::{SseEvent, encode};
use doorward_mcp::views::meta::RequestMeta;
use hyper::header::{HeaderMap, HeaderName};
use hyper::{Response, StatusCode};

use super::lasting::{self, End};
use super::{Admitted, Body, HttpFace, VERSION_HEADER, id_of, method_of, outlet, reply, trace};
use crate::caller::Caller;
use crate::dialogue::{Dialogue, Underway};
use crate::limits::STREAM_AFTER;
use crate::talk::{Produced, supported_versions};
use crate::upstream::ParamHeaders;

/// Answers a POST of the stateless era.
pub(super) async fn post(
    face: &Arc<HttpFace>,
    admitted: Admitted,
    message: Message,
    headers: &HeaderMap,
) -> Response<Body> {
    let caller = &admitted.caller;
    let talk = match admitted.target.stateless(&face.gateway, caller).await {
        Ok(talk) => talk,
        Err(refusal) => return unreached(face, &admitted, &message, refusal).await,
    };
    match message {
        Message::Request(request) => match check(&talk, caller, &request, headers).await {
            Ok(()) => {
                let request = trace::joined(request, headers);
                let listens = request.method() == "subscriptions/listen";
                let ongoing = talk.request(caller, request, (Revision::LATEST, params(headers))).await;
                let answer = answer(face, &admitted.path, ongoing).await;
                match listens {
                    true => lasting::while_taken(face, &admitted, Arc::new(End::of(&admitted)), answer),
                    false => answer,
                }
            }
            Err(refusal) => {
                let size = request.bytes().len();
                let refusal = talk.turn_away(caller, refusal, Some(request.method()), size).await;
                let data = version_data(&refusal, &request);
                refused(&request, &refusal, data.as_deref())
            }
        },
        Message::Notification(notification) => notify(talk, caller, notification, headers).await,
        // Clients of this era must not send responses (2026-07-28, basic/transports).
        Message::Response(_) => {
            let (refusal, size) = (Refusal::new(Code::UnknownShape), message.bytes().len());
            let refusal = talk.turn_away(caller, refusal, method_of(&message), size).await;
            reply::refused(&refusal, id_of(&message))
        }
    }
}

/// The server does not say which era it speaks, so nothing can be asked of it.
async fn unreached(face: &HttpFace, admitted: &Admitted, message: &Message, refusal: Refusal) -> Response<Body> {
    let refusal = face.turn(admitted, method_of(message), message.bytes().len()).away(&face.gateway, refusal).await;
    match message {
        Message::Request(request) => refused(request, &refusal, None),
        Message::Notification(_) | Message::Response(_) => reply::refused(&refusal, id_of(message)),
    }
}

/// The rules of the edge, in the order in which a client can mend them.
async fn check(talk: &Dialogue, caller: &Caller, request: &Request, headers: &HeaderMap) -> Result<(), Refusal> {
    let schema = match request.method() {
        // Which headers must repeat arguments is known only from the tool's schema.
        "tools/call" => talk.known_schema(caller, request, Era::Modern).await,
        _ => None,
    };
    let presented = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    headers::check(request, presented, schema.as_ref().map(|schema| schema.as_raw())).map_err(header_refusal)?;
    let meta = RequestMeta::from_params(request.params())
        .map_err(|error| Refusal::new(Code::MetaMissing).with_detail(format!("{error}.")))?;
    if Revision::parse(&meta.protocol_version).is_none_or(|revision| revision.era() == Era::Legacy) {
        return Err(Refusal::new(Code::UnsupportedVersion));
    }
    Ok(())
}

fn header_refusal(refusal: HeaderRefusal) -> Refusal {
    match refusal {
        HeaderRefusal::Mismatch(mismatch) => Refusal::new(Code::HeaderMismatch).with_detail(mismatch_detail(&mismatch)),
        HeaderRefusal::Missing(missing) => Refusal::new(Code::MetaMissing).with_detail(format!("{missing}.")),
    }
}

/// Names the header, what was expected and the revision. A value that repeats an argument is not shown: the sentence is
/// also recorded, and records hold no payload.
fn mismatch_detail(mismatch: &headers::HeaderMismatch) -> String {
    let header = &mismatch.header;
    let protocol = !header.to_ascii_lowercase().starts_with(&headers::PARAM_PREFIX.to_ascii_lowercase());
    match (&mismatch.expected, &mismatch.found) {
        (Some(expected), None) if protocol => {
            format!("{header} is absent; revision {} wants '{expected}' there.", mismatch.revision)
        }
        (Some(expected), Some(found)) if protocol => {
            format!("{header} is '{found}'; revision {} wants '{expected}' there.", mismatch.revision)
        }
        (None, _) => format!("{header} must be absent (revision {}).", mismatch.revision),
        (Some(_), _) => format!("{header} does not repeat the argument (revision {}).", mismatch.revision),
    }
}

/// Where the specification wants an HTTP error it is one; any other refusal keeps the form it has within a call.
fn refused(request: &Request, refusal: &Refusal, data: Option<&str>) -> Response<Body> {
    match reply::status_of(refusal.code) {
        StatusCode::OK => {
            let shape = Shape::of(request.method(), refusal.code, Era::Modern);
            reply::json(StatusCode::OK, Body::from(refusal.render(Some(request.id()), shape, data)))
        }
        status => reply::error(status, refusal, Some(request.id()), data),
    }
}

fn version_data(refusal: &Refusal, request: &Request) -> Option<String> {
    if refusal.code != Code::UnsupportedVersion {
        return None;
    }
    let meta = RequestMeta::from_params(request.params()).ok()?;
    let requested = doorward_mcp::compose::quote(&meta.protocol_version);
    Some(format!("{},\"requested\":{requested}", supported_versions(Era::Modern)))
}

async fn notify(talk: Dialogue, caller: &Caller, notification: Notification, headers: &HeaderMap) -> Response<Body> {
    let version = headers.get(VERSION_HEADER).and_then(|version| version.to_str().ok()).and_then(Revision::parse);
    if version.is_none_or(|revision| revision.era() == Era::Legacy) {
        let refusal = Refusal::new(Code::UnsupportedVersion);
        let refusal = talk.turn_away(caller, refusal, Some(notification.method()), notification.bytes().len()).await;
        return reply::refused(&refusal, None);
    }
    talk.notification(caller, notification, Revision::LATEST).await;
    reply::status(StatusCode::ACCEPTED)
}

fn params(headers: &HeaderMap) -> ParamHeaders {
    let is_param = |name: &HeaderName| {
        name.as_str()
            .get(..headers::PARAM_PREFIX.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(headers::PARAM_PREFIX))
    };
    headers.iter().filter(|(name, _)| is_param(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// One body if the answer comes first and soon; an event stream otherwise, or if the server has begun one.
async fn answer(face: &HttpFace, path: &str, mut ongoing: Underway) -> Response<Body> {
    if tokio::time::timeout(STREAM_AFTER, ongoing.ready()).await.is_err() {
        return stream(ongoing, None);
    }
    if ongoing.is_stream() {
        return stream(ongoing, None);
    }
    match ongoing.next().await {
        Some(Produced::Final(last)) => {
            let challenges = face.challenges(path, &last);
            reply::challenged(reply::json(reply::modern_status(&last), Body::from(last.message)), challenges)
        }
        Some(Produced::Interim(segments)) => stream(ongoing, Some(segments.into_bytes())),
        None => reply::status(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// Streams what an exchange produces. When the client closes the stream, the exchange is dropped, which cancels it:
/// in this era that is how a client cancels. While a client does not read, the server is not read either.
fn stream(mut ongoing: Underway, first: Option<Bytes>) -> Response<Body> {
    let (events, outlet) = outlet::open(0);
    tokio::spawn(async move {
        if let Some(first) = first
            && events.send(event(first)).await.is_err()
        {
            return;
        }
        loop {
            tokio::select! {
                () = events.closed() => return,
                _ = ongoing.ready() => {}
            }
            let (message, done) = match ongoing.next().await {
                Some(Produced::Interim(segments)) => (segments, false),
                Some(Produced::Final(last)) => (last.message, true),
                None => return,
            };
            // A client that has gone is a cancellation; after the final message there is nothing left to cancel.
            if events.send(event(message.into_bytes())).await.is_err() || done {
                return;
            }
        }
    });
    reply::stream(outlet)
}

fn event(message: Bytes) -> Bytes {
    encode(&SseEvent::message(message)).to_bytes()
}
