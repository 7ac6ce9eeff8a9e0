//! The same of rules about facts.

use std::collections::BTreeMap;
use std::net::IpAddr;

use doorward_core::access::{HostSeen, PathSeen};

use super::*;
use crate::limits::FACT_PARSED_MAX;
use crate::pattern::Pattern;
use crate::place::{Files, ServerPlace};

/// Conditions in every form that is tried here, and what they can meet.
const PLAIN: &[&str] = &[
    r#"context.sql.must.kinds.contains("select")"#,
    r#"["select"].containsAll(context.sql.must.kinds)"#,
    r#"["select", "insert"].containsAll(context.sql.must.kinds)"#,
    r#"context.sql.must.kinds.containsAll(["select", "insert"])"#,
    r#"context.sql.must.kinds.containsAny(["drop", "delete"])"#,
    r#"["drop", "select"].containsAny(context.sql.must.kinds)"#,
    "context.sql.must.functions.isEmpty()",
    "context.sql.must.hasWhere",
    "!context.sql.must.hasWhere",
    "context.sql.must.hasWhere == false",
    "context.sql.must.statements < 2",
    "context.sql.must.statements >= 2",
    "context.sql.must.statements == 1",
    "[1, 3].contains(context.sql.must.statements)",
    r#"context.sql has path && context.sql.path.tables.contains("orders")"#,
    r#"context.paths has path && context.paths.path.within.contains("/srv")"#,
    r#"context.paths has path && !(context.paths.path.within.contains("/srv"))"#,
    r#"context.paths has path && context.paths.path.ext == "pem""#,
    r#"context.paths has path && context.paths.path.text like "/srv/*""#,
    "context.paths has path && context.paths.path.real",
    "!(context.paths has path)",
    r#"context.paths.must.name like "a*" || context.arguments.must == "b""#,
    r#"context.urls has path && context.urls.path.host like "*.example.com""#,
    r#"context.urls has path && context.urls.path.scheme == "https""#,
    r#"context.urls has path && ["https", "ftp"].contains(context.urls.path.scheme)"#,
    "context.urls has path && context.urls.path.port <= 443",
    "context.urls has path && context.urls.path.ports.contains(8080)",
    "context.urls has path && context.urls.path.ports.containsAny([1, 443])",
    "context.urls has path && context.urls.path.userinfo",
    "context.shell has path && context.shell.path.simple",
    r#"context.shell.must.programs.contains("ls")"#,
    r#"context.emails has path && ["example.com"].containsAll(context.emails.path.domains)"#,
    "context.emails has path && context.emails.path.count > 1",
    r#"context.money has path && context.money.path.currency == "EUR""#,
    "context.sizes.must.bytes <= 20",
    "context.matches.must.capital",
    r#"context.matches has path && context.matches.path.capital && context.paths.must.ext != "x""#,
    "if context.sql has path then context.sql.path.hasWhere else context.sql.must.hasWhere",
];

/// Conditions that can be tried only when somebody has looked where the host is.
const OBSERVED: &str = "context.urls has path && context.urls.path.private";

/// Conditions that are left to Cedar.
const OTHER: &[&str] = &[
    r#"context.urls has path && context.urls.path.addresses.contains(ip("10.0.0.1"))"#,
    r#"context.money has path && context.money.path.amount.lessThan(decimal("5.0"))"#,
    r#"context.sql.must.kinds == ["select"]"#,
    "context.sql.must.kinds.contains(context.arguments.must)",
    "context.sql.must == context.sql.must",
    "context.sizes.must.bytes + 1 < 20",
    r#"context.sql has list && context.sql.list.kinds.contains("select")"#,
    r#"context.paths has inner && context.paths.inner.x.ext == "a""#,
];

