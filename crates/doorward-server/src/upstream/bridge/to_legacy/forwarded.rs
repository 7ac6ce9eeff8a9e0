//! One visit of a modern client to a call at a legacy server: from its request to an answer, or to a result that asks for
//! input.
//!
//! Responsible for what of the call this client sees, in its own words. It must never show what this request did not ask
//! for.

use std::sync::Arc;

use doorward_core::permit::Permit;
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::bridge::{self, Ability, Parking, Question, Unbridged};
use doorward_mcp::id::ProgressToken;
use doorward_mcp::message::{Notification, Outcome, Request, Response};
use doorward_mcp::revision::Direction;
use doorward_mcp::views::meta::LogLevel;
use tokio::time::{Instant, sleep_until};

use super::Shared;
use super::held::{Again, Held, Parked, answer_to};
use super::lot::Bond;
use super::session::Known;
use crate::upstream::Event;

/// A visit under way.
#[derive(Debug)]
pub(super) struct Forwarded {
    shared: Arc<Shared>,
    visit: Visit,
    known: Arc<Known>,
    held: Option<Box<Held>>,
    /// The state of a result that asks for input, until somebody has it.
    asking: Option<String>,
}

/// What the client said.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) permit: Permit,
    pub(super) request: Request,
    pub(super) log_level: Option<LogLevel>,
}

impl Visit {
    fn token(&self) -> Option<&ProgressToken> {
        self.request.progress_token()
    }
}

impl Forwarded {
    pub(super) const fn new(shared: Arc<Shared>, visit: Visit, known: Arc<Known>, held: Box<Held>) -> Self {
        Self { shared, visit, known, held: Some(held), asking: None }
    }

    pub(super) fn is_stream(&self) -> bool {
        self.held.as_ref().is_some_and(|held| held.is_stream())
    }

    /// The client was not given the state, so nobody will come for the call.
    pub(super) fn withheld(&mut self) {
        if let Some(state) = self.asking.take() {
            self.shared.reach.outside().parking.forget(&state);
        }
    }

    /// The next event for the client. Safe to drop and ask again.
    pub(super) async fn next(&mut self) -> Event {
        loop {
            let Some(held) = &mut self.held else {
                return Event::Failed(Refusal::new(Code::BadAnswer).with_detail("The call is over."));
            };
            let settles_at = held.parking.settles_at();
            let settled = async {
                match settles_at {
                    Some(at) => sleep_until(Instant::from_std(at)).await,
                    None => std::future::pending().await,
                }
            };
            let event = tokio::select! {
                event = held.event() => event,
                () = settled => return self.put(),
            };
            if let Some(event) = self.heard(event) {
                return event;
            }
        }
    }

    /// What an event of the call is to this client.
    fn heard(&mut self, event: Event) -> Option<Event> {
        let held = self.held.as_mut()?;
        match event {
            Event::Question(question) => {
                held.asked(&question);
                None
            }
            Event::Notification(told) if told.method() == "notifications/cancelled" => {
                held.withdrawn(&told);
                None
            }
            Event::Notification(told) => {
                let number = held.number();
                self.shown(&told, number).map(Event::Notification)
            }
            Event::Failed(refusal) => {
                if refusal.code == Code::UnknownSession {
                    held.seat().session().forget();
                }
                self.held = None;
                Some(Event::Failed(refusal))
            }
            Event::Response(response) => Some(self.answered(&response)),
        }
    }

    fn shown(&self, told: &Notification, number: u64) -> Option<Notification> {
        match told.method() {
            "notifications/progress" => bridge::progress_from_session(told, number, self.visit.token()),
            "notifications/message" if self.wants(told) => {
                bridge::notification_to_modern(told, Direction::ServerToClient)
            }
            // Nobody asked for these log lines.
            "notifications/message" => None,
            // News belong on streams of their own, whatever way they came.
            _ => {
                self.held.as_ref()?.seat().session().news(told);
                None
            }
        }
    }

    fn wants(&self, told: &Notification) -> bool {
        let level = told.param("level").and_then(|level| level.as_str()).and_then(|level| LogLevel::parse(&level));
        self.visit.log_level.zip(level).is_some_and(|(wanted, level)| level >= wanted)
    }

    fn answered(&mut self, response: &Response) -> Event {
        let Some(held) = self.held.take() else { return Event::Failed(super::unsound()) };
        if let Outcome::Error { raw, .. } = response.outcome()
            && let Some(questions) = bridge::url_questions(raw)
            && held.parking.declared().has(Ability::ElicitationUrl)
        {
            return self.put_addresses(held.parking.clone(), &questions, response);
        }
        self.said(response)
    }

    fn said(&self, response: &Response) -> Event {
        let server_info = self.known.server_info.as_deref();
        let modern = bridge::response_to_modern(self.visit.request.method(), response, server_info);
        modern.map_or_else(|unbridged| Event::Failed(refused(&unbridged)), Event::Response)
    }

    /// Asks the client what is open, and parks the call.
    fn put(&mut self) -> Event {
        let Some(mut held) = self.held.take() else { return Event::Failed(super::unsound()) };
        match held.parking.put(Instant::now().into_std()) {
            Ok(questions) => self.ask(&questions, Parked::Open(held)),
            Err(bridge::TooManyRounds) => Event::Failed(Refusal::new(Code::TooManyRounds)),
        }
    }

    fn put_addresses(&mut self, mut parking: Parking, questions: &[(String, Question)], error: &Response) -> Event {
        if parking.put(Instant::now().into_std()).is_err() {
            return Event::Failed(Refusal::new(Code::TooManyRounds));
        }
        let keys = questions.iter().map(|(key, _)| key.clone()).collect();
        self.ask(questions, Parked::Again(Again { parking, keys, error: error.clone() }))
    }

    fn ask(&mut self, questions: &[(String, Question)], parked: Parked) -> Event {
        let Shared { reach, principal, .. } = self.shared.as_ref();
        let bond = Bond::of(principal, reach.id(), &self.visit.request);
        let state = match reach.outside().parking.park(principal, bond, Box::new(parked)) {
            Ok(state) => state,
            Err(refusal) => return Event::Failed(refusal),
        };
        let asked = answer_to(&self.visit.request, &bridge::input_required(questions, &state));
        self.asking = Some(state);
        asked.map_or_else(Event::Failed, Event::Response)
    }
}

/// What has no equal in the other era, as a refusal.
pub(super) fn refused(unbridged: &Unbridged) -> Refusal {
    Refusal::new(Code::NoEquivalent).with_detail(format!("{unbridged}."))
}
