//! The one place where time and randomness enter.

use std::time::{SystemTime, UNIX_EPOCH};

use doorward_core::ids::ExchangeId;
use doorward_core::time::Timestamp;

/// The time now. A clock before 1970 reads as 1970.
#[must_use]
pub(crate) fn now() -> Timestamp {
    let micros = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_micros());
    Timestamp::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
}

/// A new exchange id for a message that arrived `at`.
///
/// Without the system's randomness the id is the time alone: ids are for finding records, and no security rests on them.
#[must_use]
pub(crate) fn exchange_id(at: Timestamp) -> ExchangeId {
    let mut random = [0_u8; 16];
    if aws_lc_rs::rand::fill(&mut random).is_err() {
        tracing::error!("the system's random numbers are not available");
    }
    ExchangeId::from_parts(at.as_unix_millis(), u128::from_be_bytes(random))
}
