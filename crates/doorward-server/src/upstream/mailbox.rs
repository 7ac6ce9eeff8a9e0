//! Events on their way from a shared connection to whoever waits for them.
//!
//! Responsible for bounds: so many events, so many bytes, and always room for the last one. It must never block the
//! side that delivers.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::limits::CHILD_EVENT_BYTES_MAX;
use crate::upstream::Event;

/// The events of one call, or of one conversation outside its calls.
#[derive(Debug)]
pub(super) struct Mailbox {
    events_max: usize,
    state: Mutex<State>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<(Event, Weight)>,
    last: Last,
}

#[derive(Debug, Default)]
enum Last {
    #[default]
    Due,
    Here(Box<Event>),
    Taken,
}

/// The event was not taken: too much waits already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full;

impl Mailbox {
    pub(super) fn new(events_max: usize) -> Arc<Self> {
        Arc::new(Self { events_max, state: Mutex::default(), wake: Notify::new() })
    }

    /// Delivers an event, unless too many wait or `budget` is used up.
    pub(super) fn offer(&self, event: Event, bytes: usize, budget: &Budget) -> Result<(), Full> {
        let mut state = self.state();
        if state.waiting.len() >= self.events_max || !matches!(state.last, Last::Due) {
            return Err(Full);
        }
        let weight = budget.take(bytes).ok_or(Full)?;
        state.waiting.push_back((event, weight));
        drop(state);
        self.wake.notify_one();
        Ok(())
    }

    /// Delivers the last event. There is always room for it; a second one is dropped.
    pub(super) fn finish(&self, event: Event) {
        let mut state = self.state();
        if matches!(state.last, Last::Due) {
            state.last = Last::Here(Box::new(event));
        }
        drop(state);
        self.wake.notify_one();
    }

    /// The next event; pends for ever after the last. Safe to drop and ask again.
    pub(super) async fn next(&self) -> Event {
        loop {
            if let Some(event) = self.take() {
                return event;
            }
            self.wake.notified().await;
        }
    }

    fn take(&self) -> Option<Event> {
        let mut state = self.state();
        if let Some((event, _weight)) = state.waiting.pop_front() {
            return Some(event);
        }
        match std::mem::replace(&mut state.last, Last::Taken) {
            Last::Here(event) => Some(*event),
            Last::Due => {
                state.last = Last::Due;
                None
            }
            Last::Taken => None,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every operation leaves the queue whole, so a panic elsewhere cannot have torn it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The bytes that may wait in all mailboxes of one connection together.
#[derive(Debug, Clone, Default)]
pub(super) struct Budget(Arc<AtomicUsize>);

/// A part of the budget, given back when dropped.
#[derive(Debug)]
struct Weight {
    budget: Budget,
    bytes: usize,
}

impl Budget {
    fn take(&self, bytes: usize) -> Option<Weight> {
        let fits = |used: usize| used.checked_add(bytes).filter(|used| *used <= CHILD_EVENT_BYTES_MAX);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).ok()?;
        Some(Weight { budget: self.clone(), bytes })
    }
}

impl Drop for Weight {
    fn drop(&mut self) {
        self.budget.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use doorward_core::refusal::{Code, Refusal};

    use super::*;

    fn event(code: Code) -> Event {
        Event::Failed(Refusal::new(code))
    }

    fn code(event: &Event) -> Option<Code> {
        match event {
            Event::Failed(refusal) => Some(refusal.code),
            Event::Notification(_) | Event::Question(_) | Event::Response(_) => None,
        }
    }

    #[tokio::test]
    async fn the_last_event_has_room_in_a_full_mailbox_and_comes_last() {
        let mailbox = Mailbox::new(2);
        let budget = Budget::default();
        for expected in [Ok(()), Ok(()), Err(Full)] {
            assert_eq!(mailbox.offer(event(Code::Busy), 1, &budget), expected);
        }
        mailbox.finish(event(Code::Died));
        mailbox.finish(event(Code::TimedOut));
        assert_eq!(mailbox.offer(event(Code::Busy), 1, &budget), Err(Full));
        for expected in [Code::Busy, Code::Busy, Code::Died] {
            assert_eq!(code(&mailbox.next().await), Some(expected));
        }
        assert!(tokio::time::timeout(Duration::from_millis(20), mailbox.next()).await.is_err());
    }

    #[tokio::test]
    async fn bytes_are_counted_over_mailboxes_and_given_back() {
        let (one, other) = (Mailbox::new(9), Mailbox::new(9));
        let budget = Budget::default();
        assert_eq!(one.offer(event(Code::Busy), CHILD_EVENT_BYTES_MAX, &budget), Ok(()));
        assert_eq!(other.offer(event(Code::Busy), 1, &budget), Err(Full));
        one.next().await;
        assert_eq!(other.offer(event(Code::Busy), 1, &budget), Ok(()));
    }
}
