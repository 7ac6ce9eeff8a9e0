//! Legacy sessions: how they begin, what comes outside of calls, and how they end.

use doorward_core::refusal::Code;
use doorward_mcp::revision::Era;
use doorward_server::limits::UNSOLICITED_EVENTS_MAX;
use doorward_server::upstream::Event;
use serde_json::{Value, json};

use super::driver::{
    PATIENCE, allow, answered, endpoint, initialize, link, notification, parsed, refused, session, tool_call,
    unsolicited,
};
use super::scripted::{
    Reply, Scripted, Seen, accepted, answer, event, events, in_session, json as answer_json, no_stream, opened, result,
};

fn changed(number: usize) -> Value {
    json!({ "jsonrpc": "2.0", "method": "notifications/tools/list_changed", "params": { "n": number } })
}

fn number_of(event: &Event) -> u64 {
    match event {
        Event::Notification(notification) => parsed(notification.bytes())["params"]["n"].as_u64().unwrap(),
        other => panic!("{other:?}"),
    }
}

/// A session whose GET requests are answered by `stream`.
fn with_stream(seen: &Seen, stream: impl Fn(&Seen) -> Reply) -> Reply {
    if seen.method == "GET" { stream(seen) } else { in_session(seen, |_| Reply::Send(no_stream())) }
}

#[tokio::test]
async fn the_stream_outside_of_calls_reaches_the_client_and_is_resumed() {
    let server = Scripted::start(|_, seen| {
        with_stream(seen, |seen| match seen.header("last-event-id") {
            None => Reply::SendAndClose(events(&format!("retry: 10\n\n{}", event("e1", &changed(1))))),
            Some("e1") => Reply::SendAndHold(events(&event("e2", &changed(2)))),
            Some(_) => Reply::Send(no_stream()),
        })
    })
    .await;
    let link = session(endpoint(&server.url, PATIENCE)).await;
    assert_eq!(number_of(&unsolicited(&link).await), 1);
    assert_eq!(number_of(&unsolicited(&link).await), 2);
    link.close().await;
    server.wait_for_abandon().await;
    let last = server.seen().pop().unwrap();
    assert_eq!((last.method.as_str(), last.header("mcp-session-id")), ("DELETE", Some("session-1")));
}

#[tokio::test]
async fn a_server_without_a_stream_is_asked_once() {
    let server = Scripted::start(|_, seen| with_stream(seen, |_| Reply::Send(no_stream()))).await;
    let link = session(endpoint(&server.url, PATIENCE)).await;
    server.wait_for(3).await;
    link.close().await;
    assert_eq!(server.seen().iter().filter(|seen| seen.method == "GET").count(), 1);
}

#[tokio::test]
async fn a_flood_outside_of_calls_is_dropped_beyond_the_limit() {
    let many = UNSOLICITED_EVENTS_MAX + 50;
    let server = Scripted::start(move |_, seen| {
        with_stream(seen, move |seen| match seen.header("last-event-id") {
            None => {
                let all: String = (0..many).map(|number| event(&number.to_string(), &changed(number))).collect();
                Reply::SendAndClose(events(&format!("retry: 10\n\n{all}")))
            }
            // Everything before has been read by now.
            Some(_) => Reply::SendAndHold(events(": quiet\n\n")),
        })
    })
    .await;
    let link = session(endpoint(&server.url, PATIENCE)).await;
    server.wait_for(4).await;
    for expected in 0..UNSOLICITED_EVENTS_MAX as u64 {
        assert_eq!(number_of(&unsolicited(&link).await), expected);
    }
    let more = tokio::time::timeout(std::time::Duration::from_millis(50), link.unsolicited()).await;
    assert!(more.is_err(), "{more:?}");
}

#[tokio::test]
async fn garbage_outside_of_calls_is_passed_over() {
    let server = Scripted::start(|_, seen| {
        with_stream(seen, |_| {
            let stray = format!("data: {}\n\n", result(9, "stray"));
            let twice = "data: {\"jsonrpc\":\"2.0\",\"jsonrpc\":\"2.0\",\"method\":\"x\"}\n\n";
            let text =
                format!("data: not json\n\n{stray}{twice}event: other\ndata: {{}}\n\n{}", event("1", &changed(7)));
            Reply::SendAndHold(events(&text))
        })
    })
    .await;
    let link = session(endpoint(&server.url, PATIENCE)).await;
    assert_eq!(number_of(&unsolicited(&link).await), 7);
}

#[tokio::test]
async fn dropping_a_link_ends_its_stream() {
    let server =
        Scripted::start(|_, seen| with_stream(seen, |_| Reply::SendAndHold(events(&event("1", &changed(1)))))).await;
    let link = session(endpoint(&server.url, PATIENCE)).await;
    unsolicited(&link).await;
    drop(link);
    server.wait_for_abandon().await;
}

