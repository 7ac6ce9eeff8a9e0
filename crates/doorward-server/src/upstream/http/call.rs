//! A request under way at an HTTP server.
//!
//! It reads what the server sends until there is an answer, resumes a broken legacy stream where that is possible, and
//! gives up in bounded time. It never sends the request a second time, and never hands out what belongs to another call.

use std::sync::Arc;

use bytes::Bytes;
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::id::{Id, ProgressToken};
use doorward_mcp::limits::Limits;
use doorward_mcp::message::{Message, Notification, Request as McpRequest, Response};
use doorward_mcp::views::meta::subscription_id;
use hyper::StatusCode;
use hyper::body::Incoming;
use hyper::http::header::{HeaderMap, HeaderName, HeaderValue};
use hyper_util::client::legacy::{Error as ClientError, ResponseFuture};
use tokio::time::{Instant, sleep_until};

use super::super::Event;
use super::answer::{Collected, Collecting, Content, Head, InSession};
use super::answer::{bad_answer, connection_refusal, http_refusal, read_error, read_message};
use super::clock::Clock;
use super::limits::{RESUME_TRIES_MAX, RETRY_MOST};
use super::session::{self, SESSION_ID};
use super::stream::{Cursor, EventStream, Heard, Noise, TooNoisy, carries_message};
use super::{Speech, Way};

/// A request under way. Dropping it closes its stream: to a modern server that is the cancellation, to a legacy server
/// it says nothing, and `notifications/cancelled` does.
#[derive(Debug)]
pub struct HttpCall {
    way: Arc<Way>,
    asked: Asked,
    in_session: InSession,
    state: State,
    cursor: Cursor,
    noise: Noise,
    clock: Clock,
    status: u16,
    form: Form,
}

/// What must be known of the request to recognise what belongs to it.
#[derive(Debug)]
struct Asked {
    id: Id,
    token: Option<ProgressToken>,
    purpose: Purpose,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Ordinary,
    /// Its answer opens a session.
    Initialize,
    /// Its stream stays open for as long as the client wants, however quiet it is.
    Listen,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Single,
    Stream,
}

#[derive(Debug)]
enum State {
    /// The head of the answer has not come.
    Waiting(ResponseFuture),
    /// One message is being read.
    Reading(Collecting),
    /// An HTTP error with a JSON body is being read.
    ReadingError(Collecting, StatusCode),
    /// Messages are being read.
    Streaming(EventStream),
    /// The stream broke; it is asked for again at that time.
    Pausing(Instant),
    /// The head of the resumed stream has not come.
    Resuming(ResponseFuture),
    /// Nothing follows. The stream is kept until the call is dropped, so that its orderly end can still arrive and the
    /// connection be used again.
    Over(Option<EventStream>),
}

impl HttpCall {
    /// Prepares a call; it is sent when first asked for events.
    pub(super) fn start(
        way: &Arc<Way>,
        request: &McpRequest,
        extra: &[(HeaderName, HeaderValue)],
    ) -> Result<Self, Refusal> {
        let headers = way.request_headers(request, extra)?;
        let in_session = if headers.contains_key(SESSION_ID) { InSession::Named } else { InSession::None };
        let sending = way.post(headers, request)?;
        let purpose = match (&way.speech, request.method()) {
            (Speech::Legacy(_), "initialize") => Purpose::Initialize,
            (Speech::Modern(_), "subscriptions/listen") => Purpose::Listen,
            (Speech::Legacy(_) | Speech::Modern(_), _) => Purpose::Ordinary,
        };
        Ok(Self {
            asked: Asked { id: request.id().clone(), token: request.progress_token().cloned(), purpose },
            in_session,
            state: State::Waiting(sending),
            cursor: Cursor::default(),
            noise: Noise::default(),
            clock: Clock::new(way.endpoint.silence()),
            status: 0,
            form: Form::Single,
            way: way.clone(),
        })
    }

    /// Whether the server has begun an event stream.
    #[must_use]
    pub const fn is_stream(&self) -> bool {
        match self.form {
            Form::Single => false,
            Form::Stream => true,
        }
    }

    /// The HTTP status the server answered with; 0 until it has.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The next event. Safe to drop and ask again. Nothing follows [`Event::Response`] or [`Event::Failed`].
    pub async fn next(&mut self) -> Event {
        self.clock.wait();
        let way = self.way.clone();
        let event = tokio::select! {
            biased;
            () = way.closed() => Event::Failed(Refusal::new(Code::Cancelled)),
            event = self.next_in_time() => event,
        };
        self.finish(event)
    }

    async fn next_in_time(&mut self) -> Event {
        loop {
            match self.clock.allowance().wait_for(self.step()).await {
                Ok(None) => {}
                Ok(Some(event)) => return event,
                Err(refusal) => return Event::Failed(refusal),
            }
        }
    }

