//! The one form in which TOML and JSON files are looked at: values with their places.

use std::ops::Range;

use super::origin::Origin;
use super::problem::Problems;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) span: Range<usize>,
    pub(super) value: Value,
}

/// What the value is.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Text(String),
    Number(i64),
    Fraction(f64),
    Flag(bool),
    List(Vec<Node>),
    Table(Vec<Member>),
    /// Something no key wants; the word says what.
    Other(&'static str),
}

/// One entry of a table.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) name_span: Range<usize>,
    pub(super) node: Node,
}

impl Node {
    /// What the value is, in words for a person.
    const fn kind(&self) -> &'static str {
        match &self.value {
            Value::Text(_) => "a string",
            Value::Number(_) => "a number",
            Value::Fraction(_) => "a fraction",
            Value::Flag(true) => "true",
            Value::Flag(false) => "false",
            Value::List(_) => "an array",
            Value::Table(_) => "a table",
            Value::Other(kind) => kind,
        }
    }
}

/// Reads nodes as what a key wants, and tells what does not fit.
#[derive(Debug)]
pub(super) struct Reader<'p> {
    pub(super) origin: Origin,
    pub(super) problems: &'p mut Problems,
}

impl Reader<'_> {
    pub(super) fn error(&mut self, span: &Range<usize>, message: impl Into<String>, advice: impl Into<String>) {
        self.problems.error(self.origin.at(span), message, advice);
    }

    pub(super) fn warning(&mut self, span: &Range<usize>, message: impl Into<String>, advice: impl Into<String>) {
        self.problems.warning(self.origin.at(span), message, advice);
    }

    pub(super) fn text(&mut self, key: &str, node: &Node) -> Option<String> {
        match &node.value {
            Value::Text(text) => Some(text.clone()),
            Value::Number(_)
            | Value::Fraction(_)
            | Value::Flag(_)
            | Value::List(_)
            | Value::Table(_)
            | Value::Other(_) => {
                self.misfit(key, node, "a string", "put the value in quotes");
                None
            }
        }
    }

    pub(super) fn number(&mut self, key: &str, node: &Node) -> Option<u64> {
        match &node.value {
            Value::Number(number) if *number >= 0 => u64::try_from(*number).ok(),
            Value::Number(_)
            | Value::Fraction(_)
            | Value::Flag(_)
            | Value::Text(_)
            | Value::List(_)
            | Value::Table(_)
            | Value::Other(_) => {
                self.misfit(key, node, "a whole number", "write it without quotes, for example 50");
                None
            }
        }
    }

    pub(super) fn flag(&mut self, key: &str, node: &Node) -> Option<bool> {
        match &node.value {
            Value::Flag(flag) => Some(*flag),
            Value::Text(_)
            | Value::Number(_)
            | Value::Fraction(_)
            | Value::List(_)
            | Value::Table(_)
            | Value::Other(_) => {
                self.misfit(key, node, "true or false", "write it without quotes");
                None
            }
        }
    }

    /// A list of strings with their places.
    pub(super) fn texts(&mut self, key: &str, node: &Node) -> Option<Vec<(String, Range<usize>)>> {
        match &node.value {
            Value::List(elements) => {
                elements.iter().map(|element| Some((self.text(key, element)?, element.span.clone()))).collect()
            }
            Value::Text(_)
            | Value::Number(_)
            | Value::Fraction(_)
            | Value::Flag(_)
            | Value::Table(_)
            | Value::Other(_) => {
                self.misfit(key, node, "an array of strings", "write it in brackets, for example [\"a\", \"b\"]");
                None
            }
        }
    }

    pub(super) fn table<'n>(&mut self, key: &str, node: &'n Node) -> Option<&'n [Member]> {
        match &node.value {
            Value::Table(members) => Some(members),
            Value::Text(_)
            | Value::Number(_)
            | Value::Fraction(_)
            | Value::Flag(_)
            | Value::List(_)
            | Value::Other(_) => {
                self.misfit(key, node, "a table", "give it named members");
                None
            }
        }
    }

    /// Tells that `name` is not known here, and which known name it is near to.
    pub(super) fn unknown(&mut self, member: &Member, within: &str, known: &[&str]) {
        let advice = match nearest(&member.name, known) {
            Some(near) => format!("did you mean '{near}'?"),
            None => format!("the keys here are {}", known.join(", ")),
        };
        let place = if within.is_empty() { String::new() } else { format!(" in {within}") };
        self.error(&member.name_span.clone(), format!("there is no key '{}'{place}", member.name), advice);
    }

    fn misfit(&mut self, key: &str, node: &Node, wanted: &str, advice: &str) {
        self.error(&node.span.clone(), format!("{key} is {wanted}, and here is {}", node.kind()), advice);
    }
}

/// The known word that was probably meant.
pub(super) fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let allowed = (word.chars().count() / 3).max(1);
    known
        .iter()
        .map(|candidate| (strsim::osa_distance(word, candidate), *candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}
