//! What guards see beyond single messages: headers that travel with a call, definitions, and what is split over a stream.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward_core::access::Direction;
use doorward_core::guard::{Action, GuardDuty, GuardName};
use doorward_core::ids::ServerId;
use doorward_guards::personal::{Category, Placeholders, Told};
use doorward_store::Filter;
use serde_json::{Value, json};

use super::client::{Ask, Http, Session, call, modern, request};
use super::rig::{Plan, eventually, soon};
use super::scripted::{ECHO, Reply, Scripted, Seen, answer, said};

/// "ignore" in letters of the Unicode tag block.
const MARK: &str = "\u{e0069}\u{e0067}\u{e006e}\u{e006f}\u{e0072}\u{e0065}";

/// What looks like a key of a cloud, in two halves.
const HALVES: [&str; 2] = ["the key is AKIAQ4KZ7R", "WD5XJT3VNM for now"];

fn told(seen: &Seen, text: &str) -> Value {
    let token = seen.json().pointer("/params/_meta/progressToken").cloned().unwrap_or_default();
    let params = json!({ "progressToken": token, "progress": 1, "message": text });
    json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": params })
}

fn stream(seen: &Seen, texts: &[&str], last: &str) -> Vec<u8> {
    let result = json!({ "resultType": "complete", "content": [{ "type": "text", "text": last }] });
    let last = json!({ "jsonrpc": "2.0", "id": seen.json()["id"], "result": result });
    let events: String =
        texts.iter().map(|text| told(seen, text)).chain([last]).map(|message| format!("data: {message}\n\n")).collect();
    format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n{events}").into_bytes()
}

fn asking() -> Value {
    let mut message = call(3, "echo", json!({ "message": "x" }));
    message["params"]["_meta"] = json!({ "progressToken": "t" });
    modern(message)
}

#[tokio::test]
async fn a_secret_split_over_the_messages_of_a_call_ends_it() {
    let notes = Scripted::start(ECHO, |seen| Reply::Send(stream(seen, &HALVES, "done"))).await;
    let last = Scripted::start(ECHO, |seen| Reply::Send(stream(seen, &HALVES[..1], HALVES[1]))).await;
    let calm = Scripted::start(ECHO, |seen| Reply::Send(stream(seen, &["the key", "is safe"], "done"))).await;
    let plan = Plan::new().with_url("notes", &notes.url).with_url("last", &last.url).with_url("calm", &calm.url);
    let rig = plan.start().await;
    for (server, refused) in [("notes", true), ("last", true), ("calm", false)] {
        let mut http = Http::open(rig.http).await;
        http.begin(&Ask::modern(server, &asking())).await;
        let mut heard = Vec::new();
        loop {
            let event = soon(http.event()).await.unwrap().data;
            let over = event.get("id").is_some();
            heard.push(event);
            if over {
                break;
            }
        }
        let text: String = heard.iter().map(ToString::to_string).collect();
        assert_eq!(text.contains("DW1602"), refused, "{server}: {text}");
        assert!(!text.contains("WD5XJT3VNM"), "{server}: {text}");
    }
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn a_header_says_no_more_than_a_message_may() {
    let upstream = Scripted::start(ECHO, |seen| Reply::Send(said(seen, "done"))).await;
    let rig = Plan::new().with_url("up", &upstream.url).start().await;
    let hidden = format!("=?base64?{}?=", STANDARD.encode(format!("hello {MARK}")));
    let message = modern(call(1, "echo", json!({ "message": "x" })));
    let ask = Ask::modern("up", &message).with("mcp-param-plain", "hello").with("mcp-param-hidden", &hidden);
    assert_eq!(Http::open(rig.http).await.ask(&ask).await.status, 200);
    let calls = upstream.calls();
    let names: Vec<&str> = calls[0].headers.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.contains(&"mcp-param-plain") && !names.contains(&"mcp-param-hidden"), "{names:?}");
    rig.stop().await;
}

#[tokio::test]
async fn a_definition_is_shown_without_what_nobody_sees() {
    let tools = ECHO.replace("Repeats", &format!("Repeats{MARK}"));
    let upstream = Scripted::start(&tools, |seen| Reply::Send(said(seen, "done"))).await;
    let rig = Plan::new().with_url("up", &upstream.url).start().await;
    let listed = Http::open(rig.http).await.ask(&Ask::modern("up", &modern(request(1, "tools/list", json!({}))))).await;
    assert!(listed.status == 200 && !listed.text().contains(MARK), "{}", listed.text());
    let mut session = Session::open(&rig, "up").await;
    let listed = session.call(&request(2, "tools/list", json!({}))).await;
    assert!(listed["result"]["tools"].is_array() && !listed.to_string().contains(MARK), "{listed}");
    let listings = Filter { action: Some("tools/list".to_owned()), limit: 100, ..Filter::default() };
    let records = eventually("both lists", || async {
        let records = rig.gateway.store().query(&listings).await.unwrap();
        let outcomes: Vec<_> = records.into_iter().filter(|record| record.phase == "outcome").collect();
        (outcomes.len() >= 2).then_some(outcomes)
    });
    let lists = records.await;
    assert!(!lists.is_empty());
    for outcome in &lists {
        let told = |finding: &&doorward_store::FindingView| finding.guard == "unicode";
        let found = outcome.findings.iter().find(told).unwrap_or_else(|| panic!("{outcome:?}"));
        assert_eq!(found.pointer, "/description");
    }
    rig.stop().await;
}

