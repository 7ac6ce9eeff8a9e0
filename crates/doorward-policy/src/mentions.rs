//! What a rule looks at in `context`.
//!
//! A decision whose rules never look at a part of the context does not depend on it: that is what makes decisions
//! cacheable, and it is why only the arguments that matter are converted. Every form that is not understood counts as
//! looking at everything.

use std::collections::BTreeSet;

use serde_json::Value;

/// The arguments some rule looks at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum ArgumentsSeen {
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
    pub(crate) arguments: ArgumentsSeen,
    /// The other attributes, by name.
    pub(crate) facts: BTreeSet<Fact>,
}

/// An attribute of the context beside the arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fact {
    /// `context.face`
    Face,
    /// `context.era`
    Era,
    /// `context.at`
    At,
}

impl Fact {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Face, Self::Era, Self::At];

    /// The attribute's name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Face => "face",
            Self::Era => "era",
            Self::At => "at",
        }
    }
}

impl ArgumentsSeen {
    /// Whether some rule looks at the argument `name`.
    pub(crate) fn includes(&self, name: &str) -> bool {
        match self {
            Self::None => false,
            Self::Named(names) => names.contains(name),
            Self::All => true,
        }
    }

    fn name(&mut self, name: &str) {
        match self {
            Self::None => *self = Self::Named(BTreeSet::from([name.to_owned()])),
            Self::Named(names) => {
                names.insert(name.to_owned());
            }
            Self::All => {}
        }
    }
}

impl Mentions {
    /// Reads a policy in Cedar's JSON form.
    pub(crate) fn of(policy: &Value) -> Self {
        let mut mentions = Self::default();
        mentions.walk(policy);
        mentions
    }

    /// Everything.
    pub(crate) fn everything() -> Self {
        Self { arguments: ArgumentsSeen::All, facts: Fact::ALL.into_iter().collect() }
    }

    /// Adds what `other` looks at.
    pub(crate) fn join(&mut self, other: &Self) {
        self.facts.extend(&other.facts);
        match &other.arguments {
            ArgumentsSeen::None => {}
            ArgumentsSeen::All => self.arguments = ArgumentsSeen::All,
            ArgumentsSeen::Named(names) => names.iter().for_each(|name| self.arguments.name(name)),
        }
    }

    /// Whether a decision depends on neither the arguments nor the time.
    pub(crate) fn lasting(&self) -> bool {
        self.arguments == ArgumentsSeen::None && self.timeless()
    }

    /// Whether a decision does not depend on the time.
    pub(crate) fn timeless(&self) -> bool {
        !self.facts.contains(&Fact::At)
    }

    fn walk(&mut self, expression: &Value) {
        if let Some(access) = Access::of(expression) {
            if is_context(access.object) {
                return self.see(&access);
            }
            if is_arguments(access.object) {
                return self.arguments.name(access.attribute);
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

    /// `context.attribute`, or `context has attribute`: every context has them all, so asking depends on nothing.
    fn see(&mut self, access: &Access<'_>) {
        if let ("arguments", Some(below)) = (access.attribute, access.below) {
            return self.arguments.name(below);
        }
        if access.asks {
            return;
        }
        match Fact::ALL.into_iter().find(|fact| fact.name() == access.attribute) {
            Some(fact) => {
                self.facts.insert(fact);
            }
            None => self.arguments = ArgumentsSeen::All,
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

fn is_arguments(expression: &Value) -> bool {
    Access::of(expression)
        .is_some_and(|access| !access.asks && is_context(access.object) && access.attribute == "arguments")
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

    fn named(names: &[&str]) -> ArgumentsSeen {
        ArgumentsSeen::Named(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn what_is_looked_at() {
        let cases: &[(&str, ArgumentsSeen, &[Fact])] = &[
            ("true", ArgumentsSeen::None, &[]),
            ("resource.effect == \"read\"", ArgumentsSeen::None, &[]),
            ("context.face == \"http\"", ArgumentsSeen::None, &[Fact::Face]),
            ("context has face && context.era == \"modern\"", ArgumentsSeen::None, &[Fact::Era]),
            ("context.at < datetime(\"2030-01-01\")", ArgumentsSeen::None, &[Fact::At]),
            ("context.arguments.path == \"a\"", named(&["path"]), &[]),
            ("context.arguments[\"path\"] like \"a*\"", named(&["path"]), &[]),
            ("context.arguments has path", named(&["path"]), &[]),
            ("context.arguments has options.deep && context.arguments.n > 1", named(&["options", "n"]), &[]),
            ("context has arguments.path", named(&["path"]), &[]),
            ("context.arguments.options.deep", named(&["options"]), &[]),
            ("context.arguments == {path: \"a\"}", ArgumentsSeen::All, &[]),
            ("if true then context.arguments.a else false", named(&["a"]), &[]),
            ("[context.arguments.a].contains(true)", named(&["a"]), &[]),
            ("{a: context}.a.arguments.b", ArgumentsSeen::All, &[Fact::Face, Fact::Era, Fact::At]),
            ("\"context\" == \"context\"", ArgumentsSeen::None, &[]),
        ];
        for (condition, arguments, facts) in cases {
            let expected = Mentions { arguments: arguments.clone(), facts: facts.iter().copied().collect() };
            assert_eq!(of(condition), expected, "{condition}");
        }
    }
}
