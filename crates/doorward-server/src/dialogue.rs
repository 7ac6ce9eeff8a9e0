//! One client's conversation with what it connected to: one server, or several that share a face.
//!
//! Faces know this alone. What is said goes to [`Talk`]s, one for each server, so every message is an exchange with the
//! server it concerns, whichever endpoint it came through.

use std::fmt;
use std::sync::Arc;

use doorward_core::ids::ServerId;
use doorward_core::principal::PrincipalId;
use doorward_core::refusal::Refusal;
use doorward_mcp::message::{Notification, Request, Response};
use doorward_mcp::raw::RawJson;
use doorward_mcp::revision::{Era, Revision};
use doorward_mcp::splice::Segments;

use crate::caller::{Caller, Listener};
use crate::gateway::Gateway;
use crate::joined::{Joined, Joint, JointId, JointOngoing};
use crate::server::Server;
use crate::talk::{Final, Ongoing, Produced, Talk, Turn};
use crate::upstream::{Event, ParamHeaders};

/// What a client connects to.
#[derive(Debug, Clone)]
pub enum Target {
    /// One server, its names untouched.
    Server(Arc<Server>),
    /// Several servers behind one face.
    Joint(Arc<Joint>),
}

/// Which endpoint a conversation is of; a session is valid at its own alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// One server.
    Server(ServerId),
    /// Several behind one face.
    Joint(JointId),
}

/// A conversation with a target.
#[derive(Debug, Clone)]
pub enum Dialogue {
    /// With one server.
    One(Arc<Talk>),
    /// With several behind one face.
    Joined(Arc<Joined>),
}

/// A request under way. Dropping it ends its exchanges as cancelled.
pub enum Underway {
    /// At one server.
    One(Box<Ongoing>),
    /// At one or several servers behind one face.
    Joined(JointOngoing),
}

impl Target {
    /// Which endpoint it is.
    #[must_use]
    pub fn place(&self) -> Place {
        match self {
            Self::Server(server) => Place::Server(server.id().clone()),
            Self::Joint(joint) => Place::Joint(joint.id().clone()),
        }
    }

    /// Every server behind it.
    #[must_use]
    pub fn servers(&self) -> Vec<ServerId> {
        match self {
            Self::Server(server) => vec![server.id().clone()],
            Self::Joint(joint) => joint.servers().cloned().collect(),
        }
    }

    /// The server, where it is a single one; for records of what reached no server.
    #[must_use]
    pub fn server(&self) -> Option<ServerId> {
        match self {
            Self::Server(server) => Some(server.id().clone()),
            Self::Joint(_) => None,
        }
    }

    /// A new conversation for a client that begins with a handshake.
    #[must_use]
    pub fn conversation(&self, gateway: &Arc<Gateway>, caller: &Caller) -> Dialogue {
        let listener = Arc::new(Listener::new(caller.clone()));
        match self {
            Self::Server(server) => {
                let link = server.conversation(listener.owner());
                Dialogue::One(Arc::new(Talk::new(gateway.clone(), server.clone(), listener, link)))
            }
            Self::Joint(joint) => {
                Dialogue::Joined(Arc::new(Joined::new(gateway.clone(), joint.clone(), listener, Era::Legacy)))
            }
        }
    }

    /// A way for stateless requests.
    ///
    /// # Errors
    /// A refusal when a single server's era cannot be found out.
    pub async fn stateless(&self, gateway: &Arc<Gateway>, caller: &Caller) -> Result<Dialogue, Refusal> {
        let listener = Arc::new(Listener::new(caller.clone()));
        match self {
            Self::Server(server) => {
                let link = server.stateless(listener.owner()).await?;
                Ok(Dialogue::One(Arc::new(Talk::new(gateway.clone(), server.clone(), listener, link))))
            }
            Self::Joint(joint) => {
                Ok(Dialogue::Joined(Arc::new(Joined::new(gateway.clone(), joint.clone(), listener, Era::Modern))))
            }
        }
    }

    /// What is needed to refuse a message that begins no exchange.
    #[must_use]
    pub fn turn<'a>(&self, caller: &Caller, method: Option<&'a str>, bytes: usize) -> Turn<'a> {
        Turn { caller: caller.clone(), server: self.server(), method, bytes }
    }
}

impl Dialogue {
    /// Whose conversation it is.
    #[must_use]
    pub fn owner(&self) -> &PrincipalId {
        self.listener().owner()
    }

    /// The client's end of it.
    #[must_use]
    pub fn listener(&self) -> &Arc<Listener> {
        match self {
            Self::One(talk) => talk.listener(),
            Self::Joined(joined) => joined.listener(),
        }
    }

    /// Which endpoint it is at.
    #[must_use]
    pub fn place(&self) -> Place {
        match self {
            Self::One(talk) => Place::Server(talk.server().id().clone()),
            Self::Joined(joined) => Place::Joint(joined.joint().id().clone()),
        }
    }

