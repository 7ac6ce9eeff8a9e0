//! `x-mcp-header` in a tool's input schema: which arguments are repeated in which headers.
//!
//! Responsible for the rules on where an annotation may stand. One that stands anywhere else makes the whole tool
//! invalid: it must never be passed over, because another reader might find it.

use std::fmt;

use memchr::memmem;

use super::{PARAM_PREFIX, excerpt, limits};
use crate::raw::{Kind, Raw};

const ANNOTATION: &str = "x-mcp-header";

/// The annotations of one input schema, all valid.
#[derive(Debug, Default)]
pub(super) struct Annotations {
    headers: Vec<ParamHeader>,
}

/// One argument that a header repeats.
#[derive(Debug)]
pub(super) struct ParamHeader {
    /// The header's name after the prefix.
    pub(super) name: String,
    /// Property names from the arguments down to the value.
    path: Vec<String>,
}

/// An annotation that makes its tool invalid for HTTP clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidAnnotation {
    /// Where the annotated schema is, as a JSON pointer into the input schema, escaped and shortened.
    pub pointer: String,
    /// Which rule it breaks.
    pub defect: AnnotationDefect,
}

/// A rule on annotations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnnotationDefect {
    /// The annotation is not a string.
    NotAString,
    /// It is the empty string.
    Empty,
    /// It is not a header name: letters, digits and ``!#$%&'*+-.^_`|~``.
    NotAToken,
    /// Another property has the same one, apart from case.
    Repeated,
    /// The property's `type` is none of string, integer and boolean.
    Type,
    /// The schema is not reached from the root through `properties` alone.
    Unreachable,
    /// There are more of them than [`limits::PARAM_HEADERS`].
    TooMany,
}

impl fmt::Display for InvalidAnnotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rule = match self.defect {
            AnnotationDefect::NotAString => "must be a string",
            AnnotationDefect::Empty => "must not be empty",
            AnnotationDefect::NotAToken => "must be a valid header name",
            AnnotationDefect::Repeated => "must be unique apart from case",
            AnnotationDefect::Type => "may only annotate a string, an integer or a boolean",
            AnnotationDefect::Unreachable => "may only stand where properties alone lead",
            AnnotationDefect::TooMany => "is used too often",
        };
        write!(f, "the {ANNOTATION} at '{}' {rule}", self.pointer)
    }
}

impl std::error::Error for InvalidAnnotation {}

impl ParamHeader {
    pub(super) fn header_name(&self) -> String {
        format!("{PARAM_PREFIX}{}", self.name)
    }

    /// The value that the header repeats; `None` when it is absent or null.
    pub(super) fn value_in<'a>(&self, arguments: Option<Raw<'a>>) -> Option<Raw<'a>> {
        let value = self.path.iter().try_fold(arguments?, |value, name| value.member(name))?;
        (value.kind() != Kind::Null).then_some(value)
    }
}

impl Annotations {
    /// Finds every annotation of a schema, or the first that breaks a rule.
    pub(super) fn read(input_schema: Raw<'_>) -> Result<Self, InvalidAnnotation> {
        let mut annotations = Self::default();
        if !may_hold_annotation(input_schema.bytes()) {
            return Ok(annotations);
        }
        annotations.schema(input_schema, &mut Place { path: Vec::new(), reach: Reach::Root })?;
        Ok(annotations)
    }

    pub(super) fn into_headers(self) -> Vec<ParamHeader> {
        self.headers
    }

    /// Recursion is bounded by the depth of the message, which the scanner limits.
    fn schema(&mut self, schema: Raw<'_>, place: &mut Place) -> Result<(), InvalidAnnotation> {
        for (keyword, value) in schema.members() {
            match SubSchemas::of(&keyword) {
                SubSchemas::Annotation => self.annotation(schema, value, place)?,
                SubSchemas::Properties => {
                    let reach = place.reach.through_properties();
                    for (name, property) in value.members() {
                        self.below(property, place, reach, &[&keyword, &name])?;
                    }
                }
                SubSchemas::Named => {
                    for (name, part) in value.members() {
                        self.below(part, place, Reach::Elsewhere, &[&keyword, &name])?;
                    }
                }
                SubSchemas::OneOrMany => {
                    self.below(value, place, Reach::Elsewhere, &[&keyword])?;
                    for part in value.elements() {
                        self.below(part, place, Reach::Elsewhere, &[&keyword])?;
                    }
                }
                SubSchemas::None => {}
            }
        }
        Ok(())
    }

