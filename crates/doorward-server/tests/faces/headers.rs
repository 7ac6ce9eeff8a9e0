//! The headers and `_meta` of the stateless era, and the versions nobody speaks.

use doorward_policy::Preset;
use serde_json::{Value, json};

use super::client::{Answer, Ask, Http, MODERN, Session, call, denial, modern, request};
use super::rig::{Plan, Rig};
use super::scripted::{Reply, Scripted, body};

/// What is left out, what is put in, and the header the error must name.
type HeaderCase = (&'static str, &'static [(&'static str, &'static str)], &'static str);

/// Takes something away.
type Spoil = fn(&mut Value);

async fn fixture() -> Rig {
    Plan::new().with_child("fixture", "conformance-fixture", &["--stdio"]).start().await
}

async fn refused(rig: &Rig, name: &str, answer: &Answer, status: u16, error: i64, code: &str) -> Value {
    assert_eq!(answer.status, status, "{name}: {}", answer.text());
    let message = answer.json();
    let (denied, reference) = denial(&message);
    assert_eq!((message["error"]["code"].as_i64(), denied.as_str()), (Some(error), code), "{name}: {message}");
    let records = rig.exchange(&reference).await;
    assert_eq!((records.len(), records[0].code.as_deref()), (1, Some(code)), "{name}");
    message
}

#[tokio::test]
async fn headers_must_repeat_the_body() {
    let rig = fixture().await;
    let message = modern(call(5, "test_custom_header", json!({ "value": "né" })));
    let right = Ask::modern("fixture", &message).with("mcp-param-value", "=?base64?bsOp?=");
    let cases: &[HeaderCase] = &[
        ("mcp-method", &[], "Mcp-Method"),
        ("mcp-method", &[("mcp-method", "tools/list")], "Mcp-Method"),
        ("mcp-method", &[("mcp-method", "Tools/Call")], "Mcp-Method"),
        ("", &[("mcp-method", "tools/call")], "Mcp-Method"),
        ("mcp-name", &[], "Mcp-Name"),
        ("mcp-name", &[("mcp-name", "echo")], "Mcp-Name"),
        ("mcp-name", &[("mcp-name", "=?base64?ZWNobw==?=")], "Mcp-Name"),
        ("mcp-name", &[("mcp-name", "=?base64?***?=")], "Mcp-Name"),
        ("", &[("mcp-name", "test_custom_header")], "Mcp-Name"),
        ("mcp-protocol-version", &[], "MCP-Protocol-Version"),
        ("mcp-protocol-version", &[("mcp-protocol-version", "2025-11-25")], "MCP-Protocol-Version"),
        ("mcp-param-value", &[], "Mcp-Param-Value"),
        ("mcp-param-value", &[("mcp-param-value", "other")], "Mcp-Param-Value"),
        ("mcp-param-value", &[("mcp-param-value", "=?base64?!!?=")], "Mcp-Param-Value"),
        ("", &[("mcp-param-value", "=?base64?bsOp?=")], "Mcp-Param-Value"),
    ];
    for (without, with, named) in cases {
        let ask = with.iter().fold(right.clone().without(without), |ask, (name, value)| ask.with(name, value));
        let name = format!("{without} {with:?}");
        let answer = Http::open(rig.http).await.ask(&ask).await;
        let message = refused(&rig, &name, &answer, 400, -32020, "DW1012").await;
        let text = message["error"]["message"].as_str().unwrap();
        assert!(text.contains(named) && text.contains(MODERN), "{name}: {text}");
        assert_eq!(message["id"], 5);
    }
    let answer = Http::open(rig.http).await.ask(&right).await;
    assert_eq!((answer.status, &answer.json()["result"]["content"][0]["text"]), (200, &json!("né")));
    rig.stop().await;
}

#[tokio::test]
async fn a_refused_header_does_not_show_the_argument() {
    let rig = fixture().await;
    let message = modern(call(5, "test_custom_header", json!({ "value": "s3cret" })));
    let ask = Ask::modern("fixture", &message).with("mcp-param-value", "pr1vate");
    let answer = Http::open(rig.http).await.ask(&ask).await;
    let text = answer.text();
    assert!(answer.status == 400 && !text.contains("s3cret") && !text.contains("pr1vate"), "{text}");
    let kept = format!("{:?}", rig.exchange(&denial(&answer.json()).1).await);
    assert!(!kept.contains("s3cret") && !kept.contains("pr1vate"), "{kept}");
    rig.stop().await;
}

#[tokio::test]
async fn headers_do_not_tell_that_a_hidden_tool_exists() {
    let hides = r#"@id("hides") @hide forbid (principal, action == Action::"fixture/test_custom_header", resource);"#;
    let plan = Plan::new().with_policy(Preset::Observe, &[hides]);
    let rig = plan.with_child("fixture", "conformance-fixture", &["--stdio"]).start().await;
    let mut told = Vec::new();
    for name in ["test_custom_header", "test_customs_header"] {
        let message = modern(call(5, name, json!({ "value": "x" })));
        let answer = Http::open(rig.http).await.ask(&Ask::modern("fixture", &message)).await;
        let reference = denial(&answer.json()).1;
        told.push((answer.status, answer.text().replace(&reference, "REFERENCE")));
    }
    assert_eq!(told[0], told[1]);
    rig.stop().await;
}

#[tokio::test]
async fn meta_must_be_there() {
    let rig = fixture().await;
    let whole = modern(request("m", "tools/list", json!({})));
    let cases: [(&str, Spoil); 3] = [
        ("params", |message| _ = message.as_object_mut().unwrap().remove("params")),
        ("_meta", |message| message["params"] = json!({})),
        ("capabilities", |message| {
            let meta = message["params"]["_meta"].as_object_mut().unwrap();
            meta.remove("io.modelcontextprotocol/clientCapabilities");
        }),
    ];
    for (name, spoil) in cases {
        let mut message = whole.clone();
        spoil(&mut message);
        let answer = Http::open(rig.http).await.ask(&Ask::modern("fixture", &message)).await;
        let message = refused(&rig, name, &answer, 400, -32602, "DW1013").await;
        assert_eq!(message["id"], "m");
    }
    rig.stop().await;
}

#[tokio::test]
async fn unsupported_versions_name_the_supported_ones() {
    let rig = fixture().await;
    for version in ["2030-01-01", "1.0", "\u{1}x"] {
        let mut message = modern(request(3, "tools/list", json!({})));
        message["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!(version);
        let header = if version.starts_with('\u{1}') { "=?base64?AXg=?=" } else { version };
        let ask = Ask::modern("fixture", &message).without("mcp-protocol-version").with("mcp-protocol-version", header);
        let answer = Http::open(rig.http).await.ask(&ask).await;
        if version.starts_with('\u{1}') {
            // The version header knows no encoding, so it cannot repeat this.
            refused(&rig, version, &answer, 400, -32020, "DW1012").await;
            continue;
        }
        let message = refused(&rig, version, &answer, 400, -32022, "DW1014").await;
        let data = &message["error"]["data"];
        assert_eq!((&data["supported"], &data["requested"]), (&json!([MODERN]), &json!(version)), "{message}");
        assert_eq!(message["id"], 3);
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_server_of_the_older_era_is_bridged() {
    let both = Scripted::start("", |seen| {
        Reply::Send(body(&format!(r#"{{"jsonrpc":"2.0","id":{},"result":{{}}}}"#, seen.json()["id"])))
    })
    .await;
    // A server without discovery: the answer to it is an error that names no version.
    let old = super::scripted::Scripted::start_legacy().await;
    let rig = Plan::new().with_url("old", &old.url).with_url("both", &both.url).start().await;
    let message = modern(request(1, "tools/list", json!({})));
    let answer = Http::open(rig.http).await.ask(&Ask::modern("old", &message)).await;
    assert_eq!((answer.status, &answer.json()["result"]["resultType"]), (200, &json!("complete")), "{answer:?}");
    let methods: Vec<String> = old.seen().iter().map(super::scripted::Seen::rpc).collect();
    let handshake = ["server/discover", "initialize", "notifications/initialized"];
    assert_eq!(methods.get(..3), Some(&handshake.map(str::to_owned)[..]), "{methods:?}");
    Session::open(&rig, "old").await;
    let answer = Http::open(rig.http).await.ask(&Ask::modern("both", &message)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(both.seen().iter().all(|seen| seen.rpc() != "initialize"));
    rig.stop().await;
}

#[tokio::test]
async fn a_message_of_neither_era_is_told_how_to_begin() {
    let rig = fixture().await;
    let ask = Ask::post("fixture", request(4, "tools/list", json!({})).to_string());
    for ask in [ask.clone(), ask.with("mcp-protocol-version", "2025-06-18")] {
        let answer = Http::open(rig.http).await.ask(&ask).await;
        let message = refused(&rig, "no session", &answer, 400, 1104, "DW1104").await;
        assert!(message["error"]["message"].as_str().unwrap().contains("initialize"), "{message}");
        assert_eq!(message["id"], 4);
    }
    rig.stop().await;
}
