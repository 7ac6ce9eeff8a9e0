//! Server-sent events, both ways: the WHATWG event stream format as MCP uses it.
//!
//! The decoder takes chunks cut anywhere and hands out whole events; the data of a one-line event that arrived in one
//! chunk is not copied. The encoder wraps data without copying it. Neither interprets the data, and neither may hold
//! more than the given limit of an unfinished event plus the chunks pushed since events were last taken.

use std::collections::VecDeque;

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use memchr::{memchr, memchr2};

/// A comment that keeps a quiet stream open; clients ignore it.
pub const KEEP_ALIVE: Bytes = Bytes::from_static(b": keep-alive\n\n");

/// One event, as received or as to be sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SseEvent {
    /// The `id` this event sets; `Some("")` clears the last event id.
    pub id: Option<String>,
    /// The event type; `None` means `message`.
    pub event: Option<String>,
    /// The data lines joined by `\n`; empty for an event that only sets an id or a retry time.
    pub data: Bytes,
    /// How long a client should wait before it reconnects, in milliseconds.
    pub retry_ms: Option<u64>,
}

/// An event, or one line of it, was larger than the limit; it has been, or is being, discarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a server-sent event is larger than the limit of {limit} bytes and was discarded")]
pub struct SseTooLarge {
    /// The most bytes the data of an event may have.
    pub limit: usize,
}

/// An event in wire form: write the three parts one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SseFrame {
    /// The fields before the data, and the start of the data line.
    pub head: Bytes,
    /// The data; the very bytes given, unless they had to be split into several lines.
    pub data: Bytes,
    /// The end of the event.
    pub tail: Bytes,
}

/// Turns chunks of an event stream into events.
///
/// Push a chunk, then take events until [`SseDecoder::next_event`] returns `None`, then push the next.
#[derive(Debug)]
pub struct SseDecoder {
    max_event_bytes: usize,
    chunks: VecDeque<Bytes>,
    line: PartialLine,
    event: PartialEvent,
}

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
/// The most that a line may add to its value: a byte order mark, the longest field name, a colon and a space.
const LINE_OVERHEAD: usize = BYTE_ORDER_MARK.len() + "retry: ".len();

impl SseEvent {
    /// An event that carries `data` and nothing else.
    #[must_use]
    pub fn message(data: Bytes) -> Self {
        Self { data, ..Self::default() }
    }

    /// The event that opens a resumable stream: an id to resume from, no message yet.
    #[must_use]
    pub fn priming(id: &str, retry_ms: Option<u64>) -> Self {
        Self { id: Some(id.to_owned()), retry_ms, ..Self::default() }
    }
}

/// The wire form of an event. The data is not copied unless it contains a line break.
///
/// A line break in the data starts a new data line, so `\r\n` and `\r` arrive as `\n`. An id or a type with a line
/// break or NUL has no wire form and is left out, because writing it would forge other fields.
#[must_use]
pub fn encode(event: &SseEvent) -> SseFrame {
    let mut head = BytesMut::with_capacity(32);
    put_field(&mut head, b"event: ", event.event.as_deref());
    put_field(&mut head, b"id: ", event.id.as_deref());
    if let Some(retry_ms) = event.retry_ms {
        put_field(&mut head, b"retry: ", Some(&retry_ms.to_string()));
    }
    head.put_slice(b"data: ");
    SseFrame { head: head.freeze(), data: data_lines(&event.data), tail: Bytes::from_static(b"\n\n") }
}

/// The wire form of [`SseEvent::priming`].
#[must_use]
pub fn priming(id: &str, retry_ms: Option<u64>) -> SseFrame {
    encode(&SseEvent::priming(id, retry_ms))
}

impl SseFrame {
    /// The three parts in order.
    #[must_use]
    pub fn into_parts(self) -> [Bytes; 3] {
        [self.head, self.data, self.tail]
    }

    /// The frame as one run of bytes. This copies the data.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        [self.head.as_ref(), self.data.as_ref(), self.tail.as_ref()].concat().into()
    }
}

fn put_field(head: &mut BytesMut, name: &[u8], value: Option<&str>) {
    let Some(value) = value.filter(|value| !value.contains(['\n', '\r', '\0'])) else {
        return;
    };
    head.put_slice(name);
    head.put_slice(value.as_bytes());
    head.put_u8(b'\n');
}

