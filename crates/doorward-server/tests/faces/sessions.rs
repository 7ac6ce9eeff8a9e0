//! Sessions: whose they are, what is in flight in them, and how they end.

use serde_json::json;

use super::client::{Ask, Http, LEGACY, Session, call, denial, initialize, request};
use super::pipe::Pipe;
use super::rig::{Plan, Rig, eventually, heard};
use super::scripted::{ECHO, Reply, Scripted, answer, said};

async fn two() -> Rig {
    let plan = Plan::new().with_child("one", "bare-upstream", &["--stdio"]);
    plan.with_child("two", "bare-upstream", &["--stdio"]).start().await
}

async fn not_found(rig: &Rig, name: &str, ask: &Ask) {
    let answer = Http::open(rig.http).await.ask(ask).await;
    assert_eq!(answer.status, 404, "{name}: {}", answer.text());
    let message = answer.json();
    let (code, reference) = denial(&message);
    assert_eq!((code.as_str(), message.get("id")), ("DW1104", None), "{name}");
    let records = rig.exchange(&reference).await;
    assert_eq!((records.len(), records[0].code.as_deref()), (1, Some("DW1104")), "{name}");
}

#[tokio::test]
async fn only_the_session_itself_opens_the_session() {
    let rig = two().await;
    let session = Session::open(&rig, "one").await;
    let ping = request(1, "ping", json!({})).to_string();
    let last = if session.id.ends_with('A') { "B" } else { "A" };
    let edited = format!("{}{last}", &session.id[..session.id.len() - 1]);
    let shorter = session.id[..session.id.len() - 1].to_owned();
    let longer = format!("{}A", session.id);
    for id in ["", "x", "hostile-1", &edited, &shorter, &longer] {
        not_found(&rig, id, &Ask::legacy("one", id, ping.clone())).await;
        for method in ["GET", "DELETE"] {
            let ask = Ask::get("/s/one/mcp").by(method).with("mcp-session-id", id);
            not_found(&rig, &format!("{method} {id}"), &ask).await;
        }
    }
    not_found(&rig, "other server", &Ask::legacy("two", &session.id, ping.clone())).await;
    let delete = Ask::get("/s/two/mcp").by("DELETE").with("mcp-session-id", &session.id);
    not_found(&rig, "ended by way of the other server", &delete).await;
    assert_eq!(Http::open(rig.http).await.ask(&session.ask(ping.clone())).await.status, 200);
    let delete = Ask::get("/s/one/mcp").by("DELETE").with("mcp-session-id", &session.id);
    assert_eq!(Http::open(rig.http).await.ask(&delete).await.status, 204);
    not_found(&rig, "ended", &session.ask(ping)).await;
    rig.stop().await;
}

#[tokio::test]
async fn session_ids_are_random_and_say_nothing() {
    let upstream = Scripted::start(ECHO, |seen| Reply::Send(said(seen, "x"))).await;
    let rig = Plan::new().with_url("up", &upstream.url).start().await;
    let (first, second) = (Session::open(&rig, "up").await.id, Session::open(&rig, "up").await.id);
    assert_ne!(first, second);
    for id in [&first, &second] {
        assert_eq!(id.len(), 43, "256 bits in base64: {id}");
        assert!(!id.contains("upstream"), "{id}");
    }
    let shared = first.chars().zip(second.chars()).filter(|(one, other)| one == other).count();
    assert!(shared < 12, "{first} and {second} share {shared} characters");
    rig.stop().await;
}

#[tokio::test]
async fn a_version_header_of_the_other_era_does_not_fit_a_session() {
    let rig = two().await;
    let session = Session::open(&rig, "one").await;
    for version in ["2026-07-28", "1999-01-01", ""] {
        let ask = session.ask(request(1, "ping", json!({})).to_string());
        let ask = ask.without("mcp-protocol-version").with("mcp-protocol-version", version);
        let answer = Http::open(rig.http).await.ask(&ask).await;
        assert_eq!((answer.status, denial(&answer.json()).0.as_str()), (400, "DW1107"), "{version}");
    }
    // Gemini CLI sends none.
    let ask = session.ask(request(1, "ping", json!({})).to_string()).without("mcp-protocol-version");
    assert_eq!(Http::open(rig.http).await.ask(&ask).await.status, 200);
    rig.stop().await;
}

#[tokio::test]
async fn an_id_in_flight_is_not_taken_twice() {
    let rig = Plan::new().with_child("slow", "hostile-upstream", &["--stdio", "good"]).start().await;
    let slow = call(7, "echo", json!({ "message": "slow", "delayMs": 400 }));
    let session = Session::open(&rig, "slow").await;
    let mut first = Http::open(rig.http).await;
    first.write(&session.ask(slow.to_string()).bytes(rig.http)).await;
    rig.record(|record| record.action == "tools/call" && record.phase == "intent").await;
    let answer = Http::open(rig.http).await.ask(&session.ask(slow.to_string())).await;
    let message = answer.json();
    let (code, reference) = denial(&message);
    assert_eq!((answer.status, code.as_str(), &message["id"]), (200, "DW1016", &json!(7)));
    assert_eq!(message["error"]["code"], -32600);
    assert_eq!(rig.exchange(&reference).await.len(), 1);
    assert_eq!(first.answer().await.unwrap().json()["result"]["content"][0]["text"], "slow");

    let mut pipe = Pipe::session(&rig, "slow", LEGACY).await;
    pipe.say(slow.to_string()).await;
    let message = pipe.ask(slow.to_string()).await;
    assert_eq!((denial(&message).0.as_str(), &message["id"]), ("DW1016", &json!(7)));
    assert_eq!(pipe.next().await["result"]["content"][0]["text"], "slow");
    // Once answered, the id is free again.
    let again = pipe.ask(call(7, "echo", json!({ "message": "again" })).to_string()).await;
    assert_eq!(again["result"]["content"][0]["text"], "again");
    rig.stop().await;
}

