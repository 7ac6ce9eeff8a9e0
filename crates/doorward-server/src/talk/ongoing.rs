//! A request under way.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::Arc;

use doorward_core::exchange::{Answer, AwaitUpstream, Outcome};
use doorward_core::ids::ExchangeId;
use doorward_core::permit::Permit;
use doorward_core::refusal::{Code, Refusal, Shape};
use doorward_mcp::id::{Id, ProgressToken};
use doorward_mcp::limits::Limits;
use doorward_mcp::message::{Notification, Outcome as Reported, Request, Response};
use doorward_mcp::raw::Raw;
use doorward_mcp::revision::{Era, Revision};
use doorward_mcp::splice::Segments;

use super::Talk;
use super::aside::Tail;
use crate::caller::Caller;
use crate::clock::now;
use crate::conduct::{Rest, conduct};
use crate::flows::error_code;
use crate::gateway::Gateway;
use crate::handles::Handles;
use crate::limits::STRAY_PROGRESS_MAX;
use crate::upstream::{Call, Event, ParamHeaders};

/// A client's request, from where it was forwarded to its answer.
pub struct Ongoing {
    talk: Arc<Talk>,
    /// Who asked: what the server says on the way is decided for them.
    caller: Caller,
    request: Request,
    revision: Revision,
    /// The exchange that was forwarded; `None` when none was.
    exchange: Option<ExchangeId>,
    stage: Stage,
    /// An event that has come and is not yet dealt with, so that waiting can be interrupted and dealing with it cannot.
    arrived: Option<Event>,
    /// Notifications of progress that name another request.
    strays: u32,
    /// What was said on the way so far.
    tail: Tail,
    /// Whether it is the list in which the gateway's own tools may stand.
    shows_own: bool,
}

enum Stage {
    /// Allowed and recorded; being handed to the transport.
    Calling(HandingOver, Unanswered),
    /// The transport could not take it.
    Failed(Refusal, Unanswered),
    /// With the server.
    Waiting(Call, Unanswered),
    /// Decided without the server.
    Over(Outcome),
    /// The final message has been produced.
    Finished,
}

type HandingOver = Pin<Box<dyn Future<Output = Result<Call, Refusal>> + Send>>;

/// What a request produces, in order: any number of messages on the way, then the final one.
#[derive(Debug)]
pub enum Produced {
    /// A notification or a question to the client.
    Interim(Segments),
    /// The answer.
    Final(Final),
}

/// The last message of a request.
#[derive(Debug)]
pub struct Final {
    /// The response.
    pub message: Segments,
    /// The refusal, when it is ours.
    pub refusal: Option<Code>,
    /// The scopes that would have changed the refusal.
    pub scopes: Option<Arc<BTreeSet<Arc<str>>>>,
    /// The JSON-RPC error code, when the server answered with an error.
    pub error: Option<i64>,
    /// The HTTP status the server answered with, if it speaks HTTP.
    pub status: Option<u16>,
}

impl Ongoing {
    pub(super) fn forwarded(
        (talk, caller): (Arc<Talk>, Caller),
        request: Request,
        revision: Revision,
        (permit, params): (Permit, ParamHeaders),
        waiting: AwaitUpstream,
    ) -> Self {
        let unanswered = Unanswered::new(talk.gateway.clone(), waiting);
        let (link, exchange) = (talk.link.clone(), Some(permit.exchange()));
        let handing_over: HandingOver = Box::pin(async move { link.call(permit, &params).await });
        let stage = Stage::Calling(handing_over, unanswered);
        Self {
            talk,
            caller,
            request,
            revision,
            exchange,
            stage,
            arrived: None,
            strays: 0,
            tail: Tail::default(),
            shows_own: false,
        }
    }

