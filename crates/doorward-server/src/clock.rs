//! The one place where time and randomness enter.

use std::cell::RefCell;
use std::time::{SystemTime, UNIX_EPOCH};

use doorward_core::ids::ExchangeId;
use doorward_core::time::Timestamp;

/// The time now. A clock before 1970 reads as 1970.
#[must_use]
pub(crate) fn now() -> Timestamp {
    let micros = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_micros());
    Timestamp::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
}

/// Random bytes fetched at once: one request to the system's generator serves this many ids.
const IDS_AT_ONCE: usize = 64;

/// How many random bytes one id has.
const RANDOM_PER_ID: usize = 10;

thread_local! {
    static RANDOM: RefCell<Random> = const { RefCell::new(Random { bytes: [0; IDS_AT_ONCE * RANDOM_PER_ID], used: IDS_AT_ONCE, is_random: false }) };
}

struct Random {
    bytes: [u8; IDS_AT_ONCE * RANDOM_PER_ID],
    used: usize,
    /// Whether the bytes are the system's.
    is_random: bool,
}

/// A new exchange id for a message that arrived `at`.
///
/// Without the system's randomness the id is the time alone: ids are for finding records, and no security rests on them.
pub(crate) fn exchange_id(at: Timestamp) -> ExchangeId {
    let random = RANDOM.with_borrow_mut(Random::next);
    ExchangeId::from_parts(at.as_unix_millis(), random)
}

/// A word nobody outside can know beforehand, for marking text as data; `None` without the system's randomness.
pub(crate) fn mark() -> Option<String> {
    let (random, is_random) = RANDOM.with_borrow_mut(|random| (random.next(), random.is_random));
    is_random.then(|| format!("{:016x}", random & u128::from(u64::MAX)))
}

/// Bytes nobody outside can know.
pub(crate) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if aws_lc_rs::rand::fill(&mut bytes).is_err() {
        tracing::error!("the system's random numbers are not available");
    }
    bytes
}

impl Random {
    fn next(&mut self) -> u128 {
        if self.used >= IDS_AT_ONCE {
            self.is_random = aws_lc_rs::rand::fill(&mut self.bytes).is_ok();
            if !self.is_random {
                tracing::error!("the system's random numbers are not available");
            }
            self.used = 0;
        }
        let chunk = self.bytes.chunks_exact(RANDOM_PER_ID).nth(self.used).unwrap_or_default();
        self.used = self.used.saturating_add(1);
        chunk.iter().fold(0, |number, byte| number << 8 | u128::from(*byte))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_of_one_moment_differ() {
        let at = now();
        let ids: BTreeSet<_> = (0..1000).map(|_| exchange_id(at)).collect();
        assert_eq!(ids.len(), 1000);
    }
}
