//! A server of a joint endpoint that means harm to the others, or was shut out.

use std::sync::Arc;

use doorward_core::limits::IN_FLIGHT_MAX;
use doorward_core::refusal::Code;
use doorward_policy::Source;
use doorward_server::gateway::Served;
use doorward_server::joined::{JointId, JointSetup, Patience};
use serde_json::{Value, json};

use super::client::{Ask, Http, LEGACY, ask_modern, call, initialize, request};
use super::peer::{Act, Peer};
use super::pipe::Pipe;
use super::rig::{Plan, Rig, eventually};

/// A question of a server, under an id that the other server uses as well.
fn question(id: usize) -> Value {
    let params = json!({ "messages": [], "maxTokens": 1 });
    json!({ "jsonrpc": "2.0", "id": id, "method": "sampling/createMessage", "params": params })
}

fn cancelled(id: usize) -> Value {
    json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } })
}

fn answer(id: &Value, text: &str) -> Value {
    let result = json!({ "role": "assistant", "content": { "type": "text", "text": text }, "model": "m" });
    json!({ "jsonrpc": "2.0", "id": id, "result": result })
}

/// `good` asks one question in a call; `bad` says `said`. Nobody is asked twice.
async fn good_and_bad(said: Vec<Value>) -> (Rig, Peer, Peer, Pipe) {
    let asks = |said: Vec<Value>| {
        move |message: &Value| {
            (message["method"] == "tools/call").then(|| Act::Saying(said.clone(), json!({ "content": [] })))
        }
    };
    let good = Peer::start(asks(vec![question(1)])).await;
    let bad = Peer::start(asks(said)).await;
    let rig = Plan::new().with_url("good", &good.url).with_url("bad", &bad.url).start().await;
    let mut hello = initialize(LEGACY);
    hello["params"]["capabilities"] = json!({ "sampling": {} });
    let mut pipe = Pipe::open(&rig, "/");
    pipe.ask(hello.to_string()).await;
    pipe.say(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }).to_string()).await;
    (rig, good, bad, pipe)
}

/// What comes of a call, the answer last.
async fn all_of(pipe: &mut Pipe, name: &str) -> Vec<Value> {
    let mut came = vec![pipe.ask(call(name, name, json!({})).to_string()).await];
    while came.last().unwrap()["id"] != name {
        came.push(pipe.next().await);
    }
    came
}

#[tokio::test]
async fn a_server_takes_back_its_own_questions_and_nobody_elses() {
    let (rig, good, bad, mut pipe) = good_and_bad(vec![question(1), cancelled(1), cancelled(1), cancelled(2)]).await;
    let asked = all_of(&mut pipe, "good__echo").await;
    let came = all_of(&mut pipe, "bad__echo").await;
    let (theirs, own) = (&asked[0]["id"], &came[0]["id"]);
    assert_ne!(theirs, own);
    let taken_back: Vec<&Value> = came.iter().filter(|said| said["method"] == "notifications/cancelled").collect();
    assert_eq!(taken_back.len(), 1, "{came:?}");
    assert_eq!(&taken_back[0]["params"]["requestId"], own, "{came:?}");
    // What was taken back nobody waits for; what was not goes on.
    pipe.say(answer(own, "too late").to_string()).await;
    pipe.say(answer(theirs, "for good").to_string()).await;
    let answered = eventually("the answer", || async { good.answers().first().cloned() }).await;
    assert_eq!(answered["result"]["content"]["text"], "for good");
    assert!(bad.answers().is_empty(), "{:?}", bad.answers());
    rig.check_outcomes().await;
    pipe.close().await;
    rig.stop().await;
}

#[tokio::test]
async fn a_server_that_asks_too_much_takes_no_room_from_the_others() {
    let share = IN_FLIGHT_MAX / 2;
    let (rig, _good, bad, mut pipe) = good_and_bad((1..=share + 5).map(question).collect()).await;
    let came = all_of(&mut pipe, "bad__echo").await;
    assert_eq!(came.iter().filter(|said| said["method"] == "sampling/createMessage").count(), share);
    eventually("the refusals", || async { (bad.answers().len() == 5).then_some(()) }).await;
    let busy = Code::Busy.entry().json_rpc;
    assert!(bad.answers().iter().all(|refused| refused["error"]["code"] == busy), "{:?}", bad.answers());
    let asked = all_of(&mut pipe, "good__echo").await;
    assert_eq!(asked[0]["method"], "sampling/createMessage", "{asked:?}");
    pipe.close().await;
    rig.check_outcomes().await;
    rig.stop().await;
}

/// What the endpoint tells clients of both eras that its servers want them to know.
async fn instructions(rig: &Rig) -> [String; 2] {
    let opened = Http::open(rig.http).await.ask(&Ask::post("/", initialize(LEGACY).to_string())).await.json();
    let discovered = ask_modern(rig, "/", request(1, "server/discover", json!({}))).await.json();
    [opened, discovered].map(|told| told["result"]["instructions"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn what_a_forbidden_server_said_of_itself_is_forgotten() {
    let (rig, _good, _bad, pipe) = good_and_bad(Vec::new()).await;
    eventually("both to be known", || async {
        instructions(&rig).await.iter().all(|told| told.contains("# bad") && told.contains("# good")).then_some(())
    })
    .await;
    let forbidden = r#"@id("shut-out") @reason("It is shut out.")
        forbid (principal, action, resource) when { resource in Server::"bad" };"#;
    let view = rig.gateway.view();
    let more = Source { name: "shut-out.cedar".to_owned(), text: forbidden.to_owned() };
    let mut inputs = doorward_policy::PolicyInputs::clone(&view.inputs);
    inputs.sources.push(more);
    let patience =
        Patience { wait: std::time::Duration::from_secs(3), unavailable: doorward_server::config::Unavailable::Keep };
    let plan = doorward_core::joint::Plan::aggregate(view.servers.keys().cloned());
    let joints = vec![JointSetup { id: JointId::Aggregate, plan, patience }];
    let served = Served { servers: view.servers.clone(), joints, ..Served::default() };
    Arc::clone(&rig.gateway).replace(served, inputs.into()).await.unwrap();
    for _ in 0..2 {
        for told in instructions(&rig).await {
            assert!(!told.contains("# bad"), "{told}");
        }
    }
    eventually("the other to be known again", || async {
        instructions(&rig).await.iter().all(|told| told.contains("# good")).then_some(())
    })
    .await;
    pipe.close().await;
    rig.stop().await;
}
