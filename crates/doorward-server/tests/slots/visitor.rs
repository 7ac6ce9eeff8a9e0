//! A client of one era, over HTTP or on pipes, that keeps whatever it is told.

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward_mcp::revision::Era;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use tokio::time::timeout;

use super::client::{Answer, Ask, Http, LEGACY, MODERN};
use super::pipe::Pipe;
use super::rig::{Rig, soon};

/// How long it waits for the end of one request.
const WAIT: Duration = Duration::from_secs(2);

/// What clients can be asked, in the words of either era.
fn abilities() -> Value {
    json!({
        "elicitation": { "form": {}, "url": {} }, "sampling": { "tools": {}, "context": {} },
        "roots": { "listChanged": true }, "extensions": { "io.modelcontextprotocol/tasks": {} },
    })
}

pub(crate) struct Visitor {
    pub(crate) era: Era,
    way: Way,
    heard: Vec<String>,
    next: u64,
}

#[expect(clippy::large_enum_variant, reason = "a test has one or two")]
enum Way {
    Http { address: SocketAddr, path: String, posts: Http, others: Http, session: Option<String> },
    Pipe(Box<Pipe>),
}

impl Visitor {
    pub(crate) async fn over_http(rig: &Rig, era: Era, path: &str) -> Self {
        let (posts, others) = (Http::open(rig.http).await, Http::open(rig.http).await);
        let way = Way::Http { address: rig.http, path: path.to_owned(), posts, others, session: None };
        Self { era, way, heard: Vec::new(), next: 1 }.opened().await
    }

    pub(crate) async fn on_pipes(rig: &Rig, era: Era, path: &str) -> Self {
        let way = Way::Pipe(Box::new(Pipe::open(rig, path)));
        Self { era, way, heard: Vec::new(), next: 1 }.opened().await
    }

