//! When a server comes, goes or changes what it offers, only its own part of the policy changes.

use std::sync::Arc;

use doorward_core::access::Observed;
use doorward_core::access::Resource;
use doorward_core::decision::{Decision, Denial};
use doorward_core::exchange::Visibility;
use doorward_core::refusal::Code;
use doorward_policy::{Catalogue, Engine, Severity};
use serde_json::{Value, json};

use crate::desk::{call, catalogue, id, is_allowed, locked_with, source};

fn server(name: &str, property: &str, of: &str) -> Arc<Catalogue> {
    let schema = json!({"type": "object", "properties": {property: {"type": of}}});
    catalogue(
        name,
        &json!([{"name": "write", "inputSchema": schema}, {"name": "get", "inputSchema": {"type": "object"}}]),
    )
}

const RULES: &str = r#"
@id("calls") permit (principal, action in Action::"tools/call", resource);
@id("no-dots") forbid (principal, action in Action::"tools/call", resource)
when { context.arguments has path && context.arguments.path like "*..*" };
@id("one") permit (principal, action == Action::"b/get", resource);
"#;

fn code(decision: &Decision) -> Option<Code> {
    match decision {
        Decision::Allow { .. } => None,
        Decision::Deny(denial) => Some(denial.code),
    }
}

fn path(value: &Value) -> Value {
    json!({"path": value})
}

#[test]
fn a_forbid_that_no_longer_fits_closes_only_the_server_that_changed() {
    let engine = locked_with(RULES, &[server("a", "path", "string"), server("b", "path", "string")]);
    let dots = path(&json!("/../x"));
    assert_eq!(code(&engine.decide(&call("b", "write", Some(&dots)), &Observed::default())), Some(Code::Forbidden));
    let changed = engine.refit(&[server("a", "path", "string"), server("b", "path", "integer")], &[]).unwrap();
    assert_eq!(code(&changed.decide(&call("a", "write", Some(&dots)), &Observed::default())), Some(Code::Forbidden));
    assert_eq!(code(&changed.decide(&call("a", "write", Some(&path(&json!("/x")))), &Observed::default())), None);
    let refused = changed.decide(&call("b", "write", Some(&path(&json!(1)))), &Observed::default());
    assert_eq!(code(&refused), Some(Code::PolicyUnusable));
    let Decision::Deny(Denial { reasons, .. }) = refused else { panic!("allowed") };
    assert_eq!(reasons[0].rule.as_ref(), "no-dots");
    assert_eq!(changed.could_allow(&call("b", "write", None)), Visibility::Hide);
    assert!(changed.warnings().iter().all(|finding| finding.level() == Severity::Warning));
    assert_eq!(changed.warnings().len(), 1);
    let mended = changed.refit(&[server("a", "path", "string"), server("b", "path", "string")], &[]).unwrap();
    assert!(is_allowed(&mended.decide(&call("b", "write", None), &Observed::default())));
    assert!(mended.warnings().is_empty());
}

#[test]
fn a_permit_that_no_longer_fits_permits_nothing_where_it_does_not() {
    let rules = r#"permit (principal, action in Action::"write", resource)
        when { context.arguments has path && context.arguments.path == "/x" };"#;
    let engine = locked_with(rules, &[server("a", "path", "string"), server("b", "path", "string")]);
    let changed = engine.refit(&[server("a", "path", "string"), server("b", "path", "integer")], &[]).unwrap();
    let right = path(&json!("/x"));
    assert_eq!(code(&changed.decide(&call("a", "write", Some(&right)), &Observed::default())), None);
    assert_eq!(code(&changed.decide(&call("b", "write", Some(&right)), &Observed::default())), Some(Code::NotAllowed));
}

