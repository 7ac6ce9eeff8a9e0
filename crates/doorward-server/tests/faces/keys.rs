//! API keys at the HTTP face, and what is bound to whom: two principals, one of whom holds what is the other's.

use doorward_core::time::Timestamp;
use doorward_server::identity::keys::NewKey;
use doorward_store::{ApiKey, Grants, Holder};
use serde_json::json;

use super::client::{Ask, Http, LEGACY, call, initialize};
use super::rig::{Plan, Rig};

/// A key of that user, stored.
pub(crate) async fn key(rig: &Rig, name: &str, servers: &[&str]) -> NewKey {
    let new = NewKey::generate().unwrap();
    let grants = Grants { servers: servers.iter().map(|id| (*id).to_owned()).collect(), ..Grants::default() };
    let stored = ApiKey {
        id: new.id().to_owned(),
        digest: new.digest(),
        holder: Holder::User(name.to_owned()),
        grants,
        created: Timestamp::from_micros(1),
        expires: None,
        revoked: None,
        last_used: None,
    };
    rig.gateway.store().keys().create(&stored).await.unwrap();
    new
}

async fn rig() -> Rig {
    let plan = Plan::new().with_token().with_child("bare", "bare-upstream", &["--stdio"]);
    plan.with_child("other", "bare-upstream", &["--stdio"]).start().await
}

/// The same with the key.
pub(crate) fn with(ask: Ask, key: &NewKey) -> Ask {
    ask.with("authorization", &format!("Bearer {}", key.reveal()))
}

#[tokio::test]
async fn a_session_is_its_principals_alone() {
    let rig = rig().await;
    let (ann, bob) = (key(&rig, "ann", &[]).await, key(&rig, "bob", &[]).await);
    let other_key = key(&rig, "ann", &[]).await;
    let mut http = Http::open(rig.http).await;
    let opened = http.ask(&with(Ask::post("bare", initialize(LEGACY).to_string()), &ann)).await;
    assert_eq!(opened.status, 200, "{opened:?}");
    let session = opened.header("mcp-session-id").unwrap().to_owned();
    let asked = |key: &NewKey| {
        let message = call(1, "echo", json!({ "message": "x" })).to_string();
        with(Ask::post("bare", message), key).with("mcp-session-id", &session)
    };
    assert_eq!(http.ask(&asked(&ann)).await.status, 200);
    // Another key is another principal, even of the same name.
    for foreign in [&bob, &other_key] {
        assert_eq!(http.ask(&asked(foreign)).await.status, 404);
        let listen = with(Ask::post("bare", Vec::new()).by("GET"), foreign).with("mcp-session-id", &session);
        assert_eq!(http.ask(&listen.with("last-event-id", "1-0")).await.status, 404);
        let end = with(Ask::post("bare", Vec::new()).by("DELETE"), foreign).with("mcp-session-id", &session);
        assert_eq!(http.ask(&end).await.status, 404);
    }
    assert_eq!(http.ask(&asked(&ann)).await.status, 200);
    let calls = rig.outcomes(2).await;
    assert!(calls.iter().all(|record| record.principal == "ann" && record.proof == "api-key"));
    assert_eq!(calls[0].details.issuer.as_deref(), Some(ann.id()));
    assert!(calls[0].details.client.is_some());
    rig.stop().await;
}

#[tokio::test]
async fn a_key_opens_its_servers_alone() {
    let rig = rig().await;
    let narrow = key(&rig, "ann", &["bare"]).await;
    let mut http = Http::open(rig.http).await;
    let hello = || initialize(LEGACY).to_string();
    assert_eq!(http.ask(&with(Ask::post("bare", hello()), &narrow)).await.status, 200);
    let other = http.ask(&with(Ask::post("other", hello()), &narrow)).await;
    let missing = http.ask(&with(Ask::post("missing", hello()), &narrow)).await;
    assert_eq!((other.status, missing.status), (404, 404));
    rig.stop().await;
}

#[tokio::test]
async fn what_is_no_key_is_nobodys() {
    let rig = rig().await;
    let good = key(&rig, "ann", &[]).await;
    let stranger = NewKey::generate().unwrap();
    let mut http = Http::open(rig.http).await;
    let hello = || Ask::post("bare", initialize(LEGACY).to_string());
    assert_eq!(http.ask(&with(hello(), &stranger)).await.status, 401);
    assert_eq!(http.ask(&with(hello(), &good)).await.status, 200);
    rig.stop().await;
}
