//! One server's place at a joint endpoint: the talk with it, and whether that is open.
//!
//! A conversation with a handshake opens all its seats at once, in the background; whoever needs one waits for it alone.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Instant;

use bytes::Bytes;
use doorward_core::ids::ServerId;
use doorward_core::joint::List;
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::limits::Limits;
use doorward_mcp::message::Message;
use doorward_mcp::revision::{Era, Revision};
use doorward_mcp::views::initialize::InitializeResult;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::own::Hello;
use super::shelf::{Change, Declared};
use super::{Joined, Joint, lock};
use crate::caller::Caller;
use crate::gateway::Gateway;
use crate::health::Sighting;
use crate::limits::{LEVEL_WAIT, RETRY_WAIT_MIN, SEAT_WAIT};
use crate::talk::Talk;

/// One server's place.
#[derive(Debug)]
pub(super) struct Seat {
    talk: Arc<Talk>,
    opening: watch::Sender<Opening>,
    /// What the server said of itself in the handshake of this conversation.
    declared: Arc<OnceLock<Arc<Declared>>>,
    /// Opens it and listens to it; ends with it.
    tasks: Mutex<Vec<AbortHandle>>,
}

/// How far the handshake with a server is.
#[derive(Debug, Clone)]
pub(super) enum Opening {
    /// Under way.
    Pending,
    /// Done, or not needed.
    Open,
    /// It failed, then.
    Failed(Refusal, Instant),
}

impl Seat {
    pub(super) const fn talk(&self) -> &Arc<Talk> {
        &self.talk
    }

    /// What the server said of itself in the handshake of this conversation, once it has.
    pub(super) fn declared(&self) -> Option<Arc<Declared>> {
        self.declared.get().cloned()
    }

    /// The revision spoken with this server, for a client that speaks `revision`.
    pub(super) fn revision(&self, revision: Revision) -> Revision {
        self.talk.agreed().unwrap_or(revision)
    }

    /// Whether the server can be spoken to now.
    pub(super) fn is_open(&self) -> bool {
        matches!(*self.opening.borrow(), Opening::Open)
    }

    /// Whether the handshake failed, or the conversation is over for the server.
    pub(super) fn is_lost(&self) -> bool {
        matches!(*self.opening.borrow(), Opening::Failed(..))
    }

    /// Whether the server did not answer, rather than refuse.
    pub(super) fn is_away(&self) -> bool {
        match &*self.opening.borrow() {
            Opening::Failed(refusal, _) => {
                matches!(refusal.code, Code::Unreachable | Code::Died | Code::TimedOut | Code::UnknownSession)
            }
            Opening::Pending | Opening::Open => false,
        }
    }

    /// Whether it may be opened again without a client's asking for it: one that just failed would fail again.
    pub(super) fn may_be_found(&self, now: Instant) -> bool {
        let since = match &*self.opening.borrow() {
            Opening::Failed(_, since) => *since,
            Opening::Pending | Opening::Open => return false,
        };
        self.is_away() && now.saturating_duration_since(since) >= RETRY_WAIT_MIN
    }

    /// What a refused request says of the conversation: a server that is gone, or has forgotten it, needs another one.
    pub(super) fn doubt(&self, code: Code) {
        let over = matches!(code, Code::Unreachable | Code::Died | Code::UnknownSession);
        if over && self.talk.agreed().is_some() {
            self.opening.send_replace(Opening::Failed(Refusal::new(code), Instant::now()));
        }
    }

    /// Waits until the handshake is over, within bounds.
    async fn opened(&self) -> Result<(), Refusal> {
        let mut opening = self.opening.subscribe();
        let opened = timeout(SEAT_WAIT, opening.wait_for(|opening| !matches!(opening, Opening::Pending))).await;
        match opened.as_ref().map(|opened| opened.as_deref()) {
            Ok(Ok(Opening::Open)) => Ok(()),
            Ok(Ok(Opening::Failed(refusal, _))) => Err(refusal.clone()),
            Ok(Ok(Opening::Pending) | Err(_)) => Err(Refusal::new(Code::Unreachable)),
            Err(_) => Err(Refusal::new(Code::TimedOut).with_detail("It has not opened the conversation yet.")),
        }
    }

