//! JSON Schemas: whether one takes more than the other.
//!
//! Subsumption is decided keyword by keyword, and where a keyword is not known, or two of them meet, for the graver class:
//! a widening may be called so wrongly, a narrowing may not.

use std::collections::BTreeSet;

use serde_json::Value;

use super::generic::{escaped, is_sentence, names, new_texts};
use super::{Changes, Class, generic, tell, text};

/// How a schema differs from what stood there.
pub(super) fn compare(pointer: &str, before: &Value, after: &Value, changes: &mut Changes) {
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        match (before, after) {
            (before, after) if before == after => {}
            (_, Value::Bool(false)) => changes.note(pointer, Class::Narrowing, "nothing is taken any more"),
            (_, _) => {
                changes.note(pointer, Class::Widening, "it takes something else");
                new_texts(pointer, after, changes);
            }
        }
        return;
    };
    for name in names(old, new) {
        let (pointer, old, new) = (format!("{pointer}/{}", escaped(name)), old.get(name), new.get(name));
        if old != new {
            let met = changes.count();
            keyword(&pointer, name, old, new, changes);
            changes.other_than(met, &pointer, old, new);
        }
    }
}

fn keyword(pointer: &str, name: &str, old: Option<&Value>, new: Option<&Value>, changes: &mut Changes) {
    match name {
        "description" | "title" | "$comment" => texts(pointer, old, new, changes),
        "default" | "examples" | "example" => generic::either(pointer, old, new, changes),
        "properties" | "patternProperties" => parameters(pointer, old, new, changes),
        "$defs" | "definitions" | "dependentSchemas" => generic_schemas(pointer, old, new, changes),
        "required" => {
            let (old, new) = (strings(old), strings(new));
            for name in new.difference(&old) {
                changes.note(pointer, Class::Narrowing, format!("'{name}' is required now"));
            }
            for name in old.difference(&new) {
                changes.note(pointer, Class::Widening, format!("'{name}' is no longer required"));
            }
        }
        "enum" => values(pointer, old, new, changes),
        "type" => types(pointer, old, new, changes),
        "additionalProperties" | "unevaluatedProperties" | "additionalItems" => rest(pointer, old, new, changes),
        "minimum" | "exclusiveMinimum" | "minLength" | "minItems" | "minProperties" => {
            bound(pointer, old, new, Side::Least, changes);
        }
        "maximum" | "exclusiveMaximum" | "maxLength" | "maxItems" | "maxProperties" => {
            bound(pointer, old, new, Side::Most, changes);
        }
        "items" | "contains" | "propertyNames" if old.is_some() && new.is_some() => {
            if let (Some(old), Some(new)) = (old, new) {
                compare(pointer, old, new, changes);
            }
        }
        "anyOf" | "oneOf" | "allOf" | "prefixItems" => branches(pointer, old, new, changes),
        _ => other(pointer, old, new, changes),
    }
}

fn texts(pointer: &str, old: Option<&Value>, new: Option<&Value>, changes: &mut Changes) {
    match (old.and_then(Value::as_str), new.and_then(Value::as_str)) {
        (Some(old), Some(new)) => text::compare(pointer, old, new, changes),
        (None, Some(new)) if old.is_none() => text::appeared(pointer, new, changes),
        (_, _) => generic::either(pointer, old, new, changes),
    }
}

fn parameters(pointer: &str, old: Option<&Value>, new: Option<&Value>, changes: &mut Changes) {
    let (old, new) = (members(old), members(new));
    for name in names(&old, &new) {
        let place = format!("{pointer}/{}", escaped(name));
        match (old.get(name), new.get(name)) {
            (Some(old), Some(new)) => compare(&place, old, new, changes),
            (Some(_), None) => changes.note(&place, Class::Narrowing, format!("the parameter '{name}' is gone")),
            (None, Some(parameter)) => {
                let told = Some(tell::value(parameter));
                changes.told(&place, Class::Widening, format!("the parameter '{name}' is new"), None, told);
                if is_sentence(name) {
                    text::appeared(&place, name, changes);
                }
                new_texts(&place, parameter, changes);
            }
            (None, None) => {}
        }
    }
}

/// Schemas that others refer to.
fn generic_schemas(pointer: &str, old: Option<&Value>, new: Option<&Value>, changes: &mut Changes) {
    let (old, new) = (members(old), members(new));
    for name in names(&old, &new) {
        let place = format!("{pointer}/{}", escaped(name));
        match (old.get(name), new.get(name)) {
            (Some(old), Some(new)) => compare(&place, old, new, changes),
            (old, new) => generic::either(&place, old, new, changes),
        }
    }
}

fn values(pointer: &str, old: Option<&Value>, new: Option<&Value>, changes: &mut Changes) {
    let listed = |list: Option<&Value>| list.and_then(Value::as_array).cloned();
    match (listed(old), listed(new)) {
        (Some(old), Some(new)) => {
            let added: Vec<&Value> = new.iter().filter(|value| !old.contains(value)).collect();
            let gone: Vec<&Value> = old.iter().filter(|value| !new.contains(value)).collect();
            for value in &added {
                changes.told(pointer, Class::Widening, "a value is new", None, Some(tell::value(value)));
                new_texts(pointer, value, changes);
            }
            for value in &gone {
                changes.told(pointer, Class::Narrowing, "a value is gone", Some(tell::value(value)), None);
            }
            if added.is_empty() && gone.is_empty() {
                changes.note(pointer, Class::Cosmetic, "the values stand in another order");
            }
        }
        (None, Some(values)) => {
            changes.note(pointer, Class::Narrowing, "only listed values are taken now");
            values.iter().for_each(|value| new_texts(pointer, value, changes));
        }
        (_, _) => changes.note(pointer, Class::Widening, "values are no longer listed"),
    }
}

