//! A server of one era that says what a test puts into its mouth, and keeps what it hears.
//!
//! Over HTTP, or as a child on pipes that a test holds the other ends of.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use doorward_mcp::revision::Era;
use doorward_testkit::net;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::net::unix::pipe::OpenOptions;
use tokio::sync::{Notify, broadcast, mpsc};

use super::scripted::answer;

/// How long it waits for an answer to its question.
const WAIT: Duration = Duration::from_millis(500);

/// What it does about requests of one method; everything else it answers as any server would.
#[derive(Clone, Debug, Default)]
pub(crate) struct Turn {
    pub(crate) method: String,
    /// Said on the way.
    pub(crate) said: Vec<Value>,
    /// Asked on the way, in the words of the older era.
    pub(crate) question: Option<Value>,
    /// The response without its id; the usual one where there is none.
    pub(crate) answer: Option<Value>,
}

pub(crate) struct Server {
    era: Era,
    turn: Mutex<Turn>,
    heard: Mutex<Vec<String>>,
    outside: broadcast::Sender<Value>,
    answered: Notify,
}

/// What becomes of one request.
struct Response {
    said: Vec<Value>,
    waits: bool,
    last: Value,
}

impl Server {
    pub(crate) fn new(era: Era) -> Arc<Self> {
        Arc::new(Self {
            era,
            turn: Mutex::default(),
            heard: Mutex::default(),
            outside: broadcast::Sender::new(64),
            answered: Notify::new(),
        })
    }

    pub(crate) fn play(&self, turn: Turn) {
        *self.turn.lock().unwrap() = turn;
        self.heard.lock().unwrap().clear();
    }

    pub(crate) fn heard(&self) -> String {
        self.heard.lock().unwrap().join("\n")
    }

    /// Says something outside of requests, to all who listen.
    pub(crate) fn say(&self, message: Value) {
        let _ = self.outside.send(message);
    }

    pub(crate) fn listeners(&self) -> usize {
        self.outside.receiver_count()
    }

    fn hear(&self, text: String) {
        self.heard.lock().unwrap().push(text);
    }

    fn respond(&self, message: &Value) -> Response {
        let turn = self.turn.lock().unwrap().clone();
        let id = message["id"].clone();
        let finish = |body: Value| {
            let mut last = json!({ "jsonrpc": "2.0" });
            last["id"] = id.clone();
            for (name, value) in
                body.as_object().unwrap().iter().filter(|(name, _)| *name != "jsonrpc" && *name != "id")
            {
                last[name] = value.clone();
            }
            last
        };
        if message["method"] != turn.method.as_str() {
            return Response { said: Vec::new(), waits: false, last: finish(self.usual(message)) };
        }
        let token = message.pointer("/params/_meta/progressToken").cloned();
        let tell = |mut said: Value| {
            if let Some(token) = token.clone().filter(|_| said["params"]["progressToken"] == "plain") {
                said["params"]["progressToken"] = token;
            }
            said
        };
        let mut said: Vec<Value> = turn.said.into_iter().map(tell).collect();
        let last = turn.answer.unwrap_or_else(|| self.usual(message));
        match (turn.question, self.era) {
            (None, _) => Response { said, waits: false, last: finish(last) },
            (Some(question), Era::Legacy) => {
                said.push(question);
                Response { said, waits: true, last: finish(last) }
            }
            (Some(_), Era::Modern) if message["params"].get("inputResponses").is_some() => {
                Response { said, waits: false, last: finish(last) }
            }
            (Some(question), Era::Modern) => {
                let mut asked = question;
                let asked = asked.as_object_mut().unwrap();
                asked.retain(|name, _| !matches!(name.as_str(), "jsonrpc" | "id"));
                let result = json!({
                    "resultType": "input_required", "inputRequests": { "q": asked }, "requestState": "s",
                });
                Response { said, waits: false, last: finish(json!({ "result": result })) }
            }
        }
    }

