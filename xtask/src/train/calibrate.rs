//! What a sum means: how likely an instruction is, and from where on it is a finding.
//!
//! Everything here is fitted to what was said of held-out makers, so that it holds for texts of new ones as far as the
//! makers here are like others.

#![expect(clippy::indexing_slicing, reason = "there are two places, and two of everything here")]

use doorward_guards::training::Meaning;

use super::examples::{Example, Examples};
use super::folds::worst;

/// Kinds of harmless texts, each with a bound of its own on false alarms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// What tools say of themselves.
    Definition,
    /// What tools return.
    Result,
    /// What looks like an instruction and is none: trigger words, talk about attacks, odd characters.
    LookAlike,
    /// What people write.
    Request,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Definition, Self::Result, Self::LookAlike, Self::Request];

    /// Of a harmless text, by its category.
    fn of(category: &str) -> Self {
        match category {
            "tool_description_real" | "tool_description_synth" => Self::Definition,
            "tool_result_clean" => Self::Result,
            "user_plain" => Self::Request,
            _ => Self::LookAlike,
        }
    }
}

/// Which shares of harmless texts may be findings of the classifier, for each kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shares {
    /// Where no rule has a suspicion. None of definitions: whole servers of makers that it has not seen write theirs as
    /// orders to the model ("you must first call …"), and no threshold that leaves recall holds for them.
    alone: [Option<f64>; 4],
    /// Where a rule has one.
    suspected: [f64; 4],
}

impl Shares {
    /// Those that ship.
    pub(super) const fn shipped() -> Self {
        Self { alone: [None, Some(0.001), Some(0.006), Some(0.002)], suspected: [0.002, 0.001, 0.003, 0.001] }
    }

    /// So many times as much.
    pub(super) fn times(self, factor: f64) -> Self {
        let alone = self.alone.map(|share| share.map(|share| share * factor));
        Self { alone, suspected: self.suspected.map(|share| share * factor) }
    }
}

/// Which share may be certain.
const HIGH: [f64; 2] = [0.001, 0.001];
/// Which share of what is certain must be hostile.
const PRECISION: f64 = 0.99;
/// Steps of Newton's method; it is done after a few.
const STEPS: usize = 50;

/// What sums mean in each place.
pub(super) fn meanings(examples: &Examples, sums: &[Vec<f32>], places: [Meaning; 2]) -> [Meaning; 2] {
    let mut places = thresholds(examples, sums, places, Shares::shipped(), |_| true);
    for (place, meaning) in places.iter_mut().enumerate() {
        let labelled: Vec<(f32, bool)> = examples
            .all
            .iter()
            .zip(worst(sums))
            .filter(|(example, _)| is_of(example, place))
            .map(|(example, sum)| (sum, example.is_hostile))
            .collect();
        let harmless = labelled.iter().filter(|(_, is_hostile)| !is_hostile).map(|(sum, _)| *sum).collect();
        meaning.high = above(&sorted(harmless), HIGH[place]).max(precise(&labelled));
        (meaning.slope, meaning.shift) = logistic(&labelled);
    }
    places
}

/// From which sums on there are findings, by those examples that `takes` says yes to.
pub(super) fn thresholds(
    examples: &Examples,
    sums: &[Vec<f32>],
    places: [Meaning; 2],
    shares: Shares,
    takes: impl Fn(&Example) -> bool,
) -> [Meaning; 2] {
    let mut places = places;
    for (place, meaning) in places.iter_mut().enumerate() {
        (meaning.medium, meaning.suspected) = (f32::NEG_INFINITY, f32::NEG_INFINITY);
        for (at, kind) in Kind::ALL.into_iter().enumerate() {
            let here = examples.all.iter().zip(sums).filter(|(example, _)| {
                is_of(example, place) && !example.is_hostile && Kind::of(&example.category) == kind && takes(example)
            });
            let here: Vec<_> = here.map(|(example, sums)| Worst::of(example, sums)).collect();
            if here.is_empty() {
                continue;
            }
            let alone = sorted(here.iter().map(|worst| worst.all).collect());
            let suspected = sorted(here.iter().map(|worst| worst.suspected).collect());
            meaning.medium = meaning.medium.max(shares.alone[at].map_or(f32::MAX, |share| above(&alone, share)));
            meaning.suspected = meaning.suspected.max(above(&suspected, shares.suspected[at]));
        }
        // Without a harmless text nothing is known.
        if !meaning.medium.is_finite() {
            (meaning.medium, meaning.suspected) = (0.0, 0.0);
        }
    }
    places
}

