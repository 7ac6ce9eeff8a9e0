//! What is stopped goes no further, whichever way it travels.

use doorward_core::access::Direction;
use doorward_core::exchange::{Arrival, Outcome, turn_back};
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::message::{Message, Request};
use doorward_mcp::revision::Revision;

use super::Talk;
use crate::caller::Caller;
use crate::clock::{exchange_id, now};
use crate::conduct::{Rest, conduct};

impl Talk {
    /// Why a message of this conversation goes no further, if it is stopped.
    pub(super) fn stopped(&self, caller: &Caller, direction: Direction, message: &Message) -> Option<Refusal> {
        self.gateway.stops().message(&caller.principal, self.server.id(), direction, message)
    }

    /// Why a client's request goes no further, if it is stopped.
    pub(super) fn stopped_request(&self, caller: &Caller, request: &Request) -> Option<Refusal> {
        self.gateway.stops().request(&caller.principal, self.server.id(), request)
    }

    /// Ends a message that is stopped: recorded by what it is about, and judged by nothing.
    pub(super) async fn turn_back(
        &self,
        caller: &Caller,
        (direction, message): (Direction, Message),
        revision: Revision,
        refusal: Refusal,
    ) -> Outcome {
        let at = now();
        let arrival = Arrival {
            id: exchange_id(at),
            principal: caller.principal.clone(),
            server: self.server.id().clone(),
            direction,
            approach: caller.approach.clone(),
            revision,
            message,
            at,
        };
        match conduct(&self.gateway, turn_back(arrival, refusal)).await {
            Rest::Reply(outcome) => outcome,
            // INVARIANT: turning back replies with a refusal and nothing else.
            Rest::Forward(..) => Outcome::Refuse(Refusal::new(Code::BadAnswer)),
        }
    }
}
