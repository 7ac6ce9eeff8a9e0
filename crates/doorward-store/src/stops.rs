//! Stops: what an operator has stopped, until somebody resumes it or its time is over.
//!
//! Responsible for the table of stops. The command line writes it and every gateway over the store reads it: a number that
//! grows with every change lets a reader ask whether there is anything new without reading the rest. A stop is never made
//! shorter by another one of the same thing. What a stop means for a message is not known here.

use doorward_core::time::Timestamp;
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqlitePool, SqliteRow};

use crate::config::StoreConfig;
use crate::error::StoreError;
use crate::limits::STOPS_MAX;
use crate::place::{FileIdentity, Place};
use crate::pool;

/// What is stopped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StopTarget {
    /// Everything.
    All,
    /// One server, by its configured id.
    Server(String),
    /// One tool, by the server's own name for it.
    Tool {
        /// The server's configured id.
        server: String,
        /// The tool.
        tool: String,
    },
    /// Whoever acts under this name.
    Principal(String),
}

/// A stop to be put in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStop {
    /// What is stopped.
    pub target: StopTarget,
    /// Why.
    pub reason: Option<String>,
    /// Who says so.
    pub by: String,
    /// When it ends by itself; `None` when it does not.
    pub expires: Option<Timestamp>,
}

/// A stop as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StopRow {
    /// Its number. None is given twice.
    pub id: i64,
    /// What is stopped.
    pub target: StopTarget,
    /// Why, as the last to stop it said.
    pub reason: Option<String>,
    /// When it was stopped last.
    pub at: Timestamp,
    /// Who stopped it last.
    pub by: String,
    /// When it ends by itself; `None` when it does not.
    pub expires: Option<Timestamp>,
}

/// A change of what is stopped: two that are equal are the same one, of the same file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StopChange {
    number: i64,
    file: Option<FileIdentity>,
}

impl StopTarget {
    /// What sort of thing it is: `all`, `server`, `tool` or `principal`.
    #[must_use]
    pub const fn scope(&self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Server(_) => "server",
            Self::Tool { .. } => "tool",
            Self::Principal(_) => "principal",
        }
    }

    /// The server it names, if it names one.
    #[must_use]
    pub fn server(&self) -> Option<&str> {
        match self {
            Self::Server(server) | Self::Tool { server, .. } => Some(server),
            Self::All | Self::Principal(_) => None,
        }
    }

    /// The tool or principal it names, if it names one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Tool { tool: name, .. } | Self::Principal(name) => Some(name),
            Self::All | Self::Server(_) => None,
        }
    }
}

impl StopRow {
    /// Whether its time is not over.
    #[must_use]
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|expires| expires > now)
    }
}

/// The stops of one store, beside its records.
#[derive(Debug, Clone)]
pub struct Stops {
    place: Place,
    reading: SqlitePool,
    writing: SqlitePool,
}

