//! Questions in results become requests to the client, and its answers go with the next attempt.

use doorward_policy::Preset;
use doorward_testkit::fixture::Era;
use serde_json::{Value, json};

use super::crossing::{Client, LEGACY, able, before, fixture, refused, text};
use super::stateless::{Said, Stateless, asks, said};
use crate::rig::{Plan, eventually};

fn accept(content: Value) -> Value {
    json!({ "action": "accept", "content": content })
}

#[tokio::test]
async fn a_form_is_put_to_every_revision_that_has_forms() {
    for version in ["2025-06-18", "2025-11-25"] {
        let client = Client::able(version).await;
        let mut stream = client.call_as_stream("test_input_required_result_elicitation", json!({})).await;
        let question = stream.question("elicitation/create").await;
        assert_eq!(question["params"]["requestedSchema"]["type"], "object", "{question}");
        client.answer(&question, accept(json!({ "name": "Ada" }))).await;
        assert_eq!(text(&stream.last().await), "Hello, Ada!", "{version}");
        client.end().await;
    }
}

#[tokio::test]
async fn a_form_is_never_put_to_a_revision_without_forms() {
    for version in ["2024-11-05", "2025-03-26"] {
        let client = Client::able(version).await;
        let answer = client.tool("test_input_required_result_elicitation", json!({})).await;
        let (code, reason) = refused(&answer);
        assert_eq!(code, "DW1017", "{answer}");
        assert!(reason.contains("Elicitation") && reason.contains(version), "{reason}");
        client.end().await;
    }
}

#[tokio::test]
async fn sampling_and_roots_are_asked_of_every_revision() {
    for version in LEGACY {
        let client = Client::able(version).await;
        let mut stream = client.call_as_stream("test_input_required_result_sampling", json!({})).await;
        let question = stream.question("sampling/createMessage").await;
        let said = json!({ "role": "assistant", "content": { "type": "text", "text": "Paris" }, "model": "m" });
        client.answer(&question, said).await;
        assert_eq!(text(&stream.last().await), "The model said: Paris", "{version}");
        let mut stream = client.call_as_stream("test_input_required_result_list_roots", json!({})).await;
        let question = stream.question("roots/list").await;
        client.answer(&question, json!({ "roots": [{ "uri": "file:///a" }, { "uri": "file:///b" }] })).await;
        assert_eq!(text(&stream.last().await), "The client has 2 roots", "{version}");
        client.end().await;
    }
}

#[tokio::test]
async fn an_address_gets_an_id_and_is_put_to_the_one_revision_that_has_them() {
    let client = Client::able("2025-11-25").await;
    let mut stream = client.call_as_stream("test_elicitation_url", json!({})).await;
    let question = stream.question("elicitation/create").await;
    assert_eq!(question["params"]["mode"], "url", "{question}");
    assert!(question["params"]["elicitationId"].as_str().unwrap().len() > 10, "{question}");
    client.answer(&question, json!({ "action": "accept" })).await;
    assert_eq!(text(&stream.last().await), "User response: action=accept");
    client.end().await;
    let client = Client::able("2025-06-18").await;
    let (code, reason) = refused(&client.tool("test_elicitation_url", json!({})).await);
    assert_eq!(code, "DW1017");
    assert!(reason.contains("elicitation by address came with revision 2025-11-25"), "{reason}");
    client.end().await;
}

#[tokio::test]
async fn all_questions_of_a_round_are_put_at_once_and_answered_in_any_order() {
    let client = Client::able("2025-11-25").await;
    let mut stream = client.call_as_stream("test_input_required_result_multiple_inputs", json!({})).await;
    let mut questions = vec![stream.next().await, stream.next().await, stream.next().await];
    questions.reverse();
    for question in &questions {
        let answer = match question["method"].as_str().unwrap() {
            "elicitation/create" => accept(json!({ "name": "Ada" })),
            "roots/list" => json!({ "roots": [] }),
            _ => json!({ "role": "assistant", "content": { "type": "text", "text": "Hi" }, "model": "m" }),
        };
        client.answer(question, answer).await;
    }
    assert_eq!(text(&stream.last().await), "All three answers arrived");
    client.end().await;
}

