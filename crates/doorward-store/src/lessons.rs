//! Lessons: values that a principal's units of work were good with.
//!
//! Responsible for what counts as learned: a value that at least two units of work were good with, none of which is in
//! doubt, and that was used within thirty days. It keeps keyed hashes and never a value, and a bounded number of them for
//! each principal. What makes a unit of work doubtful is not known here.

use std::collections::BTreeSet;

use doorward_core::flow::{ContextId, Role};
use doorward_core::time::Timestamp;
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqlitePool, SqlitePoolOptions, SqliteRow};

use crate::config::StoreConfig;
use crate::error::StoreError;
use crate::limits::{DOUBTS_MAX, LESSON_UNITS, LESSON_UNITS_MAX, LESSONS_KEPT, LESSONS_MAX, READER_TIMEOUT};
use crate::place::Place;

/// A value that was good for something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lesson {
    /// Who acts, in bytes that no other principal has.
    pub principal: Vec<u8>,
    /// Who acts, for people.
    pub who: String,
    /// The server.
    pub server: String,
    /// The tool.
    pub tool: String,
    /// What the value decides.
    pub role: Role,
    /// Its keyed hash.
    pub form: u64,
    /// The unit of work.
    pub unit: ContextId,
}

/// What units of work tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taught {
    /// Somebody who may has named the value, and a call with it was let through.
    Shown(Lesson),
    /// A call was let through with what was learned before: it is kept on.
    Used(Lesson),
    /// Something speaks against what the unit of work shows.
    Doubt(ContextId, u64),
    /// What spoke against it was answered.
    Settled(ContextId, u64),
}

impl Taught {
    fn principal(&self) -> Option<&[u8]> {
        match self {
            Self::Shown(lesson) | Self::Used(lesson) => Some(&lesson.principal),
            Self::Doubt(..) | Self::Settled(..) => None,
        }
    }
}

/// One value that is learned, or may come to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LearnedRow {
    /// Who acts.
    pub who: String,
    /// The server.
    pub server: String,
    /// The tool.
    pub tool: String,
    /// What the value decides, as [`Role::as_str`] has it.
    pub role: String,
    /// The keyed hash of the value.
    pub form: u64,
    /// How many units of work without a doubt have shown it; more than a few are not counted.
    pub units: u64,
    /// In how many calls.
    pub times: u64,
    /// When it was shown first.
    pub first: Timestamp,
    /// When it was used last.
    pub last: Timestamp,
}

impl LearnedRow {
    /// Whether it counts.
    #[must_use]
    pub fn is_learned(&self) -> bool {
        self.units >= u64::from(LESSON_UNITS)
    }
}

/// What to forget: everything, where nothing is said.
#[derive(Debug, Clone, Copy, Default)]
pub struct Forget<'a> {
    /// Of one principal, as people call it.
    pub who: Option<&'a str>,
    /// Of one server.
    pub server: Option<&'a str>,
    /// Of one tool.
    pub tool: Option<&'a str>,
}

/// The lessons of one store, beside its records.
#[derive(Debug, Clone)]
pub struct Lessons {
    reading: SqlitePool,
    writing: SqlitePool,
}

