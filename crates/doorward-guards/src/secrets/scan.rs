//! Finds secrets in a text: one pass of an automaton over its words, then the rule of each word on the bytes around it.
//!
//! Responsible for time that grows with the text alone: every look at bytes is counted, and whoever makes it look too often
//! gets no answer but that.

use std::ops::Range;

use doorward_core::guard::Severity;
use regex::bytes::{Regex, RegexBuilder};

use super::check::{Check, Checked};
use super::context::{self, Judged};
use super::encode::base64_within;
use super::rule::{Alphabet, Form, Rule};
use super::shape::{is_placeholder, is_within_noise, is_written};
use super::words::{Strength, WORDS};
use super::{rules, urls, vendors};
use crate::guard::Report;

/// How far a pattern looks.
const REACH: usize = 400;

/// How far a pattern of a key file or a web token looks.
const REACH_LONG: usize = 8192;

/// Prefixes of so many characters are spelt by chance in long random texts.
const SHORT_PREFIX: usize = 4;

/// A secret in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    /// Its bytes.
    pub(super) range: Range<usize>,
    /// The rule's name.
    pub(super) rule: &'static str,
    pub(super) severity: Severity,
    pub(super) percent: u8,
}

/// All rules and words, ready.
#[derive(Debug)]
pub(super) struct Scanner {
    words: Vec<String>,
    targets: Vec<Target>,
    rules: Vec<Ready>,
}

/// What a word leads to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target {
    /// A provider's rule, by its place.
    Rule(usize),
    /// A value beside the word.
    Word(Strength),
    /// A password in an address.
    Address,
}

/// A rule with its pattern compiled.
#[derive(Debug)]
struct Ready {
    rule: &'static Rule,
    pattern: Option<Regex>,
    reach: usize,
}

impl Scanner {
    /// Compiles everything; `None` when a pattern of ours is not one, which a test rules out.
    pub(super) fn new() -> Option<Self> {
        let mut made = Self { words: Vec::new(), targets: Vec::new(), rules: Vec::new() };
        for rule in rules::all() {
            for word in rule_words(rule) {
                made.wait_for(word, Target::Rule(made.rules.len()));
            }
            made.rules.push(Ready::new(rule)?);
        }
        for (word, strength) in WORDS {
            made.wait_for((*word).to_owned(), Target::Word(*strength));
        }
        for word in vendors::VENDORS {
            made.wait_for((*word).to_owned(), Target::Word(Strength::Vendor));
        }
        made.wait_for("://".to_owned(), Target::Address);
        Some(made)
    }

    fn wait_for(&mut self, word: String, target: Target) {
        self.words.push(word);
        self.targets.push(target);
    }

    /// The words it is to be told of.
    pub(super) fn words(&self) -> &[String] {
        &self.words
    }

    /// What the word at this place among them says of the value beside it.
    pub(super) fn strength(&self, word: usize) -> Option<Strength> {
        match self.targets.get(word)? {
            Target::Word(strength) => Some(*strength),
            Target::Rule(_) | Target::Address => None,
        }
    }

    /// Whether a token begins at a word and has not ended where the text does.
    pub(super) fn runs_to_end(&self, text: &[u8], word: usize, range: &Range<usize>) -> bool {
        let Some(Target::Rule(place)) = self.targets.get(word) else { return false };
        let Some(Form::Token { prefix, body, most, .. }) = self.rules.get(*place).map(|ready| ready.rule.form) else {
            return false;
        };
        let Some(rest) = text.get(range.start..) else { return false };
        let begun = rest.strip_prefix(prefix.as_bytes()).filter(|body| body.len() < most);
        begins(text, range.start) && begun.is_some_and(|rest| rest.iter().all(|byte| body.holds(*byte)))
    }

    /// The secret at a word, if there is one.
    pub(super) fn at(&self, text: &[u8], word: usize, range: &Range<usize>, report: &mut Report) -> Option<Candidate> {
        match self.targets.get(word)? {
            Target::Rule(place) => self.rules.get(*place)?.candidate(text, range, report),
            Target::Word(strength) => beside(text, range, *strength),
            Target::Address => urls::password(text, range.start),
        }
    }
}

