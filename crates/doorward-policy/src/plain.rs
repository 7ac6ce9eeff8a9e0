//! Rules that are plain enough to be tried without Cedar.
//!
//! Once principal, action and resource are known, Cedar's partial evaluation leaves of most rules only comparisons of
//! single arguments with constants. Those are kept here in a form that is tried on the arguments as they were sent, without
//! building entities, expressions or values. Whatever is not one of the forms below, and every call for which a comparison
//! could fail, is left to Cedar: this must never answer where Cedar would answer otherwise.

use std::borrow::Cow;
use std::sync::Arc;

use cedar_policy::{Effect, PartialResponse, Policy};
use doorward_mcp::raw::{Kind, Raw};
use serde_json::Value;

use crate::argument_type::{ArgumentType, Members, Presence};
use crate::limits::PLAIN_DEPTH_MAX;
use crate::mentions::Seen;

/// What is left of a slice's rules, and the arguments they look at.
#[derive(Debug)]
pub(crate) struct PlainRules {
    arguments: Vec<Argument>,
    rules: Vec<PlainRule>,
}

/// The rules that turned out true for one call.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Holding {
    /// Numbers of permits.
    pub(crate) permits: Vec<usize>,
    /// Numbers of forbids.
    pub(crate) forbids: Vec<usize>,
}

#[derive(Debug)]
struct PlainRule {
    number: usize,
    effect: Effect,
    test: Test,
}

/// An argument that is read, as the tool declares it.
#[derive(Debug)]
struct Argument {
    name: Arc<str>,
    of: Scalar,
    presence: Presence,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scalar {
    Text,
    Truth,
    Whole,
}

/// The value of an argument that was sent.
#[derive(Debug)]
enum Sent<'a> {
    Text(Cow<'a, str>),
    Truth(bool),
    Whole(i64),
}

/// A condition; numbers are places in [`PlainRules::arguments`].
#[derive(Debug)]
enum Test {
    Fixed(bool),
    Has(usize),
    IsTrue(usize),
    Equals(usize, Constant),
    OneOf(usize, Vec<Constant>),
    Like(usize, Pattern),
    Below(usize, i64),
    AtMost(usize, i64),
    Not(Box<Self>),
    Both(Box<(Self, Self)>),
    Either(Box<(Self, Self)>),
    If(Box<(Self, Self, Self)>),
}

#[derive(Debug)]
enum Constant {
    Text(Box<str>),
    Truth(bool),
    Whole(i64),
}

/// The literal parts of a `like` pattern; a wildcard stands between each two.
#[derive(Debug)]
struct Pattern {
    first: String,
    rest: Vec<String>,
}

impl PlainRules {
    /// Reads what Cedar left of the rules; `None` when something of it is not plain, or an argument that some rule looks
    /// at is not a single value.
    pub(crate) fn of(response: &PartialResponse, members: &Members, seen: &Seen) -> Option<Self> {
        if response.definitely_errored().next().is_some() {
            return None;
        }
        let arguments: Option<Vec<Argument>> = members
            .iter()
            .filter(|(name, _)| seen.includes(name))
            .map(|(name, member)| {
                let of = scalar(&member.of).filter(|_| name.is_ascii())?;
                Some(Argument { name: Arc::clone(name), of, presence: member.presence })
            })
            .collect();
        let mut plain = Self { arguments: arguments?, rules: Vec::new() };
        for policy in response.all_residuals() {
            let rule = plain.rule(&policy)?;
            if rule.test.fixed() != Some(false) {
                plain.rules.push(rule);
            }
        }
        plain.rules.sort_by_key(|rule| rule.number);
        Some(plain)
    }

    /// Tries every rule; `None` when Cedar must be asked.
    pub(crate) fn holding(&self, sent: Option<Raw<'_>>) -> Option<Holding> {
        let values = self.read(sent)?;
        let mut holding = Holding::default();
        for rule in &self.rules {
            match (rule.test.holds(&values)?, rule.effect) {
                (true, Effect::Permit) => holding.permits.push(rule.number),
                (true, Effect::Forbid) => holding.forbids.push(rule.number),
                (false, Effect::Permit | Effect::Forbid) => {}
            }
        }
        Some(holding)
    }

