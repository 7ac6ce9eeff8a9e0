//! The cheapest MCP server there is: fixed JSON text around the request's id, in both eras.
//!
//! Responsible for being so cheap that a benchmark measures what stands in front of it. It must
//! never check what a real server would: it trusts every request.

use std::{borrow::Cow, io::Write as _};

use serde::Deserialize;
use serde_json::value::RawValue;

/// The most bytes a `payload` call may ask for.
pub const LARGEST_PAYLOAD: usize = 64 * 1024 * 1024;

const FILLER: &str = "The quick brown fox jumps over the lazy dog and naps. ";

const TOOLS: &str = concat!(
    r#""tools":[{"name":"echo","description":"Repeats its message","annotations":{"readOnlyHint":true},"#,
    r#""inputSchema":{"type":"object","properties":{"message":{"type":"string"}},"required":["message"]}},"#,
    r#"{"name":"payload","description":"Returns a text of the given length","annotations":{"readOnlyHint":true},"#,
    r#""inputSchema":{"type":"object","properties":{"bytes":{"type":"integer"},"#,
    r#""path":{"type":"string"},"note":{"type":"string"}}}}]"#
);

const SERVER: &str = r#"{"name":"bare-upstream","version":"1"}"#;
const CAPABILITIES: &str = r#"{"tools":{}}"#;

/// A bare server, holding the text that `payload` returns unless told another length.
pub struct Bare {
    /// As JSON text, quotes included.
    payload: String,
    speaks: Speaks,
}

/// Which eras a bare server answers in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaks {
    /// Both.
    Both,
    /// With a handshake alone.
    Legacy,
    /// Without one alone.
    Modern,
}

/// What to send back for one message.
#[derive(Debug)]
pub enum Answer {
    /// The response to `initialize`, which opens a session.
    Opened(Vec<u8>),
    /// Any other response.
    Response(Vec<u8>),
    /// Nothing: the message was a notification or a response.
    Nothing,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Option<Cow<'a, str>>,
    #[serde(borrow)]
    params: Option<Params<'a>>,
}

#[derive(Deserialize)]
struct Params<'a> {
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    arguments: Option<Arguments<'a>>,
    #[serde(borrow, rename = "protocolVersion")]
    protocol_version: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "_meta")]
    meta: Option<Meta<'a>>,
}

#[derive(Deserialize)]
struct Arguments<'a> {
    /// Kept as JSON text, so that it is repeated without being decoded.
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    bytes: Option<usize>,
}

#[derive(Deserialize)]
struct Meta<'a> {
    #[serde(borrow, rename = "io.modelcontextprotocol/protocolVersion")]
    protocol_version: Option<Cow<'a, str>>,
}

/// The members that a result carries besides its own, which depend on the era.
#[derive(Clone, Copy)]
enum Era {
    Legacy,
    Modern,
}

impl Era {
    fn complete(self) -> &'static str {
        match self {
            Self::Legacy => "",
            Self::Modern => r#","resultType":"complete""#,
        }
    }

    fn cacheable(self) -> &'static str {
        match self {
            Self::Legacy => "",
            Self::Modern => r#","resultType":"complete","ttlMs":0,"cacheScope":"public""#,
        }
    }
}

impl Bare {
    /// A server whose `payload` tool returns `result_bytes` bytes, at most [`LARGEST_PAYLOAD`].
    #[must_use]
    pub fn new(result_bytes: usize) -> Self {
        Self { payload: filled(result_bytes), speaks: Speaks::Both }
    }

    /// The same server, answering in those eras alone.
    #[must_use]
    pub fn speaking(self, speaks: Speaks) -> Self {
        Self { speaks, ..self }
    }

