//! Asking, answering and using, each within one transaction.

use doorward_core::ids::ExchangeId;
use doorward_core::time::Timestamp;
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqlitePool};

use super::{
    Answered, ApprovalAnswer, ApprovalBounds, ApprovalQuestion, ApprovalState, ApprovalSubject, Asked, AskedOf,
    Consulted, NotAsked, row,
};
use crate::lessons;
use crate::limits::{APPROVAL_CONTINUES, APPROVALS_BUDGET_SPAN, APPROVALS_KEPT, APPROVALS_MAX};

/// One who was asked and whose question is not over.
struct Standing {
    id: String,
    approver: String,
    state: ApprovalState,
    expires: Timestamp,
    by: Option<String>,
}

/// As [`super::Approvals::consult`].
pub(super) async fn consult(
    connection: &mut SqliteConnection,
    question: &ApprovalQuestion,
    bounds: &ApprovalBounds,
    at: Timestamp,
) -> Result<Consulted, sqlx::Error> {
    sweep(connection, at).await?;
    let standing = standing(connection, question, at).await?;
    if standing.iter().any(|asked| asked.state == ApprovalState::Denied) {
        return Ok(Consulted::Denied);
    }
    let asked_of = |of: &&AskedOf| standing.iter().all(|asked| asked.approver != of.approver);
    let new: Vec<&AskedOf> = question.asked_of.iter().filter(asked_of).collect();
    if new.is_empty() && standing.iter().all(|asked| asked.state == ApprovalState::Granted) {
        return grant(connection, question, standing, at).await;
    }
    if !new.is_empty() {
        if let Some(reason) = has_no_room(connection, question, bounds, at).await? {
            return Ok(Consulted::NotAsked(reason));
        }
        for of in &new {
            insert(connection, question, of, at).await?;
        }
    }
    let open: Vec<&Standing> = standing.iter().filter(|asked| asked.state == ApprovalState::Open).collect();
    let expires = standing.iter().map(|asked| asked.expires).min().unwrap_or(question.expires);
    let ids = open.iter().map(|asked| &asked.id).chain(new.iter().map(|of| &of.id)).cloned().collect();
    let asked = if new.is_empty() { Asked::Before } else { Asked::Now };
    Ok(Consulted::Open { ids, expires: expires.min(question.expires), asked })
}

/// Uses the yes of everybody. One for data stays.
async fn grant(
    connection: &mut SqliteConnection,
    question: &ApprovalQuestion,
    standing: Vec<Standing>,
    at: Timestamp,
) -> Result<Consulted, sqlx::Error> {
    if question.subject == ApprovalSubject::Call {
        for asked in &standing {
            let used = sqlx::query(
                "UPDATE approval SET state = 'used', used_at = ?, used_by = ? WHERE id = ? AND state = 'granted'",
            );
            let used = used.bind(at.as_micros()).bind(question.exchange.to_bytes().to_vec()).bind(&asked.id);
            if used.execute(&mut *connection).await?.rows_affected() != 1 {
                // INVARIANT: nobody else writes during this transaction, so it was granted and still is.
                return Err(sqlx::Error::RowNotFound);
            }
        }
    }
    Ok(Consulted::Granted { by: standing.into_iter().filter_map(|asked| asked.by).collect() })
}

/// The questions about the same that are not over, one for each approver; what was swept is over.
async fn standing(
    connection: &mut SqliteConnection,
    question: &ApprovalQuestion,
    at: Timestamp,
) -> Result<Vec<Standing>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT id, approver, state, expires, answered_by FROM approval \
         WHERE binding = ? AND subject = ? AND (state IN ('open', 'granted') OR (state = 'denied' AND expires > ?)) \
         ORDER BY approver, id",
    )
    .bind(question.binding.to_vec())
    .bind(question.subject.as_str())
    .bind(at.as_micros())
    .fetch_all(connection)
    .await?;
    let mut found = Vec::new();
    for row in rows {
        let approver: String = row.try_get("approver")?;
        // The binding says who is asked, so there is nobody else.
        if question.asked_of.iter().any(|of| of.approver == approver) {
            let state = ApprovalState::parse(row.try_get("state")?)
                .ok_or_else(|| sqlx::Error::Decode("an approval's state".into()))?;
            let expires = Timestamp::from_micros(row.try_get("expires")?);
            found.push(Standing { id: row.try_get("id")?, approver, state, expires, by: row.try_get("answered_by")? });
        }
    }
    Ok(found)
}

