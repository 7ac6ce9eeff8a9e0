//! Every maker held out once: what is said of texts of a maker that nothing was learned from.

#![expect(clippy::indexing_slicing, reason = "numbers of features are places in the vector made for them")]

use super::examples::{Example, Examples};
use super::learn;

/// In how many texts a feature must be seen to be learned.
const TEXTS_MIN: u32 = 6;

/// Of how many makers.
const MAKERS_MIN: u32 = 4;

/// The sum of each example by weights that were learned without its maker, in the order of the examples.
pub(super) fn held_out(examples: &Examples) -> Vec<f32> {
    let mut sums = vec![f32::NEG_INFINITY; examples.all.len()];
    for group in 0..examples.groups.len() {
        let learned = learn::learn(examples, |example| example.group != group);
        for (sum, example) in sums.iter_mut().zip(&examples.all).filter(|(_, example)| example.group == group) {
            *sum = learned.sum(example);
        }
    }
    sums
}

/// Which features enough texts of enough makers have.
pub(super) fn is_kept(taken: &[&Example], features: usize) -> Vec<bool> {
    let mut seen = vec![Seen::default(); features];
    for (at, example) in taken.iter().enumerate() {
        for feature in example.texts.iter().flatten().flatten() {
            seen[*feature as usize].in_text(at, example.group);
        }
    }
    seen.iter().map(|seen| seen.texts >= TEXTS_MIN && seen.makers.count_ones() >= MAKERS_MIN).collect()
}

#[derive(Debug, Clone, Default)]
struct Seen {
    last: Option<usize>,
    texts: u32,
    makers: u64,
}

impl Seen {
    fn in_text(&mut self, text: usize, maker: usize) {
        if self.last != Some(text) {
            self.last = Some(text);
            self.texts += 1;
            self.makers |= 1 << (maker % 64);
        }
    }
}
