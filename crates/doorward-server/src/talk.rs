//! One client's conversation with one server, whatever carries it.
//!
//! Everything a client or a server says goes through the exchange here, for every transport alike. The faces
//! (`downstream`) only read and write frames; the upstreams only carry what a permit allows.

mod aside;
mod entry;
mod ongoing;
mod questions;
mod stopped;
mod task;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use doorward_core::access::{AccessRequest, Action, Direction, Kind, Resource};
use doorward_core::exchange::{Arrival, Outcome, Turned, begin, turn_away};
use doorward_core::ids::ServerId;
use doorward_core::principal::PrincipalId;
use doorward_core::refusal::{Code, Refusal};
use doorward_core::routing::Questions;
use doorward_mcp::message::{Message, Notification, Request, Response};
use doorward_mcp::raw::RawJson;
use doorward_mcp::revision::{Era, Revision};
use doorward_mcp::splice::Segments;

use tokio::time::timeout;

use crate::caller::{Caller, Listener};
use crate::clock::{exchange_id, now};
use crate::conduct::{Rest, conduct};
use crate::definitions::{Belief, Knowledge, Learned};
use crate::gateway::{Authority, Gateway};
use crate::health::Sighting;
use crate::limits::{LIST_PAGES_MAX, LISTING_WAIT};
use crate::server::Server;
use crate::upstream::{Housekeeping, Link, ParamHeaders};

pub use ongoing::{Final, Ongoing, Produced, supported_versions};
use questions::Asked;
pub(crate) use questions::renamed;

/// A conversation: who, with which server, over which way.
#[derive(Debug)]
pub struct Talk {
    gateway: Arc<Gateway>,
    server: Arc<Server>,
    listener: Arc<Listener>,
    link: Arc<Link>,
    /// The revision agreed on by `initialize`; empty before, and for stateless requests.
    agreed: OnceLock<Revision>,
    questions: Mutex<Questions<Asked>>,
}

impl Talk {
    /// A conversation over `link`, which must be a way of `listener`'s owner.
    #[must_use]
    pub fn new(gateway: Arc<Gateway>, server: Arc<Server>, listener: Arc<Listener>, link: Arc<Link>) -> Self {
        Self { gateway, server, listener, link, agreed: OnceLock::new(), questions: Mutex::new(Questions::default()) }
    }

    /// Whose conversation it is.
    #[must_use]
    pub fn owner(&self) -> &PrincipalId {
        self.listener.owner()
    }

    /// The client's end of it.
    #[must_use]
    pub const fn listener(&self) -> &Arc<Listener> {
        &self.listener
    }

    /// The server spoken to.
    #[must_use]
    pub const fn server(&self) -> &Arc<Server> {
        &self.server
    }

    /// The way to the server.
    #[must_use]
    pub const fn link(&self) -> &Arc<Link> {
        &self.link
    }

    /// The revision agreed on by `initialize`, once it is.
    #[must_use]
    pub fn agreed(&self) -> Option<Revision> {
        self.agreed.get().copied()
    }

    /// A client's request, up to where it was forwarded. The rest is in what is returned: nothing more happens unless it
    /// is driven, and dropping it ends the exchange as cancelled.
    pub async fn request(self: &Arc<Self>, caller: &Caller, request: Request, revision: Revision) -> Ongoing {
        self.request_with(caller, request, (revision, ParamHeaders::new())).await
    }

