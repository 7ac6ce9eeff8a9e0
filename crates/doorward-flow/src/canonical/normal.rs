//! Text without the differences that nobody means: width, case, white space, characters that are not seen.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// `text` in NFKC, without format characters, white space collapsed and trimmed; the case as it is.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        let text = text.trim_matches(is_ascii_blank);
        return if is_collapsed(text.as_bytes()) {
            Cow::Borrowed(text)
        } else {
            Cow::Owned(collapsed(text.as_bytes()))
        };
    }
    let mut out = Collapsing { out: String::with_capacity(text.len()), gap: false };
    let mut rest = text;
    while let Some((as_it_is, other, after)) = split_other(rest) {
        out.ascii(as_it_is);
        if is_nfkc_quick(other.chars()) == IsNormalized::Yes {
            out.characters(other.chars());
        } else {
            out.characters(other.nfkc());
        }
        rest = after;
    }
    out.ascii(rest);
    Cow::Owned(out.out)
}

/// The same in lower case.
pub(crate) fn folded(plain: &str) -> Cow<'_, str> {
    if plain.is_ascii() {
        let has_upper = plain.bytes().fold(false, |found, byte| found | byte.is_ascii_uppercase());
        return if has_upper { Cow::Owned(plain.to_ascii_lowercase()) } else { Cow::Borrowed(plain) };
    }
    // Character by character: the lower case of a whole text knows of places in words.
    let mut folded = String::with_capacity(plain.len());
    for c in plain.chars() {
        if c.is_ascii() {
            folded.push(c.to_ascii_lowercase());
        } else {
            folded.extend(c.to_lowercase());
        }
    }
    Cow::Owned(folded)
}

/// Without what stands around it.
pub(crate) fn bare(text: &str) -> &str {
    text.trim_matches(is_edge)
}

/// What may stand around a value without being part of it.
const fn is_edge(c: char) -> bool {
    matches!(
        c,
        ' ' | '\t'
            | '.'
            | ','
            | ';'
            | ':'
            | '!'
            | '?'
            | '"'
            | '\''
            | '`'
            | '('
            | ')'
            | '['
            | ']'
            | '{'
            | '}'
            | '<'
            | '>'
            | '@'
            | '#'
            | '*'
    )
}

/// Whether there is nothing to collapse. Both loops go to the end, so that they look at many bytes at once.
fn is_collapsed(ascii: &[u8]) -> bool {
    let odd = ascii.iter().fold(false, |found, byte| found | is_odd_blank(*byte));
    let pairs = ascii.iter().zip(ascii.iter().skip(1));
    let double = pairs.fold(false, |found, (left, right)| found | ((*left == b' ') & (*right == b' ')));
    !odd && !double
}

/// ASCII with one blank for all white space between two words.
fn collapsed(ascii: &[u8]) -> String {
    let mut bytes: Vec<u8> = ascii.iter().map(|byte| if is_odd_blank(*byte) { b' ' } else { *byte }).collect();
    bytes.dedup_by(|right, left| *left == b' ' && *right == b' ');
    // What was ASCII still is.
    String::from_utf8(bytes).unwrap_or_default()
}

const fn is_ascii_blank(c: char) -> bool {
    matches!(c, ' ' | '\t'..='\r')
}

/// What of ASCII is white space beside the blank.
const fn is_odd_blank(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r')
}

/// Splits off ASCII that composes with nothing, and what of other characters follows: from the letter before the first of
/// them, which it may compose with, to the next of ASCII, which never composes with what stands before it.
fn split_other(text: &str) -> Option<(&str, &str, &str)> {
    let first = text.bytes().position(|byte| !byte.is_ascii())?;
    let (as_it_is, rest) = text.split_at_checked(first.saturating_sub(1))?;
    let end = rest.bytes().skip(1).position(|byte| byte.is_ascii()).map_or(rest.len(), |at| at + 1);
    let (other, after) = rest.split_at_checked(end)?;
    Some((as_it_is, other, after))
}

/// Text whose white space is collapsed, as it grows.
struct Collapsing {
    out: String,
    gap: bool,
}

impl Collapsing {
    fn ascii(&mut self, text: &str) {
        for (number, word) in text.split(is_ascii_blank).enumerate() {
            self.gap |= number > 0;
            self.push(word);
        }
    }

    fn characters(&mut self, characters: impl Iterator<Item = char>) {
        for c in characters.filter(|c| !is_format(*c)) {
            if c.is_whitespace() {
                self.gap = true;
            } else {
                self.push(c.encode_utf8(&mut [0; 4]));
            }
        }
    }

    fn push(&mut self, word: &str) {
        if word.is_empty() {
            return;
        }
        if std::mem::take(&mut self.gap) && !self.out.is_empty() {
            self.out.push(' ');
        }
        self.out.push_str(word);
    }
}

/// Whether a character is one of format (Unicode category Cf): it is not seen, and names that differ in it look the same.
pub(crate) const fn is_format(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}'
        | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}'
        | '\u{2066}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}'
        | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0001}'
        | '\u{e0020}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_means_makes_no_difference() {
        for (written, meant) in [
            ("  Two\t words ", "two words"),
            ("ＦＵＬＬ　ｗｉｄｔｈ", "full width"),
            ("so\u{200b}ft\u{ad}", "soft"),
            ("ÄRGER", "ärger"),
            ("line\nbreak", "line break"),
            ("", ""),
        ] {
            assert_eq!(folded(&plain(written)), meant, "{written:?}");
        }
        assert_eq!(bare("<(a.b)>."), "a.b");
    }

    #[test]
    fn what_is_plain_is_not_copied() {
        assert!(matches!(plain("as it is"), Cow::Borrowed(_)));
        assert!(matches!(folded("as it is"), Cow::Borrowed(_)));
    }
}
