//! The event streams of one legacy session, with replay.
//!
//! Every event gets an id `<stream>-<number>`; a client that lost its connection names the last one it saw and gets the
//! rest (2025-11-25, basic/transports, resumability). Stream 0 is the one a client opens with GET; the others belong to
//! one request each. What was said on a stream was decided for whoever opened it, so it is replayed to nobody of another
//! standing, though the session be theirs. What is kept is bounded by number and bytes, oldest first.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use doorward_core::principal::Principal;
use doorward_mcp::sse::{SseEvent, encode, priming};

use super::outlet::{self, Inlet, Outlet};
use crate::limits::{REPLAY_BYTES_MAX, REPLAY_EVENTS_MAX};

/// The stream a client opens with GET.
pub(super) const LISTEN: u64 = 0;

/// How long a client should wait before it reconnects, in milliseconds.
const RETRY_MS: u64 = 1000;

const _: () = assert!(REPLAY_BYTES_MAX <= crate::limits::OUTLET_BYTES_MAX, "a replay must fit into an outlet");

/// The streams of one session.
#[derive(Debug, Default)]
pub(super) struct Streams {
    last: u64,
    logs: BTreeMap<u64, Log>,
    /// Which events are kept, oldest first, over all streams.
    kept: VecDeque<(u64, usize)>,
    kept_bytes: usize,
}

#[derive(Debug, Default)]
struct Log {
    /// With whose standing it was opened; nobody's yet where nobody has listened.
    opener: Option<Principal>,
    next: u64,
    events: VecDeque<(u64, Bytes)>,
    live: Option<Inlet>,
    finished: bool,
}

impl Streams {
    /// Begins the stream of one request. With `primed`, its first event is an empty one that carries an id, so that the
    /// client can resume before anything has been said (2025-11-25).
    pub(super) fn open(&mut self, opener: &Principal, primed: Primed) -> (u64, Outlet) {
        self.last = self.last.saturating_add(1);
        let stream = self.last;
        let (live, events) = outlet::open(0);
        let log = self.logs.entry(stream).or_default();
        log.opener = Some(opener.clone());
        if primed == Primed::Yes {
            log.next = 1;
            // The outlet is new and empty, so there is room.
            let _ = live.try_send(priming(&event_id(stream, 0), Some(RETRY_MS)).to_bytes());
        }
        log.live = Some(live);
        (stream, events)
    }

    /// Adds a message to a stream and sends it if somebody listens. A listener that does not keep up is cut off; it can
    /// resume.
    pub(super) fn push(&mut self, stream: u64, message: Bytes) {
        let log = self.logs.entry(stream).or_default();
        let number = log.next;
        log.next = log.next.saturating_add(1);
        let event = SseEvent { id: Some(event_id(stream, number)), ..SseEvent::message(message) };
        let event = encode(&event).to_bytes();
        if let Some(live) = &log.live
            && live.try_send(event.clone()).is_err()
        {
            log.live = None;
        }
        self.kept.push_back((stream, event.len()));
        self.kept_bytes = self.kept_bytes.saturating_add(event.len());
        log.events.push_back((number, event));
        self.forget_oldest();
    }

    /// Adds what was decided for `hearer` outside of a stream of their own to stream 0, if that was opened with the same
    /// standing.
    pub(super) fn overhear(&mut self, hearer: &Principal, message: Bytes) {
        if self.logs.get(&LISTEN).is_some_and(|log| log.opener.as_ref() == Some(hearer)) {
            self.push(LISTEN, message);
        }
    }

    /// Ends the stream of a request; its events stay for replay.
    pub(super) fn finish(&mut self, stream: u64) {
        if let Some(log) = self.logs.get_mut(&stream) {
            log.live = None;
            log.finished = true;
        }
        self.forget_finished();
    }

    /// Listens to stream 0 from now on; a listener before is cut off, so that a reconnecting client is never refused. What
    /// was said to one of another standing is forgotten.
    pub(super) fn listen(&mut self, opener: &Principal) -> Outlet {
        let (live, events) = outlet::open(0);
        let log = self.logs.entry(LISTEN).or_default();
        log.live = Some(live);
        if log.opener.as_ref() != Some(opener) {
            log.opener = Some(opener.clone());
            log.events.clear();
        }
        events
    }

    /// Resumes after the event `last`: what came since, then what is to come. `None` when the id is not one of ours, or
    /// the stream was opened with another standing.
    pub(super) fn resume(&mut self, last: &str, principal: &Principal) -> Option<Outlet> {
        let (stream, number) = last.split_once('-')?;
        let (stream, number) = (stream.parse::<u64>().ok()?, number.parse::<u64>().ok()?);
        let log = self.logs.get_mut(&stream).filter(|log| log.opener.as_ref() == Some(principal))?;
        let missed: Vec<Bytes> =
            log.events.iter().filter(|(seen, _)| *seen > number).map(|(_, event)| event.clone()).collect();
        let (live, events) = outlet::open(missed.len());
        for event in missed {
            // The outlet was made large enough for them, and all that is kept weighs less than one may hold.
            let _ = live.try_send(event);
        }
        if !log.finished {
            log.live = Some(live);
        }
        Some(events)
    }

    /// Cuts off whoever listens to stream 0, so that its connection can end.
    pub(super) fn end_listening(&mut self) {
        if let Some(log) = self.logs.get_mut(&LISTEN) {
            log.live = None;
        }
    }

    /// Cuts off every listener.
    pub(super) fn end(&mut self) {
        self.logs.clear();
    }

