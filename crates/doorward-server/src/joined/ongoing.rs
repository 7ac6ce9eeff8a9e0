//! A request to a joint endpoint, under way: a task that produces messages, and whoever reads them.
//!
//! Responsible for one end: when nobody waits any more, everything begun for the request ends.

use std::fmt;
use std::sync::{Arc, Weak};

use doorward_core::refusal::{Code, Refusal, Shape};
use doorward_mcp::id::Id;
use doorward_mcp::message::Request;
use doorward_mcp::revision::Revision;
use doorward_mcp::splice::Segments;
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;

use super::seat::Seat;
use super::{Joined, lock};
use crate::talk::{Final, Produced, supported_versions};

/// A request to a joint endpoint, under way. Dropping it ends its exchanges as cancelled.
pub struct JointOngoing {
    stage: Stage,
    /// What has come and is not yet given, so that waiting can be interrupted.
    arrived: Option<Produced>,
}

enum Stage {
    /// Answered without a server.
    Over(Option<Final>),
    /// A task works on it.
    Working {
        messages: mpsc::Receiver<Produced>,
        /// Ends the task when this is dropped.
        _landing: Landing,
    },
}

/// Where a task puts what it produces. It waits for a reader, so a client that does not read holds up its own servers.
pub(super) struct Producing {
    messages: mpsc::Sender<Produced>,
    flight: watch::Sender<Course>,
}

/// A request in flight, as the conversation knows it: how it can be cancelled.
#[derive(Debug, Clone)]
pub(super) struct Flight(watch::Sender<Course>);

/// Where a request in flight is.
#[derive(Debug, Clone)]
enum Course {
    /// Not yet with a server, or with several.
    Here,
    /// With one server, under the client's id.
    At(Arc<Seat>),
    /// The client cancelled it.
    Cancelled,
}

/// Takes the request off the list of those in flight, and ends its task.
struct Landing {
    joined: Weak<Joined>,
    id: Id,
    task: AbortHandle,
}

impl JointOngoing {
    /// A request that a task works on.
    pub(super) fn working<W: Future<Output = ()> + Send + 'static>(
        joined: &Arc<Joined>,
        id: Id,
        work: impl FnOnce(Arc<Joined>, Producing) -> W,
    ) -> Self {
        let (messages, receiver) = mpsc::channel(1);
        let (flight, mut course) = watch::channel(Course::Here);
        lock(&joined.flights).insert(id.clone(), Flight(flight.clone()));
        let cancelled = Producing { messages: messages.clone(), flight: flight.clone() };
        let work = work(joined.clone(), Producing { messages, flight });
        let cancelled_id = id.clone();
        let task = tokio::spawn(async move {
            tokio::select! {
                () = work => {}
                () = cancelled_by(&mut course) => {
                    let message = Refusal::new(Code::Cancelled).render(Some(&cancelled_id), Shape::Error, None);
                    let refusal = Some(Code::Cancelled);
                    let message = Segments::from(message);
                    let last = Final { message, refusal, scopes: None, error: None, status: None };
                    cancelled.give(Produced::Final(last)).await;
                }
            }
        });
        let landing = Landing { joined: Arc::downgrade(joined), id, task: task.abort_handle() };
        Self { stage: Stage::Working { messages: receiver, _landing: landing }, arrived: None }
    }

    /// A request that was refused here; the refusal is recorded already.
    pub(super) fn refused(request: &Request, revision: Revision, refusal: &Refusal) -> Self {
        Self::over(refused(request, revision, refusal))
    }

    /// A request that was answered here.
    pub(super) const fn over(last: Final) -> Self {
        Self { stage: Stage::Over(Some(last)), arrived: None }
    }

    /// Whether a server has begun an event stream for it. What servers say on the way begins one here.
    #[must_use]
    pub const fn is_stream(&self) -> bool {
        false
    }

    /// Waits until there is something to deal with. Safe to drop and ask again.
    pub async fn ready(&mut self) {
        if let (Stage::Working { messages, .. }, None) = (&mut self.stage, &self.arrived) {
            self.arrived = messages.recv().await;
        }
    }

    /// The next message for the client; `None` once the final one was given.
    pub async fn next(&mut self) -> Option<Produced> {
        self.ready().await;
        match (&mut self.stage, self.arrived.take()) {
            (Stage::Over(last), _) => last.take().map(Produced::Final),
            (Stage::Working { .. }, Some(Produced::Interim(segments))) => Some(Produced::Interim(segments)),
            (Stage::Working { .. }, Some(Produced::Final(last))) => {
                self.stage = Stage::Over(None);
                Some(Produced::Final(last))
            }
            (Stage::Working { .. }, None) => None,
        }
    }
}

impl Producing {
    /// Gives the client a message, once the one before has been taken.
    pub(super) async fn give(&self, produced: Produced) {
        // Nobody takes it when nobody waits any more; the task is about to end then.
        let _ = self.messages.send(produced).await;
    }

    /// Gives the client its answer.
    pub(super) async fn answer(&self, message: Segments) {
        self.give(Produced::Final(Final { message, refusal: None, scopes: None, error: None, status: None })).await;
    }

    /// Gives the client a refusal that is recorded already.
    pub(super) async fn refuse(&self, request: &Request, revision: Revision, refusal: &Refusal) {
        self.give(Produced::Final(refused(request, revision, refusal))).await;
    }

    /// From here on it is with one server, under the client's id; a cancellation goes there.
    pub(super) fn is_at(&self, seat: &Arc<Seat>) {
        self.flight.send_if_modified(|course| match course {
            Course::Here | Course::At(_) => {
                *course = Course::At(seat.clone());
                true
            }
            Course::Cancelled => false,
        });
    }
}

impl Flight {
    /// The server it is with, if it is with one.
    pub(super) fn server(&self) -> Option<Arc<Seat>> {
        match &*self.0.borrow() {
            Course::At(seat) => Some(seat.clone()),
            Course::Here | Course::Cancelled => None,
        }
    }

    /// Ends it.
    pub(super) fn cancel(&self) {
        self.0.send_replace(Course::Cancelled);
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        self.task.abort();
        if let Some(joined) = self.joined.upgrade() {
            lock(&joined.flights).remove(&self.id);
        }
    }
}

impl fmt::Debug for JointOngoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JointOngoing")
    }
}

/// Resolves when the client cancels.
async fn cancelled_by(course: &mut watch::Receiver<Course>) {
    if course.wait_for(|course| matches!(course, Course::Cancelled)).await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn refused(request: &Request, revision: Revision, refusal: &Refusal) -> Final {
    let shape = Shape::of(request.method(), refusal.code, revision.era());
    let data = (refusal.code == Code::UnsupportedVersion).then(|| supported_versions(revision.era()));
    let message = Segments::from(refusal.render(Some(request.id()), shape, data.as_deref()));
    Final { message, refusal: Some(refusal.code), scopes: refusal.scopes.clone(), error: None, status: None }
}
