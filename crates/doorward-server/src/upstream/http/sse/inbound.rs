//! What comes on the stream of an HTTP+SSE server: whose it is, and what to do with what is nobody's.
//!
//! Every request goes out under an id and a progress token of the stream's own, so that an answer to a request nobody
//! made, or a second answer, is told apart. It must never guess: what cannot be told apart is noise, counted and logged.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use doorward_core::refusal::{Code, Refusal};
use doorward_core::routing::{Destination, OutgoingError, Routes, Stray};
use doorward_mcp::compose;
use doorward_mcp::id::Id;
use doorward_mcp::limits::Limits;
use doorward_mcp::message::{Message, Notification, Request, Response};
use doorward_mcp::splice::Segments;

use super::super::answer::unreadable;
use super::stream::Stream;
use crate::limits::{CALL_EVENTS_MAX, CHILD_QUESTIONS_MAX};
use crate::upstream::Event;
use crate::upstream::flood::Flood;
use crate::upstream::mailbox::{Budget, Mailbox};

/// Who speaks to the server. The gateway gets answers and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Party {
    /// The client of the conversation.
    Client,
    /// The gateway itself.
    Gateway,
}

/// Who waits for what on one stream.
#[derive(Debug)]
pub(super) struct Table {
    routes: Routes<Party, u64>,
    /// Calls under way, by their number here.
    calls: BTreeMap<u64, Waiting>,
    /// The server's open questions.
    questions: BTreeSet<Id>,
    budget: Budget,
    last: u64,
    pub(super) flood: Flood,
}

#[derive(Debug)]
struct Waiting {
    /// The id it went out under.
    upstream: u64,
    mailbox: Arc<Mailbox>,
}

/// A request that may go out.
#[derive(Debug)]
pub(super) struct Registered {
    /// The call's number in the table.
    pub(super) number: u64,
    /// What to send.
    pub(super) message: Segments,
    /// Where events of the call arrive.
    pub(super) mailbox: Arc<Mailbox>,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            routes: Routes::default(),
            calls: BTreeMap::new(),
            questions: BTreeSet::new(),
            budget: Budget::default(),
            last: 0,
            flood: Flood::new(std::time::Instant::now()),
        }
    }
}

impl Table {
    /// Gives a request an id of the stream's own and a place for what comes of it.
    pub(super) fn register(&mut self, party: Party, request: &Request) -> Result<Registered, Refusal> {
        if party == Party::Client {
            self.routes.attach(party);
        }
        let number = self.last.wrapping_add(1);
        let (upstream, message) = self.routes.outgoing(party, number, request).map_err(|error| match error {
            OutgoingError::IdInUse => Refusal::new(Code::IdInUse),
            OutgoingError::Busy => Refusal::new(Code::UpstreamBusy),
        })?;
        self.last = number;
        let mailbox = Mailbox::new(CALL_EVENTS_MAX);
        self.calls.insert(number, Waiting { upstream, mailbox: mailbox.clone() });
        Ok(Registered { number, message, mailbox })
    }

    /// Nobody waits for a call any more. The id it went out under, if its answer has not come.
    pub(super) fn depart(&mut self, number: u64) -> Option<u64> {
        let upstream = self.calls.remove(&number)?.upstream;
        self.routes.abandon(upstream);
        Some(upstream)
    }

    pub(super) fn fail_all(&mut self, refusal: &Refusal) {
        self.routes.drain();
        self.questions.clear();
        for waiting in std::mem::take(&mut self.calls).into_values() {
            waiting.mailbox.finish(Event::Failed(refusal.clone()));
        }
    }

    fn fail_upstream(&mut self, upstream: u64, refusal: Refusal) -> Option<()> {
        let own = |(number, waiting): (&u64, &Waiting)| (waiting.upstream == upstream).then_some(*number);
        let number = self.calls.iter().find_map(own)?;
        self.routes.abandon(upstream);
        self.calls.remove(&number)?.mailbox.finish(Event::Failed(refusal));
        Some(())
    }

    /// Hands an event to a call; whether it was taken.
    fn offer(&self, number: u64, event: Event, bytes: usize) -> Result<(), Stray> {
        let waiting = self.calls.get(&number).ok_or(Stray::UnknownRequest)?;
        waiting.mailbox.offer(event, bytes, &self.budget).map_err(|_| Stray::NoSession)
    }
}

impl Stream {
    /// Takes in the data of one event.
    pub(super) fn take_in(&self, data: Bytes) {
        let bytes = data.len();
        let taken = match Message::parse(data, &Limits::for_results()) {
            Ok(Message::Response(response)) => self.answered(response),
            Ok(Message::Notification(notification)) => self.notified(notification),
            Ok(Message::Request(question)) => self.asked(question),
            Err(rejection) => {
                let upstream = rejection.id().and_then(number_of);
                let failed = upstream.and_then(|upstream| self.table().fail_upstream(upstream, unreadable(&rejection)));
                failed.ok_or(Stray::UnknownRequest)
            }
        };
        match taken {
            Ok(()) => self.table().flood.delivered(bytes),
            Err(stray) => {
                tracing::debug!(server = %self.way().endpoint.server(), ?stray, "a message that belongs to nobody was dropped");
                self.table().flood.noise();
            }
        }
    }

