//! The tool with which a unit of work is opened by name: listed, answered, and worth no more than it says.

use doorward_core::flow::Handle;
use doorward_core::guard::{Action, GuardDuty, GuardName, GuardSettings};
use doorward_server::begin_task::NAME;
use doorward_server::config::{Auth, ContextRules};
use doorward_server::definitions::Knowledge;
use doorward_server::flows::FlowRules;
use doorward_server::hints::{ARGUMENT, META_CONTEXT};
use doorward_server::limits::TASKS_AT_ONCE;
use doorward_store::RecordView;
use serde_json::{Value, json};

use super::client::{Ask, Http, LEGACY, Session, ask_modern, call, denial, modern, request};
use super::keys::{key, with};
use super::pipe::Pipe;
use super::rig::{Plan, Rig};
use super::scripted::{ECHO, Reply, Scripted, said};

/// A tool that takes one argument and no other.
const STRICT: &str = r#""tools":[{"name":"echo","description":"Repeats","annotations":{"readOnlyHint":true},"inputSchema":{"type":"object","properties":{"message":{"type":"string"}},"additionalProperties":false}}]"#;

async fn scripted(tools: &str) -> Scripted {
    Scripted::start(tools, |seen| Reply::Send(said(seen, "done"))).await
}

fn plan(server: &Scripted) -> Plan {
    let mut plan = Plan::new().with_url("shop", &server.url);
    plan.config.contexts.begin_task = true;
    plan
}

/// What `tools/list` shows.
fn tools(answer: &Value) -> Vec<Value> {
    answer["result"]["tools"].as_array().unwrap_or_else(|| panic!("{answer}")).clone()
}

