//! The words that a schema spells out for an argument: as `enum`, `const` or `default`, or as a list in its description.

use super::schema::Place;
use crate::limits::{SPELLED_BYTES_MAX, SPELLED_MAX};

/// Adds the words that keywords spell out.
pub(super) fn listed(place: &Place<'_>, into: &mut Vec<Box<str>>) {
    let words = place.words.into_iter().flat_map(|words| words.elements());
    for word in words.chain(place.constant).chain(place.default) {
        match word.as_str() {
            Some(text) => keep(&text, into),
            None => keep(word.text(), into),
        }
    }
}

/// Adds the words that a description spells out; how many there were.
pub(super) fn described(description: &str, into: &mut Vec<Box<str>>) -> usize {
    let words = in_brackets(description).chain(in_parentheses(description)).chain(after_a_cue(description));
    words.inspect(|word| keep(word, into)).count()
}

fn keep(word: &str, into: &mut Vec<Box<str>>) {
    let fits = !word.is_empty() && word.len() <= SPELLED_BYTES_MAX && into.len() < SPELLED_MAX;
    if fits && into.iter().all(|known| **known != *word) {
        into.push(word.into());
    }
}

/// `[Enum]: ["a", "b"]`
fn in_brackets(text: &str) -> impl Iterator<Item = &str> {
    let list = text.split_once("[Enum]").and_then(|(_, rest)| {
        let rest = rest.strip_prefix(':').unwrap_or(rest).trim_start();
        rest.strip_prefix('[')?.split_once(']')
    });
    list.into_iter().flat_map(|(list, _)| quoted(list, &['"', '\'']))
}

/// `(Buy/Sell)`
fn in_parentheses(text: &str) -> impl Iterator<Item = &str> {
    let plain = |word: &str| {
        !word.is_empty() && word.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-')
    };
    let inside = text.split('(').skip(1).filter_map(|rest| rest.split_once(')')).map(|(inside, _)| inside);
    let list = inside.filter(move |inside| inside.contains('/') && inside.split('/').all(plain)).take(1);
    list.flat_map(|list| list.split('/'))
}

/// What stands before a list of words in quotation marks.
const CUES: &[&str] =
    &["one of", "either", "must be", "allowed value", "allowed values", "option", "options", "could be", "can be"];

/// `one of 'a', 'b' or 'c'`
fn after_a_cue(text: &str) -> impl Iterator<Item = &str> {
    let lower = text.to_ascii_lowercase();
    let starts: Vec<usize> = CUES.iter().filter_map(|cue| Some(lower.find(cue)? + cue.len())).collect();
    let lists = starts.into_iter().filter_map(|at| text.get(at..)).map(in_a_row);
    lists.flatten()
}

/// The quoted words that begin a text, with nothing between them but commas, "or" and "and".
fn in_a_row(text: &str) -> Vec<&str> {
    let mut rest = text.strip_prefix(':').unwrap_or(text).trim_start();
    let mut words = Vec::new();
    while let Some(mark) = rest.chars().next().filter(|mark| matches!(mark, '\'' | '"' | '`')) {
        let Some((word, after)) = rest.get(1..).and_then(|rest| rest.split_once(mark)) else { break };
        let plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | ' ' | '.' | '-');
        if word.len() > SPELLED_BYTES_MAX || words.len() >= SPELLED_MAX || !word.chars().all(plain) {
            break;
        }
        words.push(word);
        rest = after.trim_start_matches([',', ' ']);
        for join in ["or ", "and "] {
            rest = rest.strip_prefix(join).unwrap_or(rest);
        }
    }
    words
}

fn quoted<'a>(text: &'a str, marks: &'static [char]) -> impl Iterator<Item = &'a str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let at = rest.find(marks)?;
        let mark = rest.get(at..)?.chars().next()?;
        let (word, after) = rest.get(at + 1..)?.split_once(mark)?;
        rest = after;
        Some(word)
    })
}
