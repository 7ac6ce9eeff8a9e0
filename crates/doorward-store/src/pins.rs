//! Pins: what servers were seen to offer, and what of it was approved.
//!
//! Responsible for the table of pins. Several processes write it: every change has a number, so that a reader need only ask
//! for what is newer, and each write says only what its writer knows, so that none undoes another's. What a pin means is
//! not known here.

use doorward_core::time::Timestamp;
use sqlx::Row;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqlitePool, SqlitePoolOptions, SqliteRow};

use crate::config::StoreConfig;
use crate::error::StoreError;
use crate::limits::{PINS_AT_ONCE_MAX, READER_TIMEOUT};
use crate::place::Place;

/// Which thing of which server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PinKey {
    /// The server's configured id.
    pub server: String,
    /// What sort of thing.
    pub kind: String,
    /// The server's own name for it.
    pub name: String,
}

/// One version of a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinnedText {
    /// Its digest.
    pub digest: [u8; 32],
    /// Its canonical form.
    pub text: String,
}

/// A version, since when, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approved {
    /// The version.
    pub version: PinnedText,
    /// Since when.
    pub at: Timestamp,
    /// Who said so; `None` when nobody did, because it was the first.
    pub by: Option<String>,
}

/// What somebody said no to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// The digest of the version.
    pub digest: [u8; 32],
    /// When.
    pub at: Timestamp,
    /// Who said so.
    pub by: String,
}

/// What is known of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinRow {
    /// Which.
    pub key: PinKey,
    /// When it was first seen.
    pub met: Timestamp,
    /// The version that was seen last.
    pub seen: PinnedText,
    /// Since when.
    pub seen_at: Timestamp,
    /// What was found about that version, one word each.
    pub findings: Vec<String>,
    /// The version that may be used.
    pub approved: Option<Approved>,
    /// The version that must not.
    pub rejected: Option<Rejected>,
}

/// Something a gateway has seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// Which thing.
    pub key: PinKey,
    /// What it is now.
    pub seen: PinnedText,
    /// What was found about it.
    pub findings: Vec<String>,
    /// What that means for what is approved.
    pub trust: Trust,
}

/// What a sight means for what is approved without anybody's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// If nothing of it was ever seen, this version may be used.
    First,
    /// This version may be used in the place of one that nobody approved by name.
    Follow,
    /// Nothing changes.
    Unchanged,
    /// This version may be used no longer, if it was and nobody approved it by name.
    Withdrawn,
}

/// What became of a decision about a pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// It holds.
    Done,
    /// The server has shown another version meanwhile; that one nobody has looked at.
    Changed,
    /// There is no such pin.
    Unknown,
}

/// What a reader does not know yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// These have changed.
    Changed(Vec<PinRow>),
    /// Something was forgotten: these are all there are.
    All(Vec<PinRow>),
}

/// The pins of one store, beside its records.
#[derive(Debug, Clone)]
pub struct Pins {
    reading: SqlitePool,
    writing: SqlitePool,
}