#[tokio::test]
async fn rounds_follow_each_other_and_the_state_goes_back_as_it_came() {
    let client = Client::able("2025-11-25").await;
    let mut stream = client.call_as_stream("test_input_required_result_multi_round", json!({})).await;
    for field in ["name", "color"] {
        let question = stream.question("elicitation/create").await;
        assert!(question["params"]["requestedSchema"]["properties"][field].is_object(), "{question}");
        client.answer(&question, accept(json!({ field: "x" }))).await;
    }
    assert_eq!(text(&stream.last().await), "Both steps are done");
    let mut stream = client.call_as_stream("test_input_required_result_request_state", json!({})).await;
    let question = stream.question("elicitation/create").await;
    client.answer(&question, accept(json!({ "ok": true }))).await;
    assert!(text(&stream.last().await).starts_with("state-ok"));
    client.end().await;
}

#[tokio::test]
async fn prompts_and_resources_ask_as_tools_do() {
    let client = Client::able("2025-11-25").await;
    let mut stream = client.stream(7, "prompts/get", json!({ "name": "test_input_required_result_prompt" })).await;
    let question = stream.question("elicitation/create").await;
    client.answer(&question, accept(json!({ "context": "x" }))).await;
    let last = stream.last().await;
    assert!(last["result"]["messages"].is_array(), "{last}");
    let mut stream = client.stream(7, "resources/read", json!({ "uri": "test://asks-first" })).await;
    let question = stream.question("elicitation/create").await;
    client.answer(&question, accept(json!({ "why": "x" }))).await;
    let last = stream.last().await;
    assert!(last["result"]["contents"].is_array(), "{last}");
    assert!(last["result"].get("ttlMs").is_none(), "{last}");
    client.end().await;
}

#[tokio::test]
async fn an_error_to_a_form_is_no_choice_and_to_anything_else_the_end() {
    let client = Client::able("2025-11-25").await;
    let mut stream = client.call_as_stream("test_elicitation", json!({ "message": "?" })).await;
    let question = stream.question("elicitation/create").await;
    client.refuse(&question, -32603).await;
    assert!(text(&stream.last().await).contains("action=cancel"));
    let mut stream = client.call_as_stream("test_sampling", json!({ "prompt": "?" })).await;
    let question = stream.question("sampling/createMessage").await;
    client.refuse(&question, -1).await;
    let (code, reason) = refused(&stream.last().await);
    assert_eq!(code, "DW1017");
    assert!(reason.contains("Sampling") && reason.contains("error -1"), "{reason}");
    client.end().await;
}

#[tokio::test]
async fn what_the_client_did_not_declare_is_not_asked() {
    let client = Client::open(before(Era::Modern).await, "2025-11-25", json!({})).await;
    let (code, reason) = refused(&client.tool("test_elicitation", json!({ "message": "?" })).await);
    assert_eq!(code, "DW1017");
    assert!(reason.contains("did not declare"), "{reason}");
    client.end().await;
}

#[tokio::test]
async fn a_question_that_no_rule_allows_ends_its_call() {
    let plan = Plan::new().with_policy(Preset::Guarded, &[ALLOW_CALLS]);
    let rig = plan.with_url("up", &fixture(Era::Modern).await).start().await;
    let client = Client::open(rig, "2025-11-25", able()).await;
    let answer = client.tool("test_sampling", json!({ "prompt": "?" })).await;
    assert_eq!(refused(&answer).0, "DW1207", "{answer}");
    let record = client.rig.record(|record| record.direction == "to-client" && record.phase == "outcome").await;
    assert_eq!((record.action.as_str(), record.disposition.as_str()), ("sampling/createMessage", "refuse"));
    client.end().await;
}

/// Every call, but no question.
const ALLOW_CALLS: &str = r#"permit(principal, action in Action::"tools/call", resource);"#;

#[tokio::test]
async fn a_server_that_asks_and_asks_is_ended() {
    let server = Stateless::start(|seen| asks(seen, "again")).await;
    let client = Client::open(Plan::new().with_url("up", &server.url).start().await, "2025-11-25", able()).await;
    let mut stream = client.call_as_stream("echo", json!({ "message": "x" })).await;
    for _ in 0..8 {
        let question = stream.question("elicitation/create").await;
        client.answer(&question, accept(json!({ "name": "Ada" }))).await;
    }
    assert_eq!(refused(&stream.last().await).0, "DW1409");
    let calls = server.seen("tools/call");
    let ids: std::collections::BTreeSet<String> = calls.iter().map(|call| call.message["id"].to_string()).collect();
    assert_eq!((calls.len(), ids.len()), (9, 9), "every attempt has an id of its own");
    let last = &calls[8].message["params"];
    assert_eq!(last["inputResponses"], json!({ "who": accept(json!({ "name": "Ada" })) }));
    assert_eq!(last["requestState"], "again");
    client.end().await;
}

