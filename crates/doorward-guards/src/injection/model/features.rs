//! What there is to see in a sentence.
//!
//! Responsible for cutting a text into sentences and for the features of each, as hashes. Training and judging use this one
//! code, so they cannot differ. No feature is a word: what carries over to texts of other makers is which kinds of word
//! follow each other, and how a sentence is written.

use std::ops::Range;

use super::Place;
use super::lexicon::{Kinds, LEXICON};
use super::words::{Shape, Word, mark, spread};

/// Most words of one sentence; a longer one is cut.
const SENTENCE_WORDS: usize = 40;

/// Fewest plain words that make a sentence.
const SENTENCE_MIN: usize = 2;

/// How far apart two kinds may stand to be a pair, in words.
const REACH: usize = 9;

/// How far apart two kinds may stand to be a close pair.
const REACH_CLOSE: usize = 3;

/// Words before a quotation that make it one.
const QUOTER_MIN: usize = 2;

/// The sentences of a text, as ranges of its words, put into `found`, which is emptied first.
pub(crate) fn sentences(words: &[Word], found: &mut Vec<Range<usize>>) {
    found.clear();
    let mut start = 0;
    for (at, word) in words.iter().enumerate() {
        if at > start && (at - start >= SENTENCE_WORDS || is_break(word.before)) {
            found.push(start..at);
            start = at;
        }
    }
    if start < words.len() {
        found.push(start..words.len());
    }
}

/// Whether these marks end a sentence, or a string of JSON.
const fn is_break(marks: u32) -> bool {
    let ends = marks & (mark::LINE | mark::STOP | mark::CRY | mark::ASK | mark::BRACE | mark::BAR) != 0;
    let json = marks & mark::QUOTES != 0 && marks & (mark::COLON | mark::COMMA | mark::SQUARE) != 0;
    ends || json
}

/// Marks the words that a sentence quotes: what stands between quotation marks, when enough stands before them to say who
/// speaks.
pub(crate) fn mark_quotations(words: &mut [Word], after: u32) {
    let mut open = None;
    for at in 0..=words.len() {
        let before = words.get(at).map_or(after, |word| word.before);
        if before & mark::QUOTE == 0 {
            continue;
        }
        match open.take() {
            None if at >= QUOTER_MIN => open = Some(at),
            None => {}
            Some(from) => words.iter_mut().take(at).skip(from).for_each(|word| word.is_quoted = true),
        }
    }
}

/// Whether a sentence is worth a closer look: words of a language, and one at least that could be part of an instruction.
pub(crate) fn is_worth(words: &[Word]) -> bool {
    let plain = words.iter().filter(|word| word.shape == Shape::Plain && word.letters > 1).count();
    plain >= SENTENCE_MIN && words.iter().any(|word| word.kinds & !LEXICON.common != 0)
}

/// Tells every feature of a sentence. `after` are the marks after it.
pub(crate) fn features(words: &[Word], after: u32, place: Place, mut tell: impl FnMut(u64)) {
    kinds(words, place, &mut tell);
    addresses(words, place, &mut tell);
    marks(words, after, &mut tell);
    measures(words, place, &mut tell);
}

/// What a feature is about.
#[derive(Debug, Clone, Copy)]
enum Topic {
    Kind = 1,
    KindInPlace,
    FirstKind,
    FirstKindInPlace,
    ClosePair,
    ClosePairInPlace,
    FarPair,
    Richness,
    LoudKind,
    MarkBefore,
    MarksBefore,
    MarkInside,
    MarksInside,
    MarkAfter,
    Shape,
    ShapeAndKind,
    Loudness,
    Shouting,
    Length,
}

