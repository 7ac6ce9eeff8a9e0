//! HTTP servers: Streamable HTTP in both eras, and HTTP+SSE of 2024-11-05.
//!
//! Responsible for what travels to a server and what is accepted from it, within limits. It sends a client's message only
//! for a [`Permit`], unchanged, and never anything else of a client's HTTP request. It decides nothing about content.

mod answer;
mod body;
mod call;
mod client;
mod clock;
mod either;
mod endpoint;
mod era;
mod housekeeping;
mod limits;
mod listen;
mod outgoing;
mod session;
mod sse;
mod stream;
mod transport;

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use doorward_core::permit::Permit;
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::message::{Message, Response};
use doorward_mcp::raw::RawJson;
use doorward_mcp::revision::{Era, Revision};
use doorward_mcp::splice::Segments;
use hyper::StatusCode;
use hyper::http::header::{HeaderMap, HeaderName, HeaderValue};
use hyper_util::client::legacy::ResponseFuture;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::{Event, Housekeeping, admit};
use crate::limits::HOUSEKEEPING_WAIT;

pub use call::HttpCall;
pub use client::{HttpClient, NoRootCertificates, UnusableCertificates};
pub use either::{EitherCall, EitherLink};
pub use endpoint::{Endpoint, EndpointError};
pub use era::{EraCache, EraVerdict, probe};

use housekeeping::Asked;
use limits::{CLOSE_WAIT, LISTEN_HEAD_WAIT};
use session::Session;
pub use sse::{SseCall, SseLink};
pub use transport::{Transport, TransportMemory};

/// Finds the input schema that the server published for a tool, as far as it is known.
pub type SchemaSource = Arc<dyn Fn(&str) -> Option<RawJson> + Send + Sync>;

/// The revision without a handshake.
const MODERN: Revision = Revision::V2026_07_28;

/// A way to one HTTP server: stateless, or one legacy session.
#[derive(Debug)]
pub struct HttpLink {
    way: Arc<Way>,
    listener: Mutex<Option<JoinHandle<()>>>,
}

/// What every request of a link needs.
#[derive(Debug)]
struct Way {
    client: HttpClient,
    endpoint: Arc<Endpoint>,
    speech: Speech,
}

/// How the link speaks.
enum Speech {
    /// 2026-07-28: every request stands alone.
    Modern(SchemaSource),
    /// With a handshake, and a session where the server keeps them.
    Legacy(Session),
}

impl HttpLink {
    /// A stateless way to a server.
    #[must_use]
    pub fn modern(client: HttpClient, endpoint: Arc<Endpoint>, schemas: SchemaSource) -> Self {
        Self::new(client, endpoint, Speech::Modern(schemas))
    }

    /// A way to a server for one legacy session. The session begins with the answer to `initialize`.
    #[must_use]
    pub fn legacy(client: HttpClient, endpoint: Arc<Endpoint>) -> Self {
        Self::new(client, endpoint, Speech::Legacy(Session::default()))
    }

    fn new(client: HttpClient, endpoint: Arc<Endpoint>, speech: Speech) -> Self {
        Self { way: Arc::new(Way { client, endpoint, speech }), listener: Mutex::new(None) }
    }

    /// Forwards a request.
    ///
    /// # Errors
    /// A refusal when the session is over, or the permit is for something else.
    pub async fn call(&self, permit: Permit) -> Result<HttpCall, Refusal> {
        self.call_with(permit, &[]).await
    }

    /// Forwards a request together with the client's `Mcp-Param-*` headers that the tool's schema does not speak of.
    /// Headers of any other name are left out, and so are all of them in a legacy session.
    ///
    /// # Errors
    /// As [`HttpLink::call`].
    pub async fn call_with(&self, permit: Permit, extra: &[(HeaderName, HeaderValue)]) -> Result<HttpCall, Refusal> {
        admit(&permit, self.way.endpoint.server())?;
        match permit.message() {
            Message::Request(request) => HttpCall::start(&self.way, request, extra),
            Message::Notification(_) | Message::Response(_) => Err(wrong_kind()),
        }
    }

    /// Forwards a notification.
    ///
    /// # Errors
    /// A refusal when the server did not take it.
    pub async fn tell(&self, permit: Permit) -> Result<(), Refusal> {
        admit(&permit, self.way.endpoint.server())?;
        let Message::Notification(notification) = permit.message() else {
            return Err(wrong_kind());
        };
        let headers = self.way.notification_headers(notification)?;
        let sent = self.way.post(headers, Bytes::clone(notification.bytes()))?;
        self.accepted(sent).await?;
        if notification.method() == "notifications/initialized" {
            self.listen();
        }
        Ok(())
    }

    /// Hands a server the answer to its question.
    ///
    /// # Errors
    /// A refusal when the server did not take it, or speaks a revision without questions.
    pub async fn reply(&self, answer: Segments) -> Result<(), Refusal> {
        let Speech::Legacy(session) = &self.way.speech else {
            return Err(Refusal::new(Code::OtherEra));
        };
        let sent = self.way.post(self.way.reply_headers(session)?, answer)?;
        self.accepted(sent).await
    }

