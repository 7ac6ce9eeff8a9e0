//! The types of facts in the Cedar schema.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::Kind;
use crate::argument_type::{ArgumentType, Members, Presence};

/// The types that records of these kinds are made of.
pub(crate) fn common_types<'a>(
    kinds: &BTreeSet<Kind>,
    patterns: impl Iterator<Item = &'a Arc<str>>,
) -> Map<String, Value> {
    let patterns: Map<String, Value> = patterns.map(|name| (name.to_string(), truth())).collect();
    let mut types = Map::new();
    for kind in kinds {
        let (one, many) = types_of(*kind, &patterns);
        types.insert(type_name(*kind, Shape::One), one);
        if let Some(many) = many {
            types.insert(type_name(*kind, Shape::Many), many);
        }
    }
    types
}

/// For each kind, the record that mirrors the text among `members`.
pub(crate) fn records(kinds: &BTreeSet<Kind>, members: &Members) -> impl Iterator<Item = (String, Value)> {
    kinds.iter().map(|kind| (kind.name().to_owned(), mirror(*kind, members)))
}

/// Whether the facts are about one text or a list of them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    One,
    Many,
}

fn mirror(kind: Kind, members: &Members) -> Value {
    let mut attributes = Map::new();
    for (name, member) in members {
        let of = match &member.of {
            ArgumentType::Text => json!({ "type": type_name(kind, Shape::One) }),
            ArgumentType::List(element) if **element == ArgumentType::Text && kind != Kind::Money => {
                json!({ "type": type_name(kind, Shape::Many) })
            }
            ArgumentType::Record(members) => mirror(kind, members),
            ArgumentType::List(_) | ArgumentType::Whole | ArgumentType::Truth | ArgumentType::Decimal => continue,
        };
        let mut of = of;
        if let Some(fields) = of.as_object_mut() {
            fields.insert("required".to_owned(), Value::Bool(member.presence == Presence::Required));
        }
        attributes.insert(name.to_string(), of);
    }
    record(attributes)
}

fn type_name(kind: Kind, shape: Shape) -> String {
    let shape = match shape {
        Shape::One => "One",
        Shape::Many => "Many",
    };
    format!("{shape}_{}", kind.name())
}

/// The type for one text, and the type for a list.
fn types_of(kind: Kind, patterns: &Map<String, Value>) -> (Value, Option<Value>) {
    let alike = |of: Map<String, Value>| (record(of.clone()), Some(record(of)));
    match kind {
        Kind::Paths => {
            let many = fields([
                ("within", texts()),
                ("touches", texts()),
                ("texts", texts()),
                ("names", texts()),
                ("exts", texts()),
                ("real", truth()),
            ]);
            (with(&many, [("text", text()), ("name", text()), ("ext", text())]), Some(record(many)))
        }
        Kind::Urls => {
            let addresses = json!({ "type": "Set", "element": { "type": "Extension", "name": "ipaddr" } });
            let ports = json!({ "type": "Set", "element": whole() });
            let many = fields([
                ("schemes", texts()),
                ("hosts", texts()),
                ("domains", texts()),
                ("ports", ports),
                ("private", truth()),
                ("userinfo", truth()),
                ("lookalike", truth()),
                ("nested", texts()),
                ("addresses", addresses),
            ]);
            let one = [("scheme", text()), ("host", text()), ("domain", text()), ("port", whole()), ("path", text())];
            (with(&many, one), Some(record(many)))
        }
        Kind::Sql => alike(fields([
            ("kinds", texts()),
            ("tables", texts()),
            ("columns", texts()),
            ("functions", texts()),
            ("hasWhere", truth()),
            ("statements", whole()),
        ])),
        Kind::Shell => {
            alike(fields([("programs", texts()), ("arguments", texts()), ("operators", texts()), ("simple", truth())]))
        }
        Kind::Emails => alike(fields([("addresses", texts()), ("domains", texts()), ("count", whole())])),
        Kind::Money => {
            let amount = json!({ "type": "Extension", "name": "decimal" });
            (record(fields([("amount", amount), ("currency", text())])), None)
        }
        Kind::Sizes => alike(fields([("bytes", whole()), ("characters", whole()), ("items", whole())])),
        Kind::Matches => alike(patterns.clone()),
    }
}

fn fields<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    fields.into_iter().map(|(name, of)| (name.to_owned(), of)).collect()
}

fn with<const N: usize>(base: &Map<String, Value>, more: [(&str, Value); N]) -> Value {
    let mut all = base.clone();
    all.extend(fields(more));
    record(all)
}

fn record(attributes: Map<String, Value>) -> Value {
    json!({ "type": "Record", "attributes": attributes })
}

fn text() -> Value {
    json!({ "type": "String" })
}

fn texts() -> Value {
    json!({ "type": "Set", "element": text() })
}

fn truth() -> Value {
    json!({ "type": "Boolean" })
}

fn whole() -> Value {
    json!({ "type": "Long" })
}