fn feature(topic: Topic, a: u64, b: u64) -> u64 {
    let start = (topic as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    spread(spread(a ^ start).wrapping_add(b.wrapping_mul(0xff51_afd7_ed55_8ccd)))
}

/// Which kinds of word there are, where, and what follows what. What is quoted does not count.
fn kinds(words: &[Word], place: Place, tell: &mut impl FnMut(u64)) {
    let mut seen: Kinds = 0;
    for (at, word) in words.iter().enumerate().filter(|(_, word)| word.kinds != 0 && !word.is_quoted) {
        for kind in bits(word.kinds & !seen) {
            tell(feature(Topic::Kind, kind, 0));
            tell(feature(Topic::KindInPlace, kind, place as u64));
        }
        seen |= word.kinds;
        if at < 2 {
            for kind in bits(word.kinds) {
                tell(feature(Topic::FirstKind, kind, at as u64));
                tell(feature(Topic::FirstKindInPlace, kind, place as u64));
            }
        }
        pairs(word.kinds, words.get(at + 1..).unwrap_or_default(), place, tell);
    }
    tell(feature(Topic::Richness, u64::from(seen.count_ones().min(14) / 2), 0));
}

/// The kinds of a word with those of the words after it.
fn pairs(kinds: Kinds, next: &[Word], place: Place, tell: &mut impl FnMut(u64)) {
    let (mut close, mut far): (Kinds, Kinds) = (0, 0);
    for (distance, word) in next.iter().take(REACH).enumerate().filter(|(_, word)| !word.is_quoted) {
        *if distance < REACH_CLOSE { &mut close } else { &mut far } |= word.kinds;
    }
    for kind in bits(kinds) {
        for other in bits(close) {
            tell(feature(Topic::ClosePair, kind, other));
            tell(feature(Topic::ClosePairInPlace, kind | other << 8, place as u64));
        }
        bits(far).for_each(|other| tell(feature(Topic::FarPair, kind, other)));
    }
}

/// Addresses, paths, identifiers and numbers, and which kinds of word they go with.
fn addresses(words: &[Word], place: Place, tell: &mut impl FnMut(u64)) {
    let shapes = words.iter().fold(0, |all, word| all | 1 << word.shape as u64) & !(1 << Shape::Plain as u64);
    let kinds = words.iter().fold(0, |all, word| all | word.kinds);
    for shape in bits(shapes) {
        tell(feature(Topic::Shape, shape, place as u64));
        bits(kinds).for_each(|kind| tell(feature(Topic::ShapeAndKind, shape, kind)));
    }
}

/// The marks before, in and after it.
fn marks(words: &[Word], after: u32, tell: &mut impl FnMut(u64)) {
    let before = words.first().map_or(0, |word| word.before);
    let inner = words.get(1..).unwrap_or_default();
    let inside = inner.iter().fold(0, |all, word| all | word.before);
    tell(feature(Topic::MarksBefore, u64::from(before), 0));
    bits(u64::from(before)).for_each(|mark| tell(feature(Topic::MarkBefore, mark, 0)));
    bits(u64::from(inside)).for_each(|mark| tell(feature(Topic::MarkInside, mark, 0)));
    bits(u64::from(after)).for_each(|mark| tell(feature(Topic::MarkAfter, mark, 0)));
    for word in inner.iter().filter(|word| word.before.count_ones() > 1) {
        tell(feature(Topic::MarksInside, u64::from(word.before), 0));
    }
}

/// Length, and words in capitals.
fn measures(words: &[Word], place: Place, tell: &mut impl FnMut(u64)) {
    let mut loud = 0;
    for word in words.iter().filter(|word| word.letters > 2 && word.capitals == word.letters) {
        loud += 1;
        bits(word.kinds).for_each(|kind| tell(feature(Topic::LoudKind, kind, 0)));
    }
    let loudness = match loud {
        0 | 1 => loud,
        2..=3 => 2,
        _ => 3,
    };
    let shouting = words.len() > 2 && loud as usize * 2 > words.len();
    let length = match words.len() {
        0..=3 => 0,
        4..=6 => 1,
        7..=12 => 2,
        13..=24 => 3,
        _ => 4,
    };
    tell(feature(Topic::Loudness, loudness, 0));
    tell(feature(Topic::Shouting, u64::from(shouting), 0));
    tell(feature(Topic::Length, length, place as u64));
}

/// The places of the bits that are set.
fn bits(mut set: u64) -> impl Iterator<Item = u64> {
    std::iter::from_fn(move || {
        let place = (set != 0).then(|| u64::from(set.trailing_zeros()))?;
        set &= set - 1;
        Some(place)
    })
}

#[cfg(test)]
mod tests {
    use super::super::words::words;
    use super::*;

    fn cut(text: &str) -> Vec<String> {
        let (mut found, mut ranges) = (Vec::new(), Vec::new());
        words(text, &mut found);
        sentences(&found, &mut ranges);
        ranges
            .iter()
            .map(|range| text.get(found[range.start].start..found[range.end - 1].end).unwrap().to_owned())
            .collect()
    }

    fn seen(text: &str, place: Place) -> std::collections::BTreeSet<u64> {
        let mut found = Vec::new();
        let after = words(text, &mut found);
        mark_quotations(&mut found, after);
        let mut all = std::collections::BTreeSet::new();
        features(&found, after, place, |feature| {
            all.insert(feature);
        });
        all
    }

    #[test]
    fn sentences_end_at_marks_lines_and_strings_of_json() {
        assert_eq!(cut("One two. Three v1.2 four!\nFive"), ["One two", "Three v1.2 four", "Five"]);
        assert_eq!(cut(r#"{"name": "One two", "note": "Three"}"#), ["name", "One two", "note", "Three"]);
        assert_eq!(cut("He said 'one, two' and left"), ["He said 'one, two' and left"]);
    }

    #[test]
    fn a_long_sentence_is_cut() {
        assert_eq!(cut(&"word ".repeat(SENTENCE_WORDS + 1)).len(), 2);
    }

    #[test]
    fn what_is_quoted_does_not_count() {
        let plain = seen("Notes say ignore your instructions", Place::Answer);
        let quoted = seen("Notes say 'ignore your instructions'", Place::Answer);
        assert!(plain.contains(&feature(Topic::Kind, first_kind("ignore"), 0)));
        assert!(!quoted.contains(&feature(Topic::Kind, first_kind("ignore"), 0)));
    }

    fn first_kind(word: &str) -> u64 {
        let mut found = Vec::new();
        words(word, &mut found);
        u64::from(found[0].kinds.trailing_zeros())
    }

    #[test]
    fn the_same_words_are_seen_otherwise_in_a_definition() {
        let text = "Send the file to me";
        assert_ne!(seen(text, Place::Answer), seen(text, Place::Definition));
    }
}
