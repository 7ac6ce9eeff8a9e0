//! The messages of a run: what is asked, and whether an answer is the right one.

use std::{
    borrow::Cow,
    io::Write as _,
    sync::atomic::{AtomicU64, Ordering},
};

use serde::Deserialize;
use serde_json::value::RawValue;

const LEGACY_VERSION: &str = "2025-11-25";
const MODERN_VERSION: &str = "2026-07-28";

/// The tool every call is for.
pub(super) const TOOL: &str = "payload";

const MODERN_META: &str = concat!(
    r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","#,
    r#""io.modelcontextprotocol/clientInfo":{"name":"load","version":"1"},"#,
    r#""io.modelcontextprotocol/clientCapabilities":{}}"#
);

/// Which way of opening a conversation the clients speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Era {
    /// `initialize` once, then calls within the session.
    Legacy,
    /// Each call stands alone.
    Modern,
}

/// A call of the `payload` tool, made over and over.
#[derive(Debug, Clone)]
pub struct Call {
    /// Which era to speak.
    pub era: Era,
    /// Bytes of text to ask for.
    pub result_bytes: usize,
    /// About how many bytes of arguments to send.
    pub argument_bytes: usize,
}

/// A call ready to be sent, but for its id and the argument that differs from call to call.
#[derive(Debug, Clone)]
pub(super) struct Template {
    era: Era,
    after_path: String,
    least_answer: usize,
}

/// Ids are unique in the whole run, so that an answer meant for another client is noticed.
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    #[serde(borrow)]
    result: Option<Outcome<'a>>,
}

#[derive(Deserialize)]
struct Outcome<'a> {
    #[serde(rename = "isError")]
    is_error: Option<bool>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

/// One message that arrived.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Arrived {
    /// A response to the request with this id.
    Response {
        /// The id.
        id: u64,
        /// What is wrong with it, if anything.
        fault: Option<String>,
    },
    /// A notification, or a request of the server.
    Other,
}

impl Era {
    /// The era called `name`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "legacy" => Some(Self::Legacy),
            "modern" => Some(Self::Modern),
            _ => None,
        }
    }

    /// The revision its clients speak.
    pub(super) fn version(self) -> &'static str {
        match self {
            Self::Legacy => LEGACY_VERSION,
            Self::Modern => MODERN_VERSION,
        }
    }
}

/// The next id of this run.
pub(super) fn next_id() -> u64 {
    NEXT_ID.fetch_add(1, Ordering::Relaxed)
}

/// The request that opens a legacy conversation.
pub(super) fn initialize(id: u64) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"initialize","params":{{"protocolVersion":"{LEGACY_VERSION}","capabilities":{{}},"clientInfo":{{"name":"load","version":"1"}}}}}}"#
    )
}

/// The notification that ends the opening.
pub(super) const INITIALIZED: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;

/// The request for the list of tools, which clients make before they call one.
pub(super) fn list_tools(id: u64, era: Era) -> String {
    let params = match era {
        Era::Legacy => "",
        Era::Modern => MODERN_META,
    };
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/list","params":{{{params}}}}}"#)
}

