//! `result-size`: results are larger than this tool's results are for this principal.
//!
//! A sketch of the sizes, in half powers of two, gives their median and the size that one in twenty passes. Results count
//! by how far they are above the median in steps of that difference, in a sum that fades with each ordinary one.

use serde::{Deserialize, Serialize};

use super::bytes_out::log2;
use crate::measure::Reading;
use crate::snapshot::packed_counts;

/// Two buckets for each power of two, up to 4 GiB.
const BUCKETS: usize = 64;

/// When so many are counted, all counts are halved.
const HALVED_AT: u32 = 2048;

/// The least difference between the median and the size that one in twenty passes, in powers of two.
const STEP_LEAST: f64 = 0.5;

/// Steps above the median that each result may have for nothing.
const ALLOWED: f64 = 1.5;

/// No result counts for more steps.
const RESULT_MOST: f64 = 8.0;

/// What stays of the sum with each further result.
const KEPT: f64 = 0.8;

/// With fewer results nothing is said.
const RESULTS_MIN: u32 = 30;

/// The sum so far.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Sum {
    sum: f64,
    peak: f64,
    largest: f64,
}

/// The sizes of results.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sketch(#[serde(with = "packed_counts")] Vec<u16>);

impl Sum {
    pub(crate) fn begin_burst(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn take(&mut self, bytes: u64, sketch: &Sketch) {
        let Some((median, high)) = sketch.usual() else { return };
        let steps = (log2(bytes) - median) / (high - median).max(STEP_LEAST);
        self.sum = (KEPT * self.sum + steps.min(RESULT_MOST) - ALLOWED).max(0.0);
        self.peak = self.peak.max(self.sum);
        #[expect(clippy::cast_precision_loss, reason = "a size for people")]
        let bytes = bytes as f64;
        self.largest = self.largest.max(bytes);
    }
}

impl Sketch {
    /// Whether it knows enough to be asked.
    pub(crate) fn is_warm(&self) -> bool {
        self.count() >= RESULTS_MIN
    }

    pub(crate) fn is_bounded(&self) -> bool {
        self.0.len() <= BUCKETS
    }

    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.0.capacity() * size_of::<u16>()
    }

    pub(crate) fn read(&self, sum: &Sum) -> Reading {
        let expected = self.usual().map_or(0.0, |(median, _)| median.exp2() - 1.0);
        Reading { score: sum.peak, observed: sum.largest, expected }
    }

    pub(crate) fn learn(&mut self, bytes: u64) {
        self.0.resize(BUCKETS, 0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a logarithm is small and not negative"
        )]
        let bucket = ((log2(bytes) * 2.0) as usize).min(BUCKETS - 1);
        if let Some(count) = self.0.get_mut(bucket) {
            *count = count.saturating_add(1);
        }
        if self.count() >= HALVED_AT {
            self.0.iter_mut().for_each(|count| *count /= 2);
        }
    }

    fn count(&self) -> u32 {
        self.0.iter().copied().map(u32::from).sum()
    }

    /// The median and the 95th percentile, as logarithms.
    fn usual(&self) -> Option<(f64, f64)> {
        let count = self.count();
        (count >= RESULTS_MIN).then(|| (self.quantile(count.div_ceil(2)), self.quantile((count * 19).div_ceil(20))))
    }

    /// The middle of the bucket of the `rank`-th value.
    fn quantile(&self, rank: u32) -> f64 {
        let mut below = 0;
        for (bucket, count) in self.0.iter().enumerate() {
            below += u32::from(*count);
            if below >= rank {
                #[expect(clippy::cast_precision_loss, reason = "there are few buckets")]
                return bucket as f64 / 2.0 + 0.25;
            }
        }
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(sizes: impl IntoIterator<Item = u64>) -> f64 {
        let mut sketch = Sketch::default();
        (0..4000).for_each(|at| sketch.learn(1000 + at % 40 * 50));
        let mut sum = Sum::default();
        sizes.into_iter().for_each(|size| sum.take(size, &sketch));
        sketch.read(&sum).score
    }

    #[test]
    fn large_results_stand_out_and_the_largest_usual_ones_do_not() {
        assert!(score([2_000_000]) > 6.0);
        assert!(score([20_000; 5]) > 6.0);
        assert!(score([2950; 5]) < 1.0, "{}", score([2950; 5]));
    }
}
