//! Whom a limit tells apart: each key has a meter of its own.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use doorward_mcp::raw::{Kind, Raw, RawJson};

use super::amount::Amount;
use crate::access::{AccessRequest, Resource};
use crate::ids::ServerId;
use crate::limits::KEY_TEXT_MAX;
use crate::principal::Subject;

/// One thing a limit counts by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyPart {
    /// Who acts.
    User,
    /// The program that acts for the user.
    Agent,
    /// The organisation.
    Tenant,
    /// The tool, resource or prompt.
    Tool,
    /// The server.
    Server,
    /// The value of an argument.
    Argument(ArgumentPath),
}

/// Where an argument stands: member names from the outside to the inside.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArgumentPath(Arc<[Box<str>]>);

impl ArgumentPath {
    /// From `repo`, or `filter.repo` for a member of a member; `None` when a name is empty.
    #[must_use]
    pub fn parse(dotted: &str) -> Option<Self> {
        let names: Vec<Box<str>> = dotted.split('.').map(Box::from).collect();
        names.iter().all(|name| !name.is_empty()).then(|| Self(names.into()))
    }

    /// The argument at the top.
    #[must_use]
    pub fn top(&self) -> &str {
        self.0.first().map_or("", AsRef::as_ref)
    }

    pub(super) fn find<'a>(&self, arguments: Option<&'a RawJson>) -> Option<Raw<'a>> {
        self.0.iter().try_fold(arguments?.as_raw(), |value, name| value.member(name))
    }
}

impl fmt::Display for ArgumentPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("."))
    }
}

/// What one request is counted under.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(Arc<[Value]>);

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Value {
    /// It has none.
    Absent,
    Subject(Subject),
    Name(Arc<str>),
    Server(ServerId),
    Thing(Resource),
    Text(Box<str>),
    /// The digest of a text too long to keep.
    Digest([u8; 32]),
    Number(Amount),
    Bool(bool),
}

impl Key {
    /// The key of `request`.
    ///
    /// # Errors
    /// The argument whose value has more than one spelling, so that nobody can say whether it is the same as another.
    pub(super) fn of<'a>(parts: &'a [KeyPart], request: &AccessRequest) -> Result<Self, &'a ArgumentPath> {
        let values: Result<Vec<Value>, _> = parts.iter().map(|part| value(part, request)).collect();
        Ok(Self(values?.into()))
    }
}

fn value<'a>(part: &'a KeyPart, request: &AccessRequest) -> Result<Value, &'a ArgumentPath> {
    let name = |name: Option<&Arc<str>>| name.cloned().map_or(Value::Absent, Value::Name);
    Ok(match part {
        KeyPart::User => Value::Subject(request.principal.subject().clone()),
        KeyPart::Agent => name(request.principal.agent()),
        KeyPart::Tenant => name(request.principal.tenant()),
        KeyPart::Tool => thing(&request.resource),
        KeyPart::Server => Value::Server(request.resource.server().clone()),
        KeyPart::Argument(path) => argument(path.find(request.arguments.as_ref())).ok_or(path)?,
    })
}

fn thing(resource: &Resource) -> Value {
    match resource.name() {
        Some(name) if name.len() > KEY_TEXT_MAX => text(&resource.to_string()),
        Some(_) | None => Value::Thing(resource.clone()),
    }
}

/// An argument's value, the same for every spelling of it; `None` for lists, objects and numbers without an exact value.
fn argument(found: Option<Raw<'_>>) -> Option<Value> {
    let Some(found) = found else { return Some(Value::Absent) };
    match found.kind() {
        Kind::Null => Some(Value::Absent),
        Kind::Bool => found.as_bool().map(Value::Bool),
        Kind::Number => Amount::parse(found.text()).map(Value::Number),
        Kind::String => found.as_str().map(|written| text(&written)),
        Kind::Array | Kind::Object => None,
    }
}

fn text(text: &str) -> Value {
    if text.len() <= KEY_TEXT_MAX {
        return Value::Text(Box::from(text));
    }
    let whole = digest(&SHA256, text.as_bytes());
    whole.as_ref().try_into().map_or(Value::Absent, Value::Digest)
}
