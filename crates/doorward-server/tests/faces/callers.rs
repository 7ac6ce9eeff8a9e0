//! Several callers of one session: each request is decided with the standing of that very request.

use std::collections::BTreeSet;
use std::sync::Arc;

use doorward_core::access::{Approach, ClientName, Face};
use doorward_core::principal::{Principal, Proof};
use doorward_mcp::limits::Limits;
use doorward_mcp::message::{Message, Request};
use doorward_mcp::revision::Revision;
use doorward_policy::Preset;
use doorward_server::caller::{Caller, Listener};
use doorward_server::dialogue::Dialogue;
use serde_json::{Value, json};

use super::client::{LEGACY, call, denial, initialize};
use super::rig::{Plan, Rig, soon};

/// The same principal, once with what lets it call and once without.
fn two() -> (Caller, Caller) {
    let principal = Principal::new("ann", Proof::LocalToken);
    (Caller::new(principal.clone(), Face::Http), Caller::new(principal, Face::Stdio))
}

const ONE_MAY: &str = r#"@id("one-may")
    forbid (principal, action in Action::"tools/call", resource) when { context.face == "stdio" };"#;

async fn opened(place: &str, caller: &Caller) -> (Rig, Dialogue) {
    let plan = Plan::new().with_policy(Preset::Observe, &[ONE_MAY]);
    let rig = plan.with_child("bare", "bare-upstream", &["--stdio"]).start().await;
    let talk = rig.gateway.target(place).unwrap().conversation(&rig.gateway, caller);
    said(&talk, caller, initialize(LEGACY)).await;
    (rig, talk)
}

async fn said(talk: &Dialogue, caller: &Caller, message: Value) -> Value {
    let revision = talk.agreed().unwrap_or(Revision::LATEST_LEGACY);
    let underway = talk.request(caller, parsed(&message), (revision, Vec::new())).await;
    serde_json::from_slice(&soon(underway.finish(|_| {})).await.unwrap().message.into_bytes()).unwrap()
}

fn parsed(message: &Value) -> Request {
    match Message::parse(message.to_string().into_bytes(), &Limits::default()) {
        Ok(Message::Request(request)) => request,
        other => panic!("no request: {other:?}"),
    }
}

#[tokio::test]
async fn each_request_of_a_session_is_decided_for_its_own_caller() {
    for (place, tool) in [("/s/bare", "echo"), ("", "bare__echo")] {
        let (strong, weak) = two();
        for opener in [&strong, &weak] {
            let (rig, talk) = opened(place, opener).await;
            let asked = (0..20).map(|number| {
                let (talk, may) = (talk.clone(), number % 2 == 0);
                let caller = if may { strong.clone() } else { weak.clone() };
                let message = call(number, tool, json!({ "message": "x" }));
                tokio::spawn(async move { (may, said(&talk, &caller, message).await) })
            });
            for answer in asked.collect::<Vec<_>>() {
                let (may, answer) = answer.await.unwrap();
                let refused = answer["result"]["isError"] == true;
                assert_eq!(refused, !may, "{place}: {answer}");
                if refused {
                    assert_eq!(denial(&answer).0, "DW1202", "{place}: {answer}");
                }
            }
            let calls = rig.outcomes(20).await;
            assert!(calls.iter().all(|record| (record.face == "stdio") == (record.disposition == "refuse")));
            talk.close().await;
            rig.stop().await;
        }
    }
}

#[tokio::test]
async fn a_list_of_one_caller_is_not_shown_to_another() {
    for place in ["/s/bare", ""] {
        let (strong, weak) = two();
        let (rig, talk) = opened(place, &weak).await;
        let shown = async |caller: &Caller, id: u64| {
            let list = json!({ "jsonrpc": "2.0", "id": id, "method": "tools/list" });
            said(&talk, caller, list).await["result"]["tools"].as_array().unwrap().len()
        };
        assert_ne!(shown(&strong, 1).await, 0, "{place}");
        assert_eq!(shown(&weak, 2).await, 0, "{place}");
        assert_ne!(shown(&strong, 3).await, 0, "{place}");
        talk.close().await;
        rig.stop().await;
    }
}

fn with_scope(scope: &str) -> Caller {
    let principal = Principal::new("ann", Proof::LocalToken).with_scopes(BTreeSet::from([scope.into()]));
    Caller::new(principal, Face::Http)
}

#[test]
fn a_request_lends_nothing_to_what_is_said_outside_of_it() {
    let listener = Listener::new(with_scope("some"));
    let asked = parsed(&call(1, "echo", json!({})));
    let caller = listener.of_request(&with_scope("all"), &asked, Revision::LATEST_LEGACY);
    assert_eq!(caller, with_scope("all"));
    assert_eq!(*listener.caller(), with_scope("some"));
    listener.listens(with_scope("all"));
    assert_eq!(*listener.caller(), with_scope("all"));
    let stranger = Caller::new(Principal::new("bob", Proof::LocalToken), Face::Http);
    listener.listens(stranger);
    assert_eq!(*listener.caller(), with_scope("all"));
}

#[test]
fn a_client_is_called_what_it_calls_itself() {
    let listener = Listener::new(with_scope("some"));
    let mut hello = initialize(LEGACY);
    hello["params"]["clientInfo"] = json!({ "name": format!("a\u{7}gent{}", "x".repeat(500)), "version": "1" });
    let named = |caller: Caller| caller.approach.client;
    let first = named(listener.of_request(&with_scope("some"), &parsed(&hello), Revision::LATEST_LEGACY)).unwrap();
    assert!(first.name.starts_with("agentx") && first.name.len() == 128, "{first:?}");
    let later = listener.of_request(&with_scope("all"), &parsed(&call(1, "echo", json!({}))), Revision::LATEST_LEGACY);
    assert_eq!(named(later), Some(first.clone()));
    assert_eq!(named(listener.caller().as_ref().clone()), Some(first));
    // In the stateless era every request says it for itself.
    let mut modern = super::client::modern(call(1, "echo", json!({})));
    modern["params"]["_meta"]["io.modelcontextprotocol/clientInfo"] = json!({ "name": "other", "version": "2" });
    let request = parsed(&modern);
    let stateless = Listener::new(with_scope("some"));
    let caller = stateless.of_request(&with_scope("some"), &request, Revision::LATEST);
    let expected = Approach { client: Some(Arc::new(ClientName::new("other", "2"))), ..Approach::new(Face::Http) };
    assert_eq!(caller.approach, expected);
    assert_eq!(named(stateless.caller().as_ref().clone()), None);
}