/// Why no more is asked, if nothing more is.
async fn has_no_room(
    connection: &mut SqliteConnection,
    question: &ApprovalQuestion,
    bounds: &ApprovalBounds,
    at: Timestamp,
) -> Result<Option<NotAsked>, sqlx::Error> {
    let span = i64::try_from(APPROVALS_BUDGET_SPAN.as_micros()).unwrap_or(i64::MAX);
    // Whoever turns the clock back gets no further questions by it.
    let row = sqlx::query(
        "SELECT (SELECT count(DISTINCT exchange) FROM approval WHERE principal = ?1 AND asked_at > ?2), \
         (SELECT count(DISTINCT exchange) FROM approval WHERE principal = ?1 AND state = 'open'), \
         (SELECT count(DISTINCT exchange) FROM approval WHERE state = 'open'), (SELECT count(*) FROM approval)",
    )
    .bind(&question.principal)
    .bind(at.as_micros().saturating_sub(span))
    .fetch_one(&mut *connection)
    .await?;
    let count = |column: usize| row.try_get::<i64, _>(column);
    let (asked, own, all, kept) = (count(0)?, count(1)?, count(2)?, count(3)?);
    if asked >= i64::from(bounds.per_hour) {
        return Ok(Some(NotAsked::Budget));
    }
    if own >= i64::from(bounds.open_per_principal) {
        return Ok(Some(NotAsked::Principal));
    }
    if all >= i64::from(bounds.open) {
        return Ok(Some(NotAsked::Full));
    }
    let new = i64::try_from(question.asked_of.len()).unwrap_or(i64::MAX);
    let over = kept.saturating_add(new).saturating_sub(i64::from(APPROVALS_MAX));
    if over > 0 && make_room(connection, over, at.as_micros().saturating_sub(span)).await? < over {
        return Ok(Some(NotAsked::Full));
    }
    Ok(None)
}

/// Forgets the oldest that are over and no longer counted; how many that were.
async fn make_room(connection: &mut SqliteConnection, over: i64, before: i64) -> Result<i64, sqlx::Error> {
    let gone = sqlx::query(
        "DELETE FROM approval WHERE id IN (SELECT id FROM approval \
         WHERE state IN ('used', 'denied', 'expired') AND asked_at <= ? ORDER BY asked_at LIMIT ?)",
    );
    let gone = gone.bind(before).bind(over).execute(connection).await?;
    Ok(i64::try_from(gone.rows_affected()).unwrap_or(i64::MAX))
}

