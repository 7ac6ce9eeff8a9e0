//! From p-values to alarms.
//!
//! Responsible for turning the p-values of one burst into e-values, merging them, and for the online control of false
//! discoveries over bursts. It must never need the measures to be independent of one another.

use serde::{Deserialize, Serialize};

/// The e-value of a p-value: the mean of the calibrators `2^k · 1{p ≤ 2^-k}` for k from 10 to 20, each of which has mean
/// at most 1 when p is one (Vovk and Wang, E-values: calibration, combination and applications, 2021).
pub(crate) fn e_of(p: f64) -> f64 {
    let grid = 10..=20;
    let steps = f64::from(grid.clone().count() as u32);
    grid.map(f64::from).map(f64::exp2).filter(|step| p <= step.recip()).sum::<f64>() / steps
}

/// Merges e-values by their weighted mean, which is one whatever the dependence between them (Vovk and Wang, 2021).
pub(crate) fn merge(values: impl IntoIterator<Item = (f64, f64)>) -> f64 {
    let (sum, weights) =
        values.into_iter().fold((0.0, 0.0), |(sum, weights), (e, weight)| (sum + weight * e, weights + weight));
    if weights > 0.0 { sum / weights } else { 0.0 }
}

/// Online control of the false discovery rate: e-LOND (Xu and Ramdas, Online multiple testing with e-values, AISTATS
/// 2024), with the same weight for each of the bursts of one period. Holds under any dependence between bursts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct FalseDiscoveries {
    /// Bursts begun in this period.
    bursts: u32,
    /// Those with an alarm.
    alarms: u32,
}

impl FalseDiscoveries {
    pub(crate) const fn new() -> Self {
        Self { bursts: 0, alarms: 0 }
    }

    /// Another burst begins, and with it, after `period` of them, another period.
    pub(crate) fn begin(&mut self, period: u32) {
        self.bursts = self.bursts.saturating_add(1);
        if self.bursts > period {
            *self = Self { bursts: 1, alarms: 0 };
        }
    }

    /// What an e-value must reach now, for a share of `rate` false ones among the alarms of a period.
    pub(crate) fn bar(&self, rate: f64, period: u32) -> f64 {
        f64::from(period.max(1)) / (rate * (f64::from(self.alarms) + 1.0))
    }

    /// An alarm was no discovery: it counts no more.
    pub(crate) fn uncount(&mut self) {
        self.alarms = self.alarms.saturating_sub(1);
    }

    /// A burst has got its alarm.
    pub(crate) fn count(&mut self) {
        self.alarms = self.alarms.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_an_e_value_under_chance_is_at_most_one() {
        let steps = 1 << 16;
        let mean = (1..=steps).map(|at| e_of(f64::from(at) / f64::from(steps))).sum::<f64>() / f64::from(steps);
        assert!(mean <= 1.0 + 1e-6, "{mean}");
        assert!(e_of(1e-6) > 4e4, "{}", e_of(1e-6));
        assert!(e_of(0.5) < 1e-12);
    }

    #[test]
    fn merging_is_a_mean() {
        assert!((merge([(8.0, 1.0), (0.0, 3.0)]) - 2.0).abs() < 1e-12);
        assert!(merge([]) < 1e-12);
    }

    #[test]
    fn each_alarm_lowers_the_bar_and_a_new_period_raises_it() {
        let mut control = FalseDiscoveries::new();
        control.begin(100);
        assert!((control.bar(0.1, 100) - 1000.0).abs() < 1e-9);
        control.count();
        assert!((control.bar(0.1, 100) - 500.0).abs() < 1e-9);
        (0..100).for_each(|_| control.begin(100));
        assert!((control.bar(0.1, 100) - 1000.0).abs() < 1e-9);
    }
}
