//! The counts of one principal, over all its contexts: what is spread over contexts is still counted together.

use doorward_core::flow::LedgerSeen;
use doorward_core::time::Timestamp;

use super::{Arrival, Caps, Ledger, Reckoning, Sending};

/// What one principal has read and sent over the last 24 hours and 30 days.
#[derive(Debug, Clone)]
pub struct PrincipalLedger {}

impl PrincipalLedger {
    /// An empty one.
    #[must_use]
    pub fn new(_now: Timestamp) -> Self {
        Self {}
    }

    /// Counts what arrived in `context`, before it is passed on.
    pub fn arrived(&mut self, _: &mut Ledger, _: &Arrival<'_>, _: &Caps, _now: Timestamp) -> Reckoning {
        Reckoning::default()
    }

    /// What would be counted if the call were let through, and which bounds that passes.
    #[must_use]
    pub fn weigh(&self, _: &Ledger, _: &Sending<'_>, _: &Caps, _now: Timestamp) -> LedgerSeen {
        LedgerSeen::default()
    }

    /// Counts a call that is let through, before it is sent.
    pub fn sent(&mut self, _: &mut Ledger, _: &Sending<'_>, _now: Timestamp) {}

    /// Takes in that `context` is over: what was usual in it may raise the principal's own bounds.
    pub fn ended(&mut self, _: &Ledger, _: &Caps) {}

    /// About how much memory it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of::<Self>()
    }
}
