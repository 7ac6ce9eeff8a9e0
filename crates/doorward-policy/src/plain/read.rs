//! Reads what Cedar left of a rule, in its JSON form.

use cedar_policy::Policy;
use serde_json::Value;

use super::PlainRule;
use super::test::{Constant, Pattern, Test};
use super::values::{Looked, Place, Scalar};
use crate::facts::Kind;
use crate::limits::PLAIN_DEPTH_MAX;

impl Looked {
    /// What is left of one rule; `None` when it is not plain.
    pub(super) fn rule(&self, policy: &Policy) -> Option<PlainRule> {
        let number = AsRef::<str>::as_ref(policy.id()).parse().ok()?;
        let written = policy.to_json().ok()?;
        let mut test = Test::Fixed(true);
        for clause in written.get("conditions")?.as_array()? {
            let body = self.test(clause.get("body")?, 0)?;
            test = match clause.get("kind")?.as_str()? {
                "when" => test.and(body),
                "unless" => test.and(body.not()),
                _ => return None,
            };
        }
        Some(PlainRule { number, effect: policy.effect(), test })
    }

    /// One expression, which is an object with one member.
    fn test(&self, expression: &Value, depth: usize) -> Option<Test> {
        if depth > PLAIN_DEPTH_MAX {
            return None;
        }
        let (operator, body) = only_field(expression)?;
        let below = |name: &str| self.test(body.get(name)?, depth + 1);
        let sides = || Some((body.get("left")?, body.get("right")?));
        match operator {
            "Value" => body.as_bool().map(Test::Fixed),
            "." => self.place(expression, Scalar::Truth).map(Test::IsTrue),
            "has" => self.presence(body).map(Test::Has),
            "!" => below("arg").map(Test::not),
            "&&" => Some(below("left")?.and(below("right")?)),
            "||" => Some(Test::Either(Box::new((below("left")?, below("right")?)))),
            "if-then-else" => Some(Test::If(Box::new((below("if")?, below("then")?, below("else")?)))),
            "==" => self.equation(sides()?),
            "!=" => self.equation(sides()?).map(Test::not),
            "<" => self.order(sides()?, Test::Below, Test::AtMost),
            "<=" => self.order(sides()?, Test::AtMost, Test::Below),
            "like" => {
                let place = self.place(body.get("left")?, Scalar::Text)?;
                Some(Test::Like(place, Pattern::of(body.get("pattern")?)?))
            }
            "contains" => self.membership(sides()?),
            "containsAll" => self.overlap(sides()?, Test::ContainsAll, Test::Within),
            "containsAny" => self.overlap(sides()?, Test::ContainsAny, Test::ContainsAny),
            "isEmpty" => self.fact(body.get("arg")?).map(Test::IsEmpty),
            _ => None,
        }
    }

    /// The argument that `has` asks for, itself or by a record of facts.
    fn presence(&self, body: &Value) -> Option<usize> {
        let record = unknown(body.get("left")?)?;
        let attribute = body.get("attr")?;
        if record == "arguments" { self.named(attribute) } else { self.facts_of(record, attribute).map(|(_, of)| of) }
    }

    /// A value and a constant of its type, in either order.
    fn equation(&self, (left, right): (&Value, &Value)) -> Option<Test> {
        let (constant, other) = match (constant(left), constant(right)) {
            (Some(constant), None) => (constant, right),
            (None, Some(constant)) => (constant, left),
            (Some(_), Some(_)) | (None, None) => return None,
        };
        let place = self.place(other, constant.scalar())?;
        Some(Test::Equals(place, constant))
    }

    /// `value < constant` is `straight`, `constant < value` the contrary of `mirrored`; the same for `<=`.
    fn order(
        &self,
        (left, right): (&Value, &Value),
        straight: fn(Place, i64) -> Test,
        mirrored: fn(Place, i64) -> Test,
    ) -> Option<Test> {
        match (constant(left), constant(right)) {
            (None, Some(Constant::Whole(bound))) => Some(straight(self.place(left, Scalar::Whole)?, bound)),
            (Some(Constant::Whole(bound)), None) => Some(mirrored(self.place(right, Scalar::Whole)?, bound).not()),
            (_, _) => None,
        }
    }

