//! Words by what they do in a sentence.
//!
//! Responsible for which kinds of word there are and which words are of each; `lexicon.txt` lists them. It was written from
//! what instructions to a model have to speak of in any wording; what a kind counts is learned elsewhere.

use std::sync::LazyLock;

use super::table::Table;
use super::words::{BASIS, hash_of, head, step};

/// Kinds of a word, one bit each.
pub(crate) type Kinds = u64;

/// The list, which weights were learned with.
pub(crate) const TEXT: &str = include_str!("lexicon.txt");

/// Shortest beginning of words that is listed, in bytes.
pub(crate) const PREFIX_SHORTEST: usize = 4;
/// Longest beginning of words that is looked up, in bytes.
pub(crate) const PREFIX_LONGEST: usize = 12;

/// Every word and beginning of words with its kinds.
#[derive(Debug)]
pub(crate) struct Lexicon {
    words: Table<Kinds>,
    prefixes: Table<Kinds>,
    /// A bit for each hash that the first bytes of a beginning have.
    openings: Vec<u64>,
    /// A bit for the first letters of each word and beginning, by their hash.
    heads: Vec<u64>,
    /// Kinds that say nothing by themselves.
    pub(crate) common: Kinds,
}

/// Kinds that every text is full of.
const COMMON: [&str; 4] = ["describes", "question", "i", "money"];

/// The lexicon, read once.
pub(crate) static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::read(TEXT));

impl Lexicon {
    fn read(text: &str) -> Self {
        let mut lexicon = Self {
            words: Table::new(1 << 13),
            prefixes: Table::new(1 << 11),
            openings: vec![0; OPENINGS],
            heads: vec![0; HEADS],
            common: 0,
        };
        let mut kind: Kinds = 0;
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if let Some(name) = line.strip_suffix(':') {
                kind = if kind == 0 { 1 } else { kind << 1 };
                if COMMON.contains(&name) {
                    lexicon.common |= kind;
                }
            }
            for word in line.split_ascii_whitespace().filter(|word| !word.ends_with(':')) {
                let (place, bit) = head_bit(head(word.trim_end_matches('*').as_bytes()));
                lexicon.heads.iter_mut().skip(place).take(1).for_each(|bits| *bits |= bit);
                let Some(prefix) = word.strip_suffix('*') else {
                    add(&mut lexicon.words, word, kind);
                    continue;
                };
                add(&mut lexicon.prefixes, prefix, kind);
                if let Some(first) = prefix.as_bytes().first_chunk::<PREFIX_SHORTEST>() {
                    let (place, bit) = opening(first.iter().copied().fold(BASIS, step));
                    lexicon.openings.iter_mut().skip(place).take(1).for_each(|bits| *bits |= bit);
                }
            }
        }
        lexicon
    }

    /// The kinds of the word with this hash.
    pub(crate) fn word(&self, hash: u64) -> Kinds {
        self.words.value(hash).unwrap_or(0)
    }

    /// Whether a word with this [`head`] may be listed, or have a listed beginning.
    pub(crate) fn may_have(&self, head: u32) -> bool {
        let (place, bit) = head_bit(head);
        self.heads.get(place).is_some_and(|bits| bits & bit != 0)
    }

    /// Whether a word may have a listed beginning, when its first [`PREFIX_SHORTEST`] bytes have this hash.
    pub(crate) fn may_begin(&self, hash: u64) -> bool {
        let (place, bit) = opening(hash);
        self.openings.get(place).is_some_and(|bits| bits & bit != 0)
    }

    /// The kinds of words with this beginning.
    pub(crate) fn prefix(&self, hash: u64) -> Kinds {
        self.prefixes.value(hash).unwrap_or(0)
    }
}

fn add(table: &mut Table<Kinds>, word: &str, kind: Kinds) {
    let hash = hash_of(word);
    let kinds = table.value(hash).unwrap_or(0) | kind;
    table.insert(hash, kinds);
}

/// How many words of 64 bits the openings take.
const OPENINGS: usize = 1024;

/// Where the bit of a hash stands among the openings.
const fn opening(hash: u64) -> (usize, u64) {
    let mixed = hash ^ (hash >> 32);
    ((mixed >> 6) as usize % OPENINGS, 1 << (mixed % 64))
}

/// How many words of 64 bits the heads take.
const HEADS: usize = 512;

/// Where the bit of a head stands among the heads.
const fn head_bit(head: u32) -> (usize, u64) {
    let mixed = head.wrapping_mul(0x9e37_79b1) >> 17;
    (mixed as usize / 64, 1 << (mixed % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_bit_and_every_beginning_is_looked_up() {
        assert!(TEXT.lines().filter(|line| line.ends_with(':')).count() <= 64);
        for word in TEXT.split_ascii_whitespace() {
            let Some(prefix) = word.strip_suffix('*') else { continue };
            assert!((PREFIX_SHORTEST..=PREFIX_LONGEST).contains(&prefix.len()), "{prefix}");
        }
    }

    #[test]
    fn a_word_has_all_its_kinds() {
        assert_eq!(LEXICON.word(hash_of("ignore")).count_ones(), 1);
        assert!(LEXICON.word(hash_of("email")).count_ones() > 1);
        assert_eq!(LEXICON.word(hash_of("weather")), 0);
        assert_ne!(LEXICON.prefix(hash_of("disregard")), 0);
    }

    #[test]
    fn every_word_is_let_through_by_its_first_letters_and_most_others_are_not() {
        let words = TEXT.lines().filter(|line| !line.starts_with('#') && !line.ends_with(':'));
        for word in words.flat_map(str::split_ascii_whitespace) {
            assert!(LEXICON.may_have(head(word.trim_end_matches('*').as_bytes())), "{word}");
        }
        assert!(!LEXICON.may_have(head(b"zqxjk")));
    }
}