    /// As [`Talk::request`], with the client's `Mcp-Param-*` headers.
    pub async fn request_with(
        self: &Arc<Self>,
        caller: &Caller,
        request: Request,
        (revision, params): (Revision, ParamHeaders),
    ) -> Ongoing {
        let caller = self.listener.of_request(caller, &request, revision);
        if let Some(refusal) = self.stopped_request(&caller, &request) {
            let message = Message::Request(request.clone());
            let outcome = self.turn_back(&caller, (Direction::ToServer, message), revision, refusal).await;
            return Ongoing::over((self.clone(), caller), request, revision, outcome);
        }
        let request = match self.without_hints(&request) {
            Ok(without) => without.unwrap_or(request),
            Err(refusal) => {
                let refusal = self.turn_away(&caller, refusal, Some(request.method()), request.bytes().len()).await;
                return Ongoing::over((self.clone(), caller), request, revision, Outcome::Refuse(refusal));
            }
        };
        let request = match self.gateway.approvals().returned(self.owner(), self.server.id(), &request, revision.era())
        {
            Ok(back) => back.unwrap_or(request),
            Err(refusal) => {
                let refusal = self.turn_away(&caller, refusal, Some(request.method()), request.bytes().len()).await;
                return Ongoing::over((self.clone(), caller), request, revision, Outcome::Refuse(refusal));
            }
        };
        if let Err(refusal) = self.gateway.handles().check(self.owner(), self.server.id(), &request) {
            let refusal = self.turn_away(&caller, refusal, Some(request.method()), request.bytes().len()).await;
            return Ongoing::over((self.clone(), caller), request, revision, Outcome::Refuse(refusal));
        }
        if request.method() == "tools/call"
            && let Err(refusal) = self.know(&request, revision.era()).await
        {
            let refusal = self.turn_away(&caller, refusal, Some(request.method()), request.bytes().len()).await;
            return Ongoing::over((self.clone(), caller), request, revision, Outcome::Refuse(refusal));
        }
        let asked = request.clone();
        let params = aside::passed(&self.gateway, self.server.id(), params);
        match self.pass(&caller, Direction::ToServer, Message::Request(request), revision).await {
            Rest::Forward(permit, waiting) => {
                Ongoing::forwarded((self.clone(), caller), asked, revision, (permit, params), waiting)
            }
            Rest::Reply(outcome) => Ongoing::over((self.clone(), caller), asked, revision, outcome),
        }
    }

    /// A client's notification. Its sender is told nothing, whatever becomes of it.
    pub async fn notification(&self, caller: &Caller, notification: Notification, revision: Revision) {
        let caller = self.listener.of_notification(caller, &notification, revision);
        let notification = match self.unhinted(&notification) {
            Ok(without) => without.unwrap_or(notification),
            Err(refusal) => {
                self.turn_away(&caller, refusal, Some(notification.method()), notification.bytes().len()).await;
                return;
            }
        };
        let rest = self.pass(&caller, Direction::ToServer, Message::Notification(notification), revision).await;
        if let Rest::Forward(permit, waiting) = rest {
            let answer = match self.link.tell(permit).await {
                Ok(()) => doorward_core::exchange::Answer::Delivered,
                Err(refusal) => doorward_core::exchange::Answer::Failed(refusal),
            };
            conduct(&self.gateway, waiting.answered(answer, now())).await;
        }
    }

    /// A server's notification, told to `caller`: the bytes to give the client, if any.
    pub(crate) async fn notified(
        &self,
        caller: &Caller,
        notification: Notification,
        revision: Revision,
    ) -> Option<Segments> {
        if notification.method() == "notifications/tools/list_changed" {
            self.server.definitions().forget_asking();
        }
        if !self.gateway.handles().may_hear(self.owner(), self.server.id(), &notification) {
            let refusal = Refusal::new(Code::ForeignHandle);
            self.turn_away(caller, refusal, Some(notification.method()), notification.bytes().len()).await;
            return None;
        }
        let notification = match notification.method() {
            "notifications/cancelled" => self.taken_back(notification).await,
            _ => notification,
        };
        match self.pass(caller, Direction::ToClient, Message::Notification(notification), revision).await {
            Rest::Forward(permit, waiting) => {
                let segments = Segments::from(permit.message().bytes().clone());
                conduct(&self.gateway, waiting.answered(doorward_core::exchange::Answer::Delivered, now())).await;
                Some(segments)
            }
            Rest::Reply(_) => None,
        }
    }

    /// Refuses a message that could not become an exchange, and records that.
    pub async fn turn_away(&self, caller: &Caller, refusal: Refusal, method: Option<&str>, bytes: usize) -> Refusal {
        let turned = Turn { caller: caller.clone(), server: Some(self.server.id().clone()), method, bytes };
        turned.away(&self.gateway, refusal).await
    }

    async fn pass(&self, caller: &Caller, direction: Direction, message: Message, revision: Revision) -> Rest {
        if let Some(refusal) = self.stopped(caller, direction, &message) {
            return Rest::Reply(self.turn_back(caller, (direction, message), revision, refusal).await);
        }
        let at = now();
        let id = exchange_id(at);
        let boarded = self.gateway.flows().follow(id);
        let (approach, message) = match self.enter((id, at), caller, direction, message) {
            Ok(entered) => entered,
            Err(step) => return conduct(&self.gateway, *step).await,
        };
        let arrival = Arrival {
            id,
            principal: caller.principal.clone(),
            server: self.server.id().clone(),
            direction,
            approach,
            revision,
            message,
            at,
        };
        let rest = conduct(&self.gateway, begin(arrival)).await;
        if matches!(rest, Rest::Forward(..)) {
            boarded.goes_on();
        }
        rest
    }

