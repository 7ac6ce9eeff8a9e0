//! Stopping in good order, and changing policy while running.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use doorward_policy::Preset;
use doorward_server::config::{Config, ConfigErrors, Request, Surroundings, load};
use doorward_server::lifecycle;
use serde_json::json;

use super::client::{Ask, Http, Session, call, denial, modern};
use super::rig::{Plan, eventually, policy, soon};

#[tokio::test]
async fn what_is_in_flight_is_finished() {
    let mut rig = Plan::new().with_child("slow", "hostile-upstream", &["--stdio", "good"]).start().await;
    let slow = call(3, "echo", json!({ "message": "done", "delayMs": 600 }));
    let session = Session::open(&rig, "slow").await;
    let mut listening = session.listen(&rig).await;
    let (mut legacy, mut stateless) = (Http::open(rig.http).await, Http::open(rig.http).await);
    legacy.write(&session.ask(slow.to_string()).bytes(rig.http)).await;
    stateless.write(&Ask::modern("slow", &modern(slow)).bytes(rig.http)).await;
    eventually("both calls", || async {
        let records = rig.records().await;
        (records.iter().filter(|record| record.action == "tools/call").count() == 2).then_some(())
    })
    .await;
    let (gateway, http) = (rig.gateway.clone(), rig.http);
    let stopping = tokio::spawn(rig.serving.take().unwrap().stop());
    for (name, client) in [("stateless", &mut stateless), ("legacy", &mut legacy)] {
        let answer = soon(client.answer()).await.unwrap_or_else(|| panic!("{name}: no answer"));
        assert_eq!(answer.json()["result"]["content"][0]["text"], "done", "{name}");
    }
    listening.events().await;
    let began = Instant::now();
    soon(stopping).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert!(tokio::net::TcpStream::connect(http).await.is_err(), "nobody listens any more");
    assert!(gateway.store().append(record_of_nothing()).is_err(), "the store is closed");
}

fn record_of_nothing() -> doorward_core::record::Record {
    use doorward_core::record::{Disposition, Phase, Record};
    Record {
        at: doorward_core::time::Timestamp::from_micros(1),
        exchange: doorward_core::ids::ExchangeId::from_parts(1, 1),
        phase: Phase::Outcome,
        disposition: Disposition::Refuse,
        principal: doorward_core::principal::Principal::new("x", doorward_core::principal::Proof::None),
        revision: None,
        face: "http",
        origin: None,
        client: None,
        direction: "to-server",
        server: None,
        action: "x".into(),
        resource: None,
        arguments_digest: None,
        code: None,
        rules: Vec::new(),
        reasons: Vec::new(),
        findings: Vec::new(),
        flow: None,
        request_bytes: 0,
        answer_bytes: 0,
        elapsed_micros: 0,
        upstream_micros: 0,
    }
}

/// Errors as a broken file makes them.
fn errors() -> ConfigErrors {
    let surroundings = Surroundings {
        variables: std::collections::BTreeMap::new(),
        directory: std::env::temp_dir(),
        system: "/nonexistent".into(),
    };
    let request = Request { file: Some("/nonexistent/doorward.toml".into()), overrides: Vec::new() };
    load(&request, &surroundings).expect_err("no such file")
}

#[tokio::test]
async fn a_reload_changes_everything_or_nothing() {
    let mut plan = Plan::new().with_child("bare", "bare-upstream", &["--stdio"]);
    let file = plan.scratch().path("doorward.toml");
    std::fs::write(&file, "0").unwrap();
    plan.config.files = vec![file.clone()];
    let before = plan.config.clone();
    let next: Arc<Mutex<Result<Config, ConfigErrors>>> = Arc::new(Mutex::new(Ok(before.clone())));
    let attempts = Arc::new(Mutex::new(0));
    let reload = {
        let (next, attempts) = (next.clone(), attempts.clone());
        Box::new(move || {
            *attempts.lock().unwrap() += 1;
            next.lock().unwrap().clone()
        })
    };
    let mut rig = plan.start_with(reload).await;
    let serving = rig.serving.take().unwrap();
    let waiting = tokio::spawn(lifecycle::Serving::wait(serving));
    let mut session = Session::open(&rig, "bare").await;
    let echo = call(1, "echo", json!({ "message": "x" }));
    assert_eq!(session.call(&echo).await["result"].get("isError"), None);
    let change = |config: Result<Config, ConfigErrors>| {
        *next.lock().unwrap() = config;
        let done = *attempts.lock().unwrap();
        std::fs::write(&file, done.to_string()).unwrap();
        let attempts = &attempts;
        async move { eventually("a reload", || async { (*attempts.lock().unwrap() > done).then_some(()) }).await }
    };
    let generation = || rig.gateway.view().generation;

    change(Ok(Config { policy: policy(Preset::Locked, &[]), ..before.clone() })).await;
    eventually("the new policy", || async { (generation() == 2).then_some(()) }).await;
    assert_eq!(denial(&session.call(&echo).await).0, "DW1201", "an open session is judged by the new policy");

    let unreadable =
        Config { policy: policy(Preset::Observe, &["permit (nonsense"]), servers: Vec::new(), ..before.clone() };
    for spoilt in [Err(errors()), Ok(unreadable)] {
        change(spoilt).await;
        // What follows a failed attempt in the same task shows that it is over.
        let metrics = rig.metrics().await;
        assert!(metrics.contains("doorward_config_generation 2"), "{metrics}");
        assert_eq!(denial(&session.call(&echo).await).0, "DW1201");
    }
    change(Ok(Config { servers: Vec::new(), ..before.clone() })).await;
    eventually("the servers go", || async { (generation() == 3).then_some(()) }).await;
    let gone = Http::open(rig.http).await.ask(&Ask::post("bare", echo.to_string())).await;
    assert_eq!((gone.status, denial(&gone.json()).0.as_str()), (404, "DW1105"));
    waiting.abort();
}
