//! `fan-out`: more different servers, tools or items are reached at once than usual.
//!
//! A server or tool counts when a burst reaches it for the first time, with a weight that fades over half a minute, so that
//! long work does not hide short haste. Items count as a run: how many different ones a tool is used for, with no other tool
//! between, in one unit of work; haste does not matter for them. What is learned is how high these counts rise in a burst,
//! read as a negative binomial distribution.

use doorward_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::moments::Moments;
use super::rate::Pace;
use crate::key;
use crate::limits::BURST_CALLS_MAX;
use crate::measure::Reading;

/// How long a thing counts, in seconds.
const FADE_SECONDS: f64 = 30.0;

/// The longest run of a tool in one burst.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Run(f64);

/// How long runs are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct RunModel(Moments);

impl Run {
    pub(crate) fn begin_burst(&mut self) {
        self.0 = 0.0;
    }

    pub(crate) fn take(&mut self, run: u32) {
        self.0 = self.0.max(f64::from(run));
    }
}

impl RunModel {
    pub(crate) fn read(&self, run: Run) -> Reading {
        Reading { score: self.0.surprise(run.0), observed: run.0, expected: self.0.mean() }
    }

    pub(crate) fn learn(&mut self, run: Run) {
        self.0.learn(run.0);
    }
}

/// Different things of one burst. They are told apart exactly: a burst has no more calls than are kept.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Different {
    keys: Vec<u32>,
    pub(crate) pace: Pace,
}

impl Different {
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.keys.capacity() * size_of::<u32>()
    }

    pub(crate) fn take(&mut self, key: u64, at: Timestamp) {
        let key = key::short(key);
        if self.keys.len() < BURST_CALLS_MAX && !self.keys.contains(&key) {
            self.keys.push(key);
            self.pace.take(at, FADE_SECONDS);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistical::rate::Model;

    fn burst(keys: impl IntoIterator<Item = u64>) -> Different {
        let mut different = Different::default();
        let mut now = 0;
        for key in keys {
            now += 2_000_000;
            different.take(key, Timestamp::from_micros(now));
        }
        different
    }

    #[test]
    fn many_different_things_stand_out_and_many_uses_of_few_do_not() {
        let mut model = Model::default();
        (0..100).for_each(|at| model.learn(&burst(0..2 + at % 3).pace));
        let score = |different: &Different| model.read(&different.pace).score;
        assert!(score(&burst(0..12)) > 5.0);
        assert!(score(&burst((0..40).map(|at| at % 3))) < 1.0);
        assert_eq!(burst(0..1000).keys.len(), BURST_CALLS_MAX);
    }
}
