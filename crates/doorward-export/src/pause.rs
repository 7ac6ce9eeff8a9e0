//! How long to wait before the next attempt. Pure: randomness comes as an argument.

use std::time::Duration;

use crate::failure::Turn;
use crate::limits::{PARKED_PAUSE, RETRY_AFTER_MAX, RETRY_PAUSE_MAX, RETRY_PAUSE_MIN};

/// The pause after the `failures`-th failure in a row: it doubles up to a bound, and a random half of it spreads those who
/// failed together. What the receiver asked for is the least.
pub(crate) fn after(turn: Turn, failures: u32, random: u64) -> Duration {
    let doubled = RETRY_PAUSE_MIN.saturating_mul(1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX));
    let most = doubled.min(RETRY_PAUSE_MAX);
    let spread = most / 2 + part(most / 2, random);
    match turn {
        Turn::Again(None) => spread,
        Turn::Again(Some(asked)) => asked.min(RETRY_AFTER_MAX).max(spread),
        Turn::Less => Duration::ZERO,
        Turn::Operator => PARKED_PAUSE,
    }
}

fn part(whole: Duration, random: u64) -> Duration {
    let micros = u64::try_from(whole.as_micros()).unwrap_or(u64::MAX);
    Duration::from_micros(random.checked_rem(micros).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_their_bound_and_spread_over_half() {
        let again = Turn::Again(None);
        for random in [0, 1, 123_456, u64::MAX] {
            for (failures, most) in
                [(1, 500), (2, 1000), (3, 2000), (7, 32_000), (8, 60_000), (40, 60_000), (u32::MAX, 60_000)]
            {
                let pause = after(again, failures, random);
                let most = Duration::from_millis(most);
                assert!(pause >= most / 2 && pause <= most, "{failures} {random}: {pause:?}");
            }
        }
        assert_ne!(after(again, 8, 1), after(again, 8, 999_999));
    }

    #[test]
    fn what_the_receiver_asks_for_is_the_least_within_bounds() {
        let asked = |seconds| after(Turn::Again(Some(Duration::from_secs(seconds))), 1, 0);
        assert_eq!(asked(0), Duration::from_millis(250));
        assert_eq!(asked(30), Duration::from_secs(30));
        assert_eq!(asked(600), RETRY_AFTER_MAX);
        assert_eq!(asked(601), RETRY_AFTER_MAX);
        assert_eq!(asked(u64::MAX), RETRY_AFTER_MAX);
    }
}
