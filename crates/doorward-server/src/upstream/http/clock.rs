//! How long a server may take over one call.

use std::time::Duration;

use doorward_core::refusal::{Code, Refusal};
use tokio::time::{Instant, timeout_at};

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

    /// What is left now.
    pub(super) fn allowance(&self) -> Allowance {
        let Some(end) = self.ends_at else { return Allowance { deadline: None, is_spent: false } };
        let silence = self.waiting_since.and_then(|since| since.checked_add(self.silence));
        let deadline = silence.map_or(end, |silence| silence.min(end));
        Allowance { deadline: Some(deadline), is_spent: Instant::now() >= end }
    }
}

/// The time a server has for its next sign of life.
#[derive(Debug, Clone, Copy)]
pub(super) struct Allowance {
    /// Until when; `None` without limits.
    deadline: Option<Instant>,
    /// The longest time for a call is over.
    is_spent: bool,
}

impl Allowance {
    /// Waits for `sign` within the time.
    ///
    /// # Errors
    /// [`Code::TimedOut`].
    pub(super) async fn wait_for<T>(self, sign: impl Future<Output = T>) -> Result<T, Refusal> {
        if self.is_spent {
            return Err(Refusal::new(Code::TimedOut));
        }
        match self.deadline {
            Some(deadline) => timeout_at(deadline, sign).await.map_err(|_| Refusal::new(Code::TimedOut)),
            None => Ok(sign.await),
        }
    }
}
