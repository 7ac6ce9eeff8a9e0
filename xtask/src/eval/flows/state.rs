//! What a gateway keeps of one unit of work and of its principal, as a replay keeps it.
//!
//! Responsible for asking doorward-flow in the order in which the gateway asks: a call is weighed, then let through, and
//! what comes back is taken in before the next. It must never decide.

use doorward_core::flow::{ContextSeen, FlowSeen, Ground, Label};
use doorward_core::time::Timestamp;
use doorward_flow::canonical::{Key, Keyed};
use doorward_flow::context::{Arrived, Beginning, Call, Context, Judgement};
use doorward_flow::ledger::{Arrival, Caps, Carried, Ledger, PrincipalLedger, Records, Sending, Walls};
use doorward_flow::structure::Shapes;
use doorward_mcp::raw::Raw;

/// How long a call takes in a replay, in microseconds.
const CALL_TAKES: i64 = 20_000_000;

/// When every replay begins.
const BEGINS: i64 = 1_767_225_600_000_000;

/// A unit of work, and whoever does it.
#[derive(Clone)]
pub(super) struct State {
    pub(super) context: Context,
    ground: Ground,
    ledger: Ledger,
    principal: PrincipalLedger,
    keyed: Keyed,
    at: i64,
}

pub(super) fn key() -> Key {
    Key::from_bytes(*b"figures, not use")
}

impl State {
    /// Somebody who has done nothing yet, at the beginning of a unit of work.
    pub(super) fn new(beginning: Beginning) -> Self {
        let ground = match beginning {
            Beginning::Known => Ground::Declared,
            Beginning::Unknown => Ground::Fallback,
        };
        Self {
            context: Context::new(&key(), beginning),
            ground,
            ledger: Ledger::new(),
            principal: PrincipalLedger::new(Timestamp::from_micros(BEGINS)),
            keyed: Keyed::new(&key()),
            at: BEGINS,
        }
    }

    /// The same principal begins its next unit of work.
    pub(super) fn next(&mut self) {
        self.principal.ended(&self.ledger, &Caps::default());
        self.context = Context::new(&key(), Beginning::Known);
        self.ledger = Ledger::new();
    }

    pub(super) fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.at)
    }

    /// What is known of `call` before it is decided.
    pub(super) fn weigh(&self, call: &Call<'_>) -> (Judgement, FlowSeen) {
        let judgement = self.context.judge(call);
        let carried = Carried::read(&self.keyed, call, &Walls::default());
        let sending = Sending { server: call.server, egress: judgement.endorse.egress, carried: &carried };
        let ledger = self.principal.weigh(&self.ledger, &sending, &Caps::default(), self.now());
        let context = ContextSeen { label: self.context.label().clone(), ground: self.ground };
        let seen = FlowSeen { context, endorse: judgement.endorse.clone(), ledger };
        (judgement, seen)
    }

    /// `call` is let through.
    pub(super) fn allow(&mut self, call: &Call<'_>) {
        self.context.allowed(call);
        let carried = Carried::read(&self.keyed, call, &Walls::default());
        let sending = Sending { server: call.server, egress: call.nature.egress, carried: &carried };
        let now = self.now();
        self.principal.sent(&mut self.ledger, &sending, now);
        self.at = self.at.saturating_add(CALL_TAKES);
    }

    /// `call` is answered with `parts`.
    pub(super) fn absorb(&mut self, call: Call<'_>, label: &Label, parts: &[Raw<'_>], shapes: &mut Shapes) {
        let records = Records::read(&self.keyed, call.server, parts, &Walls::default());
        let arrived = Arrived { server: call.server, call: Some(call), label, output_schema: None, parts };
        self.context.absorb(&arrived, shapes);
        let arrival = Arrival { server: call.server, label, records: &records };
        let now = self.now();
        let reckoning = self.principal.arrived(&mut self.ledger, &arrival, &Caps::default(), now);
        if reckoning.confidential {
            use doorward_core::flow::{Category, Confidentiality};
            let categories = Category::parse("pii").into_iter().collect();
            let joined = Label { confidentiality: Confidentiality::Confidential, categories, ..Label::default() };
            self.context.raise(&joined);
        }
    }
}