    fn usual(&self, message: &Value) -> Value {
        let everything = json!({
            "tools": { "listChanged": true }, "prompts": { "listChanged": true }, "logging": {}, "completions": {},
            "resources": { "subscribe": true, "listChanged": true },
            "tasks": { "list": {}, "cancel": {}, "requests": { "tools": { "call": {} } } },
            "extensions": { "io.modelcontextprotocol/tasks": {} },
        });
        let plain = json!({ "type": "text", "text": "fine" });
        let error = |code: i64| json!({ "error": { "code": code, "message": "no" } });
        let mut result = match (message["method"].as_str().unwrap(), self.era) {
            ("initialize", Era::Legacy) => json!({
                "protocolVersion": message["params"]["protocolVersion"], "capabilities": everything,
                "serverInfo": { "name": "up", "version": "1" },
            }),
            ("server/discover", Era::Modern) => {
                json!({ "supportedVersions": ["2026-07-28"], "capabilities": everything })
            }
            ("initialize", Era::Modern) | ("server/discover", Era::Legacy) => return error(-32601),
            ("tools/list", _) => json!({ "tools": [{
                "name": "plain", "inputSchema": { "type": "object" }, "execution": { "taskSupport": "optional" },
            }] }),
            ("prompts/list", _) => json!({ "prompts": [{ "name": "plain" }] }),
            ("resources/list", _) => json!({ "resources": [{ "uri": "file:///plain", "name": "plain" }] }),
            ("resources/templates/list", _) => json!({ "resourceTemplates": [] }),
            ("tools/call", _) => json!({ "content": [plain] }),
            ("prompts/get", _) => json!({ "messages": [{ "role": "user", "content": plain }] }),
            ("resources/read", _) => json!({ "contents": [{ "uri": "file:///plain", "text": "fine" }] }),
            ("completion/complete", _) => json!({ "completion": { "values": ["fine"] } }),
            (_, _) => json!({}),
        };
        if self.era == Era::Modern {
            result["resultType"] = json!("complete");
            result["ttlMs"] = json!(0);
            result["cacheScope"] = json!("private");
        }
        json!({ "result": result })
    }
}

/// Serves it over HTTP; its address.
pub(crate) async fn over_http(server: &Arc<Server>) -> String {
    let listener = net::listen(0).await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let server = server.clone();
    tokio::spawn(async move {
        while let Ok(stream) = net::accept(&listener).await {
            let server = server.clone();
            tokio::spawn(async move { connection(stream, &server).await });
        }
    });
    url
}

async fn connection(stream: TcpStream, server: &Arc<Server>) {
    let mut stream = BufReader::new(stream);
    while let Some((verb, message)) = read(&mut stream, server).await {
        let accepted = answer("202 Accepted", "", b"");
        let written = match (verb.as_str(), message["method"].as_str()) {
            ("GET", _) if server.era == Era::Legacy => return speak(&mut stream, server, None).await,
            ("GET", _) => stream.write_all(&answer("405 Method Not Allowed", "", b"")).await,
            ("POST", Some("subscriptions/listen")) if server.era == Era::Modern => {
                return speak(&mut stream, server, Some(&message)).await;
            }
            ("POST", Some(_)) if message.get("id").is_some() => respond(&mut stream, server, &message).await,
            ("POST", None) => {
                server.answered.notify_one();
                stream.write_all(&accepted).await
            }
            (_, _) => stream.write_all(&accepted).await,
        };
        if written.is_err() {
            return;
        }
    }
}

async fn respond(stream: &mut BufReader<TcpStream>, server: &Server, message: &Value) -> std::io::Result<()> {
    let Response { said, waits, last } = server.respond(message);
    let session = if message["method"] == "initialize" { "mcp-session-id: upstream\r\n" } else { "" };
    if said.is_empty() {
        let headers = format!("content-type: application/json\r\n{session}");
        return stream.write_all(&answer("200 OK", &headers, last.to_string().as_bytes())).await;
    }
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    let events: String = said.iter().map(|said| format!("data: {said}\n\n")).collect();
    stream.write_all(format!("{head}{events}").as_bytes()).await?;
    if waits {
        let _ = tokio::time::timeout(WAIT, server.answered.notified()).await;
    }
    stream.write_all(format!("data: {last}\n\n").as_bytes()).await?;
    Err(std::io::ErrorKind::ConnectionAborted.into())
}

