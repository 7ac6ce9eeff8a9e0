//! The one form in which statements are read, wherever they are written: values with their places.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value and where it stands.
#[derive(Debug, Clone)]
pub struct Stated {
    /// Its place in the text, in bytes.
    pub span: Range<usize>,
    /// What it is.
    pub value: Value,
}

/// What a value is.
#[derive(Debug, Clone)]
pub enum Value {
    /// A string.
    Text(String),
    /// True or false.
    Flag(bool),
    /// An array.
    List(Vec<Stated>),
    /// A table.
    Table(Vec<Member>),
    /// Something that no key wants.
    Other,
}

/// One entry of a table.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// The place of the name.
    pub name_span: Range<usize>,
    /// Its value.
    pub value: Stated,
}

/// Something wrong with a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub advice: String,
}

/// Reads values as what a key wants, and keeps what does not fit.
pub(super) struct Reader<'f> {
    pub(super) faults: &'f mut Vec<Fault>,
}

impl Reader<'_> {
    pub(super) fn fault(&mut self, span: &Range<usize>, message: impl Into<String>, advice: impl Into<String>) {
        self.faults.push(Fault { span: span.clone(), message: message.into(), advice: advice.into() });
    }

    pub(super) fn unknown(&mut self, member: &Member, within: &str, known: &[&str]) {
        let message = format!("{within} has no key '{}'", shown(&member.name));
        self.fault(&member.name_span, message, format!("its keys are {}", known.join(", ")));
    }

    pub(super) fn text<'v>(&mut self, key: &str, value: &'v Stated) -> Option<&'v str> {
        match &value.value {
            Value::Text(text) => Some(text),
            Value::Flag(_) | Value::List(_) | Value::Table(_) | Value::Other => {
                self.fault(&value.span, format!("{key} is a string"), "put it in quotes");
                None
            }
        }
    }

    pub(super) fn flag(&mut self, key: &str, value: &Stated) -> Option<bool> {
        match &value.value {
            Value::Flag(flag) => Some(*flag),
            Value::Text(_) | Value::List(_) | Value::Table(_) | Value::Other => {
                self.fault(&value.span, format!("{key} is true or false"), "write it without quotes");
                None
            }
        }
    }

    pub(super) fn table<'v>(&mut self, key: &str, value: &'v Stated) -> &'v [Member] {
        match &value.value {
            Value::Table(members) => members,
            Value::Text(_) | Value::Flag(_) | Value::List(_) | Value::Other => {
                self.fault(&value.span, format!("{key} is a table"), format!("write [{key}], or {key} = {{ … }}"));
                &[]
            }
        }
    }

    pub(super) fn texts<'v>(&mut self, key: &str, value: &'v Stated) -> Vec<(&'v str, Range<usize>)> {
        match &value.value {
            Value::List(elements) => {
                elements.iter().filter_map(|one| Some((self.text(key, one)?, one.span.clone()))).collect()
            }
            Value::Text(_) | Value::Flag(_) | Value::Table(_) | Value::Other => {
                self.fault(&value.span, format!("{key} is an array of strings"), format!("write {key} = [\"…\"]"));
                Vec::new()
            }
        }
    }

    /// One of a few words.
    pub(super) fn word<T: Copy + ToString>(
        &mut self,
        key: &str,
        value: &Stated,
        known: &[T],
        parse: fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(key, value)?;
        let found = parse(text);
        if found.is_none() {
            let words: Vec<String> = known.iter().map(T::to_string).collect();
            let message = format!("{key} cannot be '{}'", shown(text));
            self.fault(&value.span, message, format!("it is one of {}", words.join(", ")));
        }
        found
    }
}

/// What a file says, as it may stand in a message.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(80).flat_map(char::escape_debug).collect()
}

/// The members of a TOML table, in their order.
pub(super) fn members(table: &DeTable<'_>) -> Vec<Member> {
    let mut members: Vec<Member> = table
        .iter()
        .map(|(name, value)| Member {
            name: name.get_ref().clone().into_owned(),
            name_span: name.span(),
            value: stated(value),
        })
        .collect();
    members.sort_by_key(|member| member.name_span.start);
    members
}

fn stated(spanned: &Spanned<DeValue<'_>>) -> Stated {
    let value = match spanned.get_ref() {
        DeValue::String(text) => Value::Text(text.clone().into_owned()),
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Array(elements) => Value::List(elements.iter().map(stated).collect()),
        DeValue::Table(table) => Value::Table(members(table)),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Datetime(_) => Value::Other,
    };
    Stated { span: spanned.span(), value }
}
