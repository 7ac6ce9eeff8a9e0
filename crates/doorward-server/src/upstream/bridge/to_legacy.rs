//! Stateless requests (2026-07-28) to a server that has a handshake.
//!
//! Responsible for the gateway's own sessions with the server, one for each set of abilities that clients of one principal
//! declared, and for that each request finds its session, its parked call or its stream. It must never let two principals
//! share a session.

mod forwarded;
mod held;
mod listening;
mod lot;
mod pump;
mod session;
mod tasks;
mod visitors;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use doorward_core::permit::Permit;
use doorward_core::principal::PrincipalId;
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::bridge::{self, Declared, Parking, ParkingRules};
use doorward_mcp::id::Id;
use doorward_mcp::limits::Limits;
use doorward_mcp::message::{Message, Request, Response};
use doorward_mcp::revision::Era;
use doorward_mcp::splice::Segments;
use doorward_mcp::views::meta::LogLevel;
use tokio::time::Instant;

use super::super::{Call, Event, Housekeeping, ParamHeaders};
use super::BridgeCall;
use crate::limits::{
    PARKED_QUESTIONS_BYTES_MAX, PARKED_QUESTIONS_MAX, PARKED_ROUNDS_MAX, QUESTIONS_SETTLE,
    SESSIONS_PER_LEGACY_SERVER_MAX, TASK_TTL_MS,
};
use crate::server::Reach;
use crate::upstream::stdio::Share;

pub use lot::Lot;

use forwarded::{Allowance, Forwarded, Sent, Visit, refused};
use held::{Again, Farewell, Goal, Granted, Held, Parked};
use listening::Listening;
use lot::Bond;
use session::{Known, Session};
use visitors::{Visitor, Visitors};

const CLIENT_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";

/// One principal's way to a server that has a handshake.
#[derive(Debug)]
pub struct LegacyServer {
    shared: Arc<Shared>,
}

/// What requests under way share with the way they came.
#[derive(Debug)]
struct Shared {
    reach: Arc<Reach>,
    principal: PrincipalId,
    sessions: Mutex<BTreeMap<Declared, Arc<Session>>>,
    visitors: Visitors,
}

/// A stateless request under way at such a server.
#[derive(Debug)]
pub struct LegacyCall {
    stage: Stage,
    visitor: Visitor,
}

#[derive(Debug)]
enum Stage {
    /// Answered here.
    Made(Option<Event>),
    /// Answered here with a result that asks for input.
    Asked { asked: Option<Event>, state: Option<String>, lot: Arc<Lot> },
    /// At the server.
    Forwarded(Box<Forwarded>),
    /// A stream of news.
    Listening(Box<Listening>),
}

impl LegacyServer {
    pub(super) fn new(reach: Arc<Reach>, principal: PrincipalId) -> Self {
        Self {
            shared: Arc::new(Shared { reach, principal, sessions: Mutex::default(), visitors: Visitors::default() }),
        }
    }

    pub(super) async fn call(&self, permit: Permit, _params: &ParamHeaders) -> Result<Call, Refusal> {
        let Message::Request(request) = permit.message() else {
            return Err(Refusal::new(Code::UnknownShape));
        };
        let request = request.clone();
        let visitor = Visitors::enter(&self.shared, request.id());
        let declared = Declared::from_capabilities(request.meta().and_then(|meta| meta.member(CLIENT_CAPABILITIES)));
        let log_level = request.meta().and_then(|meta| meta.member(LOG_LEVEL)).and_then(|level| level.as_str());
        let log_level = log_level.and_then(|level| LogLevel::parse(&level));
        let visit = Visit { permit, request, log_level };
        let stage = match (visit.request.method(), bridge::state_of(&visit.request)) {
            ("server/discover", _) => self.shared.discover(&visit.request, &declared).await?,
            ("subscriptions/listen", _) => self.shared.listen(visit, &declared).await?,
            ("tasks/get" | "tasks/update" | "tasks/cancel", _) => self.shared.task(visit).await?,
            ("tools/call" | "prompts/get" | "resources/read", Some(state)) => self.shared.resume(visit, &state).await?,
            _ => self.shared.forward(visit, Parking::new(self.shared.rules(), declared)).await?,
        };
        Ok(Call::Bridged(Box::new(BridgeCall::ToLegacy(LegacyCall { stage, visitor }))))
    }

    /// 2026-07-28 has one notification of clients, which cancels a request of the same pipe. Over HTTP a request is
    /// cancelled by being dropped, and its id is nobody's but its own.
    pub(super) async fn tell(&self, permit: Permit) -> Result<(), Refusal> {
        let Message::Notification(told) = permit.message() else {
            return Err(Refusal::new(Code::UnknownShape));
        };
        match (told.method(), self.shared.reach.outside().share) {
            ("notifications/cancelled", Share::Exclusive) => {
                let named = told.param("requestId").and_then(|id| Id::read(id, &Limits::default()).ok());
                named.into_iter().for_each(|id| self.shared.visitors.cancel(&id));
            }
            (_, Share::Exclusive | Share::ByPrincipal) => {}
        }
        Ok(())
    }

