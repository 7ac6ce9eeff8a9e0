//! What opens the commitments of an entry: for its holder all of them, for others one at a time.
//!
//! Values are JSON texts. The very text is what is committed to, so it is kept and passed on as it is.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::field::FieldSalts;
use super::{Entry, EntryError, Field, RecordSalt};
use crate::audit::merkle::Hash;
use crate::flow::{FlowNote, Label, Source};
use crate::guard::{Action, Finding};
use crate::principal::{Principal, Subject};
use crate::record::Record;

/// Every value of a record that its entry commits to, and the salt of the record. As secret as the record is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Openings {
    salt: RecordSalt,
    values: [String; Field::ALL.len()],
}

/// One field of a record for somebody to see and to check against its entry. It says nothing of the other fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disclosure {
    /// Which field.
    pub field: Field,
    /// Its value, as a JSON text; `null` when the record had none.
    pub value: String,
    /// The salt of the field.
    pub salt: [u8; 32],
}

/// Why a disclosure does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DisclosureError {
    /// The entry cannot be read.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// Not of the form of a disclosure.
    #[error("a disclosure is a line of JSON with a field, a salt in base64 and a value")]
    Form,
    /// The entry commits to something else.
    #[error("the entry does not commit to this value of `{}`", .0.name())]
    Other(Field),
}

/// Why a text is not what opens an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what opens an entry is JSON with a version, a salt in base64 and a value for each field")]
pub struct OpeningsError;

impl Openings {
    pub(super) fn of(record: &Record, salt: RecordSalt) -> Self {
        Self { salt, values: Field::ALL.map(|field| value(record, field)) }
    }

    pub(super) fn commitments(&self) -> [Hash; Field::ALL.len()] {
        let salts = self.salt.fields();
        let mut values = self.values.iter();
        Field::ALL.map(|field| {
            let value = values.next().map_or("null", String::as_str);
            field.commitment(&salts.of(field), value)
        })
    }

    /// The fields with their values.
    pub fn values(&self) -> impl Iterator<Item = (Field, &str)> {
        Field::ALL.into_iter().zip(self.values.iter().map(String::as_str))
    }

    /// The salt of the record.
    #[must_use]
    pub const fn salt(&self) -> &RecordSalt {
        &self.salt
    }

    /// One field, to be shown to somebody.
    #[must_use]
    pub fn disclose(&self, field: Field) -> Disclosure {
        self.one(&self.salt.fields(), field)
    }

    /// Every field, each to be shown by itself.
    #[must_use]
    pub fn disclose_all(&self) -> Vec<Disclosure> {
        let salts = self.salt.fields();
        Field::ALL.into_iter().map(|field| self.one(&salts, field)).collect()
    }

    fn one(&self, salts: &FieldSalts, field: Field) -> Disclosure {
        let value = self.values().find(|(other, _)| *other == field).map_or("null", |(_, value)| value);
        Disclosure { field, value: value.to_owned(), salt: salts.of(field) }
    }

    /// One line of JSON, to be sealed and stored. Absent fields are left out.
    #[must_use]
    pub fn to_json(&self) -> String {
        let values = self.values().filter(|(_, value)| *value != "null");
        json(&Stored {
            version: super::ENTRY_VERSION,
            salt: STANDARD.encode(self.salt.as_bytes()),
            values: values.map(|(field, value)| (field.name().to_owned(), value.to_owned())).collect(),
        })
    }

    /// Reads what [`Openings::to_json`] writes.
    ///
    /// # Errors
    /// [`OpeningsError`] for anything else.
    pub fn parse(text: &str) -> Result<Self, OpeningsError> {
        let stored: Stored = serde_json::from_str(text).map_err(|_| OpeningsError)?;
        if stored.version != super::ENTRY_VERSION || stored.values.keys().any(|name| Field::parse(name).is_none()) {
            return Err(OpeningsError);
        }
        let salt = STANDARD.decode(stored.salt).ok().and_then(|salt| salt.try_into().ok()).ok_or(OpeningsError)?;
        let mut values = stored.values;
        let values = Field::ALL.map(|field| values.remove(field.name()).unwrap_or_else(|| "null".to_owned()));
        Ok(Self { salt: RecordSalt::from_bytes(salt), values })
    }
}

impl Disclosure {
    /// Checks it against the exact bytes of the entry. That the entry is in a log is for a proof to say.
    ///
    /// # Errors
    /// [`DisclosureError`] unless the entry commits to this value.
    pub fn check(&self, entry: &[u8]) -> Result<(), DisclosureError> {
        let entry = Entry::parse(entry)?;
        let same = *entry.commitment(self.field) == self.field.commitment(&self.salt, &self.value);
        if same { Ok(()) } else { Err(DisclosureError::Other(self.field)) }
    }

