//! The tree over the records: every record that is committed is a leaf of it, in the same transaction.
//!
//! Responsible for the tree's edge, its tiles and its checkpoints. It must never commit by itself: what it writes stands or
//! falls with the records it is about.

mod key;
pub(crate) mod reading;

use doorward_core::audit::checkpoint::Checkpoint;
use doorward_core::audit::entry::{Entry as Leaf, RecordSalt};
use doorward_core::audit::merkle::{Frontier, Hash};
use doorward_core::audit::note::SignerKey;
use doorward_core::audit::tiles::FULL;
use doorward_core::record::Record;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Row};
use tokio::time::Instant;

use crate::error::StoreError;
use crate::limits::LOG_CHECKPOINT_INTERVAL;
use crate::place::Place;
use crate::queue::now;

/// The writing side of the tree.
#[derive(Debug)]
pub(crate) struct Log {
    signer: SignerKey,
    edge: Edge,
    signed: Option<Signed>,
}

/// Where the next leaf goes, as this process left it; another may have gone on since.
#[derive(Debug, Clone)]
struct Edge {
    /// The number of the last record that is in no tree: those from before there was one.
    base: i64,
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
            "INSERT INTO log (id, origin, key, base, size, edge) \
             SELECT 1, ?, ?, coalesce(max(seq), 0), 0, ? FROM record WHERE true \
             ON CONFLICT DO UPDATE SET key = excluded.key WHERE key != excluded.key",
        )
        .bind(signer.verifier().name().as_str().to_owned())
        .bind(signer.verifier().to_string())
        .bind(Frontier::new().to_bytes())
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        let edge = edge(&mut transaction).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(Self { signer, edge, signed: None })
    }

    /// Takes up what other processes have added, within a transaction, and says which number the next record has.
    pub(crate) async fn catch_up(&mut self, connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
        let size: i64 = sqlx::query_scalar("SELECT size FROM log").fetch_one(&mut *connection).await?;
        if u64::try_from(size).ok() != Some(self.edge.frontier.size()) {
            self.edge = edge(connection).await?;
        }
        Ok(self.edge.base.saturating_add(size).saturating_add(1))
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
        let is_due = self.signed.is_none_or(|signed| signed.at.elapsed() >= LOG_CHECKPOINT_INTERVAL);
        let signed = if is_due { Some(self.sign(&edge.frontier, connection).await?) } else { None };
        Ok(Growth { edge, signed })
    }

    /// What was written is committed.
    pub(crate) fn settle(&mut self, growth: Growth) {
        self.edge = growth.edge;
        self.signed = growth.signed.or(self.signed);
    }

    /// When records that no checkpoint covers are to have one.
    pub(crate) fn due(&self) -> Option<Instant> {
        let signed = self.signed?;
        (signed.size < self.edge.frontier.size()).then(|| signed.at + LOG_CHECKPOINT_INTERVAL)
    }

    /// Signs what is committed, unless that is signed.
    pub(crate) async fn checkpoint(&mut self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        if self.signed.is_none_or(|signed| signed.size < self.edge.frontier.size()) && self.edge.frontier.size() > 0 {
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
            .execute(connection)
            .await?;
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
    let row = sqlx::query("SELECT base, size, edge FROM log").fetch_one(&mut *connection).await?;
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
    Ok(Edge { base: row.try_get("base")?, frontier, open })
}

/// SQLite's integers are signed; a tree that large would take longer than there is.
fn stored(number: u64) -> Result<i64, sqlx::Error> {
    i64::try_from(number).map_err(|error| sqlx::Error::Encode(Box::new(error)))
}

fn too_large() -> sqlx::Error {
    sqlx::Error::Encode("the log has as many records as a tree may have".into())
}
