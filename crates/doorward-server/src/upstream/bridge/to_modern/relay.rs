//! A request forwarded to a stateless server, with everything that may come before its answer: notifications, questions
//! in a result, another attempt after the server's tools were looked at again, the wait for a task.
//!
//! It must never send anything but rewordings of the request it has the permit for.

mod asking;
mod sending;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use doorward_core::limits::INPUT_REQUESTS_MAX;
use doorward_core::permit::Permit;
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::bridge::{
    Asked, Brought, Question, RoundLimits, Rounds, downgrade, notification_to_legacy, offer_tasks, outcome_to_legacy,
    response_to_legacy,
};
use doorward_mcp::message::{Notification, Outcome, Request, Response};
use doorward_mcp::raw::Raw;
use doorward_mcp::revision::{Direction, MethodKind, Revision, TASKS_EXTENSION};
use doorward_mcp::views::input_required::ResultType;
use doorward_mcp::views::tasks::{Task, TaskStatus};
use tokio::time::{Instant, sleep_until};

use super::client::TasksTaken;
use super::conversation::{Claim, Conversation, unbridged};
use crate::limits::{ANSWERS_WAIT, CALL_DURATION_MAX, POLL_LEAST, POLL_MOST, POLL_UNTOLD, ROUNDS_MAX};
use crate::upstream::{Call, Event};
use asking::{Asking, Told, stopped};
use sending::{Ending, LookingAgain, Sending, look_again};

/// A request under way. Dropping it closes its stream at the server, which is its cancellation there.
pub(super) struct Relay {
    claim: Claim,
    course: Course,
    /// What is still to be done once the client has cancelled.
    ending: Option<Ending>,
}

/// What a request is to come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Its answer.
    Answer,
    /// Its answer, which the server will only give as a task.
    AnswerByTask,
    /// A task.
    Task,
    /// What the task of that id gives.
    Outcome(String),
}

struct Course {
    conversation: Arc<Conversation>,
    permit: Permit,
    request: Request,
    purpose: Purpose,
    rounds: Rounds,
    began: Instant,
    /// What the request brings when it goes out again.
    brought: Option<Brought>,
    /// The most progress the client was told of.
    progress: f64,
    looked_again: LookedAgain,
    state: State,
}

/// Whether the server's tools were listed anew for this request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LookedAgain {
    No,
    Yes,
}

enum State {
    /// Being handed over.
    Sending(Sending),
    /// With the server.
    Waiting(Call),
    /// Questions are with the client.
    Asking(Asking),
    /// The server's tools are listed.
    LookingAgain(LookingAgain),
    /// A task is looked at again at that time.
    Pausing(Instant),
}

/// The error by which a server says that a header does not match (2026-07-28).
const HEADER_MISMATCH: i64 = -32020;

/// The error by which a server says what the client would have to declare (2026-07-28).
const CAPABILITY_MISSING: i64 = -32021;

impl Relay {
    /// Begins to send.
    pub(super) fn begin(
        conversation: Arc<Conversation>,
        permit: Permit,
        request: Request,
        purpose: Purpose,
    ) -> Result<Self, Refusal> {
        let claim = conversation.claim(request.id())?;
        let limits = RoundLimits { rounds: ROUNDS_MAX, leg: ANSWERS_WAIT, questions: INPUT_REQUESTS_MAX };
        let began = Instant::now();
        let mut course = Course {
            conversation,
            permit,
            request,
            purpose,
            rounds: Rounds::new(limits),
            began,
            brought: None,
            progress: f64::NEG_INFINITY,
            looked_again: LookedAgain::No,
            state: State::Pausing(began),
        };
        course.send()?;
        Ok(Self { claim, course, ending: None })
    }

    /// The next event. Safe to drop and ask again, until the last.
    pub(super) async fn next(&mut self) -> Event {
        let Self { claim, course, ending } = self;
        if ending.is_none() {
            tokio::select! {
                biased;
                _ = &mut claim.cancelled => *ending = Some(course.end()),
                event = course.next() => return event,
            }
        }
        if let Some(ending) = ending {
            ending.await;
        }
        Event::Failed(Refusal::new(Code::Cancelled))
    }

    pub(super) fn is_stream(&self) -> bool {
        match &self.course.state {
            State::Waiting(call) => call.is_stream(),
            State::Asking(_) => true,
            State::Sending(_) | State::LookingAgain(_) | State::Pausing(_) => false,
        }
    }
}

