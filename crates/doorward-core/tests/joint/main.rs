//! Joint endpoints: the cases of `fixtures/joint`, and what must hold of any names, URIs and messages.
#![expect(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod bounds;
mod cases;
mod plans;
mod properties;
mod rules;
