//! An HTTP server whose every byte a test writes, and which remembers what it was sent.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use doorward_testkit::net::{self, Request};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};

/// One request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    /// The request's target as it stands in its first line.
    pub(crate) target: String,
    /// Lower-case names, in order.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn header_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }

    pub(crate) fn rpc_method(&self) -> String {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        body["method"].as_str().unwrap_or_default().to_owned()
    }
}

/// What to do about a request.
pub(crate) enum Reply {
    /// Write this and wait for the next request.
    Send(Vec<u8>),
    /// Write this and close.
    SendAndClose(Vec<u8>),
    /// Write this and keep the connection open until the client closes it.
    SendAndHold(Vec<u8>),
    /// Write this again and again.
    Flood(Vec<u8>, Vec<u8>),
    /// Write this and then whatever comes, until there is no more to come or the client closes.
    Feed(Vec<u8>, mpsc::UnboundedReceiver<Vec<u8>>),
}

pub(crate) struct Scripted {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    connections: Arc<AtomicUsize>,
    arrived: Arc<Semaphore>,
    /// Held connections that the client has closed.
    abandoned: Arc<Semaphore>,
}

impl Scripted {
    /// Serves with `script`, which is told how many requests came before.
    pub(crate) async fn start(script: impl Fn(usize, &Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = net::listen(0).await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let (arrived, abandoned) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let connections = Arc::new(AtomicUsize::new(0));
        let server = Self {
            url,
            seen: seen.clone(),
            connections: connections.clone(),
            arrived: arrived.clone(),
            abandoned: abandoned.clone(),
        };
        let script = Arc::new(script);
        tokio::spawn(async move {
            while let Ok(stream) = net::accept(&listener).await {
                connections.fetch_add(1, Ordering::Relaxed);
                let (script, seen) = (script.clone(), seen.clone());
                let (arrived, abandoned) = (arrived.clone(), abandoned.clone());
                tokio::spawn(async move {
                    let mut stream = BufReader::new(stream);
                    while let Some(request) = read(&mut stream).await {
                        let before = {
                            let mut seen = seen.lock().unwrap();
                            seen.push(request.clone());
                            seen.len() - 1
                        };
                        arrived.add_permits(1);
                        if carry_out(&mut stream, script(before, &request), &abandoned).await.is_none() {
                            return;
                        }
                    }
                });
            }
        });
        server
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Waits until that many requests have come in all.
    pub(crate) async fn wait_for(&self, requests: u32) {
        let waiting = self.arrived.acquire_many(requests);
        tokio::time::timeout(super::driver::PATIENCE, waiting).await.expect("a request in time").unwrap().forget();
        self.arrived.add_permits(requests as usize);
    }

    /// Waits until the client has closed a held connection.
    pub(crate) async fn wait_for_abandon(&self) {
        let waiting = self.abandoned.acquire();
        tokio::time::timeout(super::driver::PATIENCE, waiting).await.expect("a close in time").unwrap().forget();
    }
}

async fn carry_out(stream: &mut BufReader<TcpStream>, reply: Reply, abandoned: &Semaphore) -> Option<()> {
    match reply {
        Reply::Send(bytes) => stream.write_all(&bytes).await.ok(),
        Reply::SendAndClose(bytes) => {
            stream.write_all(&bytes).await.ok()?;
            stream.shutdown().await.ok()?;
            None
        }
        Reply::SendAndHold(bytes) => {
            stream.write_all(&bytes).await.ok()?;
            let mut ignored = [0; 64];
            while stream.read(&mut ignored).await.is_ok_and(|read| read > 0) {}
            abandoned.add_permits(1);
            None
        }
        Reply::Feed(head, mut more) => {
            stream.write_all(&head).await.ok()?;
            let mut ignored = [0; 64];
            loop {
                tokio::select! {
                    bytes = more.recv() => stream.write_all(&bytes?).await.ok()?,
                    read = stream.read(&mut ignored) => if read.unwrap_or(0) == 0 {
                        abandoned.add_permits(1);
                        return None;
                    },
                }
            }
        }
        Reply::Flood(head, more) => {
            stream.write_all(&head).await.ok()?;
            while stream.write_all(&more).await.is_ok() {}
            abandoned.add_permits(1);
            None
        }
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Seen> {
    let Request { method, target, headers, body } = net::read_request(stream).await.ok()??;
    Some(Seen { method, target, headers, body })
}

/// A whole answer.
pub(crate) fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

pub(crate) fn json(body: &Value) -> Vec<u8> {
    answer("200 OK", "content-type: application/json\r\n", body.to_string().as_bytes())
}

pub(crate) fn accepted() -> Vec<u8> {
    answer("202 Accepted", "", b"")
}

pub(crate) fn no_stream() -> Vec<u8> {
    answer("405 Method Not Allowed", "", b"")
}

/// The start of an event stream that the end of the connection ends, with these events.
pub(crate) fn events(text: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n{text}").into_bytes()
}

/// A whole event stream, after which the connection can be used again.
pub(crate) fn chunked_events(text: &str) -> Vec<u8> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    format!("{head}{:x}\r\n{text}\r\n0\r\n\r\n", text.len()).into_bytes()
}

pub(crate) fn event(id: &str, message: &Value) -> String {
    format!("id: {id}\ndata: {message}\n\n")
}

pub(crate) fn result(id: u64, text: &str) -> Value {
    serde_json::json!({ "jsonrpc": "2.0", "id": id, "result": { "content": [{ "type": "text", "text": text }] } })
}

/// The answer to `initialize`, opening the session `session-1`.
pub(crate) fn opened(id: u64, revision: &str) -> Vec<u8> {
    let result = serde_json::json!({
        "protocolVersion": revision, "capabilities": {}, "serverInfo": { "name": "scripted", "version": "1" },
    });
    let body = serde_json::json!({ "jsonrpc": "2.0", "id": id, "result": result });
    let headers = "content-type: application/json\r\nmcp-session-id: session-1\r\n";
    answer("200 OK", headers, body.to_string().as_bytes())
}

/// Opens a session, takes notifications, and has no stream outside of calls; calls go to `script`.
pub(crate) fn in_session(seen: &Seen, script: impl Fn(&Seen) -> Reply) -> Reply {
    match (seen.method.as_str(), seen.rpc_method().as_str()) {
        ("POST", "initialize") => Reply::Send(opened(1, "2025-11-25")),
        ("POST", method) if method.starts_with("notifications/") => Reply::Send(accepted()),
        ("GET", _) if seen.header("last-event-id").is_none() => Reply::Send(no_stream()),
        ("DELETE", _) => Reply::Send(answer("204 No Content", "", b"")),
        _ => script(seen),
    }
}
