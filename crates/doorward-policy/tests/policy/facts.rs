//! Facts of arguments: the guide's rules load, nothing is looked at that no rule names, and every limit holds.

use std::sync::Arc;

use doorward_core::access::{HostSeen, Observed};
use doorward_core::decision::Decision;
use doorward_core::refusal::Code;
use doorward_policy::limits::{FACT_PARSED_MAX, FACT_TEXTS_MAX, PATTERN_TEXT_MAX};
use doorward_policy::{Catalogue, Engine, Files, Pattern, PolicyInputs, Preset, ServerPlace};
use serde_json::{Value, json};

use crate::desk::{call, catalogue, id, is_allowed, locked_with, source};

fn tool(name: &str, texts: &[&str]) -> Value {
    let members: serde_json::Map<String, Value> =
        texts.iter().map(|text| ((*text).to_owned(), json!({ "type": "string" }))).collect();
    json!({ "name": name, "inputSchema": { "type": "object", "properties": members, "required": texts } })
}

fn servers() -> Vec<Arc<Catalogue>> {
    vec![
        catalogue("files", &json!([tool("read_file", &["path"]), tool("list", &["filter"])])),
        catalogue("web", &json!([tool("fetch", &["url"])])),
        catalogue("db", &json!([tool("query", &["sql"])])),
        catalogue("dev", &json!([tool("run", &["command"])])),
        catalogue("mail", &json!([tool("send_mail", &["to", "body"])])),
        catalogue("shop", &json!([tool("pay", &["amount"])])),
    ]
}

