//! The handle that the gateway holds.

use std::sync::{Arc, Mutex, PoisonError};

use doorward_core::ids::ExchangeId;
use doorward_core::record::Record;
use tokio::task::JoinHandle;

use crate::approvals::Approvals;
use crate::config::{Durability, StoreConfig};
use crate::error::{AppendError, StoreError};
use crate::filter::Filter;
use crate::keys::Keys;
use crate::lessons::Lessons;
use crate::pins::Pins;
use crate::place::Place;
use crate::queue::{Appended, Health, Queue};
use crate::reader::Reader;
use crate::sinks::Sinks;
use crate::stops::Stops;
use crate::view::RecordView;
use crate::writer::Writer;

/// A store open for writing and reading. Clones are handles of the same store.
///
/// When the last handle goes, the writer still commits what is queued and ends, if the runtime lives long enough;
/// [`Store::close`] waits for it.
#[derive(Debug, Clone)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    queue: Arc<Queue>,
    reader: Reader,
    keys: Keys,
    pins: Pins,
    approvals: Approvals,
    lessons: Lessons,
    sinks: Sinks,
    stops: Stops,
    durability: Durability,
    writer: Mutex<Option<JoinHandle<Result<(), StoreError>>>>,
}

impl Store {
    /// Opens the store, creating directory (mode 0700) and file (mode 0600) where missing, and starts its writer.
    ///
    /// Several processes may hold the same file open.
    ///
    /// # Errors
    /// When the file cannot be made or opened, is somebody else's, or was written by a later Doorward.
    pub async fn open(config: StoreConfig) -> Result<Self, StoreError> {
        let place = Place::of(&config)?;
        let queue = Arc::new(Queue::new(config.queue, config.durability));
        let writer = Writer::open(Arc::clone(&queue), place.clone()).await?;
        let (reader, keys) = (Reader::over(&place), Keys::at(&place));
        let (pins, approvals, sinks) = (Pins::at(&place), Approvals::at(&place), Sinks::at(&place));
        let (stops, lessons, durability) = (Stops::at(&place), Lessons::at(&place), config.durability);
        let writer = Mutex::new(Some(tokio::spawn(writer.run())));
        Ok(Self(Arc::new(Inner { queue, reader, keys, pins, approvals, lessons, sinks, stops, durability, writer })))
    }

    /// Takes one record. Relaxed: it is queued when this returns. Strict: await the answer before going on.
    ///
    /// Records are numbered in the order in which they are taken.
    ///
    /// # Errors
    /// [`AppendError::Unavailable`] while the store cannot be written or after it was closed, [`AppendError::Full`] when
    /// the queue is full. The record is then not kept, and the call it belongs to must be refused.
    pub fn append(&self, record: Record) -> Result<Appended, AppendError> {
        self.0.queue.append(record)
    }

    /// Whether records are taken at present.
    #[must_use]
    pub fn health(&self) -> Health {
        self.0.queue.health()
    }

    /// Records accepted and not yet committed.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.0.queue.depth()
    }

    /// What an accepted record is worth.
    #[must_use]
    pub fn durability(&self) -> Durability {
        self.0.durability
    }

    /// Takes no more records, commits every accepted one and closes the file. A second call returns at once.
    ///
    /// # Errors
    /// [`StoreError::Unwritten`] with the number of accepted records that one last attempt could not write.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.0.queue.close();
        let writer = self.0.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        // The writer is the last to leave: only then is the write-ahead log moved into the file.
        self.0.reader.close().await;
        self.0.keys.close().await;
        self.0.pins.close().await;
        self.0.approvals.close().await;
        self.0.lessons.close().await;
        self.0.stops.close().await;
        self.0.sinks.close().await;
        match writer {
            Some(writer) => writer.await.unwrap_or(Err(StoreError::WriterEnded)),
            None => Ok(()),
        }
    }

    /// The reading side, which sees what is committed.
    #[must_use]
    pub fn reader(&self) -> &Reader {
        &self.0.reader
    }

    /// The API keys beside the records.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.0.keys
    }

    /// The pins beside the records.
    #[must_use]
    pub fn pins(&self) -> &Pins {
        &self.0.pins
    }

    /// What good work has shown, beside the records.
    #[must_use]
    pub fn lessons(&self) -> &Lessons {
        &self.0.lessons
    }

    /// The approvals beside the records.
    #[must_use]
    pub fn approvals(&self) -> &Approvals {
        &self.0.approvals
    }

    /// The cursors of sinks beside the records.
    #[must_use]
    pub fn sinks(&self) -> &Sinks {
        &self.0.sinks
    }

    /// Takes no intents until [`Store::resume`]: [`AppendError::Unavailable`] says why. Outcomes are still taken, so what
    /// has begun ends as it would.
    pub fn hold(&self, reason: Arc<str>) {
        self.0.queue.hold(Some(reason));
    }

    /// Takes intents again.
    pub fn resume(&self) {
        self.0.queue.hold(None);
    }

    /// Why no intents are taken; `None` while they are.
    #[must_use]
    pub fn held(&self) -> Option<Arc<str>> {
        self.0.queue.held()
    }

    /// The stops beside the records.
    #[must_use]
    pub fn stops(&self) -> &Stops {
        &self.0.stops
    }

    /// As [`Reader::tail`].
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn tail(&self, after_seq: i64, limit: u32) -> Result<Vec<RecordView>, StoreError> {
        self.0.reader.tail(after_seq, limit).await
    }

    /// As [`Reader::query`].
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn query(&self, filter: &Filter) -> Result<Vec<RecordView>, StoreError> {
        self.0.reader.query(filter).await
    }

    /// As [`Reader::show`].
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn show(&self, exchange: ExchangeId) -> Result<Vec<RecordView>, StoreError> {
        self.0.reader.show(exchange).await
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.queue.close();
    }
}
