//! What servers announce, and what is announced of them.

use std::sync::Arc;

use doorward_core::ids::ServerId;
use doorward_core::joint::Plan as Names;
use doorward_server::config::Unavailable;
use doorward_server::gateway::Served;
use doorward_server::joined::{JointId, JointSetup, Patience};
use serde_json::{Value, json};

use super::client::{Ask, Http, LEGACY, Session, call, denial, modern, request};
use super::lists::names;
use super::peer::Peer;
use super::pipe::Pipe;
use super::rig::{Plan, Rig, eventually, soon};

const TOOLS: &str = "notifications/tools/list_changed";
const UPDATED: &str = "notifications/resources/updated";

async fn pair() -> (Rig, [Peer; 2]) {
    let peers = [Peer::start(|_| None).await, Peer::start(|_| None).await];
    let rig = Plan::new().with_url("one", &peers[0].url).with_url("two", &peers[1].url).start().await;
    (rig, peers)
}

async fn listened_to(peers: &[Peer]) {
    for peer in peers {
        eventually("a listener", || async { (peer.listeners() > 0).then_some(()) }).await;
    }
}

fn change_all(peers: &[Peer]) {
    for peer in peers {
        for _ in 0..3 {
            peer.say(TOOLS, json!({}));
        }
    }
    // What comes after them shows that there was one announcement.
    peers[1].say(UPDATED, json!({ "uri": "file:///b" }));
}

/// The methods of events up to an announcement and the update, in whichever order.
fn both(events: &[Value]) -> bool {
    let count = |method| events.iter().filter(|event| event["method"] == method).count();
    assert!(count(TOOLS) <= 1 && count(UPDATED) <= 1, "{events:?}");
    count(TOOLS) == 1 && count(UPDATED) == 1
}

#[tokio::test]
async fn changes_of_several_servers_are_one_for_a_session() {
    let (rig, peers) = pair().await;
    let mut session = Session::open(&rig, "/").await;
    session.call(&request(1, "tools/list", json!({}))).await;
    let answer = session.call(&request(2, "resources/subscribe", json!({ "uri": "doorward://two/file:///b" }))).await;
    assert_eq!(answer["result"], json!({}), "{answer}");
    assert_eq!(peers[1].asked("resources/subscribe")[0]["params"]["uri"], "file:///b");
    assert!(peers[0].asked("resources/subscribe").is_empty());
    let mut listener = session.listen(&rig).await;
    listened_to(&peers).await;
    change_all(&peers);
    let mut events: Vec<Value> = Vec::new();
    while !both(&events) {
        events.push(soon(listener.event()).await.unwrap().data);
    }
    let updated = events.iter().find(|event| event["method"] == UPDATED).unwrap();
    assert_eq!(updated["params"]["uri"], "doorward://two/file:///b");
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn changes_of_several_servers_are_one_on_pipes() {
    let (rig, peers) = pair().await;
    let mut pipe = Pipe::session(&rig, "/", LEGACY).await;
    pipe.ask(request(1, "tools/list", json!({})).to_string()).await;
    listened_to(&peers).await;
    change_all(&peers);
    let mut events: Vec<Value> = Vec::new();
    while !both(&events) {
        events.push(pipe.next().await);
    }
    pipe.close().await;
    rig.stop().await;
}

fn wish() -> Value {
    let wish = json!({ "toolsListChanged": true, "resourceSubscriptions": ["doorward://two/file:///b"] });
    modern(request("sub", "subscriptions/listen", json!({ "notifications": wish })))
}

#[tokio::test]
async fn one_subscription_hears_all_servers() {
    let (rig, peers) = pair().await;
    let mut http = Http::open(rig.http).await;
    http.begin(&Ask::modern("/", &wish())).await;
    let acknowledged = soon(http.event()).await.unwrap().data;
    assert_eq!(acknowledged["method"], "notifications/subscriptions/acknowledged");
    assert_eq!(acknowledged["params"]["notifications"], wish()["params"]["notifications"]);
    let parts = peers.each_ref().map(|peer| peer.asked("subscriptions/listen")[0]["params"]["notifications"].clone());
    assert_eq!(parts[0]["toolsListChanged"], true);
    assert_eq!(parts[0]["resourceSubscriptions"].as_array().map_or(0, Vec::len), 0, "{parts:?}");
    assert_eq!(parts[1]["resourceSubscriptions"], json!(["file:///b"]));
    change_all(&peers);
    let mut events: Vec<Value> = Vec::new();
    while !both(&events) {
        events.push(soon(http.event()).await.unwrap().data);
    }
    for event in [&acknowledged].into_iter().chain(&events) {
        assert_eq!(event["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], "sub", "{event}");
    }
    let updated = events.iter().find(|event| event["method"] == UPDATED).unwrap();
    assert_eq!(updated["params"]["uri"], "doorward://two/file:///b");
    drop(http);
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn a_subscription_goes_on_when_a_server_goes_and_comes_back() {
    let (rig, mut peers) = pair().await;
    peers[0].stop().await;
    let mut http = Http::open(rig.http).await;
    http.begin(&Ask::modern("/", &wish())).await;
    let acknowledged = soon(http.event()).await.unwrap().data;
    assert_eq!(acknowledged["method"], "notifications/subscriptions/acknowledged", "{acknowledged}");
    peers[0].come_back().await;
    // That it is back is a change, and so is what it announces itself.
    while soon(http.event()).await.unwrap().data["method"] != TOOLS {}
    listened_to(&peers).await;
    drop(http);
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn an_open_session_follows_a_reload() {
    let (rig, _peers) = pair().await;
    let mut session = Session::open(&rig, "/").await;
    let list = request(1, "tools/list", json!({}));
    assert_eq!(names(&session.call(&list).await).len(), 2);
    let mut listener = session.listen(&rig).await;
    let mut subscribed = Http::open(rig.http).await;
    subscribed.begin(&Ask::modern("/", &wish())).await;
    soon(subscribed.event()).await.unwrap();
    let view = rig.gateway.view();
    let one = ServerId::parse("one").unwrap();
    let servers = view.servers.iter().filter(|(id, _)| **id == one).map(|(id, server)| (id.clone(), server.clone()));
    let patience = Patience { wait: std::time::Duration::from_secs(3), unavailable: Unavailable::Keep };
    let joints = vec![JointSetup { id: JointId::Aggregate, plan: Names::aggregate([one.clone()]), patience }];
    let served = Served { servers: servers.collect(), joints, ..Served::default() };
    Arc::clone(&rig.gateway).replace(served, view.inputs.clone()).await.unwrap();
    while soon(listener.event()).await.unwrap().data["method"] != TOOLS {}
    assert_eq!(names(&session.call(&list).await).into_iter().collect::<Vec<_>>(), ["one__echo"]);
    assert_eq!(denial(&session.call(&call(2, "two__echo", json!({}))).await).0, "DW1205");
    // A subscription to servers that are no longer those ends, for its client to begin another.
    let last = subscribed.events().await.pop().unwrap().data;
    assert_eq!((&last["id"], &last["result"]["resultType"]), (&json!("sub"), &json!("complete")), "{last}");
    rig.stop().await;
}
