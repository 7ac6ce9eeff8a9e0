//! Text from a server, made fit to be shown: nothing in it can hide, move or colour anything.

use serde_json::Value;

use crate::limits::EXCERPT_MAX;

/// The text with every character written out that cannot be seen. Lines stay lines.
pub(super) fn inert(text: &str) -> String {
    let mut told = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '"' | '\'' | '\\' => told.push(character),
            '\t' => told.push(' '),
            other => told.extend(other.escape_debug()),
        }
    }
    told
}

/// As [`inert`], shortened.
pub(super) fn excerpt(text: &str) -> String {
    let mut told = inert(&text.chars().take(EXCERPT_MAX).collect::<String>());
    let rest = text.chars().skip(EXCERPT_MAX).count();
    if rest > 0 {
        told.push_str(&format!(" … and {rest} more characters"));
    }
    told
}

/// A value as it would be written.
pub(super) fn value(value: &Value) -> String {
    excerpt(&value.to_string())
}
