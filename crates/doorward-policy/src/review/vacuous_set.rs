//! `vacuous-set`: `[…].containsAll(x)` holds when `x` is empty, and so may open what nobody thought of.

use serde_json::Value;

use super::Subject;
use super::walk::{Turn, each, sides};
use crate::finding::{Finding, Severity};

pub(super) fn look(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let mut tests: Vec<Test> = Vec::new();
    let mut guarded: Vec<Value> = Vec::new();
    each(subject.written, &mut |expression, turn| {
        guarded.extend(guards(expression).cloned());
        if let Some((_, asked)) = sides(expression, "containsAll")
            && turn != Turn::Closes
        {
            tests.extend(Test::of(asked));
        }
    });
    for test in tests {
        match test {
            Test::OfNothing => findings.push(
                subject
                    .finding(
                        Severity::Warning,
                        "vacuous-set",
                        Some("containsAll([])"),
                        "every set contains all of []".to_owned(),
                    )
                    .with_advice("name the members that must be there, or leave the test out"),
            ),
            Test::Of(asked) if guarded.contains(&asked) => {}
            Test::Of(_) => findings.push(
                subject
                    .finding(
                        Severity::Warning,
                        "vacuous-set",
                        Some("containsAll"),
                        "this test holds when the set in the parentheses is empty".to_owned(),
                    )
                    .with_advice("ask first that it is not: !SET.isEmpty() && […].containsAll(SET)"),
            ),
        }
    }
}

/// What a `containsAll` asks for.
enum Test {
    /// The empty set, as written.
    OfNothing,
    /// Something that may be empty.
    Of(Value),
}

impl Test {
    fn of(asked: &Value) -> Option<Self> {
        match asked.get("Set").and_then(Value::as_array) {
            Some(members) if members.is_empty() => Some(Self::OfNothing),
            Some(_) => None,
            None => Some(Self::Of(asked.clone())),
        }
    }
}

/// The set that an expression shows not to be empty.
fn guards(expression: &Value) -> impl Iterator<Item = &Value> {
    let emptiness = expression.get("!").and_then(|not| not.get("arg")?.get("isEmpty")?.get("arg"));
    let membership =
        ["contains", "containsAny"].into_iter().filter_map(|operator| sides(expression, operator)).map(|(set, _)| set);
    emptiness.into_iter().chain(membership)
}
