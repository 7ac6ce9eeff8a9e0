//! Guards: what inspects the content of messages, and what becomes of what they find.
//!
//! Responsible for the words (a guard's name, a finding, an action), for the settings that turn a finding into an action, and
//! for what an inspection may ask of the exchange. It must never inspect anything itself: `doorward-guards` does. A finding
//! says where and what kind, never what was found.

mod action;
mod content;
mod finding;
mod settings;

pub use action::{Action, Severity};
pub use content::{Content, Surface};
pub use finding::{Confidence, Finding, GuardName};
pub use settings::{GuardDuty, GuardSettings};

use std::ops::Range;

use crate::refusal::Code;

/// What came of inspecting one message.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Inspection {
    /// What was found, and what is done about each.
    pub findings: Vec<(Finding, Action)>,
    /// What becomes of the message.
    pub verdict: Verdict,
}

/// What becomes of an inspected message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on as it is.
    #[default]
    Pass,
    /// It goes on with these parts replaced. What was decided about it is decided again.
    Rewrite(Vec<Edit>),
    /// It goes on once a person has said yes; where nobody can be asked, it does not.
    Hold {
        /// One sentence on what was found, without it.
        detail: String,
    },
    /// It does not go on.
    Block {
        /// What its sender is told.
        code: Code,
        /// One sentence on what was found and what to do, without what was found.
        detail: String,
    },
}

/// One part of a message and what stands in its place, or a place and what is put there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Where in the bytes of the message: one or several whole JSON values, or nothing between two.
    pub range: Range<usize>,
    /// JSON, with the comma that what is put between two needs.
    pub json: String,
}
