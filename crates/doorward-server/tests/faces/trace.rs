//! Trace context on its way: from a client's headers into `_meta`, and from there into the headers to the server.

use serde_json::{Value, json};

use super::client::{Ask, Http, Session, SseClient, call, modern};
use super::rig::{Plan, Rig};
use super::scripted::{ECHO, Reply, Scripted, Seen, said};

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const OTHER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const PARTS: [&str; 3] = ["traceparent", "tracestate", "baggage"];

/// A server of each era behind one gateway.
async fn servers() -> (Rig, [(&'static str, Scripted); 2]) {
    let new = Scripted::start(ECHO, |seen| Reply::Send(said(seen, "ok"))).await;
    let old = Scripted::start_legacy_with(|seen| Reply::Send(said(seen, "ok"))).await;
    let rig = Plan::new().with_url("new", &new.url).with_url("old", &old.url).start().await;
    (rig, [("new", new), ("old", old)])
}

fn traced(ask: Ask) -> Ask {
    let ask = ask.with("traceparent", PARENT).with("tracestate", "a=1").with("tracestate", "b=2");
    ask.with("baggage", "k=v")
}

/// What a call says of its trace in `_meta`, which its headers must repeat.
fn told(seen: &Seen) -> [Option<String>; 3] {
    let meta = &seen.json()["params"]["_meta"];
    let in_meta = PARTS.map(|part| meta[part].as_str().map(str::to_owned));
    let header = |part| seen.headers.iter().find(|(name, _)| name == part).map(|(_, value)| value.clone());
    assert_eq!(PARTS.map(header), in_meta, "headers and _meta differ");
    in_meta
}

fn echo(id: u64) -> Value {
    call(id, "echo", json!({ "message": "x" }))
}

#[tokio::test]
async fn headers_of_a_client_reach_the_server_in_both_places() {
    let (rig, servers) = servers().await;
    for (name, server) in &servers {
        let ask = traced(Ask::modern(name, &modern(echo(1))));
        let answer = Http::open(rig.http).await.ask(&ask).await;
        assert_eq!(answer.json()["result"]["content"][0]["text"], "ok", "{name}");
        let mut session = Session::open_with(&rig, name, "2025-03-26").await;
        for body in [echo(2), json!([echo(3), echo(4)])] {
            let ask = session.ask(body.to_string()).without("mcp-protocol-version");
            let answer = session.http.ask(&traced(ask)).await;
            assert!(answer.text().contains("ok"), "{name}: {answer:?}");
        }
        let mut client = SseClient::session(&rig, name, "2025-06-18").await;
        let ask = traced(client.message(&echo(5)));
        assert_eq!(Http::open(rig.http).await.ask(&ask).await.status, 202);
        assert_eq!(client.next().await["id"], 5);
        let calls = server.calls();
        assert_eq!(calls.len(), 5, "{name}");
        for seen in calls {
            assert_eq!(told(&seen), [PARENT, "a=1,b=2", "k=v"].map(|part| Some(part.to_owned())), "{name}");
        }
    }
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn what_stands_in_a_message_stays_and_what_is_unsound_stays_behind() {
    let (rig, servers) = servers().await;
    for (name, server) in &servers {
        let mut own = modern(echo(1));
        own["params"]["_meta"]["traceparent"] = json!(OTHER);
        let cases = [
            (traced(Ask::modern(name, &own)), [Some(OTHER), None, Some("k=v")]),
            (Ask::modern(name, &modern(echo(2))).with("traceparent", "00-x-y-01").with("tracestate", "a=1"), [None; 3]),
            (Ask::modern(name, &modern(echo(3))).with("traceparent", PARENT).with("traceparent", OTHER), [None; 3]),
            (Ask::modern(name, &modern(echo(4))).with("baggage", &"x".repeat(8193)), [None; 3]),
        ];
        for (number, (ask, expected)) in cases.into_iter().enumerate() {
            assert_eq!(Http::open(rig.http).await.ask(&ask).await.status, 200, "{name} {number}");
            let seen = server.calls().pop().unwrap();
            assert_eq!(told(&seen), expected.map(|part| part.map(str::to_owned)), "{name} {number}");
        }
    }
    rig.stop().await;
}
