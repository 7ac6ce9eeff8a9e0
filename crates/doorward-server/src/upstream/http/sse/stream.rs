//! The event stream of one session: how it opens, who reads it, and how it ends.
//!
//! Responsible for bounds in time and for that its end is told to everybody who waits. It never decides what the client
//! may see, and never sends a message before the server has said where to.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::sse::SseEvent;
use hyper::http::uri::Uri;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use super::super::TransportMemory;
use super::super::answer::{Content, bad_answer, connection_refusal, http_refusal};
use super::super::stream::{EventStream, Heard, Noise, TooNoisy, carries_message};
use super::inbound::Table;
use super::place::resolve;
use super::{Errand, Way};
use crate::limits::HOUSEKEEPING_WAIT;

/// One stream, from the wish to have it to its end.
#[derive(Debug)]
pub(super) struct Stream {
    way: Arc<Way>,
    memory: Arc<TransportMemory>,
    stage: watch::Sender<Stage>,
    table: Mutex<Table>,
    errands: mpsc::Sender<Errand>,
}

#[derive(Debug, Clone)]
enum Stage {
    /// The server has not said where messages go.
    Opening,
    /// It has.
    Open(Uri),
    /// It has no such stream.
    Absent(Refusal),
    /// The stream was there, and is over.
    Over(Refusal),
}

impl Stream {
    pub(super) fn new(way: Arc<Way>, memory: Arc<TransportMemory>, errands: mpsc::Sender<Errand>) -> Self {
        Self { way, memory, stage: watch::Sender::new(Stage::Opening), table: Mutex::default(), errands }
    }

    /// Where messages go, once the server has said so. Bounded, since the opening is.
    pub(super) async fn place(&self) -> Result<Uri, Refusal> {
        let mut stages = self.stage.subscribe();
        // The sender is in `self`, so the wait cannot fail before it is over.
        let stage = stages.wait_for(|stage| !matches!(stage, Stage::Opening)).await;
        match stage.as_deref() {
            Ok(Stage::Open(place)) => Ok(place.clone()),
            Ok(Stage::Absent(refusal) | Stage::Over(refusal)) => Err(refusal.clone()),
            Ok(Stage::Opening) | Err(_) => Err(Refusal::new(Code::Unreachable)),
        }
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(&*self.stage.borrow(), Stage::Open(_))
    }

    pub(super) fn is_absent(&self) -> bool {
        matches!(&*self.stage.borrow(), Stage::Absent(_))
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(&*self.stage.borrow(), Stage::Absent(_) | Stage::Over(_))
    }

    pub(super) fn table(&self) -> MutexGuard<'_, Table> {
        // Every operation leaves the table whole, so a panic elsewhere cannot have torn it.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn way(&self) -> &Way {
        &self.way
    }

    /// Sends something of the gateway's own when there is time. What does not fit is not sent.
    pub(super) fn errand(&self, message: Errand) {
        if self.errands.try_send(message).is_err() {
            tracing::debug!(server = %self.way.endpoint.server(), "a message of the gateway's own was not sent");
        }
    }

    fn end(&self, stage: Stage) {
        let refusal = match &stage {
            Stage::Absent(refusal) | Stage::Over(refusal) => refusal.clone(),
            Stage::Opening | Stage::Open(_) => return,
        };
        self.way.session.forget();
        // Only then: whoever sees the end may open the session anew.
        self.stage.send_replace(stage);
        self.table().fail_all(&refusal);
    }
}

/// Opens the stream and reads it to its end. Dropped before that, it ends the stream all the same.
pub(super) async fn read(stream: Arc<Stream>, errands: mpsc::Receiver<Errand>) {
    let mut ending = Ending { stream: stream.clone(), stage: Stage::Over(Refusal::new(Code::Cancelled)) };
    ending.stage = tokio::select! {
        stage = listen(&stream) => stage,
        () = run_errands(&stream, errands) => Stage::Over(Refusal::new(Code::Cancelled)),
    };
}

/// Tells the end of a stream, however its reader ends.
struct Ending {
    stream: Arc<Stream>,
    stage: Stage,
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.stream.end(self.stage.clone());
    }
}

