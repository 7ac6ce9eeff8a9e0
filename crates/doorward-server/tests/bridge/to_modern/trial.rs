//! How it is found out whether a server has a handshake.

use doorward_testkit::fixture::{Era, serve_http_of};
use serde_json::json;

use super::crossing::{Client, able, before, initialize, refused, text};
use super::stateless::{Said, Stateless, error, result, said};
use crate::client::{Ask, Http};
use crate::rig::{Plan, Rig};

/// What a handshake is answered with, whether it succeeds or not.
async fn hello(rig: &Rig) -> serde_json::Value {
    let hello = Ask::post("up", initialize("2025-11-25", able()).to_string());
    Http::open(rig.http).await.ask(&hello).await.json()
}

#[tokio::test]
async fn a_server_of_both_eras_is_spoken_to_in_the_clients_own() {
    let client = Client::open(before(Era::Both).await, "2025-06-18", able()).await;
    // The fixture can close the streams of a session of its own alone, which a stateless client has not.
    let answer = client.tool("test_reconnection", json!({})).await;
    assert_eq!(text(&answer), "Answered on the second stream");
    // A question comes as the server's own request, on a call that is never made again.
    let mut stream = client.call_as_stream("test_elicitation", json!({ "message": "?" })).await;
    let question = stream.question("elicitation/create").await;
    client.answer(&question, json!({ "action": "decline" })).await;
    assert!(text(&stream.last().await).contains("decline"));
    client.end().await;
}

#[tokio::test]
async fn a_dual_server_never_sees_a_stateless_request() {
    let opened = |seen: &super::stateless::Seen| {
        let info = json!({ "name": "dual", "version": "1" });
        let hello = json!({ "protocolVersion": "2025-11-25", "capabilities": { "tools": {} }, "serverInfo": info });
        Said::Message(200, result(seen, hello))
    };
    let server = Stateless::with_opening(opened, |seen| match seen.message["method"].as_str() {
        Some("tools/call") => said(seen, "direct"),
        _ => Said::Status(202),
    })
    .await;
    let client = Client::open(Plan::new().with_url("up", &server.url).start().await, "2025-11-25", able()).await;
    assert_eq!(text(&client.tool("echo", json!({ "message": "x" })).await), "direct");
    let call = &server.seen("tools/call")[0];
    assert!(call.message["params"].get("_meta").is_none(), "{}", call.message);
    assert!(!call.headers.contains("mcp-method"), "{}", call.headers);
    client.rig.stop().await;
}

#[tokio::test]
async fn every_way_to_refuse_an_unknown_method_is_a_sign_and_is_remembered() {
    for (status, with_message) in [(404, true), (400, true), (200, true), (404, false), (405, false), (400, false)] {
        let opening = move |seen: &super::stateless::Seen| match with_message {
            true => Said::Message(status, error(seen, -32601)),
            false => Said::Status(status),
        };
        let server = Stateless::with_opening(opening, |seen| said(seen, "bridged")).await;
        let client = Client::open(Plan::new().with_url("up", &server.url).start().await, "2025-11-25", able()).await;
        assert_eq!(text(&client.tool("echo", json!({ "message": "x" })).await), "bridged", "{status}");
        assert!(hello(&client.rig).await["result"].is_object());
        assert_eq!(server.seen("initialize").len(), 1, "{status}: tried once, then known");
        client.rig.stop().await;
    }
}

#[tokio::test]
async fn a_handshake_that_agrees_on_a_revision_without_one_is_none() {
    let opening = |seen: &super::stateless::Seen| {
        let info = json!({ "name": "hasty", "version": "1" });
        Said::Message(
            200,
            result(seen, json!({ "protocolVersion": "2026-07-28", "capabilities": {}, "serverInfo": info })),
        )
    };
    let server = Stateless::with_opening(opening, |seen| said(seen, "bridged")).await;
    let client = Client::open(Plan::new().with_url("up", &server.url).start().await, "2025-11-25", able()).await;
    assert_eq!(text(&client.tool("echo", json!({ "message": "x" })).await), "bridged");
    client.rig.stop().await;
}

#[tokio::test]
async fn refused_credentials_and_servers_in_trouble_are_no_sign() {
    for status in [401, 403, 429, 500, 503] {
        let server = Stateless::with_opening(move |_| Said::Status(status), |seen| said(seen, "bridged")).await;
        let rig = Plan::new().with_url("up", &server.url).start().await;
        assert_eq!(refused(&hello(&rig).await).0, "DW1408", "{status}");
        hello(&rig).await;
        assert_eq!(server.seen("initialize").len(), 2, "{status}: nothing is known, so it is tried again");
        rig.stop().await;
    }
}

#[tokio::test]
async fn an_error_of_a_server_that_has_a_handshake_is_passed_on() {
    let opened = std::sync::atomic::AtomicUsize::new(0);
    let opening = move |seen: &super::stateless::Seen| {
        if opened.fetch_add(1, std::sync::atomic::Ordering::Relaxed) > 0 {
            return Said::Message(200, error(seen, -32602));
        }
        let info = json!({ "name": "dual", "version": "1" });
        let hello = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": info });
        Said::Message(200, result(seen, hello))
    };
    let server = Stateless::with_opening(opening, |_| Said::Status(202)).await;
    let rig = Plan::new().with_url("up", &server.url).start().await;
    assert!(hello(&rig).await["result"].is_object());
    assert_eq!(hello(&rig).await["error"]["code"], -32602);
    rig.stop().await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_no_sign() {
    let free = doorward_testkit::net::listen(0).await.unwrap().local_addr().unwrap();
    let rig = Plan::new().with_url("up", &format!("http://{free}/mcp")).start().await;
    let answer = hello(&rig).await;
    assert_eq!(refused(&answer).0, "DW1401", "{answer}");
    // Once it is there, the conversation is bridged as if nothing had been.
    let listener = tokio::net::TcpListener::bind(free).await.unwrap();
    tokio::spawn(serve_http_of(listener, Era::Modern));
    let client = Client::open(rig, "2025-11-25", able()).await;
    assert_eq!(text(&client.tool("echo", json!({ "message": "back" })).await), "back");
    client.end().await;
}