#[tokio::test]
async fn a_lost_connection_is_no_cancellation_and_the_answer_still_counts() {
    let server = Stateless::start(|seen| match seen.message["params"].get("inputResponses") {
        None => asks(seen, "state"),
        Some(_) => said(seen, "done"),
    })
    .await;
    let client = Client::open(Plan::new().with_url("up", &server.url).start().await, "2025-11-25", able()).await;
    let mut stream = client.call_as_stream("echo", json!({ "message": "x" })).await;
    let question = stream.question("elicitation/create").await;
    drop(stream);
    client.answer(&question, accept(json!({}))).await;
    eventually("the second attempt", || async { (server.seen("tools/call").len() == 2).then_some(()) }).await;
    client.end().await;
}

#[tokio::test]
async fn a_cancelled_call_asks_no_more_and_closes_its_stream_at_the_server() {
    let server = Stateless::start(|seen| match seen.message["params"]["arguments"]["message"].as_str() {
        Some("ask") => asks(seen, "state"),
        _ => Said::Open(Vec::new()),
    })
    .await;
    let client = Client::open(Plan::new().with_url("up", &server.url).start().await, "2025-11-25", able()).await;
    let mut stream = client.call_as_stream("echo", json!({ "message": "ask" })).await;
    let question = stream.question("elicitation/create").await;
    assert_eq!(client.tell("notifications/cancelled", json!({ "requestId": 7 })).await.status, 202);
    assert_eq!(refused(&stream.last().await).0, "DW1502");
    client.answer(&question, accept(json!({}))).await;
    let mut stream = client.call_as_stream("echo", json!({ "message": "wait" })).await;
    eventually("the call", || async { (server.seen("tools/call").len() == 2).then_some(()) }).await;
    client.tell("notifications/cancelled", json!({ "requestId": 7 })).await;
    assert_eq!(refused(&stream.last().await).0, "DW1502");
    eventually("the end of the stream", || async { (server.closed() == 1).then_some(()) }).await;
    client.end().await;
}

#[tokio::test]
async fn a_header_that_does_not_match_makes_the_gateway_look_once_more() {
    let server = Stateless::start(|seen| match seen.headers.contains("mcp-param-who") {
        true => said(seen, "has it"),
        false => Said::Message(400, super::stateless::error(seen, -32020)),
    })
    .await;
    let client = Client::open(Plan::new().with_url("up", &server.url).start().await, "2025-11-25", able()).await;
    let lists = server.seen("tools/list").len();
    let answer = client.tool("echo", json!({ "message": "x" })).await;
    // The code is the new era's own; it speaks of a request that the gateway wrote.
    assert_eq!(answer["error"]["code"], -32603, "{answer}");
    assert_eq!(server.seen("tools/call").len(), 2, "tried twice, no more");
    assert!(server.seen("tools/list").len() > lists, "the tools were listed again");
    client.end().await;
}

#[tokio::test]
async fn progress_goes_on_where_it_was_when_the_server_begins_anew() {
    let server = Stateless::start(|seen| {
        let token = seen.message.pointer("/params/_meta/progressToken").cloned();
        let told = |progress: u64| {
            let params = json!({ "progressToken": token, "progress": progress });
            json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": params })
        };
        let Said::Message(_, last) = (match seen.message["params"].get("inputResponses") {
            None => asks(seen, "state"),
            Some(_) => said(seen, "done"),
        }) else {
            panic!("a message")
        };
        Said::Stream(vec![told(1), told(2), told(3), last])
    })
    .await;
    let client = Client::open(Plan::new().with_url("up", &server.url).start().await, "2025-11-25", able()).await;
    let meta = json!({ "progressToken": 5 });
    let params = json!({ "name": "echo", "arguments": { "message": "x" }, "_meta": meta });
    let mut stream = client.stream(7, "tools/call", params).await;
    let mut told = Vec::new();
    loop {
        let message = stream.next().await;
        match message["method"].as_str() {
            Some("notifications/progress") => told.push(message["params"]["progress"].as_u64().unwrap()),
            Some(_) => client.answer(&message, accept(json!({ "name": "Ada" }))).await,
            None => break,
        }
    }
    assert_eq!(told, [1, 2, 3]);
    client.end().await;
}