async fn listen(stream: &Stream) -> Stage {
    let patience = stream.way.endpoint.silence().min(HOUSEKEEPING_WAIT);
    let opened = timeout(patience, open(stream)).await;
    let opened = opened.unwrap_or_else(|_| {
        Err(Stage::Over(Refusal::new(Code::TimedOut).with_detail("It has not said where messages go.")))
    });
    match opened {
        Ok((events, place)) => {
            stream.stage.send_replace(Stage::Open(place));
            Stage::Over(hear_out(stream, events).await)
        }
        Err(stage) => {
            if matches!(stage, Stage::Absent(_)) {
                stream.memory.forget();
            }
            stage
        }
    }
}

/// Asks for the stream and waits until the server says where messages go.
async fn open(stream: &Stream) -> Result<(EventStream, Uri), Stage> {
    let response = match stream.way.open().map_err(Stage::Over)?.await {
        Ok(response) => response,
        Err(error) => return Err(Stage::Over(connection_refusal(&error))),
    };
    let status = response.status();
    let mut events = match Content::of(response.headers()) {
        Content::Events if status.is_success() => EventStream::new(response.into_body()),
        Content::Json | Content::Other if status.is_success() => {
            return Err(Stage::Absent(bad_answer("It is not an event stream.")));
        }
        Content::Json | Content::Events | Content::Other => return Err(Stage::Absent(http_refusal(status))),
    };
    let mut noise = Noise::default();
    loop {
        match events.hear().await {
            Heard::Bytes(_) => {}
            Heard::End => return Err(Stage::Over(Refusal::new(Code::Died))),
            Heard::TooLarge => return Err(Stage::Over(Refusal::new(Code::AnswerTooLarge))),
            Heard::Event(event) if is_endpoint(&event) => {
                let place = place(stream, &event).map_err(Stage::Over)?;
                return Ok((events, place));
            }
            Heard::Event(_) => {
                if noise.add() == Err(TooNoisy) {
                    return Err(Stage::Over(bad_answer("It sends much, but not where messages go.")));
                }
            }
        }
    }
}

fn is_endpoint(event: &SseEvent) -> bool {
    event.event.as_deref() == Some("endpoint")
}

fn place(stream: &Stream, event: &SseEvent) -> Result<Uri, Refusal> {
    let announced = std::str::from_utf8(&event.data).unwrap_or_default();
    resolve(stream.way.endpoint.url(), announced).map_err(|unfollowed| {
        tracing::warn!(server = %stream.way.endpoint.server(), %unfollowed, "the announced endpoint is not followed");
        bad_answer(unfollowed.to_string())
    })
}

/// Reads on until the stream ends, and says why it did.
async fn hear_out(stream: &Stream, mut events: EventStream) -> Refusal {
    loop {
        match events.hear().await {
            Heard::Bytes(bytes) => stream.table().flood.read(bytes),
            Heard::End => return Refusal::new(Code::Died),
            Heard::TooLarge => stream.too_large(),
            Heard::Event(event) if carries_message(&event) => stream.take_in(event.data),
            Heard::Event(event) if is_endpoint(&event) => {
                // Where messages go was said once; a second word on it could only lead elsewhere.
                tracing::warn!(server = %stream.way.endpoint.server(), "a second endpoint is not followed");
                stream.table().flood.noise();
            }
            Heard::Event(_) => stream.table().flood.noise(),
        }
        if let Err(excess) = stream.table().flood.judge(Instant::now()) {
            return bad_answer(excess.sentence());
        }
    }
}

/// Sends what the gateway says for itself, one after the other.
async fn run_errands(stream: &Stream, mut errands: mpsc::Receiver<Errand>) {
    while let Some(message) = errands.recv().await {
        let sent = timeout(HOUSEKEEPING_WAIT, async {
            let place = stream.place().await?;
            let response = stream.way.post(&place, message)?.await.map_err(|error| connection_refusal(&error))?;
            stream.way.taken(response.status())
        });
        if !matches!(sent.await, Ok(Ok(()))) {
            tracing::debug!(server = %stream.way.endpoint.server(), "the server did not take a message of the gateway's");
        }
    }
    std::future::pending().await
}
