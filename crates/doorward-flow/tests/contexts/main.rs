//! The merge-only rule, and everything that must not lower a label.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unreachable,
    reason = "a test that cannot go on has failed"
)]

mod bounds;
mod restart;
mod rules;
mod storms;
mod support;
mod threads;
mod world;
