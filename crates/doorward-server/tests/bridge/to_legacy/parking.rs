//! Questions of a legacy server during a call, as results that ask for input.

use std::time::Duration;

use doorward_core::principal::{Principal, Proof};
use doorward_policy::Preset;
use doorward_server::upstream::bridge::to_legacy::Lot;
use serde_json::{Value, json};

use super::super::client::{call, denial, request};
use super::super::peers::{LEGACY, Peer, before, legacy};
use super::super::rig::{Plan, Rig, eventually, heard};
use super::{able, as_principal, ask, everything, last, send};

/// The same request again, with answers to every question and the state of `asked`.
fn again(message: &Value, asked: &Value) -> Value {
    let requests = asked["result"]["inputRequests"].as_object().unwrap_or_else(|| panic!("no questions: {asked}"));
    let answers = requests.iter().map(|(key, question)| (key.clone(), answer(question))).collect();
    answered(message, asked, &Value::Object(answers))
}

fn answered(message: &Value, asked: &Value, answers: &Value) -> Value {
    let mut message = message.clone();
    message["id"] = json!("again");
    message["params"]["inputResponses"] = answers.clone();
    message["params"]["requestState"] = asked["result"]["requestState"].clone();
    message
}

fn answer(question: &Value) -> Value {
    match question["method"].as_str().unwrap() {
        "sampling/createMessage" => {
            json!({ "role": "assistant", "model": "m", "content": { "type": "text", "text": "Paris" } })
        }
        "roots/list" => json!({ "roots": [{ "uri": "file:///a" }, { "uri": "file:///b" }] }),
        "elicitation/create" if question["params"]["mode"] == "url" => json!({ "action": "accept" }),
        "elicitation/create" => {
            let fields = question["params"]["requestedSchema"]["properties"].as_object().unwrap();
            let filled: serde_json::Map<_, _> = fields.keys().map(|key| (key.clone(), json!("said"))).collect();
            json!({ "action": "accept", "content": filled })
        }
        other => panic!("no question: {other}"),
    }
}

fn questions(asked: &Value) -> Vec<(String, String)> {
    assert_eq!(asked["result"]["resultType"], "input_required", "{asked}");
    assert!(asked["result"]["requestState"].is_string(), "{asked}");
    let requests = asked["result"]["inputRequests"].as_object().unwrap();
    requests.iter().map(|(key, question)| (key.clone(), question["method"].as_str().unwrap().to_owned())).collect()
}

fn text(answer: &Value) -> &str {
    assert_eq!(answer["result"]["resultType"], "complete", "{answer}");
    answer["result"]["content"][0]["text"].as_str().unwrap()
}

fn name() -> Value {
    call(1, "test_elicitation", json!({ "message": "Who are you?" }))
}

fn lot(rig: &Rig, server: &str) -> std::sync::Arc<Lot> {
    rig.gateway.server(server).unwrap().reach().outside().parking.clone()
}

