//! `rate`: a tool, or all tools together, are used faster than this principal ever uses them.
//!
//! Calls are counted with weights that fade over 2 seconds, 15 seconds and 2 minutes. What is learned is how high these
//! counts rise in a burst of work: mean and variance with exponential weights, read as a negative binomial distribution.

use doorward_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::moments::Moments;
use crate::measure::Reading;

/// How long a call counts, in seconds.
const FADES: [f64; 3] = [2.0, 15.0, 120.0];

/// The pace in one burst.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Pace {
    levels: [f64; 3],
    peaks: [f64; 3],
    last: Option<Timestamp>,
}

/// How high the pace rises in bursts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Model([Moments; 3]);

impl Pace {
    pub(crate) fn begin_burst(&mut self) {
        self.peaks = [0.0; 3];
    }

    pub(crate) fn take(&mut self, at: Timestamp) {
        let seconds = self.last.map_or(f64::INFINITY, |last| at.since(last).as_secs_f64());
        self.last = Some(at);
        for ((level, peak), fade) in self.levels.iter_mut().zip(&mut self.peaks).zip(FADES) {
            *level = *level * (-seconds / fade).exp() + 1.0;
            *peak = peak.max(*level);
        }
    }
}

impl Model {
    pub(crate) fn read(&self, pace: &Pace) -> Reading {
        let each = self.0.iter().zip(pace.peaks);
        let readings =
            each.map(|(usual, peak)| Reading { score: usual.surprise(peak), observed: peak, expected: usual.mean() });
        readings.max_by(|left, right| left.score.total_cmp(&right.score)).unwrap_or_default()
    }

    pub(crate) fn learn(&mut self, pace: &Pace) {
        for (usual, peak) in self.0.iter_mut().zip(pace.peaks) {
            usual.learn(peak);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn burst(calls: i64, every_millis: i64) -> Pace {
        let mut pace = Pace::default();
        for call in 0..calls {
            pace.take(Timestamp::from_micros(call * every_millis * 1000));
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
