//! What is encoded or hidden in a text, as texts of their own.
//!
//! Responsible for finding and decoding, to a depth and an amount; it never judges what it finds. A message with more
//! encoded in it than can be looked at is not passed on.

mod base64;
mod escapes;
mod hex;
mod markup;
mod plausible;
mod runs;
mod window;

use std::ops::Range;

use super::{SpanMap, Text};
use crate::limits::{DECODE_DEPTH_MAX, DECODED_BYTES_MAX, DECODED_TEXTS_MAX};

/// How a text was encoded or hidden in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// Base64, of either alphabet, with or without padding; data URLs too.
    Base64,
    /// Pairs of hexadecimal digits.
    Hex,
    /// `%41`.
    Percent,
    /// `&#65;` and `&lt;`.
    Entities,
    /// Backslash escapes: JSON or code within a string.
    Escapes,
    /// A comment of HTML, which is there in full but not displayed.
    Comment,
}

impl Layer {
    /// Whether each character was encoded by itself, so that a part can be replaced where it stands.
    #[must_use]
    pub const fn is_by_character(self) -> bool {
        match self {
            Self::Base64 | Self::Hex => false,
            Self::Percent | Self::Entities | Self::Escapes | Self::Comment => true,
        }
    }
}

/// A text found in another.
#[derive(Debug)]
pub(super) struct Decoded {
    pub(super) layer: Layer,
    /// Which bytes of the text it was found in.
    pub(super) range: Range<usize>,
    pub(super) text: String,
    /// From its bytes to those of the text it was found in.
    pub(super) map: SpanMap,
}

/// Adds what is encoded in `texts` behind them, and what is encoded in that.
pub(super) fn add(texts: &mut Vec<Text<'_>>) -> Result<(), &'static str> {
    let strings = texts.len();
    let mut bytes = 0;
    let mut place = 0;
    while let Some(text) = texts.get(place) {
        if text.depth() >= DECODE_DEPTH_MAX {
            break;
        }
        let below: Vec<_> = decode(&text.text).into_iter().map(|found| text.below(place, found)).collect();
        bytes += below.iter().map(|text| text.text.len()).sum::<usize>();
        texts.extend(below);
        if bytes > DECODED_BYTES_MAX || texts.len() - strings > DECODED_TEXTS_MAX {
            return Err("Too much is encoded in it.");
        }
        place += 1;
    }
    Ok(())
}

fn decode(text: &str) -> Vec<Decoded> {
    let mut found = Vec::new();
    base64::find(text, &mut found);
    hex::find(text, &mut found);
    escapes::find_percent(text, &mut found);
    escapes::find_backslash(text, &mut found);
    markup::find_entities(text, &mut found);
    markup::find_comments(text, &mut found);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found in `text` of one layer.
    pub(super) fn check(text: &str, layer: Layer, expected: &[&str]) {
        let found = decode(text);
        let said: Vec<_> = found.iter().filter(|found| found.layer == layer).map(|found| found.text.as_str()).collect();
        assert_eq!(said, expected, "{text}");
    }
}
