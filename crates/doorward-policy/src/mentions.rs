//! What a rule looks at in `context`.
//!
//! A decision whose rules never look at a part of the context does not depend on it: that is what makes decisions
//! cacheable, and it is why only the arguments that matter are converted. Every form that is not understood counts as
//! looking at everything.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::facts::{FactsSeen, Kind, names_addresses};

/// The members of a record that some rule looks at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Seen {
    /// None.
    #[default]
    None,
    /// These, by name.
    Named(BTreeSet<String>),
    /// The record as a whole.
    All,
}

/// The parts of the context some rule looks at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Mentions {
    /// Which arguments.
    pub(crate) arguments: Seen,
    /// Which counters.
    pub(crate) counts: Seen,
    /// Which facts of which arguments.
    pub(crate) derived: FactsSeen,
    /// The other attributes, by name.
    pub(crate) facts: BTreeSet<Fact>,
}

/// An attribute of the context that is the same for every tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fact {
    /// `context.face`
    Face,
    /// `context.era`
    Era,
    /// `context.at`
    At,
    /// `context.time`
    Time,
    /// `context.origin`
    Origin,
    /// `context.client`
    Client,
    /// `context.agent`
    Agent,
    /// `context.delegation`
    Delegation,
    /// `context.ctx`
    Ctx,
    /// `context.endorse`
    Endorse,
    /// `context.ledger`
    Ledger,
}

impl Fact {
    /// All of them.
    pub(crate) const ALL: [Self; 11] = [
        Self::Face,
        Self::Era,
        Self::At,
        Self::Time,
        Self::Origin,
        Self::Client,
        Self::Agent,
        Self::Delegation,
        Self::Ctx,
        Self::Endorse,
        Self::Ledger,
    ];

    /// The attribute's name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Face => "face",
            Self::Era => "era",
            Self::At => "at",
            Self::Time => "time",
            Self::Origin => "origin",
            Self::Client => "client",
            Self::Agent => "agent",
            Self::Delegation => "delegation",
            Self::Ctx => "ctx",
            Self::Endorse => "endorse",
            Self::Ledger => "ledger",
        }
    }

    /// Whether it changes from one call of the same client to the next.
    pub(crate) const fn is_fleeting(self) -> bool {
        self.is_of_time() || self.is_of_flow()
    }

    const fn is_of_time(self) -> bool {
        match self {
            Self::At | Self::Time => true,
            Self::Face
            | Self::Era
            | Self::Origin
            | Self::Client
            | Self::Agent
            | Self::Delegation
            | Self::Ctx
            | Self::Endorse
            | Self::Ledger => false,
        }
    }

    /// Whether only the moment of a call has it: what was read before, and where its values come from.
    pub(crate) const fn is_of_flow(self) -> bool {
        match self {
            Self::Ctx | Self::Endorse | Self::Ledger => true,
            Self::Face
            | Self::Era
            | Self::At
            | Self::Time
            | Self::Origin
            | Self::Client
            | Self::Agent
            | Self::Delegation => false,
        }
    }
}

impl Seen {
    /// Whether some rule looks at the member `name`.
    pub(crate) fn includes(&self, name: &str) -> bool {
        match self {
            Self::None => false,
            Self::Named(names) => names.contains(name),
            Self::All => true,
        }
    }

    /// Adds the member `name`.
    pub(crate) fn name(&mut self, name: &str) {
        match self {
            Self::None => *self = Self::Named(BTreeSet::from([name.to_owned()])),
            Self::Named(names) => {
                names.insert(name.to_owned());
            }
            Self::All => {}
        }
    }

    /// Adds what `other` sees.
    pub(crate) fn join(&mut self, other: &Self) {
        match other {
            Self::None => {}
            Self::All => *self = Self::All,
            Self::Named(names) => names.iter().for_each(|name| self.name(name)),
        }
    }
}

