//! Patterns of schemas: regular expressions of ECMA-262, as far as they can be matched in linear time.
//!
//! Responsible for saying the same in the words of the regex crate. It must never backtrack: a pattern that looks around or
//! back is not compiled.

use regex::{Regex, RegexBuilder};

use crate::limits::{PATTERN_BYTES_MAX, PATTERN_DFA_BYTES_MAX, PATTERN_PROGRAM_BYTES_MAX};

/// A compiled pattern and its text.
#[derive(Debug)]
pub(super) struct Pattern {
    regex: Regex,
    written: Box<str>,
}

impl Pattern {
    /// Compiles `written`; `None` when it is too large, or nothing that can be matched in linear time.
    pub(super) fn new(written: &str) -> Option<Self> {
        if written.len() > PATTERN_BYTES_MAX {
            return None;
        }
        let regex = RegexBuilder::new(&translated(written))
            .size_limit(PATTERN_PROGRAM_BYTES_MAX)
            .dfa_size_limit(PATTERN_DFA_BYTES_MAX)
            .build()
            .ok()?;
        Some(Self { regex, written: Box::from(written) })
    }

    pub(super) fn fits(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// As the schema has it.
    pub(super) const fn written(&self) -> &str {
        &self.written
    }
}

/// The same pattern for the regex crate: its classes are of ASCII in ECMA-262, and within brackets it reads more signs.
fn translated(pattern: &str) -> String {
    let mut written = String::with_capacity(pattern.len() + 16);
    let mut is_in_class = false;
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        match (letter, is_in_class) {
            ('\\', _) => match letters.next() {
                Some('d') => written.push_str("[0-9]"),
                Some('D') => written.push_str("[^0-9]"),
                Some('w') => written.push_str("[A-Za-z0-9_]"),
                Some('W') => written.push_str("[^A-Za-z0-9_]"),
                Some('b') if is_in_class => written.push_str("\\x08"),
                Some('b') => written.push_str("(?-u:\\b)"),
                Some('/') => written.push('/'),
                Some(other) => written.extend(['\\', other]),
                None => written.push('\\'),
            },
            ('[', false) => {
                is_in_class = true;
                written.push('[');
            }
            (']', true) => {
                is_in_class = false;
                written.push(']');
            }
            ('[' | '&' | '~', true) => written.extend(['\\', letter]),
            (_, _) => written.push(letter),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_they_mean_in_schemas() {
        for (pattern, fits, does_not) in [
            (r"^\d{3}$", "123", "١٢٣"),
            (r"^[\w.-]+@[\w-]+\.\w+$", "a.b-c@d-e.org", "ä@b.org"),
            (r"^[a-z&&b]+$", "a&b", "A"),
            (r"^[[\]]+$", "[]", "a"),
            (r"^https?:\/\/", "https://a", "ftp://a"),
            (r"^\u0041$", "A", "B"),
            ("^.{1,3}$", "äöü", "äöüß"),
        ] {
            let compiled = Pattern::new(pattern).unwrap();
            assert!(compiled.fits(fits) && !compiled.fits(does_not), "{pattern}");
        }
    }

    #[test]
    fn what_cannot_be_matched_in_linear_time_is_not_compiled() {
        for pattern in [r"^(?!a)", r"(a)\1", r"(?<=a)b", &"a".repeat(PATTERN_BYTES_MAX + 1), r"(\p{L}{200}){200}", "("]
        {
            assert!(Pattern::new(pattern).is_none(), "{pattern:.20}");
        }
    }

    #[test]
    fn a_pattern_that_explodes_elsewhere_is_linear_here() {
        let pattern = Pattern::new("^(a+)+$").unwrap();
        let text = format!("{}b", "a".repeat(16 * 1024));
        assert!(!pattern.fits(&text));
    }
}
