//! What is stopped behind an endpoint of several servers: left out, announced, and silent.

use std::time::Duration;

use doorward_core::time::Timestamp;
use doorward_server::config::Unavailable;
use doorward_store::{NewStop, StopTarget};
use serde_json::{Value, json};

use super::client::{Ask, Http, LEGACY, Session, ask_modern, call, denial, initialize, modern, request};
use super::lists::names;
use super::peer::Peer;
use super::rig::{Plan, Rig, eventually, soon};

const TOOLS: &str = "notifications/tools/list_changed";
const UPDATED: &str = "notifications/resources/updated";
const STOPPED: &str = "DW1212";

/// How long nothing may come.
const SILENCE: Duration = Duration::from_millis(400);

async fn stop(rig: &Rig, target: &StopTarget) {
    let new = NewStop { target: target.clone(), reason: None, by: "ann".to_owned(), expires: None };
    rig.gateway.store().stops().put(&new, Timestamp::from_micros(1)).await.unwrap();
}

async fn resume(rig: &Rig, target: &StopTarget) {
    assert!(rig.gateway.store().stops().lift(target, Timestamp::from_micros(1)).await.unwrap().is_some());
}

async fn pair() -> (Rig, [Peer; 2]) {
    let peers = [Peer::start(|_| None).await, Peer::start(|_| None).await];
    let mut plan = Plan::new().with_url("one", &peers[0].url).with_url("two", &peers[1].url);
    // What is stopped is not merely away.
    plan.config.aggregate.unavailable = Unavailable::Keep;
    (plan.start().await, peers)
}

/// Reads a stream up to a notification of that method.
async fn hears(stream: &mut Http, method: &str) -> Value {
    loop {
        let said = soon(stream.event()).await.unwrap().data;
        if said["method"] == method {
            return said;
        }
    }
}

fn listing() -> Value {
    request(1, "tools/list", json!({}))
}

/// What lists show in both eras.
async fn shown(rig: &Rig, session: &mut Session) -> [Vec<String>; 2] {
    let lists = [session.call(&listing()).await, ask_modern(rig, "/", listing()).await.json()];
    lists.each_ref().map(|list| names(list).into_iter().collect())
}

