//! `passed-time`: a comparison with a moment that has passed, so that it says the same for ever.

use std::str::FromStr;

use cedar_policy::{Context, Entities, EntityUid, EvalResult, Expression, Request, eval_expression};
use serde_json::Value;

use super::Subject;
use super::walk::{each, names_below, sides};
use crate::context::written;
use crate::finding::{Finding, Severity};

pub(super) fn look(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    each(subject.written, &mut |expression, _| {
        let Some((moment, held)) = compared(expression) else { return };
        if !has_passed(moment, &written(subject.now)) {
            return;
        }
        let part = format!("datetime(\"{moment}\")");
        findings.push(match held {
            Held::Before => subject
                .finding(
                    Severity::Warning,
                    "passed-time",
                    Some(&part),
                    format!("{moment} has passed: this never holds again"),
                )
                .with_advice("remove the rule, or give it a new end"),
            Held::Since => subject
                .finding(
                    Severity::Information,
                    "passed-time",
                    Some(&part),
                    format!("{moment} has passed: this always holds"),
                )
                .with_advice("the comparison can go"),
        });
    });
}

/// What a comparison asks of the moment.
#[derive(Clone, Copy)]
enum Held {
    /// That it is to come.
    Before,
    /// That it has passed.
    Since,
}

/// `context.at` on one side, a moment on the other.
fn compared(expression: &Value) -> Option<(&str, Held)> {
    for (operator, held, reversed) in [
        ("<", Held::Before, Held::Since),
        ("<=", Held::Before, Held::Since),
        (">", Held::Since, Held::Before),
        (">=", Held::Since, Held::Before),
    ] {
        if let Some((left, right)) = sides(expression, operator) {
            if is_now(left) {
                return Some((moment(right)?, held));
            }
            if is_now(right) {
                return Some((moment(left)?, reversed));
            }
        }
    }
    None
}

fn is_now(expression: &Value) -> bool {
    names_below("at", expression).is_some_and(|below| below.is_empty())
}

fn moment(expression: &Value) -> Option<&str> {
    match expression.get("datetime")?.as_array()?.as_slice() {
        [literal] => literal.get("Value")?.as_str(),
        _ => None,
    }
}

/// Cedar reads the moment, so that it means here what it means in the rule.
fn has_passed(moment: &str, now: &str) -> bool {
    let nobody = |of: &str| EntityUid::from_str(&format!("{of}::\"\"")).ok();
    let asked = || {
        let request =
            Request::new(nobody("User")?, nobody("Action")?, nobody("Server")?, Context::empty(), None).ok()?;
        let expression = Expression::from_str(&format!("datetime(\"{moment}\") < datetime(\"{now}\")")).ok()?;
        eval_expression(&request, &Entities::empty(), &expression).ok()
    };
    asked() == Some(EvalResult::Bool(true))
}