    fn forget_oldest(&mut self) {
        while self.kept.len() > REPLAY_EVENTS_MAX || self.kept_bytes > REPLAY_BYTES_MAX {
            let Some((stream, bytes)) = self.kept.pop_front() else { break };
            self.kept_bytes = self.kept_bytes.saturating_sub(bytes);
            if let Some(log) = self.logs.get_mut(&stream) {
                log.events.pop_front();
            }
        }
        self.forget_finished();
    }

    /// A finished stream is remembered while it has events or is among the newest.
    fn forget_finished(&mut self) {
        let newest = self.last.saturating_sub(REPLAY_EVENTS_MAX as u64);
        self.logs.retain(|stream, log| !log.finished || !log.events.is_empty() || *stream > newest);
    }
}

/// Whether a stream begins with an empty event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Primed {
    /// It does: the revision has it.
    Yes,
    /// It does not: clients of older revisions try to read the empty event as a message.
    No,
}

fn event_id(stream: u64, number: u64) -> String {
    format!("{stream}-{number}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use doorward_core::principal::Proof;

    use super::*;
    use crate::limits::OUTLET_BYTES_MAX;

    fn somebody() -> Principal {
        Principal::new("somebody", Proof::LocalToken)
    }

    /// The same principal with another token.
    fn with_scope(scope: &str) -> Principal {
        somebody().with_scopes(BTreeSet::from([scope.into()]))
    }

    #[test]
    fn what_was_said_to_one_standing_is_not_replayed_to_another() {
        let mut streams = Streams::default();
        let (stream, events) = streams.open(&with_scope("all"), Primed::No);
        drop(events);
        streams.push(stream, Bytes::from_static(b"1"));
        streams.push(stream, Bytes::from_static(b"2"));
        assert!(streams.resume(&format!("{stream}-0"), &with_scope("some")).is_none());
        assert!(streams.resume(&format!("{stream}-0"), &with_scope("all")).is_some());
        drop(streams.listen(&with_scope("all")));
        streams.push(LISTEN, Bytes::from_static(b"3"));
        let mut weaker = streams.listen(&with_scope("some"));
        assert!(drain(&mut weaker).is_empty());
        streams.push(LISTEN, Bytes::from_static(b"4"));
        assert_eq!(drain(&mut streams.resume("0-0", &with_scope("some")).unwrap()).len(), 1);
        assert!(streams.resume("0-0", &with_scope("all")).is_none());
        // Nor is it what a batch of another standing is told on the way.
        let mut weaker = streams.listen(&with_scope("some"));
        streams.overhear(&with_scope("all"), Bytes::from_static(b"5"));
        assert!(drain(&mut weaker).is_empty());
        streams.overhear(&with_scope("some"), Bytes::from_static(b"6"));
        assert_eq!(drain(&mut weaker).len(), 1);
    }

    fn drain(events: &mut Outlet) -> Vec<String> {
        std::iter::from_fn(|| events.try_next()).map(|event| String::from_utf8(event.to_vec()).unwrap()).collect()
    }

    #[test]
    fn a_lost_connection_resumes_where_it_broke() {
        let mut streams = Streams::default();
        let (stream, events) = streams.open(&somebody(), Primed::Yes);
        streams.push(stream, Bytes::from_static(b"1"));
        drop(events);
        streams.push(stream, Bytes::from_static(b"2"));
        streams.push(stream, Bytes::from_static(b"3"));
        streams.finish(stream);
        let mut resumed = streams.resume(&format!("{stream}-1"), &somebody()).unwrap();
        let seen = drain(&mut resumed);
        assert_eq!(seen.len(), 2);
        assert!(seen[0].contains("data: 2") && seen[1].contains("data: 3"), "{seen:?}");
    }

    #[test]
    fn a_newer_listener_replaces_the_older() {
        let mut streams = Streams::default();
        let mut first = streams.listen(&somebody());
        let mut second = streams.listen(&somebody());
        streams.push(LISTEN, Bytes::from_static(b"x"));
        assert!(drain(&mut first).is_empty());
        assert_eq!(drain(&mut second).len(), 1);
    }

    #[test]
    fn a_listener_that_does_not_read_is_cut_off_at_the_limit() {
        let mut streams = Streams::default();
        let mut slow = streams.listen(&somebody());
        let big = Bytes::from(vec![b'x'; OUTLET_BYTES_MAX / 3]);
        for _ in 0..3 {
            streams.push(LISTEN, big.clone());
        }
        streams.push(LISTEN, Bytes::from_static(b"y"));
        assert!(streams.logs[&LISTEN].live.is_none());
        // Each event weighs a little more than its message, so the third had no room.
        assert_eq!(drain(&mut slow).len(), 2);
        let mut resumed = streams.resume("0-1", &somebody()).unwrap();
        assert!(drain(&mut resumed)[0].contains("data: y"));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut streams = Streams::default();
        for _ in 0..REPLAY_EVENTS_MAX + 10 {
            let (stream, _events) = streams.open(&somebody(), Primed::No);
            streams.push(stream, Bytes::from_static(b"x"));
            streams.finish(stream);
        }
        assert_eq!(streams.kept.len(), REPLAY_EVENTS_MAX);
        let big = Bytes::from(vec![b'x'; REPLAY_BYTES_MAX / 2]);
        for _ in 0..4 {
            streams.push(LISTEN, big.clone());
        }
        assert!(streams.kept_bytes <= REPLAY_BYTES_MAX);
        assert!(streams.logs.len() <= REPLAY_EVENTS_MAX + 2, "{}", streams.logs.len());
    }

    #[test]
    fn foreign_event_ids_are_not_ours() {
        let mut streams = Streams::default();
        for foreign in ["", "1", "1-", "x-1", "9-1", "1-1-1"] {
            assert!(streams.resume(foreign, &somebody()).is_none(), "{foreign}");
        }
    }
}
