//! The HTTP face, for both protocol eras: `/s/<server>/mcp` for one server, `/mcp` and `/v/<view>/mcp` for several. Beside
//! each is the same with `sse` for `mcp`, for clients that have HTTP+SSE alone.
//!
//! The order of every request: Host and Origin, credentials, server, then the protocol. Nothing of a request's headers
//! goes further than this module but what the protocol itself defines.

mod body;
mod described;
mod gate;
mod in_flight;
mod lasting;
mod legacy;
mod modern;
mod outlet;
mod read;
mod reply;
mod serve;
mod session;
mod sse;
mod streams;
mod tls;
mod trace;

use std::convert::Infallible;
use std::sync::Arc;

use arc_swap::ArcSwap;
use doorward_core::access::{Approach, Face};
use doorward_core::flow::{Hints, SignedUnit};
use doorward_core::ids::ServerId;
use doorward_core::refusal::{Code, Refusal};
use doorward_core::time::Timestamp;
use doorward_mcp::limits::Limits;
use doorward_mcp::message::{Message, Request as McpRequest};
use hyper::body::Incoming;
use hyper::header::HeaderValue;
use hyper::{Method, Request, Response, StatusCode};

use crate::caller::Caller;
use crate::dialogue::Target;
use crate::edge;
use crate::gateway::Gateway;
use crate::identity::certificates::ClientProof;
use crate::identity::oauth::Lack;
use crate::identity::{Identity, Presented, Proven};
use crate::talk::{Final, Turn};

pub use body::Body;
pub use gate::Gate;
pub(crate) use gate::only;
use lasting::End;
pub use serve::{Stop, serve};
use session::Sessions;
pub use tls::{Tls, TlsError};

/// The legacy era's session header.
const SESSION_HEADER: &str = "mcp-session-id";
/// Names the protocol version, in both eras.
const VERSION_HEADER: &str = "mcp-protocol-version";

/// The HTTP face of one gateway.
#[derive(Debug)]
pub struct HttpFace {
    gateway: Arc<Gateway>,
    gate: ArcSwap<Gate>,
    limits: Limits,
    sessions: Arc<Sessions>,
}

/// A request that passed the gate: who asks what.
#[derive(Debug)]
struct Admitted {
    caller: Caller,
    target: Target,
    door: Door,
    /// The path asked for, which challenges name.
    path: String,
    /// When the credentials end, where that stands in them.
    ends: Option<Timestamp>,
}

/// A request that did not pass the gate, and what could help.
#[derive(Debug)]
struct TurnedAway {
    refusal: Refusal,
    challenges: Vec<HeaderValue>,
}

/// The two addresses of every place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    /// `mcp`: Streamable HTTP, in both eras.
    Streamable,
    /// `sse`: HTTP+SSE.
    Sse,
}

impl Door {
    /// Takes a path apart into a place and which of its addresses it is.
    fn of(path: &str) -> Option<(&str, Self)> {
        let streamable = path.strip_suffix("/mcp").map(|place| (place, Self::Streamable));
        streamable.or_else(|| path.strip_suffix("/sse").map(|place| (place, Self::Sse)))
    }
}

impl HttpFace {
    /// A face for `gateway`, guarded by `gate`.
    #[must_use]
    pub fn new(gateway: Arc<Gateway>, gate: Gate, limits: Limits) -> Self {
        let sessions = Arc::new(Sessions::new(gateway.clone()));
        Self { gateway, gate: ArcSwap::from_pointee(gate), limits, sessions }
    }

    /// Puts another gate in force.
    pub fn replace_gate(&self, gate: Gate) {
        self.gate.store(Arc::new(gate));
    }

    /// Puts the gate in force that `next` makes of what was in force before.
    pub(crate) fn change_gate(&self, next: impl FnOnce(&Identity) -> Gate) {
        let before = self.gate.load_full();
        self.replace_gate(next(before.identity()));
    }

    /// Cuts off every client that only listens.
    pub(crate) fn end_listening(&self) {
        self.sessions.end_listening();
    }

    /// Ends every legacy session.
    pub async fn end_sessions(&self) {
        self.sessions.end_all().await;
    }

