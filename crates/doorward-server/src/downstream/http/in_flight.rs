//! Which requests of one session have no answer yet.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use doorward_core::limits::IN_FLIGHT_MAX;
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::id::Id;
use tokio::sync::Notify;

/// The ids of the requests in flight.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    ids: Mutex<BTreeSet<Id>>,
    answered: Notify,
}

/// A request id in flight, until it is dropped.
#[derive(Debug)]
pub(super) struct Claim {
    in_flight: Arc<InFlight>,
    id: Id,
}

impl InFlight {
    /// Marks a request id as in flight until what is returned is dropped.
    pub(super) fn claim(self: &Arc<Self>, id: &Id) -> Result<Claim, Refusal> {
        let mut ids = self.ids();
        if ids.len() >= IN_FLIGHT_MAX {
            return Err(Refusal::new(Code::Busy).with_detail("Too many requests of this session are in flight."));
        }
        if ids.insert(id.clone()) {
            Ok(Claim { in_flight: self.clone(), id: id.clone() })
        } else {
            Err(Refusal::new(Code::IdInUse))
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ids().is_empty()
    }

    /// Waits until nothing is in flight, by a single task.
    pub(super) async fn until_empty(&self) {
        while !self.is_empty() {
            self.answered.notified().await;
        }
    }

    fn ids(&self) -> MutexGuard<'_, BTreeSet<Id>> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.in_flight.ids().remove(&self.id);
        self.in_flight.answered.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn ids_are_counted_and_given_back() {
        let in_flight = Arc::<InFlight>::default();
        let mut claims: Vec<Claim> =
            (0..IN_FLIGHT_MAX as u64).map(|id| in_flight.claim(&Id::from(id)).unwrap()).collect();
        assert_eq!(in_flight.claim(&Id::from("one more")).unwrap_err().code, Code::Busy);
        drop(claims.pop());
        assert_eq!(in_flight.claim(&Id::from(0_u64)).unwrap_err().code, Code::IdInUse);
        assert!(in_flight.claim(&Id::from("one more")).is_ok());
        drop(claims);
        in_flight.until_empty().await;
    }
}
