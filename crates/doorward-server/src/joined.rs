//! Several servers behind one face: the aggregate `/mcp` and the views `/v/<id>/mcp`.
//!
//! Names, URIs and lists are decided in `doorward_core::joint`; this module has one [`Talk`] for each server, so whatever
//! goes to a server is an exchange with that server, in the server's own names. It must never speak to a server but
//! through its talk, and never let one server hold up another.
//!
//! [`Talk`]: crate::talk::Talk

mod list;
mod listen;
mod ongoing;
mod overheard;
mod own;
mod passage;
mod seat;
mod shelf;
mod task;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use doorward_core::ids::ServerId;
use doorward_core::joint::{AppUse, Apps, Named, Offer, Plan, Scope, Told, ViewId};
use doorward_core::refusal::{Code, Refusal};
use doorward_core::routing::Questions;
use doorward_mcp::id::Id;
use doorward_mcp::limits::Limits;
use doorward_mcp::message::{Message, Notification, Request, Response};
use doorward_mcp::raw::RawJson;
use doorward_mcp::revision::{Era, Revision};
use doorward_mcp::splice::Segments;
use doorward_mcp::views::meta::RequestMeta;

use crate::caller::{Caller, Listener};
use crate::config::Unavailable;
use crate::gateway::Gateway;
use crate::server::Server;
use crate::talk::Turn;
use crate::upstream::ParamHeaders;

use ongoing::Flight;
pub use ongoing::JointOngoing;
use overheard::Overheard;
use own::Hello;
use passage::Said;
use seat::Seat;
pub use shelf::Shelves;

/// Which joint endpoint.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum JointId {
    /// `/mcp`: every server.
    Aggregate,
    /// `/v/<id>/mcp`.
    View(ViewId),
}

/// How a joint endpoint is to be made.
#[derive(Debug, Clone)]
pub struct JointSetup {
    /// Which it is.
    pub id: JointId,
    /// What it shows of which servers.
    pub plan: Plan,
    /// What it does about servers that do not answer.
    pub patience: Patience,
}

/// What a joint endpoint does about servers that do not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// How long a list waits for a server that may still answer.
    pub wait: Duration,
    /// What becomes of its tools meanwhile.
    pub unavailable: Unavailable,
}

/// One joint endpoint, with its servers.
#[derive(Debug)]
pub struct Joint {
    id: JointId,
    plan: Plan,
    patience: Patience,
    servers: BTreeMap<ServerId, Arc<Server>>,
}

/// One client's conversation with a joint endpoint.
#[derive(Debug)]
pub struct Joined {
    gateway: Arc<Gateway>,
    /// As it was when the conversation began; what is in force is asked of the gateway.
    joint: Arc<Joint>,
    listener: Arc<Listener>,
    era: Era,
    /// What the client said in its handshake; empty before, and for stateless requests.
    hello: OnceLock<Hello>,
    seats: Mutex<BTreeMap<ServerId, Arc<Seat>>>,
    /// Questions put to the client, under ids of this conversation: each server counts its own.
    questions: Mutex<Questions<(ServerId, Id)>>,
    flights: Mutex<BTreeMap<Id, Flight>>,
    overheard: Overheard,
    /// For requests this endpoint makes on behalf of the client.
    next: AtomicU64,
}

impl JointId {
    /// Where it is served, without `/mcp`.
    #[must_use]
    pub fn place(&self) -> String {
        match self {
            Self::Aggregate => String::new(),
            Self::View(id) => format!("/v/{id}"),
        }
    }
}

impl Joint {
    /// An endpoint for those of `servers` that it is planned for.
    #[must_use]
    pub fn new(setup: JointSetup, servers: &BTreeMap<ServerId, Arc<Server>>) -> Self {
        let JointSetup { id, plan, patience } = setup;
        let servers = plan.servers().filter_map(|id| Some((id.clone(), servers.get(id)?.clone()))).collect();
        Self { id, plan, patience, servers }
    }

    /// The servers it joins.
    pub fn servers(&self) -> impl Iterator<Item = &ServerId> {
        self.servers.keys()
    }

    /// Which endpoint it is.
    #[must_use]
    pub const fn id(&self) -> &JointId {
        &self.id
    }
}