    /// Ends legacy sessions nobody has used for a while. Runs until dropped.
    pub async fn sweep(&self) {
        self.sessions.sweep().await;
    }

    /// Answers one HTTP request of a client that proved `peer` of itself.
    ///
    /// # Errors
    /// None: whatever fails is an answer.
    pub async fn handle(
        self: Arc<Self>,
        request: Request<Incoming>,
        peer: Option<Arc<ClientProof>>,
    ) -> Result<Response<Body>, Infallible> {
        if let Some(described) = described::answer(&self.gate.load(), &request) {
            return Ok(described);
        }
        let admitted = match self.admit(&request, peer.as_deref()).await {
            Ok(Ok(admitted)) => admitted,
            Ok(Err(unplaced)) => return Ok(self.unplaced(unplaced).await),
            Err(TurnedAway { refusal, challenges }) => {
                self.gateway.metrics().refused(refusal.code);
                return Ok(reply::turned_away(&refusal, challenges));
            }
        };
        if request.method() == Method::GET
            && let Some(refusal) = self.gateway.stops().caller(admitted.caller.principal.id())
        {
            let refusal = self.turn(&admitted, None, 0).away(&self.gateway, refusal).await;
            return Ok(reply::with_status(StatusCode::FORBIDDEN, &refusal, None));
        }
        Ok(match (admitted.door, request.method()) {
            (Door::Streamable, &Method::POST) => self.post(admitted, request).await,
            (Door::Streamable, &Method::GET) => {
                let listening = legacy::listen(&self, &admitted, request.headers()).await;
                lasting::while_taken(&self, &admitted, Arc::new(End::of(&admitted)), listening)
            }
            (Door::Streamable, &Method::DELETE) => legacy::end(&self, &admitted, request.headers()).await,
            (Door::Streamable, _) => reply::status(StatusCode::METHOD_NOT_ALLOWED),
            (Door::Sse, &Method::GET) => sse::open(&self, &admitted, request.uri()).await,
            (Door::Sse, &Method::POST) => sse::take(&self, &admitted, request).await,
            (Door::Sse, _) => sse::no_such_method(),
        })
    }

    /// Who asks what; the caller alone where there is no such endpoint.
    async fn admit(
        &self,
        request: &Request<Incoming>,
        peer: Option<&ClientProof>,
    ) -> Result<Result<Admitted, Caller>, TurnedAway> {
        let gate = self.gate.load_full();
        let (headers, uri) = (request.headers(), request.uri());
        let foreign = |refusal| TurnedAway { refusal, challenges: Vec::new() };
        let origin = gate.host_and_origin(headers, uri).map_err(foreign)?.map(Arc::from);
        let certificate = peer.map(ClientProof::thumbprint);
        let presented = Presented { method: request.method(), uri, headers, certificate, peer };
        let identified = gate.identity().admit(presented).await;
        let Proven { principal, unit, ends } = identified.map_err(|unproven| {
            let challenges = gate.identity().challenges(uri.path(), unproven);
            TurnedAway { refusal: unproven.refusal(), challenges }
        })?;
        let named = Door::of(uri.path());
        let found = named.and_then(|(place, door)| Some((self.gateway.target(place)?, door)));
        let session = headers.get(SESSION_HEADER).and_then(|session| session.to_str().ok());
        let alone = found.as_ref().and_then(|(target, _)| target.server());
        let hints = hinted(session, unit, alone);
        let caller = Caller { principal, approach: Approach { origin, hints, ..Approach::new(Face::Http) } };
        let Some((target, door)) = found else { return Ok(Err(caller)) };
        Ok(match gate.identity().may_reach(&caller.principal, &target.servers()).await {
            Ok(()) => Ok(Admitted { caller, target, door, path: uri.path().to_owned(), ends }),
            // What a key is not good for does not exist for its holder.
            Err(refusal) if refusal.code == Code::UnknownServer => Err(caller),
            Err(refusal) => return Err(foreign(refusal)),
        })
    }

