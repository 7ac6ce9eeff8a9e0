//! Event streams: progress on the way, resumption, listening, cancelling by closing, keeping alive.

use std::time::Duration;

use doorward_server::limits::KEEP_ALIVE;
use doorward_testkit::{fixture, net};
use serde_json::{Value, json};

use super::client::{Ask, Event, Http, Session, call, modern, request};
use super::rig::{Plan, Rig, eventually, soon};
use super::scripted::{ECHO, Reply, Scripted, stream_with};

/// The fixture over HTTP and on pipes.
async fn fixtures() -> Rig {
    let listener = net::listen(0).await.unwrap();
    let url = format!("http://{}{}", listener.local_addr().unwrap(), fixture::HTTP_PATH);
    tokio::spawn(fixture::serve_http(listener));
    Plan::new().with_url("http", &url).with_child("child", "conformance-fixture", &["--stdio"]).start().await
}

fn with_progress(id: u64) -> Value {
    let mut message = call(id, "test_tool_with_progress", json!({}));
    message["params"]["_meta"] = json!({ "progressToken": "t" });
    message
}

fn told(events: &[Event]) -> Vec<&Value> {
    events.iter().map(|event| &event.data).filter(|data| !data.is_null()).collect()
}

#[tokio::test]
async fn progress_comes_before_the_answer_in_both_eras() {
    let rig = fixtures().await;
    for server in ["http", "child"] {
        let session = Session::open(&rig, server).await;
        let asks = [session.ask(with_progress(3).to_string()), Ask::modern(server, &modern(with_progress(3)))];
        for ask in asks {
            let mut http = Http::open(rig.http).await;
            let head = http.begin(&ask).await;
            assert_eq!((head.status, head.header("content-type")), (200, Some("text/event-stream")), "{server}");
            assert_eq!(head.header("x-accel-buffering"), Some("no"));
            let first = soon(http.event()).await.unwrap();
            let rest = http.events().await;
            let events: Vec<Event> = std::iter::once(first).chain(rest).collect();
            let told = told(&events);
            assert_eq!(told.len(), 4, "{server}: {told:?}");
            assert!(told[..3].iter().all(|data| data["params"]["progressToken"] == "t"), "{told:?}");
            assert_eq!((&told[3]["id"], told[3]["result"].is_object()), (&json!(3), true));
        }
    }
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn a_cut_stream_is_taken_up_where_it_broke() {
    let rig = fixtures().await;
    let session = Session::open(&rig, "child").await;
    let mut http = Http::open(rig.http).await;
    http.begin(&session.ask(with_progress(3).to_string())).await;
    let mut seen = Vec::new();
    while told(&seen).is_empty() {
        seen.push(soon(http.event()).await.unwrap());
    }
    drop(http);
    let last = seen.last().unwrap().id.clone().expect("an event id");
    let resume = |last: &str| Ask::get("/s/child/mcp").with("mcp-session-id", &session.id).with("last-event-id", last);
    let mut http = Http::open(rig.http).await;
    http.begin(&resume(&last)).await;
    let rest = http.events().await;
    let all: Vec<_> = told(&seen).into_iter().chain(told(&rest)).collect();
    assert_eq!(all.len(), 4, "nothing is lost and nothing comes twice: {all:?}");
    assert_eq!(all[3]["id"], 3);
    // After the end it can be read again; the answer was never an exchange of its own.
    let mut http = Http::open(rig.http).await;
    http.begin(&resume(&last)).await;
    assert_eq!(told(&http.events().await), told(&rest));
    // A lost connection is no cancellation in this era.
    let outcomes = rig.outcomes(1).await;
    assert_eq!((outcomes.len(), outcomes[0].disposition.as_str()), (1, "answer"));
    rig.stop().await;
}

#[tokio::test]
async fn events_of_one_session_are_not_anothers() {
    let rig = fixtures().await;
    let (mine, other) = (Session::open(&rig, "child").await, Session::open(&rig, "child").await);
    let mut http = Http::open(rig.http).await;
    http.begin(&mine.ask(with_progress(3).to_string())).await;
    let events = http.events().await;
    let last = events[0].id.clone().unwrap();
    let steal = Ask::get("/s/child/mcp").with("mcp-session-id", &other.id).with("last-event-id", &last);
    let mut http = Http::open(rig.http).await;
    http.begin(&steal).await;
    let silence = tokio::time::timeout(Duration::from_millis(100), http.event()).await;
    assert!(silence.is_err(), "{silence:?}");
    rig.stop().await;
}

#[tokio::test]
async fn a_listener_hears_of_changes_until_the_session_ends() {
    let rig = fixtures().await;
    for server in ["http", "child"] {
        let mut session = Session::open(&rig, server).await;
        let mut listening = session.listen(&rig).await;
        // Over HTTP the gateway's own listening stream to the server may not stand yet.
        let trigger = session.ask(call(1, "test_trigger_tool_change", json!({})).to_string());
        let mut changed = None;
        for _ in 0..20 {
            Http::open(rig.http).await.ask(&trigger).await;
            changed = tokio::time::timeout(Duration::from_millis(500), listening.event()).await.ok().flatten();
            if changed.is_some() {
                break;
            }
        }
        let changed = changed.expect("a change");
        assert_eq!(changed.data["method"], "notifications/tools/list_changed", "{server}");
        assert!(changed.id.is_some());
        let end = session.ask(Vec::new()).by("DELETE");
        assert_eq!(session.http.ask(&end).await.status, 204);
        listening.events().await;
        assert_eq!(session.post(request(2, "ping", json!({})).to_string()).await.status, 404);
    }
    rig.stop().await;
}

fn progress_of(seen: &super::scripted::Seen) -> Value {
    let token = seen.json().pointer("/params/_meta/progressToken").cloned().unwrap_or_default();
    json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": { "progressToken": token, "progress": 1 } })
}

fn asking() -> Value {
    let mut message = call(3, "echo", json!({ "message": "x" }));
    message["params"]["_meta"] = json!({ "progressToken": "t" });
    message
}

#[tokio::test]
async fn a_stateless_client_cancels_by_closing() {
    let upstream = Scripted::start(ECHO, |seen| Reply::Hold(stream_with(&progress_of(seen)))).await;
    let silent = Scripted::start(ECHO, |_| Reply::Hold(Vec::new())).await;
    let rig = Plan::new().with_url("up", &upstream.url).with_url("silent", &silent.url).start().await;
    // In the middle of a stream.
    let mut http = Http::open(rig.http).await;
    http.begin(&Ask::modern("up", &modern(asking()))).await;
    assert_eq!(soon(http.event()).await.unwrap().data["params"]["progress"], 1);
    assert_eq!(upstream.abandoned(), 0);
    let closed = std::time::Instant::now();
    drop(http);
    eventually("the server is let go", || async { (upstream.abandoned() == 1).then_some(()) }).await;
    assert!(closed.elapsed() < KEEP_ALIVE / 3, "noticed only when there was something to send");
    // Before there is any answer.
    let mut http = Http::open(rig.http).await;
    http.write(&Ask::modern("silent", &modern(asking())).bytes(rig.http)).await;
    eventually("the call", || async { (silent.calls().len() == 1).then_some(()) }).await;
    drop(http);
    eventually("the server is let go", || async { (silent.abandoned() == 1).then_some(()) }).await;
    let outcomes = rig.outcomes(2).await;
    for outcome in &outcomes {
        assert_eq!((outcome.code.as_deref(), outcome.disposition.as_str()), (Some("DW1502"), "fail"), "{outcomes:?}");
    }
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn a_stateless_client_that_closes_cancels_at_a_child() {
    let scratch = super::rig::Scratch::new();
    let log = scratch.path("heard");
    let rig = Plan::new().with_heard_child("slow", "hostile-upstream", "--stdio good", &log).start().await;
    let mut http = Http::open(rig.http).await;
    let slow = call(3, "echo", json!({ "message": "slow", "delayMs": 5000 }));
    http.write(&Ask::modern("slow", &modern(slow)).bytes(rig.http)).await;
    super::rig::heard(&log, |text| text.contains("\"slow\"")).await;
    drop(http);
    super::rig::heard(&log, |text| text.contains("notifications/cancelled")).await;
    let outcomes = rig.outcomes(1).await;
    assert_eq!(outcomes[0].code.as_deref(), Some("DW1502"), "{outcomes:?}");
    rig.stop().await;
}

#[tokio::test]
async fn a_slow_answer_becomes_a_stream_and_is_kept_alive() {
    let upstream = Scripted::start(ECHO, |_| Reply::Hold(Vec::new())).await;
    let rig = Plan::new().with_url("up", &upstream.url).with_silence(Duration::from_secs(300)).start().await;
    let session = Session::open(&rig, "up").await;
    for ask in [session.ask(asking().to_string()), Ask::modern("up", &modern(asking()))] {
        let before = upstream.calls().len();
        let mut http = Http::open(rig.http).await;
        http.write(&ask.bytes(rig.http)).await;
        eventually("the call", || async { (upstream.calls().len() > before).then_some(()) }).await;
        // With the clock stopped, waiting moves it to the next thing that is due.
        tokio::time::pause();
        let head = http.head().await.unwrap();
        assert_eq!((head.status, head.header("content-type")), (200, Some("text/event-stream")));
        let mut events = vec![http.event().await.unwrap()];
        while !events.last().unwrap().comment {
            events.push(http.event().await.unwrap());
        }
        tokio::time::resume();
        assert_eq!(told(&events), Vec::<&Value>::new());
    }
    rig.stop().await;
}