impl Template {
    /// The template for `call`.
    pub(super) fn new(call: &Call) -> Self {
        let note = "All work and no play makes a dull day. ".repeat(call.argument_bytes / 39 + 1);
        let note: String = note.chars().take(call.argument_bytes).collect();
        let meta = match call.era {
            Era::Legacy => String::new(),
            Era::Modern => format!(",{MODERN_META}"),
        };
        let after_path = format!(r#".txt","bytes":{},"note":"{note}"}}{meta}}}}}"#, call.result_bytes);
        Self { era: call.era, after_path, least_answer: call.result_bytes }
    }

    /// The era it is written for.
    pub(super) fn era(&self) -> Era {
        self.era
    }

    /// The request with `id`. The `path` argument differs each time, as an agent's calls do: nothing
    /// that looks at arguments can answer from its memory of the last call.
    pub(super) fn request(&self, id: u64) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.after_path.len() + 160);
        // Writing to a vector cannot fail.
        let _ = write!(
            out,
            r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"{TOOL}","arguments":{{"path":"/srv/data/{id}{}"#,
            self.after_path
        );
        out
    }

    /// Reads one message, which should be a good answer if it is an answer at all.
    pub(super) fn read(&self, message: &[u8]) -> Result<Arrived, String> {
        let arrived = read(message)?;
        match arrived {
            Arrived::Response { id, fault: None } if message.len() < self.least_answer => {
                let fault = format!("an answer of {} bytes instead of {}", message.len(), self.least_answer);
                Ok(Arrived::Response { id, fault: Some(fault) })
            }
            Arrived::Response { .. } | Arrived::Other => Ok(arrived),
        }
    }
}

/// Reads one message, whatever request it may answer.
pub(super) fn read(message: &[u8]) -> Result<Arrived, String> {
    let envelope: Envelope<'_> = serde_json::from_slice(message)
        .map_err(|error| format!("no JSON-RPC message ({error}): {}", shown(message)))?;
    let is_response = envelope.result.is_some() || envelope.error.is_some();
    if !is_response {
        return Ok(Arrived::Other);
    }
    let id = envelope.id.and_then(|id| id.get().parse().ok());
    let id = id.ok_or_else(|| format!("an answer without an id of ours: {}", shown(message)))?;
    Ok(Arrived::Response { id, fault: fault(&envelope) })
}

fn fault(envelope: &Envelope<'_>) -> Option<String> {
    if let Some(error) = envelope.error {
        return Some(format!("error {}", error.get()));
    }
    let outcome = envelope.result.as_ref()?;
    let content = outcome.content.map_or(Cow::Borrowed(""), |content| shown(content.get().as_bytes()));
    outcome.is_error.unwrap_or(false).then(|| format!("isError: {content}"))
}

/// The beginning of a message, for an error.
pub(super) fn shown(message: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(message.get(..300).unwrap_or(message))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::bare::{Answer, Bare};

    fn call(era: Era) -> Call {
        Call { era, result_bytes: 1024, argument_bytes: 1000 }
    }

    fn answer(request: &[u8]) -> Vec<u8> {
        match Bare::new(0).answer(request) {
            Answer::Opened(answer) | Answer::Response(answer) => answer,
            Answer::Nothing => Vec::new(),
        }
    }

    #[test]
    fn a_request_is_answered_by_the_bare_upstream_in_its_era() {
        for era in [Era::Legacy, Era::Modern] {
            let template = Template::new(&call(era));
            let request = template.request(7);
            let parsed: Value = serde_json::from_slice(&request).unwrap();
            assert_eq!(parsed["params"]["arguments"]["note"].as_str().unwrap().len(), 1000);
            let answered = answer(&request);
            assert_eq!(template.read(&answered), Ok(Arrived::Response { id: 7, fault: None }));
            let is_modern = String::from_utf8(answered).unwrap().contains("resultType");
            assert_eq!(is_modern, era == Era::Modern);
        }
    }

    #[test]
    fn the_opening_messages_are_json_of_their_era() {
        for era in [Era::Legacy, Era::Modern] {
            let list: Value = serde_json::from_str(&list_tools(3, era)).unwrap();
            assert_eq!(list["params"].get("_meta").is_some(), era == Era::Modern);
            assert_eq!(read(&answer(list.to_string().as_bytes())), Ok(Arrived::Response { id: 3, fault: None }));
        }
        assert!(serde_json::from_str::<Value>(INITIALIZED).is_ok());
        assert_eq!(read(&answer(initialize(4).as_bytes())), Ok(Arrived::Response { id: 4, fault: None }));
    }

    #[test]
    fn whatever_is_wrong_with_an_answer_is_noticed() {
        let template = Template::new(&call(Era::Modern));
        let is_faulty = |message: &str| match template.read(message.as_bytes()) {
            Ok(Arrived::Response { fault, .. }) => fault.is_some(),
            Ok(Arrived::Other) => false,
            Err(_) => true,
        };
        assert!(is_faulty(r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"no"}}"#));
        assert!(is_faulty(r#"{"jsonrpc":"2.0","id":1,"result":{"isError":true,"content":[]}}"#));
        assert!(is_faulty(r#"{"jsonrpc":"2.0","id":1,"result":{"content":[]}}"#), "too short");
        assert!(is_faulty(r#"{"jsonrpc":"2.0","result":{}}"#), "no id");
        assert!(is_faulty("<html>"));
        assert!(!is_faulty(r#"{"jsonrpc":"2.0","method":"notifications/message","params":{}}"#));
    }
}
