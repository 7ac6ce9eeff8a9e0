//! The part that behaves: opening, listing and the tools, in both eras.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde_json::{Value, json};

use super::misdeed::{Misdeed, Mode, Piece, plan};

/// The longest an `echo` call may ask to be kept waiting.
const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// A server with one mode, shared by all its connections.
pub(super) struct Server {
    mode: Mode,
    open: Mutex<BTreeMap<u64, Value>>,
}

/// What a transport has to do about one message.
#[derive(Debug)]
pub(super) enum Reaction {
    /// Nothing: it was a notification.
    Nothing,
    /// The answer to `initialize`, which opens a session over HTTP.
    Opened(Vec<u8>),
    /// Wait, then carry it out.
    Do { wait: Duration, misdeed: Misdeed },
}

/// A call that is open until this is dropped.
pub(super) struct OpenCall {
    server: Arc<Server>,
    key: u64,
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        self.server.open().remove(&self.key);
    }
}

impl Server {
    pub(super) fn new(mode: Mode) -> Self {
        Self { mode, open: Mutex::default() }
    }

    /// Decides about one message. The call counts as open until the second value is dropped.
    pub(super) fn receive(self: &Arc<Self>, message: &[u8]) -> (Reaction, Option<OpenCall>) {
        let Ok(message) = serde_json::from_slice::<Value>(message) else {
            let error = json!({ "code": -32700, "message": "not JSON" });
            return (at_once(json!({ "jsonrpc": "2.0", "error": error })), None);
        };
        let (Some(id), Some(method)) = (message.get("id"), message.get("method")) else {
            return (Reaction::Nothing, None);
        };
        match method.as_str().unwrap_or_default() {
            "initialize" => {
                let opened = result(id, initialized(&message));
                (Reaction::Opened(opened.to_string().into_bytes()), None)
            }
            "tools/call" => {
                let call = self.opened(id);
                (self.called(id, &message, call.key), Some(call))
            }
            "server/discover" => (at_once(result(id, cacheable(&message, discovered()))), None),
            "tools/list" => (at_once(result(id, cacheable(&message, tools()))), None),
            "ping" => (at_once(result(id, json!({}))), None),
            unknown => {
                let error = json!({ "code": -32601, "message": format!("no method {unknown}") });
                (at_once(json!({ "jsonrpc": "2.0", "id": id, "error": error })), None)
            }
        }
    }

    fn called(&self, id: &Value, message: &Value, key: u64) -> Reaction {
        let text_of = |pointer| message.pointer(pointer).and_then(Value::as_str);
        let said = text_of("/params/arguments/message").unwrap_or_default();
        let text = match text_of("/params/name") {
            Some("echo") => said.to_owned(),
            Some("env") => environment(),
            Some("whoami") => json!({ "pid": std::process::id() }).to_string(),
            Some(_) | None => {
                let error = json!({ "code": -32602, "message": "no such tool" });
                return at_once(json!({ "jsonrpc": "2.0", "id": id, "error": error }));
            }
        };
        let content = json!({ "content": [{ "type": "text", "text": text }] });
        let answer = result(id, complete(message, content));
        if said == "boom" {
            let other = self.other_open(key);
            return Reaction::Do { wait: Duration::ZERO, misdeed: plan(self.mode, id, &answer, other.as_ref()) };
        }
        let delay = message.pointer("/params/arguments/delayMs");
        let delay = delay.and_then(Value::as_u64).unwrap_or(0);
        Reaction::Do { wait: Duration::from_millis(delay).min(LONGEST_DELAY), misdeed: sent(answer) }
    }

    fn opened(self: &Arc<Self>, id: &Value) -> OpenCall {
        let mut open = self.open();
        let key = open.last_key_value().map_or(0, |(key, _)| key + 1);
        open.insert(key, id.clone());
        OpenCall { server: Arc::clone(self), key }
    }

    fn other_open(&self, key: u64) -> Option<Value> {
        let open = self.open();
        let mut others = open.iter().filter(|(other, _)| **other != key);
        others.next().map(|(_, id)| id.clone())
    }

    fn open(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, Value>> {
        // The map is whole after any single operation, so a panic elsewhere cannot have torn it.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn at_once(message: Value) -> Reaction {
    Reaction::Do { wait: Duration::ZERO, misdeed: sent(message) }
}

fn sent(message: Value) -> Misdeed {
    Misdeed::Send(vec![Piece::Message(message.to_string().into_bytes())])
}

fn result(id: &Value, result: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "result": result })
}

fn initialized(message: &Value) -> Value {
    let asked = message.pointer("/params/protocolVersion");
    let version = match asked.and_then(Value::as_str) {
        Some(known @ ("2024-11-05" | "2025-03-26" | "2025-06-18")) => known,
        Some(_) | None => "2025-11-25",
    };
    json!({
        "protocolVersion": version,
        "capabilities": { "tools": {} },
        "serverInfo": { "name": "hostile-upstream", "version": "1" }
    })
}

fn discovered() -> Value {
    json!({ "supportedVersions": ["2026-07-28"], "capabilities": { "tools": {} } })
}

fn tools() -> Value {
    let tool = |name: &str, description: &str, properties: Value| {
        json!({
            "name": name,
            "description": description,
            "annotations": { "readOnlyHint": true },
            "inputSchema": { "type": "object", "properties": properties }
        })
    };
    let echo = json!({ "message": { "type": "string" }, "delayMs": { "type": "integer" } });
    json!({ "tools": [
        tool("echo", "Repeats its message", echo),
        tool("env", "Shows the environment it was given", json!({})),
        tool("whoami", "Shows its process id", json!({}))
    ] })
}

/// Adds what 2026-07-28 wants on every result, for a request of that revision.
fn complete(message: &Value, mut result: Value) -> Value {
    let version = message.pointer("/params/_meta/io.modelcontextprotocol~1protocolVersion");
    if let (Some(_), Some(members)) = (version, result.as_object_mut()) {
        members.insert("resultType".to_owned(), json!("complete"));
    }
    result
}

/// Adds what 2026-07-28 wants on lists, for a request of that revision.
fn cacheable(message: &Value, result: Value) -> Value {
    let mut result = complete(message, result);
    if let Some(members) = result.as_object_mut()
        && members.contains_key("resultType")
    {
        members.insert("ttlMs".to_owned(), json!(0));
        members.insert("cacheScope".to_owned(), json!("public"));
    }
    result
}

fn environment() -> String {
    let variables = std::env::vars_os().map(|(name, value)| {
        let text = |os: std::ffi::OsString| os.to_string_lossy().into_owned();
        (text(name), text(value))
    });
    json!(variables.collect::<BTreeMap<_, _>>()).to_string()
}
