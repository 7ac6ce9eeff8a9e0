//! The Cedar type of a tool's arguments, derived from its input schema.
//!
//! What Cedar cannot type (unions, free maps, tuples, remote references) is left out, so a rule that looks at it does not
//! load; what is typed is checked on every call by [`crate::arguments`]. Schemas come from the server: reading them is
//! bounded in depth and number of members, and never follows anything but `#/$defs/…` and `#/definitions/…`.
//!
//! The public crate `cedar-policy-mcp-schema-generator` was considered: it makes one namespace per server, refuses a whole
//! description for one untypable member, and offers no bounds against a hostile schema, so the mapping is our own.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::limits::{ARGUMENT_DEPTH_MAX, ARGUMENT_MEMBERS_MAX};

/// What policies may know about an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArgumentType {
    /// `String`
    Text,
    /// `Long`
    Whole,
    /// `Bool`
    Truth,
    /// `decimal`: four digits after the point, or the call is refused.
    Decimal,
    /// `Set`
    List(Box<Self>),
    /// A record of the members that have a type.
    Record(Members),
}

/// The typed members of a record, by name.
pub type Members = BTreeMap<Arc<str>, Member>;

/// One member of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its type.
    pub of: ArgumentType,
    /// Whether it may be missing.
    pub presence: Presence,
}

/// Whether a member may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Always there.
    Required,
    /// Missing or null at times: a rule asks `has` first.
    Optional,
}

/// Derives the members of a tool's arguments; empty when the schema is no object with properties.
pub(crate) fn members_of(input_schema: &Value) -> Members {
    let mut reader = Reader { root: input_schema, members_left: ARGUMENT_MEMBERS_MAX };
    match reader.read(input_schema, 0) {
        Some((ArgumentType::Record(members), _)) => members,
        Some(_) | None => Members::new(),
    }
}

/// How many members these are, over all levels.
pub(crate) fn count(members: &Members) -> usize {
    let within = |mut of: &ArgumentType| {
        while let ArgumentType::List(element) = of {
            of = element;
        }
        if let ArgumentType::Record(members) = of { count(members) } else { 0 }
    };
    members.values().map(|member| within(&member.of).saturating_add(1)).sum()
}

/// Writes the type in Cedar's JSON schema form.
pub(crate) fn to_schema(of: &ArgumentType) -> Value {
    match of {
        ArgumentType::Text => json!({ "type": "String" }),
        ArgumentType::Whole => json!({ "type": "Long" }),
        ArgumentType::Truth => json!({ "type": "Boolean" }),
        ArgumentType::Decimal => json!({ "type": "Extension", "name": "decimal" }),
        ArgumentType::List(element) => json!({ "type": "Set", "element": to_schema(element) }),
        ArgumentType::Record(members) => record_to_schema(members),
    }
}

/// Writes a record type in Cedar's JSON schema form.
pub(crate) fn record_to_schema(members: &Members) -> Value {
    let attributes: Map<String, Value> = members
        .iter()
        .map(|(name, member)| {
            let mut written = to_schema(&member.of);
            if let Some(fields) = written.as_object_mut() {
                fields.insert("required".to_owned(), Value::Bool(member.presence == Presence::Required));
            }
            (name.to_string(), written)
        })
        .collect();
    json!({ "type": "Record", "attributes": attributes })
}

/// Reads schemas within its bounds.
struct Reader<'a> {
    root: &'a Value,
    members_left: usize,
}

/// Whether `null` is also a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nullable {
    Yes,
    No,
}

impl Reader<'_> {
    /// The type of `schema`, and whether it admits null; `None` for what Cedar cannot type.
    fn read(&mut self, schema: &Value, depth: usize) -> Option<(ArgumentType, Nullable)> {
        if depth > ARGUMENT_DEPTH_MAX {
            return None;
        }
        let fields = schema.as_object()?;
        if let Some(target) = fields.get("$ref") {
            let target = local_definition(self.root, target.as_str()?)?;
            return self.read(target, depth + 1);
        }
        match fields.get("type") {
            Some(Value::String(name)) => Some((self.read_named(name, fields, depth)?, Nullable::No)),
            Some(Value::Array(names)) => {
                let name = the_one_beside_null(names, |name| name.as_str() == Some("null"))?;
                Some((self.read_named(name.as_str()?, fields, depth)?, Nullable::Yes))
            }
            Some(_) => None,
            None => self.read_untyped(fields, depth),
        }
    }

    fn read_named(&mut self, name: &str, fields: &Map<String, Value>, depth: usize) -> Option<ArgumentType> {
        match name {
            "string" => Some(ArgumentType::Text),
            "integer" => Some(ArgumentType::Whole),
            "boolean" => Some(ArgumentType::Truth),
            "number" => Some(ArgumentType::Decimal),
            "array" => {
                let (element, nullable) = self.read(fields.get("items")?, depth + 1)?;
                (nullable == Nullable::No && !fields.contains_key("prefixItems"))
                    .then(|| ArgumentType::List(Box::new(element)))
            }
            "object" => self.read_members(fields, depth).map(ArgumentType::Record),
            _ => None,
        }
    }

    fn read_untyped(&mut self, fields: &Map<String, Value>, depth: usize) -> Option<(ArgumentType, Nullable)> {
        if let Some(Value::Array(values)) = fields.get("enum") {
            let nullable = if values.iter().any(Value::is_null) { Nullable::Yes } else { Nullable::No };
            return values.iter().all(|v| v.is_string() || v.is_null()).then_some((ArgumentType::Text, nullable));
        }
        if let Some(Value::String(_)) = fields.get("const") {
            return Some((ArgumentType::Text, Nullable::No));
        }
        if let Some(Value::Array(options)) = fields.get("anyOf").or_else(|| fields.get("oneOf")) {
            let is_null = |option: &Value| option.get("type").and_then(Value::as_str) == Some("null");
            let (of, _) = self.read(the_one_beside_null(options, is_null)?, depth + 1)?;
            return Some((of, Nullable::Yes));
        }
        // Some servers write an object's properties and leave its type out.
        if fields.contains_key("properties") {
            return Some((ArgumentType::Record(self.read_members(fields, depth)?), Nullable::No));
        }
        None
    }

    fn read_members(&mut self, fields: &Map<String, Value>, depth: usize) -> Option<Members> {
        let properties = fields.get("properties")?.as_object()?;
        let required: Vec<&str> =
            fields.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let mut members = Members::new();
        for (name, schema) in properties {
            let Some(left) = self.members_left.checked_sub(1) else { break };
            self.members_left = left;
            if let Some((of, nullable)) = self.read(schema, depth + 1) {
                let always = required.contains(&name.as_str()) && nullable == Nullable::No;
                let presence = if always { Presence::Required } else { Presence::Optional };
                members.insert(Arc::from(name.as_str()), Member { of, presence });
            }
        }
        Some(members)
    }
}

/// The single option that is not null, of exactly two.
fn the_one_beside_null(options: &[Value], is_null: impl Fn(&Value) -> bool) -> Option<&Value> {
    match options {
        [only] if !is_null(only) => Some(only),
        [first, second] if is_null(second) && !is_null(first) => Some(first),
        [first, second] if is_null(first) && !is_null(second) => Some(second),
        _ => None,
    }
}

fn local_definition<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    let (section, name) = reference.strip_prefix("#/")?.split_once('/')?;
    let known = matches!(section, "$defs" | "definitions");
    let plain = !name.contains(['/', '~', '%']);
    (known && plain).then(|| root.get(section)?.get(name)).flatten()
}

#[cfg(test)]
mod tests;
