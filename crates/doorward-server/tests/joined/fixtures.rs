//! Real servers of every era behind one endpoint, for clients of both.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::client::{Ask, Http, LEGACY, Session, call, modern, request};
use super::lists::names;
use super::pipe::Pipe;
use super::rig::{Plan, Rig};

/// The fixture in three shapes, and the smallest server.
async fn all() -> Rig {
    let mut plan = Plan::new()
        .with_child("both", "conformance-fixture", &["--stdio"])
        .with_child("old", "conformance-fixture", &["--stdio", "--era", "legacy"])
        .with_child("new", "conformance-fixture", &["--stdio", "--era", "modern"])
        .with_child("bare", "bare-upstream", &["--stdio"]);
    plan.config.aggregate.wait = std::time::Duration::from_secs(15);
    plan.start().await
}

#[tokio::test]
async fn clients_of_both_eras_use_servers_of_both() {
    let rig = all().await;
    let mut session = Session::open(&rig, "/").await;
    let list = request(1, "tools/list", json!({}));
    let listed = [session.call(&list).await, super::client::ask_modern(&rig, "/", list.clone()).await.json()];
    for listed in &listed {
        let names = names(listed);
        for server in ["both", "old", "new"] {
            assert!(names.contains(&format!("{server}__test_simple_text")), "{server}: {names:?}");
        }
        assert!(names.contains("bare__echo"), "{names:?}");
    }
    let mut pipe = Pipe::session(&rig, "/", LEGACY).await;
    for server in ["both", "old", "new"] {
        let message = call(2, &format!("{server}__test_simple_text"), json!({}));
        let answers = [
            session.call(&message).await,
            super::client::ask_modern(&rig, "/", message.clone()).await.json(),
            pipe.ask(message.to_string()).await,
            pipe.ask(modern(message.clone()).to_string()).await,
        ];
        for answer in answers {
            assert_eq!(answer["result"]["content"][0]["type"], "text", "{server}: {answer}");
        }
    }
    pipe.close().await;
    rig.check_outcomes().await;
    rig.stop().await;
}

/// The call of a tool that asks for a name before it answers, as a client that can be asked sends it.
fn asking(id: u64, server: &str) -> Value {
    let mut message = modern(call(id, &format!("{server}__test_input_required_result_elicitation"), json!({})));
    message["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({ "elicitation": {} });
    message
}

#[tokio::test]
async fn a_stateless_client_answers_the_question_of_the_server_it_called() {
    let rig = all().await;
    for server in ["both", "old", "new"] {
        let asked = Http::open(rig.http).await.ask(&Ask::modern("/", &asking(1, server))).await.json();
        assert_eq!(asked["result"]["resultType"], "input_required", "{server}: {asked}");
        let questions = asked["result"]["inputRequests"].as_object().unwrap();
        let answers: serde_json::Map<String, Value> = questions
            .keys()
            .map(|key| (key.clone(), json!({ "action": "accept", "content": { "name": "Ada" } })))
            .collect();
        let mut again = asking(2, server);
        again["params"]["inputResponses"] = Value::Object(answers);
        if let Some(state) = asked["result"].get("requestState") {
            again["params"]["requestState"] = state.clone();
        }
        let answer = Http::open(rig.http).await.ask(&Ask::modern("/", &again)).await.json();
        assert_eq!(answer["result"]["resultType"], "complete", "{server}: {answer}");
        assert!(answer.to_string().contains("Ada"), "{server}: {answer}");
    }
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn a_client_with_a_handshake_answers_the_question_of_the_server_it_called() {
    let rig = all().await;
    let mut pipe = Pipe::open(&rig, "/");
    let mut hello = super::client::initialize(LEGACY);
    hello["params"]["capabilities"] = json!({ "elicitation": {} });
    pipe.ask(hello.to_string()).await;
    pipe.say(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }).to_string()).await;
    for server in ["both", "old", "new"] {
        let message = call(server, &format!("{server}__test_input_required_result_elicitation"), json!({}));
        let asked = AtomicBool::new(false);
        let mut said = pipe.ask(message.to_string()).await;
        while said["id"] != server {
            if said["method"] == "elicitation/create" {
                asked.store(true, Ordering::Relaxed);
                let result = json!({ "action": "accept", "content": { "name": "Ada" } });
                pipe.say(json!({ "jsonrpc": "2.0", "id": said["id"], "result": result }).to_string()).await;
            }
            said = pipe.next().await;
        }
        assert!(asked.load(Ordering::Relaxed) && said.to_string().contains("Ada"), "{server}: {said}");
    }
    pipe.close().await;
    rig.check_outcomes().await;
    rig.stop().await;
}
