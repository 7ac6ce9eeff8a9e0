//! Servers that misbehave: one clear error each, in bounded time and memory.

use std::time::Duration;

use doorward_core::refusal::Code;
use doorward_mcp::revision::Era;
use doorward_testkit::hostile::{self, Mode};
use doorward_testkit::net;
use serde_json::{Value, json};

use super::driver::{answered, endpoint, initialize, link, link_to, refused, tool_call};
use super::scripted::{Reply, Scripted, answer, events, json as answer_json, result};

/// Well under what a real endpoint gets, well over what a local answer takes.
const SILENCE: Duration = Duration::from_millis(800);

async fn serve(mode: Mode) -> String {
    let listener = net::listen(0).await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    tokio::spawn(hostile::serve_http(listener, mode));
    url
}

fn boom(era: Era) -> Value {
    tool_call(era, 5, "echo", json!({ "message": "boom" }))
}

#[tokio::test]
async fn every_misdeed_is_one_clear_error() {
    let modes = [
        (Mode::Silent, Code::TimedOut),
        (Mode::UnknownId, Code::BadAnswer),
        (Mode::Huge, Code::AnswerTooLarge),
        (Mode::NotJson, Code::BadAnswer),
        (Mode::NotUtf8, Code::BadAnswer),
        (Mode::DuplicateKeys, Code::BadAnswer),
        (Mode::Deep, Code::BadAnswer),
        (Mode::Half, Code::Died),
        (Mode::Redirect, Code::UpstreamHttp),
    ];
    for era in [Era::Modern, Era::Legacy] {
        for (mode, code) in modes {
            let link = link_to(era, endpoint(&serve(mode).await, SILENCE));
            if era == Era::Legacy {
                answered(&link, &initialize(1)).await.unwrap();
            }
            let (found, detail) = refused(&link, &boom(era)).await;
            assert_eq!(found, code, "{era:?} {mode:?} {detail}");
            let after = answered(&link, &tool_call(era, 6, "echo", json!({ "message": "calm" }))).await;
            assert!(after.is_ok(), "{era:?} {mode:?} harms the call after it: {after:?}");
        }
    }
}

#[tokio::test]
async fn a_second_answer_is_not_seen_and_an_open_stream_does_not_delay_the_first() {
    for mode in [Mode::Twice, Mode::Lingering, Mode::Noise] {
        let link = link_to(Era::Modern, endpoint(&serve(mode).await, SILENCE));
        let answer = answered(&link, &boom(Era::Modern)).await.unwrap();
        assert_eq!((&answer["id"], &answer["result"]["content"][0]["text"]), (&json!(5), &json!("boom")), "{mode:?}");
    }
}

#[tokio::test]
async fn a_drip_ends_by_silence_only_if_it_is_slower_than_the_limit() {
    let link = link_to(Era::Modern, endpoint(&serve(Mode::Drip).await, SILENCE));
    assert_eq!(refused(&link, &boom(Era::Modern)).await.0, Code::TimedOut);
}

#[tokio::test]
async fn a_flood_of_foreign_notifications_ends_the_call_and_is_never_kept() {
    let url = serve(Mode::Flood).await;
    let before = resident_kib();
    let link = link_to(Era::Modern, endpoint(&url, SILENCE));
    assert_eq!(refused(&link, &boom(Era::Modern)).await.0, Code::BadAnswer);
    let calm = answered(&link, &tool_call(Era::Modern, 6, "echo", json!({ "message": "calm" }))).await;
    assert!(calm.is_ok(), "{calm:?}");
    let grown = resident_kib().saturating_sub(before);
    assert!(grown < 64 * 1024, "{grown} KiB more are resident");
}

#[tokio::test]
async fn an_event_over_the_limit_ends_the_call_before_it_is_kept() {
    let before = resident_kib();
    let server = Scripted::start(|_, _| Reply::Flood(events("data: {"), vec![b' '; 64 * 1024])).await;
    assert_eq!(refused(&link(Era::Modern, &server.url), &boom(Era::Modern)).await.0, Code::AnswerTooLarge);
    server.wait_for_abandon().await;
    let grown = resident_kib().saturating_sub(before);
    assert!(grown < 96 * 1024, "{grown} KiB more are resident");
}

#[tokio::test]
async fn a_body_without_a_length_is_cut_at_the_limit() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n[";
    let server = Scripted::start(|_, _| Reply::Flood(head.to_vec(), vec![b' '; 64 * 1024])).await;
    assert_eq!(refused(&link(Era::Modern, &server.url), &boom(Era::Modern)).await.0, Code::AnswerTooLarge);
    server.wait_for_abandon().await;
}

