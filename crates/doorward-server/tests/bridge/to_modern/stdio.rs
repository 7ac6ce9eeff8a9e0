//! A stateless server on pipes.

use serde_json::{Value, json};

use crate::client::request;
use crate::pipe::Pipe;
use crate::rig::Plan;

#[tokio::test]
async fn a_child_without_a_handshake_is_bridged() {
    let rig = Plan::new().with_child("up", "conformance-fixture", &["--stdio", "--era", "modern"]).start().await;
    let mut pipe = Pipe::open(&rig, "up");
    let hello = super::crossing::initialize("2025-06-18", super::crossing::able());
    let answer = pipe.ask(hello.to_string()).await;
    assert_eq!(answer["result"]["protocolVersion"], "2025-06-18", "{answer}");
    pipe.say(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }).to_string()).await;
    let echo = request(1, "tools/call", json!({ "name": "echo", "arguments": { "message": "piped" } }));
    let answer = pipe.ask(echo.to_string()).await;
    assert_eq!(super::crossing::text(&answer), "piped");
    let call = json!({ "name": "test_input_required_result_elicitation", "arguments": {} });
    let question = pipe.ask(request(2, "tools/call", call).to_string()).await;
    assert_eq!(question["method"], "elicitation/create", "{question}");
    let accepted = json!({ "action": "accept", "content": { "name": "Ada" } });
    let answer: Value = json!({ "jsonrpc": "2.0", "id": question["id"], "result": accepted });
    let last = pipe.ask(answer.to_string()).await;
    assert_eq!(super::crossing::text(&last), "Hello, Ada!");
    let answer = pipe.ask(request(3, "resources/subscribe", json!({ "uri": "test://one" })).to_string()).await;
    assert_eq!(answer["result"], json!({}), "{answer}");
    let touch = json!({ "name": "touch_resource", "arguments": { "uri": "test://one" } });
    pipe.say(request(4, "tools/call", touch).to_string()).await;
    let mut told = [pipe.next().await, pipe.next().await];
    told.sort_by_key(|message| message["id"] == 4);
    assert_eq!(told[0]["params"]["uri"], "test://one", "{told:?}");
    pipe.close().await;
    rig.stop().await;
}
