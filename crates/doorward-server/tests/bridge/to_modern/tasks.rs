//! Tasks of 2025-11-25 at a server that has the extension.

use std::time::Duration;

use doorward_testkit::fixture::Era;
use serde_json::{Value, json};

use super::crossing::{Client, able, before, text};
use super::stateless::{Said, Stateless, error, result};
use crate::rig::{Plan, eventually};

async fn as_task(client: &Client, tool: &str, arguments: Value) -> Value {
    let params = json!({ "name": tool, "arguments": arguments, "task": { "ttl": 60000 } });
    let created = client.call("tools/call", params).await;
    let task = created["result"]["task"].clone();
    assert_eq!(task["status"], "working", "{created}");
    assert!(task["createdAt"].is_string() && task["taskId"].is_string(), "{created}");
    assert!(created["result"].get("resultType").is_none() && task.get("ttlMs").is_none(), "{created}");
    task
}

#[tokio::test]
async fn a_call_becomes_a_task_of_the_server() {
    let client = Client::able("2025-11-25").await;
    assert!(client.hello["capabilities"]["tasks"]["requests"]["tools"]["call"].is_object(), "{}", client.hello);
    let tools = client.call("tools/list", json!({})).await;
    assert_eq!(tools["result"]["tools"][0]["execution"]["taskSupport"], "optional", "{tools}");
    let task = as_task(&client, "slow_compute", json!({ "seconds": 0.3, "label": "sum" })).await;
    let about = json!({ "taskId": task["taskId"] });
    let fetched = client.call("tasks/get", about.clone()).await;
    assert_eq!(fetched["result"]["taskId"], task["taskId"], "{fetched}");
    let gave = client.call("tasks/result", about.clone()).await;
    assert!(text(&gave).starts_with("sum finished"), "{gave}");
    let related = &gave["result"]["_meta"]["io.modelcontextprotocol/related-task"]["taskId"];
    assert_eq!(*related, task["taskId"], "{gave}");
    let fetched = client.call("tasks/get", about).await;
    assert_eq!(fetched["result"]["status"], "completed", "{fetched}");
    let listed = client.call("tasks/list", json!({})).await;
    assert_eq!(listed["result"]["tasks"][0]["taskId"], task["taskId"], "{listed}");
    assert_eq!(listed["result"]["tasks"][0]["status"], "completed", "{listed}");
    client.end().await;
}

#[tokio::test]
async fn a_call_answered_at_once_becomes_a_task_of_the_gateway() {
    let client = Client::able("2025-11-25").await;
    let task = as_task(&client, "echo", json!({ "message": "here" })).await;
    let about = json!({ "taskId": task["taskId"] });
    assert_eq!(client.call("tasks/get", about.clone()).await["result"]["status"], "completed");
    assert_eq!(text(&client.call("tasks/result", about.clone()).await), "here");
    let cancelled = client.call("tasks/cancel", about).await;
    assert_eq!(cancelled["error"]["code"], -32602, "{cancelled}");
    let failed = as_task(&client, "test_error_handling", json!({})).await;
    let fetched = client.call("tasks/get", json!({ "taskId": failed["taskId"] })).await;
    assert_eq!(fetched["result"]["status"], "failed", "{fetched}");
    client.end().await;
}

#[tokio::test]
async fn a_task_can_be_cancelled_and_only_by_its_own_session() {
    let client = Client::able("2025-11-25").await;
    let task = as_task(&client, "slow_compute", json!({ "seconds": 60 })).await;
    let about = json!({ "taskId": task["taskId"] });
    let unknown = client.call("tasks/get", json!({ "taskId": "somebody's" })).await;
    assert_eq!(unknown["error"]["code"], -32602, "{unknown}");
    let cancelled = client.call("tasks/cancel", about.clone()).await;
    assert_eq!(cancelled["result"]["taskId"], task["taskId"], "{cancelled}");
    for _ in 0..100 {
        if client.call("tasks/get", about.clone()).await["result"]["status"] == "cancelled" {
            return client.end().await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("never cancelled");
}

#[tokio::test]
async fn what_a_task_asks_is_asked_while_its_outcome_is_waited_for() {
    let client = Client::able("2025-11-25").await;
    let task = as_task(&client, "multi_input", json!({})).await;
    let mut stream = client.stream(7, "tasks/result", json!({ "taskId": task["taskId"] })).await;
    for value in ["1", "2"] {
        let question = stream.question("elicitation/create").await;
        client.answer(&question, json!({ "action": "accept", "content": { "value": value } })).await;
    }
    let gave = stream.last().await;
    assert!(text(&gave).contains("first=Some") && text(&gave).contains("second=Some"), "{gave}");
    client.end().await;
}

#[tokio::test]
async fn a_tool_that_wants_tasks_is_waited_for_where_the_client_has_none() {
    for version in ["2025-06-18", "2025-11-25"] {
        let client = Client::able(version).await;
        let mut stream = client.call_as_stream("confirm_delete", json!({ "filename": "a.txt" })).await;
        let question = stream.question("elicitation/create").await;
        client.answer(&question, json!({ "action": "accept", "content": { "confirm": true } })).await;
        assert_eq!(text(&stream.last().await), "a.txt: confirmed=true", "{version}");
        client.end().await;
    }
}

#[tokio::test]
async fn older_revisions_have_no_tasks() {
    let client = Client::open(before(Era::Modern).await, "2025-06-18", able()).await;
    assert!(client.hello["capabilities"].get("tasks").is_none(), "{}", client.hello);
    let answer = client.call("tasks/list", json!({})).await;
    assert_eq!(super::crossing::refused(&answer).0, "DW1017", "{answer}");
    client.end().await;
}

#[tokio::test]
async fn a_cancelled_call_takes_its_task_along() {
    let server = Stateless::start(|seen| {
        let task = json!({
            "taskId": "t", "status": "working", "createdAt": "2026-07-28T00:00:00Z",
            "lastUpdatedAt": "2026-07-28T00:00:00Z", "ttlMs": null, "pollIntervalMs": 100,
        });
        let declares = seen.message.pointer(DECLARED_TASKS).is_some();
        match seen.message["method"].as_str() {
            Some("tools/call") if declares => {
                let mut created = task;
                created["resultType"] = json!("task");
                Said::Message(200, result(seen, created))
            }
            Some("tools/call") => {
                let required = json!({ "extensions": { "io.modelcontextprotocol/tasks": {} } });
                let mut missing = error(seen, -32021);
                missing["error"]["data"] = json!({ "requiredCapabilities": required });
                Said::Message(400, missing)
            }
            Some("tasks/get") => Said::Message(200, result(seen, task)),
            _ => Said::Message(200, result(seen, json!({}))),
        }
    })
    .await;
    let client = Client::open(Plan::new().with_url("up", &server.url).start().await, "2025-06-18", able()).await;
    let call = client.tool("echo", json!({ "message": "x" }));
    let cancel = async {
        eventually("a look at the task", || async { (!server.seen("tasks/get").is_empty()).then_some(()) }).await;
        client.tell("notifications/cancelled", json!({ "requestId": 7 })).await;
    };
    let (answer, ()) = tokio::join!(call, cancel);
    assert_eq!(super::crossing::refused(&answer).0, "DW1502", "{answer}");
    assert_eq!(server.seen("tasks/cancel")[0].message["params"]["taskId"], "t");
    client.end().await;
}

const DECLARED_TASKS: &str =
    "/params/_meta/io.modelcontextprotocol~1clientCapabilities/extensions/io.modelcontextprotocol~1tasks";
