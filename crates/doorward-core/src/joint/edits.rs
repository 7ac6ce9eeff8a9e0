//! Edits of strings and objects inside a message, on top of the splice.
//!
//! Responsible for edits that touch nothing but what they are asked to. It must never parse or judge.

use bytes::Bytes;
use doorward_mcp::compose::quote;
use doorward_mcp::raw::{Kind, Raw};
use doorward_mcp::splice::{Segments, Splice};

/// Edits against one message or one part of it.
pub(super) struct Edits {
    splice: Splice,
}

impl Edits {
    pub(super) fn new(original: &Bytes) -> Self {
        Self { splice: Splice::new(original) }
    }

    /// Replaces a string with what `change` makes of it; anything else stays.
    pub(super) fn text(&mut self, value: Option<Raw<'_>>, change: impl FnOnce(&str) -> Option<String>) {
        let Some(value) = value else { return };
        if let Some(text) = value.as_str().and_then(|text| change(&text)) {
            self.json(value, quote(&text));
        }
    }

    /// Replaces a value.
    pub(super) fn json(&mut self, value: Raw<'_>, json: impl Into<Bytes>) {
        let replaced = self.splice.replace(value.range(), json).is_ok();
        debug_assert!(replaced, "parts of a message are edited once");
    }

    /// Puts members in front of those an object has.
    pub(super) fn prepend(&mut self, object: Raw<'_>, members: &str) {
        let comma = if object.named_values().next().is_some() { "," } else { "" };
        let at = object.range().start + 1;
        let inserted = self.splice.replace(at..at, format!("{members}{comma}")).is_ok();
        debug_assert!(inserted, "nothing else is edited at the start of an object");
    }

    /// Removes the elements of an array that `keep` does not want.
    pub(super) fn keep_elements(&mut self, array: Raw<'_>, keep: impl Fn(Raw<'_>) -> bool) {
        let keep: Vec<bool> = array.elements().map(keep).collect();
        let filtered = array.kind() != Kind::Array || self.splice.filter_array(array, &keep).is_ok();
        debug_assert!(filtered, "parts of a message are edited once");
    }

    /// Removes the members of an object that `keep` does not want, each with one comma.
    pub(super) fn keep_members(&mut self, object: Raw<'_>, keep: impl Fn(&str) -> bool) {
        let mut kept_end = None;
        let mut dropped_from = None;
        for (name, value) in object.named_values() {
            let (start, end) = (name.range().start, value.range().end);
            if !name.as_str().is_some_and(|name| keep(&name)) {
                // After a kept member the comma before goes along, at the front the comma after.
                let from = *dropped_from.get_or_insert(kept_end.unwrap_or(start));
                if kept_end.is_some() {
                    self.remove(from, end);
                    (dropped_from, kept_end) = (None, Some(end));
                }
                continue;
            }
            if let Some(from) = dropped_from.take() {
                self.remove(from, start);
            }
            kept_end = Some(end);
        }
        if let Some(from) = dropped_from {
            let end = object.named_values().last().map_or(from, |(_, value)| value.range().end);
            self.remove(from, end);
        }
    }

    pub(super) fn finish(self) -> Segments {
        self.splice.finish()
    }

    fn remove(&mut self, start: usize, end: usize) {
        let removed = self.splice.replace(start..end, Bytes::new()).is_ok();
        debug_assert!(removed, "parts of a message are edited once");
    }
}
