//! Messages as OTLP's JSON encoding has them.

use serde_json::{Value as Json, json};

use super::*;

fn record() -> RecordView {
    let text = r#"{"seq":7,"version":4,"at":"2026-07-28T09:30:00.000001Z","exchange":"019fa80b2ac000000000000000000001",
        "phase":"outcome","disposition":"answer","principal":"ann","proof":"token","revision":"2026-07-28","face":"stdio",
        "direction":"to-server","server":"git","action":"tools/call","resource":"git_log","arguments_digest":"ab","code":null,
        "rules":["own/git"],"reasons":[],"request_bytes":1,"answer_bytes":2,"elapsed_micros":10000,"upstream_micros":3}"#;
    serde_json::from_str(text).unwrap()
}

fn sent(signal: Signal, records: &[RecordView]) -> Json {
    let records: Vec<&RecordView> = records.iter().collect();
    serde_json::from_slice(&message(signal, &records).unwrap().unwrap()).unwrap()
}

fn attribute<'a>(item: &'a Json, key: &str) -> &'a Json {
    let attributes = item["attributes"].as_array().unwrap();
    attributes.iter().find(|attribute| attribute["key"] == key).map_or(&Json::Null, |attribute| &attribute["value"])
}

#[test]
fn a_span_is_an_exchange() {
    let sent = sent(Signal::Traces, &[record()]);
    let resource = &sent["resourceSpans"][0];
    assert_eq!(attribute(&resource["resource"], "service.name"), &json!({"stringValue": "doorward"}));
    let span = &resource["scopeSpans"][0]["spans"][0];
    let head = json!([span["traceId"], span["spanId"], span["name"], span["kind"], span["status"]]);
    assert_eq!(head, json!(["019fa80b2ac000000000000000000001", "0000000000000001", "tools/call git_log", 2, null]));
    assert_eq!(
        (&span["startTimeUnixNano"], &span["endTimeUnixNano"]),
        (
            &json!("1785231000000001000").as_str().map(|_| json!("1785230999990001000")).unwrap(),
            &json!("1785231000000001000")
        )
    );
    for (key, value) in [
        ("mcp.method.name", json!({"stringValue": "tools/call"})),
        ("gen_ai.tool.name", json!({"stringValue": "git_log"})),
        ("gen_ai.operation.name", json!({"stringValue": "execute_tool"})),
        ("mcp.protocol.version", json!({"stringValue": "2026-07-28"})),
        ("network.transport", json!({"stringValue": "pipe"})),
        ("doorward.request.size", json!({"intValue": "1"})),
        ("doorward.rules", json!({"arrayValue": {"values": [{"stringValue": "own/git"}]}})),
        ("error.type", Json::Null),
    ] {
        assert_eq!(attribute(span, key), &value, "{key}");
    }
}

#[test]
fn what_failed_says_how() {
    let refused = RecordView { disposition: "refuse".into(), code: Some("DW1202".into()), ..record() };
    let failed = RecordView { disposition: "answer-error".into(), ..record() };
    let read = RecordView { action: "resources/read".into(), resource: Some("file:///a".into()), ..failed.clone() };
    let sent = sent(Signal::Traces, &[refused, failed, read]);
    let spans = &sent["resourceSpans"][0]["scopeSpans"][0]["spans"];
    let told = |number: usize, key: &str| attribute(&spans[number], key)["stringValue"].clone();
    assert_eq!((told(0, "error.type"), told(0, "rpc.response.status_code")), (json!("DW1202"), json!("1202")));
    assert_eq!((told(1, "error.type"), told(2, "error.type")), (json!("tool_error"), json!("_OTHER")));
    assert_eq!((&spans[2]["name"], told(2, "mcp.resource.uri")), (&json!("resources/read"), json!("file:///a")));
    assert_eq!(spans[0]["status"]["code"], 2);
}

#[test]
fn logs_tell_everything_and_intents_have_no_span() {
    let intent = RecordView { phase: "intent".into(), ..record() };
    assert!(message(Signal::Traces, &[&intent]).unwrap().is_none());
    let sent = sent(Signal::Logs, &[intent]);
    let log = &sent["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0];
    assert_eq!((&log["timeUnixNano"], &log["severityNumber"]), (&json!("1785231000000001000"), &json!(9)));
    assert_eq!(log["body"], json!({"stringValue": "ann: tools/call git_log on git: intent"}));
    assert_eq!(attribute(log, "doorward.record.id")["stringValue"], "019fa80b2ac000000000000000000001-intent");
    assert_eq!(attribute(log, "doorward.record.seq"), &json!({"intValue": "7"}));
}

#[test]
fn durations_fall_into_their_buckets() {
    let slow = RecordView { elapsed_micros: 10_001, ..record() };
    let never = RecordView { elapsed_micros: 400_000_000, ..record() };
    let other = RecordView { resource: Some("git_diff".into()), ..record() };
    let sent = sent(Signal::Metrics, &[record(), slow, never, other]);
    let metric = &sent["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0];
    assert_eq!((&metric["name"], &metric["unit"]), (&json!("mcp.server.operation.duration"), &json!("s")));
    let points = metric["histogram"]["dataPoints"].as_array().unwrap();
    assert_eq!(points.len(), 2);
    let counts: Vec<&str> =
        points[0]["bucketCounts"].as_array().unwrap().iter().map(|count| count.as_str().unwrap()).collect();
    assert_eq!(counts, ["1", "1", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "1"]);
    assert_eq!((&points[0]["count"], &points[0]["min"], &points[0]["max"]), (&json!("3"), &json!(0.01), &json!(400.0)));
}
