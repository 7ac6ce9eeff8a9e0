//! A stateless server on pipes, for everybody and for one client alone.

use serde_json::{Value, json};

use super::crossing::{able, initialize, text};
use crate::client::request;
use crate::lone::lone;
use crate::pipe::Pipe;
use crate::rig::Plan;

const MODERN: [&str; 3] = ["--stdio", "--era", "modern"];

#[tokio::test]
async fn a_shared_child_without_a_handshake_is_bridged() {
    let rig = Plan::new().with_child("up", "conformance-fixture", &MODERN).start().await;
    converse(Pipe::open(&rig, "up")).await;
    rig.stop().await;
}

/// As `doorward run` has it: one pipe for both eras.
#[tokio::test]
async fn a_child_of_ones_own_without_a_handshake_is_bridged() {
    let plan = Plan::new();
    let program = doorward_testkit::bin("conformance-fixture").into_os_string();
    let command = [program].into_iter().chain(MODERN.map(Into::into)).collect();
    let (pipe, outside) = lone(&plan, "up", command).await;
    converse(pipe).await;
    outside.pool.shutdown().await;
}

async fn converse(mut pipe: Pipe) {
    let answer = pipe.ask(initialize("2025-06-18", able()).to_string()).await;
    assert_eq!(answer["result"]["protocolVersion"], "2025-06-18", "{answer}");
    pipe.say(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }).to_string()).await;
    let echo = request(1, "tools/call", json!({ "name": "echo", "arguments": { "message": "piped" } }));
    assert_eq!(text(&pipe.ask(echo.to_string()).await), "piped");
    let call = json!({ "name": "test_input_required_result_elicitation", "arguments": {} });
    let question = pipe.ask(request(2, "tools/call", call).to_string()).await;
    assert_eq!(question["method"], "elicitation/create", "{question}");
    let accepted = json!({ "action": "accept", "content": { "name": "Ada" } });
    let answer: Value = json!({ "jsonrpc": "2.0", "id": question["id"], "result": accepted });
    assert_eq!(text(&pipe.ask(answer.to_string()).await), "Hello, Ada!");
    let answer = pipe.ask(request(3, "resources/subscribe", json!({ "uri": "test://one" })).to_string()).await;
    assert_eq!(answer["result"], json!({}), "{answer}");
    let touch = json!({ "name": "touch_resource", "arguments": { "uri": "test://one" } });
    // The fixture acknowledges before it listens, so it is touched until that is heard.
    let mut told = json!({});
    for id in 4..100 {
        if told["method"] == "notifications/resources/updated" {
            break;
        }
        told = pipe.ask(request(id, "tools/call", touch.clone()).to_string()).await;
    }
    assert_eq!(told["params"]["uri"], "test://one", "{told}");
    pipe.close().await;
}
