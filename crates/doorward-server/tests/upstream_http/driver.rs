//! Makes permits the only way there is: through an exchange whose decision is an allow.

use std::sync::Arc;
use std::time::Duration;

use doorward_core::access::{Approach, Direction, Face};
use doorward_core::decision::Decision;
use doorward_core::exchange::{Arrival, Step, begin};
use doorward_core::guard::Inspection;
use doorward_core::ids::{ExchangeId, ServerId};
use doorward_core::permit::Permit;
use doorward_core::principal::{Principal, Proof};
use doorward_core::refusal::{Code, Refusal};
use doorward_core::time::Timestamp;
use doorward_mcp::limits::Limits;
use doorward_mcp::message::{Message, Response};
use doorward_mcp::revision::{Era, Revision};
use doorward_server::upstream::Event;
use doorward_server::upstream::http::{Endpoint, HttpCall, HttpClient, HttpLink};
use serde_json::{Value, json};

/// No test waits longer than this for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const MODERN: &str = "2026-07-28";

pub(crate) fn server_id() -> ServerId {
    ServerId::parse("upstream").unwrap()
}

pub(crate) fn allow(message: &Value) -> Permit {
    allow_for(server_id(), Direction::ToServer, message)
}

pub(crate) fn allow_for(server: ServerId, direction: Direction, message: &Value) -> Permit {
    let at = Timestamp::from_micros(1);
    let mut step = begin(Arrival {
        id: ExchangeId::from_parts(1, 1),
        principal: Principal::new("tester", Proof::None),
        server,
        direction,
        approach: Approach::new(Face::Http),
        revision: revision_of(message),
        message: Message::parse(message.to_string(), &Limits::default()).unwrap(),
        at,
    });
    loop {
        step = match step {
            Step::Decide(waiting) => {
                let allow = Decision::Allow { obligations: Vec::new(), reasons: Vec::new() };
                let decisions = vec![allow; waiting.requests().len()];
                waiting.decided(decisions, at)
            }
            Step::Record(waiting) => {
                let (_, recorded) = waiting.split();
                recorded.recorded(Ok(()), at)
            }
            Step::Guard(waiting) => waiting.guarded(Inspection::default(), at),
            Step::Forward(permit, _) => return permit,
            other @ (Step::Consult(_)
            | Step::Meter(_)
            | Step::Recall(_)
            | Step::Keep(_)
            | Step::Sift(_)
            | Step::Reply(_)) => {
                panic!("not forwarded: {other:?}")
            }
        };
    }
}

fn revision_of(message: &Value) -> Revision {
    match message.pointer("/params/_meta/io.modelcontextprotocol~1protocolVersion") {
        Some(_) => Revision::V2026_07_28,
        None => Revision::LATEST_LEGACY,
    }
}

/// A request in the words of the era.
pub(crate) fn request(era: Era, id: u64, method: &str, params: Value) -> Value {
    let mut params = params;
    if era == Era::Modern {
        let meta = params.as_object_mut().unwrap().entry("_meta").or_insert_with(|| json!({}));
        meta["io.modelcontextprotocol/protocolVersion"] = json!(MODERN);
        meta["io.modelcontextprotocol/clientCapabilities"] = json!({});
        meta["io.modelcontextprotocol/clientInfo"] = json!({ "name": "test", "version": "1" });
    }
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

pub(crate) fn tool_call(era: Era, id: u64, tool: &str, arguments: Value) -> Value {
    request(era, id, "tools/call", json!({ "name": tool, "arguments": arguments }))
}

pub(crate) fn initialize(id: u64) -> Value {
    let info = json!({ "name": "test", "version": "1" });
    let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": info });
    request(Era::Legacy, id, "initialize", params)
}

pub(crate) fn notification(method: &str) -> Value {
    json!({ "jsonrpc": "2.0", "method": method })
}

pub(crate) fn endpoint(url: &str, silence: Duration) -> Arc<Endpoint> {
    Arc::new(Endpoint::new(server_id(), url.parse().unwrap(), Vec::new(), silence).unwrap())
}

pub(crate) fn link(era: Era, url: &str) -> HttpLink {
    link_to(era, endpoint(url, PATIENCE))
}

pub(crate) fn link_to(era: Era, endpoint: Arc<Endpoint>) -> HttpLink {
    match era {
        Era::Modern => HttpLink::modern(HttpClient::new(), endpoint, Arc::new(|_| None)),
        Era::Legacy => HttpLink::legacy(HttpClient::new(), endpoint),
    }
}

/// A legacy link after the whole handshake.
pub(crate) async fn session(endpoint: Arc<Endpoint>) -> HttpLink {
    let link = link_to(Era::Legacy, endpoint);
    answered(&link, &initialize(1)).await.unwrap();
    link.tell(allow(&notification("notifications/initialized"))).await.unwrap();
    link
}

pub(crate) async fn next(call: &mut HttpCall) -> Event {
    tokio::time::timeout(PATIENCE, call.next()).await.expect("an event in time")
}

pub(crate) async fn unsolicited(link: &HttpLink) -> Event {
    tokio::time::timeout(PATIENCE, link.unsolicited()).await.expect("an event in time")
}

/// Everything a call brings before it ends, as JSON, and how it ends.
pub(crate) async fn run(link: &HttpLink, message: &Value) -> (Vec<Value>, Result<Response, Refusal>) {
    let mut call = match link.call(allow(message)).await {
        Ok(call) => call,
        Err(refusal) => return (Vec::new(), Err(refusal)),
    };
    finish(&mut call).await
}

pub(crate) async fn finish(call: &mut HttpCall) -> (Vec<Value>, Result<Response, Refusal>) {
    let mut before = Vec::new();
    loop {
        match next(call).await {
            Event::Notification(notification) => before.push(parsed(notification.bytes())),
            Event::Question(question) => before.push(parsed(question.bytes())),
            Event::Response(response) => return (before, Ok(response)),
            Event::Failed(refusal) => return (before, Err(refusal)),
        }
    }
}

pub(crate) async fn answered(link: &HttpLink, message: &Value) -> Result<Value, Refusal> {
    run(link, message).await.1.map(|response| parsed(response.bytes()))
}

pub(crate) async fn refused(link: &HttpLink, message: &Value) -> (Code, String) {
    let refusal = answered(link, message).await.expect_err("no answer");
    (refusal.code, refusal.detail)
}

pub(crate) fn parsed(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}
