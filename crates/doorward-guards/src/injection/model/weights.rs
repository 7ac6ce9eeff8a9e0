//! What was learned: what each feature counts, and what a sum of them means.
//!
//! Responsible for the form in which it is kept. `weights.bin` beside this file is written by `cargo xtask train injection`.

use doorward_core::guard::Severity;

use super::Place;
use super::table::Table;

/// The first bytes of the form.
const MAGIC: &[u8; 8] = b"DWINJ\0\0\x01";

/// What was learned.
#[derive(Debug, Clone)]
pub struct Weights {
    /// What a step of a feature's weight is worth.
    pub scale: f32,
    /// How much two sentences in a row count together.
    pub pair: f32,
    /// What holds for definitions and for answers.
    pub places: [Meaning; 2],
    /// Every feature with its weight, in steps.
    pub features: Vec<(u64, i8)>,
}

/// What a sum means in one place.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Meaning {
    /// What is added to every sum.
    pub bias: f32,
    /// The probability of an instruction is the logistic of `slope` × sum + `shift`.
    pub slope: f32,
    /// See `slope`.
    pub shift: f32,
    /// From which sum on it is a finding.
    pub medium: f32,
    /// From which sum on it is one when a rule has a suspicion as well.
    pub suspected: f32,
    /// From which sum on hardly anything is harmless.
    pub high: f32,
}

impl Meaning {
    /// How likely a text with this sum instructs the model.
    #[must_use]
    pub fn probability(&self, sum: f32) -> f32 {
        1.0 / (1.0 + (-(self.slope * sum + self.shift)).exp())
    }

    /// How grave a text with this sum is, by this alone: it marks a text and takes none away, since it is right often and no
    /// rule can say why. `rules` is what they say of the text.
    #[must_use]
    pub fn severity(&self, sum: f32, rules: Option<Severity>) -> Option<Severity> {
        let from = if rules.is_some() { self.suspected } else { self.medium };
        (sum >= from).then_some(Severity::Medium)
    }

    fn numbers(&self) -> [f32; 6] {
        [self.bias, self.slope, self.shift, self.medium, self.suspected, self.high]
    }
}

impl Weights {
    /// As bytes. The upper half of a feature's hash stands for it.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        let numbers = [self.scale, self.pair].into_iter().chain(self.places.iter().flat_map(Meaning::numbers));
        numbers.for_each(|number| bytes.extend(number.to_le_bytes()));
        for (feature, weight) in &self.features {
            bytes.extend(key(*feature).to_le_bytes());
            bytes.extend(weight.to_le_bytes());
        }
        bytes
    }
}

/// What was learned, ready to be looked up.
#[derive(Debug)]
pub(crate) struct Learned {
    weights: Table<i8>,
    scale: f32,
    pub(crate) pair: f32,
    places: [Meaning; 2],
}

impl Learned {
    /// Reads what [`Weights::to_bytes`] wrote; `None` of anything else.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(MAGIC)?;
        let mut number = || {
            let (first, after) = rest.split_first_chunk::<4>()?;
            rest = after;
            Some(f32::from_le_bytes(*first))
        };
        let (scale, pair) = (number()?, number()?);
        let mut meaning = || {
            let [bias, slope, shift] = [number()?, number()?, number()?];
            let [medium, suspected, high] = [number()?, number()?, number()?];
            Some(Meaning { bias, slope, shift, medium, suspected, high })
        };
        let places = [meaning()?, meaning()?];
        let (entries, odd) = rest.as_chunks::<5>();
        if !odd.is_empty() {
            return None;
        }
        let mut weights = Table::new(entries.len() * 2 + 1);
        for [a, b, c, d, weight] in entries {
            weights.insert(u64::from(u32::from_le_bytes([*a, *b, *c, *d])), i8::from_le_bytes([*weight]));
        }
        Some(Self { weights, scale, pair, places })
    }

    /// The weight of a feature, in steps.
    pub(crate) fn steps(&self, feature: u64) -> i32 {
        self.weights.value(u64::from(key(feature))).map_or(0, i32::from)
    }

    /// What so many steps are worth.
    pub(crate) fn worth(&self, steps: i32) -> f32 {
        steps as f32 * self.scale
    }

    pub(crate) fn meaning(&self, place: Place) -> &Meaning {
        let [definition, answer] = &self.places;
        match place {
            Place::Definition => definition,
            Place::Answer => answer,
        }
    }
}

/// What stands for a feature; never 0.
fn key(feature: u64) -> u32 {
    ((feature >> 32) as u32).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights() -> Weights {
        let meaning = Meaning { bias: -2.0, slope: 1.0, shift: 0.5, medium: 1.0, suspected: 0.5, high: 3.0 };
        Weights { scale: 0.5, pair: 0.75, places: [meaning; 2], features: vec![(7 << 32, -3), (9 << 32, 100)] }
    }

    #[test]
    fn what_is_written_is_read() {
        let learned = Learned::read(&weights().to_bytes()).unwrap();
        assert_eq!([7 << 32, 9 << 32, 8 << 32].map(|feature| learned.steps(feature)), [-3, 100, 0]);
        assert_eq!((learned.worth(100), learned.pair), (50.0, 0.75));
        assert_eq!(*learned.meaning(Place::Definition), weights().places[0]);
    }

    #[test]
    fn anything_else_is_refused() {
        let bytes = weights().to_bytes();
        assert!(Learned::read(&bytes[..bytes.len() - 1]).is_none());
        assert!(Learned::read(&bytes[..20]).is_none());
        assert!(Learned::read(&bytes[1..]).is_none());
    }

    #[test]
    fn probability_rises_with_the_sum() {
        let meaning = weights().places[0];
        assert!(meaning.probability(-1.0) < meaning.probability(2.0));
        assert!((meaning.probability(-0.5) - 0.5).abs() < 1e-6);
    }
}
