//! Where a message sets out: the unit of work it belongs to is found, and the values behind its handles are put in.

use std::sync::Arc;

use doorward_core::access::{Approach, Direction};
use doorward_core::exchange::{Step, Turned, turn_away};
use doorward_core::ids::ExchangeId;
use doorward_core::time::Timestamp;
use doorward_mcp::message::{Message, Notification};

use super::Talk;
use crate::caller::Caller;
use crate::flows::Sight;
use crate::own_tools::OwnTool;

impl Talk {
    /// The message as it is to be decided on, and what is known of how it came.
    ///
    /// # Errors
    /// How its exchange ends before it begins: a handle in it is not good.
    pub(super) fn enter(
        &self,
        (id, at): (ExchangeId, Timestamp),
        caller: &Caller,
        direction: Direction,
        message: Message,
    ) -> Result<(Approach, Message), Box<Step>> {
        let (flows, approach) = (self.gateway.flows(), caller.approach.clone());
        let is_sent = direction == Direction::ToServer;
        let sight = if is_sent { flows.sight(&self.gateway, self.server.id(), &message) } else { Sight::Open };
        let names = is_sent && flows.names_hidden(&message);
        let is_signed = approach.hints.as_deref().is_some_and(|hints| hints.unit().is_some());
        let keeps_contexts = is_signed || self.gateway.engine().looks_at_flow() || flows.offers(OwnTool::BeginTask);
        if !(keeps_contexts || sight == Sight::Hidden || names) {
            return Ok((approach, message));
        }
        let approach = flows.board(id, (&caller.principal, sight), approach, at);
        if sight == Sight::Hidden {
            flows.begins_hiding(self.server.id());
        }
        if !names {
            return Ok((approach, message));
        }
        let bytes = message.bytes().len() as u64;
        flows.unfold(id, message, at).map(|message| (approach.clone(), message)).map_err(|refusal| {
            let turned = Turned {
                id,
                principal: caller.principal.clone(),
                server: Some(self.server.id().clone()),
                direction,
                approach,
                method: Some(Arc::from("tools/call")),
                bytes,
                at,
            };
            Box::new(turn_away(turned, refusal))
        })
    }

    /// Whether what the server says outside of calls may be from a result that is hidden.
    pub(crate) fn is_silenced(&self, notification: &Notification) -> bool {
        self.gateway.flows().silences(self.server.id(), notification.method())
    }
}
