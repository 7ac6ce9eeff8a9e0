//! Why a call is decided as it is, rule by rule, and what would change it; what Cedar is asked about it.

use std::collections::BTreeMap;

use doorward_core::access::{AccessRequest, Observed};
use doorward_core::principal::{Claims, Principal, Proof, Subject};
use doorward_policy::{Engine, Holds, Why};
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

fn why(arguments: &Value) -> Why {
    engine().why(&call("s", "write", Some(arguments)), &Observed::default())
}

fn said(why: &Why) -> BTreeMap<&str, (Holds, Option<&str>)> {
    why.rules.iter().map(|rule| (&*rule.id, (rule.holds, rule.condition.as_deref()))).collect()
}

fn fact<'w>(why: &'w Why, name: &str) -> Option<&'w str> {
    why.facts.iter().find(|(fact, _)| fact == name).map(|(_, value)| value.as_str())
}

#[test]
fn an_allow_names_the_rule_that_holds_and_what_it_was_asked_with() {
    let why = why(&json!({"n": 3}));
    assert_eq!(why.allowed, Some(true), "{why:?}");
    assert_eq!(fact(&why, "action"), Some("in tools/call, write"));
    assert_eq!(fact(&why, "context.face"), Some("\"http\""));
    let said = said(&why);
    assert_eq!(said["small"], (Holds::Yes, None));
    assert_eq!(said["dev"], (Holds::NotForThem, None));
    assert_eq!(said["never"], (Holds::No, Some("context.arguments has a")));
    assert!(!said.contains_key("other"));
    let small = why.rules.iter().find(|rule| *rule.id == *"small").unwrap();
    assert_eq!((small.effect, &*small.file, small.line), ("permit", "own.cedar", 2));
    let forbids = [
        "\"never\" would forbid it if this held: context.arguments has a",
        "\"sums\" would forbid it if this held: (context.arguments.n + 1) > 1000",
    ];
    assert_eq!(why.changes, forbids);
}

#[test]
fn a_denial_names_what_would_open() {
    let why = why(&json!({"n": 30}));
    assert_eq!(why.allowed, Some(false));
    let opening = [
        "\"small\" permits it if this holds: context.arguments.n < 10",
        "\"dev\" permits it to others: whoever is in Group::\"dev\"",
    ];
    for change in opening {
        assert!(why.changes.iter().any(|told| told == change), "{change}: {:?}", why.changes);
    }
}

#[test]
fn a_forbid_that_holds_and_a_rule_that_fails_are_named() {
    let forbidden = why(&json!({"n": 3, "a": "/etc/passwd"}));
    assert_eq!(said(&forbidden)["never"], (Holds::Yes, None));
    assert!(forbidden.changes[0].starts_with("\"never\" forbids it"), "{:?}", forbidden.changes);
    let failing = why(&json!({"n": i64::MAX}));
    assert_eq!(said(&failing)["sums"].0, Holds::Fails);
    assert!(failing.changes[0].starts_with("\"sums\" refuses whatever it cannot judge"), "{:?}", failing.changes);
}

#[test]
fn missing_scopes_are_a_change() {
    let who = Principal::claimed(Claims::of(Subject::User("eve".into()), Proof::AccessToken)).unwrap();
    let request = AccessRequest { principal: who, ..call("s", "write", Some(&json!({"n": 50}))) };
    let why = engine().why(&request, &Observed::default());
    assert_eq!(why.changes[0], "a token with these scopes would be enough: w x");
}

#[test]
fn what_was_refused_before_any_rule_has_nothing_to_show() {
    let why = engine().why(&call("s", "nothing", None), &Observed::default());
    assert_eq!(why.allowed, Some(false));
    assert!(why.rules.is_empty() && why.facts.is_empty() && why.changes.is_empty(), "{why:?}");
}

#[test]
fn what_cedar_is_asked_can_be_asked_of_another_evaluator() {
    let asked = engine().asked(&call("s", "write", Some(&json!({"n": 3}))), &Observed::default()).unwrap();
    assert_eq!(asked.request, ["User::\"ann\"", "Action::\"s/write\"", "Tool::\"s/write\""]);
    assert_eq!(asked.context["arguments"], json!({"n": 3}));
    assert_eq!(asked.context["face"], "http");
    assert!(asked.entities.as_array().unwrap().len() >= 4);
    let names: Vec<String> = engine().rule_names().map(ToString::to_string).collect();
    assert!(names.ends_with(&["small", "dev", "never", "sums", "scoped", "other"].map(str::to_owned)), "{names:?}");
    assert!(engine().cedar_policies().is_some());
    assert_eq!(engine().asked(&call("s", "nothing", None), &Observed::default()), None);
}
