//! Visiting the expressions of a rule, and knowing for each which way its truth works.

use serde_json::Value;

/// What it does for the request when an expression is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// It helps the request to be allowed.
    Opens,
    /// It helps the request to be refused.
    Closes,
    /// Either, or it is not a truth at all.
    Either,
}

impl Turn {
    const fn reversed(self) -> Self {
        match self {
            Self::Opens => Self::Closes,
            Self::Closes => Self::Opens,
            Self::Either => Self::Either,
        }
    }
}

/// Calls `see` for every expression in the conditions of a rule in Cedar's JSON form, outermost first.
pub(super) fn each(written: &Value, see: &mut impl FnMut(&Value, Turn)) {
    let permits = written.get("effect").and_then(Value::as_str) == Some("permit");
    let when = if permits { Turn::Opens } else { Turn::Closes };
    for clause in written.get("conditions").and_then(Value::as_array).into_iter().flatten() {
        let turn = if clause.get("kind").and_then(Value::as_str) == Some("unless") { when.reversed() } else { when };
        if let Some(body) = clause.get("body") {
            visit(body, turn, see);
        }
    }
}

fn visit(expression: &Value, turn: Turn, see: &mut impl FnMut(&Value, Turn)) {
    match expression {
        Value::Object(fields) => {
            see(expression, turn);
            for (operator, body) in fields {
                match (operator.as_str(), body) {
                    ("!", _) => below(body, turn.reversed(), see),
                    ("&&" | "||", _) => below(body, turn, see),
                    ("if-then-else", Value::Object(parts)) => {
                        for (name, part) in parts {
                            visit(part, if name == "if" { Turn::Either } else { turn }, see);
                        }
                    }
                    (_, _) => below(body, Turn::Either, see),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| visit(item, Turn::Either, see)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The operands of an operator.
fn below(body: &Value, turn: Turn, see: &mut impl FnMut(&Value, Turn)) {
    match body {
        Value::Object(operands) => operands.values().for_each(|operand| visit(operand, turn, see)),
        Value::Array(items) => items.iter().for_each(|item| visit(item, turn, see)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The two sides of `left OPERATOR right`.
pub(super) fn sides<'a>(expression: &'a Value, operator: &str) -> Option<(&'a Value, &'a Value)> {
    let body = expression.get(operator)?;
    Some((body.get("left")?, body.get("right")?))
}

/// The text of a text literal.
pub(super) fn text(expression: &Value) -> Option<&str> {
    expression.get("Value")?.as_str()
}

/// The names along `context.ROOT.a.b`: `["a", "b"]`.
pub(super) fn names_below(root: &str, expression: &Value) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut here = expression;
    while let Some(body) = here.get(".") {
        names.push(body.get("attr")?.as_str()?.to_owned());
        here = body.get("left")?;
    }
    if here.get("Var").and_then(Value::as_str) != Some("context") || names.pop()? != root {
        return None;
    }
    names.reverse();
    Some(names)
}

/// A `like` pattern as it is written, stars for wildcards.
pub(super) fn pattern(written: &Value) -> String {
    let parts = written.as_array().into_iter().flatten();
    parts
        .map(|part| match part.get("Literal").and_then(Value::as_str) {
            Some("*") => "\\*",
            Some(literal) => literal,
            None => "*",
        })
        .collect()
}