async fn refused(rig: &Rig, server: &str, message: Value) -> String {
    let refused = ask(rig, server, message).await;
    assert_eq!((denial(&refused).0.as_str(), refused["error"]["code"].as_i64()), ("DW1018", Some(-32602)), "{refused}");
    refused["error"]["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_sort_of_question_is_put_and_its_answer_arrives() {
    let (rig, _peers) = legacy().await;
    for server in LEGACY {
        for (message, method, said) in [
            (name(), "elicitation/create", "action=accept"),
            (
                call(1, "test_sampling", json!({ "prompt": "capital?" })),
                "sampling/createMessage",
                "LLM response: Paris",
            ),
            (call(1, "test_input_required_result_list_roots", json!({})), "roots/list", "The client has 2 roots"),
            (call(1, "test_elicitation_url", json!({})), "elicitation/create", "action=accept"),
        ] {
            let asked = ask(&rig, server, message.clone()).await;
            let methods: Vec<String> = questions(&asked).into_iter().map(|(_, method)| method).collect();
            assert_eq!((asked["id"].as_i64(), methods), (Some(1), vec![method.to_owned()]), "{server}: {asked}");
            assert!(!asked.to_string().contains("elicitationId"), "{server}: {asked}");
            let answer = ask(&rig, server, again(&message, &asked)).await;
            assert_eq!(answer["id"], "again", "{server}");
            assert!(text(&answer).contains(said), "{server}: {answer}");
        }
        assert_eq!(lot(&rig, server).parked(), 0);
    }
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn prompts_and_resources_ask_as_well() {
    let (rig, _peers) = legacy().await;
    for server in LEGACY {
        let message = request(1, "prompts/get", json!({ "name": "test_input_required_result_prompt" }));
        let asked = ask(&rig, server, message.clone()).await;
        assert_eq!(questions(&asked).len(), 1, "{server}");
        let answer = ask(&rig, server, again(&message, &asked)).await;
        assert!(answer["result"]["messages"].is_array(), "{server}: {answer}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn what_is_asked_at_once_is_one_map() {
    let (rig, _peers) = legacy().await;
    for server in LEGACY {
        let message = call(1, "test_input_required_result_multiple_inputs", json!({}));
        let asked = ask(&rig, server, message.clone()).await;
        let mut methods: Vec<String> = questions(&asked).into_iter().map(|(_, method)| method).collect();
        methods.sort();
        assert_eq!(methods, ["elicitation/create", "roots/list", "sampling/createMessage"], "{server}: {asked}");
        let answer = ask(&rig, server, again(&message, &asked)).await;
        assert_eq!(text(&answer), "All three answers arrived", "{server}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_second_round_has_a_state_of_its_own() {
    let (rig, _peers) = legacy().await;
    for server in LEGACY {
        let message = call(1, "test_input_required_result_multi_round", json!({}));
        let first = ask(&rig, server, message.clone()).await;
        let second = ask(&rig, server, again(&message, &first)).await;
        assert_ne!(first["result"]["requestState"], second["result"]["requestState"], "{server}");
        assert_ne!(questions(&first), questions(&second), "{server}");
        // The first state is used up, and its use harms nobody.
        let why = refused(&rig, server, again(&message, &first)).await;
        assert!(why.contains("used before"), "{server}: {why}");
        let answer = ask(&rig, server, again(&message, &second)).await;
        assert_eq!(text(&answer), "Both steps are done", "{server}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn what_is_not_answered_is_asked_again_and_what_was_not_asked_is_ignored() {
    let (rig, _peers) = legacy().await;
    for server in LEGACY {
        let message = call(1, "test_input_required_result_multiple_inputs", json!({}));
        let asked = ask(&rig, server, message.clone()).await;
        let requests = asked["result"]["inputRequests"].as_object().unwrap();
        let (missing, _) = requests.iter().next().unwrap();
        let mut answers: serde_json::Map<String, Value> =
            requests.iter().skip(1).map(|(key, question)| (key.clone(), answer(question))).collect();
        answers.insert("nobody-asked".to_owned(), json!({ "action": "accept" }));
        let rest = ask(&rig, server, answered(&message, &asked, &Value::Object(answers))).await;
        let keys: Vec<String> = questions(&rest).into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, std::slice::from_ref(missing), "{server}: {rest}");
        let none = ask(&rig, server, answered(&message, &rest, &json!({ missing: "no object" }))).await;
        assert_eq!(questions(&none), questions(&rest), "{server}");
        assert_eq!(text(&ask(&rig, server, again(&message, &none)).await), "All three answers arrived", "{server}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_state_is_good_for_its_request_alone() {
    let (rig, _peers) = legacy().await;
    for (server, other) in [("stdio", "http"), ("http", "sse"), ("sse", "stdio")] {
        let message = name();
        let asked = ask(&rig, server, message.clone()).await;
        let right = again(&message, &asked);

        let mut changed = right.clone();
        changed["params"]["arguments"]["message"] = json!("Who else?");
        assert!(refused(&rig, server, changed).await.contains("arguments differ"), "{server}");
        let mut named = right.clone();
        named["params"]["name"] = json!("test_elicitation_url");
        assert!(refused(&rig, server, named).await.contains("name or arguments differ"), "{server}");
        let mut prompt = right.clone();
        prompt["method"] = json!("prompts/get");
        assert!(refused(&rig, server, prompt).await.contains("another method"), "{server}");
        assert!(refused(&rig, other, right.clone()).await.contains("another server"), "{server}");
        let state = right["params"]["requestState"].as_str().unwrap().to_owned();
        for forged in [String::new(), "AAAA".to_owned(), flipped(&state), state.repeat(2)] {
            let mut message = right.clone();
            message["params"]["requestState"] = json!(forged);
            assert!(refused(&rig, server, message).await.contains("did not give it to this client"), "{server}");
        }

        // After all of that it still waits for its owner, once.
        assert!(text(&ask(&rig, server, right.clone()).await).contains("action=accept"), "{server}");
        assert!(refused(&rig, server, right).await.contains("used before"), "{server}");
    }
    rig.check_outcomes().await;
    rig.stop().await;
}

fn flipped(state: &str) -> String {
    let last = state.chars().next_back().unwrap();
    let other = if last == 'A' { 'E' } else { 'A' };
    format!("{}{other}", state.strip_suffix(last).unwrap())
}

#[tokio::test]
async fn a_state_is_of_no_use_to_another_principal() {
    let (rig, _peers) = legacy().await;
    for server in LEGACY {
        let asked = ask(&rig, server, name()).await;
        let right = again(&name(), &asked);
        let stranger = Principal::new("stranger", Proof::LocalToken);
        let said = as_principal(&rig, server, &stranger, &able(right.clone(), &everything())).await;
        assert_eq!(denial(&said).0, "DW1018", "{server}: {said}");
        let why = said["error"]["message"].as_str().unwrap();
        // Word for word what a forged one is told: that it is somebody's is not for others to know.
        assert!(why.contains("did not give it to this client"), "{server}: {why}");
        assert!(text(&ask(&rig, server, right).await).contains("action=accept"), "{server}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_client_that_never_returns_costs_a_bounded_time() {
    let plan = Plan::new();
    let log = plan.scratch().path("heard");
    let peers = [Peer::start("http", "legacy"), Peer::start("sse", "legacy")];
    let plan = before(plan, &peers).with_heard_child("logged", "conformance-fixture", "--stdio --era legacy", &log);
    let rig = plan.start().await;
    for server in LEGACY.into_iter().chain(["logged"]) {
        let lot = lot(&rig, server);
        lot.wait_at_most(Duration::from_millis(150));
        let asked = ask(&rig, server, name()).await;
        assert_eq!(lot.parked(), 1, "{server}");
        eventually("the call is given up", || async { (lot.parked() == 0).then_some(()) }).await;
        let why = refused(&rig, server, again(&name(), &asked)).await;
        assert!(why.contains("expired"), "{server}: {why}");
        // The server is as it was.
        lot.wait_at_most(Duration::from_secs(60));
        let asked = ask(&rig, server, name()).await;
        assert!(text(&ask(&rig, server, again(&name(), &asked)).await).contains("action=accept"), "{server}");
    }
    let told = heard(&log, |heard| heard.contains("notifications/cancelled")).await;
    let error = told.lines().find(|line| line.contains("did not come back")).unwrap_or_else(|| panic!("{told}"));
    assert!(error.contains("\"error\""), "{error}");
    rig.stop().await;
}

#[tokio::test]
async fn a_server_that_dies_meanwhile_shows_when_the_client_is_back() {
    let (rig, mut peers) = legacy().await;
    for (server, peer) in ["http", "sse"].into_iter().zip(&mut peers) {
        let asked = ask(&rig, server, name()).await;
        peer.kill();
        let said = ask(&rig, server, again(&name(), &asked)).await;
        let (code, _) = denial(&said);
        assert!(["DW1401", "DW1402", "DW1104"].contains(&code.as_str()), "{server}: {said}");
        assert_eq!(lot(&rig, server).parked(), 0, "{server}");
    }
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn parked_calls_of_one_principal_are_bounded() {
    let (rig, _peers) = legacy().await;
    let most = doorward_server::limits::PARKED_PER_PRINCIPAL_MAX;
    let mut asked = Vec::new();
    for _ in 0..most {
        asked.push(ask(&rig, "stdio", name()).await);
    }
    assert_eq!(questions(asked.last().unwrap()).len(), 1);
    let refused = ask(&rig, "stdio", name()).await;
    assert_eq!(denial(&refused).0, "DW1106", "{refused}");
    // One that goes makes room for one.
    let first = asked.first().unwrap();
    assert!(text(&ask(&rig, "stdio", again(&name(), first)).await).contains("action=accept"));
    assert_eq!(questions(&ask(&rig, "http", name()).await).len(), 1);
    assert_eq!(lot(&rig, "stdio").parked(), most);
    rig.stop().await;
}

#[tokio::test]
async fn what_a_client_did_not_declare_it_is_not_asked() {
    let (rig, _peers) = legacy().await;
    for server in LEGACY {
        let message = able(call(1, "test_input_required_result_capabilities", json!({})), &json!({}));
        let none = last(&send(&rig, server, &message).await);
        assert_eq!(text(&none), "The client can answer nothing", "{server}");
        // Another set of abilities is another session; this one is not asked for forms although somebody was.
        let message = call(1, "test_input_required_result_capabilities", json!({}));
        let asked = last(&send(&rig, server, &able(message, &json!({ "sampling": {} }))).await);
        let methods: Vec<String> = questions(&asked).into_iter().map(|(_, method)| method).collect();
        assert_eq!(methods, ["sampling/createMessage"], "{server}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn questions_are_decided_and_a_refused_one_ends_the_call() {
    let forbid = r#"@id("no-forms") forbid(principal, action == Action::"elicitation/create", resource);"#;
    let peers = [Peer::start("http", "legacy"), Peer::start("sse", "legacy")];
    let rig = before(Plan::new().with_policy(Preset::Observe, &[forbid]), &peers).start().await;
    for server in LEGACY {
        let said = ask(&rig, server, name()).await;
        assert_eq!(denial(&said).0, "DW1202", "{server}: {said}");
        let lot = lot(&rig, server);
        eventually("nothing waits for a client that was not asked", || async { (lot.parked() == 0).then_some(()) })
            .await;
        // What is allowed is asked all the same.
        let sampled = call(1, "test_sampling", json!({ "prompt": "capital?" }));
        let asked = ask(&rig, server, sampled.clone()).await;
        assert!(text(&ask(&rig, server, again(&sampled, &asked)).await).contains("Paris"), "{server}");
    }
    rig.stop().await;
}
