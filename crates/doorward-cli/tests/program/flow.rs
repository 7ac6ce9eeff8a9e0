//! `doorward flow`, on records and on definitions.

use doorward_core::flow::{Confidentiality, ContextId, FlowNote, Integrity, Label, Missing, Role, Source, Why};
use doorward_core::ids::{ExchangeId, ServerId};
use doorward_core::principal::{Principal, Proof};
use doorward_core::record::{Disposition, Phase, Record};
use doorward_core::refusal::Code;
use doorward_core::time::Timestamp;
use doorward_store::{Lesson, Lessons, Store, StoreConfig, StoreUrl, Taught};
use serde_json::Value;

use super::stage::Stage;

const CONTEXT: &str = "ab0123456789abcdef0123456789abcd";
const EVIL: &str = "x\"]:::y\n<script>\u{1b}[2J\u{202e}";

fn record(number: u64, server: &str, item: &str, context: &str, label: Label) -> Record {
    let note = FlowNote {
        context: ContextId::parse(context).unwrap(),
        trail: Box::default(),
        label,
        missing: Vec::new(),
        sources: Vec::new(),
    };
    Record {
        at: Timestamp::from_micros(1_785_231_000_000_000 + i64::try_from(number).unwrap()),
        exchange: ExchangeId::from_parts(0, u128::from(number)),
        phase: Phase::Outcome,
        disposition: Disposition::Answer,
        principal: Principal::new("ann", Proof::LocalToken),
        revision: None,
        face: "http",
        origin: None,
        client: None,
        direction: "to-server",
        server: Some(server.into()),
        action: "tools/call".into(),
        resource: Some(item.into()),
        arguments_digest: None,
        code: None,
        rules: Vec::new(),
        reasons: Vec::new(),
        findings: Vec::new(),
        flow: Some(Box::new(note)),
        request_bytes: 1,
        answer_bytes: 1,
        elapsed_micros: 1,
        upstream_micros: 1,
    }
}

fn label(confidentiality: Confidentiality, servers: &[&str]) -> Label {
    let origins = servers.iter().map(|server| ServerId::parse(server).unwrap()).collect();
    Label { confidentiality, integrity: Integrity::AdversaryWritable, origins, ..Label::default() }
}

/// A page and customers were read, then a mail was refused; something else was done in another context.
fn recorded(name: &str) -> (Stage, String) {
    let stage = Stage::new(name);
    let url = format!("sqlite://{}", stage.path().join("flow.db").display());
    let page = record(1, "web", EVIL, CONTEXT, label(Confidentiality::Internal, &["web"]));
    let customers = record(2, "crm", "list", CONTEXT, label(Confidentiality::Confidential, &["crm", "web"]));
    let mut refused = record(3, "mail", EVIL, CONTEXT, label(Confidentiality::Confidential, &["crm", "web"]));
    (refused.disposition, refused.code) = (Disposition::Refuse, Some(Code::FlowRefused));
    refused.rules = vec!["trifecta:egress".into()];
    if let Some(note) = refused.flow.as_mut() {
        note.missing = vec![Missing { path: "/to".into(), role: Role::Target }];
        let source = |of: &Record, server: &str, why| {
            Source::new(of.exchange, ServerId::parse(server).unwrap(), of.resource.as_deref().map(Box::from), why)
        };
        note.sources = vec![source(&page, "web", Why::Untrusted), source(&customers, "crm", Why::Confidential)];
    }
    let other = record(4, "time", "now", "ac0123456789abcdef0123456789abcd", Label::default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(StoreConfig::new(StoreUrl::parse(&url).unwrap())).await.unwrap();
        for record in [page, customers, refused, other] {
            store.append(record).unwrap().committed().await.unwrap();
        }
        store.close().await.unwrap();
    });
    (stage, url)
}

#[test]
fn a_unit_of_work_is_drawn_in_every_form() {
    let (stage, url) = recorded("flow-show");
    let show = |more: &[&str]| stage.run(&[&["flow", "show", "ab01", "--store", url.as_str()], more].concat());
    let text = show(&[]);
    assert_eq!(text.code, Some(0), "{text:?}");
    assert!(text.out.contains(&format!("context {CONTEXT}")), "{text:?}");
    assert!(
        text.out.contains("no endorsed origin  /to (target)")
            && text.out.contains("crm/list: it is confidential (step 2")
    );
    let json: Value = serde_json::from_str(&show(&["--json"]).out).unwrap();
    assert_eq!((&json["context"], &json["steps"][0]["item"]), (&Value::from(CONTEXT), &Value::from(EVIL)));
    assert_eq!(json["steps"][2]["sources"][1]["server"], "crm", "{json}");
    assert!(show(&["--mermaid"]).out.starts_with("flowchart LR\n"));
    let image = show(&["--svg", "-"]).out;
    assert!(image.starts_with("<svg ") && !image.contains("<script"), "{image}");
    let file = stage.path().join("flow.svg");
    assert_eq!(show(&["--svg", &file.display().to_string()]).code, Some(0));
    assert_eq!(std::fs::read_to_string(file).unwrap() + "\n", image);
    for out in [text.out, show(&["--mermaid"]).out, image] {
        assert!(!out.contains(['\u{1b}', '\u{202e}']), "{out:?}");
    }
}

