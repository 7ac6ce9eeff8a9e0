//! What is refused because of the message alone, over HTTP in both eras and over pipes; each refusal is recorded.

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use super::client::{Ask, Http, LEGACY, MODERN, Session, ask_modern, call, denial, modern, request};
use super::pipe::Pipe;
use super::rig::{Plan, Rig, soon};
use super::shapes::{check, shapes, too_large};

async fn bare() -> Rig {
    Plan::new().with_child("bare", "bare-upstream", &["--stdio"]).start().await
}

/// The outcome of a refused message, and nothing else, under its reference.
async fn recorded(rig: &Rig, name: &str, reference: &str, code: &str, face: &str) {
    let records = rig.exchange(reference).await;
    assert_eq!(records.len(), 1, "{name}: {records:?}");
    let told = (records[0].code.as_deref(), records[0].disposition.as_str(), records[0].face.as_str());
    assert_eq!(told, (Some(code), "refuse", face), "{name}");
    assert_eq!(records[0].server.as_deref(), Some("bare"), "{name}");
}

#[tokio::test]
async fn malformed_messages_in_a_session() {
    let rig = bare().await;
    let mut session = Session::open(&rig, "bare").await;
    for shape in shapes() {
        let answer = session.post(shape.body.clone()).await;
        assert_eq!(answer.status, shape.status, "{}: {}", shape.name, answer.text());
        let reference = check(&shape, &answer.json());
        recorded(&rig, shape.name, &reference, shape.code, "http").await;
    }
    let alive = session.call(&call(9, "echo", json!({ "message": "still here" }))).await;
    assert_eq!(alive["result"]["content"][0]["text"], "still here");
    rig.stop().await;
}

#[tokio::test]
async fn malformed_messages_of_the_stateless_era() {
    let rig = bare().await;
    let mut http = Http::open(rig.http).await;
    for shape in shapes() {
        let answer = http.ask(&Ask::post("bare", shape.body.clone()).with("mcp-protocol-version", MODERN)).await;
        assert_eq!(answer.status, shape.status, "{}: {}", shape.name, answer.text());
        let reference = check(&shape, &answer.json());
        recorded(&rig, shape.name, &reference, shape.code, "http").await;
    }
    rig.stop().await;
}

#[tokio::test]
async fn malformed_messages_on_pipes() {
    let rig = bare().await;
    let mut pipe = Pipe::session(&rig, "bare", LEGACY).await;
    for shape in shapes() {
        let message = pipe.ask(&shape.body).await;
        let reference = check(&shape, &message);
        recorded(&rig, shape.name, &reference, shape.code, "stdio").await;
    }
    let alive = pipe.ask(call("x", "echo", json!({ "message": "still here" })).to_string()).await;
    assert_eq!((&alive["id"], &alive["result"]["content"][0]["text"]), (&json!("x"), &json!("still here")));
    assert_eq!(pipe.close().await, "");
    rig.stop().await;
}

