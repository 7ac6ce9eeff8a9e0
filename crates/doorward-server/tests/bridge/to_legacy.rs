//! Modern clients at servers that have a handshake.

mod listening;
mod odd;
mod over_http;
mod parking;
mod pipes;
mod plain;
mod streaming;
mod tasks;

use doorward_core::access::Face;
use doorward_core::principal::Principal;
use doorward_mcp::limits::Limits;
use doorward_mcp::message::{Message, Request};
use doorward_mcp::revision::Revision;
use doorward_server::caller::Caller;
use serde_json::{Value, json};

use super::client::{Answer, Ask, Http, modern};
use super::rig::Rig;

/// What the clients of these tests can be asked, unless a test says otherwise.
fn everything() -> Value {
    json!({ "elicitation": { "form": {}, "url": {} }, "sampling": {}, "roots": {} })
}

/// A message of a modern client that can be asked `abilities`.
fn able(message: Value, abilities: &Value) -> Value {
    let mut message = modern(message);
    message["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = abilities.clone();
    message
}

async fn send(rig: &Rig, server: &str, message: &Value) -> Answer {
    Http::open(rig.http).await.ask(&Ask::modern(server, message)).await
}

/// The last message of the answer, whether it came alone or on a stream.
async fn ask(rig: &Rig, server: &str, message: Value) -> Value {
    last(&send(rig, server, &able(message, &everything())).await)
}

/// The messages of an answer.
fn messages(answer: &Answer) -> Vec<Value> {
    let text = answer.text();
    if answer.header("content-type").is_some_and(|kind| kind.starts_with("text/event-stream")) {
        let data = text.lines().filter_map(|line| line.strip_prefix("data:"));
        return data.filter_map(|data| serde_json::from_str(data.trim()).ok()).collect();
    }
    vec![answer.json()]
}

fn last(answer: &Answer) -> Value {
    messages(answer).pop().unwrap_or_else(|| panic!("no message: {answer:?}"))
}

/// A request of somebody whom the gate would have let in.
async fn as_principal(rig: &Rig, server: &str, principal: &Principal, message: &Value) -> Value {
    let target = rig.gateway.target(&format!("/s/{server}")).unwrap();
    let caller = Caller::new(principal.clone(), Face::Http);
    let talk = target.stateless(&rig.gateway, &caller).await.unwrap();
    let underway = talk.request(&caller, parsed(message), (Revision::LATEST, Vec::new())).await;
    let last = underway.finish(|_| {}).await.unwrap();
    serde_json::from_slice(&last.message.into_bytes()).unwrap()
}

fn parsed(message: &Value) -> Request {
    match Message::parse(message.to_string(), &Limits::default()).unwrap() {
        Message::Request(request) => request,
        other @ (Message::Notification(_) | Message::Response(_)) => panic!("{other:?}"),
    }
}
