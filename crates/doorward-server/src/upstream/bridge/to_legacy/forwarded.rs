//! One visit of a modern client to a call at a legacy server: from its request to an answer, or to a result that asks for
//! input.
//!
//! Responsible for what of the call this client sees, in its own words. It must never show what this request did not ask
//! for.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use doorward_core::permit::Permit;
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::bridge::{self, Ability, Parking, Question, Unbridged};
use doorward_mcp::id::ProgressToken;
use doorward_mcp::message::{Notification, Outcome, Request, Response};
use doorward_mcp::revision::Direction;
use doorward_mcp::views::meta::LogLevel;
use doorward_mcp::views::tasks::Task;
use tokio::time::{Instant, sleep_until};

use super::Shared;
use super::held::{Again, Farewell, Goal, Held, Parked, answer_to};
use super::lot::Bond;
use super::session::Known;
use crate::upstream::{Event, ParamHeaders};

/// A visit under way.
pub(super) struct Forwarded {
    shared: Arc<Shared>,
    visit: Arc<Visit>,
    known: Arc<Known>,
    held: Option<Box<Held>>,
    /// On its way to the server again, or to another call that brings the answer.
    going: Option<Going>,
    /// Whether the request may go out once more if the server has forgotten the session.
    again: Allowance,
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

/// A call that has reached the server, and what the server is known to be.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) held: Box<Held>,
    pub(super) known: Arc<Known>,
}

type Going = Pin<Box<dyn Future<Output = Result<Sent, Refusal>> + Send>>;

/// Whether something may be done once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Allowance {
    Once,
    Never,
}

impl Visit {
    fn token(&self) -> Option<&ProgressToken> {
        self.request.progress_token()
    }
}

impl Forwarded {
    pub(super) fn new(shared: Arc<Shared>, visit: Arc<Visit>, sent: Sent, again: Allowance) -> Self {
        let Sent { held, known } = sent;
        Self { shared, visit, known, held: Some(held), going: None, again, asking: None }
    }

    pub(super) fn is_stream(&self) -> bool {
        self.held.as_ref().is_some_and(|held| held.is_stream())
    }

    /// The client was not given the state, so nobody will come for the call.
    pub(super) fn withheld(&mut self) {
        if let Some(state) = self.asking.take() {
            self.shared.lot().forget(&state);
        }
    }

    /// The next event for the client. Safe to drop and ask again.
    pub(super) async fn next(&mut self) -> Event {
        loop {
            if let Some(going) = &mut self.going {
                let sent = going.await;
                self.going = None;
                match sent {
                    Ok(Sent { held, known }) => (self.held, self.known) = (Some(held), known),
                    Err(refusal) => return Event::Failed(refusal),
                }
            }
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
            Event::Failed(refusal) if refusal.code == Code::UnknownSession => self.forgotten(refusal),
            Event::Failed(refusal) => {
                self.held = None;
                Some(Event::Failed(refusal))
            }
            Event::Response(response) => self.answered(&response),
        }
    }

    /// The server knows the session no more, and so did nothing: the request may go out in a new one.
    fn forgotten(&mut self, refusal: Refusal) -> Option<Event> {
        let held = self.held.take()?;
        held.seat().session().forget(&self.known);
        match std::mem::replace(&mut self.again, Allowance::Never) {
            Allowance::Never => Some(Event::Failed(refusal)),
            Allowance::Once => {
                let (shared, visit) = (self.shared.clone(), self.visit.clone());
                let parking = held.parking.clone();
                self.going = Some(Box::pin(async move { shared.send(&visit, parking).await }));
                None
            }
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

    fn answered(&mut self, response: &Response) -> Option<Event> {
        let held = self.held.take()?;
        if let Outcome::Error { raw, .. } = response.outcome()
            && let Some(questions) = bridge::url_questions(raw)
            && held.parking.declared().has(Ability::ElicitationUrl)
        {
            return Some(self.put_addresses(held.parking.clone(), &questions, response));
        }
        if self.visit.request.method() == "tools/list"
            && let Some(result) = response.result()
        {
            held.seat().session().learn_support(result);
        }
        match (held.goal, response.result().and_then(|result| Task::from_created(result).ok())) {
            (Goal::Task, Some(task)) => {
                held.seat().session().remember_task(&task.task_id);
                let created = bridge::created_to_modern(response, self.known.server_info.as_deref());
                Some(created.map_or_else(|unbridged| Event::Failed(refused(&unbridged)), Event::Response))
            }
            (Goal::AnswerOfTask, Some(task)) => {
                self.await_task(held, &task.task_id);
                None
            }
            (Goal::Answer | Goal::Task | Goal::AnswerOfTask, _) => Some(self.said(response)),
        }
    }

    /// A tool that runs only as a task, for a client that does not know tasks: its result is waited for.
    fn await_task(&mut self, mut held: Box<Held>, task: &str) {
        let session = held.seat().session().clone();
        let reword = |method: &str| {
            let number = session.number();
            self.visit.permit.reword(|_| bridge::task_in_session(number, method, task))
        };
        let (fetch, end) = (reword("tasks/result"), reword("tasks/cancel"));
        let known = self.known.clone();
        self.going = Some(Box::pin(async move {
            let fetch = fetch.map_err(|unbridged| refused(&unbridged))?;
            let call = session.link().call(fetch, &ParamHeaders::new()).await?;
            held.follow(call, end.map_or(Farewell::Silence, Farewell::EndTask));
            Ok(Sent { held, known })
        }));
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
        let questions = questions.to_vec();
        self.ask(&questions.clone(), Parked::Again(Box::new(Again { parking, questions, error: error.clone() })))
    }

    fn ask(&mut self, questions: &[(String, Question)], parked: Parked) -> Event {
        match ask(&self.shared, &self.visit.request, questions, parked) {
            Ok(Asked { response, state }) => {
                self.asking = Some(state);
                Event::Response(response)
            }
            Err(refusal) => Event::Failed(refusal),
        }
    }
}

/// A result that asks for input, and the state in it.
pub(super) struct Asked {
    pub(super) response: Response,
    pub(super) state: String,
}

/// Parks a call, and asks the client that made `request`.
pub(super) fn ask(
    shared: &Shared,
    request: &Request,
    questions: &[(String, Question)],
    parked: Parked,
) -> Result<Asked, Refusal> {
    let bond = Bond::of(&shared.principal, shared.reach.id(), request);
    let state = shared.lot().park(&shared.principal, bond, Box::new(parked))?;
    let response = answer_to(request, &bridge::input_required(questions, &state))?;
    Ok(Asked { response, state })
}

impl fmt::Debug for Forwarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Forwarded").field("held", &self.held).field("again", &self.again).finish_non_exhaustive()
    }
}

/// What has no equal in the other era, as a refusal.
pub(super) fn refused(unbridged: &Unbridged) -> Refusal {
    Refusal::new(Code::NoEquivalent).with_detail(format!("{unbridged}."))
}
