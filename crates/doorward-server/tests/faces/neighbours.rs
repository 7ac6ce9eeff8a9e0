//! Two principals at one server, side by side: neither hears what the other asked to hear, nor is asked what a call of the
//! other asks.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use doorward_server::identity::keys::NewKey;
use doorward_testkit::{fixture, net};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::client::{Ask, Http, LEGACY, call, initialize, modern, request};
use super::keys::{key, with};
use super::rig::{Plan, Rig, eventually, soon};

const UPDATED: &str = "notifications/resources/updated";
const QUESTION: &str = "elicitation/create";

/// Somebody with a key and a session of their own.
struct Neighbour {
    name: &'static str,
    key: NewKey,
    server: &'static str,
    session: String,
}

impl Neighbour {
    async fn open(rig: &Rig, server: &'static str, name: &'static str) -> Self {
        let key = key(rig, name, &[]).await;
        let mut hello = initialize(LEGACY);
        hello["params"]["capabilities"] = json!({ "elicitation": { "form": {} } });
        let mut http = Http::open(rig.http).await;
        let opened = http.ask(&with(Ask::post(server, hello.to_string()), &key)).await;
        let session = opened.header("mcp-session-id").unwrap().to_owned();
        let neighbour = Self { name, key, server, session };
        let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        assert_eq!(http.ask(&neighbour.ask(&initialized)).await.status, 202);
        neighbour
    }

    async fn both(rig: &Rig, server: &'static str) -> [Self; 2] {
        [Self::open(rig, server, "ann").await, Self::open(rig, server, "bob").await]
    }

    /// A message in the session.
    fn ask(&self, message: &Value) -> Ask {
        with(Ask::legacy(self.server, &self.session, message.to_string()), &self.key)
    }

    /// A message of the stateless era.
    fn ask_modern(&self, message: &Value) -> Ask {
        with(Ask::modern(self.server, &modern(message.clone())), &self.key)
    }

    fn uri(&self) -> String {
        format!("test://of-{}", self.name)
    }

    /// The stream of the session that listens.
    async fn listen(&self, rig: &Rig) -> Heard {
        let ask = self.ask(&Value::Null).by("GET");
        Heard::of(rig, &Ask { body: Vec::new(), ..ask }).await
    }
}

/// What came on a stream so far. The stream ends with it.
struct Heard {
    said: Arc<Mutex<Vec<Value>>>,
    hearing: JoinHandle<()>,
}

impl Drop for Heard {
    fn drop(&mut self) {
        self.hearing.abort();
    }
}

impl Heard {
    async fn of(rig: &Rig, ask: &Ask) -> Self {
        let mut http = Http::open(rig.http).await;
        let head = http.begin(ask).await;
        assert_eq!((head.status, head.header("content-type")), (200, Some("text/event-stream")), "{head:?}");
        let said = Arc::new(Mutex::new(Vec::new()));
        let saying = said.clone();
        let hearing = tokio::spawn(async move {
            while let Some(event) = http.event().await {
                saying.lock().unwrap().push(event.data);
            }
        });
        Self { said, hearing }
    }

    /// The messages with that method.
    fn of_method(&self, method: &str) -> Vec<Value> {
        self.said.lock().unwrap().iter().filter(|message| message["method"] == method).cloned().collect()
    }

    fn uris(&self) -> BTreeSet<String> {
        self.of_method(UPDATED).iter().map(|told| told["params"]["uri"].as_str().unwrap().to_owned()).collect()
    }
}

/// One server for both over HTTP, and one on pipes, of which each principal has a process.
async fn fixtures() -> Rig {
    let listener = net::listen(0).await.unwrap();
    let url = format!("http://{}{}", listener.local_addr().unwrap(), fixture::HTTP_PATH);
    tokio::spawn(fixture::serve_http(listener));
    let plan = Plan::new().with_token().with_url("http", &url);
    plan.with_child("child", "conformance-fixture", &["--stdio"]).start().await
}

