//! What the operator says of a server's tools, and what that makes of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use doorward_policy::effect::{Effect, Evidence, Reach};
use doorward_policy::{Engine, PolicyInputs, Preset, ServerPlace, ToolWord, Trust};
use serde_json::json;

use crate::desk::{call, catalogue, id, is_allowed};

fn engine(trust: Trust, tools: BTreeMap<Arc<str>, ToolWord>) -> Engine {
    let offered = catalogue(
        "s",
        &json!([
            {"name": "purge_cache", "annotations": {"readOnlyHint": true, "destructiveHint": false, "openWorldHint": false}},
            {"name": "update_note", "annotations": {"destructiveHint": true}},
            {"name": "send_note", "annotations": {"readOnlyHint": true, "openWorldHint": false}},
            {"name": "get_note"}
        ]),
    );
    let mut inputs = PolicyInputs::from(vec![Preset::Guarded.source()]);
    inputs.places.insert(id("s"), ServerPlace { trust, tools, ..ServerPlace::default() });
    Engine::load(&inputs, &[offered], &[]).unwrap()
}

fn allowed(engine: &Engine, tool: &str) -> bool {
    is_allowed(&engine.decide(&call("s", tool, None), &doorward_core::access::Observed::default()))
}

fn assessed(engine: &Engine, tool: &str) -> (Effect, Evidence, Reach) {
    let assessment = engine.assessment(&id("s"), tool).unwrap();
    (assessment.effect, assessment.evidence, assessment.reach)
}

#[test]
fn annotations_of_a_server_nobody_trusts_only_make_things_worse() {
    let engine = engine(Trust::Untrusted, BTreeMap::new());
    assert!(!allowed(&engine, "purge_cache") && !allowed(&engine, "update_note"));
    assert!(allowed(&engine, "get_note"));
    assert_eq!(assessed(&engine, "send_note").2, Reach::Open);
}

#[test]
fn annotations_of_a_trusted_server_count_as_given() {
    let engine = engine(Trust::Trusted, BTreeMap::new());
    let read = Evidence::Annotation("readOnlyHint");
    assert_eq!(assessed(&engine, "purge_cache"), (Effect::Read, read, Reach::Closed));
    assert_eq!(assessed(&engine, "send_note"), (Effect::Read, read, Reach::Closed));
    assert!(allowed(&engine, "purge_cache") && !allowed(&engine, "update_note") && allowed(&engine, "get_note"));
}

#[test]
fn the_operators_word_wins_over_everything() {
    let destroys = ToolWord { effect: Some(Effect::Destructive), reach: None };
    let reads = ToolWord { effect: Some(Effect::Read), reach: Some(Reach::Open) };
    let words = || BTreeMap::from([(Arc::from("get_note"), destroys), (Arc::from("purge_cache"), reads)]);
    for trust in Trust::ALL {
        let engine = engine(trust, words());
        assert!(!allowed(&engine, "get_note") && allowed(&engine, "purge_cache"));
        assert_eq!(assessed(&engine, "purge_cache"), (Effect::Read, Evidence::Operator, Reach::Open));
        assert!(engine.warnings().is_empty());
    }
}

#[test]
fn a_word_does_not_follow_a_tool_to_another_name_or_server() {
    let reads = ToolWord { effect: Some(Effect::Read), reach: None };
    let engine = engine(Trust::Untrusted, BTreeMap::from([(Arc::from("purge_cach"), reads)]));
    assert!(!allowed(&engine, "purge_cache"));
    let told = engine.warnings()[0].to_string();
    assert_eq!(told, "[servers.s.tools.purge_cach]: the server offers no tool \"purge_cach\"");
    assert_eq!(engine.warnings()[0].advice(), Some("did you mean [servers.s.tools.purge_cache]?"));
    let elsewhere = catalogue("t", &json!([{"name": "purge_cach", "annotations": {"destructiveHint": true}}]));
    let refitted = engine.refit(&[elsewhere], &[]).unwrap();
    assert_eq!(refitted.assessment(&id("t"), "purge_cach").unwrap().effect, Effect::Destructive);
}
