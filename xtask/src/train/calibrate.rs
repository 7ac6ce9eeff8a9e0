//! What a sum means: how likely an instruction is, and from where on it is a finding.
//!
//! Everything here is fitted to what was said of held-out makers, so that it holds for texts of new ones as far as the
//! makers here are like others.

#![expect(clippy::indexing_slicing, reason = "there are two places, and two of everything here")]

use doorward_guards::training::{Meaning, Weights};

use super::examples::{Example, Examples};

/// Which share of harmless texts may be a finding: of definitions, and of anything else.
const MEDIUM: [f64; 2] = [0.008, 0.017];
/// Which share may be one if a rule has a suspicion as well.
const SUSPECTED: [f64; 2] = [0.03, 0.03];
/// Which share may be certain.
const HIGH: [f64; 2] = [0.001, 0.001];
/// Which share of what is certain must be hostile.
const PRECISION: f64 = 0.99;
/// Steps of Newton's method; it is done after a few.
const STEPS: usize = 50;

/// What sums mean in each place.
pub(super) fn meanings(examples: &Examples, sums: &[f32], weights: &Weights) -> [Meaning; 2] {
    let mut places = weights.places;
    for (place, meaning) in places.iter_mut().enumerate() {
        let here = |example: &&Example| example.place == place && example.is_counted && example.weight > 0.0;
        let sums = || examples.all.iter().zip(sums).filter(|(example, _)| here(example));
        let mut harmless: Vec<f32> = sums().filter(|(example, _)| !example.is_hostile).map(|(_, sum)| *sum).collect();
        harmless.sort_by(|a, b| b.total_cmp(a));
        meaning.medium = above(&harmless, MEDIUM[place]);
        meaning.suspected = above(&harmless, SUSPECTED[place]);
        let labelled: Vec<(f32, bool)> = sums().map(|(example, sum)| (*sum, example.is_hostile)).collect();
        meaning.high = above(&harmless, HIGH[place]).max(precise(&labelled)).max(meaning.medium);
        (meaning.slope, meaning.shift) = logistic(&labelled);
    }
    places
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
