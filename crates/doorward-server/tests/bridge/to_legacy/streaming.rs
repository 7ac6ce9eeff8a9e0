//! What comes on a request's stream before its answer, and what becomes of a request whose client has gone.

use serde_json::{Value, json};

use super::super::client::call;
use super::super::peers::{LEGACY, legacy};
use super::super::rig::{Plan, heard};
use super::{able, everything, messages, send};

fn with_meta(mut message: Value, name: &str, value: Value) -> Value {
    message["params"]["_meta"][name] = value;
    message
}

fn methods(messages: &[Value]) -> Vec<&str> {
    messages.iter().filter_map(|message| message["method"].as_str()).collect()
}

#[tokio::test]
async fn progress_comes_under_the_clients_own_token() {
    let (rig, _peers) = legacy().await;
    for server in LEGACY {
        for token in [json!("mine"), json!(7)] {
            let message = able(call(1, "test_tool_with_progress", json!({})), &everything());
            let answer = send(&rig, server, &with_meta(message, "progressToken", token.clone())).await;
            let messages = messages(&answer);
            let (last, progress) = messages.split_last().unwrap();
            assert_eq!(last["result"]["resultType"], "complete", "{server}: {last}");
            assert!(progress.len() >= 2, "{server}: {messages:?}");
            for message in progress {
                assert_eq!(message["method"], "notifications/progress", "{server}: {message}");
                assert_eq!(message["params"]["progressToken"], token, "{server}");
            }
        }
    }
    rig.stop().await;
}

#[tokio::test]
async fn log_lines_come_to_those_who_asked_and_from_their_level_on() {
    let (rig, _peers) = legacy().await;
    let level = "io.modelcontextprotocol/logLevel";
    for server in LEGACY {
        let message = able(call(1, "test_tool_with_logging", json!({})), &everything());
        // Somebody wants everything, then somebody else nothing, and somebody only what is grave.
        let all = messages(&send(&rig, server, &with_meta(message.clone(), level, json!("debug"))).await);
        let lines = methods(&all);
        assert!(lines.len() >= 3 && lines.iter().all(|method| *method == "notifications/message"), "{server}: {all:?}");
        let none = messages(&send(&rig, server, &message).await);
        assert_eq!((methods(&none).len(), none.len()), (0, 1), "{server}: {none:?}");
        let grave = messages(&send(&rig, server, &with_meta(message, level, json!("emergency"))).await);
        assert_eq!((methods(&grave).len(), grave.len()), (0, 1), "{server}: {grave:?}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn nothing_of_the_newer_era_reaches_the_server_and_the_trace_does() {
    let plan = Plan::new();
    let log = plan.scratch().path("heard");
    let rig = plan.with_heard_child("logged", "conformance-fixture", "--stdio --era legacy", &log).start().await;
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let message = able(call("client-id", "test_simple_text", json!({})), &everything());
    let mut message = with_meta(message, "traceparent", json!(parent));
    message["params"]["inputResponses"] = json!({ "q1": {} });
    send(&rig, "logged", &message).await;
    let text = heard(&log, |text| text.contains("test_simple_text")).await;
    let line = text.lines().find(|line| line.contains("test_simple_text")).unwrap();
    let sent: Value = serde_json::from_str(line).unwrap();
    assert_eq!(sent["params"]["_meta"], json!({ "traceparent": parent }), "{line}");
    assert!(sent["params"].get("inputResponses").is_none() && sent["id"] != "client-id", "{line}");
    rig.stop().await;
}
