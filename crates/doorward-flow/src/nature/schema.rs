//! The arguments of a tool, from its input schema: what values each takes, and which words the schema spells out for it.
//!
//! Schemas come from servers. So many places, so deep and so many references are looked at; what lies beyond has no entry,
//! and is judged by its name alone when a value comes.

use doorward_core::flow::Role;
use doorward_mcp::raw::{Kind, Raw};

use super::because::Witness;
use super::roles::{self, Described, Of};
use super::spelled;
use super::words::Prose;
use crate::limits::{
    ARGUMENT_DESCRIPTION_BYTES_MAX, NAME_BYTES_MAX, SCHEMA_BYTES_MAX, SCHEMA_DEPTH_MAX, SCHEMA_PLACES_MAX,
    SCHEMA_REFERENCES_MAX,
};

/// What values a schema admits, as far as it says what they decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// True or false.
    Flag,
    /// A number, or several.
    Number,
    /// One of the words that the schema spells out.
    Choice,
    /// Anything else.
    Text,
}

/// One argument, or one member of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Argument {
    /// Its name.
    pub(super) name: Box<str>,
    /// What values it takes.
    pub(super) shape: Shape,
    /// What a value of that shape decides.
    pub(super) role: Role,
    /// What spoke for that.
    pub(super) witness: Witness,
    /// The words that the schema spells out.
    pub(super) spelled: Box<[Box<str>]>,
    /// Its members, if it is an object, and those of its elements, if it is an array.
    pub(super) members: Vec<Argument>,
}

/// One place of a schema, its keywords found in one pass.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place<'a> {
    /// `type`
    pub(super) types: Option<Raw<'a>>,
    /// `enum`
    pub(super) words: Option<Raw<'a>>,
    /// `const`
    pub(super) constant: Option<Raw<'a>>,
    /// `default`
    pub(super) default: Option<Raw<'a>>,
    /// `description`
    pub(super) description: Option<Raw<'a>>,
    format: Option<Raw<'a>>,
    reference: Option<Raw<'a>>,
    items: Option<Raw<'a>>,
    properties: Option<Raw<'a>>,
    alternatives: [Option<Raw<'a>>; 3],
}

impl<'a> Place<'a> {
    fn of(schema: Raw<'a>) -> Self {
        let mut place = Self::default();
        for (name, value) in schema.members() {
            match name.as_ref() {
                "type" => place.types = Some(value),
                "enum" => place.words = Some(value),
                "const" => place.constant = Some(value),
                "default" => place.default = Some(value),
                "description" => place.description = Some(value),
                "format" => place.format = Some(value),
                "$ref" => place.reference = Some(value),
                "items" => place.items = Some(value),
                "properties" => place.properties = Some(value),
                "anyOf" => place.alternatives[0] = Some(value),
                "oneOf" => place.alternatives[1] = Some(value),
                "allOf" => place.alternatives[2] = Some(value),
                _ => {}
            }
        }
        place
    }

    /// The schemas that it is made of, one of which or all of which count.
    fn alternatives(&self) -> impl Iterator<Item = Raw<'a>> + use<'a> {
        self.alternatives.into_iter().flatten().flat_map(|list| list.elements())
    }
}

/// The arguments that a tool's input schema names.
pub(super) fn arguments(of: Of<'_>, schema: Option<Raw<'_>>) -> Vec<Argument> {
    let Some(root) = schema.filter(|schema| schema.bytes().len() <= SCHEMA_BYTES_MAX) else { return Vec::new() };
    let mut reading = Reading { of, root, places: SCHEMA_PLACES_MAX, references: SCHEMA_REFERENCES_MAX };
    let mut members = Vec::new();
    reading.members(root, 0, &mut members);
    members
}

struct Reading<'a> {
    of: Of<'a>,
    root: Raw<'a>,
    /// How many places may still be looked at.
    places: usize,
    /// How many references may still be followed.
    references: usize,
}

/// What is known of one argument before its name is looked at.
#[derive(Default)]
struct Known<'a> {
    format: Option<Raw<'a>>,
    spelled: Vec<Box<str>>,
    members: Vec<Argument>,
}