    /// Whether a value is in a set of constants of its type, or a constant in a set of facts.
    fn membership(&self, (set, element): (&Value, &Value)) -> Option<Test> {
        if let Some(place) = self.fact(set) {
            return Some(Test::Contains(place, constant(element)?));
        }
        let constants = constants(set)?;
        let of = constants.first()?.scalar();
        let alike = constants.iter().all(|constant| constant.scalar() == of);
        alike.then(|| self.place(element, of)).flatten().map(|place| Test::OneOf(place, constants))
    }

    /// A set of facts and a set of constants: `straight` in this order, else `mirrored`.
    fn overlap(
        &self,
        (left, right): (&Value, &Value),
        straight: fn(Place, Vec<Constant>) -> Test,
        mirrored: fn(Place, Vec<Constant>) -> Test,
    ) -> Option<Test> {
        match self.fact(left) {
            Some(place) => Some(straight(place, constants(right)?)),
            None => Some(mirrored(self.fact(right)?, constants(left)?)),
        }
    }

    /// The place of what `expression` accesses, if it is an argument of that type, or an attribute of facts.
    fn place(&self, expression: &Value, of: Scalar) -> Option<Place> {
        if let Some(place) = self.fact(expression) {
            return Some(place);
        }
        let (object, attribute) = access(expression)?;
        let place = (unknown(object)? == "arguments").then(|| self.named(attribute)).flatten()?;
        self.arguments.get(place).is_some_and(|argument| argument.of == of).then_some(Place::Argument(place))
    }

    /// The place of an attribute of facts. Of which type it is shows when it is looked at.
    fn fact(&self, expression: &Value) -> Option<Place> {
        let (object, attribute) = access(expression)?;
        let (record, argument) = access(object)?;
        let (place, _) = self.facts_of(unknown(record)?, argument)?;
        Some(Place::Fact(place, attribute.as_str()?.into()))
    }

    /// The place of the facts, and that of the argument they are about.
    fn facts_of(&self, record: &str, argument: &Value) -> Option<(usize, usize)> {
        let (kind, of) = (Kind::named(record)?, self.named(argument)?);
        let place = self.facts.iter().position(|fact| fact.kind == kind && fact.argument == of)?;
        Some((place, of))
    }

    fn named(&self, attribute: &Value) -> Option<usize> {
        let name = attribute.as_str()?;
        self.arguments.iter().position(|argument| *argument.name == *name)
    }
}

fn only_field(expression: &Value) -> Option<(&str, &Value)> {
    let fields = expression.as_object().filter(|fields| fields.len() == 1)?;
    fields.iter().next().map(|(name, body)| (name.as_str(), body))
}

/// The object and the attribute of `object.attribute`.
fn access(expression: &Value) -> Option<(&Value, &Value)> {
    let (operator, body) = only_field(expression)?;
    (operator == ".").then(|| Some((body.get("left")?, body.get("attr")?))).flatten()
}

/// The name of what is not known before the call.
fn unknown(expression: &Value) -> Option<&str> {
    let (operator, body) = only_field(expression)?;
    match (operator, body.as_array().map(Vec::as_slice)) {
        ("unknown", Some([name])) => name.get("Value")?.as_str(),
        (_, _) => None,
    }
}

fn constant(expression: &Value) -> Option<Constant> {
    let (operator, value) = only_field(expression)?;
    (operator == "Value").then(|| Constant::bare(value)).flatten()
}

fn constants(set: &Value) -> Option<Vec<Constant>> {
    let (operator, written) = only_field(set)?;
    match operator {
        "Set" => written.as_array()?.iter().map(constant).collect(),
        "Value" => {
            written.as_array()?.iter().map(|element| constant(element).or_else(|| Constant::bare(element))).collect()
        }
        _ => None,
    }
}
