//! From the text of a schema to what values are held against.
//!
//! Revision 2020-12, and draft-07 (and 06, 04) where the schema says so. Responsible for the bounds: size, nodes, depth,
//! patterns. It must never fetch anything: what is not in the schema itself is not there.

use std::collections::HashMap;

use doorward_mcp::raw::{Kind, Raw, RawJson};

use super::model::{Condition, Count, Id, Node, Schema, Type, Types};
use super::pattern::Pattern;
use crate::limits::{SCHEMA_BYTES_MAX, SCHEMA_DEPTH_MAX, SCHEMA_NODES_MAX, SCHEMA_PATTERNS_MAX};

/// Why a schema is not held against anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// It has more bytes, parts or levels than are read.
    TooLarge,
    /// A keyword has a value that it cannot have, or it is no schema at all.
    Malformed,
    /// It refers to something outside itself, or to nothing.
    Elsewhere,
}

/// Compiles `schema`, a value in `within`.
pub(crate) fn compile(within: &RawJson, schema: Raw<'_>) -> Result<Schema, Unusable> {
    if schema.bytes().len() > SCHEMA_BYTES_MAX {
        return Err(Unusable::TooLarge);
    }
    let is_old = text(schema, "$schema")
        .is_some_and(|name| ["draft-07", "draft-06", "draft-04"].iter().any(|draft| name.contains(draft)));
    let mut compiler = Compiler {
        within,
        root: schema,
        is_old,
        anchors: HashMap::new(),
        known: HashMap::new(),
        nodes: Vec::new(),
        patterns: 0,
        is_partial: false,
    };
    compiler.anchors(schema, 0)?;
    compiler.node(schema, 0)?;
    Ok(Schema { nodes: compiler.nodes, is_partial: compiler.is_partial })
}

struct Compiler<'a> {
    within: &'a RawJson,
    root: Raw<'a>,
    /// Before 2019-09 nothing beside a `$ref` counts.
    is_old: bool,
    anchors: HashMap<String, Raw<'a>>,
    /// Nodes by where their schema starts, so that each is compiled once, however often it is referred to.
    known: HashMap<usize, Id>,
    nodes: Vec<Node>,
    patterns: usize,
    is_partial: bool,
}

impl<'a> Compiler<'a> {
    /// Notes every anchor. A schema within that has a base of its own would make references mean something else.
    fn anchors(&mut self, value: Raw<'a>, depth: usize) -> Result<(), Unusable> {
        if depth > SCHEMA_DEPTH_MAX {
            return Err(Unusable::TooLarge);
        }
        for (name, part) in value.members() {
            let said = part.as_str();
            match (name.as_ref(), said) {
                ("$anchor" | "$dynamicAnchor", Some(anchor)) => {
                    self.anchors.entry(anchor.into_owned()).or_insert(value);
                }
                ("$id" | "id", Some(id)) if id.starts_with('#') => {
                    self.anchors.entry(id.trim_start_matches('#').to_owned()).or_insert(value);
                }
                ("$id", Some(_)) if depth > 0 => return Err(Unusable::Elsewhere),
                // What stands there is no schema.
                ("enum" | "const" | "default" | "examples" | "example", _) => {}
                // Members of these are named freely: `$id` may be a property.
                ("properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas", _) => {
                    part.members().try_for_each(|(_, schema)| self.anchors(schema, depth + 1))?;
                }
                _ => self.anchors(part, depth + 1)?,
            }
        }
        value.elements().try_for_each(|element| self.anchors(element, depth + 1))
    }

    fn node(&mut self, schema: Raw<'a>, depth: usize) -> Result<Id, Unusable> {
        if let Some(known) = self.known.get(&schema.range().start) {
            return Ok(*known);
        }
        if depth > SCHEMA_DEPTH_MAX || self.nodes.len() >= SCHEMA_NODES_MAX {
            return Err(Unusable::TooLarge);
        }
        let id = Id(self.nodes.len());
        self.known.insert(schema.range().start, id);
        self.nodes.push(Node::default());
        let node = match (schema.kind(), schema.as_bool()) {
            (Kind::Object, _) => self.object(schema, depth + 1)?,
            (_, Some(fits)) => Node { refuses: !fits, ..Node::default() },
            _ => return Err(Unusable::Malformed),
        };
        if let Some(place) = self.nodes.get_mut(id.0) {
            *place = node;
        }
        Ok(id)
    }

    fn object(&mut self, schema: Raw<'a>, depth: usize) -> Result<Node, Unusable> {
        let mut node = Node::default();
        if let Some(reference) = schema.member("$ref").filter(|_| self.is_old) {
            node.reference = Some(self.reference(reference, depth)?);
            return Ok(node);
        }
        for (keyword, value) in schema.members() {
            let known = self.about_values(&mut node, &keyword, value)?
                || self.about_arrays(&mut node, &keyword, value, depth)?
                || self.about_objects(&mut node, &keyword, value, depth)?;
            if !known {
                self.in_place(&mut node, &keyword, value, depth)?;
            }
        }
        self.condition(&mut node, schema, depth)?;
        old_bounds(&mut node, schema);
        Ok(node)
    }