    /// Reads what [`fmt::Display`] writes, in exactly that spelling.
    ///
    /// # Errors
    /// [`DisclosureError::Form`] for anything else.
    pub fn parse(text: &str) -> Result<Self, DisclosureError> {
        let line: Line = serde_json::from_str(text).map_err(|_| DisclosureError::Form)?;
        let salt = STANDARD.decode(&line.salt).ok().and_then(|salt| salt.try_into().ok());
        let field = Field::parse(&line.field).ok_or(DisclosureError::Form)?;
        let read = Self { field, value: line.value, salt: salt.ok_or(DisclosureError::Form)? };
        if read.to_string() == text { Ok(read) } else { Err(DisclosureError::Form) }
    }
}

impl fmt::Display for Disclosure {
    /// One line of JSON: `{"field":"server","salt":"…","value":"\"git\""}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line =
            Line { field: self.field.name().to_owned(), salt: STANDARD.encode(self.salt), value: self.value.clone() };
        f.write_str(&json(&line))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    field: String,
    salt: String,
    value: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    version: u16,
    salt: String,
    values: BTreeMap<String, String>,
}

/// The JSON text of a field; `null` where the record has none.
fn value(record: &Record, field: Field) -> String {
    match field {
        Field::Principal => json(&Who::of(&record.principal)),
        Field::Proof => json(&record.principal.proof().as_str()),
        Field::Client => {
            json(&record.client.as_ref().map(|client| Client { name: &client.name, version: &client.version }))
        }
        Field::Origin => json(&record.origin.as_deref()),
        Field::Server => json(&record.server.as_deref()),
        Field::Resource => json(&record.resource.as_deref()),
        Field::Arguments => json(&record.arguments_digest.map(|digest| hexadecimal(&digest))),
        Field::Reasons => list(&record.reasons.iter().map(AsRef::as_ref).collect::<Vec<&str>>()),
        Field::Findings => list(&record.findings.iter().map(Found::of).collect::<Vec<_>>()),
        Field::Flow => json(&record.flow.as_deref().map(Flow::of)),
    }
}

/// Nothing in a list is as good as no list.
fn list<T: Serialize>(items: &[T]) -> String {
    if items.is_empty() { "null".to_owned() } else { json(&items) }
}

fn json<T: Serialize>(value: &T) -> String {
    // Structs of texts and numbers: writing them does not fail.
    let written = serde_json::to_string(value);
    debug_assert!(written.is_ok(), "texts and numbers are always written");
    written.unwrap_or_default()
}

fn hexadecimal(digest: &[u8; 32]) -> String {
    digest.iter().fold(String::with_capacity(64), |mut text, byte| {
        for half in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(u32::from(half), 16));
        }
        text
    })
}

#[derive(Serialize)]
struct Who<'a> {
    kind: &'static str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    actors: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scopes: Vec<&'a str>,
}

impl<'a> Who<'a> {
    fn of(principal: &'a Principal) -> Self {
        let kind = match principal.subject() {
            Subject::User(_) => "user",
            Subject::Agent(_) => "agent",
        };
        Self {
            kind,
            name: principal.user(),
            tenant: principal.tenant().map(AsRef::as_ref),
            issuer: principal.issuer().map(AsRef::as_ref),
            agent: principal.agent().map(AsRef::as_ref),
            actors: principal.actors().iter().map(AsRef::as_ref).collect(),
            groups: principal.groups().iter().map(AsRef::as_ref).collect(),
            scopes: principal.scopes().iter().map(AsRef::as_ref).collect(),
        }
    }
}

#[derive(Serialize)]
struct Client<'a> {
    name: &'a str,
    version: &'a str,
}

#[derive(Serialize)]
struct Found<'a> {
    guard: &'static str,
    rule: &'a str,
    severity: &'static str,
    confidence: u8,
    action: &'static str,
    pointer: &'a str,
    start: usize,
    end: usize,
}

impl<'a> Found<'a> {
    fn of((finding, action): &'a (Finding, Action)) -> Self {
        Self {
            guard: finding.guard.name(),
            rule: &finding.rule,
            severity: finding.severity.name(),
            confidence: finding.confidence.as_percent(),
            action: action.name(),
            pointer: &finding.pointer,
            start: finding.range.start,
            end: finding.range.end,
        }
    }
}

#[derive(Serialize)]
struct Flow<'a> {
    trail: &'a str,
    label: &'a Label,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<Missing<'a>>,
    #[serde(skip_serializing_if = "<[Source]>::is_empty")]
    sources: &'a [Source],
}

#[derive(Serialize)]
struct Missing<'a> {
    path: &'a str,
    role: &'static str,
}

impl<'a> Flow<'a> {
    fn of(note: &'a FlowNote) -> Self {
        let missing = note.missing.iter().map(|one| Missing { path: &one.path, role: one.role.as_str() }).collect();
        Self { trail: &note.trail, label: &note.label, missing, sources: &note.sources }
    }
}
