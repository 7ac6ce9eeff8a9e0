//! Stateless requests (2026-07-28) to a server that has a handshake.

use std::sync::Arc;

use doorward_core::permit::Permit;
use doorward_core::principal::Principal;
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::message::Response;
use doorward_mcp::splice::Segments;

use super::super::{Call, Event, Housekeeping, ParamHeaders};
use crate::server::Reach;

/// One principal's way to a server that has a handshake.
#[derive(Debug)]
pub struct LegacyServer {
    reach: Arc<Reach>,
    principal: Principal,
}

/// A stateless request under way at such a server.
#[derive(Debug)]
pub struct LegacyCall {}

impl LegacyServer {
    pub(super) fn new(reach: Arc<Reach>, principal: Principal) -> Self {
        Self { reach, principal }
    }

    pub(super) async fn call(&self, permit: Permit, _params: &ParamHeaders) -> Result<Call, Refusal> {
        tracing::debug!(server = %self.reach.id(), principal = ?self.principal, exchange = %permit.exchange(), "not bridged");
        Err(Refusal::new(Code::OtherEra).with_detail("It wants initialize first."))
    }

    pub(super) async fn tell(&self, _permit: Permit) -> Result<(), Refusal> {
        Err(Refusal::new(Code::OtherEra))
    }

    pub(super) async fn reply(&self, _answer: Segments) -> Result<(), Refusal> {
        Err(Refusal::new(Code::OtherEra))
    }

    pub(super) async fn keep_house(&self, _task: Housekeeping) -> Result<Response, Refusal> {
        Err(Refusal::new(Code::OtherEra))
    }

    pub(super) async fn unsolicited(&self) -> Event {
        std::future::pending().await
    }

    pub(super) async fn close(&self) {}
}

impl LegacyCall {
    pub(super) async fn next(&mut self) -> Event {
        Event::Failed(Refusal::new(Code::OtherEra))
    }

    pub(super) const fn is_stream(&self) -> bool {
        false
    }
}
