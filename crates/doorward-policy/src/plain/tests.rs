//! Cedar is the measure: whatever is decided without it must be what it decides.

mod facts;

use doorward_core::access::{
    AccessRequest, Action, Approach, Direction, Face, Kind as MessageKind, Observed, Resource,
};
use doorward_core::decision::Decision;
use doorward_core::ids::ServerId;
use doorward_core::principal::{Principal, Proof};
use doorward_core::time::Timestamp;
use doorward_mcp::limits::Limits;
use doorward_mcp::raw::RawJson;
use doorward_mcp::revision::Era;
use doorward_mcp::views::tools::ToolDefinition;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::json;

use crate::catalogue::Catalogue;
use crate::engine::Engine;
use crate::inputs::PolicyInputs;
use crate::limits::PLAIN_DEPTH_MAX;
use crate::question::Question;
use crate::source::{Preset, Source};

/// Conditions in every form that is tried here, and what they can meet.
const PLAIN: &[&str] = &[
    r#"context.arguments has path && context.arguments.path like "/etc/*""#,
    r#"context.arguments has path && context.arguments.path like "*..*""#,
    r#"context.arguments has path && context.arguments.path like "*.pem""#,
    r#"context.arguments has path && context.arguments.path like "/a*b*b""#,
    r#"context.arguments has path && context.arguments.path like "é\*""#,
    r#"context.arguments has path && context.arguments.path like "*""#,
    r#"context.arguments has path && context.arguments.path like """#,
    r#"context.arguments has path && !(context.arguments.path like "/srv/*")"#,
    r#"context.arguments has path && context.arguments.path == "/etc/passwd""#,
    r#"context.arguments has path && "/srv/" != context.arguments.path"#,
    r#"context.arguments has path && ["/srv/", "/etc/passwd"].contains(context.arguments.path)"#,
    "context.arguments has count && context.arguments.count > 3",
    "context.arguments has count && context.arguments.count >= 3",
    "context.arguments has count && context.arguments.count < -1",
    "context.arguments has count && 3 <= context.arguments.count",
    "context.arguments has count && 3 < context.arguments.count",
    "context.arguments has count && [1, 3].contains(context.arguments.count)",
    "context.arguments has count && context.arguments.count != 3",
    "context.arguments has count && (context.arguments.count == 3 || context.arguments.count == 4)",
    "context.arguments has yes && context.arguments.yes",
    "context.arguments has yes && context.arguments.yes == false",
    r#"if context.arguments has yes && context.arguments.yes then context.arguments.must == "a" else context.arguments.must == "b""#,
    r#"context.arguments.must like "a*""#,
    "!(context.arguments has path)",
    r#"context.arguments.must == "a" && resource.effect == "read""#,
    r#"context.arguments.must == "a" && principal.proof == "none""#,
    r#"context.face == "http" && context.arguments.must == "b""#,
    "true",
];

/// Conditions that are left to Cedar.
const OTHER: &[&str] = &[
    "context.arguments has count && context.arguments.count + 1 < 3",
    "context.arguments has count && context.arguments.count * 4611686018427387904 > 3",
    r#"{a: context.arguments}.a.must == "a""#,
    "context.arguments has list && context.arguments.list.contains(1)",
    r#"context.arguments has inner && context.arguments.inner.x == "a""#,
    r#"context.arguments has rate && context.arguments.rate.lessThan(decimal("1.5"))"#,
    r#"context has arguments.path && context.arguments.path == "/srv/""#,
];

const TEXTS: &[&str] =
    &["/etc/passwd", "/srv/", "/a/b", "/ab", "/abb", "..", "", "é*", "éx", "x.pem", "/etc/*", "a", "b", "ab"];

fn catalogue() -> Arc<Catalogue> {
    let tool = json!({"name": "t", "annotations": {"readOnlyHint": true}, "inputSchema": {
        "type": "object",
        "properties": {
            "path": {"type": "string"}, "must": {"type": "string"}, "count": {"type": "integer"},
            "yes": {"type": "boolean"}, "rate": {"type": "number"},
            "list": {"type": "array", "items": {"type": "integer"}},
            "inner": {"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"]},
        },
        "required": ["must"],
    }});
    let tool = RawJson::parse(tool.to_string(), &Limits::default()).unwrap();
    let definition = ToolDefinition::from_raw(tool.as_raw()).unwrap();
    Arc::new(Catalogue::from_definitions(ServerId::parse("s").unwrap(), &[definition]))
}

fn engine(rules: &[(&str, &str)]) -> Engine {
    loaded(rules, catalogue(), PolicyInputs::default())
}

fn loaded(rules: &[(&str, &str)], catalogue: Arc<Catalogue>, inputs: PolicyInputs) -> Engine {
    let text: String = rules
        .iter()
        .map(|(effect, condition)| {
            format!("{effect}(principal, action == Action::\"s/t\", resource) when {{ {condition} }};")
        })
        .collect();
    let own = Source { name: "own.cedar".to_owned(), text };
    let inputs = PolicyInputs { sources: vec![Preset::Locked.source(), own], ..inputs };
    Engine::load(&inputs, &[catalogue], &[]).unwrap()
}

