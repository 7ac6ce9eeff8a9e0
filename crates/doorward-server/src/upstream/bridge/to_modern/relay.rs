//! A request forwarded to a stateless server, with everything that may come before its answer: notifications, questions
//! in a result, another attempt after the server's tools were looked at again.
//!
//! It must never send anything but rewordings of the request it has the permit for.

mod asking;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use doorward_core::limits::INPUT_REQUESTS_MAX;
use doorward_core::permit::Permit;
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::bridge::{
    Asked, Brought, RoundLimits, Rounds, Unbridged, notification_to_legacy, request_to_modern, response_to_legacy,
};
use doorward_mcp::id::Id;
use doorward_mcp::message::{Message, Notification, Outcome, Request, Response};
use doorward_mcp::raw::Raw;
use doorward_mcp::revision::{Direction, MethodKind, Revision};
use doorward_mcp::splice::Segments;
use doorward_mcp::views::input_required::ResultType;
use tokio::time::Instant;

use super::client::TasksTaken;
use super::conversation::{Claim, Conversation, unbridged};
use crate::limits::{ANSWERS_WAIT, LIST_PAGES_MAX, ROUNDS_MAX};
use crate::upstream::{Call, Event, Housekeeping, ParamHeaders};
use asking::{Asking, Told, stopped};

/// A request under way. Dropping it closes its stream at the server, which is its cancellation there.
pub(super) struct Relay {
    claim: Claim,
    course: Course,
}

struct Course {
    conversation: Arc<Conversation>,
    permit: Permit,
    request: Request,
    rounds: Rounds,
    began: Instant,
    /// What the request brings when it goes out again.
    brought: Option<Brought>,
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
    Sending(Pin<Box<dyn Future<Output = Result<Call, Refusal>> + Send>>),
    /// With the server.
    Waiting(Call),
    /// Questions are with the client.
    Asking(Asking),
    /// The server's tools are listed.
    LookingAgain(Pin<Box<dyn Future<Output = ()> + Send>>),
}

/// The error by which a server says that a header does not match (2026-07-28).
const HEADER_MISMATCH: i64 = -32020;

impl Relay {
    /// Begins to send.
    pub(super) fn begin(conversation: Arc<Conversation>, permit: Permit, request: Request) -> Result<Self, Refusal> {
        let claim = conversation.claim(request.id())?;
        let limits = RoundLimits { rounds: ROUNDS_MAX, leg: ANSWERS_WAIT, questions: INPUT_REQUESTS_MAX };
        let state = send(&conversation, &permit, None)?;
        let course = Course {
            conversation,
            permit,
            request,
            rounds: Rounds::new(limits),
            began: Instant::now(),
            brought: None,
            looked_again: LookedAgain::No,
            state,
        };
        Ok(Self { claim, course })
    }

    /// The next event. Safe to drop and ask again, until the last.
    pub(super) async fn next(&mut self) -> Event {
        let Self { claim, course } = self;
        tokio::select! {
            biased;
            _ = &mut claim.cancelled => Event::Failed(Refusal::new(Code::Cancelled)),
            event = course.next() => event,
        }
    }

