//! The envelope of one message: where its parts lie and which shape rule it breaks, found during the strict pass.
//!
//! Responsible for walking the levels that decisions read (the message, `params`, `result`, `error`, `_meta`). It
//! must never let a shape defect end the pass early: the whole message is always checked, and the id is looked for,
//! so that a refusal can be answered.

use crate::id::Id;
use crate::known::{self, Known, Relation};
use crate::limits::Limits;
use crate::raw::Raw;
use crate::rejection::{Rejection, RejectionKind};
use crate::scan::{Scanner, Span};

/// Spans of the members that decisions read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Envelope {
    pub(crate) members: [Option<Span>; known::envelope::RECORDED],
    pub(crate) params: [Option<Span>; known::params::RECORDED],
    pub(crate) result: [Option<Span>; known::result::RECORDED],
    pub(crate) error: [Option<Span>; known::error::RECORDED],
    pub(crate) meta: [Option<Span>; known::meta::RECORDED],
}

/// An accepted object, its parts, and what is wrong with its shape if anything is.
pub(crate) struct Scanned {
    pub(crate) envelope: Envelope,
    pub(crate) problem: Option<Rejection>,
}

/// What stands at the top level of a frame.
pub(crate) enum TopLevel {
    Message(Box<Scanned>),
    Batch(Vec<Span>),
}

/// Passes over one frame of bytes.
pub(crate) fn scan(bytes: &[u8], limits: &Limits) -> Result<TopLevel, Rejection> {
    let mut scanner = Scanner::new(bytes, limits)?;
    match scanner.peek() {
        Some(b'{') => {
            let mut walk =
                Walk { limits, bytes, envelope: Envelope::default(), problem: None, envelope_doubtful: false };
            let passed = scanner.object(|scanner, name| walk.message_member(scanner, name));
            if let Err(rejection) = passed.and_then(|_| scanner.end()) {
                return Err(rejection.with_id(walk.readable_id()));
            }
            Ok(TopLevel::Message(Box::new(Scanned { envelope: walk.envelope, problem: walk.problem })))
        }
        Some(b'[') => {
            let mut elements = Vec::new();
            scanner.array(|scanner| {
                elements.push(scanner.value()?);
                if elements.len() > limits.batch_messages {
                    return Err(Rejection::shape(RejectionKind::BatchTooLong, format!("/{}", limits.batch_messages)));
                }
                Ok(())
            })?;
            scanner.end()?;
            Ok(TopLevel::Batch(elements))
        }
        Some(_) | None => {
            let span = scanner.value()?;
            let found = scanner.slice(span);
            scanner.end()?;
            Err(Rejection::shape(RejectionKind::NotAnObject, "").showing(found))
        }
    }
}

struct Walk<'a> {
    limits: &'a Limits,
    bytes: &'a [u8],
    envelope: Envelope,
    problem: Option<Rejection>,
    /// A known member of the message came twice: nobody can say which id is meant.
    envelope_doubtful: bool,
}

impl Walk<'_> {
    fn message_member(&mut self, scanner: &mut Scanner<'_>, name: Span) -> Result<(), Rejection> {
        let known = self.known_member(scanner, name, &known::envelope::KNOWN, RejectionKind::EnvelopeKeyCase, "");
        let is_object = scanner.peek() == Some(b'{');
        let value = match known {
            Some(known::envelope::PARAMS) if is_object => {
                scanner.object(|scanner, name| self.params_member(scanner, name))?
            }
            Some(known::envelope::RESULT) if is_object => {
                scanner.object(|scanner, name| self.result_member(scanner, name))?
            }
            Some(known::envelope::ERROR) if is_object => {
                scanner.object(|scanner, name| self.error_member(scanner, name))?
            }
            Some(_) | None => scanner.value()?,
        };
        let twice = known.is_some_and(|index| matches!(self.envelope.members.get(index), Some(Some(_))));
        self.envelope_doubtful |= twice;
        record(&mut self.envelope.members, known, value);
        Ok(())
    }

    fn params_member(&mut self, scanner: &mut Scanner<'_>, name: Span) -> Result<(), Rejection> {
        let known = self.known_member(scanner, name, &known::params::KNOWN, RejectionKind::ParamsKeyCase, "/params");
        let value =
            if known == Some(known::params::META) { self.meta(scanner, "/params/_meta")? } else { scanner.value()? };
        record(&mut self.envelope.params, known, value);
        Ok(())
    }

    fn result_member(&mut self, scanner: &mut Scanner<'_>, name: Span) -> Result<(), Rejection> {
        let known = self.known_member(scanner, name, &known::result::KNOWN, RejectionKind::OutcomeKeyCase, "/result");
        let value =
            if known == Some(known::result::META) { self.meta(scanner, "/result/_meta")? } else { scanner.value()? };
        record(&mut self.envelope.result, known, value);
        Ok(())
    }

    fn error_member(&mut self, scanner: &mut Scanner<'_>, name: Span) -> Result<(), Rejection> {
        let known = self.known_member(scanner, name, &known::error::KNOWN, RejectionKind::OutcomeKeyCase, "/error");
        let value = scanner.value()?;
        record(&mut self.envelope.error, known, value);
        Ok(())
    }

    fn meta(&mut self, scanner: &mut Scanner<'_>, pointer: &'static str) -> Result<Span, Rejection> {
        if scanner.peek() != Some(b'{') {
            let value = scanner.value()?;
            self.note(Rejection::shape(RejectionKind::MetaType, pointer).showing(scanner.slice(value)));
            return Ok(value);
        }
        scanner.object(|scanner, name| {
            let known = self.known_member(scanner, name, &known::meta::KNOWN, RejectionKind::MetaKeyCase, pointer);
            let value = scanner.value()?;
            record(&mut self.envelope.meta, known, value);
            Ok(())
        })
    }

    /// The index of a known name. A miscased one is noted as a problem.
    fn known_member(
        &mut self,
        scanner: &Scanner<'_>,
        name: Span,
        known: &Known,
        miscased: RejectionKind,
        parent: &str,
    ) -> Option<usize> {
        match known.relation(&scanner.text(name)) {
            Relation::Exact(index) => Some(index),
            Relation::Unknown => None,
            Relation::Miscased => {
                self.note(Rejection::shape(miscased, parent).showing(scanner.body(name).as_bytes()));
                None
            }
        }
    }

    fn note(&mut self, problem: Rejection) {
        self.problem.get_or_insert(problem);
    }

    fn readable_id(&self) -> Option<Id> {
        if self.envelope_doubtful {
            return None;
        }
        let [_, id, ..] = self.envelope.members;
        Id::read(Raw::new(self.bytes, id?.range()), self.limits).ok()
    }
}

fn record<const N: usize>(spans: &mut [Option<Span>; N], known: Option<usize>, value: Span) {
    if let Some(slot) = known.and_then(|index| spans.get_mut(index)) {
        *slot = Some(value);
    }
}
