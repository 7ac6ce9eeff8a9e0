//! The way to MCP servers: child processes and HTTP endpoints behind one interface.
//!
//! A [`Link`] carries one client conversation (a legacy session, a stdio client) or any number of stateless requests to
//! one server. Client messages go out only with a [`Permit`]; the gateway's own [`Housekeeping`] carries nothing that
//! came from a client. It decides nothing about content.

pub mod bridge;
mod flood;
pub mod http;
mod mailbox;
pub mod stdio;

use bytes::Bytes;
use doorward_core::access::Direction;
use doorward_core::ids::ServerId;
use doorward_core::permit::Permit;
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::bridge::Declared;
use doorward_mcp::compose;
use doorward_mcp::message::{Notification, Request, Response};
use doorward_mcp::revision::Era;
use doorward_mcp::splice::Segments;
use hyper::header::{HeaderName, HeaderValue};

/// One message from a server, or the end of waiting for one.
#[derive(Debug)]
pub enum Event {
    /// A notification, in the client's own terms (its progress token, its subscription id).
    Notification(Notification),
    /// A question to the client. Its id is the server's.
    Question(Request),
    /// The answer to the call. Its id is the connection's or the client's; the exchange gives it the client's.
    Response(Response),
    /// There will be no answer.
    Failed(Refusal),
}

/// Refuses a permit that is not for `server`, or is for the other direction.
fn admit(permit: &Permit, server: &ServerId) -> Result<(), Refusal> {
    match permit.direction() {
        Direction::ToServer if permit.server() == server => Ok(()),
        Direction::ToServer | Direction::ToClient => {
            tracing::error!(%server, "a permit for something else was presented");
            Err(Refusal::new(Code::UnknownServer))
        }
    }
}

/// A request under way. Dropping it tells the server that nobody waits any more.
#[derive(Debug)]
pub enum Call {
    /// On a child process.
    Stdio(stdio::StdioCall),
    /// On an HTTP endpoint.
    Http(Box<http::HttpCall>),
    /// On an HTTP+SSE endpoint.
    Sse(Box<http::SseCall>),
    /// On an HTTP endpoint of either transport.
    Either(Box<http::EitherCall>),
    /// On a server of the other era.
    Bridged(Box<bridge::BridgeCall>),
}

impl Call {
    /// The next event. Safe to drop and ask again. After [`Event::Response`] or [`Event::Failed`] nothing follows.
    pub async fn next(&mut self) -> Event {
        match self {
            Self::Stdio(call) => call.next().await,
            Self::Http(call) => call.next().await,
            Self::Sse(call) => call.next().await,
            Self::Either(call) => call.next().await,
            Self::Bridged(call) => Box::pin(call.next()).await,
        }
    }

    /// What it answered was not given to the client, who cannot come back to it.
    pub fn withheld(&mut self) {
        match self {
            Self::Stdio(_) | Self::Http(_) | Self::Sse(_) | Self::Either(_) => {}
            Self::Bridged(call) => call.withheld(),
        }
    }

    /// Whether the server has begun an event stream, which a legacy client then gets as well.
    #[must_use]
    pub fn is_stream(&self) -> bool {
        match self {
            Self::Stdio(_) | Self::Sse(_) => false,
            Self::Http(call) => call.is_stream(),
            Self::Either(call) => call.is_stream(),
            Self::Bridged(call) => call.is_stream(),
        }
    }

    /// The HTTP status the server answered with; `None` where answers have none of their own.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Stdio(_) | Self::Sse(_) => None,
            Self::Http(call) => Some(call.status()),
            Self::Either(call) => call.status(),
            Self::Bridged(call) => call.status(),
        }
    }
}

/// A client's `Mcp-Param-*` headers.
pub type ParamHeaders = Vec<(HeaderName, HeaderValue)>;