impl Course {
    async fn next(&mut self) -> Event {
        loop {
            let step = match &mut self.state {
                State::Sending(sending) => match sending.await {
                    Ok(call) => {
                        self.state = State::Waiting(call);
                        Ok(None)
                    }
                    Err(refusal) => Err(refusal),
                },
                State::Waiting(call) => match Box::pin(call.next()).await {
                    Event::Question(question) => {
                        self.conversation.refuse(&question).await;
                        Ok(None)
                    }
                    event @ (Event::Notification(_) | Event::Response(_) | Event::Failed(_)) => self.heard(event),
                },
                State::Asking(asking) => {
                    let told = asking.next(self.rounds.ends().map(|ends| self.began + ends)).await;
                    self.told(told)
                }
                State::LookingAgain(looking) => {
                    looking.await;
                    self.send()
                }
                State::Pausing(until) => {
                    sleep_until(*until).await;
                    self.send()
                }
            };
            match step {
                Ok(None) => {}
                Ok(Some(event)) => return event,
                Err(refusal) => return Event::Failed(refusal),
            }
        }
    }

    /// What an event of the server is to the client; `None` when there is nothing to tell it yet.
    fn heard(&mut self, event: Event) -> Result<Option<Event>, Refusal> {
        match event {
            Event::Notification(notification) => {
                let news = self.is_news(&notification).then_some(notification);
                let revision = self.conversation.revision();
                Ok(news.and_then(|news| in_legacy_words(news, revision)).map(Event::Notification))
            }
            Event::Response(response) => match self.purpose {
                Purpose::Outcome(_) => self.looked_at(&response),
                Purpose::Answer | Purpose::AnswerByTask | Purpose::Task => self.answered(&response),
            },
            Event::Failed(refusal) => Err(refusal),
            // A question is refused where it comes.
            Event::Question(_) => Ok(None),
        }
    }

    /// Progress must increase, but a server that is asked again begins anew.
    fn is_news(&mut self, notification: &Notification) -> bool {
        let progress = notification.param("progress").and_then(|progress| progress.as_f64());
        let Some(progress) = progress.filter(|_| notification.method() == "notifications/progress") else {
            return true;
        };
        let behind = self.rounds.begun() > 0 && progress <= self.progress;
        self.progress = self.progress.max(progress);
        !behind
    }

    /// Gives up what goes on at the server, once the client has cancelled: a stream is closed, a task is cancelled.
    fn end(&mut self) -> Ending {
        self.state = State::Pausing(Instant::now());
        match &self.purpose {
            // The outcome of a task is asked for, not the task itself: giving up to wait for it leaves the task.
            Purpose::Outcome(task) if self.request.method() == "tools/call" => {
                sending::cancel_task(&self.conversation, &self.permit, task)
            }
            Purpose::Answer | Purpose::AnswerByTask | Purpose::Task | Purpose::Outcome(_) => {
                Box::pin(std::future::ready(()))
            }
        }
    }

    fn answered(&mut self, response: &Response) -> Result<Option<Event>, Refusal> {
        let calls = self.request.method() == "tools/call";
        match response.outcome() {
            Outcome::Error { code: HEADER_MISMATCH, .. } if calls && self.looked_again == LookedAgain::No => {
                self.looked_again = LookedAgain::Yes;
                self.state = State::LookingAgain(look_again(self.conversation.clone()));
                Ok(None)
            }
            Outcome::Error { code: CAPABILITY_MISSING, raw, .. }
                if calls && self.purpose == Purpose::Answer && wants_tasks(raw) =>
            {
                self.purpose = Purpose::AnswerByTask;
                self.send()
            }
            Outcome::Error { .. } => self.release(response).map(Some),
            Outcome::Result(result) => match (ResultType::from_result(result), &self.purpose) {
                (Ok(ResultType::InputRequired), _) if may_ask(self.request.method()) => self.ask(result),
                (Ok(ResultType::Task), Purpose::Task) => {
                    self.conversation.tasks().created(response).map(|created| Some(Event::Response(created)))
                }
                (Ok(ResultType::Task), Purpose::AnswerByTask) => {
                    let task = Task::from_result(result).map_err(|_| Refusal::new(Code::BadAnswer))?;
                    self.purpose = Purpose::Outcome(task.task_id.into_owned());
                    self.brought = None;
                    Ok(self.pause(result))
                }
                (Ok(_) | Err(_), _) => self.release(response).map(Some),
            },
        }
    }

    /// The answer, in the client's words and in the shape it wants.
    fn release(&self, response: &Response) -> Result<Event, Refusal> {
        let method = self.request.method();
        let revision = self.conversation.revision();
        let mut reworded = response_to_legacy(method, response, revision).map_err(|error| unbridged(&error))?;
        let tasks = self.conversation.tasks();
        if method == "tools/list" && tasks.are_bridged() {
            reworded = offer_tasks(&reworded).map_err(|error| unbridged(&error))?;
        }
        if self.purpose == Purpose::Task && reworded.result().is_some() {
            return tasks.made(&self.request, reworded).map(Event::Response);
        }
        Ok(Event::Response(reworded))
    }

