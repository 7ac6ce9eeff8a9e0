//! Every form of code that is looked for, and where a word begins which of them are tried.

mod americas;
mod asia;
mod dates;
mod documents;
mod europe;
mod north;

use super::code::Code;
use super::kind::Rule;
use super::limits::CODE_MAX;

/// The rules by the length of a code's first word and what it begins with.
#[derive(Debug)]
pub(super) struct Rules {
    digits: Vec<Vec<&'static Rule>>,
    letters: Vec<Vec<&'static Rule>>,
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
                        bucket.push(rule);
                    }
                }
            }
        }
        rules
    }

    /// The rules for a word of `length` letters and digits.
    pub(super) fn of_word(&self, first: u8, length: usize) -> &[&'static Rule] {
        let buckets = if first.is_ascii_digit() { &self.digits } else { &self.letters };
        buckets.get(length).map(Vec::as_slice).unwrap_or_default()
    }
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
    fn every_rule_is_in_some_bucket_and_has_a_name_of_its_own_form() {
        for rule in TABLES.iter().copied().flatten() {
            assert!(rule.pattern.bytes().filter(u8::is_ascii_alphanumeric).count() <= CODE_MAX, "{}", rule.name);
            assert!(rule.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", rule.name);
        }
    }
}
