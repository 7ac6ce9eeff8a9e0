//! A hostile string in one slot after the other.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::samples::{ADDRESS, BYTES, Said};

/// "ignore" in letters of the Unicode tag block, which nothing displays.
pub(crate) const MARK: &str = "\u{e0069}\u{e0067}\u{e006e}\u{e006f}\u{e0072}\u{e0065}";

/// What no planting changes: with another value it is another message, or none.
const FIXED: [&str; 4] = ["jsonrpc", "method", "resultType", "protocolVersion"];

/// Every variant of a message with the mark in one slot, with the slot's place.
pub(crate) fn planted(said: &Said) -> Vec<(String, Said)> {
    let mut found = Vec::new();
    match said {
        Said::Asked(message) => {
            walk(message, &mut Vec::new(), &mut |place, message| found.push((place, Said::Asked(message))));
        }
        Said::Answered { to, answer } => {
            walk(answer, &mut Vec::new(), &mut |place, answer| {
                found.push((place, Said::Answered { to: to.clone(), answer }));
            });
        }
    }
    found
}

/// Whether the mark is in it, in any form in which it is planted.
pub(crate) fn holds(text: &str) -> bool {
    let encoded = STANDARD.encode(hidden());
    text.contains(MARK) || text.contains(encoded.trim_end_matches('='))
}

fn hidden() -> String {
    format!("plain words around {MARK} and plain words after them")
}

fn walk(whole: &Value, path: &mut Vec<String>, give: &mut dyn FnMut(String, Value)) {
    let pointer: String = path.iter().map(|step| format!("/{step}")).collect();
    let with = |value: Value| {
        let mut changed = whole.clone();
        *changed.pointer_mut(&pointer).unwrap() = value;
        changed
    };
    match whole.pointer(&pointer).unwrap().clone() {
        Value::String(text) => {
            give(pointer.clone(), with(json!(format!("{text} {MARK}"))));
            if text == BYTES {
                give(format!("{pointer} (bytes)"), with(json!(STANDARD.encode(hidden()))));
            }
            if text == ADDRESS {
                let data = format!("data:text/plain;base64,{}", STANDARD.encode(hidden()));
                give(format!("{pointer} (data)"), with(json!(data)));
            }
        }
        Value::Array(elements) => {
            for index in 0..elements.len() {
                path.push(index.to_string());
                walk(whole, path, give);
                path.pop();
            }
        }
        Value::Object(members) => {
            let mut more = members.clone();
            more.insert(format!("x{MARK}"), json!(1));
            give(format!("{pointer} (name)"), with(Value::Object(more)));
            for name in members.keys().filter(|name| !FIXED.contains(&name.as_str())) {
                path.push(name.replace('~', "~0").replace('/', "~1"));
                walk(whole, path, give);
                path.pop();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