async fn insert(
    connection: &mut SqliteConnection,
    question: &ApprovalQuestion,
    of: &AskedOf,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    let encode = |error: serde_json::Error| sqlx::Error::Encode(error.into());
    let inserted = sqlx::query(
        "INSERT INTO approval (id, subject, binding, approver, state, asked_at, expires, exchange, principal, context, \
         server, action, item, definition, arguments_digest, arguments, about, data) \
         VALUES (?, ?, ?, ?, 'open', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&of.id)
    .bind(question.subject.as_str())
    .bind(question.binding.to_vec())
    .bind(&of.approver)
    .bind(at.as_micros())
    .bind(question.expires.as_micros())
    .bind(question.exchange.to_bytes().to_vec())
    .bind(&question.principal)
    .bind(question.context.map(|context| context.to_bytes().to_vec()))
    .bind(&question.server)
    .bind(&question.action)
    .bind(&question.item)
    .bind(question.definition.map(|digest| digest.to_vec()))
    .bind(question.arguments_digest.to_vec())
    .bind(&question.arguments)
    .bind(serde_json::to_string(&question.about).map_err(encode)?)
    .bind(serde_json::to_string(&question.data).map_err(encode)?);
    inserted.execute(connection).await.map(drop)
}

/// As [`super::Approvals::answer`].
pub(super) async fn answer(
    connection: &mut SqliteConnection,
    id: &str,
    answer: ApprovalAnswer,
    (by, remark): (&str, Option<&str>),
    at: Timestamp,
) -> Result<Answered, sqlx::Error> {
    sweep(connection, at).await?;
    // A no is good against a yes that nobody has used.
    let (state, until, instead_of) = match answer {
        ApprovalAnswer::Endorse { until } => (ApprovalState::Granted, Some(until.as_micros()), "('open')"),
        ApprovalAnswer::Deny => (ApprovalState::Denied, None, "('open', 'granted')"),
    };
    let sentence = format!(
        "UPDATE approval SET state = ?, answered_at = ?, answered_by = ?, remark = ?, endorsed_until = ?, \
         arguments = NULL WHERE id = ? AND state IN {instead_of}"
    );
    let done = sqlx::query(sqlx::AssertSqlSafe(sentence))
        .bind(state.as_str())
        .bind(at.as_micros())
        .bind(by)
        .bind(remark)
        .bind(until)
        .bind(id)
        .execute(&mut *connection)
        .await?;
    if done.rows_affected() == 1 {
        if answer == ApprovalAnswer::Deny {
            unlearn(connection, id).await?;
        }
        return Ok(Answered::Done);
    }
    let found = sqlx::query("SELECT * FROM approval WHERE id = ?").bind(id).fetch_optional(connection).await?;
    match found {
        Some(found) => Ok(Answered::Not(row::read(&found, at)?.state)),
        None => Ok(Answered::Unknown),
    }
}

/// What a person says no to is no longer learned, however often it was good before.
async fn unlearn(connection: &mut SqliteConnection, id: &str) -> Result<(), sqlx::Error> {
    let denied = sqlx::query("SELECT principal, server, item, data FROM approval WHERE id = ? AND subject = 'data'");
    let Some(denied) = denied.bind(id).fetch_optional(&mut *connection).await? else { return Ok(()) };
    let values = row::data(denied.try_get("data")?)?;
    let values: Vec<(String, u64)> = values.into_iter().map(|datum| (datum.role, datum.hash)).collect();
    let (principal, server): (Vec<u8>, String) = (denied.try_get("principal")?, denied.try_get("server")?);
    let tool: Option<String> = denied.try_get("item")?;
    lessons::unlearn(connection, &principal, (&server, tool.as_deref().unwrap_or_default()), &values).await
}

/// As [`super::Approvals::resume`]: one sentence, and so at once.
pub(super) async fn resume(
    pool: &SqlitePool,
    state: &[u8; 32],
    exchange: ExchangeId,
    at: Timestamp,
) -> Result<Vec<(String, String)>, sqlx::Error> {
    let span = i64::try_from(APPROVAL_CONTINUES.as_micros()).unwrap_or(i64::MAX);
    sqlx::query_as(
        "UPDATE approval SET continues = NULL, used_by = ? WHERE continues = ? AND state = 'used' AND used_at > ? \
         RETURNING approver, coalesce(answered_by, '')",
    )
    .bind(exchange.to_bytes().to_vec())
    .bind(state.to_vec())
    .bind(at.as_micros().saturating_sub(span))
    .fetch_all(pool)
    .await
}

/// As [`super::Approvals::sweep`].
pub(super) async fn sweep(connection: &mut SqliteConnection, at: Timestamp) -> Result<(), sqlx::Error> {
    let over = "UPDATE approval SET state = 'expired', arguments = NULL WHERE \
        (state = 'open' OR (state = 'granted' AND subject = 'call')) AND expires <= ?1 \
        OR state = 'granted' AND subject = 'data' AND coalesce(endorsed_until, expires) <= ?1";
    sqlx::query(over).bind(at.as_micros()).execute(&mut *connection).await?;
    // A no holds until its question would have been over, and is kept with the rest after that.
    let kept = i64::try_from(APPROVALS_KEPT.as_micros()).unwrap_or(i64::MAX);
    let gone = sqlx::query("DELETE FROM approval WHERE state IN ('used', 'denied', 'expired') AND asked_at <= ?");
    gone.bind(at.as_micros().saturating_sub(kept)).execute(connection).await.map(drop)
}
