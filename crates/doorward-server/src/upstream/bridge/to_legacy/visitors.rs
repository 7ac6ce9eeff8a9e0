//! Requests under way, by the ids that their client gave them.
//!
//! Responsible for that a client on a pipe of its own can cancel one. It must never be used where several clients may use
//! the same ids.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use doorward_mcp::id::Id;
use tokio::sync::oneshot;

use super::Shared;

/// Everybody's requests on one way.
#[derive(Debug, Default)]
pub(super) struct Visitors {
    entered: Mutex<Entered>,
}

#[derive(Debug, Default)]
struct Entered {
    last: u64,
    by_number: BTreeMap<u64, (Id, oneshot::Sender<()>)>,
}

/// One request.
#[derive(Debug)]
pub(super) struct Visitor {
    shared: Arc<Shared>,
    number: u64,
    cancelled: Option<oneshot::Receiver<()>>,
}

impl Visitors {
    /// A request begins.
    pub(super) fn enter(shared: &Arc<Shared>, id: &Id) -> Visitor {
        let (cancel, cancelled) = oneshot::channel();
        let mut entered = shared.visitors.entered();
        entered.last = entered.last.wrapping_add(1);
        let number = entered.last;
        entered.by_number.insert(number, (id.clone(), cancel));
        drop(entered);
        Visitor { shared: shared.clone(), number, cancelled: Some(cancelled) }
    }

    /// Its client gives a request up.
    pub(super) fn cancel(&self, id: &Id) {
        let mut entered = self.entered();
        let number = entered.by_number.iter().find(|(_, (own, _))| own == id).map(|(number, _)| *number);
        if let Some((_, cancel)) = number.and_then(|number| entered.by_number.remove(&number)) {
            // One that has just ended needs no cancelling.
            let _ = cancel.send(());
        }
    }

    fn entered(&self) -> MutexGuard<'_, Entered> {
        // A panic while it was held cannot have left it half written: every change is one insertion or removal.
        self.entered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Visitor {
    /// Waits until the client has given it up. Safe to drop and ask again.
    pub(super) async fn cancelled(&mut self) {
        if let Some(cancelled) = &mut self.cancelled {
            let given_up = cancelled.await;
            self.cancelled = None;
            if given_up.is_ok() {
                return;
            }
        }
        std::future::pending().await
    }
}

impl Drop for Visitor {
    fn drop(&mut self) {
        self.shared.visitors.entered().by_number.remove(&self.number);
    }
}
