//! Legacy sessions: random ids, each bound to its principal and its server.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use doorward_core::principal::{PrincipalId, Proof};
use doorward_core::refusal::{Code, Refusal};
use doorward_core::time::Timestamp;
use doorward_mcp::id::Id;
use doorward_mcp::revision::Revision;
use tokio::task::JoinHandle;

use super::in_flight::{Claim, InFlight};
use super::outlet::Outlet;
use super::sse::SseSession;
use super::streams::{LISTEN, Streams};
use crate::caller::Caller;
use crate::clock::now;
use crate::dialogue::{Dialogue, Place};
use crate::gateway::Gateway;
use crate::limits::{SESSION_IDLE, SESSIONS_MAX, SESSIONS_PER_PRINCIPAL_MAX};

/// How often idle sessions are looked for.
const SWEEP: Duration = Duration::from_secs(30);

/// All sessions of the face.
#[derive(Debug)]
pub(super) struct Sessions {
    gateway: Arc<Gateway>,
    open: Mutex<HashMap<String, Kept>>,
}

/// A session of one of the two transports. None is found by way of the other.
#[derive(Debug, Clone)]
enum Kept {
    /// Of Streamable HTTP.
    Streamable(Arc<Session>),
    /// Of HTTP+SSE.
    Sse(Arc<SseSession>),
}

/// One legacy session.
#[derive(Debug)]
pub(super) struct Session {
    talk: Dialogue,
    streams: Mutex<Streams>,
    in_flight: Arc<InFlight>,
    used: AtomicI64,
    pump: Mutex<Option<JoinHandle<()>>>,
}

impl Sessions {
    pub(super) fn new(gateway: Arc<Gateway>) -> Self {
        Self { gateway, open: Mutex::new(HashMap::new()) }
    }

    /// Keeps a conversation that has been opened, under a new id.
    pub(super) fn keep(&self, session: Arc<Session>) -> Result<String, Refusal> {
        let id = self.insert(Kept::Streamable(session.clone()))?;
        session.pump();
        Ok(id)
    }

    /// Keeps a conversation over HTTP+SSE, under a new id.
    pub(super) fn keep_sse(&self, session: Arc<SseSession>) -> Result<String, Refusal> {
        self.insert(Kept::Sse(session))
    }

    fn insert(&self, session: Kept) -> Result<String, Refusal> {
        let mut random = [0_u8; 32];
        if aws_lc_rs::rand::fill(&mut random).is_err() {
            return Err(Refusal::new(Code::Busy).with_detail("No random numbers are available."));
        }
        let id = URL_SAFE_NO_PAD.encode(random);
        let mut open = self.lock();
        room(open.values().map(|kept| kept.talk().owner()), session.talk().owner())?;
        open.insert(id.clone(), session);
        self.gateway.metrics().sessions().set(i64::try_from(open.len()).unwrap_or(i64::MAX));
        Ok(id)
    }

    /// The session of that id, if it is this principal's and of this endpoint. To anybody else it does not exist.
    pub(super) fn find(&self, id: &[u8], principal: &PrincipalId, place: &Place) -> Result<Arc<Session>, Refusal> {
        let kept = std::str::from_utf8(id).ok().and_then(|id| self.kept(id, principal, place));
        let Some(Kept::Streamable(session)) = kept else { return Err(Refusal::new(Code::UnknownSession)) };
        session.used.store(now().as_micros(), Ordering::Relaxed);
        Ok(session)
    }

    /// The same over HTTP+SSE.
    pub(super) fn find_sse(
        &self,
        id: &str,
        principal: &PrincipalId,
        place: &Place,
    ) -> Result<Arc<SseSession>, Refusal> {
        match self.kept(id, principal, place) {
            Some(Kept::Sse(session)) => Ok(session),
            Some(Kept::Streamable(_)) | None => Err(Refusal::new(Code::UnknownSession)),
        }
    }

