//! A classifier of texts.
//!
//! Responsible for how likely a text instructs the model, sentence by sentence: the worst sentence, or the worst two in a row,
//! speak for the text. It must never learn or remember anything at run time.

pub(crate) mod features;
pub(crate) mod lexicon;
mod table;
pub(crate) mod weights;
pub(crate) mod words;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use doorward_core::guard::{Confidence, Severity, Surface};

use super::rules;
use crate::text::Text;
use weights::Learned;

/// What the classifier says of a text.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Score {
    /// How grave it is; `None` when it looks like any other text.
    pub(crate) severity: Option<Severity>,
    /// How likely it instructs the model, from 0 to 1.
    pub(crate) probability: f32,
    /// Which bytes of the text are the worst.
    pub(crate) range: Range<usize>,
}

impl Score {
    /// The probability, for a finding; never certain.
    pub(crate) fn confidence(&self) -> Confidence {
        Confidence::percent((self.probability * 100.0).clamp(1.0, 99.0) as u8)
    }
}

/// Where a text stands, as far as the classifier tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In what a server says of itself and its tools.
    Definition = 1,
    /// In anything else.
    Answer = 2,
}

impl Place {
    pub(crate) const fn of(surface: Surface) -> Self {
        match surface {
            Surface::Definition | Surface::Instructions => Self::Definition,
            Surface::Request
            | Surface::Reply
            | Surface::Result
            | Surface::Error
            | Surface::Question
            | Surface::Notification => Self::Answer,
        }
    }
}

/// The weights in use.
static LEARNED: LazyLock<Option<Learned>> = LazyLock::new(|| Learned::read(include_bytes!("model/weights.bin")));

/// Scores these parts of a text; `rules` is what the rules saw in it.
pub(crate) fn judge(text: &Text<'_>, parts: &[Range<usize>], surface: Surface, rules: &rules::Judgement) -> Score {
    if parts.is_empty() {
        return Score::default();
    }
    let (Some(learned), true) = (LEARNED.as_ref(), is_language(&text.text)) else { return Score::default() };
    let plain = undisguised(text);
    let place = Place::of(surface);
    let of_part = |range: &Range<usize>| {
        let (start, part) = part_of(text, &plain, range);
        let (sum, range) = worst(part, place, learned)?;
        Some((sum, range.start + start..range.end + start))
    };
    let all = parts.iter().filter_map(of_part);
    let Some((sum, range)) = all.max_by(|(one, _), (other, _)| one.total_cmp(other)) else { return Score::default() };
    let meaning = learned.meaning(place);
    let severity = meaning.severity(sum, rules.severity);
    let range = match plain {
        Cow::Borrowed(_) => range,
        Cow::Owned(_) => text.normal().original(&range),
    };
    Score { severity, probability: meaning.probability(sum), range }
}

/// A part of what a text says, and where it starts; all of the text is all of what it says, however long that is.
pub(crate) fn part_of<'p>(text: &Text<'_>, plain: &'p str, part: &Range<usize>) -> (usize, &'p str) {
    if part.start == 0 && part.end == text.text.len() {
        (0, plain)
    } else {
        (part.start, plain.get(part.clone()).unwrap_or_default())
    }
}

/// Whether there can be a sentence in it: spaces between words.
pub(crate) fn is_language(text: &str) -> bool {
    text.len() >= TEXT_MIN && text.bytes().filter(|byte| *byte == b' ').nth(1).is_some() || !text.is_ascii()
}

/// Shortest text that is looked at, in bytes.
const TEXT_MIN: usize = 10;

/// What a text says: as it is written, as long as nothing is disguised, since capitals tell something.
pub(crate) fn undisguised<'a>(text: &'a Text<'_>) -> Cow<'a, str> {
    let may_be = !text.text.is_ascii() || text.text.contains('\u{1b}');
    if may_be && text.normal().signs.any() { Cow::Owned(text.normal().text.clone()) } else { Cow::Borrowed(&text.text) }
}

/// The highest sum of a sentence, or of two in a row, and where they stand.
fn worst(text: &str, place: Place, learned: &Learned) -> Option<(f32, Range<usize>)> {
    let meaning = learned.meaning(place);
    let mut worst: Option<(f32, Range<usize>)> = None;
    let mut last: Option<(f32, Range<usize>)> = None;
    each_sentence(text, place, |range, features| {
        let sum = learned.worth(features.iter().map(|feature| learned.steps(*feature)).sum());
        let mut offer = |sum: f32, range: Range<usize>| {
            if worst.as_ref().is_none_or(|(highest, _)| sum > *highest) {
                worst = Some((sum, range));
            }
        };
        offer(meaning.bias + sum, range.clone());
        if let Some((before, start)) = &last {
            offer(meaning.bias + learned.pair * (before + sum), start.start..range.end);
        }
        last = Some((sum, range));
    });
    worst
}

/// Tells every sentence that is worth a look: where it stands, and its features, each once.
pub(crate) fn each_sentence(text: &str, place: Place, mut tell: impl FnMut(Range<usize>, &[u64])) {
    let (mut words, mut ranges, mut seen) = (Vec::new(), Vec::new(), Vec::new());
    let end = words::words(text, &mut words);
    features::sentences(&words, &mut ranges);
    for range in &ranges {
        let after = words.get(range.end).map_or(end, |word| word.before);
        let Some(sentence) = words.get_mut(range.clone()).filter(|sentence| features::is_worth(sentence)) else {
            continue;
        };
        features::mark_quotations(sentence, after);
        seen.clear();
        features::features(sentence, after, place, |feature| seen.push(feature));
        seen.sort_unstable();
        seen.dedup();
        if let (Some(first), Some(last)) = (sentence.first(), sentence.last()) {
            tell(first.start..last.end, &seen);
        }
    }
}

#[cfg(test)]
mod tests;