#[tokio::test]
async fn progress_reaches_its_owner_alone() {
    let rig = Plan::new().with_child("fixture", "conformance-fixture", &["--stdio"]).start().await;
    let mut message = call(1, "test_tool_with_progress", json!({}));
    message["params"]["_meta"] = json!({ "progressToken": "same" });
    let (one, two) = (Session::open(&rig, "fixture").await, Session::open(&rig, "fixture").await);
    let run = |session: Session| {
        let (message, address) = (message.clone(), rig.http);
        async move {
            let mut http = Http::open(address).await;
            let head = http.begin(&session.ask(message.to_string())).await;
            assert_eq!(head.header("content-type"), Some("text/event-stream"));
            http.events().await
        }
    };
    let (one, two) = tokio::join!(run(one), run(two));
    for events in [one, two] {
        let events: Vec<_> = events.iter().map(|event| &event.data).filter(|data| !data.is_null()).collect();
        let progress: Vec<_> = events.iter().map(|data| data["params"]["progress"].as_f64()).collect();
        assert_eq!(progress, [Some(0.0), Some(50.0), Some(100.0), None], "{events:?}");
        assert!(events[..3].iter().all(|data| data["params"]["progressToken"] == "same"));
        assert_eq!(events[3]["id"], 1);
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_cancellation_ends_the_callers_own_call_alone() {
    let scratch = super::rig::Scratch::new();
    let log = scratch.path("heard");
    let rig = Plan::new().with_heard_child("slow", "hostile-upstream", "--stdio good", &log).start().await;
    let (mut one, mut two) = (Pipe::session(&rig, "slow", LEGACY).await, Pipe::session(&rig, "slow", LEGACY).await);
    one.say(call(5, "echo", json!({ "message": "one", "delayMs": 900 })).to_string()).await;
    two.say(call(5, "echo", json!({ "message": "two", "delayMs": 900 })).to_string()).await;
    let text = heard(&log, |text| text.contains("\"one\"") && text.contains("\"two\"")).await;
    let upstream_id = |said: &str| {
        let line = text.lines().find(|line| line.contains(said)).unwrap();
        serde_json::from_str::<serde_json::Value>(line).unwrap()["id"].clone()
    };
    let (first, second) = (upstream_id("\"one\""), upstream_id("\"two\""));
    assert_ne!(first, second, "one child must tell the two calls apart");
    let cancelled = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 5 } });
    one.say(cancelled.to_string()).await;
    let text = heard(&log, |text| text.contains("notifications/cancelled")).await;
    assert_eq!(two.next().await["result"]["content"][0]["text"], "two");
    let told: Vec<_> = text.lines().filter(|line| line.contains("notifications/cancelled")).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(serde_json::from_str::<serde_json::Value>(told[0]).unwrap()["params"]["requestId"], first);
    // A cancelled call is not answered; the next line belongs to what was asked next.
    assert_eq!(one.ask(request(6, "ping", json!({})).to_string()).await["id"], 6);
    let outcomes = rig.outcomes(2).await;
    let cancelled = outcomes.iter().filter(|record| record.code.as_deref() == Some("DW1502")).count();
    assert_eq!((outcomes.len(), cancelled), (2, 1), "{outcomes:?}");
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn an_expired_session_of_the_server_ends_ours_and_a_new_one_works() {
    let calls = std::sync::atomic::AtomicUsize::new(0);
    let upstream = Scripted::start(ECHO, move |seen| match calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
        1 => Reply::Send(answer("404 Not Found", "", b"")),
        _ => Reply::Send(said(seen, "well")),
    })
    .await;
    let rig = Plan::new().with_url("up", &upstream.url).start().await;
    let mut session = Session::open(&rig, "up").await;
    let echo = call(1, "echo", json!({ "message": "x" }));
    assert_eq!(session.call(&echo).await["result"]["content"][0]["text"], "well");
    let answer = session.post(echo.to_string()).await;
    assert_eq!((answer.status, denial(&answer.json()).0.as_str()), (404, "DW1104"));
    assert_eq!(session.post(echo.to_string()).await.status, 404, "the session is over");
    let mut anew = Session::open(&rig, "up").await;
    assert_eq!(anew.call(&echo).await["result"]["content"][0]["text"], "well");
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn a_refused_initialize_leaves_no_session() {
    let rig = Plan::new().with_command("dead", vec!["/nonexistent/program".into()]).start().await;
    let answer = Http::open(rig.http).await.ask(&Ask::post("dead", initialize(LEGACY).to_string())).await;
    assert_eq!((answer.status, answer.header("mcp-session-id")), (200, None));
    let message = answer.json();
    assert_eq!((denial(&message).0.as_str(), &message["id"]), ("DW1401", &json!(0)));
    eventually("no session", || async { rig.metrics().await.contains("doorward_sessions 0").then_some(()) }).await;
    rig.stop().await;
}
