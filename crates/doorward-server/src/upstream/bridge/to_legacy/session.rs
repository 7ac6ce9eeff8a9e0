//! A session of the gateway's own with a legacy server, for the stateless requests of one principal whose clients can be
//! asked the same.
//!
//! Responsible for opening it once, for numbers that tell its requests apart, and for who is in it. It must never carry
//! anything of a client's without that client's permit.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use doorward_core::permit::Permit;
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::bridge::{self, Declared, TaskSupport, TasksBridged, Watched};
use doorward_mcp::compose;
use doorward_mcp::message::{Notification, Request, Response};
use doorward_mcp::raw::{Raw, RawJson};
use doorward_mcp::revision::{Era, Revision};
use doorward_mcp::splice::Segments;
use doorward_mcp::views::initialize::InitializeResult;
use doorward_mcp::views::meta::LogLevel;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout};

use super::listening::Listener;
use super::pump;
use super::tasks::Errand;
use crate::limits::{HOUSEKEEPING_WAIT, SEAT_EVENTS_MAX};
use crate::server::Reach;
use crate::upstream::{Call, Event, Housekeeping, Link, ParamHeaders};

/// One session, open or to be opened.
#[derive(Debug)]
pub(super) struct Session {
    reach: Arc<Reach>,
    link: Arc<Link>,
    declared: Declared,
    turn: Arc<Semaphore>,
    next: AtomicU64,
    state: Mutex<State>,
}

type Opening = Pin<Box<dyn Future<Output = Result<Arc<Known>, Refusal>> + Send>>;

#[derive(Debug)]
pub(super) struct State {
    known: Option<Arc<Known>>,
    life: Life,
    seats: BTreeMap<u64, mpsc::Sender<Event>>,
    /// Streams of news.
    pub(super) listeners: BTreeMap<u64, Listener>,
    /// The resources the server was asked to speak of.
    pub(super) watched: Watched,
    /// On whose behalf.
    pub(super) permits: BTreeMap<String, Arc<Permit>>,
    roots: Option<RawJson>,
    /// Tasks of this session's clients.
    pub(super) tasks: BTreeMap<String, Errand>,
    /// Which tools run as tasks, as far as listed.
    pub(super) supports: BTreeMap<String, TaskSupport>,
    /// When somebody last came or went.
    pub(super) used: Instant,
    pump: Option<AbortHandle>,
    /// When it could last not be opened, and why.
    failed: Option<(Instant, Refusal)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Usable,
    /// It was idle too long; another takes its place.
    Over,
}

/// What the server said when the session was opened.
#[derive(Debug)]
pub(super) struct Known {
    response: Response,
    /// What it calls itself, as JSON.
    pub(super) server_info: Option<String>,
    logging: Offer,
    /// Tools that run as tasks.
    pub(super) tasks: Offer,
    /// How often the conversation had broken off before.
    breaks: u64,
    /// From which level on it was told to log.
    level: Mutex<Option<LogLevel>>,
}

/// Whether the server offers something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offer {
    Made,
    NotMade,
}

/// A request's place in a session: where what concerns it but does not come on its own way is put.
#[derive(Debug)]
pub(super) struct Seat {
    session: Arc<Session>,
    pub(super) number: u64,
    events: mpsc::Receiver<Event>,
}

impl Session {
    /// A session that opens when it is first used.
    pub(super) fn new(reach: Arc<Reach>, link: Arc<Link>, declared: Declared) -> Arc<Self> {
        let state = State {
            known: None,
            life: Life::Usable,
            seats: BTreeMap::new(),
            listeners: BTreeMap::new(),
            watched: Watched::default(),
            permits: BTreeMap::new(),
            roots: None,
            tasks: BTreeMap::new(),
            supports: BTreeMap::new(),
            used: Instant::now(),
            pump: None,
            failed: None,
        };
        let turn = Arc::new(Semaphore::new(1));
        Arc::new(Self { reach, link, declared, turn, next: AtomicU64::new(1), state: Mutex::new(state) })
    }

    /// The way to the server.
    pub(super) const fn link(&self) -> &Arc<Link> {
        &self.link
    }

    /// What its clients can be asked.
    pub(super) const fn declared(&self) -> &Declared {
        &self.declared
    }

    /// What the server said when the session was opened; opens it now if need be. An opening that has begun goes on when
    /// nobody waits for it any more: a server must not be left in the middle of its handshake.
    pub(super) async fn opened(self: &Arc<Self>) -> Result<Arc<Known>, Refusal> {
        self.state().used = Instant::now();
        if let Some(known) = self.known() {
            return Ok(known);
        }
        let came = Instant::now();
        // The turn is never closed, and an opening is bounded in time.
        let turn = self.turn.clone().acquire_owned().await.map_err(|_| Refusal::new(Code::Stopping))?;
        if let Some(known) = self.known() {
            return Ok(known);
        }
        // Who waited while an opening failed has waited long enough.
        let failed = self.state().failed.clone().filter(|(at, _)| *at >= came);
        if let Some((_, refusal)) = failed {
            return Err(refusal);
        }
        let opening = self.clone().open(turn);
        tokio::spawn(opening).await.unwrap_or_else(|_| Err(Refusal::new(Code::Stopping)))
    }