    pub(super) fn over(
        (talk, caller): (Arc<Talk>, Caller),
        request: Request,
        revision: Revision,
        outcome: Outcome,
    ) -> Self {
        let stage = Stage::Over(outcome);
        Self {
            talk,
            caller,
            request,
            revision,
            exchange: None,
            stage,
            arrived: None,
            strays: 0,
            tail: Tail::default(),
            shows_own: false,
        }
    }

    /// The same, with the gateway's own tools in the list that is its answer.
    pub(super) fn showing_own(self) -> Self {
        Self { shows_own: true, ..self }
    }

    /// Whether the server has begun an event stream for it.
    #[must_use]
    pub fn is_stream(&self) -> bool {
        matches!(&self.stage, Stage::Waiting(call, _) if call.is_stream())
    }

    /// The server's response, once it is here and before it is judged.
    #[must_use]
    pub(crate) const fn response(&self) -> Option<&Response> {
        match &self.arrived {
            Some(Event::Response(response)) => Some(response),
            Some(Event::Notification(_) | Event::Question(_) | Event::Failed(_)) | None => None,
        }
    }

    /// Waits until there is something to deal with, which may be that it is stopped. Safe to drop and ask again: what was
    /// begun goes on at the next call.
    pub async fn ready(&mut self) {
        let Self { talk, caller, request, stage, arrived, .. } = &mut *self;
        let (stops, principal, server) = (talk.gateway.stops(), &caller.principal, talk.server.id());
        let stopped = || stops.until(|| stops.request(principal, server, request));
        if let Stage::Calling(handing_over, _) = stage {
            let handed_over = tokio::select! {
                biased;
                refusal = stopped() => Err(refusal),
                handed_over = handing_over => handed_over,
            };
            let called = std::mem::replace(stage, Stage::Finished);
            if let Stage::Calling(_, unanswered) = called {
                *stage = match handed_over {
                    Ok(call) => Stage::Waiting(call, unanswered),
                    Err(refusal) => Stage::Failed(refusal, unanswered),
                };
            }
        }
        if let Stage::Waiting(call, _) = stage
            && arrived.is_none()
        {
            *arrived = Some(tokio::select! {
                biased;
                refusal = stopped() => Event::Failed(refusal),
                event = call.next() => event,
            });
        }
    }

    /// The next message for the client; `None` once the final one was given.
    pub async fn next(&mut self) -> Option<Produced> {
        loop {
            self.ready().await;
            match std::mem::replace(&mut self.stage, Stage::Finished) {
                Stage::Finished | Stage::Calling(..) => return None,
                Stage::Failed(refusal, unanswered) => {
                    self.talk.sighted(self.talk.server.health().failed(refusal.code));
                    let outcome = unanswered.end(Answer::Failed(refusal)).await;
                    return Some(Produced::Final(self.last(outcome, None, None)));
                }
                Stage::Over(outcome) => return Some(Produced::Final(self.last(outcome, None, None))),
                Stage::Waiting(call, unanswered) => match self.arrived.take() {
                    Some(Event::Response(response)) => {
                        self.talk.sighted(self.talk.server.health().answered());
                        return Some(Produced::Final(self.answered(response, call, unanswered).await));
                    }
                    Some(Event::Failed(refusal)) => {
                        // Whoever answers there next may speak another era (2026-07-28, basic/versioning).
                        if refusal.code == Code::Unreachable {
                            self.talk.server.doubt_era();
                        }
                        // A slow call says nothing of the server: silence alone does not take it away.
                        if refusal.code != Code::TimedOut {
                            self.talk.sighted(self.talk.server.health().failed(refusal.code));
                        }
                        let outcome = unanswered.end(Answer::Failed(refusal)).await;
                        return Some(Produced::Final(self.last(outcome, None, None)));
                    }
                    Some(Event::Notification(notification)) => {
                        if self.is_stray(&notification) {
                            self.strays = self.strays.saturating_add(1);
                            if self.strays > STRAY_PROGRESS_MAX {
                                let refusal = Refusal::new(Code::BadAnswer)
                                    .with_detail("It sends progress of something that was not asked.");
                                let outcome = unanswered.end(Answer::Failed(refusal)).await;
                                return Some(Produced::Final(self.last(outcome, None, None)));
                            }
                            self.stage = Stage::Waiting(call, unanswered);
                            continue;
                        }
                        if self.is_hidden() {
                            self.stage = Stage::Waiting(call, unanswered);
                            continue;
                        }
                        if let Some(split) = self.heard(notification.params()) {
                            let outcome = unanswered.end(Answer::Failed(split)).await;
                            return Some(Produced::Final(self.last(outcome, None, None)));
                        }
                        self.stage = Stage::Waiting(call, unanswered);
                        if let Some(segments) = self.talk.notified(&self.caller, notification, self.revision).await {
                            return Some(Produced::Interim(segments));
                        }
                    }
                    Some(Event::Question(question)) => {
                        self.stage = Stage::Waiting(call, unanswered);
                        if self.is_hidden() {
                            self.talk.unasked(&self.caller, &question).await;
                            continue;
                        }
                        if let Some(segments) = self.talk.question(&self.caller, question, self.revision).await {
                            return Some(Produced::Interim(segments));
                        }
                    }
                    None => self.stage = Stage::Waiting(call, unanswered),
                },
            }
        }
    }

