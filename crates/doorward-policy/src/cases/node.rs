//! TOML as values that know their place.

use std::ops::Range;

use serde_json::{Map, Number, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A part of a file's text.
pub(super) type Span = Range<usize>;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) span: Span,
    pub(super) value: Written,
}

/// What a value is.
#[derive(Debug, Clone)]
pub(super) enum Written {
    Text(String),
    Flag(bool),
    /// As it is written, so that nothing is lost.
    Number(Number),
    /// In the words of RFC 3339.
    Moment(String),
    List(Vec<Node>),
    Table(Table),
    /// A number JSON does not have.
    NoNumber,
}

/// Members in the order of the file.
pub(super) type Table = Vec<Member>;

/// A name and its value.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) name_span: Span,
    pub(super) node: Node,
}

/// What TOML itself finds wrong, and where.
pub(super) struct Flaw {
    pub(super) message: String,
    pub(super) span: Option<Span>,
}

/// The members of the whole document.
pub(super) fn document(text: &str) -> Result<Table, Vec<Flaw>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Ok(members(table.get_ref()));
    }
    Err(errors.iter().map(|error| Flaw { message: error.message().to_owned(), span: error.span() }).collect())
}

fn members(table: &DeTable<'_>) -> Table {
    let member = |(name, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
        let name: &Spanned<std::borrow::Cow<'_, str>> = name;
        Member { name: name.get_ref().to_string(), name_span: name.span(), node: node(value) }
    };
    let mut members: Table = table.iter().map(member).collect();
    members.sort_by_key(|member| member.name_span.start);
    members
}

fn node(spanned: &Spanned<DeValue<'_>>) -> Node {
    let value = match spanned.get_ref() {
        DeValue::String(text) => Written::Text(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(&number.as_str().replace('_', ""), number.radix())
            .map_or(Written::NoNumber, |number| Written::Number(number.into())),
        DeValue::Float(number) => {
            let number = number.as_str().replace('_', "").parse().ok().and_then(Number::from_f64);
            number.map_or(Written::NoNumber, Written::Number)
        }
        DeValue::Boolean(flag) => Written::Flag(*flag),
        DeValue::Datetime(moment) => Written::Moment(moment.to_string()),
        DeValue::Array(elements) => Written::List(elements.iter().map(node).collect()),
        DeValue::Table(table) => Written::Table(members(table)),
    };
    Node { span: spanned.span(), value }
}

impl Node {
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Written::Text(text) => Some(text),
            Written::Flag(_)
            | Written::Number(_)
            | Written::Moment(_)
            | Written::List(_)
            | Written::Table(_)
            | Written::NoNumber => None,
        }
    }

    pub(super) fn table(&self) -> Option<&Table> {
        if let Written::Table(table) = &self.value { Some(table) } else { None }
    }

    /// The same in JSON; `None` for a number that JSON does not have.
    pub(super) fn json(&self) -> Option<Value> {
        Some(match &self.value {
            Written::Text(text) | Written::Moment(text) => Value::String(text.clone()),
            Written::Flag(flag) => Value::Bool(*flag),
            Written::Number(number) => Value::Number(number.clone()),
            Written::List(items) => Value::Array(items.iter().map(Self::json).collect::<Option<_>>()?),
            Written::Table(table) => {
                let members = table.iter().map(|member| Some((member.name.clone(), member.node.json()?)));
                Value::Object(members.collect::<Option<Map<_, _>>>()?)
            }
            Written::NoNumber => return None,
        })
    }
}
