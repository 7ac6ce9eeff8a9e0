//! Counts of what was found and what was not, and the figures that follow from them.

/// How often what was there was found, and what was not there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) hits: u32,
    pub(super) misses: u32,
    pub(super) alarms: u32,
    pub(super) passes: u32,
}

/// A share with its Wilson interval at 95 %.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Share {
    pub(crate) value: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Tally {
    pub(super) fn add(&mut self, is_positive: bool, is_found: bool) {
        let count = match (is_positive, is_found) {
            (true, true) => &mut self.hits,
            (true, false) => &mut self.misses,
            (false, true) => &mut self.alarms,
            (false, false) => &mut self.passes,
        };
        *count += 1;
    }

    pub(super) const fn items(&self) -> u32 {
        self.hits + self.misses + self.alarms + self.passes
    }

    /// Of what was there, how much was found.
    pub(super) fn recall(&self) -> Option<Share> {
        Share::of(self.hits, self.hits + self.misses)
    }

    /// Of what was found, how much was there.
    pub(super) fn precision(&self) -> Option<Share> {
        Share::of(self.hits, self.hits + self.alarms)
    }

    pub(super) fn f1(&self) -> Option<f64> {
        let twice = 2.0 * f64::from(self.hits);
        let all = twice + f64::from(self.misses) + f64::from(self.alarms);
        (self.hits + self.misses > 0).then_some(twice / all)
    }

    /// Of what was harmless, how much was found all the same.
    pub(super) fn false_alarms(&self) -> Option<Share> {
        Share::of(self.alarms, self.alarms + self.passes)
    }
}

impl Share {
    /// `part` of `whole`; `None` of nothing.
    pub(crate) fn of(part: u32, whole: u32) -> Option<Self> {
        if whole == 0 {
            return None;
        }
        // The 97.5 % quantile of the normal distribution.
        let z = 1.959_964;
        let n = f64::from(whole);
        let value = f64::from(part) / n;
        let centre = (value + z * z / (2.0 * n)) / (1.0 + z * z / n);
        let reach = z / (1.0 + z * z / n) * (value * (1.0 - value) / n + z * z / (4.0 * n * n)).sqrt();
        Some(Self { value, low: (centre - reach).max(0.0), high: (centre + reach).min(1.0) })
    }
}

/// Four digits after the point: more is noise.
pub(super) fn round(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_follow_from_counts() {
        let tally = Tally { hits: 8, misses: 2, alarms: 1, passes: 99 };
        assert_eq!(round(tally.recall().unwrap().value), 0.8);
        assert_eq!(round(tally.precision().unwrap().value), 0.8889);
        assert_eq!(round(tally.f1().unwrap()), 0.8421);
        assert_eq!(round(tally.false_alarms().unwrap().value), 0.01);
    }

    #[test]
    fn the_interval_is_that_of_wilson() {
        let share = Share::of(8, 10).unwrap();
        assert_eq!((round(share.low), round(share.high)), (0.4902, 0.9433));
        assert_eq!(Share::of(0, 0), None);
        assert_eq!(round(Share::of(0, 100).unwrap().high), 0.037);
    }
}
