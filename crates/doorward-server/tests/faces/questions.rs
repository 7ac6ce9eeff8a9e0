//! What a server says and asks of its own accord passes the same exchange as what a client does.

use doorward_policy::Preset;
use serde_json::{Value, json};

use super::client::{Ask, Http, LEGACY, Session, call, initialize, modern};
use super::rig::{Plan, Rig, Scratch, heard, soon};
use super::scripted::{ECHO, Reply, Scripted, answer};

/// A session of a client whose model may be asked.
async fn sampling(rig: &Rig) -> Session {
    let mut hello = initialize(LEGACY);
    hello["params"]["capabilities"] = json!({ "sampling": {} });
    let mut http = Http::open(rig.http).await;
    let opened = http.ask(&Ask::post("fixture", hello.to_string())).await;
    let id = opened.header("mcp-session-id").unwrap().to_owned();
    let mut session = Session { http, server: "fixture".to_owned(), id };
    let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    assert_eq!(session.post(initialized.to_string()).await.status, 202);
    session
}

fn ask(session: &Session) -> Ask {
    session.ask(call(4, "test_sampling", json!({ "prompt": "hello" })).to_string())
}

#[tokio::test]
async fn a_question_no_rule_allows_never_reaches_the_client() {
    let plan = Plan::new().with_policy(Preset::Guarded, &[]);
    let rig = plan.with_child("fixture", "conformance-fixture", &["--stdio"]).start().await;
    let session = sampling(&rig).await;
    let answer = Http::open(rig.http).await.ask(&ask(&session)).await;
    assert!(!answer.text().contains("sampling/createMessage"), "{}", answer.text());
    let record = rig.record(|record| record.direction == "to-client" && record.phase == "outcome").await;
    let told = (record.action.as_str(), record.disposition.as_str(), record.code.as_deref());
    assert_eq!(told, ("sampling/createMessage", "refuse", Some("DW1207")), "{record:?}");
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn a_question_is_withdrawn_when_its_client_goes() {
    let scratch = Scratch::new();
    let log = scratch.path("heard");
    let rig = Plan::new().with_heard_child("fixture", "conformance-fixture", "--stdio", &log).start().await;
    let session = sampling(&rig).await;
    let mut http = Http::open(rig.http).await;
    http.begin(&ask(&session)).await;
    let mut question = soon(http.event()).await.unwrap().data;
    while question["method"] != "sampling/createMessage" {
        question = soon(http.event()).await.unwrap().data;
    }
    let end = session.ask(Vec::new()).by("DELETE");
    assert_eq!(Http::open(rig.http).await.ask(&end).await.status, 204);
    heard(&log, |text| text.lines().any(|line| line.contains("DW1502") && line.contains("\"error\""))).await;
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn strays_and_unknown_notifications_stay_behind() {
    let upstream = Scripted::start(ECHO, |seen| {
        let notification = |method: &str, params: Value| {
            format!("data: {}\n\n", json!({ "jsonrpc": "2.0", "method": method, "params": params }))
        };
        let token = seen.json().pointer("/params/_meta/progressToken").cloned();
        let result = json!({ "resultType": "complete", "content": [] });
        let events = [
            notification("notifications/evil", json!({ "x": 1 })),
            notification("notifications/progress", json!({ "progressToken": "somebody's", "progress": 1 })),
            notification("notifications/progress", json!({ "progressToken": token, "progress": 2 })),
            format!("data: {}\n\n", json!({ "jsonrpc": "2.0", "id": seen.json()["id"], "result": result })),
        ];
        Reply::Send(answer("200 OK", "content-type: text/event-stream\r\n", events.concat().as_bytes()))
    })
    .await;
    let rig = Plan::new().with_url("up", &upstream.url).start().await;
    let session = Session::open(&rig, "up").await;
    let mut message = call(4, "echo", json!({ "message": "x" }));
    message["params"]["_meta"] = json!({ "progressToken": "mine" });
    for ask in [session.ask(message.to_string()), Ask::modern("up", &modern(message.clone()))] {
        let mut http = Http::open(rig.http).await;
        http.begin(&ask).await;
        let events = http.events().await;
        let told: Vec<&Value> = events.iter().map(|event| &event.data).filter(|data| !data.is_null()).collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert_eq!((&told[0]["params"]["progress"], &told[1]["id"]), (&json!(2), &json!(4)), "{told:?}");
    }
    let refused = rig.record(|record| record.code.as_deref() == Some("DW1011")).await;
    assert_eq!(refused.direction, "to-client", "{refused:?}");
    rig.stop().await;
}

/// A child that asks, takes each question back at once, and then answers the call.
const FICKLE: &str = r#"
while read -r line; do
  id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
  case "$line" in
  *'"initialize"'*) echo '{"jsonrpc":"2.0","id":'$id',"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"fickle","version":"1"}}}' ;;
  *'"tools/list"'*) echo '{"jsonrpc":"2.0","id":'$id',"result":{"tools":[{"name":"echo","inputSchema":{"type":"object"}}]}}' ;;
  *'"tools/call"'*)
    for ask in 11 12 13 14 15 16 17 18; do
      echo '{"jsonrpc":"2.0","id":'$ask',"method":"sampling/createMessage","params":{"messages":[],"maxTokens":1}}'
      echo '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":'$ask'}}'
    done
    echo '{"jsonrpc":"2.0","id":'$id',"result":{"content":[]}}' ;;
  esac
done
"#;

#[tokio::test]
async fn a_question_that_is_taken_back_ends_under_the_id_its_client_knows() {
    let command = ["/bin/sh", "-c", FICKLE].map(std::ffi::OsString::from).to_vec();
    let rig = Plan::new().with_command("fixture", command).start().await;
    let session = sampling(&rig).await;
    let mut http = Http::open(rig.http).await;
    http.begin(&session.ask(call(4, "echo", json!({})).to_string())).await;
    let mut said = Vec::new();
    while said.last().is_none_or(|last: &Value| last["id"] != 4 || last["method"].is_string()) {
        said.push(soon(http.event()).await.unwrap().data);
    }
    let ids = |method: &str, pointer: &str| -> Vec<Value> {
        said.iter().filter(|said| said["method"] == method).map(|said| said.pointer(pointer).unwrap().clone()).collect()
    };
    let asked = ids("sampling/createMessage", "/id");
    assert_eq!(asked.len(), 8, "{said:?}");
    assert_eq!(ids("notifications/cancelled", "/params/requestId"), asked, "{said:?}");
    rig.check_outcomes().await;
    rig.stop().await;
}
