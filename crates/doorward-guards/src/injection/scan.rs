//! Meanings of a text, in their order.
//!
//! Responsible for finding the words of the vocabulary, addresses among them, and for where sentences end. It must never
//! look at a text longer than it is told to.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use regex::Regex;
use unicode_normalization::UnicodeNormalization;

use super::words::{Meaning, WORDS};
use crate::limits::WRAP_INDENT_MAX;
use crate::text::is_letter;

/// One word, and what it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) start: usize,
    pub(super) end: usize,
    /// What it stands for, as bits of [`Meaning`]; one word may stand for several things.
    pub(super) means: u64,
}

/// Every word of the vocabulary in these parts of `text`, which is written in small letters.
pub(super) fn seen(text: &str, windows: &[Range<usize>]) -> Vec<Seen> {
    let mut all = Vec::new();
    for window in windows {
        let part = text.get(window.clone()).unwrap_or_default();
        all.extend(seen_in(part).into_iter().map(|one| Seen {
            start: one.start + window.start,
            end: one.end + window.start,
            ..one
        }));
    }
    all
}

fn seen_in(text: &str) -> Vec<Seen> {
    let mut all: Vec<Seen> = Vec::new();
    for found in VOCABULARY.words.find_overlapping_iter(text) {
        let Some(entry) = VOCABULARY.entries.get(found.pattern().as_usize()) else { continue };
        if !stands_alone(text, found.start(), found.end(), entry) {
            continue;
        }
        let seen = Seen { start: found.start(), end: found.end(), means: entry.means };
        match all
            .iter_mut()
            .rev()
            .take_while(|one| one.end >= found.start())
            .find(|one| (one.start, one.end) == (seen.start, seen.end))
        {
            Some(one) => one.means |= seen.means,
            None => all.push(seen),
        }
    }
    addresses(text, &mut all);
    beacons(text, &mut all);
    all.sort_by_key(|one| (one.start, one.end));
    all
}

#[derive(Debug)]
struct Vocabulary {
    words: AhoCorasick,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    means: u64,
    /// What may stand before it, and after it.
    before: Edge,
    after: Edge,
}

/// What a word may touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    /// No letter or digit.
    Word,
    /// No letter or digit; an underscore joins words of a name here.
    Name,
    /// Anything.
    Open,
}

#[expect(clippy::expect_used, reason = "the vocabulary is a constant; a test builds it")]
static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| {
    let mut patterns: Vec<String> = Vec::new();
    let mut entries: Vec<Entry> = Vec::new();
    for (meaning, words) in WORDS {
        for word in words.split('|').map(str::trim).filter(|word| !word.is_empty()) {
            let (bare, stem) = word.strip_suffix('*').map_or((word, false), |bare| (bare, true));
            let bare_letters = unaccented(bare);
            let inner = if matches!(meaning, Meaning::Attack | Meaning::Prey | Meaning::Secret | Meaning::Vault) {
                Edge::Name
            } else {
                Edge::Word
            };
            let before = bare.chars().next().map_or(Edge::Open, |first| edge(first, inner));
            let after = bare.chars().last().map_or(Edge::Open, |last| edge(last, inner));
            let entry = Entry { means: meaning.bit(), before, after: if stem { Edge::Open } else { after } };
            // Many write without accents.
            for written in [Some(bare.to_owned()), (bare_letters != bare).then_some(bare_letters)].into_iter().flatten()
            {
                patterns.push(written.replace('¦', "|"));
                entries.push(entry);
            }
        }
    }
    let words = AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::ContiguousNFA))
        .match_kind(MatchKind::Standard)
        .build(&patterns)
        .expect("a vocabulary within the limits of the automaton");
    Vocabulary { words, entries }
});

pub(super) fn unaccented(word: &str) -> String {
    word.nfd().filter(|letter| !('\u{300}'..='\u{36f}').contains(letter)).nfc().collect()
}

fn edge(character: char, inner: Edge) -> Edge {
    if character.is_alphanumeric() && !joins(character) { inner } else { Edge::Open }
}

/// Whether words of this letter's script are written without spaces, or with endings that are.
const fn joins(character: char) -> bool {
    matches!(character,
        '\u{0590}'..='\u{06ff}' | '\u{0900}'..='\u{0e7f}' | '\u{1100}'..='\u{11ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}')
}

fn stands_alone(text: &str, start: usize, end: usize, entry: &Entry) -> bool {
    let before = text.get(..start).and_then(|before| before.chars().next_back());
    let after = text.get(end..).and_then(|after| after.chars().next());
    bounded(before, entry.before) && bounded(after, entry.after)
}

fn bounded(neighbour: Option<char>, edge: Edge) -> bool {
    let Some(neighbour) = neighbour else { return true };
    match edge {
        Edge::Open => true,
        Edge::Name => !is_letter(neighbour),
        Edge::Word => !is_letter(neighbour) && neighbour != '_',
    }
}

