//! The phases of a run, seen by all its clients, and what they count.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU8, Ordering},
    },
    time::{Duration, Instant},
};

use super::histogram::Histogram;

const WARMING: u8 = 0;
const OPEN: u8 = 1;
const CLOSED: u8 = 2;

/// The timed window of a run: only answers that arrive while it is open are counted.
#[derive(Debug, Clone)]
pub(super) struct Window(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    phase: AtomicU8,
    tally: Mutex<Tally>,
}

/// What was counted.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    /// Of the calls that went well within the window.
    pub(super) latencies: Histogram,
    /// Calls that went wrong at any time.
    pub(super) errors: u64,
    /// What was wrong with the first of them.
    pub(super) first_error: Option<String>,
}

impl Window {
    /// A window not open yet.
    pub(super) fn new() -> Self {
        Self(Arc::new(Shared { phase: AtomicU8::new(WARMING), tally: Mutex::default() }))
    }

    /// Opens it; returns when.
    pub(super) fn open(&self) -> Instant {
        self.0.phase.store(OPEN, Ordering::Relaxed);
        Instant::now()
    }

    /// Closes it; clients stop after the calls they have in flight.
    pub(super) fn close(&self) {
        self.0.phase.store(CLOSED, Ordering::Relaxed);
    }

    /// Whether clients should stop.
    pub(super) fn is_closed(&self) -> bool {
        self.0.phase.load(Ordering::Relaxed) == CLOSED
    }

    /// Counts a call that went well.
    pub(super) fn answered(&self, latency: Duration) {
        if self.0.phase.load(Ordering::Relaxed) == OPEN {
            self.tally().latencies.record(latency);
        }
    }

    /// Counts a call that went wrong, in whatever phase.
    pub(super) fn failed(&self, reason: impl std::fmt::Display) {
        let mut tally = self.tally();
        tally.errors += 1;
        tally.first_error.get_or_insert_with(|| reason.to_string());
    }

    /// What was counted.
    pub(super) fn into_tally(self) -> Tally {
        self.tally().clone()
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.0.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_answers_within_the_window_count_but_every_error_does() {
        let window = Window::new();
        let latency = Duration::from_micros(5);
        window.answered(latency);
        window.failed("early");
        window.open();
        window.answered(latency);
        window.answered(latency);
        window.close();
        window.answered(latency);
        window.failed("late");
        assert!(window.is_closed());
        let tally = window.into_tally();
        assert_eq!(tally.latencies.count(), 2);
        assert_eq!(tally.errors, 2);
        assert_eq!(tally.first_error.as_deref(), Some("early"));
    }
}
