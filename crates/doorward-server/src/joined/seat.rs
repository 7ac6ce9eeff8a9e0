//! One server's place at a joint endpoint: the talk with it, and whether that is open.
//!
//! A conversation with a handshake opens all its seats at once, in the background; whoever needs one waits for it alone.

use std::sync::{Arc, Mutex};

use doorward_core::ids::ServerId;
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::revision::{Era, Revision};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::own::Hello;
use super::{Joined, Joint, lock};
use crate::limits::SEAT_WAIT;
use crate::talk::Talk;

/// One server's place.
#[derive(Debug)]
pub(super) struct Seat {
    talk: Arc<Talk>,
    opening: watch::Sender<Opening>,
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
    /// It failed.
    Failed(Refusal),
}

impl Seat {
    pub(super) const fn talk(&self) -> &Arc<Talk> {
        &self.talk
    }

    /// The revision spoken with this server, for a client that speaks `revision`.
    pub(super) fn revision(&self, revision: Revision) -> Revision {
        self.talk.agreed().unwrap_or(revision)
    }

    /// Waits until the handshake is over, within bounds.
    async fn opened(&self) -> Result<(), Refusal> {
        let mut opening = self.opening.subscribe();
        let opened = timeout(SEAT_WAIT, opening.wait_for(|opening| !matches!(opening, Opening::Pending))).await;
        match opened.as_ref().map(|opened| opened.as_deref()) {
            Ok(Ok(Opening::Open)) => Ok(()),
            Ok(Ok(Opening::Failed(refusal))) => Err(refusal.clone()),
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
    /// The seat of a server, once it is open.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) async fn seat(self: &Arc<Self>, joint: &Joint, id: &ServerId) -> Result<Arc<Seat>, Refusal> {
        match self.era {
            Era::Modern => self.stateless_seat(joint, id).await,
            Era::Legacy => {
                let seat = self.open_seat(joint, id).ok_or_else(|| Refusal::new(Code::UnknownServer))?;
                seat.opened().await?;
                Ok(seat)
            }
        }
    }

    /// Begins the handshake with every server, with what the client said in its own.
    pub(super) fn open_seats(self: &Arc<Self>, joint: &Joint) {
        for id in joint.servers.keys() {
            self.open_seat(joint, id);
        }
    }

    async fn stateless_seat(&self, joint: &Joint, id: &ServerId) -> Result<Arc<Seat>, Refusal> {
        let server = joint.servers.get(id).ok_or_else(|| Refusal::new(Code::UnknownServer))?;
        let link = server.stateless(&self.principal).await?;
        let mut seats = lock(&self.seats);
        if let Some(seat) = seats.get(id).filter(|seat| Arc::ptr_eq(seat.talk.link(), &link)) {
            return Ok(seat.clone());
        }
        let talk = Talk::new(self.gateway.clone(), server.clone(), self.principal.clone(), self.face, link);
        let seat = Arc::new(Seat {
            talk: Arc::new(talk),
            opening: watch::Sender::new(Opening::Open),
            tasks: Mutex::default(),
        });
        seats.insert(id.clone(), seat.clone());
        Ok(seat)
    }

    /// The seat of a server in a conversation with a handshake, which begins now if there is none. One that failed, or
    /// whose server was configured anew, is given up for another.
    fn open_seat(self: &Arc<Self>, joint: &Joint, id: &ServerId) -> Option<Arc<Seat>> {
        let hello = self.hello.get()?.clone();
        let server = joint.servers.get(id)?;
        let mut seats = lock(&self.seats);
        if let Some(seat) = seats.get(id)
            && Arc::ptr_eq(seat.talk.server(), server)
            && !matches!(*seat.opening.borrow(), Opening::Failed(_))
        {
            return Some(seat.clone());
        }
        let link = server.conversation(&self.principal);
        let talk = Talk::new(self.gateway.clone(), server.clone(), self.principal.clone(), self.face, link);
        let talk = Arc::new(talk);
        let opening = watch::Sender::new(Opening::Pending);
        let opener = tokio::spawn(open(talk.clone(), hello, opening.clone()));
        let listener = tokio::spawn(self.overheard.listen(talk.clone()));
        let tasks = Mutex::new(vec![opener.abort_handle(), listener.abort_handle()]);
        let seat = Arc::new(Seat { talk, opening, tasks });
        if let Some(before) = seats.insert(id.clone(), seat.clone()) {
            tokio::spawn(async move { before.close().await });
        }
        Some(seat)
    }
}

async fn open(talk: Arc<Talk>, hello: Hello, opening: watch::Sender<Opening>) {
    let shaken = timeout(SEAT_WAIT, shake_hands(&talk, &hello)).await;
    let outcome = match shaken.unwrap_or_else(|_| Err(Refusal::new(Code::TimedOut))) {
        Ok(()) => Opening::Open,
        Err(refusal) => {
            tracing::warn!(server = %talk.server().id(), code = %refusal.code, "a server of a joint endpoint could not be opened");
            Opening::Failed(refusal)
        }
    };
    opening.send_replace(outcome);
}

async fn shake_hands(talk: &Arc<Talk>, hello: &Hello) -> Result<(), Refusal> {
    let ongoing = talk.request(hello.request.clone(), Revision::LATEST_LEGACY).await;
    // What a server says before the handshake is done has no place to go yet.
    let last = ongoing.finish(drop).await.ok_or_else(|| Refusal::new(Code::BadAnswer))?;
    match (last.refusal, talk.agreed()) {
        (None, Some(_)) => {}
        (Some(code), _) => return Err(Refusal::new(code)),
        (None, None) => return Err(Refusal::new(Code::BadAnswer).with_detail("It did not agree to the handshake.")),
    }
    if let Some(initialized) = hello.initialized() {
        talk.notification(initialized, talk.agreed().unwrap_or(hello.agreed)).await;
    }
    Ok(())
}
