//! What needs no questions: opening, lists, calls, reads, prompts, completion.

use serde_json::{Value, json};

use super::crossing::{Client, LEGACY, text};

#[tokio::test]
async fn every_revision_opens_lists_calls_reads_and_completes() {
    for version in LEGACY {
        let client = Client::able(version).await;
        assert_eq!(client.hello["protocolVersion"], version, "{}", client.hello);
        assert_eq!(client.hello["serverInfo"]["name"], "doorward-fixture");
        for absent in ["resultType", "supportedVersions", "ttlMs", "cacheScope"] {
            assert!(client.hello.get(absent).is_none(), "{version}: {}", client.hello);
        }
        assert_eq!(client.call("ping", json!({})).await["result"], json!({}));
        let tools = client.call("tools/list", json!({})).await;
        assert!(tools["result"]["tools"].as_array().unwrap().len() > 10, "{tools}");
        assert!(tools["result"].get("ttlMs").is_none() && tools["result"].get("resultType").is_none(), "{tools}");
        let echo = client.tool("echo", json!({ "message": "over there" })).await;
        assert_eq!(text(&echo), "over there", "{echo}");
        assert!(echo["result"].get("resultType").is_none(), "{echo}");
        let read = client.call("resources/read", json!({ "uri": "test://static-text" })).await;
        assert!(read["result"]["contents"][0]["text"].is_string(), "{read}");
        let prompt = client.call("prompts/get", json!({ "name": "test_simple_prompt" })).await;
        assert_eq!(prompt["result"]["messages"][0]["role"], "user", "{prompt}");
        let reference = json!({ "type": "ref/prompt", "name": "test_prompt_with_arguments" });
        let argument = json!({ "name": "arg1", "value": "te" });
        let completed = client.call("completion/complete", json!({ "ref": reference, "argument": argument })).await;
        assert!(completed["result"]["completion"]["values"].is_array(), "{completed}");
        client.end().await;
    }
}

#[tokio::test]
async fn an_unknown_revision_is_offered_the_newest_with_a_handshake() {
    let client = Client::able("1999-01-01").await;
    assert_eq!(client.hello["protocolVersion"], "2025-11-25");
    client.rig.stop().await;
}

#[tokio::test]
async fn a_client_of_2024_reads_that_there_was_a_sound() {
    let client = Client::able("2024-11-05").await;
    let answer = client.tool("test_audio_content", json!({})).await;
    assert_eq!(answer["result"]["content"][0]["type"], "text", "{answer}");
    assert!(text(&answer).contains("audio/wav"), "{answer}");
    client.end().await;
    let client = Client::able("2025-03-26").await;
    let answer = client.tool("test_audio_content", json!({})).await;
    assert_eq!(answer["result"]["content"][0]["type"], "audio", "{answer}");
    client.end().await;
}

#[tokio::test]
async fn what_the_stateless_era_lacks_is_refused_by_name() {
    let client = Client::able("2025-11-25").await;
    let answer = client.call("subscriptions/listen", json!({ "notifications": {} })).await;
    let (code, reason) = super::crossing::refused(&answer);
    assert_eq!(code, "DW1017", "{answer}");
    assert!(reason.contains("subscriptions/listen"), "{reason}");
    client.end().await;
}

#[tokio::test]
async fn a_batch_is_taken_apart_and_put_together() {
    let client = Client::able("2025-03-26").await;
    let call = |id: u64, message: &str| {
        let params = json!({ "name": "echo", "arguments": { "message": message } });
        json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params })
    };
    let answer = client.post(json!([call(1, "one"), call(2, "two")]).to_string()).await.json();
    let texts: Vec<(&Value, &str)> = answer.as_array().unwrap().iter().map(|one| (&one["id"], text(one))).collect();
    assert_eq!(texts, [(&json!(1), "one"), (&json!(2), "two")], "{answer}");
    client.end().await;
}

#[tokio::test]
async fn progress_and_log_messages_come_on_the_stream_of_their_call() {
    let client = Client::able("2025-11-25").await;
    let params = json!({ "name": "test_tool_with_progress", "arguments": {}, "_meta": { "progressToken": "mine" } });
    let mut stream = client.stream(7, "tools/call", params).await;
    let mut told = Vec::new();
    let last = loop {
        let message = stream.next().await;
        if message["id"] == 7 {
            break message;
        }
        assert_eq!(message["method"], "notifications/progress", "{message}");
        assert_eq!(message["params"]["progressToken"], "mine", "{message}");
        told.push(message["params"]["progress"].as_f64().unwrap());
    };
    assert_eq!(told, [0.0, 50.0, 100.0]);
    assert_eq!(text(&last), "Reported progress");

    // Without a level there are no messages.
    let quiet = client.tool("test_logging_tool", json!({})).await;
    assert_eq!(text(&quiet), "Logged what was asked for");
    assert_eq!(client.call("logging/setLevel", json!({ "level": "info" })).await["result"], json!({}));
    let mut stream = client.call_as_stream("test_logging_tool", json!({})).await;
    let message = stream.next().await;
    assert_eq!((&message["method"], &message["params"]["level"]), (&json!("notifications/message"), &json!("info")));
    assert_eq!(text(&stream.last().await), "Logged what was asked for");
    let unknown = client.call("logging/setLevel", json!({ "level": "loud" })).await;
    assert_eq!(unknown["error"]["code"], -32602, "{unknown}");
    client.end().await;
}

#[tokio::test]
async fn a_header_that_a_schema_wants_is_made_from_the_body() {
    let client = Client::able("2025-06-18").await;
    let answer = client.tool("test_custom_header", json!({ "value": "Grüße" })).await;
    assert_eq!(text(&answer), "Grüße", "{answer}");
    client.end().await;
}
