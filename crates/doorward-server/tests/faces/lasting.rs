//! Streams on which a client only listens end with the credentials they were opened with.

use std::time::Duration;

use doorward_core::time::Timestamp;
use doorward_server::identity::keys::NewKey;
use doorward_store::{ApiKey, Grants, Holder};
use serde_json::json;

use super::client::{Ask, Event, Http, LEGACY, initialize, modern, request};
use super::rig::{Plan, Rig, eventually, soon};

async fn key(rig: &Rig, name: &str, expires: Option<Timestamp>) -> NewKey {
    let new = NewKey::generate().unwrap();
    let stored = ApiKey {
        id: new.id().to_owned(),
        digest: new.digest(),
        holder: Holder::User(name.to_owned()),
        grants: Grants::default(),
        created: Timestamp::from_micros(1),
        expires,
        revoked: None,
        last_used: None,
    };
    rig.gateway.store().keys().create(&stored).await.unwrap();
    new
}

fn with(ask: Ask, key: &NewKey) -> Ask {
    ask.with("authorization", &format!("Bearer {}", key.reveal()))
}

/// One stream of every kind, its first event read where it has one.
async fn streams(rig: &Rig, key: &NewKey) -> Vec<Http> {
    let hello = with(Ask::post("bare", initialize(LEGACY).to_string()), key);
    let opened = Http::open(rig.http).await.ask(&hello).await;
    let session = opened.header("mcp-session-id").unwrap().to_owned();
    let listen = modern(request(1, "subscriptions/listen", json!({ "notifications": { "toolsListChanged": true } })));
    let asks =
        [Ask::get("/s/bare/mcp").with("mcp-session-id", &session), Ask::get("/s/bare/sse"), Ask::modern("/", &listen)];
    let mut streams = Vec::new();
    for ask in asks {
        let mut http = Http::open(rig.http).await;
        let head = http.begin(&with(ask, key)).await;
        assert_eq!((head.status, head.header("content-type")), (200, Some("text/event-stream")), "{head:?}");
        streams.push(http);
    }
    streams
}

/// Reads a stream to its end, within the time there is for a test.
async fn end(stream: &mut Http) -> Vec<Event> {
    soon(stream.events()).await
}

#[tokio::test]
async fn streams_end_when_their_key_is_taken_back_or_expires() {
    let plan = Plan::new().with_token().with_child("bare", "bare-upstream", &["--stdio"]);
    let rig = plan.start().await;
    let now = i64::try_from(std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_micros()).unwrap();
    let (taken, good) = (key(&rig, "ann", None).await, key(&rig, "bob", None).await);
    let short = key(&rig, "eve", Some(Timestamp::from_micros(now + 4_000_000))).await;
    let mut ending = streams(&rig, &taken).await;
    ending.extend(streams(&rig, &short).await);
    let mut staying = streams(&rig, &good).await;
    rig.gateway.store().keys().revoke(taken.id(), Timestamp::from_micros(now)).await.unwrap();
    for stream in &mut ending {
        end(stream).await;
    }
    for stream in &mut staying {
        assert!(tokio::time::timeout(Duration::from_millis(300), stream.events()).await.is_err(), "it ends as well");
    }
    // With its stream goes a session over HTTP+SSE; the others have their three, and the good key one more.
    eventually("the end of sessions", || async {
        rig.metrics().await.lines().any(|line| line == "doorward_sessions 4").then_some(())
    })
    .await;
    drop(staying);
    rig.stop().await;
}