/// Judges the value of a member by its name.
pub(super) fn member(name: &[u8], strength: Strength, value: &[u8]) -> Option<Candidate> {
    let judged = context::judge(name, strength, value, context::Link::Member, true)?;
    Some(candidate(0..value.len(), judged))
}

fn candidate(range: Range<usize>, judged: Judged) -> Candidate {
    Candidate { range, rule: judged.rule, severity: judged.severity, percent: judged.percent }
}

fn beside(text: &[u8], word: &Range<usize>, strength: Strength) -> Option<Candidate> {
    let named = context::named(text, word)?;
    if named.is_one_run(text) && (is_within_noise(text, word) || !is_written(text.get(word.clone())?)) {
        return None;
    }
    if named.is_one_name(text) {
        return None;
    }
    let judge = |named: &context::Named| {
        let (name, value) = (text.get(named.name.clone())?, text.get(named.value.clone())?);
        let judged = context::judge(name, strength, value, named.link, named.quoted)?;
        Some(candidate(named.value.clone(), judged))
    };
    let next = || (strength == Strength::Strong).then(|| context::next_word(text, &named)).flatten();
    judge(&named).or_else(|| judge(&next()?))
}

/// The words at which a rule is tried.
fn rule_words(rule: &Rule) -> Vec<String> {
    match rule.form {
        Form::Token { prefix, .. } => vec![prefix.to_ascii_lowercase()],
        Form::Pattern { words: [], .. } => numbers_in_base64(),
        Form::Pattern { words, .. } => words.iter().map(|word| (*word).to_owned()).collect(),
    }
}

/// How base64 of a decimal number begins: that of any three digits.
fn numbers_in_base64() -> Vec<String> {
    (0..1000).map(|number| base64_within(format!("{number:03}").as_bytes(), 0).to_ascii_lowercase()).collect()
}

impl Ready {
    fn new(rule: &'static Rule) -> Option<Self> {
        let (pattern, before) = match rule.form {
            Form::Token { .. } => return Some(Self { rule, pattern: None, reach: 0 }),
            Form::Pattern { pattern, before, .. } => (pattern, before),
        };
        let anchored = if before == 0 { format!(r"\A(?:{pattern})") } else { pattern.to_owned() };
        let compiled = RegexBuilder::new(&anchored).unicode(false).size_limit(8 << 20).build().ok()?;
        let long = matches!(
            rule.id,
            "private-key" | "pgp-private-key" | "putty-private-key" | "jwt" | "jwk-private" | "key-store"
        );
        Some(Self { rule, pattern: Some(compiled), reach: if long { REACH_LONG } else { REACH } })
    }

    /// The secret of this rule at a word, if it is one.
    fn candidate(&self, text: &[u8], word: &Range<usize>, report: &mut Report) -> Option<Candidate> {
        let (whole, secret, prefix) = match self.rule.form {
            Form::Token { prefix, body, least, most } => {
                let whole = token(text, word.start, prefix, body, least, most)?;
                (whole.clone(), whole, prefix.len())
            }
            Form::Pattern { before, .. } => {
                let (whole, secret) = self.matched(text, word, before, report)?;
                (whole, secret, 0)
            }
        };
        let shown = secret.start + prefix..secret.end;
        if is_placeholder(text.get(shown)?) {
            return None;
        }
        let (severity, percent) = match (self.rule.check.of(text.get(whole)?, prefix), self.rule.check) {
            (Checked::Right, _) => (self.rule.severity, 100),
            (Checked::Open, _) => (self.rule.severity, self.rule.percent),
            (Checked::Wrong, Check::Crc32Base62 | Check::Crc32Hex) => (Severity::Medium, 70),
            (Checked::Wrong, Check::None | Check::Jwt | Check::Random) => return None,
        };
        Some(Candidate { range: secret, rule: self.rule.id, severity, percent })
    }

