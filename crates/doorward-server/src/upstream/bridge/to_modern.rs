//! A conversation with a handshake, to a server that may have none (2026-07-28).

use std::sync::Arc;

use doorward_core::permit::Permit;
use doorward_core::principal::Principal;
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::message::Response;
use doorward_mcp::revision::Era;
use doorward_mcp::splice::Segments;

use super::super::{Call, Event, Housekeeping, Link, ParamHeaders};
use crate::server::Reach;

/// One client's conversation with a server of either era.
#[derive(Debug)]
pub struct ModernServer {
    /// The server in the client's own era.
    direct: Arc<Link>,
}

/// A request of such a conversation, under way at a stateless server.
#[derive(Debug)]
pub struct ModernCall {}

impl ModernServer {
    pub(super) fn new(reach: Arc<Reach>, principal: Principal) -> Self {
        Self { direct: reach.direct(&principal, Era::Legacy) }
    }

    pub(super) async fn call(&self, permit: Permit, params: &ParamHeaders) -> Result<Call, Refusal> {
        self.direct.call(permit, params).await
    }

    pub(super) async fn tell(&self, permit: Permit) -> Result<(), Refusal> {
        self.direct.tell(permit).await
    }

    pub(super) async fn reply(&self, answer: Segments) -> Result<(), Refusal> {
        self.direct.reply(answer).await
    }

    pub(super) async fn keep_house(&self, task: Housekeeping) -> Result<Response, Refusal> {
        self.direct.keep_house(task).await
    }

    pub(super) async fn unsolicited(&self) -> Event {
        self.direct.unsolicited().await
    }

    pub(super) async fn close(&self) {
        self.direct.close().await;
    }
}

impl ModernCall {
    pub(super) async fn next(&mut self) -> Event {
        Event::Failed(Refusal::new(Code::OtherEra))
    }

    pub(super) const fn is_stream(&self) -> bool {
        false
    }
}
