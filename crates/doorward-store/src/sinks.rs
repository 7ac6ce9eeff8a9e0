//! How far each place outside has been told of the records: one cursor for each sink.
//!
//! Responsible for that a cursor moves only forward, only by what was confirmed, and only by the one process that holds
//! its lease, however many gateways share the store. What a sink is and how it is spoken to is not known here.

use doorward_core::time::Timestamp;
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{AssertSqlSafe, Row};

use crate::config::StoreConfig;
use crate::error::StoreError;
use crate::limits::{READERS_MAX, SINK_REASON_CHARS_MAX};
use crate::place::Place;
use crate::pool;

/// Where a sink that is new begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SinkStart {
    /// With the oldest record there is.
    #[default]
    Oldest,
    /// With the first record written from now on.
    Newest,
}

/// The right to move a cursor, for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkLease {
    /// Who has it: something no other process is called.
    pub holder: String,
    /// The time now.
    pub now: Timestamp,
    /// Until when it holds, unless it is taken again before.
    pub until: Timestamp,
}

/// Whether a cursor was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declared {
    /// There was none: it is made.
    Made,
    /// It was there and is as it was.
    There,
}

/// What became of moving a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// It has moved.
    Done,
    /// Somebody else has the lease or has moved it: nothing was changed.
    Lost,
}

/// Why a sink has not taken what it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SinkTrouble {
    /// It is tried again soon.
    Passing,
    /// It will refuse the same again: somebody has to change something.
    Parked,
}

/// Where one sink stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkRow {
    /// Its configured name.
    pub name: String,
    /// The last record it has confirmed; zero for none.
    pub seq: i64,
    /// When it confirmed something last.
    pub confirmed: Option<Timestamp>,
    /// Who serves it, and until when that holds.
    pub lease: Option<(String, Timestamp)>,
    /// Why it takes nothing at present, since when, and what kind of trouble that is.
    pub trouble: Option<(String, Timestamp, SinkTrouble)>,
    /// The last record of the store.
    pub head: i64,
    /// When the oldest record it has not confirmed was written; `None` when there is none.
    pub waiting_since: Option<Timestamp>,
}

impl SinkRow {
    /// Records it has not confirmed.
    #[must_use]
    pub fn behind(&self) -> u64 {
        u64::try_from(self.head.saturating_sub(self.seq)).unwrap_or(0)
    }
}

/// The cursors of one store, beside its records.
#[derive(Debug, Clone)]
pub struct Sinks {
    reading: SqlitePool,
    writing: SqlitePool,
}