    /// Boxed because opening a way asks it for housekeeping, which on a bridge opens a way.
    fn open(self: Arc<Self>, turn: OwnedSemaphorePermit) -> Opening {
        Box::pin(async move {
            let _turn = turn;
            self.shake_hands().await
        })
    }

    async fn shake_hands(self: &Arc<Self>) -> Result<Arc<Known>, Refusal> {
        let converse = Housekeeping::Converse { declared: self.declared.clone() };
        let opened =
            self.link.keep_house(converse).await.and_then(|response| Known::read(response, self.link.breaks()));
        match opened {
            Ok(known) => {
                let known = Arc::new(known);
                let mut state = self.state();
                state.known = Some(known.clone());
                if state.pump.as_ref().is_none_or(AbortHandle::is_finished) {
                    state.pump = Some(tokio::spawn(pump::run(Arc::downgrade(self), self.link.clone())).abort_handle());
                }
                Ok(known)
            }
            Err(refusal) => {
                // Whoever answers there next may speak another era (2026-07-28, basic/versioning).
                self.reach.doubt_era();
                self.state().failed = Some((Instant::now(), refusal.clone()));
                Err(refusal)
            }
        }
    }

    /// The server no longer knows the session that was opened so: the next use opens another.
    pub(super) fn forget(&self, opened: &Arc<Known>) {
        self.forget_if(|known| Arc::ptr_eq(known, opened));
    }

    /// The conversation has broken off `breaks` times; one that was opened since is another.
    pub(super) fn forget_before(&self, breaks: u64) {
        self.forget_if(|known| known.breaks != breaks);
    }

    /// A new child hears the handshake from whoever starts it, and then only has to be told the rest.
    fn forget_if(&self, is_lost: impl Fn(&Arc<Known>) -> bool) {
        let mut state = self.state();
        let Some(known) = state.known.as_ref().filter(|known| is_lost(known)) else { return };
        match self.link.as_ref() {
            Link::Stdio(_) => *known.level() = None,
            Link::Http(_) | Link::Sse(_) | Link::Either(_) | Link::Bridged(_) => state.known = None,
        }
    }

    /// A number that no other request of this session has.
    pub(super) fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// A place for a request.
    pub(super) fn sit(self: &Arc<Self>) -> Seat {
        let number = self.number();
        let (sender, events) = mpsc::channel(SEAT_EVENTS_MAX);
        let mut state = self.state();
        state.used = Instant::now();
        state.seats.insert(number, sender);
        drop(state);
        Seat { session: self.clone(), number, events }
    }

    /// Puts a question that came outside of calls to the newest request under way: servers of this era may ask so while
    /// they work on it.
    /// What could not be put is given back.
    pub(super) fn put_to_newest(&self, question: Request) -> Option<Request> {
        let newest = self.state().seats.last_key_value().map(|(_, seat)| seat.clone());
        let Some(newest) = newest else { return Some(question) };
        match newest.try_reserve() {
            Ok(place) => {
                place.send(Event::Question(question));
                None
            }
            Err(_) => Some(question),
        }
    }

    /// Puts a notification that came outside of calls to the request under way, if it is the only one.
    pub(super) fn put_to_only(&self, told: Notification) {
        let state = self.state();
        if let (1, Some((_, seat))) = (state.seats.len(), state.seats.first_key_value()) {
            // One that does not fit is lost, as log lines may be.
            let _ = seat.try_send(Event::Notification(told));
        }
    }

    /// Asks the server something on behalf of a permit, and waits for the answer (bounded). Nobody can be asked back.
    pub(super) async fn ask(&self, permit: Permit) -> Result<Response, Refusal> {
        let mut call = self.link.call(permit, &ParamHeaders::new()).await?;
        timeout(HOUSEKEEPING_WAIT, self.answer(&mut call)).await.unwrap_or_else(|_| Err(Refusal::new(Code::TimedOut)))
    }

    async fn answer(&self, call: &mut Call) -> Result<Response, Refusal> {
        loop {
            match call.next().await {
                Event::Response(response) => return Ok(response),
                Event::Failed(refusal) => return Err(refusal),
                Event::Question(question) => self.reply(pump::refused(&question)),
                Event::Notification(_) => {}
            }
        }
    }

