//! A text as words.
//!
//! Responsible for where words start and end, how they are written and what kinds they are. It works on one text at a time and
//! never keeps one.

use super::lexicon::{Kinds, LEXICON, Lexicon, PREFIX_LONGEST, PREFIX_SHORTEST};
use crate::limits::PLAIN_WORD_MAX;
use crate::text::{has_case, is_letter};

/// One word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word {
    /// What it does in a sentence.
    pub(crate) kinds: Kinds,
    /// Where it starts, in bytes.
    pub(crate) start: usize,
    /// Where it ends, in bytes.
    pub(crate) end: usize,
    /// How many letters it has.
    pub(crate) letters: u16,
    /// How many of its letters are capitals.
    pub(crate) capitals: u16,
    /// How it is written.
    pub(crate) shape: Shape,
    /// The marks between it and the word before, as bits of [`mark`].
    pub(crate) before: u32,
    /// Whether somebody is quoted: it stands between quotation marks in a sentence.
    pub(crate) is_quoted: bool,
}

/// What a word looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Letters.
    Plain,
    /// With digits or underscores: an identifier.
    Identifier,
    /// Digits.
    Number,
    /// A web address.
    Url,
    /// A mail address.
    Mail,
    /// A path in a file system.
    Path,
}

/// Bits for what stands between two words.
pub(crate) mod mark {
    pub(crate) const LINE: u32 = 1;
    pub(crate) const STOP: u32 = 1 << 1;
    pub(crate) const CRY: u32 = 1 << 2;
    pub(crate) const ASK: u32 = 1 << 3;
    pub(crate) const QUOTE: u32 = 1 << 4;
    pub(crate) const ANGLE: u32 = 1 << 5;
    pub(crate) const SQUARE: u32 = 1 << 6;
    pub(crate) const BRACE: u32 = 1 << 7;
    pub(crate) const COLON: u32 = 1 << 8;
    pub(crate) const COMMA: u32 = 1 << 9;
    pub(crate) const STAR: u32 = 1 << 10;
    pub(crate) const HASH: u32 = 1 << 11;
    pub(crate) const BAR: u32 = 1 << 12;
    pub(crate) const TICK: u32 = 1 << 13;
    pub(crate) const DASH: u32 = 1 << 14;
    pub(crate) const ROUND: u32 = 1 << 15;
    /// More than one quotation mark: one text ended and another began.
    pub(crate) const QUOTES: u32 = 1 << 16;
}

pub(super) const BASIS: u64 = 0xcbf2_9ce4_8422_2325;

/// The hash of a word, as [`words`] finds it.
pub(crate) fn hash_of(word: &str) -> u64 {
    spread(word.bytes().fold(BASIS, step))
}

pub(super) const fn step(hash: u64, byte: u8) -> u64 {
    (hash ^ byte as u64).wrapping_mul(0x0000_0100_0000_01b3)
}

/// Spreads a hash over all bits; never 0.
pub(crate) fn spread(hash: u64) -> u64 {
    let mixed = (hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed ^ (mixed >> 32)).max(1)
}

/// The words of `text`, put into `words`, which is emptied first; the marks after the last one.
pub(crate) fn words(text: &str, words: &mut Vec<Word>) -> u32 {
    words.clear();
    let lexicon: &Lexicon = &LEXICON;
    let bytes = text.as_bytes();
    let mut before = 0;
    let mut at = 0;
    while let Some(first) = bytes.get(at) {
        if let Some(mark) = mark_of_byte(*first) {
            before = with(before, mark);
            at += 1;
            continue;
        }
        if let Some(word) = plain_word(bytes, at, before, lexicon) {
            before = 0;
            at = word.end;
            words.push(word);
            continue;
        }
        let Some(character) = character(text, at) else { break };
        let end = if starts_word(character) { word_end(text, at) } else { at };
        if end == at {
            before = with(before, mark_of(character));
            at += character.len_utf8();
            continue;
        }
        words.push(word(text, at, end, before, lexicon));
        before = 0;
        at = end;
    }
    before
}

