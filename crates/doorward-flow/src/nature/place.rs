//! Where in a tool's arguments a pointer points to.

use std::borrow::Cow;

use doorward_core::flow::Role;
use doorward_mcp::raw::Kind;

use super::because::Witness;
use super::roles::{self, Described, Of};
use super::schema::{Argument, Shape};
use super::words::Prose;

/// What is known of the place of an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place<'a, 'p> {
    /// The schema speaks of it.
    Known(&'a Argument),
    /// It has this name, and that is all.
    Unknown(Cow<'p, str>),
}

/// Follows a JSON pointer. Elements of an array are in the place of the array.
pub(super) fn find<'a, 'p>(arguments: &'a [Argument], path: &'p str) -> Place<'a, 'p> {
    let mut members = arguments;
    let mut place: Option<Place<'a, 'p>> = None;
    for token in path.split('/').skip(1) {
        let name = unescaped(token);
        if let Some(argument) = members.iter().find(|argument| *argument.name == *name) {
            members = &argument.members;
            place = Some(Place::Known(argument));
        } else if place.is_none() || !is_index(&name) {
            members = &[];
            place = Some(Place::Unknown(name));
        }
    }
    place.unwrap_or(Place::Unknown(Cow::Borrowed("")))
}

/// Whether something spoke for what an argument decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// Its name or its schema.
    BySomething,
    /// It is what is assumed of all others.
    ByNothing,
}

impl Place<'_, '_> {
    /// What a value of this kind decides here.
    pub(super) fn role(&self, of: Of<'_>, value: Kind) -> (Role, Shown) {
        match self {
            Self::Known(argument) => match (argument.shape, value) {
                // The schema speaks of another kind of value than there is: only the name still counts.
                (Shape::Flag | Shape::Number, Kind::String | Kind::Array | Kind::Object) => {
                    by_name(of, &argument.name, Shape::Text)
                }
                (Shape::Flag, Kind::Number) => by_name(of, &argument.name, Shape::Number),
                (
                    Shape::Flag | Shape::Number | Shape::Choice | Shape::Text,
                    Kind::Null | Kind::Bool | Kind::Number | Kind::String | Kind::Array | Kind::Object,
                ) => (argument.role, shown(&argument.witness)),
            },
            Self::Unknown(name) => match value {
                Kind::Bool | Kind::Null => (Role::Control, Shown::BySomething),
                Kind::Number => by_name(of, name, Shape::Number),
                Kind::String | Kind::Array | Kind::Object => by_name(of, name, Shape::Text),
            },
        }
    }

    /// Whether it is one for URLs or hosts.
    pub(super) fn takes_links(&self) -> bool {
        const FORMATS: [&str; 9] =
            ["uri", "iri", "url", "uri-reference", "iri-reference", "hostname", "idn-hostname", "ipv4", "ipv6"];
        let (name, witness) = match self {
            Self::Known(argument) => (&*argument.name, Some(&argument.witness)),
            Self::Unknown(name) => (&**name, None),
        };
        let by_format = matches!(witness, Some(Witness::Schema(format)) if FORMATS.contains(format));
        by_format || roles::names_links(name)
    }
}

fn shown(witness: &Witness) -> Shown {
    if *witness == Witness::Nothing { Shown::ByNothing } else { Shown::BySomething }
}

fn by_name(of: Of<'_>, name: &str, shape: Shape) -> (Role, Shown) {
    let described = Described { shape, format: None, description: &Prose::of(None), alternatives: 0 };
    let (role, witness) = roles::role(of, name, described);
    (role, shown(&witness))
}

/// Whether a token stands for an element of an array: an index, or the star of a statement.
fn is_index(token: &str) -> bool {
    token == "*" || !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit())
}

/// A token of a JSON pointer as the name it stands for (RFC 6901 section 4).
pub(super) fn unescaped(token: &str) -> Cow<'_, str> {
    if token.contains('~') { Cow::Owned(token.replace("~1", "/").replace("~0", "~")) } else { Cow::Borrowed(token) }
}