    /// Makes sure that the server logs from this level on.
    pub(super) async fn log_from(&self, known: &Known, level: LogLevel, permit: &Permit) {
        let told = *known.level();
        if known.logging == Offer::NotMade || told.is_some_and(|told| told <= level) {
            return;
        }
        let number = self.number();
        let asked = match permit.reword(|_| bridge::level_in_session(number, level)) {
            Ok(permit) => self.ask(permit).await,
            Err(_) => return,
        };
        match asked {
            Ok(response) if response.result().is_some() => *known.level() = Some(level),
            Ok(_) | Err(_) => tracing::debug!(server = %self.reach.id(), "the server's log level could not be set"),
        }
    }

    /// Hands the server a response, without waiting for that.
    pub(super) fn reply(&self, response: Bytes) {
        let (link, server) = (self.link.clone(), self.reach.id().clone());
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            if let Err(refusal) = link.reply(Segments::from(response)).await {
                tracing::debug!(%server, code = %refusal.code, "an answer did not reach the server");
            }
        });
    }

    /// Remembers the folders that a client of this session named last.
    pub(super) fn remember_roots(&self, roots: RawJson) {
        self.state().roots = Some(roots);
    }

    /// The folders that a client of this session named last.
    pub(super) fn roots(&self) -> Option<RawJson> {
        self.state().roots.clone()
    }

    /// When it was used last; `None` while somebody is in it.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        let state = self.state();
        state.is_empty().then_some(state.used)
    }

    /// Ends a session that nobody has used for a while, and says whether it did.
    pub(super) fn end_if_idle(&self, idle: Duration) -> bool {
        self.forget_old_tasks();
        let mut state = self.state();
        let is_idle = state.is_empty() && state.used.elapsed() >= idle;
        if is_idle {
            state.life = Life::Over;
        }
        is_idle
    }

    /// Whether it can be used.
    pub(super) fn is_usable(&self) -> bool {
        self.state().life == Life::Usable
    }

    /// The server, and what is known of it.
    pub(super) const fn reach(&self) -> &Arc<Reach> {
        &self.reach
    }

    /// When somebody last took a seat.
    pub(super) fn used(&self) -> Instant {
        self.state().used
    }

    fn known(&self) -> Option<Arc<Known>> {
        self.state().known.clone()
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // A panic while it was held cannot have left it half written: every change is one assignment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_empty(&self) -> bool {
        self.seats.is_empty() && self.listeners.is_empty() && self.tasks.is_empty()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(pump) = self.state().pump.take() {
            pump.abort();
        }
    }
}

impl Known {
    fn read(response: Response, breaks: u64) -> Result<Self, Refusal> {
        let bad = |detail: &str| Refusal::new(Code::BadAnswer).with_detail(detail);
        let result = response.result().ok_or_else(|| bad("It refused the handshake."))?;
        let read = InitializeResult::from_result(result).map_err(|_| bad("Its handshake cannot be read."))?;
        let agreed = Revision::parse(&read.protocol_version).filter(|revision| revision.era() == Era::Legacy);
        if agreed.is_none() {
            return Err(
                Refusal::new(Code::UnsupportedVersion).with_detail("It wants a version that is not known here.")
            );
        }
        let server_info = result.member("serverInfo").map(|info| info.text().to_owned());
        let offer = |path: &[&str]| if result.path(path).is_some() { Offer::Made } else { Offer::NotMade };
        let logging = offer(&["capabilities", "logging"]);
        let tasks = offer(&["capabilities", "tasks", "requests", "tools", "call"]);
        Ok(Self { server_info, logging, tasks, breaks, level: Mutex::new(None), response })
    }

    /// The answer to `server/discover` under `request`'s id.
    pub(super) fn discovered(&self, request: &Request) -> Option<Response> {
        let ours = [Revision::LATEST];
        let tasks = match self.tasks {
            Offer::Made => TasksBridged::Yes,
            Offer::NotMade => TasksBridged::No,
        };
        let result = bridge::discover_result(self.response.result()?, &ours, tasks)?;
        super::response(compose::result(request.id(), &result))
    }

    /// What the server offers.
    pub(super) fn capabilities(&self) -> Option<Raw<'_>> {
        self.response.result_member("capabilities")
    }

    fn level(&self) -> MutexGuard<'_, Option<LogLevel>> {
        self.level.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    pub(super) const fn session(&self) -> &Arc<Session> {
        &self.session
    }

    /// The next event that came another way than the call's own. Pends while there is none. Safe to drop and ask again.
    pub(super) async fn event(&mut self) -> Event {
        match self.events.recv().await {
            Some(event) => event,
            None => std::future::pending().await,
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut state = self.session.state();
        state.seats.remove(&self.number);
        state.used = Instant::now();
    }
}
