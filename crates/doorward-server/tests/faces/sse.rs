//! HTTP+SSE, the transport of 2024-11-05: clients that have no other, and servers that have no other.

use std::sync::Arc;

use doorward_core::limits::IN_FLIGHT_MAX;
use doorward_mcp::limits::Limits;
use doorward_policy::Preset;
use doorward_server::config::{Transport, Way};
use doorward_server::downstream::http::{Gate, HttpFace, Stop, serve};
use doorward_server::identity::Identity;
use doorward_testkit::{fixture, net};
use serde_json::{Value, json};

use super::client::{Ask, Http, LEGACY, Session, SseClient, call, denial, initialize, request};
use super::rig::{Plan, Rig, Scratch, eventually, heard};
use super::scripted::{ECHO, Reply, Scripted, answer, said};

async fn slow() -> Rig {
    Plan::new().with_child("slow", "hostile-upstream", &["--stdio", "good"]).start().await
}

fn echo(id: u64, message: &str, delay: u64) -> Value {
    call(id, "echo", json!({ "message": message, "delayMs": delay }))
}

fn text(answer: &Value) -> &Value {
    &answer["result"]["content"][0]["text"]
}

async fn serve_fixture_over_sse() -> String {
    let listener = net::listen(0).await.unwrap();
    let url = format!("http://{}{}", listener.local_addr().unwrap(), fixture::SSE_PATH);
    tokio::spawn(fixture::serve_sse(listener));
    url
}

async fn no_sessions(rig: &Rig) {
    eventually("no session", || async { rig.metrics().await.contains("doorward_sessions 0").then_some(()) }).await;
}

