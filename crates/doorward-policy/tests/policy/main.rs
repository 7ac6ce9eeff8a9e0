//! The decision point from outside: policies in, decisions out.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests"
)]

mod case_files;
mod cases;
mod desk;
mod facts;
mod lints;
mod load_errors;
mod matrix;
mod presets;
mod real_tools;
mod refit;
mod trust;
mod visibility;
mod why;
