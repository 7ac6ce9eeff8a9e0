//! The classic ways around a rule about arguments, against a whole gateway: each is refused, its harmless twin allowed.

use std::net::IpAddr;
use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use doorward_policy::{Dialect, Files, Preset};
use doorward_server::observe::Resolver;
use serde_json::{Value, json};

use super::client::{Session, call, denial};
use super::rig::{Plan, Rig, eventually};
use super::scripted::{Reply, Scripted, said};

const RULES: &str = r#"
@id("inside") permit (principal, action == Action::"desk/read", resource)
when { context.paths.path.within.contains("@root/proj") };
@id("public") permit (principal, action == Action::"desk/fetch", resource)
when { !context.urls.url.private && !context.urls.url.userinfo && !context.urls.url.lookalike && context.urls.url.nested.isEmpty() };
@id("orders") permit (principal, action == Action::"desk/query", resource)
when { context.sql.sql.kinds == ["select"] && ["orders"].containsAll(context.sql.sql.tables) };
@id("git") permit (principal, action == Action::"desk/run", resource)
when { context.shell.command.simple && ["git"].containsAll(context.shell.command.programs) };
@id("cheap") permit (principal, action == Action::"desk/pay", resource)
when { context.arguments.count < 10 && context.money.amount.amount.lessThan(decimal("100.0")) };
"#;

/// A list of tools, each with these members.
fn tools() -> String {
    let tool = |name: &str, members: Value| {
        let required: Vec<&String> = members.as_object().unwrap().keys().collect();
        json!({ "name": name, "inputSchema": { "type": "object", "properties": members, "required": required } })
    };
    let text = || json!({ "type": "string" });
    let tools = [
        tool("read", json!({ "path": text() })),
        tool("read2", json!({ "path": text() })),
        tool("fetch", json!({ "url": text() })),
        tool("query", json!({ "sql": text() })),
        tool("run", json!({ "command": text() })),
        tool("pay", json!({ "amount": text(), "count": { "type": "integer" } })),
    ];
    format!("\"tools\":{}", json!(tools))
}

struct Desk {
    rig: Rig,
    root: String,
    server: Scripted,
    _other: Scripted,
}

async fn desk() -> Desk {
    let server = Scripted::start(&tools(), |seen| Reply::Send(said(seen, "done"))).await;
    let other = Scripted::start(&tools(), |seen| Reply::Send(said(seen, "done"))).await;
    let plan = Plan::new();
    let root = plan.scratch().path("");
    for folder in ["proj/sub", "proj-evil"] {
        std::fs::create_dir_all(root.join(folder)).unwrap();
    }
    let root = root.canonicalize().unwrap();
    symlink("../proj-evil", root.join("proj/out")).unwrap();
    symlink("sub", root.join("proj/in")).unwrap();
    let root = root.to_str().unwrap().to_owned();
    let mut plan = plan.with_policy(Preset::Locked, &[&RULES.replace("@root", &root)]);
    plan = plan.with_url("desk", &server.url).with_url("other", &other.url);
    for config in &mut plan.config.servers {
        config.place.files = Files::Here;
        config.place.root = Some(Arc::from(format!("{root}/proj")));
        config.place.dialect = Dialect::Postgres;
    }
    plan.config.policy.learn(&plan.config.servers);
    let rig = plan.start().await;
    let turn = AtomicUsize::new(0);
    rig.gateway.resolve_with(Resolver::Told(Box::new(move |host| addresses(host, &turn))));
    Desk { rig, root, server, _other: other }
}

/// `rebind.example.com` first leads outside and then inside.
fn addresses(host: &str, turn: &AtomicUsize) -> Vec<IpAddr> {
    let address = match host {
        "example.com" | "xn--mnchen-3ya.de" => "93.184.215.14",
        "inside.example.com" => "10.0.0.7",
        "rebind.example.com" if turn.fetch_add(1, Ordering::Relaxed) == 0 => "93.184.215.14",
        "rebind.example.com" => "127.0.0.1",
        _ => return Vec::new(),
    };
    vec![address.parse().unwrap()]
}

