//! One question as it lies in the store.

use doorward_core::flow::ContextId;
use doorward_core::ids::ExchangeId;
use doorward_core::time::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{AboutApproval, ApprovalState, ApprovalSubject, Datum};

/// A question, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalRow {
    /// What it is answered by.
    pub id: String,
    /// What a yes is good for.
    pub subject: ApprovalSubject,
    /// Who may answer, as the policy names them.
    pub approver: String,
    /// Where it stands.
    pub state: ApprovalState,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// Until when it is open, and a yes for a call can be used.
    pub expires: Timestamp,
    /// The exchange that asked.
    pub exchange: ExchangeId,
    /// The context of the call, where it was known.
    pub context: Option<ContextId>,
    /// The server.
    pub server: String,
    /// The method.
    pub action: String,
    /// The tool, prompt or resource.
    pub item: Option<String>,
    /// The digest of its definition.
    pub definition: Option<[u8; 32]>,
    /// The digest of the arguments in their canonical form.
    pub arguments_digest: [u8; 32],
    /// The arguments; `None` once it is answered or over.
    pub arguments: Option<String>,
    /// What else is told.
    pub about: AboutApproval,
    /// The values, where it is about data.
    pub data: Vec<Datum>,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
    /// By whom.
    pub answered_by: Option<String>,
    /// What they said beside it.
    pub remark: Option<String>,
    /// Until when values are endorsed.
    pub endorsed_until: Option<Timestamp>,
    /// When it was used.
    pub used_at: Option<Timestamp>,
    /// The exchange that used it.
    pub used_by: Option<ExchangeId>,
}

/// A row as it stands `at` that time: what is over counts as over before anybody has written so.
pub(super) fn read(row: &SqliteRow, at: Timestamp) -> Result<ApprovalRow, sqlx::Error> {
    let time = |column: &str| row.try_get::<Option<i64>, _>(column).map(|at| at.map(Timestamp::from_micros));
    let expires = Timestamp::from_micros(row.try_get("expires")?);
    let endorsed_until = time("endorsed_until")?;
    let subject = ApprovalSubject::parse(row.try_get("subject")?).ok_or_else(|| unreadable("an approval's subject"))?;
    let written = ApprovalState::parse(row.try_get("state")?).ok_or_else(|| unreadable("an approval's state"))?;
    let end = match (subject, written) {
        (ApprovalSubject::Data, ApprovalState::Granted) => endorsed_until.unwrap_or(expires),
        (ApprovalSubject::Call | ApprovalSubject::Data, _) => expires,
    };
    let ends = matches!(written, ApprovalState::Open | ApprovalState::Granted);
    let state = if ends && end <= at { ApprovalState::Expired } else { written };
    let arguments: Option<String> = row.try_get("arguments")?;
    let exchange = |bytes: Vec<u8>| bytes.try_into().map(ExchangeId::from_bytes).map_err(|_| unreadable("an exchange"));
    Ok(ApprovalRow {
        id: row.try_get("id")?,
        subject,
        approver: row.try_get("approver")?,
        state,
        asked_at: Timestamp::from_micros(row.try_get("asked_at")?),
        expires,
        exchange: exchange(row.try_get("exchange")?)?,
        context: row
            .try_get::<Option<Vec<u8>>, _>("context")?
            .map(|bytes| bytes.try_into().map(ContextId::from_bytes).map_err(|_| unreadable("a context")))
            .transpose()?,
        server: row.try_get("server")?,
        action: row.try_get("action")?,
        item: row.try_get("item")?,
        definition: row.try_get::<Option<Vec<u8>>, _>("definition")?.map(digest).transpose()?,
        arguments_digest: digest(row.try_get("arguments_digest")?)?,
        arguments: arguments.filter(|_| state == ApprovalState::Open),
        about: about(row.try_get("about")?)?,
        data: data(row.try_get("data")?)?,
        answered_at: time("answered_at")?,
        answered_by: row.try_get("answered_by")?,
        remark: row.try_get("remark")?,
        endorsed_until,
        used_at: time("used_at")?,
        used_by: row.try_get::<Option<Vec<u8>>, _>("used_by")?.map(exchange).transpose()?,
    })
}

/// What else a row tells.
pub(super) fn about(text: &str) -> Result<AboutApproval, sqlx::Error> {
    serde_json::from_str(text).map_err(|_| unreadable("what an approval is about"))
}

/// The values of a row.
pub(super) fn data(text: &str) -> Result<Vec<Datum>, sqlx::Error> {
    serde_json::from_str(text).map_err(|_| unreadable("an approval's values"))
}

fn digest(bytes: Vec<u8>) -> Result<[u8; 32], sqlx::Error> {
    bytes.try_into().map_err(|_| unreadable("an approval's digest"))
}

fn unreadable(what: &'static str) -> sqlx::Error {
    sqlx::Error::Decode(what.into())
}
