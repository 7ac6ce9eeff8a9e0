//! Values beside words: `api_key = …`, `password: …`, `"token": "…"`.
//!
//! Responsible for finding the name and the value that belong to a word, and for judging them together. It must never judge
//! a value that stands for another.

use std::ops::Range;

use doorward_core::guard::Severity;

use super::check::decode_base64;
use super::shape::{Shape, is_hexadecimal, is_made, is_named_in_code, is_placeholder, is_uuid};
use super::words::{ABOUT, INNOCENT, PUBLIC, Strength};
use crate::limits::{SECRET_NAME_MAX, SECRET_VALUE_MAX};

/// What joins a name to its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    /// A blank or a dash.
    Beside,
    /// A sign or a word that gives the value: `=`, `:`, `is`.
    Gives,
    /// The member of an object.
    Member,
}

/// A value, and how it is tied to its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) name: Range<usize>,
    pub(super) value: Range<usize>,
    pub(super) link: Link,
    pub(super) quoted: bool,
}

impl Named {
    /// Whether it is one name with dashes, `auth-token-service-7d9f8b6c5d-x2k4p`, and the value only what follows a word of it.
    pub(super) fn is_one_name(&self, text: &[u8]) -> bool {
        let value = text.get(self.value.clone()).unwrap_or_default();
        let first = value.split(|byte| *byte == b'-').next().unwrap_or_default();
        let is_word = first.len() >= 3 && first.len() < value.len() && first.iter().all(u8::is_ascii_lowercase);
        is_word && text.get(self.name.end..self.value.start) == Some(b"-") && !Shape::of(first).is_random()
    }

    /// Whether nothing but dashes, dots and underscores part the name from the value, as within a random text.
    pub(super) fn is_one_run(&self, text: &[u8]) -> bool {
        let between = text.get(self.name.end..self.value.start).unwrap_or_default();
        between.iter().all(|byte| matches!(byte, b'-' | b'_' | b'.'))
    }
}

/// What a value is judged to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) rule: &'static str,
    pub(super) severity: Severity,
    pub(super) percent: u8,
}

/// The value that belongs to the word at `word`.
pub(super) fn named(text: &[u8], word: &Range<usize>) -> Option<Named> {
    let before = text.get(word.start.saturating_sub(SECRET_NAME_MAX)..word.start)?;
    let lead = before.iter().rev().take_while(|byte| is_name(**byte)).count();
    let after = text.get(word.end..)?;
    let mut tail =
        after.iter().take(SECRET_NAME_MAX).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    if tail == SECRET_NAME_MAX {
        return None;
    }
    // `TOKEN1a2b3c…`, `token_1a2b3c…`: the value follows at once.
    let first = after.get(..tail.min(14))?;
    if is_made(after.get(..tail)?) && (tail < 14 || Shape::of(first).odd >= 3) {
        tail = usize::from(after.first() == Some(&b'_'));
    }
    let name = word.start - lead..word.end + tail;
    let (value, link, quoted) = value_after(text, name.end, text.get(name.start.wrapping_sub(1)).copied())?;
    Some(Named { name, value, link, quoted })
}

/// The word after a value that is none: `secret code 1a2b…`.
pub(super) fn next_word(text: &[u8], named: &Named) -> Option<Named> {
    let skipped = text.get(named.value.clone())?;
    let short = skipped.len() <= 6 && skipped.iter().all(u8::is_ascii_alphabetic);
    if named.quoted
        || named.link != Link::Beside
        || !short
        || DIGESTS.iter().any(|word| skipped.eq_ignore_ascii_case(word))
    {
        return None;
    }
    let start = named.value.end + 1;
    let rest = text.get(start..(start + SECRET_VALUE_MAX).min(text.len()))?;
    let length =
        rest.iter().position(|byte| byte.is_ascii_whitespace() || b"\"'`,;&<>\\".contains(byte)).unwrap_or(rest.len());
    Some(Named { value: start..start + length, name: named.name.clone(), ..*named })
}

/// Words before what identifies something, and opens nothing.
const DIGESTS: &[&[u8]] =
    &[b"commit", b"sha", b"hash", b"id", b"uuid", b"guid", b"md5", b"rev", b"ref", b"digest", b"etag", b"tag"];

