//! Identifiers, each its own type, valid by construction.
//!
//! Never holds a name an upstream gave itself: a [`ServerId`] comes from the configuration alone.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::limits::SERVER_ID_MAX;

/// The configured name of an upstream: 1 to 40 characters of `[a-z0-9-]`, beginning with a letter or digit.
///
/// The short alphabet keeps the id safe in URLs, Cedar ids, tool prefixes and file names alike.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Box<str>", into = "Box<str>")]
pub struct ServerId(Arc<str>);

/// Why a text is not a [`ServerId`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerIdError {
    /// Nothing, or more than the limit.
    #[error("a server id has 1 to {SERVER_ID_MAX} characters, this one has {0}")]
    Length(usize),
    /// A character outside `[a-z0-9-]`, or a leading hyphen.
    #[error("a server id holds only a-z, 0-9 and '-', and does not begin with '-'")]
    Alphabet,
}

impl ServerId {
    /// Checks `text` and keeps it.
    ///
    /// # Errors
    /// [`ServerIdError`] names what is wrong.
    pub fn parse(text: &str) -> Result<Self, ServerIdError> {
        if text.is_empty() || text.len() > SERVER_ID_MAX {
            return Err(ServerIdError::Length(text.chars().count()));
        }
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if text.starts_with('-') || !text.chars().all(allowed) {
            return Err(ServerIdError::Alphabet);
        }
        Ok(Self(Arc::from(text)))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<Box<str>> for ServerId {
    type Error = ServerIdError;

    fn try_from(text: Box<str>) -> Result<Self, ServerIdError> {
        Self::parse(&text)
    }
}

impl From<ServerId> for Box<str> {
    fn from(id: ServerId) -> Self {
        Self::from(id.as_str())
    }
}

impl From<ServerId> for Arc<str> {
    fn from(id: ServerId) -> Self {
        id.0
    }
}

impl fmt::Display for ServerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One exchange, across the intent record, the outcome record, the log and the reference a refusal shows.
///
/// The first 48 bits are milliseconds since 1970 (as in UUID version 7, RFC 9562 §5.7), so ids sort by time and an
/// index over them grows at its end; the other 80 bits come from the shell's randomness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExchangeId(u128);

impl ExchangeId {
    /// Joins a time in milliseconds with 80 random bits (the low bits of `random`).
    #[must_use]
    pub const fn from_parts(unix_millis: u64, random: u128) -> Self {
        Self(((unix_millis as u128) << 80) | (random & ((1 << 80) - 1)))
    }

    /// The id as 16 bytes, most significant first.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// The id from its 16 bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }

    /// Reads the 32 hexadecimal digits that [`fmt::Display`] writes; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 32 {
            return None;
        }
        u128::from_str_radix(text, 16).ok().map(Self)
    }
}

impl fmt::Display for ExchangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_ids_accept_and_refuse() {
        let longest = "a".repeat(SERVER_ID_MAX);
        for good in ["a", "git", "my-server-2", "0", longest.as_str()] {
            assert!(ServerId::parse(good).is_ok(), "{good}");
        }
        let too_long = "a".repeat(SERVER_ID_MAX + 1);
        for bad in ["", "-a", "A", "a_b", "a/b", "é", "a b", too_long.as_str()] {
            assert!(ServerId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn exchange_ids_sort_by_time_and_round_trip() {
        let early = ExchangeId::from_parts(1, u128::MAX);
        let late = ExchangeId::from_parts(2, 0);
        assert!(early < late);
        assert_eq!(ExchangeId::parse(&early.to_string()), Some(early));
        assert_eq!(ExchangeId::from_bytes(late.to_bytes()), late);
        assert_eq!(ExchangeId::parse("xyz"), None);
    }
}
