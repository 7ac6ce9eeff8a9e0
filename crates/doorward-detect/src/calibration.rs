//! How rare a score is, by what was seen before.
//!
//! Responsible for conformal p-values: of the bursts of work in a rolling window, how many scored as high? What scores
//! higher than all of them is judged by the tail that they show. It must never learn from a burst before others have
//! followed it.

use serde::{Deserialize, Serialize};

use crate::limits::{CALIBRATED_MIN, PENDING, WINDOW};
use crate::snapshot::packed;

/// Scores are kept in quarters, up to 63.75.
const STEPS_PER_UNIT: f64 = 4.0;

/// The tail is taken to be heavier than it looks, by this factor.
const TAIL_CAUTION: f64 = 1.2;

/// So many bursts speak for the least tail that a measure has, against those that were seen.
const TAIL_PRIOR: f64 = 2.0;

/// The highest scores of past bursts of work.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Calibration {
    /// The window, as a ring once it is full.
    #[serde(with = "packed", default, skip_serializing_if = "Vec::is_empty")]
    settled: Vec<u8>,
    /// The oldest of a full window.
    #[serde(default)]
    next: u16,
    /// The latest, which do not count yet.
    #[serde(with = "packed", default, skip_serializing_if = "Vec::is_empty")]
    pending: Vec<u8>,
}

impl Calibration {
    pub(crate) fn is_bounded(&self) -> bool {
        self.settled.len() <= WINDOW && self.pending.len() <= PENDING + 1
    }

    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.settled.capacity() + self.pending.capacity()
    }

    /// A score that somebody has called part of the work.
    pub(crate) fn accept(&mut self, score: f64) {
        self.settle(step(score));
    }

    /// The highest score of a burst that has ended.
    pub(crate) fn push(&mut self, score: f64) {
        self.pending.push(step(score));
        if self.pending.len() > PENDING {
            let settled = self.pending.remove(0);
            self.settle(settled);
        }
    }

    /// Forgets what has not settled: it belongs to what an alert is about.
    pub(crate) fn drop_pending(&mut self) {
        self.pending.clear();
    }

    fn settle(&mut self, score: u8) {
        if self.settled.len() < WINDOW {
            self.settled.reserve_exact(WINDOW - self.settled.len());
            self.settled.push(score);
            return;
        }
        if let Some(oldest) = self.settled.get_mut(usize::from(self.next)) {
            *oldest = score;
        }
        self.next = if usize::from(self.next) + 1 >= WINDOW { 0 } else { self.next + 1 };
    }

    /// Whether enough has settled to say anything.
    pub(crate) fn is_ready(&self) -> bool {
        self.settled.len() >= CALIBRATED_MIN
    }

    /// The share of bursts that score at least as high, never less than what can be known from so many; for what is
    /// beyond all of them, an exponential tail no steeper than `least_tail` units per nat.
    ///
    /// Up to 1/(n+1) this is exact for exchangeable bursts (Vovk, Gammerman and Shafer, Algorithmic Learning in a Random
    /// World, 2005); beyond, it is a model, and the caution of `TAIL_CAUTION` is in it.
    pub(crate) fn p(&self, score: f64, least_tail: f64) -> f64 {
        let score_step = step(score);
        #[expect(clippy::cast_precision_loss, reason = "a window is small")]
        let (n, above) = {
            let above = self.settled.iter().filter(|seen| **seen >= score_step).count();
            (self.settled.len() as f64, above as f64)
        };
        let share = (above + 1.0) / (n + 1.0);
        if above > 0.0 || score_step == 0 {
            return share;
        }
        let highest = self.settled.iter().max().map_or(0.0, |highest| units(*highest));
        share * (-(units(score_step) - highest) / (TAIL_CAUTION * self.tail(least_tail))).exp()
    }

    /// The mean excess over the score that one burst in ten passes.
    fn tail(&self, least: f64) -> f64 {
        let mut seen = [0_u16; 256];
        for score in &self.settled {
            if let Some(count) = seen.get_mut(usize::from(*score)) {
                *count += 1;
            }
        }
        let wanted = (self.settled.len() / 10).max(4);
        let (mut count, mut sum, mut threshold) = (0_usize, 0.0, 0.0);
        for (score, times) in seen.iter().enumerate().rev().filter(|(_, times)| **times > 0) {
            #[expect(clippy::cast_precision_loss, reason = "at most 255")]
            let score = score as f64 / STEPS_PER_UNIT;
            if count >= wanted {
                threshold = score;
                break;
            }
            count += usize::from(*times);
            sum += score * f64::from(*times);
        }
        #[expect(clippy::cast_precision_loss, reason = "a window is small")]
        let count = count as f64;
        let excess = (sum - count * threshold).max(0.0);
        ((excess + TAIL_PRIOR * least) / (count + TAIL_PRIOR)).max(least)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what a byte holds")]
fn step(score: f64) -> u8 {
    (score * STEPS_PER_UNIT).clamp(0.0, 255.0) as u8
}

fn units(step: u8) -> f64 {
    f64::from(step) / STEPS_PER_UNIT
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(scores: impl IntoIterator<Item = f64>) -> Calibration {
        let mut calibration = Calibration::default();
        scores.into_iter().for_each(|score| calibration.push(score));
        calibration
    }

    #[test]
    fn a_score_is_as_rare_as_the_bursts_that_reach_it() {
        let calibration = with((0..99 + PENDING).map(|at| if at < 9 { 8.0 } else { 1.0 }));
        assert!((calibration.p(8.0, 1.0) - 0.1).abs() < 1e-9);
        assert!((calibration.p(1.0, 1.0) - 1.0).abs() < 1e-9);
        assert!((calibration.p(0.0, 1.0) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn beyond_all_of_them_it_falls_and_more_so_the_further() {
        let calibration = with((0..150).map(|at| f64::from(at % 7)));
        let (near, far) = (calibration.p(7.0, 1.0), calibration.p(30.0, 1.0));
        assert!(near < 1.0 / 100.0 && far < near / 1000.0, "{near} {far}");
        assert!(calibration.p(30.0, 8.0) > far * 1000.0, "a heavier tail says less");
    }

    #[test]
    fn the_latest_bursts_do_not_count_yet_and_can_be_forgotten() {
        let mut calibration = with((0..100).map(|_| 1.0));
        for _ in 0..PENDING {
            calibration.push(20.0);
        }
        let before = calibration.p(20.0, 1.0);
        calibration.drop_pending();
        calibration.push(1.0);
        assert!((calibration.p(20.0, 1.0) - before).abs() < before, "none of the high ones has settled");
        let all = with((0..100).map(|_| 1.0).chain((0..2 * PENDING).map(|_| 20.0)));
        assert!(all.p(20.0, 1.0) > before * 10.0);
    }

    #[test]
    fn the_window_rolls_and_is_bounded() {
        let calibration = with((0..WINDOW * 2 + PENDING).map(|at| if at < WINDOW { 30.0 } else { 1.0 }));
        assert_eq!(calibration.settled.len(), WINDOW);
        assert!(calibration.p(30.0, 1.0) < 0.01);
        assert!(!with((0..CALIBRATED_MIN + PENDING - 1).map(|_| 1.0)).is_ready());
        assert!(with((0..CALIBRATED_MIN + PENDING).map(|_| 1.0)).is_ready());
    }
}
