//! Why a call is decided as it is, rule by rule, and what alone would change it.

use std::collections::BTreeMap;

use doorward_core::access::{AccessRequest, Observed};
use doorward_core::exchange::Visibility;
use doorward_core::principal::{Claims, Principal, Proof, Subject};
use doorward_policy::{Change, Engine, Explanation, Outcome, RuleEffect};
use serde_json::{Value, json};

use crate::desk::{call, catalogue, locked_with};

const RULES: &str = r#"
@id("small") permit (principal, action == Action::"s/write", resource)
when { context.arguments has n && context.arguments.n < 10 && context.face == "http" };
@id("dev") permit (principal in Group::"dev", action == Action::"s/write", resource);
@id("never") forbid (principal, action == Action::"s/write", resource)
when { context.arguments has a && context.arguments.a like "/etc/*" } unless { principal.proof == "local-process" };
@id("sums") forbid (principal, action == Action::"s/write", resource)
when { context.arguments has n && context.arguments.n + 1 > 1000 };
@id("scoped") @scopes("w x") permit (principal, action == Action::"s/write", resource)
when { context.arguments has n && context.arguments.n == 50 };
@id("other") permit (principal, action == Action::"s/read", resource);
"#;

fn engine() -> Engine {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}, "n": {"type": "integer"}}});
    locked_with(RULES, &[catalogue("s", &json!([{"name": "write", "inputSchema": schema}, {"name": "read"}]))])
}

fn explained(arguments: &Value) -> Explanation {
    engine().explain(&call("s", "write", Some(arguments)), &Observed::default())
}

fn outcomes(explanation: &Explanation) -> BTreeMap<&str, (&Outcome, &[String])> {
    explanation.rules.iter().map(|rule| (&*rule.name, (&rule.outcome, rule.missing.as_slice()))).collect()
}

#[test]
fn an_allow_names_the_rule_that_holds_and_what_it_was_asked_with() {
    let explanation = explained(&json!({"n": 3}));
    assert!(explanation.decision.is_allow());
    assert_eq!(explanation.visible, Visibility::Show);
    assert_eq!(explanation.groups, ["tools/call", "write"]);
    assert_eq!(explanation.asked.as_ref().unwrap().request[1], "Action::\"s/write\"");
    assert_eq!(explanation.asked.as_ref().unwrap().context["arguments"], json!({"n": 3}));
    assert_eq!(explanation.asked.as_ref().unwrap().context["face"], "http");
    assert!(explanation.asked.as_ref().unwrap().entities.as_array().unwrap().len() >= 4);
    let outcomes = outcomes(&explanation);
    assert_eq!(outcomes["small"].0, &Outcome::Holds);
    assert_eq!(outcomes["dev"].0, &Outcome::SettledByScope);
    assert_eq!(outcomes["never"], (&Outcome::DoesNotHold, ["context.arguments has a".to_owned()].as_slice()));
    assert!(!outcomes.contains_key("other"));
    let small = explanation.rules.iter().find(|rule| *rule.name == *"small").unwrap();
    assert_eq!((small.effect, small.place.clone()), (RuleEffect::Permit, ("own.cedar".to_owned(), 2)));
    assert_eq!(explanation.changes, []);
}

#[test]
fn a_denial_names_each_single_thing_that_would_open() {
    let explanation = explained(&json!({"n": 30}));
    assert!(!explanation.decision.is_allow());
    let condition = "context.arguments.n < 10".to_owned();
    let wanted = [
        Change::Condition { rule: "small".into(), condition },
        Change::Group { rule: "dev".into(), group: "dev".into() },
    ];
    assert_eq!(explanation.changes, wanted);
    assert_eq!(outcomes(&explanation)["scoped"].1.len(), 2);
}

#[test]
fn a_forbid_that_stands_alone_is_named_with_its_conditions() {
    let explanation = explained(&json!({"n": 3, "a": "/etc/passwd"}));
    let conditions =
        ["context.arguments has a", "context.arguments.a like \"/etc/*\"", "!(principal.proof == \"local-process\")"];
    let conditions = conditions.map(ToOwned::to_owned).to_vec();
    assert_eq!(explanation.changes, [Change::Without { rule: "never".into(), conditions }]);
    let both = explained(&json!({"n": 5000, "a": "/etc/passwd"}));
    assert_eq!(both.changes, []);
}

#[test]
fn a_rule_that_fails_is_told_with_its_reason() {
    let explanation = explained(&json!({"n": i64::MAX}));
    let told = Outcome::Fails("A calculation in it left the range of integers.".to_owned());
    assert_eq!(outcomes(&explanation)["sums"].0, &told);
}

#[test]
fn missing_scopes_are_a_change() {
    let who = Principal::claimed(Claims::of(Subject::User("eve".into()), Proof::AccessToken)).unwrap();
    let request = AccessRequest { principal: who, ..call("s", "write", Some(&json!({"n": 50}))) };
    let explanation = engine().explain(&request, &Observed::default());
    assert_eq!(explanation.changes, [Change::Scopes(["w".into(), "x".into()].into())]);
}

#[test]
fn what_was_refused_before_any_rule_is_explained_by_its_code_alone() {
    let explanation = engine().explain(&call("s", "nothing", None), &Observed::default());
    assert!(explanation.rules.is_empty() && explanation.asked.is_none() && explanation.changes.is_empty());
    let unreadable = explained(&json!({"n": "3"}));
    assert!(!unreadable.decision.is_allow() && unreadable.rules.is_empty());
}
