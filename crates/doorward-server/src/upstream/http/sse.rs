//! HTTP+SSE, the HTTP transport of 2024-11-05, towards a server.
//!
//! A conversation has one event stream of its own, on which everything comes; its messages are posted to the address that
//! the server announces first ([`place`] judges it). The stream is the session: when it ends, so does the session. Like
//! its neighbours this module sends a client's message only for a [`Permit`], and decides nothing about content.

mod call;
mod inbound;
mod place;
mod stream;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use doorward_core::permit::Permit;
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::bridge::TraceContext;
use doorward_mcp::message::{Message, Notification, Request as McpRequest, Response};
use doorward_mcp::revision::Era;
use doorward_mcp::splice::Segments;
use hyper::header::HeaderMap;
use hyper::http::uri::Uri;
use hyper::{Method, Request, StatusCode};
use hyper_util::client::legacy::ResponseFuture;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::super::{Event, Housekeeping, admit};
use super::body::Outgoing;
use super::limits::ERRANDS_MAX;
use super::outgoing::{add_trace, message_headers, send, stream_headers};
use super::session::{self, Session};
use super::{Endpoint, HttpClient, TransportMemory, answer, housekeeping, wrong_kind};
use crate::limits::HOUSEKEEPING_WAIT;

pub use call::SseCall;
use inbound::Party;
use stream::Stream;

/// A way to one HTTP+SSE server for one conversation.
#[derive(Debug)]
pub struct SseLink {
    way: Arc<Way>,
    memory: Arc<TransportMemory>,
    current: Mutex<Option<Current>>,
}

/// What every request of a conversation needs.
#[derive(Debug)]
struct Way {
    client: HttpClient,
    endpoint: Arc<Endpoint>,
    session: Session,
}

/// The stream of the moment, and the task that reads it.
#[derive(Debug)]
struct Current {
    stream: Arc<Stream>,
    reader: JoinHandle<()>,
}

impl SseLink {
    /// A way that opens its stream with `initialize`. `memory` forgets what it remembers when the server turns out to
    /// have no such stream.
    #[must_use]
    pub fn new(client: HttpClient, endpoint: Arc<Endpoint>, memory: Arc<TransportMemory>) -> Self {
        let way = Arc::new(Way { client, endpoint, session: Session::default() });
        Self { way, memory, current: Mutex::new(None) }
    }

    /// Forwards a request.
    ///
    /// # Errors
    /// A refusal when the session is over, or the permit is for something else.
    pub async fn call(&self, permit: Permit) -> Result<SseCall, Refusal> {
        admit(&permit, self.way.endpoint.server())?;
        match permit.message() {
            Message::Request(request) => self.begin(Party::Client, request),
            Message::Notification(_) | Message::Response(_) => Err(wrong_kind()),
        }
    }

    /// Forwards a notification. One that cancels a request that is not in flight goes nowhere.
    ///
    /// # Errors
    /// A refusal when the server did not take it.
    pub async fn tell(&self, permit: Permit) -> Result<(), Refusal> {
        admit(&permit, self.way.endpoint.server())?;
        let Message::Notification(notification) = permit.message() else {
            return Err(wrong_kind());
        };
        let stream = self.stream()?;
        match self.words(&stream, notification) {
            Some(words) => self.deliver(&stream, words).await,
            None => Ok(()),
        }
    }

    /// Hands the server the answer to its question. An answer to a question that is not open goes nowhere.
    ///
    /// # Errors
    /// A refusal when the server did not take it.
    pub async fn reply(&self, answer: Segments) -> Result<(), Refusal> {
        let stream = self.stream()?;
        let answer = answer.into_bytes();
        if stream.settle_question(&answer) { self.deliver(&stream, answer.into()).await } else { Ok(()) }
    }

    /// Asks the server something for the gateway itself and waits for the answer (bounded).
    ///
    /// # Errors
    /// A refusal when there is no usable answer.
    pub async fn keep_house(&self, task: Housekeeping) -> Result<Response, Refusal> {
        let request = housekeeping::request(&task, Era::Legacy)?;
        let party = match &task {
            // Whoever converses also hears what belongs to no call.
            Housekeeping::Converse { .. } => Party::Client,
            Housekeeping::Initialize | Housekeeping::Ping | Housekeeping::Discover | Housekeeping::ListTools { .. } => {
                Party::Gateway
            }
        };
        let mut call = self.begin(party, &request)?;
        let answer = timeout(HOUSEKEEPING_WAIT, call.response()).await;
        let response = answer.unwrap_or_else(|_| Err(Refusal::new(Code::TimedOut)))?;
        let opens = matches!(task, Housekeeping::Initialize | Housekeeping::Converse { .. });
        if opens && response.result().is_some() {
            let stream = self.stream()?;
            self.deliver(&stream, housekeeping::initialized().into()).await?;
        }
        Ok(response)
    }

    /// The next event that belongs to no call. Safe to drop and ask again.
    pub async fn unsolicited(&self) -> Event {
        self.way.session.unsolicited.next().await
    }

    /// How often the stream has ended by itself, or the server has forgotten the session.
    #[must_use]
    pub fn breaks(&self) -> u64 {
        self.way.session.breaks()
    }

