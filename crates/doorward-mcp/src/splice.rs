//! Changing parts of a message while every other byte stays as it came.
//!
//! Responsible for edits by range. It must never re-serialise: what no edit covers is shared with the original.

use std::ops::Range;

use bytes::Bytes;

use crate::id::{Id, ProgressToken};
use crate::message::{Notification, Request, Response};
use crate::raw::{Kind, Raw};

/// Edits collected against one message.
#[derive(Clone, Debug)]
pub struct Splice {
    original: Bytes,
    /// INVARIANT: in order, inside the original, without overlap.
    edits: Vec<Edit>,
}

#[derive(Clone, Debug)]
struct Edit {
    range: Range<usize>,
    replacement: Bytes,
}

/// Why an edit was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpliceError {
    /// The range ends before it starts or past the end of the message.
    #[error("the edit lies outside the message")]
    OutOfRange,
    /// Another edit covers a part of the range.
    #[error("the edit overlaps another one")]
    Overlap,
    /// The value to filter is not an array.
    #[error("the value to filter is not an array")]
    NotAnArray,
}

/// Bytes to write one after another: parts of the original and what replaced the rest.
#[derive(Clone, Debug, Default)]
pub struct Segments {
    parts: Vec<Bytes>,
}

impl Splice {
    /// Starts with no edits.
    #[must_use]
    pub fn new(original: &Bytes) -> Self {
        Self { original: original.clone(), edits: Vec::new() }
    }

    /// Replaces `range`; an empty range inserts. Insertions at one place stay in the order they were asked for.
    ///
    /// # Errors
    /// The range is outside the message or overlaps an earlier edit.
    pub fn replace(&mut self, range: Range<usize>, with: impl Into<Bytes>) -> Result<&mut Self, SpliceError> {
        if range.start > range.end || range.end > self.original.len() {
            return Err(SpliceError::OutOfRange);
        }
        // Ranges are half-open: touching is not overlapping, and an insertion inside a replaced range is.
        let place = self.edits.partition_point(|edit| {
            edit.range.end <= range.start
                && !(range.is_empty() && edit.range.start == range.start && !edit.range.is_empty())
        });
        if self.edits.get(place).is_some_and(|next| next.range.start < range.end) {
            return Err(SpliceError::Overlap);
        }
        self.edits.insert(place, Edit { range, replacement: with.into() });
        Ok(self)
    }

    /// Removes the elements of `array` whose place in `keep` is `false` or missing.
    ///
    /// # Errors
    /// `array` is not an array, or an earlier edit lies in it.
    pub fn filter_array(&mut self, array: Raw<'_>, keep: &[bool]) -> Result<&mut Self, SpliceError> {
        if array.kind() != Kind::Array {
            return Err(SpliceError::NotAnArray);
        }
        let mut last_kept_end = None;
        let mut dropped: Option<Range<usize>> = None;
        for (index, element) in array.elements().enumerate() {
            let range = element.range();
            if !keep.get(index).copied().unwrap_or(false) {
                // A run after a kept element takes the comma before it along.
                let start = dropped.map_or(last_kept_end.unwrap_or(range.start), |run| run.start);
                dropped = Some(start..range.end);
                continue;
            }
            if let Some(run) = dropped.take() {
                // A run at the front takes the comma after it along.
                let end = if last_kept_end.is_some() { run.end } else { range.start };
                self.replace(run.start..end, Bytes::new())?;
            }
            last_kept_end = Some(range.end);
        }
        match dropped {
            Some(run) => self.replace(run, Bytes::new()),
            None => Ok(self),
        }
    }

    /// The edited message.
    #[must_use]
    pub fn finish(self) -> Segments {
        let mut parts = Vec::with_capacity(self.edits.len() * 2 + 1);
        let mut at = 0;
        for edit in self.edits {
            push_part(&mut parts, self.original.slice(at..edit.range.start));
            push_part(&mut parts, edit.replacement);
            at = edit.range.end;
        }
        push_part(&mut parts, self.original.slice(at..));
        Segments { parts }
    }

    /// For ranges of different parts of one message, which cannot overlap.
    fn replacing(mut self, part: Raw<'_>, json: String) -> Self {
        let replaced = self.replace(part.range(), json).is_ok();
        debug_assert!(replaced, "parts of a message do not overlap");
        self
    }
}

impl Segments {
    /// The parts, none of them empty.
    #[must_use]
    pub fn parts(&self) -> &[Bytes] {
        &self.parts
    }

    /// Bytes in all parts together.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parts.iter().map(Bytes::len).sum()
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The parts as one piece; copies only when there are several.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        if let [only] = self.parts.as_slice() {
            return only.clone();
        }
        self.parts.concat().into()
    }

    /// The parts, given up.
    #[must_use]
    pub fn into_parts(self) -> Vec<Bytes> {
        self.parts
    }
}

impl From<Bytes> for Segments {
    fn from(bytes: Bytes) -> Self {
        let mut parts = Vec::new();
        push_part(&mut parts, bytes);
        Self { parts }
    }
}

impl Request {
    /// This request under another id.
    #[must_use]
    pub fn with_id(&self, id: &Id) -> Segments {
        self.splice_id(id).finish()
    }

    /// This request under another id and, if it asks for progress, another progress token.
    #[must_use]
    pub fn with_id_and_progress_token(&self, id: &Id, token: &ProgressToken) -> Segments {
        let splice = self.splice_id(id);
        match self.raw_progress_token() {
            Some(own) => splice.replacing(own, token.to_json()).finish(),
            None => splice.finish(),
        }
    }

    fn splice_id(&self, id: &Id) -> Splice {
        Splice::new(self.bytes()).replacing(self.raw_id(), id.to_json())
    }
}

impl Notification {
    /// This notification with one member of its params replaced, if it is there.
    #[must_use]
    pub fn with_param(&self, name: &str, json: String) -> Segments {
        let splice = Splice::new(self.bytes());
        match self.param(name) {
            Some(value) => splice.replacing(value, json).finish(),
            None => splice.finish(),
        }
    }
}

impl Response {
    /// This response under another id; unchanged if it has none.
    #[must_use]
    pub fn with_id(&self, id: &Id) -> Segments {
        let splice = Splice::new(self.bytes());
        match self.raw_id() {
            Some(own) => splice.replacing(own, id.to_json()).finish(),
            None => splice.finish(),
        }
    }
}

/// `message` without the elements of `array` whose place in `keep` is `false` or missing.
///
/// # Errors
/// `array` is not an array of `message`.
pub fn filter_array(message: &Bytes, array: Raw<'_>, keep: &[bool]) -> Result<Segments, SpliceError> {
    let mut splice = Splice::new(message);
    splice.filter_array(array, keep)?;
    Ok(splice.finish())
}

fn push_part(parts: &mut Vec<Bytes>, part: Bytes) {
    if !part.is_empty() {
        parts.push(part);
    }
}
