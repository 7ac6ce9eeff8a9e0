//! What was learned, as it is kept while the gateway is down.

use serde::{Deserialize, Serialize};

use super::{Detector, Open};
use crate::baseline::{PrincipalBaseline, ToolBaseline, Wide};
use crate::evidence::FalseDiscoveries;
use crate::limits::{OPEN_ALERTS_MAX, PRINCIPAL_BASELINES_MAX, TOOL_BASELINES_MAX};
use crate::settings::Settings;

/// The version of the form of snapshots that this build writes. Another is not read: what is usual is learned anew.
pub const SNAPSHOT_VERSION: u16 = 1;

/// All that was learned, to be serialised. Bursts that go on are not in it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Snapshot {
    version: u16,
    tools: Vec<(u64, u64, ToolBaseline)>,
    principals: Vec<(u64, PrincipalBaseline)>,
    everyone: Wide,
    control: FalseDiscoveries,
    next_alert: u64,
    open: Vec<Open>,
}

/// Why a snapshot is not restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// It has another version.
    #[error("the baselines have form {0}, this build reads form {SNAPSHOT_VERSION}")]
    Version(u16),
    /// It holds more than is ever kept.
    #[error("the baselines hold more than is ever kept, so they are not ours")]
    Size,
}

impl Detector {
    /// All that was learned.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            version: SNAPSHOT_VERSION,
            tools: self.tools.by_use().into_iter().map(|((who, tool), one)| (who, tool, one.clone())).collect(),
            principals: self.principals.by_use().into_iter().map(|(who, one)| (who, one.clone())).collect(),
            everyone: self.everyone.clone(),
            control: self.control,
            next_alert: self.next_alert,
            open: self.open.iter().cloned().collect(),
        }
    }

    /// Detectors that know what `snapshot` holds.
    ///
    /// # Errors
    /// [`RestoreError`] for another form, or more than is ever kept.
    pub fn restore(settings: Settings, snapshot: Snapshot) -> Result<Self, RestoreError> {
        if snapshot.version != SNAPSHOT_VERSION {
            return Err(RestoreError::Version(snapshot.version));
        }
        let is_bounded = snapshot.tools.len() <= TOOL_BASELINES_MAX
            && snapshot.principals.len() <= PRINCIPAL_BASELINES_MAX
            && snapshot.open.len() <= OPEN_ALERTS_MAX
            && snapshot.tools.iter().all(|(_, _, one)| one.is_bounded())
            && snapshot.principals.iter().all(|(_, one)| one.wide.is_bounded())
            && snapshot.everyone.is_bounded();
        if !is_bounded {
            return Err(RestoreError::Size);
        }
        let mut detector = Self::new(settings);
        snapshot.tools.into_iter().for_each(|(who, tool, one)| detector.tools.put((who, tool), one));
        snapshot.principals.into_iter().for_each(|(who, one)| detector.principals.put(who, one));
        detector.everyone = snapshot.everyone;
        detector.control = snapshot.control;
        detector.next_alert = snapshot.next_alert;
        detector.open = snapshot.open.into();
        Ok(detector)
    }
}
