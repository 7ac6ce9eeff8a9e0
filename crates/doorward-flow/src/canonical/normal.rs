//! Text without the differences that nobody means: width, case, white space, characters that are not seen.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// What may stand around a value without being part of it.
const EDGES: &[char] =
    &[' ', '\t', '.', ',', ';', ':', '!', '?', '"', '\'', '`', '(', ')', '[', ']', '{', '}', '<', '>', '@', '#', '*'];

/// `text` in NFKC, without format characters, white space collapsed and trimmed; the case as it is.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return if is_collapsed(text) { Cow::Borrowed(text) } else { Cow::Owned(collapse(text.chars())) };
    }
    Cow::Owned(collapse(text.nfkc().filter(|c| !is_format(*c))))
}

/// The same in lower case.
pub(crate) fn folded(plain: &str) -> Cow<'_, str> {
    if plain.is_ascii() {
        let has_upper = plain.bytes().any(|byte| byte.is_ascii_uppercase());
        return if has_upper { Cow::Owned(plain.to_ascii_lowercase()) } else { Cow::Borrowed(plain) };
    }
    // Character by character: the lower case of a whole text knows of places in words.
    Cow::Owned(plain.chars().flat_map(char::to_lowercase).collect())
}

/// Without what stands around it.
pub(crate) fn bare(text: &str) -> &str {
    text.trim_matches(EDGES)
}

fn is_collapsed(text: &str) -> bool {
    let bytes = text.as_bytes();
    let odd = |byte: &u8| byte.is_ascii_whitespace() && *byte != b' ' || *byte == 0x0b;
    let edge = |byte: Option<&u8>| byte == Some(&b' ');
    !bytes.iter().any(odd) && !edge(bytes.first()) && !edge(bytes.last()) && !text.contains("  ")
}

fn collapse(characters: impl Iterator<Item = char>) -> String {
    let mut out = String::new();
    let mut gap = false;
    for c in characters {
        if c.is_whitespace() {
            gap = !out.is_empty();
            continue;
        }
        if std::mem::take(&mut gap) {
            out.push(' ');
        }
        out.push(c);
    }
    out
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