    /// The arguments in their places; `None` unless every one of them is what the tool declares.
    fn read<'a>(&self, sent: Option<Raw<'a>>) -> Option<Vec<Option<Sent<'a>>>> {
        let mut values: Vec<Option<Sent<'a>>> = Vec::with_capacity(self.arguments.len());
        values.resize_with(self.arguments.len(), || None);
        let sent = sent.filter(|raw| raw.kind() != Kind::Null);
        if sent.is_some_and(|raw| raw.kind() != Kind::Object) {
            return None;
        }
        for (name, raw) in sent.into_iter().flat_map(|sent| sent.members()) {
            if !name.is_ascii() {
                return None;
            }
            for (argument, value) in self.arguments.iter().zip(&mut values) {
                if !argument.name.eq_ignore_ascii_case(&name) {
                    continue;
                }
                if *argument.name != *name {
                    return None;
                }
                *value = argument.read(raw)?;
            }
        }
        let missing = |(argument, value): (&Argument, &Option<Sent<'_>>)| match argument.presence {
            Presence::Required => value.is_none(),
            Presence::Optional => false,
        };
        if self.arguments.iter().zip(&values).any(missing) { None } else { Some(values) }
    }

    fn rule(&self, policy: &Policy) -> Option<PlainRule> {
        let number = AsRef::<str>::as_ref(policy.id()).parse().ok()?;
        let written = policy.to_json().ok()?;
        let mut test = Test::Fixed(true);
        for clause in written.get("conditions")?.as_array()? {
            let body = self.test(clause.get("body")?, 0)?;
            test = match clause.get("kind")?.as_str()? {
                "when" => both(test, body),
                "unless" => both(test, not(body)),
                _ => return None,
            };
        }
        Some(PlainRule { number, effect: policy.effect(), test })
    }

    /// One expression in Cedar's JSON form, which is an object with one member.
    fn test(&self, expression: &Value, depth: usize) -> Option<Test> {
        if depth > PLAIN_DEPTH_MAX {
            return None;
        }
        let fields = expression.as_object().filter(|fields| fields.len() == 1)?;
        let (operator, body) = fields.iter().next()?;
        let below = |name: &str| self.test(body.get(name)?, depth + 1);
        match operator.as_str() {
            "Value" => body.as_bool().map(Test::Fixed),
            "." => self.place(expression, Scalar::Truth).map(Test::IsTrue),
            "has" => is_arguments(body.get("left")?).then(|| self.named(body.get("attr")?)).flatten().map(Test::Has),
            "!" => below("arg").map(not),
            "&&" => Some(both(below("left")?, below("right")?)),
            "||" => Some(Test::Either(Box::new((below("left")?, below("right")?)))),
            "if-then-else" => Some(Test::If(Box::new((below("if")?, below("then")?, below("else")?)))),
            "==" => self.equation(body.get("left")?, body.get("right")?),
            "!=" => self.equation(body.get("left")?, body.get("right")?).map(not),
            "<" => self.order(body, Test::Below, Test::AtMost),
            "<=" => self.order(body, Test::AtMost, Test::Below),
            "like" => {
                let place = self.place(body.get("left")?, Scalar::Text)?;
                Some(Test::Like(place, Pattern::of(body.get("pattern")?)?))
            }
            "contains" => self.membership(body.get("left")?, body.get("right")?),
            _ => None,
        }
    }

    /// An argument and a constant of its type, in either order.
    fn equation(&self, left: &Value, right: &Value) -> Option<Test> {
        let (constant, other) = match (constant(left), constant(right)) {
            (Some(constant), None) => (constant, right),
            (None, Some(constant)) => (constant, left),
            (Some(_), Some(_)) | (None, None) => return None,
        };
        let place = self.place(other, constant.scalar())?;
        Some(Test::Equals(place, constant))
    }

    /// `argument < constant` is `straight`, `constant < argument` the contrary of `mirrored`; the same for `<=`.
    fn order(&self, body: &Value, straight: fn(usize, i64) -> Test, mirrored: fn(usize, i64) -> Test) -> Option<Test> {
        let (left, right) = (body.get("left")?, body.get("right")?);
        match (constant(left), constant(right)) {
            (None, Some(Constant::Whole(bound))) => Some(straight(self.place(left, Scalar::Whole)?, bound)),
            (Some(Constant::Whole(bound)), None) => Some(not(mirrored(self.place(right, Scalar::Whole)?, bound))),
            (_, _) => None,
        }
    }

    /// Whether an argument is in a set of constants of its type.
    fn membership(&self, set: &Value, element: &Value) -> Option<Test> {
        let written = set.get("Set").or_else(|| set.get("Value"))?.as_array()?;
        let constants: Option<Vec<Constant>> =
            written.iter().map(|element| constant(element).or_else(|| bare_constant(element))).collect();
        let constants = constants?;
        let of = constants.first()?.scalar();
        let alike = constants.iter().all(|constant| constant.scalar() == of);
        alike.then(|| self.place(element, of)).flatten().map(|place| Test::OneOf(place, constants))
    }

    /// The place of the argument that `expression` accesses, if it is of that type.
    fn place(&self, expression: &Value, of: Scalar) -> Option<usize> {
        let body = expression.get(".").filter(|_| expression.as_object().is_some_and(|fields| fields.len() == 1))?;
        let place = is_arguments(body.get("left")?).then(|| self.named(body.get("attr")?)).flatten()?;
        self.arguments.get(place).is_some_and(|argument| argument.of == of).then_some(place)
    }

    fn named(&self, attribute: &Value) -> Option<usize> {
        let name = attribute.as_str()?;
        self.arguments.iter().position(|argument| *argument.name == *name)
    }
}