const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// The value after a name that ends at `end`.
fn value_after(text: &[u8], end: usize, before_name: Option<u8>) -> Option<(Range<usize>, Link, bool)> {
    let mut at = end;
    let mut link = None;
    let skip = |at: usize, most: usize, set: &[u8]| {
        let rest = text.get(at..).unwrap_or_default();
        at + rest.iter().take(most).take_while(|byte| set.contains(byte)).count()
    };
    // The end of an element, `<password>`, gives its content.
    if before_name == Some(b'<') && text.get(at) == Some(&b'>') {
        link = Some(Link::Gives);
        at += 1;
    } else {
        at = skip(at, 6, b"\"'`\\])*");
        let blank = skip(at, 16, b" \t\xc2\xa0");
        let signs = skip(blank, 3, b"=:>~|,");
        if signs > blank {
            let sign = text.get(blank..signs)?;
            // One part of many, as in `arn:aws:secretsmanager:…`.
            if sign == b":" && before_name == Some(b':') {
                return None;
            }
            let giving = sign.iter().any(|byte| matches!(byte, b'=' | b':' | b'>' | b'|'));
            link = Some(if giving { Link::Gives } else { Link::Beside });
            at = skip(signs, 16, b" \t");
            // YAML puts a long value on a line of its own.
            at = if sign == b":" { skip(at, 24, b"\r\n \t") } else { at };
        } else if let Some(said) = said(text, blank) {
            link = Some(Link::Gives);
            at = said;
        } else if blank > at {
            link = Some(Link::Beside);
            at = blank;
        } else if text.get(at).is_some_and(|byte| matches!(byte, b'-' | b'.')) || at > end {
            link = Some(Link::Beside);
            at = skip(at, 3, b"-. ");
        } else if text.get(at).is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
            link = Some(Link::Beside);
            at = skip(at, 3, b"\r\n ");
        } else if text.get(at).is_some_and(u8::is_ascii_alphanumeric) {
            link = Some(Link::Beside);
        }
    }
    let link = link?;
    let opened = skip(at, 6, b"\\\"'`(");
    let quote = text.get(at..opened)?.iter().rev().find(|byte| matches!(byte, b'"' | b'\'' | b'`')).copied();
    let rest = text.get(opened..(opened + SECRET_VALUE_MAX).min(text.len()))?;
    let length = match quote {
        Some(quote) => rest.iter().position(|byte| *byte == quote || *byte == b'\n')?,
        None => rest
            .iter()
            .position(|byte| byte.is_ascii_whitespace() || b"\"'`,;&<>\\".contains(byte))
            .unwrap_or(rest.len()),
    };
    let value = rest.get(..length)?;
    let trimmed = match quote {
        Some(_) => value.iter().rev().take_while(|byte| **byte == b'\\').count(),
        None => value.iter().rev().take_while(|byte| b").]}:!?\\*".contains(byte)).count(),
    };
    let end = opened + length.saturating_sub(trimmed);
    (opened < end).then_some((opened..end, link, quote.is_some()))
}

/// ` is `, ` was `, ` are ` at a place.
fn said(text: &[u8], at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    let word = [&b"is "[..], b"was ", b"is: ", b"are ", b"as ", b"to ", b"of "]
        .into_iter()
        .find(|word| rest.starts_with(word))?;
    Some(at + word.len())
}

/// Judges a value by its name. `name` is the whole name.
pub(super) fn judge(name: &[u8], strength: Strength, value: &[u8], link: Link, quoted: bool) -> Option<Judged> {
    if value.len() < 6 || is_placeholder(value) || is_public(name) || is_place(value) {
        return None;
    }
    let shape = Shape::of(value);
    let random = is_made(value) && (link != Link::Beside || !is_named_in_code(value));
    match strength {
        Strength::Password => password(value, &shape, random, link, quoted),
        Strength::Strong => strong(value, &shape, random, link),
        Strength::Weak => weak(name, value, &shape, random, link),
        Strength::Vendor => {
            let enough = random
                && !value.iter().any(|byte| matches!(byte, b'/' | b'?' | b'&' | b'@'))
                && (shape.length >= 20 || link != Link::Beside && shape.length >= 16);
            enough.then_some(Judged { rule: "service-key", severity: Severity::Medium, percent: 70 })
        }
    }
}

fn password(value: &[u8], shape: &Shape, random: bool, link: Link, quoted: bool) -> Option<Judged> {
    let found = |severity, percent| Some(Judged { rule: "password", severity, percent });
    if random && link != Link::Beside {
        return found(Severity::Medium, 90);
    }
    if link == Link::Beside {
        return if random && shape.digits > 0 { found(Severity::Medium, 70) } else { None };
    }
    if value.contains(&b' ') || is_code(value, quoted) {
        return None;
    }
    let signs = value.iter().filter(|byte| !byte.is_ascii_alphanumeric() && !b"_-. /:".contains(byte)).count();
    let chosen = shape.lower + shape.upper > 0 && (shape.digits > 0 || signs > 0);
    if chosen && shape.length <= 64 {
        return found(Severity::Medium, 75);
    }
    (link == Link::Member).then_some(Judged { rule: "password", severity: Severity::Low, percent: 40 })
}

fn strong(value: &[u8], shape: &Shape, random: bool, link: Link) -> Option<Judged> {
    let found = |percent| Some(Judged { rule: "secret-value", severity: Severity::Medium, percent });
    if random && (link != Link::Beside || shape.length >= 16) {
        return found(85);
    }
    if is_code(value, false) || value.contains(&b' ') || link == Link::Beside && is_named_in_code(value) {
        return None;
    }
    if shape.is_assorted() {
        return found(70);
    }
    // Keys that a person, or a counter, made up.
    let counted = shape.digits == shape.length && shape.length >= if link == Link::Beside { 20 } else { 14 };
    let mixed = link != Link::Beside && shape.digits >= 2 && shape.lower + shape.upper >= 2 && shape.length >= 12;
    if mixed || counted { found(60) } else { None }
}

