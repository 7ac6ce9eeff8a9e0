//! HTTP+SSE, the HTTP transport of 2024-11-05, for clients that have no other: `…/sse` beside every `…/mcp`.
//!
//! GET opens an event stream, and with it a session; its first event says where the client posts its messages. Every
//! answer comes on the stream. The stream is the session: when the client has gone, so has the session, and what was in
//! flight is cancelled, because nobody could ever be given its answer.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use doorward_core::refusal::{Code, Refusal, Shape};
use doorward_mcp::message::{Batches, Frame, Message, Request};
use doorward_mcp::revision::{Era, Revision};
use doorward_mcp::sse::{SseEvent, encode};
use hyper::body::Incoming;
use hyper::header::{ALLOW, HeaderMap, HeaderValue};
use hyper::{Response, StatusCode, Uri};
use tokio::sync::watch;

use super::in_flight::{Claim, InFlight};
use super::lasting::{self, End};
use super::outlet::{self, Inlet, NotTaken};
use super::session::Sessions;
use super::{Admitted, Body, HttpFace, legacy, read, reply, trace};
use crate::caller::Caller;
use crate::dialogue::Dialogue;
use crate::edge;
use crate::talk::{Final, Produced, join_batch};
use crate::upstream::ParamHeaders;

/// Names the session in the address for messages.
const PARAMETER: &str = "session=";

/// A session that lives as long as its stream.
#[derive(Debug)]
pub(super) struct SseSession {
    talk: Dialogue,
    /// Where events go in; gone once the session has ended, so that the stream ends as well.
    inlet: Mutex<Option<Arc<Inlet>>>,
    in_flight: Arc<InFlight>,
    life: watch::Sender<Life>,
    end: Arc<End>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Life {
    Open,
    /// What is in flight may finish; then the session ends.
    Draining,
    Ended,
}

/// GET: opens a session and its stream.
pub(super) async fn open(face: &Arc<HttpFace>, admitted: &Admitted, uri: &Uri) -> Response<Body> {
    let talk = admitted.target.conversation(&face.gateway, &admitted.caller);
    let (inlet, events) = outlet::open(0);
    let session = Arc::new(SseSession {
        talk,
        inlet: Mutex::new(Some(Arc::new(inlet))),
        in_flight: Arc::default(),
        life: watch::Sender::new(Life::Open),
        end: Arc::new(End::of(admitted)),
    });
    let id = match face.sessions.keep_sse(session.clone()) {
        Ok(id) => id,
        Err(refusal) => {
            let refusal = face.turn(admitted, None, 0).away(&face.gateway, refusal).await;
            return reply::with_status(StatusCode::SERVICE_UNAVAILABLE, &refusal, None);
        }
    };
    let place = Bytes::from(format!("{}?{PARAMETER}{id}", uri.path()));
    // The outlet is new and empty, so there is room.
    let _ = session.say_first(place);
    let end = session.end.clone();
    tokio::spawn(live(face.sessions.clone(), id, session));
    lasting::while_taken(face, admitted, end, reply::stream(events))
}

/// POST: a message of a session. Whatever answers it comes on the stream.
pub(super) async fn take(
    face: &Arc<HttpFace>,
    admitted: &Admitted,
    request: hyper::Request<Incoming>,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Some(id) = session_named(&parts.uri) else {
        // Who tries Streamable HTTP here first goes on to ask for the stream.
        return no_such_method();
    };
    if let Err(refusal) = read::content_type(&parts.headers) {
        return face.refuse_unread(admitted, refusal, 0).await;
    }
    let bytes = match read::whole(&parts.headers, body, face.limits.message_bytes).await {
        Ok(bytes) => bytes,
        Err((refusal, read)) => return face.refuse_unread(admitted, refusal, read).await,
    };
    match face.sessions.find_sse(id, admitted.caller.principal.id(), &admitted.target.place()) {
        Ok(session) => {
            // The stream is the session, so a client with a new token need not open another.
            if session.talk.listener().caller().principal == admitted.caller.principal {
                session.end.prolong(admitted);
            }
            session.frame((face, &admitted.caller), &parts.headers, bytes).await
        }
        Err(refusal) => face.refuse_unread(admitted, refusal, bytes.len()).await,
    }
}

/// The answer to a method that the address does not have.
pub(super) fn no_such_method() -> Response<Body> {
    let mut response = reply::status(StatusCode::METHOD_NOT_ALLOWED);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
    response
}

/// The one session that an address names.
fn session_named(uri: &Uri) -> Option<&str> {
    let mut named = uri.query()?.split('&').filter_map(|parameter| parameter.strip_prefix(PARAMETER));
    let first = named.next()?;
    named.next().is_none().then_some(first)
}

/// Carries what the server says outside any call, until the client has gone or the session is ended.
async fn live(sessions: Arc<Sessions>, id: String, session: Arc<SseSession>) {
    if let Some(inlet) = session.inlet() {
        tokio::select! {
            () = inlet.closed() => {}
            () = session.until(Life::Ended) => {}
            () = session.drained() => {}
            () = session.pump(&inlet) => {}
        }
    }
    sessions.end(id.as_bytes()).await;
}

impl SseSession {
    pub(super) const fn talk(&self) -> &Dialogue {
        &self.talk
    }

