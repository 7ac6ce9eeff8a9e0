//! Every kind of message finds its server, and every answer its client, under the names of the endpoint.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::{Ask, Http, LEGACY, Session, ask_modern, call, denial, modern, request};
use super::peer::{Act, Peer};
use super::pipe::Pipe;
use super::rig::{Plan, Rig, eventually, soon};

async fn pair(script: impl Fn(&Value) -> Option<Act> + Clone + Send + Sync + 'static) -> (Rig, [Peer; 2]) {
    let peers = [Peer::start(script.clone()).await, Peer::start(script).await];
    let mut plan = Plan::new().with_url("one", &peers[0].url).with_url("two", &peers[1].url);
    plan.config.aggregate.wait = Duration::from_secs(10);
    (plan.start().await, peers)
}

/// The answers to a request in a session, without one, and on pipes in both eras.
async fn everywhere(rig: &Rig, message: &Value) -> Vec<Value> {
    let mut pipe = Pipe::session(rig, "/", LEGACY).await;
    let answers = vec![
        Session::open(rig, "/").await.call(message).await,
        ask_modern(rig, "/", message.clone()).await.json(),
        pipe.ask(message.to_string()).await,
        pipe.ask(modern(message.clone()).to_string()).await,
    ];
    pipe.close().await;
    answers
}

