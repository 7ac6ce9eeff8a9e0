//! The tree as readers see it: how large it is, its checkpoints, tiles and entries.

use doorward_core::audit::tiles::{FULL, Kind, Tile, bundle};
use sqlx::Row;
use sqlx::sqlite::{SqlitePool, SqliteRow};

use crate::view::{self, RecordView};

/// How far the log has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogHead {
    /// Which log: the name of its key.
    pub origin: String,
    /// The key that its checkpoints are verified with at present, as text. Whoever verifies takes it from somewhere else.
    pub key: String,
    /// How many entries there are.
    pub size: u64,
}

/// A signed checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHead {
    /// How many entries it covers.
    pub size: u64,
    /// The signed note.
    pub note: String,
}

/// One entry, and what opens it for whoever holds the records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// Its place in the log.
    pub index: u64,
    /// The bytes that were hashed.
    pub entry: Vec<u8>,
    /// What opens its commitments; `None` once that is erased.
    pub openings: Option<String>,
}

pub(crate) async fn head(pool: &SqlitePool) -> Result<Option<LogHead>, sqlx::Error> {
    // A file that no gateway of this version has opened yet.
    let exists: bool =
        sqlx::query_scalar("SELECT count(*) FROM sqlite_schema WHERE name = 'log'").fetch_one(pool).await?;
    if !exists {
        return Ok(None);
    }
    let row = sqlx::query("SELECT origin, key, size FROM log").fetch_optional(pool).await?;
    row.map(|row| {
        let (origin, key) = (row.try_get("origin")?, row.try_get("key")?);
        Ok(LogHead { origin, key, size: number(&row, "size")? })
    })
    .transpose()
}

/// The checkpoints that cover more than `beyond` entries, the smallest first.
pub(crate) async fn checkpoints(pool: &SqlitePool, beyond: u64, limit: u32) -> Result<Vec<SignedHead>, sqlx::Error> {
    let rows = sqlx::query("SELECT size, note FROM log_checkpoint WHERE size > ? ORDER BY size LIMIT ?")
        .bind(signed(beyond)?)
        .bind(limit)
        .fetch_all(pool)
        .await?;
    rows.iter().map(|row| Ok(SignedHead { size: number(row, "size")?, note: row.try_get("note")? })).collect()
}

/// The last checkpoint.
pub(crate) async fn newest(pool: &SqlitePool) -> Result<Option<SignedHead>, sqlx::Error> {
    let row =
        sqlx::query("SELECT size, note FROM log_checkpoint ORDER BY size DESC LIMIT 1").fetch_optional(pool).await?;
    row.map(|row| Ok(SignedHead { size: number(&row, "size")?, note: row.try_get("note")? })).transpose()
}

/// Entries from `from` on.
pub(crate) async fn entries(pool: &SqlitePool, from: u64, limit: u32) -> Result<Vec<LogEntry>, sqlx::Error> {
    let rows = sqlx::query("SELECT leaf, entry, openings FROM record WHERE leaf >= ? ORDER BY leaf LIMIT ?")
        .bind(signed(from)?)
        .bind(limit)
        .fetch_all(pool)
        .await?;
    rows.iter().map(entry).collect()
}

/// Entries from `from` on, each with the record it is of.
pub(crate) async fn logged(
    pool: &SqlitePool,
    from: u64,
    limit: u32,
) -> Result<Vec<(LogEntry, RecordView)>, sqlx::Error> {
    let rows = sqlx::query("SELECT * FROM record WHERE leaf >= ? ORDER BY leaf LIMIT ?")
        .bind(signed(from)?)
        .bind(limit)
        .fetch_all(pool)
        .await?;
    rows.iter().map(|row| Ok((entry(row)?, view::read(row)?))).collect()
}

fn entry(row: &SqliteRow) -> Result<LogEntry, sqlx::Error> {
    Ok(LogEntry { index: number(row, "leaf")?, entry: row.try_get("entry")?, openings: row.try_get("openings")? })
}

/// Where the record of that number stands in the log; `None` for one that is in none.
pub(crate) async fn place(pool: &SqlitePool, seq: i64) -> Result<Option<u64>, sqlx::Error> {
    let leaf: Option<Option<i64>> =
        sqlx::query_scalar("SELECT leaf FROM record WHERE seq = ?").bind(seq).fetch_optional(pool).await?;
    Ok(leaf.flatten().and_then(|leaf| u64::try_from(leaf).ok()))
}

/// How many records are in no log: from before there was one, or of a gateway that knew of none.
pub(crate) async fn outside(pool: &SqlitePool) -> Result<u64, sqlx::Error> {
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM record WHERE leaf IS NULL").fetch_one(pool).await?;
    Ok(count.unsigned_abs())
}

/// The bytes of a tile or a bundle in that very width; `None` where the log has fewer.
pub(crate) async fn tile(pool: &SqlitePool, tile: Tile) -> Result<Option<Vec<u8>>, sqlx::Error> {
    let width = usize::from(tile.width());
    let level = match tile.kind() {
        Kind::Hashes(level) => level,
        Kind::Entries => {
            let from = tile.index().saturating_mul(u64::from(FULL));
            let found = entries(pool, from, u32::from(tile.width())).await?;
            let found: Vec<&[u8]> = found.iter().map(|one| one.entry.as_slice()).collect();
            let whole = bundle(found).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
            return Ok(Some(whole));
        }
    };
    let hashes: Option<Vec<u8>> = sqlx::query_scalar("SELECT hashes FROM log_tile WHERE level = ? AND number = ?")
        .bind(level)
        .bind(signed(tile.index())?)
        .fetch_optional(pool)
        .await?;
    Ok(hashes.and_then(|hashes| hashes.get(..32 * width).map(<[u8]>::to_vec)))
}

fn number(row: &SqliteRow, column: &str) -> Result<u64, sqlx::Error> {
    u64::try_from(row.try_get::<i64, _>(column)?).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

fn signed(number: u64) -> Result<i64, sqlx::Error> {
    i64::try_from(number).map_err(|error| sqlx::Error::Encode(Box::new(error)))
}
