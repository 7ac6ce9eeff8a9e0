//! Values that are known to be secret: the environment of servers, secrets in headers, canaries.
//!
//! Responsible for finding them however they are written: plain, in base64 at any place of its groups, in hexadecimal, backwards,
//! parted over several texts, and with their beginning or end cut off. It must never show one: not in debug output either.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, MatchKind};

use super::encode::{base64_within, for_urls, hex, reversed};
use super::shape::{Shape, is_made, is_placeholder};
use super::words::{Strength, WORDS};
use crate::limits::{KNOWN_CUT_MAX, KNOWN_LOOKED_FOR_MAX, KNOWN_VALUES_MAX};

/// A shorter value is not looked for: it would be found in ordinary words.
pub const KNOWN_LEAST: usize = 8;

/// What is left of a value that was cut must be at least so long.
const CUT_LEAST: usize = 12;

/// Values to be looked for. Holds them in memory as they are; shows none.
#[derive(Clone, Default)]
pub struct Known(Option<Arc<Searcher>>);

/// A value with its name.
#[derive(Clone, PartialEq, Eq)]
struct Value {
    name: String,
    secret: Vec<u8>,
}

struct Searcher {
    values: Vec<Value>,
    /// Forms whose case matters.
    exact: Automaton,
    /// Hexadecimal, whose case does not.
    hexadecimal: Automaton,
}

struct Automaton {
    finder: Option<AhoCorasick>,
    /// Of each pattern: its value, and how it is written.
    meanings: Vec<(usize, Written)>,
}

/// How a pattern is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    /// As it is, from so many bytes after its start.
    Plain(usize),
    /// The last byte first, from so many bytes after its end.
    Backwards(usize),
    /// In base64.
    Base64,
    /// In hexadecimal.
    Hex,
}

/// A known value in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sighting {
    /// Its bytes in the text; what is encoded with it too.
    pub(super) range: Range<usize>,
    /// Which value, by its place.
    pub(super) value: usize,
}

impl Known {
    /// Values to be looked for, each with a name that says where it is from. Those that are too short, or stand for another
    /// value, are left out; so is what comes after [`KNOWN_VALUES_MAX`].
    #[must_use]
    pub fn new<N: Into<String>, V: AsRef<[u8]>>(values: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut kept: Vec<Value> = Vec::new();
        for (name, secret) in values {
            let name = name.into();
            for part in parts(secret.as_ref()) {
                let known = kept.iter().any(|value| value.secret == part);
                if part.len() >= KNOWN_LEAST && !known && kept.len() < KNOWN_VALUES_MAX {
                    kept.push(Value { name: name.clone(), secret: part.to_vec() });
                }
            }
        }
        if kept.is_empty() { Self(None) } else { Self(Some(Arc::new(Searcher::new(kept)))) }
    }

    /// Of an environment, the values that are secret: by their names, or because chance made them. A short password that is
    /// a word is left out, for it would be found in what has nothing to do with it.
    #[must_use]
    pub fn from_environment<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let is_word = |value: &str| value.len() < CUT_LEAST && value.bytes().all(|byte| byte.is_ascii_alphabetic());
        Self::new(variables.into_iter().filter(|(name, value)| is_secret_setting(name, value) && !is_word(value)))
    }

    /// These and those.
    #[must_use]
    pub fn and(&self, others: &Self) -> Self {
        let all = self.values().chain(others.values());
        Self::new(all.map(|value| (value.name.clone(), value.secret.clone())))
    }

    /// How many values are looked for.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values().count()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    fn values(&self) -> impl Iterator<Item = &Value> {
        self.0.iter().flat_map(|searcher| searcher.values.iter())
    }

    /// The value at a place.
    pub(super) fn value(&self, place: usize) -> Option<&[u8]> {
        self.0.as_ref()?.values.get(place).map(|value| value.secret.as_slice())
    }

    /// Every value in a text.
    pub(super) fn find(&self, text: &[u8]) -> Vec<Sighting> {
        let Some(searcher) = &self.0 else { return Vec::new() };
        let mut found = Vec::new();
        for automaton in [&searcher.exact, &searcher.hexadecimal] {
            let Some(finder) = &automaton.finder else { continue };
            for hit in finder.find_overlapping_iter(text) {
                let Some((value, written)) = automaton.meanings.get(hit.pattern().as_usize()) else { continue };
                let Some(secret) = searcher.values.get(*value) else { continue };
                let range = written.whole(text, &secret.secret, &(hit.start()..hit.end()));
                found.extend(range.map(|range| Sighting { range, value: *value }));
            }
        }
        found.sort_by_key(|sighting| (sighting.range.start, usize::MAX - sighting.range.end));
        found.dedup_by(|later, earlier| later.range.end <= earlier.range.end);
        found
    }
}

