//! Performing the steps of an exchange.
//!
//! The core says what must happen next; this does it and hands the result back, until there is something to forward or
//! to reply. It makes no choice of its own.

use doorward_core::exchange::{AwaitRecord, AwaitUpstream, Consent, Outcome, RecordFailure, Step};
use doorward_core::permit::Permit;
use doorward_core::refusal::Code;
use doorward_store::AppendError;

use crate::clock::now;
use crate::gateway::Gateway;

/// Where an exchange rests until the outside does something.
#[derive(Debug)]
pub(crate) enum Rest {
    /// The message may be forwarded.
    Forward(Permit, AwaitUpstream),
    /// The exchange is over.
    Reply(Outcome),
}

/// Performs `step` and every one after it that needs nothing from either peer.
pub(crate) async fn conduct(gateway: &Gateway, mut step: Step) -> Rest {
    loop {
        step = match step {
            Step::Decide(waiting) => {
                let engine = gateway.engine();
                let decisions = waiting.requests().iter().map(|request| engine.decide(request)).collect();
                waiting.decided(decisions, now())
            }
            // Nobody can be asked yet: approvals arrive with the console, and silence refuses.
            Step::Consult(waiting) => waiting.answered(&Consent::Absent, now()),
            Step::Record(waiting) => record(gateway, waiting).await,
            Step::Sift(waiting) => {
                let engine = gateway.engine();
                let verdicts: Vec<_> =
                    waiting.candidates().iter().map(|candidate| engine.could_allow(candidate)).collect();
                waiting.sifted(&verdicts, now())
            }
            Step::Forward(permit, waiting) => return Rest::Forward(permit, waiting),
            Step::Reply(outcome) => return Rest::Reply(outcome),
        };
    }
}

async fn record(gateway: &Gateway, waiting: AwaitRecord) -> Step {
    let (record, recorded) = waiting.split();
    gateway.metrics().recorded(&record);
    let result = match gateway.store().append(record) {
        Ok(appended) => appended.committed().await,
        Err(error) => Err(error),
    };
    recorded.recorded(result.map_err(|error| failure(&error)), now())
}

fn failure(error: &AppendError) -> RecordFailure {
    if error.code() == Code::StoreFull { RecordFailure::Full } else { RecordFailure::Unavailable }
}
