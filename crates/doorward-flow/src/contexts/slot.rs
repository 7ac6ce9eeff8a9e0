//! What is kept of one context that has a name, or of one correlation.

use std::sync::Arc;
use std::time::Duration;

use doorward_core::flow::{ContextId, Ground, Label, SignedUnit};
use doorward_core::time::Timestamp;

use super::Body;
use super::fading::Fading;
use super::limits::{CORRELATED_HALF, NAMED_HALF, NAMED_IDLE};
use super::place::Member;
use super::shelf::{Kept, Room};
use super::task::Task;

pub(super) struct Slot<T> {
    pub(super) ground: Ground,
    /// Whose it is; for a correlation, whoever came with it first.
    pub(super) family: ContextId,
    pub(super) above: Box<[Member]>,
    pub(super) task: Option<Arc<Task>>,
    pub(super) room: Room<T>,
    label: Fading,
    seen: Timestamp,
}

impl<T: Body> Slot<T> {
    pub(super) fn new(ground: Ground, family: ContextId, label: Label, now: Timestamp) -> Self {
        let label = Fading::new(label, now);
        Self { ground, family, above: Box::default(), task: None, room: Room::empty(), label, seen: now }
    }

    /// Says that it is used.
    pub(super) fn touch(&mut self, now: Timestamp) {
        self.seen = self.seen.max(now);
        self.label.turn(now, self.half());
    }

    /// Takes in what credentials say of it. What was said first stays what it is for, and it only ever gets narrower: whoever
    /// holds two tokens of one unit of work, an old one and one renewed with more, must not choose between them by the call,
    /// and what a renewed token calls the task must not endorse values of what was read before.
    pub(super) fn sign(&mut self, unit: &SignedUnit) {
        match &self.task {
            None => self.task = Some(Arc::new(Task::signed(unit))),
            Some(task) => {
                if let Some(narrowed) = task.narrowed(unit.token()) {
                    self.task = Some(Arc::new(narrowed));
                }
            }
        }
    }

    pub(super) fn raise(&mut self, label: &Label, now: Timestamp) {
        self.touch(now);
        let half = self.half();
        self.label.join(label, now, half);
    }

    pub(super) const fn label(&self) -> &Fading {
        &self.label
    }

    const fn half(&self) -> Duration {
        match self.ground {
            Ground::Signed | Ground::Declared => NAMED_HALF,
            Ground::Correlated | Ground::Fallback => CORRELATED_HALF,
        }
    }
}

impl<T: Body> Kept for Slot<T> {
    type Body = T;

    fn weight(&self) -> usize {
        let task = self.task.as_ref().map_or(0, |task| task.bytes());
        self.label.bytes() + self.above.len() * size_of::<Member>() + task + self.room.bytes()
    }

    fn seen(&self) -> Timestamp {
        self.seen
    }

    fn is_over(&self, now: Timestamp) -> bool {
        now.since(self.seen) > NAMED_IDLE
    }

    fn room(&mut self) -> &mut Room<T> {
        &mut self.room
    }
}