    /// The server's answer about a task whose outcome is waited for.
    fn looked_at(&mut self, response: &Response) -> Result<Option<Event>, Refusal> {
        let Some(result) = response.result() else {
            return response_to_legacy("tasks/result", response, self.conversation.revision())
                .map(|reworded| Some(Event::Response(reworded)))
                .map_err(|error| unbridged(&error));
        };
        // What brought answers is only acknowledged.
        if self.brought.take().is_some() {
            return Ok(self.pause(result));
        }
        let task =
            Task::from_result(result).map_err(|_| Refusal::new(Code::BadAnswer).with_detail("It is no task."))?;
        if self.began.elapsed() >= CALL_DURATION_MAX {
            return Err(Refusal::new(Code::TimedOut));
        }
        if task.status == TaskStatus::InputRequired {
            let audience = self.conversation.client.audience();
            let asked = self.rounds.asked_by_task(result, audience, self.began.elapsed()).map_err(stopped)?;
            return match asked {
                Some(questions) => self.put(questions),
                None => Ok(self.pause(result)),
            };
        }
        match outcome_to_legacy(self.request.id(), result).map_err(|error| unbridged(&error))? {
            None => Ok(self.pause(result)),
            Some(outcome) => {
                let outcome = downgrade("tools/call", &outcome, self.conversation.revision());
                outcome.map(|outcome| Some(Event::Response(outcome))).map_err(|error| unbridged(&error))
            }
        }
    }

    /// Looks at the task again after the pause that it wants.
    fn pause(&mut self, task: Raw<'_>) -> Option<Event> {
        let wanted = task.member("pollIntervalMs").and_then(|pause| pause.as_u64()).map(Duration::from_millis);
        let pause = wanted.unwrap_or(POLL_UNTOLD).clamp(POLL_LEAST, POLL_MOST);
        self.state = State::Pausing(Instant::now() + pause);
        None
    }

    /// Puts what a result asks to the client.
    fn ask(&mut self, result: Raw<'_>) -> Result<Option<Event>, Refusal> {
        let audience = self.conversation.client.audience();
        match self.rounds.asked(result, audience, self.began.elapsed()).map_err(stopped)? {
            Asked::Put(questions) => self.put(questions),
            Asked::Again(brought) => {
                self.brought = Some(brought);
                self.send()
            }
        }
    }

    fn put(&mut self, questions: Vec<(String, Question)>) -> Result<Option<Event>, Refusal> {
        let asking = Asking::new(self.conversation.clone(), questions).map_err(|error| unbridged(&error))?;
        self.state = State::Asking(asking);
        Ok(None)
    }

    /// Goes on with what came of asking.
    fn told(&mut self, told: Told) -> Result<Option<Event>, Refusal> {
        match told {
            Told::Put(question) => Ok(Some(Event::Question(question))),
            Told::Late => {
                self.rounds.check(self.began.elapsed()).map_err(stopped)?;
                Ok(None)
            }
            Told::Refused(refusal) => Err(refusal),
            Told::Answered(key, response) => {
                match self.rounds.answered(&key, asking::answer(&response)).map_err(stopped)? {
                    None => Ok(None),
                    Some(brought) => {
                        self.brought = Some(brought);
                        self.send()
                    }
                }
            }
        }
    }

    /// Sends what is to be sent now, in the server's words, under an id of its own.
    fn send(&mut self) -> Result<Option<Event>, Refusal> {
        let tasks = match self.purpose {
            Purpose::Answer => TasksTaken::No,
            Purpose::AnswerByTask | Purpose::Task | Purpose::Outcome(_) => TasksTaken::Yes,
        };
        let brought = self.brought.as_ref();
        let sending = match &self.purpose {
            Purpose::Outcome(task) => sending::about_task(&self.conversation, &self.permit, task, brought),
            Purpose::Answer | Purpose::AnswerByTask | Purpose::Task => {
                sending::request(&self.conversation, &self.permit, tasks, brought)
            }
        };
        self.state = State::Sending(sending?);
        Ok(None)
    }
}

/// A server's notification in the client's words. What no revision knows passes as it is: the exchange refuses it, and
/// records that.
pub(super) fn in_legacy_words(notification: Notification, revision: Revision) -> Option<Notification> {
    let known =
        |of: Revision| of.method(Direction::ServerToClient, MethodKind::Notification, notification.method()).is_some();
    if !known(Revision::LATEST) && !known(revision) {
        return Some(notification);
    }
    notification_to_legacy(&notification, Direction::ServerToClient, revision)
}

/// The methods whose results may ask (DIGEST §1.7).
fn may_ask(method: &str) -> bool {
    matches!(method, "tools/call" | "prompts/get" | "resources/read")
}

/// Whether an error says that the client would have to take tasks.
fn wants_tasks(error: Raw<'_>) -> bool {
    error.path(&["data", "requiredCapabilities", "extensions", TASKS_EXTENSION]).is_some()
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.course.state {
            State::Sending(_) => "Sending",
            State::Waiting(_) => "Waiting",
            State::Asking(_) => "Asking",
            State::LookingAgain(_) => "LookingAgain",
            State::Pausing(_) => "Pausing",
        };
        f.debug_struct("Relay").field("method", &self.course.request.method()).field("state", &state).finish()
    }
}
