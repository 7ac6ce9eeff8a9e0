//! A call's arguments as Cedar sees them.
//!
//! Only what some rule looks at is read, and it is read strictly: a value that is not of its declared type, a number that
//! Cedar cannot hold exactly, a required argument that is missing and a name that differs only in case are all refusals.
//! Otherwise policy and server could read two different calls.

use cedar_policy::RestrictedExpression;
use doorward_mcp::raw::{Kind, Raw};

use crate::argument_type::{ArgumentType, Member, Members, Presence};
use crate::mentions::Seen;

/// Why the arguments cannot be shown to policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreadable {
    /// The argument at the top, when its name may stand in a text.
    pub(crate) argument: Option<String>,
    /// What is wrong with it.
    pub(crate) problem: Problem,
}

/// What is wrong with an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Problem {
    /// Not of the type the tool's input schema names.
    WrongType,
    /// A number policy cannot hold exactly.
    Inexact,
    /// Required, and not there.
    Missing,
    /// Another argument's name differs only in letter case.
    Miscased,
    /// The arguments are no object.
    NoObject,
}

impl Problem {
    const fn as_str(self) -> &'static str {
        match self {
            Self::WrongType => "is not of the type the tool declares",
            Self::Inexact => "is a number that policy cannot hold exactly",
            Self::Missing => "is required and missing",
            Self::Miscased => "is spelled in another letter case than the tool declares",
            Self::NoObject => "is not an object",
        }
    }
}

impl Unreadable {
    /// One sentence for the refusal.
    pub(crate) fn sentence(&self) -> String {
        match &self.argument {
            Some(name) => format!("The argument '{name}' {}.", self.problem.as_str()),
            None => format!("An argument {}.", self.problem.as_str()),
        }
    }

    /// That argument, for that reason.
    pub(crate) fn of(name: &str, problem: Problem) -> Self {
        Self { argument: is_printable(name).then(|| name.to_owned()), problem }
    }
}

/// Whether a name that comes from a server may stand in a text of ours.
pub(crate) fn is_printable(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    name.len() <= 64 && name.chars().all(plain)
}

/// The arguments as an object; `None` when there are none.
pub(crate) fn sent_object(sent: Option<Raw<'_>>) -> Result<Option<Raw<'_>>, Unreadable> {
    let sent = sent.filter(|raw| raw.kind() != Kind::Null);
    if sent.is_some_and(|raw| raw.kind() != Kind::Object) {
        return Err(Unreadable { argument: None, problem: Problem::NoObject });
    }
    Ok(sent)
}

/// The member `name` of an object; `None` for an optional one that is not there.
pub(crate) fn find_member<'a>(
    object: Option<Raw<'a>>,
    name: &str,
    presence: Presence,
) -> Result<Option<Raw<'a>>, Problem> {
    if object.is_some_and(|object| object.miscased_member(&[name]).is_some()) {
        return Err(Problem::Miscased);
    }
    match (object.and_then(|object| object.member(name)), presence) {
        (None, Presence::Required) => Err(Problem::Missing),
        (None, Presence::Optional) => Ok(None),
        (Some(raw), Presence::Optional) if raw.kind() == Kind::Null => Ok(None),
        (Some(raw), Presence::Required | Presence::Optional) => Ok(Some(raw)),
    }
}

/// The record `context.arguments`, holding what `seen` asks for.
pub(crate) fn read(sent: Option<Raw<'_>>, members: &Members, seen: &Seen) -> Result<RestrictedExpression, Unreadable> {
    let sent = sent_object(sent)?;
    let mut fields = Vec::new();
    for (name, member) in members.iter().filter(|(name, _)| seen.includes(name)) {
        let value = read_member(sent, name, member).map_err(|problem| Unreadable::of(name, problem))?;
        if let Some(value) = value {
            fields.push((name.to_string(), value));
        }
    }
    record(fields)
}

fn record(fields: Vec<(String, RestrictedExpression)>) -> Result<RestrictedExpression, Unreadable> {
    // The only failure is a name given twice, and a map's names are distinct.
    RestrictedExpression::new_record(fields).map_err(|_| Unreadable { argument: None, problem: Problem::WrongType })
}

fn read_member(object: Option<Raw<'_>>, name: &str, member: &Member) -> Result<Option<RestrictedExpression>, Problem> {
    find_member(object, name, member.presence)?.map(|raw| read_value(raw, &member.of)).transpose()
}

fn read_value(raw: Raw<'_>, of: &ArgumentType) -> Result<RestrictedExpression, Problem> {
    match of {
        ArgumentType::Text => {
            raw.as_str().map(|text| RestrictedExpression::new_string(text.into_owned())).ok_or(Problem::WrongType)
        }
        ArgumentType::Truth => raw.as_bool().map(RestrictedExpression::new_bool).ok_or(Problem::WrongType),
        ArgumentType::Whole => {
            expect_kind(raw, Kind::Number)?;
            raw.as_i64().map(RestrictedExpression::new_long).ok_or(Problem::Inexact)
        }
        ArgumentType::Decimal => {
            expect_kind(raw, Kind::Number)?;
            exact_decimal(raw.text()).map(RestrictedExpression::new_decimal).ok_or(Problem::Inexact)
        }
        ArgumentType::List(element) => {
            expect_kind(raw, Kind::Array)?;
            let values: Result<Vec<_>, Problem> = raw.elements().map(|value| read_value(value, element)).collect();
            Ok(RestrictedExpression::new_set(values?))
        }
        ArgumentType::Record(members) => read_record(raw, members),
    }
}

fn read_record(raw: Raw<'_>, members: &Members) -> Result<RestrictedExpression, Problem> {
    expect_kind(raw, Kind::Object)?;
    let mut fields = Vec::new();
    for (name, member) in members {
        if let Some(value) = read_member(Some(raw), name, member)? {
            fields.push((name.to_string(), value));
        }
    }
    record(fields).map_err(|unreadable| unreadable.problem)
}

fn expect_kind(raw: Raw<'_>, kind: Kind) -> Result<(), Problem> {
    if raw.kind() == kind { Ok(()) } else { Err(Problem::WrongType) }
}

/// A JSON number in the form Cedar's `decimal` reads, if it fits without loss: no exponent, at most four digits after the
/// point, and within the range of a 64-bit integer of ten-thousandths.
fn exact_decimal(written: &str) -> Option<String> {
    let (whole, fraction) = written.split_once('.').unwrap_or((written, "0"));
    if fraction.contains(['e', 'E']) || whole.contains(['e', 'E']) {
        return None;
    }
    let trimmed = fraction.trim_end_matches('0');
    if trimmed.len() > 4 {
        return None;
    }
    let negative = whole.starts_with('-');
    let digits: i128 = whole.trim_start_matches('-').parse().ok()?;
    let scaled: i128 = digits.checked_mul(10_000)? + format!("{trimmed:0<4}").parse::<i128>().ok()?;
    let signed = if negative { -scaled } else { scaled };
    i64::try_from(signed).ok()?;
    let shown = if trimmed.is_empty() { "0" } else { trimmed };
    Some(format!("{whole}.{shown}"))
}

#[cfg(test)]
mod tests;