impl Lessons {
    /// Opens the lessons of a store, which is made where it is missing and brought to the schema of this build.
    ///
    /// # Errors
    /// As [`crate::Store::open`].
    pub async fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        let place = Place::of(config)?;
        let connection = place.connect().await?;
        let lessons = Self::at(&place);
        drop(connection);
        Ok(lessons)
    }

    pub(crate) fn at(place: &Place) -> Self {
        let pool = |options: &sqlx::sqlite::SqliteConnectOptions| {
            SqlitePoolOptions::new()
                .max_connections(1)
                .acquire_timeout(READER_TIMEOUT)
                .connect_lazy_with(options.clone())
        };
        Self { reading: pool(place.reading()), writing: pool(place.writing()) }
    }

    /// Takes in what units of work tell, all of it or nothing.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn take_in(&self, taught: &[Taught], at: Timestamp) -> Result<(), StoreError> {
        let mut transaction = self.writing.begin_with("BEGIN IMMEDIATE").await.map_err(write_error)?;
        for one in taught {
            take_in(&mut transaction, one, at).await.map_err(write_error)?;
        }
        let principals: BTreeSet<&[u8]> = taught.iter().filter_map(Taught::principal).collect();
        for principal in principals {
            bound(&mut transaction, principal).await.map_err(write_error)?;
        }
        sweep(&mut transaction, at).await.map_err(write_error)?;
        transaction.commit().await.map_err(write_error)
    }

    /// What is learned for that tool, and in which role.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn of(
        &self,
        principal: &[u8],
        (server, tool): (&str, &str),
        at: Timestamp,
    ) -> Result<Vec<(Role, u64)>, StoreError> {
        let rows: Vec<SqliteRow> = sqlx::query(
            "SELECT role, form FROM lesson WHERE principal = ? AND server = ? AND tool = ? AND used_at > ? \
             AND NOT EXISTS (SELECT 1 FROM doubt WHERE doubt.unit = lesson.unit) \
             GROUP BY role, form HAVING count(*) >= ?",
        )
        .bind(principal)
        .bind(server)
        .bind(tool)
        .bind(since(at))
        .bind(i64::from(LESSON_UNITS))
        .fetch_all(&self.reading)
        .await
        .map_err(read_error)?;
        let read = |row: &SqliteRow| Ok((Role::parse(row.try_get("role")?), form(row)?));
        let rows = rows.iter().map(read).collect::<Result<Vec<_>, sqlx::Error>>().map_err(read_error)?;
        Ok(rows.into_iter().filter_map(|(role, form)| Some((role?, form))).collect())
    }

    /// Everything that was shown lately, by principal, server, tool and role.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn list(&self, at: Timestamp) -> Result<Vec<LearnedRow>, StoreError> {
        let rows: Vec<SqliteRow> = sqlx::query(
            "SELECT min(who) AS who, server, tool, role, form, sum(times) AS times, min(first_at) AS first_at, \
             max(used_at) AS used_at, sum(NOT EXISTS (SELECT 1 FROM doubt WHERE doubt.unit = lesson.unit)) AS units \
             FROM lesson WHERE used_at > ? GROUP BY principal, server, tool, role, form \
             ORDER BY who, server, tool, role, first_at, form",
        )
        .bind(since(at))
        .fetch_all(&self.reading)
        .await
        .map_err(read_error)?;
        rows.iter().map(read).collect::<Result<_, _>>().map_err(read_error)
    }

    /// Forgets; how many values.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn forget(&self, what: Forget<'_>) -> Result<u64, StoreError> {
        let Forget { who, server, tool } = what;
        let mut transaction = self.writing.begin_with("BEGIN IMMEDIATE").await.map_err(write_error)?;
        let fits = "(?1 IS NULL OR who = ?1) AND (?2 IS NULL OR server = ?2) AND (?3 IS NULL OR tool = ?3)";
        let count = format!(
            "SELECT count(*) FROM (SELECT 1 FROM lesson WHERE {fits} GROUP BY principal, server, tool, role, form)"
        );
        let count: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(count))
            .bind(who)
            .bind(server)
            .bind(tool)
            .fetch_one(&mut *transaction)
            .await
            .map_err(write_error)?;
        let gone = format!("DELETE FROM lesson WHERE {fits}");
        let gone = sqlx::query(sqlx::AssertSqlSafe(gone)).bind(who).bind(server).bind(tool);
        gone.execute(&mut *transaction).await.map_err(write_error)?;
        transaction.commit().await.map_err(write_error)?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Closes the connections; later questions fail.
    pub async fn close(&self) {
        self.reading.close().await;
        self.writing.close().await;
    }
}

