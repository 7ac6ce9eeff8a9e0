//! What the gateway asks an HTTP server for itself.
//!
//! These messages are made here, whole; nothing of a client's is in them but a cursor the server itself has given out.

use std::sync::Arc;

use bytes::Bytes;
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::bridge::{self, Declared};
use doorward_mcp::compose;
use doorward_mcp::id::Id;
use doorward_mcp::limits::Limits;
use doorward_mcp::message::{Message, Request as McpRequest, Response};
use doorward_mcp::revision::{Era, Revision};
use tokio::time::timeout;

use super::super::{Event, Housekeeping};
use super::{HttpCall, MODERN, Way};
use crate::limits::HOUSEKEEPING_WAIT;

/// One of the gateway's requests, in the words of the era.
pub(super) fn request(task: &Housekeeping, era: Era) -> Result<McpRequest, Refusal> {
    let (method, params) = match (task, era) {
        (Housekeeping::Initialize, Era::Legacy) => ("initialize", Some(initialize_params(&Declared::everything()))),
        (Housekeeping::Converse { declared }, Era::Legacy) => ("initialize", Some(initialize_params(declared))),
        (Housekeeping::Ping, Era::Legacy) => ("ping", None),
        (Housekeeping::Discover, Era::Modern) => ("server/discover", Some(format!("{{{}}}", meta()))),
        (Housekeeping::ListTools { cursor, .. }, Era::Modern) => {
            let cursor = cursor.as_deref().map(|cursor| format!(",\"cursor\":{}", compose::quote(cursor)));
            ("tools/list", Some(format!("{{{}{}}}", meta(), cursor.unwrap_or_default())))
        }
        (Housekeeping::ListTools { cursor, .. }, Era::Legacy) => {
            ("tools/list", cursor.as_deref().map(|cursor| format!("{{\"cursor\":{}}}", compose::quote(cursor))))
        }
        (Housekeeping::Initialize | Housekeeping::Converse { .. } | Housekeeping::Ping, Era::Modern)
        | (Housekeeping::Discover, Era::Legacy) => {
            return Err(Refusal::new(Code::OtherEra));
        }
    };
    let bytes = compose::request(&Id::from("doorward"), method, params.as_deref());
    match Message::parse(bytes, &Limits::default()) {
        Ok(Message::Request(request)) => Ok(request),
        Ok(Message::Notification(_) | Message::Response(_)) | Err(_) => {
            Err(Refusal::new(Code::BadAnswer).with_detail("Its cursor cannot be sent back."))
        }
    }
}

/// The notification that ends the legacy handshake.
pub(super) fn initialized() -> Bytes {
    compose::notification("notifications/initialized", None)
}

/// Sends a request of the gateway's and waits for the answer.
pub(super) async fn ask(way: &Arc<Way>, request: &McpRequest) -> Result<Asked, Refusal> {
    let mut call = HttpCall::start(way, request, &[])?;
    let answer = timeout(HOUSEKEEPING_WAIT, answer(&mut call)).await;
    let answer = answer.unwrap_or_else(|_| Err(Refusal::new(Code::TimedOut)));
    Ok(Asked { answer, status: call.status() })
}

/// What came of asking.
#[derive(Debug)]
pub(super) struct Asked {
    /// The answer.
    pub(super) answer: Result<Response, Refusal>,
    /// The HTTP status; 0 when there was none.
    pub(super) status: u16,
}

async fn answer(call: &mut HttpCall) -> Result<Response, Refusal> {
    loop {
        match call.next().await {
            // The gateway has nothing to say to a server, and no one to tell its news to.
            Event::Notification(_) | Event::Question(_) => {}
            Event::Response(response) => return Ok(response),
            Event::Failed(refusal) => return Err(refusal),
        }
    }
}

fn initialize_params(declared: &Declared) -> String {
    bridge::initialize_params(declared, Revision::LATEST_LEGACY, &client_info())
}

fn meta() -> String {
    format!(
        "\"_meta\":{{\"io.modelcontextprotocol/protocolVersion\":{},\"io.modelcontextprotocol/clientInfo\":{},\
         \"io.modelcontextprotocol/clientCapabilities\":{{}}}}",
        compose::quote(MODERN.as_str()),
        client_info()
    )
}

fn client_info() -> String {
    format!("{{\"name\":\"doorward\",\"version\":\"{}\"}}", env!("CARGO_PKG_VERSION"))
}
