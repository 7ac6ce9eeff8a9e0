//! A conversation with a server whose HTTP transport is not known yet.
//!
//! `initialize` finds out as the specification says (2025-03-26 and later, transports, backwards compatibility): it is
//! posted as Streamable HTTP has it, and where the server refuses that as older servers do, an event stream is asked for
//! at the same address. It is the one message that may be sent a second time, because it was refused the first time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use doorward_core::permit::Permit;
use doorward_core::refusal::Refusal;
use doorward_mcp::message::{Message, Outcome, Request as McpRequest, Response};
use doorward_mcp::splice::Segments;

use super::super::{Event, Housekeeping};
use super::sse::{SseCall, SseLink};
use super::{Endpoint, HttpCall, HttpClient, HttpLink, TransportMemory};

/// A way to a server of either transport, for one conversation.
#[derive(Debug)]
pub struct EitherLink {
    both: Arc<Both>,
}

#[derive(Debug)]
struct Both {
    http: HttpLink,
    sse: SseLink,
    /// Whether HTTP+SSE was found to be the server's way. Until then everything but `initialize` goes the usual way.
    is_sse: AtomicBool,
    memory: Arc<TransportMemory>,
}

/// A request under way at such a server.
#[derive(Debug)]
pub enum EitherCall {
    /// Over Streamable HTTP.
    Http(Box<HttpCall>),
    /// Over HTTP+SSE.
    Sse(Box<SseCall>),
    /// The trial itself.
    Trial(Box<Trial>),
}

/// An `initialize` that finds out.
#[derive(Debug)]
pub struct Trial {
    both: Arc<Both>,
    request: McpRequest,
    stage: Stage,
    /// The status of the first answer, while that is the one that counts.
    status: Option<u16>,
}

#[derive(Debug)]
enum Stage {
    /// Posted as Streamable HTTP has it.
    Http(Box<HttpCall>),
    /// Sent as HTTP+SSE has it, with what came of it before.
    Sse(Box<SseCall>, Option<Event>),
}

impl EitherLink {
    /// A way to `endpoint`; what is found is remembered in `memory`.
    #[must_use]
    pub fn new(client: &HttpClient, endpoint: &Arc<Endpoint>, memory: Arc<TransportMemory>) -> Self {
        let http = HttpLink::legacy(client.clone(), endpoint.clone());
        let sse = SseLink::new(client.clone(), endpoint.clone(), memory.clone());
        Self { both: Arc::new(Both { http, sse, is_sse: AtomicBool::new(false), memory }) }
    }

    /// Forwards a request.
    ///
    /// # Errors
    /// A refusal when the session is over, or the permit is for something else.
    pub async fn call(&self, permit: Permit) -> Result<EitherCall, Refusal> {
        if self.both.is_sse() {
            return self.both.sse.call(permit).await.map(|call| EitherCall::Sse(Box::new(call)));
        }
        let opening = match permit.message() {
            Message::Request(request) if request.method() == "initialize" => Some(request.clone()),
            Message::Request(_) | Message::Notification(_) | Message::Response(_) => None,
        };
        let call = Box::new(self.both.http.call(permit).await?);
        Ok(match opening {
            None => EitherCall::Http(call),
            Some(request) => {
                let (both, stage) = (self.both.clone(), Stage::Http(call));
                EitherCall::Trial(Box::new(Trial { both, request, stage, status: None }))
            }
        })
    }

    /// Forwards a notification.
    ///
    /// # Errors
    /// A refusal when the server did not take it.
    pub async fn tell(&self, permit: Permit) -> Result<(), Refusal> {
        if self.both.is_sse() { self.both.sse.tell(permit).await } else { self.both.http.tell(permit).await }
    }

    /// Hands the server the answer to its question.
    ///
    /// # Errors
    /// A refusal when the server did not take it.
    pub async fn reply(&self, answer: Segments) -> Result<(), Refusal> {
        if self.both.is_sse() { self.both.sse.reply(answer).await } else { self.both.http.reply(answer).await }
    }

