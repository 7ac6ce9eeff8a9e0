//! Event streams from a server, and where to take one up again.
//!
//! It holds at most one unfinished event and one chunk, and leaves the meaning of the data to others.

use std::time::Duration;

use bytes::Bytes;
use doorward_mcp::limits::Limits;
use doorward_mcp::sse::{SseDecoder, SseEvent};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::http::header::HeaderValue;
use tokio::time::Instant;

use crate::limits::{NOISE_LINES_MAX, NOISE_WINDOW};

use super::limits::{EVENT_ID_BYTES_MAX, RETRY_LEAST, RETRY_UNTOLD};

/// An event stream being read.
#[derive(Debug)]
pub(super) struct EventStream {
    body: Incoming,
    decoder: SseDecoder,
}

/// What one look at a stream gave.
#[derive(Debug)]
pub(super) enum Heard {
    /// A whole event.
    Event(SseEvent),
    /// So many bytes that are no event yet; a sign of life.
    Bytes(usize),
    /// An event over the limit.
    TooLarge,
    /// The stream is over, in order or not.
    End,
}

impl EventStream {
    pub(super) fn new(body: Incoming) -> Self {
        Self { body, decoder: SseDecoder::new(Limits::for_results().message_bytes) }
    }

    /// Listens on. Safe to drop and ask again.
    pub(super) async fn hear(&mut self) -> Heard {
        match self.decoder.next_event() {
            Some(Ok(event)) => return Heard::Event(event),
            Some(Err(_)) => return Heard::TooLarge,
            None => {}
        }
        match next_data(&mut self.body).await {
            Ok(Some(chunk)) => {
                let bytes = chunk.len();
                self.decoder.push(chunk);
                Heard::Bytes(bytes)
            }
            Ok(None) | Err(_) => Heard::End,
        }
    }
}

/// The next bytes of a body; `None` at its end. Safe to drop and ask again.
pub(super) async fn next_data(body: &mut Incoming) -> Result<Option<Bytes>, hyper::Error> {
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

/// Whether an event carries a message. Other types are not the protocol's.
pub(super) fn carries_message(event: &SseEvent) -> bool {
    !event.data.is_empty() && event.event.as_deref().is_none_or(|kind| kind == "message")
}

/// From where, when and how often a stream has been asked for again.
#[derive(Debug, Default)]
pub(super) struct Cursor {
    last_id: Option<HeaderValue>,
    retry: Option<Duration>,
    /// Attempts since the stream last brought something.
    pub(super) tries: u32,
}

impl Cursor {
    /// Notes what an event says about resuming.
    pub(super) fn note(&mut self, event: &SseEvent) {
        self.tries = 0;
        if let Some(id) = &event.id {
            let usable = !id.is_empty() && id.len() <= EVENT_ID_BYTES_MAX;
            self.last_id = HeaderValue::from_bytes(id.as_bytes()).ok().filter(|_| usable);
        }
        if let Some(milliseconds) = event.retry_ms {
            self.retry = Some(Duration::from_millis(milliseconds));
        }
    }

    /// The event after which to go on.
    pub(super) const fn last_id(&self) -> Option<&HeaderValue> {
        self.last_id.as_ref()
    }

    /// How long to wait before asking again: what the server said, within bounds.
    pub(super) fn pause(&self, most: Duration) -> Duration {
        self.retry.unwrap_or(RETRY_UNTOLD).clamp(RETRY_LEAST, most)
    }

    /// The same, doubled with every attempt in vain.
    pub(super) fn growing_pause(&self, most: Duration) -> Duration {
        let doubled = 2_u32.saturating_pow(self.tries.min(16));
        self.pause(most).saturating_mul(doubled).min(most)
    }
}

/// Counts messages that can be delivered to nobody. A few come from a server's mistakes, a flood from its malice.
#[derive(Debug, Default)]
pub(super) struct Noise {
    since: Option<Instant>,
    messages: u32,
}

/// More came than [`NOISE_LINES_MAX`] within [`NOISE_WINDOW`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooNoisy;

impl Noise {
    /// Counts one more.
    pub(super) fn add(&mut self) -> Result<(), TooNoisy> {
        let now = Instant::now();
        let since = *self.since.get_or_insert(now);
        if now.duration_since(since) > NOISE_WINDOW {
            *self = Self { since: Some(now), messages: 0 };
        }
        self.messages = self.messages.saturating_add(1);
        if self.messages > NOISE_LINES_MAX { Err(TooNoisy) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(id: &str, retry_ms: Option<u64>) -> Cursor {
        let mut cursor = Cursor::default();
        cursor.note(&SseEvent::priming(id, retry_ms));
        cursor
    }

    #[test]
    fn pauses_stay_within_bounds() {
        let most = Duration::from_secs(5);
        for (told, pause) in [(0, 10), (9, 10), (11, 11), (4999, 4999), (5001, 5000), (u64::MAX, 5000)] {
            assert_eq!(noted("1", Some(told)).pause(most), Duration::from_millis(pause), "{told}");
        }
        assert_eq!(noted("1", None).pause(most), RETRY_UNTOLD);
    }

    #[test]
    fn pauses_grow_to_the_limit() {
        let mut cursor = noted("1", Some(1000));
        for (tries, seconds) in [(0, 1), (1, 2), (4, 16), (5, 30), (u32::MAX, 30)] {
            cursor.tries = tries;
            assert_eq!(cursor.growing_pause(Duration::from_secs(30)), Duration::from_secs(seconds), "{tries}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn noise_one_below_and_one_above_the_limit() {
        let mut noise = Noise::default();
        for _ in 0..2 {
            for _ in 0..NOISE_LINES_MAX {
                assert_eq!(noise.add(), Ok(()));
            }
            tokio::time::advance(NOISE_WINDOW + Duration::from_millis(1)).await;
        }
        for _ in 0..NOISE_LINES_MAX {
            assert_eq!(noise.add(), Ok(()));
        }
        assert_eq!(noise.add(), Err(TooNoisy));
    }

    #[test]
    fn an_id_no_header_can_carry_is_not_resumed_from() {
        let longest = "i".repeat(EVENT_ID_BYTES_MAX);
        for (id, usable) in [("7", true), (longest.as_str(), true), ("", false), ("a\u{7}b", false)] {
            assert_eq!(noted(id, None).last_id().is_some(), usable, "{id}");
        }
        assert!(noted(&format!("{longest}i"), None).last_id().is_none());
    }
}
