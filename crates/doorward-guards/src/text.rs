//! The texts of a message: every string in it, wherever it stands, and what was found encoded in those.

mod classes;
mod escape_codes;
mod invisible;
mod joined;
mod layers;
mod letters;
mod lookalike;
mod normal;
mod span_map;

pub use classes::Classes;
pub use joined::Joined;
pub use layers::Layer;
pub use normal::{Normal, Signs};
pub use span_map::SpanMap;

pub(crate) use escape_codes::length as escape_code;
pub(crate) use invisible::{Invisible, invisible};
pub(crate) use letters::{has_case, is_letter};
pub(crate) use lookalike::latin_lookalike;

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;

use doorward_mcp::raw::{Raw, Token};

use crate::limits::{DECODE_DEPTH_MAX, DECODED_BYTES_BASE, DECODED_PER_BYTE, DECODED_TEXTS_MAX, TEXTS_MAX};
use crate::words::{Hits, Words};

/// One string of a message, or what was found encoded in one.
#[derive(Debug)]
pub struct Text<'a> {
    /// Which part of the content it stands in.
    pub part: usize,
    /// The string as written, quotation marks included.
    pub raw: Raw<'a>,
    /// Whether it is a value or the name of a member.
    pub role: Role,
    /// What it says, escapes resolved.
    pub text: Cow<'a, str>,
    /// Where it was found, when it was encoded in another text.
    pub origin: Option<Box<Origin>>,
    /// Which classes of bytes it has.
    pub classes: Classes,
    normal: OnceCell<Box<Normal>>,
}

/// What a string is in its JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The name of a member.
    Name,
    /// A value.
    Value,
}

/// The text in which another was found encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Its place among the texts; always an earlier one.
    pub text: usize,
    /// Which bytes of it.
    pub range: Range<usize>,
    /// How it was encoded or hidden there.
    pub layer: Layer,
    /// How many layers it lies below the string of the message: 1 or more.
    pub depth: u8,
    map: SpanMap,
}

impl Origin {
    /// Which bytes of the earlier text these bytes of the decoded one come from: all of [`Origin::range`] where only the
    /// whole can be encoded again.
    #[must_use]
    pub fn source(&self, range: &Range<usize>) -> Range<usize> {
        if self.layer.is_by_character() { self.map.original(range) } else { self.range.clone() }
    }
}

impl<'a> Text<'a> {
    /// A string of a message.
    #[must_use]
    pub fn new(part: usize, raw: Raw<'a>, role: Role, text: Cow<'a, str>) -> Self {
        let classes = Classes::of(text.as_bytes());
        Self { part, raw, role, text, origin: None, classes, normal: OnceCell::new() }
    }

    /// A string of a message as it stands between its quotation marks.
    fn written(part: usize, raw: Raw<'a>, role: Role, body: &'a str) -> Option<Self> {
        let classes = Classes::of(body.as_bytes());
        if classes.has(Classes::BACKSLASH) {
            return Some(Self::new(part, raw, role, raw.as_str()?));
        }
        Some(Self { part, raw, role, text: Cow::Borrowed(body), origin: None, classes, normal: OnceCell::new() })
    }

    /// What it says without disguise; made when first asked for.
    pub fn normal(&self) -> &Normal {
        self.normal.get_or_init(|| Box::new(Normal::of(&self.text)))
    }

    /// A text found encoded in this one, which stands at `place`.
    fn below(&self, place: usize, found: layers::Decoded) -> Self {
        let depth = self.depth() + 1;
        let origin = Origin { text: place, range: found.range, layer: found.layer, depth, map: found.map };
        Self { origin: Some(Box::new(origin)), ..Self::new(self.part, self.raw, self.role, Cow::Owned(found.text)) }
    }

    /// Whether something may be encoded in it that was not found where it stands.
    fn may_hold_more(&self) -> bool {
        self.origin.as_ref().is_none_or(|origin| origin.depth < DECODE_DEPTH_MAX && origin.layer != Layer::Comment)
    }