/// Forgets values that a person has said no to.
pub(crate) async fn unlearn(
    connection: &mut SqliteConnection,
    principal: &[u8],
    (server, tool): (&str, &str),
    values: &[(String, u64)],
) -> Result<(), sqlx::Error> {
    for (role, form) in values {
        sqlx::query("DELETE FROM lesson WHERE principal = ? AND server = ? AND tool = ? AND role = ? AND form = ?")
            .bind(principal)
            .bind(server)
            .bind(tool)
            .bind(role)
            .bind(form.cast_signed())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn take_in(connection: &mut SqliteConnection, taught: &Taught, at: Timestamp) -> Result<(), sqlx::Error> {
    match taught {
        Taught::Shown(lesson) => {
            use_again(connection, lesson, at).await?;
            show(connection, lesson, at).await
        }
        Taught::Used(lesson) => use_again(connection, lesson, at).await,
        Taught::Doubt(unit, cause) => {
            let noted = sqlx::query("INSERT INTO doubt (unit, cause, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
            let noted = noted.bind(unit.to_bytes().to_vec()).bind(cause.cast_signed()).bind(at.as_micros());
            noted.execute(connection).await.map(drop)
        }
        Taught::Settled(unit, cause) => {
            let gone = sqlx::query("DELETE FROM doubt WHERE unit = ? AND cause = ?");
            gone.bind(unit.to_bytes().to_vec()).bind(cause.cast_signed()).execute(connection).await.map(drop)
        }
    }
}

const SAME: &str = "principal = ?1 AND server = ?2 AND tool = ?3 AND role = ?4 AND form = ?5";

/// Every unit that has shown it is remembered as long as it is used.
async fn use_again(connection: &mut SqliteConnection, lesson: &Lesson, at: Timestamp) -> Result<(), sqlx::Error> {
    let sentence = format!("UPDATE lesson SET used_at = max(used_at, ?6) WHERE {SAME} AND used_at > ?7");
    sqlx::query(sqlx::AssertSqlSafe(sentence))
        .bind(&lesson.principal)
        .bind(&lesson.server)
        .bind(&lesson.tool)
        .bind(lesson.role.as_str())
        .bind(lesson.form.cast_signed())
        .bind(at.as_micros())
        .bind(since(at))
        .execute(connection)
        .await
        .map(drop)
}

async fn show(connection: &mut SqliteConnection, lesson: &Lesson, at: Timestamp) -> Result<(), sqlx::Error> {
    // A few units are as good as many.
    let enough = format!(
        "SELECT count(*) FROM lesson WHERE {SAME} AND unit <> ?6 \
         AND NOT EXISTS (SELECT 1 FROM doubt WHERE doubt.unit = lesson.unit)"
    );
    let unit = lesson.unit.to_bytes().to_vec();
    let known: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(enough))
        .bind(&lesson.principal)
        .bind(&lesson.server)
        .bind(&lesson.tool)
        .bind(lesson.role.as_str())
        .bind(lesson.form.cast_signed())
        .bind(&unit)
        .fetch_one(&mut *connection)
        .await?;
    if known >= i64::from(LESSON_UNITS_MAX) {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO lesson (principal, server, tool, role, form, unit, who, first_at, used_at, times) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET times = times + 1",
    )
    .bind(&lesson.principal)
    .bind(&lesson.server)
    .bind(&lesson.tool)
    .bind(lesson.role.as_str())
    .bind(lesson.form.cast_signed())
    .bind(unit)
    .bind(&lesson.who)
    .bind(at.as_micros())
    .bind(at.as_micros())
    .execute(connection)
    .await
    .map(drop)
}

/// Of more than there is room for, what was used last stays.
async fn bound(connection: &mut SqliteConnection, principal: &[u8]) -> Result<(), sqlx::Error> {
    let least = "DELETE FROM lesson WHERE (principal, server, tool, role, form, unit) IN (SELECT principal, server, tool, \
        role, form, unit FROM lesson WHERE principal = ? ORDER BY used_at DESC, first_at DESC LIMIT -1 OFFSET ?)";
    sqlx::query(least).bind(principal).bind(i64::from(LESSONS_MAX)).execute(connection).await.map(drop)
}

/// Forgets what nobody used for long. A doubt is kept as long as what it speaks against may be; if there is no room for it,
/// what it speaks against goes first.
async fn sweep(connection: &mut SqliteConnection, at: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM lesson WHERE used_at <= ?").bind(since(at)).execute(&mut *connection).await?;
    let over = "DELETE FROM doubt WHERE at <= ? AND NOT EXISTS (SELECT 1 FROM lesson WHERE lesson.unit = doubt.unit)";
    sqlx::query(over).bind(since(at)).execute(&mut *connection).await?;
    let oldest = "SELECT unit FROM doubt ORDER BY at DESC LIMIT -1 OFFSET ?";
    let beyond: Vec<Vec<u8>> =
        sqlx::query_scalar(oldest).bind(i64::from(DOUBTS_MAX)).fetch_all(&mut *connection).await?;
    for unit in beyond {
        sqlx::query("DELETE FROM lesson WHERE unit = ?").bind(&unit).execute(&mut *connection).await?;
        sqlx::query("DELETE FROM doubt WHERE unit = ?").bind(&unit).execute(&mut *connection).await?;
    }
    Ok(())
}

fn read(row: &SqliteRow) -> Result<LearnedRow, sqlx::Error> {
    let count = |name: &str| row.try_get::<i64, _>(name).map(|count| u64::try_from(count).unwrap_or(0));
    let time = |name: &str| row.try_get(name).map(Timestamp::from_micros);
    Ok(LearnedRow {
        who: row.try_get("who")?,
        server: row.try_get("server")?,
        tool: row.try_get("tool")?,
        role: row.try_get("role")?,
        form: form(row)?,
        units: count("units")?,
        times: count("times")?,
        first: time("first_at")?,
        last: time("used_at")?,
    })
}

fn form(row: &SqliteRow) -> Result<u64, sqlx::Error> {
    row.try_get::<i64, _>("form").map(i64::cast_unsigned)
}

fn since(at: Timestamp) -> i64 {
    at.as_micros().saturating_sub(i64::try_from(LESSONS_KEPT.as_micros()).unwrap_or(i64::MAX))
}

const fn read_error(source: sqlx::Error) -> StoreError {
    StoreError::Database { doing: "read what was learned from", source }
}

const fn write_error(source: sqlx::Error) -> StoreError {
    StoreError::Database { doing: "write what was learned to", source }
}
