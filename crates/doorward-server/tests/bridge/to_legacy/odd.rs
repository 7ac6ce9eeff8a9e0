//! Servers with habits: they do not know what they are asked, end, say nothing, or ask beside the call.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::client::{call, request};
use super::super::rig::{Plan, heard};
use super::{able, ask, everything, last, send};

#[tokio::test]
async fn a_child_that_does_not_know_discovery_is_taken_as_it_is() {
    for habit in ["error", "silent", "exit"] {
        let plan = Plan::new().with_child("old", "old-upstream", &["--discover", habit]);
        let rig = plan.with_silence(Duration::from_millis(1500)).start().await;
        let found = ask(&rig, "old", request(1, "server/discover", json!({}))).await;
        let info = &found["result"]["_meta"]["io.modelcontextprotocol/serverInfo"];
        assert_eq!(info["name"], "old-upstream", "{habit}: {found}");
        // Asked once: what it is was remembered.
        let lines = ask(&rig, "old", call(2, "heard", json!({}))).await;
        let lines: Vec<String> = serde_json::from_str(lines["result"]["content"][0]["text"].as_str().unwrap()).unwrap();
        assert!(lines.iter().all(|line| !line.contains("server/discover")), "{habit}: {lines:?}");
        assert!(lines[0].contains("\"initialize\"") && lines[1].contains("notifications/initialized"), "{lines:?}");
        rig.stop().await;
    }
}

#[tokio::test]
async fn an_address_to_visit_first_is_asked_for_and_the_call_made_again() {
    let rig = Plan::new().with_child("old", "old-upstream", &[]).start().await;
    let message = call(1, "sign_in", json!({}));
    let asked = ask(&rig, "old", message.clone()).await;
    assert_eq!(asked["result"]["resultType"], "input_required", "{asked}");
    let (key, question) = asked["result"]["inputRequests"].as_object().unwrap().iter().next().unwrap();
    assert_eq!(
        (&question["params"]["mode"], &question["params"]["url"]),
        (&json!("url"), &json!("https://example.com/"))
    );
    let with = |asked: &Value, answers: Value| {
        let mut message = message.clone();
        message["params"]["requestState"] = asked["result"]["requestState"].clone();
        message["params"]["inputResponses"] = answers;
        message
    };
    let again = ask(&rig, "old", with(&asked, json!({}))).await;
    assert_eq!(again["result"]["inputRequests"], asked["result"]["inputRequests"], "{again}");
    assert_ne!(again["result"]["requestState"], asked["result"]["requestState"]);
    let done = ask(&rig, "old", with(&again, json!({ key: { "action": "accept" } }))).await;
    assert_eq!(done["result"]["content"][0]["text"], "signed in", "{done}");
    rig.stop().await;
}

#[tokio::test]
async fn who_will_not_visit_the_address_gets_the_error() {
    let rig = Plan::new().with_child("old", "old-upstream", &[]).start().await;
    let mut message = call(1, "sign_in", json!({}));
    let asked = ask(&rig, "old", message.clone()).await;
    let key = asked["result"]["inputRequests"].as_object().unwrap().keys().next().unwrap();
    message["params"]["inputResponses"] = json!({ key: { "action": "decline" } });
    message["params"]["requestState"] = asked["result"]["requestState"].clone();
    let refused = ask(&rig, "old", message).await;
    assert_eq!(refused["error"]["code"], -32603, "{refused}");
    rig.stop().await;
}

#[tokio::test]
async fn an_address_is_not_asked_of_who_cannot_visit_any() {
    let rig = Plan::new().with_child("old", "old-upstream", &[]).start().await;
    let message = able(call(1, "sign_in", json!({})), &json!({ "elicitation": { "form": {} } }));
    let refused = last(&send(&rig, "old", &message).await);
    assert_eq!(refused["error"]["code"], -32603, "{refused}");
    rig.stop().await;
}

#[tokio::test]
async fn a_question_beside_several_calls_is_put_to_the_newest() {
    let plan = Plan::new();
    let log = plan.scratch().path("heard");
    let rig = plan.with_heard_child("old", "old-upstream", "", &log).start().await;
    let silent = able(call("waits", "silent", json!({})), &everything());
    let waiting = send(&rig, "old", &silent);
    let asking = async {
        heard(&log, |text| text.contains("\"silent\"")).await;
        ask(&rig, "old", call("asks", "beside", json!({}))).await
    };
    let asked = tokio::select! {
        answer = waiting => panic!("{answer:?}"),
        asked = asking => asked,
    };
    assert_eq!((&asked["id"], &asked["result"]["resultType"]), (&json!("asks"), &json!("input_required")), "{asked}");
    let key = asked["result"]["inputRequests"].as_object().unwrap().keys().next().unwrap();
    let mut again = call("back", "beside", json!({}));
    again["params"]["requestState"] = asked["result"]["requestState"].clone();
    again["params"]["inputResponses"] = json!({ key: { "action": "accept" } });
    let answer = ask(&rig, "old", again).await;
    let said = answer["result"]["content"][0]["text"].as_str().unwrap();
    let said: Value = serde_json::from_str(said).unwrap();
    assert_eq!((&said["id"], &said["result"]), (&json!("question-1"), &json!({ "action": "accept" })), "{answer}");
    // Whoever waited for the silent one has gone, and the server was told.
    heard(&log, |text| text.contains("notifications/cancelled")).await;
    rig.stop().await;
}
