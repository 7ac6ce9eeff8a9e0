//! The agent's side: a small MCP client over HTTP, in both eras.

use std::collections::BTreeMap;

use bytes::Bytes;
use doorward_mcp::revision::{Era, Revision};
use doorward_mcp::sse::SseDecoder;
use doorward_server::lifecycle::Serving;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::exit::Exit;
use crate::fault::Fault;

/// Bytes of an answer the client reads: the demonstration's are small.
const ANSWER_TAKEN: usize = 1 << 20;

/// A client on one connection.
#[derive(Debug)]
pub(super) struct Client {
    connection: SendRequest<Full<Bytes>>,
    host: String,
    token: Option<String>,
    era: Era,
    sessions: BTreeMap<String, String>,
    next: u32,
}

/// An answer as it came.
struct Answer {
    session: Option<String>,
    message: Option<Value>,
}

impl Client {
    pub(super) async fn connect(serving: &Serving) -> Result<Self, Fault> {
        let address = serving.http_addr();
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (connection, driver) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        // Ends with the connection; what breaks it shows in the call that needs it.
        tokio::spawn(driver);
        let token = serving.token().map(|token| token.reveal().to_owned());
        Ok(Self { connection, host: address.to_string(), token, era: Era::Legacy, sessions: BTreeMap::new(), next: 0 })
    }

    /// From here on requests are of this era.
    pub(super) const fn speak(&mut self, era: Era) {
        self.era = era;
    }

    /// Calls a tool and returns the result.
    pub(super) async fn call(&mut self, server: &str, tool: &str, arguments: &[(&str, &str)]) -> Result<Value, Fault> {
        if self.era == Era::Legacy && !self.sessions.contains_key(server) {
            self.open(server).await?;
        }
        let arguments: Value = arguments.iter().map(|(name, text)| ((*name).to_owned(), json!(text))).collect();
        let params = json!({ "name": tool, "arguments": arguments });
        let answer = self.request(server, "tools/call", Some(tool), params).await?;
        let message = answer.message.ok_or_else(|| fault("the gateway gave no answer to a call"))?;
        match message.get("result") {
            Some(result) => Ok(result.clone()),
            None => Err(fault(&format!("the gateway answered with an error: {message}"))),
        }
    }

    /// The handshake of the session era.
    async fn open(&mut self, server: &str) -> Result<(), Fault> {
        let params = json!({
            "protocolVersion": Revision::LATEST_LEGACY.as_str(),
            "capabilities": {},
            "clientInfo": client_info(),
        });
        let answer = self.request(server, "initialize", None, params).await?;
        let session = answer.session.ok_or_else(|| fault("the gateway opened no session"))?;
        self.sessions.insert(server.to_owned(), session);
        let told = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        self.post(server, "notifications/initialized", None, &told).await?;
        Ok(())
    }

    async fn request(
        &mut self,
        server: &str,
        method: &str,
        name: Option<&str>,
        mut params: Value,
    ) -> Result<Answer, Fault> {
        self.next += 1;
        if let (Era::Modern, Some(params)) = (self.era, params.as_object_mut()) {
            let meta = json!({
                "io.modelcontextprotocol/protocolVersion": Revision::LATEST.as_str(),
                "io.modelcontextprotocol/clientInfo": client_info(),
                "io.modelcontextprotocol/clientCapabilities": {},
            });
            params.insert("_meta".to_owned(), meta);
        }
        let message = json!({ "jsonrpc": "2.0", "id": self.next, "method": method, "params": params });
        self.post(server, method, name, &message).await
    }

    async fn post(&mut self, server: &str, method: &str, name: Option<&str>, message: &Value) -> Result<Answer, Fault> {
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(format!("/s/{server}/mcp"))
            .header(HOST, &self.host)
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json, text/event-stream");
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        request = match self.era {
            Era::Modern => {
                let request = request.header("mcp-protocol-version", Revision::LATEST.as_str());
                request.header("mcp-method", method)
            }
            Era::Legacy => match self.sessions.get(server) {
                Some(session) => request
                    .header("mcp-session-id", session)
                    .header("mcp-protocol-version", Revision::LATEST_LEGACY.as_str()),
                None => request,
            },
        };
        if let (Era::Modern, Some(name)) = (self.era, name) {
            request = request.header("mcp-name", name);
        }
        let request = request.body(Full::new(Bytes::from(message.to_string()))).map_err(broken)?;
        self.connection.ready().await.map_err(broken)?;
        let response = self.connection.send_request(request).await.map_err(broken)?;
        read(response).await
    }
}

async fn read(response: hyper::Response<hyper::body::Incoming>) -> Result<Answer, Fault> {
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (session, kind, status) = (header("mcp-session-id"), header("content-type"), response.status());
    let body = Limited::new(response.into_body(), ANSWER_TAKEN).collect().await;
    let body = body.map_err(|error| fault(&format!("the answer cannot be read: {error}")))?.to_bytes();
    if !status.is_success() {
        return Err(fault(&format!("the gateway answered {status}: {}", String::from_utf8_lossy(&body))));
    }
    let message = match kind.as_deref() {
        _ if status == StatusCode::ACCEPTED || body.is_empty() => None,
        Some(kind) if kind.starts_with("text/event-stream") => answer_in(body),
        Some(_) | None => serde_json::from_slice(&body).ok(),
    };
    Ok(Answer { session, message })
}

/// The answer among the events of a stream.
fn answer_in(body: Bytes) -> Option<Value> {
    let mut events = SseDecoder::new(ANSWER_TAKEN);
    events.push(body);
    while let Some(Ok(event)) = events.next_event() {
        let message: Option<Value> = serde_json::from_slice(&event.data).ok();
        if let Some(message) = message.filter(|message| message.get("id").is_some()) {
            return Some(message);
        }
    }
    None
}

fn client_info() -> Value {
    json!({ "name": "doorward-demo-agent", "version": env!("CARGO_PKG_VERSION") })
}

fn broken(error: impl std::error::Error) -> Fault {
    fault(&format!("the agent cannot speak to the gateway: {}", crate::fault::chain(&error)))
}

fn fault(what: &str) -> Fault {
    Fault::told(Exit::Failure, what, "")
}
