//! How much people are asked.

use std::time::Duration;

use crate::limits::{APPROVAL_WAIT, APPROVALS_PER_HOUR};

/// How much people are asked, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApprovalRules {
    /// How long a question is open, and a yes can be used.
    pub wait: Duration,
    /// How many questions one principal may cause within an hour.
    pub per_hour: u32,
}

impl Default for ApprovalRules {
    fn default() -> Self {
        Self { wait: APPROVAL_WAIT, per_hour: APPROVALS_PER_HOUR }
    }
}
