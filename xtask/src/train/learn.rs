//! Learning: which features speak for an instruction.
//!
//! A text is hostile when one of its sentences is (noisy-or), so a long text full of harmless sentences teaches what they are,
//! and only the sentences that could have been it are taken for the instruction. Logistic regression by AdaGrad, with
//! features dropped at random; makers count alike, however many texts they made, to a degree.

#![expect(
    clippy::indexing_slicing,
    reason = "numbers of features, makers and places are places in the vectors made for them"
)]

use doorward_guards::training::{Meaning, Weights};

use super::examples::{Example, Examples, Text};
use super::folds::is_kept;

/// Where the random numbers start.
pub(super) const SEED: u64 = 7;
/// How often all texts are seen.
const ROUNDS: usize = 8;
/// How far one text moves a weight at first.
const RATE: f32 = 0.1;
/// How strongly weights are drawn to nothing.
const DECAY: f32 = 0.05;
/// Which share of features is not seen at a time.
const DROPPED: f32 = 0.15;
/// How much the number of texts of a maker is made up for: 0 not at all, 1 wholly.
const EVENNESS: f32 = 0.5;
/// How much harmless and hostile texts count, all together, against each other.
const BALANCE: [f32; 2] = [0.3, 0.7];
/// The rounds at the end whose weights are averaged.
const AVERAGED: usize = 3;
/// What every sum starts with.
const BIAS: f32 = -2.0;
/// How much two sentences in a row count together.
pub(super) const PAIR: f32 = 0.9;
/// Probabilities stay off 0 and 1 by this much.
const MARGIN: f32 = 1e-6;
/// No text pulls harder than this.
const PULL_MAX: f32 = 3.0;

/// What was learned, by the numbers of features.
#[derive(Debug, Clone)]
pub(super) struct Learned {
    weights: Vec<f32>,
    biases: [f32; 2],
}

/// Learns from the examples of which `takes` says so.
pub(super) fn learn(examples: &Examples, takes: impl Fn(&Example) -> bool) -> Learned {
    let taken: Vec<&Example> = examples.all.iter().filter(|example| example.weight > 0.0 && takes(example)).collect();
    let kept = is_kept(&taken, examples.features.len());
    let counts = counts(&taken, examples.groups.len());
    let mut learning = Learning::new(examples.features.len());
    let mut order: Vec<usize> = (0..taken.len()).collect();
    let mut average = Learned { weights: vec![0.0; examples.features.len()], biases: [0.0; 2] };
    for round in 0..ROUNDS {
        learning.random.shuffle(&mut order);
        let rate = RATE / (1.0 + 0.5 * round as f32);
        for at in &order {
            if let (Some(example), Some(count)) = (taken.get(*at), counts.get(*at)) {
                learning.see(example, *count, rate, &kept);
            }
        }
        if round + AVERAGED >= ROUNDS {
            average.add(&learning.learned, 1.0 / AVERAGED as f32);
        }
    }
    average
}

/// How much each example counts.
fn counts(taken: &[&Example], groups: usize) -> Vec<f32> {
    let mut sizes = vec![[0.0_f32; 2]; groups];
    for example in taken {
        sizes[example.group][usize::from(example.is_hostile)] += example.weight;
    }
    let raw =
        |example: &Example| example.weight * sizes[example.group][usize::from(example.is_hostile)].powf(-EVENNESS);
    let mut totals = [0.0_f32; 2];
    for example in taken {
        totals[usize::from(example.is_hostile)] += raw(example);
    }
    let texts = taken.len() as f32;
    let count = |example: &&Example| {
        let label = usize::from(example.is_hostile);
        raw(example) * texts * BALANCE[label] / totals[label]
    };
    taken.iter().map(count).collect()
}

impl Learned {
    fn add(&mut self, other: &Self, share: f32) {
        self.weights.iter_mut().zip(&other.weights).for_each(|(sum, weight)| *sum += weight * share);
        self.biases.iter_mut().zip(other.biases).for_each(|(sum, bias)| *sum += bias * share);
    }

