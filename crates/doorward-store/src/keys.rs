//! API keys: what is kept of them, and changing that.
//!
//! Responsible for the table of keys. It holds the digest of a key's secret and never the secret. A plain SHA-256 is enough
//! for that: a slow hash protects secrets that people choose, and nobody can try out 256 random bits.

use std::collections::BTreeSet;

use doorward_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::Row;
use sqlx::sqlite::{SqlitePool, SqliteRow};

use crate::config::StoreConfig;
use crate::error::StoreError;
use crate::limits::{KEYS_MAX, READERS_MAX};
use crate::place::Place;
use crate::pool;

/// What is known of one API key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The part of the key that names it.
    pub id: String,
    /// SHA-256 of the part that is secret.
    pub digest: [u8; 32],
    /// Whom it stands for.
    pub holder: Holder,
    /// What it was given for.
    pub grants: Grants,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends; `None` when it does not end by itself.
    pub expires: Option<Timestamp>,
    /// When it was taken back.
    pub revoked: Option<Timestamp>,
    /// When it was last used, within some minutes.
    pub last_used: Option<Timestamp>,
}

/// Whom a key stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// A person, or an account that stands for one.
    User(String),
    /// A program that acts for itself.
    Agent(String),
}

/// What a key was given for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Grants {
    /// The groups of its holder.
    pub groups: BTreeSet<String>,
    /// Its scopes.
    pub scopes: BTreeSet<String>,
    /// The servers it is good for; all of them when empty.
    pub servers: BTreeSet<String>,
}

impl Holder {
    /// `user` or `agent`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Agent(_) => "agent",
        }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::User(name) | Self::Agent(name) => name,
        }
    }
}

/// The keys of one store, beside its records.
#[derive(Debug, Clone)]
pub struct Keys {
    reading: SqlitePool,
    writing: SqlitePool,
}

impl Keys {
    /// Opens the keys of a store, which is made where it is missing and brought to the schema of this build.
    ///
    /// # Errors
    /// As [`crate::Store::open`].
    pub async fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        let place = Place::of(config)?;
        let connection = place.connect().await?;
        let keys = Self::at(&place);
        drop(connection);
        Ok(keys)
    }

    pub(crate) fn at(place: &Place) -> Self {
        let reading = pool::over(place, place.reading(), READERS_MAX);
        Self { reading, writing: pool::over(place, place.writing(), 1) }
    }

    /// Keeps a new key.
    ///
    /// # Errors
    /// [`StoreError::TooManyKeys`]; or the id is taken, or the database cannot be written.
    pub async fn create(&self, key: &ApiKey) -> Result<(), StoreError> {
        let grants =
            serde_json::to_string(&key.grants).map_err(|error| write_error(sqlx::Error::Encode(error.into())))?;
        let made = sqlx::query(
            "INSERT INTO api_key (id, digest, kind, name, grants, created, expires) SELECT ?, ?, ?, ?, ?, ?, ? \
             WHERE (SELECT count(*) FROM api_key) < ?",
        )
        .bind(&key.id)
        .bind(key.digest.to_vec())
        .bind(key.holder.kind())
        .bind(key.holder.name())
        .bind(grants)
        .bind(key.created.as_micros())
        .bind(key.expires.map(Timestamp::as_micros))
        .bind(KEYS_MAX)
        .execute(&self.writing)
        .await
        .map_err(write_error)?;
        if made.rows_affected() == 1 { Ok(()) } else { Err(StoreError::TooManyKeys { most: KEYS_MAX }) }
    }

    /// Every key, oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn list(&self) -> Result<Vec<ApiKey>, StoreError> {
        let rows = sqlx::query("SELECT * FROM api_key ORDER BY created, id").fetch_all(&self.reading).await;
        rows.map_err(read_error)?.iter().map(read).collect::<Result<_, _>>().map_err(read_error)
    }

    /// The key of that id, be it good or not.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn find(&self, id: &str) -> Result<Option<ApiKey>, StoreError> {
        let row = sqlx::query("SELECT * FROM api_key WHERE id = ?").bind(id).fetch_optional(&self.reading).await;
        row.map_err(read_error)?.as_ref().map(read).transpose().map_err(read_error)
    }

    /// Takes a key back. One that was taken back before stays so since then.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn revoke(&self, id: &str, at: Timestamp) -> Result<Revoked, StoreError> {
        let done = sqlx::query("UPDATE api_key SET revoked = coalesce(revoked, ?) WHERE id = ?")
            .bind(at.as_micros())
            .bind(id)
            .execute(&self.writing)
            .await
            .map_err(write_error)?;
        Ok(if done.rows_affected() == 0 { Revoked::Unknown } else { Revoked::Done })
    }

    /// Takes note of a use.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn used(&self, id: &str, at: Timestamp) -> Result<(), StoreError> {
        let noted = sqlx::query("UPDATE api_key SET last_used = max(coalesce(last_used, 0), ?) WHERE id = ?")
            .bind(at.as_micros())
            .bind(id)
            .execute(&self.writing)
            .await;
        noted.map(drop).map_err(write_error)
    }

    /// Closes the connections; later questions fail.
    pub async fn close(&self) {
        self.reading.close().await;
        self.writing.close().await;
    }
}

/// What became of taking a key back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revoked {
    /// It is good no more.
    Done,
    /// There is none of that id.
    Unknown,
}

fn read(row: &SqliteRow) -> Result<ApiKey, sqlx::Error> {
    let time = |column: &str| row.try_get::<Option<i64>, _>(column).map(|at| at.map(Timestamp::from_micros));
    let unreadable = |what: &'static str| sqlx::Error::Decode(what.into());
    let name: String = row.try_get("name")?;
    let holder = match row.try_get::<&str, _>("kind")? {
        "user" => Holder::User(name),
        "agent" => Holder::Agent(name),
        _ => return Err(unreadable("a key's kind of holder")),
    };
    // Grants that cannot be read must not become none: no servers would mean all of them.
    let grants = serde_json::from_str(row.try_get("grants")?).map_err(|_| unreadable("a key's grants"))?;
    Ok(ApiKey {
        id: row.try_get("id")?,
        digest: row.try_get::<&[u8], _>("digest")?.try_into().map_err(|_| unreadable("a key's digest"))?,
        holder,
        grants,
        created: Timestamp::from_micros(row.try_get("created")?),
        expires: time("expires")?,
        revoked: time("revoked")?,
        last_used: time("last_used")?,
    })
}

fn read_error(source: sqlx::Error) -> StoreError {
    StoreError::Database { doing: "read the keys of", source }
}

fn write_error(source: sqlx::Error) -> StoreError {
    StoreError::Database { doing: "write the keys of", source }
}