fn data_lines(data: &Bytes) -> Bytes {
    if memchr2(b'\n', b'\r', data).is_none() {
        return data.clone();
    }
    let mut lines = BytesMut::with_capacity(data.len() + 64);
    let mut rest = data.clone();
    while let Some(end) = memchr2(b'\n', b'\r', &rest) {
        lines.put_slice(&rest.split_to(end));
        lines.put_slice(b"\ndata: ");
        let ending = if rest.starts_with(b"\r\n") { 2 } else { 1 };
        rest.advance(ending);
    }
    lines.put_slice(&rest);
    lines.freeze()
}

impl SseDecoder {
    /// A decoder at the start of a stream, for events with at most `max_event_bytes` of data.
    #[must_use]
    pub fn new(max_event_bytes: usize) -> Self {
        Self { max_event_bytes, chunks: VecDeque::new(), line: PartialLine::default(), event: PartialEvent::default() }
    }

    /// Appends a chunk that was read from the stream.
    pub fn push(&mut self, chunk: Bytes) {
        if !chunk.is_empty() {
            self.chunks.push_back(chunk);
        }
    }

    /// The next whole event; `None` when more bytes are needed. Comments and events without meaning are skipped.
    ///
    /// # Errors
    ///
    /// [`SseTooLarge`], once per event beyond the limit and as soon as that is known. The rest of that event is
    /// discarded, and the event after it comes next.
    pub fn next_event(&mut self) -> Option<Result<SseEvent, SseTooLarge>> {
        while let Some(chunk) = self.chunks.front_mut() {
            let line = self.line.read(chunk, self.max_event_bytes.saturating_add(LINE_OVERHEAD));
            if chunk.is_empty() {
                self.chunks.pop_front();
            }
            let outcome = match line {
                LineRead::Unfinished => None,
                LineRead::Overlong => self.event.discard(self.max_event_bytes),
                LineRead::EndOfOverlong => None,
                LineRead::Blank => self.event.finish().map(Ok),
                LineRead::Line(line) => self.event.add(line, self.max_event_bytes),
            };
            if outcome.is_some() {
                return outcome;
            }
        }
        None
    }
}

/// What one look at a chunk gave.
enum LineRead {
    Unfinished,
    /// The line just went beyond the limit. Its bytes are gone.
    Overlong,
    EndOfOverlong,
    Blank,
    Line(Bytes),
}