impl Pins {
    /// Opens the pins of a store, which is made where it is missing and brought to the schema of this build.
    ///
    /// # Errors
    /// As [`crate::Store::open`].
    pub async fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        let place = Place::of(config)?;
        let connection = place.connect().await?;
        let pins = Self::at(&place);
        drop(connection);
        Ok(pins)
    }

    pub(crate) fn at(place: &Place) -> Self {
        let pool = |options: &SqliteConnectOptions| {
            SqlitePoolOptions::new()
                .max_connections(1)
                .acquire_timeout(READER_TIMEOUT)
                .connect_lazy_with(options.clone())
        };
        Self { reading: pool(place.reading()), writing: pool(place.writing()) }
    }

    /// Every pin, by server, kind and name.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn list(&self) -> Result<Vec<PinRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM pin WHERE server <> '' ORDER BY server, kind, name");
        let rows = rows.fetch_all(&self.reading).await;
        rows.map_err(read_error)?.iter().map(read).collect::<Result<_, _>>().map_err(read_error)
    }

    /// What has changed since the change of that number, and the number of the last change.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn since(&self, change: i64) -> Result<(News, i64), StoreError> {
        let (rows, newest) = self.after(change).await?;
        if rows.iter().all(|row| !row.key.server.is_empty()) {
            return Ok((News::Changed(rows), newest));
        }
        let (mut all, newest) = self.after(0).await?;
        all.retain(|row| !row.key.server.is_empty());
        Ok((News::All(all), newest))
    }

    async fn after(&self, change: i64) -> Result<(Vec<PinRow>, i64), StoreError> {
        let rows = sqlx::query("SELECT * FROM pin WHERE change > ? ORDER BY change").bind(change);
        let rows = rows.fetch_all(&self.reading).await.map_err(read_error)?;
        let newest = rows.last().map_or(Ok(change), |row| row.try_get("change")).map_err(read_error)?;
        Ok((rows.iter().map(read).collect::<Result<_, _>>().map_err(read_error)?, newest))
    }

    /// Keeps what was seen, all of it or nothing.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn see(&self, sights: &[Sight], at: Timestamp) -> Result<(), StoreError> {
        let mut transaction = self.writing.begin_with("BEGIN IMMEDIATE").await.map_err(write_error)?;
        for sight in sights.iter().take(PINS_AT_ONCE_MAX) {
            keep(&mut transaction, sight, at).await.map_err(write_error)?;
        }
        transaction.commit().await.map_err(write_error)
    }

    /// Lets the version of that digest be used, if it is the one that was seen last.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn approve(
        &self,
        key: &PinKey,
        digest: &[u8; 32],
        by: &str,
        at: Timestamp,
    ) -> Result<Decided, StoreError> {
        let done = sqlx::query(APPROVE).bind(at.as_micros()).bind(by);
        let done = of(done, key).bind(digest.to_vec()).execute(&self.writing).await.map_err(write_error)?;
        self.decided(key, done.rows_affected()).await
    }

    /// Says no to the version of that digest, if it is the one that was seen last. If it was approved, it is no longer.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn reject(
        &self,
        key: &PinKey,
        digest: &[u8; 32],
        by: &str,
        at: Timestamp,
    ) -> Result<Decided, StoreError> {
        let mut transaction = self.writing.begin_with("BEGIN IMMEDIATE").await.map_err(write_error)?;
        let done = sqlx::query(REJECT).bind(at.as_micros()).bind(by);
        let done = of(done, key).bind(digest.to_vec()).execute(&mut *transaction).await.map_err(write_error)?;
        if done.rows_affected() == 1 {
            let taken = of(sqlx::query(TAKE_BACK), key).bind(digest.to_vec());
            taken.execute(&mut *transaction).await.map_err(write_error)?;
        }
        transaction.commit().await.map_err(write_error)?;
        self.decided(key, done.rows_affected()).await
    }

    /// Forgets everything about a thing, if the version of that digest is the one that was seen last.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn forget(&self, key: &PinKey, digest: &[u8; 32], at: Timestamp) -> Result<Decided, StoreError> {
        let mut transaction = self.writing.begin_with("BEGIN IMMEDIATE").await.map_err(write_error)?;
        // First, because the row that goes may have the highest number.
        let marked = sqlx::query(MARK).bind(at.as_micros()).bind(at.as_micros());
        marked.execute(&mut *transaction).await.map_err(write_error)?;
        let done = of(sqlx::query(FORGET), key).bind(digest.to_vec());
        let done = done.execute(&mut *transaction).await.map_err(write_error)?;
        if done.rows_affected() == 1 {
            transaction.commit().await.map_err(write_error)?;
        } else {
            transaction.rollback().await.map_err(write_error)?;
        }
        self.decided(key, done.rows_affected()).await
    }

    /// Closes the connections; later questions fail.
    pub async fn close(&self) {
        self.reading.close().await;
        self.writing.close().await;
    }

    async fn decided(&self, key: &PinKey, rows: u64) -> Result<Decided, StoreError> {
        if rows == 1 {
            return Ok(Decided::Done);
        }
        let query = of(sqlx::query("SELECT 1 FROM pin WHERE server = ? AND kind = ? AND name = ?"), key);
        let known = query.fetch_optional(&self.reading).await.map_err(read_error)?;
        Ok(if known.is_some() { Decided::Changed } else { Decided::Unknown })
    }
}

const APPROVE: &str = "UPDATE pin SET approved_digest = seen_digest, approved_text = seen_text, approved_at = ?, \
    approved_by = ?, rejected_digest = NULL, rejected_at = NULL, rejected_by = NULL, \
    change = (SELECT max(change) + 1 FROM pin) WHERE server = ? AND kind = ? AND name = ? AND seen_digest = ?";

const REJECT: &str = "UPDATE pin SET rejected_digest = seen_digest, rejected_at = ?, rejected_by = ?, \
    change = (SELECT max(change) + 1 FROM pin) WHERE server = ? AND kind = ? AND name = ? AND seen_digest = ?";

const TAKE_BACK: &str = "UPDATE pin SET approved_digest = NULL, approved_text = NULL, approved_at = NULL, \
    approved_by = NULL WHERE server = ? AND kind = ? AND name = ? AND approved_digest = ?";

const MEET: &str = "INSERT INTO pin (server, kind, name, met, seen_digest, seen_text, seen_at, findings, \
    approved_digest, approved_text, approved_at, change) \
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT coalesce(max(change), 0) + 1 FROM pin)) \
    ON CONFLICT DO NOTHING";

