//! A client that writes its own bytes, so that it can also write wrong ones.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::rig::{Rig, soon};

pub(crate) const MODERN: &str = "2026-07-28";
pub(crate) const LEGACY: &str = "2025-11-25";

/// One HTTP request.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Ask {
    pub(crate) fn get(path: &str) -> Self {
        Self { method: "GET".to_owned(), path: path.to_owned(), headers: Vec::new(), body: Vec::new() }
    }

    /// A POST to a server, with what every client sends.
    pub(crate) fn post(server: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { method: "POST".to_owned(), path: path(server), headers: Vec::new(), body: body.into() }
            .with("content-type", "application/json")
            .with("accept", "application/json, text/event-stream")
    }

    /// A POST of the stateless era, its headers taken from the message.
    pub(crate) fn modern(server: &str, message: &Value) -> Self {
        let mut ask = Self::post(server, message.to_string()).with("mcp-protocol-version", MODERN);
        if let Some(method) = message["method"].as_str() {
            ask = ask.with("mcp-method", method);
        }
        let named = ["name", "uri", "taskId"].iter().find_map(|key| message["params"][key].as_str());
        match named {
            Some(name) => ask.with("mcp-name", name),
            None => ask,
        }
    }

    /// A POST inside a session.
    pub(crate) fn legacy(server: &str, session: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::post(server, body).with("mcp-session-id", session).with("mcp-protocol-version", LEGACY)
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    pub(crate) fn by(mut self, method: &str) -> Self {
        method.clone_into(&mut self.method);
        self
    }

    /// The request's bytes, with a Host unless it names one.
    pub(crate) fn bytes(&self, host: SocketAddr) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        if !self.headers.iter().any(|(name, _)| name == "host") {
            head.push_str(&format!("host: {host}\r\n"));
        }
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let framed = self.headers.iter().any(|(name, _)| name == "transfer-encoding" || name == "content-length");
        if !framed {
            head.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        [head.as_bytes(), b"\r\n", &self.body].concat()
    }
}

/// A response, or the head of one whose body is still to come.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// One connection.
pub(crate) struct Http {
    pub(crate) stream: BufReader<TcpStream>,
    address: SocketAddr,
}

impl Http {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        let stream = soon(TcpStream::connect(address)).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream: BufReader::new(stream), address }
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        // A server that has already refused may have closed; its answer is there to be read.
        let _ = self.stream.write_all(bytes).await;
    }

    /// Sends a request and reads its whole response.
    pub(crate) async fn ask(&mut self, ask: &Ask) -> Answer {
        self.write(&ask.bytes(self.address)).await;
        soon(self.answer()).await.expect("a response")
    }

    /// Sends a request and reads the head of its response.
    pub(crate) async fn begin(&mut self, ask: &Ask) -> Answer {
        self.write(&ask.bytes(self.address)).await;
        soon(self.head()).await.expect("a response")
    }

    /// A whole response; `None` when the connection ends instead.
    pub(crate) async fn answer(&mut self) -> Option<Answer> {
        let mut answer = self.head().await?;
        let length = answer.header("content-length").map(|length| length.parse::<usize>().unwrap());
        if let Some(length) = length {
            answer.body = vec![0; length];
            self.stream.read_exact(&mut answer.body).await.ok()?;
        } else if answer.header("transfer-encoding").is_some() {
            while let Some(chunk) = self.chunk().await {
                answer.body.extend(chunk);
            }
        }
        Some(answer)
    }

    /// Status and headers; `None` when the connection ends instead.
    pub(crate) async fn head(&mut self) -> Option<Answer> {
        let mut first = String::new();
        if self.stream.read_line(&mut first).await.ok()? == 0 {
            return None;
        }
        let status = first.split(' ').nth(1)?.parse().ok()?;
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).await.ok()?;
            let Some((name, value)) = line.split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        Some(Answer { status, headers, body: Vec::new() })
    }

    /// The next chunk of a chunked body; `None` at its end or when the connection ends.
    pub(crate) async fn chunk(&mut self) -> Option<Vec<u8>> {
        let mut size = String::new();
        self.stream.read_line(&mut size).await.ok()?;
        let size = usize::from_str_radix(size.trim(), 16).ok()?;
        let mut chunk = vec![0; size + 2];
        self.stream.read_exact(&mut chunk).await.ok()?;
        chunk.truncate(size);
        (size > 0).then_some(chunk)
    }

    /// The next event of a stream: one chunk each, as the gateway writes them.
    pub(crate) async fn event(&mut self) -> Option<Event> {
        self.chunk().await.map(|chunk| Event::read(&String::from_utf8(chunk).unwrap()))
    }

    /// The events until the stream ends.
    pub(crate) async fn events(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(event) = soon(self.event()).await {
            events.push(event);
        }
        events
    }
}

