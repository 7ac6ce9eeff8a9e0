//! A piece of a text without what breaks up a token in it, in its own case: the forms of providers tell cases apart.

use std::ops::Range;

/// How much is read before a word.
const BEFORE: usize = 300;

/// How much is read after it.
const AFTER: usize = 1200;

/// A piece of a text, its ASCII characters alone, and where each stands in the text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plain {
    pub(super) text: String,
    places: Vec<usize>,
    end: usize,
}

impl Plain {
    /// The piece around a word; `None` when nothing breaks it up.
    pub(super) fn around(text: &str, word: &Range<usize>) -> Option<Self> {
        let bound = |mut at: usize| {
            while !text.is_char_boundary(at) {
                at += 1;
            }
            at
        };
        let start = bound(word.start.saturating_sub(BEFORE));
        let end = bound((word.end + AFTER).min(text.len()));
        let piece = text.get(start..end)?;
        if piece.is_ascii() {
            return None;
        }
        let mut plain = Self { text: String::with_capacity(piece.len()), places: Vec::new(), end };
        for (at, character) in piece.char_indices() {
            if let Some(ascii) = ascii(character) {
                plain.text.push(ascii);
                plain.places.push(start + at);
            }
        }
        Some(plain)
    }

    /// Where a range of the text lies in the piece.
    pub(super) fn within(&self, range: &Range<usize>) -> Range<usize> {
        let find = |place: usize| self.places.partition_point(|at| *at < place);
        find(range.start)..find(range.end)
    }

    /// Where a range of the piece lies in the text.
    pub(super) fn original(&self, range: &Range<usize>) -> Range<usize> {
        let place = |at: usize| self.places.get(at).copied().unwrap_or(self.end);
        place(range.start)..place(range.end)
    }
}

/// What a character says in ASCII; letters of other scripts end a token, as a blank does.
fn ascii(character: char) -> Option<char> {
    match character {
        _ if character.is_ascii() => Some(character),
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - 0xfee0),
        _ if character.is_alphanumeric() => Some(' '),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_plain_and_leads_back() {
        let text = "a\u{200b}b\u{ff4b}\u{ff45}y=1";
        let plain = Plain::around(text, &(0..1)).unwrap();
        assert_eq!(plain.text, "abkey=1");
        assert_eq!(text.get(plain.original(&(1..5))), Some("b\u{ff4b}\u{ff45}y"));
        assert_eq!(Plain::around("plain", &(0..1)), None);
    }
}