    /// Lets what is in flight finish, then ends the session.
    pub(super) fn drain(&self) {
        self.live_on(Life::Draining);
    }

    /// Ends the conversation: the stream is closed, open questions are withdrawn, the server is told.
    pub(super) async fn end(&self) {
        self.live_on(Life::Ended);
        self.inlet.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.talk.close().await;
    }

    /// The revision of the session; the latest with sessions until `initialize` has settled it.
    fn revision(&self) -> Revision {
        self.talk.agreed().unwrap_or(Revision::LATEST_LEGACY)
    }

    async fn frame(
        self: Arc<Self>,
        (face, caller): (&HttpFace, &Caller),
        headers: &HeaderMap,
        bytes: Bytes,
    ) -> Response<Body> {
        let size = bytes.len();
        if let Err(refusal) = legacy::version(headers) {
            let refusal = self.talk.turn_away(caller, refusal, None, size).await;
            return reply::refused(&refusal, None);
        }
        let batches = if self.revision().accepts_batches() { Batches::Accept } else { Batches::Refuse };
        match Frame::parse(bytes, &face.limits, batches) {
            Ok(Frame::Single(Message::Request(request))) => {
                self.message(caller, Message::Request(trace::joined(request, headers))).await
            }
            Ok(Frame::Single(message)) => self.message(caller, message).await,
            Ok(Frame::Batch(messages)) => match edge::without_handshake(messages) {
                Ok(messages) => self.batch(caller, trace::all_joined(messages, headers)).await,
                Err(refusal) => reply::refused(&self.talk.turn_away(caller, refusal, None, size).await, None),
            },
            Err(rejection) => {
                let refusal = self.talk.turn_away(caller, edge::refusal(&rejection), None, size).await;
                let Some(id) = rejection.id() else { return reply::refused(&refusal, None) };
                // The sender waits for this id on the stream, whatever the status says.
                self.send(refusal.render(Some(id), Shape::Error, None)).await;
                reply::status(StatusCode::ACCEPTED)
            }
        }
    }

    async fn message(self: Arc<Self>, caller: &Caller, message: Message) -> Response<Body> {
        match message {
            Message::Response(response) => self.talk.response(response).await,
            Message::Notification(notification) => self.talk.notification(caller, notification, self.revision()).await,
            Message::Request(request) => match self.admit(caller, &request).await {
                Ok(claim) => {
                    let caller = caller.clone();
                    tokio::spawn(async move {
                        let answered = async {
                            let last = self.answer(&caller, request).await;
                            if let Some(last) = last {
                                self.give(last).await;
                            }
                        };
                        self.while_alive(answered).await;
                        drop(claim);
                    });
                }
                Err(refused) => self.send(refused).await,
            },
        }
        reply::status(StatusCode::ACCEPTED)
    }

    /// A batch (2025-03-26): every message is an exchange of its own; the answers come in one array.
    async fn batch(self: Arc<Self>, caller: &Caller, messages: Vec<Message>) -> Response<Body> {
        let mut running = Vec::new();
        for message in messages {
            match message {
                Message::Response(response) => self.talk.response(response).await,
                Message::Notification(notification) => {
                    self.talk.notification(caller, notification, self.revision()).await
                }
                Message::Request(request) => {
                    let (session, caller) = (self.clone(), caller.clone());
                    running.push(tokio::spawn(async move { session.batched(&caller, request).await }));
                }
            }
        }
        if !running.is_empty() {
            tokio::spawn(async move {
                let mut answers = Vec::new();
                for task in running {
                    if let Ok(Some(answer)) = task.await {
                        answers.push(answer);
                    }
                }
                self.send(join_batch(&answers)).await;
            });
        }
        reply::status(StatusCode::ACCEPTED)
    }