    /// Makes sure the tool a call names is known, if the server offers it: a policy cannot judge what it has not seen, and
    /// what travels in headers (2026-07-28) stands in its schema.
    ///
    /// # Errors
    /// Why the server's tools cannot be seen, where the policy needs to: it would only say that there is no such tool.
    pub async fn know(&self, request: &Request, era: Era) -> Result<(), Refusal> {
        if self.gateway.authority() == Authority::Endpoint && era == Era::Legacy {
            return Ok(());
        }
        let name = request.param("name").and_then(|name| name.as_str().map(|name| name.into_owned()));
        let Some(name) = name else { return Ok(()) };
        self.look_again(era).await?;
        match self.server.definitions().knowledge_of(&name) {
            Knowledge::Settled => return Ok(()),
            Knowledge::Seen => {
                self.gateway.relearn(self.server.id()).await;
                return Ok(());
            }
            Knowledge::Unseen => {}
        }
        // One listing at a time: whoever comes meanwhile waits for it rather than being judged without it. The turn is
        // never closed, and a listing is bounded in time and pages.
        let _turn = self.server.listing_turn().acquire().await;
        match self.server.definitions().knowledge_of(&name) {
            Knowledge::Settled => {}
            Knowledge::Seen => self.gateway.relearn(self.server.id()).await,
            Knowledge::Unseen if self.server.definitions().due() => self.list_tools(era).await,
            Knowledge::Unseen => {}
        }
        self.seen(self.server.definitions().knowledge_of(&name) != Knowledge::Unseen)
    }

    /// Asks for the server's tools once more, if it says that they have changed or has not shown them for long: what is used
    /// must be what was approved, and a client that does not list again would not see the change.
    ///
    /// # Errors
    /// Why they cannot be seen, when the server says that they have changed.
    async fn look_again(&self, era: Era) -> Result<(), Refusal> {
        let pinned = self.gateway.authority() == Authority::Policy && self.gateway.pins().is_on();
        let definitions = self.server.definitions();
        if !pinned || definitions.belief() == Belief::Fresh {
            return Ok(());
        }
        let _turn = self.server.listing_turn().acquire().await;
        if definitions.belief() != Belief::Fresh && definitions.due() {
            self.list_tools(era).await;
        }
        match definitions.belief() {
            Belief::Fresh => Ok(()),
            Belief::Old => {
                // A server that cannot be looked at is not asked at every call.
                definitions.looked(Instant::now());
                Ok(())
            }
            Belief::Announced => self.seen(false),
        }
    }

    /// The input schema of a tool, for a caller who may know that there is such a tool: what is refused by it differs from
    /// what is refused of a name that nothing has.
    pub(crate) fn schema_for(&self, caller: &Caller, name: &str, era: Era) -> Option<RawJson> {
        let schema = self.server.definitions().input_schema(name)?;
        let concealed = match self.gateway.authority() {
            Authority::Endpoint => false,
            Authority::Policy => self.gateway.engine().conceals(&AccessRequest {
                principal: caller.principal.clone(),
                action: Action::of(Direction::ToServer, Kind::Request, "tools/call")?,
                resource: Resource::Tool(self.server.id().clone(), Arc::from(name)),
                arguments: None,
                approach: caller.approach.clone(),
                era,
                at: now(),
            }),
        };
        (!concealed).then_some(schema)
    }

    /// Makes sure the server's tools were looked at once, for names that cannot be read without them.
    ///
    /// # Errors
    /// Why they cannot be seen.
    pub(crate) async fn know_list(&self, era: Era) -> Result<(), Refusal> {
        if self.server.definitions().listed() {
            return Ok(());
        }
        let _turn = self.server.listing_turn().acquire().await;
        if !self.server.definitions().listed() && self.server.definitions().due() {
            self.list_tools(era).await;
        }
        self.seen(self.server.definitions().listed())
    }

