//! Instructions to the model where there should be data, and definitions made to mislead it.
//!
//! Responsible for bringing together what the rules, the judgement of definitions and the classifier say of a text, and for
//! how grave that is. It must never tell what a text says.

mod cues;
mod definition;
pub(crate) mod model;
mod quotes;
mod readings;
mod rules;
mod scan;
mod suspects;
mod words;

use std::ops::Range;
use std::sync::LazyLock;

use doorward_core::guard::{Confidence, GuardName, Severity, Surface};

use crate::guard::{Found, Guard, Report};
use crate::scene::Scene;
use crate::text::{Classes, Layer, Text};
use crate::words::Hit;
use cues::Cues;
use readings::{How, readings, shifted};
pub(crate) use rules::Judgement;

/// Finds instructions to the model.
#[derive(Debug, Default)]
pub(crate) struct Injection;

impl Guard for Injection {
    fn name(&self) -> GuardName {
        GuardName::Injection
    }

    fn words(&self) -> Vec<String> {
        cues::words().into_iter().chain(suspects::words()).collect()
    }

    fn inspect(&self, scene: &Scene<'_>, report: &mut Report) {
        beside_texts(scene, report);
        let surface = scene.content.surface;
        let instructs = surface == Surface::Result && scene.content.method == "prompts/get";
        let mut found = Vec::new();
        judgements(scene, report, |place, text, rules, asked| found.extend(judge(place, text, rules, asked, surface)));
        for found in found {
            report.add(if instructs { as_instruction(found) } else { found });
        }
    }
}

/// How many of the words waited for are those of rules; the others are [`suspects`].
static OF_RULES: LazyLock<usize> = LazyLock::new(|| cues::words().len());

/// What the places of strings show, whatever they say.
pub(crate) fn beside_texts(scene: &Scene<'_>, report: &mut Report) {
    if scene.content.surface == Surface::Definition {
        definition::judge(scene, report);
    }
}

/// Tells what the rules say of every text, and about which parts of it the classifier is asked, as far as there is work left
/// to spend.
pub(crate) fn judgements<'s>(
    scene: &Scene<'s>,
    report: &mut Report,
    mut tell: impl FnMut(usize, &'s Text<'s>, Judgement, &[Range<usize>]),
) {
    let surface = scene.content.surface;
    let is_own_word = matches!(surface, Surface::Definition | Surface::Instructions);
    let mut hits = scene.hits(GuardName::Injection);
    for (place, text) in scene.texts.iter().enumerate() {
        let (own, rest) = hits.split_at(hits.iter().take_while(|hit| hit.text <= place).count());
        hits = rest;
        if own.is_empty() && !is_own_word && !text.classes.has(Classes::OUTSIDE_ASCII.with(Classes::CONTROL)) {
            let judgement = by_rules(text, &Cues::default(), surface, report);
            if report.unfinished.is_some() {
                return;
            }
            tell(place, text, judgement, &[]);
            continue;
        }
        let of_rules: Vec<Hit> = own.iter().filter(|hit| hit.word < *OF_RULES).cloned().collect();
        let cues = Cues::of(text, &of_rules);
        let asked = suspects::parts(text, surface, own, *OF_RULES);
        if !report.spend(cues.windows.iter().chain(&asked).map(ExactSizeIterator::len).sum()) {
            return;
        }
        let judgement = by_rules(text, &cues, surface, report);
        if report.unfinished.is_some() {
            return;
        }
        tell(place, text, judgement, &asked);
    }
}

/// A prompt is chosen by a person and made of instructions (2026-07-28, server/prompts): that it has some says little.
fn as_instruction(found: Found) -> Found {
    let severity = if found.severity == Severity::Medium { Severity::Low } else { found.severity };
    Found { severity, ..found }
}

/// What one text is taken for.
fn judge(place: usize, text: &Text<'_>, rules: Judgement, asked: &[Range<usize>], surface: Surface) -> Option<Found> {
    let score = model::judge(text, asked, surface, &rules);
    let severity = rules.severity.max(score.severity)?;
    let (rule, range) = match rules.rule {
        Some(rule) => (rule, rules.range),
        None => ("classifier", score.range.clone()),
    };
    let confidence = match rules.severity {
        Some(_) => confidence(severity),
        None => score.confidence(),
    };
    Some(Found::new(rule, severity, confidence, place, range))
}

/// How many of such findings were right, where that was measured.
const fn confidence(severity: Severity) -> Confidence {
    match severity {
        Severity::High => Confidence::percent(99),
        Severity::Medium => Confidence::percent(97),
        Severity::Low => Confidence::percent(70),
    }
}

/// What the rules say of a text, read plainly and read again. What reading again takes is
/// spent: where it is too much, the report says that it is unfinished.
fn by_rules(text: &Text<'_>, cues: &Cues, surface: Surface, report: &mut Report) -> Judgement {
    let mut judgement = Judgement::default();
    if !cues.windows.is_empty() {
        let normal = text.normal();
        let how = match text.origin.as_ref().map(|origin| origin.layer) {
            Some(Layer::Base64 | Layer::Hex) => Some(How::Disguised),
            Some(Layer::Comment) => Some(How::Aside),
            Some(Layer::Percent | Layer::Entities | Layer::Escapes) | None => None,
        };
        let how = how.max(disguise(text)).map(|how| on(surface, how));
        judgement = match how {
            Some(how) => rules::judge_again(&normal.text, &cues.windows, surface, how),
            None => rules::judge(&normal.text, &cues.windows, surface),
        };
        judgement.range = normal.original(&judgement.range);
    }
    let mut again = readings(&text.text, text.classes, &mut |bytes| report.spend(bytes));
    if cues.is_shifted {
        again.extend(shifted(&text.text));
    }
    for reading in again {
        if !report.spend(reading.text.len()) {
            break;
        }
        let everywhere = 0..reading.text.len();
        judgement.worsen(
            rules::judge_again(&reading.text, std::slice::from_ref(&everywhere), surface, on(surface, reading.how)),
            reading.range,
        );
    }
    judgement
}

/// A definition has no reason to say anything beside what it shows.
fn on(surface: Surface, how: How) -> How {
    if surface == Surface::Definition && how == How::Aside { How::Hidden } else { how }
}

/// How far its letters are not what they look like, beyond what names and loanwords explain.
fn disguise(text: &Text<'_>) -> Option<How> {
    let signs = text.normal().signs;
    if signs.zero_width >= 12 || signs.confusables >= 6 || signs.compatibility >= 20 || signs.marks >= 12 {
        return Some(How::Hidden);
    }
    let some = signs.zero_width >= 4 || signs.confusables >= 3 || signs.compatibility >= 10 || signs.marks >= 8;
    some.then_some(How::Disguised)
}

impl Judgement {
    /// Takes on a graver judgement of the same text.
    fn worsen(&mut self, other: Self, range: Range<usize>) {
        self.features |= other.features;
        if other.severity > self.severity {
            *self = Self { range, features: self.features, ..other };
        }
    }
}
