//! A call that is open at a legacy server, from one round of questions to the next.
//!
//! Responsible for hearing the call out, for its open questions, and for telling the server when nobody waits any more. It
//! must never show a client anything by itself: whoever holds the call does.

use doorward_core::permit::Permit;
use doorward_core::refusal::Refusal;
use doorward_mcp::bridge::{Parking, Question};
use doorward_mcp::compose;
use doorward_mcp::message::{Notification, Request, Response};
use tokio::time::Instant;

use super::pump;
use super::session::Seat;
use crate::upstream::{Call, Event, Link};

/// What waits for a client to come back.
#[derive(Debug)]
pub(super) enum Parked {
    /// A call that is open at the server.
    Open(Box<Held>),
    /// A call that the server ended with error -32042: it is to be made again when the person has been where it says.
    Again(Box<Again>),
}

/// A call to be made again.
#[derive(Debug)]
pub(super) struct Again {
    /// Its questions and rounds so far.
    pub(super) parking: Parking,
    /// What the client was asked.
    pub(super) questions: Vec<(String, Question)>,
    /// The error, for a client that says no.
    pub(super) error: Response,
}

/// An open call.
#[derive(Debug)]
pub(super) struct Held {
    call: Option<Call>,
    seat: Seat,
    /// The questions of the call.
    pub(super) parking: Parking,
    farewell: Farewell,
    /// What the call is to come to.
    pub(super) goal: Goal,
    /// What ended the call while its client was away.
    ended: Option<Event>,
}

/// What the server is told when nobody waits any more.
#[derive(Debug)]
pub(super) enum Farewell {
    /// Nothing more than dropping the call says.
    Silence,
    /// That the call is cancelled, where dropping it does not say so.
    Cancel(Permit),
    /// To end the task that the call became.
    EndTask(Permit),
}

/// What a call is to come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    /// An answer.
    Answer,
    /// An answer, or a task for the client.
    Task,
    /// An answer, although the tool runs only as a task.
    AnswerOfTask,
}

impl Parked {
    /// When its client has taken too long.
    pub(super) fn expires_at(&self) -> Instant {
        let parking = match self {
            Self::Open(held) => &held.parking,
            Self::Again(again) => &again.parking,
        };
        parking.expires_at().map_or_else(Instant::now, Instant::from_std)
    }

    /// Goes on hearing the call out. Never comes back; safe to drop.
    pub(super) async fn watch(&mut self) {
        match self {
            Self::Open(held) => held.watch().await,
            Self::Again(_) => std::future::pending().await,
        }
    }
}

impl Held {
    pub(super) const fn new(call: Call, seat: Seat, parking: Parking, farewell: Farewell, goal: Goal) -> Self {
        Self { call: Some(call), seat, parking, farewell, goal, ended: None }
    }

    /// Goes on with another call, which will bring the answer.
    pub(super) fn follow(&mut self, call: Call, farewell: Farewell) {
        self.call = Some(call);
        self.farewell = farewell;
        self.goal = Goal::Answer;
    }

    /// Its number in its session.
    pub(super) const fn number(&self) -> u64 {
        self.seat.number
    }

    /// Its place in its session.
    pub(super) const fn seat(&self) -> &Seat {
        &self.seat
    }

    /// Whether the server has begun an event stream.
    pub(super) fn is_stream(&self) -> bool {
        self.call.as_ref().is_some_and(Call::is_stream)
    }

    /// The next event, wherever it came. Nothing follows an answer or a failure. Safe to drop and ask again.
    pub(super) async fn event(&mut self) -> Event {
        if let Some(ended) = self.ended.take() {
            return ended;
        }
        let Self { call, seat, .. } = self;
        let event = match call {
            Some(call) => tokio::select! {
                biased;
                event = call.next() => event,
                event = seat.event() => event,
            },
            None => std::future::pending().await,
        };
        match &event {
            Event::Response(_) | Event::Failed(_) => self.call = None,
            Event::Notification(_) | Event::Question(_) => {}
        }
        event
    }

    /// Takes in a question, or answers it with what cannot be asked.
    pub(super) fn asked(&mut self, question: &Request) {
        let now = Instant::now().into_std();
        let refused = match question.method() {
            "ping" => Err(pump::refused(question)),
            _ => self.parking.asked(question, now),
        };
        if let Err(response) = refused {
            self.seat.session().reply(response);
        }
    }

    /// Forgets a question that the server has taken back.
    pub(super) fn withdrawn(&mut self, notification: &Notification) {
        self.parking.withdrawn(notification);
    }

    /// The call goes on without its client: what it asks is taken in, how it ends is kept.
    async fn watch(&mut self) {
        loop {
            let event = self.event().await;
            match event {
                Event::Question(question) => self.asked(&question),
                Event::Notification(told) if told.method() == "notifications/cancelled" => self.withdrawn(&told),
                // Progress and log lines have no stream to go on.
                Event::Notification(news) => self.seat.session().news(&news),
                ended @ (Event::Response(_) | Event::Failed(_)) => {
                    self.ended = Some(ended);
                    return std::future::pending().await;
                }
            }
        }
    }

    /// Tells the server that nobody waits, where nobody else does: a child is told when the call is dropped, a server
    /// over HTTP takes a closed stream for a broken one (2025-11-25, basic/utilities/cancellation).
    fn say_farewell(&mut self) {
        let silent = match &self.call {
            Some(Call::Http(_)) => true,
            Some(Call::Either(call)) => call.is_silent_when_dropped(),
            Some(Call::Stdio(_) | Call::Sse(_) | Call::Bridged(_)) => false,
            // It is over.
            None => return,
        };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let session = self.seat.session().clone();
        match std::mem::replace(&mut self.farewell, Farewell::Silence) {
            Farewell::Cancel(permit) if silent => {
                runtime.spawn(async move { tell(session.link(), permit).await });
            }
            Farewell::EndTask(permit) => {
                // Whether it could be ended changes nothing for anybody here.
                runtime.spawn(async move { drop(session.ask(permit).await) });
            }
            Farewell::Cancel(_) | Farewell::Silence => {}
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        for refused in self.parking.give_up() {
            self.seat.session().reply(refused);
        }
        self.say_farewell();
    }
}

impl Again {
    /// Whether the person has been everywhere.
    pub(super) fn is_granted(&self, answers: &[(String, doorward_mcp::raw::RawJson)]) -> Granted {
        let action = |(key, _): &(String, Question)| {
            let (_, answer) = answers.iter().find(|(answered, _)| answered == key)?;
            answer.as_raw().member("action")?.as_str().map(|action| action == "accept")
        };
        let actions: Vec<Option<bool>> = self.questions.iter().map(action).collect();
        if actions.contains(&Some(false)) {
            Granted::No
        } else if actions.contains(&None) {
            Granted::Unsaid
        } else {
            Granted::Yes
        }
    }
}

/// What a person said to being sent somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Granted {
    /// Has been everywhere.
    Yes,
    /// Will not go.
    No,
    /// Not everything is answered.
    Unsaid,
}

async fn tell(link: &Link, permit: Permit) {
    if let Err(refusal) = link.tell(permit).await {
        tracing::debug!(code = %refusal.code, "the server did not hear of a cancellation");
    }
}

/// The response under `request`'s id.
pub(super) fn answer_to(request: &Request, result: &str) -> Result<Response, Refusal> {
    super::response(compose::result(request.id(), result)).ok_or_else(super::unsound)
}
