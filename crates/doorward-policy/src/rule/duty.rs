//! The duties of a permit: `@limit`, `@guard` and `@obligation`.
//!
//! Responsible for reading them once, at load. What nobody can perform stays an obligation that is unknown, which refuses.

use std::ops::Range;
use std::sync::Arc;

use cedar_policy::Policy;
use doorward_core::decision::Obligation;
use doorward_core::duties::{AnswerDuty, Pointer};
use doorward_core::rate::Limit;

use super::guard_words;
use super::limit::read_limit;
use crate::finding::{Finding, Place, Severity};
use crate::suggest::nearest;

/// The words a duty may begin with, before the colon.
const DUTIES: [&str; 6] = ["approve", "cap", "limit", "project", "redact", "watermark"];

/// What is wrong with the text of an annotation.
#[derive(Debug)]
pub(super) struct Fault {
    /// Which part of the text.
    pub(super) at: Range<usize>,
    pub(super) message: String,
    pub(super) advice: String,
}

/// Every duty of `policy`; what is wrong with them goes to `findings`.
pub(super) fn read_duties(
    policy: &Policy,
    rule: &Arc<str>,
    place: &Place,
    findings: &mut Vec<Finding>,
) -> Vec<Obligation> {
    let mut duties = Vec::new();
    if let Some(text) = policy.annotation("limit") {
        let annotation = Annotation { place, text };
        match read_limit(text) {
            Ok(clauses) => duties.push(Obligation::Limit(Limit { rule: rule.clone(), clauses })),
            Err(fault) => findings.push(annotation.finding(Severity::Error, fault)),
        }
    }
    if let Some(text) = policy.annotation("guard") {
        let annotation = Annotation { place, text };
        match guard_words::read(text) {
            Ok(words) => duties.push(Obligation::Guard(words)),
            Err(faults) => {
                findings.extend(faults.into_iter().map(|fault| annotation.finding(Severity::Error, fault)));
            }
        }
    }
    if let Some(text) = policy.annotation("obligation") {
        let annotation = Annotation { place, text };
        let mut from = 0;
        for part in text.split(';') {
            duties.extend(annotation.duty(part, from, rule, findings));
            from += part.len() + 1;
        }
    }
    duties
}

/// The text of one annotation, and the rule it stands in.
struct Annotation<'a> {
    place: &'a Place,
    text: &'a str,
}

impl Annotation<'_> {
    fn duty(&self, part: &str, from: usize, rule: &Arc<str>, findings: &mut Vec<Finding>) -> Option<Obligation> {
        let start = from + part.len() - part.trim_start().len();
        let part = part.trim();
        let (word, rest) = part.split_once(':').unwrap_or((part, ""));
        let after = start + word.len() + 1;
        let read = match word {
            "approve" if !rest.trim().is_empty() => Ok(Obligation::Approve(rest.trim().to_owned())),
            "limit" => read_limit(rest).map(|clauses| Obligation::Limit(Limit { rule: rule.clone(), clauses })),
            "redact" => pointers(rest).map(|pointers| Obligation::Answer(AnswerDuty::Redact(pointers))),
            "project" => pointers(rest).map(|pointers| Obligation::Answer(AnswerDuty::Project(pointers))),
            "cap" => rows(rest).map(|rows| Obligation::Answer(AnswerDuty::CapRows(rows))),
            "watermark" if !rest.trim().is_empty() => {
                Ok(Obligation::Answer(AnswerDuty::Watermark(Arc::from(rest.trim()))))
            }
            _ => {
                let fault = unknown(word, part, start);
                findings.push(self.finding(Severity::Warning, fault));
                return Some(Obligation::Unknown(part.to_owned()));
            }
        };
        read.map_err(|fault| {
            let at = fault.at.start + after..fault.at.end + after;
            findings.push(self.finding(Severity::Error, Fault { at, ..fault }));
        })
        .ok()
    }

    /// Points at the part of the text in the file, or at the whole rule when it is written there with escapes.
    fn finding(&self, severity: Severity, fault: Fault) -> Finding {
        let span = self.span(&fault.at).or_else(|| self.place.span.clone());
        let place = Place { span, ..self.place.clone() };
        Finding::new(severity, &place, fault.message).with_advice(fault.advice)
    }

    fn span(&self, at: &Range<usize>) -> Option<Range<usize>> {
        let rule = self.place.span.clone()?;
        let written = format!("\"{}\"", self.text);
        let start = rule.start + self.place.text.get(rule)?.find(&written)? + 1;
        let at = if at.is_empty() { 0..self.text.len() } else { at.clone() };
        Some(start + at.start..start + at.end)
    }
}

/// `/a,/users/*/email`
fn pointers(text: &str) -> Result<Arc<[Pointer]>, Fault> {
    let mut at = 0;
    let mut pointers = Vec::new();
    for part in text.split(',') {
        let start = at + part.len() - part.trim_start().len();
        let written = part.trim();
        pointers.push(Pointer::parse(written).ok_or_else(|| Fault {
            at: start..start + written.len(),
            message: format!("\"{written}\" does not say where a value is"),
            advice: "write JSON pointers, separated by commas: /email,/users/*/email".to_owned(),
        })?);
        at += part.len() + 1;
    }
    Ok(pointers.into())
}

/// `rows=100`
fn rows(text: &str) -> Result<usize, Fault> {
    let number = text.trim().strip_prefix("rows").and_then(|rest| rest.trim_start().strip_prefix('='));
    number.and_then(|number| number.trim().parse().ok()).ok_or_else(|| Fault {
        at: 0..text.len(),
        message: "a cap needs a number of rows".to_owned(),
        advice: "write cap:rows=100".to_owned(),
    })
}

fn unknown(word: &str, part: &str, start: usize) -> Fault {
    let known = DUTIES.map(|word| format!("{word}:…")).join(", ");
    let advice = match nearest(word, DUTIES.into_iter()) {
        Some(near) if near != word => format!("did you mean {near}:…?"),
        Some(_) | None => format!("the known duties are {known}"),
    };
    let message = format!("nobody can perform the obligation \"{part}\", so what this rule allows is refused");
    Fault { at: start..start + part.len(), message, advice }
}
