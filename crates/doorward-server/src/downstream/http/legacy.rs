//! The eras with a handshake (2024-11-05 to 2025-11-25) over Streamable HTTP: sessions, event streams, resumption.

use std::sync::Arc;

use bytes::Bytes;
use doorward_core::refusal::{Code, Refusal, Shape};
use doorward_mcp::message::{Batches, Frame, Message, Request};
use doorward_mcp::revision::{Era, Revision};
use hyper::header::{HeaderMap, HeaderValue};
use hyper::{Response, StatusCode};
use tokio::sync::oneshot;

use super::in_flight::Claim;
use super::outlet::{self, Outlet};
use super::session::Session;
use super::streams::Primed;
use super::{Admitted, Body, HttpFace, SESSION_HEADER, VERSION_HEADER, read, reply, trace};
use crate::caller::Caller;
use crate::dialogue::Underway;
use crate::edge;
use crate::limits::STREAM_AFTER;
use crate::talk::{Final, Produced};
use crate::upstream::ParamHeaders;

const LAST_EVENT_ID: &str = "last-event-id";

/// `initialize`: opens a conversation, and a session if the server agrees. In a task of its own: a client that goes in the
/// middle of the handshake must not leave a session behind at the server.
pub(super) async fn initialize(face: &Arc<HttpFace>, admitted: Admitted, request: Request) -> Response<Body> {
    let face = face.clone();
    let opened = tokio::spawn(async move { open(&face, admitted, request).await });
    opened.await.unwrap_or_else(|_| reply::status(StatusCode::INTERNAL_SERVER_ERROR))
}

async fn open(face: &Arc<HttpFace>, admitted: Admitted, request: Request) -> Response<Body> {
    let talk = admitted.target.conversation(&face.gateway, &admitted.caller);
    let session = Session::new(talk.clone());
    let ongoing = talk.request(&admitted.caller, request, (Revision::LATEST_LEGACY, ParamHeaders::new())).await;
    // What a server says before the handshake is done has no place to go yet.
    let Some(last) = ongoing.finish(drop).await else {
        return reply::status(StatusCode::INTERNAL_SERVER_ERROR);
    };
    if talk.agreed().is_none() || last.refusal.is_some() {
        session.end().await;
        return reply::json(StatusCode::OK, Body::from(last.message));
    }
    match face.sessions.keep(session.clone()) {
        Ok(id) => {
            let mut response = reply::json(StatusCode::OK, Body::from(last.message));
            if let Ok(value) = HeaderValue::from_str(&id) {
                response.headers_mut().insert(SESSION_HEADER, value);
            }
            response
        }
        Err(refusal) => {
            session.end().await;
            reply::refused(&refusal, None)
        }
    }
}

/// A POST inside a session.
pub(super) async fn in_session(
    face: &Arc<HttpFace>,
    admitted: &Admitted,
    id: &HeaderValue,
    headers: &HeaderMap,
    bytes: Bytes,
) -> Response<Body> {
    let session = match face.sessions.find(id.as_bytes(), admitted.caller.principal.id(), &admitted.target.place()) {
        Ok(session) => session,
        Err(refusal) => return face.refuse_unread(admitted, refusal, bytes.len()).await,
    };
    if let Err(refusal) = version(headers) {
        return face.refuse_unread(admitted, refusal, bytes.len()).await;
    }
    let batches = if session.revision().accepts_batches() { Batches::Accept } else { Batches::Refuse };
    let (size, caller) = (bytes.len(), &admitted.caller);
    match Frame::parse(bytes, &face.limits, batches) {
        Ok(Frame::Single(Message::Request(request))) => {
            single(face, (session, admitted), id, Message::Request(trace::joined(request, headers))).await
        }
        Ok(Frame::Single(message)) => single(face, (session, admitted), id, message).await,
        Ok(Frame::Batch(messages)) => match edge::without_handshake(messages) {
            Ok(messages) => batch(&session, caller, trace::all_joined(messages, headers)).await,
            Err(refusal) => reply::refused(&session.talk().turn_away(caller, refusal, None, size).await, None),
        },
        Err(rejection) => {
            let refusal = session.talk().turn_away(caller, edge::refusal(&rejection), None, size).await;
            reply::refused(&refusal, rejection.id())
        }
    }
}