/// Everybody changes both resources until each has heard of one three times. A stream keeps its order and the other's comes
/// first, so what does not belong there would have come before.
async fn change_both(rig: &Rig, neighbours: &[Neighbour; 2], heard: &[Heard; 2], ask: fn(&Neighbour, &Value) -> Ask) {
    let [ann, bob] = neighbours;
    eventually("what was subscribed to", || async {
        for (own, other) in [(ann, bob), (bob, ann)] {
            for uri in [other.uri(), own.uri()] {
                let touch = call(7, "touch_resource", json!({ "uri": uri }));
                assert_eq!(Http::open(rig.http).await.ask(&ask(own, &touch)).await.status, 200);
            }
        }
        heard.iter().all(|heard| heard.of_method(UPDATED).len() >= 3).then_some(())
    })
    .await;
    for (neighbour, heard) in neighbours.iter().zip(heard) {
        assert_eq!(heard.uris(), BTreeSet::from([neighbour.uri()]), "{} at {}", neighbour.name, neighbour.server);
    }
}

#[tokio::test]
async fn a_resource_somebody_subscribed_to_is_not_heard_of_by_another() {
    let rig = fixtures().await;
    for server in ["http", "child"] {
        let neighbours = Neighbour::both(&rig, server).await;
        let heard = [neighbours[0].listen(&rig).await, neighbours[1].listen(&rig).await];
        for neighbour in &neighbours {
            let subscribe = request(1, "resources/subscribe", json!({ "uri": neighbour.uri() }));
            let answer = Http::open(rig.http).await.ask(&neighbour.ask(&subscribe)).await;
            assert!(answer.text().contains(r#""result":{}"#), "{}", answer.text());
        }
        change_both(&rig, &neighbours, &heard, Neighbour::ask).await;
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_stream_that_somebody_listens_on_tells_nothing_to_another() {
    let rig = fixtures().await;
    for server in ["http", "child"] {
        let neighbours = Neighbour::both(&rig, server).await;
        let listen = |neighbour: &Neighbour| {
            let wish = json!({ "resourceSubscriptions": [neighbour.uri()] });
            neighbour.ask_modern(&request("sub", "subscriptions/listen", json!({ "notifications": wish })))
        };
        let [ann, bob] = &neighbours;
        let heard = [Heard::of(&rig, &listen(ann)).await, Heard::of(&rig, &listen(bob)).await];
        change_both(&rig, &neighbours, &heard, Neighbour::ask_modern).await;
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_call_asks_whoever_made_it_and_nobody_else() {
    let rig = fixtures().await;
    for server in ["http", "child"] {
        let neighbours = Neighbour::both(&rig, server).await;
        let listening = [neighbours[0].listen(&rig).await, neighbours[1].listen(&rig).await];
        let mut calls = Vec::new();
        for neighbour in &neighbours {
            let asking = call(4, "test_elicitation", json!({ "message": neighbour.name }));
            calls.push(Heard::of(&rig, &neighbour.ask(&asking)).await);
        }
        for (number, neighbour) in neighbours.iter().enumerate() {
            let questions = eventually("a question", || async {
                Some(calls[number].of_method(QUESTION)).filter(|questions| !questions.is_empty())
            });
            let questions = questions.await;
            assert_eq!((questions.len(), &questions[0]["params"]["message"]), (1, &json!(neighbour.name)));
            let answer = |username: &str| {
                let content = json!({ "username": username, "email": "a@example.com" });
                json!({ "jsonrpc": "2.0", "id": questions[0]["id"], "result": { "action": "accept", "content": content } })
            };
            // Whoever knows the session and the question cannot answer in another's place.
            let foreign = with(neighbour.ask(&answer("mallory")).without("authorization"), &neighbours[1 - number].key);
            assert_eq!(Http::open(rig.http).await.ask(&foreign).await.status, 404);
            let own = neighbour.ask(&answer(neighbour.name));
            assert_eq!(Http::open(rig.http).await.ask(&own).await.status, 202);
            let text = soon(answered(&calls[number])).await;
            assert!(text.contains(&format!("\"{}\"", neighbour.name)), "{server}: {text}");
        }
        for heard in &listening {
            assert_eq!(heard.of_method(QUESTION), Vec::<Value>::new(), "{server}");
        }
    }
    rig.check_outcomes().await;
    rig.stop().await;
}

/// The text of the result that a call ends with.
async fn answered(heard: &Heard) -> String {
    eventually("the answer", || async {
        let messages = heard.said.lock().unwrap();
        messages.iter().find_map(|message| Some(message["result"]["content"][0]["text"].as_str()?.to_owned()))
    })
    .await
}
