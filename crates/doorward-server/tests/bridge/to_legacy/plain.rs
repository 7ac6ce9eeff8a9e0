//! What needs no question: discovery, lists, calls, reading, prompts, completion, errors.

use serde_json::{Value, json};

use super::super::client::{call, request};
use super::super::peers::{LEGACY, legacy};
use super::ask;

#[tokio::test]
async fn discovery_says_what_the_handshake_said() {
    let (rig, _peer) = legacy().await;
    for server in LEGACY {
        let found = ask(&rig, server, request("d", "server/discover", json!({}))).await;
        let result = &found["result"];
        assert_eq!((&found["id"], &result["resultType"]), (&json!("d"), &json!("complete")), "{server}: {found}");
        assert_eq!(result["supportedVersions"], json!(["2026-07-28"]), "{server}");
        assert_eq!((&result["ttlMs"], &result["cacheScope"]), (&json!(0), &json!("private")), "{server}");
        assert!(result["capabilities"]["tools"].is_object() && result["instructions"].is_string(), "{server}: {found}");
        let info = &result["_meta"]["io.modelcontextprotocol/serverInfo"];
        assert_eq!(info["name"], "doorward-fixture", "{server}: {found}");
        assert!(result.get("protocolVersion").is_none() && result.get("serverInfo").is_none(), "{server}: {found}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn tools_are_listed_in_order_and_called() {
    let (rig, _peer) = legacy().await;
    for server in LEGACY {
        let listed = ask(&rig, server, request(1, "tools/list", json!({}))).await;
        let result = &listed["result"];
        assert_eq!((&result["resultType"], &result["cacheScope"]), (&json!("complete"), &json!("private")), "{server}");
        let tools = result["tools"].as_array().unwrap();
        let names: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
        assert!(names.is_sorted() && names.contains(&"test_simple_text"), "{server}: {names:?}");
        assert!(tools.iter().all(|tool| tool.get("execution").is_none()), "{server}");

        let called = ask(&rig, server, call("c", "test_simple_text", json!({}))).await;
        assert_eq!((&called["id"], &called["result"]["resultType"]), (&json!("c"), &json!("complete")), "{server}");
        let text = "This is a simple text response for testing.";
        assert_eq!(called["result"]["content"][0]["text"], text, "{server}: {called}");

        let failed = ask(&rig, server, call(3, "test_error_handling", json!({}))).await;
        assert_eq!(failed["result"]["isError"], true, "{server}: {failed}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_call_may_be_the_first_thing_a_client_says() {
    let (rig, _peer) = legacy().await;
    for server in LEGACY {
        let called = ask(&rig, server, call(1, "test_simple_text", json!({}))).await;
        assert_eq!(called["result"]["resultType"], "complete", "{server}: {called}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn resources_prompts_and_completion() {
    let (rig, _peer) = legacy().await;
    for server in LEGACY {
        let is_complete = |answer: &Value, cached: bool| {
            assert_eq!(answer["result"]["resultType"], "complete", "{server}: {answer}");
            assert_eq!(answer["result"].get("ttlMs").is_some(), cached, "{server}: {answer}");
        };
        let read = request(1, "resources/read", json!({ "uri": "test://static-text" }));
        let read = ask(&rig, server, read).await;
        is_complete(&read, true);
        assert!(read["result"]["contents"][0]["text"].is_string(), "{server}: {read}");
        for method in ["resources/list", "resources/templates/list", "prompts/list"] {
            is_complete(&ask(&rig, server, request(2, method, json!({}))).await, true);
        }
        let prompt = request(3, "prompts/get", json!({ "name": "test_simple_prompt" }));
        is_complete(&ask(&rig, server, prompt).await, false);
        let completion = json!({
            "ref": { "type": "ref/prompt", "name": "test_prompt_with_arguments" },
            "argument": { "name": "arg1", "value": "p" },
        });
        let completed = ask(&rig, server, request(4, "completion/complete", completion)).await;
        is_complete(&completed, false);
        assert!(completed["result"]["completion"]["values"].is_array(), "{server}: {completed}");

        let missing = request(5, "resources/read", json!({ "uri": "test://not-there" }));
        let missing = ask(&rig, server, missing).await;
        assert_eq!((&missing["id"], &missing["error"]["code"]), (&json!(5), &json!(-32602)), "{server}: {missing}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn requests_with_one_id_at_once_do_not_meet() {
    let (rig, _peer) = legacy().await;
    for server in LEGACY {
        let one = ask(&rig, server, call("same", "test_tool_with_progress", json!({})));
        let other = ask(&rig, server, call("same", "test_simple_text", json!({})));
        let (one, other) = tokio::join!(one, other);
        assert_ne!(one["result"]["content"], other["result"]["content"], "{server}: {one}");
        for answer in [one, other] {
            assert_eq!((&answer["id"], &answer["result"]["resultType"]), (&json!("same"), &json!("complete")));
        }
    }
    rig.stop().await;
}