fn types(pointer: &str, old: Option<&Value>, new: Option<&Value>, changes: &mut Changes) {
    let wider = |types: Option<&Value>| {
        let mut types = match types {
            Some(Value::String(one)) => BTreeSet::from([one.clone()]),
            several => strings(several),
        };
        // A whole number is a number.
        if types.contains("number") {
            types.insert("integer".to_owned());
        }
        types
    };
    let any = |types: Option<&Value>| types.is_none();
    let (before, after) = (wider(old), wider(new));
    let class = match (any(old), any(new)) {
        (true, _) => Class::Narrowing,
        (false, true) => Class::Widening,
        (false, false) if before == after => Class::Cosmetic,
        (false, false) if after.is_subset(&before) => Class::Narrowing,
        (false, false) => Class::Widening,
    };
    changes.told(pointer, class, "the type is another", old.map(tell::value), new.map(tell::value));
}

/// What becomes of members that are not named.
fn rest(pointer: &str, old: Option<&Value>, new: Option<&Value>, changes: &mut Changes) {
    match (old, new) {
        (_, Some(Value::Bool(false))) => changes.note(pointer, Class::Narrowing, "nothing else is taken any more"),
        (Some(Value::Bool(true)) | None, Some(Value::Bool(true)) | None) => {
            changes.note(pointer, Class::Cosmetic, "it is spelled out that more is taken, or left out");
        }
        (Some(Value::Bool(false)), _) | (Some(Value::Object(_)), None | Some(Value::Bool(true))) => {
            changes.note(pointer, Class::Widening, "more is taken now");
            new.into_iter().for_each(|new| new_texts(pointer, new, changes));
        }
        (Some(old), Some(new)) => compare(pointer, old, new, changes),
        (old, new) => generic::either(pointer, old, new, changes),
    }
}

/// Which end of a range a bound is.
#[derive(Debug, Clone, Copy)]
enum Side {
    Least,
    Most,
}

fn bound(pointer: &str, old: Option<&Value>, new: Option<&Value>, side: Side, changes: &mut Changes) {
    let number = |bound: Option<&Value>| bound.and_then(Value::as_f64);
    let class = match (old, new, number(old), number(new)) {
        (None, Some(_), _, Some(_)) => Class::Narrowing,
        (Some(_), None, _, _) => Class::Widening,
        (_, _, Some(old), Some(new)) => match (side, old.total_cmp(&new)) {
            (_, std::cmp::Ordering::Equal) => Class::Cosmetic,
            (Side::Least, std::cmp::Ordering::Less) | (Side::Most, std::cmp::Ordering::Greater) => Class::Narrowing,
            (Side::Least, std::cmp::Ordering::Greater) | (Side::Most, std::cmp::Ordering::Less) => Class::Widening,
        },
        (_, _, _, _) => Class::Widening,
    };
    changes.told(pointer, class, "the bound is another", old.map(tell::value), new.map(tell::value));
}

fn branches(pointer: &str, old: Option<&Value>, new: Option<&Value>, changes: &mut Changes) {
    let listed = |list: Option<&Value>| list.and_then(Value::as_array).cloned().unwrap_or_default();
    let (old, new) = (listed(old), listed(new));
    for (place, (old, new)) in old.iter().zip(&new).enumerate() {
        compare(&format!("{pointer}/{place}"), old, new, changes);
    }
    if old.len() != new.len() {
        changes.note(pointer, Class::Widening, "there are more or fewer ways to fit");
        new.iter().skip(old.len()).for_each(|branch| new_texts(pointer, branch, changes));
    }
}

/// Keywords that only ever take away, and those that are not known.
fn other(pointer: &str, old: Option<&Value>, new: Option<&Value>, changes: &mut Changes) {
    const LIMITS: [&str; 5] = ["/pattern", "/format", "/const", "/multipleOf", "/uniqueItems"];
    match (old, new) {
        (None, Some(new)) if LIMITS.iter().any(|limit| pointer.ends_with(limit)) => {
            changes.told(pointer, Class::Narrowing, "fewer values are taken", None, Some(tell::value(new)));
            new_texts(pointer, new, changes);
        }
        (Some(old), None) => {
            changes.told(pointer, Class::Widening, "it is gone", Some(tell::value(old)), None);
        }
        (old, new) => generic::either(pointer, old, new, changes),
    }
}

fn strings(list: Option<&Value>) -> BTreeSet<String> {
    let elements = list.and_then(Value::as_array).into_iter().flatten();
    elements.filter_map(|element| element.as_str().map(str::to_owned)).collect()
}

fn members(value: Option<&Value>) -> serde_json::Map<String, Value> {
    value.and_then(Value::as_object).cloned().unwrap_or_default()
}
