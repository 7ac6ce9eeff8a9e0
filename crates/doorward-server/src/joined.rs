//! Several servers behind one face: the aggregate `/mcp` and the views `/v/<id>/mcp`.
//!
//! Names, URIs and lists are decided in `doorward_core::joint`; this module has one [`Talk`] for each server, so whatever
//! goes to a server is an exchange with that server, in the server's own names.
//!
//! [`Talk`]: crate::talk::Talk

use std::sync::Arc;

use doorward_core::access::Face;
use doorward_core::principal::Principal;
use doorward_core::refusal::{Code, Refusal, Shape};
use doorward_mcp::message::{Notification, Request, Response};
use doorward_mcp::raw::RawJson;
use doorward_mcp::revision::{Era, Revision};
use doorward_mcp::splice::Segments;

use crate::gateway::Gateway;
use crate::talk::{Final, Produced, Turn};
use crate::upstream::ParamHeaders;

/// Which joint endpoint.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum JointId {
    /// `/mcp`: every server.
    Aggregate,
    /// `/v/<id>/mcp`.
    View(Arc<str>),
}

/// One joint endpoint, as configured.
#[derive(Debug)]
pub struct Joint {
    id: JointId,
}

/// One client's conversation with a joint endpoint.
#[derive(Debug)]
pub struct Joined {
    gateway: Arc<Gateway>,
    joint: Arc<Joint>,
    principal: Principal,
    face: Face,
}

/// A request to a joint endpoint, under way.
#[derive(Debug)]
pub struct JointOngoing {
    last: Option<Final>,
}

impl Joint {
    /// Which endpoint it is.
    #[must_use]
    pub const fn id(&self) -> &JointId {
        &self.id
    }
}

impl Joined {
    /// A conversation in that era.
    #[must_use]
    pub fn new(gateway: Arc<Gateway>, joint: Arc<Joint>, principal: Principal, face: Face, _era: Era) -> Self {
        Self { gateway, joint, principal, face }
    }

    /// Who acts.
    #[must_use]
    pub const fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The endpoint.
    #[must_use]
    pub const fn joint(&self) -> &Arc<Joint> {
        &self.joint
    }

    /// The revision agreed on by `initialize`, once it is.
    #[must_use]
    pub const fn agreed(&self) -> Option<Revision> {
        None
    }

    /// A client's request, up to where it was forwarded.
    pub async fn request(&self, request: Request, revision: Revision, _params: ParamHeaders) -> JointOngoing {
        let refusal = Refusal::new(Code::UnknownServer);
        let refusal = self.turn_away(refusal, Some(request.method()), request.bytes().len()).await;
        let shape = Shape::of(request.method(), refusal.code, revision.era());
        let message = Segments::from(refusal.render(Some(request.id()), shape, None));
        JointOngoing { last: Some(Final { message, refusal: Some(refusal.code), error: None, status: None }) }
    }

    /// A client's notification.
    pub async fn notification(&self, _notification: Notification, _revision: Revision) {}

    /// A client's response to a question.
    pub async fn response(&self, _response: Response) {}

    /// Refuses a message that could not become an exchange, and records that.
    pub async fn turn_away(&self, refusal: Refusal, method: Option<&str>, bytes: usize) -> Refusal {
        let turn = Turn { principal: self.principal.clone(), server: None, face: self.face, method, bytes };
        turn.away(&self.gateway, refusal).await
    }

    /// Makes sure that the tool a call names is known, and returns its input schema as the client knows it.
    pub async fn known_schema(&self, _call: &Request, _era: Era) -> Option<RawJson> {
        None
    }

    /// The next message for the client outside of its requests.
    pub async fn overheard(&self) -> Option<Segments> {
        None
    }

    /// Ends the conversation.
    pub async fn close(&self) {}
}

impl JointOngoing {
    /// Whether a server has begun an event stream for it.
    #[must_use]
    pub const fn is_stream(&self) -> bool {
        false
    }

    /// Waits until there is something to deal with.
    pub async fn ready(&mut self) {}

    /// The next message for the client; `None` once the final one was given.
    pub async fn next(&mut self) -> Option<Produced> {
        self.last.take().map(Produced::Final)
    }
}