/// What the gateway asks of a server for itself. No variant can carry a client's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Housekeeping {
    /// Legacy: open a session of the gateway's own, to see what the server offers. It declares every ability, because some
    /// servers show a tool only to clients that have what the tool needs; nothing is called on it.
    Initialize,
    /// Legacy: open a conversation on behalf of clients that can be asked this. What the server says outside of calls
    /// comes to [`Link::unsolicited`].
    Converse {
        /// What the server is told that the client can do.
        declared: Declared,
    },
    /// Legacy: whether anybody is there.
    Ping,
    /// Modern: ask what the server speaks and offers.
    Discover,
    /// List one page of tools; the cursor is the server's own, from its previous page.
    ListTools {
        /// `nextCursor` of the page before.
        cursor: Option<String>,
        /// The era to ask in: a child of `doorward run` has one pipe for both, and some servers keep to the first.
        era: Era,
    },
}

/// A way to one server.
#[derive(Debug)]
pub enum Link {
    /// A child process, shared by everyone of one principal.
    Stdio(stdio::StdioLink),
    /// An HTTP endpoint.
    Http(http::HttpLink),
    /// An HTTP+SSE endpoint.
    Sse(http::SseLink),
    /// An HTTP endpoint whose transport the handshake will show.
    Either(Box<http::EitherLink>),
    /// A server of the other era, or one whose era the client's handshake will show.
    Bridged(Box<bridge::Bridge>),
}

impl Link {
    /// Forwards a request. `params` are the client's `Mcp-Param-*` headers, of which an HTTP link forwards those that the
    /// tool's schema does not speak of (2026-07-28, basic/transports: unrecognised ones must be forwarded).
    ///
    /// # Errors
    /// A refusal when the server cannot be reached or takes no more.
    pub async fn call(&self, permit: Permit, params: &ParamHeaders) -> Result<Call, Refusal> {
        match self {
            Self::Stdio(link) => link.call(permit).await.map(Call::Stdio),
            Self::Http(link) => link.call_with(permit, params).await.map(|call| Call::Http(Box::new(call))),
            Self::Sse(link) => link.call(permit).await.map(|call| Call::Sse(Box::new(call))),
            Self::Either(link) => link.call(permit).await.map(|call| Call::Either(Box::new(call))),
            // Boxed because a bridge calls links itself.
            Self::Bridged(bridge) => Box::pin(bridge.call(permit, params)).await,
        }
    }

    /// Forwards a notification.
    ///
    /// # Errors
    /// A refusal when it could not be handed over.
    pub async fn tell(&self, permit: Permit) -> Result<(), Refusal> {
        match self {
            Self::Stdio(link) => link.tell(permit).await,
            Self::Http(link) => link.tell(permit).await,
            Self::Sse(link) => link.tell(permit).await,
            Self::Either(link) => link.tell(permit).await,
            Self::Bridged(bridge) => Box::pin(bridge.tell(permit)).await,
        }
    }

    /// Hands a server the answer to its question: the outcome of an exchange, under the server's id.
    ///
    /// # Errors
    /// A refusal when it could not be handed over.
    pub async fn reply(&self, answer: Segments) -> Result<(), Refusal> {
        match self {
            Self::Stdio(link) => link.reply(answer).await,
            Self::Http(link) => link.reply(answer).await,
            Self::Sse(link) => link.reply(answer).await,
            Self::Either(link) => link.reply(answer).await,
            Self::Bridged(bridge) => Box::pin(bridge.reply(answer)).await,
        }
    }

    /// Asks the server something for the gateway itself and waits for the answer (bounded).
    ///
    /// # Errors
    /// A refusal when there is no usable answer.
    pub async fn keep_house(&self, task: Housekeeping) -> Result<Response, Refusal> {
        match self {
            Self::Stdio(link) => link.keep_house(task).await,
            Self::Http(link) => link.keep_house(task).await,
            Self::Sse(link) => link.keep_house(task).await,
            Self::Either(link) => link.keep_house(task).await,
            Self::Bridged(bridge) => Box::pin(bridge.keep_house(task)).await,
        }
    }

