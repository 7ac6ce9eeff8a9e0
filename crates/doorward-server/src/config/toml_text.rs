//! TOML text as nodes.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::node::{Member, Node, Value};

/// What TOML itself finds wrong, and where.
pub(super) struct Flaw {
    pub(super) message: String,
    pub(super) span: Option<Range<usize>>,
}

/// The members of the whole document.
pub(super) fn read(text: &str) -> Result<Vec<Member>, Vec<Flaw>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Ok(members(table.get_ref()));
    }
    let flaw = |error: &toml::de::Error| Flaw { message: error.message().to_owned(), span: error.span() };
    Err(errors.iter().map(flaw).collect())
}

fn members(table: &DeTable<'_>) -> Vec<Member> {
    let mut members: Vec<Member> = table
        .iter()
        .map(|(name, value)| Member {
            name: name.get_ref().clone().into_owned(),
            name_span: name.span(),
            node: node(value),
        })
        .collect();
    members.sort_by_key(|member| member.name_span.start);
    members
}

fn node(spanned: &Spanned<DeValue<'_>>) -> Node {
    let value = match spanned.get_ref() {
        DeValue::String(text) => Value::Text(text.clone().into_owned()),
        DeValue::Integer(number) => i64::from_str_radix(&number.as_str().replace('_', ""), number.radix())
            .map_or(Value::Other("a number out of range"), Value::Number),
        DeValue::Float(number) => {
            number.as_str().replace('_', "").parse().map_or(Value::Other("a number out of range"), Value::Fraction)
        }
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Datetime(_) => Value::Other("a date"),
        DeValue::Array(elements) => Value::List(elements.iter().map(node).collect()),
        DeValue::Table(table) => Value::Table(members(table)),
    };
    Node { span: spanned.span(), value }
}