/// The word at a place, when it is one of letters, digits and underscores of ASCII that nothing joins to another: most are,
/// and are read in one pass.
fn plain_word(text: &[u8], start: usize, before: u32, lexicon: &Lexicon) -> Option<Word> {
    let mut counts = 0;
    let mut end = start;
    for byte in text.get(start..)?.iter().take(PLAIN_WORD_MAX + 1) {
        let counted = counted(*byte);
        if counted == 0 {
            break;
        }
        counts += counted;
        end += 1;
    }
    let next = text.get(end).copied().unwrap_or(b' ');
    let may_go_on = match next {
        b'.' | b'-' | b'@' => text.get(end + 1).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80),
        b':' => text.get(end + 1) == Some(&b'/'),
        b'\'' | b'/' | b'~' => true,
        _ => next >= 0x80,
    };
    if end == start || end - start > PLAIN_WORD_MAX || may_go_on {
        return None;
    }
    let [letters, capitals, others, _] = counts.to_le_bytes();
    let shape = match (letters, others) {
        (0, _) => Shape::Number,
        (_, 0) => Shape::Plain,
        _ => Shape::Identifier,
    };
    let kinds = kinds(text.get(start..end)?, lexicon);
    let (letters, capitals) = (u16::from(letters), u16::from(capitals));
    Some(Word { kinds, start, end, letters, capitals, shape, before, is_quoted: false })
}

/// The kinds of a word of ASCII. Most words are not of the lexicon, which their first letters tell.
fn kinds(word: &[u8], lexicon: &Lexicon) -> Kinds {
    if !lexicon.may_have(head(word)) {
        return 0;
    }
    let mut hashing = Hashing::new(lexicon);
    word.iter().for_each(|byte| hashing.byte(byte.to_ascii_lowercase()));
    hashing.kinds()
}

/// The first letters of a word, in small letters.
pub(super) fn head(word: &[u8]) -> u32 {
    let mut first = [0; PREFIX_SHORTEST];
    match word.first_chunk() {
        Some(whole) => first = *whole,
        None => first.iter_mut().zip(word).for_each(|(place, byte)| *place = *byte),
    }
    u32::from_le_bytes(first.map(|byte| byte.to_ascii_lowercase()))
}

/// What a byte of a plain word counts: a letter, a capital, neither, each in a byte of its own; nothing where it is of none.
fn counted(byte: u8) -> u32 {
    #[expect(clippy::indexing_slicing, reason = "a byte is always below 256")]
    let counted = COUNTED[usize::from(byte)];
    counted
}

static COUNTED: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        #[expect(clippy::indexing_slicing, reason = "below 128")]
        {
            table[byte as usize] = match byte {
                b'a'..=b'z' => 1,
                b'A'..=b'Z' => 1 + (1 << 8),
                b'0'..=b'9' | b'_' => 1 << 16,
                _ => 0,
            };
        }
        byte += 1;
    }
    table
};

/// The character at a place; quick where it is ASCII.
fn character(text: &str, at: usize) -> Option<char> {
    match text.as_bytes().get(at) {
        Some(byte) if byte.is_ascii() => Some(char::from(*byte)),
        Some(_) => text.get(at..).and_then(|rest| rest.chars().next()),
        None => None,
    }
}

fn starts_word(character: char) -> bool {
    match character {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '~' | '/' => true,
        _ => !character.is_ascii() && is_letter(character),
    }
}

/// Where the word that starts at `start` ends.
fn word_end(text: &str, start: usize) -> usize {
    let mut at = start;
    let mut joints = Joints::default();
    while let Some(character) = character(text, at) {
        let is_plain = character.is_ascii_alphanumeric() || character == '_';
        if !is_plain && !joints.take(character, text.as_bytes(), at, start) {
            break;
        }
        at += character.len_utf8();
    }
    at
}

/// What has joined a word so far.
#[derive(Debug, Default)]
struct Joints {
    scheme: bool,
    path: bool,
}