fn names(answer: &Value) -> Vec<String> {
    tools(answer).iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

async fn begin(rig: &Rig, place: &str, arguments: Value) -> Value {
    ask_modern(rig, place, call(1, NAME, arguments)).await.json()
}

fn handle(answer: &Value) -> String {
    let handle = answer["result"]["structuredContent"]["context"].as_str();
    handle.unwrap_or_else(|| panic!("{answer}")).to_owned()
}

/// What comes of a call of `tool` within the task.
async fn within(rig: &Rig, (place, tool): (&str, &str), handle: &str) -> Value {
    let mut message = call(2, tool, json!({ "message": "hello" }));
    message["params"]["arguments"][ARGUMENT] = json!(handle);
    ask_modern(rig, place, message).await.json()
}

fn is_done(answer: &Value) -> bool {
    answer["result"]["content"][0]["text"] == "done"
}

#[tokio::test]
async fn it_is_listed_for_clients_alone_and_only_where_it_is_wanted() {
    let server = scripted(STRICT).await;
    let rig = plan(&server).start().await;
    let list = || request(1, "tools/list", json!({}));
    let mut session = Session::open(&rig, "shop").await;
    let mut piped = Pipe::session(&rig, "/", LEGACY).await;
    let shown = [
        (ask_modern(&rig, "shop", list()).await.json(), "echo"),
        (session.call(&list()).await, "echo"),
        (ask_modern(&rig, "/", list()).await.json(), "shop__echo"),
        (piped.ask(list().to_string()).await, "shop__echo"),
    ];
    for (answer, echo) in shown {
        assert_eq!(names(&answer), [NAME, echo], "{answer}");
        let properties = &tools(&answer)[1]["inputSchema"]["properties"];
        assert!(properties[ARGUMENT].is_object() && properties["message"].is_object(), "{answer}");
    }
    let known = rig.gateway.server("shop").unwrap();
    assert_eq!(known.definitions().knowledge_of(NAME), Knowledge::Unseen, "it is none of the server's");
    let schema = known.definitions().input_schema("echo").unwrap();
    assert!(schema.as_raw().path(&["properties", ARGUMENT]).is_none(), "what is pinned is what the server said");
    rig.gateway.follow_by(FlowRules::default());
    for place in ["shop", "/"] {
        let answer = ask_modern(&rig, place, list()).await.json();
        assert_eq!(tools(&answer).len(), 1, "{answer}");
        assert!(tools(&answer)[0]["inputSchema"]["properties"][ARGUMENT].is_null());
    }
    let off = begin(&rig, "shop", json!({ "purpose": "x" })).await;
    assert_eq!(denial(&off).0, "DW1205", "{off}");
    rig.stop().await;
}

#[tokio::test]
async fn a_servers_own_tool_of_that_name_wins() {
    let own = format!(r#""tools":[{{"name":"{NAME}","inputSchema":{{"type":"object"}}}}]"#);
    let server = scripted(&own).await;
    let rig = plan(&server).start().await;
    let listed = ask_modern(&rig, "shop", request(1, "tools/list", json!({}))).await.json();
    assert_eq!(names(&listed), [NAME]);
    assert!(tools(&listed)[0]["inputSchema"]["properties"]["purpose"].is_null(), "{listed}");
    assert!(is_done(&begin(&rig, "shop", json!({ "purpose": "x" })).await));
    assert_eq!(server.calls().len(), 1);
    let joint = begin(&rig, "/", json!({ "purpose": "x" })).await;
    assert!(!handle(&joint).is_empty(), "where every tool has its server before its name, none is in the way");
    assert_eq!(server.calls().len(), 1);
    rig.stop().await;
}

#[tokio::test]
async fn the_gateway_answers_it_and_records_that() {
    let server = scripted(ECHO).await;
    let rig = plan(&server).start().await;
    let purpose = json!({ "purpose": "Book the blue room" });
    let mut session = Session::open(&rig, "shop").await;
    let mut piped = Pipe::session(&rig, "shop", LEGACY).await;
    let answers = [
        begin(&rig, "shop", purpose.clone()).await,
        begin(&rig, "/", purpose.clone()).await,
        session.call(&call(1, NAME, purpose.clone())).await,
        piped.ask(call(1, NAME, purpose.clone()).to_string()).await,
    ];
    for answer in &answers {
        assert!(Handle::parse(&handle(answer)).is_some(), "{answer}");
    }
    assert_eq!(answers[0]["result"]["resultType"], "complete");
    assert!(answers[2]["result"].get("resultType").is_none());
    assert_eq!(server.calls().len(), 0);
    for record in rig.outcomes(4).await {
        let RecordView { server, resource, disposition, code, flow, .. } = &record;
        let told = (server.as_deref(), resource.as_deref(), disposition.as_str(), code.as_deref());
        assert_eq!(told, (None, Some(NAME), "answer", None), "{record:?}");
        assert!(flow.is_some() && record.arguments_digest.is_some(), "{record:?}");
        assert!(!format!("{record:?}").contains("blue room"), "no payload in a record");
    }
    let wrong = begin(&rig, "/", json!({ "purpose": "" })).await;
    assert_eq!(denial(&wrong).0, "DW1010", "{wrong}");
    let lost = begin(&rig, "/", json!({ "purpose": "x", "tools": ["nothing"] })).await;
    assert_eq!(denial(&lost).0, "DW1010", "{lost}");
    let refused = rig.exchange(&denial(&lost).1).await;
    assert_eq!((refused[0].disposition.as_str(), refused[0].server.as_deref()), ("refuse", None));
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn what_names_a_task_reaches_no_server_and_nobody_judges_it() {
    let server = scripted(STRICT).await;
    let mut plan = plan(&server);
    let mut settings = GuardSettings::default();
    let (guard, action) = (Some(GuardName::Schema), Some(Action::Block));
    settings.apply(GuardDuty { guard, direction: None, severity: None, action });
    plan.config.guards.settings = settings;
    let rig = plan.start().await;
    let handle = handle(&begin(&rig, "shop", json!({ "purpose": "x" })).await);
    let wrong = ask_modern(&rig, "shop", call(1, "echo", json!({ "message": "hello", "more": 1 }))).await.json();
    assert_eq!(denial(&wrong).0, "DW1603", "the schema is held against what is sent");
    assert!(is_done(&ask_modern(&rig, "shop", call(1, "echo", json!({ "message": "hello" }))).await.json()));
    assert!(is_done(&within(&rig, ("shop", "echo"), &handle).await));
    assert!(is_done(&within(&rig, ("/", "shop__echo"), &handle).await));
    let mut message = call(2, "echo", json!({ "message": "hello" }));
    message["params"]["_meta"] = json!({ META_CONTEXT: handle });
    assert!(is_done(&ask_modern(&rig, "shop", message.clone()).await.json()));
    assert!(is_done(&Session::open(&rig, "shop").await.call(&message).await));
    let sent = server.seen();
    assert!(sent.iter().all(|seen| !seen.json().to_string().contains(&handle)), "{sent:?}");
    assert_eq!(server.calls().len(), 5);
    for call in server.calls() {
        assert_eq!(call.json()["params"]["arguments"], json!({ "message": "hello" }));
    }
    let outcomes = rig.outcomes(7).await;
    let answered = outcomes.iter().filter(|record| record.disposition == "answer" && record.server.is_some());
    let digests: Vec<_> = answered.collect();
    assert!(digests.iter().all(|record| record.arguments_digest == digests[0].arguments_digest), "{digests:?}");
    rig.stop().await;
}

#[tokio::test]
async fn a_task_makes_its_calls_and_no_others() {
    let two =
        r#""tools":[{"name":"echo","inputSchema":{"type":"object"}},{"name":"other","inputSchema":{"type":"object"}}]"#;
    let server = scripted(two).await;
    let rig = plan(&server).start().await;
    for (place, [echo, other]) in [("shop", ["echo", "other"]), ("/", ["shop__echo", "shop__other"])] {
        let task = json!({ "purpose": "x", "tools": [echo], "budget": { "calls": 2 } });
        let task = handle(&begin(&rig, place, task).await);
        let refused = within(&rig, (place, other), &task).await;
        assert_eq!(denial(&refused).0, "DW1703", "{refused}");
        assert!(is_done(&within(&rig, (place, echo), &task).await));
        // By whichever way it comes, it is the same tool and the same task.
        let (elsewhere, named) = if place == "/" { ("shop", "echo") } else { ("/", "shop__echo") };
        assert!(is_done(&within(&rig, (elsewhere, named), &task).await), "what was refused was not counted");
        let spent = within(&rig, (place, echo), &task).await;
        assert_eq!(denial(&spent).0, "DW1703", "{spent}");
        let record = rig.exchange(&denial(&spent).1).await;
        assert_eq!(record[0].reasons, ["All calls of the task's budget were made."]);
    }
    assert_eq!(server.calls().len(), 4);
    let any = handle(&begin(&rig, "shop", json!({ "purpose": "x" })).await);
    assert!(is_done(&within(&rig, ("shop", "other"), &any).await), "who names no tools may use all");
    rig.stop().await;
}

#[tokio::test]
async fn as_many_calls_pass_at_once_as_there_are_in_the_budget() {
    let server = scripted(ECHO).await;
    let rig = plan(&server).start().await;
    let task = handle(&begin(&rig, "shop", json!({ "purpose": "x", "budget": { "calls": 3 } })).await);
    let call = || within(&rig, ("shop", "echo"), &task);
    let (a, b, c, d, e, f) = tokio::join!(call(), call(), call(), call(), call(), call());
    let mut done = 0;
    for answer in [a, b, c, d, e, f] {
        if is_done(&answer) {
            done += 1;
        } else {
            assert_eq!(denial(&answer).0, "DW1703");
        }
    }
    assert_eq!((done, server.calls().len()), (3, 3));
    rig.stop().await;
}

#[tokio::test]
async fn no_handle_leads_below_what_was_read() {
    let server = scripted(ECHO).await;
    let mut plan = plan(&server).with_token();
    plan.config.contexts.honest_clients.clear();
    let rig = plan.start().await;
    let (ann, bob) = (key(&rig, "ann", &[]).await, key(&rig, "bob", &[]).await);
    let mut http = Http::open(rig.http).await;
    let ask = |message: Value, key| with(Ask::modern("shop", &modern(message)), key);
    let opened = |answer: Value| handle(&answer);
    let begin = || call(1, NAME, json!({ "purpose": "x" }));
    let bobs = opened(http.ask(&ask(begin(), &bob)).await.json());
    let early = opened(http.ask(&ask(begin(), &ann)).await.json());
    let read = http.ask(&ask(call(2, "echo", json!({ "message": "read" })), &ann)).await.json();
    assert!(is_done(&read));
    let late = opened(http.ask(&ask(begin(), &ann)).await.json());
    let made_up = Handle::new([1; 16], [2; 16]).to_string();
    let handles = [&bobs, &made_up, &early, &late, &"nothing".to_owned(), &String::new()];
    for by_meta in [false, true] {
        for handle in handles {
            let mut message = call(3, "echo", json!({ "message": "again" }));
            if by_meta {
                message["params"]["_meta"] = json!({ META_CONTEXT: handle });
            } else {
                message["params"]["arguments"][ARGUMENT] = json!(handle);
            }
            assert!(is_done(&http.ask(&ask(message, &ann)).await.json()));
        }
    }
    let intents = |records: Vec<RecordView>| -> Vec<RecordView> {
        let calls = records.into_iter().filter(|one| one.action == "tools/call" && one.phase == "intent");
        calls.filter(|one| one.resource.as_deref() == Some("echo")).collect()
    };
    rig.outcomes(16).await;
    let calls = intents(rig.records().await);
    assert_eq!(calls.len(), 13);
    let is_untrusted = |record: &RecordView| record.flow.as_ref().unwrap().label.is_untrusted();
    assert!(!is_untrusted(&calls[0]), "nothing was read before");
    for call in &calls[1..] {
        assert!(is_untrusted(call), "{call:?}");
    }
    // Somebody else's task, and one that nobody opened, are none at all.
    let own = |record: &RecordView| record.flow.as_ref().unwrap().context.clone();
    let place = own(&calls[0]);
    let elsewhere: Vec<bool> = calls[1..].iter().map(|one| own(one) != place).collect();
    assert_eq!(elsewhere[..6], [false, false, true, true, false, false]);
    rig.stop().await;
}

#[tokio::test]
async fn nobody_opens_tasks_without_end() {
    let server = scripted(ECHO).await;
    let rig = plan(&server).start().await;
    for _ in 0..TASKS_AT_ONCE {
        handle(&begin(&rig, "/", json!({ "purpose": "x" })).await);
    }
    let refused = begin(&rig, "/", json!({ "purpose": "x" })).await;
    assert_eq!(denial(&refused).0, "DW1209", "{refused}");
    rig.stop().await;
}

#[tokio::test]
async fn a_reload_offers_it_and_takes_it_away() {
    let rules = |begin_task| FlowRules::by(&ContextRules { begin_task, ..ContextRules::default() });
    let server = scripted(ECHO).await;
    let mut plan = Plan::new().with_url("shop", &server.url);
    plan.config.listen.auth = Auth::None;
    let rig = plan.start().await;
    for offered in [false, true, false] {
        rig.gateway.follow_by(rules(offered));
        let listed = ask_modern(&rig, "/", request(1, "tools/list", json!({}))).await.json();
        assert_eq!(names(&listed).contains(&NAME.to_owned()), offered);
    }
    rig.stop().await;
}
