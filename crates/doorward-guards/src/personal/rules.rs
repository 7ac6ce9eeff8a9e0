//! Every form of code that is looked for, and where a word begins which of them are tried.

mod americas;
mod asia;
pub(super) mod dates;
mod documents;
mod europe;
mod north;

use super::code::Code;
use super::kind::Rule;
use super::limits::CODE_MAX;

/// The rules by the length of a code's first word and what it begins with.
#[derive(Debug)]
pub(super) struct Rules {
    digits: Vec<Vec<(Shape, &'static Rule)>>,
    letters: Vec<Vec<(Shape, &'static Rule)>>,
}

const TABLES: &[&[Rule]] = &[europe::RULES, north::RULES, asia::RULES, americas::RULES, documents::RULES, dates::RULES];

impl Rules {
    pub(super) fn new() -> Self {
        let mut rules = Self { digits: vec![Vec::new(); CODE_MAX + 1], letters: vec![Vec::new(); CODE_MAX + 1] };
        for rule in TABLES.iter().copied().flatten() {
            for length in first_words(rule.pattern) {
                let first = rule.pattern.as_bytes().first().copied();
                let (digits, letters) = match first {
                    Some(b'9') => (true, false),
                    Some(b'A') => (false, true),
                    Some(byte) if byte.is_ascii_alphabetic() && byte != b'X' => (false, true),
                    _ => (true, true),
                };
                for (buckets, meant) in [(&mut rules.digits, digits), (&mut rules.letters, letters)] {
                    if let (Some(bucket), true) = (buckets.get_mut(length), meant) {
                        bucket.push((Shape::asked(rule.pattern, length), rule));
                    }
                }
            }
        }
        rules
    }

    /// The rules that `text`, which begins with a word of `length` letters and digits, has the shape for.
    pub(super) fn of_word(&self, text: &[u8], length: usize) -> impl Iterator<Item = &'static Rule> {
        let buckets = if text.first().is_some_and(u8::is_ascii_digit) { &self.digits } else { &self.letters };
        let bucket = buckets.get(length).map(Vec::as_slice).unwrap_or_default();
        let seen = if bucket.is_empty() { Shape::default() } else { Shape::seen(text) };
        bucket.iter().filter(move |(asked, _)| seen.fits(asked)).map(|(_, rule)| *rule)
    }
}

/// At which of the first bytes of a text which kind of byte stands, as bits: most words fit no rule, and are told so by this
/// alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Shape {
    digits: u32,
    letters: u32,
    /// Letters or digits.
    either: u32,
    /// Blanks and hyphens.
    joints: u32,
    /// Neither letters nor digits, or nothing.
    others: u32,
}

/// How many bytes a [`Shape`] tells of.
const SHAPED: usize = 24;

impl Shape {
    /// What stands there.
    fn seen(text: &[u8]) -> Self {
        let mut head = [0; SHAPED];
        match text.first_chunk() {
            Some(whole) => head = *whole,
            None => head.iter_mut().zip(text).for_each(|(place, byte)| *place = *byte),
        }
        let (eights, _) = head.as_chunks::<8>();
        let mut shape = Self::default();
        for (place, eight) in eights.iter().enumerate() {
            let (digits, letters, joints) = kinds(u64::from_le_bytes(*eight));
            shape.digits |= digits << (8 * place);
            shape.letters |= letters << (8 * place);
            shape.joints |= joints << (8 * place);
        }
        shape.either = shape.digits | shape.letters;
        shape.others = !shape.either;
        shape
    }

    /// What must stand there, where the first word of the form is as long as `first`: up to the next blank that may be left
    /// out.
    fn asked(pattern: &str, first: usize) -> Self {
        let mut shape = Self::default();
        let mut place = 0;
        for wanted in pattern.bytes().map(Some).chain([None]) {
            if place >= SHAPED {
                break;
            }
            let here = 1 << place;
            match wanted {
                Some(b' ') if place < first => continue,
                Some(b' ') if place > first => break,
                Some(b' ' | b'~' | b'-') => shape.joints |= here,
                Some(b'9') => shape.digits |= here,
                Some(b'A') => shape.letters |= here,
                Some(b'X') => shape.either |= here,
                Some(byte) if byte.is_ascii_alphanumeric() => shape.either |= here,
                Some(_) | None => shape.others |= here,
            }
            place += 1;
        }
        shape
    }

    /// Whether all that is asked for is there.
    const fn fits(&self, asked: &Self) -> bool {
        let missing = (asked.digits & !self.digits) | (asked.letters & !self.letters) | (asked.either & !self.either);
        missing | (asked.joints & !self.joints) | (asked.others & !self.others) == 0
    }
}

