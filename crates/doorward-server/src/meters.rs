//! What a running gateway counts and remembers for the rules: meters, counters,
//! and the duties of tasks. All of them outlive every policy: a
//! reload gives nothing back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use doorward_core::access::{AccessRequest, Observed};
use doorward_core::duties::{AnswerDuties, GivenTask, Recalled};
use doorward_core::history::Counter;
use doorward_core::rate::{Lease, Reached, Take};
use doorward_core::record::Record;
use doorward_core::time::Timestamp;
use doorward_policy::Engine;

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

/// What happened lately, as far as rules look back.
#[derive(Debug, Default)]
pub(crate) struct History {
    counters: Mutex<doorward_core::history::Counters>,
    /// Whether there are any: most gateways have none and need no lock.
    any: AtomicBool,
}

impl History {
    /// Counts these from now on.
    pub(crate) fn declare(&self, counters: &[Counter]) {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner).declare(counters);
        self.any.store(!counters.is_empty(), Ordering::Release);
    }

    /// Counts what a record tells.
    pub(crate) fn recorded(&self, record: &Record) {
        if self.any.load(Ordering::Acquire) {
            self.counters.lock().unwrap_or_else(PoisonError::into_inner).recorded(record);
        }
    }

    /// Adds the counts that rules about `request` look at. One that nobody can say is missing, and they refuse.
    pub(crate) fn observe(&self, engine: &Engine, request: &AccessRequest, observed: &mut Observed) {
        if !self.any.load(Ordering::Acquire) {
            return;
        }
        let wanted = engine.wants(request).counts;
        if wanted.is_empty() {
            return;
        }
        let counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        for name in wanted {
            if let Some(count) = counters.count(&name, &request.principal, request.at) {
                observed.counts.insert(name, count);
            }
        }
    }
}
