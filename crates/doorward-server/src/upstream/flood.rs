//! When what comes on a shared connection counts as a flood, and when a child that keeps ending may be started again.
//!
//! Pure: time is an argument. It must never decide about a single message.

use std::time::{Duration, Instant};

use crate::limits::{
    CHILD_SETTLED, NOISE_BYTES_MAX, NOISE_LINES_MAX, NOISE_WINDOW, NOTIFICATIONS_PER_SECOND_MAX, RESTART_WAIT_MAX,
    RESTART_WAIT_MIN,
};

/// What one connection brought within the current window.
#[derive(Debug)]
pub(super) struct Flood {
    since: Instant,
    noise_lines: u32,
    noise_bytes: usize,
    notifications: u64,
}

/// More than anybody can want.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Excess {
    /// Too many lines that belong to nobody.
    NoiseLines,
    /// Too many bytes that belong to nobody.
    NoiseBytes,
    /// Too many notifications, for whomever they are.
    Notifications,
}

impl Flood {
    pub(super) const fn new(now: Instant) -> Self {
        Self { since: now, noise_lines: 0, noise_bytes: 0, notifications: 0 }
    }

    /// Counts a line that belongs to nobody.
    pub(super) const fn noise(&mut self) {
        self.noise_lines = self.noise_lines.saturating_add(1);
    }

    /// Counts a notification that belongs to somebody.
    pub(super) const fn notification(&mut self) {
        self.notifications = self.notifications.saturating_add(1);
    }

    /// Counts bytes read. They are noise until a message made of them is [delivered](Self::delivered).
    pub(super) const fn read(&mut self, bytes: usize) {
        self.noise_bytes = self.noise_bytes.saturating_add(bytes);
    }

    /// Takes back the bytes of a message that belongs to somebody.
    pub(super) const fn delivered(&mut self, bytes: usize) {
        self.noise_bytes = self.noise_bytes.saturating_sub(bytes);
    }

    /// Whether the window so far holds too much. Begins the next window when this one is over.
    pub(super) fn judge(&mut self, now: Instant) -> Result<(), Excess> {
        let notifications_max = u64::from(NOTIFICATIONS_PER_SECOND_MAX).saturating_mul(NOISE_WINDOW.as_secs());
        if self.noise_lines > NOISE_LINES_MAX {
            return Err(Excess::NoiseLines);
        }
        if self.noise_bytes > NOISE_BYTES_MAX {
            return Err(Excess::NoiseBytes);
        }
        if self.notifications > notifications_max {
            return Err(Excess::Notifications);
        }
        if now.duration_since(self.since) >= NOISE_WINDOW {
            *self = Self::new(now);
        }
        Ok(())
    }
}

impl Excess {
    /// One sentence for the refusal of every call in flight.
    pub(super) const fn sentence(self) -> &'static str {
        match self {
            Self::NoiseLines | Self::NoiseBytes => "It floods its output with what belongs to nobody.",
            Self::Notifications => "It floods its output with notifications.",
        }
    }
}

/// How often a child ended soon after its start, and when it may be started again.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    quick_ends: u32,
    not_before: Option<Instant>,
}

impl Backoff {
    /// Whether a start may be tried; otherwise how long that is not so yet.
    pub(super) fn check(&self, now: Instant) -> Result<(), Duration> {
        match self.not_before.map(|at| at.saturating_duration_since(now)) {
            None | Some(Duration::ZERO) => Ok(()),
            Some(wait) => Err(wait),
        }
    }

    /// The child has ended, or could not be started, after `lived`.
    pub(super) fn ended(&mut self, lived: Duration, now: Instant) {
        if lived >= CHILD_SETTLED {
            *self = Self::default();
            return;
        }
        let doubled = RESTART_WAIT_MIN.saturating_mul(2_u32.saturating_pow(self.quick_ends));
        self.quick_ends = self.quick_ends.saturating_add(1);
        self.not_before = Some(now + doubled.min(RESTART_WAIT_MAX));
    }

    /// How often in a row.
    pub(super) const fn quick_ends(&self) -> u32 {
        self.quick_ends
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_below_each_limit_passes_and_one_above_does_not() {
        let now = Instant::now();
        let mut flood = Flood::new(now);
        flood.noise_lines = NOISE_LINES_MAX - 1;
        flood.noise();
        flood.read(NOISE_BYTES_MAX + 10);
        flood.delivered(10);
        flood.notifications = u64::from(NOTIFICATIONS_PER_SECOND_MAX) * NOISE_WINDOW.as_secs();
        assert_eq!(flood.judge(now), Ok(()));
        flood.notification();
        assert_eq!(flood.judge(now), Err(Excess::Notifications));
        flood.read(1);
        assert_eq!(flood.judge(now), Err(Excess::NoiseBytes));
        flood.noise();
        assert_eq!(flood.judge(now), Err(Excess::NoiseLines));
    }

    #[test]
    fn the_next_window_begins_at_nothing() {
        let now = Instant::now();
        let mut flood = Flood::new(now);
        flood.noise_lines = NOISE_LINES_MAX;
        assert_eq!(flood.judge(now + NOISE_WINDOW), Ok(()));
        flood.noise();
        assert_eq!(flood.judge(now + NOISE_WINDOW), Ok(()));
    }

    #[test]
    fn quick_ends_double_the_wait_up_to_the_limit_and_a_long_life_forgives() {
        let now = Instant::now();
        let mut backoff = Backoff::default();
        assert_eq!(backoff.check(now), Ok(()));
        for millis in [250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000] {
            backoff.ended(Duration::from_secs(1), now);
            assert_eq!(backoff.check(now), Err(Duration::from_millis(millis)));
            assert_eq!(backoff.check(now + Duration::from_millis(millis)), Ok(()));
        }
        backoff.ended(CHILD_SETTLED, now);
        assert_eq!(backoff.check(now), Ok(()));
        assert_eq!(backoff.quick_ends(), 0);
    }
}
