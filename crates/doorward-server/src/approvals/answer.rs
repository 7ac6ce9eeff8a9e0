//! A person's word about a question, and its record.

use std::sync::Arc;

use doorward_core::principal::{Principal, Proof};
use doorward_core::record::{Disposition, Phase, Record};
use doorward_store::{Answered, ApprovalAnswer, ApprovalRow, Store};

use super::after;
use crate::clock::{exchange_id, now};
use crate::limits::APPROVAL_ENDORSED;
use crate::pins::DecideError;

/// What is said to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// Yes.
    Endorse,
    /// No.
    Deny,
}

impl Word {
    /// The action in the record.
    const fn action(self) -> &'static str {
        match self {
            Self::Endorse => "approvals/endorse",
            Self::Deny => "approvals/deny",
        }
    }

    /// What was done, as a person is told.
    #[must_use]
    pub const fn done(self) -> &'static str {
        match self {
            Self::Endorse => "Endorsed",
            Self::Deny => "Denied",
        }
    }
}

/// Lets the word of `by` hold for the question in `row`, and records it.
///
/// # Errors
/// The store cannot be written.
pub async fn answer(
    store: &Store,
    row: &ApprovalRow,
    word: Word,
    (by, remark): (&str, Option<&str>),
) -> Result<Answered, DecideError> {
    let at = now();
    let said = match word {
        Word::Endorse => ApprovalAnswer::Endorse { until: after(at, APPROVAL_ENDORSED) },
        Word::Deny => ApprovalAnswer::Deny,
    };
    let answered = store.approvals().answer(&row.id, said, (by, remark), at).await?;
    if answered == Answered::Done {
        store.append(record(row, word, by))?.committed().await?;
    }
    Ok(answered)
}

fn record(row: &ApprovalRow, word: Word, by: &str) -> Record {
    let at = now();
    let asked = format!("{} {} by {by}, asked of '{}' for {}.", word.done(), row.id, row.approver, row.about.who.user);
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
        server: Some(Arc::from(row.server.as_str())),
        action: Arc::from(word.action()),
        resource: row.item.as_deref().map(Arc::from),
        arguments_digest: Some(row.arguments_digest),
        code: None,
        rules: row.about.rules.iter().map(|(rule, _)| Arc::from(rule.as_str())).collect(),
        reasons: vec![Arc::from(asked), Arc::from(format!("The exchange that asked is {}.", row.exchange))],
        findings: Vec::new(),
        flow: None,
        request_bytes: 0,
        answer_bytes: 0,
        elapsed_micros: 0,
        upstream_micros: 0,
    }
}
