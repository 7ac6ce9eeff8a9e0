//! Duties on answers: what must be done with a result before its asker sees it.
//!
//! Responsible for what a rule may ask for, and for doing it to a result or saying that it cannot be done. It must never let
//! a value pass of which it cannot say where it stands: what repeats the structured content in words of its own is left out,
//! and what has no structure at all is withheld.

mod answer;
mod pointer;
mod reduce;
mod tasks;

use std::fmt;
use std::sync::Arc;

pub(crate) use answer::{Asked, Performed, perform, strip_forged};
pub use pointer::Pointer;
pub use tasks::{GivenTask, Recalled, TaskDuties};

use crate::access::Action;

/// One thing that must be done with an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerDuty {
    /// Put something without meaning in the place of these values.
    Redact(Arc<[Pointer]>),
    /// Leave out everything but these values.
    Project(Arc<[Pointer]>),
    /// Leave out what comes after so many elements of a list.
    CapRows(usize),
    /// Say this of it.
    Watermark(Arc<str>),
}

impl fmt::Display for AnswerDuty {
    /// As rules write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |pointers: &[Pointer]| pointers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        match self {
            Self::Redact(pointers) => write!(f, "redact:{}", joined(pointers)),
            Self::Project(pointers) => write!(f, "project:{}", joined(pointers)),
            Self::CapRows(rows) => write!(f, "cap:rows={rows}"),
            Self::Watermark(text) => write!(f, "watermark:{text}"),
        }
    }
}

/// Everything that must be done with one answer. Several rules' duties are joined: all of them are done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AnswerDuties {
    pub(crate) redact: Vec<Pointer>,
    /// What several rules keep is what each of them keeps.
    pub(crate) project: Vec<Arc<[Pointer]>>,
    pub(crate) rows: Option<usize>,
    pub(crate) watermarks: Vec<Arc<str>>,
}

impl AnswerDuties {
    /// Adds one.
    pub fn add(&mut self, duty: &AnswerDuty) {
        match duty {
            AnswerDuty::Redact(pointers) => {
                let new: Vec<_> = pointers.iter().filter(|pointer| !self.redact.contains(pointer)).cloned().collect();
                self.redact.extend(new);
            }
            AnswerDuty::Project(pointers) if self.project.contains(pointers) => {}
            AnswerDuty::Project(pointers) => self.project.push(pointers.clone()),
            AnswerDuty::CapRows(rows) => self.rows = Some(self.rows.map_or(*rows, |other| other.min(*rows))),
            AnswerDuty::Watermark(text) if self.watermarks.contains(text) => {}
            AnswerDuty::Watermark(text) => self.watermarks.push(text.clone()),
        }
    }

    /// Adds all of `other`.
    pub fn join(&mut self, other: &Self) {
        let Self { redact, project, rows, watermarks } = other;
        self.add(&AnswerDuty::Redact(redact.as_slice().into()));
        project.iter().for_each(|pointers| self.add(&AnswerDuty::Project(pointers.clone())));
        rows.iter().for_each(|rows| self.add(&AnswerDuty::CapRows(*rows)));
        watermarks.iter().for_each(|text| self.add(&AnswerDuty::Watermark(text.clone())));
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        !self.touches_values() && self.watermarks.is_empty()
    }

    /// Whether values are left out or replaced.
    pub(crate) const fn touches_values(&self) -> bool {
        !(self.redact.is_empty() && self.project.is_empty() && self.rows.is_none())
    }
}

/// Whether duties can be performed on the answers of `action` at all.
pub(crate) fn can_be_performed_on(action: Action) -> bool {
    matches!(action.name(), "tools/call" | "resources/read" | "tasks/get" | "tasks/result")
}