const TEXTS: &[&str] = &[
    "a",
    "b",
    "",
    "/srv/a.pem",
    "/srv/../etc",
    "/srvx",
    "rel/path",
    "~",
    "https://a.example.com/x",
    "http://user@example.com:8080",
    "https://10.0.0.1",
    "https://",
    "select * from orders",
    "SELECT count(*) FROM Orders WHERE id = 1",
    "delete from orders where id = 1",
    "select a from t; insert into u values (1)",
    "drop table t",
    "select 1 -- x",
    "select \"A\" from t",
    "ls -l",
    "ls | cat",
    "ls $(x)",
    "a@example.com",
    "a@example.com, b@test.org",
    "5.00 EUR",
    "12 USD",
    "ABC",
];

fn catalogue() -> Arc<Catalogue> {
    let tool = json!({"name": "t", "annotations": {"readOnlyHint": true}, "inputSchema": {
        "type": "object",
        "properties": {
            "path": {"type": "string"}, "must": {"type": "string"},
            "c": {"type": "string"}, "d": {"type": "string"}, "e": {"type": "string"},
            "list": {"type": "array", "items": {"type": "string"}},
            "inner": {"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"]},
        },
        "required": ["must"],
    }});
    let tool = RawJson::parse(tool.to_string(), &Limits::default()).unwrap();
    let definition = ToolDefinition::from_raw(tool.as_raw()).unwrap();
    Arc::new(Catalogue::from_definitions(ServerId::parse("s").unwrap(), &[definition]))
}

fn engine(rules: &[(&str, &str)], files: Files) -> Engine {
    let patterns = BTreeMap::from([(Arc::from("capital"), Pattern::new("[A-Z]").unwrap())]);
    let place = ServerPlace { files, root: Some(Arc::from("/srv")), ..ServerPlace::default() };
    let places = BTreeMap::from([(ServerId::parse("s").unwrap(), place)]);
    loaded(rules, catalogue(), PolicyInputs { patterns, places, ..PolicyInputs::default() })
}

/// What was looked at: nothing, or all there is.
fn observed(looked: bool) -> Observed {
    if !looked {
        return Observed::default();
    }
    let host = |name: &str, at: [u8; 4]| (Arc::from(name), HostSeen::Addresses(vec![IpAddr::from(at)]));
    let path = |path: &str| (Arc::from(path), PathSeen::Real(Arc::from(path)));
    Observed {
        hosts: [host("a.example.com", [10, 0, 0, 1]), host("example.com", [203, 0, 114, 9])].into(),
        paths: [path("/srv/a.pem"), path("/srv/a"), path("/srvx"), path("/srv/rel/path")].into(),
        ..Observed::default()
    }
}

