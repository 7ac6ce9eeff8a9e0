//! Conditions in the forms that are tried without Cedar.

use serde_json::Value;

use super::values::{Called, Found, Place, Scalar};

/// A condition.
#[derive(Debug)]
pub(super) enum Test {
    /// Settled before the call.
    Fixed(bool),
    /// `has`, of an argument or of its facts.
    Has(usize),
    /// The value itself.
    IsTrue(Place),
    /// `==`
    Equals(Place, Constant),
    /// `[…].contains(value)`
    OneOf(Place, Vec<Constant>),
    /// `like`
    Like(Place, Pattern),
    /// `<`
    Below(Place, i64),
    /// `<=`
    AtMost(Place, i64),
    /// `value.contains(…)`
    Contains(Place, Constant),
    /// `value.containsAll([…])`
    ContainsAll(Place, Vec<Constant>),
    /// `value.containsAny([…])`, and the same turned round
    ContainsAny(Place, Vec<Constant>),
    /// `[…].containsAll(value)`
    Within(Place, Vec<Constant>),
    /// `value.isEmpty()`
    IsEmpty(Place),
    /// `!`
    Not(Box<Self>),
    /// `&&`
    Both(Box<(Self, Self)>),
    /// `||`
    Either(Box<(Self, Self)>),
    /// `if`, `then`, `else`
    If(Box<(Self, Self, Self)>),
}

/// A value that stands in a rule.
#[derive(Debug)]
pub(super) enum Constant {
    Text(Box<str>),
    Truth(bool),
    Whole(i64),
}

/// The literal parts of a `like` pattern; a wildcard stands between each two.
#[derive(Debug)]
pub(super) struct Pattern {
    first: String,
    rest: Vec<String>,
}

impl Test {
    /// The answer, when it was settled before the call.
    pub(super) const fn fixed(&self) -> Option<bool> {
        if let Self::Fixed(holds) = self { Some(*holds) } else { None }
    }

    /// The contrary.
    pub(super) fn not(self) -> Self {
        if let Self::Fixed(holds) = self { Self::Fixed(!holds) } else { Self::Not(Box::new(self)) }
    }

    /// Both of them, in this order.
    pub(super) fn and(self, other: Self) -> Self {
        match self.fixed() {
            Some(true) => other,
            Some(false) => self,
            None => Self::Both(Box::new((self, other))),
        }
    }

    /// `None` when it looks at something that is not there, or not of the type it needs.
    pub(super) fn holds(&self, called: &Called<'_>) -> Option<bool> {
        match self {
            Self::Fixed(holds) => Some(*holds),
            Self::Has(argument) => called.has(*argument),
            Self::IsTrue(place) => called.find(place)?.truth(),
            Self::Equals(place, constant) => constant.is(called.find(place)?),
            Self::OneOf(place, constants) => one_of(called.find(place)?, constants),
            Self::Like(place, pattern) => called.find(place)?.text().map(|text| pattern.matches(text)),
            Self::Below(place, bound) => called.find(place)?.whole().map(|number| number < *bound),
            Self::AtMost(place, bound) => called.find(place)?.whole().map(|number| number <= *bound),
            Self::Contains(place, constant) => constant.is_in(called.find(place)?),
            Self::ContainsAll(place, constants) => all_in(called.find(place)?, constants),
            Self::ContainsAny(place, constants) => any_in(called.find(place)?, constants),
            Self::Within(place, constants) => within(called.find(place)?, constants),
            Self::IsEmpty(place) => called.find(place)?.is_empty(),
            Self::Not(inner) => inner.holds(called).map(|holds| !holds),
            Self::Both(parts) => {
                if parts.0.holds(called)? {
                    parts.1.holds(called)
                } else {
                    Some(false)
                }
            }
            Self::Either(parts) => {
                if parts.0.holds(called)? {
                    Some(true)
                } else {
                    parts.1.holds(called)
                }
            }
            Self::If(parts) => if parts.0.holds(called)? { &parts.1 } else { &parts.2 }.holds(called),
        }
    }
}