    /// The revision agreed on by `initialize`, once it is.
    #[must_use]
    pub fn agreed(&self) -> Option<Revision> {
        match self {
            Self::One(talk) => talk.agreed(),
            Self::Joined(joined) => joined.agreed(),
        }
    }

    /// A client's request, up to where it was forwarded; nothing more happens unless what is returned is driven. `params`
    /// are the client's `Mcp-Param-*` headers.
    pub async fn request(
        &self,
        caller: &Caller,
        request: Request,
        (revision, params): (Revision, ParamHeaders),
    ) -> Underway {
        match self {
            Self::One(talk) => Underway::One(Box::new(talk.direct(caller, request, (revision, params)).await)),
            Self::Joined(joined) => Underway::Joined(joined.request(caller, request, (revision, params)).await),
        }
    }

    /// A client's notification. Its sender is told nothing, whatever becomes of it.
    pub async fn notification(&self, caller: &Caller, notification: Notification, revision: Revision) {
        match self {
            Self::One(talk) => talk.notification(caller, notification, revision).await,
            Self::Joined(joined) => joined.notification(caller, notification, revision).await,
        }
    }

    /// A client's response to a question. One that answers nothing open is ignored.
    pub async fn response(&self, response: Response) {
        match self {
            Self::One(talk) => talk.response(response).await,
            Self::Joined(joined) => joined.response(response).await,
        }
    }

    /// Refuses a message that could not become an exchange, and records that.
    pub async fn turn_away(&self, caller: &Caller, refusal: Refusal, method: Option<&str>, bytes: usize) -> Refusal {
        match self {
            Self::One(talk) => talk.turn_away(caller, refusal, method, bytes).await,
            Self::Joined(joined) => joined.turn_away(caller, refusal, method, bytes).await,
        }
    }

    /// Makes sure that the tool a call names is known, and returns its input schema as the client knows it.
    pub async fn known_schema(&self, caller: &Caller, call: &Request, era: Era) -> Option<RawJson> {
        match self {
            Self::One(talk) => {
                // Why nothing is known is told when the call is made.
                let _ = talk.know(call, era).await;
                let name = call.param("name")?.as_str()?;
                talk.schema_for(caller, &name, era)
            }
            Self::Joined(joined) => joined.known_schema(caller, call).await,
        }
    }

    /// The next message for the client that belongs to no request of its own; `None` when there will be no more. Dropping
    /// it may lose one.
    pub async fn overheard(&self) -> Option<Segments> {
        match self {
            Self::One(talk) => talk.overheard().await,
            Self::Joined(joined) => joined.overheard().await,
        }
    }

    /// Ends the conversation: open questions are withdrawn, the servers are told.
    pub async fn close(&self) {
        match self {
            Self::One(talk) => {
                talk.withdraw_questions().await;
                talk.link().close().await;
            }
            Self::Joined(joined) => joined.close().await,
        }
    }
}

impl Talk {
    /// The next message for the client outside of calls.
    pub(crate) async fn overheard(&self) -> Option<Segments> {
        loop {
            let event = self.link().unsolicited().await;
            let revision = self.agreed().unwrap_or(Revision::LATEST_LEGACY);
            let caller = self.listener().caller();
            let segments = match event {
                Event::Notification(notification) if self.is_silenced(&notification) => None,
                Event::Notification(notification) => self.notified(&caller, notification, revision).await,
                Event::Question(question) => self.question(&caller, question, revision).await,
                Event::Response(_) => None,
                Event::Failed(_) => return None,
            };
            if segments.is_some() {
                return segments;
            }
        }
    }
}

impl Underway {
    /// Whether a server has begun an event stream for it.
    #[must_use]
    pub fn is_stream(&self) -> bool {
        match self {
            Self::One(ongoing) => ongoing.is_stream(),
            Self::Joined(ongoing) => ongoing.is_stream(),
        }
    }

    /// Waits until there is something to deal with. Safe to drop and ask again.
    pub async fn ready(&mut self) {
        match self {
            Self::One(ongoing) => ongoing.ready().await,
            Self::Joined(ongoing) => ongoing.ready().await,
        }
    }

    /// The next message for the client; `None` once the final one was given.
    pub async fn next(&mut self) -> Option<Produced> {
        match self {
            Self::One(ongoing) => ongoing.next().await,
            Self::Joined(ongoing) => ongoing.next().await,
        }
    }

    /// Runs to the end, giving away what comes on the way.
    pub async fn finish(mut self, mut interim: impl FnMut(Segments)) -> Option<Final> {
        loop {
            match self.next().await? {
                Produced::Interim(segments) => interim(segments),
                Produced::Final(last) => return Some(last),
            }
        }
    }
}

impl fmt::Debug for Underway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::One(_) => "Underway::One",
            Self::Joined(_) => "Underway::Joined",
        })
    }
}