    /// Asks the server something for the gateway itself and waits for the answer (bounded).
    ///
    /// # Errors
    /// A refusal when there is no usable answer.
    pub async fn keep_house(&self, task: Housekeeping) -> Result<Response, Refusal> {
        if self.both.is_sse() {
            return self.both.sse.keep_house(task).await;
        }
        if !matches!(task, Housekeeping::Initialize | Housekeeping::Converse { .. }) {
            return self.both.http.keep_house(task).await;
        }
        let (answer, status) = self.both.http.ask(&task).await?;
        let refused = match &answer {
            Ok(response) => is_refusal_of_the_transport(status, Some(response)),
            Err(_) => is_refusal_of_the_transport(status, None),
        };
        if !refused {
            return answer;
        }
        let opened = self.both.sse.keep_house(task).await;
        self.both.settle();
        if self.both.sse.is_absent() { answer } else { opened }
    }

    /// The next event that belongs to no call. Safe to drop and ask again.
    pub async fn unsolicited(&self) -> Event {
        tokio::select! {
            event = self.both.http.unsolicited() => event,
            event = self.both.sse.unsolicited() => event,
        }
    }

    /// As [`HttpLink::breaks`], once it is known which transport it is.
    #[must_use]
    pub fn breaks(&self) -> u64 {
        if self.both.is_sse() { self.both.sse.breaks() } else { self.both.http.breaks() }
    }

    /// As [`HttpLink::broken`], once it is known which transport it is.
    pub async fn broken(&self, seen: u64) -> u64 {
        if self.both.is_sse() { self.both.sse.broken(seen).await } else { self.both.http.broken(seen).await }
    }

    /// Ends the conversation.
    pub async fn close(&self) {
        self.both.http.close().await;
        self.both.sse.close().await;
    }
}

impl Both {
    fn is_sse(&self) -> bool {
        self.is_sse.load(Ordering::Acquire)
    }

    /// Keeps to HTTP+SSE once the server has opened its stream.
    fn settle(&self) {
        if self.sse.is_open() && !self.is_sse.swap(true, Ordering::AcqRel) {
            self.memory.remember_sse();
        }
    }
}

impl EitherCall {
    /// The next event. Safe to drop and ask again. Nothing follows [`Event::Response`] or [`Event::Failed`].
    pub async fn next(&mut self) -> Event {
        match self {
            Self::Http(call) => call.next().await,
            Self::Sse(call) => call.next().await,
            Self::Trial(trial) => trial.next().await,
        }
    }

    /// Whether the server is told nothing when it is dropped, so that somebody must tell it.
    #[must_use]
    pub fn is_silent_when_dropped(&self) -> bool {
        match self {
            Self::Http(_) | Self::Trial(_) => true,
            Self::Sse(_) => false,
        }
    }

    /// Whether the server has begun an event stream for it.
    #[must_use]
    pub fn is_stream(&self) -> bool {
        match self {
            Self::Http(call) => call.is_stream(),
            Self::Sse(_) | Self::Trial(_) => false,
        }
    }

    /// The HTTP status the server answered with; `None` where that says nothing.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Http(call) => Some(call.status()),
            Self::Sse(_) => None,
            Self::Trial(trial) => trial.status,
        }
    }
}

impl Trial {
    async fn next(&mut self) -> Event {
        loop {
            match &mut self.stage {
                Stage::Http(call) => {
                    let event = call.next().await;
                    self.status = Some(call.status());
                    let refused = match &event {
                        Event::Notification(_) | Event::Question(_) => false,
                        Event::Response(response) => is_refusal_of_the_transport(call.status(), Some(response)),
                        Event::Failed(_) => is_refusal_of_the_transport(call.status(), None),
                    };
                    if !refused {
                        return event;
                    }
                    match self.both.sse.open(&self.request) {
                        Ok(call) => self.stage = Stage::Sse(Box::new(call), Some(event)),
                        Err(_) => return event,
                    }
                }
                Stage::Sse(call, before) => {
                    let event = call.next().await;
                    self.both.settle();
                    // Without an event stream, what the server said to the usual way is what counts.
                    if let Some(before) = before.take().filter(|_| self.both.sse.is_absent()) {
                        return before;
                    }
                    self.status = None;
                    return event;
                }
            }
        }
    }
}

/// Whether a server refuses `initialize` as one does that has never heard of Streamable HTTP. A server that answers with
/// an error of 2026-07-28 has heard of it.
fn is_refusal_of_the_transport(status: u16, response: Option<&Response>) -> bool {
    let modern = response.is_some_and(|response| match response.outcome() {
        Outcome::Error { code, .. } => (-32099..=-32020).contains(&code),
        Outcome::Result(_) => false,
    });
    matches!(status, 400 | 404 | 405) && !modern
}
