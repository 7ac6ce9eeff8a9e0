//! A stateless server whose every answer a test writes, and which remembers what it was sent.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use doorward_testkit::net;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

/// What is written back.
pub(super) enum Said {
    /// One message under this status.
    Message(u16, Value),
    /// A status and nothing else.
    Status(u16),
    /// These messages as a stream, which then ends.
    Stream(Vec<Value>),
    /// These messages as a stream that stays open until the client closes it.
    Open(Vec<Value>),
}

/// One request: its message and its headers, in lower case.
#[derive(Clone)]
pub(super) struct Seen {
    pub(super) message: Value,
    pub(super) headers: String,
    /// How many streams the client had closed by then.
    pub(super) closed: usize,
}

/// The server.
pub(super) struct Stateless {
    pub(super) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    closed: Arc<AtomicUsize>,
}

type Script = Arc<dyn Fn(&Seen) -> Said + Send + Sync>;

impl Stateless {
    /// Answers discovery, lists one tool, `echo`, and refuses handshakes as unknown; all else goes to `script`.
    pub(super) async fn start(script: impl Fn(&Seen) -> Said + Send + Sync + 'static) -> Self {
        Self::with_opening(|seen| Said::Message(404, error(seen, -32601)), script).await
    }

    /// The same, answering handshakes in another way.
    pub(super) async fn with_opening(
        opening: impl Fn(&Seen) -> Said + Send + Sync + 'static,
        script: impl Fn(&Seen) -> Said + Send + Sync + 'static,
    ) -> Self {
        let listener = net::listen(0).await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let server = Self { url, seen: Arc::default(), closed: Arc::default() };
        let (seen, closed) = (server.seen.clone(), server.closed.clone());
        let usual: Script = Arc::new(move |seen: &Seen| match seen.message["method"].as_str() {
            Some("initialize") => opening(seen),
            Some("server/discover") => Said::Message(200, discovered(seen)),
            Some("tools/list") => Said::Message(200, listed(seen)),
            Some(_) => script(seen),
            // It takes nothing but messages.
            None => Said::Status(405),
        });
        tokio::spawn(async move {
            while let Ok(stream) = net::accept(&listener).await {
                tokio::spawn(serve(stream, usual.clone(), seen.clone(), closed.clone()));
            }
        });
        server
    }

    /// The requests of that method.
    pub(super) fn seen(&self, method: &str) -> Vec<Seen> {
        self.seen.lock().unwrap().iter().filter(|seen| seen.message["method"] == method).cloned().collect()
    }

    /// Streams that the client has closed.
    pub(super) fn closed(&self) -> usize {
        self.closed.load(Ordering::Relaxed)
    }
}

async fn serve(stream: TcpStream, script: Script, all: Arc<Mutex<Vec<Seen>>>, closed: Arc<AtomicUsize>) {
    let mut stream = BufReader::new(stream);
    while let Some(mut seen) = read(&mut stream).await {
        seen.closed = closed.load(Ordering::Relaxed);
        all.lock().unwrap().push(seen.clone());
        let said = script(&seen);
        if stream.write_all(&written(&said)).await.is_err() {
            return;
        }
        match said {
            Said::Message(..) | Said::Status(_) => {}
            Said::Stream(_) => return,
            Said::Open(_) => {
                let mut ignored = [0; 64];
                while stream.read(&mut ignored).await.is_ok_and(|read| read > 0) {}
                closed.fetch_add(1, Ordering::Relaxed);
                return;
            }
        }
    }
}

fn written(said: &Said) -> Vec<u8> {
    match said {
        Said::Status(status) => format!("HTTP/1.1 {status} Said\r\ncontent-length: 0\r\n\r\n").into_bytes(),
        Said::Message(status, message) => {
            let body = message.to_string();
            let length = body.len();
            format!(
                "HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
            )
            .into_bytes()
        }
        Said::Stream(messages) | Said::Open(messages) => {
            let events: String = messages.iter().map(|message| format!("data: {message}\n\n")).collect();
            format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n{events}").into_bytes()
        }
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Seen> {
    let mut headers = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        if line.trim().is_empty() {
            break;
        }
        headers.push_str(&line.to_ascii_lowercase());
    }
    let length = headers.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.trim().parse().unwrap())];
    stream.read_exact(&mut body).await.ok()?;
    Some(Seen { message: serde_json::from_slice(&body).unwrap_or_default(), headers, closed: 0 })
}

fn discovered(seen: &Seen) -> Value {
    let listening = json!({ "listChanged": true });
    let capabilities = json!({ "tools": listening, "resources": { "subscribe": true } });
    let versions = json!(["2026-07-28"]);
    result(
        seen,
        json!({ "supportedVersions": versions, "capabilities": capabilities, "ttlMs": 0, "cacheScope": "private" }),
    )
}

fn listed(seen: &Seen) -> Value {
    let schema = json!({ "type": "object", "properties": { "message": { "type": "string" } } });
    let echo = json!({ "name": "echo", "description": "Repeats", "inputSchema": schema });
    result(seen, json!({ "tools": [echo], "ttlMs": 0, "cacheScope": "private" }))
}

/// A complete result for the request.
pub(super) fn result(seen: &Seen, mut result: Value) -> Value {
    if result.get("resultType").is_none() {
        result["resultType"] = json!("complete");
    }
    json!({ "jsonrpc": "2.0", "id": seen.message["id"], "result": result })
}

pub(super) fn error(seen: &Seen, code: i64) -> Value {
    json!({ "jsonrpc": "2.0", "id": seen.message["id"], "error": { "code": code, "message": "no" } })
}

/// A tool's text.
pub(super) fn said(seen: &Seen, text: &str) -> Said {
    Said::Message(200, result(seen, json!({ "content": [{ "type": "text", "text": text }] })))
}

/// A result that asks for a name.
pub(super) fn asks(seen: &Seen, state: &str) -> Said {
    let schema = json!({ "type": "object", "properties": { "name": { "type": "string" } } });
    let params = json!({ "message": "Who?", "requestedSchema": schema });
    let asked = json!({ "who": { "method": "elicitation/create", "params": params } });
    let result = result(seen, json!({ "resultType": "input_required", "inputRequests": asked, "requestState": state }));
    Said::Message(200, result)
}
