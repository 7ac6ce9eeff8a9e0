//! Values of which nothing but their form is known, and the few members whose meaning is.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Changes, Class, tell, text};
use crate::limits::NAME_MAX;

/// How a value differs from what stood there; one of both may be missing.
pub(super) fn either(pointer: &str, before: Option<&Value>, after: Option<&Value>, changes: &mut Changes) {
    match (before, after) {
        (Some(before), Some(after)) => compare(pointer, before, after, changes),
        (Some(before), None) => {
            changes.told(pointer, Class::Narrowing, "it is gone", Some(tell::value(before)), None);
        }
        (None, Some(after)) => appeared(pointer, after, changes),
        (None, None) => {}
    }
}

/// How a value differs from what stood there.
pub(super) fn compare(pointer: &str, before: &Value, after: &Value, changes: &mut Changes) {
    match (before, after) {
        (before, after) if before == after => {}
        (Value::String(before), Value::String(after)) if is_sentence(before) || is_sentence(after) => {
            text::compare(pointer, before, after, changes);
        }
        (Value::Object(old), Value::Object(new)) => {
            for name in names(old, new) {
                either(&format!("{pointer}/{}", escaped(name)), old.get(name), new.get(name), changes);
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (place, (old, new)) in old.iter().zip(new).enumerate() {
                compare(&format!("{pointer}/{place}"), old, new, changes);
            }
        }
        (_, _) => {
            let told = (Some(tell::value(before)), Some(tell::value(after)));
            changes.told(pointer, Class::Widening, "it is another", told.0, told.1);
            new_texts(pointer, after, changes);
        }
    }
}

/// Something that was not there.
pub(super) fn appeared(pointer: &str, value: &Value, changes: &mut Changes) {
    match value {
        Value::String(said) if is_sentence(said) => text::appeared(pointer, said, changes),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            changes.told(pointer, Class::Widening, "it is new", None, Some(tell::value(value)));
            new_texts(pointer, value, changes);
        }
    }
}

/// Every sentence in something that was not there.
pub(super) fn new_texts(pointer: &str, value: &Value, changes: &mut Changes) {
    match value {
        Value::String(said) if is_sentence(said) => text::appeared(pointer, said, changes),
        Value::Object(members) => {
            for (name, member) in members {
                let pointer = format!("{pointer}/{}", escaped(name));
                if is_sentence(name) {
                    text::appeared(&pointer, name, changes);
                }
                new_texts(&pointer, member, changes);
            }
        }
        Value::Array(elements) => {
            for (place, element) in elements.iter().enumerate() {
                new_texts(&format!("{pointer}/{place}"), element, changes);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What a tool claims of its effects. A claim to be harmless widens, because rules may go by it; one that is missing is
/// read in the stricter way.
pub(super) fn hints(pointer: &str, before: Option<&Value>, after: Option<&Value>, changes: &mut Changes) {
    const HINTS: &[(&str, bool, &str, &str)] = &[
        ("readOnlyHint", true, "it now claims to change nothing", "it no longer claims to change nothing"),
        ("destructiveHint", false, "it now claims not to destroy", "it no longer claims not to destroy"),
        ("idempotentHint", true, "it now claims that repeating does no more", "repeating may now do more"),
        ("openWorldHint", false, "it now claims to reach nothing outside", "it may now reach outside"),
    ];
    let empty = Map::new();
    let members = |value: Option<&'_ Value>| value.and_then(Value::as_object).cloned().unwrap_or_else(|| empty.clone());
    let (old, new) = (members(before), members(after));
    for (name, harmless, claims, stops) in HINTS {
        let is_harmless = |hints: &Map<String, Value>| hints.get(*name).and_then(Value::as_bool) == Some(*harmless);
        let place = format!("{pointer}/{name}");
        match (is_harmless(&old), is_harmless(&new)) {
            (false, true) => changes.note(&place, Class::Widening, *claims),
            (true, false) => changes.note(&place, Class::Narrowing, *stops),
            (true, true) | (false, false) if old.get(*name) != new.get(*name) => {
                changes.note(&place, Class::Cosmetic, "a hint is spelled out or left out");
            }
            (true, true) | (false, false) => {}
        }
    }
    for name in names(&old, &new).into_iter().filter(|name| HINTS.iter().all(|(hint, ..)| hint != name)) {
        either(&format!("{pointer}/{}", escaped(name)), old.get(name), new.get(name), changes);
    }
}

/// The arguments of a prompt, by their names.
pub(super) fn arguments(pointer: &str, before: Option<&Value>, after: Option<&Value>, changes: &mut Changes) {
    let named = |list: Option<&Value>| -> Map<String, Value> {
        let elements = list.and_then(Value::as_array).cloned().unwrap_or_default();
        let named = |element: Value| Some((element.get("name")?.as_str()?.to_owned(), element));
        elements.into_iter().filter_map(named).collect()
    };
    let (old, new) = (named(before), named(after));
    let met = changes.count();
    for name in names(&old, &new) {
        let place = format!("{pointer}/{}", escaped(name));
        match (old.get(name), new.get(name)) {
            (Some(old), Some(new)) => compare(&place, old, new, changes),
            (Some(_), None) => changes.note(&place, Class::Narrowing, format!("the argument '{name}' is gone")),
            (None, Some(argument)) => {
                changes.note(&place, Class::Widening, format!("the argument '{name}' is new"));
                new_texts(&place, argument, changes);
            }
            (None, None) => {}
        }
    }
    let count = |list: Option<&Value>| list.and_then(Value::as_array).map(Vec::len);
    if before != after && changes.count() == met && count(before) == Some(old.len()) && count(after) == Some(new.len())
    {
        changes.note(pointer, Class::Cosmetic, "the arguments stand in another order");
    }
}

/// Every name of either, in order.
pub(super) fn names<'v>(old: &'v Map<String, Value>, new: &'v Map<String, Value>) -> BTreeSet<&'v String> {
    old.keys().chain(new.keys()).collect()
}

/// A name as a token of a JSON pointer (RFC 6901).
pub(super) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Whether a string may say something to a reader, rather than name something.
pub(super) fn is_sentence(text: &str) -> bool {
    let is_of_names = |c: char| c.is_ascii_alphanumeric() || "_-./:@?&=%#~+$*,[]{}".contains(c);
    text.len() > NAME_MAX || !text.chars().all(is_of_names)
}
