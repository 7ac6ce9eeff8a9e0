//! Six ways to write the attacker's values so that they look like nothing, and a model still reads them.

use doorward_core::flow::Role;
use doorward_mcp::raw::{Kind, RawJson};
use serde_json::Value;

use super::replay::each_leaf;
use super::trace::{Call, Trace, json};

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Base64,
    Hex,
    Percent,
    Rot13,
    Html,
    Reversed,
}

impl Encoding {
    /// Every one.
    pub(crate) const ALL: [Self; 6] = [Self::Base64, Self::Hex, Self::Percent, Self::Rot13, Self::Html, Self::Reversed];

    /// Its name in reports.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Base64 => "base64",
            Self::Hex => "hex",
            Self::Percent => "percent",
            Self::Rot13 => "rot13",
            Self::Html => "html",
            Self::Reversed => "reversed",
        }
    }

    /// `text` as it writes it.
    pub(crate) fn apply(self, text: &str) -> String {
        let mut out = String::new();
        match self {
            Self::Base64 => base64(text.as_bytes(), &mut out),
            Self::Hex => out.extend(text.bytes().map(|byte| format!("{byte:02x}"))),
            Self::Percent => out.extend(text.bytes().map(|byte| format!("%{byte:02X}"))),
            Self::Html => out.extend(text.chars().map(|c| format!("&#{};", u32::from(c)))),
            Self::Rot13 => out.extend(text.chars().map(turned)),
            Self::Reversed => {
                for (at, c) in text.chars().rev().enumerate() {
                    if at > 0 && at % 3 == 0 {
                        out.push(' ');
                    }
                    out.push(c);
                }
            }
        }
        out
    }
}

/// The result of a call as the attacker would write it: his values encoded, where the injection stands.
pub(super) fn result(trace: &Trace, at: usize, encoding: Encoding) -> String {
    let Some(call) = trace.calls.get(at) else { return String::new() };
    let Some(injection) = trace.injection.as_ref().filter(|injection| injection.call == at && !call.is_attack) else {
        return call.result.clone();
    };
    let (start, end) = place(&call.result, &injection.text).unwrap_or((0, call.result.len()));
    let (before, rest) = call.result.split_at_checked(start).unwrap_or((&call.result, ""));
    let (mut inside, after) = match rest.split_at_checked(end - start) {
        Some((inside, after)) => (inside.to_owned(), after),
        None => (rest.to_owned(), ""),
    };
    for value in values(trace) {
        inside = replaced(&inside, &value, &encoding.apply(&value));
    }
    format!("{before}{inside}{after}")
}

/// The arguments of a call with all that it passes on encoded.
pub(super) fn content(call: &Call, encoding: Encoding) -> RawJson {
    fn rewrite(value: &Value, pointer: &str, call: &Call, encoding: Encoding) -> Value {
        match value {
            Value::Object(members) => {
                let members = members.iter();
                members
                    .map(|(name, one)| (name.clone(), rewrite(one, &format!("{pointer}/{name}"), call, encoding)))
                    .collect()
            }
            Value::Array(elements) => {
                let elements = elements.iter().enumerate();
                elements.map(|(at, one)| rewrite(one, &format!("{pointer}/{at}"), call, encoding)).collect()
            }
            Value::String(text) if call.tool.nature.role(pointer, Kind::String) == Role::Content => {
                Value::String(encoding.apply(text))
            }
            Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => value.clone(),
        }
    }
    let value: Option<Value> = serde_json::from_slice(call.arguments.bytes()).ok();
    let value = value.map(|value| rewrite(&value, "", call, encoding));
    value.and_then(|value| json(&value)).unwrap_or_else(|| call.arguments.clone())
}

/// The texts in the attacker's calls, the longest first.
fn values(trace: &Trace) -> Vec<String> {
    let mut values = Vec::new();
    for call in trace.calls.iter().filter(|call| call.is_attack) {
        each_leaf(call.arguments.as_raw(), "", &mut |_, raw| {
            if let Some(text) = raw.as_str().filter(|text| (2..=200).contains(&text.chars().count())) {
                values.push(text.into_owned());
            }
        });
    }
    values.sort_by_key(|value| std::cmp::Reverse(value.len()));
    values.dedup();
    values
}

/// Where `wanted` stands in `text`, white space, quotation marks and backslashes apart.
fn place(text: &str, wanted: &str) -> Option<(usize, usize)> {
    let counts = |c: char| !c.is_whitespace() && c != '\\' && c != '\'';
    let kept: Vec<(usize, char)> = text.char_indices().filter(|(_, c)| counts(*c)).collect();
    let flat: String = kept.iter().map(|(_, c)| *c).collect();
    let wanted: String = wanted.replace("\\n", "").chars().filter(|c| counts(*c)).collect();
    let beginning: String = wanted.chars().take(60).collect();
    let at = flat.find(&wanted).or_else(|| flat.find(&beginning))?;
    let first = flat.get(..at)?.chars().count();
    let last = (first + wanted.chars().count()).min(kept.len()).checked_sub(1)?;
    let (start, (end, c)) = (kept.get(first)?.0, kept.get(last)?);
    Some((start, end + c.len_utf8()))
}

/// `text` with `with` wherever the words of `value` stand, however they are broken into lines.
fn replaced(text: &str, value: &str, with: &str) -> String {
    let words: Vec<&str> = value.split_whitespace().collect();
    let Some(first) = words.first() else { return text.to_owned() };
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(first) {
        let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        match without_words(from, &words) {
            Some(after) => {
                out.push_str(with);
                rest = after;
            }
            None => {
                let (head, tail) = from.split_at_checked(first.len()).unwrap_or((from, ""));
                out.push_str(head);
                rest = tail;
            }
        }
    }
    out.push_str(rest);
    out
}

/// What follows these words at the beginning of `text`.
fn without_words<'a>(text: &'a str, words: &[&str]) -> Option<&'a str> {
    let mut rest = text;
    for (at, word) in words.iter().enumerate() {
        let trimmed = rest.trim_start();
        if at > 0 && trimmed.len() == rest.len() {
            return None;
        }
        rest = if at > 0 { trimmed } else { rest }.strip_prefix(word)?;
    }
    Some(rest)
}

fn turned(c: char) -> char {
    let turn = |base: u8| char::from(base + (u8::try_from(c).unwrap_or(base) - base + 13) % 26);
    match c {
        'a'..='z' => turn(b'a'),
        'A'..='Z' => turn(b'A'),
        other => other,
    }
}

fn base64(bytes: &[u8], out: &mut String) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| chunk.get(at).copied().map_or(0, usize::from);
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = DIGITS.get(bits >> (18 - 6 * place) & 63).copied().map_or('=', char::from);
            out.push(if place <= chunk.len() { digit } else { '=' });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_encoding_is_as_programs_write_it() {
        for (encoding, written) in [
            (Encoding::Base64, "YUBiLmM="),
            (Encoding::Hex, "6140622e63"),
            (Encoding::Percent, "%61%40%62%2E%63"),
            (Encoding::Rot13, "n@o.p"),
            (Encoding::Html, "&#97;&#64;&#98;&#46;&#99;"),
            (Encoding::Reversed, "c.b @a"),
        ] {
            assert_eq!(encoding.apply("a@b.c"), written, "{}", encoding.name());
        }
    }

    #[test]
    fn values_are_found_over_lines() {
        assert_eq!(replaced("say two\n  words now", "two words", "X"), "say X now");
        assert_eq!(replaced("two, two words", "two words", "X"), "two, X");
        assert_eq!(place("a b\n c'd", "bcd"), Some((2, 8)));
    }
}
