//! Whether what people are shown of a record is what its entry says.
//!
//! The log vouches for entries. Lists, sinks and detectors read the columns beside them, and whoever can write the database
//! can change those alone.

use doorward_core::audit::entry::{Entry, Field, Openings};
use doorward_store::{LogEntry, Reader, RecordView, rfc3339};
use serde_json::{Value, json};

use crate::fault::Fault;

/// How many records are compared at once.
const PAGE: u32 = 1000;

/// Most differences that are told one by one.
const TOLD: usize = 100;

/// What differs, a sentence each.
pub(super) async fn differences(reader: &Reader) -> Result<Vec<String>, Fault> {
    let (mut found, mut next) = (Vec::new(), 0);
    loop {
        let page = reader.logged(next, PAGE).await?;
        let Some((last, _)) = page.last() else { return Ok(found) };
        next = last.index.saturating_add(1);
        for (entry, record) in &page {
            found.extend(difference(entry, record));
            if found.len() >= TOLD {
                found.push("further records are shown otherwise as well, or not compared".to_owned());
                return Ok(found);
            }
        }
    }
}

fn difference(kept: &LogEntry, record: &RecordView) -> Option<String> {
    let told = |what: &str| Some(format!("record {} is shown with another {what} than was logged", kept.index));
    let Ok(entry) = Entry::parse(&kept.entry) else {
        return Some(format!("the entry of record {} cannot be read", kept.index));
    };
    if let Some(member) = open_member(&entry, record) {
        return told(member);
    }
    // Once they are erased, nothing is left to compare with.
    let openings = kept.openings.as_deref()?;
    let Ok(openings) = Openings::parse(openings) else {
        return Some(format!("what opens the entry of record {} cannot be read", kept.index));
    };
    for disclosure in openings.disclose_all() {
        if disclosure.check(&kept.entry).is_err() {
            return told(disclosure.field.name());
        }
    }
    let differs = openings.values().find(|(field, value)| !is_shown(*field, value, record));
    differs.and_then(|(field, _)| told(field.name()))
}

/// The member in the open that differs.
fn open_member(entry: &Entry, record: &RecordView) -> Option<&'static str> {
    let checks = [
        ("time", rfc3339(entry.at) == record.at),
        ("exchange", entry.exchange.to_string() == record.exchange),
        ("phase", entry.phase.as_str() == record.phase),
        ("disposition", entry.disposition.as_str() == record.disposition),
        ("protocol version", entry.revision == record.revision),
        ("face", entry.face == record.face),
        ("direction", entry.direction == record.direction),
        ("method", entry.action == record.action),
        ("code", entry.code == record.code),
        ("list of rules", entry.rules == record.rules),
        ("size", (entry.request_bytes, entry.answer_bytes) == (record.request_bytes, record.answer_bytes)),
        ("duration", (entry.elapsed_micros, entry.upstream_micros) == (record.elapsed_micros, record.upstream_micros)),
        ("unit of work", entry.context == record.flow.as_ref().map(|flow| flow.context.clone())),
    ];
    checks.into_iter().find(|(_, same)| !same).map(|(member, _)| member)
}

/// Whether the columns say of that field what was committed to.
fn is_shown(field: Field, value: &str, record: &RecordView) -> bool {
    let Ok(value) = serde_json::from_str::<Value>(value) else { return false };
    let shown = match field {
        Field::Principal => return value.get("name") == Some(&json!(record.principal)),
        Field::Proof => json!(record.proof),
        Field::Server => json!(record.server),
        Field::Resource => json!(record.resource),
        Field::Arguments => json!(record.arguments_digest),
        Field::Reasons => json!(record.reasons),
        Field::Origin => json!(record.details.origin),
        // Told in another form than they are committed to in; a change of what opens them was found above.
        Field::Client | Field::Findings | Field::Flow => return true,
    };
    shown == value || (value.is_null() && shown == json!([]))
}
