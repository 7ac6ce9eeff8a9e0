//! Questions in results become requests to the client, and its answers go with the next attempt.

use serde_json::{Value, json};

use super::crossing::{Client, LEGACY, refused, text};

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
