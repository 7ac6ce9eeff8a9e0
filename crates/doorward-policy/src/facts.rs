//! Facts: what policy knows of a text argument as a path, a URL, SQL, a command, recipients or money.
//!
//! `context.paths.ARG`, `context.urls.ARG` and so on mirror the text arguments of a tool. Whoever writes a rule chooses the
//! kind by naming the record, and only what some rule names is computed, once for each request. What cannot be told stands
//! in the context as an unknown: it answers `has`, and whatever reads it refuses. It must never be left out instead, for
//! then a rule that asks `has` first would take it for an argument that was not sent.

mod cedar;
mod read;
mod shape;
mod texts;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cedar_policy::RestrictedExpression;
use doorward_core::access::Observed;
use doorward_facts::Unclear;
use doorward_mcp::raw::Raw;
use serde_json::Value;

use crate::argument_type::Members;
use crate::arguments::Unreadable;
use crate::inputs::PolicyInputs;
use crate::mentions::Seen;
use crate::place::{Dialect, Files, ServerPlace};

pub(crate) use shape::{common_types, records};
pub(crate) use values::{FactValue, Fields, Values};

/// A kind of facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// `context.paths`
    Paths,
    /// `context.urls`
    Urls,
    /// `context.sql`
    Sql,
    /// `context.shell`
    Shell,
    /// `context.emails`
    Emails,
    /// `context.money`
    Money,
    /// `context.sizes`
    Sizes,
    /// `context.matches`
    Matches,
}

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Self; 8] =
        [Self::Paths, Self::Urls, Self::Sql, Self::Shell, Self::Emails, Self::Money, Self::Sizes, Self::Matches];

    /// The name of its record.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Paths => "paths",
            Self::Urls => "urls",
            Self::Sql => "sql",
            Self::Shell => "shell",
            Self::Emails => "emails",
            Self::Money => "money",
            Self::Sizes => "sizes",
            Self::Matches => "matches",
        }
    }

    /// Whether its texts go to parsers whose time is not small.
    pub(crate) const fn is_parsed(self) -> bool {
        match self {
            Self::Sql | Self::Shell => true,
            Self::Paths | Self::Urls | Self::Emails | Self::Money | Self::Sizes | Self::Matches => false,
        }
    }

    /// The kind whose record has that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// The facts some rule looks at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct FactsSeen {
    kinds: BTreeMap<Kind, Seen>,
    addresses: Addresses,
}

/// Whether some rule may look at where a host is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Addresses {
    #[default]
    Unasked,
    Asked,
}

/// The attributes of a URL that need its addresses.
const OF_ADDRESSES: [&str; 2] = ["private", "addresses"];

impl FactsSeen {
    /// Everything of every kind.
    pub(crate) fn everything() -> Self {
        Self { kinds: Kind::ALL.map(|kind| (kind, Seen::All)).into(), addresses: Addresses::Asked }
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// The kinds.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = Kind> {
        self.kinds.keys().copied()
    }

    /// What is seen of each kind.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Kind, &Seen)> {
        self.kinds.iter().map(|(kind, seen)| (*kind, seen))
    }

    /// What is seen of one kind.
    pub(crate) fn of_mut(&mut self, kind: Kind) -> &mut Seen {
        self.kinds.entry(kind).or_default()
    }

    /// Notes that some rule may look at where a host is.
    pub(crate) const fn ask_for_addresses(&mut self) {
        self.addresses = Addresses::Asked;
    }

    /// Adds what `other` sees.
    pub(crate) fn join(&mut self, other: &Self) {
        other.kinds.iter().for_each(|(kind, seen)| self.of_mut(*kind).join(seen));
        if other.addresses == Addresses::Asked {
            self.addresses = Addresses::Asked;
        }
    }

    fn asks_for_addresses(&self) -> bool {
        self.addresses == Addresses::Asked
    }
}

/// Whether a policy in Cedar's JSON form may read an attribute that needs the addresses of a host.
pub(crate) fn names_addresses(policy: &Value) -> bool {
    match policy {
        Value::String(text) => OF_ADDRESSES.contains(&text.as_str()),
        Value::Array(items) => items.iter().any(names_addresses),
        Value::Object(fields) => {
            fields.iter().any(|(name, field)| OF_ADDRESSES.contains(&name.as_str()) || names_addresses(field))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// What the shell is asked to look at before a request can be decided.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wants {
    /// Absolute paths on this machine: where do they lead?
    pub paths: BTreeSet<Arc<str>>,
    /// Names: which addresses do they have?
    pub hosts: BTreeSet<Arc<str>>,
    /// Counters: how high are they?
    pub counts: BTreeSet<Arc<str>>,
}

impl Wants {
    /// Whether nothing has to be looked at.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty() && self.hosts.is_empty() && self.counts.is_empty()
    }
}

/// The facts of one call.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// The records, by name.
    pub(crate) records: Vec<(String, RestrictedExpression)>,
    /// Why something is not known, by its name below `context`.
    pub(crate) unclear: BTreeMap<String, Unclear>,
}

/// A call whose facts are wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call<'a> {
    /// The arguments as sent.
    pub(crate) sent: Option<Raw<'a>>,
    /// As the tool declares them.
    pub(crate) members: &'a Members,
    /// What the rules look at.
    pub(crate) seen: &'a FactsSeen,
    /// What the operator says of the server.
    pub(crate) place: Option<&'a ServerPlace>,
    /// What the operator says of everything.
    pub(crate) inputs: &'a PolicyInputs,
}

impl Call<'_> {
    fn root(&self) -> Option<&str> {
        self.place?.root.as_deref()
    }

    fn dialect(&self) -> Dialect {
        self.place.map(|place| place.dialect).unwrap_or_default()
    }

    fn files(&self) -> Files {
        self.place.map(|place| place.files).unwrap_or_default()
    }

    /// What has to be looked at first. Arguments that cannot be read need nothing: deciding refuses them.
    pub(crate) fn wants(&self) -> Wants {
        read::wants(self).unwrap_or_default()
    }

    /// The facts, given what was looked at.
    ///
    /// # Errors
    /// [`Unreadable`] when an argument is not what the tool declares.
    pub(crate) fn facts(&self, observed: &Observed) -> Result<Facts, Unreadable> {
        read::facts(self, observed)
    }
}
