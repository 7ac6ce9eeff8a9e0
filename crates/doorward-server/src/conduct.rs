//! Performing the steps of an exchange.
//!
//! The core says what must happen next; this does it and hands the result back, until there is something to forward or
//! to reply. It makes no choice of its own.

use std::sync::Arc;

use doorward_core::access::{AccessRequest, Direction};
use doorward_core::decision::Decision;
use doorward_core::duties::{AnswerDuties, GivenTask, Recalled};
use doorward_core::exchange::{
    Answer, AwaitAnswer, AwaitDecision, AwaitRecord, AwaitRecorded, AwaitUpstream, Outcome, RecordFailure, Step,
    Visibility,
};
use doorward_core::guard::{Content, Inspection, Surface};
use doorward_core::ids::ExchangeId;
use doorward_core::permit::Permit;
use doorward_core::refusal::{Code, Refusal};
use doorward_policy::Engine;
use doorward_store::{AppendError, Appended, Commit};
use tokio::sync::oneshot;
use tokio::task::yield_now;

use crate::approvals::FlowAsked;
use crate::clock::now;
use crate::flows::{Asks, Shown};
use crate::gateway::{Authority, Gateway};
use crate::inspect::inspect;
use crate::pins::{Pins, Sights};

/// Where an exchange rests until the outside does something.
#[derive(Debug)]
pub(crate) enum Rest {
    /// The message may be forwarded.
    Forward(Permit, AwaitUpstream),
    /// The exchange is over.
    Reply(Outcome),
}

/// Performs `step` and every one after it that needs nothing from either peer.
pub(crate) async fn conduct(gateway: &Arc<Gateway>, mut step: Step) -> Rest {
    let mut sights = Sights::None;
    let mut flow = Flow::default();
    loop {
        step = match step {
            Step::Decide(waiting) => decide(gateway, waiting, &mut flow).await,
            Step::Guard(waiting) => {
                let content = waiting.content();
                sights = sights.after(Pins::looks_at(&content));
                if content.surface == Surface::Definition {
                    // A list may be long, and others want to be served meanwhile.
                    yield_now().await;
                }
                let inspection = guarded(gateway, &content).await;
                waiting.guarded(inspection, now())
            }
            Step::Meter(waiting) => {
                let taken = gateway.meters().take(waiting.takes(), now());
                waiting.metered(taken, now())
            }
            Step::Recall(waiting) => {
                let recalled = recall(gateway, waiting.task());
                waiting.recalled(recalled, now())
            }
            Step::Keep(waiting) => {
                gateway.task_duties().keep(waiting.task(), waiting.duties());
                waiting.kept(now())
            }
            Step::Consult(waiting) => consult(gateway, waiting, &flow.asked).await,
            Step::Record(waiting) => {
                // What is shown is kept first, so that it is known again.
                if sights == Sights::Some {
                    gateway.pins().keep().await;
                }
                record(gateway, waiting).await
            }
            Step::Sift(waiting) => {
                gateway.pins().read_again().await;
                let engine = gateway.engine();
                let could_allow = |candidate: &AccessRequest| match gateway.authority() {
                    _ if gateway.stops().hides(&candidate.resource) => Visibility::Hide,
                    Authority::Policy => engine.could_allow(candidate),
                    Authority::Endpoint => Visibility::Show,
                };
                let verdicts: Vec<_> = waiting.candidates().iter().map(could_allow).collect();
                waiting.sifted(&verdicts)
            }
            Step::Forward(permit, waiting) => {
                // It may have been stopped while it was decided on.
                if let Some(refusal) = gateway.stops().refusal(waiting.arrival()) {
                    drop(permit);
                    step = waiting.answered(Answer::Failed(refusal), now());
                    continue;
                }
                for request in &flow.judged {
                    gateway.flows().allowed(gateway, permit.exchange(), request, now());
                }
                return Rest::Forward(permit, waiting);
            }
            Step::Reply(outcome) => return Rest::Reply(outcome),
        };
    }
}

/// What is known of the flow of data that a message is part of.
#[derive(Default)]
struct Flow {
    /// What was judged by it.
    judged: Vec<AccessRequest>,
    /// What a person is asked because of it.
    asked: FlowAsked,
}

/// Decides what a message asks for.
async fn decide(gateway: &Gateway, waiting: AwaitDecision, flow: &mut Flow) -> Step {
    let engine = gateway.engine();
    let mut decisions = Vec::new();
    // What a guard has rewritten is decided again, and goes out once: as it then is.
    flow.judged.clear();
    for request in waiting.requests() {
        decisions.push(match gateway.authority() {
            Authority::Policy => decide_one(gateway, &engine, (waiting.exchange(), request), flow).await,
            Authority::Endpoint => Decision::Allow { obligations: Vec::new(), reasons: Vec::new() },
        });
    }
    let decisions = gateway.flows().within_task(waiting.exchange(), waiting.requests(), decisions);
    waiting.decided(decisions, now())
}

