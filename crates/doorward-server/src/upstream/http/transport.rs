//! How messages travel to an HTTP server, and what is remembered of it.

use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use super::limits::LEGACY_VERDICT_LIFE;

/// How messages travel to an HTTP server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Transport {
    /// As the server shows when the first conversation opens: Streamable HTTP, and HTTP+SSE where it refuses that.
    #[default]
    Auto,
    /// Streamable HTTP alone.
    Http,
    /// HTTP+SSE of 2024-11-05 alone.
    Sse,
}

/// Remembers that a server has HTTP+SSE alone. Not for ever: one that was upgraded may go on to serve the old way too.
#[derive(Debug, Default)]
pub struct TransportMemory {
    sse_since: Mutex<Option<Instant>>,
}

impl TransportMemory {
    /// Whether the server was found to have HTTP+SSE alone, lately.
    #[must_use]
    pub fn is_sse(&self) -> bool {
        self.since().is_some_and(|since| since.elapsed() < LEGACY_VERDICT_LIFE)
    }

    /// The server was found to have HTTP+SSE alone.
    pub(super) fn remember_sse(&self) {
        *self.since() = Some(Instant::now());
    }

    /// What was remembered does not hold any more.
    pub fn forget(&self) {
        *self.since() = None;
    }

    fn since(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.sse_since.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_remembered_expires() {
        let memory = TransportMemory::default();
        assert!(!memory.is_sse());
        memory.remember_sse();
        tokio::time::advance(LEGACY_VERDICT_LIFE - Duration::from_millis(1)).await;
        assert!(memory.is_sse());
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(!memory.is_sse());
        memory.remember_sse();
        memory.forget();
        assert!(!memory.is_sse());
    }
}
