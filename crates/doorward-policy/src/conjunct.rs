//! The conditions of a rule, each by itself: the parts that `&&` joins at the top of each `when`, and each `unless`.

use cedar_policy::Policy;
use serde_json::{Value, json};

/// One condition.
pub(crate) struct Conjunct {
    /// As Cedar writes it.
    pub(crate) text: String,
    /// A rule about everything with this condition alone.
    pub(crate) alone: Policy,
}

impl Conjunct {
    /// All conditions of `policy`, in order; what cannot be read is left out.
    pub(crate) fn all_of(policy: &Policy) -> Vec<Self> {
        let written = policy.to_json().unwrap_or_default();
        let clauses = written.get("conditions").and_then(Value::as_array);
        let mut conjuncts = Vec::new();
        for clause in clauses.into_iter().flatten() {
            match (clause.get("kind").and_then(Value::as_str), clause.get("body")) {
                (Some("when"), Some(body)) => split(body, &mut conjuncts),
                (Some("unless"), Some(body)) => conjuncts.extend(Self::of(&json!({ "!": { "arg": body } }))),
                _ => {}
            }
        }
        conjuncts
    }

    fn of(expression: &Value) -> Option<Self> {
        let everything = json!({ "op": "All" });
        let rule = json!({
            "effect": "permit", "principal": everything, "action": everything, "resource": everything,
            "conditions": [{ "kind": "when", "body": expression }],
        });
        let alone = Policy::from_json(None, rule).ok()?;
        let shown = alone.to_string();
        let (_, condition) = shown.split_once("when {")?;
        let text = condition.trim().trim_end_matches(';').trim_end().strip_suffix('}')?.trim().to_owned();
        Some(Self { text, alone })
    }
}

fn split(expression: &Value, conjuncts: &mut Vec<Conjunct>) {
    match expression.get("&&").map(|both| (both.get("left"), both.get("right"))) {
        Some((Some(left), Some(right))) => {
            split(left, conjuncts);
            split(right, conjuncts);
        }
        Some(_) | None => conjuncts.extend(Conjunct::of(expression)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_taken_apart_at_the_top() {
        let text = "permit(principal, action, resource)
            when { context.a && (context.b || context.c) && 1 < 2 } unless { context.d && context.e } when { context.f };";
        let policy = Policy::parse(None, text).unwrap();
        let texts: Vec<String> = Conjunct::all_of(&policy).into_iter().map(|conjunct| conjunct.text).collect();
        let expected = ["context.a", "context.b || context.c", "1 < 2", "!(context.d && context.e)", "context.f"];
        assert_eq!(texts, expected);
    }
}
