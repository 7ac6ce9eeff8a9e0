//! Text as lines. Anybody may have written any of them.

use std::borrow::Cow;

use super::{Form, Paths, Reading, Sort};
use crate::limits::LABEL_BYTES_MAX;

/// What stands before a line of a list.
const BULLETS: &[char] = &[' ', '\t', '\r', '-', '*', '•', '|', '#', '>'];

/// The lines of `text`, each without what stands before it, and without its label (`Name: value`).
pub(super) fn of(text: &str) -> Reading<'_> {
    let mut reading = Reading { form: Form::Lines, ..Reading::default() };
    for line in text.split('\n') {
        if reading.is_full() {
            break;
        }
        let line = line.trim_matches(BULLETS);
        let value = labelled(line).unwrap_or(line);
        reading.push(0, Paths::ROOT, Cow::Borrowed(value), Sort::Line);
    }
    reading
}

fn labelled(line: &str) -> Option<&str> {
    let (label, value) = line.split_once(':')?;
    let is_label = |c: char| c.is_alphanumeric() || " _./()&-".contains(c);
    let fits = !label.is_empty() && label.len() <= LABEL_BYTES_MAX && label.chars().all(is_label);
    let value = value.strip_prefix(char::is_whitespace)?.trim_start();
    (fits && !value.is_empty()).then_some(value)
}
