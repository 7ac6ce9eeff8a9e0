//! What partial evaluation leaves of a rule, as a formula of and, or, not over conditions whose truth is open.
//!
//! A condition is anything that is not itself made of and, or, not. The same text is the same condition everywhere, because
//! the arguments are the same in all rules of one question.

use std::sync::Arc;

use cedar_policy::Policy;
use cedar_policy::pst::{BinaryOp, Clause, Expr, Literal, UnaryOp};

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
    /// Reads the residual `policy`, numbering new conditions.
    pub(crate) fn of(policy: &Policy, conditions: &mut Conditions) -> Self {
        let Ok(written) = policy.to_pst() else {
            // What cannot be read may be true or false, independent of all else.
            return Self::Condition(conditions.unnamed());
        };
        let clauses = written.body().clauses().iter().map(|clause| match clause {
            Clause::When(expression) => read(expression, conditions),
            Clause::Unless(expression) => Self::Not(Box::new(read(expression, conditions))),
        });
        Self::All(clauses.collect())
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

/// The open conditions of one question.
#[derive(Debug, Default)]
pub(crate) struct Conditions(Vec<Option<Arc<Expr>>>);

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

    fn number(&mut self, expression: &Arc<Expr>) -> usize {
        let known = self.0.iter().position(|known| known.as_ref() == Some(expression));
        known.unwrap_or_else(|| {
            self.0.push(Some(Arc::clone(expression)));
            self.0.len() - 1
        })
    }

    fn unnamed(&mut self) -> usize {
        self.0.push(None);
        self.0.len() - 1
    }

    fn rivals(&self) -> Vec<(usize, usize)> {
        let named: Vec<(usize, &Expr, &Literal)> = self
            .0
            .iter()
            .enumerate()
            .filter_map(|(number, condition)| {
                let (term, value) = equation(condition.as_ref()?)?;
                Some((number, term, value))
            })
            .collect();
        let mut rivals = Vec::new();
        for (position, (first, term, value)) in named.iter().enumerate() {
            for (second, other_term, other_value) in named.iter().skip(position + 1) {
                if term == other_term && value != other_value {
                    rivals.push((*first, *second));
                }
            }
        }
        rivals
    }
}

/// The two sides of `term == literal`, in either order.
fn equation(expression: &Expr) -> Option<(&Expr, &Literal)> {
    let Expr::BinaryOp { op: BinaryOp::Eq, left, right } = expression else { return None };
    match (left.as_ref(), right.as_ref()) {
        (Expr::Literal(_), Expr::Literal(_)) => None,
        (term, Expr::Literal(value)) | (Expr::Literal(value), term) => Some((term, value)),
        _ => None,
    }
}

fn read(expression: &Arc<Expr>, conditions: &mut Conditions) -> Formula {
    match expression.as_ref() {
        Expr::Literal(Literal::Bool(value)) => Formula::Fixed(*value),
        Expr::UnaryOp { op: UnaryOp::Not, expr } => Formula::Not(Box::new(read(expr, conditions))),
        Expr::BinaryOp { op: BinaryOp::And, left, right } => {
            Formula::All(vec![read(left, conditions), read(right, conditions)])
        }
        Expr::BinaryOp { op: BinaryOp::Or, left, right } => {
            Formula::Any(vec![read(left, conditions), read(right, conditions)])
        }
        Expr::IfThenElse { cond, then_expr, else_expr } => {
            let asked = read(cond, conditions);
            let then = Formula::All(vec![asked.clone(), read(then_expr, conditions)]);
            let otherwise = Formula::All(vec![Formula::Not(Box::new(asked)), read(else_expr, conditions)]);
            Formula::Any(vec![then, otherwise])
        }
        _ => Formula::Condition(conditions.number(expression)),
    }
}
