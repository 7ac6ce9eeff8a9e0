//! The text arguments of a call, in the form that facts mirror.

use std::borrow::Cow;

use doorward_mcp::raw::{Kind as JsonKind, Raw};

use crate::argument_type::{ArgumentType, Members};
use crate::arguments::{Problem, Unreadable, find_member, sent_object};
use crate::mentions::Seen;

/// What stands in one place.
#[derive(Debug)]
pub(super) enum Texts<'a> {
    /// One text.
    One(Cow<'a, str>),
    /// A list of texts.
    Many(Vec<Cow<'a, str>>),
    /// A record of such.
    Record(Vec<(&'a str, Self)>),
}

/// The text among the arguments that `seen` names. Whatever else is there is left out.
pub(super) fn read<'a>(
    sent: Option<Raw<'a>>,
    members: &'a Members,
    seen: &Seen,
) -> Result<Vec<(&'a str, Texts<'a>)>, Unreadable> {
    let sent = sent_object(sent)?;
    let mut found = Vec::new();
    for (name, member) in members.iter().filter(|(name, _)| seen.includes(name)) {
        let raw = find_member(sent, name, member.presence).map_err(|problem| Unreadable::of(name, problem))?;
        let Some(raw) = raw else { continue };
        let texts = read_value(raw, &member.of).map_err(|problem| Unreadable::of(name, problem))?;
        found.extend(texts.map(|texts| (&**name, texts)));
    }
    Ok(found)
}

/// `None` for what is no text.
fn read_value<'a>(raw: Raw<'a>, of: &'a ArgumentType) -> Result<Option<Texts<'a>>, Problem> {
    match of {
        ArgumentType::Text => raw.as_str().map(|text| Some(Texts::One(text))).ok_or(Problem::WrongType),
        ArgumentType::List(element) if **element == ArgumentType::Text => {
            if raw.kind() != JsonKind::Array {
                return Err(Problem::WrongType);
            }
            let texts: Option<Vec<Cow<'a, str>>> = raw.elements().map(|element| element.as_str()).collect();
            texts.map(|texts| Some(Texts::Many(texts))).ok_or(Problem::WrongType)
        }
        ArgumentType::Record(members) => {
            if raw.kind() != JsonKind::Object {
                return Err(Problem::WrongType);
            }
            let mut found = Vec::new();
            for (name, member) in members {
                if let Some(raw) = find_member(Some(raw), name, member.presence)?
                    && let Some(texts) = read_value(raw, &member.of)?
                {
                    found.push((&**name, texts));
                }
            }
            Ok(Some(Texts::Record(found)))
        }
        ArgumentType::List(_) | ArgumentType::Whole | ArgumentType::Truth | ArgumentType::Decimal => Ok(None),
    }
}