#[tokio::test]
async fn heads_that_are_no_answer() {
    let json_type = "content-type: application/json\r\n";
    let good = result(5, "ok").to_string();
    let other = result(6, "ok").to_string();
    let request = json!({ "jsonrpc": "2.0", "id": 5, "method": "ping" }).to_string();
    let error = json!({ "jsonrpc": "2.0", "id": 5, "error": { "code": -32001, "message": "who?" } }).to_string();
    let cases: [(&str, &str, &str, Code, &str); 18] = [
        ("202 Accepted", "", "", Code::BadAnswer, "It is HTTP 202, which carries no answer."),
        ("204 No Content", "", "", Code::BadAnswer, "It is HTTP 204, which carries no answer."),
        ("200 OK", "", &good, Code::BadAnswer, "It is neither JSON nor an event stream."),
        ("200 OK", "content-type: text/html\r\n", &good, Code::BadAnswer, "It is neither JSON nor an event stream."),
        ("200 OK", json_type, "", Code::BadAnswer, "It breaks the rule 'grammar'."),
        ("200 OK", json_type, &other, Code::BadAnswer, "It answers another request."),
        ("200 OK", json_type, &request, Code::BadAnswer, "It is not a response."),
        ("301 Moved Permanently", "location: /x\r\n", "", Code::UpstreamHttp, "HTTP 301. Redirects are not followed."),
        ("307 Temporary Redirect", json_type, &good, Code::UpstreamHttp, "HTTP 307. Redirects are not followed."),
        ("400 Bad Request", "", "plain text", Code::UpstreamHttp, "HTTP 400."),
        ("400 Bad Request", json_type, "not json", Code::UpstreamHttp, "HTTP 400."),
        ("400 Bad Request", json_type, &good, Code::UpstreamHttp, "HTTP 400."),
        ("401 Unauthorized", "www-authenticate: Bearer realm=\"secret\"\r\n", "", Code::UpstreamHttp, "HTTP 401."),
        ("401 Unauthorized", json_type, &error, Code::UpstreamHttp, "HTTP 401."),
        ("403 Forbidden", json_type, &error, Code::UpstreamHttp, "HTTP 403."),
        ("403 Forbidden", json_type, &good, Code::UpstreamHttp, "HTTP 403."),
        ("404 Not Found", "", "", Code::UpstreamHttp, "HTTP 404."),
        ("503 Service Unavailable", "", "", Code::UpstreamHttp, "HTTP 503."),
    ];
    for (status, headers, body, code, detail) in cases {
        let reply = answer(status, headers, body.as_bytes());
        let server = Scripted::start(move |_, _| Reply::Send(reply.clone())).await;
        let found = refused(&link(Era::Modern, &server.url), &boom(Era::Modern)).await;
        assert_eq!(found, (code, detail.to_owned()), "{status} {headers} {body}");
        assert_eq!(server.seen().len(), 1, "{status} is not followed or tried again");
    }
}

#[tokio::test]
async fn errors_with_a_status_are_the_servers_answer() {
    let mismatch = json!({ "jsonrpc": "2.0", "id": 5, "error": { "code": -32020, "message": "stale" } });
    let mut null_id = mismatch.clone();
    null_id["id"] = Value::Null;
    let mut without_id = mismatch.clone();
    without_id.as_object_mut().unwrap().remove("id");
    for body in [mismatch, null_id, without_id] {
        let text = body.to_string();
        let reply = answer("400 Bad Request", "content-type: application/json; charset=utf-8\r\n", text.as_bytes());
        let server = Scripted::start(move |_, _| Reply::Send(reply.clone())).await;
        let link = link(Era::Modern, &server.url);
        let mut call = link.call(super::driver::allow(&boom(Era::Modern))).await.unwrap();
        let (_, answer) = super::driver::finish(&mut call).await;
        assert_eq!(call.status(), 400);
        let answer = super::driver::parsed(answer.unwrap().bytes());
        assert_eq!(answer["error"]["code"], -32020);
    }
}

#[tokio::test]
async fn what_is_not_http_or_not_there_at_all() {
    let server = Scripted::start(|_, _| Reply::SendAndClose(b"SSH-2.0-OpenSSH_9.9\r\n".to_vec())).await;
    assert_eq!(refused(&link(Era::Modern, &server.url), &boom(Era::Modern)).await.0, Code::BadAnswer);

    let server = Scripted::start(|_, _| Reply::SendAndClose(Vec::new())).await;
    assert_eq!(refused(&link(Era::Modern, &server.url), &boom(Era::Modern)).await.0, Code::Died);
    assert_eq!(server.seen().len(), 1, "a request that was sent is never sent again");

    let endless = Scripted::start(|_, _| Reply::Flood(b"HTTP/1.1 200 OK\r\nx: ".to_vec(), vec![b'a'; 4096])).await;
    assert_eq!(refused(&link(Era::Modern, &endless.url), &boom(Era::Modern)).await.0, Code::AnswerTooLarge);

    let gone = net::listen(0).await.unwrap();
    let url = format!("http://{}/mcp", gone.local_addr().unwrap());
    drop(gone);
    assert_eq!(refused(&link(Era::Modern, &url), &boom(Era::Modern)).await.0, Code::Unreachable);
}

#[tokio::test]
async fn after_the_end_nothing_follows() {
    let server = Scripted::start(|_, _| Reply::Send(answer_json(&result(5, "ok")))).await;
    let link = link(Era::Modern, &server.url);
    let mut call = link.call(super::driver::allow(&boom(Era::Modern))).await.unwrap();
    assert!(super::driver::finish(&mut call).await.1.is_ok());
    assert!(super::driver::finish(&mut call).await.1.is_err());
    assert_eq!(server.seen().len(), 1);
}

/// Resident memory of this process; 0 where the system does not say.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").trim().parse().ok()).unwrap_or(0)
}
