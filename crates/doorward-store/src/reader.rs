//! Reading records back, beside the writer of this process or of another.

use std::path::Path;

use doorward_core::audit::tiles::Tile;
use doorward_core::flow::ContextId;
use doorward_core::ids::ExchangeId;
use doorward_core::time::Timestamp;
use sqlx::Row;
use sqlx::sqlite::{SqlitePool, SqliteRow};

use crate::config::{StoreConfig, StoreUrl};
use crate::contexts::{self, Beginning, ContextView};
use crate::error::StoreError;
use crate::filter::{Filter, Page};
use crate::flow::{self, FlowView};
use crate::limits::{PAGE_MAX, READERS_MAX};
use crate::log::reading::{self, LogEntry, LogHead, SignedHead};
use crate::place::Place;
use crate::pool;
use crate::schema;
use crate::sinks::{self, SinkRow};
use crate::view::{self, RecordView};

/// The reading side of a store. It writes nothing and sees what is committed.
#[derive(Debug, Clone)]
pub struct Reader {
    pool: SqlitePool,
}

impl Reader {
    /// Opens an existing store for reading only, also while gateways write to it.
    ///
    /// # Errors
    /// When there is no store at `path`, or it is somebody else's or a later Doorward's.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        if !path.exists() {
            return Err(StoreError::Missing { path: path.to_owned() });
        }
        let place = Place::of(&StoreConfig::new(StoreUrl::File(path.to_owned())))?;
        let reader = Self::over(&place);
        let mut connection = reader.pool.acquire().await.map_err(read_error)?;
        schema::check_readable(&mut connection, path).await?;
        Ok(reader)
    }

    pub(crate) fn over(place: &Place) -> Self {
        Self { pool: pool::over(place, place.reading(), READERS_MAX) }
    }

    /// The first records after `after_seq` (zero for the beginning), in the order of writing: for following the log.
    ///
    /// Numbers rise with each commit, so a follower that goes on from the last number it saw misses nothing.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn tail(&self, after_seq: i64, limit: u32) -> Result<Vec<RecordView>, StoreError> {
        self.query(&Filter { page: Page::After(after_seq), limit, ..Filter::default() }).await
    }

    /// The records that match, in the order of writing.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn query(&self, filter: &Filter) -> Result<Vec<RecordView>, StoreError> {
        if !self.can_answer(filter).await? {
            return Ok(Vec::new());
        }
        let rows = filter.select().build().fetch_all(&self.pool).await.map_err(read_error)?;
        let mut records = rows.iter().map(view::read).collect::<Result<Vec<_>, _>>().map_err(read_error)?;
        match filter.page {
            Page::Newest | Page::Before(_) => records.reverse(),
            Page::After(_) => {}
        }
        Ok(records)
    }

    /// Every sink there is a cursor of, by name, and where it stands.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn sinks(&self) -> Result<Vec<SinkRow>, StoreError> {
        sinks::all(&self.pool).await
    }

    /// How far the log has come; `None` where there is none yet.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn log_head(&self) -> Result<Option<LogHead>, StoreError> {
        reading::head(&self.pool).await.map_err(read_error)
    }

    /// The last checkpoint that was signed.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn log_checkpoint(&self) -> Result<Option<SignedHead>, StoreError> {
        reading::newest(&self.pool).await.map_err(read_error)
    }

    /// The checkpoints that cover more than `beyond` entries, the smallest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn log_checkpoints(&self, beyond: u64, limit: u32) -> Result<Vec<SignedHead>, StoreError> {
        reading::checkpoints(&self.pool, beyond, limit.min(PAGE_MAX)).await.map_err(read_error)
    }

    /// Entries of the log from the index `from` on.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn log_entries(&self, from: u64, limit: u32) -> Result<Vec<LogEntry>, StoreError> {
        reading::entries(&self.pool, from, limit.min(PAGE_MAX)).await.map_err(read_error)
    }

    /// The same, each entry with the record it is of, as everything but the log tells it.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn logged(&self, from: u64, limit: u32) -> Result<Vec<(LogEntry, RecordView)>, StoreError> {
        reading::logged(&self.pool, from, limit.min(PAGE_MAX)).await.map_err(read_error)
    }

    /// Where the record of that number stands in the log; `None` for one that is in none.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn log_place(&self, seq: i64) -> Result<Option<u64>, StoreError> {
        reading::place(&self.pool, seq).await.map_err(read_error)
    }

    /// How many records are in no log: from before there was one, or written by a version that knew of none.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn outside_the_log(&self) -> Result<u64, StoreError> {
        reading::outside(&self.pool).await.map_err(read_error)
    }

    /// The bytes of a tile or of a bundle of entries, in its very width; `None` where the log has fewer.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn log_tile(&self, tile: Tile) -> Result<Option<Vec<u8>>, StoreError> {
        reading::tile(&self.pool, tile).await.map_err(read_error)
    }

    /// How many records match, whatever the filter's limit.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn count(&self, filter: &Filter) -> Result<u64, StoreError> {
        if !self.can_answer(filter).await? {
            return Ok(0);
        }
        let count: i64 = filter.count().build_query_scalar().fetch_one(&self.pool).await.map_err(read_error)?;
        Ok(count.unsigned_abs())
    }

    /// Everything recorded about one exchange, in the order of writing.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn show(&self, exchange: ExchangeId) -> Result<Vec<RecordView>, StoreError> {
        let filter = Filter { exchange: Some(exchange), page: Page::After(0), limit: PAGE_MAX, ..Filter::default() };
        self.query(&filter).await
    }

    /// What records since then tell of the flow of data, and when each was last told: how outcomes left a context, and the
    /// most that the answer to an intent may have added that has no outcome.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn flows(&self, since: Timestamp) -> Result<Vec<(FlowView, Timestamp)>, StoreError> {
        let rows = sqlx::query(
            "SELECT flow, max(at) FROM record AS told \
             WHERE context IS NOT NULL AND at >= ? AND (phase = 'outcome' OR NOT EXISTS \
             (SELECT 1 FROM record WHERE exchange = told.exchange AND phase = 'outcome')) \
             GROUP BY context, json_extract(flow, '$.trail'), json_extract(flow, '$.label')",
        )
        .bind(since.as_micros())
        .fetch_all(&self.pool)
        .await
        .map_err(read_error)?;
        let told = |row: &SqliteRow| -> Result<(FlowView, Timestamp), sqlx::Error> {
            let text: Option<&str> = row.try_get(0)?;
            let flow = flow::read(text).ok_or_else(|| sqlx::Error::Decode("it is no flow of data".into()))?;
            Ok((flow, Timestamp::from_micros(row.try_get(1)?)))
        };
        rows.iter().map(told).collect::<Result<_, _>>().map_err(read_error)
    }

    /// The units of work whose ids begin so, the newest first and at most `limit`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn contexts(&self, beginning: Beginning, limit: u32) -> Result<Vec<ContextView>, StoreError> {
        let [from, to] = beginning.bounds();
        let about = Filter { context: Some(ContextId::from_bytes([0; 16])), ..Filter::default() };
        if !self.can_answer(&about).await? {
            return Ok(Vec::new());
        }
        let asked = sqlx::query(contexts::NEWEST).bind(from).bind(to).bind(contexts::limited(limit));
        let rows = asked.fetch_all(&self.pool).await.map_err(read_error)?;
        rows.iter().map(contexts::read).collect::<Result<_, _>>().map_err(read_error)
    }

    /// Whether the file says what the filter asks for. One of version 1 that is only read says nothing of agents and
    /// tenants, so none of its records match; one before version 4 says nothing of contexts.
    async fn can_answer(&self, filter: &Filter) -> Result<bool, StoreError> {
        let asked = match (filter.agent.is_some() || filter.tenant.is_some(), filter.context.is_some()) {
            (false, false) => return Ok(true),
            (true, false) => "details",
            (_, true) => "context",
        };
        let columns = "SELECT count(*) FROM pragma_table_info('record') WHERE name = ?";
        let found: i64 = sqlx::query_scalar(columns).bind(asked).fetch_one(&self.pool).await.map_err(read_error)?;
        Ok(found == 1)
    }

    /// Closes the connections; later questions fail.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

fn read_error(source: sqlx::Error) -> StoreError {
    StoreError::Database { doing: "read", source }
}
