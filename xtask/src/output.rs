//! The only place where a task writes to its standard streams.
//!
//! A reader that goes away (`cargo xtask ci | head`) must never turn into a panic or change a
//! task's result, so failed writes are dropped here.

use std::fmt::Display;
use std::io::{self, Write};

/// Writes one line to standard output.
pub(crate) fn line(text: impl Display) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}");
    let _ = out.flush();
}

/// Writes one line to standard error, marked as an error.
pub(crate) fn error(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "error: {text}");
}
