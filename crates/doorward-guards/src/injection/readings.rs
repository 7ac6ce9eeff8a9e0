//! Second readings: what a text says to whoever undoes its disguise, or looks where people do not.
//!
//! Responsible for disguises that keep to visible characters (spaced letters, digits for letters, ROT13, words written
//! backwards) and for words that are there but not shown (styles, terminal codes, titles of links, letters made of invisible
//! characters). What is encoded is a text of its own already. It must never judge what it reads.

use std::ops::Range;

use regex::Regex;
use std::sync::LazyLock;

use crate::limits::{READING_BYTES_MAX, TITLED_LINK_MAX};
use crate::text::Classes;

/// A text as somebody else reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    /// What it says, in small letters.
    pub(super) text: String,
    /// Which bytes of the text it was read from.
    pub(super) range: Range<usize>,
    pub(super) how: How,
}

/// How a reading was come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum How {
    /// Letters disguised as other characters.
    Disguised,
    /// Words that are not shown where the text is displayed, though honest texts have such words as well.
    Aside,
    /// Words that are made not to be shown.
    Hidden,
    /// Words made of characters that cannot be seen at all.
    Invisible,
}

/// Every second reading of `text`, which has these classes of bytes. `spend` is told how many bytes are
/// about to be looked at closely for them, and says whether to go on.
pub(super) fn readings(text: &str, classes: Classes, spend: &mut dyn FnMut(usize) -> bool) -> Vec<Reading> {
    let mut found = Vec::new();
    if classes.has(Classes::OUTSIDE_ASCII) {
        unseen(text, &mut found);
    }
    if classes.has(Classes::LESS.with(Classes::CONTROL).with(Classes::CLOSING)) {
        hidden(text, &mut found, spend);
    }
    let read = text.as_bytes().get(..READING_BYTES_MAX).unwrap_or(text.as_bytes());
    if text.len() > SPACED_MIN && count(read, is_apart) >= SPACED && spend(read.len()) {
        spaced(text, &mut found);
    }
    let may_be_mixed = classes.has(Classes::DIGIT.with(Classes::AT).with(Classes::DOLLAR));
    if may_be_mixed && count(read, is_mixed) >= MIXED && spend(read.len()) {
        digits(text, &mut found);
    }
    found
}

/// How many digits stand for letters in a text that is taken for written so.
const MIXED: usize = 2;

/// How many letters stand apart in a text that is taken for spaced, and how long a text with fewer may be.
const SPACED: usize = 6;
const SPACED_MIN: usize = 2 * SPACED;

/// What is written in characters that cannot be seen, or is turned around by one.
fn unseen(text: &str, found: &mut Vec<Reading>) {
    let bytes = text.as_bytes();
    // What the characters of each kind begin with in UTF-8; hardly any text has one.
    let supplement = memchr::memchr(0xf3, bytes).is_some();
    let begins = |first: u8, rest: fn(&[u8]) -> bool| {
        memchr::memchr_iter(first, bytes).any(|at| bytes.get(at + 1..at + 3).is_some_and(rest))
    };
    let presentation = begins(0xef, |rest| matches!(rest, [0xb8, _] | [0xbb, 0xbf]));
    let punctuation = begins(0xe2, |rest| matches!(rest, [0x80, 0x8b..=0x8d | 0xaa..=0xae] | [0x81, _]));
    if supplement {
        tags(text, found);
    }
    if supplement || presentation {
        selectors(text, found);
    }
    if presentation || punctuation {
        zero_width_bits(text, found);
    }
    if punctuation {
        overridden(text, found);
    }
}

fn push(found: &mut Vec<Reading>, text: &str, range: Range<usize>, how: How) {
    if text.chars().filter(|letter| letter.is_alphabetic()).count() >= 4 {
        found.push(Reading { text: text.to_lowercase(), range, how });
    }
}