impl Joined {
    /// A conversation in that era.
    #[must_use]
    pub fn new(gateway: Arc<Gateway>, joint: Arc<Joint>, listener: Arc<Listener>, era: Era) -> Self {
        let overheard = Overheard::new(gateway.shelves());
        Self {
            gateway,
            joint,
            listener,
            era,
            hello: OnceLock::new(),
            seats: Mutex::default(),
            questions: Mutex::default(),
            flights: Mutex::default(),
            overheard,
            next: AtomicU64::new(1),
        }
    }

    /// The client's end of it.
    #[must_use]
    pub const fn listener(&self) -> &Arc<Listener> {
        &self.listener
    }

    /// The endpoint.
    #[must_use]
    pub const fn joint(&self) -> &Arc<Joint> {
        &self.joint
    }

    /// The revision agreed on by `initialize`, once it is.
    #[must_use]
    pub fn agreed(&self) -> Option<Revision> {
        self.hello.get().map(|hello| hello.agreed)
    }

    /// A client's request, up to where somebody works on it. Dropping what is returned ends all that was begun for it.
    pub async fn request(
        self: &Arc<Self>,
        caller: &Caller,
        request: Request,
        (revision, params): (Revision, ParamHeaders),
    ) -> JointOngoing {
        let caller = self.listener.of_request(caller, &request, revision);
        let Some(joint) = self.current() else {
            return self.refuse(&caller, &request, revision, Refusal::new(Code::UnknownServer)).await;
        };
        if let Some(refusal) = self.gateway.stops().caller(caller.principal.id()).filter(|_| !is_greeting(&request)) {
            return self.refuse(&caller, &request, revision, refusal).await;
        }
        let before_hello = self.era == Era::Legacy && self.hello.get().is_none();
        if before_hello && !matches!(request.method(), "initialize" | "ping") {
            return self.refuse(&caller, &request, revision, Refusal::new(Code::UnknownSession)).await;
        }
        if let Some(tool) = self.own_tool(&joint, &request) {
            return self.answered(tool, &caller, (&joint, request, revision)).await;
        }
        match Scope::of(&request) {
            Ok(Scope::Own) => self.own(caller, &joint, request, revision).await,
            Ok(Scope::All(list)) => JointOngoing::working(self, request.id().clone(), |joined, producing| async move {
                joined.list(caller, (joint, list), request, producing).await;
            }),
            // Refusals are made, and recorded, where everything else is that has no answer.
            Ok(Scope::One) | Err(_) => {
                JointOngoing::working(self, request.id().clone(), |joined, producing| async move {
                    joined.pass(caller, joint, (request, revision, params), producing).await;
                })
            }
        }
    }

    /// A client's notification. Its sender is told nothing, whatever becomes of it.
    pub async fn notification(&self, caller: &Caller, notification: Notification, revision: Revision) {
        let caller = &self.listener.of_notification(caller, &notification, revision);
        let Some(joint) = self.current() else { return };
        match joint.plan.inward_notification(&notification) {
            Ok(Told::All) => {
                for seat in self.seated().into_iter().filter(|seat| seat.is_open()) {
                    seat.talk().notification(caller, notification.clone(), seat.revision(revision)).await;
                }
            }
            Ok(Told::Own) if notification.method() == "notifications/cancelled" => {
                self.cancelled(caller, notification, revision).await;
            }
            Ok(Told::Own) => {}
            Err(refusal) => {
                self.turn_away(caller, refusal, Some(notification.method()), notification.bytes().len()).await;
            }
        }
    }

    /// A client's response to a question. One that answers nothing open is ignored.
    pub async fn response(&self, response: Response) {
        let Some((server, id)) = lock(&self.questions).answered(&response) else {
            tracing::debug!("a client answered a question nobody asked");
            return;
        };
        let (Some(seat), Some(joint)) = (lock(&self.seats).get(&server).cloned(), self.current()) else { return };
        let own = |bytes| match Message::parse(bytes, &Limits::for_results()) {
            Ok(Message::Response(response)) => Some(response),
            Ok(Message::Request(_) | Message::Notification(_)) | Err(_) => None,
        };
        let answer = own(joint.plan.inward_answer(&server, &response).into_bytes());
        if let Some(answer) = answer.and_then(|answer| own(answer.with_id(&id).into_bytes())) {
            seat.talk().response(answer).await;
        }
    }