fn call(arguments: &str) -> AccessRequest {
    AccessRequest {
        principal: Principal::new("ann", Proof::None),
        action: Action::of(Direction::ToServer, MessageKind::Request, "tools/call").unwrap(),
        resource: Resource::Tool(ServerId::parse("s").unwrap(), Arc::from("t")),
        arguments: Some(RawJson::parse(arguments.to_owned(), &Limits::default()).unwrap()),
        approach: Approach::new(Face::Http),
        era: Era::Modern,
        at: Timestamp::default(),
    }
}

/// What is decided without Cedar, and what Cedar decides.
fn both_ways(engine: &Engine, arguments: &str) -> (Option<Decision>, Decision) {
    both_ways_seeing(engine, arguments, &Observed::default())
}

fn both_ways_seeing(engine: &Engine, arguments: &str, observed: &Observed) -> (Option<Decision>, Decision) {
    let request = call(arguments);
    let question = Question::find(engine, &request, observed).unwrap();
    let ready = question.ready().unwrap();
    (question.decide_plainly(&ready), question.decide_by_cedar(&ready))
}

fn arguments() -> impl Strategy<Value = String> {
    let text = proptest::sample::select(TEXTS).prop_map(|text| json!(text));
    let other = proptest::sample::select(vec![json!(null), json!(1), json!("1"), json!([1]), json!({"x": "a"})]);
    let count = prop_oneof![
        (-3_i64..6).prop_map(|count| json!(count)),
        proptest::sample::select(vec![json!(i64::MAX), json!(i64::MIN), json!(1.0), json!(u64::MAX)]),
    ];
    let path = ("path", prop_oneof![8 => text.clone(), 1 => other.clone()]);
    let must = ("must", prop_oneof![8 => text.clone(), 1 => other.clone()]);
    let count = ("count", prop_oneof![8 => count, 1 => other.clone()]);
    let yes = ("yes", prop_oneof![8 => any::<bool>().prop_map(|yes| json!(yes)), 1 => other]);
    let member =
        |(name, of): (&'static str, _)| proptest::option::weighted(0.8, of).prop_map(move |value| (name, value));
    let spelling = proptest::sample::select(vec!["must", "must", "must", "must", "must", "Must", "m\\u0075st", "muſt"]);
    (
        member((path.0, path.1.boxed())),
        member((must.0, must.1.boxed())),
        member((count.0, count.1.boxed())),
        member((yes.0, yes.1.boxed())),
        spelling,
    )
        .prop_map(|(path, must, count, yes, spelling)| {
            let written: Vec<String> = [path, must, count, yes]
                .into_iter()
                .filter_map(|(name, value)| {
                    let name = if name == "must" { spelling } else { name };
                    Some(format!("\"{name}\": {}", value?))
                })
                .collect();
            format!("{{{}}}", written.join(", "))
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_decided_without_cedar_is_what_cedar_decides(
        permit in proptest::sample::select(PLAIN),
        forbids in proptest::collection::vec(proptest::sample::select([PLAIN, OTHER].concat()), 0..3),
        sent in proptest::collection::vec(arguments(), 64),
    ) {
        let mut rules = vec![("permit", permit)];
        rules.extend(forbids.into_iter().map(|forbid| ("forbid", forbid)));
        let engine = engine(&rules);
        for sent in sent {
            let (plainly, by_cedar) = both_ways(&engine, &sent);
            if let Some(plainly) = plainly {
                prop_assert_eq!(plainly, by_cedar, "{}", sent);
            }
        }
    }
}

#[test]
fn every_plain_condition_is_decided_without_cedar() {
    let sent = r#"{"must": "a", "path": "/etc/passwd", "count": 3, "yes": true, "rate": 1}"#;
    for condition in PLAIN {
        let engine = engine(&[("permit", condition), ("forbid", r#"context.arguments.must == "never""#)]);
        let (plainly, by_cedar) = both_ways(&engine, sent);
        assert_eq!(plainly, Some(by_cedar), "{condition}");
    }
}

#[test]
fn what_is_not_plain_is_left_to_cedar() {
    let sent = r#"{"must": "a", "path": "/srv/", "count": 3, "list": [1], "inner": {"x": "a"}, "rate": 1}"#;
    for condition in OTHER {
        let engine = engine(&[("permit", condition), ("forbid", r#"context.arguments.must == "never""#)]);
        assert_eq!(both_ways(&engine, sent).0, None, "{condition}");
    }
}

#[test]
fn calls_that_could_be_read_in_two_ways_are_left_to_cedar() {
    let engine = engine(&[("permit", r#"context.arguments.must == "a""#)]);
    assert!(matches!(both_ways(&engine, r#"{"must": "a"}"#).0, Some(Decision::Allow { .. })));
    assert!(matches!(both_ways(&engine, r#"{"m\u0075st": "a", "other": 1}"#).0, Some(Decision::Allow { .. })));
    for sent in ["{}", r#"{"must": 1}"#, r#"{"must": null}"#, r#"{"Must": "a"}"#, r#"{"must": "a", "ſ": 1}"#, "[]"] {
        assert_eq!(both_ways(&engine, sent).0, None, "{sent}");
    }
}

#[test]
fn too_deep_rules_are_left_to_cedar() {
    let deep = |depth: usize| {
        format!("context.arguments.must == \"a\"{}", " || context.arguments.must == \"b\"".repeat(depth))
    };
    let decided = |depth: usize| both_ways(&engine(&[("permit", &deep(depth))]), r#"{"must": "b"}"#).0.is_some();
    assert!(decided(PLAIN_DEPTH_MAX / 2));
    assert!(!decided(PLAIN_DEPTH_MAX + 1));
}
