//! The tables, their versions and how a file gets from one version to the next.

use std::path::Path;

use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Executor, Row};

use crate::error::StoreError;

/// The schema this build writes.
pub(crate) const SCHEMA_VERSION: i64 = 7;

/// Marks a file as ours (`PRAGMA application_id`): "DWRD".
const APPLICATION_ID: i64 = 0x4457_5244;

/// Step `n` brings a file from version `n` to `n + 1`. A released step never changes.
const STEPS: &[&str] = &[
    "
    CREATE TABLE record (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        version INTEGER NOT NULL,
        at INTEGER NOT NULL,
        exchange BLOB NOT NULL,
        phase TEXT NOT NULL,
        disposition TEXT NOT NULL,
        principal TEXT NOT NULL,
        proof TEXT NOT NULL,
        revision TEXT,
        face TEXT NOT NULL,
        direction TEXT NOT NULL,
        server TEXT,
        action TEXT NOT NULL,
        resource TEXT,
        arguments_digest BLOB,
        code INTEGER,
        rules TEXT NOT NULL,
        reasons TEXT NOT NULL,
        request_bytes INTEGER NOT NULL,
        answer_bytes INTEGER NOT NULL,
        elapsed_micros INTEGER NOT NULL,
        upstream_micros INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX record_exchange ON record (exchange);
    CREATE TABLE probe (id INTEGER PRIMARY KEY, filler BLOB NOT NULL) STRICT;
",
    "
    ALTER TABLE record ADD COLUMN details TEXT;
    CREATE TABLE api_key (
        id TEXT PRIMARY KEY,
        digest BLOB NOT NULL,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        grants TEXT NOT NULL,
        created INTEGER NOT NULL,
        expires INTEGER,
        revoked INTEGER,
        last_used INTEGER
    ) STRICT;
",
    "
    ALTER TABLE record ADD COLUMN findings TEXT;
    CREATE TABLE pin (
        server TEXT NOT NULL,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        met INTEGER NOT NULL,
        seen_digest BLOB NOT NULL,
        seen_text TEXT NOT NULL,
        seen_at INTEGER NOT NULL,
        findings TEXT NOT NULL,
        approved_digest BLOB,
        approved_text TEXT,
        approved_at INTEGER,
        approved_by TEXT,
        rejected_digest BLOB,
        rejected_at INTEGER,
        rejected_by TEXT,
        change INTEGER NOT NULL,
        PRIMARY KEY (server, kind, name)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX pin_change ON pin (change);
",
    "
    ALTER TABLE record ADD COLUMN context BLOB;
    ALTER TABLE record ADD COLUMN flow TEXT;
    CREATE INDEX record_context ON record (context, at) WHERE context IS NOT NULL;
    CREATE TABLE approval (
        id TEXT PRIMARY KEY,
        subject TEXT NOT NULL,
        binding BLOB NOT NULL,
        approver TEXT NOT NULL,
        state TEXT NOT NULL,
        asked_at INTEGER NOT NULL,
        expires INTEGER NOT NULL,
        exchange BLOB NOT NULL,
        principal BLOB NOT NULL,
        context BLOB,
        server TEXT NOT NULL,
        action TEXT NOT NULL,
        item TEXT,
        definition BLOB,
        arguments_digest BLOB NOT NULL,
        arguments TEXT,
        about TEXT NOT NULL,
        data TEXT NOT NULL,
        answered_at INTEGER,
        answered_by TEXT,
        remark TEXT,
        endorsed_until INTEGER,
        used_at INTEGER,
        used_by BLOB,
        continues BLOB
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX approval_binding ON approval (binding, approver);
    CREATE INDEX approval_state ON approval (state, expires);
    CREATE INDEX approval_principal ON approval (principal, asked_at);
    CREATE INDEX approval_data ON approval (context, server, item) WHERE subject = 'data';
",
    "
    CREATE TABLE seed (name TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT, WITHOUT ROWID;
",
    "
    ALTER TABLE record ADD COLUMN leaf INTEGER;
    ALTER TABLE record ADD COLUMN entry BLOB;
    ALTER TABLE record ADD COLUMN openings TEXT;
    CREATE TABLE log (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        origin TEXT NOT NULL,
        key TEXT NOT NULL,
        size INTEGER NOT NULL,
        edge BLOB NOT NULL
    ) STRICT;
    CREATE TABLE log_tile (
        level INTEGER NOT NULL,
        number INTEGER NOT NULL,
        hashes BLOB NOT NULL,
        PRIMARY KEY (level, number)
    ) STRICT;
    CREATE UNIQUE INDEX record_leaf ON record (leaf) WHERE leaf IS NOT NULL;
    CREATE TABLE log_checkpoint (size INTEGER PRIMARY KEY, at INTEGER NOT NULL, note TEXT NOT NULL) STRICT;
    CREATE INDEX log_checkpoint_at ON log_checkpoint (at);
    CREATE TABLE stop (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        scope TEXT NOT NULL,
        server TEXT NOT NULL,
        name TEXT NOT NULL,
        reason TEXT,
        stopped_at INTEGER NOT NULL,
        stopped_by TEXT NOT NULL,
        expires INTEGER,
        UNIQUE (scope, server, name)
    ) STRICT;
    CREATE TABLE stop_change (id INTEGER PRIMARY KEY CHECK (id = 1), number INTEGER NOT NULL) STRICT;
    INSERT INTO stop_change (id, number) VALUES (1, 0);
    CREATE TABLE sink (
        name TEXT PRIMARY KEY,
        seq INTEGER NOT NULL,
        at INTEGER,
        holder TEXT,
        until INTEGER,
        reason TEXT,
        since INTEGER,
        parked INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID;
",
    "
    CREATE TABLE lesson (
        principal BLOB NOT NULL,
        server TEXT NOT NULL,
        tool TEXT NOT NULL,
        role TEXT NOT NULL,
        form INTEGER NOT NULL,
        unit BLOB NOT NULL,
        who TEXT NOT NULL,
        first_at INTEGER NOT NULL,
        used_at INTEGER NOT NULL,
        times INTEGER NOT NULL,
        PRIMARY KEY (principal, server, tool, role, form, unit)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX lesson_used ON lesson (principal, used_at, first_at);
    CREATE INDEX lesson_unit ON lesson (unit);
    CREATE TABLE doubt (
        unit BLOB NOT NULL,
        cause INTEGER NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (unit, cause)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX doubt_at ON doubt (at);
",
];

/// Brings the file to [`SCHEMA_VERSION`], or refuses it unchanged when it is newer or not ours.
pub(crate) async fn migrate(connection: &mut SqliteConnection, path: &Path) -> Result<(), StoreError> {
    let failed = |source| StoreError::Database { doing: "prepare", source };
    // One writer at a time: a process that loses the race finds the work done.
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    let found = match look(&mut transaction).await.map_err(failed)? {
        Found::Empty => 0,
        Found::Foreign => return Err(StoreError::Foreign { path: path.to_owned() }),
        Found::Version(found) => found,
    };
    refuse_newer(found, path)?;
    if found == SCHEMA_VERSION {
        return transaction.rollback().await.map_err(failed);
    }
    for step in STEPS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        transaction.execute(sqlx::raw_sql(*step)).await.map_err(failed)?;
    }
    let marks = format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION};");
    transaction.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(marks))).await.map_err(failed)?;
    transaction.commit().await.map_err(failed)
}

/// Refuses what this build cannot read; changes nothing.
pub(crate) async fn check_readable(connection: &mut SqliteConnection, path: &Path) -> Result<(), StoreError> {
    let failed = |source| StoreError::Database { doing: "read", source };
    match look(connection).await.map_err(failed)? {
        Found::Empty => Err(StoreError::Missing { path: path.to_owned() }),
        Found::Foreign => Err(StoreError::Foreign { path: path.to_owned() }),
        Found::Version(found) => refuse_newer(found, path),
    }
}

enum Found {
    Empty,
    Foreign,
    Version(i64),
}

async fn look(connection: &mut SqliteConnection) -> Result<Found, sqlx::Error> {
    let row = sqlx::query(
        "SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version), \
         (SELECT count(*) FROM sqlite_schema)",
    )
    .fetch_one(connection)
    .await?;
    let (application, version, tables): (i64, i64, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    Ok(match (application, version, tables) {
        (APPLICATION_ID, version, _) if version > 0 => Found::Version(version),
        (0, 0, 0) => Found::Empty,
        (_, _, _) => Found::Foreign,
    })
}

fn refuse_newer(found: i64, path: &Path) -> Result<(), StoreError> {
    if found > SCHEMA_VERSION {
        return Err(StoreError::Newer { path: path.to_owned(), found, known: SCHEMA_VERSION });
    }
    Ok(())
}