    async fn opened(mut self) -> Self {
        if self.era == Era::Legacy {
            let answer = self.ask(initialize(), &Value::Null).await.unwrap();
            assert!(answer["result"].is_object(), "{answer}");
            self.tell(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
        }
        self
    }

    pub(crate) fn heard(&self) -> String {
        self.heard.join("\n")
    }

    /// Takes over what another has heard.
    pub(crate) fn keep(&mut self, heard: String) {
        self.heard.push(heard);
    }

    pub(crate) fn forget(&mut self) {
        self.heard.clear();
    }

    /// A request, up to its answer. Whatever is asked on the way is answered with the members of `reply`.
    pub(crate) async fn ask(&mut self, message: Value, reply: &Value) -> Option<Value> {
        let mut message = self.dressed(message);
        for _ in 0..3 {
            let last = timeout(WAIT, self.round(&message, reply)).await.ok().flatten()?;
            let Some(asked) = last.pointer("/result/inputRequests").and_then(Value::as_object) else {
                return Some(last);
            };
            if reply.is_null() {
                return Some(last);
            }
            let said = |_| reply.get("result").cloned().unwrap_or_else(|| reply["error"].clone());
            let replies: serde_json::Map<_, _> = asked.keys().map(|key| (key.clone(), said(key))).collect();
            message["params"]["inputResponses"] = Value::Object(replies);
            if let Some(state) = last["result"].get("requestState") {
                message["params"]["requestState"] = state.clone();
            }
            message["id"] = self.number();
        }
        None
    }

    /// A notification.
    pub(crate) async fn tell(&mut self, message: Value) {
        match &mut self.way {
            Way::Pipe(pipe) => pipe.say(message.to_string()).await,
            Way::Http { address, path, others, session, .. } => {
                let ask = posted(path, session.as_deref(), self.era, &message);
                begin(others, &ask, *address).await;
            }
        }
    }

    /// Begins to listen for what is said outside of requests.
    pub(crate) async fn listen(&mut self, rig: &Rig) -> Listener {
        let joint = matches!(&self.way, Way::Http { path, .. } if path == "/");
        let mut wanted = json!({ "toolsListChanged": true, "promptsListChanged": true, "resourcesListChanged": true });
        if joint {
            wanted["resourceSubscriptions"] = json!(["doorward://up/file:///plain"]);
        } else {
            wanted["resourceSubscriptions"] = json!(["file:///plain"]);
            // It was given to this client at this endpoint.
            wanted["taskIds"] = json!(["plain"]);
        }
        let listen = json!({
            "jsonrpc": "2.0", "id": "listen", "method": "subscriptions/listen", "params": { "notifications": wanted },
        });
        let listen = self.dressed(listen);
        match &mut self.way {
            Way::Pipe(_) if self.era == Era::Modern => {
                self.tell(listen).await;
                Listener(None)
            }
            Way::Pipe(_) => Listener(None),
            Way::Http { path, session, .. } => {
                let ask = match session {
                    Some(session) => posted(path, Some(session), self.era, &listen).by("GET"),
                    None => posted(path, None, self.era, &listen),
                };
                let ask = Ask { body: if session.is_some() { Vec::new() } else { ask.body.clone() }, ..ask };
                let mut http = Http::open(rig.http).await;
                let head = http.begin(&ask).await;
                assert_eq!(head.status, 200, "{head:?}");
                Listener(Some(http))
            }
        }
    }

    /// Takes in what came meanwhile; whether something did.
    pub(crate) async fn overhear(&mut self, listener: &mut Listener, patience: Duration) -> bool {
        let heard = match (&mut listener.0, &mut self.way) {
            (Some(http), _) => timeout(patience, http.event()).await.ok().flatten().map(|event| event.text),
            (None, Way::Pipe(pipe)) => timeout(patience, pipe.next()).await.ok().map(|message| message.to_string()),
            (None, Way::Http { .. }) => None,
        };
        let came = heard.is_some();
        self.heard.extend(heard);
        came
    }

    async fn round(&mut self, message: &Value, reply: &Value) -> Option<Value> {
        let Self { era, way, heard, .. } = self;
        match way {
            Way::Http { address, path, posts, others, session } => {
                let ask = posted(path, session.as_deref(), *era, message);
                let head = begin(posts, &ask, *address).await?;
                if let Some(opened) = head.header("mcp-session-id").filter(|_| session.is_none()) {
                    *session = Some(opened.to_owned());
                }
                if head.header("content-type") != Some("text/event-stream") {
                    let answer: Value = serde_json::from_slice(&head.body).unwrap_or_default();
                    heard.push(answer.to_string());
                    return Some(answer);
                }
                let mut last = None;
                while let Some(event) = posts.event().await {
                    heard.push(event.data.to_string());
                    if let Some(response) = response(&event.data, reply) {
                        begin(others, &posted(path, session.as_deref(), *era, &response), *address).await;
                    } else if event.data.get("id").is_some() {
                        last = Some(event.data);
                    }
                }
                last
            }
            Way::Pipe(pipe) => {
                pipe.say(message.to_string()).await;
                loop {
                    let next = pipe.next().await;
                    heard.push(next.to_string());
                    if let Some(response) = response(&next, reply) {
                        pipe.say(response.to_string()).await;
                    } else if next.get("id").is_some() && next["id"] == message["id"] || next.get("error").is_some() {
                        return Some(next);
                    }
                }
            }
        }
    }

    pub(crate) fn number(&mut self) -> Value {
        self.next += 1;
        json!(self.next)
    }

    /// In the words of this client.
    fn dressed(&mut self, mut message: Value) -> Value {
        if message["id"] == "one" || message["id"].is_null() || message["id"].is_number() {
            message["id"] = self.number();
        }
        if self.era == Era::Modern {
            let meta = &mut message["params"]["_meta"];
            if !meta.is_object() {
                *meta = json!({});
            }
            meta["io.modelcontextprotocol/protocolVersion"] = json!(MODERN);
            let declared = &mut meta["io.modelcontextprotocol/clientCapabilities"];
            if !declared.is_object() {
                *declared = abilities();
            }
        }
        message
    }
}

/// The stream of a client that listens; a client on pipes has one for everything.
pub(crate) struct Listener(Option<Http>);

fn initialize() -> Value {
    let info = json!({ "name": "test", "version": "1" });
    let params = json!({ "protocolVersion": LEGACY, "capabilities": abilities(), "clientInfo": info });
    json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params })
}

/// The answer to a question; `None` to what is no question.
fn response(asked: &Value, reply: &Value) -> Option<Value> {
    asked.get("method").filter(|_| asked.get("id").is_some())?;
    let refusal = json!({ "error": { "code": -1, "message": "no" } });
    let mut response = if reply.is_null() { refusal } else { reply.clone() };
    response["jsonrpc"] = json!("2.0");
    response["id"] = asked["id"].clone();
    Some(response)
}

/// Sends a request and reads the head of its response, and its body unless that is a stream. A connection that the gateway
/// has closed meanwhile is opened again.
async fn begin(http: &mut Http, ask: &Ask, address: SocketAddr) -> Option<Answer> {
    for _ in 0..2 {
        http.write(&ask.bytes(address)).await;
        if let Some(mut head) = soon(http.head()).await {
            if let Some(length) = head.header("content-length").and_then(|length| length.parse().ok()) {
                head.body = vec![0; length];
                soon(http.stream.read_exact(&mut head.body)).await.ok()?;
            }
            return Some(head);
        }
        *http = Http::open(address).await;
    }
    None
}

fn posted(path: &str, session: Option<&str>, era: Era, message: &Value) -> Ask {
    match (era, session) {
        (Era::Legacy, Some(session)) => Ask::legacy(path, session, message.to_string()),
        (Era::Legacy, None) => Ask::post(path, message.to_string()),
        (Era::Modern, _) => {
            let mut ask = Ask::modern(path, message);
            for (_, value) in ask.headers.iter_mut().filter(|(_, value)| !value.is_ascii()) {
                *value = format!("=?base64?{}?=", STANDARD.encode(&*value));
            }
            ask
        }
    }
}
