//! An operator's word about what is stopped, and its record.

use std::sync::Arc;

use doorward_core::principal::{Principal, Proof};
use doorward_core::record::{Disposition, Phase, Record};
use doorward_store::{NewStop, StopRow, StopTarget, Store, rfc3339};

use crate::clock::{exchange_id, now};
use crate::pins::DecideError;

/// Which stop is taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// That of this thing.
    Target(StopTarget),
    /// The one of this number.
    Number(i64),
}

/// Puts a stop in force, and records it. It holds when this fails with [`DecideError::Unrecorded`].
///
/// # Errors
/// The store cannot be written, or has no room for it.
pub async fn stop(store: &Store, new: &NewStop) -> Result<StopRow, DecideError> {
    let row = store.stops().put(new, now()).await?;
    let until = row.expires.map_or_else(|| "without end".to_owned(), |at| format!("until {}", rfc3339(at)));
    let said = format!("Stopped by {}, {until}; this is stop {}.", row.by, row.id);
    store.append(record("doorward/stop", &row, said))?.committed().await?;
    Ok(row)
}

/// Takes a stop back, and records it; `None` when there is none.
///
/// # Errors
/// The store cannot be written.
pub async fn resume(store: &Store, which: &Which, by: &str) -> Result<Option<StopRow>, DecideError> {
    let lifted = match which {
        Which::Target(target) => store.stops().lift(target, now()).await?,
        Which::Number(id) => store.stops().lift_numbered(*id, now()).await?,
    };
    let Some(row) = lifted else { return Ok(None) };
    let said = format!("Resumed by {by}; it was stop {} by {}.", row.id, row.by);
    store.append(record("doorward/resume", &row, said))?.committed().await?;
    Ok(Some(row))
}

fn record(action: &'static str, row: &StopRow, said: String) -> Record {
    let at = now();
    let what = format!("It is about {}.", about(&row.target));
    let reason = row.reason.as_deref().map(|reason| Arc::from(format!("The reason given: {reason}")));
    Record {
        at,
        exchange: exchange_id(at),
        phase: Phase::Outcome,
        disposition: Disposition::Answer,
        principal: Principal::new("local", Proof::LocalProcess),
        revision: None,
        face: "cli",
        origin: None,
        client: None,
        direction: "to-server",
        server: row.target.server().map(Arc::from),
        action: Arc::from(action),
        resource: row.target.name().map(Arc::from),
        arguments_digest: None,
        code: None,
        rules: Vec::new(),
        reasons: [Arc::from(said), Arc::from(what)].into_iter().chain(reason).collect(),
        findings: Vec::new(),
        flow: None,
        request_bytes: 0,
        answer_bytes: 0,
        elapsed_micros: 0,
        upstream_micros: 0,
    }
}

/// What is stopped, in words.
#[must_use]
pub fn about(target: &StopTarget) -> String {
    match target {
        StopTarget::All => "everything".to_owned(),
        StopTarget::Server(server) => format!("the server '{server}'"),
        StopTarget::Tool { server, tool } => format!("the tool '{tool}' of the server '{server}'"),
        StopTarget::Principal(name) => format!("the principal '{name}'"),
    }
}