/// One event of a stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Event {
    pub(crate) id: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) comment: bool,
    pub(crate) data: Value,
    /// The data as it came, which need not be JSON.
    pub(crate) text: String,
}

impl Event {
    fn read(text: &str) -> Self {
        let mut event = Self::default();
        for line in text.lines() {
            match line.split_once(':') {
                Some(("", _)) => event.comment = true,
                Some(("id", id)) => event.id = Some(id.trim().to_owned()),
                Some(("event", kind)) => event.kind = Some(kind.trim().to_owned()),
                Some(("data", data)) => {
                    data.trim().clone_into(&mut event.text);
                    event.data = serde_json::from_str(data.trim()).unwrap_or_default();
                }
                Some(_) | None => {}
            }
        }
        event
    }
}

/// A client of the eras with a handshake.
pub(crate) struct Session {
    pub(crate) http: Http,
    pub(crate) server: String,
    pub(crate) id: String,
}

impl Session {
    pub(crate) async fn open(rig: &Rig, server: &str) -> Self {
        Self::open_with(rig, server, LEGACY).await
    }

    pub(crate) async fn open_with(rig: &Rig, server: &str, version: &str) -> Self {
        let mut http = Http::open(rig.http).await;
        let answer = http.ask(&Ask::post(server, initialize(version).to_string())).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let id = answer.header("mcp-session-id").unwrap_or_else(|| panic!("{}", answer.text())).to_owned();
        let mut session = Self { http, server: server.to_owned(), id };
        let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        assert_eq!(session.post(initialized.to_string()).await.status, 202);
        session
    }

    pub(crate) fn ask(&self, body: impl Into<Vec<u8>>) -> Ask {
        Ask::legacy(&self.server, &self.id, body)
    }

    pub(crate) async fn post(&mut self, body: impl Into<Vec<u8>>) -> Answer {
        let ask = self.ask(body);
        self.http.ask(&ask).await
    }

    /// A request that is answered with one JSON body.
    pub(crate) async fn call(&mut self, message: &Value) -> Value {
        let answer = self.post(message.to_string()).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// The stream a client listens on.
    pub(crate) async fn listen(&self, rig: &Rig) -> Http {
        let ask = Ask::get(&path(&self.server)).with("mcp-session-id", &self.id).with("accept", "text/event-stream");
        let mut http = Http::open(rig.http).await;
        let head = http.begin(&ask).await;
        assert_eq!((head.status, head.header("content-type")), (200, Some("text/event-stream")));
        http
    }
}

/// Where a server is served; what begins with a slash is a joint endpoint, `/` or `/v/<view>/`.
fn path(server: &str) -> String {
    if server.starts_with('/') { format!("{server}mcp") } else { format!("/s/{server}/mcp") }
}

/// A client of HTTP+SSE.
pub(crate) struct SseClient {
    stream: Http,
    posts: Http,
    /// Where its messages go.
    pub(crate) place: String,
    /// Sent with every request of it.
    headers: Vec<(String, String)>,
}

impl SseClient {
    /// Opens the stream and learns where messages go.
    pub(crate) async fn open(rig: &Rig, server: &str) -> Self {
        Self::open_at(rig.http, server, &[]).await
    }

