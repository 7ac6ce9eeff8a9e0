//! Nothing is done that is not recorded: strict stores, full ones, and what a record never holds.

use std::sync::Arc;
use std::time::Duration;

use doorward_store::{Durability, Filter};
use serde_json::json;

use super::client::{Ask, Http, Session, ask_modern, call, denial, modern};
use super::rig::Plan;
use super::scripted::{ECHO, Reply, Scripted, said};

#[tokio::test]
async fn a_strict_record_is_there_before_the_answer() {
    let mut plan = Plan::new().with_child("bare", "bare-upstream", &["--stdio"]);
    plan.config.store.durability = Durability::Strict;
    let rig = plan.start().await;
    let mut session = Session::open(&rig, "bare").await;
    let mut seen = 0;
    for number in 0..5 {
        session.call(&call(number, "echo", json!({ "message": "x" }))).await;
        let all = rig.gateway.store().query(&Filter { limit: 1000, ..Filter::default() }).await.unwrap();
        let calls: Vec<_> = all.iter().filter(|record| record.action == "tools/call").collect();
        assert_eq!(calls.len(), seen + 2, "intent and outcome are on the disk by now");
        seen = calls.len();
    }
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn a_full_store_refuses_and_nothing_reaches_the_server() {
    let upstream = Scripted::start(ECHO, |seen| Reply::Send(said(seen, "x"))).await;
    let mut plan = Plan::new().with_url("up", &upstream.url);
    plan.config.store.durability = Durability::Strict;
    plan.config.store.max_pages = Some(40);
    let rig = plan.start().await;
    let mut session = Session::open(&rig, "up").await;
    let echo = call(1, "echo", json!({ "message": "x" }));
    let mut answered = 0;
    let refused = loop {
        let message = session.call(&echo).await;
        if message["result"]["isError"] == true {
            break message;
        }
        answered += 1;
        assert!(answered < 2000, "the store never fills");
    };
    assert!(answered > 0);
    assert_eq!(denial(&refused).0, "DW1301", "{refused}");
    let forwarded = upstream.calls().len();
    // The call whose outcome did not fit was forwarded; nothing is forwarded after it.
    assert!(forwarded <= answered + 1, "{forwarded} calls for {answered} answers");
    for _ in 0..5 {
        assert_eq!(denial(&session.call(&echo).await).0, "DW1301");
        let modern = ask_modern(&rig, "up", echo.clone()).await;
        assert_eq!((modern.status, denial(&modern.json()).0.as_str()), (200, "DW1301"));
    }
    assert_eq!(upstream.calls().len(), forwarded, "a call that could not be recorded reached the server");
    let metrics = rig.metrics().await;
    assert!(metrics.contains("doorward_store_up 0"), "{metrics}");
    rig.stop().await;
}

#[tokio::test]
async fn records_tell_everything_but_the_payload() {
    let rig = Plan::new().with_child("bare", "bare-upstream", &["--stdio"]).start().await;
    let mut session = Session::open(&rig, "bare").await;
    session.call(&call(1, "echo", json!({ "message": "s3cret" }))).await;
    let outcome = Arc::new(rig.outcomes(1).await.remove(0));
    let told = (outcome.server.as_deref(), outcome.resource.as_deref(), outcome.revision.as_deref());
    assert_eq!(told, (Some("bare"), Some("echo"), Some("2025-11-25")));
    assert_eq!((outcome.principal.as_str(), outcome.disposition.as_str()), ("local", "answer"));
    assert_eq!(outcome.arguments_digest.as_ref().map(String::len), Some(64));
    assert!(outcome.request_bytes > 0 && outcome.answer_bytes > 0 && outcome.elapsed_micros >= outcome.upstream_micros);
    let all = format!("{:?}", rig.records().await);
    assert!(!all.contains("s3cret"), "{all}");
    rig.stop().await;
}

#[tokio::test]
async fn a_client_that_goes_while_the_disk_is_written_leaves_an_outcome() {
    let mut plan = Plan::new().with_child("well", "bare-upstream", &["--stdio"]);
    plan.config.store.durability = Durability::Strict;
    let rig = plan.start().await;
    let asked = modern(call(1, "echo", json!({"message": "hi"})));
    assert_eq!(ask_modern(&rig, "well", asked.clone()).await.status, 200);
    let ask = Ask::modern("well", &asked);
    for pause in (0..400_u64).map(|round| Duration::from_micros(round % 40 * 50)) {
        let mut client = Http::open(rig.http).await;
        client.write(&ask.bytes(rig.http)).await;
        // The moment at which the client goes is what differs from one round to the next.
        tokio::time::sleep(pause).await;
    }
    rig.check_outcomes().await;
    rig.stop().await;
}