#[tokio::test]
async fn lists_leave_out_what_is_stopped_and_clients_are_told() {
    let (rig, peers) = pair().await;
    let mut session = Session::open(&rig, "/").await;
    let both: [Vec<String>; 2] =
        [["one__echo", "two__echo"], ["one__echo", "two__echo"]].map(|all| all.map(str::to_owned).into());
    assert_eq!(shown(&rig, &mut session).await, both);
    let mut listener = session.listen(&rig).await;
    let wish = json!({ "notifications": { "toolsListChanged": true } });
    let mut subscriber = Http::open(rig.http).await;
    subscriber.begin(&Ask::modern("/", &modern(request("s", "subscriptions/listen", wish)))).await;
    let tool = StopTarget::Tool { server: "two".to_owned(), tool: "echo".to_owned() };
    for target in [StopTarget::Server("two".to_owned()), tool] {
        stop(&rig, &target).await;
        hears(&mut listener, TOOLS).await;
        hears(&mut subscriber, TOOLS).await;
        let asked = peers[1].asked("tools/list").len();
        assert_eq!(
            shown(&rig, &mut session).await,
            [["one__echo"], ["one__echo"]].map(|one| one.map(str::to_owned).to_vec())
        );
        let call = call(2, "two__echo", json!({}));
        for refused in [session.call(&call).await, ask_modern(&rig, "/", call.clone()).await.json()] {
            let (code, reference) = denial(&refused);
            let record = rig.exchange(&reference).await.remove(0);
            let told = (code.as_str(), record.server.as_deref(), record.resource.as_deref());
            assert_eq!(told, (STOPPED, Some("two"), Some("echo")), "{target:?}: {record:?}");
        }
        // The gateway still answers for itself.
        let ping = session.call(&request(3, "ping", json!({}))).await;
        let hello = Http::open(rig.http).await.ask(&Ask::post("/", initialize(LEGACY).to_string())).await.json();
        let discovered = ask_modern(&rig, "/", request(4, "server/discover", json!({}))).await.json();
        for answer in [ping, hello, discovered] {
            assert!(answer["result"].is_object(), "{target:?}: {answer}");
        }
        let own = ask_modern(&rig, "two", listing()).await.json();
        match &target {
            StopTarget::Server(_) => {
                assert_eq!(denial(&own).0, STOPPED);
                assert_eq!(peers[1].asked("tools/list").len(), asked, "a stopped server is not even asked");
            }
            StopTarget::All | StopTarget::Tool { .. } | StopTarget::Principal(_) => {
                assert!(names(&own).is_empty(), "{own}")
            }
        }
        resume(&rig, &target).await;
        hears(&mut listener, TOOLS).await;
        hears(&mut subscriber, TOOLS).await;
        assert_eq!(shown(&rig, &mut session).await, both, "{target:?}");
        assert_eq!(session.call(&call).await["result"].get("isError"), None);
    }
    assert!(peers[0].asked("tools/call").is_empty());
    drop((listener, subscriber));
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn everything_stopped_leaves_the_gateway_and_nothing_behind_it() {
    let (rig, peers) = pair().await;
    let mut session = Session::open(&rig, "/").await;
    assert_eq!(shown(&rig, &mut session).await[0].len(), 2);
    stop(&rig, &StopTarget::All).await;
    eventually("the refusal", || async {
        ask_modern(&rig, "/", listing()).await.json().get("error").is_some().then_some(())
    })
    .await;
    let asked =
        || peers.iter().map(|peer| peer.asked("tools/list").len() + peer.asked("initialize").len()).sum::<usize>();
    let before = asked();
    for message in [listing(), request(2, "prompts/list", json!({})), call(3, "one__echo", json!({}))] {
        assert_eq!(denial(&session.call(&message).await).0, STOPPED, "{message}");
        assert_eq!(denial(&ask_modern(&rig, "/", message.clone()).await.json()).0, STOPPED, "{message}");
    }
    assert!(session.call(&request(4, "ping", json!({}))).await["result"].is_object());
    let hello = Http::open(rig.http).await.ask(&Ask::post("/", initialize(LEGACY).to_string())).await;
    let newcomer = hello.header("mcp-session-id").expect("a session").to_owned();
    assert_eq!(asked(), before);
    resume(&rig, &StopTarget::All).await;
    eventually("the lists", || async {
        let list = Http::open(rig.http).await.ask(&Ask::legacy("/", &newcomer, listing().to_string())).await.json();
        (list.get("error").is_none() && names(&list).len() == 2).then_some(())
    })
    .await;
    assert_eq!(shown(&rig, &mut session).await[0].len(), 2);
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn what_a_stopped_server_says_and_asks_goes_nowhere() {
    let (rig, peers) = pair().await;
    let [one, two] = &peers;
    let (own, joint) = (Session::open(&rig, "one").await, Session::open(&rig, "/").await);
    let mut listeners = [own.listen(&rig).await, joint.listen(&rig).await];
    // Its own, that of the joint endpoint, and the other server's.
    eventually("listeners", || async { (one.listeners() >= 2 && two.listeners() >= 1).then_some(()) }).await;
    let say = |peer: &Peer| peer.say(UPDATED, json!({ "uri": "file:///b" }));
    say(one);
    for listener in &mut listeners {
        hears(listener, UPDATED).await;
    }
    let target = StopTarget::Server("one".to_owned());
    stop(&rig, &target).await;
    eventually("the refusal", || async {
        ask_modern(&rig, "one", listing()).await.json().get("error").is_some().then_some(())
    })
    .await;
    say(one);
    one.ask("q", "sampling/createMessage", json!({ "messages": [], "maxTokens": 1 }));
    let refused = |action: &'static str| {
        let rig = &rig;
        async move {
            rig.record(|record| {
                (record.direction.as_str(), record.action.as_str()) == ("to-client", action)
                    && record.code.as_deref() == Some(STOPPED)
            })
            .await
        }
    };
    for action in [UPDATED, "sampling/createMessage"] {
        let record = refused(action).await;
        assert_eq!((record.server.as_deref(), record.disposition.as_str()), (Some("one"), "refuse"), "{record:?}");
    }
    let told = eventually("the answer to the question", || async {
        one.answers().into_iter().find(|answer| answer["id"] == "q")
    })
    .await;
    assert!(told["error"].to_string().contains(STOPPED), "{told}");
    // The other server is heard.
    say(two);
    let heard = hears(&mut listeners[1], UPDATED).await;
    assert_eq!(heard["params"]["uri"], "doorward://two/file:///b");
    for listener in &mut listeners {
        while let Ok(Some(event)) = tokio::time::timeout(SILENCE, listener.event()).await {
            let method = event.data["method"].as_str().unwrap_or_default();
            assert!(method != UPDATED && method != "sampling/createMessage", "{:?}", event.data);
        }
    }
    resume(&rig, &target).await;
    eventually("the server again", || async {
        ask_modern(&rig, "one", listing()).await.json().get("result").is_some().then_some(())
    })
    .await;
    say(one);
    hears(&mut listeners[0], UPDATED).await;
    drop(listeners);
    rig.check_outcomes().await;
    rig.stop().await;
}
