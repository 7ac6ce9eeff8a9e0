//! `beacon`: a tool is used at intervals that are too regular.
//!
//! The intervals between the last nine calls; the smaller their deviation against their mean, the higher the score, in
//! bits for each interval beyond the first. Each unit of work has its own beat, where they are known. Intervals under two seconds are a loop, which is for `rate` to see.

use doorward_core::time::Timestamp;

use crate::limits::THREADS_MAX;
use crate::measure::Reading;

/// Intervals that are looked at.
const INTERVALS: usize = 8;

/// Fewer say nothing.
const INTERVALS_MIN: usize = 3;

/// A mean interval under so many seconds is not looked at.
const SECONDS_MIN: f64 = 2.0;

/// Intervals are never more regular than this: the network alone sees to it.
const REGULAR_MOST: f64 = 0.01;

/// The beats of the latest units of work. They go on from burst to burst.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Beats {
    beats: Vec<Beat>,
    peak: Reading,
}

/// The latest intervals of one unit of work.
#[derive(Debug, Clone, Default, PartialEq)]
struct Beat {
    context: u64,
    intervals: [f64; INTERVALS],
    seen: usize,
    last: Option<Timestamp>,
}

impl Beats {
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.beats.capacity() * size_of::<Beat>()
    }

    pub(crate) fn begin_burst(&mut self) {
        self.peak = Reading::default();
    }

    pub(crate) fn take(&mut self, context: u64, at: Timestamp) {
        let place = self.beats.iter().position(|beat| beat.context == context);
        let mut beat = place.map_or_else(|| Beat { context, ..Beat::default() }, |place| self.beats.remove(place));
        if self.beats.len() >= THREADS_MAX {
            self.beats.remove(0);
        }
        beat.take(at);
        let reading = beat.regularity();
        if reading.score > self.peak.score {
            self.peak = reading;
        }
        self.beats.push(beat);
    }

    pub(crate) fn read(&self) -> Reading {
        self.peak
    }
}

impl Beat {
    fn take(&mut self, at: Timestamp) {
        if let Some(last) = self.last {
            self.intervals.rotate_left(1);
            if let Some(newest) = self.intervals.last_mut() {
                *newest = at.since(last).as_secs_f64();
            }
            self.seen = (self.seen + 1).min(INTERVALS);
        }
        self.last = Some(at);
    }

    fn regularity(&self) -> Reading {
        if self.seen < INTERVALS_MIN {
            return Reading::default();
        }
        #[expect(clippy::cast_precision_loss, reason = "there are few intervals")]
        let count = self.seen as f64;
        let latest = || self.intervals.iter().rev().take(self.seen);
        let mean = latest().sum::<f64>() / count;
        if mean < SECONDS_MIN {
            return Reading::default();
        }
        let variance = latest().map(|interval| (interval - mean).powi(2)).sum::<f64>() / (count - 1.0);
        let regular = (variance.sqrt() / mean).max(REGULAR_MOST);
        Reading { score: ((count - 1.0) * -regular.log2()).max(0.0), observed: mean, expected: 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(seconds: impl IntoIterator<Item = f64>) -> f64 {
        let mut beat = Beats::default();
        let mut now = 0.0;
        beat.take(1, Timestamp::from_micros(0));
        for interval in seconds {
            now += interval * 1e6;
            #[expect(clippy::cast_possible_truncation, reason = "a test")]
            beat.take(1, Timestamp::from_micros(now as i64));
        }
        beat.read().score
    }

    #[test]
    fn a_beat_with_some_jitter_stands_out_and_a_persons_pace_does_not() {
        assert!(score([60.0, 60.4, 59.5, 60.1, 59.9, 60.3, 60.0, 59.8]) > 30.0);
        assert!(score([60.0, 66.0, 55.0, 63.0, 58.0, 61.0, 54.0, 65.0]) > 15.0);
        assert!(score([12.0, 60.0, 7.0, 200.0, 31.0, 9.0, 80.0, 22.0]) < 6.0);
        assert!(score([0.1; 8]) < 1e-9, "a loop is not a beat");
    }
}
