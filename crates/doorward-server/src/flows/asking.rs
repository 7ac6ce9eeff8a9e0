//! What people may say to a call that the flow of data stands against.
//!
//! Responsible for telling which refusals a person may lift: by a yes to the values that have no origin, or, where that is
//! not enough, by a yes to this very call. The first refusal only tells the model what would help; who makes the same call
//! again has a person asked. It must never ask about what no person may lift.

use std::sync::Arc;

use doorward_core::access::{AccessRequest, Observed};
use doorward_core::decision::{Decision, Denial, Obligation, Telling};
use doorward_core::flow::{Confidentiality, FlowSeen, Label};
use doorward_core::ids::ExchangeId;
use doorward_core::refusal::Code;
use doorward_policy::Engine;

use super::{Flight, Flows, Known, locked};
use crate::approvals::{FlowAsked, is_level};
use crate::clock::now;
use crate::gateway::Gateway;

/// Who may say yes to what the flow of data stands against.
const OPERATOR: &str = "operator";

/// What a model is told that has tried once.
const AGAIN: &str = "Who makes exactly the same call again has the operator asked.";

/// A call that is being decided.
pub(crate) struct Asks<'a> {
    pub(crate) gateway: &'a Gateway,
    pub(crate) engine: &'a Engine,
    pub(crate) id: ExchangeId,
    pub(crate) request: &'a AccessRequest,
}

impl Flows {
    /// What the decision point is told of `request`, a part of the message `id`, with what people have endorsed for it.
    pub(crate) async fn look(&self, gateway: &Gateway, id: ExchangeId, request: &AccessRequest) -> FlowSeen {
        let seen = self.judge(gateway, id, request, Known::default(), now());
        let Some(flight) = self.flight(id).filter(|_| !seen.endorse.missing.is_empty()) else { return seen };
        let mut labels = words(&seen.context.label);
        labels.retain(|label| is_level(label));
        // Both are asked for each time: who has said yes may take it back, and what was learned may be forgotten.
        let endorsed = gateway.approvals().endorsed(gateway, flight.place.id(), request, &labels).await;
        let endorsed = endorsed.unwrap_or_else(|error| {
            tracing::error!(%error, "what people have endorsed cannot be read: nothing counts as endorsed");
            Vec::new()
        });
        let learned = self.learned(gateway, &flight, request).await;
        if endorsed.is_empty() && learned.is_empty() {
            return seen;
        }
        self.judge(gateway, id, request, Known { endorsed, learned }, now())
    }

    /// Remembers what `request`, a part of the message `id`, was allowed by.
    pub(crate) fn decided(&self, id: ExchangeId, request: &AccessRequest, observed: &Observed) {
        if observed.flow.is_some()
            && let Some(flight) = self.flight(id)
        {
            locked(&flight.judged).decided = Some(Box::new((request.clone(), observed.clone())));
        }
    }

    /// What comes of a refusal: the same, or a question to a person, for whom `asked` is then filled in.
    pub(crate) fn or_ask(
        &self,
        call: &Asks<'_>,
        observed: &Observed,
        denial: Denial,
        asked: &mut FlowAsked,
    ) -> Decision {
        let is_about_flow = matches!(denial.code, Code::NotEndorsed | Code::FlowRefused);
        let is_told = denial.telling == Telling::Open && call.gateway.approvals().can_ask();
        let (Some(seen), Some(flight)) = (observed.flow.as_deref(), self.flight(call.id)) else {
            return Decision::Deny(denial);
        };
        if is_about_flow {
            self.doubt(&flight, call.request);
        }
        if !(is_about_flow && is_told) {
            return Decision::Deny(denial);
        }
        let values = locked(&flight.judged).values.clone();
        let by_values = seen.with_values_approved();
        let lifted = (!values.is_empty()).then(|| call.allowed_as(observed, by_values)).flatten();
        let (obligations, values) = match lifted {
            Some(obligations) => (obligations, values),
            None => match call.allowed_as(observed, seen.with_call_approved()) {
                Some(obligations) => (obligations, Vec::new()),
                None => return Decision::Deny(denial),
            },
        };
        if !self.insists(&flight, call.request) {
            let detail = denial.detail.clone().map_or_else(|| AGAIN.to_owned(), |detail| format!("{detail} {AGAIN}"));
            return Decision::Deny(denial.with_detail(Some(detail)));
        }
        *asked = FlowAsked {
            context: Some(flight.place.id()),
            labels: words(&seen.context.label),
            missing: values,
            params: None,
        };
        let obligations = obligations.into_iter().chain([Obligation::Approve(OPERATOR.to_owned())]).collect();
        Decision::Allow { obligations, reasons: denial.reasons }
    }

    /// Whether the very same call was refused before in its context. It is remembered from now on.
    fn insists(&self, flight: &Arc<Flight>, request: &AccessRequest) -> bool {
        let call = self.call_hash(request);
        self.contexts.with(&flight.place, now(), |entry| entry.body.was_refused(call))
    }
}

impl Asks<'_> {
    /// The duties with which it would be allowed if this were seen of the flow.
    fn allowed_as(&self, observed: &Observed, seen: FlowSeen) -> Option<Vec<Obligation>> {
        let observed = Observed { flow: Some(Arc::new(seen)), ..observed.clone() };
        match self.engine.decide(self.request, &observed) {
            Decision::Allow { obligations, .. } => Some(obligations),
            Decision::Deny(_) => None,
        }
    }
}

/// What a label says, for the person who is asked.
fn words(label: &Label) -> Vec<String> {
    let mut words = Vec::new();
    if label.is_untrusted() {
        words.push(format!("integrity: {}", label.integrity));
    }
    if label.confidentiality >= Confidentiality::Confidential {
        words.push(format!("confidentiality: {}", label.confidentiality));
    }
    words.extend(label.categories.iter().map(|category| format!("category: {}", category.as_str())));
    words
}
