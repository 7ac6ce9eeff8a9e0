//! Streams of calls that break, and what is taken for part of a call.

use std::time::Duration;

use doorward_core::refusal::Code;
use doorward_mcp::revision::Era;
use serde_json::{Value, json};

use super::driver::{PATIENCE, allow, endpoint, finish, link, next, refused, run, session, tool_call};
use super::scripted::{Reply, Scripted, event, events, in_session, no_stream, result};

fn progress(token: &str) -> Value {
    let params = json!({ "progressToken": token, "progress": 1 });
    json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": params })
}

fn legacy_call() -> Value {
    tool_call(Era::Legacy, 2, "echo", json!({}))
}

#[tokio::test]
async fn a_broken_legacy_stream_goes_on_after_the_last_event() {
    let server = Scripted::start(|_, seen| {
        in_session(seen, |seen| match seen.header("last-event-id") {
            None => Reply::SendAndClose(events(&format!("id: a\nretry: 10\ndata:\n\n{}", event("b", &progress("t"))))),
            Some("b") => Reply::SendAndClose(events(&event("c", &progress("t")))),
            Some("c") => Reply::SendAndHold(events(&event("d", &result(2, "at last")))),
            Some(other) => panic!("{other}"),
        })
    })
    .await;
    let link = session(endpoint(&server.url, PATIENCE)).await;
    let (before, answer) = run(&link, &legacy_call()).await;
    assert_eq!(before.len(), 2, "{before:?}");
    assert!(answer.is_ok(), "{answer:?}");
    let calls = server.seen().iter().filter(|seen| seen.rpc_method() == "tools/call").count();
    assert_eq!(calls, 1, "the request itself is sent once");
}

#[tokio::test]
async fn a_stream_that_brings_nothing_new_is_asked_for_five_times() {
    let server = Scripted::start(|_, seen| {
        in_session(seen, |seen| match seen.header("last-event-id") {
            None => Reply::SendAndClose(events("id: a\nretry: 1\ndata:\n\n")),
            Some(_) => Reply::SendAndClose(events(": nothing\n\n")),
        })
    })
    .await;
    let link = session(endpoint(&server.url, PATIENCE)).await;
    assert_eq!(refused(&link, &legacy_call()).await.0, Code::Died);
    assert_eq!(server.seen().iter().filter(|seen| seen.header("last-event-id").is_some()).count(), 5);
}

#[tokio::test]
async fn a_stream_the_server_cannot_resume_is_a_death() {
    let server = Scripted::start(|_, seen| {
        in_session(seen, |seen| match seen.header("last-event-id") {
            None => Reply::SendAndClose(events("id: a\nretry: 1\ndata:\n\n")),
            Some(_) => Reply::Send(no_stream()),
        })
    })
    .await;
    let link = session(endpoint(&server.url, PATIENCE)).await;
    assert_eq!(refused(&link, &legacy_call()).await.0, Code::Died);
    assert_eq!(server.seen().iter().filter(|seen| seen.header("last-event-id").is_some()).count(), 1);
}

