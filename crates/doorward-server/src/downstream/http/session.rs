//! Legacy sessions: random ids, each bound to its principal and its server.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use doorward_core::limits::IN_FLIGHT_MAX;
use doorward_core::principal::Principal;
use doorward_core::refusal::{Code, Refusal};
use doorward_core::time::Timestamp;
use doorward_mcp::id::Id;
use doorward_mcp::revision::Revision;
use tokio::task::JoinHandle;

use super::streams::{LISTEN, Streams};
use crate::clock::now;
use crate::dialogue::{Dialogue, Place};
use crate::gateway::Gateway;
use crate::limits::{SESSION_IDLE, SESSIONS_MAX};

/// How often idle sessions are looked for.
const SWEEP: Duration = Duration::from_secs(30);

/// All sessions of the face.
#[derive(Debug)]
pub(super) struct Sessions {
    gateway: Arc<Gateway>,
    open: Mutex<HashMap<String, Arc<Session>>>,
}

/// One legacy session.
#[derive(Debug)]
pub(super) struct Session {
    talk: Dialogue,
    streams: Mutex<Streams>,
    in_flight: Mutex<BTreeSet<Id>>,
    used: AtomicI64,
    pump: Mutex<Option<JoinHandle<()>>>,
}

impl Sessions {
    pub(super) fn new(gateway: Arc<Gateway>) -> Self {
        Self { gateway, open: Mutex::new(HashMap::new()) }
    }

    /// Keeps a conversation that has been opened, under a new id.
    pub(super) fn keep(&self, session: Arc<Session>) -> Result<String, Refusal> {
        let mut random = [0_u8; 32];
        if aws_lc_rs::rand::fill(&mut random).is_err() {
            return Err(Refusal::new(Code::Busy).with_detail("No random numbers are available."));
        }
        let id = URL_SAFE_NO_PAD.encode(random);
        let mut open = self.lock();
        if open.len() >= SESSIONS_MAX {
            return Err(Refusal::new(Code::Busy).with_detail("Too many sessions are open."));
        }
        session.pump();
        open.insert(id.clone(), session);
        self.gateway.metrics().sessions().set(i64::try_from(open.len()).unwrap_or(i64::MAX));
        Ok(id)
    }

    /// The session of that id, if it is this principal's and of this endpoint. To anybody else it does not exist.
    pub(super) fn find(&self, id: &[u8], principal: &Principal, place: &Place) -> Result<Arc<Session>, Refusal> {
        let session = std::str::from_utf8(id).ok().and_then(|id| self.lock().get(id).cloned());
        let session = session
            .filter(|session| session.talk.principal() == principal && session.talk.place() == *place)
            .ok_or_else(|| Refusal::new(Code::UnknownSession))?;
        session.used.store(now().as_micros(), Ordering::Relaxed);
        Ok(session)
    }

    /// Ends one session.
    pub(super) async fn end(&self, id: &[u8]) {
        let ended = std::str::from_utf8(id).ok().and_then(|id| {
            let mut open = self.lock();
            let ended = open.remove(id);
            self.gateway.metrics().sessions().set(i64::try_from(open.len()).unwrap_or(i64::MAX));
            ended
        });
        if let Some(session) = ended {
            session.end().await;
        }
    }

    /// Cuts off every listener; the sessions go on.
    pub(super) fn end_listening(&self) {
        let all: Vec<Arc<Session>> = self.lock().values().cloned().collect();
        for session in all {
            session.streams().end_listening();
        }
    }

    /// Ends all of them.
    pub(super) async fn end_all(&self) {
        let all: Vec<Arc<Session>> = self.lock().drain().map(|(_, session)| session).collect();
        self.gateway.metrics().sessions().set(0);
        for session in all {
            session.end().await;
        }
    }

    /// Ends those nobody has used for a while; never returns.
    pub(super) async fn sweep(&self) {
        loop {
            tokio::time::sleep(SWEEP).await;
            let at = now();
            let idle: Vec<String> =
                self.lock().iter().filter(|(_, session)| session.is_idle(at)).map(|(id, _)| id.clone()).collect();
            for id in idle {
                self.end(id.as_bytes()).await;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Session>>> {
        // A panic while it was held cannot have left it half written: every change is one insertion or removal.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    pub(super) fn new(talk: Dialogue) -> Arc<Self> {
        Arc::new(Self {
            talk,
            streams: Mutex::new(Streams::default()),
            in_flight: Mutex::new(BTreeSet::new()),
            used: AtomicI64::new(now().as_micros()),
            pump: Mutex::new(None),
        })
    }

    pub(super) const fn talk(&self) -> &Dialogue {
        &self.talk
    }

    pub(super) fn streams(&self) -> MutexGuard<'_, Streams> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The revision of the session; the latest with sessions until `initialize` has settled it.
    pub(super) fn revision(&self) -> Revision {
        self.talk.agreed().unwrap_or(Revision::LATEST_LEGACY)
    }

    /// Marks a request id as in flight until the guard is dropped.
    pub(super) fn claim(self: &Arc<Self>, id: &Id) -> Result<Claim, Refusal> {
        let mut in_flight = self.in_flight.lock().unwrap_or_else(PoisonError::into_inner);
        if in_flight.len() >= IN_FLIGHT_MAX {
            return Err(Refusal::new(Code::Busy).with_detail("Too many requests of this session are in flight."));
        }
        if in_flight.insert(id.clone()) {
            Ok(Claim { session: self.clone(), id: id.clone() })
        } else {
            Err(Refusal::new(Code::IdInUse))
        }
    }

    fn is_idle(&self, at: Timestamp) -> bool {
        let used = Timestamp::from_micros(self.used.load(Ordering::Relaxed));
        let busy = !self.in_flight.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
        !busy && at.since(used) >= SESSION_IDLE
    }

    /// Carries what the server says outside any call to the listening stream, until the session ends.
    fn pump(self: &Arc<Self>) {
        let session = Arc::downgrade(self);
        let talk = self.talk.clone();
        let task = tokio::spawn(async move {
            while let Some(segments) = talk.overheard().await {
                let Some(session) = session.upgrade() else { return };
                session.streams().push(LISTEN, segments.into_bytes());
            }
        });
        *self.pump.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
    }

    /// Ends the conversation: listeners are cut off, open questions withdrawn, the server told.
    pub(super) async fn end(&self) {
        if let Some(task) = self.pump.lock().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
        self.talk.close().await;
        self.streams().end();
    }
}

/// A request id in flight.
#[derive(Debug)]
pub(super) struct Claim {
    session: Arc<Session>,
    id: Id,
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.session.in_flight.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}
