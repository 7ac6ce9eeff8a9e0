//! The parts of a text around what is escaped in it, read with the escapes resolved.
//!
//! A long text with one escape is not read twice as a whole.

use std::ops::Range;

use super::{Decoded, Layer};
use crate::text::SpanMap;

/// How much is read with an escape before and after it.
const CONTEXT: usize = 160;

/// An escaped character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Escape {
    pub(super) range: Range<usize>,
    pub(super) said: char,
    pub(super) layer: Layer,
}

/// Reads the surroundings of `escapes`, which come in their order and do not overlap.
pub(super) fn read(text: &str, escapes: impl Iterator<Item = Escape>, found: &mut Vec<Decoded>) {
    let mut window: Option<Window<'_>> = None;
    for escape in escapes {
        if let Some(near) = window.as_mut().filter(|open| escape.range.start <= open.at + 2 * CONTEXT) {
            near.add(&escape);
            continue;
        }
        if let Some(passed) = window.take() {
            found.push(passed.finish());
        }
        let mut next = Window::new(text, &escape);
        next.add(&escape);
        window = Some(next);
    }
    if let Some(passed) = window {
        found.push(passed.finish());
    }
}

struct Window<'a> {
    text: &'a str,
    /// That of the first escape.
    layer: Layer,
    start: usize,
    /// Up to where it has been read.
    at: usize,
    said: String,
    map: SpanMap,
}

impl<'a> Window<'a> {
    fn new(text: &'a str, first: &Escape) -> Self {
        let start = text.floor_char_boundary(first.range.start.saturating_sub(CONTEXT));
        Self { text, layer: first.layer, start, at: start, said: String::new(), map: SpanMap::default() }
    }

    fn add(&mut self, escape: &Escape) {
        self.copy_to(escape.range.start);
        self.map.push_whole(self.said.len(), escape.range.clone());
        self.said.push(escape.said);
        self.at = escape.range.end;
    }

    fn finish(mut self) -> Decoded {
        self.copy_to(self.text.ceil_char_boundary(self.at + CONTEXT));
        Decoded { layer: self.layer, range: self.start..self.at, text: self.said, map: self.map }
    }

    fn copy_to(&mut self, end: usize) {
        if let Some(plain) = self.text.get(self.at..end).filter(|plain| !plain.is_empty()) {
            self.map.push_verbatim(self.said.len(), self.at..end);
            self.said.push_str(plain);
            self.at = end;
        }
    }
}