fn weak(name: &[u8], value: &[u8], shape: &Shape, random: bool, link: Link) -> Option<Judged> {
    let found = |percent| Some(Judged { rule: "key-value", severity: Severity::Medium, percent });
    let alone = name.len() <= 6;
    let enough = match link {
        Link::Beside => 16,
        Link::Gives | Link::Member if alone => 20,
        Link::Gives | Link::Member => 12,
    };
    if alone && is_uuid(value) && link != Link::Beside {
        return None;
    }
    let is_constant = value.contains(&b'_') && shape.lower == 0 && is_named_in_code(value);
    if is_constant || is_words_in_base64(value) || alone && is_filed(value) {
        return None;
    }
    if random && shape.length >= enough {
        return found(65);
    }
    let counted = shape.digits == shape.length && shape.length >= 20;
    let given = !alone && link != Link::Beside && !is_code(value, false) && !value.contains(&b' ');
    if given && (shape.is_assorted() || counted) { found(55) } else { None }
}

/// Where something is kept, as in `images/3f78….png` and `session:3f78…`: what lists call the key of it.
fn is_filed(value: &[u8]) -> bool {
    let Some(end) = value.iter().position(|byte| matches!(byte, b'/' | b':')) else { return false };
    let folder = value.get(..end).unwrap_or_default();
    let plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.');
    folder.len() >= 3 && folder.iter().all(plain) && !Shape::of(folder).is_random() && !is_hexadecimal(folder)
}

/// Base64 of a sentence: data, not a key.
fn is_words_in_base64(value: &[u8]) -> bool {
    let printed = |text: &[u8]| text.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
    decode_base64(value).is_some_and(|text| text.contains(&b' ') && printed(&text))
}

/// What is written in programs where a value would stand: calls, members, types.
fn is_code(value: &[u8], quoted: bool) -> bool {
    let holds = |sign: u8| value.contains(&sign);
    if !quoted
        && (holds(b'(') || holds(b'[') || holds(b'{') || value.windows(2).any(|pair| matches!(pair, b"->" | b"::")))
    {
        return true;
    }
    let name = value.iter().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'.' | b'-'));
    !quoted && (name || holds(b'.') && is_named_in_code(value))
}

/// An address or a path, not the value itself.
fn is_place(value: &[u8]) -> bool {
    let starts = [&b"http://"[..], b"https://", b"./", b"../", b"~/", b"arn:", b"file:", b"urn:"];
    if starts.iter().any(|start| value.starts_with(start)) || value.windows(3).any(|window| window == b"://") {
        return true;
    }
    let slashes = value.iter().filter(|byte| **byte == b'/').count();
    let rooted = value.first() == Some(&b'/');
    slashes >= 1
        && !value.contains(&b'+')
        && !value.contains(&b'=')
        && (rooted || slashes >= 2)
        && !Shape::of(value).is_random()
}

/// Whether a name says that what it names may be known.
pub(super) fn is_public(name: &[u8]) -> bool {
    let lower = name.to_ascii_lowercase();
    let last = lower.rsplit(|byte| matches!(byte, b'_' | b'-' | b'.' | b' ')).next().unwrap_or_default();
    let camel = last_hump(name);
    if lower.len() > last.len() && ABOUT.iter().any(|word| word.as_bytes() == last)
        || ABOUT.iter().any(|word| camel.eq_ignore_ascii_case(word.as_bytes())) && camel.len() < name.len()
    {
        return true;
    }
    let mut plain = Vec::with_capacity(name.len());
    let mut starts = Vec::with_capacity(name.len());
    let mut before = b'_';
    for byte in name {
        if byte.is_ascii_alphanumeric() {
            starts.push(!before.is_ascii_alphanumeric() || before.is_ascii_lowercase() && byte.is_ascii_uppercase());
            plain.push(byte.to_ascii_lowercase());
        }
        before = *byte;
    }
    let begins = |at: usize| starts.get(at).copied().unwrap_or_default();
    let rest = |at: usize| plain.get(at..).unwrap_or_default();
    (0..plain.len()).filter(|at| begins(*at)).any(|at| PUBLIC.iter().any(|word| rest(at).starts_with(word.as_bytes())))
        || INNOCENT.iter().any(|word| plain.windows(word.len()).any(|window| window == word.as_bytes()))
}

/// The last part of a name in camel case.
fn last_hump(name: &[u8]) -> &[u8] {
    let hump = name
        .windows(2)
        .rposition(|pair| matches!(pair, [first, second] if first.is_ascii_lowercase() && second.is_ascii_uppercase()));
    name.get(hump.map_or(name.len(), |at| at + 1)..).unwrap_or_default()
}
