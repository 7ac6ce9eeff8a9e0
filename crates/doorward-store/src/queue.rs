//! The queue between calls and the writer: bounded, and the one place that knows whether the store is alive.
//!
//! Appending takes one short lock and, when relaxed, neither allocates nor wakes the writer more than twice per flush.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use doorward_core::record::{Phase, Record};
use doorward_core::time::Timestamp;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use crate::config::Durability;
use crate::error::AppendError;
use crate::limits::{BATCH_MAX, FLUSH_AT};

/// Whether the store takes records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// It does.
    Ok,
    /// It does not; every append is refused until a write has succeeded again.
    Dead {
        /// What failed.
        reason: Arc<str>,
        /// Since when.
        since: Timestamp,
    },
}

/// A record the store has accepted.
#[derive(Debug)]
#[must_use = "a strict record is kept only once its commit has been awaited"]
pub enum Appended {
    /// Queued: as much as relaxed durability promises.
    Queued,
    /// Strict: await it before going on.
    Pending(Commit),
}

impl Appended {
    /// Waits until the record is kept as the store's durability promises; returns at once when relaxed.
    ///
    /// # Errors
    /// As [`Commit`].
    pub async fn committed(self) -> Result<(), AppendError> {
        match self {
            Self::Queued => Ok(()),
            Self::Pending(commit) => commit.await,
        }
    }
}

/// Resolves when a strict record is on the disk.
///
/// An error means that the caller must refuse. An intent whose commit failed is forgotten, for nothing will follow it;
/// an outcome tells of what has happened, so it is kept and written as soon as the store can be.
/// Dropping the future changes nothing about the record.
#[derive(Debug)]
pub struct Commit(oneshot::Receiver<Result<(), AppendError>>);

impl Future for Commit {
    type Output = Result<(), AppendError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map(|outcome| outcome.unwrap_or_else(|_| Err(ended())))
    }
}

/// One record and, when strict, whoever waits for it.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) record: Record,
    pub(crate) waiter: Option<oneshot::Sender<Result<(), AppendError>>>,
}

impl Entry {
    /// Tells the waiter, if there is one.
    pub(crate) fn answer(&mut self, outcome: Result<(), AppendError>) {
        if let Some(waiter) = self.waiter.take() {
            // A caller that has gone away needs no answer.
            let _ = waiter.send(outcome);
        }
    }
}

#[derive(Debug)]
pub(crate) struct Queue {
    state: Mutex<State>,
    wake: Notify,
    capacity: usize,
    durability: Durability,
}

#[derive(Debug)]
struct State {
    waiting: VecDeque<Entry>,
    /// Taken by the writer and not yet settled; counted against the capacity.
    in_flight: usize,
    health: Health,
    /// Why no intents are taken at present.
    held: Option<Arc<str>>,
    closing: bool,
}

impl Queue {
    pub(crate) fn new(capacity: usize, durability: Durability) -> Self {
        let state = State { waiting: VecDeque::new(), in_flight: 0, health: Health::Ok, held: None, closing: false };
        Self { state: Mutex::new(state), wake: Notify::new(), capacity, durability }
    }

    /// Takes one record, or says why not.
    pub(crate) fn append(&self, record: Record) -> Result<Appended, AppendError> {
        match self.durability {
            Durability::Relaxed { .. } => {
                let waiting = self.push(Entry { record, waiter: None })?;
                if waiting == 1 || waiting == FLUSH_AT {
                    self.wake.notify_one();
                }
                Ok(Appended::Queued)
            }
            Durability::Strict => {
                let (waiter, commit) = oneshot::channel();
                if self.push(Entry { record, waiter: Some(waiter) })? == 1 {
                    self.wake.notify_one();
                }
                Ok(Appended::Pending(Commit(commit)))
            }
        }
    }

    /// Queues one entry and returns how many wait now.
    fn push(&self, entry: Entry) -> Result<usize, AppendError> {
        let mut state = self.lock();
        if let Health::Dead { reason, .. } = &state.health {
            return Err(AppendError::Unavailable { reason: Arc::clone(reason) });
        }
        if state.closing {
            return Err(AppendError::Unavailable { reason: Arc::from("the store is closing") });
        }
        if let (Some(reason), Phase::Intent) = (&state.held, entry.record.phase) {
            return Err(AppendError::Unavailable { reason: Arc::clone(reason) });
        }
        if state.waiting.len() + state.in_flight >= self.capacity {
            return Err(AppendError::Full);
        }
        state.waiting.push_back(entry);
        Ok(state.waiting.len())
    }

    pub(crate) fn health(&self) -> Health {
        self.lock().health.clone()
    }

    /// Takes no intents from now on for that reason, or takes them again.
    pub(crate) fn hold(&self, reason: Option<Arc<str>>) {
        self.lock().held = reason;
    }