impl Mentions {
    /// Reads a policy in Cedar's JSON form.
    pub(crate) fn of(policy: &Value) -> Self {
        let mut mentions = Self::default();
        mentions.walk(policy);
        if names_addresses(policy) {
            mentions.derived.ask_for_addresses();
        }
        mentions
    }

    /// Everything.
    pub(crate) fn everything() -> Self {
        Self {
            arguments: Seen::All,
            counts: Seen::All,
            derived: FactsSeen::everything(),
            facts: Fact::ALL.into_iter().collect(),
        }
    }

    /// Adds what `other` looks at.
    pub(crate) fn join(&mut self, other: &Self) {
        self.facts.extend(&other.facts);
        self.arguments.join(&other.arguments);
        self.counts.join(&other.counts);
        self.derived.join(&other.derived);
    }

    /// Whether a decision depends on nothing that changes from one call to the next.
    pub(crate) fn lasting(&self) -> bool {
        self.arguments == Seen::None && self.derived.is_empty() && self.steady()
    }

    /// Whether a decision depends on nothing that changes from one call to the next, but for the arguments and facts of them.
    pub(crate) fn steady(&self) -> bool {
        self.counts == Seen::None && !self.flow() && self.timeless()
    }

    /// Whether a decision depends on what was read before.
    pub(crate) fn flow(&self) -> bool {
        self.facts.iter().any(|fact| fact.is_of_flow())
    }

    /// Whether a decision does not depend on the time.
    pub(crate) fn timeless(&self) -> bool {
        !self.facts.iter().any(|fact| fact.is_of_time())
    }