    fn below(
        &mut self,
        schema: Raw<'_>,
        place: &mut Place,
        reach: Reach,
        steps: &[&str],
    ) -> Result<(), InvalidAnnotation> {
        let outer = std::mem::replace(&mut place.reach, reach);
        let depth = place.path.len();
        place.path.extend(steps.iter().map(|step| (*step).to_owned()));
        self.schema(schema, place)?;
        place.path.truncate(depth);
        place.reach = outer;
        Ok(())
    }

    fn annotation(&mut self, schema: Raw<'_>, value: Raw<'_>, place: &Place) -> Result<(), InvalidAnnotation> {
        let refuse = |defect| Err(InvalidAnnotation { pointer: place.pointer(), defect });
        let Some(name) = value.as_str() else { return refuse(AnnotationDefect::NotAString) };
        if place.reach != Reach::Property {
            return refuse(AnnotationDefect::Unreachable);
        }
        if name.is_empty() {
            return refuse(AnnotationDefect::Empty);
        }
        if !name.bytes().all(is_token_byte) {
            return refuse(AnnotationDefect::NotAToken);
        }
        let declared = schema.member("type").and_then(|declared| declared.as_str());
        if !matches!(declared.as_deref(), Some("string" | "integer" | "boolean")) {
            return refuse(AnnotationDefect::Type);
        }
        if self.headers.iter().any(|other| other.name.eq_ignore_ascii_case(&name)) {
            return refuse(AnnotationDefect::Repeated);
        }
        if self.headers.len() >= limits::PARAM_HEADERS {
            return refuse(AnnotationDefect::TooMany);
        }
        self.headers.push(ParamHeader { name: name.into_owned(), path: place.property_names() });
        Ok(())
    }
}

/// Where a schema stands in the input schema.
struct Place {
    path: Vec<String>,
    reach: Reach,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    Root,
    /// Through `properties` alone.
    Property,
    Elsewhere,
}

impl Reach {
    fn through_properties(self) -> Self {
        match self {
            Self::Root | Self::Property => Self::Property,
            Self::Elsewhere => Self::Elsewhere,
        }
    }
}

impl Place {
    fn pointer(&self) -> String {
        let pointer: String =
            self.path.iter().map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1"))).collect();
        excerpt(pointer.as_bytes())
    }

    /// Only asked when the path is `properties`, name, `properties`, name and so on.
    fn property_names(&self) -> Vec<String> {
        self.path.iter().skip(1).step_by(2).cloned().collect()
    }
}

/// Where a keyword keeps schemas.
enum SubSchemas {
    Annotation,
    Properties,
    /// Under names of the author's choice.
    Named,
    /// In the value itself, or in its elements.
    OneOrMany,
    None,
}

impl SubSchemas {
    fn of(keyword: &str) -> Self {
        match keyword {
            ANNOTATION => Self::Annotation,
            "properties" => Self::Properties,
            "$defs" | "definitions" | "patternProperties" | "dependentSchemas" | "dependencies" => Self::Named,
            "items"
            | "prefixItems"
            | "additionalItems"
            | "unevaluatedItems"
            | "contains"
            | "additionalProperties"
            | "unevaluatedProperties"
            | "propertyNames"
            | "allOf"
            | "anyOf"
            | "oneOf"
            | "not"
            | "if"
            | "then"
            | "else"
            | "contentSchema" => Self::OneOrMany,
            _ => Self::None,
        }
    }
}

/// Most schemas have none; their text tells without a walk. The name may be written with `\u` escapes.
fn may_hold_annotation(schema: &[u8]) -> bool {
    memmem::find(schema, ANNOTATION.as_bytes()).is_some() || memmem::find(schema, b"\\u").is_some()
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
