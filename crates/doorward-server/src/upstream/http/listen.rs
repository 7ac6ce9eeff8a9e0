//! The stream on which a legacy server speaks outside of calls.
//!
//! It queues what comes for the client of the session, and reconnects for as long as the session lives. It never decides
//! what the client may see.

use std::sync::Arc;

use doorward_mcp::message::Message;
use hyper::StatusCode;
use tokio::time::{sleep, timeout};

use super::super::Event;
use super::answer::{Content, read_message};
use super::limits::LISTEN_RETRY_MOST;
use super::session::Session;
use super::stream::{Cursor, EventStream, Heard, Noise, TooNoisy, carries_message};
use super::{Speech, Way};

/// Listens until the session ends, or the server turns out to have no such stream or nothing to say on it.
pub(super) async fn listen(way: Arc<Way>) {
    let Speech::Legacy(session) = &way.speech else {
        return;
    };
    let mut listener = Listener { way: &way, session, cursor: Cursor::default(), noise: Noise::default(), streams: 0 };
    loop {
        let opened = listener.open().await;
        session.stream_tried();
        match opened {
            Ok(stream) => {
                listener.streams = listener.streams.saturating_add(1);
                if listener.hear_out(stream).await == Err(TooNoisy) {
                    tracing::warn!(server = %way.endpoint.server(), "too much noise outside of calls: no longer listening");
                    return;
                }
            }
            Err(Unopened::Yet) => {}
            Err(Unopened::ForGood) => return,
        }
        sleep(listener.cursor.growing_pause(LISTEN_RETRY_MOST)).await;
        listener.cursor.tries = listener.cursor.tries.saturating_add(1);
    }
}

struct Listener<'a> {
    way: &'a Way,
    session: &'a Session,
    cursor: Cursor,
    noise: Noise,
    /// How many streams there were.
    streams: u64,
}

/// Why there is no stream.
enum Unopened {
    Yet,
    ForGood,
}

impl Listener<'_> {
    async fn open(&self) -> Result<EventStream, Unopened> {
        let Ok(opening) = self.way.stream(self.session, self.cursor.last_id()) else {
            return Err(Unopened::ForGood);
        };
        let Ok(Ok(response)) = timeout(self.way.endpoint.silence(), opening).await else {
            return Err(Unopened::Yet);
        };
        let status = response.status();
        match Content::of(response.headers()) {
            Content::Events if status.is_success() => Ok(EventStream::new(response.into_body())),
            // The server may not have noticed yet that the stream before is gone.
            _ if status == StatusCode::CONFLICT || status == StatusCode::TOO_MANY_REQUESTS => Err(Unopened::Yet),
            // A server without such a stream may also say that there is nothing here; one that had it has ended the
            // session.
            _ if status == StatusCode::NOT_FOUND && self.streams > 0 && self.session.id().is_some() => {
                self.session.forget();
                Err(Unopened::ForGood)
            }
            _ if status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED => Err(Unopened::Yet),
            Content::Json | Content::Events | Content::Other => {
                let server = self.way.endpoint.server();
                tracing::debug!(%server, status = status.as_u16(), "no stream outside of calls");
                Err(Unopened::ForGood)
            }
        }
    }

    /// Listens to the end of one stream.
    async fn hear_out(&mut self, mut stream: EventStream) -> Result<(), TooNoisy> {
        loop {
            let event = match stream.hear().await {
                Heard::Bytes(_) => continue,
                Heard::End => return Ok(()),
                Heard::TooLarge => {
                    self.ignore("over the limit")?;
                    continue;
                }
                Heard::Event(event) => event,
            };
            self.cursor.note(&event);
            if !carries_message(&event) {
                continue;
            }
            match read_message(event.data) {
                Ok(Message::Notification(notification)) => self.queue(Event::Notification(notification)),
                Ok(Message::Request(question)) => self.queue(Event::Question(question)),
                // 2025-11-25, transports: answers come on the stream of their request.
                Ok(Message::Response(_)) => self.ignore("an answer to no request")?,
                Err(_) => self.ignore("not a valid message")?,
            }
        }
    }

    fn queue(&self, event: Event) {
        if self.session.unsolicited.push(event) == 1 {
            let server = self.way.endpoint.server();
            tracing::warn!(%server, "the client is slow: events outside of calls are dropped");
        }
    }

    fn ignore(&mut self, why: &'static str) -> Result<(), TooNoisy> {
        tracing::debug!(server = %self.way.endpoint.server(), why, "an event outside of calls is ignored");
        self.noise.add()
    }
}
