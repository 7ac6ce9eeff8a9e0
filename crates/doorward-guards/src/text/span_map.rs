//! The way back from the bytes of a derived text to the bytes it was derived from.
//!
//! Responsible for positions only; it never holds or compares text.

use std::ops::Range;

/// Which bytes of the source each byte of a derived text comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpanMap {
    /// In the order of the derived text, without gaps there. Empty when both are alike, byte for byte.
    pieces: Vec<Piece>,
    /// What is added to every place in the source.
    offset: u32,
}

/// Neighbouring bytes that were derived in one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    derived: u32,
    source: u32,
    source_len: u32,
    /// Byte for byte the same length, so that a part of it has a part of the source.
    verbatim: bool,
}

impl SpanMap {
    /// The map of a text that stands byte for byte in its source, from `offset` on.
    #[must_use]
    pub fn verbatim(offset: usize) -> Self {
        Self { pieces: Vec::new(), offset: narrow(offset) }
    }

    /// The smallest range of the source that `range` was derived from.
    #[must_use]
    pub fn original(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.piece_at(range.start).map_or(range.start, |piece| piece.start_of(range.start));
        let last = range.end.max(range.start + 1) - 1;
        let end = self.piece_at(last).map_or(range.end, |piece| piece.end_of(last));
        let end = if range.is_empty() { start } else { end.max(start) };
        let offset = self.offset as usize;
        start + offset..end + offset
    }

    /// Which bytes of the derived text may say what the source does not: `reach` bytes before and after every place where it
    /// does not go on as the source does.
    pub(crate) fn changed(&self, reach: usize) -> impl Iterator<Item = Range<usize>> {
        let is_same = |piece: &&Piece| piece.verbatim && piece.derived == 0 && piece.source == 0;
        let own = usize::from(self.pieces.first().as_ref().is_some_and(is_same));
        self.pieces.iter().skip(own).map(move |piece| {
            let start = piece.derived as usize;
            start.saturating_sub(reach)..start + reach
        })
    }

    /// Notes that the next bytes of the derived text stand in the source as they are.
    pub(crate) fn push_verbatim(&mut self, derived: usize, source: Range<usize>) {
        let same = |piece: &&mut Piece| {
            piece.verbatim
                && piece.source + piece.source_len == narrow(source.start)
                && piece.derived + piece.source_len == narrow(derived)
        };
        match self.pieces.last_mut().filter(same) {
            Some(piece) => piece.source_len += narrow(source.len()),
            None => self.push_piece(derived, source, true),
        }
    }

    /// Notes that the next bytes of the derived text were made of these bytes of the source as a whole.
    pub(crate) fn push_whole(&mut self, derived: usize, source: Range<usize>) {
        self.push_piece(derived, source, false);
    }

    fn push_piece(&mut self, derived: usize, source: Range<usize>, verbatim: bool) {
        let (derived, source_len) = (narrow(derived), narrow(source.len()));
        self.pieces.push(Piece { derived, source: narrow(source.start), source_len, verbatim });
    }

    fn piece_at(&self, derived: usize) -> Option<&Piece> {
        let after = self.pieces.partition_point(|piece| piece.derived as usize <= derived);
        self.pieces.get(after.checked_sub(1)?)
    }
}

impl Piece {
    fn start_of(&self, derived: usize) -> usize {
        let into = if self.verbatim { derived - self.derived as usize } else { 0 };
        self.source as usize + into.min(self.source_len as usize)
    }

    fn end_of(&self, last: usize) -> usize {
        let source_len = self.source_len as usize;
        let into = if self.verbatim { last + 1 - self.derived as usize } else { source_len };
        self.source as usize + into.min(source_len)
    }
}

/// No message is as long as 4 GiB: the limits of messages are far below.
fn narrow(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verbatim_map_adds_its_offset() {
        assert_eq!(SpanMap::default().original(&(3..5)), 3..5);
        assert_eq!(SpanMap::verbatim(7).original(&(3..5)), 10..12);
    }

    #[test]
    fn what_was_made_as_a_whole_goes_back_as_a_whole() {
        // Source `ab&amp;cd`, derived `ab&cd`.
        let mut map = SpanMap::default();
        map.push_verbatim(0, 0..1);
        map.push_verbatim(1, 1..2);
        map.push_whole(2, 2..7);
        map.push_verbatim(3, 7..9);
        assert_eq!(map.original(&(0..2)), 0..2);
        assert_eq!(map.original(&(2..3)), 2..7);
        assert_eq!(map.original(&(1..4)), 1..8);
        assert_eq!(map.original(&(4..5)), 8..9);
        assert_eq!(map.original(&(3..3)), 7..7);
    }

    #[test]
    fn what_was_left_out_belongs_to_what_stands_around_it() {
        // Source `a..b`, derived `ab`.
        let mut map = SpanMap::default();
        map.push_verbatim(0, 0..1);
        map.push_verbatim(1, 3..4);
        assert_eq!(map.original(&(0..2)), 0..4);
        assert_eq!(map.original(&(1..2)), 3..4);
    }
}
