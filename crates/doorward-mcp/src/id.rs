//! Request ids and progress tokens: a string or an integer, equal only as sent.
//!
//! Responsible for keeping the text of a number, so that `1` and `"1"`, or two integers past 2^53, are never taken
//! for one another. It must never accept a fraction or an exponent: peers disagree on which integer that is.

use std::fmt;

use crate::escape::quote;
use crate::limits::Limits;
use crate::raw::{Kind, Raw};
use crate::rejection::{Rejection, RejectionKind};

/// The id of a request and of its response.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Id {
    /// An integer of any size.
    Number(Integer),
    /// A string.
    String(Box<str>),
}

/// An integer as it was written.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Integer(Box<str>);

/// What a requester wants progress notifications to carry.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProgressToken(Id);

impl Id {
    /// Reads an id from a value such as `params.requestId`.
    ///
    /// # Errors
    /// The id is null, of another type, not an integer, or too long.
    pub fn read(value: Raw<'_>, limits: &Limits) -> Result<Self, Rejection> {
        let refuse = |kind| Err(Rejection::at(kind, value.range().start, "").showing(value.bytes()));
        match value.kind() {
            Kind::Null => refuse(RejectionKind::IdNull),
            Kind::Number if value.bytes().len() > limits.id_bytes => refuse(RejectionKind::IdTooLong),
            Kind::Number => match Integer::new(value.text()) {
                Some(integer) => Ok(Self::Number(integer)),
                None => refuse(RejectionKind::IdNotInteger),
            },
            Kind::String => match value.as_str() {
                Some(text) if text.len() <= limits.id_bytes => Ok(Self::String(text.into())),
                Some(_) | None => refuse(RejectionKind::IdTooLong),
            },
            Kind::Bool | Kind::Array | Kind::Object => refuse(RejectionKind::IdType),
        }
    }

    /// The id as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        match self {
            Self::Number(integer) => integer.as_str().to_owned(),
            Self::String(text) => quote(text),
        }
    }
}

impl From<i64> for Id {
    fn from(number: i64) -> Self {
        Self::Number(Integer(number.to_string().into()))
    }
}

impl From<u64> for Id {
    fn from(number: u64) -> Self {
        Self::Number(Integer(number.to_string().into()))
    }
}

impl From<&str> for Id {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_json())
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({self})")
    }
}

impl Integer {
    /// The integer as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// INVARIANT: `number` is a JSON number.
    fn new(number: &str) -> Option<Self> {
        let digits = number.strip_prefix('-').unwrap_or(number);
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| Self(number.into()))
    }
}

impl fmt::Debug for Integer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl ProgressToken {
    /// Reads a token from a value such as `params.progressToken`.
    ///
    /// # Errors
    /// [`RejectionKind::ProgressToken`] when it is neither a string nor an integer, or too long.
    pub fn read(value: Raw<'_>, limits: &Limits) -> Result<Self, Rejection> {
        Id::read(value, limits)
            .map(Self)
            .map_err(|_| Rejection::at(RejectionKind::ProgressToken, value.range().start, "").showing(value.bytes()))
    }

    /// The token as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.0.to_json()
    }
}

impl From<u64> for ProgressToken {
    fn from(number: u64) -> Self {
        Self(number.into())
    }
}

impl From<&str> for ProgressToken {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<Id> for ProgressToken {
    fn from(id: Id) -> Self {
        Self(id)
    }
}

impl fmt::Display for ProgressToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for ProgressToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProgressToken({self})")
    }
}