impl<'a> Reading<'a> {
    /// The members of an object's schema and of all that it is made of.
    fn members(&mut self, schema: Raw<'a>, depth: usize, into: &mut Vec<Argument>) {
        let Some(place) = self.place(schema, depth) else { return };
        for (name, member) in place.properties.iter().flat_map(|properties| properties.members()) {
            if name.len() <= NAME_BYTES_MAX && into.iter().all(|known| *known.name != *name) {
                into.extend(self.argument(&name, member, depth + 1));
            }
        }
        if let Some(referred) = self.referred(&place) {
            self.members(referred, depth + 1, into);
        }
        for alternative in place.alternatives() {
            self.members(alternative, depth + 1, into);
        }
        if let Some(items) = place.items {
            self.members(items, depth + 1, into);
        }
    }

    fn argument(&mut self, name: &str, schema: Raw<'a>, depth: usize) -> Option<Argument> {
        let mut known = Known::default();
        let place = self.place(schema, depth)?;
        let shape = self.shape(place, depth, &mut known).unwrap_or(Shape::Text);
        self.members(schema, depth, &mut known.members);
        let description = place.description.and_then(|text| text.as_str()).unwrap_or_default();
        let kept = description.floor_char_boundary(ARGUMENT_DESCRIPTION_BYTES_MAX);
        let description = description.get(..kept).unwrap_or_default();
        let alternatives = spelled::described(description, &mut known.spelled);
        let format = known.format.and_then(|format| format.as_str());
        let prose = Prose::of(Some(description));
        let described = Described { shape, format: format.as_deref(), description: &prose, alternatives };
        let (role, witness) = roles::role(self.of, name, described);
        let (name, spelled, members) = (name.into(), known.spelled.into_boxed_slice(), known.members);
        Some(Argument { name, shape, role, witness, spelled, members })
    }

    /// What values a place admits: what it says itself, or else what it is made of says. Of several that differ, what lets
    /// more through counts.
    fn shape(&mut self, place: Place<'a>, depth: usize, known: &mut Known<'a>) -> Option<Shape> {
        spelled::listed(&place, &mut known.spelled);
        known.format = known.format.or(place.format);
        let chosen = (place.words.is_some() || place.constant.is_some()).then_some(Shape::Choice);
        let own = chosen.or_else(|| place.types.and_then(by_type));
        let mut inner = None;
        for schema in self.referred(&place).into_iter().chain(place.alternatives()).chain(place.items) {
            let Some(place) = self.place(schema, depth + 1) else { continue };
            inner = widest(inner, self.shape(place, depth + 1, known));
        }
        own.or(inner)
    }

    fn place(&mut self, schema: Raw<'a>, depth: usize) -> Option<Place<'a>> {
        if depth > SCHEMA_DEPTH_MAX {
            return None;
        }
        self.places = self.places.checked_sub(1)?;
        Some(Place::of(schema))
    }

    /// What a reference to another place of the same schema refers to.
    fn referred(&mut self, place: &Place<'a>) -> Option<Raw<'a>> {
        let reference = place.reference?.as_str()?;
        let pointer = reference.strip_prefix("#/")?;
        self.references = self.references.checked_sub(1)?;
        pointer.split('/').try_fold(self.root, |schema, name| schema.member(name))
    }
}

/// What `type` says; `None` for an array or object, of which what lies inside says more, and for `null`.
fn by_type(types: Raw<'_>) -> Option<Shape> {
    let shape = |text: &str| match text {
        "boolean" => Some(Shape::Flag),
        "integer" | "number" | "float" => Some(Shape::Number),
        "string" => Some(Shape::Text),
        _ => None,
    };
    match types.kind() {
        Kind::String => shape(&types.as_str()?),
        Kind::Array => types.elements().map(|one| shape(&one.as_str()?)).fold(None, widest),
        Kind::Null | Kind::Bool | Kind::Number | Kind::Object => None,
    }
}

/// Of two shapes, the one that lets more through.
fn widest(one: Option<Shape>, other: Option<Shape>) -> Option<Shape> {
    match (one, other) {
        (None, shape) | (shape, None) => shape,
        (Some(one), Some(other)) if one == other => Some(one),
        (Some(_), Some(_)) => Some(Shape::Text),
    }
}
