//! The meters of a running gateway. They outlive every policy: a reload gives nothing back.

use std::sync::{Mutex, PoisonError};

use doorward_core::rate::{Lease, Reached, Take};
use doorward_core::time::Timestamp;

/// One lock for all: taking is a few look-ups.
#[derive(Debug, Default)]
pub(crate) struct Meters(Mutex<doorward_core::rate::Meters>);

impl Meters {
    /// Takes all of `takes`, or nothing.
    pub(crate) fn take(&self, takes: &[Take], now: Timestamp) -> Result<Lease, Reached> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take(takes, now)
    }
}
