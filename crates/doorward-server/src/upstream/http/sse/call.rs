//! A request under way at an HTTP+SSE server: posted to one address, answered on the stream.
//!
//! It never sends the request a second time, and gives up in bounded time. Dropping it tells the server that nobody waits
//! any more, since the stream that would have said so goes on.

use std::sync::Arc;

use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::bridge::TraceContext;
use doorward_mcp::message::{Request as McpRequest, Response};
use doorward_mcp::splice::Segments;
use hyper::body::Incoming;
use hyper_util::client::legacy::{Error as ClientError, ResponseFuture};
use tokio::time::timeout;

use super::super::answer::connection_refusal;
use super::super::clock::Clock;
use super::super::limits::CLOSE_WAIT;
use super::inbound::{Party, Registered};
use super::stream::Stream;
use super::{Event, Way};
use crate::upstream::cancelled;
use crate::upstream::mailbox::Mailbox;

/// A request under way at an HTTP+SSE server.
#[derive(Debug)]
pub struct SseCall {
    way: Arc<Way>,
    stream: Arc<Stream>,
    number: u64,
    purpose: Purpose,
    mailbox: Arc<Mailbox>,
    sending: Sending,
    clock: Clock,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Ordinary,
    /// It cannot be cancelled (2024-11-05, basic/utilities/cancellation), and its answer settles the revision.
    Initialize,
}

#[derive(Debug)]
enum Sending {
    /// It waits for the address to send it to.
    Ready(Segments, TraceContext),
    /// It was sent; that the server has taken it is not known yet.
    Posting(ResponseFuture),
    /// The server has taken it.
    Taken,
}

impl SseCall {
    /// Prepares a call; it is sent when first asked for events.
    pub(super) fn start(
        way: &Arc<Way>,
        stream: &Arc<Stream>,
        party: Party,
        request: &McpRequest,
    ) -> Result<Self, Refusal> {
        let Registered { number, message, mailbox } = stream.table().register(party, request)?;
        let purpose = if request.method() == "initialize" { Purpose::Initialize } else { Purpose::Ordinary };
        Ok(Self {
            way: way.clone(),
            stream: stream.clone(),
            number,
            purpose,
            mailbox,
            sending: Sending::Ready(message, TraceContext::of_request(request)),
            clock: Clock::new(way.endpoint.silence()),
        })
    }

    /// The next event. Safe to drop and ask again. Nothing follows [`Event::Response`] or [`Event::Failed`].
    pub async fn next(&mut self) -> Event {
        self.clock.wait();
        let way = self.way.clone();
        let event = tokio::select! {
            biased;
            () = way.session.closed() => Event::Failed(Refusal::new(Code::Cancelled)),
            event = self.next_in_time() => event,
        };
        self.clock.rest();
        match &event {
            Event::Notification(_) | Event::Question(_) => {}
            Event::Response(response) => self.answered(response),
            Event::Failed(_) => self.depart(),
        }
        event
    }

    /// The answer, whatever comes before it.
    pub(super) async fn response(&mut self) -> Result<Response, Refusal> {
        loop {
            match self.next().await {
                Event::Notification(_) | Event::Question(_) => {}
                Event::Response(response) => return Ok(response),
                Event::Failed(refusal) => return Err(refusal),
            }
        }
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
        match &mut self.sending {
            Sending::Ready(message, trace) => match self.stream.place().await {
                Ok(place) => match self.way.post_traced(&place, trace, std::mem::take(message)) {
                    Ok(posting) => {
                        self.sending = Sending::Posting(posting);
                        None
                    }
                    Err(refusal) => Some(Event::Failed(refusal)),
                },
                Err(refusal) => Some(Event::Failed(refusal)),
            },
            // The answer may be here before the server says that it has taken the request.
            Sending::Posting(posting) => tokio::select! {
                biased;
                event = self.mailbox.next() => Some(event),
                response = posting => self.posted(response),
            },
            Sending::Taken => Some(self.mailbox.next().await),
        }
    }

    fn posted(&mut self, response: Result<hyper::Response<Incoming>, ClientError>) -> Option<Event> {
        self.sending = Sending::Taken;
        let taken = match response {
            Ok(response) => self.way.taken(response.status()),
            Err(error) => {
                let refusal = connection_refusal(&error);
                let cause = super::super::chain(&error);
                tracing::warn!(server = %self.way.endpoint.server(), code = %refusal.code, %cause, "a call failed");
                Err(refusal)
            }
        };
        taken.err().map(Event::Failed)
    }

    fn answered(&mut self, response: &Response) {
        if self.purpose == Purpose::Initialize
            && let Some(revision) = response.result_member("protocolVersion").and_then(|revision| revision.as_str())
        {
            self.way.session.adopt_revision(&revision);
        }
        if let Sending::Posting(posting) = std::mem::replace(&mut self.sending, Sending::Taken) {
            // Breaking the request off now could look like a client that has gone.
            tokio::spawn(timeout(CLOSE_WAIT, posting));
        }
    }

    /// Nobody waits any more. The server is told if it may be at work.
    fn depart(&mut self) {
        let Some(upstream) = self.stream.table().depart(self.number) else { return };
        match (&self.sending, self.purpose) {
            (Sending::Posting(_) | Sending::Taken, Purpose::Ordinary) => self.stream.errand(cancelled(upstream)),
            (Sending::Ready(..), _) | (_, Purpose::Initialize) => {}
        }
    }
}

impl Drop for SseCall {
    fn drop(&mut self) {
        self.depart();
    }
}