#[test]
fn what_was_learned_is_listed_without_a_value_and_forgotten() {
    let stage = Stage::new("flow-learned");
    let url = format!("sqlite://{}", stage.path().join("learned.db").display());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let unit = |number| ContextId::from_bytes([number; 16]);
    let shown = |who: &str, number| {
        let (principal, who) = (who.as_bytes().to_vec(), who.to_owned());
        let (server, tool, form) = ("mail".to_owned(), "send".to_owned(), 0xfeed_f00d_0000_0007);
        Taught::Shown(Lesson { principal, who, server, tool, role: Role::Target, form, unit: unit(number) })
    };
    runtime.block_on(async {
        let lessons = Lessons::open(&StoreConfig::new(StoreUrl::parse(&url).unwrap())).await.unwrap();
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let now = Timestamp::from_micros(i64::try_from(now.as_micros()).unwrap());
        lessons.take_in(&[shown("ann", 1), shown("ann", 2), shown("bob", 1)], now).await.unwrap();
        lessons.close().await;
    });
    let told = stage.run(&["flow", "learned", "--json", "--store", &url]);
    let rows: Vec<Value> = told.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |row: &Value| (row["principal"].clone(), row["learned"].clone(), row["units"].clone());
    assert_eq!(
        rows.iter().map(of).collect::<Vec<_>>(),
        [("ann".into(), true.into(), 2.into()), ("bob".into(), false.into(), 1.into()),]
    );
    assert_eq!(
        (&rows[0]["value"], &rows[0]["tool"], &rows[0]["role"]),
        (&"feedf00d".into(), &"send".into(), &"target".into())
    );
    let table = stage.run(&["flow", "learned", "--store", &url]).out;
    assert!(table.contains("mail/send") && table.contains("not yet"), "{table}");
    let forgotten = stage.run(&["flow", "forget", "--principal", "ann", "--store", &url]).out;
    assert_eq!(forgotten, "1 value is forgotten.\n");
    let left = stage.run(&["flow", "learned", "--json", "--store", &url]).out;
    assert!(left.contains("bob") && !left.contains("ann"), "{left}");
}

#[test]
fn contexts_are_listed_and_found_by_their_beginning() {
    let (stage, url) = recorded("flow-list");
    let run = |arguments: &[&str]| stage.run(&[arguments, &["--store", url.as_str()]].concat());
    let lines = run(&["flow", "list", "--json"]).out;
    let listed: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((listed.len(), &listed[1]["context"]), (2, &Value::from(CONTEXT)));
    assert_eq!((&listed[1]["exchanges"], &listed[1]["refused"]), (&Value::from(3), &Value::from(1)));
    let table = run(&["flow", "list"]).out;
    assert!(table.contains(CONTEXT) && table.contains("confidential, adversary-writable"), "{table}");
    assert_eq!(run(&["flow", "list", "-n", "1", "--json"]).out.lines().count(), 1);
    for (wrong, code, told) in [
        (&["flow", "show", "a"][..], 2, "more than one context begins with 'a'"),
        (&["flow", "show", "ff"], 1, "no record tells of a context 'ff'"),
        (&["flow", "show", "hello"], 2, "is no context"),
        (&["flow", "show", ""], 2, "is no context"),
    ] {
        let ended = run(wrong);
        assert!(ended.code == Some(code) && ended.err.contains(told), "{ended:?}");
    }
    let count = |context: &str| run(&["audit", "query", "--count", "--context", context]).out;
    assert_eq!((count("ab"), count(CONTEXT), count("ac01")), ("3\n".into(), "3\n".into(), "1\n".into()));
    assert_eq!(run(&["audit", "query", "--context", "ad"]).code, Some(1));
}

const CONFIG: &str = r#"
[policy]
preset = "observe"
[flow]
policies = [POLICIES]
[servers.chat]
command = ["npx", "-y", "slack-mcp-server"]
[servers.web]
command = ["uvx", "mcp-server-fetch"]
"#;

const DEFINITIONS: &str = r#"{"version":1,"servers":{
    "chat":{"era":"legacy","tools":[{"name":"conversations_history","description":"Shows messages.","inputSchema":{"type":"object"}}]},
    "web":{"era":"legacy","tools":[{"name":"fetch","description":"Fetches a page.","inputSchema":{"type":"object","properties":{"url":{"type":"string"}}}}]}
}}"#;

#[test]
fn a_report_tells_what_policies_make_of_each_pair() {
    let stage = Stage::new("flow-report");
    stage.file("definitions.json", DEFINITIONS);
    let report = |policies: &str, more: &[&str]| {
        stage.file("doorward.toml", &CONFIG.replace("POLICIES", policies));
        stage.run(&[&["flow", "report", "--definitions", "definitions.json"], more].concat())
    };
    let open = report("", &["--json"]);
    assert_eq!(open.code, Some(0), "{open:?}");
    let told: Value = serde_json::from_str(&open.out).unwrap();
    assert_eq!(told["confidential"], serde_json::json!(["chat/conversations_history"]));
    assert_eq!(told["out"], serde_json::json!(["web/fetch"]));
    assert_eq!((&told["pairs"][0]["outlook"], &told["looksAtFlow"]), (&Value::from("open"), &Value::from(false)));
    assert_eq!(report("", &["--deny-open"]).code, Some(4));
    assert!(report("", &[]).err.contains("No rule looks at the flow of data"));
    let guarded = report("\"trifecta\"", &["--json", "--deny-open"]);
    assert_eq!(guarded.code, Some(0), "{guarded:?}");
    let told: Value = serde_json::from_str(&guarded.out).unwrap();
    assert_eq!(told["pairs"][0]["outlook"], "vouched", "{told}");
    assert_eq!(told["pairs"][0]["rules"], serde_json::json!(["trifecta:egress"]));
    assert_eq!(told["triples"].as_array().unwrap().len(), 2, "{told}");
    let text = report("\"trifecta\"", &[]).out;
    for line in ["ways out", "web/fetch", "after chat/conversations_history", "web + chat > web", "1 pairs: 1 vouched"]
    {
        assert!(text.contains(line), "{line}: {text}");
    }
}
