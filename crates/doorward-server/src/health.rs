//! Whether a server can be reached, as it was last seen.
//!
//! Learned from whatever is said to it, by whomever; nobody is asked only to find out. It decides nothing: a call is
//! always tried.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use doorward_core::refusal::Code;

use crate::limits::{RETRY_WAIT_MAX, RETRY_WAIT_MIN};

/// What is known of one server.
#[derive(Debug)]
pub struct Health {
    seen: Mutex<Seen>,
}

#[derive(Debug)]
struct Seen {
    standing: Standing,
    /// When it may next be tried without a client's asking for it, and how long to wait after that.
    retry: Instant,
    wait: Duration,
}

/// Whether a server can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has spoken to it yet.
    Unknown,
    /// It answered when it was last spoken to.
    Reachable,
    /// It did not, for this reason.
    Unreachable(Code),
}

/// Whether a sighting changed what is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sighting {
    /// It is as it was.
    Same,
    /// It has come or gone.
    Turned,
}

impl Default for Health {
    fn default() -> Self {
        let seen = Seen { standing: Standing::Unknown, retry: Instant::now(), wait: RETRY_WAIT_MIN };
        Self { seen: Mutex::new(seen) }
    }
}

impl Standing {
    /// The word for it in health reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Reachable => "reachable",
            Self::Unreachable(_) => "unreachable",
        }
    }
}

impl Health {
    /// How it was last seen.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.lock().standing
    }

    /// It answered.
    pub fn answered(&self) -> Sighting {
        let mut seen = self.lock();
        let before = std::mem::replace(&mut seen.standing, Standing::Reachable);
        seen.wait = RETRY_WAIT_MIN;
        match before {
            Standing::Unreachable(_) => Sighting::Turned,
            Standing::Unknown | Standing::Reachable => Sighting::Same,
        }
    }

    /// It did not answer. What says nothing of whether it can be reached changes nothing.
    pub fn failed(&self, code: Code) -> Sighting {
        if !matches!(code, Code::Unreachable | Code::Died | Code::TimedOut) {
            return Sighting::Same;
        }
        let mut seen = self.lock();
        match std::mem::replace(&mut seen.standing, Standing::Unreachable(code)) {
            Standing::Unreachable(_) => Sighting::Same,
            Standing::Unknown | Standing::Reachable => {
                seen.retry = Instant::now() + seen.wait;
                Sighting::Turned
            }
        }
    }

    /// Whether whoever asks may try a server that was not reachable, although no client has asked for it. One in turn
    /// may, however many ask, and each time the next has to wait longer.
    pub fn take_retry(&self, now: Instant) -> bool {
        let mut seen = self.lock();
        match seen.standing {
            Standing::Unknown | Standing::Reachable => true,
            Standing::Unreachable(_) if now >= seen.retry => {
                seen.retry = now + seen.wait;
                seen.wait = (seen.wait * 2).min(RETRY_WAIT_MAX);
                true
            }
            Standing::Unreachable(_) => false,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        // A panic while it was held cannot have left it half written: every change is a few assignments.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_turn_tries_a_server_that_is_away() {
        let health = Health::default();
        assert_eq!(health.failed(Code::Unreachable), Sighting::Turned);
        assert_eq!(health.failed(Code::Died), Sighting::Same);
        let now = Instant::now();
        assert!(!health.take_retry(now));
        let later = now + RETRY_WAIT_MIN + Duration::from_millis(1);
        assert_eq!([health.take_retry(later), health.take_retry(later)], [true, false]);
        assert_eq!((health.answered(), health.answered()), (Sighting::Turned, Sighting::Same));
        assert!(health.take_retry(now));
    }

    #[test]
    fn what_says_nothing_of_reach_changes_nothing() {
        let health = Health::default();
        for code in [Code::BadAnswer, Code::NotAllowed, Code::Cancelled, Code::UpstreamBusy] {
            assert_eq!(health.failed(code), Sighting::Same);
        }
        assert_eq!(health.standing(), Standing::Unknown);
    }
}
