//! Escapes by character: `%41` of URLs, the backslash escapes of JSON and code, and the references of HTML.
//!
//! All kinds are resolved together: whoever mixes them does not get one reading of the text for each mixture.

use super::Decoded;
use super::Layer;
use super::references::reference;
use super::window::{Escape, read};

/// Finds what is escaped in `text`.
pub(super) fn find(text: &str, found: &mut Vec<Decoded>) {
    let bytes = text.as_bytes();
    let mut floor = 0;
    let escapes = memchr::memchr3_iter(b'%', b'\\', b'&', bytes).filter_map(|at| {
        let escape = match bytes.get(at).filter(|_| at >= floor)? {
            b'%' => percent(text, at),
            b'\\' => backslash(text, at),
            _ => reference(text, at),
        }?;
        floor = escape.range.end;
        Some(escape)
    });
    read(text, escapes, found);
}

/// The character escaped at `at`: one byte, or as many as UTF-8 gives it.
fn percent(text: &str, at: usize) -> Option<Escape> {
    let layer = Layer::Percent;
    let first = percent_byte(text, at)?;
    if first < 0x80 {
        return Some(Escape { range: at..at + 3, said: char::from(first), layer });
    }
    let mut bytes = vec![first];
    while bytes.len() < 4 {
        let Some(next) = percent_byte(text, at + 3 * bytes.len()).filter(|byte| *byte & 0xc0 == 0x80) else { break };
        bytes.push(next);
    }
    let said = String::from_utf8_lossy(&bytes).chars().next()?;
    let length = if said == char::REPLACEMENT_CHARACTER { 1 } else { said.len_utf8() };
    Some(Escape { range: at..at + 3 * length, said, layer })
}

fn percent_byte(text: &str, at: usize) -> Option<u8> {
    let digits = text.get(at..at + 3)?.strip_prefix('%')?;
    u8::from_str_radix(digits, 16).ok().filter(|_| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

/// The character escaped by the backslash at `at`, as JSON, JavaScript, Python and C write it.
fn backslash(text: &str, at: usize) -> Option<Escape> {
    let rest = text.get(at + 1..)?;
    let (length, said) = match rest.as_bytes().first()? {
        b'n' => (1, '\n'),
        b'r' => (1, '\r'),
        b't' => (1, '\t'),
        b'b' | b'f' => (1, ' '),
        itself @ (b'"' | b'\'' | b'\\' | b'/') => (1, char::from(*itself)),
        b'x' => (3, char::from(u8::try_from(code(rest.get(1..3)?)?).ok()?)),
        b'u' => unit(rest)?,
        b'U' => (9, char::from_u32(code(rest.get(1..9)?)?)?),
        _ => return None,
    };
    Some(Escape { range: at..at + 1 + length, said, layer: Layer::Escapes })
}

/// What follows the backslash of `\u0041`, `\ud83d\ude00` or `\u{41}`.
fn unit(rest: &str) -> Option<(usize, char)> {
    if let Some(braced) = rest.get(1..)?.strip_prefix('{') {
        let digits = braced.get(..braced.floor_char_boundary(8))?.split_once('}').map(|(digits, _)| digits)?;
        return Some((3 + digits.len(), char::from_u32(code(digits)?)?));
    }
    let first = code(rest.get(1..5)?)?;
    if let Some(said) = char::from_u32(first) {
        return Some((5, said));
    }
    let second = rest.get(5..11)?.strip_prefix("\\u").and_then(code)?;
    let said = char::decode_utf16([u16::try_from(first).ok()?, u16::try_from(second).ok()?]).next()?.ok()?;
    Some((11, said))
}

fn code(digits: &str) -> Option<u32> {
    let plain = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    plain.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use super::*;

    #[test]
    fn percent_escapes_are_resolved() {
        check("https://e.test/?q=ignore%20all%20rules", Layer::Percent, &["https://e.test/?q=ignore all rules"]);
        check("%C3%A9t%c3%a9 %ff %zz %1", Layer::Percent, &["été \u{fffd} %zz %1"]);
        check("100 % sure, 5%", Layer::Percent, &[]);
    }

    #[test]
    fn backslash_escapes_are_resolved() {
        check(r#"{"a":"\u0069gnore\nall"}"#, Layer::Escapes, &["{\"a\":\"ignore\nall\"}"]);
        check(r"\x69\u{67}\U0000006eore \ud83d\ude00", Layer::Escapes, &["ignore 😀"]);
        check(r"C:\Windows \ud83d \q", Layer::Escapes, &[]);
    }

    #[test]
    fn kinds_are_resolved_together() {
        check(r"%69\u0067&#110;ore", Layer::Percent, &["ignore"]);
        check(r"&lt;%69", Layer::Entities, &["<i"]);
    }

    #[test]
    fn only_the_surroundings_are_read_and_lead_back() {
        let text = format!("{}%41{}%42", "é".repeat(400), "-".repeat(1000));
        let mut found = Vec::new();
        find(&text, &mut found);
        assert_eq!(found.len(), 2);
        for (window, letter) in found.iter().zip(["A", "B"]) {
            let at = window.text.find(letter).unwrap();
            let source = window.map.original(&(at..at + 1));
            assert!(text.get(source).unwrap().starts_with("%4"));
            assert!(window.text.len() < 400);
            assert!(text.get(window.range.clone()).is_some());
        }
    }
}
