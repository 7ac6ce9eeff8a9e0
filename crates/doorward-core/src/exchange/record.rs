//! Recording: the gate before forwarding, and the last act before the reply.

use super::answer::AwaitUpstream;
use super::state::Begun;
use super::{Outcome, Step};
use crate::access::Kind;
use crate::ids::ExchangeId;
use crate::permit::Permit;
use crate::record::{Disposition, Phase, Record};
use crate::refusal::{Code, Refusal};
use crate::time::Timestamp;

/// Why a record could not be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordFailure {
    /// The store does not accept records.
    Unavailable,
    /// Too many records wait to be written.
    Full,
}

impl RecordFailure {
    const fn code(self) -> Code {
        match self {
            Self::Unavailable => Code::StoreUnavailable,
            Self::Full => Code::StoreFull,
        }
    }
}

/// Waits for the shell to write a record.
#[derive(Debug)]
pub struct AwaitRecord {
    record: Record,
    next: AwaitRecorded,
}

/// Waits for the shell to say whether the record was written.
#[derive(Debug)]
#[must_use = "an exchange that is not told of its record never ends"]
pub struct AwaitRecorded {
    exchange: ExchangeId,
    next: Next,
}

#[derive(Debug)]
enum Next {
    Forward(Box<Begun>),
    Reply(Outcome),
}

impl AwaitRecord {
    /// The allow is about to be recorded. A request leaves its intent now and its outcome later; a notification has no
    /// later, so its one record is an outcome.
    pub(super) fn then_forward(begun: Box<Begun>, now: Timestamp) -> Step {
        let phase = match begun.kind() {
            Kind::Request => Phase::Intent,
            Kind::Notification => Phase::Outcome,
        };
        let record = begun.record(phase, Disposition::Allow, now);
        let next = AwaitRecorded { exchange: begun.arrival.id, next: Next::Forward(begun) };
        Step::Record(Self { record, next })
    }

    pub(super) const fn then_reply(record: Record, outcome: Outcome) -> Self {
        let next = AwaitRecorded { exchange: record.exchange, next: Next::Reply(outcome) };
        Self { record, next }
    }

    /// The record to write, and the state that waits for the result.
    pub fn split(self) -> (Record, AwaitRecorded) {
        (self.record, self.next)
    }
}

impl AwaitRecorded {
    /// Goes on once the record is written (or accepted, under a bounded loss window), or ends when it could not be.
    #[must_use]
    pub fn recorded(self, result: Result<(), RecordFailure>, now: Timestamp) -> Step {
        let Self { exchange, next } = self;
        match (next, result) {
            (Next::Forward(begun), Ok(())) => forward(begun, now),
            (Next::Forward(_), Err(failure)) => {
                // The refusal itself cannot be recorded either; the store's own health report is the trace it leaves.
                Step::Reply(Outcome::Refuse(Refusal::new(failure.code()).with_reference(exchange)))
            }
            (Next::Reply(outcome), Ok(())) => Step::Reply(outcome),
            (Next::Reply(Outcome::Answer(_) | Outcome::Done), Err(failure)) => {
                // An answer nobody recorded is not given: what the client saw must be in the log.
                Step::Reply(Outcome::Refuse(Refusal::new(failure.code()).with_reference(exchange)))
            }
            (Next::Reply(refusal @ Outcome::Refuse(_)), Err(_)) => Step::Reply(refusal),
        }
    }
}

fn forward(mut begun: Box<Begun>, now: Timestamp) -> Step {
    begun.forwarded_at = Some(now);
    let arrival = &begun.arrival;
    // INVARIANT: the only call of `Permit::issue`; the allow was recorded a line above.
    let permit = Permit::issue(arrival.id, arrival.server.clone(), arrival.direction, arrival.message.clone());
    Step::Forward(permit, AwaitUpstream::new(begun))
}