    /// What the pattern finds around a word: the whole, and the secret in it.
    fn matched(
        &self,
        text: &[u8],
        word: &Range<usize>,
        before: usize,
        report: &mut Report,
    ) -> Option<(Range<usize>, Range<usize>)> {
        let start = word.start.saturating_sub(before);
        if before == 0 && !begins(text, start) {
            return None;
        }
        let window = text.get(start..(word.end + self.reach).min(text.len()))?;
        if !report.spend(window.len()) {
            return None;
        }
        let captures = self.pattern.as_ref()?.captures(window)?;
        let moved = |range: Range<usize>| range.start + start..range.end + start;
        let whole = moved(captures.get(0)?.range());
        if !begins(text, whole.start) || word.start >= whole.end {
            return None;
        }
        // A longer run of letters and digits is something else.
        let last = text.get(whole.end.wrapping_sub(1)).is_some_and(u8::is_ascii_alphanumeric);
        if last && text.get(whole.end).is_some_and(u8::is_ascii_alphanumeric) && self.reach == REACH {
            return None;
        }
        let secret = captures.name("s").map(|found| moved(found.range()));
        Some((whole.clone(), secret.unwrap_or(whole)))
    }
}

/// The token that begins at `start`, if one does.
fn token(text: &[u8], start: usize, prefix: &str, body: Alphabet, least: usize, most: usize) -> Option<Range<usize>> {
    let from = start + prefix.len();
    if text.get(start..from)? != prefix.as_bytes() || !begins(text, start) {
        return None;
    }
    if prefix.len() <= SHORT_PREFIX && is_within_noise(text, &(start..from)) {
        return None;
    }
    // A key to be published says so before the rest. Before other tokens it says nothing.
    if matches!(prefix, "live_" | "test_") && text.get(..start)?.ends_with(b"pk_") {
        return None;
    }
    let rest = text.get(from..)?;
    let mut length = rest.iter().take(most + 1).take_while(|byte| body.holds(**byte)).count();
    if body == Alphabet::Dotted {
        let kept = rest.get(..length)?;
        length -= kept.iter().rev().take_while(|byte| **byte == b'.').count();
    }
    let ends = !rest.get(length).is_some_and(u8::is_ascii_alphanumeric);
    (least <= length && length <= most && ends).then_some(start..from + length)
}

/// Whether a token may begin here: not within a word.
fn begins(text: &[u8], start: usize) -> bool {
    let inner = |byte: &u8| byte.is_ascii_alphanumeric();
    match start.checked_sub(1).and_then(|before| text.get(before)) {
        Some(before) if inner(before) && text.get(start).is_some_and(inner) => escaped(text, start),
        Some(_) | None => true,
    }
}

/// Whether the letter before `start` belongs to an escape, as `\n` in JSON within a string.
fn escaped(text: &[u8], start: usize) -> bool {
    start
        .checked_sub(2)
        .and_then(|from| text.get(from..start))
        .is_some_and(|pair| matches!(pair, b"\\n" | b"\\t" | b"\\r"))
}

/// Secrets that overlap made one: the widest range, the gravest word.
pub(super) fn joined(mut found: Vec<Candidate>) -> Vec<Candidate> {
    found.sort_by(|first, second| {
        first
            .range
            .start
            .cmp(&second.range.start)
            .then(second.severity.cmp(&first.severity))
            .then(second.percent.cmp(&first.percent))
    });
    let mut kept: Vec<Candidate> = Vec::with_capacity(found.len());
    for one in found {
        match kept.last_mut() {
            Some(last) if one.range.start < last.range.end => {
                let end = last.range.end.max(one.range.end);
                let start = last.range.start;
                if (one.severity, one.percent) > (last.severity, last.percent) {
                    *last = one;
                }
                last.range = start..end;
            }
            Some(_) | None => kept.push(one),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_rule_is_one_and_waits_for_words_that_are_long_enough() {
        let scanner = Scanner::new().unwrap();
        for word in scanner.words() {
            assert!(word.len() >= 3 && word.is_ascii() && word.to_ascii_lowercase() == *word, "{word:?}");
        }
        let kinds: BTreeSet<_> = rules::all().map(|rule| rule.id).collect();
        assert!(kinds.len() >= 200, "{}", kinds.len());
    }

    #[test]
    fn what_overlaps_is_one_secret_of_the_gravest_rule() {
        let one = |range, rule, severity| Candidate { range, rule, severity, percent: 90 };
        let found = joined(vec![
            one(4..9, "b", Severity::High),
            one(0..6, "a", Severity::Medium),
            one(9..12, "c", Severity::Low),
        ]);
        assert_eq!(found, [one(0..9, "b", Severity::High), one(9..12, "c", Severity::Low)]);
    }
}
