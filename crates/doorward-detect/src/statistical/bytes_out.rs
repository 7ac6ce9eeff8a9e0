//! `bytes-out`: more goes out through a tool than usual.
//!
//! A one-sided cumulative sum (Page, 1954) over the logarithm of the size of requests, in deviations: one deviation is
//! allowed with each call, so that it grows with one request that is far too large or several that are somewhat too
//! large, and returns to zero with ordinary ones.

use serde::{Deserialize, Serialize};

use super::moments::Moments;
use crate::measure::Reading;

/// Deviations that each call may have for nothing.
const ALLOWED: f64 = 1.0;

/// No call counts for more deviations.
const CALL_MOST: f64 = 8.0;

/// The least deviation of the logarithm to base 2.
const DEVIATION_LEAST: f64 = 0.3;

/// With fewer calls nothing is said.
const CALLS_MIN: u16 = 30;

/// The sum so far.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Sum {
    sum: f64,
    peak: f64,
    largest: f64,
}

/// How large requests are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Model(Moments);

impl Sum {
    pub(crate) fn begin_burst(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn take(&mut self, bytes: u64, model: &Model) {
        if !model.is_warm() {
            return;
        }
        let deviations = (log2(bytes) - model.0.mean()) / model.0.deviation(DEVIATION_LEAST);
        self.sum = (self.sum + deviations.min(CALL_MOST) - ALLOWED).max(0.0);
        self.peak = self.peak.max(self.sum);
        #[expect(clippy::cast_precision_loss, reason = "a size for people")]
        let bytes = bytes as f64;
        self.largest = self.largest.max(bytes);
    }
}

impl Model {
    /// Whether it knows enough to be asked.
    pub(crate) const fn is_warm(&self) -> bool {
        self.0.count() >= CALLS_MIN
    }

    pub(crate) fn read(&self, sum: &Sum) -> Reading {
        Reading { score: sum.peak, observed: sum.largest, expected: self.0.mean().exp2() - 1.0 }
    }

    pub(crate) fn learn(&mut self, bytes: u64) {
        self.0.learn(log2(bytes));
    }
}

/// The logarithm to base 2 of one more than `bytes`.
pub(crate) fn log2(bytes: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a logarithm needs no more")]
    let bytes = bytes as f64;
    (bytes + 1.0).log2()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(sizes: impl IntoIterator<Item = u64>) -> f64 {
        let mut model = Model::default();
        (0..200).for_each(|at| model.learn(300 + at % 40 * 10));
        let mut sum = Sum::default();
        sizes.into_iter().for_each(|size| sum.take(size, &model));
        model.read(&sum).score
    }

    #[test]
    fn one_large_request_or_several_larger_ones_stand_out_and_the_largest_usual_one_does_not() {
        assert!(score([60_000]) > 6.0);
        assert!(score([2_000; 6]) > 6.0);
        assert!(score([690]) < 2.0, "{}", score([690]));
        assert!(score([690, 300, 400, 690, 350]) < 2.0);
    }
}