#[test]
fn a_tool_that_is_gone_is_unknown_and_takes_no_rule_along() {
    let engine = locked_with(RULES, &[server("a", "path", "string"), server("b", "path", "string")]);
    let less = catalogue("b", &json!([{"name": "write", "inputSchema": {"type": "object"}}]));
    let changed = engine.refit(&[server("a", "path", "string"), less], &[]).unwrap();
    assert_eq!(code(&changed.decide(&call("b", "get", None), &Observed::default())), Some(Code::UnknownTool));
    assert_eq!(code(&changed.decide(&call("b", "write", None), &Observed::default())), None);
    assert_eq!(code(&changed.decide(&call("a", "write", None), &Observed::default())), None);
    assert_eq!(changed.warnings().len(), 1);
}

#[test]
fn a_tool_that_turns_destructive_is_refused_at_once() {
    let harmless = json!([{"name": "tidy", "inputSchema": {"type": "object"}}]);
    let worse = json!([{"name": "tidy", "inputSchema": {"type": "object"}, "annotations": {"destructiveHint": true}}]);
    let guarded = vec![doorward_policy::Preset::Guarded.source()];
    let engine = Engine::load(&guarded.into(), &[catalogue("s", &harmless)], &[]).unwrap();
    assert!(is_allowed(&engine.decide(&call("s", "tidy", None), &Observed::default())));
    let changed = engine.refit(&[catalogue("s", &worse)], &[]).unwrap();
    assert!(!is_allowed(&changed.decide(&call("s", "tidy", None), &Observed::default())));
}

#[test]
fn a_server_becomes_known() {
    let rules = r#"@id("it") permit (principal, action == Action::"b/write", resource)
        when { context.arguments has path && context.arguments.path == "/x" };"#;
    let engine = Engine::load(&vec![source("own.cedar", rules)].into(), &[], &[id("b")]).unwrap();
    assert_eq!(code(&engine.decide(&call("b", "write", None), &Observed::default())), Some(Code::UnknownTool));
    let known = engine.refit(&[server("b", "path", "string")], &[]).unwrap();
    assert!(known.warnings().is_empty(), "{:?}", known.warnings());
    let right = path(&json!("/x"));
    assert!(is_allowed(&known.decide(&call("b", "write", Some(&right)), &Observed::default())));
    let gone = known.refit(&[], &[id("b")]).unwrap();
    assert_eq!(code(&gone.decide(&call("b", "write", Some(&right)), &Observed::default())), Some(Code::UnknownTool));
}

#[test]
fn a_server_called_like_a_method_cannot_borrow_its_rules() {
    let tools = json!([{"name": "call", "inputSchema": {"type": "object"}}, {"name": "list", "inputSchema": {"type": "object"}}]);
    let engine =
        locked_with("permit (principal, action in Action::\"tools/call\", resource);", &[catalogue("tools", &tools)]);
    for tool in ["call", "list"] {
        assert_eq!(
            code(&engine.decide(&call("tools", tool, None), &Observed::default())),
            Some(Code::UnknownTool),
            "{tool}"
        );
    }
    let mut odd = call("tools", "call", None);
    odd.resource = Resource::Server(id("tools"));
    assert_eq!(code(&engine.decide(&odd, &Observed::default())), Some(Code::BadParams));
}

#[test]
fn the_narrowest_permit_opens_exactly_what_was_refused() {
    let tools = json!([{"name": "odd \"name\"/é\n", "inputSchema": {"type": "object"}}, {"name": "b", "inputSchema": {"type": "object"}}]);
    let engine = locked_with("", &[catalogue("s", &tools)]);
    let refused = call("s", "odd \"name\"/é\n", None);
    assert!(!is_allowed(&engine.decide(&refused, &Observed::default())));
    let opened = locked_with(&engine.narrowest_permit(&refused), &[catalogue("s", &tools)]);
    assert!(is_allowed(&opened.decide(&refused, &Observed::default())));
    assert!(!is_allowed(&opened.decide(&call("s", "b", None), &Observed::default())));
    let mut other = refused;
    other.principal = doorward_core::principal::Principal::new("bob", doorward_core::principal::Proof::None);
    assert!(!is_allowed(&opened.decide(&other, &Observed::default())));
}