    /// An event over the limit could be anybody's answer.
    pub(super) fn too_large(&self) {
        let mut table = self.table();
        table.flood.noise();
        table.fail_all(&Refusal::new(Code::AnswerTooLarge));
    }

    /// Forgets the question that `answer` answers; whether it was open.
    pub(super) fn settle_question(&self, answer: &Bytes) -> bool {
        match Message::parse(answer.clone(), &Limits::for_results()) {
            Ok(Message::Response(response)) => response.id().is_some_and(|id| self.table().questions.remove(id)),
            Ok(Message::Request(_) | Message::Notification(_)) | Err(_) => false,
        }
    }

    /// Cancels a request of the client's; the words for the server, if it was in flight.
    pub(super) fn cancel(&self, notification: &Notification) -> Option<Segments> {
        let named = Id::read(notification.param("requestId")?, &Limits::default()).ok()?;
        let mut table = self.table();
        let upstream = table.routes.number_of(Party::Client, &named)?;
        table.fail_upstream(upstream, Refusal::new(Code::Cancelled))?;
        Some(notification.with_param("requestId", upstream.to_string()))
    }

    fn answered(&self, response: Response) -> Result<(), Stray> {
        let mut table = self.table();
        let returned = table.routes.returned(response)?;
        let waiting = table.calls.remove(&returned.call).ok_or(Stray::UnknownRequest)?;
        waiting.mailbox.finish(Event::Response(returned.response));
        Ok(())
    }

    fn notified(&self, notification: Notification) -> Result<(), Stray> {
        let mut table = self.table();
        if withdrawn(&mut table, &notification) {
            drop(table);
            return self.outside(Event::Notification(notification));
        }
        let destination = table.routes.notified(&notification)?;
        table.flood.notification();
        match destination {
            Destination::Call(_, number, words) => {
                let Ok(Message::Notification(notification)) =
                    Message::parse(words.into_bytes(), &Limits::for_results())
                else {
                    return Err(Stray::UnknownRequest);
                };
                let bytes = notification.bytes().len();
                table.offer(number, Event::Notification(notification), bytes)
            }
            Destination::Sessions(_) => {
                drop(table);
                self.outside(Event::Notification(notification))
            }
        }
    }

    fn asked(&self, question: Request) -> Result<(), Stray> {
        let mut table = self.table();
        let id = question.id().clone();
        let asked = match table.routes.asked() {
            // No question may take the place of one still open.
            Ok(_) if table.questions.len() >= CHILD_QUESTIONS_MAX || table.questions.contains(&id) => {
                Err(Stray::Ambiguous)
            }
            Ok((Party::Client, call)) => Ok(call),
            Ok((Party::Gateway, _)) => Err(Stray::NoSession),
            Err(stray) => Err(stray),
        };
        let bytes = question.bytes().len();
        let is_ping = question.method() == "ping";
        let put = match asked {
            Ok(Some(call)) => table.offer(call, Event::Question(question), bytes),
            Ok(None) => {
                // The queue outside of calls has bounds of its own.
                self.outside(Event::Question(question))
            }
            Err(stray) => Err(stray),
        };
        match put {
            Ok(()) => {
                table.questions.insert(id);
                Ok(())
            }
            Err(stray) => {
                drop(table);
                self.errand(if is_ping { compose::result(&id, "{}") } else { refused(&id) });
                Err(stray)
            }
        }
    }

    /// Queues what belongs to no call.
    fn outside(&self, event: Event) -> Result<(), Stray> {
        match self.way().session.unsolicited.push(event) {
            0 => Ok(()),
            dropped => {
                if dropped == 1 {
                    let server = self.way().endpoint.server();
                    tracing::warn!(%server, "the client is slow: events outside of calls are dropped");
                }
                Err(Stray::NoSession)
            }
        }
    }
}

/// Whether the server takes back an open question. The id is the server's own, so it must be looked for here before it is
/// taken for one of ours.
fn withdrawn(table: &mut Table, notification: &Notification) -> bool {
    notification.method() == "notifications/cancelled"
        && notification
            .param("requestId")
            .and_then(|id| Id::read(id, &Limits::default()).ok())
            .is_some_and(|id| table.questions.remove(&id))
}

fn refused(id: &Id) -> Bytes {
    let entry = Code::QuestionRefused.entry();
    compose::error(Some(id), entry.json_rpc, entry.sentence, None)
}

fn number_of(id: &Id) -> Option<u64> {
    match id {
        Id::Number(integer) => integer.as_str().parse().ok(),
        Id::String(_) => None,
    }
}
