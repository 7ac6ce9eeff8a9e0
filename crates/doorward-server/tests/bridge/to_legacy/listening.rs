//! `subscriptions/listen` at servers that have no such request.

use serde_json::{Value, json};

use super::super::client::{Ask, Event, Http, call, request};
use super::super::peers::{LEGACY, Peer, before, legacy};
use super::super::rig::{Plan, Rig, heard, soon};
use super::{able, ask, everything};

const WATCHED: &str = "test://watched-resource";

fn wish() -> Value {
    json!({ "toolsListChanged": true, "promptsListChanged": true, "resourceSubscriptions": [WATCHED] })
}

/// A stream of news, and its first message.
async fn listen(rig: &Rig, server: &str, id: &str, wish: Value) -> (Http, Value) {
    let message = able(request(id, "subscriptions/listen", json!({ "notifications": wish })), &everything());
    let mut http = Http::open(rig.http).await;
    let head = http.begin(&Ask::modern(server, &message)).await;
    assert_eq!((head.status, head.header("content-type")), (200, Some("text/event-stream")), "{server}");
    let first = next(&mut http).await;
    (http, first)
}

async fn next(http: &mut Http) -> Value {
    let event = async {
        loop {
            match http.event().await {
                Some(Event { comment: true, .. }) => {}
                Some(event) => return event.data,
                None => panic!("the stream ended"),
            }
        }
    };
    soon(event).await
}

fn subscription(message: &Value) -> &Value {
    &message["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"]
}

async fn touch(rig: &Rig, server: &str, uri: &str) {
    let touched = ask(rig, server, call(7, "touch_resource", json!({ "uri": uri }))).await;
    assert_eq!(touched["result"]["content"][0]["text"], "Told whoever watches it", "{server}: {touched}");
}

#[tokio::test]
async fn news_come_to_those_who_wish_for_them() {
    let (rig, _peers) = legacy().await;
    for server in LEGACY {
        let (mut all, first) = listen(&rig, server, "all", wish()).await;
        assert_eq!(first["method"], "notifications/subscriptions/acknowledged", "{server}: {first}");
        assert_eq!((&first["params"]["notifications"], subscription(&first)), (&wish(), &json!("all")), "{server}");
        let (mut tools, _) = listen(&rig, server, "tools", json!({ "toolsListChanged": true })).await;

        touch(&rig, server, "test://other").await;
        touch(&rig, server, WATCHED).await;
        let updated = next(&mut all).await;
        assert_eq!(updated["method"], "notifications/resources/updated", "{server}: {updated}");
        assert_eq!((&updated["params"]["uri"], subscription(&updated)), (&json!(WATCHED), &json!("all")), "{server}");
        ask(&rig, server, call(8, "test_trigger_tool_change", json!({}))).await;
        for (http, id) in [(&mut all, "all"), (&mut tools, "tools")] {
            let changed = next(http).await;
            assert_eq!(changed["method"], "notifications/tools/list_changed", "{server} {id}: {changed}");
            assert_eq!(subscription(&changed), id, "{server}");
        }
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_server_is_asked_once_for_several_and_told_when_the_last_has_gone() {
    let plan = Plan::new();
    let log = plan.scratch().path("heard");
    let rig = plan.with_heard_child("logged", "conformance-fixture", "--stdio --era legacy", &log).start().await;
    let (one, _) = listen(&rig, "logged", "1", wish()).await;
    let (other, _) = listen(&rig, "logged", "2", wish()).await;
    let count = |text: &str, method: &str| text.matches(method).count();
    let text = heard(&log, |text| count(text, "resources/subscribe") > 0).await;
    assert_eq!(count(&text, "resources/subscribe"), 1, "{text}");
    drop(one);
    touch(&rig, "logged", WATCHED).await;
    let text = heard(&log, |_| true).await;
    assert_eq!(count(&text, "resources/unsubscribe"), 0, "{text}");
    drop(other);
    heard(&log, |text| count(text, "resources/unsubscribe") == 1).await;
    rig.stop().await;
}

#[tokio::test]
async fn a_server_that_comes_back_is_asked_again_and_anything_may_have_changed() {
    let plan = Plan::new();
    let group = plan.scratch().path("group");
    let program = doorward_testkit::bin("conformance-fixture");
    let script = format!("echo $$ > '{}'; exec '{}' --stdio --era legacy", group.display(), program.display());
    let command = ["/bin/sh", "-c", &script].map(std::ffi::OsString::from).to_vec();
    let rig = plan.with_command("mortal", command).start().await;
    let (mut http, _) = listen(&rig, "mortal", "s", wish()).await;
    let process = std::fs::read_to_string(&group).unwrap();
    let kill = format!("kill -9 {}", process.trim());
    assert!(std::process::Command::new("/bin/sh").args(["-c", &kill]).status().unwrap().success());
    let mut methods = Vec::new();
    for _ in 0..3 {
        methods.push(next(&mut http).await["method"].as_str().unwrap().to_owned());
    }
    methods.sort();
    let expected = ["prompts/list_changed", "resources/updated", "tools/list_changed"];
    assert_eq!(methods, expected.map(|name| format!("notifications/{name}")));
    // The new child was asked to speak of the resource, and does.
    touch(&rig, "mortal", WATCHED).await;
    assert_eq!(next(&mut http).await["params"]["uri"], WATCHED);
    drop(http);
    rig.stop().await;
}

#[tokio::test]
async fn a_server_that_stays_away_does_not_hold_up_the_others() {
    let mut peers = [Peer::start("http", "legacy"), Peer::start("sse", "legacy")];
    let rig = before(Plan::new(), &peers).start().await;
    let (sse, _) = listen(&rig, "sse", "s", wish()).await;
    let (mut stdio, _) = listen(&rig, "stdio", "s", wish()).await;
    peers[1].kill();
    ask(&rig, "stdio", call(8, "test_trigger_tool_change", json!({}))).await;
    assert_eq!(next(&mut stdio).await["method"], "notifications/tools/list_changed");
    drop((sse, stdio));
    rig.stop().await;
}