    /// Ends the talk: its open questions are withdrawn, the server is told.
    pub(super) async fn close(&self) {
        self.end_tasks();
        self.talk.withdraw_questions().await;
        self.talk.link().close().await;
    }

    fn end_tasks(&self) {
        for task in lock(&self.tasks).drain(..) {
            task.abort();
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.end_tasks();
    }
}

impl Joined {
    /// The seat of a server, once it is open. If its handshake is still to come, that is `caller`'s.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) async fn seat(
        self: &Arc<Self>,
        caller: &Caller,
        joint: &Joint,
        id: &ServerId,
    ) -> Result<Arc<Seat>, Refusal> {
        match self.era {
            Era::Modern => self.stateless_seat(joint, id).await,
            Era::Legacy => {
                let seat = self.open_seat(caller, joint, id).ok_or_else(|| Refusal::new(Code::UnknownServer))?;
                seat.opened().await?;
                Ok(seat)
            }
        }
    }

    /// Begins the handshake with every server, with what the client said in its own.
    pub(super) fn open_seats(self: &Arc<Self>, caller: &Caller, joint: &Joint) {
        let stops = self.gateway.stops();
        for id in joint.servers.keys().filter(|id| stops.between(caller.principal.id(), id).is_none()) {
            self.open_seat(caller, joint, id);
        }
    }

    async fn stateless_seat(&self, joint: &Joint, id: &ServerId) -> Result<Arc<Seat>, Refusal> {
        let server = joint.servers.get(id).ok_or_else(|| Refusal::new(Code::UnknownServer))?;
        let link = match server.stateless(self.listener.owner()).await {
            Ok(link) => link,
            Err(refusal) => {
                self.missed(joint, id, refusal.code);
                return Err(refusal);
            }
        };
        let mut seats = lock(&self.seats);
        if let Some(seat) = seats.get(id).filter(|seat| Arc::ptr_eq(seat.talk.link(), &link)) {
            return Ok(seat.clone());
        }
        let talk = Talk::new(self.gateway.clone(), server.clone(), self.listener.clone(), link);
        let seat = Arc::new(Seat {
            talk: Arc::new(talk),
            opening: watch::Sender::new(Opening::Open),
            declared: Arc::default(),
            tasks: Mutex::default(),
        });
        seats.insert(id.clone(), seat.clone());
        Ok(seat)
    }

    /// The seat of a server in a conversation with a handshake, which begins now if there is none. One that failed, or
    /// whose server was configured anew, is given up for another.
    pub(super) fn open_seat(self: &Arc<Self>, caller: &Caller, joint: &Joint, id: &ServerId) -> Option<Arc<Seat>> {
        let hello = self.hello.get()?.clone();
        let server = joint.servers.get(id)?;
        let mut seats = lock(&self.seats);
        let attempt = match seats.get(id) {
            Some(seat) if Arc::ptr_eq(seat.talk.server(), server) && !seat.is_lost() => return Some(seat.clone()),
            Some(_) => {
                // What it asked in the conversation that is over, nobody waits for.
                lock(&self.questions).retain(|(whose, _)| whose != id);
                Attempt::Another
            }
            None => Attempt::First,
        };
        let link = server.conversation(self.listener.owner());
        let talk = Talk::new(self.gateway.clone(), server.clone(), self.listener.clone(), link);
        let talk = Arc::new(talk);
        let (opening, declared) = (watch::Sender::new(Opening::Pending), Arc::default());
        let handshake =
            Handshake { talk: talk.clone(), caller: caller.clone(), hello, attempt, declared: Arc::clone(&declared) };
        let opener = tokio::spawn(open(self.gateway.clone(), handshake, opening.clone()));
        let listener = tokio::spawn(self.overheard.listen(talk.clone()));
        let tasks = Mutex::new(vec![opener.abort_handle(), listener.abort_handle()]);
        let seat = Arc::new(Seat { talk, opening, declared, tasks });
        if let Some(before) = seats.insert(id.clone(), seat.clone()) {
            tokio::spawn(async move { before.close().await });
        }
        Some(seat)
    }
}

