//! The texts of a message: every string in it, wherever it stands.

use std::borrow::Cow;
use std::ops::Range;

use doorward_mcp::raw::{Raw, Token};

use crate::limits::TEXTS_MAX;

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
    pub origin: Option<Origin>,
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
}

/// Every string of `parts`; `None` when there are too many.
pub(crate) fn texts<'a>(parts: &[Raw<'a>]) -> Option<Vec<Text<'a>>> {
    let mut texts = Vec::new();
    for (part, raw) in parts.iter().enumerate() {
        for token in raw.tokens() {
            let (raw, role) = match token {
                Token::Name(raw) => (raw, Role::Name),
                Token::Scalar(raw) => (raw, Role::Value),
                Token::Open(_) | Token::Close => continue,
            };
            let Some(text) = raw.as_str() else { continue };
            if texts.len() >= TEXTS_MAX {
                return None;
            }
            texts.push(Text { part, raw, role, text, origin: None });
        }
    }
    Some(texts)
}
