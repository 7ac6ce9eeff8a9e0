//! A schema, ready to be held against values.
//!
//! Responsible for its form alone. It must never hold anything that is not in the schema's own text.

use std::collections::BTreeMap;
use std::fmt;

use doorward_mcp::raw::{Kind, Raw, RawJson};

use super::pattern::Pattern;

/// A compiled schema: nodes that refer to each other by their place.
#[derive(Debug)]
pub(crate) struct Schema {
    pub(super) nodes: Vec<Node>,
    /// Whether some of it could not be compiled and is not held against values.
    pub(super) is_partial: bool,
}

/// The place of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Id(pub(super) usize);

/// The place of the schema as a whole.
pub(super) const ROOT: Id = Id(0);

/// One schema among those a schema is made of. What it leaves out it does not ask for.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// The schema `false`: nothing fits.
    pub(super) refuses: bool,
    pub(super) types: Types,
    /// `enum`, and `const` as one of one.
    pub(super) values: Option<Vec<RawJson>>,
    pub(super) number: Bounds,
    pub(super) text: TextBounds,
    pub(super) array: ArrayBounds,
    pub(super) object: ObjectBounds,
    pub(super) all: Vec<Id>,
    pub(super) any: Vec<Id>,
    pub(super) one: Vec<Id>,
    pub(super) not: Option<Id>,
    pub(super) condition: Option<Condition>,
    pub(super) reference: Option<Id>,
}

/// `minimum` and its kin.
#[derive(Debug, Default)]
pub(super) struct Bounds {
    pub(super) minimum: Option<f64>,
    pub(super) maximum: Option<f64>,
    pub(super) above: Option<f64>,
    pub(super) below: Option<f64>,
    pub(super) multiple_of: Option<f64>,
}

/// What is asked of strings.
#[derive(Debug, Default)]
pub(super) struct TextBounds {
    pub(super) length: Count,
    pub(super) pattern: Option<Pattern>,
}

/// What is asked of arrays.
#[derive(Debug, Default)]
pub(super) struct ArrayBounds {
    pub(super) length: Count,
    pub(super) prefix: Vec<Id>,
    pub(super) items: Option<Id>,
    pub(super) contains: Option<(Id, Count)>,
    pub(super) is_unique: bool,
    pub(super) unevaluated: Option<Id>,
}

/// What is asked of objects.
#[derive(Debug, Default)]
pub(super) struct ObjectBounds {
    pub(super) length: Count,
    pub(super) properties: BTreeMap<Box<str>, Id>,
    pub(super) patterns: Vec<(Pattern, Id)>,
    pub(super) additional: Option<Id>,
    pub(super) required: Vec<Box<str>>,
    pub(super) names: Option<Id>,
    /// What a member asks for beside itself.
    pub(super) dependent: Vec<(Box<str>, Vec<Box<str>>)>,
    pub(super) dependent_schemas: Vec<(Box<str>, Id)>,
    pub(super) unevaluated: Option<Id>,
}

/// How many.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Count {
    pub(super) least: Option<u64>,
    pub(super) most: Option<u64>,
}

impl Count {
    /// Whether any number will do.
    pub(super) const fn is_free(self) -> bool {
        self.least.is_none() && self.most.is_none()
    }
}

impl Node {
    /// Whether its declared members are all that it declares.
    pub(super) fn speaks_alone(&self) -> bool {
        !self.object.properties.is_empty()
            && self.object.patterns.is_empty()
            && self.object.unevaluated.is_none()
            && self.reference.is_none()
            && self.all.is_empty()
            && self.any.is_empty()
            && self.one.is_empty()
            && self.condition.is_none()
            && self.object.dependent_schemas.is_empty()
    }

    /// Whether all it says of members is said where it refers to.
    pub(super) fn speaks_only_by_reference(&self) -> bool {
        self.object.properties.is_empty()
            && self.object.patterns.is_empty()
            && self.object.additional.is_none()
            && self.object.unevaluated.is_none()
            && self.all.is_empty()
            && self.any.is_empty()
            && self.one.is_empty()
            && self.condition.is_none()
    }
}

/// `if`, `then`, `else`.
#[derive(Debug)]
pub(super) struct Condition {
    pub(super) when: Id,
    pub(super) then: Option<Id>,
    pub(super) otherwise: Option<Id>,
}

/// The names of types, one bit each; none stands for all of them.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Types(u8);

/// A type of JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Type {
    String = 1,
    Integer = 2,
    Number = 4,
    Boolean = 8,
    Array = 16,
    Object = 32,
    Null = 64,
}

impl Type {
    const ALL: [Self; 7] =
        [Self::String, Self::Integer, Self::Number, Self::Boolean, Self::Array, Self::Object, Self::Null];

    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Array => "array",
            Self::Object => "object",
            Self::Null => "null",
        }
    }

    /// With its article.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Integer => "an integer",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::Array => "an array",
            Self::Object => "an object",
            Self::Null => "null",
        }
    }

    /// What a value is.
    pub(super) fn of(value: Raw<'_>) -> Self {
        match value.kind() {
            Kind::Null => Self::Null,
            Kind::Bool => Self::Boolean,
            // 1.0 is an integer, too (JSON Schema validation §6.1.1).
            Kind::Number if value.as_f64().is_some_and(|number| number.fract() == 0.0) => Self::Integer,
            Kind::Number => Self::Number,
            Kind::String => Self::String,
            Kind::Array => Self::Array,
            Kind::Object => Self::Object,
        }
    }
}

impl Types {
    pub(super) fn insert(&mut self, one: Type) {
        self.0 |= one as u8;
    }

    pub(super) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const fn is_any(self) -> bool {
        self.0 == 0
    }

    pub(super) const fn has(self, one: Type) -> bool {
        self.0 & one as u8 != 0
    }

    /// Whether a value of that type fits.
    pub(super) const fn fits(self, one: Type) -> bool {
        self.is_any() || self.has(one) || (matches!(one, Type::Integer) && self.has(Type::Number))
    }
}

/// As a sentence says it: `an integer or null`.
impl fmt::Display for Types {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = Type::ALL.into_iter().filter(|one| self.has(*one)).map(Type::words);
        f.write_str(words.next().unwrap_or("anything"))?;
        words.try_for_each(|word| write!(f, " or {word}"))
    }
}
