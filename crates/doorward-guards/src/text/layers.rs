//! What is encoded or hidden in a text, as texts of their own.
//!
//! Responsible for finding and decoding one layer; it never judges what it finds.

mod base64;
mod comments;
mod escapes;
mod hex;
mod plausible;
mod references;
mod runs;
mod window;

use std::ops::Range;

use super::{Classes, SpanMap, Text};

/// Shorter runs of digits hold less than a password.
const ENCODED_MIN: usize = 16;

/// How a text was encoded or hidden in another. One of several kinds of escapes is named by the first.
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

/// What is encoded in `text`, one layer deep.
pub(super) fn decode(text: &Text<'_>) -> Vec<Decoded> {
    let mut found = Vec::new();
    let has = |class| text.classes.has(class);
    let text = text.text.as_ref();
    if text.len() >= ENCODED_MIN {
        base64::find(text, &mut found);
        hex::find(text, &mut found);
    }
    if has(Classes::PERCENT.with(Classes::BACKSLASH).with(Classes::AMPERSAND)) {
        escapes::find(text, &mut found);
    }
    if has(Classes::LESS) {
        comments::find(text, &mut found);
    }
    found
}

#[cfg(test)]
mod tests {
    use doorward_mcp::compose::quote;

    use super::*;

    /// What is found in `text` of one layer.
    pub(super) fn check(text: &str, layer: Layer, expected: &[&str]) {
        super::super::tests::check(&quote(text), |texts| {
            let below = texts.iter().filter(|text| text.origin.as_ref().is_some_and(|origin| origin.layer == layer));
            let first = below.filter(|text| text.depth() == 1);
            assert_eq!(first.map(|text| text.text.as_ref()).collect::<Vec<_>>(), expected, "{text}");
        });
    }
}
