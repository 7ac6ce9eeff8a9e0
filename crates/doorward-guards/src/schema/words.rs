//! What is said of a value that does not fit, to whoever has to correct it.
//!
//! Responsible for sentences that tell the fix. It must never repeat a value, or a name that the schema does not declare;
//! what a schema says is repeated only where it is short and plain.

use std::collections::BTreeMap;

use doorward_mcp::raw::{Kind, Raw, RawJson};

use super::check::{Grade, Violation};
use super::model::{Id, Type, Types};
use crate::limits::{ADVICE_CHARACTERS_MAX, ADVICE_NAMES_MAX, ADVICE_WORD_MAX};

/// All that has to be corrected, in one sentence.
pub(super) fn advice(violations: &[&Violation]) -> String {
    let mut advice = String::from("To correct:");
    for (number, one) in violations.iter().enumerate() {
        let place = if one.path.is_empty() { "the whole" } else { one.path.as_str() };
        let next = format!("{} '{place}' {}", if number == 0 { "" } else { ";" }, one.must);
        if advice.chars().count() + next.chars().count() > ADVICE_CHARACTERS_MAX {
            advice.push_str("; and more");
            break;
        }
        advice.push_str(&next);
    }
    advice.push('.');
    advice
}

/// A declared name, where it is one that can be shown.
pub(super) fn name(name: &str) -> Option<&str> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.' | '$' | '@');
    (!name.is_empty() && name.len() <= ADVICE_WORD_MAX && name.chars().all(plain)).then_some(name)
}

/// How far a value of the wrong type is from one of the right.
pub(super) fn distance(types: Types, value: Raw<'_>, is_needed: bool) -> Grade {
    let says_the_same = match Type::of(value) {
        Type::Null => !is_needed,
        Type::String => value.as_str().is_some_and(|text| reads_as(types, &text)),
        Type::Integer | Type::Number | Type::Boolean => types.has(Type::String),
        Type::Array | Type::Object => false,
    };
    if says_the_same { Grade::Coerced } else { Grade::Wrong }
}

/// Whether a text is such a value, written down.
fn reads_as(types: Types, text: &str) -> bool {
    let text = text.trim();
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'));
    let between = |open, close| text.starts_with(open) && text.ends_with(close);
    (types.has(Type::Integer) && text.parse::<i64>().is_ok())
        || (types.has(Type::Number) && is_plain && text.parse::<f64>().is_ok())
        || (types.has(Type::Boolean) && ["true", "false"].iter().any(|word| text.eq_ignore_ascii_case(word)))
        || (types.has(Type::Null) && (text.is_empty() || text == "null"))
        || (types.has(Type::Array) && between('[', ']'))
        || (types.has(Type::Object) && between('{', '}'))
}

pub(super) fn one_of(values: &[RawJson]) -> String {
    let shown: Option<Vec<&str>> = values.iter().map(|value| plain(value.as_raw())).collect();
    match shown {
        Some(shown) if (1..=ADVICE_NAMES_MAX).contains(&shown.len()) => {
            let one_of = if shown.len() == 1 { "" } else { "one of " };
            format!("must be {one_of}{}", shown.join(", "))
        }
        Some(_) | None => "must be one of the values the tool declares".to_owned(),
    }
}

/// A value of a schema as it is written, where it is short and says nothing but itself.
fn plain(value: Raw<'_>) -> Option<&str> {
    let is_plain = match value.kind() {
        Kind::Null | Kind::Bool | Kind::Number => true,
        Kind::String => value.as_str().is_some_and(|text| {
            // Three words are a value; more may be a sentence.
            let plain = |letter: char| letter.is_alphanumeric() || " _-./:+*@#$%".contains(letter);
            text.chars().all(plain) && text.split(' ').count() <= 3
        }),
        Kind::Array | Kind::Object => false,
    };
    (is_plain && value.text().len() <= ADVICE_WORD_MAX).then(|| value.text())
}

pub(super) fn pattern(written: &str) -> String {
    let is_plain = written.len() <= ADVICE_WORD_MAX && written.bytes().all(|byte| byte.is_ascii_graphic());
    if is_plain { format!("must match {written}") } else { "must match the declared pattern".to_owned() }
}

pub(super) fn undeclared(properties: &BTreeMap<Box<str>, Id>) -> String {
    let names: Vec<&str> = properties.keys().filter_map(|declared| name(declared)).take(ADVICE_NAMES_MAX).collect();
    match (names.len(), properties.len()) {
        (_, 0) => "has a member that is not declared; there is none to have".to_owned(),
        (0, _) => "has a member that is not declared".to_owned(),
        (shown, all) if shown < all => {
            format!("has a member that is not declared; among the declared are {}", names.join(", "))
        }
        (_, _) => format!("has a member that is not declared; declared are {}", names.join(", ")),
    }
}
