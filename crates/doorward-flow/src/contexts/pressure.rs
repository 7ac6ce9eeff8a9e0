//! What happens when there is no room.
//!
//! Responsible for the order in which things go: what is over, what bodies can spare, bodies, contexts, families; those that
//! were used least lately first. A label is never lost: it is handed over before its context goes, and a context that was
//! used in between stays.

use std::sync::atomic::Ordering;

use doorward_core::flow::{ContextId, Ground, Label};
use doorward_core::time::Timestamp;

use super::limits::SHARDS;
use super::shelf::{Lighten, locked};
use super::{Body, Contexts};

/// How much may be left.
#[derive(Clone, Copy)]
enum Goal {
    /// What there is room for.
    Bound,
    /// A little less, so that the next message need not make room again.
    Ease,
}

impl Goal {
    const fn of(self, bound: usize) -> usize {
        match self {
            Self::Bound => bound,
            Self::Ease => bound - bound / 16,
        }
    }
}

/// How bodies are made lighter.
const STEPS: [Lighten; 2] = [Lighten::Shed, Lighten::Strip];

/// Rounds in which the older half goes: enough to leave nothing, if nobody comes in between.
const ROUNDS: usize = 40;

/// Later than every use.
const LAST: Timestamp = Timestamp::from_micros(i64::MAX);

impl<T: Body> Contexts<T> {
    /// Makes room if there is too little.
    pub(super) fn relieve(&self, now: Timestamp) {
        if self.fits(Goal::Bound) {
            return;
        }
        let _one_at_a_time = locked(&self.relief);
        if self.fits(Goal::Bound) {
            return;
        }
        self.slots.sweep(now);
        self.families.sweep(now);
        self.lighten();
        self.drop_slots(now);
        self.drop_families(now);
    }

    fn fits(&self, goal: Goal) -> bool {
        let count = self.tally.count.load(Ordering::Relaxed);
        self.fits_bytes(goal) && count <= goal.of(self.bounds.contexts)
    }

    fn fits_bytes(&self, goal: Goal) -> bool {
        self.tally.bytes.load(Ordering::Relaxed) <= goal.of(self.bounds.bytes)
    }

    fn lighten(&self) {
        let middle = (self.slots.middle().unwrap_or(LAST), self.families.middle().unwrap_or(LAST));
        let halves = [middle, (LAST, LAST)];
        for (how, (slots, families)) in STEPS.iter().flat_map(|how| halves.map(|until| (*how, until))) {
            for shard in 0..SHARDS {
                if self.fits_bytes(Goal::Ease) {
                    return;
                }
                self.slots.lighten(shard, slots, how);
                self.families.lighten(shard, families, how);
            }
        }
    }

    fn drop_slots(&self, now: Timestamp) {
        for until in (0..ROUNDS).map_while(|_| self.slots.middle()) {
            for shard in 0..SHARDS {
                if self.fits(Goal::Ease) {
                    return;
                }
                let candidates =
                    self.slots.candidates(shard, until, |slot| (slot.ground, slot.family, slot.label().read()));
                candidates.iter().for_each(|one| self.hand_over(one.id, &one.of, now));
                self.slots.take_away(shard, &candidates);
            }
        }
    }

    fn hand_over(&self, id: ContextId, (ground, family, label): &(Ground, ContextId, Label), now: Timestamp) {
        match ground {
            Ground::Signed | Ground::Declared => self.families.visit(*family, |spot| match spot {
                Some(family) => family.take_over(label, now),
                None => self.remainders.keep(*family, label, now),
            }),
            Ground::Correlated | Ground::Fallback => self.remainders.keep(id, label, now),
        }
    }

    fn drop_families(&self, now: Timestamp) {
        for until in (0..ROUNDS).map_while(|_| self.families.middle()) {
            for shard in 0..SHARDS {
                if self.fits(Goal::Ease) {
                    return;
                }
                let candidates = self.families.candidates(shard, until, |family| {
                    let mut label = Label::default();
                    family.add_whole(&mut label);
                    label
                });
                candidates.iter().for_each(|one| self.remainders.keep(one.id, &one.of, now));
                self.families.take_away(shard, &candidates);
            }
        }
    }
}
