//! The stream on which a legacy server speaks outside of calls.
//!
//! It queues what comes for the client of the session, and reconnects for as long as the session lives. It never decides
//! what the client may see.

use std::sync::Arc;
use std::time::Duration;

use doorward_mcp::message::Message;
use hyper::StatusCode;
use tokio::time::sleep;

use super::super::Event;
use super::answer::{Content, read_message};
use super::limits::LISTEN_RETRY_MOST;
use super::session::Session;
use super::stream::{Cursor, EventStream, Heard, carries_message};
use super::{Speech, Way};

/// Listens until the session ends or the server turns out to have no such stream.
pub(super) async fn listen(way: Arc<Way>) {
    let Speech::Legacy(session) = &way.speech else {
        return;
    };
    let mut cursor = Cursor::default();
    loop {
        match open(&way, session, &cursor).await {
            Ok(stream) => hear_out(&way, session, &mut cursor, stream).await,
            Err(Unopened::Yet) => {}
            Err(Unopened::ForGood) => return,
        }
        sleep(wait(&cursor)).await;
        cursor.tries = cursor.tries.saturating_add(1);
    }
}

fn wait(cursor: &Cursor) -> Duration {
    cursor.growing_pause(LISTEN_RETRY_MOST)
}

/// Why there is no stream.
enum Unopened {
    Yet,
    ForGood,
}

async fn open(way: &Way, session: &Session, cursor: &Cursor) -> Result<EventStream, Unopened> {
    let Ok(opening) = way.stream(session, cursor.last_id()) else {
        return Err(Unopened::ForGood);
    };
    let Ok(Ok(response)) = tokio::time::timeout(way.endpoint.silence(), opening).await else {
        return Err(Unopened::Yet);
    };
    let status = response.status();
    match Content::of(response.headers()) {
        Content::Events if status.is_success() => Ok(EventStream::new(response.into_body())),
        // The server may not have noticed yet that the stream before is gone.
        _ if status == StatusCode::CONFLICT || status == StatusCode::TOO_MANY_REQUESTS => Err(Unopened::Yet),
        _ if status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED => Err(Unopened::Yet),
        Content::Json | Content::Events | Content::Other => {
            tracing::debug!(server = %way.endpoint.server(), status = status.as_u16(), "no stream outside of calls");
            Err(Unopened::ForGood)
        }
    }
}

async fn hear_out(way: &Way, session: &Session, cursor: &mut Cursor, mut stream: EventStream) {
    let server = way.endpoint.server();
    loop {
        match stream.hear().await {
            Heard::Bytes => {}
            Heard::End => return,
            Heard::TooLarge => tracing::warn!(%server, "an event outside of calls is over the limit and ignored"),
            Heard::Event(event) => {
                cursor.note(&event);
                if carries_message(&event) {
                    match read_message(event.data) {
                        Ok(message) => queue(way, session, message),
                        Err(refusal) => {
                            tracing::warn!(%server, reason = %refusal.detail, "an event outside of calls is ignored");
                        }
                    }
                }
            }
        }
    }
}

fn queue(way: &Way, session: &Session, message: Message) {
    let server = way.endpoint.server();
    let event = match message {
        Message::Notification(notification) => Event::Notification(notification),
        Message::Request(question) => Event::Question(question),
        // 2025-11-25, transports: answers come on the stream of their request.
        Message::Response(_) => {
            tracing::debug!(%server, "an answer outside of calls is ignored");
            return;
        }
    };
    if session.unsolicited.push(event) == 1 {
        tracing::warn!(%server, "the client is slow: events outside of calls are dropped");
    }
}
