//! A server of both eras whose lists, delays and announcements a test decides.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use doorward_testkit::net;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

use super::scripted::{answer, body};

/// What to do about a request.
pub(crate) enum Act {
    /// Answer with this result.
    Result(Value),
    /// Answer with this result, later.
    Late(Duration, Value),
    /// Answer with an error of this code.
    Error(i64),
    /// Write these bytes for a response.
    Raw(Vec<u8>),
    /// Say this on the way, then answer with this result.
    Saying(Vec<Value>, Value),
    /// Never answer.
    Hang,
}

type Script = Arc<dyn Fn(&Value) -> Option<Act> + Send + Sync>;

pub(crate) struct Peer {
    pub(crate) url: String,
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Value>>>,
    said: broadcast::Sender<Value>,
    script: Script,
    serving: Option<JoinHandle<()>>,
}

impl Peer {
    /// What `script` leaves alone is answered as a server with everything and one tool, `echo`.
    pub(crate) async fn start(script: impl Fn(&Value) -> Option<Act> + Send + Sync + 'static) -> Self {
        let listener = net::listen(0).await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut peer = Self {
            url: format!("http://{address}/mcp"),
            address,
            seen: Arc::default(),
            said: broadcast::Sender::new(64),
            script: Arc::new(script),
            serving: None,
        };
        peer.serve(listener);
        peer
    }

    /// One of `count` pages with two tools each.
    pub(crate) async fn paged(count: usize, delay: Duration) -> Self {
        Self::start(move |message| {
            let list = message["method"] == "tools/list";
            list.then(|| Act::Late(delay, page(message, count)))
        })
        .await
    }

