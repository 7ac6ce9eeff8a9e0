//! Duties on answers, from outside: what a client is shown, whatever the way and the era.

use doorward_policy::Preset;
use serde_json::{Value, json};

use super::client::{Session, ask_modern, call, denial, request};
use super::peer::{Act, Peer};
use super::pipe::Pipe;
use super::rig::{Plan, Rig};

const RULE: &str = r#"@id("masked")
    @obligation("redact:/users/*/mail; cap:rows=2; watermark:For internal use.")
    permit (principal, action == Action::"one/echo", resource);
    @id("narrow") @obligation("project:/users")
    permit (principal, action == Action::"one/echo", resource);
    @id("files") @obligation("redact:/token")
    permit (principal, action == Action::"resources/read", resource);"#;

fn users() -> Value {
    json!({ "users": [{ "mail": "secret-1", "name": "ann" }, { "mail": "secret-2" }, { "mail": "secret-3" }], "more": "secret" })
}

/// A server whose answers hold what must not be seen.
fn tells(message: &Value) -> Option<Act> {
    let text = |text: String| json!({ "type": "text", "text": text });
    let whole = json!({ "content": [text(users().to_string())], "structuredContent": users() });
    let wish = &message["params"]["arguments"]["message"];
    match (message["method"].as_str()?, wish.as_str()) {
        ("tools/call", Some("prose")) => Some(Act::Result(json!({ "content": [text("secret".to_owned())] }))),
        ("tools/call", Some("error")) => Some(Act::Error(-32603)),
        ("tools/call", Some("stream")) => {
            let progress = json!({ "progressToken": message["params"]["_meta"]["progressToken"], "progress": 1 });
            let progress = json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": progress });
            Some(Act::Saying(vec![progress], whole))
        }
        ("tools/call", Some("task")) => Some(Act::Result(json!({ "task": { "taskId": "t1", "status": "completed" } }))),
        ("tools/call", _) => Some(Act::Result(whole)),
        ("tasks/result", _) => Some(Act::Result(whole)),
        ("resources/read", _) => {
            let item = json!({ "uri": "file:///a", "text": "{\"token\":\"secret\",\"open\":1}" });
            Some(Act::Result(json!({ "contents": [item] })))
        }
        _ => None,
    }
}

async fn masked(peer: &Peer) -> Rig {
    Plan::new().with_policy(Preset::Observe, &[RULE]).with_url("one", &peer.url).start().await
}

fn check(message: &Value) {
    let left = json!({ "users": [{ "mail": "[redacted]", "name": "ann" }, { "mail": "[redacted]" }] });
    assert!(!message.to_string().contains("secret"), "{message}");
    let result = &message["result"];
    assert_eq!(result["structuredContent"], left, "{message}");
    let texts: Vec<&str> =
        result["content"].as_array().unwrap().iter().map(|block| block["text"].as_str().unwrap()).collect();
    assert_eq!(serde_json::from_str::<Value>(texts[0]).unwrap(), left);
    assert_eq!(texts[1..], ["Doorward left out 1 elements of lists: more than a rule lets pass.", "For internal use."]);
    let told = &result["_meta"]["dev.doorward/answer"];
    assert_eq!(
        told,
        &json!({ "redacted": 2, "removed": 1, "cut": 1, "watermark": ["For internal use."] }),
        "{message}"
    );
}

#[tokio::test]
async fn answers_are_masked_on_every_way() {
    let peer = Peer::start(tells).await;
    let rig = masked(&peer).await;
    let mut session = Session::open(&rig, "one").await;
    let mut joint = Session::open(&rig, "/").await;
    let mut pipe = Pipe::session(&rig, "one", "2025-11-25").await;
    check(&session.call(&call(1, "echo", json!({}))).await);
    check(&joint.call(&call(1, "one__echo", json!({}))).await);
    check(&pipe.ask(call(1, "echo", json!({})).to_string()).await);
    check(&ask_modern(&rig, "one", call(1, "echo", json!({}))).await.json());
    check(&ask_modern(&rig, "/", call(1, "one__echo", json!({}))).await.json());
    let read = session.call(&request(3, "resources/read", json!({ "uri": "file:///a" }))).await;
    assert_eq!(read["result"]["contents"][0]["text"], r#"{"token":"[redacted]","open":1}"#, "{read}");
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn a_streamed_answer_is_masked() {
    let peer = Peer::start(tells).await;
    let rig = masked(&peer).await;
    let mut pipe = Pipe::session(&rig, "one", "2025-11-25").await;
    let mut message = call(1, "echo", json!({ "message": "stream" }));
    message["params"]["_meta"]["progressToken"] = json!("p");
    let progress = pipe.ask(message.to_string()).await;
    assert_eq!(progress["method"], "notifications/progress", "{progress}");
    check(&serde_json::from_str(&pipe.line().await).unwrap());
    rig.stop().await;
}

#[tokio::test]
async fn what_cannot_be_masked_is_withheld() {
    let peer = Peer::start(tells).await;
    let rig = masked(&peer).await;
    let mut session = Session::open(&rig, "one").await;
    for (id, wish) in ["prose", "error"].into_iter().enumerate() {
        let answer = session.call(&call(id + 1, "echo", json!({ "message": wish }))).await;
        assert_eq!(denial(&answer).0, "DW1407", "{answer}");
        assert!(!answer.to_string().contains("secret"), "{answer}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn the_result_of_a_task_is_masked_as_its_call_would_be() {
    let peer = Peer::start(tells).await;
    let rig = masked(&peer).await;
    let mut session = Session::open(&rig, "one").await;
    let mut message = call(1, "echo", json!({ "message": "task" }));
    message["params"]["task"] = json!({ "ttl": 60_000 });
    let made = session.call(&message).await;
    let id = made["result"]["task"]["taskId"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
    check(&session.call(&request(2, "tasks/result", json!({ "taskId": id }))).await);
    // A task that nobody here was given: nobody can say which duties it carries.
    let foreign = session.call(&request(3, "tasks/result", json!({ "taskId": "other" }))).await;
    assert_eq!(denial(&foreign).0, "DW1109", "{foreign}");
    rig.stop().await;
}