/// The worst sums of an example.
#[derive(Debug, Clone, Copy)]
struct Worst {
    all: f32,
    /// Of those texts that a rule suspects.
    suspected: f32,
}

impl Worst {
    fn of(example: &Example, sums: &[f32]) -> Self {
        let texts = || example.texts.iter().zip(sums);
        let worst = |sums: &mut dyn Iterator<Item = f32>| sums.fold(f32::NEG_INFINITY, f32::max);
        Self {
            all: worst(&mut sums.iter().copied()),
            suspected: worst(&mut texts().filter(|(text, _)| text.rules.is_some()).map(|(_, sum)| *sum)),
        }
    }
}

fn is_of(example: &Example, place: usize) -> bool {
    example.place == place && example.is_counted && example.weight > 0.0
}

/// The highest first.
fn sorted(mut sums: Vec<f32>) -> Vec<f32> {
    sums.sort_by(|a, b| b.total_cmp(a));
    sums
}

/// The least sum that at most `share` of the sums, the highest first, are above.
fn above(sums: &[f32], share: f64) -> f32 {
    let at = (sums.len() as f64 * share) as usize;
    sums.get(at).map_or(0.0, |sum| sum.max(-20.0) + 0.001)
}

/// The least sum from which on nearly all are hostile.
fn precise(labelled: &[(f32, bool)]) -> f32 {
    let mut labelled = labelled.to_vec();
    labelled.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut hits, mut least) = (0_usize, f32::INFINITY);
    for (at, (sum, is_hostile)) in labelled.iter().enumerate() {
        hits += usize::from(*is_hostile);
        if hits as f64 >= PRECISION * (at + 1) as f64 {
            least = *sum;
        }
    }
    if least.is_finite() { least } else { f32::MAX }
}

/// Slope and shift of the logistic curve that fits best, both labels weighing alike (Platt, by Newton's method).
fn logistic(labelled: &[(f32, bool)]) -> (f32, f32) {
    let labelled: Vec<(f64, f64)> = labelled
        .iter()
        .filter(|(sum, _)| sum.is_finite())
        .map(|(sum, is_hostile)| (f64::from(*sum), f64::from(u8::from(*is_hostile))))
        .collect();
    let hostile = labelled.iter().map(|(_, label)| label).sum::<f64>().max(1.0);
    let harmless = (labelled.len() as f64 - hostile).max(1.0);
    let (mut slope, mut shift) = (1.0_f64, 0.0_f64);
    for _ in 0..STEPS {
        // A little of a prior on the slope keeps the equations solvable.
        let mut gradient = [1e-3 * (slope - 1.0), 0.0];
        let mut curve = [[1e-3, 0.0], [0.0, 1e-6]];
        for (sum, label) in &labelled {
            let share = if *label > 0.5 { 1.0 / hostile } else { 1.0 / harmless };
            let probability = 1.0 / (1.0 + (-(slope * sum + shift)).exp());
            let (error, bend) = (share * (probability - label), share * probability * (1.0 - probability));
            gradient = [gradient[0] + error * sum, gradient[1] + error];
            curve[0][0] += bend * sum * sum;
            curve[0][1] += bend * sum;
            curve[1][1] += bend;
        }
        let determinant = curve[0][0] * curve[1][1] - curve[0][1] * curve[0][1];
        slope -= (curve[1][1] * gradient[0] - curve[0][1] * gradient[1]) / determinant;
        shift -= (curve[0][0] * gradient[1] - curve[0][1] * gradient[0]) / determinant;
    }
    (slope as f32, shift as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_leaves_the_share_above() {
        let sums: Vec<f32> = (0..100).rev().map(|sum| sum as f32).collect();
        let threshold = above(&sums, 0.02);
        assert_eq!(sums.iter().filter(|sum| **sum >= threshold).count(), 2);
    }

    #[test]
    fn what_is_precise_starts_above_the_harmless() {
        let labelled = [(5.0, true), (4.0, true), (3.0, false), (2.0, true)];
        assert_eq!(precise(&labelled), 4.0);
        assert_eq!(precise(&[(1.0, false)]), f32::MAX);
    }

    #[test]
    fn the_curve_passes_between_the_labels() {
        let labelled: Vec<(f32, bool)> = (0..40).map(|at| (at as f32 / 10.0, at % 7 < at / 6)).collect();
        let (slope, shift) = logistic(&labelled);
        assert!(slope > 0.0 && shift < 0.0, "{slope} {shift}");
    }
}
