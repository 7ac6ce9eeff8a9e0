//! A legacy session with a server: its id, its revision, and what the server says outside of calls.
//!
//! The id is the server's secret with us: it goes back to that server and nowhere else.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::revision::Revision;
use hyper::http::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::sync::{Notify, watch};

use super::super::Event;
use super::limits::{SESSION_ID_BYTES_MAX, UNSOLICITED_BYTES_MAX};
use crate::limits::UNSOLICITED_EVENTS_MAX;

/// The header that names a session.
pub(super) const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
/// The header that repeats the revision.
pub(super) const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");

/// One session, or the place for one that has not begun.
#[derive(Debug, Default)]
pub(super) struct Session {
    state: Mutex<State>,
    life: watch::Sender<Life>,
    /// How often the server has forgotten a session of this link.
    breaks: watch::Sender<u64>,
    /// How often the stream outside of calls was asked for and the server has said whether there is one.
    tries: watch::Sender<u64>,
    /// Events that belong to no call.
    pub(super) unsolicited: Queue,
}

#[derive(Debug, Default)]
struct State {
    id: Option<HeaderValue>,
    revision: Option<Revision>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Life {
    #[default]
    Open,
    /// The server has ended it; a new handshake begins another.
    Forgotten,
    /// We have ended it, for good.
    Closed,
}

impl Session {
    /// The id, once the server has given one.
    pub(super) fn id(&self) -> Option<HeaderValue> {
        self.state().id.clone()
    }

    /// Refuses further messages once the session has ended.
    pub(super) fn must_be_open(&self) -> Result<(), Refusal> {
        match *self.life.borrow() {
            Life::Open => Ok(()),
            Life::Forgotten | Life::Closed => Err(ended()),
        }
    }

    /// Refuses a handshake once the link is closed.
    pub(super) fn must_not_be_closed(&self) -> Result<(), Refusal> {
        match *self.life.borrow() {
            Life::Open | Life::Forgotten => Ok(()),
            Life::Closed => Err(ended()),
        }
    }

    /// Waits until we close the session.
    pub(super) async fn closed(&self) {
        let mut life = self.life.subscribe();
        // The sender is in `self`, so the wait cannot fail before it is over.
        let _ = life.wait_for(|life| *life == Life::Closed).await;
    }

    /// Takes over the id from the head of the answer to `initialize`. Without one the server keeps no sessions.
    pub(super) fn adopt_id(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let id = match headers.get(SESSION_ID) {
            Some(id) if !is_usable(id) => {
                return Err(
                    Refusal::new(Code::BadAnswer).with_detail("Its session id is too long or not visible ASCII.")
                );
            }
            Some(id) => {
                let mut id = id.clone();
                id.set_sensitive(true);
                Some(id)
            }
            None => None,
        };
        self.must_not_be_closed()?;
        *self.state() = State { id, revision: None };
        self.life.send_if_modified(|life| {
            let forgotten = *life == Life::Forgotten;
            if forgotten {
                *life = Life::Open;
            }
            forgotten
        });
        Ok(())
    }

    /// Takes over the revision both sides have settled on; one that nobody here knows is never repeated in a header.
    pub(super) fn adopt_revision(&self, name: &str) {
        self.state().revision = Revision::parse(name);
    }

    /// Adds what every message of the session carries.
    pub(super) fn add_headers(&self, headers: &mut HeaderMap) {
        let state = self.state();
        if let Some(id) = &state.id {
            headers.insert(SESSION_ID, id.clone());
        }
        if let Some(name) = state.revision.and_then(repeated_in_header) {
            headers.insert(PROTOCOL_VERSION, HeaderValue::from_static(name));
        }
    }

    /// Marks the session as ended by the server.
    pub(super) fn forget(&self) {
        let forgotten = self.life.send_if_modified(|life| {
            let open = *life == Life::Open;
            if open {
                *life = Life::Forgotten;
            }
            open
        });
        self.state().id = None;
        if forgotten {
            self.breaks.send_modify(|breaks| *breaks = breaks.wrapping_add(1));
        }
    }

    /// How many sessions the server has forgotten.
    pub(super) fn breaks(&self) -> u64 {
        *self.breaks.borrow()
    }

    /// Waits until the count of forgotten sessions is not `seen`, and returns it.
    pub(super) async fn forgotten(&self, seen: u64) -> u64 {
        let mut breaks = self.breaks.subscribe();
        match breaks.wait_for(|breaks| *breaks != seen).await {
            Ok(breaks) => *breaks,
            // The sender is in `self`, so this cannot be.
            Err(_) => seen,
        }
    }

    /// Counts one more asking for the stream outside of calls.
    pub(super) fn stream_tried(&self) {
        self.tries.send_modify(|tries| *tries = tries.wrapping_add(1));
    }

    /// How often that stream was asked for.
    pub(super) fn streams_tried(&self) -> u64 {
        *self.tries.borrow()
    }

    /// Waits until it was asked for again.
    pub(super) async fn stream_tried_since(&self, before: u64) {
        // The sender is in `self`, so the wait cannot fail before it is over.
        let _ = self.tries.subscribe().wait_for(|tries| *tries != before).await;
    }

