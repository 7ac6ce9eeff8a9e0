//! Reading members with their types, and saying where one is wrong.

use std::borrow::Cow;
use std::fmt;

use crate::escape::same_when_folded;
use crate::raw::{Kind, Raw};

/// A known method's params or result do not have the shape the protocol gives them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewError {
    /// Where, as a JSON pointer from the message's root, shortened when it is long.
    pub pointer: String,
    /// What should be there.
    pub expected: &'static str,
}

impl ViewError {
    /// The JSON-RPC error code that answers it when it is about params.
    #[must_use]
    pub fn json_rpc_code(&self) -> i64 {
        -32602
    }
}

impl fmt::Display for ViewError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {} at {}", self.expected, self.pointer)
    }
}

impl std::error::Error for ViewError {}

/// Where a value is. Built on the stack while reading; becomes text only in an error.
#[derive(Clone, Copy)]
pub(super) struct At<'p> {
    parent: Option<&'p At<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Member(&'p str),
    Element(usize),
}

pub(super) const PARAMS: At<'static> = At { parent: None, step: Step::Member("params") };
pub(super) const RESULT: At<'static> = At { parent: None, step: Step::Member("result") };
pub(super) const ERROR: At<'static> = At { parent: None, step: Step::Member("error") };

impl<'p> At<'p> {
    pub(super) fn member(&'p self, name: &'p str) -> At<'p> {
        At { parent: Some(self), step: Step::Member(name) }
    }

    pub(super) fn element(&'p self, index: usize) -> At<'p> {
        At { parent: Some(self), step: Step::Element(index) }
    }

    pub(super) fn error(&self, expected: &'static str) -> ViewError {
        ViewError { pointer: self.pointer(), expected }
    }

    fn pointer(&self) -> String {
        let mut pointer = self.parent.map(At::pointer).unwrap_or_default();
        match self.step {
            Step::Member(name) => pointer.push_str(&shown_step(name)),
            Step::Element(index) => pointer.push_str(&format!("/{index}")),
        }
        pointer
    }
}

/// One step of a pointer. Names come from outside, so they are cut and made printable.
fn shown_step(name: &str) -> String {
    const MOST_CHARACTERS: usize = 64;
    let shown: String = name.chars().take(MOST_CHARACTERS).collect();
    let ellipsis = if shown.len() < name.len() { "…" } else { "" };
    format!("/{}{ellipsis}", shown.replace('~', "~0").replace('/', "~1").escape_debug())
}

/// An object whose known members were found in one pass, to be read by name.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a, 'p, const N: usize> {
    object: Raw<'a>,
    at: At<'p>,
    known: &'p [&'static str; N],
    values: [Option<Raw<'a>>; N],
}

