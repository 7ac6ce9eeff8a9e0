//! What may cross the gateway and what may not: headers, bytes, decisions, environment, other servers' trouble.

use std::collections::BTreeMap;

use doorward_policy::Preset;
use doorward_server::config::{Transport, Way};
use serde_json::{Value, json};

use super::client::{Ask, Http, LEGACY, MODERN, Session, ask_modern, call, denial, modern, request};
use super::pipe::Pipe;
use super::rig::{Plan, heard, secrets};
use super::scripted::{ECHO, Reply, Scripted, body, said};

#[tokio::test]
async fn no_client_header_reaches_a_server() {
    let upstream = Scripted::start(ECHO, |seen| Reply::Send(said(seen, "x"))).await;
    let mut plan = Plan::new().with_token();
    let headers = secrets(&[("x-configured", "for-this-server")]);
    plan = plan.with_way("up", Way::Http { url: upstream.url.clone(), headers, transport: Transport::Auto });
    let rig = plan.start().await;
    let token = format!("Bearer {}", rig.token());
    let foreign = |ask: Ask| {
        ask.with("authorization", &token)
            .with("cookie", "leak=1")
            .with("x-api-key", "leak")
            .with("x-forwarded-for", "leak")
            .with("forwarded", "for=leak")
            .with("proxy-authorization", "leak")
            .with("traceparent", "leak")
            .with("user-agent", "leak")
            .with("x-configured", "leak")
            .with("last-event-id", "leak")
    };
    let mut http = Http::open(rig.http).await;
    let hello = foreign(Ask::post("up", super::client::initialize(LEGACY).to_string()));
    let session = http.ask(&hello).await.header("mcp-session-id").unwrap().to_owned();
    let echo = call(1, "echo", json!({ "message": "x" }));
    assert_eq!(http.ask(&foreign(Ask::legacy("up", &session, echo.to_string()))).await.status, 200);
    let cancelled = json!({ "jsonrpc": "2.0", "method": "notifications/roots/list_changed" });
    assert_eq!(http.ask(&foreign(Ask::legacy("up", &session, cancelled.to_string()))).await.status, 202);
    assert_eq!(http.ask(&foreign(Ask::modern("up", &modern(echo)))).await.status, 200);
    let delete = foreign(Ask::get("/s/up/mcp").by("DELETE").with("mcp-session-id", &session));
    assert_eq!(http.ask(&delete).await.status, 204);

    let known = [
        "accept",
        "content-length",
        "content-type",
        "host",
        "mcp-method",
        "mcp-name",
        "mcp-protocol-version",
        "mcp-session-id",
        "transfer-encoding",
        "x-configured",
    ];
    let seen = upstream.seen();
    assert!(seen.len() >= 5, "{seen:?}");
    for (name, value) in seen.iter().flat_map(|seen| &seen.headers) {
        assert!(known.contains(&name.as_str()), "{name}: {value}");
        let ours = !value.contains("leak") && !value.contains(&rig.token()) && *value != session;
        assert!(ours, "{name}: {value}");
        assert!(name != "x-configured" || value == "for-this-server");
        assert!(name != "mcp-session-id" || value == "upstream-1");
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_refused_call_is_a_result_and_the_session_goes_on() {
    let own = r#"@id("own:no-payload") @reason("Payloads are not for you.") @remedy("Use echo.")
        forbid (principal, action == Action::"bare/payload", resource);"#;
    let plan = Plan::new().with_policy(Preset::Observe, &[own]);
    let rig = plan.with_child("bare", "bare-upstream", &["--stdio"]).start().await;
    let refused = |message: &Value| {
        let result = &message["result"];
        assert_eq!(result["isError"], true, "{message}");
        let text = result["content"][0]["text"].as_str().unwrap();
        assert!(text.contains("Payloads are not for you.") && text.contains("Use echo."), "{text}");
        let (code, reference) = denial(message);
        assert_eq!(code, "DW1202");
        reference
    };
    let payload = call("p", "payload", json!({ "bytes": 3 }));
    let mut session = Session::open(&rig, "bare").await;
    let mut pipe = Pipe::session(&rig, "bare", LEGACY).await;
    for _ in 0..2 {
        let message = session.call(&payload).await;
        let records = rig.exchange(&refused(&message)).await;
        let told = (records.len(), records[0].disposition.as_str(), records[0].resource.as_deref());
        assert_eq!(told, (1, "refuse", Some("payload")), "{records:?}");
        assert_eq!(records[0].rules, ["own:no-payload"]);
        refused(&pipe.ask(payload.to_string()).await);
    }
    let modern = ask_modern(&rig, "bare", payload).await;
    assert_eq!(modern.status, 200);
    refused(&modern.json());
    assert_eq!(modern.json()["result"]["resultType"], "complete");
    let echo = call(2, "echo", json!({ "message": "on" }));
    assert_eq!(session.call(&echo).await["result"]["content"][0]["text"], "on");
    assert_eq!(pipe.ask(echo.to_string()).await["result"]["content"][0]["text"], "on");
    // The list agrees with the calls.
    let list = session.call(&request(3, "tools/list", json!({}))).await;
    let names: Vec<_> = list["result"]["tools"].as_array().unwrap().iter().map(|tool| tool["name"].clone()).collect();
    assert_eq!(names, ["echo"]);
    rig.stop().await;
}

#[tokio::test]
async fn a_rule_that_cannot_be_evaluated_refuses() {
    let own = r#"@id("own:overflow")
        forbid (principal, action == Action::"bare/payload", resource)
        when { context.arguments has bytes && context.arguments.bytes * 4611686018427387904 == 1 };"#;
    let plan = Plan::new().with_policy(Preset::Observe, &[own]);
    let rig = plan.with_child("bare", "bare-upstream", &["--stdio"]).start().await;
    let mut session = Session::open(&rig, "bare").await;
    assert_eq!(session.call(&call(1, "payload", json!({ "bytes": 1 }))).await["result"].get("isError"), None);
    let message = session.call(&call(2, "payload", json!({ "bytes": 1000 }))).await;
    let (code, reference) = denial(&message);
    assert_eq!((code.as_str(), &message["result"]["isError"]), ("DW1203", &json!(true)), "{message}");
    assert_eq!(rig.exchange(&reference).await[0].rules, ["own:overflow"]);
    rig.stop().await;
}

/// Numbers no double holds, keys out of order, white space, escapes, unknown members and an unknown kind of content.
const ODD: &str = r#"{ "zz" : 123456789012345678901234567890.10e+5 , "content":[{"type":"hologram","beam":{"b":1,"a":-0.0}},{"text":"\u00e9\/\t","type":"text"}] ,
 "structuredContent" : {"n":1E300,"deep":[[],{ }]}, "_meta":{"x.example/y":[null]}, "resultType":"complete", "later":true }"#;

#[tokio::test]
async fn bytes_pass_as_they_are_in_both_directions() {
    let upstream = Scripted::start(ECHO, |seen| {
        let text =
            format!("{{\"jsonrpc\":\"2.0\",\n \"result\":{ODD} ,\"id\":{}, \"extra\" : 1.50}}", seen.json()["id"]);
        Reply::Send(body(&text))
    })
    .await;
    let rig = Plan::new().with_url("up", &upstream.url).start().await;
    let arguments = r#"{ "message":"\u0041\/", "z":9007199254740993, "a":1.10e-7 , "nested":[ { } ] }"#;
    let meta = format!(
        r#""io.modelcontextprotocol/protocolVersion":"{MODERN}","io.modelcontextprotocol/clientCapabilities":{{}}"#
    );
    let sent = format!(
        "{{ \"params\" : {{\"arguments\":{arguments},  \"name\":\"echo\",\"unknown\":1.0, \"_meta\":{{{meta}}}}},\n\"id\":41,\"jsonrpc\":\"2.0\",\"method\":\"tools/call\"}}"
    );

    let session = Session::open(&rig, "up").await;
    let legacy = session.ask(sent.clone());
    let mut stateless = Ask::post("up", sent.clone());
    for (name, value) in [("mcp-protocol-version", MODERN), ("mcp-method", "tools/call"), ("mcp-name", "echo")] {
        stateless = stateless.with(name, value);
    }
    // A legacy message must not name the other era in its `_meta`.
    let mut plain = legacy.clone();
    plain.body = sent.replace(&meta, "").into_bytes();
    for (name, ask) in [("legacy", plain), ("modern", stateless)] {
        let answer = Http::open(rig.http).await.ask(&ask).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
        assert!(answer.text().contains(ODD), "{name}: {}", answer.text());
        assert_eq!(answer.json()["id"], 41);
        let seen = upstream.calls().pop().unwrap();
        assert_eq!(String::from_utf8_lossy(&seen.body), String::from_utf8_lossy(&ask.body), "{name}");
    }
    // On pipes only line breaks between tokens change, for a line break ends a message there.
    let mut pipe = Pipe::session(&rig, "up", LEGACY).await;
    pipe.say(sent.replace(&meta, "").replace('\n', " ")).await;
    assert!(pipe.line().await.contains(&ODD.replace('\n', " ")));
    rig.stop().await;
}

#[tokio::test]
async fn requests_reach_a_child_as_they_are_but_for_their_id() {
    let scratch = super::rig::Scratch::new();
    let log = scratch.path("heard");
    let rig = Plan::new().with_heard_child("bare", "bare-upstream", "--stdio", &log).start().await;
    let params = r#"{ "arguments":{"message":"\u0041", "z":9007199254740993,"a":1.10e-7 }, "name":"echo" , "x":[ ] }"#;
    let mut session = Session::open(&rig, "bare").await;
    let answer =
        session.post(format!(r#"{{"method":"tools/call","id":"m",  "params":{params} ,"jsonrpc":"2.0"}}"#)).await;
    assert_eq!(answer.json()["id"], "m");
    let text = heard(&log, |text| text.contains("9007199254740993")).await;
    let line = text.lines().find(|line| line.contains("9007199254740993")).unwrap();
    let (before, after) = line.split_once(params).unwrap_or_else(|| panic!("{line}"));
    assert!(before.starts_with(r#"{"method":"tools/call","id":"#), "{line}");
    assert!(!before.contains("\"m\""), "the child is given an id of its own: {line}");
    assert_eq!(after, r#" ,"jsonrpc":"2.0"}"#);
    rig.stop().await;
}

#[tokio::test]
async fn lists_keep_their_cursor_and_every_byte_of_what_is_shown() {
    let shown = r#"{ "name" : "echo","x-unknown":{"b":1.0,"a":[1e2]},"annotations":{"readOnlyHint":true},"inputSchema":{"type":"object"}}"#;
    let hidden = r#"{"name":"delete_all","annotations":{"destructiveHint":true},"inputSchema":{"type":"object"}}"#;
    let tools = format!(r#""later":[1 , 2],"tools":[{hidden} , {shown}], "nextCursor" : "page/2\u003d=""#);
    let upstream = Scripted::start(&tools, |seen| Reply::Send(said(seen, "x"))).await;
    let plan = Plan::new().with_policy(Preset::Guarded, &[]);
    let rig = plan.with_url("up", &upstream.url).start().await;
    let mut session = Session::open(&rig, "up").await;
    let text = session.post(request(1, "tools/list", json!({})).to_string()).await.text();
    assert!(text.contains(shown) && !text.contains("delete_all"), "{text}");
    assert!(text.contains(r#""later":[1 , 2]"#) && text.contains(r#""nextCursor" : "page/2\u003d=""#), "{text}");
    let parsed: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(parsed["result"]["tools"].as_array().unwrap().len(), 1);
    let text = ask_modern(&rig, "up", request(2, "tools/list", json!({ "cursor": "page/2==" }))).await.text();
    assert!(text.contains(shown) && !text.contains("delete_all"), "{text}");
    assert!(text.contains(r#""cacheScope":"private""#), "a list made for one is not for all: {text}");
    let asked = upstream.seen().into_iter().rfind(|seen| seen.rpc() == "tools/list").unwrap();
    assert_eq!(asked.json()["params"]["cursor"], "page/2==");
    rig.stop().await;
}

#[tokio::test]
async fn a_child_gets_the_configured_environment_and_nothing_else() {
    let program = doorward_testkit::bin("hostile-upstream").into_os_string();
    let command = vec![program, "--stdio".into(), "good".into()];
    let environment = secrets(&[("ONLY", "this"), ("AND", "")]);
    let rig = Plan::new().with_way("env", Way::Child { command, environment, directory: None }).start().await;
    let mut session = Session::open(&rig, "env").await;
    let answer = session.call(&call(1, "env", json!({}))).await;
    let text = answer["result"]["content"][0]["text"].as_str().unwrap();
    let seen: BTreeMap<String, String> = serde_json::from_str(text).unwrap();
    assert_eq!(seen, BTreeMap::from([("ONLY".to_owned(), "this".to_owned()), ("AND".to_owned(), String::new())]));
    rig.stop().await;
}

#[tokio::test]
async fn one_dead_server_is_nobody_elses_trouble() {
    let rig = Plan::new()
        .with_command("missing", vec!["/nonexistent/program".into()])
        .with_command("ends", vec!["/bin/false".into()])
        .with_url("refuses", "http://127.0.0.1:9/mcp")
        .with_child("well", "bare-upstream", &["--stdio"])
        .start()
        .await;
    let mut well = Session::open(&rig, "well").await;
    for (number, server) in ["missing", "ends", "refuses"].into_iter().enumerate() {
        let hello = Ask::post(server, super::client::initialize(LEGACY).to_string());
        let answer = Http::open(rig.http).await.ask(&hello).await;
        let code = denial(&answer.json()).0;
        assert!(["DW1401", "DW1402"].contains(&code.as_str()), "{server}: {code}");
        let list = well.call(&request(number, "tools/list", json!({}))).await;
        assert_eq!(list["result"]["tools"].as_array().unwrap().len(), 2, "{server}");
        let answer = ask_modern(&rig, server, call(1, "echo", json!({}))).await;
        assert!(answer.text().contains("DW14"), "{server}: {}", answer.text());
        // Whoever asks again at once, and by another way, is told the same.
        for (place, tool) in [("/", format!("{server}__echo")), (server, "echo".to_owned())] {
            let answer = ask_modern(&rig, place, call(2, &tool, json!({}))).await;
            assert!(answer.text().contains("DW14"), "{server} at {place}: {}", answer.text());
        }
    }
    rig.check_outcomes().await;
    rig.stop().await;
}