/// Which handshake it is with a server in one conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attempt {
    /// The first.
    First,
    /// One after another was lost, so the client's lists lack the server's.
    Another,
}

/// A handshake with one server, in the background.
struct Handshake {
    talk: Arc<Talk>,
    /// Whose request made it necessary.
    caller: Caller,
    hello: Hello,
    attempt: Attempt,
    declared: Arc<OnceLock<Arc<Declared>>>,
}

async fn open(gateway: Arc<Gateway>, handshake: Handshake, opening: watch::Sender<Opening>) {
    let Handshake { talk, caller, hello, attempt, declared: known } = handshake;
    let shaken = timeout(SEAT_WAIT, shake_hands(&talk, &caller, &hello)).await;
    let server = talk.server();
    let outcome = match shaken.unwrap_or_else(|_| Err(Refusal::new(Code::TimedOut))) {
        Ok(declared) => {
            let declared = Arc::new(declared);
            gateway.shelves().declare(server.id(), &caller.principal, Era::Legacy, declared.clone());
            let _ = known.set(declared);
            Opening::Open
        }
        Err(refusal) => {
            tracing::warn!(server = %server.id(), code = %refusal.code, "a server of a joint endpoint could not be opened");
            if server.health().failed(refusal.code) == Sighting::Turned {
                gateway.shelves().turned(server.id());
            }
            Opening::Failed(refusal, Instant::now())
        }
    };
    let opened = matches!(outcome, Opening::Open);
    opening.send_replace(outcome);
    let level = lock(&hello.level).clone();
    if let Some(level) = level.filter(|_| opened) {
        // A server that does not take the level logs as it likes.
        let _ =
            timeout(LEVEL_WAIT, async { talk.request(&caller, level, hello.agreed).await.finish(drop).await }).await;
    }
    if opened && attempt == Attempt::Another {
        for list in List::ALL {
            gateway.shelves().announce(Change::List(server.id().clone(), talk.owner().clone(), list));
        }
    }
}

async fn shake_hands(talk: &Arc<Talk>, caller: &Caller, hello: &Hello) -> Result<Declared, Refusal> {
    let at = Instant::now();
    let ongoing = talk.request(caller, hello.request.clone(), Revision::LATEST_LEGACY).await;
    // What a server says before the handshake is done has no place to go yet.
    let last = ongoing.finish(drop).await.ok_or_else(|| Refusal::new(Code::BadAnswer))?;
    if let Some(code) = last.refusal {
        return Err(Refusal::new(code));
    }
    let refused = || Refusal::new(Code::BadAnswer).with_detail("It did not agree to the handshake.");
    let agreed = talk.agreed().ok_or_else(refused)?;
    let declared = declared(last.message.into_bytes(), at).ok_or_else(refused)?;
    if let Some(initialized) = hello.initialized() {
        talk.notification(caller, initialized, agreed).await;
    }
    Ok(declared)
}

fn declared(answer: Bytes, at: Instant) -> Option<Declared> {
    let Ok(Message::Response(response)) = Message::parse(answer, &Limits::for_results()) else { return None };
    let result = InitializeResult::from_result(response.result()?).ok()?;
    let capabilities = response.keep(result.capabilities.raw).detached();
    let instructions = result.instructions.map(|instructions| instructions.into_owned());
    Some(Declared { capabilities, instructions, at })
}
