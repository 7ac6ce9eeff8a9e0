//! Instructions to the model where there should be data, and definitions made to mislead it.
//!
//! Responsible for bringing together what the rules, the judgement of definitions and the classifier say of a text, and for
//! how grave that is. It must never tell what a text says.

mod definition;
mod model;
mod rules;

use doorward_core::guard::{Confidence, GuardName, Severity, Surface};

use crate::guard::{Found, Guard, Report};
use crate::scene::Scene;
use crate::text::{Role, Text};

/// Finds instructions to the model.
#[derive(Debug, Default)]
pub(crate) struct Injection;

impl Guard for Injection {
    fn name(&self) -> GuardName {
        GuardName::Injection
    }

    fn inspect(&self, scene: &Scene<'_>, report: &mut Report) {
        let surface = scene.content.surface;
        if surface == Surface::Definition {
            definition::judge(scene, report);
        }
        for (place, text) in scene.texts.iter().enumerate() {
            if let Some(found) = judge(place, text, surface) {
                report.add(found);
            }
        }
    }
}

/// What one text is taken for.
fn judge(place: usize, text: &Text<'_>, surface: Surface) -> Option<Found> {
    if text.role == Role::Name && surface != Surface::Definition {
        return None;
    }
    let rules = rules::judge(&text.text, surface);
    let score = model::judge(&text.text, surface, &rules);
    let severity = match (rules.severity, score.severity) {
        (Some(rule), Some(model)) => rule.max(model),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => return None,
    };
    let (rule, range) = match rules.rule {
        Some(rule) => (rule, rules.range),
        None => ("classifier", 0..text.text.len()),
    };
    let confidence = match severity {
        Severity::High => Confidence::percent(99),
        Severity::Medium => Confidence::percent(97),
        Severity::Low => Confidence::percent(80),
    };
    Some(Found::new(rule, severity, confidence, place, range))
}