#[tokio::test]
async fn a_client_speaks_from_handshake_to_end_in_every_revision_before_2026() {
    let rig = Plan::new().with_child("fixture", "conformance-fixture", &["--stdio"]).start().await;
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let mut client = SseClient::open(&rig, "fixture").await;
        assert!(client.place.starts_with("/s/fixture/sse?session="), "{}", client.place);
        let opened = client.handshake(version).await;
        assert_eq!(opened["result"]["protocolVersion"], version);
        let tools = client.ask(&request(1, "tools/list", json!({}))).await;
        assert!(!tools["result"]["tools"].as_array().unwrap().is_empty());
        let answer = client.ask(&call("two", "test_simple_text", json!({}))).await;
        assert_eq!((&answer["id"], answer["result"]["content"][0]["type"].as_str()), (&json!("two"), Some("text")));
    }
    no_sessions(&rig).await;
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn what_is_said_during_a_call_comes_on_the_same_stream() {
    let rig = Plan::new().with_child("fixture", "conformance-fixture", &["--stdio"]).start().await;
    let mut client = SseClient::open(&rig, "fixture").await;
    let mut hello = initialize(LEGACY);
    hello["params"]["capabilities"] = json!({ "sampling": {} });
    client.ask(&hello).await;
    client.post(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
    let mut progress = call(3, "test_tool_with_progress", json!({}));
    progress["params"]["_meta"] = json!({ "progressToken": "mine" });
    assert_eq!(client.post(&progress).await.status, 202);
    for expected in [0.0, 50.0, 100.0] {
        let said = client.next().await;
        assert_eq!((&said["params"]["progress"], &said["params"]["progressToken"]), (&json!(expected), &json!("mine")));
    }
    assert_eq!(client.next().await["id"], 3);
    let question = client.ask(&call(4, "test_sampling", json!({ "prompt": "hello" }))).await;
    assert_eq!(question["method"], "sampling/createMessage");
    let content = json!({ "type": "text", "text": "from the client" });
    let result = json!({ "role": "assistant", "content": content, "model": "m" });
    let answer = client.ask(&json!({ "jsonrpc": "2.0", "id": question["id"], "result": result })).await;
    assert!(answer["id"] == 4 && answer.to_string().contains("from the client"), "{answer}");
    rig.stop().await;
}

#[tokio::test]
async fn every_pair_of_transports_works() {
    let http = Scripted::start(ECHO, |seen| Reply::Send(said(seen, "over http"))).await;
    let sse = serve_fixture_over_sse().await;
    let way = |transport| Way::Http { url: sse.clone(), headers: Vec::new(), transport };
    let rig = Plan::new()
        .with_child("pipe", "conformance-fixture", &["--stdio"])
        .with_url("http", &http.url)
        .with_way("sse-auto", way(Transport::Auto))
        .with_way("sse", way(Transport::Sse))
        .start()
        .await;
    for (server, tool) in
        [("pipe", "test_simple_text"), ("http", "echo"), ("sse-auto", "test_simple_text"), ("sse", "test_simple_text")]
    {
        for _ in 0..2 {
            let message = call(5, tool, json!({}));
            let mut client = SseClient::session(&rig, server, LEGACY).await;
            assert!(text(&client.ask(&message).await).is_string(), "{server}");
            let mut client = Session::open(&rig, server).await;
            assert!(text(&client.call(&message).await).is_string(), "{server}");
        }
    }
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn only_streamable_http_is_spoken_where_that_is_configured() {
    let url = serve_fixture_over_sse().await;
    let way = Way::Http { url, headers: Vec::new(), transport: Transport::Http };
    let rig = Plan::new().with_way("http", way).start().await;
    let answer = Http::open(rig.http).await.ask(&Ask::post("http", initialize(LEGACY).to_string())).await;
    assert_eq!(denial(&answer.json()).0, "DW1408", "{}", answer.text());
    rig.stop().await;
}

#[tokio::test]
async fn the_policy_decides_here_as_anywhere() {
    let plan = Plan::new().with_policy(Preset::Locked, &[]);
    let rig = plan.with_child("fixture", "conformance-fixture", &["--stdio"]).start().await;
    let mut client = SseClient::session(&rig, "fixture", LEGACY).await;
    let answer = client.ask(&call(1, "test_simple_text", json!({}))).await;
    let (code, reference) = denial(&answer);
    assert_eq!(code, "DW1201");
    assert_eq!(rig.exchange(&reference).await[0].face, "http");
    rig.stop().await;
}

#[tokio::test]
async fn both_requests_pass_the_gate() {
    let plan = Plan::new().with_token().with_child("bare", "bare-upstream", &["--stdio"]);
    let rig = plan.start().await;
    let token = format!("Bearer {}", rig.token());
    let mut client = SseClient::open_at(rig.http, "bare", &[("authorization", &token)]).await;
    client.handshake(LEGACY).await;
    let get = Ask::get("/s/bare/sse").with("authorization", &token);
    let post = client.message(&request(1, "ping", json!({})));
    for ask in [get, post] {
        for (name, value, status, code) in [
            ("host", "evil.example", 403, "DW1102"),
            ("origin", "https://evil.example", 403, "DW1103"),
            ("authorization", "Bearer wrong", 401, "DW1101"),
        ] {
            let ask = ask.clone().without(name).with(name, value);
            let answer = Http::open(rig.http).await.ask(&ask).await;
            assert_eq!((answer.status, denial(&answer.json()).0.as_str()), (status, code), "{} {name}", ask.method);
        }
        let answer = Http::open(rig.http).await.ask(&ask.clone().without("authorization")).await;
        assert_eq!(answer.status, 401);
    }
    assert_eq!(client.ask(&request(2, "ping", json!({}))).await["id"], 2, "the session is as it was");
    rig.stop().await;
}

#[tokio::test]
async fn only_the_session_itself_takes_messages() {
    let plan = Plan::new().with_child("one", "bare-upstream", &["--stdio"]);
    let rig = plan.with_child("two", "bare-upstream", &["--stdio"]).start().await;
    let mut client = SseClient::session(&rig, "one", LEGACY).await;
    let streamable = Session::open(&rig, "one").await;
    let ping = request(1, "ping", json!({}));
    let id = client.place.split_once("session=").unwrap().1.to_owned();
    assert_eq!(id.len(), 43, "256 bits in base64: {id}");
    let last = if id.ends_with('A') { "B" } else { "A" };
    let edited = format!("{}{last}", &id[..id.len() - 1]);
    for place in [
        "/s/one/sse?session=".to_owned(),
        "/s/one/sse?session=x".to_owned(),
        format!("/s/one/sse?session={edited}"),
        format!("/s/two/sse?session={id}"),
        format!("/s/one/sse?session={}", streamable.id),
        format!("/s/none/sse?session={id}"),
    ] {
        let mut ask = client.message(&ping);
        place.clone_into(&mut ask.path);
        let answer = Http::open(rig.http).await.ask(&ask).await;
        let code = if place.contains("none") { "DW1105" } else { "DW1104" };
        assert_eq!((answer.status, denial(&answer.json()).0.as_str()), (404, code), "{place}");
    }
    // Nor does it open a door of the other transport.
    let answer = Http::open(rig.http).await.ask(&Ask::legacy("one", &id, ping.to_string())).await;
    assert_eq!((answer.status, denial(&answer.json()).0.as_str()), (404, "DW1104"));
    for place in ["/s/one/sse".to_owned(), format!("/s/one/sse?session={id}&session={id}")] {
        let mut ask = client.message(&ping);
        ask.path = place;
        let answer = Http::open(rig.http).await.ask(&ask).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some("GET")));
    }
    let delete = Ask::get(&client.place).by("DELETE");
    assert_eq!(Http::open(rig.http).await.ask(&delete).await.status, 405);
    assert_eq!(client.ask(&ping).await["id"], 1);
    rig.stop().await;
}

