//! A conversation with a handshake, to a server that may have none (2026-07-28).
//!
//! The client's `initialize` is tried as it is. A server that takes it is spoken to in the client's own era, and this
//! module hands out the direct way untouched. A server that refuses it and speaks the stateless era is bridged: what
//! the client said once is said with every request, what the server asks in its results is asked of the client, and
//! what it tells on its one stream is told outside of requests. It must never take a failing network for a sign of the
//! era, and never bridge a server that speaks the client's own.

mod call;
mod client;
mod conversation;
mod ear;
mod opening;
mod relay;
mod tasks;

use std::sync::Arc;

use doorward_core::permit::Permit;
use doorward_core::principal::PrincipalId;
use doorward_core::refusal::Refusal;
use doorward_mcp::message::{Message, Response};
use doorward_mcp::revision::Era;
use doorward_mcp::splice::Segments;
use tokio::sync::SetOnce;

use super::super::{Call, Event, Housekeeping, Link, ParamHeaders};
use super::BridgeCall;
use crate::server::Reach;

pub use call::ModernCall;
use conversation::Conversation;
pub(crate) use opening::HandshakeCache;
use opening::Opening;

/// One client's conversation with a server of either era.
#[derive(Debug)]
pub struct ModernServer {
    place: Arc<Place>,
}

/// Between whom the conversation is, and how it is carried once that is known.
#[derive(Debug)]
struct Place {
    reach: Arc<Reach>,
    principal: PrincipalId,
    /// The server in the client's own era.
    direct: Arc<Link>,
    way: SetOnce<Way>,
}

/// How the conversation is carried.
#[derive(Debug)]
enum Way {
    /// In the client's own era.
    Direct,
    /// Over the bridge.
    Bridged(Arc<Conversation>),
}

impl ModernServer {
    pub(super) fn new(reach: Arc<Reach>, principal: PrincipalId) -> Self {
        let direct = reach.direct(&principal, Era::Legacy);
        Self { place: Arc::new(Place { reach, principal, direct, way: SetOnce::new() }) }
    }

    pub(super) async fn call(&self, permit: Permit, params: &ParamHeaders) -> Result<Call, Refusal> {
        let place = &self.place;
        match place.way.get() {
            Some(Way::Direct) => place.direct.call(permit, params).await,
            Some(Way::Bridged(conversation)) => conversation.call(permit).map(bridged),
            None => match permit.message() {
                Message::Request(request) if request.method() == "initialize" => {
                    let request = request.clone();
                    Opening::begin(place.clone(), request, permit, params).await.map(ModernCall::opening).map(bridged)
                }
                Message::Request(_) | Message::Notification(_) | Message::Response(_) => {
                    place.direct.call(permit, params).await
                }
            },
        }
    }

    pub(super) async fn tell(&self, permit: Permit) -> Result<(), Refusal> {
        match self.place.way.get() {
            Some(Way::Bridged(conversation)) => conversation.tell(permit).await,
            Some(Way::Direct) | None => self.place.direct.tell(permit).await,
        }
    }

    pub(super) async fn reply(&self, answer: Segments) -> Result<(), Refusal> {
        match self.place.way.get() {
            Some(Way::Bridged(conversation)) => conversation.reply(answer),
            Some(Way::Direct) | None => self.place.direct.reply(answer).await,
        }
    }

    pub(super) async fn keep_house(&self, task: Housekeeping) -> Result<Response, Refusal> {
        match self.place.way.get() {
            Some(Way::Bridged(conversation)) => conversation.keep_house(task).await,
            Some(Way::Direct) | None => self.place.direct.keep_house(task).await,
        }
    }

    pub(super) async fn unsolicited(&self) -> Event {
        if self.place.way.get().is_none() {
            tokio::select! {
                biased;
                _ = self.place.way.wait() => {}
                event = self.place.direct.unsolicited() => return event,
            }
        }
        match self.place.way.get() {
            Some(Way::Bridged(conversation)) => conversation.unsolicited().await,
            Some(Way::Direct) | None => self.place.direct.unsolicited().await,
        }
    }

    pub(super) async fn close(&self) {
        if let Some(Way::Bridged(conversation)) = self.place.way.get() {
            conversation.close().await;
        }
        self.place.direct.close().await;
    }
}

fn bridged(call: ModernCall) -> Call {
    Call::Bridged(Box::new(BridgeCall::ToModern(call)))
}