#[tokio::test]
async fn messages_over_the_limit_announced_or_not() {
    let rig = bare().await;
    let session = Session::open(&rig, "bare").await;
    let body = too_large();
    let announced = session.ask(Vec::new()).with("content-length", &body.len().to_string());
    let mut chunked = session.ask(Vec::new()).with("transfer-encoding", "chunked");
    chunked.body = [format!("{:x}\r\n", body.len()).as_bytes(), &body, b"\r\n0\r\n\r\n"].concat();
    for (name, ask) in [("announced", announced), ("chunked", chunked)] {
        let answer = Http::open(rig.http).await.ask(&ask).await;
        assert_eq!(answer.status, 413, "{name}");
        let message = answer.json();
        let (code, reference) = denial(&message);
        assert_eq!((code.as_str(), message.get("id")), ("DW1002", None), "{name}: {message}");
        recorded(&rig, name, &reference, "DW1002", "http").await;
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_line_over_the_limit_is_passed_over_whole() {
    let rig = bare().await;
    let mut pipe = Pipe::session(&rig, "bare", LEGACY).await;
    let message = pipe.ask(too_large()).await;
    let (code, reference) = denial(&message);
    assert_eq!((code.as_str(), message.get("id")), ("DW1002", None));
    recorded(&rig, "line", &reference, "DW1002", "stdio").await;
    let alive = pipe.ask(request(2, "ping", json!({})).to_string()).await;
    assert_eq!(alive, json!({ "jsonrpc": "2.0", "id": 2, "result": {} }));
    rig.stop().await;
}

#[tokio::test]
async fn a_body_that_breaks_off_is_not_taken_for_a_whole_one() {
    let rig = bare().await;
    let session = Session::open(&rig, "bare").await;
    // What has come is a whole message; what was announced is more.
    let body = call(3, "echo", json!({ "message": "cut" })).to_string();
    let ask = session.ask(body.clone()).with("content-length", &(body.len() + 10).to_string());
    let mut http = Http::open(rig.http).await;
    http.write(&ask.bytes(rig.http)).await;
    http.stream.get_mut().shutdown().await.unwrap();
    if let Some(answer) = soon(http.answer()).await {
        assert_eq!(answer.status, 400, "{answer:?}");
    }
    rig.record(|record| record.code.as_deref() == Some("DW1107")).await;
    assert!(rig.records().await.iter().all(|record| record.action != "tools/call"));
    rig.stop().await;
}

#[tokio::test]
async fn unknown_methods_and_bad_parameters() {
    let rig = bare().await;
    let mut session = Session::open(&rig, "bare").await;
    let mut pipe = Pipe::session(&rig, "bare", LEGACY).await;
    let cases = [
        (request(1, "tools/destroy", json!({})), -32601, "DW1011"),
        (request("a", "Tools/call", json!({ "name": "echo" })), -32601, "DW1011"),
        (request(2, "tools/call", json!({})), -32602, "DW1010"),
        (request(3, "tools/call", json!({ "name": 5 })), -32602, "DW1010"),
        (request(4, "resources/read", json!({ "uri": {} })), -32602, "DW1010"),
        (request(5, "tools/call", json!({ "name": "echo", "arguments": [] })), -32602, "DW1010"),
        (request(6, "tools/call", json!({ "name": "no_such_tool" })), -32602, "DW1205"),
    ];
    for (message, error, code) in cases {
        let told = |answer: &Value| {
            let (denied, reference) = denial(answer);
            assert_eq!((answer["error"]["code"].as_i64(), denied.as_str()), (Some(error), code), "{message}");
            assert_eq!(answer["id"], message["id"]);
            reference
        };
        let reference = told(&session.call(&message).await);
        recorded(&rig, code, &reference, code, "http").await;
        let reference = told(&pipe.ask(message.to_string()).await);
        recorded(&rig, code, &reference, code, "stdio").await;
    }
    rig.stop().await;
}

#[tokio::test]
async fn unknown_methods_of_the_stateless_era_are_not_found() {
    let rig = bare().await;
    // The last three belong to the other era.
    for method in ["tools/destroy", "ping", "logging/setLevel", "resources/subscribe"] {
        let answer = ask_modern(&rig, "bare", request(7, method, json!({}))).await;
        assert_eq!(answer.status, 404, "{method}: {}", answer.text());
        let message = answer.json();
        let (code, reference) = denial(&message);
        assert_eq!((message["error"]["code"].as_i64(), code.as_str()), (Some(-32601), "DW1011"), "{method}");
        assert_eq!(message["id"], 7);
        recorded(&rig, method, &reference, "DW1011", "http").await;
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_stateless_client_must_not_answer() {
    let rig = bare().await;
    let response = json!({ "jsonrpc": "2.0", "id": 1, "result": {} });
    let ask = Ask::post("bare", response.to_string()).with("mcp-protocol-version", MODERN);
    let answer = Http::open(rig.http).await.ask(&ask).await;
    assert_eq!((answer.status, denial(&answer.json()).0.as_str()), (400, "DW1009"));
    rig.stop().await;
}

#[tokio::test]
async fn batches_where_the_revision_has_them() {
    let rig = bare().await;
    let batch = json!([
        call(1, "echo", json!({ "message": "one" })),
        { "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 99 } },
        call("two", "echo", json!({ "message": "two" })),
        call(1, "echo", json!({ "message": "the id is in use" })),
    ]);
    let texts = |answers: &Value| {
        let mut texts: Vec<String> =
            answers.as_array().unwrap().iter().map(|answer| answer["id"].to_string()).collect();
        texts.sort();
        texts
    };
    let mut session = Session::open_with(&rig, "bare", "2025-03-26").await;
    let ask = session.ask(batch.to_string()).without("mcp-protocol-version").with("mcp-protocol-version", "2025-03-26");
    let answers = session.http.ask(&ask).await.json();
    assert_eq!(texts(&answers), ["\"two\"", "1", "1"]);
    assert_eq!(answers[0]["result"]["content"][0]["text"], "one");
    assert_eq!(answers[1]["result"]["content"][0]["text"], "two");
    let (code, reference) = denial(&answers[2]);
    assert_eq!(code, "DW1016");
    recorded(&rig, "batch", &reference, "DW1016", "http").await;

    let mut pipe = Pipe::session(&rig, "bare", "2025-03-26").await;
    let answers = pipe.ask(batch.to_string()).await;
    assert_eq!(texts(&answers), ["\"two\"", "1", "1"]);
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn no_batch_opens_a_conversation() {
    let rig = bare().await;
    let batch = json!([call(1, "echo", json!({ "message": "one" })), super::client::initialize("2025-03-26")]);
    let mut session = Session::open_with(&rig, "bare", "2025-03-26").await;
    let ask = session.ask(batch.to_string()).without("mcp-protocol-version");
    let answer = session.http.ask(&ask).await;
    assert_eq!((answer.status, denial(&answer.json()).0.as_str()), (400, "DW1008"), "{}", answer.text());

    let mut client = super::client::SseClient::session(&rig, "bare", "2025-03-26").await;
    let answer = client.post(&batch).await;
    assert_eq!((answer.status, denial(&answer.json()).0.as_str()), (400, "DW1008"), "{}", answer.text());

    let mut pipe = Pipe::session(&rig, "bare", "2025-03-26").await;
    let (code, reference) = denial(&pipe.ask(batch.to_string()).await);
    assert_eq!(code, "DW1008");
    recorded(&rig, "batch", &reference, "DW1008", "stdio").await;
    let called = rig.records().await.into_iter().any(|record| record.action == "tools/call");
    assert!(!called, "nothing of such a batch is done");
    rig.stop().await;
}

#[tokio::test]
async fn line_breaks_in_a_body_make_no_second_line() {
    let scratch = super::rig::Scratch::new();
    let log = scratch.path("heard");
    let rig = Plan::new().with_heard_child("bare", "bare-upstream", "--stdio", &log).start().await;
    let inner = "{\"jsonrpc\":\"2.0\",\"id\":99,\"method\":\"tools/call\",\r\"params\":{\"name\":\"payload\"}}";
    let params = format!("{{\"name\":\"echo\",\n\"arguments\":{{\"message\":\"x\"}},\n\"extra\":\n{inner}\n\r\n}}");
    let body = format!("{{\"jsonrpc\":\"2.0\",\n\"id\":1,\"method\":\"tools/call\",\"params\":{params}}}\n");
    let mut session = Session::open(&rig, "bare").await;
    let answer = session.post(body).await;
    assert_eq!(answer.json()["result"]["content"][0]["text"], "x", "{}", answer.text());
    let text = super::rig::heard(&log, |text| text.contains("payload")).await;
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("one message a line")).collect();
    let methods: Vec<&str> = lines.iter().filter_map(|line| line["method"].as_str()).collect();
    assert_eq!(methods.iter().filter(|method| **method == "tools/call").count(), 1, "{methods:?}");
    // White space inside a modern message is as harmless.
    let spread = serde_json::to_vec_pretty(&modern(call(2, "echo", json!({ "message": "y" })))).unwrap();
    let mut ask = Ask::modern("bare", &modern(call(2, "echo", json!({ "message": "y" }))));
    ask.body = spread;
    let answer = Http::open(rig.http).await.ask(&ask).await;
    assert_eq!(answer.json()["result"]["content"][0]["text"], "y");
    rig.stop().await;
}

/// A server that writes all progress of a call and its answer at once.
const AT_ONCE: &str = r#"
while read -r line; do
    id=${line#*\"id\":}; id=${id%%[,\}]*}
    progress='{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":'"$id"',"progress":'
    answer='{"jsonrpc":"2.0","id":'"$id"
    case "$line" in
    *'"server/discover"'*) printf '%s\n' "$answer"',"error":{"code":-32601,"message":"no"}}' ;;
    *'"initialize"'*) printf '%s\n' "$answer"',"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}}' ;;
    *'"tools/list"'*) printf '%s\n' "$answer"',"result":{"tools":[{"name":"steps","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}}]}}' ;;
    *'"tools/call"'*) printf '%s\n' "${progress}1}}" "${progress}2}}" "${progress}3}}" "${progress}4}}" "$answer"',"result":{"content":[]}}' ;;
    esac
done"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn progress_comes_whole_and_before_the_answer_however_close_they_are() {
    let command = ["/bin/sh", "-c", AT_ONCE].map(Into::into).to_vec();
    let rig = Plan::new().with_command("steps", command).start().await;
    let mut pipe = Pipe::session(&rig, "steps", LEGACY).await;
    for number in 0..100 {
        let mut message = call(number, "steps", json!({}));
        message["params"]["_meta"] = json!({ "progressToken": "t" });
        for message in [message.clone(), modern(message)] {
            pipe.say(message.to_string()).await;
            for progress in 1..=4 {
                assert_eq!(pipe.next().await["params"], json!({ "progressToken": "t", "progress": progress }));
            }
            assert_eq!(pipe.next().await["id"], number);
        }
    }
    pipe.close().await;
    rig.check_outcomes().await;
    rig.stop().await;
}