    /// The worst sum of each text of an example, as the classifier takes it.
    pub(super) fn sums(&self, example: &Example) -> Vec<f32> {
        let bias = self.biases[example.place];
        let worst = |text: &Text| {
            let mut worst = f32::NEG_INFINITY;
            let mut last = None;
            for sentence in &text.sentences {
                let sum: f32 = sentence.iter().map(|feature| self.weights[*feature as usize]).sum();
                worst = worst.max(bias + sum);
                if let Some(last) = last {
                    worst = worst.max(bias + PAIR * (sum + last));
                }
                last = Some(sum);
            }
            worst
        };
        example.texts.iter().map(worst).collect()
    }

    /// What ships of it: weights in steps, those of a step at least.
    pub(super) fn weights(&self, examples: &Examples) -> Weights {
        let largest = self.weights.iter().fold(0.0_f32, |largest, weight| largest.max(weight.abs()));
        let scale = (largest / 127.0).max(f32::MIN_POSITIVE);
        let steps = self
            .weights
            .iter()
            .zip(&examples.features)
            .map(|(weight, feature)| (*feature, (weight / scale).round() as i8));
        let mut features: Vec<_> = steps.filter(|(_, steps)| *steps != 0).collect();
        features.sort_unstable();
        let places = self.biases.map(|bias| Meaning { bias, ..Meaning::default() });
        Weights { scale, pair: PAIR, places, features }
    }
}

/// Learning under way.
#[derive(Debug)]
struct Learning {
    learned: Learned,
    /// How much each weight has been pulled so far, squared.
    pulled: Vec<f32>,
    biases_pulled: [f32; 2],
    random: Random,
    sentences: Vec<(Vec<u32>, f32)>,
}

impl Learning {
    fn new(features: usize) -> Self {
        Self {
            learned: Learned { weights: vec![0.0; features], biases: [BIAS; 2] },
            pulled: vec![0.01; features],
            biases_pulled: [0.01; 2],
            random: Random(SEED),
            sentences: Vec::new(),
        }
    }

    /// Moves the weights by what one example teaches.
    fn see(&mut self, example: &Example, count: f32, rate: f32, kept: &[bool]) {
        self.sentences.clear();
        let bias = self.learned.biases[example.place];
        let mut none = 0.0;
        for sentence in example.sentences() {
            let random = &mut self.random;
            let seen = sentence.iter().copied().filter(|feature| kept[*feature as usize] && random.unit() >= DROPPED);
            let seen: Vec<u32> = seen.collect();
            let sum: f32 = seen.iter().map(|feature| self.learned.weights[*feature as usize]).sum();
            let hostile = logistic(sum + bias).clamp(MARGIN, 1.0 - MARGIN);
            none += (1.0 - hostile).ln();
            self.sentences.push((seen, hostile));
        }
        let any = (1.0 - none.exp()).clamp(MARGIN, 1.0 - MARGIN);
        for (seen, hostile) in &self.sentences {
            let pull = if example.is_hostile { -(1.0 - any) / any * hostile } else { *hostile };
            let pull = (pull * count).clamp(-PULL_MAX, PULL_MAX);
            let pulled = &mut self.biases_pulled[example.place];
            *pulled += pull * pull;
            self.learned.biases[example.place] -= rate * 0.5 * pull / pulled.sqrt();
            for feature in seen {
                let (weight, pulled) =
                    (&mut self.learned.weights[*feature as usize], &mut self.pulled[*feature as usize]);
                *pulled += pull * pull;
                *weight -= rate * (pull + DECAY * *weight) / pulled.sqrt();
            }
        }
    }
}

fn logistic(sum: f32) -> f32 {
    1.0 / (1.0 + (-sum).exp())
}

/// Random numbers that are the same every time (SplitMix64).
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to 1.
    fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u32 << 24) as f32
    }

    fn shuffle(&mut self, order: &mut [usize]) {
        for at in (1..order.len()).rev() {
            let other = (self.next() % (at as u64 + 1)) as usize;
            order.swap(at, other);
        }
    }
}
