//! The translation between eras: cases as data, the protocol's own schemas and examples, and what holds for any input.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout, reason = "tests")]

mod cases;
mod guide;
mod input;
mod properties;
mod schemas;
mod tasks;
mod trace;
