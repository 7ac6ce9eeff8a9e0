//! What happens when there is no room.
//!
//! Responsible for the order in which things go: what is over, what bodies can spare, bodies, contexts, families; those that
//! were used least lately first. A label is never lost: it is handed over before its context goes, and a context that was
//! used in between stays.

use std::sync::atomic::Ordering;

use doorward_core::flow::Ground;
use doorward_core::time::Timestamp;

use super::limits::SHARDS;
use super::shelf::{Lighten, Which, locked};
use super::{Body, Contexts};

/// Rounds in which the older half of every shard goes: after these nothing is left of any number that fits memory.
const ROUNDS: usize = 40;

impl<T: Body> Contexts<T> {
    /// Makes room if there is too little.
    pub(super) fn relieve(&self, now: Timestamp) {
        if self.fits(1, 1) {
            return;
        }
        let _one_at_a_time = locked(&self.relief);
        if self.fits(1, 1) {
            return;
        }
        self.slots.sweep(now);
        self.families.sweep(now);
        self.lighten();
        self.drop_slots(now);
        self.drop_families(now);
    }

    /// Whether everything fits into that part of the bounds. What makes room makes a little more than it must, so that it
    /// need not begin again with the next message.
    fn fits(&self, numerator: usize, denominator: usize) -> bool {
        let within = |held: usize, most: usize| held <= most / denominator * numerator;
        self.fits_bytes(numerator, denominator)
            && within(self.tally.count.load(Ordering::Relaxed), self.bounds.contexts)
    }

    fn fits_bytes(&self, numerator: usize, denominator: usize) -> bool {
        self.tally.bytes.load(Ordering::Relaxed) <= self.bounds.bytes / denominator * numerator
    }

    fn lighten(&self) {
        let steps = [Lighten::Shed, Lighten::Strip].map(|how| [Which::OlderHalf, Which::All].map(|which| (how, which)));
        for (how, which) in steps.into_iter().flatten() {
            for shard in 0..SHARDS {
                if self.fits_bytes(15, 16) {
                    return;
                }
                self.slots.lighten(shard, which, how);
                self.families.lighten(shard, which, how);
            }
        }
    }

    fn drop_slots(&self, now: Timestamp) {
        for shard in (0..ROUNDS).flat_map(|_| 0..SHARDS) {
            if self.fits(15, 16) {
                return;
            }
            let candidates = self.slots.candidates(shard, |slot| (slot.ground, slot.family, slot.label().read()));
            for one in &candidates {
                let (ground, family, label) = &one.of;
                match ground {
                    Ground::Signed | Ground::Declared => self.families.visit(*family, |spot| match spot {
                        Some(family) => family.take_over(label, now),
                        None => self.remainders.keep(*family, label, now),
                    }),
                    Ground::Correlated | Ground::Fallback => self.remainders.keep(one.id, label, now),
                }
            }
            self.slots.take_away(shard, &candidates);
        }
    }

    fn drop_families(&self, now: Timestamp) {
        for shard in (0..ROUNDS).flat_map(|_| 0..SHARDS) {
            if self.fits(15, 16) {
                return;
            }
            let candidates = self.families.candidates(shard, super::family::Family::whole);
            candidates.iter().for_each(|one| self.remainders.keep(one.id, &one.of, now));
            self.families.take_away(shard, &candidates);
        }
    }
}