    /// Answers one JSON-RPC message.
    #[must_use]
    pub fn answer(&self, message: &[u8]) -> Answer {
        let Ok(message) = serde_json::from_slice::<Message<'_>>(message) else {
            let error = r#"{"jsonrpc":"2.0","error":{"code":-32700,"message":"not JSON-RPC"}}"#;
            return Answer::Response(error.into());
        };
        let (Some(id), Some(method)) = (message.id, message.method.as_deref()) else {
            return Answer::Nothing;
        };
        let params = message.params.as_ref();
        let era = era(params);
        if !self.knows(method, era) {
            return Answer::Response(error(id, -32601, "no such method in this era"));
        }
        match method {
            "initialize" => Answer::Opened(result(id, &initialized(params))),
            "server/discover" => Answer::Response(result(id, &discovered())),
            "tools/list" => Answer::Response(result(id, &format!("{TOOLS}{}", era.cacheable()))),
            "tools/call" => Answer::Response(self.called(id, params, era)),
            "ping" => Answer::Response(result(id, "")),
            _ => Answer::Response(error(id, -32601, "no such method")),
        }
    }

    fn knows(&self, method: &str, era: Era) -> bool {
        match (self.speaks, era) {
            (Speaks::Both, _) | (Speaks::Modern, Era::Modern) => true,
            (Speaks::Legacy, _) => method != "server/discover",
            (Speaks::Modern, Era::Legacy) => false,
        }
    }

    fn called(&self, id: &RawValue, params: Option<&Params<'_>>, era: Era) -> Vec<u8> {
        let name = params.and_then(|params| params.name.as_deref());
        let arguments = params.and_then(|params| params.arguments.as_ref());
        match name {
            Some("echo") => {
                let message = arguments.and_then(|arguments| arguments.message);
                text_result(id, message.map_or(r#""""#, RawValue::get), era)
            }
            Some("payload") => match arguments.and_then(|arguments| arguments.bytes) {
                Some(bytes) => text_result(id, &filled(bytes), era),
                None => text_result(id, &self.payload, era),
            },
            Some(_) | None => error(id, -32602, "no such tool"),
        }
    }
}

fn era(params: Option<&Params<'_>>) -> Era {
    let meta = params.and_then(|params| params.meta.as_ref());
    match meta.and_then(|meta| meta.protocol_version.as_ref()) {
        Some(_) => Era::Modern,
        None => Era::Legacy,
    }
}

/// A JSON string whose text has `bytes` bytes.
fn filled(bytes: usize) -> String {
    let bytes = bytes.min(LARGEST_PAYLOAD);
    let mut text = String::with_capacity(bytes + FILLER.len() + 2);
    text.push('"');
    while text.len() <= bytes {
        text.push_str(FILLER);
    }
    // The filler is ASCII, so any length ends between two characters.
    text.truncate(bytes + 1);
    text.push('"');
    text
}

fn initialized(params: Option<&Params<'_>>) -> String {
    let asked = params.and_then(|params| params.protocol_version.as_deref());
    let version = match asked {
        Some(known @ ("2024-11-05" | "2025-03-26" | "2025-06-18")) => known,
        Some(_) | None => "2025-11-25",
    };
    format!(r#""protocolVersion":"{version}","capabilities":{CAPABILITIES},"serverInfo":{SERVER}"#)
}

fn discovered() -> String {
    format!(
        r#""supportedVersions":["2026-07-28"],"capabilities":{CAPABILITIES}{},"_meta":{{"io.modelcontextprotocol/serverInfo":{SERVER}}}"#,
        Era::Modern.cacheable()
    )
}

fn text_result(id: &RawValue, json_text: &str, era: Era) -> Vec<u8> {
    let mut out = Vec::with_capacity(json_text.len() + 160);
    // Writing to a vector cannot fail.
    let _ = write!(
        out,
        r#"{{"jsonrpc":"2.0","id":{id},"result":{{"content":[{{"type":"text","text":{json_text}}}]{}}}}}"#,
        era.complete()
    );
    out
}

fn result(id: &RawValue, members: &str) -> Vec<u8> {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{{members}}}}}"#).into_bytes()
}

fn error(id: &RawValue, code: i32, message: &str) -> Vec<u8> {
    let error = format!(r#"{{"code":{code},"message":"{message}"}}"#);
    format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{error}}}"#).into_bytes()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Answer, Bare, Speaks};

    fn answer(message: &Value) -> Value {
        match Bare::new(10).answer(message.to_string().as_bytes()) {
            Answer::Opened(body) | Answer::Response(body) => serde_json::from_slice(&body).unwrap(),
            Answer::Nothing => Value::Null,
        }
    }

    fn call(tool: &str, arguments: Value, meta: Value) -> Value {
        let params = json!({ "name": tool, "arguments": arguments, "_meta": meta });
        answer(&json!({ "jsonrpc": "2.0", "id": "a\"b", "method": "tools/call", "params": params }))
    }

    #[test]
    fn echo_repeats_the_message_and_the_id() {
        let got = call("echo", json!({ "message": "h\u{e9} \"quoted\"" }), json!({}));
        assert_eq!(got["id"], "a\"b");
        assert_eq!(got["result"]["content"][0]["text"], "h\u{e9} \"quoted\"");
        assert_eq!(got["result"].get("resultType"), None);
    }

    #[test]
    fn payload_has_the_length_asked_for() {
        let length = |got: Value| got["result"]["content"][0]["text"].as_str().unwrap().len();
        assert_eq!(length(call("payload", json!({}), json!({}))), 10);
        assert_eq!(length(call("payload", json!({ "bytes": 70_000 }), json!({}))), 70_000);
    }

    #[test]
    fn a_modern_request_gets_a_modern_result() {
        let meta = json!({ "io.modelcontextprotocol/protocolVersion": "2026-07-28" });
        let got = call("echo", json!({ "message": "" }), meta.clone());
        assert_eq!(got["result"]["resultType"], "complete");
        let params = json!({ "_meta": meta });
        let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": params });
        assert_eq!(answer(&list)["result"]["ttlMs"], 0);
    }

    #[test]
    fn a_server_of_one_era_refuses_the_other() {
        let opens = |speaks, method: &str, params: Value| {
            let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
            match Bare::new(10).speaking(speaks).answer(message.as_bytes()) {
                Answer::Opened(body) | Answer::Response(body) => {
                    serde_json::from_slice::<Value>(&body).unwrap().get("result").is_some()
                }
                Answer::Nothing => false,
            }
        };
        let modern = json!({ "_meta": { "io.modelcontextprotocol/protocolVersion": "2026-07-28" } });
        for (speaks, legacy_opens, modern_opens) in
            [(Speaks::Both, true, true), (Speaks::Legacy, true, false), (Speaks::Modern, false, true)]
        {
            assert_eq!(opens(speaks, "initialize", json!({})), legacy_opens, "{speaks:?}");
            assert_eq!(opens(speaks, "server/discover", modern.clone()), modern_opens, "{speaks:?}");
        }
    }

    #[test]
    fn a_notification_gets_nothing() {
        let message = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        assert_eq!(answer(&message), Value::Null);
    }

    #[test]
    fn initialize_settles_on_a_version_it_knows() {
        for (asked, settled) in [("2025-06-18", "2025-06-18"), ("1999-01-01", "2025-11-25")] {
            let params = json!({ "protocolVersion": asked });
            let got = answer(&json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params }));
            assert_eq!(got["result"]["protocolVersion"], settled);
        }
    }
}
