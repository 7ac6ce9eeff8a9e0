//! What partial evaluation leaves of a rule, as a formula of and, or, not over conditions whose truth is open.
//!
//! A condition is anything that is not itself made of and, or, not. The same expression is the same condition everywhere,
//! because the arguments are the same in all rules of one question. Rules are read in Cedar's JSON form.

use cedar_policy::Policy;
use serde_json::Value;

/// A formula over numbered conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Formula {
    /// True or false, whatever the arguments.
    Fixed(bool),
    /// The condition of that number.
    Condition(usize),
    /// Not so.
    Not(Box<Self>),
    /// All of them.
    All(Vec<Self>),
    /// Any of them.
    Any(Vec<Self>),
}

impl Formula {
    /// Reads what is left of `policy`, numbering new conditions.
    pub(crate) fn of(policy: &Policy, conditions: &mut Conditions) -> Self {
        let written = policy.to_json().ok();
        let clauses = written.as_ref().and_then(|written| written.get("conditions")).and_then(Value::as_array);
        let Some(clauses) = clauses else {
            // What cannot be read may be true or false, independent of all else.
            return Self::Condition(conditions.unnamed());
        };
        Self::All(clauses.iter().map(|clause| Self::of_clause(clause, conditions)).collect())
    }

    fn of_clause(clause: &Value, conditions: &mut Conditions) -> Self {
        match (clause.get("kind").and_then(Value::as_str), clause.get("body")) {
            (Some("when"), Some(body)) => read(body, conditions),
            (Some("unless"), Some(body)) => Self::Not(Box::new(read(body, conditions))),
            _ => Self::Condition(conditions.unnamed()),
        }
    }

    /// Whether it is true when the conditions are as `holds` says.
    pub(crate) fn value(&self, holds: &[bool]) -> bool {
        match self {
            Self::Fixed(value) => *value,
            Self::Condition(number) => holds.get(*number).copied().unwrap_or_default(),
            Self::Not(inner) => !inner.value(holds),
            Self::All(parts) => parts.iter().all(|part| part.value(holds)),
            Self::Any(parts) => parts.iter().any(|part| part.value(holds)),
        }
    }
}

/// The open conditions of one question; `None` for one that could not be read.
#[derive(Debug, Default)]
pub(crate) struct Conditions(Vec<Option<Value>>);

impl Conditions {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Every way they can hold together. One argument has one value: of `x == 1` and `x == 2` at most one holds.
    pub(crate) fn combinations(&self) -> impl Iterator<Item = Vec<bool>> {
        let rivals = self.rivals();
        let count = self.0.len();
        (0_u64..1 << count)
            .map(move |bits| (0..count).map(|number| bits >> number & 1 == 1).collect::<Vec<bool>>())
            .filter(move |holds| {
                let both = |(a, b): &(usize, usize)| holds.get(*a) == Some(&true) && holds.get(*b) == Some(&true);
                !rivals.iter().any(both)
            })
    }

    fn number(&mut self, expression: &Value) -> usize {
        let known = self.0.iter().position(|known| known.as_ref() == Some(expression));
        known.unwrap_or_else(|| {
            self.0.push(Some(expression.clone()));
            self.0.len() - 1
        })
    }

    fn unnamed(&mut self) -> usize {
        self.0.push(None);
        self.0.len() - 1
    }

    fn rivals(&self) -> Vec<(usize, usize)> {
        let equations: Vec<(usize, &Value, &Value)> = self
            .0
            .iter()
            .enumerate()
            .filter_map(|(number, condition)| {
                let (term, value) = equation(condition.as_ref()?)?;
                Some((number, term, value))
            })
            .collect();
        let mut rivals = Vec::new();
        for (position, (first, term, value)) in equations.iter().enumerate() {
            for (second, other_term, other_value) in equations.iter().skip(position + 1) {
                if term == other_term && value != other_value {
                    rivals.push((*first, *second));
                }
            }
        }
        rivals
    }
}

/// The term and the literal of `term == literal`, in either order.
fn equation(expression: &Value) -> Option<(&Value, &Value)> {
    let (left, right) = operands(expression, "==")?;
    match (literal(left), literal(right)) {
        (None, Some(value)) => Some((left, value)),
        (Some(value), None) => Some((right, value)),
        (Some(_), Some(_)) | (None, None) => None,
    }
}

/// A plain literal: text, number or truth value. An entity or extension value may be written in several ways.
fn literal(expression: &Value) -> Option<&Value> {
    expression.get("Value").filter(|value| value.is_string() || value.is_number() || value.is_boolean())
}

fn operands<'a>(expression: &'a Value, operator: &str) -> Option<(&'a Value, &'a Value)> {
    let body = expression.get(operator)?;
    Some((body.get("left")?, body.get("right")?))
}

fn read(expression: &Value, conditions: &mut Conditions) -> Formula {
    if let Some(value) = expression.get("Value").and_then(Value::as_bool) {
        return Formula::Fixed(value);
    }
    if let Some((left, right)) = operands(expression, "&&") {
        return Formula::All(vec![read(left, conditions), read(right, conditions)]);
    }
    if let Some((left, right)) = operands(expression, "||") {
        return Formula::Any(vec![read(left, conditions), read(right, conditions)]);
    }
    if let Some(negated) = expression.get("!").and_then(|body| body.get("arg")) {
        return Formula::Not(Box::new(read(negated, conditions)));
    }
    if let Some(body) = expression.get("if-then-else")
        && let (Some(asked), Some(then), Some(otherwise)) = (body.get("if"), body.get("then"), body.get("else"))
    {
        let asked = read(asked, conditions);
        let then = Formula::All(vec![asked.clone(), read(then, conditions)]);
        let otherwise = Formula::All(vec![Formula::Not(Box::new(asked)), read(otherwise, conditions)]);
        return Formula::Any(vec![then, otherwise]);
    }
    Formula::Condition(conditions.number(expression))
}