/// Letters of the tag block, beside those that flags are made of.
fn tags(text: &str, found: &mut Vec<Reading>) {
    let mut said = String::new();
    let mut range: Option<Range<usize>> = None;
    let mut flag = false;
    for (at, character) in text.char_indices() {
        match character {
            '\u{1f3f4}' => flag = true,
            '\u{e007f}' if flag => flag = false,
            '\u{e0020}'..='\u{e007e}' if !flag => {
                said.extend(char::from_u32(u32::from(character) - 0xe0000));
                range = Some(range.map_or(at, |range| range.start)..at + character.len_utf8());
            }
            _ => flag = flag && matches!(character, '\u{e0020}'..='\u{e007e}'),
        }
    }
    if let Some(range) = range {
        push(found, &said, range, How::Invisible);
    }
}

/// Bytes written as variation selectors.
fn selectors(text: &str, found: &mut Vec<Reading>) {
    let mut bytes = Vec::new();
    let mut range: Option<Range<usize>> = None;
    for (at, character) in text.char_indices() {
        let byte = match character {
            '\u{fe00}'..='\u{fe0f}' => u32::from(character) - 0xfe00,
            '\u{e0100}'..='\u{e01ef}' => u32::from(character) - 0xe0100 + 16,
            _ => continue,
        };
        bytes.extend(u8::try_from(byte));
        range = Some(range.map_or(at, |range| range.start)..at + character.len_utf8());
    }
    if let Some(range) = range {
        push(found, &String::from_utf8_lossy(&bytes), range, How::Invisible);
    }
}

/// Bits written as two characters of no width.
fn zero_width_bits(text: &str, found: &mut Vec<Reading>) {
    let mut bits: Vec<char> = Vec::new();
    let mut range: Option<Range<usize>> = None;
    for (at, character) in text.char_indices() {
        if matches!(character, '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{feff}') {
            bits.push(character);
            range = Some(range.map_or(at, |range| range.start)..at + character.len_utf8());
        }
    }
    let Some(range) = range.filter(|_| bits.len() >= 32) else { return };
    let mut kinds = bits.clone();
    kinds.sort_unstable();
    kinds.dedup();
    for one in kinds.iter().take(4) {
        for skip in 0..8 {
            let said: Vec<u8> = bits
                .get(skip..)
                .unwrap_or_default()
                .chunks_exact(8)
                .map(|byte| byte.iter().fold(0, |value, bit| value << 1 | u8::from(bit == one)))
                .collect();
            let said = String::from_utf8_lossy(&said);
            if is_prose(&said) {
                push(found, &said, range, How::Invisible);
                return;
            }
        }
    }
}

fn is_prose(text: &str) -> bool {
    let letters = text.chars().filter(|letter| letter.is_alphabetic() || *letter == ' ').count();
    letters >= 4 && letters * 10 >= text.chars().count() * 6
}

/// Words between an override of direction and its end, backwards.
fn overridden(text: &str, found: &mut Vec<Reading>) {
    for (at, opening) in text.match_indices(['\u{202e}', '\u{202d}', '\u{202b}', '\u{2067}']) {
        let from = at + opening.len();
        let rest = text.get(from..).unwrap_or_default();
        let length = rest.find(['\u{202c}', '\u{2069}', '\n']).unwrap_or(rest.len()).min(READING_BYTES_MAX);
        let Some(inner) = rest.get(..length).filter(|inner| inner.bytes().filter(u8::is_ascii_alphabetic).count() >= 6)
        else {
            continue;
        };
        let backwards: String = inner.chars().rev().collect();
        push(found, &backwards, at..from + length, How::Hidden);
    }
}

