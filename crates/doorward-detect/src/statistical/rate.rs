//! `rate`: a tool, or all tools together, are used faster than this principal ever uses them.
//!
//! Calls are counted with weights that fade, over 3 seconds for a rush and over a minute for a flood. What is learned is how
//! high these counts rise in a burst of work: mean and variance with exponential weights, read as a negative binomial
//! distribution.

use doorward_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::moments::Moments;
use crate::measure::Reading;

/// How long a call counts in a rush, in seconds.
pub(crate) const RUSH_SECONDS: f64 = 3.0;

/// How long a call counts in a flood, in seconds.
pub(crate) const FLOOD_SECONDS: f64 = 60.0;

/// A count that fades, and how high it has been in one burst.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Pace {
    level: f64,
    peak: f64,
    last: Option<Timestamp>,
}

/// How high a pace rises in bursts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Model(Moments);

impl Pace {
    pub(crate) fn begin_burst(&mut self) {
        self.peak = 0.0;
    }

    /// One more at `at`, where a count fades over so many seconds.
    pub(crate) fn take(&mut self, at: Timestamp, fade: f64) {
        let seconds = self.last.map_or(f64::INFINITY, |last| at.since(last).as_secs_f64());
        self.last = Some(at);
        self.level = self.level * (-seconds / fade).exp() + 1.0;
        self.peak = self.peak.max(self.level);
    }
}

impl Model {
    pub(crate) fn read(&self, pace: &Pace) -> Reading {
        Reading { score: self.0.surprise(pace.peak), observed: pace.peak, expected: self.0.mean() }
    }

    pub(crate) fn learn(&mut self, pace: &Pace) {
        self.0.learn(pace.peak);
    }

    /// Bursts that it has learned from.
    pub(crate) const fn bursts(&self) -> u16 {
        self.0.count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn burst(calls: i64, every_millis: i64) -> Pace {
        let mut pace = Pace::default();
        for call in 0..calls {
            pace.take(Timestamp::from_micros(call * every_millis * 1000), RUSH_SECONDS);
        }
        pace
    }

    #[test]
    fn a_loop_stands_out_and_a_long_burst_at_the_usual_pace_does_not() {
        let mut model = Model::default();
        for _ in 0..100 {
            model.learn(&burst(5, 8000));
        }
        let (usual, long, fast) =
            (model.read(&burst(5, 8000)), model.read(&burst(10, 8000)), model.read(&burst(10, 100)));
        assert!(fast.score > long.score + 5.0 && long.score < 5.0, "{usual:?} {long:?} {fast:?}");
        assert!(usual.score < 0.5, "{usual:?}");
    }
}
