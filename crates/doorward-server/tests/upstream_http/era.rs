//! Which era a server speaks, by what it says to `server/discover`.

use std::time::Duration;

use doorward_core::refusal::Code;
use doorward_server::upstream::http::{EraCache, EraVerdict, HttpClient, probe};
use serde_json::{Value, json};

use super::driver::endpoint;
use super::scripted::{Reply, Scripted, answer, json as answer_json};

async fn verdict_on(reply: Vec<u8>) -> EraVerdict {
    let server = Scripted::start(move |_, _| Reply::Send(reply.clone())).await;
    let verdict = probe(&HttpClient::new(), &endpoint(&server.url, Duration::from_secs(5))).await;
    assert_eq!(server.seen()[0].rpc_method(), "server/discover");
    assert_eq!(server.seen()[0].header("mcp-method"), Some("server/discover"));
    verdict
}

fn discovered(versions: &Value) -> Vec<u8> {
    let result = json!({ "supportedVersions": versions, "capabilities": {}, "resultType": "complete" });
    answer_json(&json!({ "jsonrpc": "2.0", "id": "doorward", "result": result }))
}

fn error(status: &str, code: i64, data: &Value) -> Vec<u8> {
    let error = json!({ "code": code, "message": "no", "data": data });
    let body = json!({ "jsonrpc": "2.0", "id": "doorward", "error": error });
    answer(status, "content-type: application/json\r\n", body.to_string().as_bytes())
}

fn is_unknown(verdict: &EraVerdict, code: Code) -> bool {
    matches!(verdict, EraVerdict::Unknown(refusal) if refusal.code == code)
}

#[tokio::test]
async fn a_real_server_of_both_eras_is_modern() {
    let url = super::peers::serve_fixture().await;
    let verdict = probe(&HttpClient::new(), &endpoint(&url, Duration::from_secs(5))).await;
    assert!(matches!(verdict, EraVerdict::Modern { .. }), "{verdict:?}");
}

#[tokio::test]
async fn versions_decide() {
    let modern = verdict_on(discovered(&json!(["2025-11-25", "2026-07-28"]))).await;
    let supported = ["2025-11-25".to_owned(), "2026-07-28".to_owned()].into();
    assert_eq!(modern, EraVerdict::Modern { supported });
    assert_eq!(verdict_on(discovered(&json!(["2025-11-25"]))).await, EraVerdict::LegacyOnly);
    assert!(is_unknown(&verdict_on(discovered(&json!(["2031-01-01"]))).await, Code::UnsupportedVersion));

    let refused =
        |versions: Value| error("400 Bad Request", -32022, &json!({ "supported": versions, "requested": "x" }));
    assert!(matches!(verdict_on(refused(json!(["2026-07-28"]))).await, EraVerdict::Modern { .. }));
    assert_eq!(verdict_on(refused(json!(["2025-06-18"]))).await, EraVerdict::LegacyOnly);
    assert!(is_unknown(&verdict_on(refused(json!(["2031-01-01"]))).await, Code::UnsupportedVersion));
}

#[tokio::test]
async fn every_other_refusal_means_the_handshake_era() {
    let null_id =
        json!({ "jsonrpc": "2.0", "id": null, "error": { "code": -32000, "message": "Server not initialized" } });
    let json_type = "content-type: application/json\r\n";
    for reply in [
        error("200 OK", -32601, &Value::Null),
        error("200 OK", -32602, &Value::Null),
        error("400 Bad Request", -32000, &Value::Null),
        error("400 Bad Request", -32022, &Value::Null),
        answer("400 Bad Request", json_type, null_id.to_string().as_bytes()),
        answer("400 Bad Request", "content-type: text/plain\r\n", b"Unexpected message"),
        answer("404 Not Found", "", b""),
        answer("405 Method Not Allowed", "", b""),
        answer("202 Accepted", "", b""),
    ] {
        let shown = String::from_utf8_lossy(&reply).into_owned();
        assert_eq!(verdict_on(reply).await, EraVerdict::LegacyOnly, "{shown}");
    }
}

#[tokio::test]
async fn what_is_no_verdict() {
    for status in ["401 Unauthorized", "403 Forbidden", "302 Found", "429 Too Many Requests", "503 Unavailable"] {
        let verdict = verdict_on(answer(status, "", b"")).await;
        assert!(is_unknown(&verdict, Code::UpstreamHttp), "{status} {verdict:?}");
    }
    let listener = doorward_testkit::net::listen(0).await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    drop(listener);
    let verdict = probe(&HttpClient::new(), &endpoint(&url, Duration::from_secs(5))).await;
    assert!(is_unknown(&verdict, Code::Unreachable), "{verdict:?}");
}

#[tokio::test(start_paused = true)]
async fn a_legacy_verdict_expires_and_a_modern_one_is_forgotten_on_failure() {
    let cache = EraCache::new();
    assert_eq!(cache.verdict(), None);
    cache.remember(&EraVerdict::LegacyOnly);
    tokio::time::advance(Duration::from_secs(299)).await;
    assert_eq!(cache.verdict(), Some(EraVerdict::LegacyOnly));
    tokio::time::advance(Duration::from_secs(2)).await;
    assert_eq!(cache.verdict(), None);

    let modern = EraVerdict::Modern { supported: ["2026-07-28".to_owned()].into() };
    cache.remember(&modern);
    tokio::time::advance(Duration::from_secs(100_000)).await;
    cache.remember(&EraVerdict::Unknown(doorward_core::refusal::Refusal::new(Code::Died)));
    assert_eq!(cache.verdict(), Some(modern));
    cache.forget();
    assert_eq!(cache.verdict(), None);
}