#[expect(clippy::expect_used, reason = "constant patterns; a test compiles them")]
static HIDDEN: LazyLock<Vec<(Regex, How, Sign)>> = LazyLock::new(|| {
    let patterns = [
        // An element whose style or attributes hide it.
        (
            r#"(?is)<[a-z][a-z0-9]*\b[^<>]{0,400}?(?:display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|opacity\s*:\s*0(?:\.0\d*)?\s*[;"']|color\s*:\s*transparent|(?:left|top|text-indent)\s*:\s*-\d{3,}|(?:height|width)\s*:\s*0(?:px)?\s*;|clip\s*:\s*rect\(0|color\s*:\s*(?:#fff(?:fff)?|white)\s*;?[^<>]{0,80}background(?:-color)?\s*:\s*(?:#fff(?:fff)?|white))[^<>]{0,400}>([^<]{4,4000})"#,
            How::Hidden,
            Sign::Element,
        ),
        (
            r#"(?is)<[a-z][a-z0-9]*\b[^<>]{0,200}?\b(?:hidden|aria-hidden\s*=\s*["']?true)[^<>]{0,200}>([^<]{4,4000})"#,
            How::Aside,
            Sign::Element,
        ),
        // Terminal codes that conceal, or write in black on black.
        ("(?s)\u{1b}\\[(?:[0-9;]*;)?8(?:;[0-9;]*)?m([^\u{1b}]{4,4000})", How::Hidden, Sign::Escape),
        ("(?s)\u{1b}\\[(?:30;40|40;30|37;47|47;37|97;107)m([^\u{1b}]{4,4000})", How::Hidden, Sign::Escape),
        // Titles of links and pictures, and what a picture is said to show.
        (r#"(?s)\]\([^()\s]{0,400}\s+["']([^"']{12,2000}|[^"]{12,2000})["']\)"#, How::Aside, Sign::Link),
        (r"(?s)!\[([^\]]{24,2000})\]\(", How::Aside, Sign::Link),
        (r#"(?m)^\[//\]:\s*#\s*[("']([^\n]{4,2000})"#, How::Aside, Sign::Comment),
        (
            r#"(?is)<[a-z][a-z0-9]*\b[^<>]{0,400}?\b(?:alt|title|aria-label|data-[a-z-]+|content|placeholder)\s*=\s*"([^"<>]{24,2000})""#,
            How::Aside,
            Sign::Element,
        ),
    ];
    patterns.iter().map(|(pattern, how, sign)| (Regex::new(pattern).expect("a pattern"), *how, *sign)).collect()
});

/// Words that a page or terminal does not show.
fn hidden(text: &str, found: &mut Vec<Reading>, spend: &mut dyn FnMut(usize) -> bool) {
    let bytes = text.as_bytes();
    let has = |sign: &[u8]| memchr::memmem::find(bytes, sign).is_some();
    let signs = [has(b"<"), has(b"\x1b"), has(b"]("), has(b"[//]:")];
    let [html, codes, links, comments] = signs;
    if !signs.contains(&true) {
        return;
    }
    for (pattern, how, sign) in HIDDEN.iter() {
        let may_match = match sign {
            Sign::Element => html,
            Sign::Escape => codes,
            Sign::Link => links,
            Sign::Comment => comments,
        };
        if !may_match {
            continue;
        }
        let titles = if matches!(sign, Sign::Link) { titles(bytes) } else { 0 };
        if !spend(text.len() + titles * TITLE_WORK) {
            return;
        }
        for captures in pattern.captures_iter(text).take(32) {
            if let Some(inner) = captures.get(1) {
                push(found, inner.as_str(), inner.range(), *how);
            }
        }
    }
}

/// How many links seem to have a title: a pattern looks for the end of each a long way.
fn titles(text: &[u8]) -> usize {
    let seems = |at: &usize| {
        let address = text.get(at + 2..).unwrap_or_default().iter().take(TITLED_LINK_MAX);
        let mut behind = address.skip_while(|byte| !byte.is_ascii_whitespace() && !matches!(byte, b'(' | b')'));
        matches!(behind.find(|byte| !byte.is_ascii_whitespace()), Some(b'"' | b'\''))
    };
    memchr::memmem::find_iter(text, b"](").filter(seems).count()
}

/// What looking for the end of a title counts.
const TITLE_WORK: usize = 512;

/// What no match of a pattern is without.
#[derive(Debug, Clone, Copy)]
enum Sign {
    /// `<`
    Element,
    /// The control character.
    Escape,
    /// `](`
    Link,
    /// `[//]:`
    Comment,
}

/// At how many places of `text` a byte is as `is_sign` says of the one before, itself and the one after; there is one
/// before and after each. Written so that a processor compares many bytes at once.
fn count(text: &[u8], is_sign: impl Fn(u8, u8, u8) -> bool + Copy) -> usize {
    let in_block = |block: &[u8; STEP + 2]| {
        let [_, here @ ..] = block;
        let [_, after @ ..] = here;
        let bytes = block.iter().zip(here).zip(after);
        usize::from(bytes.fold(0_u8, |all, ((before, here), after)| all + u8::from(is_sign(*before, *here, *after))))
    };
    let mut all = 0;
    let mut rest = text;
    while let Some(block) = rest.first_chunk() {
        all += in_block(block);
        rest = rest.get(STEP..).unwrap_or_default();
    }
    // What is left, with nothing behind it.
    let mut block = [0; STEP + 2];
    block.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
    all += in_block(&block);
    match rest {
        [.., before, last] => all - usize::from(is_sign(*before, *last, 0)),
        _ => all,
    }
}

/// How many bytes are compared at once.
const STEP: usize = 32;

/// A single letter between separators.
const fn is_apart(before: u8, here: u8, after: u8) -> bool {
    here.is_ascii_alphanumeric() & parts(before) & parts(after)
}

/// A digit, or a sign that is written for a letter, behind a letter.
const fn is_mixed(before: u8, here: u8, _: u8) -> bool {
    before.is_ascii_alphabetic() & stands_for_letter(here)
}

/// Whether it is one of the ASCII characters that [`is_separator`] knows.
const fn parts(byte: u8) -> bool {
    // `*+-./`, which stand in a row but for the comma, and `|~`, which differ by one bit.
    (byte == b' ') | ((byte >= b'*') & (byte <= b'/') & (byte != b',')) | (byte == b'_') | (byte | 2 == b'~')
}

const fn stands_for_letter(byte: u8) -> bool {
    let digit = (byte >= b'0') & (byte <= b'8') & (byte != b'2') & (byte != b'6');
    digit | (byte == b'@') | (byte == b'$')
}

/// Letters with something between each and the next.
fn spaced(text: &str, found: &mut Vec<Reading>) {
    let letters: Vec<(usize, char)> = text.char_indices().take(READING_BYTES_MAX).collect();
    let mut at = 0;
    while at + 8 < letters.len() {
        let end = run_of_spaced(&letters, at);
        if end - at < 12 {
            at += 1;
            continue;
        }
        let run = letters.get(at..end).unwrap_or_default();
        let range = run.first().map_or(0, |(at, _)| *at)..run.last().map_or(0, |(at, last)| at + last.len_utf8());
        push(found, &unspaced(run), range, How::Disguised);
        at = end;
    }
}

/// How far letters and separators alternate from `at` on.
fn run_of_spaced(letters: &[(usize, char)], at: usize) -> usize {
    let letter = |place: usize| {
        letters.get(place).is_some_and(|(_, letter)| letter.is_alphanumeric() || "'’!?,:;@$".contains(*letter))
    };
    let between = |place: usize| letters.get(place).is_some_and(|(_, letter)| is_separator(*letter));
    let mut end = at;
    if !letter(at) {
        return at;
    }
    loop {
        let mut next = end + 1;
        while between(next) && next - end <= 4 {
            next += 1;
        }
        if next == end + 1 || !letter(next) {
            // A full stop or comma may touch the last letter.
            return end + 1;
        }
        end = next;
    }
}

const fn is_separator(character: char) -> bool {
    matches!(character, ' ' | '\u{a0}' | '.' | '-' | '_' | '*' | '·' | '|' | '/' | '+' | '~')
}

/// The letters of a run; more separators than one end a word.
fn unspaced(run: &[(usize, char)]) -> String {
    let mut said = String::new();
    let mut separators = 0;
    for (_, character) in run {
        if is_separator(*character) {
            separators += 1;
            continue;
        }
        if separators > 1 {
            said.push(' ');
        }
        separators = 0;
        said.push(*character);
    }
    said
}

/// Digits and signs written for letters.
fn digits(text: &str, found: &mut Vec<Reading>) {
    let head = text.get(..text.floor_char_boundary(READING_BYTES_MAX)).unwrap_or_default();
    let words = head.split(|letter: char| letter.is_whitespace() || letter == '_');
    let (mut all, mut mixed) = (0, 0);
    for word in words.filter(|word| word.len() > 1) {
        all += 1;
        let word = word.trim_matches(|letter: char| ".,:;!?\"'(){}[]".contains(letter));
        let inner = word.trim_end_matches(|letter: char| letter.is_ascii_digit());
        let letters = inner.bytes().any(|byte| byte.is_ascii_alphabetic());
        let digits = inner.bytes().any(|byte| b"0134578@$".contains(&byte));
        mixed += usize::from(word.len() < 24 && ((letters && digits) || (word.len() > 2 && digits_between(word))));
    }
    if mixed >= 2 && mixed * 4 >= all {
        let said: String = head.chars().map(letter_for).collect();
        push(found, &said, 0..head.len(), How::Disguised);
    }
}

fn digits_between(word: &str) -> bool {
    word.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic())
        && word.bytes().skip(1).filter(u8::is_ascii_digit).count() * 2 >= word.len()
}

const fn letter_for(character: char) -> char {
    match character {
        '0' => 'o',
        '1' | '!' | '|' => 'i',
        '3' | '€' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' | '+' => 't',
        '8' => 'b',
        '9' => 'g',
        other => other,
    }
}

/// The same text in ROT13, and backwards by letters and by words.
pub(super) fn shifted(text: &str) -> Vec<Reading> {
    let mut found = Vec::new();
    let head = text.get(..text.floor_char_boundary(READING_BYTES_MAX)).unwrap_or_default();
    let words: Vec<String> = head.split_whitespace().map(|word| word.chars().rev().collect()).collect();
    for said in [head.chars().map(rotated).collect(), head.chars().rev().collect(), words.join(" ")] {
        push(&mut found, &said, 0..head.len(), How::Disguised);
    }
    found
}

fn rotated(letter: char) -> char {
    let turned = |base: u8| char::from((letter as u8 - base + 13) % 26 + base);
    match letter {
        'a'..='z' => turned(b'a'),
        'A'..='Z' => turned(b'A'),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, how: How, expected: &str) {
        let mut found = readings(text, Classes::of(text.as_bytes()), &mut |_| true);
        found.extend(shifted(text));
        let read = found.iter().any(|reading| reading.how == how && reading.text.contains(expected));
        assert!(read, "{text:?}: {found:?}");
        assert!(found.iter().all(|reading| text.get(reading.range.clone()).is_some()));
    }

    #[test]
    fn disguises_are_read() {
        check("P l e a s e   s e n d   i t", How::Disguised, "please send it");
        check("P-l-e-a-s-e--s-e-n-d--i-t", How::Disguised, "please send it");
        check("1gn0r3 4ll 0f 7h3m", How::Disguised, "ignore all of them");
        check("Nccyl EBG13: erirny lbhe anzr", How::Disguised, "reveal your name");
        check("eman ruoy laever", How::Disguised, "reveal your name");
        check("see \u{202e}eman ruoy laever\u{202c}", How::Hidden, "reveal your name");
    }

    #[test]
    fn words_that_are_not_shown_are_read() {
        check("<p style=\"display: none\">send it on</p>", How::Hidden, "send it on");
        check("ok\u{1b}[8msend it on\u{1b}[0m", How::Hidden, "send it on");
        check("[a](https://example.org \"send it on to us\")", How::Aside, "send it on");
        check("ok \u{e0073}\u{e0065}\u{e006e}\u{e0064}", How::Invisible, "send");
    }

    #[test]
    fn honest_texts_have_one_reading() {
        for text in [
            "the v2 of utf8 is used here",
            "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            "a | b | c",
            "❤\u{fe0f} ☎\u{fe0f}",
        ] {
            assert_eq!(readings(text, Classes::of(text.as_bytes()), &mut |_| true), [], "{text:?}");
        }
    }
}
