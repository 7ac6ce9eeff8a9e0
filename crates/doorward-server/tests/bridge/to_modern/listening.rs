//! What the server tells outside of requests.

use doorward_core::limits::SUBSCRIBED_RESOURCES_MAX;
use serde_json::{Value, json};

use super::crossing::{Client, Stream, able};
use super::stateless::{Said, Seen, Stateless, said};
use crate::rig::{Plan, eventually};

fn acknowledged(seen: &Seen) -> Value {
    let meta = json!({ "io.modelcontextprotocol/subscriptionId": seen.message["id"] });
    let params = json!({ "_meta": meta, "notifications": seen.message["params"]["notifications"] });
    json!({ "jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged", "params": params })
}

fn updated(seen: &Seen, uri: &str) -> Value {
    let meta = json!({ "io.modelcontextprotocol/subscriptionId": seen.message["id"] });
    let params = json!({ "_meta": meta, "uri": uri });
    json!({ "jsonrpc": "2.0", "method": "notifications/resources/updated", "params": params })
}

/// What is told of a change that fits, which a tool makes again and again: the fixture acknowledges before it listens.
async fn heard(
    client: &Client,
    stream: &mut Stream,
    tool: &str,
    arguments: Value,
    fits: impl Fn(&Value) -> bool,
) -> Value {
    let changing = async {
        loop {
            client.tool(tool, arguments.clone()).await;
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    let hearing = async {
        loop {
            let told = stream.next().await;
            if fits(&told) {
                return told;
            }
        }
    };
    tokio::select! {
        told = hearing => told,
        () = changing => unreachable!("it never ends"),
    }
}

#[tokio::test]
async fn a_resource_is_heard_of_from_subscribing_to_unsubscribing() {
    for version in super::crossing::LEGACY {
        let client = Client::able(version).await;
        let mut stream = client.listen().await;
        for uri in ["test://one", "test://two"] {
            let answer = client.call("resources/subscribe", json!({ "uri": uri })).await;
            assert_eq!(answer["result"], json!({}), "{answer}");
        }
        for uri in ["test://one", "test://two"] {
            let told = heard(&client, &mut stream, "touch_resource", json!({ "uri": uri }), |told| {
                told["params"]["uri"] == uri
            });
            let told = told.await;
            assert_eq!(told["method"], "notifications/resources/updated", "{told}");
            assert_eq!(told["params"], json!({ "uri": uri }), "{version}");
        }
        let answer = client.call("resources/unsubscribe", json!({ "uri": "test://one" })).await;
        assert_eq!(answer["result"], json!({}), "{answer}");
        client.tool("touch_resource", json!({ "uri": "test://one" })).await;
        let told = heard(&client, &mut stream, "touch_resource", json!({ "uri": "test://two" }), |_| true).await;
        assert_eq!(told["params"]["uri"], "test://two");
        client.end().await;
    }
}

#[tokio::test]
async fn changed_lists_are_heard_of() {
    let client = Client::able("2025-06-18").await;
    let mut stream = client.listen().await;
    // The stream for it opens once the client says that it is there.
    let told = heard(&client, &mut stream, "test_trigger_prompt_change", json!({}), |_| true).await;
    assert_eq!(told["method"], "notifications/prompts/list_changed", "{told}");
    client.end().await;
}

#[tokio::test]
async fn the_new_stream_opens_before_the_old_one_closes() {
    let server = Stateless::start(|seen| match seen.message["method"].as_str() {
        Some("subscriptions/listen") => Said::Open(vec![acknowledged(seen)]),
        _ => said(seen, "x"),
    })
    .await;
    let client = Client::open(Plan::new().with_url("up", &server.url).start().await, "2025-11-25", able()).await;
    eventually("the lists' stream", || async { (server.seen("subscriptions/listen").len() == 1).then_some(()) }).await;
    client.call("resources/subscribe", json!({ "uri": "a" })).await;
    client.call("resources/subscribe", json!({ "uri": "b" })).await;
    let listens = server.seen("subscriptions/listen");
    assert_eq!((listens[1].closed, listens[2].closed.min(1)), (0, listens[2].closed), "the one before was still open");
    let wishes: Vec<Value> = listens.iter().map(|seen| seen.message["params"]["notifications"].clone()).collect();
    let with = |uris: Value| json!({ "toolsListChanged": true, "resourceSubscriptions": uris });
    assert_eq!(wishes, [json!({ "toolsListChanged": true }), with(json!(["a"])), with(json!(["a", "b"]))]);
    eventually("the end of the old ones", || async { (server.closed() == 2).then_some(()) }).await;
    client.end().await;
    eventually("the end of the last", || async { (server.closed() == 3).then_some(()) }).await;
}

#[tokio::test]
async fn after_a_gap_everything_may_have_changed() {
    let opened = std::sync::atomic::AtomicUsize::new(0);
    let server = Stateless::start(move |seen| match seen.message["method"].as_str() {
        Some("subscriptions/listen") => match seen.message["params"]["notifications"].get("resourceSubscriptions") {
            None => Said::Open(vec![acknowledged(seen)]),
            Some(_) if opened.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0 => {
                Said::Stream(vec![acknowledged(seen)])
            }
            Some(_) => Said::Open(vec![acknowledged(seen), updated(seen, "later")]),
        },
        _ => said(seen, "x"),
    })
    .await;
    let client = Client::open(Plan::new().with_url("up", &server.url).start().await, "2025-11-25", able()).await;
    let mut stream = client.listen().await;
    client.call("resources/subscribe", json!({ "uri": "a" })).await;
    let told: Vec<Value> = vec![stream.next().await, stream.next().await, stream.next().await];
    assert_eq!(told[0]["method"], "notifications/tools/list_changed", "{told:?}");
    assert_eq!(told[1]["params"], json!({ "uri": "a" }), "{told:?}");
    assert_eq!(told[2]["params"], json!({ "uri": "later" }), "{told:?}");
    client.end().await;
}

#[tokio::test]
async fn what_the_server_does_not_tell_of_is_refused() {
    let server = Stateless::start(|seen| match seen.message["method"].as_str() {
        Some("subscriptions/listen") => {
            let mut honoured = acknowledged(seen);
            honoured["params"]["notifications"] = json!({ "toolsListChanged": true });
            Said::Open(vec![honoured])
        }
        _ => said(seen, "x"),
    })
    .await;
    let client = Client::open(Plan::new().with_url("up", &server.url).start().await, "2025-11-25", able()).await;
    let answer = client.call("resources/subscribe", json!({ "uri": "a" })).await;
    let (code, reason) = super::crossing::refused(&answer);
    assert_eq!(code, "DW1017", "{answer}");
    assert!(reason.contains("Subscriptions"), "{reason}");
    client.end().await;
}

#[tokio::test]
async fn a_session_has_so_many_subscriptions() {
    let server = Stateless::start(|seen| match seen.message["method"].as_str() {
        Some("subscriptions/listen") => Said::Open(vec![acknowledged(seen)]),
        _ => said(seen, "x"),
    })
    .await;
    let client = Client::open(Plan::new().with_url("up", &server.url).start().await, "2025-11-25", able()).await;
    for number in 0..SUBSCRIBED_RESOURCES_MAX {
        let answer = client.call("resources/subscribe", json!({ "uri": format!("test://{number}") })).await;
        assert_eq!(answer["result"], json!({}), "{number}: {answer}");
    }
    // One that it has already takes no room.
    assert_eq!(client.call("resources/subscribe", json!({ "uri": "test://0" })).await["result"], json!({}));
    let answer = client.call("resources/subscribe", json!({ "uri": "test://more" })).await;
    assert_eq!(super::crossing::refused(&answer).0, "DW1106", "{answer}");
    client.call("resources/unsubscribe", json!({ "uri": "test://0" })).await;
    let answer = client.call("resources/subscribe", json!({ "uri": "test://more" })).await;
    assert_eq!(answer["result"], json!({}), "{answer}");
    client.rig.stop().await;
}