    fn serve(&mut self, listener: TcpListener) {
        let (seen, said, script) = (self.seen.clone(), self.said.clone(), self.script.clone());
        self.serving = Some(tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok(stream) = net::accept(&listener).await {
                connections.spawn(connection(stream, seen.clone(), said.clone(), script.clone()));
            }
        }));
    }

    /// Ends it: connections are cut, new ones refused.
    pub(crate) async fn stop(&mut self) {
        let serving = self.serving.take().unwrap();
        serving.abort();
        let _ = serving.await;
    }

    /// Serves again where it did.
    pub(crate) async fn come_back(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.serve(listener);
    }

    /// Says something outside of requests, to all who listen.
    pub(crate) fn say(&self, method: &str, params: Value) {
        let _ = self.said.send(json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Asks something outside of requests, of all who listen.
    pub(crate) fn ask(&self, id: &str, method: &str, params: Value) {
        let _ = self.said.send(json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
    }

    pub(crate) fn listeners(&self) -> usize {
        self.said.receiver_count()
    }

    /// The answers it was sent so far.
    pub(crate) fn answers(&self) -> Vec<Value> {
        self.seen.lock().unwrap().iter().filter(|message| message.get("method").is_none()).cloned().collect()
    }

    /// The requests of that method so far.
    pub(crate) fn asked(&self, method: &str) -> Vec<Value> {
        self.seen.lock().unwrap().iter().filter(|message| message["method"] == method).cloned().collect()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        if let Some(serving) = &self.serving {
            serving.abort();
        }
    }
}

/// The page that a request asks for.
pub(crate) fn page(message: &Value, count: usize) -> Value {
    let number = message["params"]["cursor"].as_str().map_or(0, |cursor| cursor.parse().unwrap());
    let tools = [tool(&format!("t{number}a")), tool(&format!("t{number}b"))];
    match number + 1 < count {
        true => json!({ "tools": tools, "nextCursor": (number + 1).to_string() }),
        false => json!({ "tools": tools }),
    }
}

pub(crate) fn tool(name: &str) -> Value {
    json!({ "name": name, "description": "Repeats", "annotations": { "readOnlyHint": true }, "inputSchema": { "type": "object" } })
}

async fn connection(stream: TcpStream, seen: Arc<Mutex<Vec<Value>>>, said: broadcast::Sender<Value>, script: Script) {
    let mut stream = BufReader::new(stream);
    while let Some((method, message)) = read(&mut stream).await {
        if !message.is_null() {
            seen.lock().unwrap().push(message.clone());
        }
        let carried = match (method.as_str(), message["method"].as_str()) {
            ("GET", _) => return speak(&mut stream, said.subscribe(), None).await,
            ("POST", Some("subscriptions/listen")) => {
                return speak(&mut stream, said.subscribe(), Some(&message)).await;
            }
            ("DELETE", _) => stream.write_all(&answer("204 No Content", "", b"")).await,
            ("POST", Some(method)) if !method.starts_with("notifications/") => {
                let act = script(&message).unwrap_or_else(|| Act::Result(usual(&message)));
                carry_out(&mut stream, &message, act).await
            }
            (_, _) => stream.write_all(&answer("202 Accepted", "", b"")).await,
        };
        if carried.is_err() {
            return;
        }
    }
}

async fn carry_out(stream: &mut BufReader<TcpStream>, message: &Value, act: Act) -> std::io::Result<()> {
    let id = &message["id"];
    match act {
        Act::Result(result) => stream.write_all(&whole(message, result)).await,
        Act::Late(delay, result) => {
            tokio::time::sleep(delay).await;
            stream.write_all(&whole(message, result)).await
        }
        Act::Error(code) => {
            let error = json!({ "code": code, "message": "no" });
            stream.write_all(&body(&json!({ "jsonrpc": "2.0", "id": id, "error": error }).to_string())).await
        }
        Act::Raw(bytes) => stream.write_all(&bytes).await,
        Act::Saying(said, result) => {
            let last = json!({ "jsonrpc": "2.0", "id": id, "result": complete(message, result) });
            let events: String = said.iter().chain([&last]).map(|said| format!("data: {said}\n\n")).collect();
            stream.write_all(&answer("200 OK", "content-type: text/event-stream\r\n", events.as_bytes())).await
        }
        Act::Hang => {
            let mut ignored = [0; 64];
            while stream.read(&mut ignored).await.is_ok_and(|read| read > 0) {}
            Err(std::io::ErrorKind::ConnectionAborted.into())
        }
    }
}

/// Speaks outside of requests until the client has gone; `listen` is the request of the stateless era that asks for it.
async fn speak(stream: &mut BufReader<TcpStream>, mut said: broadcast::Receiver<Value>, listen: Option<&Value>) {
    let mut out = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n".to_owned();
    let stamp = |mut message: Value| {
        if let Some(listen) = listen {
            message["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"] = listen["id"].clone();
        }
        format!("data: {message}\n\n")
    };
    if let Some(listen) = listen {
        let agreed = json!({ "notifications": listen["params"]["notifications"] });
        out +=
            &stamp(json!({ "jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged", "params": agreed }));
    }
    let mut ignored = [0; 64];
    loop {
        if stream.write_all(out.as_bytes()).await.is_err() {
            return;
        }
        tokio::select! {
            message = said.recv() => match message {
                Ok(message) => out = stamp(message),
                Err(_) => return,
            },
            read = stream.read(&mut ignored) => match read {
                Ok(0) | Err(_) => return,
                Ok(_) => out.clear(),
            }
        }
    }
}

fn usual(message: &Value) -> Value {
    let everything = json!({
        "tools": { "listChanged": true },
        "prompts": { "listChanged": true },
        "resources": { "subscribe": true, "listChanged": true },
        "logging": {},
        "completions": {},
    });
    let info = json!({ "name": "peer", "version": "1" });
    match message["method"].as_str().unwrap() {
        "initialize" => {
            let version = &message["params"]["protocolVersion"];
            json!({ "protocolVersion": version, "capabilities": everything, "serverInfo": info, "instructions": "Be kind." })
        }
        "server/discover" => {
            json!({ "supportedVersions": ["2026-07-28"], "capabilities": everything, "instructions": "Be kind." })
        }
        "tools/list" => json!({ "tools": [tool("echo")] }),
        "tools/call" => {
            let named = message["params"].to_string();
            json!({ "content": [{ "type": "text", "text": named }] })
        }
        "prompts/list" => json!({ "prompts": [{ "name": "greet" }] }),
        "prompts/get" => {
            json!({ "messages": [{ "role": "user", "content": { "type": "text", "text": message["params"]["name"] } }] })
        }
        "resources/list" => json!({ "resources": [{ "uri": "file:///a", "name": "a" }] }),
        "resources/templates/list" => json!({ "resourceTemplates": [{ "uriTemplate": "file:///{x}", "name": "x" }] }),
        "resources/read" => {
            let uri = &message["params"]["uri"];
            json!({ "contents": [{ "uri": uri, "text": uri }] })
        }
        "completion/complete" => json!({ "completion": { "values": [message["params"]["ref"].to_string()] } }),
        _ => json!({}),
    }
}

fn whole(message: &Value, result: Value) -> Vec<u8> {
    let text = json!({ "jsonrpc": "2.0", "id": message["id"], "result": complete(message, result) }).to_string();
    if message["method"] == "initialize" {
        let headers = "content-type: application/json\r\nmcp-session-id: upstream\r\n";
        return answer("200 OK", headers, text.as_bytes());
    }
    body(&text)
}

/// The result in the words of the era of the request.
fn complete(message: &Value, mut result: Value) -> Value {
    if message.pointer("/params/_meta/io.modelcontextprotocol~1protocolVersion").is_some() {
        result["resultType"] = json!("complete");
        result["ttlMs"] = json!(0);
        result["cacheScope"] = json!("public");
    }
    result
}

/// The HTTP method and the message of the next request.
async fn read(stream: &mut BufReader<TcpStream>) -> Option<(String, Value)> {
    let request = net::read_request(stream).await.ok()??;
    Some((request.method, serde_json::from_slice(&request.body).unwrap_or_default()))
}
