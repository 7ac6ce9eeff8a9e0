//! JSON string bodies: decoding escapes, writing them, and comparing names as lax parsers do.
//!
//! Responsible for the text between two quotation marks. Decoding takes bodies that the scanner has accepted; it
//! must never be the place where a body is judged.

use std::borrow::Cow;

/// Writes `text` as a JSON string, quotation marks included.
#[must_use]
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            control if control < ' ' => push_unicode_escape(&mut quoted, control),
            plain => quoted.push(plain),
        }
    }
    quoted.push('"');
    quoted
}

/// Decodes an accepted string body; borrows when nothing is escaped.
pub(crate) fn decode(body: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\\', body.as_bytes()).is_none() {
        return Cow::Borrowed(body);
    }
    let mut decoded = String::with_capacity(body.len());
    let mut rest = body;
    // What is not escaped is copied in runs.
    while let Some((run, escaped)) = memchr::memchr(b'\\', rest.as_bytes()).and_then(|at| rest.split_at_checked(at)) {
        decoded.push_str(run);
        let mut characters = Characters::new(escaped);
        decoded.extend(characters.next());
        rest = characters.rest.as_str();
    }
    decoded.push_str(rest);
    Cow::Owned(decoded)
}

/// Whether two names are one name to a parser that ignores case.
///
/// Go's `encoding/json` folds ASCII case and the two characters outside ASCII whose simple fold is an ASCII letter:
/// U+017F (to `s`) and U+212A (to `k`).
pub(crate) fn same_when_folded(left: &str, right: &str) -> bool {
    if left.is_ascii() && right.is_ascii() {
        return left.eq_ignore_ascii_case(right);
    }
    left.chars().map(fold).eq(right.chars().map(fold))
}

/// The character that a case-ignoring parser takes it for.
pub(crate) fn fold(character: char) -> char {
    match character {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    }
}

/// The characters of an accepted string body, escapes resolved.
struct Characters<'a> {
    rest: std::str::Chars<'a>,
}

impl<'a> Characters<'a> {
    fn new(body: &'a str) -> Self {
        Self { rest: body.chars() }
    }

    fn unicode(&mut self) -> char {
        let first = self.hex_unit();
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER);
        }
        // The scanner accepts a high half only when `\u` and a low half follow.
        self.rest.next();
        self.rest.next();
        let second = self.hex_unit();
        let joined = 0x10000 + ((first & 0x3ff) << 10) + (second & 0x3ff);
        char::from_u32(joined).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    fn hex_unit(&mut self) -> u32 {
        (0..4).fold(0, |unit, _| unit << 4 | self.rest.next().and_then(|digit| digit.to_digit(16)).unwrap_or(0))
    }
}

impl Iterator for Characters<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        match self.rest.next()? {
            '\\' => Some(match self.rest.next()? {
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => self.unicode(),
                itself => itself,
            }),
            plain => Some(plain),
        }
    }
}

fn push_unicode_escape(quoted: &mut String, control: char) {
    const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let code = u32::from(control);
    quoted.push_str("\\u00");
    for digit in [code >> 4 & 0xf, code & 0xf] {
        quoted.extend(HEX.get(digit as usize));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn runs_and_single_characters_decode_alike(text in "[a\u{e9}\\\\\"\n\u{1f600}\u{1}]{0,24}") {
            let quoted = quote(&text);
            let body = quoted.strip_prefix('"').and_then(|body| body.strip_suffix('"')).unwrap();
            prop_assert_eq!(decode(body), Characters::new(body).collect::<String>());
            prop_assert_eq!(decode(body), text);
        }
    }
}
