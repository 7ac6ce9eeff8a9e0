//! Calls that wait for a person: what a yes is good for at a running gateway.

use doorward_core::guard::{Action, GuardDuty, GuardName, GuardSettings};
use doorward_core::time::Timestamp;
use doorward_policy::Preset;
use doorward_server::approvals::{Word, answer};
use doorward_server::limits::PINS_FRESH;
use doorward_store::{Answered, ApprovalState, PinKey, PinnedText, Sight, Trust};
use serde_json::{Value, json};

use super::client::{ask_modern, call, denial};
use super::rig::{Plan, Rig, policy};
use super::scripted::{ECHO, Reply, Scripted, Seen, body, said};

const NEEDS_A_YES: &str = r#"
@id("echoes") @obligation("approve:owner")
permit (principal, action == Action::"shop/echo", resource);
"#;

/// Asks for one word, then says what it got.
fn asks_once(seen: &Seen) -> Reply {
    let message = seen.json();
    if message["params"]["requestState"] == "again" {
        return Reply::Send(said(seen, "done"));
    }
    let schema = json!({ "type": "object", "properties": { "word": { "type": "string" } } });
    let question = json!({ "method": "elicitation/create",
        "params": { "mode": "form", "message": "Which word?", "requestedSchema": schema } });
    let result =
        json!({ "resultType": "input_required", "inputRequests": { "word": question }, "requestState": "again" });
    Reply::Send(body(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": result }).to_string()))
}

async fn rig(server: &Scripted, own: &[&str]) -> Rig {
    let mut plan = Plan::new().with_url("shop", &server.url);
    plan.config.policy = policy(Preset::Observe, own);
    plan.start().await
}

/// What comes of a call, with more in its parameters.
async fn come(rig: &Rig, more: Value) -> Value {
    let mut message = call(1, "echo", json!({ "message": "hello" }));
    message["params"].as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    ask_modern(rig, "shop", message).await.json()
}

fn waits(message: &Value) -> String {
    assert_eq!(denial(message).0, "DW1220", "{message}");
    let meta = &message["result"]["_meta"]["dev.doorward/denial"];
    meta["approvals"][0].as_str().unwrap_or_else(|| panic!("{message}")).to_owned()
}

async fn endorse(rig: &Rig, id: &str) {
    let store = rig.gateway.store();
    let row = store.approvals().find(id, Timestamp::from_micros(1)).await.unwrap().unwrap();
    assert_eq!(row.state, ApprovalState::Open);
    assert_eq!(answer(store, &row, Word::Endorse, ("ann", None)).await.unwrap(), Answered::Done);
}

#[tokio::test]
async fn what_a_server_asks_within_an_approved_call_goes_on_once() {
    let server = Scripted::start(ECHO, asks_once).await;
    let rig = rig(&server, &[NEEDS_A_YES]).await;
    let answers =
        json!({ "requestState": "again", "inputResponses": { "word": { "action": "accept", "content": {} } } });
    let early = come(&rig, answers.clone()).await;
    assert_eq!(denial(&early).0, "DW1222", "nobody approved it: {early}");
    endorse(&rig, &waits(&come(&rig, json!({})).await)).await;
    let asked = come(&rig, json!({})).await;
    assert_eq!(asked["result"]["resultType"], "input_required", "{asked}");
    let forged = come(&rig, json!({ "requestState": "other", "inputResponses": {} })).await;
    assert_eq!(denial(&forged).0, "DW1222", "{forged}");
    let done = come(&rig, answers.clone()).await;
    assert_eq!(done["result"]["content"][0]["text"], "done", "{done}");
    assert_eq!(denial(&come(&rig, answers).await).0, "DW1222", "once");
    assert_eq!(server.calls().len(), 2, "nothing else reached the server");
    rig.stop().await;
}

#[tokio::test]
async fn what_guards_hold_waits_for_a_person() {
    let server = Scripted::start(ECHO, |seen| Reply::Send(said(seen, "done"))).await;
    let mut plan = Plan::new().with_url("shop", &server.url);
    let mut settings = GuardSettings::default();
    let hold =
        GuardDuty { guard: Some(GuardName::Secrets), direction: None, severity: None, action: Some(Action::Hold) };
    settings.apply(hold);
    plan.config.guards.settings = settings;
    let rig = plan.start().await;
    let secret = json!({ "arguments": { "message": "AKIAQ3EGRZXJ5VN2LHTW" } });
    let id = waits(&come(&rig, secret.clone()).await);
    let row = rig.gateway.store().approvals().find(&id, Timestamp::from_micros(1)).await.unwrap().unwrap();
    assert_eq!((row.approver.as_str(), row.about.findings.is_empty()), ("guards", false), "{row:?}");
    endorse(&rig, &id).await;
    let done = come(&rig, secret).await;
    assert_eq!(done["result"]["content"][0]["text"], "done", "{done}");
    rig.stop().await;
}

#[tokio::test]
async fn a_yes_to_another_definition_is_good_for_nothing() {
    let server = Scripted::start(ECHO, |seen| Reply::Send(said(seen, "done"))).await;
    let rig = rig(&server, &[NEEDS_A_YES]).await;
    let id = waits(&come(&rig, json!({})).await);
    let pins = rig.gateway.store().pins();
    let key = PinKey { server: "shop".to_owned(), kind: "tool".to_owned(), name: "echo".to_owned() };
    let seen = PinnedText { digest: [7; 32], text: "{}".to_owned() };
    let sight = Sight { key: key.clone(), seen, findings: Vec::new(), trust: Trust::Unchanged };
    pins.see(&[sight], Timestamp::from_micros(1)).await.unwrap();
    pins.approve(&key, &[7; 32], "ann", Timestamp::from_micros(2)).await.unwrap();
    endorse(&rig, &id).await;
    tokio::time::sleep(PINS_FRESH).await;
    assert_ne!(waits(&come(&rig, json!({})).await), id, "it is asked about anew");
    assert_eq!(server.calls().len(), 0);
    rig.stop().await;
}
