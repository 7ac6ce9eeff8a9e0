//! Clients over Streamable HTTP, each on a connection of its own with `TCP_NODELAY` set.

use std::{io, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode, Uri,
    body::Incoming,
    client::conn::http1::{self, SendRequest},
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue},
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::{
    Call, Era, Failure,
    call::{self, Arrived, Template},
    pace::Pace,
    window::Window,
};

/// How long one answer may take; a server slower than this is broken, not slow.
const ANSWER_WAIT: Duration = Duration::from_secs(30);

/// One connected client, its conversation opened.
pub(super) struct Client {
    connection: SendRequest<Full<Bytes>>,
    path: Uri,
    headers: HeaderMap,
    template: Template,
}

/// Opens `count` clients of `url`, one after the other.
pub(super) async fn open(url: &str, token: Option<&str>, call: &Call, count: usize) -> Result<Vec<Client>, Failure> {
    let url: Uri = url.parse()?;
    let mut clients = Vec::with_capacity(count);
    for _ in 0..count {
        clients.push(Client::open(&url, token, Template::new(call)).await?);
    }
    Ok(clients)
}

impl Client {
    async fn open(url: &Uri, token: Option<&str>, template: Template) -> Result<Self, Failure> {
        let authority = url.authority().ok_or("the URL names no host")?;
        let address = format!("{}:{}", authority.host(), authority.port_u16().unwrap_or(80));
        let stream = TcpStream::connect(&address).await?;
        stream.set_nodelay(true)?;
        let (connection, driver) = http1::handshake(TokioIo::new(stream)).await?;
        // Ends with the client; what breaks the connection shows in the call that needs it.
        tokio::spawn(driver);
        let path = url.path_and_query().map_or("/", |path| path.as_str()).parse()?;
        let headers = headers(authority.as_str(), token)?;
        let mut client = Self { connection, path, headers, template };
        client.greet().await?;
        Ok(client)
    }

    /// Calls until the window closes or a call goes wrong.
    pub(super) async fn drive(mut self, window: Window, mut pace: Pace) {
        while !window.is_closed() {
            let started = pace.next().await;
            match self.call().await {
                Ok(()) => window.answered(started.elapsed()),
                Err(error) => return window.failed(error),
            }
        }
        self.part().await;
    }

    /// What a client does before its first call; it leaves the headers as calls need them.
    async fn greet(&mut self) -> Result<(), Failure> {
        let era = self.template.era();
        if era == Era::Legacy {
            let id = call::next_id();
            let answer = self.post(call::initialize(id).into()).await?;
            if let Some(session) = answer.headers().get("mcp-session-id") {
                self.headers.insert("mcp-session-id", session.clone());
            }
            accept(&body_of(answer).await?, id, call::read)?;
        }
        self.headers.insert("mcp-protocol-version", HeaderValue::from_static(era.version()));
        if era == Era::Legacy {
            let answer = self.post(Bytes::from_static(call::INITIALIZED.as_bytes())).await?;
            body_of(answer).await?;
        } else {
            self.headers.insert("mcp-method", HeaderValue::from_static("tools/list"));
        }
        let id = call::next_id();
        let answer = self.post(call::list_tools(id, era).into()).await?;
        accept(&body_of(answer).await?, id, call::read)?;
        if era == Era::Modern {
            self.headers.insert("mcp-method", HeaderValue::from_static("tools/call"));
            self.headers.insert("mcp-name", HeaderValue::from_static(call::TOOL));
        }
        Ok(())
    }

    async fn call(&mut self) -> Result<(), Failure> {
        let id = call::next_id();
        let answer = self.post(self.template.request(id).into()).await?;
        if answer.status() != StatusCode::OK {
            let status = answer.status();
            let body = body_of(answer).await?;
            return Err(format!("{status} instead of 200: {}", call::shown(body.json())).into());
        }
        accept(&body_of(answer).await?, id, |message| self.template.read(message))
    }

    /// Ends a session; a server that keeps none may refuse.
    async fn part(mut self) {
        if self.headers.contains_key("mcp-session-id")
            && let Ok(answer) = self.send(Method::DELETE, Bytes::new()).await
        {
            let _ = body_of(answer).await;
        }
    }