    fn walk(&mut self, expression: &Value) {
        if let Some(access) = Access::of(expression) {
            if is_context(access.object) {
                return self.see(&access);
            }
            if let Some(record) = self.record_mut(access.object) {
                return record.name(access.attribute);
            }
        }
        if is_context(expression) {
            return *self = Self::everything();
        }
        match expression {
            Value::Array(items) => items.iter().for_each(|item| self.walk(item)),
            Value::Object(fields) => fields.values().for_each(|field| self.walk(field)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    /// `context.attribute`, or `context has attribute`.
    fn see(&mut self, access: &Access<'_>) {
        match (access.attribute, access.below) {
            ("arguments", Some(below)) => self.arguments.name(below),
            ("counts", Some(below)) => self.counts.name(below),
            // Every context of a tool has these, so asking for them depends on nothing.
            ("arguments" | "counts", None) if access.asks => {}
            (other, below) if Kind::named(other).is_some() => self.see_facts(other, below, access.asks),
            ("arguments", None) => self.arguments = Seen::All,
            ("counts", None) => self.counts = Seen::All,
            (other, _) => match Fact::ALL.into_iter().find(|fact| fact.name() == other) {
                Some(fact) => {
                    self.facts.insert(fact);
                }
                None => self.join(&Self::everything()),
            },
        }
    }

    /// `context.paths`, `context has paths` and the like.
    fn see_facts(&mut self, record: &str, below: Option<&str>, asks: bool) {
        let Some(kind) = Kind::named(record) else { return };
        match below {
            Some(below) => self.derived.of_mut(kind).name(below),
            None if asks => {}
            None => *self.derived.of_mut(kind) = Seen::All,
        }
    }

    /// What is seen of `context.arguments`, `context.counts` or a record of facts, when that is what `object` is.
    fn record_mut(&mut self, object: &Value) -> Option<&mut Seen> {
        let access = Access::of(object).filter(|access| !access.asks && is_context(access.object))?;
        match access.attribute {
            "arguments" => Some(&mut self.arguments),
            "counts" => Some(&mut self.counts),
            other => Kind::named(other).map(|kind| self.derived.of_mut(kind)),
        }
    }
}

/// `object.attribute`, `object has attribute`, or `object has attribute.below`.
struct Access<'a> {
    object: &'a Value,
    attribute: &'a str,
    below: Option<&'a str>,
    asks: bool,
}

impl<'a> Access<'a> {
    fn of(expression: &'a Value) -> Option<Self> {
        let fields = expression.as_object()?;
        if fields.len() != 1 {
            return None;
        }
        let (asks, body) = match fields.get("has") {
            Some(body) => (true, body),
            None => (false, fields.get(".")?),
        };
        let object = body.get("left")?;
        let (attribute, below) = match body.get("attr")? {
            Value::String(attribute) => (attribute.as_str(), None),
            Value::Array(path) => (path.first()?.as_str()?, path.get(1).and_then(Value::as_str)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => return None,
        };
        Some(Self { object, attribute, below, asks })
    }
}

fn is_context(expression: &Value) -> bool {
    expression.get("Var").and_then(Value::as_str) == Some("context")
}

#[cfg(test)]
mod tests {
    use cedar_policy::Policy;

    use super::*;

    fn of(condition: &str) -> Mentions {
        let policy =
            Policy::parse(None, format!("permit(principal, action, resource) when {{ {condition} }};")).unwrap();
        Mentions::of(&policy.to_json().unwrap())
    }

    fn named(names: &[&str]) -> Seen {
        Seen::Named(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn what_is_looked_at() {
        let cases: &[(&str, Seen, &[Fact])] = &[
            ("true", Seen::None, &[]),
            ("resource.effect == \"read\"", Seen::None, &[]),
            ("context.face == \"http\"", Seen::None, &[Fact::Face]),
            ("context has face && context.era == \"modern\"", Seen::None, &[Fact::Face, Fact::Era]),
            ("context.at < datetime(\"2030-01-01\")", Seen::None, &[Fact::At]),
            ("context.time.hour < 18", Seen::None, &[Fact::Time]),
            ("context has origin", Seen::None, &[Fact::Origin]),
            ("context has client.name && context.client.name like \"c*\"", Seen::None, &[Fact::Client]),
            ("context has agent && context.agent == Agent::\"ci\"", Seen::None, &[Fact::Agent]),
            ("context.delegation.depth < 2", Seen::None, &[Fact::Delegation]),
            ("context.arguments.path == \"a\"", named(&["path"]), &[]),
            ("context.arguments[\"path\"] like \"a*\"", named(&["path"]), &[]),
            ("context.arguments has path", named(&["path"]), &[]),
            ("context.arguments has options.deep && context.arguments.n > 1", named(&["options", "n"]), &[]),
            ("context has arguments.path", named(&["path"]), &[]),
            ("context has arguments", Seen::None, &[]),
            ("context.arguments.options.deep", named(&["options"]), &[]),
            ("context.arguments == {path: \"a\"}", Seen::All, &[]),
            ("if true then context.arguments.a else false", named(&["a"]), &[]),
            ("[context.arguments.a].contains(true)", named(&["a"]), &[]),
            ("\"context\" == \"context\"", Seen::None, &[]),
        ];
        for (condition, arguments, facts) in cases {
            let facts = facts.iter().copied().collect();
            let expected =
                Mentions { arguments: arguments.clone(), counts: Seen::None, derived: FactsSeen::default(), facts };
            assert_eq!(of(condition), expected, "{condition}");
        }
        for unclear in ["{a: context}.a.arguments.b", "context == {}", "context.something"] {
            assert_eq!(of(unclear), Mentions::everything(), "{unclear}");
        }
        assert_eq!(of("context.counts.mails < 3 && context.counts[\"a b\"] < 1").counts, named(&["mails", "a b"]));
        let derived = |condition: &str| of(condition).derived.kinds().collect::<Vec<_>>();
        assert_eq!(derived("context.paths.a.real && context has sql.b"), [Kind::Paths, Kind::Sql]);
        assert_eq!(derived("context.urls == {} || context.shell[\"a b\"].simple"), [Kind::Urls, Kind::Shell]);
        assert_eq!(derived("context has money && context.arguments.paths == \"a\""), []);
        assert_eq!(of("context.counts has mails").derived, FactsSeen::default());
        assert_eq!(of("context has counts.mails").counts, named(&["mails"]));
        assert_eq!(of("context.counts == {}").counts, Seen::All);
    }
}