    fn depth(&self) -> u8 {
        self.origin.as_ref().map_or(0, |origin| origin.depth)
    }
}

/// The texts of a message, and where the words of guards stand in them.
#[derive(Debug, Default)]
pub(crate) struct Reading<'a> {
    pub(crate) texts: Vec<Text<'a>>,
    pub(crate) hits: Hits,
    /// How many arrays and objects stand within one another.
    pub(crate) depth: usize,
}

/// Reads every string of `parts`, and behind them what was found encoded in them.
///
/// # Errors
/// Says in a sentence why not all of it can be inspected.
pub(crate) fn read<'a>(parts: &[Raw<'a>], words: &Words) -> Result<Reading<'a>, &'static str> {
    let (texts, depth) = strings(parts)?;
    let mut reading = Reading { texts, hits: Hits::default(), depth };
    words.find_all(parts, &reading.texts, &mut reading.hits)?;
    let strings = reading.texts.len();
    let message: usize = parts.iter().map(|part| part.bytes().len()).sum();
    let allowed = DECODED_BYTES_BASE + message.saturating_mul(DECODED_PER_BYTE);
    let mut bytes = 0;
    let mut place = 0;
    while let Some(text) = reading.texts.get(place) {
        if text.origin.is_some() {
            words.find(place, text, &mut reading.hits)?;
        }
        let found = if text.may_hold_more() { layers::decode(text) } else { Vec::new() };
        place += 1;
        if found.is_empty() {
            continue;
        }
        let below: Vec<_> = found.into_iter().map(|found| text.below(place - 1, found)).collect();
        bytes += below.iter().map(|text| text.text.len()).sum::<usize>();
        reading.texts.extend(below);
        if bytes > allowed || reading.texts.len() - strings > DECODED_TEXTS_MAX {
            return Err("Too much is encoded in it.");
        }
    }
    Ok(reading)
}

/// Every string of `parts`, and how deep they are.
fn strings<'a>(parts: &[Raw<'a>]) -> Result<(Vec<Text<'a>>, usize), &'static str> {
    let mut texts = Vec::new();
    let (mut deepest, mut depth) = (0, 0_usize);
    for (part, raw) in parts.iter().enumerate() {
        // Each string is cut out of it, so that what is UTF-8 is told once.
        let (whole, start) = (raw.text(), raw.range().start);
        for token in raw.tokens() {
            let (raw, role) = match token {
                Token::Name(raw) => (raw, Role::Name),
                Token::Scalar(raw) => (raw, Role::Value),
                Token::Open(_) => {
                    depth += 1;
                    deepest = deepest.max(depth);
                    continue;
                }
                Token::Close => {
                    depth = depth.saturating_sub(1);
                    continue;
                }
            };
            let range = raw.range();
            let written = whole.get(range.start - start..range.end - start).unwrap_or_default();
            let Some(body) = written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { continue };
            if texts.len() >= TEXTS_MAX {
                return Err("It has too many texts.");
            }
            texts.extend(Text::written(part, raw, role, body));
        }
    }
    Ok((texts, deepest))
}

#[cfg(test)]
mod tests {
    use doorward_mcp::limits::Limits;
    use doorward_mcp::raw::RawJson;

    use super::*;

    /// Reads the texts of a JSON value.
    pub(super) fn check(json: &str, check: impl FnOnce(&[Text<'_>])) {
        let json = RawJson::parse(json.as_bytes().to_vec(), &Limits::default()).unwrap();
        check(&read(&[json.as_raw()], &Words::new(&[]).unwrap()).unwrap().texts);
    }

    #[test]
    fn every_string_is_a_text_names_too() {
        check(r#"{"a":["b",1,{"c":"d"}]}"#, |texts| {
            let said: Vec<_> = texts.iter().map(|text| (text.role, text.text.as_ref())).collect();
            assert_eq!(said, [(Role::Name, "a"), (Role::Value, "b"), (Role::Name, "c"), (Role::Value, "d")]);
        });
    }
}