impl Joints {
    /// Whether a character that is no plain letter or digit belongs to the word.
    fn take(&mut self, character: char, text: &[u8], at: usize, start: usize) -> bool {
        let next = text.get(at + character.len_utf8()).copied().unwrap_or(b' ');
        let goes_on = next.is_ascii_alphanumeric() || next >= 0x80;
        match character {
            '\'' | '\u{2019}' => at > start && !self.path && is_ending(text, at + character.len_utf8()),
            '.' | '@' | '-' => goes_on,
            '/' | '~' => {
                self.path = true;
                goes_on || matches!(next, b'.' | b'/')
            }
            ':' => {
                self.scheme |= text.get(at + 1..at + 3) == Some(b"//");
                self.scheme && next == b'/'
            }
            '?' | '=' | '&' | '%' | '#' | '$' | '+' => self.scheme && goes_on,
            _ => !character.is_ascii() && is_letter(character),
        }
    }
}

/// Whether what follows an apostrophe ends a word, as in "don't" or "user's".
fn is_ending(text: &[u8], at: usize) -> bool {
    let letters =
        text.get(at..).unwrap_or_default().iter().take(4).take_while(|byte| byte.is_ascii_alphabetic()).count();
    letters > 0 && letters < 3
}

fn word(text: &str, start: usize, end: usize, before: u32, lexicon: &Lexicon) -> Word {
    let mut hashing = Hashing::new(lexicon);
    let (mut letters, mut capitals): (u16, u16) = (0, 0);
    let (mut scheme, mut mail, mut path, mut identifier) = (false, false, false, false);
    for character in text.get(start..end).unwrap_or_default().chars() {
        match character {
            'a'..='z' => letters = letters.saturating_add(1),
            'A'..='Z' => {
                letters = letters.saturating_add(1);
                capitals = capitals.saturating_add(1);
            }
            '0'..='9' | '_' => identifier = true,
            ':' => scheme = true,
            '@' => mail = true,
            '/' => path = true,
            _ if character.is_ascii() => {}
            _ => {
                letters = letters.saturating_add(1);
                capitals = capitals.saturating_add(u16::from(has_case(character) && character.is_uppercase()));
            }
        }
        hashing.push(character);
    }
    let shape = match (scheme, mail && letters > 0, path, letters) {
        (true, ..) => Shape::Url,
        (_, true, ..) => Shape::Mail,
        (_, _, true, _) => Shape::Path,
        (.., 0) => Shape::Number,
        _ if identifier => Shape::Identifier,
        _ => Shape::Plain,
    };
    Word { kinds: hashing.kinds(), start, end, letters, capitals, shape, before, is_quoted: false }
}

/// Hashes a word and looks up its beginnings on the way.
#[derive(Debug)]
struct Hashing<'a> {
    hash: u64,
    bytes: usize,
    kinds: Kinds,
    /// Whether a beginning in the lexicon starts like this word.
    may_begin: bool,
    lexicon: &'a Lexicon,
}

impl<'a> Hashing<'a> {
    const fn new(lexicon: &'a Lexicon) -> Self {
        Self { hash: BASIS, bytes: 0, kinds: 0, may_begin: false, lexicon }
    }

    /// Those of the word and of its beginnings.
    fn kinds(&self) -> Kinds {
        self.kinds | self.lexicon.word(spread(self.hash))
    }

    fn push(&mut self, character: char) {
        match character {
            '\u{2019}' => self.byte(b'\''),
            _ if character.is_ascii() => self.byte(character.to_ascii_lowercase() as u8),
            _ if !has_case(character) => {
                character.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| self.byte(byte));
            }
            _ => {
                let mut buffer = [0; 4];
                for lower in character.to_lowercase() {
                    lower.encode_utf8(&mut buffer).bytes().for_each(|byte| self.byte(byte));
                }
            }
        }
    }

    fn byte(&mut self, byte: u8) {
        self.hash = step(self.hash, byte);
        self.bytes += 1;
        if self.bytes == PREFIX_SHORTEST {
            self.may_begin = self.lexicon.may_begin(self.hash);
        }
        if self.may_begin && self.bytes <= PREFIX_LONGEST {
            self.kinds |= self.lexicon.prefix(spread(self.hash));
        }
    }
}