/// A version header is optional before 2025-06-18 and in clients that forget it, but a wrong one is refused.
pub(super) fn version(headers: &HeaderMap) -> Result<(), Refusal> {
    match headers.get(VERSION_HEADER) {
        None => Ok(()),
        Some(version) if read::is_legacy(version.as_bytes()) => Ok(()),
        Some(_) => {
            Err(Refusal::new(Code::BadHttp).with_detail("MCP-Protocol-Version must name a revision that has sessions."))
        }
    }
}

async fn single(
    face: &Arc<HttpFace>,
    (session, admitted): (Arc<Session>, &Admitted),
    id: &HeaderValue,
    message: Message,
) -> Response<Body> {
    let caller = &admitted.caller;
    match message {
        Message::Response(response) => {
            session.talk().response(response).await;
            reply::status(StatusCode::ACCEPTED)
        }
        Message::Notification(notification) => {
            let revision = session.revision();
            session.talk().notification(caller, notification, revision).await;
            reply::status(StatusCode::ACCEPTED)
        }
        Message::Request(request) => {
            let claim = match session.claim(request.id()) {
                Ok(claim) => claim,
                Err(refusal) => {
                    let size = request.bytes().len();
                    let refusal = session.talk().turn_away(caller, refusal, Some(request.method()), size).await;
                    return reply::json(
                        StatusCode::OK,
                        Body::from(refusal.render(Some(request.id()), Shape::Error, None)),
                    );
                }
            };
            match request_in(session, caller.clone(), request, claim).await {
                First::Answer(last) if last.refusal == Some(Code::UnknownSession) => {
                    // The server has forgotten its session; so must the client, or it would never begin anew.
                    face.sessions.end(id.as_bytes()).await;
                    reply::json(StatusCode::NOT_FOUND, Body::from(last.message))
                }
                First::Answer(last) => {
                    let challenges = face.challenges(&admitted.path, &last);
                    let status = if challenges.is_empty() { StatusCode::OK } else { StatusCode::FORBIDDEN };
                    reply::challenged(reply::json(status, Body::from(last.message)), challenges)
                }
                First::Stream(events) => reply::stream(events),
            }
        }
    }
}

/// What a request's HTTP response begins as.
enum First {
    Answer(Final),
    Stream(Outlet),
}

/// Runs a request in a task of its own: in these eras a lost connection is no cancellation.
async fn request_in(session: Arc<Session>, caller: Caller, request: Request, claim: Claim) -> First {
    let (first, waiting) = oneshot::channel();
    tokio::spawn(async move {
        let revision = session.revision();
        let ongoing = session.talk().request(&caller, request, (revision, ParamHeaders::new())).await;
        drive(&session, &caller, ongoing, first).await;
        drop(claim);
    });
    match waiting.await {
        Ok(first) => first,
        // The task ended without a word, which only a panic can do; an ended stream tells the client.
        Err(_) => First::Stream(outlet::open(0).1),
    }
}

async fn drive(session: &Arc<Session>, caller: &Caller, mut ongoing: Underway, first: oneshot::Sender<First>) {
    let in_time = tokio::time::timeout(STREAM_AFTER, ongoing.ready()).await.is_ok();
    let mut early = None;
    if in_time && !ongoing.is_stream() {
        match ongoing.next().await {
            Some(Produced::Final(last)) => {
                // The client may have gone; without a stream there is nothing it could resume.
                let _ = first.send(First::Answer(last));
                return;
            }
            Some(Produced::Interim(segments)) => early = Some(segments.into_bytes()),
            None => return,
        }
    }
    let primed = if session.revision() >= Revision::V2025_11_25 { Primed::Yes } else { Primed::No };
    let (stream, events) = session.streams().open(&caller.principal, primed);
    let _ = first.send(First::Stream(events));
    if let Some(early) = early {
        session.streams().push(stream, early);
    }
    while let Some(produced) = ongoing.next().await {
        match produced {
            Produced::Interim(segments) => session.streams().push(stream, segments.into_bytes()),
            Produced::Final(last) => {
                session.streams().push(stream, last.message.into_bytes());
                break;
            }
        }
    }
    session.streams().finish(stream);
}