    /// What was not seen is only missing if the server could be asked. An endpoint that decides for itself is asked anyway.
    fn seen(&self, seen: bool) -> Result<(), Refusal> {
        match (seen, self.gateway.authority()) {
            (true, _) | (false, Authority::Endpoint) => Ok(()),
            (false, Authority::Policy) => self.server.definitions().failure().map_or(Ok(()), Err),
        }
    }

    /// Has the policy loaded for what was learned from several pages at once.
    pub(crate) async fn learned(&self, learned: Learned) {
        if learned == Learned::Something {
            self.gateway.relearn(self.server.id()).await;
        }
    }

    /// The server answered, or did not: what that says of whether it can be reached.
    fn sighted(&self, sighting: Sighting) {
        if sighting == Sighting::Turned {
            self.gateway.shelves().turned(self.server.id());
        }
    }

    /// Learns the server's tool list. The policy is loaded once for all of its pages.
    async fn list_tools(&self, era: Era) {
        if self.server.reach().is_held() {
            return;
        }
        // What was learned up to then counts.
        let learned = timeout(LISTING_WAIT, self.follow_list(era)).await.unwrap_or_else(|_| {
            self.server.definitions().failed(Refusal::new(Code::TimedOut));
            Learned::Something
        });
        self.server.definitions().has_asked();
        if learned == Learned::Something {
            self.gateway.relearn(self.server.id()).await;
        }
    }

    /// Follows the server's tool list to its end, or as far as it comes.
    async fn follow_list(&self, era: Era) -> Learned {
        let asked = Instant::now();
        let mut learned = Learned::Nothing;
        let mut cursor = None;
        for _ in 0..LIST_PAGES_MAX {
            let response = match self.link.keep_house(Housekeeping::ListTools { cursor, era }).await {
                Ok(response) => response,
                Err(refusal) => {
                    tracing::warn!(server = %self.server.id(), code = %refusal.code, "the server's tools could not be listed");
                    self.server.definitions().failed(refusal);
                    return learned;
                }
            };
            learned = self.server.definitions().learn(&response);
            self.gateway.pins().look_over(&self.gateway, self.server.id(), &response).await;
            cursor = response
                .result_member("nextCursor")
                .and_then(|cursor| cursor.as_str().map(|cursor| cursor.into_owned()));
            if cursor.is_none() {
                self.server.definitions().looked(asked);
                break;
            }
        }
        learned
    }

    async fn learn(&self, response: &Response) {
        if self.server.definitions().learn(response) == Learned::Something {
            self.gateway.relearn(self.server.id()).await;
        }
    }

    fn questions(&self) -> std::sync::MutexGuard<'_, Questions<Asked>> {
        // A panic while it was held cannot have left it half written: every change is one insertion or removal.
        self.questions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A message that is refused before it could begin an exchange.
#[derive(Debug)]
pub struct Turn<'a> {
    /// Who sent it, and how it came.
    pub caller: Caller,
    /// The server it was sent to; `None` when there is none of that name.
    pub server: Option<ServerId>,
    /// The method, when that much could be read.
    pub method: Option<&'a str>,
    /// Its size in bytes.
    pub bytes: usize,
}

impl Turn<'_> {
    /// Records the refusal and returns it with its reference.
    pub async fn away(self, gateway: &Arc<Gateway>, refusal: Refusal) -> Refusal {
        let at = now();
        let turned = Turned {
            id: exchange_id(at),
            principal: self.caller.principal,
            server: self.server,
            direction: Direction::ToServer,
            approach: self.caller.approach,
            method: self.method.map(Arc::from),
            bytes: self.bytes as u64,
            at,
        };
        match conduct(gateway, turn_away(turned, refusal)).await {
            Rest::Reply(Outcome::Refuse(refusal)) => refusal,
            // INVARIANT: turning away replies with a refusal and nothing else.
            Rest::Reply(Outcome::Answer(_) | Outcome::Done) | Rest::Forward(..) => Refusal::new(Code::UnknownShape),
        }
    }
}

/// The answer to a batch: its answers in one array.
#[must_use]
pub fn join_batch(answers: &[bytes::Bytes]) -> bytes::Bytes {
    let mut joined = Vec::with_capacity(
        answers.iter().map(|answer| answer.len().saturating_add(1)).sum::<usize>().saturating_add(2),
    );
    joined.push(b'[');
    for (index, answer) in answers.iter().enumerate() {
        if index > 0 {
            joined.push(b',');
        }
        joined.extend_from_slice(answer);
    }
    joined.push(b']');
    joined.into()
}