    pub(super) fn is_stream(&self) -> bool {
        match &self.course.state {
            State::Waiting(call) => call.is_stream(),
            State::Asking(_) => true,
            State::Sending(_) | State::LookingAgain(_) => false,
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
                State::Waiting(call) => {
                    let event = Box::pin(call.next()).await;
                    self.heard(event).await
                }
                State::Asking(asking) => {
                    let told = asking.next(self.rounds.ends().map(|ends| self.began + ends)).await;
                    self.told(told)
                }
                State::LookingAgain(looking) => {
                    looking.await;
                    self.again()
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
    async fn heard(&mut self, event: Event) -> Result<Option<Event>, Refusal> {
        match event {
            Event::Notification(notification) => Ok(self.notified(notification).map(Event::Notification)),
            Event::Question(question) => {
                // 2026-07-28 has no requests of servers; one on a shared pipe may send some all the same.
                let refusal = Refusal::new(Code::QuestionRefused);
                let answer = refusal.render(Some(question.id()), doorward_core::refusal::Shape::Error, None);
                // A server that does not take it breaks its own rules already.
                let _ = Box::pin(self.conversation.link.reply(Segments::from(answer))).await;
                Ok(None)
            }
            Event::Response(response) => self.answered(&response),
            Event::Failed(refusal) => Err(refusal),
        }
    }

    fn notified(&self, notification: Notification) -> Option<Notification> {
        in_legacy_words(notification, self.conversation.revision())
    }

    fn answered(&mut self, response: &Response) -> Result<Option<Event>, Refusal> {
        match response.outcome() {
            Outcome::Error { code: HEADER_MISMATCH, .. }
                if self.request.method() == "tools/call" && self.looked_again == LookedAgain::No =>
            {
                self.looked_again = LookedAgain::Yes;
                self.state = State::LookingAgain(Box::pin(look_again(self.conversation.clone())));
                Ok(None)
            }
            Outcome::Error { .. } => self.release(response).map(Some),
            Outcome::Result(result) => match ResultType::from_result(result) {
                Ok(ResultType::InputRequired) if may_ask(self.request.method()) => self.ask(result),
                Ok(_) | Err(_) => self.release(response).map(Some),
            },
        }
    }

    fn release(&self, response: &Response) -> Result<Event, Refusal> {
        let reworded = response_to_legacy(self.request.method(), response, self.conversation.revision());
        reworded.map(Event::Response).map_err(|error| unbridged(&error))
    }

    /// Puts what a result asks to the client.
    fn ask(&mut self, result: Raw<'_>) -> Result<Option<Event>, Refusal> {
        let audience = self.conversation.client.audience();
        match self.rounds.asked(result, audience, self.began.elapsed()).map_err(stopped)? {
            Asked::Put(questions) => {
                let asking = Asking::new(self.conversation.clone(), questions).map_err(|error| unbridged(&error))?;
                self.state = State::Asking(asking);
                Ok(None)
            }
            Asked::Again(brought) => {
                self.brought = Some(brought);
                self.again()
            }
        }
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
                        self.again()
                    }
                }
            }
        }
    }

    fn again(&mut self) -> Result<Option<Event>, Refusal> {
        self.state = send(&self.conversation, &self.permit, self.brought.as_ref())?;
        Ok(None)
    }
}

/// Sends the request in the server's words, under an id of its own.
fn send(conversation: &Arc<Conversation>, permit: &Permit, brought: Option<&Brought>) -> Result<State, Refusal> {
    let stamp = conversation.stamp(TasksTaken::No);
    let id = Id::from(conversation.number());
    let round = brought.map(Brought::as_round);
    let reworded = permit.reword(|message| match message {
        Message::Request(request) => request_to_modern(request, &stamp, round.as_ref())?.under(&id),
        Message::Notification(_) | Message::Response(_) => {
            Err(Unbridged { row: doorward_mcp::bridge::Row::Errors, detail: "only requests are answered".to_owned() })
        }
    });
    let reworded = reworded.map_err(|error| unbridged(&error))?;
    let link = conversation.link.clone();
    Ok(State::Sending(Box::pin(async move { link.call(reworded, &ParamHeaders::new()).await })))
}

/// Lists the server's tools, so that the next request has the headers that their schemas want now.
async fn look_again(conversation: Arc<Conversation>) {
    let mut cursor = None;
    for _ in 0..LIST_PAGES_MAX {
        let listed = Housekeeping::ListTools { cursor, era: doorward_mcp::revision::Era::Modern };
        let Ok(page) = conversation.link.keep_house(listed).await else { return };
        conversation.reach.definitions().learn(&page);
        cursor = page.result_member("nextCursor").and_then(|cursor| cursor.as_str().map(|cursor| cursor.into_owned()));
        if cursor.is_none() {
            return;
        }
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

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.course.state {
            State::Sending(_) => "Sending",
            State::Waiting(_) => "Waiting",
            State::Asking(_) => "Asking",
            State::LookingAgain(_) => "LookingAgain",
        };
        f.debug_struct("Relay").field("method", &self.course.request.method()).field("state", &state).finish()
    }
}