    fn kept(&self, id: &str, principal: &PrincipalId, place: &Place) -> Option<Kept> {
        let kept = self.lock().get(id).cloned()?;
        (kept.talk().owner() == principal && kept.talk().place() == *place).then_some(kept)
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

    /// Cuts off every listener as soon as nothing is in flight on its stream.
    pub(super) fn end_listening(&self) {
        let all: Vec<Kept> = self.lock().values().cloned().collect();
        for session in all {
            match session {
                Kept::Streamable(session) => session.streams().end_listening(),
                Kept::Sse(session) => session.drain(),
            }
        }
    }

    /// Ends all of them.
    pub(super) async fn end_all(&self) {
        let all: Vec<Kept> = self.lock().drain().map(|(_, session)| session).collect();
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

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Kept>> {
        // A panic while it was held cannot have left it half written: every change is one insertion or removal.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether one more session of `owner` may be open beside those of `owners`. Nobody takes the places of all others; whoever
/// is not one among several has them all.
fn room<'o>(owners: impl ExactSizeIterator<Item = &'o PrincipalId>, owner: &PrincipalId) -> Result<(), Refusal> {
    let all = owners.len();
    let own = match owner.proof() {
        Proof::LocalProcess | Proof::LocalToken | Proof::None => 0,
        Proof::ApiKey | Proof::AccessToken | Proof::BoundToken | Proof::Certificate => {
            owners.filter(|other| *other == owner).count()
        }
    };
    if all >= SESSIONS_MAX || own >= SESSIONS_PER_PRINCIPAL_MAX {
        return Err(Refusal::new(Code::Busy).with_detail("Too many sessions are open."));
    }
    Ok(())
}

impl Kept {
    fn talk(&self) -> &Dialogue {
        match self {
            Self::Streamable(session) => session.talk(),
            Self::Sse(session) => session.talk(),
        }
    }

    /// Whether nobody has used it for a while. What has a stream lives as long as that.
    fn is_idle(&self, at: Timestamp) -> bool {
        match self {
            Self::Streamable(session) => session.is_idle(at),
            Self::Sse(_) => false,
        }
    }

    async fn end(&self) {
        match self {
            Self::Streamable(session) => session.end().await,
            Self::Sse(session) => session.end().await,
        }
    }
}

impl Session {
    pub(super) fn new(talk: Dialogue) -> Arc<Self> {
        Arc::new(Self {
            talk,
            streams: Mutex::new(Streams::default()),
            in_flight: Arc::default(),
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

    /// Listens to what the server says outside any call, which is decided with `caller`'s standing from now on.
    pub(super) fn listen(&self, caller: &Caller) -> Outlet {
        self.talk.listener().listens(caller.clone());
        self.streams().listen(&caller.principal)
    }

    /// Marks a request id as in flight until the guard is dropped.
    pub(super) fn claim(&self, id: &Id) -> Result<Claim, Refusal> {
        self.in_flight.claim(id)
    }

    fn is_idle(&self, at: Timestamp) -> bool {
        let used = Timestamp::from_micros(self.used.load(Ordering::Relaxed));
        let busy = !self.in_flight.is_empty();
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

#[cfg(test)]
mod tests {
    use doorward_core::principal::Principal;

    use super::*;

    #[test]
    fn nobody_takes_the_sessions_of_all_others() {
        let owner = |name: &str, proof| Principal::new(name, proof).id().clone();
        let (ann, bob) = (owner("ann", Proof::AccessToken), owner("bob", Proof::AccessToken));
        let local = owner("local", Proof::None);
        let code = |owners: &[PrincipalId], owner| room(owners.iter(), owner).err().map(|refusal| refusal.code);
        let mut owners = vec![ann.clone(); SESSIONS_PER_PRINCIPAL_MAX - 1];
        assert_eq!(code(&owners, &ann), None);
        owners.push(ann.clone());
        assert_eq!((code(&owners, &ann), code(&owners, &bob)), (Some(Code::Busy), None));
        let everybody = vec![local.clone(); SESSIONS_MAX - 1];
        assert_eq!(code(&everybody, &local), None);
        let full = vec![owner("local", Proof::None); SESSIONS_MAX];
        assert_eq!(code(&full, &bob), Some(Code::Busy));
    }
}
