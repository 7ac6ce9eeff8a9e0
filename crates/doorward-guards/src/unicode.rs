//! Text that a person does not see as the model does: invisible letters, reversed text, letters of other scripts in Latin
//! words, codes for terminals.
//!
//! What is found can be taken out without changing what a person sees; redacting does that and nothing else.

mod confusables;
mod direction;
mod invisibles;
mod terminal;

use std::ops::Range;

use doorward_core::guard::{Confidence, GuardName, Severity};

use crate::guard::{Found, Guard, Report};
use crate::scene::Scene;
use crate::text::{Classes, Layer, Text};

/// Finds what is not seen as it is read.
#[derive(Debug)]
pub(crate) struct Unicode;

impl Guard for Unicode {
    fn name(&self) -> GuardName {
        GuardName::Unicode
    }

    fn inspect(&self, scene: &Scene<'_>, report: &mut Report) {
        for (place, text) in scene.texts.iter().enumerate() {
            for sight in sights(text) {
                sight.report(scene, place, text, report);
            }
        }
    }
}

fn sights(text: &Text<'_>) -> Vec<Sight> {
    let mut sights = Vec::new();
    if text.classes.has(Classes::OUTSIDE_ASCII) {
        invisibles::find(&text.text, &mut sights);
        direction::find(&text.text, &mut sights);
        confusables::find(text, &mut sights);
    }
    if text.classes.has(Classes::CONTROL) {
        terminal::find(&text.text, &mut sights);
    }
    sights
}

/// Words in letters that nothing displays.
const TAGS: &str = "tags";

/// Something that is not seen as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Sight {
    rule: &'static str,
    severity: Severity,
    confidence: u8,
    /// What is taken out, in its order, and what is put there. Never empty.
    parts: Vec<(Range<usize>, String)>,
}

impl Sight {
    fn new(rule: &'static str, severity: Severity, confidence: u8, parts: Vec<(Range<usize>, String)>) -> Self {
        Self { rule, severity, confidence, parts }
    }

    /// One that goes without leaving anything.
    fn vanishing(rule: &'static str, severity: Severity, confidence: u8, ranges: Vec<Range<usize>>) -> Self {
        Self::new(rule, severity, confidence, ranges.into_iter().map(|range| (range, String::new())).collect())
    }

    fn report(self, scene: &Scene<'_>, place: usize, text: &Text<'_>, report: &mut Report) {
        let (Some((first, _)), Some((last, _))) = (self.parts.first(), self.parts.last()) else { return };
        let range = first.start..last.end;
        // What is encoded as a whole is not seen by anybody before it is decoded, and would have to go as a whole. Words
        // that nobody sees even then have no honest reason.
        let whole = text.origin.as_ref().is_some_and(|origin| !origin.layer.is_by_character()) && self.rule != TAGS;
        let severity = if whole || is_written_out(scene, text) { Severity::Low } else { self.severity };
        let found = Found::new(self.rule, severity, Confidence::percent(self.confidence), place, range);
        report.add_in_parts(found, self.parts);
    }
}

/// Whether it is written in escapes that no program resolves, as in source code: a person sees those as the model does. JSON
/// within a string is for a program.
fn is_written_out(scene: &Scene<'_>, text: &Text<'_>) -> bool {
    let escaped = text.origin.as_ref().filter(|origin| origin.layer == Layer::Escapes);
    let around = escaped.and_then(|origin| scene.texts.get(origin.text));
    around.is_some_and(|around| !around.text.trim_start().starts_with(['{', '[', '"']))
}

#[cfg(test)]
mod tests;
