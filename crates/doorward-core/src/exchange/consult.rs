//! Consulting: people who must say yes before a message goes on.
//!
//! Everybody is asked at once, and only when all have said yes does it go on. Nothing waits here: who was asked and has not
//! answered yet leaves a refusal that tells what to do, and the same message finds the answer when it comes again.

use doorward_mcp::bridge::{Question, input_required};
use doorward_mcp::compose;
use doorward_mcp::message::Message;
use doorward_mcp::raw::Raw;
use doorward_mcp::splice::Segments;

use super::decide::Approval;
use super::record::AwaitRecord;
use super::state::Begun;
use super::{Arrival, Outcome, Step};
use crate::access::{Access, Action, Resource};
use crate::decision::Reason;
use crate::guard::{Action as GuardAction, Finding};
use crate::refusal::{Code, Refusal};
use crate::time::Timestamp;

/// Waits for people.
#[derive(Debug)]
pub struct AwaitAnswer {
    begun: Box<Begun>,
    wanted: Vec<Wanted>,
}

/// Somebody who must say yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Who, as the policy names them; `guards` when it is guards that want it.
    pub by: String,
    /// The rules that want it.
    pub reasons: Vec<Reason>,
}

/// What they are asked about.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// What arrived; its message is the one that would be sent.
    pub arrival: &'a Arrival,
    /// What its method is; `None` is never asked about.
    pub action: Option<Action>,
    /// What it is about.
    pub resource: Option<&'a Resource>,
    /// Its parameters, as they would be sent.
    pub params: Option<Raw<'a>>,
    /// What guards found in it.
    pub findings: &'a [(Finding, GuardAction)],
}

/// What the people said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consent {
    /// Yes, all of them; these gave it.
    Give {
        /// Who gave it, for the record.
        by: String,
    },
    /// One of them said no.
    Withhold,
    /// They were asked, and not all of them have answered.
    Await(Pending),
    /// They could not be asked, and why.
    Unasked(Refusal),
    /// There is nobody to ask.
    Absent,
}

/// A question that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// What to answer it by, one for each who has not answered.
    pub ids: Vec<String>,
    /// For how many more minutes it is open, rounded up.
    pub minutes: u64,
    /// Where the person may be sent, when the client can do that.
    pub visit: Option<Visit>,
}

/// Sending the person to a page that shows the question (2026-07-28, URL elicitation).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// The page.
    pub url: String,
    /// What the client must give back.
    pub state: String,
}

impl AwaitAnswer {
    /// Asks everybody who must approve; where nobody must, the allow is recorded.
    pub(super) fn before(begun: Box<Begun>, approvals: Vec<Approval>, now: Timestamp) -> Step {
        if approvals.is_empty() {
            return AwaitRecord::then_forward(begun, now);
        }
        let wanted = approvals.into_iter().map(|(by, reasons)| Wanted { by, reasons }).collect();
        Step::Consult(Self { begun, wanted })
    }

    /// Who must approve, each once, in the order in which the rules name them.
    #[must_use]
    pub fn wanted(&self) -> &[Wanted] {
        &self.wanted
    }

    /// What they are asked about.
    #[must_use]
    pub fn asking(&self) -> Asking<'_> {
        let access = self.begun.access.as_ref();
        let params = match &self.begun.arrival.message {
            Message::Request(request) => request.params(),
            Message::Notification(notification) => notification.params(),
            Message::Response(_) => None,
        };
        Asking {
            arrival: &self.begun.arrival,
            action: access.map(|access| access.action),
            resource: access.and_then(Access::resource),
            params,
            findings: &self.begun.findings,
        }
    }

    /// Goes on with what they said. Whatever is no yes is a refusal.
    #[must_use]
    pub fn answered(mut self, consent: Consent, now: Timestamp) -> Step {
        let refusal = match consent {
            Consent::Give { by } => {
                self.begun.note(format!("Approved by {by}."));
                return AwaitRecord::then_forward(self.begun, now);
            }
            Consent::Await(pending) => return self.waits(&pending, now),
            Consent::Withhold => {
                Refusal::new(Code::ApprovalDenied).with_detail(format!("It needed approval by {}.", self.names()))
            }
            Consent::Unasked(refusal) => refusal,
            Consent::Absent => {
                let detail = format!("It needs approval by {}, and nobody can be asked.", self.names());
                Refusal::new(Code::Obligation).with_detail(detail)
            }
        };
        let reasons = self.reasons();
        self.begun.refuse(refusal.with_reasons(reasons), now)
    }

    /// A refusal that can be tried again, or the same as a question to the person behind the client.
    fn waits(self, pending: &Pending, now: Timestamp) -> Step {
        let commands: Vec<String> = pending.ids.iter().map(|id| format!("'doorward approvals endorse {id}'")).collect();
        let detail = format!(
            "It needs approval by {}: ask the operator to run {}, then make exactly the same call again within {} min.",
            self.names(),
            commands.join(" and "),
            pending.minutes
        );
        let refusal = Refusal::new(Code::ApprovalNeeded)
            .with_reasons(self.reasons())
            .with_detail(detail)
            .with_approvals(&pending.ids);
        match (&pending.visit, &self.begun.arrival.message) {
            (Some(visit), Message::Request(request)) => {
                let asked = compose::result(request.id(), &self.sent_to(visit));
                self.begun.end_as(&refusal, Outcome::Answer(Segments::from(asked)), now)
            }
            (Some(_) | None, _) => self.begun.refuse(refusal, now),
        }
    }

    /// The result that sends the person to the page.
    fn sent_to(&self, visit: &Visit) -> String {
        let about = self.asking().resource.map_or_else(|| self.begun.arrival.server.to_string(), ToString::to_string);
        let message =
            format!("Doorward needs approval by {} for '{about}'. The page shows what is asked.", self.names());
        let params = format!(
            "{{\"mode\":\"url\",\"message\":{},\"url\":{}}}",
            compose::quote(&message),
            compose::quote(&visit.url)
        );
        let question = Question { method: "elicitation/create".to_owned(), params: Some(params) };
        input_required(&[("approval".to_owned(), question)], &visit.state)
    }

    fn names(&self) -> String {
        let names: Vec<String> = self.wanted.iter().map(|wanted| format!("'{}'", wanted.by)).collect();
        names.join(" and ")
    }

    fn reasons(&self) -> Vec<Reason> {
        self.wanted.iter().flat_map(|wanted| wanted.reasons.iter().cloned()).collect()
    }
}
