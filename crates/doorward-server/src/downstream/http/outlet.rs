//! Events on their way to one HTTP client.
//!
//! Responsible for bounds: so many events, so many bytes, and always room for one event in an empty outlet. It must
//! never hold more for a client that does not read.

use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::limits::{CALL_EVENTS_MAX, OUTLET_BYTES_MAX};

/// An outlet with room for [`CALL_EVENTS_MAX`] events and `more`. It ends when its inlet is dropped.
pub(super) fn open(more: usize) -> (Inlet, Outlet) {
    let (sender, receiver) = mpsc::channel(CALL_EVENTS_MAX.saturating_add(more));
    (Inlet { sender, room: Arc::new(Semaphore::new(OUTLET_BYTES_MAX)) }, Outlet(receiver))
}

/// Where events go in.
#[derive(Debug)]
pub(super) struct Inlet {
    sender: mpsc::Sender<Waiting>,
    /// A permit for each byte that may still wait.
    room: Arc<Semaphore>,
}

/// Where events come out, in order.
#[derive(Debug)]
pub struct Outlet(mpsc::Receiver<Waiting>);

#[derive(Debug)]
struct Waiting {
    event: Bytes,
    /// Gives the room back when dropped, whether the event was read or the client has gone.
    _weight: OwnedSemaphorePermit,
}

/// The event was not taken: nobody reads any more or, where the inlet does not wait, too much waits already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotTaken;

impl Inlet {
    /// Sends an event if there is room for it now.
    pub(super) fn try_send(&self, event: Bytes) -> Result<(), NotTaken> {
        let weight = self.room.clone().try_acquire_many_owned(weight(&event)).map_err(|_| NotTaken)?;
        self.sender.try_send(Waiting { event, _weight: weight }).map_err(|_| NotTaken)
    }

    /// Sends an event as soon as there is room for it.
    pub(super) async fn send(&self, event: Bytes) -> Result<(), NotTaken> {
        let weight = tokio::select! {
            () = self.closed() => return Err(NotTaken),
            weight = self.room.clone().acquire_many_owned(weight(&event)) => weight.map_err(|_| NotTaken)?,
        };
        self.sender.send(Waiting { event, _weight: weight }).await.map_err(|_| NotTaken)
    }

    /// Waits until nobody reads any more.
    pub(super) async fn closed(&self) {
        self.sender.closed().await;
    }
}

impl Outlet {
    /// The next event; `None` once the inlet is gone and everything has been read.
    pub(super) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        self.0.poll_recv(context).map(|waiting| waiting.map(|waiting| waiting.event))
    }

    /// The next event, if one waits.
    #[cfg(test)]
    pub(super) fn try_next(&mut self) -> Option<Bytes> {
        self.0.try_recv().ok().map(|waiting| waiting.event)
    }
}

/// What an event takes up. An event larger than the whole outlet takes all of it, so that it passes alone.
fn weight(event: &Bytes) -> u32 {
    u32::try_from(event.len().min(OUTLET_BYTES_MAX)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn event(bytes: usize) -> Bytes {
        Bytes::from(vec![b'x'; bytes])
    }

    #[test]
    fn bytes_are_counted_and_given_back() {
        let (inlet, mut outlet) = open(0);
        assert_eq!(inlet.try_send(event(OUTLET_BYTES_MAX - 1)), Ok(()));
        assert_eq!(inlet.try_send(event(2)), Err(NotTaken));
        assert_eq!(inlet.try_send(event(1)), Ok(()));
        assert_eq!(outlet.try_next().map(|event| event.len()), Some(OUTLET_BYTES_MAX - 1));
        assert_eq!(inlet.try_send(event(2)), Ok(()));
    }

    #[test]
    fn events_are_counted_too() {
        let (inlet, mut outlet) = open(1);
        for _ in 0..=CALL_EVENTS_MAX {
            assert_eq!(inlet.try_send(event(1)), Ok(()));
        }
        assert_eq!(inlet.try_send(event(1)), Err(NotTaken));
        // What was refused has left nothing behind.
        while outlet.try_next().is_some() {}
        assert_eq!(inlet.room.available_permits(), OUTLET_BYTES_MAX);
    }

    #[test]
    fn an_event_larger_than_the_outlet_passes_alone() {
        let (inlet, mut outlet) = open(0);
        assert_eq!(inlet.try_send(event(1)), Ok(()));
        assert_eq!(inlet.try_send(event(OUTLET_BYTES_MAX + 1)), Err(NotTaken));
        assert!(outlet.try_next().is_some());
        assert_eq!(inlet.try_send(event(OUTLET_BYTES_MAX + 1)), Ok(()));
        assert_eq!(inlet.try_send(event(1)), Err(NotTaken));
    }

    #[tokio::test(start_paused = true)]
    async fn sending_waits_for_room_and_ends_with_the_reader() {
        let (inlet, mut outlet) = open(0);
        inlet.send(event(OUTLET_BYTES_MAX)).await.unwrap();
        let wait = Duration::from_secs(1);
        assert!(tokio::time::timeout(wait, inlet.send(event(1))).await.is_err());
        assert!(outlet.try_next().is_some());
        assert_eq!(tokio::time::timeout(wait, inlet.send(event(OUTLET_BYTES_MAX))).await, Ok(Ok(())));
        let reader = async {
            tokio::time::sleep(wait).await;
            drop(outlet);
        };
        let (sent, ()) = tokio::join!(tokio::time::timeout(2 * wait, inlet.send(event(1))), reader);
        assert_eq!(sent, Ok(Err(NotTaken)));
    }
}