const SEE: &str = "UPDATE pin SET seen_digest = ?, seen_text = ?, seen_at = ?, findings = ?, \
    change = (SELECT max(change) + 1 FROM pin) WHERE server = ? AND kind = ? AND name = ? \
    AND (seen_digest <> ? OR findings <> ?)";

const FOLLOW: &str = "UPDATE pin SET approved_digest = seen_digest, approved_text = seen_text, approved_at = seen_at, \
    change = (SELECT max(change) + 1 FROM pin) WHERE server = ? AND kind = ? AND name = ? \
    AND approved_digest IS NOT NULL AND approved_digest <> seen_digest AND approved_by IS NULL";

const WITHDRAW: &str = "UPDATE pin SET approved_digest = NULL, approved_text = NULL, approved_at = NULL, \
    change = (SELECT max(change) + 1 FROM pin) WHERE server = ? AND kind = ? AND name = ? \
    AND approved_digest = seen_digest AND approved_by IS NULL";

const FORGET: &str = "DELETE FROM pin WHERE server = ? AND kind = ? AND name = ? AND seen_digest = ?";

/// A row that is no pin: its number says when something was last forgotten, so that readers look at everything again, and
/// keeps numbers from being given twice.
const MARK: &str = "INSERT INTO pin (server, kind, name, met, seen_digest, seen_text, seen_at, findings, change) \
    VALUES ('', '', '', ?, zeroblob(32), '', ?, '[]', (SELECT coalesce(max(change), 0) + 1 FROM pin)) \
    ON CONFLICT (server, kind, name) DO UPDATE SET seen_at = excluded.seen_at, change = excluded.change";

async fn keep(connection: &mut SqliteConnection, sight: &Sight, at: Timestamp) -> Result<(), sqlx::Error> {
    let Sight { key, seen, findings, trust } = sight;
    let findings = serde_json::to_string(findings).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let first = (*trust == Trust::First).then_some(seen);
    let met = of(sqlx::query(MEET), key)
        .bind(at.as_micros())
        .bind(seen.digest.to_vec())
        .bind(&seen.text)
        .bind(at.as_micros())
        .bind(&findings)
        .bind(first.map(|seen| seen.digest.to_vec()))
        .bind(first.map(|seen| seen.text.as_str()))
        .bind(first.map(|_| at.as_micros()))
        .execute(&mut *connection)
        .await?;
    if met.rows_affected() == 1 {
        return Ok(());
    }
    let changed = sqlx::query(SEE).bind(seen.digest.to_vec()).bind(&seen.text).bind(at.as_micros()).bind(&findings);
    of(changed, key).bind(seen.digest.to_vec()).bind(&findings).execute(&mut *connection).await?;
    let trusting = match trust {
        Trust::First | Trust::Unchanged => return Ok(()),
        Trust::Follow => FOLLOW,
        Trust::Withdrawn => WITHDRAW,
    };
    of(sqlx::query(trusting), key).execute(&mut *connection).await.map(|_| ())
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

fn of<'q>(query: Query<'q>, key: &'q PinKey) -> Query<'q> {
    query.bind(&key.server).bind(&key.kind).bind(&key.name)
}

fn read(row: &SqliteRow) -> Result<PinRow, sqlx::Error> {
    let unreadable = |what: &'static str| sqlx::Error::Decode(what.into());
    let digest = |bytes: Vec<u8>| <[u8; 32]>::try_from(bytes).map_err(|_| unreadable("a pin's digest"));
    let time = |column: &str| row.try_get::<i64, _>(column).map(Timestamp::from_micros);
    let approved = match row.try_get::<Option<Vec<u8>>, _>("approved_digest")? {
        Some(bytes) => Some(Approved {
            version: PinnedText { digest: digest(bytes)?, text: row.try_get("approved_text")? },
            at: time("approved_at")?,
            by: row.try_get("approved_by")?,
        }),
        None => None,
    };
    let rejected = match row.try_get::<Option<Vec<u8>>, _>("rejected_digest")? {
        Some(bytes) => {
            Some(Rejected { digest: digest(bytes)?, at: time("rejected_at")?, by: row.try_get("rejected_by")? })
        }
        None => None,
    };
    Ok(PinRow {
        key: PinKey { server: row.try_get("server")?, kind: row.try_get("kind")?, name: row.try_get("name")? },
        met: time("met")?,
        seen: PinnedText { digest: digest(row.try_get("seen_digest")?)?, text: row.try_get("seen_text")? },
        seen_at: time("seen_at")?,
        findings: serde_json::from_str(row.try_get("findings")?).map_err(|_| unreadable("a pin's findings"))?,
        approved,
        rejected,
    })
}

fn read_error(source: sqlx::Error) -> StoreError {
    StoreError::Database { doing: "read the pins of", source }
}

fn write_error(source: sqlx::Error) -> StoreError {
    StoreError::Database { doing: "write the pins of", source }
}