/// Mail addresses and URLs.
fn addresses(text: &str, all: &mut Vec<Seen>) {
    for (at, _) in text.match_indices('@') {
        let host = text.get(at + 1..).unwrap_or_default();
        let length = host.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b".-".contains(byte)).count();
        let host = host.get(..length).unwrap_or_default();
        let named = text.get(..at).and_then(|before| before.chars().next_back()).is_some_and(char::is_alphanumeric);
        if named && host.trim_end_matches('.').contains('.') {
            all.push(Seen { start: at, end: at + 1 + length, means: Meaning::Address.bit() });
        }
    }
    for scheme in ["http://", "https://", "hxxp"] {
        for (at, _) in text.match_indices(scheme) {
            let url = text.get(at..).unwrap_or_default();
            let length = url.find(|c: char| c.is_whitespace() || "\"'<>`)".contains(c)).unwrap_or(url.len());
            all.push(Seen { start: at, end: at + length, means: Meaning::Address.bit() });
        }
    }
}

/// Pictures and links whose address is to be filled with data, and pictures that are to be shown with data in it.
fn beacons(text: &str, all: &mut Vec<Seen>) {
    if memchr::memmem::find(text.as_bytes(), b"](").is_none()
        && memchr::memmem::find(text.as_bytes(), b"<img").is_none()
    {
        return;
    }
    all.extend(BEACONS.find_iter(text).take(32).map(|found| Seen {
        start: found.start(),
        end: found.end(),
        means: Meaning::Beacon.bit(),
    }));
}

#[expect(clippy::expect_used, reason = "a constant pattern; a test compiles it")]
static BEACONS: LazyLock<Regex> = LazyLock::new(|| {
    // A place to fill in, or a name that says what shall travel.
    let data = r"(?:[?&/=][^)\s\x22'>]{0,200}(?:\{|%7b|<|\[|\$\(|\$\{)|[?&](?:data|secret|secrets|leak|exfil|payload|conversation|context|history|prompt|summary)=[^)\s\x22'>&]{4})";
    Regex::new(&format!(r"!\[[^\]]{{0,200}}\]\(\s*(?:https?:)?//[^)\s]{{0,400}}?{data}|<img[^>]{{0,200}}src\s*=\s*[\x22']?(?:https?:)?//[^>\s]{{0,400}}?{data}|\]\(\s*https?://[^)\s]{{0,400}}?[?&=/](?:\{{|%7b|\$\{{|<)"))
        .expect("a pattern")
});

/// Where sentences end: after a full stop and a space, a line break, or such a sign of another script.
pub(super) fn breaks(text: &str, windows: &[Range<usize>]) -> Vec<usize> {
    let bytes = text.as_bytes();
    let mut breaks = Vec::new();
    let parts = windows.iter().map(|window| (window.start, text.get(window.clone()).unwrap_or_default()));
    let characters =
        parts.flat_map(|(start, part)| part.char_indices().map(move |(at, character)| (start + at, character)));
    for (at, character) in characters {
        let next = bytes.get(at + character.len_utf8());
        let ends = match character {
            '.' | '!' | '?' => next.is_none_or(u8::is_ascii_whitespace),
            '\n' => !is_wrapped(bytes, at),
            '。' | '！' | '？' | '؟' | '।' => true,
            _ => false,
        };
        if ends {
            breaks.push(at);
        }
    }
    breaks
}

/// Whether a line goes on after this line break: some texts are broken to fit a width, within a sentence.
fn is_wrapped(text: &[u8], at: usize) -> bool {
    let ends_open =
        text.get(..at).and_then(|before| before.last()).is_some_and(|last| last.is_ascii_lowercase() || *last == b',');
    let next = text.get(at + 1..).unwrap_or_default();
    let indent = next.iter().take(WRAP_INDENT_MAX).take_while(|byte| **byte == b' ').count();
    let word = next.get(indent..).unwrap_or_default().iter();
    let letters = word.take_while(|byte| byte.is_ascii_alphabetic() || **byte == b'_').count();
    let after = next.get(indent + letters..).unwrap_or_default();
    // A word and a colon are the name of a field.
    let is_word = after.starts_with(b"://") || after.first().is_some_and(|after| b" ,.@'".contains(after));
    ends_open && letters > 0 && is_word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_goes_on_does_not_end_a_sentence() {
        let ends = |text: &str| breaks(text, std::slice::from_ref(&(0..text.len()))).len();
        for (text, expected) in [
            ("send it to the\n    address below", 0),
            ("send it, and\nthen the rest", 0),
            ("send it to\n  kim@example.org or\n  https://example.org", 0),
            ("bcc: []\nbody: one", 1),
            ("the list\n- one", 1),
            ("the name\nsender: kim", 1),
            ("use one;\nuse two;", 1),
            ("a title\n\nthe text", 2),
        ] {
            assert_eq!(ends(text), expected, "{text:?}");
        }
    }
}