    /// No client of this era has a question to answer.
    pub(super) async fn reply(&self, _answer: Segments) -> Result<(), Refusal> {
        Err(Refusal::new(Code::OtherEra))
    }

    pub(super) async fn keep_house(&self, task: Housekeeping) -> Result<Response, Refusal> {
        match task {
            Housekeeping::ListTools { cursor, .. } => self.shared.list_tools(cursor).await,
            Housekeeping::Initialize | Housekeeping::Converse { .. } | Housekeeping::Ping | Housekeeping::Discover => {
                Err(Refusal::new(Code::OtherEra))
            }
        }
    }

    /// What belongs to no request goes to whoever listens, on that client's own stream.
    pub(super) async fn unsolicited(&self) -> Event {
        std::future::pending().await
    }

    pub(super) async fn close(&self) {
        let sessions = std::mem::take(&mut *self.shared.sessions());
        for session in sessions.into_values() {
            session.link().close().await;
        }
    }
}

impl Shared {
    /// The session for clients that can be asked this.
    fn session(&self, declared: &Declared) -> Result<Arc<Session>, Refusal> {
        let mut sessions = self.sessions();
        if let Some(session) = sessions.get(declared).filter(|session| session.is_usable()) {
            return Ok(session.clone());
        }
        if sessions.len() >= SESSIONS_PER_LEGACY_SERVER_MAX {
            let idle =
                sessions.values().filter_map(|session| Some((session.idle_since()?, session.declared().clone())));
            let oldest = idle.min().map(|(_, declared)| declared);
            let oldest = oldest.and_then(|declared| sessions.remove(&declared));
            let oldest = oldest.ok_or_else(|| {
                Refusal::new(Code::Busy).with_detail("Too many sets of client capabilities are in use at once.")
            })?;
            tokio::spawn(async move { oldest.link().close().await });
        }
        let link = match sessions.is_empty() {
            true => self.reach.direct(&self.principal, Era::Legacy),
            false => Arc::new(self.reach.separate(&self.principal, Era::Legacy)),
        };
        let session = Session::new(self.reach.clone(), link, declared.clone());
        sessions.insert(declared.clone(), session.clone());
        Ok(session)
    }

    /// Bounds of the questions of one call.
    fn rules(&self) -> ParkingRules {
        ParkingRules {
            settle: QUESTIONS_SETTLE,
            patience: self.reach.outside().parking.patience(),
            rounds: PARKED_ROUNDS_MAX,
            questions: PARKED_QUESTIONS_MAX,
            bytes: PARKED_QUESTIONS_BYTES_MAX,
        }
    }

    async fn discover(&self, request: &Request, declared: &Declared) -> Result<Stage, Refusal> {
        let known = self.session(declared)?.opened().await?;
        let response = known.discovered(request).ok_or_else(unsound)?;
        Ok(Stage::Made(Some(Event::Response(response))))
    }

    /// Sends a request to the server, in its words.
    async fn forward(self: &Arc<Self>, visit: Visit, parking: Parking) -> Result<Stage, Refusal> {
        let visit = Arc::new(visit);
        let sent = self.send(&visit, parking).await?;
        Ok(Stage::Forwarded(Box::new(Forwarded::new(self.clone(), visit, sent, Allowance::Once))))
    }

    async fn send(&self, visit: &Visit, parking: Parking) -> Result<Sent, Refusal> {
        let session = self.session(parking.declared())?;
        let known = session.opened().await?;
        match self.send_in(&session, &known, visit, parking.clone()).await {
            // Nothing was sent: the server had already said that it knows the session no more.
            Err(refusal) if refusal.code == Code::UnknownSession => {
                session.forget(&known);
                let session = self.session(parking.declared())?;
                let known = session.opened().await?;
                self.send_in(&session, &known, visit, parking).await
            }
            sent => sent,
        }
    }

    async fn send_in(
        &self,
        session: &Arc<Session>,
        known: &Arc<Known>,
        visit: &Visit,
        parking: Parking,
    ) -> Result<Sent, Refusal> {
        if let Some(level) = visit.log_level {
            session.log_from(known, level, &visit.permit).await;
        }
        let goal = session.goal_of(known, &visit.request).await;
        let seat = session.sit();
        let (request, number) = (&visit.request, seat.number);
        let permit = visit.permit.reword(|_| match goal {
            Goal::Answer => bridge::request_in_session(request, number),
            Goal::Task | Goal::AnswerOfTask => bridge::call_as_task_in_session(request, number, TASK_TTL_MS),
        });
        let permit = permit.map_err(|unbridged| refused(&unbridged))?;
        let cancel = visit.permit.reword(|_| bridge::cancelled_in_session(number));
        let farewell = cancel.map_or(Farewell::Silence, Farewell::Cancel);
        let call = session.link().call(permit, &ParamHeaders::new()).await?;
        Ok(Sent { held: Box::new(Held::new(call, seat, parking, farewell, goal)), known: known.clone() })
    }