#[tokio::test]
async fn a_stream_without_event_ids_and_a_modern_stream_are_not_resumed() {
    for (era, text) in [(Era::Legacy, ": hello\n\n"), (Era::Modern, "id: a\nretry: 1\ndata:\n\n")] {
        let server = Scripted::start(move |_, _| Reply::SendAndClose(events(text))).await;
        assert_eq!(refused(&link(era, &server.url), &tool_call(era, 2, "echo", json!({}))).await.0, Code::Died);
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn a_modern_stream_brings_only_what_belongs_to_the_call() {
    let tagged = |id: u64| {
        let meta = json!({ "io.modelcontextprotocol/subscriptionId": id });
        json!({ "jsonrpc": "2.0", "method": "notifications/tools/list_changed", "params": { "_meta": meta } })
    };
    let question = json!({ "jsonrpc": "2.0", "id": 1, "method": "roots/list" });
    let log = json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": { "level": "info", "data": 1 } });
    let own = [progress("mine"), tagged(2), log];
    let foreign = [
        progress("theirs"),
        tagged(3),
        question,
        result(3, "for somebody else"),
        json!({
            "jsonrpc": "2.0", "method": "notifications/progress", "params": { "progress": 1 }
        }),
    ];
    let all: Vec<Value> = [foreign.to_vec(), own.to_vec(), vec![result(2, "mine")]].concat();
    let text: String = all.iter().map(|message| format!("data: {message}\n\n")).collect();
    let server = Scripted::start(move |_, _| Reply::SendAndHold(events(&text))).await;
    let mut message = tool_call(Era::Modern, 2, "echo", json!({}));
    message["params"]["_meta"]["progressToken"] = json!("mine");
    let (before, answer) = run(&link(Era::Modern, &server.url), &message).await;
    assert_eq!(before, own);
    assert!(answer.is_ok());
}

#[tokio::test]
async fn a_call_without_a_token_gets_no_progress() {
    let text = format!("data: {}\n\ndata: {}\n\n", progress("any"), result(2, "ok"));
    let server = Scripted::start(move |_, _| Reply::SendAndHold(events(&text))).await;
    let (before, answer) = run(&link(Era::Modern, &server.url), &tool_call(Era::Modern, 2, "echo", json!({}))).await;
    assert!(before.is_empty() && answer.is_ok(), "{before:?}");
}

#[tokio::test]
async fn dropping_a_modern_call_closes_its_stream() {
    let server = Scripted::start(|_, _| Reply::SendAndHold(events(&format!("data: {}\n\n", progress("t"))))).await;
    let mut message = tool_call(Era::Modern, 2, "echo", json!({}));
    message["params"]["_meta"]["progressToken"] = json!("t");
    let link = link(Era::Modern, &server.url);
    let mut call = link.call(allow(&message)).await.unwrap();
    next(&mut call).await;
    drop(call);
    server.wait_for_abandon().await;
}

#[tokio::test]
async fn next_can_be_dropped_and_asked_again() {
    let text = format!("data: {}\n\ndata: {}\n\n", progress("t"), result(2, "ok"));
    let server = Scripted::start(move |_, _| Reply::SendAndHold(events(&text))).await;
    let mut message = tool_call(Era::Modern, 2, "echo", json!({}));
    message["params"]["_meta"]["progressToken"] = json!("t");
    let link = link(Era::Modern, &server.url);
    let mut call = link.call(allow(&message)).await.unwrap();
    for _ in 0..20 {
        let patience = Duration::from_micros(200);
        if tokio::time::timeout(patience, call.next()).await.is_ok() {
            break;
        }
    }
    let (before, answer) = finish(&mut call).await;
    assert!(before.len() <= 1);
    assert!(answer.is_ok(), "{answer:?}");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_quiet_subscription_outlives_the_silence_limit() {
    let silence = Duration::from_millis(150);
    let server = Scripted::start(|_, _| Reply::SendAndHold(events(": open\n\n"))).await;
    for (method, ends) in [("subscriptions/listen", false), ("tools/list", true)] {
        let link = super::driver::link_to(Era::Modern, endpoint(&server.url, silence));
        let params = json!({ "notifications": { "toolsListChanged": true } });
        let message = super::driver::request(Era::Modern, 2, method, params);
        let mut call = link.call(allow(&message)).await.unwrap();
        let event = tokio::time::timeout(silence * 4, call.next()).await;
        assert_eq!(event.is_ok(), ends, "{method} {event:?}");
    }
}

#[tokio::test]
async fn comments_are_signs_of_life() {
    let silence = Duration::from_millis(400);
    let listener = doorward_testkit::net::listen(0).await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let mut stream = doorward_testkit::net::accept(&listener).await.unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).await.unwrap();
        stream.write_all(&events("")).await.unwrap();
        for _ in 0..6 {
            tokio::time::sleep(silence / 2).await;
            stream.write_all(b": alive\n\n").await.unwrap();
        }
        let answer = format!("data: {}\n\n", result(2, "ok"));
        stream.write_all(answer.as_bytes()).await.unwrap();
    });
    let link = super::driver::link_to(Era::Modern, endpoint(&url, silence));
    let (_, answer) = run(&link, &tool_call(Era::Modern, 2, "echo", json!({}))).await;
    assert!(answer.is_ok(), "{answer:?}");
}
