//! A text without what breaks up a secret in it, in its own case: the forms of providers tell cases apart.

use std::ops::Range;

use crate::text::escape_code;

/// What the codes of terminals begin with.
const ESCAPE: u8 = 0x1b;

/// How much is read before a word.
const BEFORE: usize = 300;

/// How much is read after it.
const AFTER: usize = 1200;

/// Characters of a text, and where each stands in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plain {
    pub(super) text: String,
    runs: Vec<Run>,
}

/// Characters that follow each other in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    /// Where it starts in the plain text.
    start: usize,
    /// Where it starts in the text.
    original: usize,
    /// Bytes of each of its characters there.
    width: usize,
}

impl Plain {
    /// The piece around a word, its ASCII characters alone without the codes of terminals; `None` when nothing else is in it.
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
        let is_plain = piece.is_ascii() && memchr::memchr(ESCAPE, piece.as_bytes()).is_none();
        if is_plain { None } else { Some(Self::of(piece, start, ascii)) }
    }

    /// The whole text without blanks, quotation marks, and what nobody sees; `None` when there are none.
    pub(super) fn squeezed(text: &str) -> Option<Self> {
        let squeezed = Self::of(text, 0, |character| match character {
            ' ' | '\t' | '\r' | '\n' | '"' | '\'' | '`' | ',' | '\\' => None,
            _ => ascii(character),
        });
        if squeezed.text.len() == text.len() { None } else { Some(squeezed) }
    }

    /// The whole text with the escapes of URLs resolved where they are ASCII; `None` when there are none.
    pub(super) fn unescaped(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        let mut plain = Self { text: String::with_capacity(text.len()), runs: Vec::new() };
        let (mut at, mut width) = (0, 0);
        while let Some(byte) = bytes.get(at) {
            let code = || Some(digit(at + 1)? << 4 | digit(at + 2)?);
            let escaped = (*byte == b'%').then(code).flatten().and_then(|code| u8::try_from(code).ok());
            let said = escaped.filter(u8::is_ascii);
            let next = if said.is_some() { 3 } else { 1 };
            if next != width {
                width = next;
                plain.runs.push(Run { start: plain.text.len(), original: at, width });
            }
            // What is not ASCII parts what stands around it.
            plain.text.push(char::from(*said.as_ref().unwrap_or(byte).min(&0x7f)));
            at += next;
        }
        if plain.text.len() == text.len() { None } else { Some(plain) }
    }

    fn of(piece: &str, start: usize, read: impl Fn(char) -> Option<char>) -> Self {
        let mut plain = Self { text: String::with_capacity(piece.len()), runs: Vec::new() };
        let (mut next, mut width, mut shown) = (usize::MAX, 0, 0);
        for (at, character) in piece.char_indices() {
            if at >= shown && character == char::from(ESCAPE) {
                shown = at + piece.get(at..).and_then(escape_code).unwrap_or_default();
            }
            let Some(ascii) = read(character).filter(|_| at >= shown) else { continue };
            if start + at != next || character.len_utf8() != width {
                width = character.len_utf8();
                plain.runs.push(Run { start: plain.text.len(), original: start + at, width });
            }
            next = start + at + width;
            plain.text.push(ascii);
        }
        plain
    }

    /// Where a range of the text lies in the piece.
    pub(super) fn within(&self, range: &Range<usize>) -> Range<usize> {
        let find = |place: usize| {
            let run = self.runs.partition_point(|run| run.original <= place).checked_sub(1);
            let next = run.map_or(0, |run| run + 1);
            let limit = self.runs.get(next).map_or(self.text.len(), |next| next.start);
            let inside =
                run.and_then(|run| self.runs.get(run)).map(|run| run.start + (place - run.original) / run.width.max(1));
            inside.unwrap_or(limit).min(limit)
        };
        find(range.start)..find(range.end)
    }

    /// Where a range of the piece lies in the text; what was left out within it is part of it.
    pub(super) fn original(&self, range: &Range<usize>) -> Range<usize> {
        let place = |at: usize| {
            let run =
                self.runs.partition_point(|run| run.start <= at).checked_sub(1).and_then(|run| self.runs.get(run));
            run.map_or((0, 0), |run| (run.original + (at - run.start) * run.width, run.width))
        };
        let start = place(range.start).0;
        let last = range.end.checked_sub(1).filter(|last| *last >= range.start).map(place);
        start..last.map_or(start, |(last, width)| last + width)
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
        let unescaped = Plain::unescaped("%61b%zz%63").unwrap();
        assert_eq!((unescaped.text.as_str(), unescaped.original(&(0..6))), ("ab%zzc", 0..10));
        let squeezed = Plain::squeezed("a 'b' c").unwrap();
        assert_eq!((squeezed.text.as_str(), squeezed.original(&(0..2))), ("abc", 0..4));
    }
}