    /// A client is back with a state: gives the server the answers, and goes on with the call.
    async fn resume(self: &Arc<Self>, visit: Visit, state: &str) -> Result<Stage, Refusal> {
        let bond = Bond::of(&self.principal, self.reach.id(), &visit.request);
        let answers = bridge::answers_of(&visit.request);
        match *self.reach.outside().parking.redeem(state, &bond).await? {
            Parked::Open(mut held) => {
                let session = held.seat().session().clone();
                let known = session.opened().await?;
                session.answer_questions(&mut held.parking, &answers).await?;
                let sent = Sent { held, known };
                Ok(Stage::Forwarded(Box::new(Forwarded::new(self.clone(), Arc::new(visit), sent, Allowance::Never))))
            }
            Parked::Again(again) => match again.is_granted(&answers) {
                Granted::Yes => self.forward(visit, again.parking.clone()).await,
                Granted::No => self.given_up(&visit, &again).await,
                Granted::Unsaid => self.ask_again(&visit, again),
            },
        }
    }

    /// The person would not go where the server wanted: its error stands.
    async fn given_up(&self, visit: &Visit, again: &Again) -> Result<Stage, Refusal> {
        let known = self.session(again.parking.declared())?.opened().await?;
        let error = bridge::response_to_modern(visit.request.method(), &again.error, known.server_info.as_deref());
        let error = error.map_err(|unbridged| refused(&unbridged))?;
        Ok(Stage::Made(Some(Event::Response(error))))
    }

    /// Not everything was answered.
    fn ask_again(&self, visit: &Visit, mut again: Box<Again>) -> Result<Stage, Refusal> {
        again.parking.put(Instant::now().into_std()).map_err(|_| Refusal::new(Code::TooManyRounds))?;
        let asked = forwarded::ask(self, &visit.request, &again.questions.clone(), Parked::Again(again))?;
        Ok(Stage::Asked { asked: Some(Event::Response(asked.response)), state: Some(asked.state), lot: self.lot() })
    }

    fn lot(&self) -> Arc<Lot> {
        self.reach.outside().parking.clone()
    }

    async fn listen(&self, visit: Visit, declared: &Declared) -> Result<Stage, Refusal> {
        let session = self.session(declared)?;
        let known = session.opened().await?;
        let capabilities = known.capabilities().ok_or_else(unsound)?;
        let listening = Listening::begin(session, capabilities, visit, |_| false).await?;
        Ok(Stage::Listening(Box::new(listening)))
    }

    /// One page of tools, as a client's own list shows them.
    async fn list_tools(&self, cursor: Option<String>) -> Result<Response, Refusal> {
        let newest = self.sessions().values().max_by_key(|session| session.used()).cloned();
        let session = newest.map_or_else(|| self.session(&Declared::default()), Ok)?;
        let known = session.opened().await?;
        let page = session.link().keep_house(Housekeeping::ListTools { cursor, era: Era::Legacy }).await?;
        if let Some(result) = page.result() {
            session.learn_support(result);
        }
        bridge::response_to_modern("tools/list", &page, known.server_info.as_deref())
            .map_err(|unbridged| refused(&unbridged))
    }

    fn sessions(&self) -> std::sync::MutexGuard<'_, BTreeMap<Declared, Arc<Session>>> {
        // A panic while it was held cannot have left it half written: every change is one insertion or removal.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stage {
    async fn next(&mut self) -> Event {
        match self {
            Self::Made(event) | Self::Asked { asked: event, .. } => {
                event.take().unwrap_or_else(|| Event::Failed(unsound()))
            }
            Self::Forwarded(forwarded) => forwarded.next().await,
            Self::Listening(listening) => listening.next().await,
        }
    }
}

impl LegacyCall {
    pub(super) async fn next(&mut self) -> Event {
        tokio::select! {
            biased;
            () = self.visitor.cancelled() => {}
            event = self.stage.next() => return event,
        }
        // What the stage holds tells the server when it goes.
        self.stage = Stage::Made(None);
        Event::Failed(Refusal::new(Code::Cancelled))
    }

    pub(super) fn withheld(&mut self) {
        match &mut self.stage {
            Stage::Made(_) | Stage::Listening(_) => {}
            Stage::Asked { state, lot, .. } => {
                if let Some(state) = state.take() {
                    lot.forget(&state);
                }
            }
            Stage::Forwarded(forwarded) => forwarded.withheld(),
        }
    }

    pub(super) fn is_stream(&self) -> bool {
        match &self.stage {
            Stage::Made(_) | Stage::Asked { .. } => false,
            Stage::Forwarded(forwarded) => forwarded.is_stream(),
            Stage::Listening(_) => true,
        }
    }
}

/// Bytes of our own making as a response.
fn response(bytes: Bytes) -> Option<Response> {
    match Message::parse(bytes, &Limits::for_results()) {
        Ok(Message::Response(response)) => Some(response),
        Ok(Message::Request(_) | Message::Notification(_)) | Err(_) => None,
    }
}

/// What the server said makes no sound answer in the client's era.
fn unsound() -> Refusal {
    Refusal::new(Code::BadAnswer)
}