    pub(crate) async fn open_at(address: SocketAddr, server: &str, headers: &[(&str, &str)]) -> Self {
        let headers: Vec<_> = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut ask = Ask::get(&sse_path(server)).with("accept", "text/event-stream");
        ask.headers.extend(headers.clone());
        let mut stream = Http::open(address).await;
        let head = stream.begin(&ask).await;
        assert_eq!((head.status, head.header("content-type")), (200, Some("text/event-stream")), "{head:?}");
        let first = soon(stream.event()).await.unwrap();
        assert_eq!(first.kind.as_deref(), Some("endpoint"));
        Self { stream, posts: Http::open(address).await, place: first.text, headers }
    }

    /// The whole handshake.
    pub(crate) async fn session(rig: &Rig, server: &str, version: &str) -> Self {
        let mut client = Self::open(rig, server).await;
        client.handshake(version).await;
        client
    }

    pub(crate) async fn handshake(&mut self, version: &str) -> Value {
        let answer = self.ask(&initialize(version)).await;
        assert!(answer["result"].is_object(), "{answer}");
        let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        assert_eq!(self.post(&initialized).await.status, 202);
        answer
    }

    /// What posts a message to the session, for whoever wants to change it first.
    pub(crate) fn message(&self, message: &Value) -> Ask {
        let mut ask = Ask::post("", message.to_string());
        self.place.clone_into(&mut ask.path);
        ask.headers.extend(self.headers.clone());
        ask
    }

    pub(crate) async fn post(&mut self, message: &Value) -> Answer {
        let ask = self.message(message);
        self.posts.ask(&ask).await
    }

    /// Posts a message and waits for the next thing on the stream.
    pub(crate) async fn ask(&mut self, message: &Value) -> Value {
        let answer = self.post(message).await;
        assert_eq!((answer.status, answer.body.len()), (202, 0), "{answer:?}");
        self.next().await
    }

    /// The next message on the stream.
    pub(crate) async fn next(&mut self) -> Value {
        self.end().await.expect("a message before the end of the stream")
    }

    /// The next message on the stream; `None` at its end.
    pub(crate) async fn end(&mut self) -> Option<Value> {
        loop {
            let event = soon(self.stream.event()).await?;
            if !event.comment {
                assert_eq!(event.kind.as_deref(), Some("message"));
                return Some(event.data);
            }
        }
    }
}

fn sse_path(server: &str) -> String {
    if server.starts_with('/') { format!("{server}sse") } else { format!("/s/{server}/sse") }
}

pub(crate) fn initialize(version: &str) -> Value {
    let info = json!({ "name": "test", "version": "1" });
    let params = json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": info });
    json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params })
}

pub(crate) fn request(id: impl Into<Value>, method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id.into(), "method": method, "params": params })
}

pub(crate) fn call(id: impl Into<Value>, tool: &str, arguments: Value) -> Value {
    request(id, "tools/call", json!({ "name": tool, "arguments": arguments }))
}

/// The same message in the words of the stateless era.
pub(crate) fn modern(mut message: Value) -> Value {
    let meta = &mut message["params"]["_meta"];
    meta["io.modelcontextprotocol/protocolVersion"] = json!(MODERN);
    meta["io.modelcontextprotocol/clientCapabilities"] = json!({});
    meta["io.modelcontextprotocol/clientInfo"] = json!({ "name": "test", "version": "1" });
    message
}

pub(crate) async fn ask_modern(rig: &Rig, server: &str, message: Value) -> Answer {
    Http::open(rig.http).await.ask(&Ask::modern(server, &modern(message))).await
}

/// Code and reference of a refusal, in either of its forms.
pub(crate) fn denial(message: &Value) -> (String, String) {
    let places = ["/error/data/dev.doorward~1denial", "/result/_meta/dev.doorward~1denial"];
    let denial = places.iter().find_map(|place| message.pointer(place));
    let denial = denial.unwrap_or_else(|| panic!("no refusal: {message}"));
    (denial["code"].as_str().unwrap().to_owned(), denial["reference"].as_str().unwrap_or_default().to_owned())
}