fn arguments() -> impl Strategy<Value = String> {
    let text = || proptest::sample::select(TEXTS).prop_map(|text| json!(text));
    let other = || proptest::sample::select(vec![json!(null), json!(1), json!(["a"])]);
    let spelling = proptest::sample::select(vec!["path", "path", "path", "path", "path", "path", "Path", "p\\u0061th"]);
    (
        prop_oneof![20 => text(), 1 => other()],
        proptest::option::weighted(0.8, prop_oneof![20 => text(), 1 => other()]),
        proptest::option::weighted(0.1, prop_oneof![Just(json!(["select 1"])), other()]),
        spelling,
    )
        .prop_map(|(must, path, list, spelling)| {
            let path = path.map(|path| format!(", \"{spelling}\": {path}")).unwrap_or_default();
            let list = list.map(|list| format!(", \"list\": {list}")).unwrap_or_default();
            format!("{{\"must\": {must}{path}{list}}}")
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_decided_of_facts_without_cedar_is_what_cedar_decides(
        permit in proptest::sample::select(PLAIN),
        forbids in proptest::collection::vec(proptest::sample::select([PLAIN, OTHER, &[OBSERVED]].concat()), 0..3),
        files in proptest::sample::select(Files::ALL.to_vec()),
        looked in any::<bool>(),
        sent in proptest::collection::vec(arguments(), 48),
    ) {
        let mut rules = vec![("permit", permit)];
        rules.extend(forbids.into_iter().map(|forbid| ("forbid", forbid)));
        let engine = engine(&rules, files);
        for sent in sent {
            let (plainly, by_cedar) = both_ways_seeing(&engine, &sent, &observed(looked));
            if let Some(plainly) = plainly {
                prop_assert_eq!(plainly, by_cedar, "{}", sent);
            }
        }
    }
}

/// The decision on one condition, where it is made without Cedar.
fn plainly(condition: &str, sent: &str, observed: &Observed) -> Option<Decision> {
    both_ways_seeing(&engine(&[("permit", condition)], Files::Elsewhere), sent, observed).0
}

#[test]
fn every_plain_condition_on_facts_is_decided_without_cedar() {
    let pairs = || TEXTS.iter().flat_map(|path| TEXTS.iter().map(move |must| json!({"path": path, "must": must})));
    for condition in PLAIN {
        let engine = engine(&[("permit", condition)], Files::Elsewhere);
        let mut allowed = Vec::new();
        for sent in pairs().step_by(7) {
            let (plainly, by_cedar) = both_ways_seeing(&engine, &sent.to_string(), &Observed::default());
            if let Some(plainly) = plainly {
                assert_eq!(plainly, by_cedar, "{condition} {sent}");
                allowed.push(plainly.is_allow());
            }
        }
        assert!(allowed.contains(&false), "{condition} refuses nothing");
        let never = ["context.paths has path && context.paths.path.real", "!(context.paths has path)"];
        assert_eq!(!allowed.contains(&true), never.contains(condition), "{condition} allows nothing");
    }
}

#[test]
fn what_is_not_plain_of_facts_is_left_to_cedar() {
    let sent = json!({"must": "select 1", "path": "5.00 EUR", "list": ["select 1"], "inner": {"x": "a"}}).to_string();
    for condition in OTHER {
        assert_eq!(plainly(condition, &sent, &Observed::default()), None, "{condition}");
    }
}

#[test]
fn what_is_unclear_is_left_to_cedar() {
    let nothing = Observed::default();
    let sql = r#"["select"].containsAll(context.sql.must.kinds)"#;
    assert!(plainly(sql, r#"{"must": "select 1"}"#, &nothing).is_some_and(|decision| decision.is_allow()));
    assert!(plainly(sql, r#"{"must": "drop table t"}"#, &nothing).is_some_and(|decision| !decision.is_allow()));
    for unclear in ["select 1 -- x", "", "no sql"] {
        assert_eq!(plainly(sql, &json!({"must": unclear}).to_string(), &nothing), None, "{unclear}");
    }
    let url = r#"{"must": "a", "path": "https://a.example.com"}"#;
    assert_eq!(plainly(OBSERVED, url, &nothing), None);
    assert!(plainly(OBSERVED, url, &observed(true)).is_some_and(|decision| decision.is_allow()));
}

#[test]
fn more_to_parse_than_one_call_may_bring_is_left_to_cedar() {
    let others =
        ["path", "c", "d", "e"].map(|name| format!(" && context.shell has {name} && context.shell.{name}.simple"));
    let condition = format!("context.shell.must.simple{}", others.concat());
    let engine = engine(&[("permit", &condition)], Files::Elsewhere);
    let sent = |length: usize| {
        let command = format!("ls {}", "x".repeat(length));
        json!({"must": command, "path": command, "c": command, "d": command, "e": command}).to_string()
    };
    let decide = |length: usize| both_ways_seeing(&engine, &sent(length), &Observed::default());
    let (plainly, by_cedar) = decide(FACT_PARSED_MAX / 5 - 3);
    assert!(by_cedar.is_allow());
    assert_eq!(plainly, Some(by_cedar));
    let (plainly, by_cedar) = decide(FACT_PARSED_MAX / 5);
    assert!(!by_cedar.is_allow());
    assert_eq!(plainly, None);
}