    /// Waits for one thing and takes it in. Safe to drop: what is waited for stays in the state.
    async fn step(&mut self) -> Option<Event> {
        match &mut self.state {
            State::Waiting(response) => {
                let response = response.await;
                self.begun(response)
            }
            State::Reading(collecting) => {
                let collected = collecting.read().await;
                self.collected(collected)
            }
            State::ReadingError(collecting, status) => {
                let status = *status;
                let collected = collecting.read().await;
                self.collected_error(collected, status)
            }
            State::Streaming(stream) => {
                let heard = stream.hear().await;
                self.heard(heard)
            }
            State::Pausing(until) => {
                sleep_until(*until).await;
                self.resume()
            }
            State::Resuming(response) => {
                let response = response.await;
                self.resumed(response)
            }
            State::Over(_) => failed(bad_answer("The call is over.")),
        }
    }

    fn finish(&mut self, event: Event) -> Event {
        self.clock.rest();
        match event {
            Event::Notification(_) | Event::Question(_) => {}
            Event::Response(_) | Event::Failed(_) => {
                let rest = match std::mem::replace(&mut self.state, State::Over(None)) {
                    State::Streaming(stream) => Some(stream),
                    State::Over(rest) => rest,
                    State::Waiting(_)
                    | State::Reading(_)
                    | State::ReadingError(..)
                    | State::Pausing(_)
                    | State::Resuming(_) => None,
                };
                self.state = State::Over(rest.filter(|_| matches!(event, Event::Response(_))));
            }
        }
        event
    }

    fn begun(&mut self, response: Result<hyper::Response<Incoming>, ClientError>) -> Option<Event> {
        let (head, body) = match response {
            Ok(response) => response.into_parts(),
            Err(error) => return failed(self.connection_failed(&error)),
        };
        self.clock.heard();
        self.status = head.status.as_u16();
        if let Err(refusal) = self.adopt_session(head.status, &head.headers) {
            return failed(refusal);
        }
        match Head::of(head.status, &head.headers, self.in_session) {
            Head::Message => self.state = State::Reading(Collecting::new(body, &head.headers)),
            Head::Error => self.state = State::ReadingError(Collecting::new(body, &head.headers), head.status),
            Head::Stream => self.streaming(body),
            Head::Refuse(refusal) => return failed(self.refused(refusal)),
        }
        None
    }

    fn streaming(&mut self, body: Incoming) {
        self.form = Form::Stream;
        self.state = State::Streaming(EventStream::new(body));
        if self.asked.purpose == Purpose::Listen {
            self.clock.stop();
        }
    }

    /// The session begins with the head: the server may put questions before its answer, and the replies name it.
    fn adopt_session(&self, status: StatusCode, headers: &HeaderMap) -> Result<(), Refusal> {
        match (&self.way.speech, self.asked.purpose) {
            (Speech::Legacy(session), Purpose::Initialize) if status.is_success() => session.adopt_id(headers),
            (Speech::Legacy(_) | Speech::Modern(_), _) => Ok(()),
        }
    }

    fn refused(&self, refusal: Refusal) -> Refusal {
        if let (Speech::Legacy(session), Code::UnknownSession) = (&self.way.speech, refusal.code) {
            session.forget();
        }
        refusal
    }

    fn connection_failed(&self, error: &ClientError) -> Refusal {
        let refusal = connection_refusal(error);
        let cause = crate::upstream::http::chain(error);
        tracing::warn!(server = %self.way.endpoint.server(), code = %refusal.code, %cause, "a call failed");
        refusal
    }

    fn collected(&mut self, collected: Collected) -> Option<Event> {
        match collected {
            // A body that drips is no sign of life: all of it must come within the time of one silence.
            Collected::More => None,
            Collected::Refuse(refusal) => failed(refusal),
            Collected::Whole(bytes) => Some(self.single(bytes)),
        }
    }

    /// The one message of an answer that is not a stream.
    fn single(&self, bytes: Bytes) -> Event {
        match read_message(bytes) {
            Ok(Message::Response(response)) if self.asked.is_answered_by(&response) => self.answered(response),
            Ok(Message::Response(_)) => Event::Failed(bad_answer("It answers another request.")),
            Ok(Message::Request(_) | Message::Notification(_)) => Event::Failed(bad_answer("It is not a response.")),
            Err(refusal) => Event::Failed(refusal),
        }
    }

    fn collected_error(&mut self, collected: Collected, status: StatusCode) -> Option<Event> {
        match collected {
            // A body that drips is no sign of life: all of it must come within the time of one silence.
            Collected::More => None,
            Collected::Refuse(_) => failed(http_refusal(status)),
            Collected::Whole(bytes) => match read_error(&bytes) {
                Some(response) if self.asked.is_answered_by(&response) => Some(Event::Response(response)),
                Some(_) | None => failed(http_refusal(status)),
            },
        }
    }