    /// Runs to the end, giving away what comes on the way.
    pub async fn finish(mut self, mut interim: impl FnMut(Segments)) -> Option<Final> {
        loop {
            match self.next().await? {
                Produced::Interim(segments) => interim(segments),
                Produced::Final(last) => return Some(last),
            }
        }
    }

    async fn answered(&mut self, response: Response, mut call: Call, unanswered: Unanswered) -> Final {
        // What a list tells is learned before the same list is sifted, or a new tool could not be judged.
        if self.request.method() == "tools/list" {
            self.talk.learn(&response).await;
            let whole = self.request.param("cursor").is_none() && response.result_member("nextCursor").is_none();
            if whole && response.result_member("tools").is_some() {
                self.talk.server.definitions().shown();
            }
        }
        if self.request.method() == "initialize" {
            self.talk.agree(&response);
        }
        let is_hidden = self.is_hidden();
        let error = match response.outcome() {
            Reported::Error { code, .. } if is_hidden => Some(error_code(code)),
            Reported::Error { code, .. } => Some(code),
            Reported::Result(_) => None,
        };
        let goes_on = self.talk.gateway.approvals().answered(self.exchange, &response);
        let split = self.heard(response.result());
        let (owner, server) = (self.talk.owner(), self.talk.server.id());
        let handles = self.talk.gateway.handles();
        let own = match self.request.method() {
            "tasks/list" => handles.own_alone(owner, server, response),
            _ => Some(response),
        };
        let unread = || Answer::Failed(Refusal::new(Code::BadAnswer).with_detail("Its tasks cannot be read."));
        let task = own.as_ref().and_then(|answer| Handles::created(owner, self.request.method(), answer));
        let answer = split.map_or_else(|| own.map_or_else(unread, Answer::Response), Answer::Failed);
        let outcome = unanswered.end(answer).await;
        if let (Outcome::Answer(_), Some(goes_on)) = (&outcome, goes_on) {
            self.talk.gateway.approvals().goes_on(goes_on).await;
        }
        match (&outcome, task) {
            (Outcome::Refuse(_), _) => call.withheld(),
            (Outcome::Answer(_), Some(task)) => handles.give(owner, server, &task),
            (Outcome::Answer(_) | Outcome::Done, _) => {}
        }
        self.last(outcome, error, call.status().filter(|_| !is_hidden))
    }

    /// Whether the model is not to see what answers it, and so not what is said on the way.
    fn is_hidden(&self) -> bool {
        self.exchange.is_some_and(|id| self.talk.gateway.flows().hides(id))
    }

