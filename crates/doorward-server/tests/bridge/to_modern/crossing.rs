//! A client of a revision with a handshake that can be asked things, and the servers it is bridged to.

use doorward_testkit::fixture::{Era, serve_http_of};
use doorward_testkit::net;
use serde_json::{Value, json};

use crate::client::{Answer, Ask, Http, request};
use crate::rig::{Plan, Rig, soon};

/// The revisions with a handshake, oldest first.
pub(super) const LEGACY: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];

/// A gateway before the fixture over HTTP, in one shape.
pub(super) async fn before(era: Era) -> Rig {
    let url = fixture(era).await;
    Plan::new().with_url("up", &url).start().await
}

/// The address of a fixture over HTTP.
pub(super) async fn fixture(era: Era) -> String {
    let listener = net::listen(0).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve_http_of(listener, era));
    format!("http://{address}/mcp")
}

/// What a client can do that can do everything.
pub(super) fn able() -> Value {
    json!({ "elicitation": { "form": {}, "url": {} }, "sampling": {}, "roots": { "listChanged": true } })
}

pub(super) fn initialize(version: &str, capabilities: Value) -> Value {
    let info = json!({ "name": "crossing", "version": "1" });
    let params = json!({ "protocolVersion": version, "capabilities": capabilities, "clientInfo": info });
    json!({ "jsonrpc": "2.0", "id": "hello", "method": "initialize", "params": params })
}

/// A client of the eras with a handshake.
pub(super) struct Client {
    pub(super) rig: Rig,
    pub(super) session: String,
    pub(super) version: String,
    /// The result of its handshake.
    pub(super) hello: Value,
}

impl Client {
    /// One that can do everything, before the stateless fixture.
    pub(super) async fn able(version: &str) -> Self {
        Self::open(before(Era::Modern).await, version, able()).await
    }

    pub(super) async fn open(rig: Rig, version: &str, capabilities: Value) -> Self {
        let ask = Ask::post("up", initialize(version, capabilities).to_string());
        let answer = Http::open(rig.http).await.ask(&ask).await;
        let session = answer.header("mcp-session-id").unwrap_or_else(|| panic!("{}", answer.text())).to_owned();
        let client = Self { rig, session, version: version.to_owned(), hello: answer.json()["result"].clone() };
        assert_eq!(client.tell("notifications/initialized", json!({})).await.status, 202);
        client
    }

    pub(super) fn ask(&self, body: impl Into<Vec<u8>>) -> Ask {
        let ask = Ask::post("up", body).with("mcp-session-id", &self.session);
        if self.version.as_str() >= "2025-06-18" { ask.with("mcp-protocol-version", &self.version) } else { ask }
    }

    pub(super) async fn post(&self, body: impl Into<Vec<u8>>) -> Answer {
        Http::open(self.rig.http).await.ask(&self.ask(body)).await
    }

    pub(super) async fn tell(&self, method: &str, params: Value) -> Answer {
        self.post(json!({ "jsonrpc": "2.0", "method": method, "params": params }).to_string()).await
    }

    /// A request that is answered with one JSON body.
    pub(super) async fn call(&self, method: &str, params: Value) -> Value {
        let answer = self.post(request(7, method, params).to_string()).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let message = if answer.text().starts_with('{') { answer.json() } else { last(&answer) };
        assert_eq!(message["id"], 7, "{message}");
        message
    }

    pub(super) async fn tool(&self, name: &str, arguments: Value) -> Value {
        self.call("tools/call", json!({ "name": name, "arguments": arguments })).await
    }

    /// A request whose answer is a stream, which is left open.
    pub(super) async fn stream(&self, id: u64, method: &str, params: Value) -> Stream {
        let mut http = Http::open(self.rig.http).await;
        let head = http.begin(&self.ask(request(id, method, params).to_string())).await;
        assert_eq!(head.header("content-type"), Some("text/event-stream"), "{head:?}");
        Stream { http }
    }

    pub(super) async fn call_as_stream(&self, tool: &str, arguments: Value) -> Stream {
        self.stream(7, "tools/call", json!({ "name": tool, "arguments": arguments })).await
    }

    /// Answers a question of the server.
    pub(super) async fn answer(&self, question: &Value, result: Value) {
        let answer = json!({ "jsonrpc": "2.0", "id": question["id"], "result": result });
        assert_eq!(self.post(answer.to_string()).await.status, 202);
    }

    pub(super) async fn refuse(&self, question: &Value, code: i64) {
        let error = json!({ "code": code, "message": "no" });
        let answer = json!({ "jsonrpc": "2.0", "id": question["id"], "error": error });
        assert_eq!(self.post(answer.to_string()).await.status, 202);
    }

    /// The stream of what is said outside of requests.
    pub(super) async fn listen(&self) -> Stream {
        let ask = Ask::get("/s/up/mcp").with("mcp-session-id", &self.session).with("accept", "text/event-stream");
        let mut http = Http::open(self.rig.http).await;
        assert_eq!(http.begin(&ask).await.status, 200);
        Stream { http }
    }

    /// Every exchange has its one outcome.
    pub(super) async fn end(self) {
        let end = self.ask(Vec::new()).by("DELETE");
        assert_eq!(Http::open(self.rig.http).await.ask(&end).await.status, 204);
        self.rig.check_outcomes().await;
        self.rig.stop().await;
    }
}

/// An event stream being read.
pub(super) struct Stream {
    http: Http,
}

impl Stream {
    /// The next message.
    pub(super) async fn next(&mut self) -> Value {
        soon(async {
            loop {
                let event = self.http.event().await.expect("another event");
                if !event.data.is_null() {
                    return event.data;
                }
            }
        })
        .await
    }

    /// The next question, which must be of that method.
    pub(super) async fn question(&mut self, method: &str) -> Value {
        let question = self.next().await;
        assert_eq!(question["method"], method, "{question}");
        assert!(!question["id"].is_null(), "{question}");
        question
    }

    /// The answer to the request, after which the stream ends.
    pub(super) async fn last(&mut self) -> Value {
        let message = self.next().await;
        assert_eq!(message["id"], 7, "{message}");
        message
    }
}

/// The last message of an answer that is a stream.
fn last(answer: &Answer) -> Value {
    let text = answer.text();
    let mut data = text.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|data| !data.trim().is_empty());
    serde_json::from_str(data.next_back().unwrap()).unwrap()
}

/// The text of a tool's first block.
pub(super) fn text(message: &Value) -> &str {
    message.pointer("/result/content/0/text").and_then(Value::as_str).unwrap_or_else(|| panic!("no text: {message}"))
}

/// The code of a refusal, in either of its forms.
pub(super) fn refused(message: &Value) -> (String, String) {
    let places = ["/error/data/dev.doorward~1denial", "/result/_meta/dev.doorward~1denial"];
    let denial = places.iter().find_map(|place| message.pointer(place));
    let denial = denial.unwrap_or_else(|| panic!("no refusal: {message}"));
    (denial["code"].as_str().unwrap().to_owned(), denial["reason"].as_str().unwrap().to_owned())
}
