//! History: how often something happened lately, for rules that look back.
//!
//! Fed from records, so it knows what the audit log knows and nothing else. It must never say less than happened: a count
//! may hold an event a little longer than asked for, and where room was lacking it is unknown.

mod counter;
mod counters;

pub use counter::{By, Counter, Happened, Of};
pub use counters::Counters;