#[tokio::test]
async fn a_session_the_server_has_forgotten_is_over() {
    let server = Scripted::start(|_, seen| {
        in_session(seen, |_| {
            let error =
                json!({ "jsonrpc": "2.0", "id": 2, "error": { "code": -32001, "message": "Session not found" } });
            Reply::Send(answer("404 Not Found", "content-type: application/json\r\n", error.to_string().as_bytes()))
        })
    })
    .await;
    let link = session(endpoint(&server.url, PATIENCE)).await;
    let call = tool_call(Era::Legacy, 2, "echo", json!({}));
    assert_eq!(refused(&link, &call).await.0, Code::UnknownSession);
    let before = server.seen().iter().filter(|seen| seen.method == "POST").count();
    assert_eq!(refused(&link, &call).await.0, Code::UnknownSession);
    let cancelled = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 2 } });
    assert_eq!(link.tell(allow(&cancelled)).await.unwrap_err().code, Code::UnknownSession);
    link.close().await;
    let posts = server.seen().iter().filter(|seen| seen.method == "POST").count();
    assert_eq!(posts, before, "nothing more is sent");
}

#[tokio::test]
async fn a_notification_the_server_does_not_take_is_a_refusal() {
    let server = Scripted::start(|_, _| Reply::Send(answer("400 Bad Request", "", b""))).await;
    let link = link(Era::Legacy, &server.url);
    let refusal = link.tell(allow(&notification("notifications/roots/list_changed"))).await.unwrap_err();
    assert_eq!((refusal.code, refusal.detail.as_str()), (Code::UpstreamHttp, "HTTP 400."));
}

#[tokio::test]
async fn a_session_id_that_no_header_can_carry_is_a_bad_answer() {
    for id in ["a".repeat(1025), "a b".to_owned(), String::new()] {
        let server = Scripted::start(move |_, _| {
            let opened = String::from_utf8(opened(1, "2025-11-25")).unwrap();
            Reply::Send(opened.replace("session-1", &id).into_bytes())
        })
        .await;
        let link = link(Era::Legacy, &server.url);
        assert_eq!(refused(&link, &initialize(1)).await.0, Code::BadAnswer);
    }
}

#[tokio::test]
async fn the_revision_header_follows_what_was_settled() {
    for (settled, repeated) in [("2025-03-26", None), ("2025-06-18", Some("2025-06-18")), ("1999-01-01", None)] {
        let server = Scripted::start(move |_, seen| match seen.rpc_method().as_str() {
            "initialize" => Reply::Send(opened(1, settled)),
            "tools/call" => Reply::Send(answer_json(&result(2, "ok"))),
            _ => Reply::Send(accepted()),
        })
        .await;
        let link = link(Era::Legacy, &server.url);
        answered(&link, &initialize(1)).await.unwrap();
        answered(&link, &tool_call(Era::Legacy, 2, "echo", json!({}))).await.unwrap();
        assert_eq!(server.seen()[1].header("mcp-protocol-version"), repeated);
    }
}

#[tokio::test]
async fn closing_cancels_what_is_under_way_and_nothing_begins_again() {
    let server = Scripted::start(|_, seen| in_session(seen, |_| Reply::SendAndHold(events(": wait\n\n")))).await;
    let link = session(endpoint(&server.url, PATIENCE)).await;
    let mut call = link.call(allow(&tool_call(Era::Legacy, 2, "echo", json!({})))).await.unwrap();
    let waiting = tokio::spawn(async move { super::driver::next(&mut call).await });
    server.wait_for(3).await;
    link.close().await;
    match waiting.await.unwrap() {
        Event::Failed(refusal) => assert_eq!(refusal.code, Code::Cancelled),
        other => panic!("{other:?}"),
    }
    assert_eq!(refused(&link, &initialize(1)).await.0, Code::UnknownSession);
}

#[tokio::test]
async fn a_forgotten_session_can_be_opened_anew() {
    let server = Scripted::start(|before, seen| match (before, seen.rpc_method().as_str()) {
        (_, "initialize") => Reply::Send(opened(1, "2025-11-25")),
        (1, _) => Reply::Send(answer("404 Not Found", "", b"")),
        _ => Reply::Send(answer_json(&result(2, "ok"))),
    })
    .await;
    let link = link(Era::Legacy, &server.url);
    let call = tool_call(Era::Legacy, 2, "echo", json!({}));
    answered(&link, &initialize(1)).await.unwrap();
    assert_eq!(refused(&link, &call).await.0, Code::UnknownSession);
    answered(&link, &initialize(1)).await.unwrap();
    answered(&link, &call).await.unwrap();
}

#[tokio::test]
async fn closing_waits_only_so_long_for_the_server() {
    let server = Scripted::start(|_, seen| match seen.method.as_str() {
        "DELETE" => Reply::SendAndHold(Vec::new()),
        _ => in_session(seen, |_| Reply::Send(no_stream())),
    })
    .await;
    let link = session(endpoint(&server.url, PATIENCE)).await;
    tokio::time::timeout(std::time::Duration::from_secs(4), link.close()).await.expect("closed in time");
}