    /// Takes in what the server says; the refusal when it is a part of what may not be said.
    fn heard(&mut self, said: Option<Raw<'_>>) -> Option<Refusal> {
        let split = self.tail.hear(&self.talk.gateway, self.talk.server.id(), said)?;
        Some(Refusal::new(Code::AnswerBlocked).with_detail(split))
    }

    /// Whether it is progress of something else: progress must name the token of an active request (2026-07-28,
    /// basic/utilities/progress), and on the way of this request that is its own.
    fn is_stray(&self, notification: &Notification) -> bool {
        if notification.method() != "notifications/progress" {
            return false;
        }
        let named = notification.param("progressToken").and_then(|token| Id::read(token, &Limits::default()).ok());
        match (named, self.request.progress_token()) {
            (Some(named), Some(own)) => ProgressToken::from(named) != *own,
            (None, _) | (_, None) => true,
        }
    }

    fn last(&self, outcome: Outcome, error: Option<i64>, status: Option<u16>) -> Final {
        match outcome {
            Outcome::Answer(message) => {
                let message = if self.shows_own { self.talk.with_own(message) } else { message };
                Final { message, refusal: None, scopes: None, error, status }
            }
            Outcome::Refuse(refusal) => self.refused(&refusal),
            // INVARIANT: a request is never merely delivered.
            Outcome::Done => self.refused(&Refusal::new(Code::BadAnswer)),
        }
    }

    fn refused(&self, refusal: &Refusal) -> Final {
        let shape = Shape::of(self.request.method(), refusal.code, self.revision.era());
        let data = (refusal.code == Code::UnsupportedVersion).then(|| supported_versions(self.revision.era()));
        let message = Segments::from(refusal.render(Some(self.request.id()), shape, data.as_deref()));
        Final { message, refusal: Some(refusal.code), scopes: refusal.scopes.clone(), error: None, status: None }
    }
}

/// The error data of -32022: what this gateway speaks in that era (2026-07-28, schema `UnsupportedProtocolVersionError`).
#[must_use]
pub fn supported_versions(era: Era) -> String {
    let versions: Vec<String> = Revision::ALL
        .iter()
        .filter(|revision| revision.era() == era)
        .map(|revision| format!("\"{revision}\""))
        .collect();
    format!("\"supported\":[{}]", versions.join(","))
}

/// A forwarded request whose answer is not in yet. Dropped, it records that nobody waited for the answer: an exchange
/// that began ends in an outcome, whatever happens to the connection.
#[derive(Debug)]
pub(super) struct Unanswered {
    gateway: Arc<Gateway>,
    waiting: Option<AwaitUpstream>,
}

impl Unanswered {
    pub(super) const fn new(gateway: Arc<Gateway>, waiting: AwaitUpstream) -> Self {
        Self { gateway, waiting: Some(waiting) }
    }

    pub(super) async fn end(mut self, answer: Answer) -> Outcome {
        let Some(waiting) = self.waiting.take() else {
            return Outcome::Refuse(Refusal::new(Code::BadAnswer));
        };
        let gateway = self.gateway.clone();
        let answer = match (answer, gateway.stops().refusal(waiting.arrival())) {
            // It is stopped since it was sent: what came back is withheld.
            (Answer::Response(_), Some(refusal)) => Answer::Failed(refusal),
            (answer, _) => answer,
        };
        match conduct(&gateway, waiting.answered(answer, now())).await {
            Rest::Reply(outcome) => outcome,
            // INVARIANT: an answered exchange forwards nothing more.
            Rest::Forward(..) => Outcome::Refuse(Refusal::new(Code::BadAnswer)),
        }
    }
}

impl Drop for Unanswered {
    fn drop(&mut self) {
        let Some(waiting) = self.waiting.take() else { return };
        let gateway = self.gateway.clone();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let step = waiting.answered(Answer::Failed(Refusal::new(Code::Cancelled)), now());
            runtime.spawn(async move { conduct(&gateway, step).await });
        }
    }
}