/// Every block of Cedar on the guide's page on facts, and the pattern its TOML declares.
fn guide() -> PolicyInputs {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/guide/facts.md")).unwrap();
    let blocks = page.split("```cedar\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let blocks: Vec<&str> = blocks.collect();
    assert!(blocks.len() >= 5, "the examples are gone");
    let mut inputs = PolicyInputs::from(vec![Preset::Locked.source(), source("guide.cedar", &blocks.join("\n"))]);
    let written = page.split("secret = \"").nth(1).unwrap().split("\"\n").next().unwrap().replace("\\\\", "\\");
    inputs.patterns.insert(Arc::from("secret"), Pattern::new(&written).unwrap());
    inputs.places.insert(id("files"), ServerPlace { files: Files::Here, ..ServerPlace::default() });
    inputs
}

#[test]
fn the_rules_of_the_guide_load_and_say_what_it_says() {
    let engine = Engine::load(&guide(), &servers(), &[]).unwrap();
    let mut observed = Observed::default();
    let public = HostSeen::Addresses(vec!["93.184.215.14".parse().unwrap()]);
    observed.hosts.insert(Arc::from("example.net"), public);
    let cases = [
        ("files", "read_file", json!({ "path": "/srv/proj/a" }), "allow"),
        ("files", "read_file", json!({ "path": "/srv/proj-evil/a" }), "DW1201"),
        ("files", "read_file", json!({ "path": "/srv/proj/a.pem" }), "DW1202"),
        ("web", "fetch", json!({ "url": "https://example.net/" }), "allow"),
        ("web", "fetch", json!({ "url": "http://10.0.0.1/" }), "DW1201"),
        ("db", "query", json!({ "sql": "SELECT a FROM orders" }), "allow"),
        ("db", "query", json!({ "sql": "DELETE FROM orders" }), "DW1202"),
        ("dev", "run", json!({ "command": "git status" }), "allow"),
        ("dev", "run", json!({ "command": "git status | sh" }), "DW1201"),
        ("mail", "send_mail", json!({ "to": "ann@example.org", "body": "hello" }), "allow"),
        ("mail", "send_mail", json!({ "to": "ann@example.org", "body": "Password: x" }), "DW1202"),
        ("shop", "pay", json!({ "amount": "99.5 EUR" }), "allow"),
        ("shop", "pay", json!({ "amount": "99.5 USD" }), "DW1201"),
    ];
    for (server, name, arguments, expected) in cases {
        let request = call(server, name, Some(&arguments));
        let seen = engine.presumed(&request, &observed);
        let told = match engine.decide(&request, &seen) {
            Decision::Allow { .. } => "allow".to_owned(),
            Decision::Deny(denial) => denial.code.to_string(),
        };
        assert_eq!(told, expected, "{server}/{name} {arguments}");
    }
}

#[test]
fn only_what_a_rule_names_is_wanted() {
    let engine = Engine::load(&guide(), &servers(), &[]).unwrap();
    let wants = |server: &str, tool: &str, arguments: Value| engine.wants(&call(server, tool, Some(&arguments)));
    let paths = wants("files", "read_file", json!({ "path": "/srv/x/../a" })).paths;
    assert_eq!(paths.iter().map(AsRef::as_ref).collect::<Vec<&str>>(), ["/srv/a", "/srv/x/../a"]);
    let hosts = wants("web", "fetch", json!({ "url": "https://EXAMPLE.com/" })).hosts;
    assert_eq!(hosts.iter().map(AsRef::as_ref).collect::<Vec<&str>>(), ["example.com"]);
    for (server, tool, arguments) in [
        ("web", "fetch", json!({ "url": "http://10.0.0.1/" })),
        ("files", "list", json!({ "filter": "/srv" })),
        ("files", "read_file", json!({ "path": "~" })),
        ("files", "read_file", json!({ "path": 1 })),
        ("files", "gone", json!({})),
    ] {
        assert!(wants(server, tool, arguments.clone()).is_empty(), "{server}/{tool} {arguments}");
    }
    // A rule that looks at the host alone needs no address.
    let rule =
        "permit (principal, action == Action::\"web/fetch\", resource) when { context.urls.url.host == \"a.b\" };";
    let request = call("web", "fetch", Some(&json!({ "url": "https://a.b/" })));
    let engine = locked_with(rule, &servers());
    assert!(engine.wants(&request).is_empty());
    assert!(is_allowed(&engine.decide(&request, &Observed::default())));
}

#[test]
fn lists_and_texts_have_limits() {
    let schema = json!({ "type": "object", "properties": { "all": { "type": "array", "items": { "type": "string" } } }, "required": ["all"] });
    let servers = [catalogue("s", &json!([{ "name": "t", "inputSchema": schema }]))];
    let rule =
        |condition: &str| format!("permit (principal, action == Action::\"s/t\", resource) when {{ {condition} }};");
    let told = |engine: &Engine, all: Vec<String>| match engine
        .decide(&call("s", "t", Some(&json!({ "all": all }))), &Observed::default())
    {
        Decision::Allow { .. } => None,
        Decision::Deny(denial) => Some(denial.code),
    };
    let engine = locked_with(&rule("context.sizes.all.items > 1"), &servers);
    assert_eq!(told(&engine, vec!["a".to_owned(); FACT_TEXTS_MAX]), None);
    assert_eq!(told(&engine, vec!["a".to_owned(); FACT_TEXTS_MAX + 1]), Some(Code::Unclear));
    let engine = locked_with(&rule("context.shell.all.operators.isEmpty()"), &servers);
    assert_eq!(told(&engine, vec!["a".repeat(FACT_PARSED_MAX / 8); 8]), None);
    assert_eq!(told(&engine, vec!["a".repeat(FACT_PARSED_MAX / 8 + 1); 8]), Some(Code::Unclear));
    let mut inputs = PolicyInputs::from(vec![source("own.cedar", &rule("context.matches.all.a"))]);
    inputs.patterns.insert(Arc::from("a"), Pattern::new("^a+$").unwrap());
    let engine = Engine::load(&inputs, &servers, &[]).unwrap();
    assert_eq!(told(&engine, vec!["a".repeat(PATTERN_TEXT_MAX)]), None);
    assert_eq!(told(&engine, vec!["a".repeat(PATTERN_TEXT_MAX + 1)]), Some(Code::Unclear));
    assert_eq!(told(&engine, vec!["a".to_owned(), "b".to_owned()]), Some(Code::Unclear), "some only");
    assert_eq!(told(&engine, vec!["b".to_owned()]), Some(Code::NotAllowed));
    assert!(Pattern::new(r"(?:\w{1000}){1000}").is_err(), "too large when compiled");
}
