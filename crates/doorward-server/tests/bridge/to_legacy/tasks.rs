//! Tools that run as tasks at a server of 2025-11-25.

use serde_json::{Value, json};

use super::super::client::{call, denial, request};
use super::super::rig::{Plan, Rig, eventually};
use super::{able, last, send};

const TASKS: &str = "io.modelcontextprotocol/tasks";

async fn old() -> Rig {
    Plan::new().with_child("old", "old-upstream", &[]).start().await
}

/// A client that knows tasks.
async fn knowing(rig: &Rig, message: Value) -> Value {
    let mut extensions = json!({});
    extensions[TASKS] = json!({});
    last(&send(rig, "old", &able(message, &json!({ "elicitation": {}, "extensions": extensions }))).await)
}

/// One that does not.
async fn plain(rig: &Rig, message: Value) -> Value {
    last(&send(rig, "old", &able(message, &json!({ "elicitation": {} }))).await)
}

async fn ended(rig: &Rig, task: &Value) -> Value {
    eventually("the end of the task", || async {
        let polled = knowing(rig, request(2, "tasks/get", json!({ "taskId": task }))).await;
        assert_eq!(polled["result"]["resultType"], "complete", "{polled}");
        (polled["result"]["status"] != "working").then_some(polled)
    })
    .await
}

#[tokio::test]
async fn a_client_that_knows_tasks_gets_one_and_its_result_with_it() {
    let rig = old().await;
    let found = knowing(&rig, request(1, "server/discover", json!({}))).await;
    assert!(found["result"]["capabilities"]["extensions"][TASKS].is_object(), "{found}");
    assert!(found["result"]["capabilities"].get("tasks").is_none(), "{found}");
    for tool in ["report", "study"] {
        let created = knowing(&rig, call(1, tool, json!({}))).await;
        let result = &created["result"];
        assert_eq!((&result["resultType"], &result["status"]), (&json!("task"), &json!("working")), "{created}");
        assert_eq!((&result["ttlMs"], &result["pollIntervalMs"]), (&json!(60_000), &json!(10)), "{created}");
        let polled = ended(&rig, &result["taskId"]).await;
        assert_eq!(polled["result"]["status"], "completed", "{polled}");
        let said = &polled["result"]["result"]["content"][0]["text"];
        assert_eq!(said.as_str(), Some(format!("{tool} done").as_str()), "{polled}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_client_that_does_not_waits_where_it_must() {
    let rig = old().await;
    let answer = plain(&rig, call("r", "report", json!({}))).await;
    assert_eq!((&answer["id"], &answer["result"]["resultType"]), (&json!("r"), &json!("complete")), "{answer}");
    assert_eq!(answer["result"]["content"][0]["text"], "report done", "{answer}");
    let answer = plain(&rig, call(1, "study", json!({}))).await;
    assert_eq!(answer["result"]["content"][0]["text"], "studied at once", "{answer}");
    // What the task asks, the call asks.
    let message = call(2, "survey", json!({}));
    let asked = plain(&rig, message.clone()).await;
    assert_eq!(asked["result"]["resultType"], "input_required", "{asked}");
    let mut again = message;
    again["params"]["requestState"] = asked["result"]["requestState"].clone();
    let key = asked["result"]["inputRequests"].as_object().unwrap().keys().next().unwrap();
    again["params"]["inputResponses"] = json!({ key: { "action": "accept", "content": {} } });
    let answer = plain(&rig, again).await;
    assert_eq!(answer["result"]["content"][0]["text"], "survey done: accept", "{answer}");
    rig.stop().await;
}

#[tokio::test]
async fn a_task_that_asks_is_answered_by_an_update() {
    let rig = old().await;
    let created = knowing(&rig, call(1, "survey", json!({}))).await;
    let task = &created["result"]["taskId"];
    let mut keys = Vec::new();
    for _ in 0..2 {
        let polled = ended(&rig, task).await;
        assert_eq!(polled["result"]["status"], "input_required", "{polled}");
        let asked = polled["result"]["inputRequests"].as_object().unwrap();
        assert_eq!(asked.len(), 1, "{polled}");
        keys.push(asked.keys().next().unwrap().clone());
    }
    assert_eq!(keys[0], keys[1]);
    let answers = json!({ &keys[0]: { "action": "decline" }, "other": {} });
    let update = request(3, "tasks/update", json!({ "taskId": task, "inputResponses": answers }));
    let updated = knowing(&rig, update).await;
    assert_eq!(updated["result"], json!({ "resultType": "complete" }), "{updated}");
    let polled = eventually("the end of the task", || async {
        let polled = ended(&rig, task).await;
        (polled["result"]["status"] == "completed").then_some(polled)
    })
    .await;
    assert_eq!(polled["result"]["result"]["content"][0]["text"], "survey done: decline", "{polled}");
    rig.stop().await;
}

#[tokio::test]
async fn a_task_is_cancelled_and_strangers_know_nothing_of_it() {
    let rig = old().await;
    let created = knowing(&rig, call(1, "report", json!({}))).await;
    let task = &created["result"]["taskId"];
    let cancelled = knowing(&rig, request(2, "tasks/cancel", json!({ "taskId": task }))).await;
    assert_eq!(cancelled["result"]["resultType"], "complete", "{cancelled}");
    assert_eq!(ended(&rig, task).await["result"]["status"], "cancelled");
    // The server would know the next one, but nobody here has it.
    for id in ["task-7", ""] {
        let unknown = knowing(&rig, request(3, "tasks/get", json!({ "taskId": id }))).await;
        assert_eq!((denial(&unknown).0.as_str(), unknown["error"]["code"].as_i64()), ("DW1010", Some(-32602)));
    }
    let stranger = doorward_core::principal::Principal::new("stranger", doorward_core::principal::Proof::LocalToken);
    let message = able(request(4, "tasks/get", json!({ "taskId": task })), &json!({}));
    let said = super::as_principal(&rig, "old", &stranger, &message).await;
    assert_eq!(denial(&said).0, "DW1109", "{said}");
    let owner = doorward_core::principal::Principal::new("owner", doorward_core::principal::Proof::ApiKey);
    let mut extensions = json!({});
    extensions[TASKS] = json!({});
    let knows = json!({ "elicitation": {}, "extensions": extensions });
    let ask = async |who, message| super::as_principal(&rig, "old", who, &able(message, &knows)).await;
    let created = ask(&owner, call(5, "report", json!({}))).await;
    let own = json!({ "taskId": created["result"]["taskId"] });
    let updated = json!({ "taskId": created["result"]["taskId"], "inputResponses": {} });
    for (who, params, refused) in [
        (&stranger, &own, true),
        (&stranger, &updated, true),
        (&stranger, &json!({ "taskId": "never" }), true),
        (&owner, &own, false),
    ] {
        for (id, method) in [(6, "tasks/get"), (7, "tasks/update"), (8, "tasks/cancel")] {
            let said = ask(who, request(id, method, params.clone())).await;
            assert_eq!(said.to_string().contains("DW1109"), refused, "{method}: {said}");
        }
    }
    rig.stop().await;
}
