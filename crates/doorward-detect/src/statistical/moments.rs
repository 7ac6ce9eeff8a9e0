//! Mean and variance that forget, and what a count says against them.

use serde::{Deserialize, Serialize};

/// The weight of the newest value never falls below one in so many.
const MEMORY: f64 = 64.0;

/// Exponentially weighted mean and variance.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Moments {
    #[serde(rename = "m")]
    mean: f32,
    #[serde(rename = "v")]
    variance: f32,
    #[serde(rename = "n")]
    count: u16,
}

impl Moments {
    #[expect(clippy::cast_possible_truncation, reason = "the precision of f32 is enough")]
    pub(crate) fn learn(&mut self, value: f64) {
        self.count = self.count.saturating_add(1);
        let weight = f64::from(self.count).min(MEMORY).recip();
        let (mean, variance) = (f64::from(self.mean), f64::from(self.variance));
        let off = value - mean;
        self.mean = (mean + weight * off) as f32;
        self.variance = ((1.0 - weight) * (variance + weight * off * off)) as f32;
    }

    pub(crate) fn mean(&self) -> f64 {
        f64::from(self.mean)
    }

    /// The variance, with room for the error of a mean of few values.
    pub(crate) fn variance(&self) -> f64 {
        f64::from(self.variance) + self.mean() * self.mean() / (f64::from(self.count) + 1.0)
    }

    /// The deviation, at least `least`.
    pub(crate) fn deviation(&self, least: f64) -> f64 {
        f64::from(self.variance).max(0.0).sqrt().max(least)
    }

    pub(crate) const fn count(&self) -> u16 {
        self.count
    }

    /// In bits, how far `count` is above these: Chernoff's bound on the upper tail of the negative binomial distribution
    /// with this mean and variance, of Poisson's where the variance is no larger than the mean. Zero below the mean.
    pub(crate) fn surprise(&self, count: f64) -> f64 {
        let mean = self.mean().max(0.05);
        if count <= mean {
            return 0.0;
        }
        let over = self.variance() - mean;
        let nats = if over > 0.02 * mean {
            let shape = mean * mean / over;
            count * (count / mean).ln() - (count + shape) * ((count + shape) / (mean + shape)).ln()
        } else {
            count * (count / mean).ln() - (count - mean)
        };
        (nats / std::f64::consts::LN_2).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: impl IntoIterator<Item = f64>) -> Moments {
        let mut moments = Moments::default();
        values.into_iter().for_each(|value| moments.learn(value));
        moments
    }

    #[test]
    fn mean_and_variance_are_near_the_true_ones_and_follow_change() {
        let moments = of((0..500).map(|at| f64::from(at % 5)));
        assert!((moments.mean() - 2.0).abs() < 0.2, "{moments:?}");
        assert!((moments.deviation(0.0) - 2.0_f64.sqrt()).abs() < 0.2, "{moments:?}");
        let moved = of((0..500).map(|at| if at < 250 { 1.0 } else { 9.0 }));
        assert!((moved.mean() - 9.0).abs() < 0.3, "{moved:?}");
    }

    #[test]
    fn surprise_grows_with_the_count_and_shrinks_with_the_spread() {
        let even = of((0..500).map(|_| 3.0));
        let spread = of((0..500).map(|at| if at % 2 == 0 { 0.0 } else { 6.0 }));
        assert!(even.surprise(3.0) < 1e-9);
        assert!(even.surprise(20.0) > even.surprise(10.0));
        assert!(even.surprise(12.0) > spread.surprise(12.0));
        // P(X ≥ 20) for Poisson(3) is 6.6e-11, which is 33.8 bits; the bound says a little less.
        let exact = even.surprise(20.0);
        assert!((25.0..34.0).contains(&exact), "{exact}");
    }
}
