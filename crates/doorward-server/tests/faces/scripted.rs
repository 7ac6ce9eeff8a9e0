//! An HTTP server whose every byte a test writes, and which remembers what it was sent.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use doorward_testkit::net::{self, Request};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

/// One request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    /// Lower-case names, in order.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub(crate) fn rpc(&self) -> String {
        self.json()["method"].as_str().unwrap_or_default().to_owned()
    }

    fn is_modern(&self) -> bool {
        self.json().pointer("/params/_meta/io.modelcontextprotocol~1protocolVersion").is_some()
    }
}

/// What to do about a request.
pub(crate) enum Reply {
    /// Write this and wait for the next request.
    Send(Vec<u8>),
    /// Write this and keep the connection open until the client closes it.
    Hold(Vec<u8>),
}

/// Whether the server knows `server/discover`.
#[derive(Clone, Copy, PartialEq)]
enum Discovery {
    Known,
    Unknown,
}

/// The server.
pub(crate) struct Scripted {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    abandoned: Arc<AtomicUsize>,
}

impl Scripted {
    /// Opens sessions, answers discovery and lists `tools` (a list's inner text, where `@turn` is another number each
    /// time); calls and the rest go to `script`.
    pub(crate) async fn start(tools: &str, script: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::begin(tools, Discovery::Known, script).await
    }

    async fn begin(tools: &str, discovery: Discovery, script: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = net::listen(0).await.unwrap();
        let server = Self {
            url: format!("http://{}/mcp", listener.local_addr().unwrap()),
            seen: Arc::default(),
            abandoned: Arc::default(),
        };
        let (seen, abandoned) = (server.seen.clone(), server.abandoned.clone());
        let (script, tools) = (Arc::new(script), tools.to_owned());
        tokio::spawn(async move {
            while let Ok(stream) = net::accept(&listener).await {
                let (script, tools, seen, abandoned) = (script.clone(), tools.clone(), seen.clone(), abandoned.clone());
                tokio::spawn(async move {
                    let mut stream = BufReader::new(stream);
                    while let Some(request) = read(&mut stream).await {
                        let turn = {
                            let mut seen = seen.lock().unwrap();
                            seen.push(request.clone());
                            seen.len().to_string()
                        };
                        let reply = usual(&request, &tools.replace("@turn", &turn), discovery)
                            .unwrap_or_else(|| script(&request));
                        if carry_out(&mut stream, reply, &abandoned).await.is_none() {
                            return;
                        }
                    }
                });
            }
        });
        server
    }

    /// The same, speaking only the eras with a handshake.
    pub(crate) async fn start_legacy() -> Self {
        Self::start_legacy_with(|_| Reply::Send(no_session())).await
    }

    /// The same, with calls and the rest going to `script`.
    pub(crate) async fn start_legacy_with(script: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let script = move |seen: &Seen| match seen.rpc().as_str() {
            "server/discover" => Reply::Send(no_session()),
            _ => script(seen),
        };
        Self::begin(ECHO, Discovery::Unknown, script).await
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The calls among them.
    pub(crate) fn calls(&self) -> Vec<Seen> {
        self.seen().into_iter().filter(|seen| seen.rpc() == "tools/call").collect()
    }

    /// Held connections that the client has closed.
    pub(crate) fn abandoned(&self) -> usize {
        self.abandoned.load(Ordering::Relaxed)
    }
}

fn no_session() -> Vec<u8> {
    let error = r#"{"jsonrpc":"2.0","error":{"code":-32000,"message":"no session"}}"#;
    answer("400 Bad Request", "content-type: application/json\r\n", error.as_bytes())
}

fn usual(seen: &Seen, tools: &str, discovery: Discovery) -> Option<Reply> {
    let id = seen.json()["id"].clone();
    let complete = r#""resultType":"complete","ttlMs":0,"cacheScope":"public""#;
    let reply = match (seen.method.as_str(), seen.rpc().as_str()) {
        ("GET", _) => answer("405 Method Not Allowed", "", b""),
        ("DELETE", _) => answer("204 No Content", "", b""),
        ("POST", "initialize") => {
            let result = json!({
                "protocolVersion": seen.json()["params"]["protocolVersion"],
                "capabilities": { "tools": {} },
                "serverInfo": { "name": "scripted", "version": "1" },
            });
            let body = json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string();
            answer("200 OK", "content-type: application/json\r\nmcp-session-id: upstream-1\r\n", body.as_bytes())
        }
        ("POST", "server/discover") if discovery == Discovery::Known => {
            let offers = r#""supportedVersions":["2026-07-28"],"capabilities":{"tools":{}}"#;
            body(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{{complete},{offers}}}}}"#))
        }
        ("POST", "tools/list") => {
            let hints = if seen.is_modern() { format!("{complete},") } else { String::new() };
            body(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{{hints}{tools}}}}}"#))
        }
        ("POST", method) if method.starts_with("notifications/") => answer("202 Accepted", "", b""),
        (_, _) => return None,
    };
    Some(Reply::Send(reply))
}

async fn carry_out(stream: &mut BufReader<TcpStream>, reply: Reply, abandoned: &AtomicUsize) -> Option<()> {
    match reply {
        Reply::Send(bytes) => stream.write_all(&bytes).await.ok(),
        Reply::Hold(bytes) => {
            stream.write_all(&bytes).await.ok()?;
            let mut ignored = [0; 64];
            while stream.read(&mut ignored).await.is_ok_and(|read| read > 0) {}
            abandoned.fetch_add(1, Ordering::Relaxed);
            None
        }
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Seen> {
    let Request { method, headers, body, .. } = net::read_request(stream).await.ok()??;
    Some(Seen { method, headers, body })
}

/// A whole answer.
pub(crate) fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

pub(crate) fn body(text: &str) -> Vec<u8> {
    answer("200 OK", "content-type: application/json\r\n", text.as_bytes())
}

/// The beginning of an event stream with this message in it.
pub(crate) fn stream_with(message: &Value) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: {message}\n\n").into_bytes()
}

/// A list with one harmless tool.
pub(crate) const ECHO: &str = r#""tools":[{"name":"echo","description":"Repeats","annotations":{"readOnlyHint":true},"inputSchema":{"type":"object","properties":{"message":{"type":"string"}}}}]"#;

/// A result for the call, in the words of either era.
pub(crate) fn said(seen: &Seen, text: &str) -> Vec<u8> {
    let result = json!({ "resultType": "complete", "content": [{ "type": "text", "text": text }] });
    body(&json!({ "jsonrpc": "2.0", "id": seen.json()["id"], "result": result }).to_string())
}
