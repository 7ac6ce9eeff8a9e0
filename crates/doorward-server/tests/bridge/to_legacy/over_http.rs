//! What only a server over HTTP shows: sessions it forgets, and closed streams that cancel nothing.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use super::super::client::{Ask, Http, call, request};
use super::super::rig::{Plan, eventually};
use super::super::scripted::{Reply, Scripted, answer, said};
use super::{able, ask, everything, last, send};

#[tokio::test]
async fn a_forgotten_session_is_opened_again_and_the_call_made_in_it() {
    let turn = AtomicUsize::new(0);
    let server = Scripted::start_legacy_with(move |seen| match turn.fetch_add(1, Ordering::Relaxed) {
        1 => Reply::Send(answer("404 Not Found", "", b"")),
        _ => Reply::Send(said(seen, "here")),
    })
    .await;
    let rig = Plan::new().with_url("http", &server.url).start().await;
    ask(&rig, "http", request(0, "tools/list", json!({}))).await;
    for _ in 0..2 {
        let answer = ask(&rig, "http", call(1, "echo", json!({ "message": "m" }))).await;
        assert_eq!(answer["result"]["content"][0]["text"], "here", "{answer}");
    }
    let seen = server.seen();
    assert_eq!((server.calls().len(), seen.iter().filter(|seen| seen.rpc() == "initialize").count()), (3, 2));
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn a_server_that_forgets_every_session_is_not_asked_for_ever() {
    let server = Scripted::start_legacy_with(|_| Reply::Send(answer("404 Not Found", "", b""))).await;
    let rig = Plan::new().with_url("http", &server.url).start().await;
    let refused = ask(&rig, "http", call(1, "echo", json!({ "message": "m" }))).await;
    assert_eq!(super::super::client::denial(&refused).0, "DW1104", "{refused}");
    assert_eq!(server.calls().len(), 2);
    rig.stop().await;
}

#[tokio::test]
async fn a_client_that_goes_cancels_at_the_server() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n: begun\n\n";
    let server = Scripted::start_legacy_with(move |_| Reply::Hold(head.to_vec())).await;
    let rig = Plan::new().with_url("http", &server.url).start().await;
    let message = able(call("mine", "echo", json!({ "message": "m" })), &everything());
    let mut http = Http::open(rig.http).await;
    http.write(&Ask::modern("http", &message).bytes(rig.http)).await;
    let called = eventually("the call", || async { server.calls().first().cloned() }).await;
    drop(http);
    let told = eventually("the cancellation", || async {
        server.seen().into_iter().find(|seen| seen.rpc() == "notifications/cancelled")
    })
    .await;
    assert_eq!(told.json()["params"]["requestId"], called.json()["id"]);
    assert_ne!(called.json()["id"], "mine");
    rig.stop().await;
}

#[tokio::test]
async fn sessions_of_one_principal_are_bounded_and_the_oldest_idle_one_goes() {
    let server = Scripted::start_legacy_with(|seen| Reply::Send(said(seen, "here"))).await;
    let rig = Plan::new().with_url("http", &server.url).start().await;
    let most = doorward_server::limits::SESSIONS_PER_LEGACY_SERVER_MAX;
    let opened = || server.seen().iter().filter(|seen| seen.rpc() == "initialize").count();
    let names = ["elicitation", "sampling", "roots"];
    let abilities = |number: usize| {
        let declared = names.iter().enumerate().filter(|(bit, _)| number >> bit & 1 == 1);
        let mut abilities: serde_json::Map<_, _> = declared.map(|(_, name)| ((*name).to_owned(), json!({}))).collect();
        if number >= 8 {
            abilities.insert("elicitation".to_owned(), json!({ "url": {} }));
        }
        serde_json::Value::Object(abilities)
    };
    let call_as = |number: usize| able(call(1, "echo", json!({ "message": "m" })), &abilities(number));
    for number in 0..most {
        last(&send(&rig, "http", &call_as(number)).await);
    }
    let before = opened();
    last(&send(&rig, "http", &call_as(most - 1)).await);
    assert_eq!(opened(), before, "one that is open is used again");
    let answer = last(&send(&rig, "http", &call_as(8)).await);
    assert_eq!(answer["result"]["content"][0]["text"], "here", "{answer}");
    eventually("the end of the oldest", || async {
        server.seen().iter().any(|seen| seen.method == "DELETE").then_some(())
    })
    .await;
    rig.stop().await;
}