impl<'a> Found<'a> {
    const fn text(self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Truth(_) | Self::Whole(_) | Self::Texts(_) | Self::Wholes(_) => None,
        }
    }

    const fn truth(self) -> Option<bool> {
        match self {
            Self::Truth(truth) => Some(truth),
            Self::Text(_) | Self::Whole(_) | Self::Texts(_) | Self::Wholes(_) => None,
        }
    }

    const fn whole(self) -> Option<i64> {
        match self {
            Self::Whole(number) => Some(number),
            Self::Text(_) | Self::Truth(_) | Self::Texts(_) | Self::Wholes(_) => None,
        }
    }

    const fn is_empty(self) -> Option<bool> {
        match self {
            Self::Texts(texts) => Some(texts.is_empty()),
            Self::Wholes(numbers) => Some(numbers.is_empty()),
            Self::Text(_) | Self::Truth(_) | Self::Whole(_) => None,
        }
    }
}

impl Constant {
    /// What stands in Cedar's JSON form below `Value`.
    pub(super) fn bare(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(Self::Text(text.as_str().into())),
            Value::Bool(truth) => Some(Self::Truth(*truth)),
            Value::Number(number) => number.as_i64().map(Self::Whole),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// Its type.
    pub(super) const fn scalar(&self) -> Scalar {
        match self {
            Self::Text(_) => Scalar::Text,
            Self::Truth(_) => Scalar::Truth,
            Self::Whole(_) => Scalar::Whole,
        }
    }

    /// `None` when the two are of different types.
    fn is(&self, found: Found<'_>) -> Option<bool> {
        match (self, found) {
            (Self::Text(constant), Found::Text(text)) => Some(**constant == *text),
            (Self::Truth(constant), Found::Truth(truth)) => Some(*constant == truth),
            (Self::Whole(constant), Found::Whole(number)) => Some(*constant == number),
            (Self::Text(_) | Self::Truth(_) | Self::Whole(_), _) => None,
        }
    }

    /// `None` when it is no set, or one of another type.
    fn is_in(&self, found: Found<'_>) -> Option<bool> {
        match (self, found) {
            (Self::Text(constant), Found::Texts(texts)) => Some(texts.iter().any(|text| **text == **constant)),
            (Self::Whole(constant), Found::Wholes(numbers)) => Some(numbers.contains(constant)),
            (Self::Text(_) | Self::Truth(_) | Self::Whole(_), _) => None,
        }
    }
}

fn one_of(found: Found<'_>, constants: &[Constant]) -> Option<bool> {
    let mut any = false;
    for constant in constants {
        any |= constant.is(found)?;
    }
    Some(any)
}

fn all_in(set: Found<'_>, constants: &[Constant]) -> Option<bool> {
    set.is_empty()?;
    let mut all = true;
    for constant in constants {
        all &= constant.is_in(set)?;
    }
    Some(all)
}

fn any_in(set: Found<'_>, constants: &[Constant]) -> Option<bool> {
    set.is_empty()?;
    let mut any = false;
    for constant in constants {
        any |= constant.is_in(set)?;
    }
    Some(any)
}

/// Whether all of a set is among the constants.
fn within(set: Found<'_>, constants: &[Constant]) -> Option<bool> {
    let among = |found: Found<'_>| one_of(found, constants);
    let mut all = true;
    match set {
        Found::Texts(texts) => {
            for text in texts {
                all &= among(Found::Text(text))?;
            }
        }
        Found::Wholes(numbers) => {
            for number in numbers {
                all &= among(Found::Whole(*number))?;
            }
        }
        Found::Text(_) | Found::Truth(_) | Found::Whole(_) => return None,
    }
    Some(all)
}

impl Pattern {
    /// Cedar writes each character as a literal of its own.
    pub(super) fn of(written: &Value) -> Option<Self> {
        let mut parts = vec![String::new()];
        for element in written.as_array()? {
            match (element.as_str(), element.get("Literal").and_then(Value::as_str)) {
                (Some("Wildcard"), _) => parts.push(String::new()),
                (None, Some(literal)) => parts.last_mut()?.push_str(literal),
                (Some(_) | None, _) => return None,
            }
        }
        let mut parts = parts.into_iter();
        Some(Self { first: parts.next()?, rest: parts.collect() })
    }

    fn matches(&self, text: &str) -> bool {
        let Some((last, between)) = self.rest.split_last() else { return *text == *self.first };
        let Some(mut left) = text.strip_prefix(self.first.as_str()) else { return false };
        // The earliest match of each part leaves most for those that follow.
        for part in between {
            let Some((_, after)) = left.split_once(part.as_str()) else { return false };
            left = after;
        }
        left.ends_with(last.as_str())
    }
}
