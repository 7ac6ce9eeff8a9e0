//! Opening, listing and calling.

use serde_json::{Value, json};

use super::client::{LEGACY, Session, ask_modern, call, denial, request};
use super::pipe::Pipe;
use super::rig::{Plan, Rig};
use super::scripted::{ECHO, Reply, Scripted, said};

/// Two servers of one tool each, under the same name.
async fn two() -> (Rig, [Scripted; 2]) {
    let one = Scripted::start(ECHO, |seen| Reply::Send(said(seen, "one"))).await;
    let two = Scripted::start(ECHO, |seen| Reply::Send(said(seen, "two"))).await;
    let rig = Plan::new().with_url("one", &one.url).with_url("two", &two.url).start().await;
    (rig, [one, two])
}

fn names(answer: &Value) -> Vec<&str> {
    let tools = answer["result"]["tools"].as_array().unwrap_or_else(|| panic!("{answer}"));
    tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_session_lists_and_calls_the_tools_of_all() {
    let (rig, servers) = two().await;
    let mut session = Session::open(&rig, "/").await;
    let listed = session.call(&request(1, "tools/list", json!({}))).await;
    assert_eq!((names(&listed), &listed["id"]), (vec!["one__echo", "two__echo"], &json!(1)));
    let answered = session.call(&call("x", "two__echo", json!({ "message": "hello" }))).await;
    assert_eq!((&answered["result"]["content"][0]["text"], &answered["id"]), (&json!("two"), &json!("x")));
    assert_eq!(servers[1].calls()[0].json()["params"]["name"], "echo");
    assert_eq!(servers[0].calls().len(), 0);
    assert_eq!(session.call(&request(2, "ping", json!({}))).await["result"], json!({}));
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn stateless_requests_list_and_call_the_tools_of_all() {
    let (rig, servers) = two().await;
    let listed = ask_modern(&rig, "/", request(1, "tools/list", json!({}))).await.json();
    assert_eq!(names(&listed), ["one__echo", "two__echo"]);
    assert_eq!(listed["result"]["cacheScope"], "private");
    let answered = ask_modern(&rig, "/", call("x", "two__echo", json!({ "message": "hello" }))).await.json();
    assert_eq!((&answered["result"]["content"][0]["text"], &answered["id"]), (&json!("two"), &json!("x")));
    assert_eq!(servers[1].calls()[0].json()["params"]["name"], "echo");
    let discovered = ask_modern(&rig, "/", request(3, "server/discover", json!({}))).await.json();
    assert_eq!(discovered["result"]["supportedVersions"], json!(["2026-07-28"]));
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn pipes_carry_both_eras() {
    let (rig, _servers) = two().await;
    let mut pipe = Pipe::session(&rig, "/", LEGACY).await;
    let listed = pipe.ask(request(1, "tools/list", json!({})).to_string()).await;
    assert_eq!(names(&listed), ["one__echo", "two__echo"]);
    let answered = pipe.ask(call(2, "one__echo", json!({})).to_string()).await;
    assert_eq!(answered["result"]["content"][0]["text"], "one");
    let answered = pipe.ask(super::client::modern(call(3, "two__echo", json!({}))).to_string()).await;
    assert_eq!(answered["result"]["content"][0]["text"], "two");
    pipe.close().await;
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn what_names_no_server_is_refused_and_recorded() {
    let (rig, _servers) = two().await;
    let mut session = Session::open(&rig, "/").await;
    for tool in ["echo", "three__echo", "one__nothing"] {
        let answer = session.call(&call(1, tool, json!({}))).await;
        let (code, reference) = denial(&answer);
        assert_eq!(code, "DW1205", "{answer}");
        rig.exchange(&reference).await;
    }
    rig.stop().await;
}
