//! Words by what they do in a sentence.
//!
//! Responsible for which kinds of word there are and which words are of each; `lexicon.txt` lists them. It was written from
//! what instructions to a model have to speak of in any wording; what a kind counts is learned elsewhere.

use std::sync::LazyLock;

use super::table::Table;
use super::words::hash_of;

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
    /// Kinds that say nothing by themselves.
    pub(crate) common: Kinds,
}

/// Kinds that every text is full of.
const COMMON: [&str; 4] = ["describes", "question", "i", "money"];

/// The lexicon, read once.
pub(crate) static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::read(TEXT));

impl Lexicon {
    fn read(text: &str) -> Self {
        let mut lexicon = Self { words: Table::new(1 << 13), prefixes: Table::new(1 << 11), common: 0 };
        let mut kind: Kinds = 0;
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if let Some(name) = line.strip_suffix(':') {
                kind = if kind == 0 { 1 } else { kind << 1 };
                if COMMON.contains(&name) {
                    lexicon.common |= kind;
                }
            }
            for word in line.split_ascii_whitespace().filter(|word| !word.ends_with(':')) {
                let (table, word) = match word.strip_suffix('*') {
                    Some(prefix) => (&mut lexicon.prefixes, prefix),
                    None => (&mut lexicon.words, word),
                };
                let hash = hash_of(word);
                let kinds = table.value(hash).unwrap_or(0) | kind;
                table.insert(hash, kinds);
            }
        }
        lexicon
    }

    /// The kinds of the word with this hash.
    pub(crate) fn word(&self, hash: u64) -> Kinds {
        self.words.value(hash).unwrap_or(0)
    }

    /// The kinds of words with this beginning.
    pub(crate) fn prefix(&self, hash: u64) -> Kinds {
        self.prefixes.value(hash).unwrap_or(0)
    }
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
}