    /// Keywords about a value by itself. Says whether it was one.
    fn about_values(&mut self, node: &mut Node, keyword: &str, value: Raw<'a>) -> Result<bool, Unusable> {
        match keyword {
            "type" => node.types = types(value)?,
            "enum" if value.kind() == Kind::Array => {
                node.values = Some(value.elements().map(|one| self.within.part(one)).collect());
            }
            "enum" => return Err(Unusable::Malformed),
            "const" => node.values = Some(vec![self.within.part(value)]),
            "minimum" => node.number.minimum = Some(number(value)?),
            "maximum" => node.number.maximum = Some(number(value)?),
            // In draft-04 they are true or false.
            "exclusiveMinimum" if value.as_bool().is_none() => node.number.above = Some(number(value)?),
            "exclusiveMaximum" if value.as_bool().is_none() => node.number.below = Some(number(value)?),
            "multipleOf" => node.number.multiple_of = Some(number(value)?).filter(|step| *step > 0.0),
            "minLength" => node.text.length.least = Some(count(value)?),
            "maxLength" => node.text.length.most = Some(count(value)?),
            "pattern" => node.text.pattern = self.pattern(value.as_str().ok_or(Unusable::Malformed)?.as_ref()),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn about_arrays(&mut self, node: &mut Node, keyword: &str, value: Raw<'a>, depth: usize) -> Result<bool, Unusable> {
        let array = &mut node.array;
        match keyword {
            "minItems" => array.length.least = Some(count(value)?),
            "maxItems" => array.length.most = Some(count(value)?),
            "uniqueItems" => array.is_unique = value.as_bool().ok_or(Unusable::Malformed)?,
            "prefixItems" => array.prefix = self.each(value, depth)?,
            "items" if value.kind() == Kind::Array => array.prefix = self.each(value, depth)?,
            "items" => array.items = Some(self.node(value, depth)?),
            // Beside one schema for all items it says nothing.
            "additionalItems" if array.items.is_none() => array.items = Some(self.node(value, depth)?),
            "contains" => {
                let counted = array.contains.take().map_or_else(Count::default, |(_, counted)| counted);
                array.contains = Some((self.node(value, depth)?, counted));
            }
            "minContains" | "maxContains" => {}
            "unevaluatedItems" => array.unevaluated = Some(self.node(value, depth)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn about_objects(
        &mut self,
        node: &mut Node,
        keyword: &str,
        value: Raw<'a>,
        depth: usize,
    ) -> Result<bool, Unusable> {
        let object = &mut node.object;
        match keyword {
            "minProperties" => object.length.least = Some(count(value)?),
            "maxProperties" => object.length.most = Some(count(value)?),
            "required" if value.as_bool().is_some() => {}
            "required" => object.required = names(value)?,
            "properties" => {
                for (name, schema) in members(value)? {
                    let id = self.node(schema, depth)?;
                    object.properties.insert(name, id);
                }
            }
            "patternProperties" => {
                for (name, schema) in members(value)? {
                    let id = self.node(schema, depth)?;
                    // What it would have covered is then not known: neither declared nor undeclared.
                    match self.pattern(&name) {
                        Some(pattern) => object.patterns.push((pattern, id)),
                        None => return Err(Unusable::TooLarge),
                    }
                }
            }
            "additionalProperties" => object.additional = Some(self.node(value, depth)?),
            "propertyNames" => object.names = Some(self.node(value, depth)?),
            "unevaluatedProperties" => object.unevaluated = Some(self.node(value, depth)?),
            "dependentRequired" | "dependentSchemas" | "dependencies" => {
                for (name, asked) in members(value)? {
                    if asked.kind() == Kind::Array {
                        object.dependent.push((name, names(asked)?));
                    } else {
                        let id = self.node(asked, depth)?;
                        object.dependent_schemas.push((name, id));
                    }
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Keywords that apply other schemas to the same value.
    fn in_place(&mut self, node: &mut Node, keyword: &str, value: Raw<'a>, depth: usize) -> Result<(), Unusable> {
        match keyword {
            "allOf" => node.all = self.each(value, depth)?,
            "anyOf" => node.any = self.each(value, depth)?,
            "oneOf" => node.one = self.each(value, depth)?,
            "not" => node.not = Some(self.node(value, depth)?),
            "$ref" | "$dynamicRef" | "$recursiveRef" => {
                let target = self.reference(value, depth)?;
                match node.reference {
                    None => node.reference = Some(target),
                    Some(_) => node.all.push(target),
                }
            }
            // Annotations, `format` among them, and words nobody knows.
            _ => {}
        }
        Ok(())
    }

    fn condition(&mut self, node: &mut Node, schema: Raw<'a>, depth: usize) -> Result<(), Unusable> {
        if let Some((_, counted)) = &mut node.array.contains {
            counted.least = schema.member("minContains").map(count).transpose()?;
            counted.most = schema.member("maxContains").map(count).transpose()?;
        }
        let Some(when) = schema.member("if") else { return Ok(()) };
        let then = schema.member("then").map(|then| self.node(then, depth)).transpose()?;
        let otherwise = schema.member("else").map(|otherwise| self.node(otherwise, depth)).transpose()?;
        node.condition = Some(Condition { when: self.node(when, depth)?, then, otherwise });
        Ok(())
    }

    fn each(&mut self, schemas: Raw<'a>, depth: usize) -> Result<Vec<Id>, Unusable> {
        if schemas.kind() != Kind::Array {
            return Err(Unusable::Malformed);
        }
        schemas.elements().map(|schema| self.node(schema, depth)).collect()
    }

    fn reference(&mut self, reference: Raw<'a>, depth: usize) -> Result<Id, Unusable> {
        let written = reference.as_str().ok_or(Unusable::Malformed)?;
        let own = text(self.root, "$id").unwrap_or_default();
        let fragment = match written.split_once('#') {
            Some((base, fragment)) if base.is_empty() || base == own.trim_end_matches('#') => fragment,
            None if !own.is_empty() && written == own => "",
            Some(_) | None => return Err(Unusable::Elsewhere),
        };
        let target = match fragment.strip_prefix('/') {
            Some(pointer) => follow(self.root, pointer),
            None if fragment.is_empty() => Some(self.root),
            None => self.anchors.get(fragment).copied(),
        };
        self.node(target.ok_or(Unusable::Elsewhere)?, depth)
    }

    /// A pattern that cannot be compiled asks for nothing.
    fn pattern(&mut self, written: &str) -> Option<Pattern> {
        self.patterns += 1;
        let pattern = if self.patterns > SCHEMA_PATTERNS_MAX { None } else { Pattern::new(written) };
        self.is_partial |= pattern.is_none();
        pattern
    }
}

/// In draft-04 `exclusiveMinimum` says of `minimum` whether it is meant with or without.
fn old_bounds(node: &mut Node, schema: Raw<'_>) {
    let is_set = |name| schema.member(name).and_then(|flag| flag.as_bool()) == Some(true);
    if is_set("exclusiveMinimum") {
        node.number.above = node.number.minimum.take();
    }
    if is_set("exclusiveMaximum") {
        node.number.below = node.number.maximum.take();
    }
}

/// Follows a JSON pointer without its first slash, percent-encoded as in a fragment.
fn follow<'a>(root: Raw<'a>, pointer: &str) -> Option<Raw<'a>> {
    pointer.split('/').try_fold(root, |at, step| {
        let step = step.replace("%25", "%").replace("%24", "$").replace("~1", "/").replace("~0", "~");
        match at.kind() {
            Kind::Object => at.member(&step),
            Kind::Array => at.elements().nth(step.parse().ok()?),
            Kind::Null | Kind::Bool | Kind::Number | Kind::String => None,
        }
    })
}

fn types(value: Raw<'_>) -> Result<Types, Unusable> {
    let mut types = Types::default();
    let mut insert = |name: Raw<'_>| {
        let one = name.as_str().and_then(|name| Type::parse(&name)).ok_or(Unusable::Malformed)?;
        types.insert(one);
        Ok(())
    };
    match value.kind() {
        Kind::Array => value.elements().try_for_each(insert)?,
        Kind::Null | Kind::Bool | Kind::Number | Kind::String | Kind::Object => insert(value)?,
    }
    Ok(types)
}

fn number(value: Raw<'_>) -> Result<f64, Unusable> {
    value.as_f64().ok_or(Unusable::Malformed)
}

fn count(value: Raw<'_>) -> Result<u64, Unusable> {
    let whole = |number: f64| (number.fract() == 0.0 && number >= 0.0).then(|| number.to_string().parse().ok())?;
    value.as_u64().or_else(|| whole(value.as_f64()?)).ok_or(Unusable::Malformed)
}

fn names(value: Raw<'_>) -> Result<Vec<Box<str>>, Unusable> {
    if value.kind() != Kind::Array {
        return Err(Unusable::Malformed);
    }
    value.elements().map(|name| Ok(Box::from(name.as_str().ok_or(Unusable::Malformed)?.as_ref()))).collect()
}

fn members<'a>(value: Raw<'a>) -> Result<Vec<(Box<str>, Raw<'a>)>, Unusable> {
    match value.kind() {
        Kind::Object => Ok(value.members().map(|(name, part)| (Box::from(name.as_ref()), part)).collect()),
        Kind::Null | Kind::Bool | Kind::Number | Kind::String | Kind::Array => Err(Unusable::Malformed),
    }
}

fn text<'a>(schema: Raw<'a>, name: &str) -> Option<std::borrow::Cow<'a, str>> {
    schema.member(name)?.as_str()
}
