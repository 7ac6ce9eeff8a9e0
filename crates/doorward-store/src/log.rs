//! The tree over the records: every record that is committed is a leaf of it, in the same transaction.
//!
//! Responsible for the tree's edge, its tiles and its checkpoints. It must never commit by itself: what it writes stands or
//! falls with the records it is about.

pub(crate) mod key;
pub(crate) mod reading;

use doorward_core::audit::checkpoint::Checkpoint;
use doorward_core::audit::entry::{Entry as Leaf, RecordSalt};
use doorward_core::audit::merkle::{Frontier, Hash};
use doorward_core::audit::note::SignerKey;
use doorward_core::audit::tiles::FULL;
use doorward_core::record::Record;
use doorward_core::time::Timestamp;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Row};
use tokio::time::Instant;

use crate::error::StoreError;
use crate::limits::{LOG_CHECKPOINT_INTERVAL, LOG_CHECKPOINTS_KEPT};
use crate::place::Place;
use crate::queue::now;

/// In microseconds.
const MINUTE: i64 = 60_000_000;

/// The writing side of the tree.
#[derive(Debug)]
pub(crate) struct Log {
    signer: SignerKey,
    edge: Edge,
    signed: Option<Signed>,
    signs: Signs,
}

/// When a tree may be signed: never before what it is made of is as durable as it will be. A signed head whose records a
/// power cut takes back would be the proof of a second history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signs {
    /// With the commit: it waits for the disk.
    WithCommit,
    /// Once the disk has confirmed the commit.
    OnceSynced,
}

/// Where the next leaf goes, as this process left it; another may have gone on since.
#[derive(Debug, Clone)]
struct Edge {
    frontier: Frontier,
    /// The hashes of the tile that is not full, for each level.
    open: Vec<Vec<u8>>,
}

/// The last checkpoint of this process.
#[derive(Debug, Clone, Copy)]
struct Signed {
    size: u64,
    at: Instant,
}

/// What a batch makes of the tree, once it is committed.
#[must_use = "the tree goes on from the old edge until this is settled"]
pub(crate) struct Growth {
    edge: Edge,
    signed: Option<Signed>,
}

/// What is kept of a record beside its columns.
pub(crate) struct Sealed {
    pub(crate) entry: Vec<u8>,
    pub(crate) openings: String,
    leaf: Hash,
}

impl Sealed {
    /// The leaf of `record`, with salts nobody else has.
    pub(crate) fn of(record: &Record, salt: [u8; 32]) -> Self {
        let (entry, openings) = Leaf::of(record, &RecordSalt::from_bytes(salt));
        Self { leaf: entry.leaf_hash(), openings: openings.to_json(), entry: entry.into_bytes() }
    }
}

impl Log {
    /// The tree at `place`, begun if there is none.
    pub(crate) async fn open(place: &Place, connection: &mut SqliteConnection) -> Result<Self, StoreError> {
        let failed = |source| StoreError::Database { doing: "open the log of", source };
        // One view of the edge and its tiles, whatever others write meanwhile.
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
        let origin: Option<String> =
            sqlx::query_scalar("SELECT origin FROM log").fetch_optional(&mut *transaction).await.map_err(failed)?;
        let signer = key::signer(place.key_path().as_deref(), origin.as_deref())?;
        sqlx::query(
            "INSERT INTO log (id, origin, key, size, edge) VALUES (1, ?, ?, 0, ?) \
             ON CONFLICT DO UPDATE SET key = excluded.key WHERE key != excluded.key",
        )
        .bind(signer.verifier().name().as_str().to_owned())
        .bind(signer.verifier().to_string())
        .bind(Frontier::new().to_bytes())
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        let edge = edge(&mut transaction).await.map_err(failed)?;
        let signed: i64 = sqlx::query_scalar("SELECT coalesce(max(size), 0) FROM log_checkpoint")
            .fetch_one(&mut *transaction)
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        // What a crash has left unsigned is signed without waiting for more.
        let at = Instant::now().checked_sub(LOG_CHECKPOINT_INTERVAL);
        let signed = at.map(|at| Signed { size: signed.unsigned_abs(), at });
        Ok(Self { signer, edge, signed, signs: place.signs() })
    }

    /// Takes up what other processes have added, within a transaction, and says which leaf is next.
    pub(crate) async fn catch_up(&mut self, connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
        let size: i64 = sqlx::query_scalar("SELECT size FROM log").fetch_one(&mut *connection).await?;
        if u64::try_from(size).ok() != Some(self.edge.frontier.size()) {
            self.edge = edge(connection).await?;
        }
        Ok(size)
    }

    /// Adds the leaves of a batch, within the transaction that writes its records; call [`Log::settle`] once it is committed.
    pub(crate) async fn grow(
        &self,
        connection: &mut SqliteConnection,
        batch: &[Sealed],
    ) -> Result<Growth, sqlx::Error> {
        let mut edge = self.edge.clone();
        for (level, number, hashes) in edge.append(batch)? {
            sqlx::query(
                "INSERT INTO log_tile (level, number, hashes) VALUES (?, ?, ?) \
                 ON CONFLICT DO UPDATE SET hashes = excluded.hashes",
            )
            .bind(level)
            .bind(stored(number)?)
            .bind(hashes)
            .execute(&mut *connection)
            .await?;
        }
        sqlx::query("UPDATE log SET size = ?, edge = ?")
            .bind(stored(edge.frontier.size())?)
            .bind(edge.frontier.to_bytes())
            .execute(&mut *connection)
            .await?;
        let is_due = self.signs == Signs::WithCommit
            && self.signed.is_none_or(|signed| signed.at.elapsed() >= LOG_CHECKPOINT_INTERVAL);
        let signed = if is_due { Some(self.sign(&edge.frontier, connection).await?) } else { None };
        Ok(Growth { edge, signed })
    }

