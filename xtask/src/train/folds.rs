//! Every maker held out once: what is said of texts of a maker that nothing was learned from.

#![expect(clippy::indexing_slicing, reason = "numbers of features are places in the vector made for them")]

use std::ops::Range;
use std::thread;

use super::examples::{Example, Examples};
use super::learn;

/// In how many texts a feature must be seen to be learned.
const TEXTS_MIN: u32 = 6;

/// Of how many makers.
const MAKERS_MIN: u32 = 4;

/// The sum of each text of each example by weights that were learned without its maker, in the order of the examples. Two
/// makers are held out at a time; neither knows of the other.
///
/// # Errors
/// When learning has panicked.
pub(super) fn held_out(examples: &Examples) -> Result<Vec<Vec<f32>>, String> {
    let half = examples.groups.len() / 2;
    let sums = |groups: Range<usize>| {
        let mut sums = Vec::new();
        for group in groups {
            let learned = learn::learn(examples, |example| example.group != group);
            let here = examples.all.iter().enumerate().filter(|(_, example)| example.group == group);
            sums.extend(here.map(|(place, example)| (place, learned.sums(example))));
        }
        sums
    };
    let mut all = thread::scope(|scope| {
        let first = scope.spawn(|| sums(0..half));
        let mut all = sums(half..examples.groups.len());
        all.extend(first.join().map_err(|_| "learning panicked")?);
        Ok::<_, String>(all)
    })?;
    all.sort_by_key(|(place, _)| *place);
    Ok(all.into_iter().map(|(_, sums)| sums).collect())
}

/// The worst sum of each example.
pub(super) fn worst(sums: &[Vec<f32>]) -> Vec<f32> {
    sums.iter().map(|sums| sums.iter().copied().fold(f32::NEG_INFINITY, f32::max)).collect()
}

/// Which features enough texts of enough makers have.
pub(super) fn is_kept(taken: &[&Example], features: usize) -> Vec<bool> {
    let mut seen = vec![Seen::default(); features];
    for (at, example) in taken.iter().enumerate() {
        for feature in example.sentences().flatten() {
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