    async fn post(&mut self, body: Bytes) -> Result<Response<Incoming>, Failure> {
        let answer = self.send(Method::POST, body).await?;
        if answer.status().is_server_error() || answer.status().is_client_error() {
            let status = answer.status();
            let body = body_of(answer).await?;
            return Err(format!("{status}: {}", call::shown(body.json())).into());
        }
        Ok(answer)
    }

    async fn send(&mut self, method: Method, body: Bytes) -> Result<Response<Incoming>, Failure> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = self.path.clone();
        *request.headers_mut() = self.headers.clone();
        within(self.connection.ready()).await??;
        Ok(within(self.connection.send_request(request)).await??)
    }
}

/// A body, and how to read it.
struct Body {
    bytes: Bytes,
    is_stream: bool,
}

impl Body {
    fn json(&self) -> &[u8] {
        &self.bytes
    }
}

async fn body_of(answer: Response<Incoming>) -> Result<Body, Failure> {
    let kind = answer.headers().get(CONTENT_TYPE).map_or(&[][..], HeaderValue::as_bytes);
    let is_stream = kind.starts_with(b"text/event-stream");
    let bytes = within(answer.into_body().collect()).await??.to_bytes();
    Ok(Body { bytes, is_stream })
}

/// Wants exactly the answer to `id` in `body`, alone or among the events of a stream.
fn accept(body: &Body, id: u64, read: impl Fn(&[u8]) -> Result<Arrived, String>) -> Result<(), Failure> {
    if !body.is_stream {
        return answers(&read(&body.bytes)?, id);
    }
    let mut found = Err(format!("a stream without an answer: {}", call::shown(&body.bytes)).into());
    for line in body.bytes.split(|byte| *byte == b'\n') {
        let Some(data) = line.strip_prefix(b"data:").map(<[u8]>::trim_ascii).filter(|data| !data.is_empty()) else {
            continue;
        };
        match read(data)? {
            Arrived::Other => {}
            arrived @ Arrived::Response { .. } => found = answers(&arrived, id),
        }
    }
    found
}

fn answers(arrived: &Arrived, wanted: u64) -> Result<(), Failure> {
    match arrived {
        Arrived::Response { id, fault: None } if *id == wanted => Ok(()),
        Arrived::Response { id, fault: None } => Err(format!("an answer to {id} instead of {wanted}").into()),
        Arrived::Response { fault: Some(fault), .. } => Err(fault.clone().into()),
        Arrived::Other => Err("a message that is no answer".into()),
    }
}

async fn within<F: Future>(work: F) -> Result<F::Output, Failure> {
    tokio::time::timeout(ANSWER_WAIT, work)
        .await
        .map_err(|_| io::Error::new(io::ErrorKind::TimedOut, format!("no answer within {ANSWER_WAIT:?}")).into())
}

fn headers(host: &str, token: Option<&str>) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    headers.insert(HOST, HeaderValue::from_str(host)?);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
    if let Some(token) = token {
        headers.insert(AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {token}"))?);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_accepted(text: &'static str, is_stream: bool) -> bool {
        let body = Body { bytes: Bytes::from_static(text.as_bytes()), is_stream };
        accept(&body, 5, call::read).is_ok()
    }

    #[test]
    fn only_the_answer_to_our_own_request_is_accepted() {
        assert!(is_accepted(r#"{"jsonrpc":"2.0","id":5,"result":{}}"#, false));
        assert!(!is_accepted(r#"{"jsonrpc":"2.0","id":6,"result":{}}"#, false));
        assert!(!is_accepted(r#"{"jsonrpc":"2.0","id":5,"result":{"isError":true}}"#, false));
        assert!(!is_accepted(r#"{"jsonrpc":"2.0","method":"x"}"#, false));
        assert!(!is_accepted("", false));
    }

    #[test]
    fn an_answer_is_found_in_a_stream() {
        let stream = "id: 0\ndata:\n\nevent: message\r\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"x\"}\r\n\r\n\
                      data: {\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{}}\n\n";
        assert!(is_accepted(stream, true));
        assert!(!is_accepted(": nothing\n\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"x\"}\n\n", true));
    }
}