    /// Refuses a message that could not become an exchange, and records that.
    pub async fn turn_away(&self, caller: &Caller, refusal: Refusal, method: Option<&str>, bytes: usize) -> Refusal {
        self.turned(caller, None, refusal, (method, bytes)).await
    }

    /// Makes sure that the tool a call names is known, and returns its input schema as the client knows it.
    pub async fn known_schema(self: &Arc<Self>, caller: &Caller, call: &Request) -> Option<RawJson> {
        let joint = self.current()?;
        let (seat, own) = self.destination(caller, &joint, call).await.ok()?;
        let name = own.param("name")?.as_str()?;
        let server = seat.talk().server();
        let schema = seat.talk().schema_for(caller, &name, self.era)?;
        Some(joint.plan.shown_schema(server.id(), &name, schema))
    }

    /// The next message for the client outside of its requests.
    pub async fn overheard(self: &Arc<Self>) -> Option<Segments> {
        self.overhear().await
    }

    /// Ends the conversation: open questions are withdrawn, the servers are told.
    pub async fn close(&self) {
        *lock(&self.questions) = Questions::default();
        let seats = std::mem::take(&mut *lock(&self.seats));
        for seat in seats.into_values() {
            seat.close().await;
        }
    }

    /// The endpoint as it is in force now; `None` when a reload has taken it away.
    fn current(&self) -> Option<Arc<Joint>> {
        self.gateway.joint(&self.joint.id)
    }

    /// Whether the client has declared MCP Apps.
    fn apps(&self, request: &Request) -> Apps {
        match self.era {
            Era::Legacy => self.hello.get().map_or(Apps::Absent, |hello| hello.apps),
            Era::Modern => {
                Apps::of(RequestMeta::from_params(request.params()).ok().map(|meta| meta.client_capabilities.raw))
            }
        }
    }

    /// An id for a request this endpoint makes on behalf of the client.
    fn next_id(&self) -> Id {
        Id::from(format!("doorward-{}", self.next.fetch_add(1, Ordering::Relaxed)).as_str())
    }

    /// The seats taken so far, open or not.
    fn seated(&self) -> Vec<Arc<Seat>> {
        lock(&self.seats).values().cloned().collect()
    }

    async fn cancelled(&self, caller: &Caller, notification: Notification, revision: Revision) {
        let named = notification.param("requestId").and_then(|id| Id::read(id, &Limits::default()).ok());
        let flight = named.and_then(|id| lock(&self.flights).get(&id).cloned());
        // One that is for nothing in flight goes nowhere.
        let Some(flight) = flight else { return };
        if let Some(seat) = flight.server() {
            seat.talk().notification(caller, notification, seat.revision(revision)).await;
        }
        flight.cancel();
    }

    async fn refuse(&self, caller: &Caller, request: &Request, revision: Revision, refusal: Refusal) -> JointOngoing {
        let refusal = self.turn_away(caller, refusal, Some(request.method()), request.bytes().len()).await;
        JointOngoing::refused(request, revision, &refusal)
    }

    async fn turned(
        &self,
        caller: &Caller,
        server: Option<ServerId>,
        refusal: Refusal,
        (method, bytes): (Option<&str>, usize),
    ) -> Refusal {
        let turn = Turn { caller: caller.clone(), server, method, bytes };
        turn.away(&self.gateway, refusal).await
    }
}

/// Whether the gateway answers it itself, and it tells and does so little that clients may have it while they are stopped:
/// those that get no answer to it take the endpoint for dead.
fn is_greeting(request: &Request) -> bool {
    matches!(request.method(), "initialize" | "server/discover" | "ping")
}

/// What a server is known to offer.
fn offers(joint: &Joint, server: &ServerId, what: Named) -> Arc<[Offer]> {
    match (what, joint.servers.get(server)) {
        (Named::Tools, Some(server)) if server.definitions().listed() => server.definitions().offers(),
        // It may have anything: an app, before all.
        (Named::Tools, Some(_)) => Arc::from([Offer { name: Arc::default(), apps: AppUse::Opens }]),
        (Named::Prompts, Some(_)) | (Named::Tools | Named::Prompts, None) => Arc::default(),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic while it was held cannot have left it half written: every change is one insertion or removal.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