#[tokio::test]
async fn an_answer_far_larger_than_usual_is_noted() {
    let upstream = Scripted::start(ECHO, |seen| {
        let long = seen.json().pointer("/params/arguments/message") == Some(&json!("all"));
        Reply::Send(said(seen, if long { "row of a table; ".repeat(2000) } else { "one row; ".repeat(10) }.as_str()))
    });
    let upstream = upstream.await;
    let rig = Plan::new().with_url("up", &upstream.url).start().await;
    let mut http = Http::open(rig.http).await;
    for (number, asked) in [["one"; 20].as_slice(), &["all"]].concat().into_iter().enumerate() {
        let message = modern(call(number as u64 + 1, "echo", json!({ "message": asked })));
        assert_eq!(http.ask(&Ask::modern("up", &message)).await.status, 200);
    }
    let calls = Filter { action: Some("tools/call".to_owned()), limit: 100, ..Filter::default() };
    let outcomes = eventually("all records", || async {
        let records = rig.gateway.store().query(&calls).await.unwrap();
        let outcomes: Vec<_> = records.into_iter().filter(|record| record.phase == "outcome").collect();
        (outcomes.len() == 21).then_some(outcomes)
    });
    let grown: Vec<_> = outcomes.await.into_iter().flat_map(|outcome| outcome.findings).collect();
    let grown: Vec<_> = grown.iter().filter(|finding| finding.guard == "size").map(|finding| &finding.rule).collect();
    assert_eq!(grown, ["growth"]);
    rig.stop().await;
}

/// Personal data is redacted by tokens in what comes back, and `mail` gets e-mail addresses for theirs.
fn with_tokens(mut plan: Plan) -> Plan {
    let redact = GuardDuty {
        guard: Some(GuardName::Personal),
        direction: Some(Direction::ToClient),
        severity: None,
        action: Some(Action::Redact),
    };
    plan.config.guards.settings.apply(redact);
    plan.config.guards.personal.placeholders = Placeholders::Token;
    let told = Told { server: [Category::Email].into(), ..Told::default() };
    plan.config.guards.personal.told.insert(ServerId::parse("mail").unwrap(), told);
    plan
}

#[tokio::test]
async fn who_may_know_gets_the_value_for_its_token() {
    let crm =
        Scripted::start(ECHO, |seen| Reply::Send(said(seen, "write to ann.lee@gmail.com or +49 30 9018 1234"))).await;
    let repeating = |seen: &Seen| {
        let text = seen.json().pointer("/params/arguments/message").and_then(Value::as_str).map(str::to_owned);
        Reply::Send(said(seen, &format!("sent to {}", text.unwrap_or_default())))
    };
    let (mail, web) = (Scripted::start(ECHO, repeating).await, Scripted::start(ECHO, repeating).await);
    let plan = Plan::new().with_url("crm", &crm.url).with_url("mail", &mail.url).with_url("web", &web.url);
    let rig = with_tokens(plan).start().await;
    let mut http = Http::open(rig.http).await;
    let mut ask = async |server: &str, text: &str| {
        let message = modern(call(1, "echo", json!({ "message": text })));
        let answer = http.ask(&Ask::modern(server, &message)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.text()
    };
    let shown = ask("crm", "who").await;
    assert!(!shown.contains("ann.lee") && !shown.contains("9018"), "{shown}");
    let email = shown.split_once("[email-").and_then(|(_, rest)| rest.split_once(']')).unwrap().0;
    let phone = shown.split_once("[phone-").and_then(|(_, rest)| rest.split_once(']')).unwrap().0;
    let text = format!("[email-{email}] and [phone-{phone}]");
    for server in ["mail", "web"] {
        // Neither sees what it may not know, and the client never sees the value.
        assert!(ask(server, &text).await.contains(&text), "{server}");
    }
    let told = |peer: &Scripted| peer.calls()[0].json()["params"]["arguments"]["message"].clone();
    assert_eq!(told(&mail), json!(format!("ann.lee@gmail.com and [phone-{phone}]")));
    assert_eq!(told(&web), json!(text));
    rig.stop().await;
}

#[tokio::test]
async fn what_a_server_was_given_for_a_token_never_comes_back_as_itself() {
    let crm = Scripted::start(ECHO, |seen| {
        let result = json!({ "resultType": "complete", "content": [], "structuredContent": { "first_name": "Ann" } });
        let body = json!({ "jsonrpc": "2.0", "id": seen.json()["id"], "result": result }).to_string();
        Reply::Send(answer("200 OK", "content-type: application/json\r\n", body.as_bytes()))
    });
    let mail = Scripted::start(ECHO, |seen| Reply::Send(stream(seen, &["looking for Ann"], "wrote to Ann")));
    let (crm, mail) = (crm.await, mail.await);
    let mut plan = with_tokens(Plan::new().with_url("crm", &crm.url).with_url("mail", &mail.url));
    let told = Told { server: [Category::Name].into(), ..Told::default() };
    plan.config.guards.personal.told.insert(ServerId::parse("mail").unwrap(), told);
    let rig = plan.start().await;
    let ask = async |server: &str, text: &str| {
        let mut message = call(1, "echo", json!({ "message": text }));
        message["params"]["_meta"] = json!({ "progressToken": "t" });
        let answer = Http::open(rig.http).await.ask(&Ask::modern(server, &modern(message))).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.text()
    };
    let shown = ask("crm", "who").await;
    let name = shown.split_once("[name-").and_then(|(_, rest)| rest.split_once(']')).unwrap().0;
    let token = format!("[name-{name}]");
    assert!(ask("mail", "nobody").await.contains("looking for Ann"), "it was not told yet");
    for text in [token.as_str(), "nobody"] {
        let heard = ask("mail", text).await;
        assert!(heard.contains(&format!("looking for {token}")), "{heard}");
        assert!(heard.contains(&format!("wrote to {token}")) && !heard.contains("Ann"), "{heard}");
    }
    rig.stop().await;
}