impl PartialEq for Known {
    fn eq(&self, other: &Self) -> bool {
        self.values().eq(other.values())
    }
}

impl Eq for Known {}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.values().map(|value| &value.name)).finish()
    }
}

/// What of a value is secret by itself: its long lines; a password in an address; what follows the scheme of a header.
fn parts(secret: &[u8]) -> Vec<&[u8]> {
    let secret = secret.trim_ascii();
    if is_placeholder(secret) {
        return Vec::new();
    }
    let lines: Vec<&[u8]> = secret.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).collect();
    if lines.len() > 1 {
        return lines.into_iter().filter(|line| line.len() >= 16 && !line.starts_with(b"-----")).collect();
    }
    let mut parts = vec![secret];
    for scheme in [&b"Bearer "[..], b"Basic ", b"Token ", b"bearer ", b"basic ", b"token "] {
        if let Some(rest) = secret.strip_prefix(scheme) {
            parts = vec![rest.trim_ascii()];
        }
    }
    let address = super::shape::position(secret, b"://").and_then(|at| super::urls::password(secret, at));
    parts.extend(address.and_then(|found| secret.get(found.range)));
    parts
}

/// Whether a setting holds a secret: its name says so, or its value is one that chance made.
#[must_use]
pub fn is_secret_setting(name: &str, value: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let named = WORDS.iter().any(|(word, strength)| *strength > Strength::Weak && lower.contains(word));
    let keyed = WORDS.iter().any(|(word, strength)| *strength == Strength::Weak && lower.contains(word));
    let is_public = super::context::is_public(name.as_bytes());
    let bytes = value.as_bytes();
    let made = is_made(bytes) && !value.starts_with('/');
    let address = value.find("://").is_some_and(|at| super::urls::password(bytes, at).is_some());
    address
        || (named || keyed && made || Shape::of(bytes).is_random() && made && !value.contains(['/', ':', ' ']))
            && !is_public
}

impl Searcher {
    fn new(values: Vec<Value>) -> Self {
        let (mut exact, mut insensitive) = (Patterns::default(), Patterns::default());
        for (place, value) in values.iter().enumerate() {
            let secret = &value.secret;
            let is_hex = secret.iter().all(u8::is_ascii_hexdigit);
            let cut = cut(secret);
            for from in if cut == 0 { 0..1 } else { 0..2 }.map(|end| end * cut) {
                let part = secret.get(from..secret.len() - (cut - from)).unwrap_or_default();
                let part = part.get(..part.len().min(KNOWN_LOOKED_FOR_MAX)).unwrap_or_default();
                let plain = if is_hex { &mut insensitive } else { &mut exact };
                plain.add(part.to_vec(), place, Written::Plain(from));
                plain.add(reversed(part), place, Written::Backwards(secret.len() - from - part.len()));
                insensitive.add(hex(part).into_bytes(), place, Written::Hex);
                for before in 0..3 {
                    let base64 = base64_within(part, before);
                    exact.add(for_urls(&base64).into_bytes(), place, Written::Base64);
                    exact.add(base64.into_bytes(), place, Written::Base64);
                }
            }
        }
        Self { values, exact: exact.built(Case::Sensitive), hexadecimal: insensitive.built(Case::Insensitive) }
    }
}

/// How much may be missing of a value at one end.
fn cut(secret: &[u8]) -> usize {
    secret.len().saturating_sub(CUT_LEAST).min(KNOWN_CUT_MAX)
}

/// Patterns for one automaton.
#[derive(Default)]
struct Patterns {
    patterns: Vec<Vec<u8>>,
    meanings: Vec<(usize, Written)>,
}

enum Case {
    Sensitive,
    Insensitive,
}

impl Patterns {
    fn add(&mut self, pattern: Vec<u8>, value: usize, written: Written) {
        self.patterns.push(pattern);
        self.meanings.push((value, written));
    }

    fn built(self, case: Case) -> Automaton {
        let mut builder = AhoCorasick::builder();
        builder.match_kind(MatchKind::Standard).ascii_case_insensitive(matches!(case, Case::Insensitive));
        // Patterns are bounded in number and length, so that they fit.
        let finder = if self.patterns.is_empty() { None } else { builder.build(&self.patterns).ok() };
        Automaton { finder, meanings: self.meanings }
    }
}

impl Written {
    /// All of the value, from the part of it that was found.
    fn whole(self, text: &[u8], secret: &[u8], found: &Range<usize>) -> Option<Range<usize>> {
        match self {
            Self::Plain(from) => widened(text, found, secret, from),
            Self::Backwards(from) => widened(text, found, &reversed(secret), from),
            Self::Base64 => run(text, found, |byte| byte.is_ascii_alphanumeric() || b"+/-_=".contains(&byte)),
            Self::Hex => run(text, found, |byte| byte.is_ascii_hexdigit()),
        }
    }
}