impl Sinks {
    /// Opens the cursors of a store, which is made where it is missing and brought to the schema of this build.
    ///
    /// # Errors
    /// As [`crate::Store::open`].
    pub async fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        let place = Place::of(config)?;
        let connection = place.connect().await?;
        let sinks = Self::at(&place);
        drop(connection);
        Ok(sinks)
    }

    pub(crate) fn at(place: &Place) -> Self {
        let reading = pool::over(place, place.reading(), READERS_MAX);
        Self { reading, writing: pool::over(place, place.writing(), 1) }
    }

    /// Makes a cursor for a sink that has none; whether it was made.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn declare(&self, name: &str, start: SinkStart) -> Result<Declared, StoreError> {
        let from = match start {
            SinkStart::Oldest => "0",
            SinkStart::Newest => "(SELECT coalesce(max(seq), 0) FROM record)",
        };
        let made = format!("INSERT INTO sink (name, seq) VALUES (?, {from}) ON CONFLICT (name) DO NOTHING");
        let made = sqlx::query(AssertSqlSafe(made)).bind(name).execute(&self.writing).await.map_err(write_error)?;
        Ok(if made.rows_affected() == 1 { Declared::Made } else { Declared::There })
    }

    /// Takes or renews the lease of a sink; the last record it confirmed, or `None` while somebody else has the lease.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn claim(&self, name: &str, lease: &SinkLease) -> Result<Option<i64>, StoreError> {
        sqlx::query_scalar(
            "UPDATE sink SET holder = ?2, until = ?4 WHERE name = ?1 AND (holder IS NULL OR holder = ?2 OR until <= ?3) \
             RETURNING seq",
        )
        .bind(name)
        .bind(&lease.holder)
        .bind(lease.now.as_micros())
        .bind(lease.until.as_micros())
        .fetch_optional(&self.writing)
        .await
        .map_err(write_error)
    }

    /// Moves the cursor from `from` to `to`, which the sink has confirmed, and renews the lease.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn advance(&self, name: &str, lease: &SinkLease, from: i64, to: i64) -> Result<Moved, StoreError> {
        let moved = sqlx::query(
            "UPDATE sink SET seq = ?4, at = ?5, until = ?6, reason = NULL, since = NULL, parked = 0 \
             WHERE name = ?1 AND holder = ?2 AND seq = ?3 AND ?4 >= ?3",
        )
        .bind(name)
        .bind(&lease.holder)
        .bind(from)
        .bind(to)
        .bind(lease.now.as_micros())
        .bind(lease.until.as_micros())
        .execute(&self.writing)
        .await
        .map_err(write_error)?;
        Ok(if moved.rows_affected() == 1 { Moved::Done } else { Moved::Lost })
    }

    /// Takes note that the sink took nothing. The time is kept from the first such note since it last took something.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn failed(
        &self,
        name: &str,
        lease: &SinkLease,
        reason: &str,
        trouble: SinkTrouble,
    ) -> Result<(), StoreError> {
        let reason: String = reason.chars().take(SINK_REASON_CHARS_MAX).collect();
        let parked = match trouble {
            SinkTrouble::Passing => 0_i64,
            SinkTrouble::Parked => 1,
        };
        sqlx::query(
            "UPDATE sink SET reason = ?3, since = coalesce(since, ?4), parked = ?5, until = ?6 \
             WHERE name = ?1 AND holder = ?2",
        )
        .bind(name)
        .bind(&lease.holder)
        .bind(reason)
        .bind(lease.now.as_micros())
        .bind(parked)
        .bind(lease.until.as_micros())
        .execute(&self.writing)
        .await
        .map(drop)
        .map_err(write_error)
    }

    /// Gives a lease back, so that another process need not wait for its end.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn release(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE sink SET holder = NULL, until = NULL WHERE name = ? AND holder = ?")
            .bind(name)
            .bind(holder)
            .execute(&self.writing)
            .await
            .map(drop)
            .map_err(write_error)
    }

    /// Every sink there is a cursor of, by name.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn all(&self) -> Result<Vec<SinkRow>, StoreError> {
        all(&self.reading).await
    }

    /// Closes the connections; later questions fail.
    pub async fn close(&self) {
        self.reading.close().await;
        self.writing.close().await;
    }
}

/// Every sink there is a cursor of; none in a file from before there were any.
pub(crate) async fn all(pool: &SqlitePool) -> Result<Vec<SinkRow>, StoreError> {
    let there = sqlx::query("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'sink'")
        .fetch_optional(pool)
        .await
        .map_err(read_error)?;
    if there.is_none() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query(
        "SELECT sink.*, (SELECT coalesce(max(seq), 0) FROM record) AS head, \
         (SELECT at FROM record WHERE record.seq > sink.seq ORDER BY record.seq LIMIT 1) AS waiting \
         FROM sink ORDER BY name",
    )
    .fetch_all(pool)
    .await
    .map_err(read_error)?;
    rows.iter().map(read).collect::<Result<_, _>>().map_err(read_error)
}

fn read(row: &SqliteRow) -> Result<SinkRow, sqlx::Error> {
    let time = |column: &str| row.try_get::<Option<i64>, _>(column).map(|at| at.map(Timestamp::from_micros));
    let trouble = if row.try_get::<i64, _>("parked")? == 0 { SinkTrouble::Passing } else { SinkTrouble::Parked };
    let reason: Option<String> = row.try_get("reason")?;
    let holder: Option<String> = row.try_get("holder")?;
    Ok(SinkRow {
        name: row.try_get("name")?,
        seq: row.try_get("seq")?,
        confirmed: time("at")?,
        lease: holder.zip(time("until")?),
        trouble: reason.zip(time("since")?).map(|(reason, since)| (reason, since, trouble)),
        head: row.try_get("head")?,
        waiting_since: time("waiting")?,
    })
}

fn read_error(source: sqlx::Error) -> StoreError {
    StoreError::Database { doing: "read", source }
}

fn write_error(source: sqlx::Error) -> StoreError {
    StoreError::Database { doing: "write", source }
}
