//! Why a delivery failed, and whose turn it is then.

use std::time::Duration;

/// A delivery that was not confirmed. It never holds what was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Failure {
    /// What happened, for the operator.
    pub reason: String,
    /// What is to be done.
    pub turn: Turn,
}

/// What is to be done about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It may pass: the same again, not before this time where the receiver named one.
    Again(Option<Duration>),
    /// It was too much at once: less of it.
    Less,
    /// The receiver will refuse the same again: somebody must change something.
    Operator,
}

impl Failure {
    pub(crate) fn again(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), turn: Turn::Again(None) }
    }

    /// From an error of a connection, with its causes.
    pub(crate) fn of(doing: &str, error: &dyn std::error::Error) -> Self {
        let mut reason = format!("{doing}: {error}");
        let mut cause = error.source();
        while let Some(this) = cause {
            let sentence = this.to_string();
            if !reason.contains(&sentence) {
                reason = format!("{reason}: {sentence}");
            }
            cause = this.source();
        }
        Self::again(reason)
    }
}
