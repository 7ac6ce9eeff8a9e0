//! Limits, from outside: one meter for a rule and its keys, whatever the way and the words of a call.

use std::time::Duration;

use doorward_policy::Preset;
use serde_json::{Value, json};

use super::client::{Session, ask_modern, call, denial};
use super::peer::{Act, Peer};
use super::pipe::Pipe;
use super::rig::{Plan, Rig, eventually};

const LEGACY: &str = "2025-11-25";

async fn limited(peer: &Peer, policy: &str) -> Rig {
    Plan::new().with_policy(Preset::Observe, &[policy]).with_url("one", &peer.url).start().await
}

/// The code of a refusal, or `ok`.
fn told(message: &Value) -> String {
    if message["result"]["isError"] == true { denial(message).0 } else { "ok".to_owned() }
}

#[tokio::test]
async fn every_way_and_era_shares_one_meter() {
    let peer = Peer::start(|_| None).await;
    let rule =
        r#"@id("four") @limit("4 per hour, by server") permit (principal, action == Action::"one/echo", resource);"#;
    let rig = limited(&peer, rule).await;
    let mut session = Session::open(&rig, "one").await;
    let mut joint = Session::open(&rig, "/").await;
    let mut pipe = Pipe::session(&rig, "one", LEGACY).await;
    assert_eq!(told(&session.call(&call(1, "echo", json!({ "message": "a" }))).await), "ok");
    assert_eq!(told(&joint.call(&call(1, "one__echo", json!({ "message": "b" }))).await), "ok");
    assert_eq!(told(&pipe.ask(call(1, "echo", json!({ "message": "c" })).to_string()).await), "ok");
    assert_eq!(told(&ask_modern(&rig, "one", call(1, "echo", json!({ "message": "d" }))).await.json()), "ok");
    let refused = [
        session.call(&call(2, "echo", json!({ "message": "e" }))).await,
        joint.call(&call(2, "one__echo", json!({ "message": "f" }))).await,
        pipe.ask(call(2, "echo", json!({ "message": "g" })).to_string()).await,
        ask_modern(&rig, "/", call(2, "one__echo", json!({ "message": "h" }))).await.json(),
    ];
    for message in refused {
        let parts = &message["result"]["_meta"]["dev.doorward/denial"];
        assert_eq!((&parts["code"], &parts["rule"]), (&json!("DW1209"), &json!("four")), "{message}");
        let seconds = parts["retryAfterSeconds"].as_u64().unwrap();
        assert!((880..=900).contains(&seconds), "a quarter of an hour: {message}");
        let text = message["result"]["content"][0]["text"].as_str().unwrap();
        assert!(text.contains(&format!("allowed in {seconds} s")), "{text}");
        let records = rig.exchange(parts["reference"].as_str().unwrap()).await;
        assert!(records[0].rules.iter().any(|rule| rule == "four"), "{records:?}");
    }
    assert_eq!(peer.asked("tools/call").len(), 4);
    // What is used up is still offered.
    let list = session.call(&super::client::request(9, "tools/list", json!({}))).await;
    assert_eq!(list["result"]["tools"][0]["name"], "echo", "{list}");
    rig.stop().await;
}

#[tokio::test]
async fn each_value_of_an_argument_has_its_own() {
    let peer = Peer::start(|_| None).await;
    let rule = r#"@id("each") @limit("1 per hour, by argument message") permit (principal, action == Action::"one/echo", resource);"#;
    let rig = limited(&peer, rule).await;
    let mut session = Session::open(&rig, "one").await;
    for (id, (message, expected)) in [
        (json!("a"), "ok"),
        (json!("b"), "ok"),
        (json!("a"), "DW1209"),
        (json!(["a"]), "DW1210"),
        (json!({}), "DW1210"),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = session.call(&call(id + 1, "echo", json!({ "message": message }))).await;
        assert_eq!(told(&answer), expected, "{message}: {answer}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn only_so_many_at_once_and_every_place_comes_back() {
    let late = |message: &Value| {
        let result = json!({ "content": [{ "type": "text", "text": "late" }] });
        (message["method"] == "tools/call" && message["params"]["arguments"]["message"] == "slow")
            .then(|| Act::Late(Duration::from_millis(400), result))
    };
    let peer = Peer::start(late).await;
    let rule =
        r#"@id("two") @limit("2 at once, by everyone") permit (principal, action == Action::"one/echo", resource);"#;
    let rig = limited(&peer, rule).await;
    // Learned before, so that none of those below waits for a listing.
    assert_eq!(told(&ask_modern(&rig, "one", call(1, "echo", json!({ "message": "quick" }))).await.json()), "ok");
    for _ in 0..2 {
        let slow =
            || async { told(&ask_modern(&rig, "one", call(1, "echo", json!({ "message": "slow" }))).await.json()) };
        let mut all: Vec<String> = {
            let (a, b, c, d) = tokio::join!(slow(), slow(), slow(), slow());
            vec![a, b, c, d]
        };
        all.sort();
        assert_eq!(all, ["DW1209", "DW1209", "ok", "ok"]);
    }
    // A client that goes takes no place along.
    for _ in 0..2 {
        let mut gone = super::client::Http::open(rig.http).await;
        let ask =
            super::client::Ask::modern("one", &super::client::modern(call(1, "echo", json!({ "message": "slow" }))));
        let before = peer.asked("tools/call").len();
        gone.write(&ask.bytes(rig.http)).await;
        eventually("the call at the server", || async { (peer.asked("tools/call").len() > before).then_some(()) })
            .await;
        drop(gone);
    }
    eventually("two free places", || async {
        let quick =
            || async { told(&ask_modern(&rig, "one", call(1, "echo", json!({ "message": "slow" }))).await.json()) };
        let (a, b) = tokio::join!(quick(), quick());
        (a == "ok" && b == "ok").then_some(())
    })
    .await;
    rig.stop().await;
}

#[tokio::test]
async fn a_rule_may_look_back_at_what_happened() {
    let peer = Peer::start(|_| None).await;
    let rule = r#"@id("thrice") forbid (principal, action == Action::"one/echo", resource) when { context.counts.echoes >= 3 };"#;
    let mut plan = Plan::new().with_policy(Preset::Observe, &[rule]).with_url("one", &peer.url);
    let echoes = doorward_core::history::Counter {
        name: "echoes".into(),
        count: doorward_core::history::Happened::Allowed,
        of: doorward_core::history::Of::Tool(doorward_core::ids::ServerId::parse("one").unwrap(), "echo".into()),
        within: Duration::from_secs(3600),
        by: vec![doorward_core::history::By::User],
    };
    plan.config.policy.inputs.counters.insert("echoes".into());
    plan.config.policy.inputs.counted.push(echoes);
    let rig = plan.start().await;
    let mut session = Session::open(&rig, "one").await;
    let mut told_all = Vec::new();
    for id in 1..=4 {
        told_all.push(told(&session.call(&call(id, "echo", json!({ "message": "a" }))).await));
    }
    assert_eq!(told_all, ["ok", "ok", "ok", "DW1202"]);
    rig.stop().await;
}
