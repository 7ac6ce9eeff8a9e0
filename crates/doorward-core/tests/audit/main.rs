//! The audit log from outside: logs are made, exported, damaged and checked, by this code and by another's.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::wildcard_enum_match_arm, reason = "tests")]

mod large;
mod log;
mod mutations;
mod python;
mod shown;