impl Argument {
    /// The value, `Some(None)` for a null that stands for nothing; `None` when it is not what is declared.
    fn read<'a>(&self, raw: Raw<'a>) -> Option<Option<Sent<'a>>> {
        if self.presence == Presence::Optional && raw.kind() == Kind::Null {
            return Some(None);
        }
        let value = match self.of {
            Scalar::Text => Sent::Text(raw.as_str()?),
            Scalar::Truth => Sent::Truth(raw.as_bool()?),
            Scalar::Whole => Sent::Whole(raw.as_i64()?),
        };
        Some(Some(value))
    }
}

impl Test {
    const fn fixed(&self) -> Option<bool> {
        if let Self::Fixed(holds) = self { Some(*holds) } else { None }
    }

    /// `None` when it looks at an argument that is not there.
    fn holds(&self, values: &[Option<Sent<'_>>]) -> Option<bool> {
        let value = |place: &usize| values.get(*place)?.as_ref();
        match self {
            Self::Fixed(holds) => Some(*holds),
            Self::Has(place) => Some(values.get(*place)?.is_some()),
            Self::IsTrue(place) => value(place).map(|sent| matches!(sent, Sent::Truth(true))),
            Self::Equals(place, constant) => value(place).map(|sent| constant.is(sent)),
            Self::OneOf(place, constants) => {
                value(place).map(|sent| constants.iter().any(|constant| constant.is(sent)))
            }
            Self::Like(place, pattern) => match value(place)? {
                Sent::Text(text) => Some(pattern.matches(text)),
                Sent::Truth(_) | Sent::Whole(_) => None,
            },
            Self::Below(place, bound) => whole(value(place)?).map(|number| number < *bound),
            Self::AtMost(place, bound) => whole(value(place)?).map(|number| number <= *bound),
            Self::Not(inner) => inner.holds(values).map(|holds| !holds),
            Self::Both(parts) => {
                if parts.0.holds(values)? {
                    parts.1.holds(values)
                } else {
                    Some(false)
                }
            }
            Self::Either(parts) => {
                if parts.0.holds(values)? {
                    Some(true)
                } else {
                    parts.1.holds(values)
                }
            }
            Self::If(parts) => if parts.0.holds(values)? { &parts.1 } else { &parts.2 }.holds(values),
        }
    }
}

impl Constant {
    const fn scalar(&self) -> Scalar {
        match self {
            Self::Text(_) => Scalar::Text,
            Self::Truth(_) => Scalar::Truth,
            Self::Whole(_) => Scalar::Whole,
        }
    }

