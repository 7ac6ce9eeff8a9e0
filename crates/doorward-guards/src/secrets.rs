//! Secrets: keys, tokens, passwords, and values that are known to be secret.
//!
//! Responsible for finding them wherever they stand in a message and for what takes their place. It must never let a
//! secret, or more than four characters of it, out in what it says.

mod check;
mod context;
mod encode;
mod found;
mod hash;
mod known;
mod placeholder;
mod plain;
mod rule;
mod rules;
mod scan;
mod shape;
mod urls;
mod vendors;
mod words;

pub use crate::limits::KNOWN_VALUES_MAX;
pub use hash::PlaceholderKey;
pub use known::{KNOWN_LEAST, Known, is_secret_setting};

use std::ops::Range;

use doorward_core::guard::{Confidence, GuardName, Severity, Surface};

use crate::guard::{Found, Guard, Report};
use crate::scene::Scene;
use crate::text::{Classes, Role, Text};
use crate::words::{Form, Hit};
use found::Findings;
use plain::Plain;
use scan::{Candidate, Scanner};

/// How the guard is set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// Under which the placeholder of a secret is made.
    pub key: PlaceholderKey,
    /// Values that are known to be secret.
    pub known: Known,
}

/// Finds secrets.
#[derive(Debug)]
pub(crate) struct Secrets {
    options: Options,
    scanner: Option<Scanner>,
}

impl Secrets {
    /// Set as `options` say.
    pub(crate) fn new(options: &Options) -> Self {
        Self { options: options.clone(), scanner: Scanner::new() }
    }
}

impl Guard for Secrets {
    fn name(&self) -> GuardName {
        GuardName::Secrets
    }

    fn words(&self) -> Vec<String> {
        self.scanner.as_ref().map(|scanner| scanner.words().to_vec()).unwrap_or_default()
    }

    fn inspect(&self, scene: &Scene<'_>, report: &mut Report) {
        let Some(scanner) = &self.scanner else {
            report.give_up("The rules for secrets cannot be used.");
            return;
        };
        let mut findings = by_rules(scanner, scene, report);
        findings.look_for_split(scanner, scene, report);
        findings.look_for(&self.options.known, scene, |_| Some(KNOWN));
        findings.look_for_echoes(scene);
        for (place, candidate) in findings.all() {
            self.report(scene, place, candidate, report);
        }
    }
}

/// What is found of a known value.
const KNOWN: Candidate = Candidate { range: 0..0, rule: "known-value", severity: Severity::High, percent: 100 };

/// The secrets that have a provider's form, or stand beside a word.
fn by_rules(scanner: &Scanner, scene: &Scene<'_>, report: &mut Report) -> Findings {
    let mut findings = Findings::default();
    for hits in scene.hits(GuardName::Secrets).chunk_by(|first, second| first.text == second.text) {
        let Some(place) = hits.first().map(|hit| hit.text) else { continue };
        let Some(text) = scene.texts.get(place) else { continue };
        in_text(scanner, text, hits, report).into_iter().for_each(|found| findings.add(place, found));
        if let Some((value, mut candidate)) = of_member(scanner, scene.texts, place, hits) {
            // A tool that asks for a password by that name gets it; what is passed is on record.
            if scene.content.surface == Surface::Request {
                candidate.severity = Severity::Low;
            }
            findings.add(value, candidate);
        }
    }
    findings
}

/// The secrets at the words of one text.
fn in_text(scanner: &Scanner, text: &Text<'_>, hits: &[Hit], report: &mut Report) -> Vec<Candidate> {
    let written = text.text.as_bytes();
    let disguised = text.classes.has(Classes::OUTSIDE_ASCII.with(Classes::CONTROL)) && text.normal().signs.any();
    let mut found = Vec::new();
    for hit in hits {
        let range = match hit.form {
            Form::Written => hit.range.clone(),
            Form::Normal => text.normal().original(&hit.range),
        };
        match scanner.at(written, hit.word, &range, report) {
            Some(candidate) => found.push(candidate),
            None if disguised => found.extend(undisguised(scanner, &text.text, hit.word, &range, report)),
            None => {}
        }
    }
    found
}

/// The secret at a word, where it is broken up by what nobody sees, or written in wide letters.
fn undisguised(
    scanner: &Scanner,
    text: &str,
    word: usize,
    range: &Range<usize>,
    report: &mut Report,
) -> Option<Candidate> {
    let plain = Plain::around(text, range)?;
    if !report.spend(plain.text.len()) {
        return None;
    }
    let candidate = scanner.at(plain.text.as_bytes(), word, &plain.within(range), report)?;
    Some(Candidate { range: plain.original(&candidate.range), ..candidate })
}

/// The member whose name, or the object whose `name`, stands at `place`: its value, if that is secret.
fn of_member(scanner: &Scanner, texts: &[Text<'_>], place: usize, hits: &[Hit]) -> Option<(usize, Candidate)> {
    let strength = hits.iter().filter_map(|hit| scanner.strength(hit.word)).max()?;
    let said = |place: usize, role: Role| {
        let text = texts.get(place)?;
        (text.role == role && text.origin.is_none()).then_some(text.text.as_ref())
    };
    let value = match texts.get(place)?.role {
        Role::Name => place + 1,
        // `{"name": "API_KEY", "value": "…"}`
        Role::Value => {
            let before = said(place.checked_sub(1)?, Role::Name)?;
            let after = said(place + 1, Role::Name)?;
            let named = ["name", "key", "id", "variable"].iter().any(|name| before.eq_ignore_ascii_case(name));
            let valued = ["value", "val", "content"].iter().any(|name| after.eq_ignore_ascii_case(name));
            (named && valued).then_some(place + 2)?
        }
    };
    let name = texts.get(place)?.text.as_bytes();
    Some((value, scan::member(name, strength, said(value, Role::Value)?.as_bytes())?))
}

/// Members whose value comes back to whoever wrote it, byte for byte. Most are sealed, and among many random letters some
/// look like a password.
const OPAQUE: [&str; 3] = ["requestState", "nextCursor", "cursor"];

/// Whether the text stands in such a member.
fn is_opaque(scene: &Scene<'_>, place: usize) -> bool {
    let mut at = place;
    while let Some(origin) = scene.texts.get(at).and_then(|text| text.origin.as_ref()) {
        at = origin.text;
    }
    let is_value = scene.texts.get(at).is_some_and(|text| text.role == Role::Value);
    let name = at.checked_sub(1).and_then(|before| scene.texts.get(before));
    is_value && name.is_some_and(|name| name.role == Role::Name && OPAQUE.contains(&name.text.as_ref()))
}

impl Secrets {
    fn report(&self, scene: &Scene<'_>, place: usize, mut candidate: Candidate, report: &mut Report) {
        // What is only likely must not break what has to come back as it was.
        if candidate.severity == Severity::Medium && is_opaque(scene, place) {
            candidate.severity = Severity::Low;
        }
        let Some(text) = scene.texts.get(place) else { return };
        let Some(secret) = text.text.as_bytes().get(candidate.range.clone()) else { return };
        let placeholder = placeholder::placeholder(secret, &self.options.key);
        let confidence = Confidence::percent(candidate.percent);
        let found = Found::new(candidate.rule, candidate.severity, confidence, place, candidate.range);
        report.add(found.with_placeholder(placeholder));
    }
}
