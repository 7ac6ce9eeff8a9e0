//! A person's word about a definition, and its record.

use std::sync::Arc;

use doorward_core::principal::{Principal, Proof};
use doorward_core::record::{Disposition, Phase, Record};
use doorward_registry::{Digest, Kind};
use doorward_store::{AppendError, Decided, PinRow, Store, StoreError};

use crate::clock::{exchange_id, now};

/// What is said of a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// It may be used as it was seen last.
    Approve,
    /// It must not.
    Reject,
    /// Nothing of it is known any more: if it is seen again, it is new.
    Forget,
}

impl Choice {
    /// The action in the record.
    const fn action(self) -> &'static str {
        match self {
            Self::Approve => "pins/approve",
            Self::Reject => "pins/reject",
            Self::Forget => "pins/forget",
        }
    }

    /// What was done, as a person is told.
    #[must_use]
    pub const fn done(self) -> &'static str {
        match self {
            Self::Approve => "Approved",
            Self::Reject => "Rejected",
            Self::Forget => "Forgotten",
        }
    }
}

/// Why a word about a definition does not count, or is not known to.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// Nobody can say what they approve.
    #[error("it is too long to be shown, and so to be approved")]
    TooLong,
    /// It cannot be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It holds, and its record could not be written.
    #[error("it holds, but the record of it could not be written")]
    Unrecorded(#[from] AppendError),
}

/// Lets the word of `by` hold for the version in `row`, and records it.
///
/// # Errors
/// It is too long to be approved, or the store cannot be written.
pub async fn decide(store: &Store, row: &PinRow, choice: Choice, by: &str) -> Result<Decided, DecideError> {
    let is_too_long = |kind| doorward_registry::is_too_long(kind, &row.seen.text);
    if choice == Choice::Approve && Kind::parse(&row.key.kind).is_some_and(is_too_long) {
        return Err(DecideError::TooLong);
    }
    let at = now();
    let decided = match choice {
        Choice::Approve => store.pins().approve(&row.key, &row.seen.digest, by, at).await?,
        Choice::Reject => store.pins().reject(&row.key, &row.seen.digest, by, at).await?,
        Choice::Forget => store.pins().forget(&row.key, &row.seen.digest, at).await?,
    };
    if decided == Decided::Done {
        store.append(record(row, choice, by))?.committed().await?;
    }
    Ok(decided)
}

fn record(row: &PinRow, choice: Choice, by: &str) -> Record {
    let at = now();
    let digest = Digest::from_bytes(&row.seen.digest).map(|digest| digest.to_string()).unwrap_or_default();
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
        server: Some(Arc::from(row.key.server.as_str())),
        action: Arc::from(choice.action()),
        resource: Some(Arc::from(format!("{}/{}", row.key.kind, row.key.name))),
        arguments_digest: Some(row.seen.digest),
        code: None,
        rules: Vec::new(),
        reasons: vec![Arc::from(format!("{} by {by}: version {digest}.", choice.done()))],
        findings: Vec::new(),
        flow: None,
        request_bytes: 0,
        answer_bytes: 0,
        elapsed_micros: 0,
        upstream_micros: 0,
    }
}
