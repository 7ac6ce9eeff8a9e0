//! Nothing is shown or used before somebody has approved it.

use doorward_server::pins::{First, PinRules};
use serde_json::json;

use super::client::{Session, call, denial, request};
use super::turncoat::{Face, approve, described, guarded, key, pin, tool, tools};

const APPROVE: PinRules = PinRules { first: First::Approve, meanwhile: doorward_server::pins::Meanwhile::Hide };

#[tokio::test]
async fn a_tool_waits_for_approval() {
    let face = Face::default();
    face.show("tools/list", tools(&[tool("pay", "Pays an invoice.")]));
    let (rig, peer) = guarded(&face, APPROVE).await;
    let mut session = Session::open(&rig, "shop").await;
    assert_eq!(described(&session.call(&request(1, "tools/list", json!({}))).await), []);
    let pay = call(2, "pay", json!({ "amount": 1 }));
    assert_eq!(denial(&session.call(&pay).await).0, "DW1606");
    assert!(peer.asked("tools/call").is_empty());
    approve(&rig, "tool", "pay").await;
    assert!(session.call(&pay).await["result"]["content"].is_array());
    assert_eq!(described(&session.call(&request(3, "tools/list", json!({}))).await).len(), 1);
    let row = pin(&rig, "tool", "pay").await;
    let at = doorward_core::time::Timestamp::from_micros(2);
    rig.gateway.store().pins().reject(&key("shop", "tool", "pay"), &row.seen.digest, "ann", at).await.unwrap();
    assert_eq!(described(&session.call(&request(4, "tools/list", json!({}))).await), []);
    assert_eq!(denial(&session.call(&pay).await).0, "DW1606");
    rig.stop().await;
}

#[tokio::test]
async fn a_prompt_that_was_never_listed_is_not_used() {
    let (rig, peer) = guarded(&Face::default(), APPROVE).await;
    let mut session = Session::open(&rig, "shop").await;
    let get = request(1, "prompts/get", json!({ "name": "greet" }));
    assert_eq!(denial(&session.call(&get).await).0, "DW1606");
    session.call(&request(2, "prompts/list", json!({}))).await;
    approve(&rig, "prompt", "greet").await;
    assert!(session.call(&get).await["result"]["messages"].is_array());
    assert_eq!(peer.asked("prompts/get").len(), 1);
    rig.stop().await;
}

#[tokio::test]
async fn what_was_forgotten_is_new_and_not_used_before_it_is_seen_again() {
    let face = Face::default();
    face.show("tools/list", tools(&[tool("pay", "Pays an invoice."), tool("ask", "Asks for a price.")]));
    let (rig, peer) = guarded(&face, PinRules::default()).await;
    let mut session = Session::open(&rig, "shop").await;
    let list = |id| request(id, "tools/list", json!({}));
    assert_eq!(described(&session.call(&list(1)).await).len(), 2);
    let (store, at) = (rig.gateway.store().pins(), doorward_core::time::Timestamp::from_micros(2));
    let row = pin(&rig, "tool", "pay").await;
    store.reject(&row.key, &row.seen.digest, "ann", at).await.unwrap();
    assert_eq!(described(&session.call(&list(5)).await).len(), 1);
    let pay = call(2, "pay", json!({ "amount": 1 }));
    assert_eq!(denial(&session.call(&pay).await).0, "DW1606");
    store.forget(&row.key, &row.seen.digest, at).await.unwrap();
    // Nobody says no to it any more, but nobody has looked at it either.
    assert_eq!(denial(&session.call(&pay).await).0, "DW1606");
    assert!(peer.asked("tools/call").is_empty());
    assert!(session.call(&call(3, "ask", json!({ "amount": 1 }))).await["result"]["content"].is_array());
    assert_eq!(described(&session.call(&list(4)).await).len(), 2);
    assert!(session.call(&pay).await["result"]["content"].is_array());
    assert_eq!(pin(&rig, "tool", "pay").await.approved.map(|approved| approved.by), Some(None), "trusted at first");
    rig.stop().await;
}