/// Speaks outside of requests until the client has gone; `listen` is the request of the stateless era that asks for it.
async fn speak(stream: &mut BufReader<TcpStream>, server: &Server, listen: Option<&Value>) {
    let mut outside = server.outside.subscribe();
    let mut out = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n".to_owned();
    if let Some(listen) = listen {
        out += &format!("data: {}\n\n", acknowledged(listen));
    }
    let mut ignored = [0; 64];
    loop {
        if stream.write_all(out.as_bytes()).await.is_err() {
            return;
        }
        tokio::select! {
            message = outside.recv() => match message {
                Ok(message) => out = format!("data: {}\n\n", stamped(message, listen)),
                Err(_) => return,
            },
            read = stream.read(&mut ignored) => match read {
                Ok(0) | Err(_) => return,
                Ok(_) => out.clear(),
            }
        }
    }
}

fn acknowledged(listen: &Value) -> Value {
    let agreed = json!({ "notifications": listen["params"]["notifications"] });
    let message = json!({ "jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged", "params": agreed });
    stamped(message, Some(listen))
}

fn stamped(mut message: Value, listen: Option<&Value>) -> Value {
    if let Some(listen) = listen {
        message["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"] = listen["id"].clone();
    }
    message
}

/// The HTTP method and the message of the next request.
async fn read(stream: &mut BufReader<TcpStream>, server: &Server) -> Option<(String, Value)> {
    let request = net::read_request(stream).await.ok()??;
    for text in request.headers.iter().filter_map(|(_, value)| doorward_mcp::headers::decode(value.as_bytes()).ok()) {
        server.hear(text.into_owned());
    }
    let message: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    server.hear(message.to_string());
    Some((request.method, message))
}

/// Serves it as a child; the command that starts it. The child hands bytes on; what is said is said here.
pub(crate) async fn on_pipes(server: &Arc<Server>, folder: &Path) -> Vec<std::ffi::OsString> {
    std::fs::create_dir_all(folder).unwrap();
    let [inward, outward] = ["in", "out"].map(|name| folder.join(name));
    let made = std::process::Command::new("mkfifo").args([&inward, &outward]).status().unwrap();
    assert!(made.success());
    // Both ends are held, so that opening one never waits for the other.
    let from = OpenOptions::new().read_write(true).open_receiver(&outward).unwrap();
    let mut to = OpenOptions::new().read_write(true).open_sender(&inward).unwrap();
    let (lines, mut written) = mpsc::channel::<Value>(64);
    tokio::spawn(async move {
        while let Some(line) = written.recv().await {
            if to.write_all(format!("{line}\n").as_bytes()).await.is_err() {
                return;
            }
        }
    });
    let server = server.clone();
    tokio::spawn(async move {
        let mut from = BufReader::new(from).lines();
        while let Ok(Some(line)) = from.next_line().await {
            let message: Value = serde_json::from_str(&line).unwrap_or_default();
            server.hear(message.to_string());
            tokio::spawn(on_line(server.clone(), message, lines.clone()));
        }
    });
    let script = format!("cat '{}' & exec cat > '{}'", inward.display(), outward.display());
    ["/bin/sh", "-c", &script].map(Into::into).to_vec()
}

async fn on_line(server: Arc<Server>, message: Value, lines: mpsc::Sender<Value>) {
    match (message.get("method").and_then(Value::as_str), message.get("id")) {
        (Some("subscriptions/listen"), Some(_)) if server.era == Era::Modern => {
            let mut outside = server.outside.subscribe();
            let _ = lines.send(acknowledged(&message)).await;
            while let Ok(said) = outside.recv().await {
                let _ = lines.send(stamped(said, Some(&message))).await;
            }
        }
        (Some("notifications/initialized"), None) => {
            let mut outside = server.outside.subscribe();
            while let Ok(said) = outside.recv().await {
                let _ = lines.send(said).await;
            }
        }
        (Some(_), Some(_)) => {
            let Response { said, waits, last } = server.respond(&message);
            for said in said {
                let _ = lines.send(said).await;
            }
            if waits {
                let _ = tokio::time::timeout(WAIT, server.answered.notified()).await;
            }
            let _ = lines.send(last).await;
        }
        (None, _) => server.answered.notify_one(),
        (Some(_), None) => {}
    }
}
