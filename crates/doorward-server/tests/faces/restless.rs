//! Servers whose tools change at every look: they cost their own clients time, and nobody else.

use std::sync::Arc;
use std::time::{Duration, Instant};

use doorward_server::limits::{REFIT_AFTER, REFITS_AT_ONCE_MAX};
use serde_json::{Value, json};

use super::client::{Session, call};
use super::rig::{Plan, Rig, soon};
use super::scripted::{ECHO, Reply, Scripted, said};

/// How long the calm server's clients may wait meanwhile, on a busy machine. Loading the policy for [`restless`] on the
/// threads that serve takes more than twice as long.
const UNMOVED: Duration = Duration::from_millis(800);

/// A list near the limit of what policy types, which tells something new each time.
fn restless() -> String {
    let properties: serde_json::Map<String, Value> =
        (0..48).map(|number| (format!("p{number}"), json!({ "type": "string" }))).collect();
    let tools: Vec<Value> = (0..400)
        .map(|number| {
            let schema = json!({ "type": "object", "properties": properties });
            json!({ "name": format!("t{number}"), "description": "@turn", "inputSchema": schema })
        })
        .chain([json!({ "name": "new@turn", "inputSchema": { "type": "object" } })])
        .collect();
    format!(r#""tools":{}"#, json!(tools))
}

async fn list(rig: Arc<Rig>, until: Instant) -> u32 {
    let mut session = Session::open(&rig, "restless").await;
    let mut lists = 0;
    while Instant::now() < until {
        let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
        let answer = soon(session.call(&list)).await;
        assert!(answer["result"]["tools"].is_array(), "{answer}");
        lists += 1;
    }
    lists
}

/// One thread serves, so that whatever holds it up is seen.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_server_that_changes_at_every_look_holds_up_nobody_else() {
    let restless = Scripted::start(&restless(), |seen| Reply::Send(said(seen, "restless"))).await;
    let calm = Scripted::start(ECHO, |seen| Reply::Send(said(seen, "calm"))).await;
    let rig = Arc::new(Plan::new().with_url("restless", &restless.url).with_url("calm", &calm.url).start().await);
    let mut session = Session::open(&rig, "calm").await;
    let echo = call(1, "echo", json!({ "message": "calm" }));
    soon(session.call(&echo)).await;
    let span = REFIT_AFTER * 3;
    let until = Instant::now() + span;
    let lists = [tokio::spawn(list(rig.clone(), until)), tokio::spawn(list(rig.clone(), until))];
    let (mut longest, mut calls) = (Duration::ZERO, 0_u32);
    while Instant::now() < until {
        let began = Instant::now();
        let answer = soon(session.call(&echo)).await;
        longest = longest.max(began.elapsed());
        calls += 1;
        assert_eq!(answer["result"]["content"][0]["text"], "calm", "{answer}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut listed = 0;
    for lists in lists {
        listed += soon(lists).await.unwrap();
    }
    assert!(longest < UNMOVED, "{longest:?} in {calls} calls, {listed} lists");
    // Each look waits for one loading, and one loading may serve both who look.
    assert!((1..=2 * (REFITS_AT_ONCE_MAX + 5)).contains(&listed), "{listed} lists");
}
