//! Messages from outside: every rule of the edge, limits, navigation, editing, and the protocol's own examples.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout, reason = "tests")]

mod cases;
mod editing;
mod limits;
mod properties;
mod reading;
mod schemas;