    /// What was written is committed.
    pub(crate) fn settle(&mut self, growth: Growth) {
        self.edge = growth.edge;
        self.signed = growth.signed.or(self.signed);
    }

    /// When records that no checkpoint covers are to have one; `None` where that follows the disk's confirmation.
    pub(crate) fn due(&self) -> Option<Instant> {
        match self.signs {
            Signs::WithCommit => self
                .is_behind()
                .then(|| self.signed.map_or_else(Instant::now, |signed| signed.at + LOG_CHECKPOINT_INTERVAL)),
            Signs::OnceSynced => None,
        }
    }

    /// Whether there are records that no checkpoint covers.
    pub(crate) fn is_behind(&self) -> bool {
        self.signed.map_or(0, |signed| signed.size) < self.edge.frontier.size()
    }

    /// Signs what is committed, unless that is signed.
    pub(crate) async fn checkpoint(&mut self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        if self.is_behind() {
            self.signed = Some(self.sign(&self.edge.frontier, connection).await?);
        }
        Ok(())
    }

    async fn sign(&self, frontier: &Frontier, connection: &mut SqliteConnection) -> Result<Signed, sqlx::Error> {
        let (origin, at) = (self.signer.verifier().name().as_str(), now());
        let checkpoint = Checkpoint::new(origin, frontier.size(), frontier.root()).ok_or_else(too_large)?;
        let note = checkpoint.sign(&self.signer, at).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
        // Of two processes that reach one size, the first has signed it.
        sqlx::query("INSERT INTO log_checkpoint (size, at, note) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
            .bind(stored(frontier.size())?)
            .bind(at.as_micros())
            .bind(note.to_string())
            .execute(&mut *connection)
            .await?;
        thin(connection, at).await?;
        Ok(Signed { size: frontier.size(), at: Instant::now() })
    }
}

impl Edge {
    /// Appends the leaves, and returns the tiles that have changed.
    fn append(&mut self, batch: &[Sealed]) -> Result<Vec<(u8, u64, Vec<u8>)>, sqlx::Error> {
        let (open, mut full) = (&mut self.open, Vec::new());
        for sealed in batch {
            let made = |height: u8, index: u64, hash: Hash| {
                let level = height / 8;
                if !height.is_multiple_of(8) {
                    return;
                }
                if open.len() <= usize::from(level) {
                    open.resize_with(usize::from(level) + 1, Vec::new);
                }
                let Some(tile) = open.get_mut(usize::from(level)) else { return };
                tile.extend_from_slice(hash.as_bytes());
                if tile.len() == 32 * usize::from(FULL) {
                    full.push((level, index / u64::from(FULL), std::mem::take(tile)));
                }
            };
            self.frontier.push_telling(sealed.leaf, made).ok_or_else(too_large)?;
        }
        let size = self.frontier.size();
        let partial = (0_u8..).zip(&self.open).filter(|(_, hashes)| !hashes.is_empty());
        full.extend(
            partial.map(|(level, hashes)| (level, (size >> (8 * u32::from(level))) / u64::from(FULL), hashes.clone())),
        );
        Ok(full)
    }
}

/// The edge as it is committed.
async fn edge(connection: &mut SqliteConnection) -> Result<Edge, sqlx::Error> {
    let row = sqlx::query("SELECT size, edge FROM log").fetch_one(&mut *connection).await?;
    let frontier = Frontier::from_bytes(row.try_get("edge")?).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    if stored(frontier.size())? != row.try_get::<i64, _>("size")? {
        return Err(sqlx::Error::Decode("the size of the log is not that of its edge".into()));
    }
    let mut open = Vec::new();
    let mut hashes = frontier.size();
    for level in 0_u8.. {
        if hashes == 0 {
            break;
        }
        let (number, wanted) = (hashes / u64::from(FULL), 32 * (hashes % u64::from(FULL)));
        let tile: Option<Vec<u8>> = sqlx::query_scalar("SELECT hashes FROM log_tile WHERE level = ? AND number = ?")
            .bind(level)
            .bind(stored(number)?)
            .fetch_optional(&mut *connection)
            .await?;
        let tile = tile.unwrap_or_default();
        if tile.len() as u64 != wanted {
            return Err(sqlx::Error::Decode(format!("tile {number} of level {level} of the log is damaged").into()));
        }
        open.push(tile);
        hashes /= u64::from(FULL);
    }
    Ok(Edge { frontier, open })
}

/// Leaves of the checkpoints that are a day old one a minute.
async fn thin(connection: &mut SqliteConnection, now: Timestamp) -> Result<(), sqlx::Error> {
    let day = i64::try_from(LOG_CHECKPOINTS_KEPT.as_micros()).unwrap_or(i64::MAX);
    let until = now.as_micros().saturating_sub(day) / MINUTE * MINUTE;
    let from = until - 2 * MINUTE;
    sqlx::query(
        "DELETE FROM log_checkpoint WHERE at >= ?1 AND at < ?2 AND size NOT IN \
         (SELECT max(size) FROM log_checkpoint WHERE at >= ?1 AND at < ?2 GROUP BY at / ?3)",
    )
    .bind(from)
    .bind(until)
    .bind(MINUTE)
    .execute(connection)
    .await?;
    Ok(())
}

/// SQLite's integers are signed; a tree that large would take longer than there is.
fn stored(number: u64) -> Result<i64, sqlx::Error> {
    i64::try_from(number).map_err(|error| sqlx::Error::Encode(Box::new(error)))
}

fn too_large() -> sqlx::Error {
    sqlx::Error::Encode("the log has as many records as a tree may have".into())
}
