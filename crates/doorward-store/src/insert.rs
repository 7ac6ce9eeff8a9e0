//! Writing a batch: one transaction of multi-row inserts.
//!
//! Each statement costs the database driver about as much as writing several rows, so rows go in chunks of fixed sizes
//! whose statements are prepared once.

use std::collections::HashSet;
use std::sync::Arc;

use aws_lc_rs::rand;
use doorward_core::record::{RECORD_VERSION, Record};
use sqlx::sqlite::{SqliteArguments, SqliteConnection};
use sqlx::{Arguments, AssertSqlSafe, Connection};

use crate::details::Written;
use crate::findings;
use crate::flow;
use crate::limits::{FIXED_WORDS_MAX, LEAVES_AT_ONCE, LISTS_MAX, PROBE_BYTES, WORDS_MAX};
use crate::log::{Log, Sealed};
use crate::queue::Entry;

const COLUMNS: &str = "leaf, entry, openings, version, at, exchange, phase, disposition, principal, proof, revision, face, direction, server, \
    action, resource, arguments_digest, code, rules, reasons, request_bytes, answer_bytes, elapsed_micros, upstream_micros, details, \
    findings, context, flow";

const COLUMN_COUNT: usize = 28;

/// Rows per statement, largest first; the last is one, so that every batch comes out even.
const CHUNKS: [usize; 4] = [256, 32, 4, 1];

/// Writes records; keeps its statements and the texts that recur.
#[derive(Debug)]
pub(crate) struct Inserter {
    statements: [(usize, Arc<str>); CHUNKS.len()],
    words: Words,
}

impl Inserter {
    pub(crate) fn new() -> Self {
        Self { statements: CHUNKS.map(|rows| (rows, statement(rows))), words: Words::default() }
    }

    /// Writes all of `batch` and the leaves of the log that are its own in one transaction, or nothing of it.
    pub(crate) async fn write(
        &mut self,
        connection: &mut SqliteConnection,
        log: &mut Log,
        batch: &[Entry],
    ) -> Result<(), sqlx::Error> {
        let sealed = sealed(batch).await?;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        let mut leaf = log.catch_up(&mut transaction).await?;
        let (mut rest, mut leaves) = (batch, sealed.as_slice());
        for (rows, statement) in &self.statements {
            while let Some(((chunk, after), (chunk_leaves, leaves_after))) =
                rest.split_at_checked(*rows).zip(leaves.split_at_checked(*rows))
            {
                let arguments = self.words.arguments(leaf, chunk, chunk_leaves).map_err(sqlx::Error::Encode)?;
                let statement = AssertSqlSafe(Arc::clone(statement));
                sqlx::query_with(statement, arguments).execute(&mut *transaction).await?;
                (rest, leaves) = (after, leaves_after);
                leaf = leaf.saturating_add(i64::try_from(*rows).unwrap_or(i64::MAX));
            }
        }
        let growth = log.grow(&mut transaction, &sealed).await?;
        transaction.commit().await?;
        log.settle(growth);
        Ok(())
    }
}

/// The leaves of a batch.
async fn sealed(batch: &[Entry]) -> Result<Vec<Sealed>, sqlx::Error> {
    let mut sealed = Vec::with_capacity(batch.len());
    for some in batch.chunks(LEAVES_AT_ONCE) {
        let mut salts = vec![0; 32 * some.len()];
        rand::fill(&mut salts).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
        let (salts, _) = salts.as_chunks::<32>();
        sealed.extend(some.iter().zip(salts).map(|(entry, salt)| Sealed::of(&entry.record, *salt)));
        tokio::task::yield_now().await;
    }
    Ok(sealed)
}

/// Whether the batch that begins with `first` is already there, from an attempt that failed only after its commit.
pub(crate) async fn is_written(connection: &mut SqliteConnection, first: &Record) -> Result<bool, sqlx::Error> {
    let found: Option<i64> =
        sqlx::query_scalar("SELECT seq FROM record WHERE exchange = ? AND phase = ? AND at = ? LIMIT 1")
            .bind(first.exchange.to_bytes().to_vec())
            .bind(first.phase.as_str())
            .bind(first.at.as_micros())
            .fetch_optional(connection)
            .await?;
    Ok(found.is_some())
}

/// Writes and removes something as large as a batch, to learn whether the store can be written.
pub(crate) async fn probe(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT OR REPLACE INTO probe (id, filler) VALUES (1, zeroblob(?))")
        .bind(PROBE_BYTES)
        .execute(&mut *connection)
        .await?;
    sqlx::query("DELETE FROM probe").execute(connection).await?;
    Ok(())
}

