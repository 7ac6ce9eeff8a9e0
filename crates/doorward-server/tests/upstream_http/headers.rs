//! What travels to a server: these headers, this body, and nothing else.

use std::sync::Arc;

use doorward_core::access::Direction;
use doorward_core::ids::ServerId;
use doorward_core::refusal::Code;
use doorward_mcp::limits::Limits;
use doorward_mcp::raw::RawJson;
use doorward_mcp::revision::Era;
use doorward_server::upstream::http::{Endpoint, HttpClient, HttpLink, SchemaSource};
use hyper::http::header::{HeaderName, HeaderValue};
use serde_json::json;

use super::driver::{PATIENCE, allow, allow_for, answered, finish, link, server_id, session, tool_call};
use super::scripted::{Reply, Scripted, in_session, json as answer_json, result};

fn configured(url: &str) -> Arc<Endpoint> {
    let headers = vec![(HeaderName::from_static("authorization"), HeaderValue::from_static("Bearer upstreams-own"))];
    Arc::new(Endpoint::new(server_id(), url.parse().unwrap(), headers, PATIENCE).unwrap())
}

fn schema() -> SchemaSource {
    Arc::new(|tool| {
        let schema =
            json!({ "type": "object", "properties": { "region": { "type": "string", "x-mcp-header": "Region" } } });
        (tool == "query").then(|| RawJson::parse(schema.to_string(), &Limits::default()).unwrap())
    })
}

#[tokio::test]
async fn a_modern_request_carries_its_own_headers_and_no_others() {
    let server = Scripted::start(|_, _| Reply::Send(answer_json(&result(1, "ok")))).await;
    let link = HttpLink::modern(HttpClient::new(), configured(&server.url), schema());
    let extra = [
        ("mcp-param-other", "kept"),
        ("mcp-param-region", "forged"),
        ("authorization", "Bearer clients-own"),
        ("cookie", "clients=own"),
        ("x-forwarded-for", "1.2.3.4"),
        ("mcp-session-id", "clients-own"),
    ];
    let extra: Vec<_> =
        extra.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).into();
    let message = tool_call(Era::Modern, 1, "query", json!({ "region": "Z\u{fc}rich" }));
    let mut call = link.call_with(allow(&message), &extra).await.unwrap();
    finish(&mut call).await.1.unwrap();

    let seen = &server.seen()[0];
    assert_eq!(seen.body, message.to_string().as_bytes(), "the body is the message, byte for byte");
    let expected = [
        ("accept", "application/json, text/event-stream"),
        ("authorization", "Bearer upstreams-own"),
        ("content-length", &seen.body.len().to_string()),
        ("content-type", "application/json"),
        ("host", server.url.trim_start_matches("http://").trim_end_matches("/mcp")),
        ("mcp-method", "tools/call"),
        ("mcp-name", "query"),
        ("mcp-param-other", "kept"),
        ("mcp-param-region", "=?base64?WsO8cmljaA==?="),
        ("mcp-protocol-version", "2026-07-28"),
    ];
    let mut found = seen.headers.clone();
    found.sort();
    assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[tokio::test]
async fn a_legacy_session_carries_its_id_and_revision_and_no_other_headers() {
    let server = Scripted::start(|_, seen| in_session(seen, |_| Reply::Send(answer_json(&result(2, "ok"))))).await;
    let link = session(configured(&server.url)).await;
    let extra = [(HeaderName::from_static("mcp-param-other"), HeaderValue::from_static("dropped"))];
    let mut call = link.call_with(allow(&tool_call(Era::Legacy, 2, "echo", json!({}))), &extra).await.unwrap();
    finish(&mut call).await.1.unwrap();
    link.close().await;

    let own = ["accept", "authorization", "content-length", "content-type", "host"];
    let with_session = [&own[..], &["mcp-protocol-version", "mcp-session-id"]].concat();
    let mut kinds = Vec::new();
    for seen in server.seen() {
        assert_eq!(seen.header("authorization"), Some("Bearer upstreams-own"));
        let kind = (seen.method.clone(), seen.rpc_method());
        let expected = match (kind.0.as_str(), kind.1.as_str()) {
            ("POST", "initialize") => own.to_vec(),
            ("POST", _) => with_session.clone(),
            ("GET", _) => vec!["accept", "authorization", "host", "mcp-protocol-version", "mcp-session-id"],
            _ => vec!["authorization", "host", "mcp-protocol-version", "mcp-session-id"],
        };
        assert_eq!(seen.header_names(), expected, "{kind:?}");
        if let Some(id) = seen.header("mcp-session-id") {
            assert_eq!((id, seen.header("mcp-protocol-version")), ("session-1", Some("2025-11-25")));
        }
        kinds.push(kind.0);
    }
    assert!(kinds.contains(&"DELETE".to_owned()), "{kinds:?}");
}

#[tokio::test]
async fn the_trace_of_a_request_goes_out_in_headers_too() {
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let server = Scripted::start(|_, seen| in_session(seen, |_| Reply::Send(answer_json(&result(2, "ok"))))).await;
    let traced = |era, meta: serde_json::Value| {
        let mut message = tool_call(era, 2, "echo", json!({}));
        for (name, value) in meta.as_object().unwrap() {
            message["params"]["_meta"][name] = value.clone();
        }
        message
    };
    for (era, link) in
        [(Era::Legacy, session(configured(&server.url)).await), (Era::Modern, link(Era::Modern, &server.url))]
    {
        let whole = json!({ "traceparent": parent, "tracestate": "a=1", "baggage": "k=v", "cookie": "clients=own" });
        let unsound = json!({ "traceparent": "x", "tracestate": "a=1", "baggage": "k=v\r\ncookie: clients=own" });
        for (meta, expected) in [(whole, [Some(parent), Some("a=1"), Some("k=v")]), (unsound, [None; 3])] {
            answered(&link, &traced(era, meta)).await.unwrap();
            let seen = server.seen().into_iter().rfind(|seen| seen.rpc_method() == "tools/call").unwrap();
            assert_eq!(["traceparent", "tracestate", "baggage"].map(|name| seen.header(name)), expected, "{era:?}");
            assert_eq!(seen.header("cookie"), None);
        }
    }
}

#[tokio::test]
async fn a_permit_for_another_server_or_direction_sends_nothing() {
    let server = Scripted::start(|_, _| Reply::Send(answer_json(&result(1, "ok")))).await;
    let link = link(Era::Legacy, &server.url);
    let other = ServerId::parse("other").unwrap();
    let message = tool_call(Era::Legacy, 1, "echo", json!({}));
    let misdirected = allow_for(other, Direction::ToServer, &message);
    assert_eq!(link.call(misdirected).await.unwrap_err().code, Code::UnknownServer);
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    let backwards = allow_for(server_id(), Direction::ToClient, &ping);
    assert_eq!(link.call(backwards).await.unwrap_err().code, Code::UnknownServer);
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn an_https_endpoint_is_never_spoken_to_in_the_clear() {
    let server = Scripted::start(|_, _| Reply::Send(answer_json(&result(1, "ok")))).await;
    let url = server.url.replace("http://", "https://");
    let refusal = answered(&link(Era::Modern, &url), &tool_call(Era::Modern, 1, "echo", json!({}))).await.unwrap_err();
    assert_eq!(refusal.code, Code::Unreachable);
    let clear = |seen: &super::scripted::Seen| ["POST", "GET"].contains(&seen.method.as_str());
    assert!(!server.seen().iter().any(clear), "{:?}", server.seen());
}
