//! Header values that may be any text: plain where that is safe, otherwise base64 between `=?base64?` and `?=`.
//!
//! Decoding must never guess: what is wrapped but does not decode is an error, what is not wrapped is literal.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const PREFIX: &str = "=?base64?";
const SUFFIX: &str = "?=";

/// A header value that stands for no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadHeaderValue {
    /// It holds something other than printable ASCII.
    #[error("the value has characters that a header may not have")]
    Characters,
    /// What is between the marks is not base64.
    #[error("the value is marked as base64 but is not")]
    Base64,
    /// It is base64, but not of UTF-8.
    #[error("the decoded value is not UTF-8")]
    Utf8,
}

/// Writes any text as a header value.
#[must_use]
pub fn encode(text: &str) -> Cow<'_, str> {
    if is_plain(text) { Cow::Borrowed(text) } else { Cow::Owned(format!("{PREFIX}{}{SUFFIX}", STANDARD.encode(text))) }
}

/// Reads the text that a header value stands for. Spaces and tabs around it are not part of it.
///
/// # Errors
///
/// [`BadHeaderValue`] when it stands for none.
pub fn decode(value: &[u8]) -> Result<Cow<'_, str>, BadHeaderValue> {
    let text = std::str::from_utf8(value).map_err(|_| BadHeaderValue::Characters)?;
    let text = text.trim_matches([' ', '\t']);
    if !text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t')) {
        return Err(BadHeaderValue::Characters);
    }
    let Some(wrapped) = unwrap(text) else {
        return Ok(Cow::Borrowed(text));
    };
    let decoded = STANDARD.decode(wrapped).map_err(|_| BadHeaderValue::Base64)?;
    String::from_utf8(decoded).map(Cow::Owned).map_err(|_| BadHeaderValue::Utf8)
}

/// Whether the text survives as it is: printable ASCII, no space at either end, not itself wrapped.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        && !text.starts_with(' ')
        && !text.ends_with(' ')
        && unwrap(text).is_none()
}

fn unwrap(text: &str) -> Option<&str> {
    text.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)
}