/// The line being read.
#[derive(Debug, Default)]
struct PartialLine {
    /// What earlier chunks held of it.
    carried: BytesMut,
    ending: LineEnding,
    length: LineLength,
    stream: StreamPosition,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum LineEnding {
    #[default]
    Complete,
    /// The last byte was `\r`: a `\n` right after it belongs to it.
    AfterCarriageReturn,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum LineLength {
    #[default]
    Within,
    Beyond,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum StreamPosition {
    #[default]
    FirstLine,
    Later,
}

impl PartialLine {
    /// Takes from the front of `chunk` up to the end of the line, or all of it.
    fn read(&mut self, chunk: &mut Bytes, limit: usize) -> LineRead {
        if std::mem::take(&mut self.ending) == LineEnding::AfterCarriageReturn && chunk.first() == Some(&b'\n') {
            chunk.advance(1);
        }
        if chunk.is_empty() {
            return LineRead::Unfinished;
        }
        let Some(end) = memchr2(b'\n', b'\r', chunk) else {
            return self.carry(chunk.split_to(chunk.len()), limit);
        };
        let piece = chunk.split_to(end);
        if chunk.first() == Some(&b'\r') {
            self.ending = LineEnding::AfterCarriageReturn;
        }
        chunk.advance(1);
        self.complete(piece, limit)
    }

    /// Keeps the start of a line whose end has not arrived.
    fn carry(&mut self, piece: Bytes, limit: usize) -> LineRead {
        if self.length == LineLength::Beyond {
            return LineRead::Unfinished;
        }
        if self.carried.len().saturating_add(piece.len()) > limit {
            self.carried = BytesMut::new();
            self.length = LineLength::Beyond;
            return LineRead::Overlong;
        }
        self.carried.put_slice(&piece);
        LineRead::Unfinished
    }

    fn complete(&mut self, piece: Bytes, limit: usize) -> LineRead {
        let stream = std::mem::replace(&mut self.stream, StreamPosition::Later);
        if std::mem::take(&mut self.length) == LineLength::Beyond {
            return LineRead::EndOfOverlong;
        }
        let mut line = if self.carried.is_empty() {
            piece
        } else {
            self.carried.put_slice(&piece);
            self.carried.split().freeze()
        };
        if line.len() > limit {
            return LineRead::Overlong;
        }
        if stream == StreamPosition::FirstLine && line.starts_with(BYTE_ORDER_MARK) {
            line.advance(BYTE_ORDER_MARK.len());
        }
        if line.is_empty() { LineRead::Blank } else { LineRead::Line(line) }
    }
}

/// The event being read.
#[derive(Debug, Default)]
struct PartialEvent {
    id: Option<String>,
    event: Option<String>,
    retry_ms: Option<u64>,
    data: PartialData,
    size: EventSize,
}

#[derive(Debug, Default)]
enum PartialData {
    #[default]
    None,
    OneLine(Bytes),
    Joined(BytesMut),
}

#[derive(Debug, Default, PartialEq, Eq)]
enum EventSize {
    #[default]
    Within,
    Beyond,
}

impl PartialEvent {
    /// Takes in one line that is not blank; returns the refusal if the event became too large by it.
    fn add(&mut self, line: Bytes, limit: usize) -> Option<Result<SseEvent, SseTooLarge>> {
        if self.size == EventSize::Beyond {
            return None;
        }
        let (name, value) = split_field(line);
        match name.as_ref() {
            b"data" => {
                if self.data.len_with(&value) > limit {
                    return self.discard(limit);
                }
                self.data.append(value);
            }
            b"event" => self.event = (!value.is_empty()).then(|| text(&value)),
            b"id" if memchr(0, &value).is_none() => self.id = Some(text(&value)),
            b"retry" => self.retry_ms = milliseconds(&value).or(self.retry_ms),
            // An empty name is a comment; any other is to be ignored.
            _ => {}
        }
        None
    }

    /// Forgets the event up to its blank line, and reports that the first time.
    fn discard(&mut self, limit: usize) -> Option<Result<SseEvent, SseTooLarge>> {
        let before = std::mem::replace(self, Self { size: EventSize::Beyond, ..Self::default() });
        (before.size == EventSize::Within).then_some(Err(SseTooLarge { limit }))
    }

    /// Ends the event. `None` when it says nothing: no data, no id, no retry time.
    fn finish(&mut self) -> Option<SseEvent> {
        let ended = std::mem::take(self);
        let data = match ended.data {
            PartialData::None if ended.id.is_none() && ended.retry_ms.is_none() => return None,
            PartialData::None => Bytes::new(),
            PartialData::OneLine(line) => line,
            PartialData::Joined(lines) => lines.freeze(),
        };
        Some(SseEvent { id: ended.id, event: ended.event, data, retry_ms: ended.retry_ms })
    }
}

impl PartialData {
    /// The length the data would have with one more line.
    fn len_with(&self, line: &Bytes) -> usize {
        let before = match self {
            Self::None => 0,
            Self::OneLine(first) => first.len() + 1,
            Self::Joined(lines) => lines.len() + 1,
        };
        before.saturating_add(line.len())
    }

    fn append(&mut self, line: Bytes) {
        *self = match std::mem::take(self) {
            Self::None => Self::OneLine(line),
            Self::OneLine(first) => Self::Joined(join(BytesMut::from(first), &line)),
            Self::Joined(lines) => Self::Joined(join(lines, &line)),
        };
    }
}

fn join(mut lines: BytesMut, line: &Bytes) -> BytesMut {
    lines.put_u8(b'\n');
    lines.put_slice(line);
    lines
}

/// A line's field name and value; the name is empty for a comment.
fn split_field(mut line: Bytes) -> (Bytes, Bytes) {
    let Some(colon) = memchr(b':', &line) else {
        return (line, Bytes::new());
    };
    let name = line.split_to(colon);
    line.advance(1);
    if line.first() == Some(&b' ') {
        line.advance(1);
    }
    (name, line)
}

fn text(value: &Bytes) -> String {
    String::from_utf8_lossy(value).into_owned()
}

/// A retry time: ASCII digits only, as the format demands.
fn milliseconds(value: &Bytes) -> Option<u64> {
    let digits = std::str::from_utf8(value).ok()?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests;
