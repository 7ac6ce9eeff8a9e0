//! What a running gateway counts and remembers for the rules: meters, and the duties of tasks. Both outlive every policy: a
//! reload gives nothing back.

use std::sync::{Mutex, PoisonError};

use doorward_core::duties::{AnswerDuties, GivenTask, Recalled};
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

/// Which duties the tasks carry that were given.
#[derive(Debug, Default)]
pub(crate) struct TaskDuties(Mutex<doorward_core::duties::TaskDuties>);

impl TaskDuties {
    /// Remembers a task.
    pub(crate) fn keep(&self, task: &GivenTask, duties: &AnswerDuties) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).keep(task.clone(), duties);
    }

    /// What is remembered of a task.
    pub(crate) fn recall(&self, task: &GivenTask) -> Recalled {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).recall(task)
    }
}
