//! Instructions to the model, by what a text asks for and of whom.
//!
//! Responsible for what can be said of one text by itself, in any surface. It must never depend on a phrase seen once: a rule
//! is a combination of features.

use std::ops::Range;

use doorward_core::guard::{Severity, Surface};

/// What the rules say of a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Judgement {
    /// How grave it is; `None` when nothing speaks against it.
    pub(crate) severity: Option<Severity>,
    /// The weightiest rule that was met.
    pub(crate) rule: Option<&'static str>,
    /// Where it was met.
    pub(crate) range: Range<usize>,
    /// Every feature that was seen, as bits; the classifier reads them beside the words.
    pub(crate) features: u64,
}

/// How many features there are in [`Judgement::features`].
pub(crate) const FEATURES: usize = 64;

/// Judges one text.
pub(crate) fn judge(_text: &str, _surface: Surface) -> Judgement {
    Judgement::default()
}
