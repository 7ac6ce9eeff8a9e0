//! How long a server may take over one call.

use std::time::Duration;

use tokio::time::Instant;

use crate::limits::CALL_DURATION_MAX;

/// How long the server may still take. Silence counts only while somebody waits for the server: a slow client is not
/// the server's fault.
#[derive(Debug)]
pub(super) struct Clock {
    silence: Duration,
    waiting_since: Option<Instant>,
    ends_at: Option<Instant>,
}

impl Clock {
    /// Begins with the call.
    pub(super) fn new(silence: Duration) -> Self {
        Self { silence, waiting_since: None, ends_at: Some(Instant::now() + CALL_DURATION_MAX) }
    }

    /// Somebody waits for the server from now on.
    pub(super) fn wait(&mut self) {
        self.waiting_since.get_or_insert_with(Instant::now);
    }

    /// The server has given a sign of life.
    pub(super) fn heard(&mut self) {
        self.waiting_since = Some(Instant::now());
    }

    /// Nobody waits for the server.
    pub(super) const fn rest(&mut self) {
        self.waiting_since = None;
    }

    /// Lifts both limits.
    pub(super) const fn stop(&mut self) {
        self.ends_at = None;
    }

    /// Whether the longest time for a call is over.
    pub(super) fn is_spent(&self) -> bool {
        self.ends_at.is_some_and(|end| Instant::now() >= end)
    }

    /// Until when there must be a sign of life; `None` without limits.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let end = self.ends_at?;
        let silence = self.waiting_since.and_then(|since| since.checked_add(self.silence));
        Some(silence.map_or(end, |silence| silence.min(end)))
    }
}
