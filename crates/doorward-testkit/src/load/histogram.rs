//! Latencies in buckets whose width grows with the value, so that memory is fixed and the relative
//! error is at most one in 128.

use std::time::Duration;

/// Buckets per power of two, as a power of two.
const SPLIT_BITS: u32 = 7;
const SPLIT: usize = 1 << SPLIT_BITS;

/// Values from here on (about 69 s) share the last bucket.
const TOP_BITS: u32 = 36;
const BUCKETS: usize = ((TOP_BITS - SPLIT_BITS) as usize + 1) * SPLIT;

/// A histogram of durations.
#[derive(Debug, Clone)]
pub(super) struct Histogram {
    buckets: Vec<u64>,
    count: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { buckets: vec![0; BUCKETS], count: 0 }
    }
}

impl Histogram {
    /// Counts one value.
    pub(super) fn record(&mut self, value: Duration) {
        let nanos = u64::try_from(value.as_nanos()).unwrap_or(u64::MAX);
        if let Some(bucket) = self.buckets.get_mut(bucket_of(nanos)) {
            *bucket += 1;
            self.count += 1;
        }
    }

    /// How many values were counted.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The value in nanoseconds that the share `q` of all values does not exceed; 0 when empty.
    pub(super) fn quantile(&self, q: f64) -> f64 {
        let rank = (q * self.count as f64).ceil().max(1.0);
        let mut seen = 0_u64;
        for (index, bucket) in self.buckets.iter().enumerate() {
            seen += bucket;
            if seen as f64 >= rank {
                return middle_of(index);
            }
        }
        0.0
    }
}

fn bucket_of(nanos: u64) -> usize {
    let nanos = nanos.min((1 << TOP_BITS) - 1);
    let bits = u64::BITS - nanos.leading_zeros();
    // Values below SPLIT have a bucket each; above, the leading SPLIT_BITS + 1 bits choose it.
    let shift = bits.saturating_sub(SPLIT_BITS + 1);
    let within = (nanos >> shift) as usize;
    shift as usize * SPLIT + within
}

fn middle_of(bucket: usize) -> f64 {
    let shift = (bucket / SPLIT).saturating_sub(1);
    let within = bucket - shift * SPLIT;
    let width = (1_u64 << shift) as f64;
    within as f64 * width + (width - 1.0) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_in_a_bucket_near_it() {
        let mut value = 1_u64;
        while value < 1 << TOP_BITS {
            for near in [value - 1, value, value + 1] {
                let bucket = bucket_of(near);
                assert!(bucket < BUCKETS, "{near}");
                let error = (middle_of(bucket) - near as f64).abs();
                assert!(error <= near as f64 / SPLIT as f64, "{near} is {error} off");
            }
            value = value * 3 / 2 + 1;
        }
    }

    #[test]
    fn buckets_are_in_order_and_none_is_left_out() {
        let mut last = 0;
        for nanos in 0..100_000 {
            let bucket = bucket_of(nanos);
            assert!(bucket == last || bucket == last + 1, "{nanos}: {last} then {bucket}");
            last = bucket;
        }
        assert_eq!(bucket_of(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn quantiles_are_those_of_the_values() {
        let mut histogram = Histogram::default();
        for micros in 1..=1000 {
            histogram.record(Duration::from_micros(micros));
        }
        for (q, expected) in [(0.5, 500e3), (0.99, 990e3), (1.0, 1000e3)] {
            let found = histogram.quantile(q);
            assert!((found - expected).abs() < expected / 100.0, "{q}: {found}");
        }
        assert_eq!(histogram.count(), 1000);
        assert_eq!(Histogram::default().quantile(0.5), 0.0);
    }
}
