//! The protocol around the tools: the handshake of one era, the discovery of the other, lists and calls.

use bytes::Bytes;
use doorward_mcp::compose;
use doorward_mcp::message::Request;
use doorward_mcp::raw::Raw;
use doorward_mcp::revision::{Era, Revision};
use serde_json::{Value, json};

/// What a server offers.
pub(super) trait Tools {
    /// The name it gives itself.
    fn name(&self) -> &'static str;

    /// Its tools, as `tools/list` shows them.
    fn list(&self) -> Value;

    /// Performs a call; the error is a text for the model.
    fn call(&mut self, tool: &str, arguments: &Arguments<'_>) -> Result<String, String>;
}

/// The arguments of a call.
#[derive(Debug)]
pub(super) struct Arguments<'a>(Option<Raw<'a>>);

impl Arguments<'_> {
    /// The text of that name.
    pub(super) fn text(&self, name: &str) -> Result<String, String> {
        let value = self.0.as_ref().and_then(|arguments| arguments.member(name));
        let text = value.and_then(|value| value.as_str().map(std::borrow::Cow::into_owned));
        text.ok_or_else(|| format!("The argument '{name}' is missing or is no text."))
    }
}

/// The answer to one request.
pub(super) fn answer(request: &Request, tools: &mut impl Tools) -> Bytes {
    let era = era(request);
    let result = match request.method() {
        "initialize" => initialized(request, tools.name()),
        "server/discover" => discovered(tools.name()),
        "ping" => json!({}),
        "tools/list" => listed(tools.list(), era),
        "tools/call" => match called(request, tools) {
            Some(outcome) => result_of(outcome, era),
            None => return compose::error(Some(request.id()), -32602, "The call names no tool.", None),
        },
        _ => return compose::error(Some(request.id()), -32601, "There is no such method.", None),
    };
    compose::result(request.id(), &result.to_string())
}

/// A request that says its protocol version in `_meta` is of the stateless era.
fn era(request: &Request) -> Era {
    let version = request.meta().and_then(|meta| meta.member("io.modelcontextprotocol/protocolVersion"));
    if version.is_some() { Era::Modern } else { Era::Legacy }
}

fn called(request: &Request, tools: &mut impl Tools) -> Option<Result<String, String>> {
    let name = request.param("name")?;
    let name = name.as_str()?;
    Some(tools.call(&name, &Arguments(request.param("arguments"))))
}

fn result_of(outcome: Result<String, String>, era: Era) -> Value {
    let (text, is_error) = match outcome {
        Ok(text) => (text, false),
        Err(text) => (text, true),
    };
    let mut result = json!({ "content": [{ "type": "text", "text": text }], "isError": is_error });
    complete(&mut result, era);
    result
}

fn listed(tools: Value, era: Era) -> Value {
    let mut result = json!({ "tools": tools });
    complete(&mut result, era);
    if era == Era::Modern {
        add(&mut result, "ttlMs", json!(0));
        add(&mut result, "cacheScope", json!("private"));
    }
    result
}

fn initialized(request: &Request, name: &str) -> Value {
    let asked = request.param("protocolVersion");
    let asked = asked.and_then(|version| Revision::parse(&version.as_str()?));
    let version = asked.filter(|revision| revision.era() == Era::Legacy).unwrap_or(Revision::LATEST_LEGACY);
    json!({
        "protocolVersion": version.as_str(),
        "capabilities": { "tools": {} },
        "serverInfo": { "name": name, "version": env!("CARGO_PKG_VERSION") },
    })
}

fn discovered(name: &str) -> Value {
    json!({
        "resultType": "complete",
        "supportedVersions": [Revision::LATEST.as_str()],
        "capabilities": { "tools": {} },
        "ttlMs": 0,
        "cacheScope": "private",
        "_meta": { "io.modelcontextprotocol/serverInfo": { "name": name, "version": env!("CARGO_PKG_VERSION") } },
    })
}

fn complete(result: &mut Value, era: Era) {
    if era == Era::Modern {
        add(result, "resultType", json!("complete"));
    }
}

fn add(object: &mut Value, name: &str, value: Value) {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use doorward_mcp::limits::Limits;
    use doorward_mcp::message::Message;

    use super::*;
    use crate::demo_server::notes::Notes;

    fn asked(message: Value) -> Value {
        let message = Message::parse(message.to_string().into_bytes(), &Limits::default()).unwrap();
        let Message::Request(request) = message else { panic!("no request") };
        serde_json::from_slice(&answer(&request, &mut Notes::new())).unwrap()
    }

    #[test]
    fn both_eras_are_answered_in_their_own_form() {
        let old = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } });
        let opened = asked(json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": old }));
        assert_eq!(opened["result"]["protocolVersion"], "2025-06-18");
        let listed = asked(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }));
        assert_eq!(listed["result"]["tools"].as_array().unwrap().len(), 5);
        assert!(listed["result"].get("resultType").is_none());
        let meta = json!({ "io.modelcontextprotocol/protocolVersion": "2026-07-28" });
        let call = json!({ "name": "read_note", "arguments": { "title": "plans-2024" }, "_meta": meta });
        let read = asked(json!({ "jsonrpc": "2.0", "id": "x", "method": "tools/call", "params": call }));
        assert_eq!((read["id"].as_str(), read["result"]["resultType"].as_str()), (Some("x"), Some("complete")));
    }

    #[test]
    fn faults_are_answered() {
        let nothing = asked(json!({ "jsonrpc": "2.0", "id": 1, "method": "nothing/there" }));
        assert_eq!(nothing["error"]["code"], -32601);
        let unnamed = asked(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {} }));
        assert_eq!(unnamed["error"]["code"], -32602);
        let call = json!({ "name": "read_note", "arguments": {} });
        let missing = asked(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call }));
        assert_eq!(missing["result"]["isError"], true);
    }
}
