//! The one task that writes: it owns the connection, commits batch after batch, and knows how to come back from a failure.
//!
//! It never gives up a record that was promised: what cannot be written stays until it can be, or until the store is
//! closed and says how many were lost.

use std::fs::File;
use std::sync::Arc;

use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;
use tokio::time::Instant;

use crate::error::StoreError;
use crate::insert::{self, Inserter};
use crate::limits::{BATCH_MAX, RETRY_PAUSE, SYNC_INTERVAL};
use crate::log::Log;
use crate::place::{Identity, Keeps, Place};
use crate::queue::{Entry, Pause, Queue, Turn};

pub(crate) struct Writer {
    queue: Arc<Queue>,
    place: Place,
    /// `None` after a failure, until a new connection has been made.
    link: Option<Link>,
    inserter: Inserter,
    _end: End,
}

/// An open connection and the files it was opened on.
struct Link {
    connection: SqliteConnection,
    log: Log,
    identity: Identity,
    /// The write-ahead log, where commits alone do not wait for the disk.
    unsynced_log: Option<Arc<File>>,
    /// When the disk is to be asked next; `None` while it has confirmed everything.
    sync_at: Option<Instant>,
}

impl Link {
    /// When something is to be done, whether records come or not.
    fn due(&self) -> Option<Instant> {
        let due = [self.sync_at, self.log.due()];
        due.into_iter().flatten().min()
    }
}

impl Writer {
    /// Opens the place for writing.
    pub(crate) async fn open(queue: Arc<Queue>, place: Place) -> Result<Self, StoreError> {
        let link = Some(connect(&place).await?);
        let end = End(Arc::clone(&queue));
        Ok(Self { queue, place, link, inserter: Inserter::new(), _end: end })
    }

    /// Writes until the queue is closed and empty.
    pub(crate) async fn run(mut self) -> Result<(), StoreError> {
        let mut batch = Vec::with_capacity(BATCH_MAX);
        loop {
            let due = self.link.as_ref().and_then(Link::due);
            let done = match self.queue.next(&mut batch, due).await {
                Turn::Write => self.write(&batch).await,
                Turn::Idle => Ok(()),
                Turn::End => break,
            };
            if let Err(reason) = done {
                self.recover(reason, &mut batch).await?;
            }
            self.queue.settle();
            batch.drain(..).for_each(|mut entry| entry.answer(Ok(())));
            let kept = self.checkpoint_if_due().await;
            let kept = if kept.is_ok() && self.sync_is_due() { self.sync().await } else { kept };
            if let Err(reason) = kept {
                self.recover(reason, &mut batch).await?;
            }
        }
        self.close().await
    }

    async fn close(mut self) -> Result<(), StoreError> {
        self.sync().await.map_err(|reason| StoreError::Unconfirmed { reason })?;
        self.checkpoint().await.map_err(|reason| StoreError::Unconfirmed { reason })?;
        match self.link {
            Some(link) => {
                link.connection.close().await.map_err(|source| StoreError::Database { doing: "close", source })
            }
            None => Ok(()),
        }
    }

    async fn checkpoint_if_due(&mut self) -> Result<(), Arc<str>> {
        let due = self.link.as_ref().and_then(|link| link.log.due());
        if due.is_some_and(|due| due <= Instant::now()) { self.checkpoint().await } else { Ok(()) }
    }

    /// Signs what is committed.
    async fn checkpoint(&mut self) -> Result<(), Arc<str>> {
        let Some(Link { connection, log, .. }) = &mut self.link else { return Ok(()) };
        log.checkpoint(connection).await.map_err(|error| describe(&error))
    }

    fn sync_is_due(&self) -> bool {
        self.link.as_ref().and_then(|link| link.sync_at).is_some_and(|due| due <= Instant::now())
    }

    /// Waits until the disk has confirmed every commit.
    async fn sync(&mut self) -> Result<(), Arc<str>> {
        let Some(link) = &mut self.link else { return Ok(()) };
        let (Some(log), Some(_)) = (&link.unsynced_log, link.sync_at) else { return Ok(()) };
        let log = Arc::clone(log);
        let synced = tokio::task::spawn_blocking(move || log.sync_data()).await;
        synced.map_err(|error| describe(&error))?.map_err(|error| describe(&error))?;
        link.sync_at = None;
        self.checkpoint().await
    }