    /// Marks the session as ended by us and returns its id, if it was open and had one.
    pub(super) fn close(&self) -> Option<HeaderValue> {
        self.life.send_replace(Life::Closed);
        self.state().id.take()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The refusal for a message of a session that is over.
pub(super) fn ended() -> Refusal {
    Refusal::new(Code::UnknownSession).with_detail("The server behind the gateway has ended it.")
}

fn is_usable(id: &HeaderValue) -> bool {
    let bytes = id.as_bytes();
    !bytes.is_empty() && bytes.len() <= SESSION_ID_BYTES_MAX && bytes.iter().all(u8::is_ascii_graphic)
}

/// The header came with 2025-06-18; 2026-07-28 has no sessions.
fn repeated_in_header(revision: Revision) -> Option<&'static str> {
    match revision {
        Revision::V2025_06_18 | Revision::V2025_11_25 => Some(revision.as_str()),
        Revision::V2024_11_05 | Revision::V2025_03_26 | Revision::V2026_07_28 => None,
    }
}

/// Events waiting for a client, up to so many events and bytes; what comes while it is full is dropped.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    arrived: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    events: VecDeque<Event>,
    bytes: usize,
    dropped: u64,
}

impl Queue {
    /// Adds an event; returns how many have been dropped since one was last taken.
    pub(super) fn push(&self, event: Event) -> u64 {
        let mut waiting = self.waiting();
        let bytes = waiting.bytes.saturating_add(weight(&event));
        let too_heavy = bytes > UNSOLICITED_BYTES_MAX && !waiting.events.is_empty();
        if waiting.events.len() >= UNSOLICITED_EVENTS_MAX || too_heavy {
            waiting.dropped = waiting.dropped.saturating_add(1);
            return waiting.dropped;
        }
        waiting.bytes = bytes;
        waiting.events.push_back(event);
        drop(waiting);
        self.arrived.notify_one();
        0
    }

    /// The next event. Safe to drop and ask again.
    pub(super) async fn next(&self) -> Event {
        loop {
            if let Some(event) = self.take() {
                return event;
            }
            self.arrived.notified().await;
        }
    }

    fn take(&self) -> Option<Event> {
        let mut waiting = self.waiting();
        waiting.dropped = 0;
        let event = waiting.events.pop_front()?;
        waiting.bytes = waiting.bytes.saturating_sub(weight(&event));
        Some(event)
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The bytes an event keeps alive.
fn weight(event: &Event) -> usize {
    match event {
        Event::Notification(notification) => notification.bytes().len(),
        Event::Question(question) => question.bytes().len(),
        Event::Response(response) => response.bytes().len(),
        Event::Failed(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use doorward_mcp::limits::Limits;
    use doorward_mcp::message::{Batches, Frame, Message};

    use super::*;

    fn adopted(id: &[u8]) -> Result<Option<HeaderValue>, Refusal> {
        let session = Session::default();
        let mut headers = HeaderMap::new();
        headers.insert(SESSION_ID, HeaderValue::from_bytes(id).unwrap());
        session.adopt_id(&headers).map(|()| session.id())
    }

    #[test]
    fn session_ids_one_below_and_one_above_the_limit() {
        assert!(adopted(&vec![b'a'; SESSION_ID_BYTES_MAX]).unwrap().is_some());
        for bad in [vec![b'a'; SESSION_ID_BYTES_MAX + 1], b"a b".to_vec(), b"\xc3\xa9".to_vec(), Vec::new()] {
            assert_eq!(adopted(&bad).unwrap_err().code, Code::BadAnswer);
        }
    }

    #[test]
    fn the_revision_is_repeated_from_2025_06_18_on() {
        for (name, repeated) in [
            ("2024-11-05", false),
            ("2025-03-26", false),
            ("2025-06-18", true),
            ("2025-11-25", true),
            ("2026-07-28", false),
            ("1999-01-01", false),
        ] {
            let session = Session::default();
            session.adopt_revision(name);
            let mut headers = HeaderMap::new();
            session.add_headers(&mut headers);
            assert_eq!(headers.get(PROTOCOL_VERSION).is_some(), repeated, "{name}");
        }
    }

    #[test]
    fn a_full_queue_drops_what_comes() {
        let queue = Queue::default();
        let event = || Event::Failed(Refusal::new(Code::Died));
        for _ in 0..UNSOLICITED_EVENTS_MAX {
            assert_eq!(queue.push(event()), 0);
        }
        assert_eq!(queue.push(event()), 1);
        assert!(queue.take().is_some());
        assert_eq!(queue.push(event()), 0);
    }

    fn notification(padding: usize) -> Event {
        let params = "x".repeat(padding);
        let text = format!(r#"{{"jsonrpc":"2.0","method":"m","params":{{"p":"{params}"}}}}"#);
        let limits = Limits { message_bytes: usize::MAX, ..Limits::default() };
        match Frame::parse(Bytes::from(text), &limits, Batches::Refuse).unwrap() {
            Frame::Single(Message::Notification(notification)) => Event::Notification(notification),
            other @ (Frame::Single(_) | Frame::Batch(_)) => panic!("{other:?}"),
        }
    }

    #[test]
    fn bytes_are_counted_and_given_back_and_one_event_always_passes() {
        let queue = Queue::default();
        assert_eq!(queue.push(notification(UNSOLICITED_BYTES_MAX)), 0);
        assert_eq!(queue.push(notification(0)), 1);
        assert!(queue.take().is_some());
        let half = UNSOLICITED_BYTES_MAX / 2;
        assert_eq!(queue.push(notification(half)), 0);
        assert_eq!(queue.push(notification(half)), 1);
        assert_eq!(queue.push(notification(half / 2)), 0);
        while queue.take().is_some() {}
        assert_eq!(queue.waiting().bytes, 0);
    }
}