impl<'a, 'p, const N: usize> Fields<'a, 'p, N> {
    /// The value as an object in which none of the `known` names is written in another case. Only those can be read.
    pub(super) fn of(value: Raw<'a>, at: At<'p>, known: &'p [&'static str; N]) -> Result<Self, ViewError> {
        if value.kind() != Kind::Object {
            return Err(at.error("an object"));
        }
        let mut values = [None; N];
        for (name, member) in value.members() {
            let slot = known.iter().zip(&mut values).find(|(candidate, _)| **candidate == name);
            if let Some((_, slot)) = slot {
                *slot = Some(member);
            } else if known.iter().any(|candidate| same_when_folded(candidate, &name)) {
                return Err(at.member(&name).error("a known name in its own case"));
            }
        }
        Ok(Self { object: value, at, known, values })
    }

    /// Params that must be there.
    pub(super) fn params(params: Option<Raw<'a>>, known: &'p [&'static str; N]) -> Result<Self, ViewError> {
        Self::of(params.ok_or_else(|| PARAMS.error("an object"))?, PARAMS, known)
    }

    pub(super) fn raw(&self) -> Raw<'a> {
        self.object
    }

    pub(super) fn at(&'p self, name: &'p str) -> At<'p> {
        self.at.member(name)
    }

    pub(super) fn any(&self, name: &str) -> Result<Raw<'a>, ViewError> {
        self.find(name).ok_or_else(|| self.at.member(name).error("a value"))
    }

    pub(super) fn text(&self, name: &str) -> Result<Cow<'a, str>, ViewError> {
        self.optional_text(name)?.ok_or_else(|| self.at.member(name).error("a string"))
    }

    pub(super) fn optional_text(&self, name: &str) -> Result<Option<Cow<'a, str>>, ViewError> {
        self.optional(name, "a string", |value| value.as_str())
    }

    pub(super) fn optional_flag(&self, name: &str) -> Result<Option<bool>, ViewError> {
        self.optional(name, "a boolean", |value| value.as_bool())
    }

    pub(super) fn object(&self, name: &str) -> Result<Raw<'a>, ViewError> {
        self.optional_object(name)?.ok_or_else(|| self.at.member(name).error("an object"))
    }

    pub(super) fn optional_object(&self, name: &str) -> Result<Option<Raw<'a>>, ViewError> {
        self.optional(name, "an object", |value| (value.kind() == Kind::Object).then_some(value))
    }

    pub(super) fn array(&self, name: &str) -> Result<Raw<'a>, ViewError> {
        self.optional_array(name)?.ok_or_else(|| self.at.member(name).error("an array"))
    }

    pub(super) fn optional_array(&self, name: &str) -> Result<Option<Raw<'a>>, ViewError> {
        self.optional(name, "an array", |value| (value.kind() == Kind::Array).then_some(value))
    }

    pub(super) fn number(&self, name: &str) -> Result<Raw<'a>, ViewError> {
        self.optional_number(name)?.ok_or_else(|| self.at.member(name).error("a number"))
    }

    pub(super) fn optional_number(&self, name: &str) -> Result<Option<Raw<'a>>, ViewError> {
        self.optional(name, "a number", |value| (value.kind() == Kind::Number).then_some(value))
    }

    /// A request id or a progress token.
    pub(super) fn id(&self, name: &str) -> Result<Raw<'a>, ViewError> {
        self.optional_id(name)?.ok_or_else(|| self.at.member(name).error(A_STRING_OR_INTEGER))
    }

    pub(super) fn optional_id(&self, name: &str) -> Result<Option<Raw<'a>>, ViewError> {
        self.optional(name, A_STRING_OR_INTEGER, |value| is_id(value).then_some(value))
    }

    pub(super) fn texts(&self, name: &str) -> Result<Vec<Cow<'a, str>>, ViewError> {
        let array = self.array(name)?;
        read_elements(array, self.at.member(name), |element, at| element.as_str().ok_or_else(|| at.error("a string")))
    }

    pub(super) fn optional_texts(&self, name: &str) -> Result<Vec<Cow<'a, str>>, ViewError> {
        match self.optional_array(name)? {
            Some(_) => self.texts(name),
            None => Ok(Vec::new()),
        }
    }

    /// The member as it stands; `name` must be one of the known names.
    pub(super) fn find(&self, name: &str) -> Option<Raw<'a>> {
        debug_assert!(self.known.contains(&name), "{name} is read but not known");
        self.known.iter().zip(self.values).find(|(candidate, _)| **candidate == name)?.1
    }

    fn optional<T>(
        &self,
        name: &str,
        expected: &'static str,
        read: impl FnOnce(Raw<'a>) -> Option<T>,
    ) -> Result<Option<T>, ViewError> {
        match self.find(name) {
            None => Ok(None),
            Some(value) if value.kind() == Kind::Null => Ok(None),
            Some(value) => read(value).map(Some).ok_or_else(|| self.at.member(name).error(expected)),
        }
    }
}

const A_STRING_OR_INTEGER: &str = "a string or an integer";

fn is_id(value: Raw<'_>) -> bool {
    match value.kind() {
        Kind::String => true,
        Kind::Number => !value.text().contains(['.', 'e', 'E']),
        Kind::Null | Kind::Bool | Kind::Array | Kind::Object => false,
    }
}

/// Every element, or the first error.
pub(super) fn read_elements<'a, T>(
    array: Raw<'a>,
    at: At<'_>,
    read: impl Fn(Raw<'a>, At<'_>) -> Result<T, ViewError>,
) -> Result<Vec<T>, ViewError> {
    array.elements().enumerate().map(|(index, element)| read(element, at.element(index))).collect()
}

/// Every element on its own, so that one bad definition costs only itself.
pub(super) fn read_each<'a, T>(
    array: Raw<'a>,
    at: At<'_>,
    read: impl Fn(Raw<'a>, At<'_>) -> Result<T, ViewError>,
) -> Vec<Result<T, ViewError>> {
    array.elements().enumerate().map(|(index, element)| read(element, at.element(index))).collect()
}