#[tokio::test]
async fn a_session_belongs_to_who_opened_it() {
    let rig = Plan::new().with_child("bare", "bare-upstream", &["--stdio"]).start().await;
    let gate = |user: &str| Gate::new(Vec::new(), Vec::new(), Identity::local(None, user));
    let face = Arc::new(HttpFace::new(rig.gateway.clone(), gate("one"), Limits::default()));
    let listener = net::listen(0).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (_running, stop) = tokio::sync::watch::channel(Stop::NotYet);
    tokio::spawn(serve(face.clone(), listener, None, stop));
    let mut client = SseClient::open_at(address, "bare", &[]).await;
    client.handshake(LEGACY).await;
    face.replace_gate(gate("two"));
    let answer = client.post(&request(1, "ping", json!({}))).await;
    assert_eq!((answer.status, denial(&answer.json()).0.as_str()), (404, "DW1104"));
    face.replace_gate(gate("one"));
    assert_eq!(client.ask(&request(1, "ping", json!({}))).await["id"], 1);
    rig.stop().await;
}

#[tokio::test]
async fn the_session_ends_with_its_stream() {
    let scratch = Scratch::new();
    let log = scratch.path("heard");
    let rig = Plan::new().with_heard_child("slow", "hostile-upstream", "--stdio good", &log).start().await;
    let mut client = SseClient::session(&rig, "slow", LEGACY).await;
    assert!(rig.metrics().await.contains("doorward_sessions 1"));
    let ping = client.message(&request(9, "ping", json!({})));
    assert_eq!(client.post(&echo(5, "never", 60_000)).await.status, 202);
    heard(&log, |text| text.contains("\"never\"")).await;
    drop(client);
    no_sessions(&rig).await;
    let answer = Http::open(rig.http).await.ask(&ping).await;
    assert_eq!((answer.status, denial(&answer.json()).0.as_str()), (404, "DW1104"));
    // What was in flight is cancelled, here and at the server.
    let outcome = rig.outcomes(1).await.remove(0);
    assert_eq!(outcome.code.as_deref(), Some("DW1502"), "{outcome:?}");
    heard(&log, |text| text.contains("notifications/cancelled")).await;
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn nothing_but_a_handshake_begins_a_session() {
    let rig = slow().await;
    let mut client = SseClient::open(&rig, "slow").await;
    for message in [echo(1, "early", 0), request(2, "tools/list", json!({}))] {
        let answer = client.ask(&message).await;
        assert_eq!((denial(&answer).0.as_str(), &answer["id"]), ("DW1104", &message["id"]));
    }
    client.handshake(LEGACY).await;
    assert_eq!(text(&client.ask(&echo(3, "later", 0)).await), "later");
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn ids_in_flight_are_taken_once_and_so_many() {
    let rig = slow().await;
    let mut client = SseClient::session(&rig, "slow", LEGACY).await;
    assert_eq!(client.post(&echo(7, "slow", 600)).await.status, 202);
    let answer = client.ask(&echo(7, "twice", 0)).await;
    assert_eq!((denial(&answer).0.as_str(), &answer["id"]), ("DW1016", &json!(7)));
    assert_eq!(text(&client.next().await), "slow");
    assert_eq!(text(&client.ask(&echo(7, "again", 0)).await), "again");
    for id in 0..IN_FLIGHT_MAX as u64 {
        assert_eq!(client.post(&echo(1000 + id, "slow", 3000)).await.status, 202);
    }
    client.post(&echo(1, "one more", 0)).await;
    let answer = client.next().await;
    assert_eq!((denial(&answer).0.as_str(), &answer["id"]), ("DW1106", &json!(1)), "{answer}");
    rig.stop().await;
}

#[tokio::test]
async fn a_message_that_cannot_be_read_is_told_to_who_waits_for_it() {
    let rig = slow().await;
    let mut client = SseClient::session(&rig, "slow", LEGACY).await;
    let post = |body: &str| {
        let mut ask = client.message(&Value::Null);
        ask.body = body.as_bytes().to_vec();
        ask
    };
    let twice = post(r#"{"jsonrpc":"2.0","id":8,"method":"ping","result":{}}"#);
    let (broken, batch) = (post("{"), post("[]"));
    let html = post("{}").without("content-type").with("content-type", "text/plain");
    let modern = post("{}").with("mcp-protocol-version", "2026-07-28");
    let large = post(&"x".repeat(Limits::default().message_bytes + 1));
    assert_eq!(Http::open(rig.http).await.ask(&twice).await.status, 202);
    let told = client.next().await;
    assert_eq!((&told["id"], denial(&told).0.as_str()), (&json!(8), "DW1009"));
    for (name, ask, status) in [
        ("broken", broken, 400),
        ("batch", batch, 400),
        ("html", html, 400),
        ("modern", modern, 400),
        ("large", large, 413),
    ] {
        assert_eq!(Http::open(rig.http).await.ask(&ask).await.status, status, "{name}");
    }
    assert_eq!(client.ask(&request(1, "ping", json!({}))).await["id"], 1);
    rig.stop().await;
}

#[tokio::test]
async fn a_batch_is_answered_as_one() {
    let rig = slow().await;
    let mut client = SseClient::session(&rig, "slow", "2025-03-26").await;
    let early = request(1, "ping", json!({}));
    let both = client.ask(&json!([early, echo(2, "two", 50), { "jsonrpc": "2.0", "method": "notifications/x" }])).await;
    let ids: Vec<_> = both.as_array().unwrap().iter().map(|answer| answer["id"].clone()).collect();
    assert_eq!(ids, [json!(1), json!(2)]);
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn a_cancelled_call_is_not_answered() {
    let rig = slow().await;
    let mut client = SseClient::session(&rig, "slow", LEGACY).await;
    client.post(&echo(5, "never", 60_000)).await;
    rig.record(|record| record.action == "tools/call" && record.phase == "intent").await;
    let cancelled = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 5 } });
    assert_eq!(client.post(&cancelled).await.status, 202);
    let outcome = rig.outcomes(1).await.remove(0);
    assert_eq!(outcome.code.as_deref(), Some("DW1502"));
    rig.stop().await;
}

#[tokio::test]
async fn an_expired_session_of_the_server_ends_the_stream() {
    let upstream = Scripted::start(ECHO, |_| Reply::Send(answer("404 Not Found", "", b""))).await;
    let rig = Plan::new().with_url("up", &upstream.url).start().await;
    let mut client = SseClient::session(&rig, "up", LEGACY).await;
    let answer = client.ask(&call(1, "echo", json!({ "message": "x" }))).await;
    assert_eq!((denial(&answer).0.as_str(), &answer["id"]), ("DW1104", &json!(1)));
    assert_eq!(client.end().await, None);
    no_sessions(&rig).await;
    rig.stop().await;
}

#[tokio::test]
async fn a_stopping_gateway_finishes_what_is_in_flight_and_ends_the_stream() {
    let mut rig = slow().await;
    let mut idle = SseClient::session(&rig, "slow", LEGACY).await;
    let mut busy = SseClient::session(&rig, "slow", LEGACY).await;
    busy.post(&echo(5, "done", 600)).await;
    rig.record(|record| record.action == "tools/call" && record.phase == "intent").await;
    let began = std::time::Instant::now();
    let stopping = tokio::spawn(rig.serving.take().unwrap().stop());
    assert_eq!(idle.end().await, None);
    assert_eq!(text(&busy.next().await), "done");
    assert_eq!(busy.end().await, None);
    super::rig::soon(stopping).await.unwrap();
    assert!(began.elapsed() < std::time::Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_joint_endpoint_has_the_same_door() {
    let plan = Plan::new().with_child("fixture", "conformance-fixture", &["--stdio"]);
    let rig = plan.start().await;
    let mut client = SseClient::open(&rig, "/").await;
    assert!(client.place.starts_with("/sse?session="), "{}", client.place);
    client.handshake(LEGACY).await;
    let answer = client.ask(&call(1, "fixture__test_simple_text", json!({}))).await;
    assert_eq!(answer["result"]["content"][0]["type"], "text", "{answer}");
    rig.stop().await;
}
