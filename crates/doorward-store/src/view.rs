//! A record as it is shown: stable JSON, and text for words this build does not know.
//!
//! Reading never fails over a newer record: an unknown word or code is passed on as it stands.

use std::fmt::Write;

use doorward_core::ids::ExchangeId;
use doorward_core::record::{RECORD_VERSION, Record};
use doorward_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::civil;
use crate::details::Details;
use crate::findings::{self, FindingView};
use crate::flow::{self, FlowView};

/// One stored record, in the form of `doorward audit --json`. Members are added, never changed; `version` tells which
/// there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordView {
    /// The place in the log, rising.
    pub seq: i64,
    /// The version of the record's form.
    pub version: i64,
    /// When it was written: RFC 3339, UTC, microseconds.
    pub at: String,
    /// The exchange, as 32 hexadecimal digits.
    pub exchange: String,
    /// `intent` or `outcome`.
    pub phase: String,
    /// `allow`, `answer`, `answer-error`, `refuse` or `fail`.
    pub disposition: String,
    /// The user who acted.
    pub principal: String,
    /// How that was proven.
    pub proof: String,
    /// The protocol version of the message, when known.
    pub revision: Option<String>,
    /// How it came: `stdio` or `http`.
    pub face: String,
    /// `to-server` or `to-client`.
    pub direction: String,
    /// The configured server id.
    pub server: Option<String>,
    /// The method.
    pub action: String,
    /// The tool, resource or prompt.
    pub resource: Option<String>,
    /// SHA-256 of the arguments, in hexadecimal digits.
    pub arguments_digest: Option<String>,
    /// Why it was refused or failed, as `DW1201`.
    pub code: Option<String>,
    /// Ids of the rules that decided.
    pub rules: Vec<String>,
    /// Reasons, one sentence each.
    pub reasons: Vec<String>,
    /// Bytes of the message that began the exchange.
    pub request_bytes: u64,
    /// Bytes of the answer.
    pub answer_bytes: u64,
    /// Microseconds from arrival to this record.
    pub elapsed_micros: u64,
    /// Microseconds the other side took.
    pub upstream_micros: u64,
    /// Who acted and from where, beyond the above; empty in records of version 1.
    #[serde(default)]
    pub details: Details,
    /// What guards found; empty in records before version 3.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<FindingView>,
    /// The flow of data it was part of; absent in records before version 4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<FlowView>,
}

impl RecordView {
    /// How `record` looks once it is stored under `seq`.
    #[must_use]
    pub fn of(seq: i64, record: &Record) -> Self {
        let text = |text: &str| text.to_owned();
        Self {
            seq,
            version: i64::from(RECORD_VERSION),
            at: civil::rfc3339(record.at),
            exchange: record.exchange.to_string(),
            phase: text(record.phase.as_str()),
            disposition: text(record.disposition.as_str()),
            principal: text(record.principal.user()),
            proof: text(record.principal.proof().as_str()),
            revision: record.revision.map(text),
            face: text(record.face),
            direction: text(record.direction),
            server: record.server.as_deref().map(text),
            action: text(&record.action),
            resource: record.resource.as_deref().map(text),
            arguments_digest: record.arguments_digest.map(|digest| hex(&digest)),
            code: record.code.map(|code| code.to_string()),
            rules: record.rules.iter().map(|rule| text(rule)).collect(),
            reasons: record.reasons.iter().map(|reason| text(reason)).collect(),
            request_bytes: record.request_bytes,
            answer_bytes: record.answer_bytes,
            elapsed_micros: record.elapsed_micros,
            upstream_micros: record.upstream_micros,
            details: Details::of(record),
            findings: FindingView::of(record),
            flow: record.flow.as_deref().map(FlowView::of),
        }
    }

    /// The exchange's id; `None` when the store holds none that is readable.
    #[must_use]
    pub fn exchange_id(&self) -> Option<ExchangeId> {
        ExchangeId::parse(&self.exchange)
    }
}

/// One row of the table `record`.
pub(crate) fn read(row: &SqliteRow) -> Result<RecordView, sqlx::Error> {
    let count = |column: &str| row.try_get::<i64, _>(column).map(|count| u64::try_from(count).unwrap_or(0));
    Ok(RecordView {
        seq: row.try_get("seq")?,
        version: row.try_get("version")?,
        at: civil::rfc3339(Timestamp::from_micros(row.try_get("at")?)),
        exchange: hex(row.try_get("exchange")?),
        phase: row.try_get("phase")?,
        disposition: row.try_get("disposition")?,
        principal: row.try_get("principal")?,
        proof: row.try_get("proof")?,
        revision: row.try_get("revision")?,
        face: row.try_get("face")?,
        direction: row.try_get("direction")?,
        server: row.try_get("server")?,
        action: row.try_get("action")?,
        resource: row.try_get("resource")?,
        arguments_digest: row.try_get::<Option<&[u8]>, _>("arguments_digest")?.map(hex),
        code: row.try_get::<Option<i64>, _>("code")?.map(|number| format!("DW{number}")),
        rules: list(row.try_get("rules")?),
        reasons: list(row.try_get("reasons")?),
        request_bytes: count("request_bytes")?,
        answer_bytes: count("answer_bytes")?,
        elapsed_micros: count("elapsed_micros")?,
        upstream_micros: count("upstream_micros")?,
        // A file of version 1 that is only read has no such column.
        details: row.try_get::<Option<&str>, _>("details").map(Details::read).unwrap_or_default(),
        // One of version 2 has no such column either.
        findings: row.try_get::<Option<&str>, _>("findings").map(findings::read).unwrap_or_default(),
        // Nor has one of version 3.
        flow: row.try_get::<Option<&str>, _>("flow").map(flow::read).unwrap_or_default(),
    })
}

/// A JSON array of texts; anything else is shown as it stands.
fn list(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap_or_else(|_| vec![text.to_owned()])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