    async fn batched(&self, caller: &Caller, request: Request) -> Option<Bytes> {
        match self.admit(caller, &request).await {
            Ok(claim) => {
                let last = self.while_alive(self.answer(caller, request)).await.flatten();
                drop(claim);
                last.map(|last| last.message.into_bytes())
            }
            Err(refused) => Some(refused),
        }
    }

    /// Lets a request in, or says what its sender is to be told.
    async fn admit(&self, caller: &Caller, request: &Request) -> Result<Claim, Bytes> {
        let early = self.talk.agreed().is_none() && !matches!(request.method(), "initialize" | "ping");
        let admitted = if early {
            Err(Refusal::new(Code::UnknownSession).with_detail("The session has not begun."))
        } else {
            self.in_flight.claim(request.id())
        };
        match admitted {
            Ok(claim) => Ok(claim),
            Err(refusal) => {
                let refusal = self.talk.turn_away(caller, refusal, Some(request.method()), request.bytes().len()).await;
                let shape = Shape::of(request.method(), refusal.code, Era::Legacy);
                Err(refusal.render(Some(request.id()), shape, None))
            }
        }
    }

    /// Runs a request; what comes on the way is sent at once. Dropped, it ends as cancelled.
    async fn answer(&self, caller: &Caller, request: Request) -> Option<Final> {
        let mut ongoing = self.talk.request(caller, request, (self.revision(), ParamHeaders::new())).await;
        loop {
            match ongoing.next().await? {
                Produced::Interim(segments) => self.send(segments.into_bytes()).await,
                Produced::Final(last) => return Some(last),
            }
        }
    }

    async fn give(&self, last: Final) {
        let lost = last.refusal == Some(Code::UnknownSession);
        self.send(last.message.into_bytes()).await;
        if lost {
            // The server has forgotten its session; so must the client, or it would never begin anew.
            self.live_on(Life::Draining);
        }
    }

    async fn pump(&self, inlet: &Inlet) {
        while let Some(segments) = self.talk.overheard().await {
            if inlet.send(event(segments.into_bytes())).await == Err(NotTaken) {
                return;
            }
        }
        // The server says nothing more outside of calls; those go on.
        std::future::pending().await
    }

    /// Sends a message as soon as there is room for it; to nobody if the client has gone.
    async fn send(&self, message: Bytes) {
        if let Some(inlet) = self.inlet() {
            // Who has gone needs nothing, and `live` sees it.
            let _ = self.while_alive(inlet.send(event(message))).await;
        }
    }

    fn say_first(&self, place: Bytes) -> Result<(), NotTaken> {
        let endpoint = SseEvent { event: Some("endpoint".to_owned()), ..SseEvent::message(place) };
        self.inlet().ok_or(NotTaken)?.try_send(encode(&endpoint).to_bytes())
    }

    fn inlet(&self) -> Option<Arc<Inlet>> {
        self.inlet.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Runs `work` for as long as the session lives.
    async fn while_alive<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.until(Life::Ended) => None,
            done = work => Some(done),
        }
    }

    async fn drained(&self) {
        self.until(Life::Draining).await;
        self.in_flight.until_empty().await;
    }

    /// Waits until the session's life has come that far.
    async fn until(&self, life: Life) {
        let mut lives = self.life.subscribe();
        // The sender is in `self`, so the wait cannot fail before it is over.
        let _ = lives.wait_for(|now| *now >= life).await;
    }

    fn live_on(&self, next: Life) {
        self.life.send_if_modified(|now| {
            let later = next > *now;
            *now = next.max(*now);
            later
        });
    }
}

fn event(message: Bytes) -> Bytes {
    encode(&SseEvent { event: Some("message".to_owned()), ..SseEvent::message(message) }).to_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_one_session_or_none() {
        for (uri, named) in [
            ("/sse?session=abc", Some("abc")),
            ("/sse?x=1&session=abc", Some("abc")),
            ("/sse?session=", Some("")),
            ("/sse?session=a&session=b", None),
            ("/sse?session", None),
            ("/sse?xsession=a", None),
            ("/sse", None),
        ] {
            assert_eq!(session_named(&uri.parse().unwrap()), named, "{uri}");
        }
    }
}
