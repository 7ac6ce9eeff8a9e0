//! How often something may happen: a burst at once, then one at a time with rests between.
//!
//! Only counts; whoever asks does the waiting.

use std::time::{Duration, Instant};

use crate::limits::{REFIT_AFTER, REFITS_AT_ONCE_MAX};

/// The share one server has of the loading of policies.
#[derive(Debug)]
pub(crate) struct Pace {
    left: u32,
    /// Up to when rest has been counted.
    counted: Instant,
}

impl Pace {
    /// A whole burst, from `now` on.
    pub(crate) const fn new(now: Instant) -> Self {
        Self { left: REFITS_AT_ONCE_MAX, counted: now }
    }

    /// Takes one, or says how long to wait for it.
    pub(crate) fn take(&mut self, now: Instant) -> Result<(), Duration> {
        while self.left < REFITS_AT_ONCE_MAX && now.saturating_duration_since(self.counted) >= REFIT_AFTER {
            self.left = self.left.saturating_add(1);
            self.counted += REFIT_AFTER;
        }
        if self.left == REFITS_AT_ONCE_MAX {
            self.counted = now;
        }
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err((self.counted + REFIT_AFTER).saturating_duration_since(now)),
        }
    }

    /// Time at work is no rest.
    pub(crate) fn busy(&mut self, took: Duration) {
        self.counted += took;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_one_at_a_time() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        for _ in 0..REFITS_AT_ONCE_MAX {
            assert_eq!(pace.take(start), Ok(()));
        }
        assert_eq!(pace.take(start), Err(REFIT_AFTER));
        assert_eq!(pace.take(start + REFIT_AFTER / 2), Err(REFIT_AFTER / 2));
        assert_eq!(pace.take(start + REFIT_AFTER), Ok(()));
        assert_eq!(pace.take(start + REFIT_AFTER), Err(REFIT_AFTER));
    }

    #[test]
    fn work_is_no_rest_and_rest_saves_up_no_more_than_a_burst() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        while pace.take(start).is_ok() {}
        pace.busy(REFIT_AFTER * 3);
        assert_eq!(pace.take(start + REFIT_AFTER * 3), Err(REFIT_AFTER));
        assert_eq!(pace.take(start + REFIT_AFTER * 4), Ok(()));
        let later = start + REFIT_AFTER * 1000;
        assert_eq!((0..100).filter(|_| pace.take(later).is_ok()).count(), REFITS_AT_ONCE_MAX as usize);
    }
}
