//! Who waits for a child, for how long, and what happens when they wait no more.
//!
//! It must never leave the child working for nobody without telling it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::id::Id;
use doorward_mcp::splice::Segments;

use super::super::mailbox::Mailbox;
use super::Share;
use super::commands::{Caller, Command, NewCall};
use super::connection::{Connection, Phase};
use super::pool::{Departure, Retired};
use crate::limits::{CALL_DURATION_MAX, CHILD_IDLE};
use crate::upstream::{Event, cancelled};

/// A call whose answer has not come.
#[derive(Debug)]
pub(super) struct Waiting {
    /// The id it went out under; `None` while it waits for a handshake made for several.
    pub(super) upstream: Option<u64>,
    pub(super) caller: Caller,
    pub(super) client_id: Id,
    pub(super) mailbox: Arc<Mailbox>,
    patience: Patience,
    since: Instant,
    pub(super) heard: Instant,
}

/// How a call may be silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Patience {
    /// Up to the limit.
    Call,
    /// Up to the limit until it is acknowledged, then for ever (`subscriptions/listen`).
    Subscription,
}

impl Connection {
    /// Lets go of everybody who has departed.
    pub(super) fn settle_departures(&mut self) {
        let departures = self.control.departures();
        // What somebody asked for before departing is in the queue by now, and must not be found after the departure.
        for _ in 0..self.commands.len() {
            if let Ok(command) = self.commands.try_recv() {
                self.obey(command);
            }
        }
        for departure in departures {
            match departure {
                Departure::Call(number) => self.call_departed(number),
                Departure::Conversation(session) => self.conversation_departed(session),
            }
        }
        if self.control.is_held() {
            self.end_child_at_once(&Refusal::new(Code::Stopped));
        }
        if self.control.is_stopping() {
            self.phase = Phase::Over;
        }
    }

    fn call_departed(&mut self, number: u64) {
        self.held.retain(|command| !matches!(command, Command::Call(call) if call.number == number));
        if let Some(upstream) = self.take(number).and_then(|waiting| waiting.upstream) {
            self.routes.abandon(upstream);
            self.send(Segments::from(cancelled(upstream)));
        }
    }

    fn conversation_departed(&mut self, session: u64) {
        self.sessions.remove(&session);
        for upstream in self.routes.detach(session) {
            self.send(Segments::from(cancelled(upstream)));
        }
        let own = |(number, waiting): (&u64, &Waiting)| (waiting.caller.session() == session).then_some(*number);
        let numbers: Vec<u64> = self.calls.iter().filter_map(own).collect();
        for number in numbers {
            self.fail(number, Refusal::new(Code::Cancelled));
        }
        let open: Vec<Id> =
            self.questions.iter().filter(|(_, put)| put.session == session).map(|(id, _)| id.clone()).collect();
        for id in open {
            self.questions.remove(&id);
            self.refuse_question(&id);
        }
        if self.place.share == Share::Exclusive {
            self.end_child(&Refusal::new(Code::Cancelled));
            self.retire();
        }
    }

    fn retire(&mut self) {
        match self.place.registry.retire(&self.place.key) {
            Retired::Yes => self.phase = Phase::Over,
            Retired::No => self.idle_at = Instant::now() + CHILD_IDLE,
        }
    }

    /// Does what is due.
    pub(super) fn on_time(&mut self, now: Instant) {
        if self.calls_at.is_some_and(|at| at <= now) {
            self.expire_calls(now);
        }
        if let Some(refusal) = self.opening.overdue(now, self.place.spec.silence) {
            self.give_up(&refusal, now);
        }
        if self.idle_at <= now {
            match self.used + CHILD_IDLE {
                later if later > now => self.idle_at = later,
                _ if self.calls.is_empty() => self.retire(),
                _ => self.idle_at = now + CHILD_IDLE,
            }
        }
    }

    fn expire_calls(&mut self, now: Instant) {
        let silence = self.place.spec.silence;
        let overdue = |(number, waiting): (&u64, &Waiting)| (waiting.deadline(silence)? <= now).then_some(*number);
        let numbers: Vec<u64> = self.calls.iter().filter_map(overdue).collect();
        for number in numbers {
            if let Some(waiting) = self.take(number) {
                if let Some(upstream) = waiting.upstream {
                    self.routes.abandon(upstream);
                    self.send(Segments::from(cancelled(upstream)));
                }
                waiting.mailbox.finish(Event::Failed(Refusal::new(Code::TimedOut)));
            }
        }
        self.calls_at = self.calls.values().filter_map(|waiting| waiting.deadline(silence)).min();
    }
}

impl Waiting {
    /// A call that begins to wait now.
    pub(super) fn new(call: NewCall, upstream: Option<u64>) -> Self {
        let now = Instant::now();
        let patience = match call.request.method() {
            "subscriptions/listen" => Patience::Subscription,
            _ => Patience::Call,
        };
        let client_id = call.request.id().clone();
        let NewCall { caller, mailbox, .. } = call;
        Self { upstream, caller, client_id, mailbox, patience, since: now, heard: now }
    }

    fn deadline(&self, silence: Duration) -> Option<Instant> {
        match self.patience {
            Patience::Subscription if self.heard > self.since => None,
            Patience::Subscription => Some(self.heard + silence),
            Patience::Call => Some((self.heard + silence).min(self.since + CALL_DURATION_MAX)),
        }
    }
}