    fn is(&self, sent: &Sent<'_>) -> bool {
        match (self, sent) {
            (Self::Text(constant), Sent::Text(text)) => **constant == **text,
            (Self::Truth(constant), Sent::Truth(truth)) => constant == truth,
            (Self::Whole(constant), Sent::Whole(number)) => constant == number,
            (Self::Text(_) | Self::Truth(_) | Self::Whole(_), _) => false,
        }
    }
}

impl Pattern {
    /// Cedar writes each character as a literal of its own.
    fn of(written: &Value) -> Option<Self> {
        let mut parts = vec![String::new()];
        for element in written.as_array()? {
            match (element.as_str(), element.get("Literal").and_then(Value::as_str)) {
                (Some("Wildcard"), _) => parts.push(String::new()),
                (None, Some(literal)) => parts.last_mut()?.push_str(literal),
                (Some(_) | None, _) => return None,
            }
        }
        let mut parts = parts.into_iter();
        Some(Self { first: parts.next()?, rest: parts.collect() })
    }

    fn matches(&self, text: &str) -> bool {
        let Some((last, between)) = self.rest.split_last() else { return *text == *self.first };
        let Some(mut left) = text.strip_prefix(self.first.as_str()) else { return false };
        // The earliest match of each part leaves most for those that follow.
        for part in between {
            let Some((_, after)) = left.split_once(part.as_str()) else { return false };
            left = after;
        }
        left.ends_with(last.as_str())
    }
}

fn not(test: Test) -> Test {
    if let Test::Fixed(holds) = test { Test::Fixed(!holds) } else { Test::Not(Box::new(test)) }
}

fn both(left: Test, right: Test) -> Test {
    match left.fixed() {
        Some(true) => right,
        Some(false) => left,
        None => Test::Both(Box::new((left, right))),
    }
}

const fn whole(sent: &Sent<'_>) -> Option<i64> {
    match sent {
        Sent::Whole(number) => Some(*number),
        Sent::Text(_) | Sent::Truth(_) => None,
    }
}

const fn scalar(of: &ArgumentType) -> Option<Scalar> {
    match of {
        ArgumentType::Text => Some(Scalar::Text),
        ArgumentType::Truth => Some(Scalar::Truth),
        ArgumentType::Whole => Some(Scalar::Whole),
        ArgumentType::Decimal | ArgumentType::List(_) | ArgumentType::Record(_) => None,
    }
}

/// Whether it stands for the arguments before they are known.
fn is_arguments(expression: &Value) -> bool {
    let named = |unknown: &Value| match unknown.as_array().map(Vec::as_slice) {
        Some([name]) => name.get("Value").and_then(Value::as_str) == Some("arguments"),
        Some(_) | None => false,
    };
    expression.as_object().is_some_and(|fields| fields.len() == 1) && expression.get("unknown").is_some_and(named)
}

fn constant(expression: &Value) -> Option<Constant> {
    let fields = expression.as_object().filter(|fields| fields.len() == 1)?;
    bare_constant(fields.get("Value")?)
}

fn bare_constant(value: &Value) -> Option<Constant> {
    match value {
        Value::String(text) => Some(Constant::Text(text.as_str().into())),
        Value::Bool(truth) => Some(Constant::Truth(*truth)),
        Value::Number(number) => number.as_i64().map(Constant::Whole),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests;