/// What becomes of a call: `allow`, or the code of the refusal.
async fn outcome(session: &mut Session, tool: &str, arguments: Value) -> String {
    let answer = session.call(&call(1, tool, arguments)).await;
    if answer.pointer("/result/content/0/text") == Some(&json!("done")) {
        return "allow".to_owned();
    }
    denial(&answer).0
}

/// Calls of one tool with one text argument: the argument, and what becomes of it.
async fn check(desk: &Desk, tool: &str, argument: &str, cases: &[(&str, &str)]) {
    let mut session = Session::open(&desk.rig, "desk").await;
    for (text, expected) in cases {
        let text = text.replace("@root", &desk.root);
        let told = outcome(&mut session, tool, json!({ argument: text })).await;
        assert_eq!(told, *expected, "{tool} {text}");
    }
}

#[tokio::test]
async fn paths() {
    let desk = desk().await;
    let cases = [
        ("@root/proj/a", "allow"),
        ("a", "allow"),
        ("@root/proj/in/a", "allow"),
        ("@root/proj/sub/../a", "allow"),
        ("@root/proj-evil/a", "DW1201"),
        ("@root/proj/../proj-evil/a", "DW1201"),
        ("@root/proj/out", "DW1201"),
        ("@root/proj/out/a", "DW1201"),
        ("@root/PROJ/a", "DW1201"),
        ("@root/proj/out/../a", "DW1210"),
        ("@root/proj/%2e%2e/a", "DW1210"),
        ("@root/proj/a\\..\\..\\b", "DW1210"),
        ("@root/proj/a\u{0}", "DW1210"),
        ("/proc/self/cwd/a", "DW1210"),
        ("/dev/fd/0", "DW1210"),
        ("~/a", "DW1210"),
        ("file://elsewhere@root/proj/a", "DW1210"),
        ("file://@root/proj/a", "allow"),
    ];
    check(&desk, "read", "path", &cases).await;
    desk.rig.stop().await;
}

#[tokio::test]
async fn urls() {
    let desk = desk().await;
    let cases = [
        ("https://example.com/a", "allow"),
        ("https://EXAMPLE.com./a", "allow"),
        ("https://münchen.de/", "allow"),
        ("http://8.8.8.8/", "allow"),
        ("https://example.com/?q=a@b", "allow"),
        ("https://example.com@inside.example.com/", "DW1201"),
        ("https://inside.example.com/", "DW1201"),
        ("https://аррӏе.com/", "DW1210"),
        ("https://xn--pypal-4ve.com/", "DW1210"),
        ("https://\u{212a}example.com/", "DW1210"),
        ("http://2130706433/", "DW1201"),
        ("http://0x7f000001/", "DW1201"),
        ("http://0177.0.0.1/", "DW1210"),
        ("http://[::ffff:10.0.0.1]/", "DW1201"),
        ("http://169.254.169.254/latest/meta-data", "DW1201"),
        ("http://localhost/", "DW1201"),
        ("https://example.com/go?to=http%3A%2F%2F127.0.0.1", "DW1201"),
        ("https://example.com\\@inside.example.com/", "DW1210"),
        ("https://unknown.example.com/", "DW1210"),
        ("example.com", "DW1210"),
    ];
    check(&desk, "fetch", "url", &cases).await;
    desk.rig.stop().await;
}

#[tokio::test]
async fn a_name_that_first_leads_outside_and_then_inside() {
    let desk = desk().await;
    let mut session = Session::open(&desk.rig, "desk").await;
    let url = json!({ "url": "https://rebind.example.com/" });
    assert_eq!(outcome(&mut session, "fetch", url.clone()).await, "allow");
    let session = tokio::sync::Mutex::new(session);
    let (session, url) = (&session, &url);
    let refused = eventually("the answer is asked for again", || async move {
        let told = outcome(&mut *session.lock().await, "fetch", url.clone()).await;
        (told != "allow").then_some(told)
    });
    assert_eq!(refused.await, "DW1210");
    desk.rig.stop().await;
}

