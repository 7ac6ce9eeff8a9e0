//! The bounds of reworded messages.
//!
//! Responsible for one set of numbers: above those of what comes from outside, because a rewording adds a little to a
//! message that was within them. It must never be used to read what somebody else wrote.

use crate::limits::Limits;

/// Under which a rewording is read anew.
pub(super) const REWORDED: Limits = Limits {
    message_bytes: 64 * 1024 * 1024,
    depth: Limits::DEEPEST,
    open_members: 256 * 1024,
    batch_messages: 1,
    id_bytes: 64 * 1024,
    method_bytes: 64 * 1024,
};

/// Most characters in one part of a trace context: what W3C Baggage §3.3 asks of every participant.
pub(super) const TRACE_CHARACTERS: usize = 8192;
