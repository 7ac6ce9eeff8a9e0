//! Deciding: on the message itself, and on the questions a result carries.

use std::sync::Arc;

use super::duty::AwaitRecall;
use super::guard::AwaitGuard;
use super::meter::AwaitMeter;
use super::state::Begun;
use super::{Step, answer};
use crate::access::{AccessRequest, Direction};
use crate::decision::{Decision, Obligation, Reason, Telling};
use crate::duties::{AnswerDuties, can_be_performed_on};
use crate::guard::GuardSettings;
use crate::ids::ExchangeId;
use crate::rate::Take;
use crate::refusal::{Code, Refusal};
use crate::time::Timestamp;
use doorward_mcp::message::Response;

/// Waits for the decision point.
#[derive(Debug)]
pub struct AwaitDecision {
    begun: Box<Begun>,
    requests: Vec<AccessRequest>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// May this message be forwarded?
    Request,
    /// May this result put its questions to the client?
    Questions(Response),
}

impl AwaitDecision {
    pub(super) fn on_request(begun: Box<Begun>) -> Step {
        let subjects = begun.access.as_ref().map(|access| access.subjects.clone()).unwrap_or_default();
        let requests = subjects.into_iter().map(|(action, resource)| begun.access_request(action, resource)).collect();
        Step::Decide(Self { begun, requests, stage: Stage::Request })
    }

    pub(super) fn on_questions(begun: Box<Begun>, requests: Vec<AccessRequest>, response: Response) -> Step {
        Step::Decide(Self { begun, requests, stage: Stage::Questions(response) })
    }

    /// The exchange it is about.
    #[must_use]
    pub const fn exchange(&self) -> ExchangeId {
        self.begun.arrival.id
    }

    /// What to ask: every one must be allowed.
    #[must_use]
    pub fn requests(&self) -> &[AccessRequest] {
        &self.requests
    }

    /// Goes on with one decision per request, in their order. A missing decision is a denial.
    #[must_use]
    pub fn decided(mut self, decisions: Vec<Decision>, now: Timestamp) -> Step {
        if decisions.is_empty() || decisions.len() != self.requests.len() {
            return self
                .begun
                .refuse(Refusal::new(Code::PolicyError).with_detail("Not every question was decided."), now);
        }
        let mut duties = Duties::default();
        for (request, decision) in self.requests.iter().zip(decisions) {
            match decision {
                Decision::Allow { obligations, reasons } => {
                    self.begun.note_reasons(&reasons);
                    for obligation in obligations {
                        if let Err(refusal) = duties.add(obligation, request, &reasons) {
                            return self.begun.refuse(refusal, now);
                        }
                    }
                }
                Decision::Deny(denial) => {
                    let refusal = Refusal::new(self.denial_code(denial.code))
                        .with_reasons(denial.reasons)
                        .with_scopes(denial.scopes)
                        .with_detail(denial.detail.unwrap_or_default());
                    return match denial.telling {
                        Telling::Open => self.begun.refuse(refusal, now),
                        Telling::Hidden => self.begun.refuse_hidden(refusal, now),
                    };
                }
            }
        }
        if let (Stage::Questions(_), Some((_, reasons))) = (&self.stage, duties.approvals.first()) {
            let detail = "A question inside a result cannot wait for approval.";
            let refusal = Refusal::new(Code::Obligation).with_reasons(reasons.clone()).with_detail(detail);
            return self.begun.refuse(refusal, now);
        }
        let Duties { approvals, takes, answer, guarding } = duties;
        self.begun.duties.join(&answer);
        self.begun.guarding = self.begun.guarding.stricter(&guarding);
        let on_request = matches!(self.stage, Stage::Request);
        let allowed = Allowed { begun: self.begun, approvals, stage: self.stage };
        if on_request { AwaitGuard::on_message(allowed, takes, now) } else { AwaitMeter::before(allowed, takes, now) }
    }

    /// What a server asks of the client is refused under its own code, so that a reader sees whose wish it was.
    fn denial_code(&self, code: Code) -> Code {
        let question = match self.stage {
            Stage::Questions(_) => true,
            Stage::Request => self.begun.arrival.direction == Direction::ToClient,
        };
        if question && code == Code::NotAllowed { Code::QuestionRefused } else { code }
    }
}

/// What the rules that allow ask for.
#[derive(Default)]
struct Duties {
    /// Everybody who must approve, each once, in the order the rules name them.
    approvals: Vec<Approval>,
    takes: Vec<Take>,
    answer: AnswerDuties,
    guarding: GuardSettings,
}

impl Duties {
    fn add(&mut self, obligation: Obligation, request: &AccessRequest, reasons: &[Reason]) -> Result<(), Refusal> {
        match obligation {
            Obligation::Approve(who) => {
                if self.approvals.iter().all(|(asked, _)| *asked != who) {
                    self.approvals.push((who, reasons.to_vec()));
                }
            }
            Obligation::Limit(limit) => self.takes.extend(limit.takes(request)?),
            Obligation::Guard(duties) => {
                let mut said = GuardSettings::default();
                duties.iter().for_each(|duty| said.apply(*duty));
                self.guarding = self.guarding.stricter(&said);
            }
            Obligation::Answer(duty) if can_be_performed_on(request.action) => self.answer.add(&duty),
            Obligation::Answer(_) => {
                let detail = format!("A duty on the answer cannot be performed on '{}'.", request.action);
                return Err(Refusal::new(Code::Obligation).with_reasons(reasons.to_vec()).with_detail(detail));
            }
            Obligation::Unknown(text) => {
                let detail = format!("The obligation '{text}' is not one this gateway can perform.");
                return Err(Refusal::new(Code::Obligation).with_reasons(reasons.to_vec()).with_detail(detail));
            }
        }
        Ok(())
    }
}

/// Allowed, and what is still to be done before it goes on.
#[derive(Debug)]
pub(super) struct Allowed {
    pub(super) begun: Box<Begun>,
    approvals: Vec<Approval>,
    stage: Stage,
}

impl Allowed {
    /// The same, once a person has said yes to what a guard found.
    pub(super) fn held(mut self, detail: String) -> Self {
        let reason = Reason { rule: Arc::from(GUARDS), text: Some(Arc::from(detail)), remedy: None };
        self.approvals.push((GUARDS.to_owned(), vec![reason]));
        self
    }

    /// Goes on once everything was taken that the rules limit.
    pub(super) fn proceed(self, now: Timestamp) -> Step {
        match self.stage {
            Stage::Request => AwaitRecall::before(self.begun, self.approvals, now),
            Stage::Questions(response) => answer::release(self.begun, response, now),
        }
    }
}

/// Whom to ask, and the rule to name, when it is a guard that wants approval.
const GUARDS: &str = "guards";

/// Who must approve, and the rules that want it.
pub(super) type Approval = (String, Vec<Reason>);
