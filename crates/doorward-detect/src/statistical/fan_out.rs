//! `fan-out`: more different servers, tools or items are reached than in one burst of this principal's work.
//!
//! Exact counts: a burst has no more calls than are told apart. What is learned is how many a burst reaches, read as a
//! negative binomial distribution.

use serde::{Deserialize, Serialize};

use super::moments::Moments;

use crate::key;
use crate::limits::BURST_CALLS_MAX;
use crate::measure::Reading;

/// Different things of one burst.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Different(Vec<u32>);

/// How many a burst reaches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Model(Moments);

impl Different {
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.0.capacity() * size_of::<u32>()
    }

    pub(crate) fn begin_burst(&mut self) {
        self.0.clear();
    }

    pub(crate) fn take(&mut self, key: u64) {
        let key = key::short(key);
        if self.0.len() < BURST_CALLS_MAX && !self.0.contains(&key) {
            self.0.push(key);
        }
    }

    fn count(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "bounded")]
        let count = self.0.len() as f64;
        count
    }
}

impl Model {
    pub(crate) fn read(&self, different: &Different) -> Reading {
        let count = different.count();
        Reading { score: self.0.surprise(count), observed: count, expected: self.0.mean() }
    }

    pub(crate) fn learn(&mut self, different: &Different) {
        self.0.learn(different.count());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn burst(keys: impl IntoIterator<Item = u64>) -> Different {
        let mut different = Different::default();
        keys.into_iter().for_each(|key| different.take(key));
        different
    }

    #[test]
    fn many_different_things_stand_out_and_many_uses_of_few_do_not() {
        let mut model = Model::default();
        (0..100).for_each(|at| model.learn(&burst(0..2 + at % 3)));
        assert!(model.read(&burst(0..12)).score > 5.0);
        assert!(model.read(&burst((0..40).map(|at| at % 3))).score < 1.0);
        assert_eq!(burst(0..1000).0.len(), BURST_CALLS_MAX);
    }
}