/// What was found, with as much before and after it as agrees with the value; it stands `from` bytes after its start.
fn widened(text: &[u8], found: &Range<usize>, secret: &[u8], from: usize) -> Option<Range<usize>> {
    let same = |(one, other): &(&u8, &u8)| one.eq_ignore_ascii_case(other);
    let (text_before, text_after) = (text.get(..found.start)?, text.get(found.end..)?);
    let (before, after) = (secret.get(..from)?, secret.get(from + found.len()..)?);
    let more_before = text_before.iter().rev().zip(before.iter().rev()).take_while(same).count();
    let more_after = text_after.iter().zip(after).take_while(same).count();
    Some(found.start - more_before..found.end + more_after)
}

/// The run of bytes of a kind around what was found.
fn run(text: &[u8], found: &Range<usize>, is_part: impl Fn(u8) -> bool) -> Option<Range<usize>> {
    let before = text.get(..found.start)?.iter().rev().take_while(|byte| is_part(**byte)).count();
    let after = text.get(found.end..)?.iter().take_while(|byte| is_part(**byte)).count();
    Some(found.start - before..found.end + after)
}

#[cfg(test)]
#[expect(clippy::string_slice, reason = "the test's own ASCII")]
mod tests {
    use super::*;

    fn secret() -> String {
        ["q9Xv", "T2mL", "b7Rz", "K4wP", "n8Yd"].concat()
    }

    fn found(text: &str) -> Vec<String> {
        let known = Known::new([("test", secret())]);
        let texts = known.find(text.as_bytes());
        texts.iter().filter_map(|sighting| text.get(sighting.range.clone())).map(str::to_owned).collect()
    }

    #[test]
    fn a_value_is_found_plain_cut_and_backwards() {
        let secret = secret();
        assert_eq!(found(&format!("x {secret} y")), [secret.as_str()]);
        for cut in 1..=8 {
            assert_eq!(found(&secret[cut..]), [&secret[cut..]], "{cut}");
            assert_eq!(found(&secret[..secret.len() - cut]), [&secret[..secret.len() - cut]], "{cut}");
        }
        assert_eq!(found(&secret[9..]), [""; 0]);
        let backwards: String = secret.chars().rev().collect();
        assert_eq!(found(&backwards), [backwards.as_str()]);
    }

    #[test]
    fn a_value_is_found_encoded_wherever_it_stands_in_its_groups() {
        let secret = secret();
        let hex = hex(secret.as_bytes());
        assert_eq!(found(&hex.to_ascii_uppercase()).len(), 1);
        assert_eq!(found(&hex).len(), 1);
        for before in 0..3 {
            for cut in [0, 8] {
                let text = format!("{}{}; end", &"abc"[..before], &secret[cut..]);
                let base64 = base64_within(text.as_bytes(), 0);
                assert_eq!(found(&base64), [base64.as_str()], "{before} {cut}");
            }
        }
    }

    #[test]
    fn what_is_short_or_stands_for_another_is_not_looked_for() {
        assert!(Known::new([("short", "1234567"), ("variable", "${SOME_SECRET_VALUE}")]).is_empty());
    }

    #[test]
    fn a_password_in_an_address_and_a_token_after_its_scheme_are_looked_for_by_themselves() {
        let address = format!("{}://app:{}@db.internal:5432/app", "postgres", secret());
        let known = Known::new([("address", address), ("header", format!("Bearer a{}", secret()))]);
        assert_eq!(known.len(), 3);
        assert_eq!(known.find(secret().as_bytes()).len(), 1);
        assert!(known.find(b"db.internal:5432/app").is_empty());
    }

    #[test]
    fn nothing_of_a_value_is_shown() {
        let shown = format!("{:?}", Known::new([("API_KEY", secret())]));
        assert_eq!(shown, "{\"API_KEY\"}");
    }

    #[test]
    fn settings_are_secret_by_name_or_by_looks() {
        let secret = secret();
        for (name, value) in
            [("DB_PASSWORD", "summer-rain"), ("GITHUB_TOKEN", "x"), ("STRIPE", &secret), ("MY_KEY", &secret)]
        {
            assert!(is_secret_setting(name, value), "{name}");
        }
        for (name, value) in
            [("HOME", "/home/you"), ("PATH", "/usr/bin:/bin"), ("NODE_ENV", "production"), ("KEY_NAME", &secret)]
        {
            assert!(!is_secret_setting(name, value), "{name}");
        }
    }
}