    /// Commits `batch`. The files are compared only afterwards: what is acknowledged is in the files that are there.
    async fn write(&mut self, batch: &[Entry]) -> Result<(), Arc<str>> {
        if self.place.keeps() == Keeps::Nothing {
            return Ok(());
        }
        let link = self.link.as_mut().ok_or_else(|| Arc::from("the store is not open"))?;
        self.inserter.write(&mut link.connection, &mut link.log, batch).await.map_err(|error| describe(&error))?;
        match self.place.identity() {
            Ok(identity) if identity == link.identity => {
                if link.unsynced_log.is_some() {
                    link.sync_at.get_or_insert_with(|| Instant::now() + SYNC_INTERVAL);
                }
                Ok(())
            }
            Ok(_) => Err(Arc::from("the store's file was replaced")),
            Err(error) => Err(Arc::from(format!("the store's file is gone: {error}"))),
        }
    }

    /// Refuses everything until `batch`, or a probe where nothing of it stays, could be written.
    async fn recover(&mut self, mut reason: Arc<str>, batch: &mut Vec<Entry>) -> Result<(), StoreError> {
        tracing::error!(reason = &*reason, "record store cannot be written");
        loop {
            self.queue.die(&reason, batch);
            let pause = self.queue.pause(RETRY_PAUSE).await;
            match self.retry(batch).await {
                Ok(()) => break,
                Err(again) => reason = again,
            }
            if pause == Pause::Closing {
                return Err(StoreError::Unwritten { records: self.queue.depth(), reason });
            }
            tracing::debug!(reason = &*reason, records = self.queue.depth(), "record store still cannot be written");
        }
        tracing::info!("record store can be written again");
        self.queue.revive();
        Ok(())
    }

    /// One attempt: what it has written is confirmed by the disk, so that a disk which only takes but never confirms
    /// does not count as well again.
    async fn retry(&mut self, batch: &[Entry]) -> Result<(), Arc<str>> {
        self.reconnect().await.map_err(|error| describe(&error))?;
        self.write_again(batch).await?;
        if let Some(link) = &mut self.link {
            link.sync_at = Some(Instant::now());
        }
        self.sync().await
    }

    async fn write_again(&mut self, batch: &[Entry]) -> Result<(), Arc<str>> {
        let link = self.link.as_mut().ok_or_else(|| Arc::from("the store is not open"))?;
        let Some(first) = batch.first() else {
            return insert::probe(&mut link.connection).await.map_err(|error| describe(&error));
        };
        let written = insert::is_written(&mut link.connection, &first.record).await;
        if written.map_err(|error| describe(&error))? {
            return Ok(());
        }
        self.write(batch).await
    }

    /// Opens the file anew, creating it if it is gone. What is kept in memory would be lost by that.
    async fn reconnect(&mut self) -> Result<(), StoreError> {
        if self.place.is_memory() && self.link.is_some() {
            return Ok(());
        }
        if let Some(link) = self.link.take() {
            // The connection has failed already; how it closes tells nothing more.
            let _ = link.connection.close().await;
        }
        self.link = Some(connect(&self.place).await?);
        Ok(())
    }
}

/// Marks the queue when the writer ends in any way, even before it ran, so that no caller waits for it.
struct End(Arc<Queue>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.end();
    }
}

async fn connect(place: &Place) -> Result<Link, StoreError> {
    let mut connection = place.connect().await?;
    let log = Log::open(place, &mut connection).await?;
    let failed = |source| StoreError::Create { path: place.path().to_owned(), source };
    let identity = place.identity().map_err(failed)?;
    let unsynced_log = place.unsynced_log().map_err(failed)?.map(Arc::new);
    // What another process has left is confirmed, and then signed, without waiting for more.
    let sync_at = (unsynced_log.is_some() && log.is_behind()).then(Instant::now);
    Ok(Link { connection, log, identity, unsynced_log, sync_at })
}

/// The whole chain of causes in one line.
fn describe(error: &dyn std::error::Error) -> Arc<str> {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let sentence = error.to_string();
        // Some errors already repeat their cause.
        if !text.contains(&sentence) {
            text.push_str(": ");
            text.push_str(&sentence);
        }
        cause = error.source();
    }
    Arc::from(text)
}
