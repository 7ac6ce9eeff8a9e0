//! A server that shows one thing until a test lets it show another.

use std::sync::{Arc, Mutex};

use doorward_server::pins::PinRules;
use doorward_store::{PinKey, PinRow};
use serde_json::{Value, json};

use super::peer::{Act, Peer};
use super::rig::{Plan, Rig, eventually};

/// The result of each method, as it is now.
#[derive(Clone, Default)]
pub(crate) struct Face(Arc<Mutex<Vec<(&'static str, Value)>>>);

impl Face {
    /// From now on answers `method` with `result`.
    pub(crate) fn show(&self, method: &'static str, result: Value) {
        let mut shown = self.0.lock().unwrap();
        shown.retain(|(known, _)| *known != method);
        shown.push((method, result));
    }

    pub(crate) async fn serve(&self) -> Peer {
        let face = self.clone();
        Peer::start(move |message| {
            let shown = face.0.lock().unwrap();
            let found = shown.iter().find(|(method, _)| message["method"] == *method);
            found.map(|(_, result)| Act::Result(result.clone()))
        })
        .await
    }
}

/// A tool of that name and description.
pub(crate) fn tool(name: &str, description: &str) -> Value {
    json!({
        "name": name, "description": description, "inputSchema": {
            "type": "object", "properties": { "amount": { "type": "number" } }, "required": ["amount"],
        },
    })
}

pub(crate) fn tools(tools: &[Value]) -> Value {
    json!({ "tools": tools })
}

/// A server, what it shows, and a gateway before it.
pub(crate) async fn guarded(face: &Face, rules: PinRules) -> (Rig, Peer) {
    let peer = face.serve().await;
    let mut plan = Plan::new().with_url("shop", &peer.url);
    plan.config.pins = rules;
    (plan.start().await, peer)
}

/// What is kept of a thing.
pub(crate) async fn pin(rig: &Rig, kind: &str, name: &str) -> PinRow {
    let wanted = |row: &PinRow| row.key.kind == kind && row.key.name == name;
    eventually("a pin", || async { rig.gateway.store().pins().list().await.unwrap().into_iter().find(&wanted) }).await
}

pub(crate) fn key(server: &str, kind: &str, name: &str) -> PinKey {
    PinKey { server: server.to_owned(), kind: kind.to_owned(), name: name.to_owned() }
}

/// Says yes to what was seen last.
pub(crate) async fn approve(rig: &Rig, kind: &str, name: &str) {
    let row = pin(rig, kind, name).await;
    let at = doorward_core::time::Timestamp::from_micros(1);
    let decided = rig.gateway.store().pins().approve(&row.key, &row.seen.digest, "ann", at).await.unwrap();
    assert_eq!(decided, doorward_store::Decided::Done);
}

/// The descriptions of the tools of a list, by their names.
pub(crate) fn described(answer: &Value) -> Vec<(String, String)> {
    let tools = answer["result"]["tools"].as_array().unwrap_or_else(|| panic!("{answer}"));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    tools.iter().map(|tool| (text(&tool["name"]), text(&tool["description"]))).collect()
}