    pub(crate) fn held(&self) -> Option<Arc<str>> {
        self.lock().held.clone()
    }

    /// Records accepted and not yet committed.
    pub(crate) fn depth(&self) -> usize {
        let state = self.lock();
        state.waiting.len() + state.in_flight
    }

    /// Takes no more records; the writer commits what is queued and ends.
    pub(crate) fn close(&self) {
        self.lock().closing = true;
        self.wake.notify_one();
    }

    /// Waits for work, but for no longer than `until`, and moves the next batch into `batch`.
    pub(crate) async fn next(&self, batch: &mut Vec<Entry>, until: Option<Instant>) -> Turn {
        let mut flush_at = None;
        loop {
            let deadline = match self.look() {
                Look::Ended => return Turn::End,
                Look::Ready => break,
                Look::Nothing => until,
                Look::Some(flush) => Some(*flush_at.get_or_insert_with(|| Instant::now() + flush)),
            };
            if self.woken_before(deadline).await {
                continue;
            }
            if flush_at.is_none() {
                return Turn::Idle;
            }
            break;
        }
        self.take(batch);
        Turn::Write
    }

    async fn woken_before(&self, deadline: Option<Instant>) -> bool {
        match deadline {
            None => {
                self.wake.notified().await;
                true
            }
            Some(deadline) => tokio::time::timeout_at(deadline, self.wake.notified()).await.is_ok(),
        }
    }

    fn look(&self) -> Look {
        let state = self.lock();
        match (state.waiting.len(), state.closing, self.durability) {
            (0, true, _) => Look::Ended,
            (0, false, _) => Look::Nothing,
            (_, true, _) | (_, false, Durability::Strict) => Look::Ready,
            (FLUSH_AT.., false, Durability::Relaxed { .. }) => Look::Ready,
            (_, false, Durability::Relaxed { flush }) => Look::Some(flush),
        }
    }

    fn take(&self, batch: &mut Vec<Entry>) {
        let mut state = self.lock();
        let count = state.waiting.len().min(BATCH_MAX);
        batch.extend(state.waiting.drain(..count));
        state.in_flight = count;
    }

    /// The batch taken last is committed.
    pub(crate) fn settle(&self) {
        self.lock().in_flight = 0;
    }

    /// From now on every append is refused, until [`Queue::revive`].
    ///
    /// Waiters are told at once. Of `batch` and of the queue, only records stay that were promised or that tell of
    /// something that has happened (see [`Commit`]).
    pub(crate) fn die(&self, reason: &Arc<str>, batch: &mut Vec<Entry>) {
        let mut state = self.lock();
        let since = match &state.health {
            Health::Dead { since, .. } => *since,
            Health::Ok => now(),
        };
        state.health = Health::Dead { reason: Arc::clone(reason), since };
        batch.retain_mut(|entry| stays(entry, reason));
        state.waiting.retain_mut(|entry| stays(entry, reason));
        state.in_flight = batch.len();
    }

    /// A write has succeeded again.
    pub(crate) fn revive(&self) {
        self.lock().health = Health::Ok;
    }

    /// Waits until the next attempt is due, or the store is to close.
    pub(crate) async fn pause(&self, pause: Duration) -> Pause {
        let deadline = Instant::now() + pause;
        loop {
            if self.lock().closing {
                return Pause::Closing;
            }
            if tokio::time::timeout_at(deadline, self.wake.notified()).await.is_err() {
                return Pause::Over;
            }
        }
    }

    /// The writer has ended: nothing will be written any more.
    pub(crate) fn end(&self) {
        let mut state = self.lock();
        if state.health == Health::Ok {
            state.health = Health::Dead { reason: Arc::from("the store's writer has ended"), since: now() };
        }
        // Dropping the entries tells their waiters.
        state.waiting.clear();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing under this lock can leave the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the writer is to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Commit the batch.
    Write,
    /// Nothing came until the time it named.
    Idle,
    /// The queue is closed and empty.
    End,
}

/// How a pause ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pause {
    Over,
    Closing,
}

enum Look {
    Nothing,
    Some(Duration),
    Ready,
    Ended,
}

fn stays(entry: &mut Entry, reason: &Arc<str>) -> bool {
    use doorward_core::record::Phase;
    if entry.waiter.is_none() {
        return true;
    }
    entry.answer(Err(AppendError::Unavailable { reason: Arc::clone(reason) }));
    match entry.record.phase {
        Phase::Intent => false,
        Phase::Outcome => true,
    }
}

fn ended() -> AppendError {
    AppendError::Unavailable { reason: Arc::from("the store's writer has ended") }
}

pub(crate) fn now() -> Timestamp {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since_1970.as_micros()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
