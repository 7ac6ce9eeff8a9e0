//! Bridges between the protocol eras.
//!
//! A bridge is a way to a server that speaks the other era than the client. It stands below the exchange: what a client
//! says was decided in the client's own words before it gets here, and what the bridge makes of the server's words goes
//! through the exchange like anything a server says. What is said in the other era is made by `doorward_mcp::bridge`
//! alone; this module carries it, waits, and keeps what is parked. It must never send a client's message without its
//! permit.

pub mod to_legacy;
pub mod to_modern;

use std::sync::Arc;

use doorward_core::permit::Permit;
use doorward_core::principal::PrincipalId;
use doorward_core::refusal::Refusal;
use doorward_mcp::message::Response;
use doorward_mcp::splice::Segments;

use super::{Call, Event, Housekeeping, ParamHeaders};
use crate::server::Reach;

use to_legacy::{LegacyCall, LegacyServer};
use to_modern::{ModernCall, ModernServer};

/// A way to a server across eras.
#[derive(Debug)]
pub enum Bridge {
    /// Stateless requests of one principal, to a server with a handshake.
    ToLegacy(LegacyServer),
    /// One conversation with a handshake, to a server that may have none.
    ToModern(ModernServer),
}

/// A request under way on a bridge. Dropping it tells the server that nobody waits any more.
#[derive(Debug)]
pub enum BridgeCall {
    /// A stateless request at a server with a handshake.
    ToLegacy(LegacyCall),
    /// A request of a conversation at a stateless server.
    ToModern(ModernCall),
}

impl Bridge {
    /// For stateless requests of one principal to a server that speaks only the handshake era.
    #[must_use]
    pub fn for_requests(reach: Arc<Reach>, principal: PrincipalId) -> Self {
        Self::ToLegacy(LegacyServer::new(reach, principal))
    }

    /// For one conversation that begins with a handshake, to a server of either era: its `initialize` is tried as it is,
    /// and bridged when the server has no handshake.
    #[must_use]
    pub fn for_conversation(reach: Arc<Reach>, principal: PrincipalId) -> Self {
        Self::ToModern(ModernServer::new(reach, principal))
    }

    /// As [`super::Link::call`].
    ///
    /// # Errors
    /// A refusal when the server cannot be reached, or the message has no equal in its era.
    pub async fn call(&self, permit: Permit, params: &ParamHeaders) -> Result<Call, Refusal> {
        match self {
            Self::ToLegacy(server) => server.call(permit, params).await,
            Self::ToModern(server) => server.call(permit, params).await,
        }
    }

    /// As [`super::Link::tell`].
    ///
    /// # Errors
    /// A refusal when it could not be handed over.
    pub async fn tell(&self, permit: Permit) -> Result<(), Refusal> {
        match self {
            Self::ToLegacy(server) => server.tell(permit).await,
            Self::ToModern(server) => server.tell(permit).await,
        }
    }

    /// As [`super::Link::reply`].
    ///
    /// # Errors
    /// A refusal when it could not be handed over.
    pub async fn reply(&self, answer: Segments) -> Result<(), Refusal> {
        match self {
            Self::ToLegacy(server) => server.reply(answer).await,
            Self::ToModern(server) => server.reply(answer).await,
        }
    }

    /// As [`super::Link::keep_house`].
    ///
    /// # Errors
    /// A refusal when there is no usable answer.
    pub async fn keep_house(&self, task: Housekeeping) -> Result<Response, Refusal> {
        match self {
            Self::ToLegacy(server) => server.keep_house(task).await,
            Self::ToModern(server) => server.keep_house(task).await,
        }
    }

    /// As [`super::Link::unsolicited`].
    pub async fn unsolicited(&self) -> Event {
        match self {
            Self::ToLegacy(server) => server.unsolicited().await,
            Self::ToModern(server) => server.unsolicited().await,
        }
    }

    /// As [`super::Link::close`].
    pub async fn close(&self) {
        match self {
            Self::ToLegacy(server) => server.close().await,
            Self::ToModern(server) => server.close().await,
        }
    }
}

impl BridgeCall {
    /// As [`Call::next`].
    pub async fn next(&mut self) -> Event {
        match self {
            Self::ToLegacy(call) => call.next().await,
            Self::ToModern(call) => call.next().await,
        }
    }

    /// As [`Call::withheld`].
    pub fn withheld(&mut self) {
        match self {
            Self::ToLegacy(call) => call.withheld(),
            Self::ToModern(_) => {}
        }
    }

    /// As [`Call::is_stream`].
    #[must_use]
    pub fn is_stream(&self) -> bool {
        match self {
            Self::ToLegacy(call) => call.is_stream(),
            Self::ToModern(call) => call.is_stream(),
        }
    }

    /// As [`Call::status`].
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::ToLegacy(_) | Self::ToModern(_) => None,
        }
    }
}