/// A request, where its result holds something, and what that must be.
const CASES: &[(&str, &str, &str, &str)] = &[
    ("prompts/list", "{}", "/result/prompts/1/name", "two__greet"),
    ("prompts/get", r#"{"name":"two__greet"}"#, "/result/messages/0/content/text", "greet"),
    ("resources/list", "{}", "/result/resources/1/uri", "doorward://two/file:///a"),
    ("resources/templates/list", "{}", "/result/resourceTemplates/1/uriTemplate", "doorward://two/file:///{x}"),
    ("resources/read", r#"{"uri":"doorward://two/file:///a"}"#, "/result/contents/0/uri", "doorward://two/file:///a"),
    ("resources/read", r#"{"uri":"doorward://two/file:///a"}"#, "/result/contents/0/text", "file:///a"),
    (
        "completion/complete",
        r#"{"ref":{"type":"ref/prompt","name":"one__greet"},"argument":{"name":"x","value":"y"}}"#,
        "/result/completion/values/0",
        r#"{"type":"ref/prompt","name":"greet"}"#,
    ),
];

#[tokio::test]
async fn each_request_reaches_its_server_in_that_servers_words() {
    let (rig, _peers) = pair(|_| None).await;
    for (method, params, place, expected) in CASES {
        let message = request("an id", method, serde_json::from_str(params).unwrap());
        for answer in everywhere(&rig, &message).await {
            let found = answer.pointer(place).unwrap_or_else(|| panic!("{method}: {answer}"));
            assert_eq!((&answer["id"], found.as_str().unwrap()), (&json!("an id"), *expected), "{answer}");
        }
    }
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn requests_that_name_nothing_of_ours_are_refused() {
    let (rig, peers) = pair(|_| None).await;
    let cases = [
        ("resources/read", json!({ "uri": "file:///a" })),
        ("resources/read", json!({ "uri": "doorward://three/file:///a" })),
        ("prompts/get", json!({ "name": "greet" })),
        ("tools/list", json!({ "cursor": "1" })),
        ("completion/complete", json!({ "ref": { "type": "ref/tool", "name": "one__echo" }, "argument": {} })),
    ];
    for (method, params) in cases {
        for answer in everywhere(&rig, &request(1, method, params.clone())).await {
            assert_eq!(denial(&answer).0, "DW1010", "{answer}");
        }
        assert!(peers.iter().all(|peer| peer.asked(method).is_empty()), "{method}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_handshake_is_answered_at_once_and_reaches_all() {
    let (rig, peers) = pair(|message| (message["method"] == "initialize").then_some(Act::Hang)).await;
    let began = Instant::now();
    let mut http = Http::open(rig.http).await;
    let mut hello = super::client::initialize("2025-03-26");
    hello["params"]["capabilities"] = json!({ "sampling": {} });
    let answer = http.ask(&Ask::post("/", hello.to_string())).await.json();
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert_eq!(answer["result"]["protocolVersion"], "2025-03-26", "not that of any server");
    for capability in ["tools", "prompts", "resources", "completions", "logging"] {
        assert!(answer["result"]["capabilities"][capability].is_object(), "{capability}: {answer}");
    }
    assert_eq!(answer["result"]["capabilities"]["resources"]["subscribe"], true);
    for peer in &peers {
        eventually("the handshake", || async { (!peer.asked("initialize").is_empty()).then_some(()) }).await;
        let params = &peer.asked("initialize")[0]["params"];
        assert_eq!(params["capabilities"], json!({ "sampling": {} }));
        assert_eq!((&params["protocolVersion"], &params["clientInfo"]["name"]), (&json!("2025-03-26"), &json!("test")));
    }
    rig.stop().await;
}

#[tokio::test]
async fn what_servers_say_of_themselves_is_joined() {
    let (rig, peers) = pair(|_| None).await;
    let discovered = ask_modern(&rig, "/", request(1, "server/discover", json!({}))).await.json();
    let mut session = Session::open(&rig, "/").await;
    session.call(&request(1, "tools/list", json!({}))).await;
    let hello = Http::open(rig.http).await.ask(&Ask::post("/", super::client::initialize(LEGACY).to_string())).await;
    for answer in [discovered, hello.json()] {
        let result = &answer["result"];
        assert_eq!(result["instructions"], "# one\n\nBe kind.\n\n# two\n\nBe kind.", "{answer}");
        assert!(result["capabilities"]["logging"].is_object(), "{answer}");
    }
    ask_modern(&rig, "/", request(2, "server/discover", json!({}))).await;
    assert_eq!(peers[0].asked("server/discover").len(), 2, "once for the era, once for what it says");
    rig.stop().await;
}

#[tokio::test]
async fn a_level_is_told_to_all() {
    let (rig, peers) = pair(|_| None).await;
    let mut session = Session::open(&rig, "/").await;
    session.call(&request(1, "tools/list", json!({}))).await;
    let answer = session.call(&request(2, "logging/setLevel", json!({ "level": "debug" }))).await;
    assert_eq!((&answer["id"], &answer["result"]), (&json!(2), &json!({})));
    for peer in &peers {
        let asked = peer.asked("logging/setLevel");
        assert_eq!((asked.len(), &asked[0]["params"]["level"]), (1, &json!("debug")));
    }
    rig.stop().await;
}

#[tokio::test]
async fn roots_that_changed_are_told_to_all() {
    let (rig, peers) = pair(|_| None).await;
    let mut session = Session::open(&rig, "/").await;
    session.call(&request(1, "tools/list", json!({}))).await;
    let told = json!({ "jsonrpc": "2.0", "method": "notifications/roots/list_changed" });
    assert_eq!(session.post(told.to_string()).await.status, 202);
    for peer in &peers {
        let asked = || async { (!peer.asked("notifications/roots/list_changed").is_empty()).then_some(()) };
        eventually("the notification", asked).await;
    }
    rig.stop().await;
}

#[tokio::test]
async fn progress_comes_with_the_clients_own_token() {
    let (rig, _peers) = pair(|message| {
        let params = json!({ "progressToken": message["params"]["_meta"]["progressToken"], "progress": 1 });
        let progress = json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": params });
        (message["method"] == "tools/call").then(|| Act::Saying(vec![progress], json!({ "content": [] })))
    })
    .await;
    let mut message = call(1, "one__echo", json!({}));
    message["params"]["_meta"] = json!({ "progressToken": "mine" });
    let session = Session::open(&rig, "/").await;
    for ask in [session.ask(message.to_string()), Ask::modern("/", &modern(message.clone()))] {
        let mut http = Http::open(rig.http).await;
        http.begin(&ask).await;
        let events = http.events().await;
        let told: Vec<&Value> = events.iter().map(|event| &event.data).filter(|data| !data.is_null()).collect();
        assert_eq!(told[0]["params"]["progressToken"], "mine", "{told:?}");
        assert_eq!(told.last().unwrap()["id"], 1);
    }
    rig.stop().await;
}

#[tokio::test]
async fn questions_of_two_servers_do_not_mix() {
    let (rig, peers) = pair(|message| {
        let params = json!({ "messages": [], "maxTokens": 1 });
        let question = json!({ "jsonrpc": "2.0", "id": 1, "method": "sampling/createMessage", "params": params });
        (message["method"] == "tools/call").then(|| Act::Saying(vec![question], json!({ "content": [] })))
    })
    .await;
    let mut hello = super::client::initialize(LEGACY);
    hello["params"]["capabilities"] = json!({ "sampling": {} });
    let mut pipe = Pipe::open(&rig, "/");
    pipe.ask(hello.to_string()).await;
    pipe.say(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }).to_string()).await;
    let mut ids = Vec::new();
    for server in ["one", "two"] {
        let question = pipe.ask(call(server, &format!("{server}__echo"), json!({})).to_string()).await;
        assert_eq!(question["method"], "sampling/createMessage", "{question}");
        ids.push(question["id"].clone());
        assert_eq!(pipe.next().await["id"], server);
    }
    assert_ne!(ids[0], ids[1]);
    // In the other order, and one that nobody asked for.
    for (id, text) in [(&ids[1], "for two"), (&json!(99), "for nobody"), (&ids[0], "for one")] {
        let content = json!({ "type": "text", "text": text });
        let result = json!({ "role": "assistant", "content": content, "model": "m" });
        pipe.say(json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string()).await;
    }
    for (peer, text) in peers.iter().zip(["for one", "for two"]) {
        let answer = eventually("the answer", || async { peer.answers().first().cloned() }).await;
        assert_eq!((&answer["id"], &answer["result"]["content"]["text"]), (&json!(1), &json!(text)));
        assert_eq!(peer.answers().len(), 1);
    }
    pipe.close().await;
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn a_cancelled_call_is_cancelled_at_its_server() {
    let (rig, peers) = pair(|message| (message["method"] == "tools/call").then_some(Act::Hang)).await;
    let mut pipe = Pipe::session(&rig, "/", LEGACY).await;
    pipe.say(call(7, "two__echo", json!({})).to_string()).await;
    eventually("the call", || async { (!peers[1].asked("tools/call").is_empty()).then_some(()) }).await;
    let cancel = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 7 } });
    pipe.say(cancel.to_string()).await;
    eventually("the cancellation", || async { (!peers[1].asked("notifications/cancelled").is_empty()).then_some(()) })
        .await;
    assert!(peers[0].asked("notifications/cancelled").is_empty());
    rig.record(|record| record.action == "tools/call" && record.code.as_deref() == Some("DW1502")).await;
    pipe.close().await;
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn a_cancelled_list_ends() {
    let (rig, peers) = pair(|message| (message["method"] == "tools/list").then_some(Act::Hang)).await;
    let mut session = Session::open(&rig, "/").await;
    let mut http = Http::open(rig.http).await;
    http.write(&session.ask(request(7, "tools/list", json!({})).to_string()).bytes(rig.http)).await;
    eventually("the list", || async { (!peers[1].asked("tools/list").is_empty()).then_some(()) }).await;
    let cancel = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 7 } });
    assert_eq!(session.post(cancel.to_string()).await.status, 202);
    let answer = soon(http.answer()).await.unwrap().json();
    assert_eq!(denial(&answer).0, "DW1502");
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn a_server_that_forgot_its_session_gets_another() {
    let forgotten = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let peer = Peer::start(move |message| {
        let forgets = message["method"] == "tools/call" && forgotten.swap(false, std::sync::atomic::Ordering::Relaxed);
        forgets.then(|| Act::Raw(super::scripted::answer("404 Not Found", "", b"")))
    })
    .await;
    let rig = Plan::new().with_url("one", &peer.url).start().await;
    let mut session = Session::open(&rig, "/").await;
    session.call(&request(1, "tools/list", json!({}))).await;
    let answer = session.call(&call(2, "one__echo", json!({}))).await;
    assert_eq!(answer["result"]["content"][0]["type"], "text", "{answer}");
    assert_eq!(peer.asked("initialize").len(), 2);
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn a_server_without_a_list_takes_nothing_from_the_others() {
    let old = Peer::start(|message| (message["method"] == "prompts/list").then_some(Act::Error(-32601))).await;
    let new = Peer::start(|_| None).await;
    let rig = Plan::new().with_url("old", &old.url).with_url("new", &new.url).start().await;
    for answer in everywhere(&rig, &request(1, "prompts/list", json!({}))).await {
        assert_eq!(answer["result"]["prompts"].as_array().map(Vec::len), Some(1), "{answer}");
    }
    rig.stop().await;
}