    /// Asks the server something for the gateway itself and waits for the answer (bounded).
    ///
    /// # Errors
    /// A refusal when there is no usable answer.
    pub async fn keep_house(&self, task: Housekeeping) -> Result<Response, Refusal> {
        self.ask(&task).await?.0
    }

    /// As [`HttpLink::keep_house`], with the HTTP status of the answer; 0 when there was none.
    async fn ask(&self, task: &Housekeeping) -> Result<(Result<Response, Refusal>, u16), Refusal> {
        let request = housekeeping::request(task, self.era())?;
        let Asked { answer, status } = housekeeping::ask(&self.way, &request).await?;
        match (&self.way.speech, task, &answer) {
            (Speech::Legacy(session), Housekeeping::Initialize | Housekeeping::Converse { .. }, Ok(response))
                if response.result().is_some() =>
            {
                let sent = self.way.post(self.way.reply_headers(session)?, housekeeping::initialized())?;
                self.accepted(sent).await?;
                if matches!(task, Housekeeping::Converse { .. }) {
                    let before = session.streams_tried();
                    self.listen();
                    // What the server says right after would be lost before there is a stream to say it on.
                    let _ = timeout(LISTEN_HEAD_WAIT, session.stream_tried_since(before)).await;
                }
            }
            (Speech::Legacy(_) | Speech::Modern(_), _, _) => {}
        }
        Ok((answer, status))
    }

    /// The next event that belongs to no call. Pends for ever on a stateless link. Safe to drop and ask again.
    pub async fn unsolicited(&self) -> Event {
        match &self.way.speech {
            Speech::Legacy(session) => session.unsolicited.next().await,
            Speech::Modern(_) => std::future::pending().await,
        }
    }

    /// How often the server has forgotten a session of this link.
    #[must_use]
    pub fn breaks(&self) -> u64 {
        match &self.way.speech {
            Speech::Legacy(session) => session.breaks(),
            Speech::Modern(_) => 0,
        }
    }

    /// Waits until the server has forgotten the session more often than `seen` times, and returns how often. Pends for
    /// ever on a stateless link.
    pub async fn broken(&self, seen: u64) -> u64 {
        match &self.way.speech {
            Speech::Legacy(session) => session.forgotten(seen).await,
            Speech::Modern(_) => std::future::pending().await,
        }
    }

    /// Ends the session: calls under way are cancelled, no more is listened for or sent, and the server is told
    /// (bounded). A stateless link has nothing to end.
    pub async fn close(&self) {
        let Speech::Legacy(session) = &self.way.speech else {
            return;
        };
        let mut headers = HeaderMap::new();
        session.add_headers(&mut headers);
        let id = session.close();
        if let Some(listener) = self.take_listener() {
            listener.abort();
            // Only its end matters: it was told to stop.
            let _ = listener.await;
        }
        if id.is_none() {
            return;
        }
        let told = match self.way.delete(headers) {
            Ok(sent) => timeout(CLOSE_WAIT, sent).await,
            Err(_) => return,
        };
        match told {
            Ok(Ok(_)) => {}
            Ok(Err(_)) | Err(_) => {
                tracing::debug!(server = %self.way.endpoint.server(), "the server did not hear of the session's end");
            }
        }
    }

    fn era(&self) -> Era {
        match &self.way.speech {
            Speech::Modern(_) => Era::Modern,
            Speech::Legacy(_) => Era::Legacy,
        }
    }

    /// Waits until the server has taken a message that has no answer.
    async fn accepted(&self, sent: ResponseFuture) -> Result<(), Refusal> {
        let Ok(response) = timeout(HOUSEKEEPING_WAIT, sent).await else {
            return Err(Refusal::new(Code::TimedOut));
        };
        let response = response.map_err(|error| answer::connection_refusal(&error))?;
        match (response.status(), &self.way.speech) {
            (status, _) if status.is_success() => Ok(()),
            (StatusCode::NOT_FOUND, Speech::Legacy(session)) if session.id().is_some() => {
                session.forget();
                Err(session::ended())
            }
            (status, _) => Err(answer::http_refusal(status)),
        }
    }

    /// Opens the stream on which the server speaks outside of calls, once.
    fn listen(&self) {
        let mut listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner);
        if listener.as_ref().is_none_or(JoinHandle::is_finished) {
            *listener = Some(tokio::spawn(listen::listen(self.way.clone())));
        }
    }

    fn take_listener(&self) -> Option<JoinHandle<()>> {
        self.listener.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Way {
    /// Waits until the link is closed; for ever on a stateless one.
    async fn closed(&self) {
        match &self.speech {
            Speech::Modern(_) => std::future::pending().await,
            Speech::Legacy(session) => session.closed().await,
        }
    }
}

impl Drop for HttpLink {
    fn drop(&mut self) {
        if let Some(listener) = self.take_listener() {
            listener.abort();
        }
    }
}

impl fmt::Debug for Speech {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Modern(_) => f.write_str("Modern"),
            Self::Legacy(session) => f.debug_tuple("Legacy").field(session).finish(),
        }
    }
}

fn wrong_kind() -> Refusal {
    Refusal::new(Code::UnknownShape)
}

/// An error and its causes, for the log.
fn chain(error: &dyn Error) -> String {
    let causes: Vec<String> =
        std::iter::successors(Some(error), |error| (*error).source()).map(ToString::to_string).collect();
    causes.join(": ")
}