/// Which of eight bytes are digits, letters, and joints, as bits.
const fn kinds(eight: u64) -> (u32, u32, u32) {
    const EACH: u64 = 0x0101_0101_0101_0101;
    /// The highest bit of each byte that is at least `least`; none of the bytes has its own set.
    const fn at_least(bytes: u64, least: u8) -> u64 {
        bytes + (0x80 - least as u64) * EACH
    }
    /// The highest bit of each byte as a bit of its own.
    const fn gathered(marks: u64) -> u32 {
        ((((marks & (0x80 * EACH)) >> 7).wrapping_mul(0x0102_0408_1020_4080)) >> 56) as u32
    }
    let (bare, ascii) = (eight & (0x7f * EACH), !eight);
    let small = bare | (0x20 * EACH);
    let digits = at_least(bare, b'0') & !at_least(bare, b'9' + 1);
    let letters = at_least(small, b'a') & !at_least(small, b'z' + 1);
    let blanks = !at_least(bare ^ (b' ' as u64 * EACH), 1);
    let hyphens = !at_least(bare ^ (b'-' as u64 * EACH), 1);
    (gathered(digits & ascii), gathered(letters & ascii), gathered((blanks | hyphens) & ascii))
}

/// How long the first word of a code of this form can be.
fn first_words(pattern: &str) -> Vec<usize> {
    let mut lengths = Vec::new();
    let mut length = 0;
    for byte in pattern.bytes() {
        match byte {
            b' ' => lengths.push(length),
            byte if byte.is_ascii_alphanumeric() => length += 1,
            _ => {
                lengths.push(length);
                return lengths;
            }
        }
    }
    lengths.push(length);
    lengths
}

/// Reads a code of this form at `start`; where it ends and what it is.
pub(super) fn read(pattern: &str, text: &[u8], start: usize) -> Option<(usize, Code)> {
    let mut at = start;
    let mut code = Code::default();
    for wanted in pattern.bytes() {
        let byte = text.get(at).copied();
        let fits = match (wanted, byte) {
            (b' ', Some(b' ' | b'-')) => {
                at += 1;
                continue;
            }
            (b' ', _) => continue,
            (b'~', byte) => {
                byte.filter(|byte| matches!(byte, b' ' | b'-'))?;
                at += 1;
                continue;
            }
            (_, None) => return None,
            (b'9', Some(byte)) => byte.is_ascii_digit(),
            (b'A', Some(byte)) => byte.is_ascii_alphabetic(),
            (b'X', Some(byte)) => byte.is_ascii_alphanumeric(),
            (wanted, Some(byte)) => byte == wanted,
        };
        if !fits {
            return None;
        }
        if let Some(byte) = byte.filter(u8::is_ascii_alphanumeric) {
            code.push(byte);
        }
        at += 1;
    }
    Some((at, code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_with_and_without_its_blanks() {
        for text in ["AB 12 34 56 C", "ab123456c", "AB-12-34-56-C", "AB12 3456C"] {
            let (end, code) = read("AA 99 99 99 A", text.as_bytes(), 0).unwrap();
            assert_eq!((end, code.as_bytes()), (text.len(), b"AB123456C".as_slice()), "{text}");
        }
        assert!(read("AA 99", b"AB  12", 0).is_none() && read("99.9", b"12-3", 0).is_none());
    }

    #[test]
    fn the_first_word_of_a_form_has_every_length_its_blanks_allow() {
        assert_eq!(first_words("AA 99 99"), [2, 4, 6]);
        assert_eq!(first_words("999-99"), [3]);
    }

    #[test]
    fn whatever_is_read_has_the_shape_for_it() {
        for pattern in ["AA 99 99 99 A", "9999-99-99", "999~99.9", "X9 A"] {
            for text in
                ["AB 12 34 56 C", "ab123456c,", "AB12 3456C", "2026-03-02 x", "123 45.6", "b7c", "2026-03", "B7 CD"]
            {
                let length = text.bytes().take_while(u8::is_ascii_alphanumeric).count();
                let fits = first_words(pattern)
                    .into_iter()
                    .any(|first| first == length && Shape::seen(text.as_bytes()).fits(&Shape::asked(pattern, first)));
                let is_read = read(pattern, text.as_bytes(), 0)
                    .is_some_and(|(end, _)| !text.as_bytes().get(end).is_some_and(u8::is_ascii_alphanumeric));
                assert!(fits || !is_read, "{pattern} {text}");
            }
        }
        assert!(!Shape::seen(b"2026-03-02").fits(&Shape::asked("9999 9999 9999", 4)));
    }

    #[test]
    fn eight_bytes_are_told_as_one_by_one() {
        for byte in 0..=u8::MAX {
            for place in 0..8 {
                let mut eight = *b"a0 -z9@[";
                eight[place] = byte;
                let (digits, letters, joints) = kinds(u64::from_le_bytes(eight));
                for (place, byte) in eight.iter().enumerate() {
                    let bit = |bits: u32| bits >> place & 1 == 1;
                    let expected = (byte.is_ascii_digit(), byte.is_ascii_alphabetic(), matches!(byte, b' ' | b'-'));
                    assert_eq!((bit(digits), bit(letters), bit(joints)), expected, "{byte}");
                }
            }
        }
    }

    #[test]
    fn every_rule_is_in_some_bucket_and_has_a_name_of_its_own_form() {
        for rule in TABLES.iter().copied().flatten() {
            assert!(rule.pattern.bytes().filter(u8::is_ascii_alphanumeric).count() <= CODE_MAX, "{}", rule.name);
            assert!(rule.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", rule.name);
        }
    }
}
