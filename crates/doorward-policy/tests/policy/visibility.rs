//! Lists and calls agree: what some arguments could open is shown, what none could is hidden.

use doorward_core::access::Observed;
use doorward_core::exchange::Visibility;
use doorward_policy::Engine;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::desk::{call, catalogue, is_allowed, locked_with};

/// The values tried for the arguments `a` (text) and `n` (whole number): every value a rule below can ask for, one beside
/// them, and none.
const TEXTS: [Option<&str>; 5] = [None, Some(""), Some("x"), Some("xy"), Some("z")];
const NUMBERS: [Option<i64>; 5] = [None, Some(0), Some(1), Some(2), Some(9)];

fn engine(policy: &str) -> Engine {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}, "n": {"type": "integer"}}});
    let tools = json!([{"name": "read", "inputSchema": schema}, {"name": "write", "inputSchema": schema}]);
    locked_with(policy, &[catalogue("s", &tools)])
}

fn every_arguments() -> Vec<Value> {
    let mut all = Vec::new();
    for text in TEXTS {
        for number in NUMBERS {
            let mut arguments = serde_json::Map::new();
            text.map(|text| arguments.insert("a".to_owned(), json!(text)));
            number.map(|number| arguments.insert("n".to_owned(), json!(number)));
            all.push(Value::Object(arguments));
        }
    }
    all
}

fn shown(engine: &Engine, tool: &str) -> bool {
    engine.could_allow(&call("s", tool, None)) == Visibility::Show
}

fn some_arguments_allowed(engine: &Engine, tool: &str) -> bool {
    every_arguments()
        .iter()
        .any(|arguments| is_allowed(&engine.decide(&call("s", tool, Some(arguments)), &Observed::default())))
}

/// A condition on arguments, or on what is known before they are.
fn condition() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("true".to_owned()),
        Just("false".to_owned()),
        Just("resource.effect == \"read\"".to_owned()),
        Just("principal == User::\"ann\"".to_owned()),
        Just("context.face == \"stdio\"".to_owned()),
        Just("context.arguments has a".to_owned()),
        prop_oneof![Just("x"), Just("xy")]
            .prop_map(|text| format!("(context.arguments has a && context.arguments.a == \"{text}\")")),
        prop_oneof![Just("1"), Just("2")]
            .prop_map(|number| format!("(context.arguments has n && context.arguments.n == {number})")),
    ];
    leaf.prop_recursive(3, 12, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} && {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
            inner.clone().prop_map(|a| format!("!({a})")),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("(if {a} then {b} else {c})")),
        ]
    })
}

fn policy() -> impl Strategy<Value = String> {
    let rule = (prop_oneof![3 => Just("permit"), 1 => Just("forbid")], scope(), condition()).prop_map(
        |(effect, scope, condition)| format!("{effect} (principal, {scope}, resource) when {{ {condition} }};"),
    );
    prop::collection::vec(rule, 1..4).prop_map(|rules| rules.join("\n"))
}

fn scope() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("action == Action::\"s/read\""), Just("action in [Action::\"s/read\", Action::\"s/write\"]"),]
}

/// Rules that can never match do not load; they are left for the tests of loading.
fn loads(policy: &str) -> Option<Engine> {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}, "n": {"type": "integer"}}});
    let tools = json!([{"name": "read", "inputSchema": schema}, {"name": "write", "inputSchema": schema}]);
    Engine::load(&vec![crate::desk::source("own.cedar", policy)].into(), &[catalogue("s", &tools)], &[]).ok()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// Over rules made of equations, presence and what is known before, the list is exact.
    #[test]
    fn shown_exactly_when_some_arguments_are_allowed(policy in policy()) {
        if let Some(engine) = loads(&policy) {
            for tool in ["read", "write"] {
                prop_assert_eq!(shown(&engine, tool), some_arguments_allowed(&engine, tool), "{} {}", tool, policy);
            }
        }
    }

    /// Over any rules, what could be allowed is shown.
    #[test]
    fn nothing_that_could_be_allowed_is_hidden(policy in policy(), extra in wild()) {
        if let Some(engine) = loads(&format!("{policy}\n{extra}")) {
            for tool in ["read", "write"] {
                prop_assert!(shown(&engine, tool) || !some_arguments_allowed(&engine, tool), "{} {} {}", tool, policy, extra);
            }
        }
    }
}

/// Rules whose conditions exclude each other in ways no one looks into, and rules that may fail.
fn wild() -> impl Strategy<Value = String> {
    let condition = prop_oneof![
        Just("context.arguments has a && context.arguments.a like \"x*\""),
        Just("context.arguments has n && context.arguments.n < 2"),
        Just("context.arguments has n && context.arguments.n * 9223372036854775807 > 0"),
        Just("context.arguments has a && 9223372036854775807 + 1 == 0"),
        Just("9223372036854775807 + 1 == 0 || context.arguments has a"),
        Just("context.arguments has a && [\"x\", \"z\"].contains(context.arguments.a)"),
        Just("context.arguments has a && context.arguments has n && context.arguments.n > 1"),
        Just("context.arguments == {a: \"x\", n: 1} || context.arguments has a"),
        Just("context.sizes has a && context.sizes.a.bytes == 1"),
        Just("context.sizes has a && context.sizes.a.bytes > 1"),
        Just("context.paths has a && context.paths.a.name == \"x\""),
        Just("context.shell has a && [\"xy\"].containsAll(context.shell.a.programs)"),
    ];
    (prop_oneof![Just("permit"), Just("forbid")], scope(), condition).prop_map(|(effect, scope, condition)| {
        format!("{effect} (principal, {scope}, resource) when {{ {condition} }};")
    })
}

#[test]
fn a_forbid_for_all_arguments_hides() {
    let engine = engine(
        "permit (principal, action in Action::\"tools/call\", resource) when { context.arguments has a };\n\
         forbid (principal, action == Action::\"s/write\", resource);",
    );
    assert!(shown(&engine, "read"));
    assert!(!shown(&engine, "write"));
}

#[test]
fn a_forbid_that_covers_the_permit_hides() {
    let engine = engine(
        "permit (principal, action == Action::\"s/read\", resource) when { context.arguments has a && context.arguments.a == \"x\" };\n\
         forbid (principal, action == Action::\"s/read\", resource) unless { context.arguments has a && context.arguments.a == \"z\" };",
    );
    assert!(!shown(&engine, "read"));
}

#[test]
fn more_conditions_than_can_be_tried_show() {
    let many: Vec<String> = (0..=doorward_policy::limits::VISIBILITY_CONDITIONS_MAX)
        .map(|number| format!("context.arguments.n == {number}"))
        .collect();
    let engine = engine(&format!(
        "permit (principal, action == Action::\"s/read\", resource) when {{ context.arguments has n && ({}) }};",
        many.join(" || ")
    ));
    assert!(shown(&engine, "read"));
}
