//! Which units of work the records tell of.

use doorward_core::flow::{ContextId, Label};
use doorward_core::time::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::limits::PAGE_MAX;
use crate::{civil, flow};

/// One unit of work, over all its records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextView {
    /// Its id.
    pub context: ContextId,
    /// Whose it was when it was last recorded.
    pub principal: String,
    /// When its first record was written, as RFC 3339.
    pub first: String,
    /// When its last record was written, as RFC 3339.
    pub last: String,
    /// How many exchanges ended in it.
    pub exchanges: u64,
    /// How many of them were refused.
    pub refused: u64,
    /// Its label in the last record; `None` when that cannot be read.
    pub label: Option<Label>,
}

/// The newest contexts between two ids, both included: `SELECT` with `from`, `to` and `limit` to bind.
pub(crate) const NEWEST: &str = "
    SELECT told.*, one.principal, one.flow FROM (
        SELECT context, min(at) AS first, max(at) AS last, max(seq) AS newest, sum(phase = 'outcome') AS exchanges,
            sum(phase = 'outcome' AND disposition = 'refuse') AS refused
        FROM record WHERE context IS NOT NULL AND context BETWEEN ? AND ?
        GROUP BY context ORDER BY newest DESC LIMIT ?
    ) AS told JOIN record AS one ON one.seq = told.newest ORDER BY told.newest DESC
";

/// The contexts whose ids begin with some hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beginning {
    from: ContextId,
    to: ContextId,
}

impl Beginning {
    /// Those whose ids begin with these digits, none for all; `None` for anything but up to 32 hexadecimal digits.
    #[must_use]
    pub fn of(digits: &str) -> Option<Self> {
        let filled =
            |with: &str| ContextId::parse(&format!("{digits}{}", with.repeat(32_usize.checked_sub(digits.len())?)));
        Some(Self { from: filled("0")?, to: filled("f")? })
    }

    pub(crate) fn bounds(self) -> [Vec<u8>; 2] {
        [self.from, self.to].map(|id| id.to_bytes().to_vec())
    }
}

/// How many rows to ask for.
pub(crate) fn limited(limit: u32) -> u32 {
    limit.min(PAGE_MAX)
}

pub(crate) fn read(row: &SqliteRow) -> Result<ContextView, sqlx::Error> {
    let count = |column: &str| row.try_get::<i64, _>(column).map(|count| u64::try_from(count).unwrap_or(0));
    let time = |column: &str| Ok::<_, sqlx::Error>(civil::rfc3339(Timestamp::from_micros(row.try_get(column)?)));
    let id: &[u8] = row.try_get("context")?;
    let id = <[u8; 16]>::try_from(id).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    Ok(ContextView {
        context: ContextId::from_bytes(id),
        principal: row.try_get("principal")?,
        first: time("first")?,
        last: time("last")?,
        exchanges: count("exchanges")?,
        refused: count("refused")?,
        label: flow::read(row.try_get("flow")?).map(|flow| flow.label),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_a_beginning() {
        let all = Beginning::of("").unwrap();
        assert_eq!((all.from.to_bytes(), all.to.to_bytes()), ([0; 16], [255; 16]));
        let one = Beginning::of("AB1").unwrap();
        assert!(one.from.to_string().starts_with("ab10000") && one.to.to_string().starts_with("ab1fff"));
        let whole = Beginning::of(&"7".repeat(32)).unwrap();
        assert_eq!(whole.from, whole.to);
        for wrong in ["g", " ", "é", &"7".repeat(33)] {
            assert_eq!(Beginning::of(wrong), None, "{wrong}");
        }
    }
}
