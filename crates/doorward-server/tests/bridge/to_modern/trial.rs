//! How it is found out whether a server has a handshake.

use doorward_testkit::fixture::Era;
use serde_json::json;

use super::crossing::{Client, able, before, initialize, text};
use crate::client::{Ask, Http};
use crate::rig::Plan;

#[tokio::test]
async fn a_server_of_both_eras_is_spoken_to_in_the_clients_own() {
    let client = Client::open(before(Era::Both).await, "2025-06-18", able()).await;
    // Only a session of the server's own has this: the fixture tells it by the session's header.
    let answer = client.tool("test_reconnection", json!({})).await;
    assert_eq!(text(&answer), "Answered on the second stream");
    client.end().await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_no_sign() {
    let free = doorward_testkit::net::listen(0).await.unwrap().local_addr().unwrap();
    let rig = Plan::new().with_url("up", &format!("http://{free}/mcp")).start().await;
    let hello = Ask::post("up", initialize("2025-11-25", able()).to_string());
    let answer = Http::open(rig.http).await.ask(&hello).await.json();
    assert_eq!(super::crossing::refused(&answer).0, "DW1401", "{answer}");
    // Once it is there, the conversation is bridged as if nothing had been.
    let listener = tokio::net::TcpListener::bind(free).await.unwrap();
    tokio::spawn(doorward_testkit::fixture::serve_http_of(listener, Era::Modern));
    let client = Client::open(rig, "2025-11-25", able()).await;
    assert_eq!(text(&client.tool("echo", json!({ "message": "back" })).await), "back");
    client.end().await;
}