impl Stops {
    /// Opens the stops of a store, which is made where it is missing and brought to the schema of this build.
    ///
    /// # Errors
    /// As [`crate::Store::open`].
    pub async fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        let place = Place::of(config)?;
        let connection = place.connect().await?;
        let stops = Self::at(&place);
        drop(connection);
        Ok(stops)
    }

    pub(crate) fn at(place: &Place) -> Self {
        let (reading, writing) = (pool::over(place, place.reading(), 1), pool::over(place, place.writing(), 1));
        Self { place: place.clone(), reading, writing }
    }

    /// Every stop in force, oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn list(&self, now: Timestamp) -> Result<Vec<StopRow>, StoreError> {
        let mut rows = self.all().await?;
        rows.retain(|row| row.is_in_force(now));
        Ok(rows)
    }

    /// Every stop there is, in force or over, and the last change; `None` when that is still `change`. Where the store's file
    /// was replaced since, that is a change.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn since(&self, change: Option<StopChange>) -> Result<Option<(Vec<StopRow>, StopChange)>, StoreError> {
        // The file first, then the number, then the rest: what changes in between is read again the next time, and never missed.
        let file = self.place.file_identity();
        let number = sqlx::query_scalar("SELECT number FROM stop_change WHERE id = 1");
        let number: i64 = number.fetch_one(&self.reading).await.map_err(read_error)?;
        let newest = StopChange { number, file };
        if change == Some(newest) {
            return Ok(None);
        }
        Ok(Some((self.all().await?, newest)))
    }

    async fn all(&self) -> Result<Vec<StopRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM stop ORDER BY id").fetch_all(&self.reading).await.map_err(read_error)?;
        rows.iter().map(read).collect::<Result<_, _>>().map_err(read_error)
    }

    /// Puts a stop in force and says how it stands. What is stopped already stays so at least as long as it was.
    ///
    /// # Errors
    /// [`StoreError::TooManyStops`]; or the database cannot be written.
    pub async fn put(&self, new: &NewStop, at: Timestamp) -> Result<StopRow, StoreError> {
        let mut transaction = self.writing.begin_with("BEGIN IMMEDIATE").await.map_err(write_error)?;
        sweep(&mut transaction, at).await.map_err(write_error)?;
        let row = sqlx::query(PUT)
            .bind(new.target.scope())
            .bind(new.target.server().unwrap_or_default())
            .bind(new.target.name().unwrap_or_default())
            .bind(&new.reason)
            .bind(at.as_micros())
            .bind(&new.by)
            .bind(new.expires.map(Timestamp::as_micros))
            .fetch_one(&mut *transaction)
            .await
            .map_err(write_error)?;
        let row = read(&row).map_err(write_error)?;
        let count = sqlx::query_scalar("SELECT count(*) FROM stop WHERE scope <> 'all'");
        let count: i64 = count.fetch_one(&mut *transaction).await.map_err(write_error)?;
        if count > i64::from(STOPS_MAX) {
            transaction.rollback().await.map_err(write_error)?;
            return Err(StoreError::TooManyStops { most: STOPS_MAX });
        }
        tell(&mut transaction).await.map_err(write_error)?;
        transaction.commit().await.map_err(write_error)?;
        Ok(row)
    }

    /// Takes back the stop of that thing; `None` when it is not stopped.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn lift(&self, target: &StopTarget, at: Timestamp) -> Result<Option<StopRow>, StoreError> {
        let lifting = sqlx::query("DELETE FROM stop WHERE scope = ? AND server = ? AND name = ? RETURNING *")
            .bind(target.scope())
            .bind(target.server().unwrap_or_default())
            .bind(target.name().unwrap_or_default());
        self.lifted(lifting, at).await
    }

    /// Takes back the stop of that number; `None` when there is none.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn lift_numbered(&self, id: i64, at: Timestamp) -> Result<Option<StopRow>, StoreError> {
        self.lifted(sqlx::query("DELETE FROM stop WHERE id = ? RETURNING *").bind(id), at).await
    }

    async fn lifted(&self, lifting: Query<'_>, at: Timestamp) -> Result<Option<StopRow>, StoreError> {
        let mut transaction = self.writing.begin_with("BEGIN IMMEDIATE").await.map_err(write_error)?;
        sweep(&mut transaction, at).await.map_err(write_error)?;
        let row = lifting.fetch_optional(&mut *transaction).await.map_err(write_error)?;
        let row = row.as_ref().map(read).transpose().map_err(write_error)?;
        if row.is_some() {
            tell(&mut transaction).await.map_err(write_error)?;
        }
        transaction.commit().await.map_err(write_error)?;
        Ok(row)
    }

    /// Closes the connections; later questions fail.
    pub async fn close(&self) {
        self.reading.close().await;
        self.writing.close().await;
    }
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

/// A stop without an end outlasts every other.
const PUT: &str = "INSERT INTO stop (scope, server, name, reason, stopped_at, stopped_by, expires) \
    VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (scope, server, name) DO UPDATE SET \
    reason = coalesce(excluded.reason, reason), stopped_at = excluded.stopped_at, stopped_by = excluded.stopped_by, \
    expires = max(expires, excluded.expires) RETURNING *";

/// Stops whose time is over are nothing any more, and make no change by going.
async fn sweep(connection: &mut SqliteConnection, now: Timestamp) -> Result<(), sqlx::Error> {
    let over = sqlx::query("DELETE FROM stop WHERE expires <= ?").bind(now.as_micros());
    over.execute(connection).await.map(|_| ())
}

/// Lets readers know that something has changed.
async fn tell(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let told = sqlx::query("UPDATE stop_change SET number = number + 1 WHERE id = 1").execute(connection).await?;
    // Without the number nobody would obey.
    if told.rows_affected() == 1 { Ok(()) } else { Err(sqlx::Error::RowNotFound) }
}

fn read(row: &SqliteRow) -> Result<StopRow, sqlx::Error> {
    let (server, name): (String, String) = (row.try_get("server")?, row.try_get("name")?);
    let target = match row.try_get::<&str, _>("scope")? {
        "all" => StopTarget::All,
        "server" => StopTarget::Server(server),
        "tool" => StopTarget::Tool { server, tool: name },
        "principal" => StopTarget::Principal(name),
        // What a later Doorward stops must not pass unnoticed.
        _ => return Err(sqlx::Error::Decode("a stop's scope".into())),
    };
    Ok(StopRow {
        id: row.try_get("id")?,
        target,
        reason: row.try_get("reason")?,
        at: Timestamp::from_micros(row.try_get("stopped_at")?),
        by: row.try_get("stopped_by")?,
        expires: row.try_get::<Option<i64>, _>("expires")?.map(Timestamp::from_micros),
    })
}

fn read_error(source: sqlx::Error) -> StoreError {
    StoreError::Database { doing: "read the stops of", source }
}

fn write_error(source: sqlx::Error) -> StoreError {
    StoreError::Database { doing: "write the stops of", source }
}
