//! What an operator may set.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use doorward_core::refusal::Code;
use serde::{Deserialize, Serialize};

use crate::catalogue::DetectorId;

/// Settings of all detectors. The default is what the figures in the documentation are measured with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "snake_case")]
pub struct Settings {
    /// Detectors that stay silent.
    pub off: BTreeSet<DetectorId>,
    /// Of the statistical alerts of one period, the share that may be false: above 0, at most 0.5.
    pub false_share: f64,
    /// Bursts of work in one period, over all principals.
    pub period_bursts: u32,
    /// After so many seconds without a call a burst of work has ended.
    pub burst_gap_seconds: u32,
    /// The same alert is told again after so many seconds at the earliest.
    pub quiet_seconds: u32,
    /// So many days make the history that `unused-harm` and `new-way-out` look at.
    pub history_days: u16,
    /// So many different refused calls of one tool are probing.
    pub probing_calls: u8,
    /// Within so many seconds.
    pub probing_seconds: u32,
    /// So many calls in a row with arguments that do not fit are told.
    pub mismatch_calls: u8,
    /// Items that nobody has a reason to touch, by server: names, or a prefix that ends in `*`.
    pub hidden: BTreeMap<String, Vec<String>>,
    /// The numbers of the codes that refuse what was stopped.
    pub stop_codes: BTreeSet<u16>,
    /// So many calls after a stop are told.
    pub stop_calls: u8,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            off: BTreeSet::new(),
            false_share: 0.1,
            period_bursts: 100,
            burst_gap_seconds: 300,
            quiet_seconds: 3600,
            history_days: 30,
            probing_calls: 5,
            probing_seconds: 600,
            mismatch_calls: 4,
            hidden: BTreeMap::new(),
            stop_codes: [Code::Stopped.entry().number].into(),
            stop_calls: 3,
        }
    }
}

impl Settings {
    pub(crate) fn is_on(&self, detector: DetectorId) -> bool {
        !self.off.contains(&detector)
    }

    /// The allowed share, within what makes sense.
    pub(crate) fn allowed_share(&self) -> f64 {
        if self.false_share.is_finite() { self.false_share.clamp(1e-4, 0.5) } else { 1e-4 }
    }

    pub(crate) fn burst_gap(&self) -> Duration {
        Duration::from_secs(u64::from(self.burst_gap_seconds.max(1)))
    }

    pub(crate) fn quiet(&self) -> Duration {
        Duration::from_secs(u64::from(self.quiet_seconds))
    }

    pub(crate) fn probing_window(&self) -> Duration {
        Duration::from_secs(u64::from(self.probing_seconds))
    }
}