fn statement(rows: usize) -> Arc<str> {
    let row = format!("({})", vec!["?"; COLUMN_COUNT].join(","));
    Arc::from(format!("INSERT INTO record ({COLUMNS}) VALUES {}", vec![row; rows].join(",")))
}

/// Short texts that recur (principals, methods, rules), shared instead of copied for every record.
#[derive(Debug, Default)]
struct Words {
    texts: HashSet<Arc<str>>,
    /// Texts of the program itself, found by where they are.
    fixed: Vec<(&'static str, Arc<str>)>,
    /// Lists and how they are written. The same rules decide most records, and their texts are shared.
    lists: Vec<(Vec<Arc<str>>, Arc<str>)>,
    details: Written,
}

impl Words {
    fn arguments(
        &mut self,
        first: i64,
        chunk: &[Entry],
        leaves: &[Sealed],
    ) -> Result<SqliteArguments, sqlx::error::BoxDynError> {
        let mut arguments = SqliteArguments::default();
        arguments.reserve(chunk.len() * COLUMN_COUNT, 0);
        for ((number, entry), leaf) in (first..).zip(chunk).zip(leaves) {
            arguments.add(number)?;
            arguments.add(leaf.entry.clone())?;
            arguments.add(leaf.openings.clone())?;
            self.add(&mut arguments, &entry.record)?;
        }
        Ok(arguments)
    }

    /// The values of one row beyond those of the log, in the order of [`COLUMNS`].
    fn add(&mut self, to: &mut SqliteArguments, record: &Record) -> Result<(), sqlx::error::BoxDynError> {
        to.add(RECORD_VERSION)?;
        to.add(record.at.as_micros())?;
        to.add(record.exchange.to_bytes().to_vec())?;
        to.add(self.fixed(record.phase.as_str()))?;
        to.add(self.fixed(record.disposition.as_str()))?;
        to.add(self.word(record.principal.user()))?;
        to.add(self.fixed(record.principal.proof().as_str()))?;
        to.add(record.revision.map(|revision| self.fixed(revision)))?;
        to.add(self.fixed(record.face))?;
        to.add(self.fixed(record.direction))?;
        to.add(record.server.clone())?;
        to.add(Arc::clone(&record.action))?;
        to.add(record.resource.clone())?;
        to.add(record.arguments_digest.map(|digest| digest.to_vec()))?;
        to.add(record.code.map(|code| code.entry().number))?;
        to.add(self.list(&record.rules)?)?;
        to.add(self.list(&record.reasons)?)?;
        to.add(stored(record.request_bytes))?;
        to.add(stored(record.answer_bytes))?;
        to.add(stored(record.elapsed_micros))?;
        to.add(stored(record.upstream_micros))?;
        to.add(self.details.of(record)?)?;
        to.add(findings::written(record)?)?;
        let flow = record.flow.as_deref();
        to.add(flow.map(|flow| flow.context.to_bytes().to_vec()))?;
        to.add(flow::written(flow)?)
    }

    fn word(&mut self, text: &str) -> Arc<str> {
        if let Some(word) = self.texts.get(text) {
            return Arc::clone(word);
        }
        if self.texts.len() >= WORDS_MAX {
            self.texts.clear();
        }
        let word: Arc<str> = Arc::from(text);
        self.texts.insert(Arc::clone(&word));
        word
    }

    fn fixed(&mut self, text: &'static str) -> Arc<str> {
        if let Some((_, word)) = self.fixed.iter().find(|(known, _)| std::ptr::eq(*known, text)) {
            return Arc::clone(word);
        }
        if self.fixed.len() >= FIXED_WORDS_MAX {
            self.fixed.clear();
        }
        let word: Arc<str> = Arc::from(text);
        self.fixed.push((text, Arc::clone(&word)));
        word
    }

    /// A JSON array of texts.
    fn list(&mut self, texts: &[Arc<str>]) -> Result<Arc<str>, serde_json::Error> {
        if texts.is_empty() {
            return Ok(self.fixed("[]"));
        }
        let same = |known: &[Arc<str>]| {
            known.len() == texts.len() && known.iter().zip(texts).all(|(known, text)| Arc::ptr_eq(known, text))
        };
        if let Some((_, written)) = self.lists.iter().find(|(known, _)| same(known)) {
            return Ok(Arc::clone(written));
        }
        if self.lists.len() >= LISTS_MAX {
            self.lists.clear();
        }
        let borrowed: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
        let written: Arc<str> = Arc::from(serde_json::to_string(&borrowed)?);
        self.lists.push((texts.to_vec(), Arc::clone(&written)));
        Ok(written)
    }
}

/// SQLite's integers are signed; no size or time we measure comes near the difference.
fn stored(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