async fn decide_one(
    gateway: &Gateway,
    engine: &Engine,
    (id, request): (ExchangeId, &AccessRequest),
    flow: &mut Flow,
) -> Decision {
    let mut observed = gateway.observer().observe(engine, request).await;
    gateway.history().observe(engine, request, &mut observed);
    if engine.looks_at_flow() {
        observed.flow = Some(Arc::new(gateway.flows().look(gateway, id, request).await));
        flow.judged.push(request.clone());
    }
    let decision = match engine.decide(request, &observed) {
        Decision::Deny(denial) => {
            let asks = Asks { gateway, engine, id, request };
            gateway.flows().or_ask(&asks, &observed, denial, &mut flow.asked)
        }
        allow @ Decision::Allow { .. } => {
            gateway.flows().decided(id, request, &observed);
            allow
        }
    };
    flow.asked.params = gateway.flows().masked(id);
    pinned(gateway, request, decision).await
}

/// What the guards and pins say of a text, which is then taken in: before anybody sees it.
async fn guarded(gateway: &Gateway, content: &Content<'_>) -> Inspection {
    match gateway.authority() {
        Authority::Policy => {
            let inspection = gateway.pins().review(gateway, content, inspect(gateway, content)).await;
            match gateway.flows().hide(gateway, content, inspection, now()) {
                Shown::Open(inspection) => gateway.flows().absorb(gateway, content, inspection, now()),
                Shown::Hidden(inspection) => inspection,
            }
        }
        Authority::Endpoint => Inspection::default(),
    }
}

/// What is allowed, is allowed for what is approved.
async fn pinned(gateway: &Gateway, request: &AccessRequest, decision: Decision) -> Decision {
    if !decision.is_allow() || request.action.direction() == Direction::ToClient {
        return decision;
    }
    match gateway.pins().allow(&request.resource).await {
        Ok(()) => decision,
        Err(denial) => Decision::Deny(denial),
    }
}

/// A task that is not remembered carries no duties, if no rule has any.
fn recall(gateway: &Gateway, task: &GivenTask) -> Recalled {
    match gateway.task_duties().recall(task) {
        Recalled::Nothing if !gateway.engine().obliges_answers() => Recalled::Duties(AnswerDuties::default()),
        recalled @ (Recalled::Nothing | Recalled::Duties(_)) => recalled,
    }
}

/// Asks the people who must approve, or uses what they have said.
async fn consult(gateway: &Gateway, waiting: AwaitAnswer, flow: &FlowAsked) -> Step {
    let consent = gateway.approvals().consult(gateway, &waiting, flow).await;
    waiting.answered(consent, now())
}

async fn record(gateway: &Arc<Gateway>, waiting: AwaitRecord) -> Step {
    let (mut record, recorded) = waiting.split();
    gateway.flows().note(&mut record, now());
    gateway.metrics().recorded(&record);
    gateway.history().recorded(&record);
    match gateway.store().append(record) {
        Ok(Appended::Queued) => recorded.recorded(Ok(()), now()),
        Ok(Appended::Pending(commit)) => committed(gateway, commit, recorded).await,
        Err(error) => recorded.recorded(Err(failure(&error)), now()),
    }
}

/// Waits for the disk in a task of its own: the client may go meanwhile and take this future with it, and an intent that
/// is recorded must still end in an outcome.
async fn committed(gateway: &Arc<Gateway>, commit: Commit, recorded: AwaitRecorded) -> Step {
    let (told, kept) = oneshot::channel();
    let gateway = gateway.clone();
    tokio::spawn(async move {
        let result = commit.await.map_err(|error| failure(&error));
        let kept = Kept { gateway, step: Some(recorded.recorded(result, now())) };
        // Whoever waited may have gone; what is kept then ends by being dropped.
        let _ = told.send(kept);
    });
    let unavailable = || Step::Reply(Outcome::Refuse(Refusal::new(Code::StoreUnavailable)));
    kept.await.ok().and_then(|mut kept| kept.step.take()).unwrap_or_else(unavailable)
}

/// A step whose record is on the disk. If nobody takes it, what it would have forwarded ends as cancelled.
struct Kept {
    gateway: Arc<Gateway>,
    step: Option<Step>,
}

impl Drop for Kept {
    fn drop(&mut self) {
        let Some(Step::Forward(permit, waiting)) = self.step.take() else { return };
        drop(permit);
        let gateway = self.gateway.clone();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let step = waiting.answered(Answer::Failed(Refusal::new(Code::Cancelled)), now());
            runtime.spawn(async move { Box::pin(conduct(&gateway, step)).await });
        }
    }
}

fn failure(error: &AppendError) -> RecordFailure {
    if error.code() == Code::StoreFull { RecordFailure::Full } else { RecordFailure::Unavailable }
}
