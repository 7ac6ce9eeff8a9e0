//! Limits: what the rules that allow a message limit is taken before it goes on, all of it or nothing.
//!
//! Only an allow takes. What was taken for a call that another duty refuses afterwards stays taken; its places among the
//! calls in flight are given back when the exchange ends, however it ends.

use super::Step;
use super::decide::Allowed;
use crate::rate::{Lease, Reached, Take};
use crate::time::Timestamp;

/// Waits for the meters.
#[derive(Debug)]
pub struct AwaitMeter {
    allowed: Allowed,
    takes: Vec<Take>,
}

impl AwaitMeter {
    pub(super) fn before(allowed: Allowed, takes: Vec<Take>, now: Timestamp) -> Step {
        if takes.is_empty() { allowed.proceed(now) } else { Step::Meter(Self { allowed, takes }) }
    }

    /// What to take, all at once.
    #[must_use]
    pub fn takes(&self) -> &[Take] {
        &self.takes
    }

    /// Goes on with what the meters say.
    #[must_use]
    pub fn metered(mut self, taken: Result<Lease, Reached>, now: Timestamp) -> Step {
        match taken {
            Ok(lease) => {
                self.allowed.begun.leases.push(lease);
                self.allowed.proceed(now)
            }
            Err(reached) => self.allowed.begun.refuse(reached.refusal(), now),
        }
    }
}
