//! Stops: what an operator has stopped, and which messages that concerns.
//!
//! Responsible for knowing soon what the store says is stopped, and for answering at once where nothing is: then one flag
//! is all that is looked at. It must never wait for the store while a message waits, and never take something for resumed
//! because the store cannot be read: what was known last stays in force.

mod known;
mod word;

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use doorward_core::access::{Direction, Resource};
use doorward_core::exchange::Arrival;
use doorward_core::ids::ServerId;
use doorward_core::principal::{Principal, PrincipalId};
use doorward_core::refusal::Refusal;
use doorward_mcp::message::{Message, Request};
use doorward_store::{StopChange, StopRow, StoreError};
use tokio::sync::watch;
use tokio::time::sleep;

pub use word::{Which, about, resume, stop};

use crate::clock::now;
use crate::gateway::{Authority, Gateway};
use crate::limits::STOPS_LOOK;
use crate::upstream::stdio::Pool;
use known::{Concern, Known, tool_of};

/// What is stopped.
#[derive(Debug)]
pub struct Stops {
    store: doorward_store::Stops,
    /// Whether anything is.
    any: AtomicBool,
    known: ArcSwap<Known>,
    read: Mutex<Read>,
    /// Tells of every change.
    changed: watch::Sender<()>,
}

/// What the store said last.
#[derive(Debug)]
struct Read {
    rows: Vec<StopRow>,
    /// The last change that was read; `None` before the first.
    change: Option<StopChange>,
}

/// Whether something else is stopped than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Looked {
    Same,
    Changed,
}

impl Stops {
    pub(crate) fn new(store: doorward_store::Stops) -> Self {
        Self {
            store,
            any: AtomicBool::new(false),
            known: ArcSwap::default(),
            read: Mutex::new(Read { rows: Vec::new(), change: None }),
            changed: watch::Sender::new(()),
        }
    }

    /// Why what set out there goes no further, if it is stopped.
    pub(crate) fn refusal(&self, arrival: &Arrival) -> Option<Refusal> {
        self.message(&arrival.principal, &arrival.server, arrival.direction, &arrival.message)
    }

    /// Why a message between these two goes no further, if it is stopped.
    pub(crate) fn message(
        &self,
        principal: &Principal,
        server: &ServerId,
        direction: Direction,
        message: &Message,
    ) -> Option<Refusal> {
        let known = self.if_any()?;
        let tool = match (message, direction) {
            (Message::Request(request), Direction::ToServer) => tool_of(request),
            (Message::Request(_) | Message::Notification(_) | Message::Response(_), _) => None,
        };
        known.refusal(&Concern { principal: principal.id(), server: Some(server), tool })
    }

    /// Why a client's request goes no further, if it is stopped.
    pub(crate) fn request(&self, principal: &Principal, server: &ServerId, request: &Request) -> Option<Refusal> {
        let known = self.if_any()?;
        known.refusal(&Concern { principal: principal.id(), server: Some(server), tool: tool_of(request) })
    }

    /// Why nothing at all passes between these two, if it is stopped.
    pub(crate) fn between(&self, principal: &PrincipalId, server: &ServerId) -> Option<Refusal> {
        self.if_any()?.refusal(&Concern { principal, server: Some(server), tool: None })
    }

    /// Why nothing is said to this caller or heard from it, if it is stopped.
    pub(crate) fn caller(&self, principal: &PrincipalId) -> Option<Refusal> {
        self.if_any()?.refusal(&Concern { principal, server: None, tool: None })
    }

    /// Whether lists show this no longer.
    pub(crate) fn hides(&self, resource: &Resource) -> bool {
        self.if_any().is_some_and(|known| known.hides(resource))
    }

    /// Waits until it is stopped, and says why. Safe to drop and ask again.
    pub(crate) async fn until(&self, stopped: impl Fn() -> Option<Refusal>) -> Refusal {
        let mut changed = self.changed.subscribe();
        loop {
            if let Some(refusal) = stopped() {
                return refusal;
            }
            if changed.changed().await.is_err() {
                // The sender is in `self`, so this cannot be.
                std::future::pending::<()>().await;
            }
        }
    }

    /// What is stopped, if anything is: where nothing is, one flag is all that is looked at.
    fn if_any(&self) -> Option<arc_swap::Guard<Arc<Known>>> {
        self.any.load(Ordering::Relaxed).then(|| self.known.load())
    }

    /// Reads what is stopped now.
    async fn look(&self) -> Result<Looked, StoreError> {
        let change = self.read().change;
        let news = self.store.since(change).await?;
        let known = {
            let mut read = self.read();
            if let Some((rows, change)) = news {
                *read = Read { rows, change: Some(change) };
            }
            Known::of(&read.rows, now())
        };
        if known == **self.known.load() {
            return Ok(Looked::Same);
        }
        let any = known != Known::default();
        self.known.store(Arc::new(known));
        self.any.store(any, Ordering::Release);
        self.changed.send_replace(());
        Ok(Looked::Changed)
    }

    fn read(&self) -> std::sync::MutexGuard<'_, Read> {
        // The value is replaced whole, so a panic elsewhere cannot have torn it.
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gateway {
    /// Puts in force what the store says is stopped: for messages, for what is under way, and for the children of `pool`.
    ///
    /// # Errors
    /// The store cannot be read; what was in force stays so.
    pub(crate) async fn obey_stops(&self, pool: &Pool) -> Result<(), StoreError> {
        if self.authority() == Authority::Endpoint {
            return Ok(());
        }
        if self.stops().look().await? == Looked::Changed {
            let held = self.stops().known.load().held();
            tracing::warn!(stopped = self.stops().known.load().len(), "what is stopped has changed");
            pool.hold(held);
            // What endpoints of many servers show has changed with it.
            self.shelves().stopped();
        }
        Ok(())
    }

    /// Goes on obeying, soon after anything is stopped or resumed. Runs until dropped.
    pub(crate) async fn obey(&self, pool: &Pool) -> Infallible {
        let mut was_readable = true;
        loop {
            sleep(STOPS_LOOK).await;
            match self.obey_stops(pool).await {
                Ok(()) => was_readable = true,
                Err(error) if was_readable => {
                    was_readable = false;
                    tracing::error!(%error, "what is stopped cannot be read; what was stopped stays so");
                }
                Err(_) => {}
            }
        }
    }
}
