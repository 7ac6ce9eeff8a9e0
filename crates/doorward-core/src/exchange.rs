//! One exchange: the path every message takes, in either direction.
//!
//! [`begin`] returns a [`Step`]; the shell performs it and hands the result to the value inside, which is used up and
//! returns the next step. A wrong order does not compile. There is no error variant: whatever fails becomes a recorded
//! refusal.
//!
//! Two things hold by construction: [`Step::Forward`] is reachable only through a [`Step::Record`] the shell confirmed,
//! and every path ends in exactly one outcome record followed by [`Step::Reply`].

mod answer;
mod consult;
mod decide;
mod duty;
mod guard;
mod meter;
mod record;
mod sift;
mod state;

use std::sync::Arc;

use bytes::Bytes;
use doorward_mcp::message::{Message, Request};
use doorward_mcp::revision::{self, Era, MethodKind, Revision};
use doorward_mcp::splice::Segments;

use crate::access::{Approach, Direction, classify};
use crate::ids::{ExchangeId, ServerId};
use crate::permit::Permit;
use crate::principal::Principal;
use crate::refusal::{Code, Refusal};
use crate::time::Timestamp;

pub use answer::{Answer, AwaitUpstream};
pub use consult::{Asking, AwaitAnswer, Consent, Pending, Visit, Wanted};
pub use decide::AwaitDecision;
pub use duty::{AwaitKeep, AwaitRecall};
pub use guard::AwaitGuard;
pub use meter::AwaitMeter;
pub use record::{AwaitRecord, AwaitRecorded, RecordFailure};
pub use sift::{AwaitSift, Visibility};

use state::Begun;

/// A message that has arrived, with everything the exchange needs to know about it.
#[derive(Debug)]
pub struct Arrival {
    /// A new id, made by the shell.
    pub id: ExchangeId,
    /// Who acts: for a server's question, the principal whose call or session it concerns.
    pub principal: Principal,
    /// The server it goes to or comes from.
    pub server: ServerId,
    /// Which way it travels.
    pub direction: Direction,
    /// How the client comes to us.
    pub approach: Approach,
    /// The revision spoken on this connection, or named in the message.
    pub revision: Revision,
    /// A request or a notification.
    pub message: Message,
    /// When it arrived.
    pub at: Timestamp,
}

/// What the shell must do next.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a step lives for one turn; a box would cost every record an allocation")]
pub enum Step {
    /// Put the access requests to the decision point.
    Decide(AwaitDecision),
    /// Let the guards inspect what is sent on or shown.
    Guard(AwaitGuard),
    /// Take from the meters what the rules that allow it limit.
    Meter(AwaitMeter),
    /// Say what duties a task carries.
    Recall(AwaitRecall),
    /// Remember what duties a task carries.
    Keep(AwaitKeep),
    /// Ask a person.
    Consult(AwaitAnswer),
    /// Write a record.
    Record(AwaitRecord),
    /// Forward the message and wait for the answer.
    Forward(Permit, AwaitUpstream),
    /// Ask the decision point which items of a list could be allowed.
    Sift(AwaitSift),
    /// Give the outcome to whoever sent the message. The exchange is over.
    Reply(Outcome),
}

/// How an exchange ended, for whoever sent the message.
#[derive(Debug)]
pub enum Outcome {
    /// The answer, with the sender's own id, untouched but for what a list must not show.
    Answer(Segments),
    /// Refused or failed. A notification's sender is told nothing: the shell drops this for them.
    Refuse(Refusal),
    /// A notification was forwarded; there is nothing to say.
    Done,
}

/// Begins an exchange.
#[must_use]
pub fn begin(arrival: Arrival) -> Step {
    let accessed = known_method(&arrival).and_then(|()| classify(&arrival.message, &arrival.server, arrival.direction));
    match accessed {
        Ok(access) => AwaitDecision::on_request(Begun::new(arrival, Some(access))),
        Err(refusal) => {
            let now = arrival.at;
            Begun::new(arrival, None).refuse(refusal, now)
        }
    }
}

/// Ends an exchange of which nothing is judged: what it is about is found out for its one record, then it is refused.
#[must_use]
pub fn turn_back(arrival: Arrival, refusal: Refusal) -> Step {
    let access =
        known_method(&arrival).and_then(|()| classify(&arrival.message, &arrival.server, arrival.direction)).ok();
    let now = arrival.at;
    Begun::new(arrival, access).refuse(refusal, now)
}

/// The modern era has its own, shorter list of methods, and what it dropped is unknown in it (DIGEST §1.1): its servers put
/// their questions inside results and never send a request. Older revisions are not told apart here; peers of that time
/// use what both sides know, whatever revision they agreed on.
fn known_method(arrival: &Arrival) -> Result<(), Refusal> {
    let (kind, method) = match &arrival.message {
        Message::Request(request) => (MethodKind::Request, request.method()),
        Message::Notification(notification) => (MethodKind::Notification, notification.method()),
        Message::Response(_) => return Err(Refusal::new(Code::UnknownShape)),
    };
    let known = match arrival.revision.era() {
        Era::Legacy => true,
        Era::Modern => arrival.revision.method(wire_direction(arrival.direction), kind, method).is_some(),
    };
    if known { Ok(()) } else { Err(Refusal::new(Code::UnknownMethod)) }
}

const fn wire_direction(direction: Direction) -> revision::Direction {
    match direction {
        Direction::ToServer => revision::Direction::ClientToServer,
        Direction::ToClient => revision::Direction::ServerToClient,
    }
}

/// What is known of a message that was refused before it could be read or classified.
#[derive(Debug)]
pub struct Turned {
    /// A new id, made by the shell.
    pub id: ExchangeId,
    /// Who sent it.
    pub principal: Principal,
    /// The server it was sent to; `None` when there is no such server.
    pub server: Option<ServerId>,
    /// Which way it travelled.
    pub direction: Direction,
    /// How the client is connected.
    pub approach: Approach,
    /// The method it claimed, when that much could be read.
    pub method: Option<Arc<str>>,
    /// Its size in bytes, as far as it was read.
    pub bytes: u64,
    /// When it arrived.
    pub at: Timestamp,
}

/// Ends an exchange that could not begin: one outcome record, then the refusal.
#[must_use]
pub fn turn_away(turned: Turned, refusal: Refusal) -> Step {
    let refusal = refusal.with_reference(turned.id);
    let record = state::turned_record(turned, &refusal);
    Step::Record(AwaitRecord::then_reply(record, Outcome::Refuse(refusal)))
}

/// A request that the gateway answers itself, with no server.
#[derive(Debug)]
pub struct Own<'a> {
    /// A new id, made by the shell.
    pub id: ExchangeId,
    /// Who sent it.
    pub principal: Principal,
    /// How the client is connected.
    pub approach: Approach,
    /// The revision spoken on this connection, or named in the message.
    pub revision: Revision,
    /// The request, a call of a tool.
    pub request: &'a Request,
    /// The tool.
    pub tool: &'static str,
    /// One sentence on what was done, for the record; never a payload.
    pub note: String,
    /// The whole answer.
    pub answer: Bytes,
    /// When the request arrived.
    pub at: Timestamp,
}

/// Ends an exchange that goes to no server: one outcome record, then the answer.
#[must_use]
pub fn answer_own(own: Own<'_>) -> Step {
    let (record, answer) = state::own_record(own);
    Step::Record(AwaitRecord::then_reply(record, Outcome::Answer(Segments::from(answer))))
}
