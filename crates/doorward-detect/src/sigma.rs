//! Sigma rules: the subset that fits records.
//!
//! Responsible for reading one rule, as JSON that a caller has made of its YAML, and for saying whether an event matches.
//! What a rule asks for and this subset has not is an error that names it: a rule is never half obeyed. It must never look
//! at more than one event.

use serde_json::{Map, Value};

use crate::event::Event;
use crate::limits::{SIGMA_CONDITION_BYTES_MAX, SIGMA_DEPTH_MAX, SIGMA_VALUES_MAX};

mod condition;
mod field;

use condition::Condition;
use field::Test;

/// A rule that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct SigmaRule {
    /// Its title.
    pub title: Box<str>,
    /// Its id, where it has one.
    pub id: Option<Box<str>>,
    /// Its level: `informational`, `low`, `medium`, `high` or `critical`; `medium` where it says none.
    pub level: Box<str>,
    searches: Vec<(Box<str>, Search)>,
    condition: Condition,
}

/// Why a rule is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SigmaError {
    /// It has not the form of a rule.
    #[error("it is no Sigma rule: {0}")]
    Malformed(String),
    /// It is for other logs.
    #[error("it is for other logs: logsource must say `product: doorward` or `category: mcp`")]
    OtherLog,
    /// It asks for a field that records have not.
    #[error("records have no field {0:?}")]
    Field(String),
    /// It asks for something that this subset has not.
    #[error("{0} is not supported")]
    Unsupported(String),
    /// It is larger than what is read.
    #[error("it has more {0} than are read")]
    TooLarge(&'static str),
}

/// A named part of `detection`.
#[derive(Debug, Clone, PartialEq)]
enum Search {
    All(Vec<Test>),
    Any(Vec<Self>),
}

/// Members of `detection` and of a rule that change what it means and that one event cannot answer.
const UNSUPPORTED: [&str; 5] = ["timeframe", "correlation", "aggregation", "filter", "action"];

impl SigmaRule {
    /// Reads a rule.
    ///
    /// # Errors
    /// [`SigmaError`] names what is wrong with it or not supported.
    pub fn read(rule: &Value) -> Result<Self, SigmaError> {
        let rule = rule.as_object().ok_or_else(|| malformed("a rule is a map"))?;
        refuse_unsupported(rule)?;
        let logsource = rule.get("logsource").and_then(Value::as_object).ok_or(SigmaError::OtherLog)?;
        let says = |name: &str, value: &str| logsource.get(name).and_then(Value::as_str) == Some(value);
        if !says("product", "doorward") && !says("category", "mcp") {
            return Err(SigmaError::OtherLog);
        }
        let text = |name: &str| rule.get(name).and_then(Value::as_str).map(Box::<str>::from);
        let detection =
            rule.get("detection").and_then(Value::as_object).ok_or_else(|| malformed("it has no detection"))?;
        refuse_unsupported(detection)?;
        let mut values = 0;
        let named = detection.iter().filter(|(name, _)| *name != "condition");
        let searches = named.map(|(name, search)| Ok((name.as_str().into(), Search::read(search, &mut values, 0)?)));
        let searches = searches.collect::<Result<Vec<(Box<str>, Search)>, SigmaError>>()?;
        let condition = match detection.get("condition") {
            Some(Value::String(condition)) if condition.len() > SIGMA_CONDITION_BYTES_MAX => {
                return Err(SigmaError::TooLarge("bytes in its condition"));
            }
            Some(Value::String(condition)) => Condition::read(condition, &searches)?,
            Some(_) => return Err(SigmaError::Unsupported("a condition that is no text".to_owned())),
            None => return Err(malformed("it has no condition")),
        };
        let title = text("title").ok_or_else(|| malformed("it has no title"))?;
        let level = text("level").unwrap_or_else(|| "medium".into());
        Ok(Self { title, id: text("id"), level, searches, condition })
    }

    /// Whether `event` is what the rule describes.
    #[must_use]
    pub fn matches(&self, event: &Event) -> bool {
        self.condition.holds(&|place| self.searches.get(place).is_some_and(|(_, search)| search.holds(event)))
    }
}

fn malformed(why: &str) -> SigmaError {
    SigmaError::Malformed(why.to_owned())
}

fn refuse_unsupported(members: &Map<String, Value>) -> Result<(), SigmaError> {
    match UNSUPPORTED.iter().find(|name| members.contains_key(**name)) {
        Some(name) => Err(SigmaError::Unsupported(format!("`{name}`"))),
        None => Ok(()),
    }
}

impl Search {
    /// A map is all of its fields; a list is any of its maps.
    fn read(search: &Value, values: &mut usize, depth: usize) -> Result<Self, SigmaError> {
        if depth > SIGMA_DEPTH_MAX {
            return Err(SigmaError::TooLarge("lists within one another"));
        }
        match search {
            Value::Object(fields) if fields.is_empty() => Err(malformed("a search is empty")),
            Value::Object(fields) => {
                let tests = fields.iter().map(|(field, wanted)| Test::read(field, wanted, values));
                Ok(Self::All(tests.collect::<Result<_, _>>()?))
            }
            Value::Array(maps) if maps.is_empty() => Err(malformed("a search is empty")),
            Value::Array(maps) => {
                let searches = maps.iter().map(|map| Self::read(map, values, depth + 1));
                Ok(Self::Any(searches.collect::<Result<_, _>>()?))
            }
            Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => {
                Err(SigmaError::Unsupported("a search for words without a field".to_owned()))
            }
        }
    }

    fn holds(&self, event: &Event) -> bool {
        match self {
            Self::All(tests) => tests.iter().all(|test| test.holds(event)),
            Self::Any(searches) => searches.iter().any(|search| search.holds(event)),
        }
    }
}

/// Counts one more value of a rule.
fn count(values: &mut usize) -> Result<(), SigmaError> {
    *values += 1;
    if *values > SIGMA_VALUES_MAX { Err(SigmaError::TooLarge("values")) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