    /// The next event that belongs to no call (legacy). Pends for ever where there is none. Safe to drop and ask again.
    pub async fn unsolicited(&self) -> Event {
        match self {
            Self::Stdio(link) => link.unsolicited().await,
            Self::Http(link) => link.unsolicited().await,
            Self::Sse(link) => link.unsolicited().await,
            Self::Either(link) => link.unsolicited().await,
            Self::Bridged(bridge) => Box::pin(bridge.unsolicited()).await,
        }
    }

    /// How often the conversation with the server has broken off so far.
    #[must_use]
    pub fn breaks(&self) -> u64 {
        match self {
            Self::Stdio(link) => link.breaks(),
            Self::Http(link) => link.breaks(),
            Self::Sse(link) => link.breaks(),
            Self::Either(link) => link.breaks(),
            Self::Bridged(_) => 0,
        }
    }

    /// Waits until the conversation with the server has broken off (the child has ended, the session was forgotten) more
    /// often than `seen` times, and returns how often. Pends for ever where nothing lasts that could break off. Safe to
    /// drop and ask again.
    pub async fn broken(&self, seen: u64) -> u64 {
        match self {
            Self::Stdio(link) => link.broken(seen).await,
            Self::Http(link) => link.broken(seen).await,
            Self::Sse(link) => link.broken(seen).await,
            Self::Either(link) => link.broken(seen).await,
            Self::Bridged(_) => std::future::pending().await,
        }
    }

    /// Ends the conversation: in-flight calls are cancelled, an upstream session is deleted, a shared child goes on.
    pub async fn close(&self) {
        match self {
            Self::Stdio(link) => link.close().await,
            Self::Http(link) => link.close().await,
            Self::Sse(link) => link.close().await,
            Self::Either(link) => link.close().await,
            Self::Bridged(bridge) => Box::pin(bridge.close()).await,
        }
    }
}

impl Link {
    /// Ends a shared child that serves stateless requests, if nobody uses it right now.
    pub fn dismiss(&self) {
        match self {
            Self::Stdio(link) => link.dismiss(),
            Self::Http(_) | Self::Sse(_) | Self::Either(_) | Self::Bridged(_) => {}
        }
    }

    /// Whether a bridge stands between.
    #[must_use]
    pub const fn is_bridged(&self) -> bool {
        match self {
            Self::Stdio(_) | Self::Http(_) | Self::Sse(_) | Self::Either(_) => false,
            Self::Bridged(_) => true,
        }
    }
}

/// Asks a server over `link` whether it speaks the stateless era (DIGEST §1.6): any error but a disjoint list of
/// versions means that it does not, and so does saying nothing, something unreadable, or goodbye.
pub async fn discover(link: &Link) -> (http::EraVerdict, Sign) {
    match link.keep_house(Housekeeping::Discover).await {
        Ok(response) => (http::EraVerdict::of(&response), Sign::Life),
        Err(refusal) if refusal.code == Code::Died => (http::EraVerdict::LegacyOnly, Sign::Death),
        Err(refusal) if refusal.code == Code::TimedOut => (http::EraVerdict::LegacyOnly, Sign::Silence),
        Err(refusal) if refusal.code == Code::BadAnswer => (http::EraVerdict::LegacyOnly, Sign::Life),
        Err(refusal) => (http::EraVerdict::Unknown(refusal), Sign::Life),
    }
}

/// What else a server showed when it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// Nothing.
    Life,
    /// It did not answer, and may yet: it may be slow to start.
    Silence,
    /// It ended.
    Death,
}

/// `notifications/cancelled` for the request that went out as `number`.
fn cancelled(number: u64) -> Bytes {
    let params = format!(r#"{{"requestId":{number},"reason":"nobody waits for the answer any more"}}"#);
    compose::notification("notifications/cancelled", Some(&params))
}