/// A batch (2025-03-26): every message is an exchange of its own; the answers come in one array, in the order of their
/// requests. What is said on the way goes to the listening stream.
async fn batch(session: &Arc<Session>, caller: &Caller, messages: Vec<Message>) -> Response<Body> {
    let mut running = Vec::new();
    for message in messages {
        match message {
            Message::Response(response) => session.talk().response(response).await,
            Message::Notification(notification) => {
                session.talk().notification(caller, notification, session.revision()).await;
            }
            Message::Request(request) => running.push(tokio::spawn(batched(session.clone(), caller.clone(), request))),
        }
    }
    if running.is_empty() {
        return reply::status(StatusCode::ACCEPTED);
    }
    let mut answers = Vec::new();
    for task in running {
        if let Ok(Some(answer)) = task.await {
            answers.push(answer);
        }
    }
    reply::json(StatusCode::OK, Body::from(crate::talk::join_batch(&answers)))
}

async fn batched(session: Arc<Session>, caller: Caller, request: Request) -> Option<Bytes> {
    let claim = match session.claim(request.id()) {
        Ok(claim) => claim,
        Err(refusal) => {
            let refusal =
                session.talk().turn_away(&caller, refusal, Some(request.method()), request.bytes().len()).await;
            let shape = Shape::of(request.method(), refusal.code, Era::Legacy);
            return Some(refusal.render(Some(request.id()), shape, None));
        }
    };
    let ongoing = session.talk().request(&caller, request, (session.revision(), ParamHeaders::new())).await;
    let (listening, hearer) = (session.clone(), caller.principal);
    let last = ongoing.finish(move |said| listening.streams().overhear(&hearer, said.into_bytes())).await;
    drop(claim);
    last.map(|last| last.message.into_bytes())
}

/// GET: listens for what the server says outside any request, or resumes a stream.
pub(super) async fn listen(face: &Arc<HttpFace>, admitted: &Admitted, headers: &HeaderMap) -> Response<Body> {
    // Some clients ask before they have a session; "not here" lets them go on, an error would end them.
    let Some(id) = headers.get(SESSION_HEADER) else {
        return reply::status(StatusCode::METHOD_NOT_ALLOWED);
    };
    let session = match face.sessions.find(id.as_bytes(), admitted.caller.principal.id(), &admitted.target.place()) {
        Ok(session) => session,
        Err(refusal) => return face.refuse_unread(admitted, refusal, 0).await,
    };
    let last = headers.get(LAST_EVENT_ID).and_then(|last| last.to_str().ok());
    let caller = &admitted.caller;
    let resumed = last.and_then(|last| session.streams().resume(last, &caller.principal));
    let events = resumed.unwrap_or_else(|| session.listen(caller));
    reply::stream(events)
}

/// DELETE: ends the session.
pub(super) async fn end(face: &Arc<HttpFace>, admitted: &Admitted, headers: &HeaderMap) -> Response<Body> {
    let Some(id) = headers.get(SESSION_HEADER) else {
        return reply::status(StatusCode::METHOD_NOT_ALLOWED);
    };
    match face.sessions.find(id.as_bytes(), admitted.caller.principal.id(), &admitted.target.place()) {
        Ok(_) => {
            face.sessions.end(id.as_bytes()).await;
            reply::status(StatusCode::NO_CONTENT)
        }
        Err(refusal) => face.refuse_unread(admitted, refusal, 0).await,
    }
}
