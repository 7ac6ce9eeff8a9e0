//! Personal data: what tells who somebody is, how to reach or to charge them.
//!
//! Responsible for finding it and for what takes its place. It must never keep a value that nobody asked it to keep: only
//! [`Tokens`] do, which an operator chooses.

mod card;
mod checks;
mod code;
mod email;
mod iban;
mod kind;
mod label;
pub mod limits;
mod look;
mod members;
mod network;
mod numbers;
mod options;
mod people;
mod phone;
mod restore;
mod rules;
mod tokens;
mod wallet;

pub use kind::Category;
pub use options::{Options, Placeholders, Told};
pub use tokens::Tokens;

use doorward_core::access::Resource;
use doorward_core::guard::{Confidence, GuardName, Severity};

use crate::guard::{Found, Guard, Report};
use crate::scene::Scene;
use crate::text::{Classes, Role, Text};
use look::{Hit, Look, Weight};
use members::Number;
use numbers::Numbers;

/// Finds personal data in every text.
#[derive(Debug)]
pub(crate) struct Personal {
    look: Option<Look>,
    options: Options,
    numbers: Numbers,
}

impl Personal {
    pub(crate) fn new(options: &Options) -> Self {
        Self { look: Look::new().ok(), options: options.clone(), numbers: Numbers::default() }
    }

    fn found(&self, scene: &Scene<'_>, place: usize, text: &str, hit: Hit) -> Option<Found> {
        let value = text.get(hit.range.clone())?;
        let severity = self.severity(&hit, value)?;
        let whose = scene.content.principal.map(|principal| principal.id().to_bytes()).unwrap_or_default();
        let placeholder = match self.options.placeholders {
            Placeholders::Word => format!("[{}]", hit.category.name()),
            Placeholders::Number => self.numbers.placeholder(&whose, hit.category, value),
            Placeholders::Token => self.options.tokens.token(&whose, hit.category, value),
        };
        let found = Found::new(hit.rule, severity, Confidence::percent(hit.sure), place, hit.range);
        Some(found.with_placeholder(placeholder))
    }

    /// What is found in a number of JSON. Nothing can take its place: a string would break the schema of whoever reads it, and
    /// another number would be taken for true.
    fn found_in_number(&self, number: &Number<'_>, hit: Hit) -> Option<Found> {
        let severity = self.severity(&hit, number.digits)?;
        let found = Found::new(hit.rule, severity, Confidence::percent(hit.sure), 0, 0..0);
        Some(Found { text: None, value: Some(number.start), ..found })
    }

    /// How grave it is; `None` when it is to be passed over.
    fn severity(&self, hit: &Hit, value: &str) -> Option<Severity> {
        let severity = *self.options.severities.get(&hit.category)?;
        if self.options.is_allowed(hit.category, value) {
            return None;
        }
        Some(match hit.weight {
            Weight::Slight => Severity::Low,
            Weight::Alone | Weight::Form | Weight::Labelled => severity.min(hit.most),
        })
    }
}

impl Guard for Personal {
    fn name(&self) -> GuardName {
        GuardName::Personal
    }

    fn inspect(&self, scene: &Scene<'_>, report: &mut Report) {
        let Some(look) = &self.look else {
            report.give_up("The rules for personal data could not be read.");
            return;
        };
        if self.options.placeholders == Placeholders::Token {
            restore::restore(&self.options.tokens, &self.options.told_to(scene.content), scene, report);
        }
        let is_of_other = match scene.content.resource {
            Some(Resource::Tool(_, name)) => look.is_of_other(name),
            Some(_) | None => false,
        };
        let mut field: Option<&Text<'_>> = None;
        for (place, text) in scene.texts.iter().enumerate() {
            if text.origin.is_none() && text.role == Role::Name {
                field = Some(text);
                for number in members::numbers(scene, text) {
                    let mut work = 0;
                    let hit = look.number(number.digits, &text.text, &mut work);
                    if !report.spend(work) {
                        return;
                    }
                    if let Some(found) = hit.and_then(|hit| self.found_in_number(&number, hit)) {
                        report.add(found);
                    }
                }
            }
            let named = field.filter(|_| text.role == Role::Value && text.origin.is_none());
            let name = named.map(|field| field.text.as_ref());
            let mut work = 0;
            let mut hits = if text.classes.has(Classes::DIGIT.with(Classes::AT)) {
                look.find(&text.text, name, &mut work)
            } else {
                Vec::new()
            };
            hits.extend(undisguised(look, text, name, &hits, &mut work));
            if !report.spend(work) {
                return;
            }
            hits.retain(|hit| hit.weight != Weight::Alone || !is_of_other);
            let person = name.filter(|_| hits.is_empty()).and_then(|name| people::in_field(name, &text.text));
            for hit in hits.into_iter().chain(person) {
                if let Some(found) = self.found(scene, place, &text.text, hit) {
                    report.add(found);
                }
            }
        }
    }
}

/// What only the reading without disguise shows: digits of other scripts, characters of no width between them.
fn undisguised(look: &Look, text: &Text<'_>, name: Option<&str>, seen: &[Hit], work: &mut usize) -> Vec<Hit> {
    if !text.classes.has(Classes::OUTSIDE_ASCII.with(Classes::CONTROL)) || !text.normal().signs.any() {
        return Vec::new();
    }
    let normal = text.normal();
    // The normal form has no capitals, in which codes are written.
    let hits = look.find(&normal.text.to_ascii_uppercase(), name, work).into_iter();
    let hits = hits.map(|hit| Hit { range: normal.original(&hit.range), ..hit });
    hits.filter(|hit| seen.iter().all(|one| one.range.end <= hit.range.start || hit.range.end <= one.range.start))
        .collect()
}