    /// Waits until the stream has ended by itself, or the server has forgotten the session, more often than `seen` times,
    /// and returns how often.
    pub async fn broken(&self, seen: u64) -> u64 {
        self.way.session.forgotten(seen).await
    }

    /// Ends the conversation: calls under way are cancelled and the stream is closed, which is all the server is told.
    pub async fn close(&self) {
        self.way.session.close();
        let current = self.current().take();
        if let Some(Current { reader, .. }) = current {
            reader.abort();
            // Only its end matters: it was told to stop.
            let _ = reader.await;
        }
    }

    /// Whether the server has announced where its messages go.
    pub(super) fn is_open(&self) -> bool {
        self.current().as_ref().is_some_and(|current| current.stream.is_open())
    }

    /// Whether the server turned out to have no event stream at all.
    pub(super) fn is_absent(&self) -> bool {
        self.current().as_ref().is_some_and(|current| current.stream.is_absent())
    }

    /// Sends an `initialize` that was let through for this server, and was refused another way.
    pub(super) fn open(&self, request: &McpRequest) -> Result<SseCall, Refusal> {
        self.begin(Party::Client, request)
    }

    /// Begins a request on the stream, which `initialize` opens.
    fn begin(&self, party: Party, request: &McpRequest) -> Result<SseCall, Refusal> {
        let stream = match request.method() {
            "initialize" => self.opened()?,
            _ => self.stream()?,
        };
        SseCall::start(&self.way, &stream, party, request)
    }

    /// The stream in use, or a new one.
    fn opened(&self) -> Result<Arc<Stream>, Refusal> {
        let mut current = self.current();
        if let Some(current) = current.as_ref().filter(|current| !current.stream.is_over()) {
            return Ok(current.stream.clone());
        }
        // No session id travels in headers here; what counts is that a forgotten session is open again.
        self.way.session.adopt_id(&HeaderMap::new())?;
        let (errands, waiting) = mpsc::channel(ERRANDS_MAX);
        let stream = Arc::new(Stream::new(self.way.clone(), self.memory.clone(), errands));
        let reader = tokio::spawn(stream::read(stream.clone(), waiting));
        *current = Some(Current { stream: stream.clone(), reader });
        Ok(stream)
    }

    /// The stream in use.
    fn stream(&self) -> Result<Arc<Stream>, Refusal> {
        self.way.session.must_be_open()?;
        self.current()
            .as_ref()
            .map(|current| current.stream.clone())
            .ok_or_else(|| Refusal::new(Code::UnknownSession).with_detail("It wants initialize first."))
    }

    /// A notification as the server must see it: a cancellation names the request by the id it went out under.
    fn words(&self, stream: &Stream, notification: &Notification) -> Option<Segments> {
        match notification.method() {
            "notifications/cancelled" => stream.cancel(notification),
            _ => Some(Segments::from(notification.bytes().clone())),
        }
    }

    async fn deliver(&self, stream: &Stream, message: Segments) -> Result<(), Refusal> {
        let delivered = timeout(HOUSEKEEPING_WAIT, async {
            let place = stream.place().await?;
            let sent = self.way.post(&place, message)?.await;
            let response = sent.map_err(|error| answer::connection_refusal(&error))?;
            self.way.taken(response.status())
        });
        delivered.await.unwrap_or_else(|_| Err(Refusal::new(Code::TimedOut)))
    }

    fn current(&self) -> MutexGuard<'_, Option<Current>> {
        // The value is replaced whole, so a panic elsewhere cannot have torn it.
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Way {
    /// Asks for the event stream, at the configured address.
    fn open(&self) -> Result<ResponseFuture, Refusal> {
        self.request(Method::GET, self.endpoint.url(), stream_headers(&self.endpoint), Outgoing::empty())
    }

    /// Sends one message to where the server wants it.
    fn post(&self, place: &Uri, message: impl Into<Outgoing>) -> Result<ResponseFuture, Refusal> {
        self.post_traced(place, &TraceContext::default(), message)
    }

    /// The same for a message that belongs to a trace.
    fn post_traced(
        &self,
        place: &Uri,
        trace: &TraceContext,
        message: impl Into<Outgoing>,
    ) -> Result<ResponseFuture, Refusal> {
        let mut headers = message_headers(&self.endpoint);
        add_trace(&mut headers, trace);
        self.session.add_headers(&mut headers);
        self.request(Method::POST, place, headers, message.into())
    }

    fn request(
        &self,
        method: Method,
        url: &Uri,
        headers: HeaderMap,
        body: Outgoing,
    ) -> Result<ResponseFuture, Refusal> {
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = url.clone();
        *request.headers_mut() = headers;
        send(&self.client, &self.endpoint, request)
    }

    /// Judges the status with which the server took a message. The answer, if there is one, comes on the stream.
    fn taken(&self, status: StatusCode) -> Result<(), Refusal> {
        match status {
            _ if status.is_success() => Ok(()),
            // It knows the session no more, whatever the stream says.
            StatusCode::NOT_FOUND => {
                self.session.forget();
                Err(session::ended())
            }
            _ => Err(answer::http_refusal(status)),
        }
    }
}

impl Drop for SseLink {
    fn drop(&mut self) {
        if let Some(Current { reader, .. }) = self.current().take() {
            reader.abort();
        }
    }
}

/// A message of the gateway's own on its way: it must not wait, and may get lost.
type Errand = Bytes;