    fn heard(&mut self, heard: Heard) -> Option<Event> {
        match heard {
            Heard::Bytes(_) => {
                self.clock.heard();
                None
            }
            Heard::TooLarge => failed(Refusal::new(Code::AnswerTooLarge)),
            Heard::End => self.interrupted(),
            Heard::Event(event) => {
                self.cursor.note(&event);
                if !carries_message(&event) {
                    return None;
                }
                match read_message(event.data) {
                    Ok(message) => self.sort(message),
                    Err(refusal) => failed(refusal),
                }
            }
        }
    }

    /// What a message of the stream is to this call; `None` for what is not its own.
    fn sort(&mut self, message: Message) -> Option<Event> {
        let stray = match (message, &self.way.speech) {
            (Message::Response(response), _) if self.asked.is_answered_by(&response) => {
                return Some(self.answered(response));
            }
            (Message::Response(_), _) => "an answer to another request",
            (Message::Request(question), Speech::Legacy(_)) => return Some(Event::Question(question)),
            (Message::Request(_), Speech::Modern(_)) => "a question, which this revision does not have",
            (Message::Notification(notification), Speech::Modern(_)) if !self.asked.concerns(&notification) => {
                "a notification for another request"
            }
            (Message::Notification(notification), _) => return Some(Event::Notification(notification)),
        };
        tracing::debug!(server = %self.way.endpoint.server(), stray, "a message that belongs to no call is ignored");
        match self.noise.add() {
            Ok(()) => None,
            Err(TooNoisy) => failed(bad_answer("It sends too much that belongs to no call.")),
        }
    }

    fn answered(&self, response: Response) -> Event {
        if let (Speech::Legacy(session), Purpose::Initialize) = (&self.way.speech, self.asked.purpose)
            && let Some(revision) = response.result_member("protocolVersion").and_then(|revision| revision.as_str())
        {
            session.adopt_revision(&revision);
        }
        Event::Response(response)
    }

    /// The stream ended before the answer. A legacy one goes on after the last event seen, if that had an id.
    fn interrupted(&mut self) -> Option<Event> {
        let resumable = match self.way.speech {
            Speech::Legacy(_) => self.cursor.last_id().is_some() && self.cursor.tries < RESUME_TRIES_MAX,
            Speech::Modern(_) => false,
        };
        if !resumable {
            return failed(Refusal::new(Code::Died));
        }
        self.cursor.tries += 1;
        self.state = State::Pausing(Instant::now() + self.cursor.pause(RETRY_MOST));
        None
    }

    fn resume(&mut self) -> Option<Event> {
        let Speech::Legacy(session) = &self.way.speech else {
            return failed(Refusal::new(Code::Died));
        };
        match self.way.stream(session, self.cursor.last_id()) {
            Ok(response) => {
                self.state = State::Resuming(response);
                None
            }
            Err(refusal) => failed(refusal),
        }
    }

    fn resumed(&mut self, response: Result<hyper::Response<Incoming>, ClientError>) -> Option<Event> {
        let Ok(response) = response else {
            return self.interrupted();
        };
        self.clock.heard();
        let status = response.status();
        match (Content::of(response.headers()), status) {
            (Content::Events, _) if status.is_success() => {
                self.streaming(response.into_body());
                None
            }
            (_, StatusCode::NOT_FOUND) if self.in_session == InSession::Named => failed(self.refused(session::ended())),
            (_, StatusCode::CONFLICT | StatusCode::TOO_MANY_REQUESTS) => self.interrupted(),
            _ if status.is_server_error() => self.interrupted(),
            _ => failed(Refusal::new(Code::Died)),
        }
    }
}

impl Asked {
    /// An error may lack an id, as its sender may have been unable to read ours: on this stream it can only mean us.
    fn is_answered_by(&self, response: &Response) -> bool {
        response.id().is_none_or(|id| *id == self.id)
    }

    /// 2026-07-28: what comes on a request's stream carries that request's progress token or subscription id.
    fn concerns(&self, notification: &Notification) -> bool {
        let limits = Limits::for_results();
        if notification.method() == "notifications/progress" {
            let token = notification.param("progressToken").and_then(|token| ProgressToken::read(token, &limits).ok());
            return token.is_some() && token == self.token;
        }
        match subscription_id(notification.params()) {
            Ok(None) => true,
            Ok(Some(id)) => Id::read(id, &limits).is_ok_and(|id| id == self.id),
            Err(_) => false,
        }
    }
}

fn failed(refusal: Refusal) -> Option<Event> {
    Some(Event::Failed(refusal))
}