#[tokio::test]
async fn statements_and_commands() {
    let desk = desk().await;
    let queries = [
        ("SELECT a FROM orders WHERE b = '; -- DROP TABLE x'", "allow"),
        ("SELECT a FROM orders; DROP TABLE orders", "DW1201"),
        ("WITH x AS (DELETE FROM orders RETURNING a) SELECT a FROM x", "DW1201"),
        ("SELECT a FROM orders UNION SELECT b FROM users", "DW1201"),
        ("SELECT a FROM orders -- x", "DW1210"),
        ("SELECT a FROM orders /*! UNION SELECT b FROM users */", "DW1210"),
        ("SELECT a FROM Orders", "allow"),
        ("SELECT a FROM \"Orders\"", "DW1210"),
        ("SELECT a FROM ONLY orders", "DW1210"),
    ];
    check(&desk, "query", "sql", &queries).await;
    let commands = [
        ("git commit -m 'a; $(rm -r b)'", "allow"),
        ("git status; rm -r b", "DW1201"),
        ("git log $(rm -r b)", "DW1201"),
        ("git log `rm -r b`", "DW1201"),
        ("git log > b", "DW1201"),
        ("git status\nrm -r b", "DW1201"),
        ("env git status", "DW1201"),
        ("GIT status", "DW1201"),
        ("$GIT status", "DW1210"),
        ("git status &>/dev/null rm -r b", "DW1210"),
        ("git log 'b", "DW1210"),
    ];
    check(&desk, "run", "command", &commands).await;
    desk.rig.stop().await;
}

#[tokio::test]
async fn numbers() {
    let desk = desk().await;
    let mut session = Session::open(&desk.rig, "desk").await;
    let cases = [
        (json!({ "amount": "99.99 EUR", "count": 9 }), "allow"),
        (json!({ "amount": "100", "count": 9 }), "DW1201"),
        (json!({ "amount": "1e1", "count": 9 }), "DW1210"),
        (json!({ "amount": "1,000", "count": 9 }), "DW1210"),
        (json!({ "amount": "1.000", "count": 9 }), "DW1210"),
        (json!({ "amount": "-1", "count": 9 }), "DW1210"),
        (json!({ "amount": "1", "count": "1" }), "DW1203"),
        (json!({ "amount": 1, "count": 1 }), "DW1203"),
        (json!({ "amount": "1", "count": 1e3 }), "DW1203"),
        (json!({ "amount": "1", "count": 1.0 }), "DW1203"),
        (json!({ "amount": "1", "Count": 1 }), "DW1203"),
    ];
    for (arguments, expected) in cases {
        let shown = arguments.to_string();
        assert_eq!(outcome(&mut session, "pay", arguments).await, expected, "{shown}");
    }
    let twice = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"pay","arguments":{"amount":"1","count":1,"count":1000}}}"#;
    let batch = format!("[{}]", call(1, "pay", json!({ "amount": "1", "count": 1 })));
    let before = desk.server.calls().len();
    let folded = twice.replacen("count", "Count", 1);
    for refused in [twice, &folded, &batch] {
        let answer = session.post(refused).await;
        assert_eq!(answer.status, 400, "{refused}: {}", answer.text());
    }
    assert_eq!(desk.server.calls().len(), before, "nothing of it reached the server");
    desk.rig.stop().await;
}

#[tokio::test]
async fn names() {
    let desk = desk().await;
    let inside = json!({ "path": format!("{}/proj/a", desk.root) });
    let mut session = Session::open(&desk.rig, "desk").await;
    assert_eq!(outcome(&mut session, "read", inside.clone()).await, "allow");
    assert_eq!(outcome(&mut session, "read2", inside.clone()).await, "DW1201", "renamed by the server");
    for unknown in ["READ", "ｒead", "read ", "desk/read"] {
        assert_eq!(outcome(&mut session, unknown, inside.clone()).await, "DW1205", "{unknown:?}");
    }
    let mut other = Session::open(&desk.rig, "other").await;
    assert_eq!(outcome(&mut other, "read", inside).await, "DW1201", "of the same name on another server");
    desk.rig.stop().await;
}