/// The marks so far and one more.
const fn with(before: u32, found: u32) -> u32 {
    let again = before & found & mark::QUOTE != 0;
    before | found | if again { mark::QUOTES } else { 0 }
}

/// The mark of an ASCII character that no word starts with.
fn mark_of_byte(byte: u8) -> Option<u32> {
    #[expect(clippy::indexing_slicing, reason = "a byte is always below 256")]
    let mark = MARKS[usize::from(byte)];
    (mark != STARTS).then_some(mark)
}

/// No mark: a word may start with it.
const STARTS: u32 = u32::MAX;

static MARKS: [u32; 256] = {
    let mut table = [STARTS; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        if !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'~' | b'/')) {
            #[expect(clippy::indexing_slicing, reason = "below 128")]
            {
                table[byte as usize] = mark_of(byte as char);
            }
        }
        byte += 1;
    }
    table
};

const fn mark_of(character: char) -> u32 {
    match character {
        '\n' | '\r' => mark::LINE,
        '.' | ';' | '\u{3002}' => mark::STOP,
        '!' => mark::CRY,
        '?' => mark::ASK,
        '"' | '\'' | '\u{201c}' | '\u{201d}' | '\u{2018}' | '\u{2019}' => mark::QUOTE,
        '<' | '>' => mark::ANGLE,
        '[' | ']' => mark::SQUARE,
        '{' | '}' => mark::BRACE,
        ':' => mark::COLON,
        ',' => mark::COMMA,
        '*' => mark::STAR,
        '#' => mark::HASH,
        '|' => mark::BAR,
        '`' => mark::TICK,
        '-' | '=' | '\u{2014}' | '\u{2013}' => mark::DASH,
        '(' | ')' => mark::ROUND,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, Shape)> {
        let mut found = Vec::new();
        words(text, &mut found);
        found.iter().map(|word| (text.get(word.start..word.end).unwrap().to_owned(), word.shape)).collect()
    }

    #[test]
    fn words_are_told_apart_by_how_they_are_written() {
        let text = "Don't e-mail it to a.b@c.example, see https://x.example/y?z=1 or ~/notes/todo.md (tool_2, 3.5).";
        let said = read(text);
        let expected = [
            ("Don't", Shape::Plain),
            ("e-mail", Shape::Plain),
            ("it", Shape::Plain),
            ("to", Shape::Plain),
            ("a.b@c.example", Shape::Mail),
            ("see", Shape::Plain),
            ("https://x.example/y?z=1", Shape::Url),
            ("or", Shape::Plain),
            ("~/notes/todo.md", Shape::Path),
            ("tool_2", Shape::Identifier),
            ("3.5", Shape::Number),
        ];
        let expected: Vec<_> = expected.iter().map(|(word, shape)| ((*word).to_owned(), *shape)).collect();
        assert_eq!(said, expected);
    }

    #[test]
    fn a_plain_word_reads_as_any_other() {
        let bytes = |text: &'static str| text.char_indices().map(|(at, _)| at);
        for text in
            ["One two_3, 4. \"five\": six's U.S. a@b x-y http://z ~w p/q caf\u{e9} 7th\n", "disregarding 'x'", "A:b c:"]
        {
            for at in bytes(text) {
                let Some(plain) = plain_word(text.as_bytes(), at, 0, &LEXICON) else { continue };
                assert_eq!(plain.end, word_end(text, at), "{text:?} {at}");
                assert_eq!(plain, word(text, at, plain.end, 0, &LEXICON), "{text:?} {at}");
            }
        }
    }

    #[test]
    fn strokes_and_signs_alone_are_no_words() {
        for text in ["", "/", "~ / ~", "-- @ :", "\u{1f600} \u{2014}"] {
            assert!(read(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn letters_beyond_ascii_are_lower_cased_and_counted() {
        let mut found = Vec::new();
        words("\u{dc}BERGEHE", &mut found);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].letters, found[0].capitals), (8, 8));
        assert_ne!(found[0].kinds, 0, "a beginning in the lexicon");
    }
}