    /// What goes with a final answer that only other scopes would change: the way to them (RFC 6750 §3.1).
    fn challenges(&self, path: &str, last: &Final) -> Vec<HeaderValue> {
        let scopes = last.scopes.as_ref().filter(|_| last.refusal == Some(Code::InsufficientScope));
        scopes.map_or_else(Vec::new, |scopes| self.gate.load().identity().challenged(path, Lack::Scopes(scopes)))
    }

    /// Refuses whoever is known and asks for a server there is not.
    async fn unplaced(&self, caller: Caller) -> Response<Body> {
        let turned = Turn { caller, server: None, method: None, bytes: 0 };
        let refusal = turned.away(&self.gateway, Refusal::new(Code::UnknownServer)).await;
        reply::refused(&refusal, None)
    }

    async fn post(self: &Arc<Self>, admitted: Admitted, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        if let Err(refusal) = read::content_type(&parts.headers) {
            return self.refuse_unread(&admitted, refusal, 0).await;
        }
        let bytes = match read::whole(&parts.headers, body, self.limits.message_bytes).await {
            Ok(bytes) => bytes,
            Err((refusal, read)) => return self.refuse_unread(&admitted, refusal, read).await,
        };
        if let Some(session) = parts.headers.get(SESSION_HEADER) {
            return legacy::in_session(self, &admitted, session, &parts.headers, bytes).await;
        }
        let size = bytes.len();
        match Message::parse(bytes, &self.limits) {
            Err(rejection) => {
                let refusal = edge::refusal(&rejection);
                let refusal = self.turn(&admitted, None, size).away(&self.gateway, refusal).await;
                reply::refused(&refusal, rejection.id())
            }
            Ok(message) if read::is_modern(&message, &parts.headers) => {
                modern::post(self, admitted, message, &parts.headers).await
            }
            Ok(Message::Request(request)) if request.method() == "initialize" => {
                legacy::initialize(self, admitted, trace::joined(request, &parts.headers)).await
            }
            Ok(message) => self.without_session(&admitted, &message).await,
        }
    }

    /// A legacy message outside a session. What can be told apart is said, so that a client knows how to begin.
    async fn without_session(&self, admitted: &Admitted, message: &Message) -> Response<Body> {
        let refusal = Refusal::new(Code::UnknownSession)
            .with_detail("A request outside a session must name its protocol version (2026-07-28) in the header MCP-Protocol-Version and in params._meta.");
        let refusal = self.turn(admitted, method_of(message), message.bytes().len()).away(&self.gateway, refusal).await;
        reply::with_status(StatusCode::BAD_REQUEST, &refusal, id_of(message))
    }

    async fn refuse_unread(&self, admitted: &Admitted, refusal: Refusal, read: usize) -> Response<Body> {
        let refusal = self.turn(admitted, None, read).away(&self.gateway, refusal).await;
        reply::refused(&refusal, None)
    }

    fn turn<'a>(&self, admitted: &Admitted, method: Option<&'a str>, bytes: usize) -> Turn<'a> {
        admitted.target.turn(&admitted.caller, method, bytes)
    }
}

/// What a transport knows of the unit of work: its session, and what the credentials name. At the endpoint of `alone`, tools
/// go by that server's own names.
fn hinted(session: Option<&str>, unit: Option<Arc<SignedUnit>>, alone: Option<ServerId>) -> Option<Arc<Hints>> {
    if session.is_none() && unit.is_none() {
        return None;
    }
    let mut hints = Hints::default();
    if let Some(session) = session {
        hints = hints.with_session(session);
    }
    if let Some(unit) = unit {
        hints = hints.with_unit(alone.map_or_else(|| unit.clone(), |server| unit.shown_at(server)));
    }
    Some(Arc::new(hints))
}

fn method_of(message: &Message) -> Option<&str> {
    match message {
        Message::Request(request) => Some(request.method()),
        Message::Notification(notification) => Some(notification.method()),
        Message::Response(_) => None,
    }
}

fn id_of(message: &Message) -> Option<&doorward_mcp::id::Id> {
    match message {
        Message::Request(request) => Some(McpRequest::id(request)),
        Message::Notification(_) | Message::Response(_) => None,
    }
}
