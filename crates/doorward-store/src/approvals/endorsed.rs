//! Values that people have endorsed, for as long as they stand by it.

use doorward_core::flow::{ContextId, Role};
use doorward_core::time::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Approvals, read_error, row};
use crate::error::StoreError;

/// What values are endorsed for.
#[derive(Debug, Clone, Copy)]
pub struct EndorsedThing<'a> {
    /// The unit of work.
    pub context: ContextId,
    /// The server.
    pub server: &'a str,
    /// The method.
    pub action: &'a str,
    /// The tool or prompt.
    pub item: &'a str,
    /// The digest of its definition.
    pub definition: Option<[u8; 32]>,
    /// What the label of the unit of work says now.
    pub labels: &'a [String],
}

impl Approvals {
    /// The values that everybody who was asked has endorsed for that thing in that context and is not taken back, and in
    /// which role. What was endorsed when less was said of the context counts for nothing.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn endorsed(&self, thing: &EndorsedThing<'_>, at: Timestamp) -> Result<Vec<(Role, u64)>, StoreError> {
        let rows: Vec<SqliteRow> = sqlx::query(
            "SELECT data, about FROM approval AS told \
             WHERE subject = 'data' AND context = ? AND server = ? AND action = ? AND item = ? AND definition IS ? \
             AND state = 'granted' AND endorsed_until > ? AND NOT EXISTS \
             (SELECT 1 FROM approval AS asked WHERE asked.binding = told.binding AND NOT EXISTS \
             (SELECT 1 FROM approval AS yes WHERE yes.binding = told.binding AND yes.approver = asked.approver \
             AND yes.state = 'granted' AND yes.endorsed_until > ?))",
        )
        .bind(thing.context.to_bytes().to_vec())
        .bind(thing.server)
        .bind(thing.action)
        .bind(thing.item)
        .bind(thing.definition.map(|digest| digest.to_vec()))
        .bind(at.as_micros())
        .bind(at.as_micros())
        .fetch_all(&self.reading)
        .await
        .map_err(read_error)?;
        let mut endorsed = Vec::new();
        for row in rows {
            let about = row::about(row.try_get("about").map_err(read_error)?).map_err(read_error)?;
            if !thing.labels.iter().all(|label| about.labels.contains(label)) {
                continue;
            }
            let data = row::data(row.try_get("data").map_err(read_error)?).map_err(read_error)?;
            endorsed.extend(data.iter().filter_map(|datum| Some((Role::parse(&datum.role)?, datum.hash))));
        }
        endorsed.sort_unstable();
        endorsed.dedup();
        Ok(endorsed)
    }
}
