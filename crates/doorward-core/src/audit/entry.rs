//! Entries: what the log keeps of one record, for everybody and for ever.
//!
//! Responsible for the bytes that are hashed: one line of JSON with a fixed order of members, and no numbers but whole ones
//! that every reader of JSON keeps exactly. What tells of people and their data stands in it as commitments alone. It must
//! never hold a value that is to be erased some day: entries stay, and so do their hashes. Nobody writes an entry a second
//! time from its members; the bytes that were hashed are the bytes that are kept.

mod field;
mod opening;
mod wire;

use serde::Deserialize;

use crate::audit::merkle::{Hash, leaf_hash};
use crate::ids::ExchangeId;
use crate::record::{Disposition, Phase, Record};
use crate::time::Timestamp;

pub use field::{Field, RecordSalt};
pub use opening::{Disclosure, DisclosureError, Openings, OpeningsError};

use wire::Wire;

/// The version of the form of entries written by this build.
pub const ENTRY_VERSION: u16 = 1;

/// How every entry of this version begins. Quotation marks inside of values are escaped, so it stands nowhere else in one.
pub const ENTRY_START: &[u8] = br#"{"version":1,"at":"#;

/// The exact bytes of one entry: what is stored, hashed and shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryBytes(Vec<u8>);

/// What an entry says in the open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When the record was written.
    pub at: Timestamp,
    /// The exchange it belongs to.
    pub exchange: ExchangeId,
    /// Intent or outcome.
    pub phase: Phase,
    /// What became of the exchange.
    pub disposition: Disposition,
    /// The protocol version of the message, when known.
    pub revision: Option<String>,
    /// How it came: `stdio` or `http`.
    pub face: String,
    /// `to-server` or `to-client`.
    pub direction: String,
    /// The method.
    pub action: String,
    /// Why it was refused or failed, as `DW1201`.
    pub code: Option<String>,
    /// Ids of the rules that decided.
    pub rules: Vec<String>,
    /// Bytes of the message that began the exchange.
    pub request_bytes: u64,
    /// Bytes of the answer.
    pub answer_bytes: u64,
    /// Microseconds from arrival to the record.
    pub elapsed_micros: u64,
    /// Microseconds the other side took.
    pub upstream_micros: u64,
    /// The unit of work, as 32 hexadecimal digits.
    pub context: Option<String>,
    commitments: [Hash; Field::ALL.len()],
}

/// Why bytes are not an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// A version this build does not read.
    #[error("the entry is of version {0}; this build reads version {ENTRY_VERSION}")]
    Version(u64),
    /// Not JSON of that form.
    #[error("the entry is not of the form of its version: {0}")]
    Form(String),
    /// The members are right, but not in the one order, spacing and spelling that entries have.
    #[error("the entry says the same in other bytes than entries are written in")]
    Spelling,
    /// A member has a word or an id that there is not.
    #[error("the member `{0}` of the entry has a value that there is not")]
    Value(&'static str),
}

impl EntryBytes {
    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes themselves.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// The hash of the leaf (RFC 6962 §2.1).
    #[must_use]
    pub fn leaf_hash(&self) -> Hash {
        leaf_hash(&self.0)
    }
}

impl Entry {
    /// What the log keeps of `record`, and what opens its commitments. `salt` is secret, random and for this record alone;
    /// once it is gone, nobody can find out what was committed to. The bytes always fit a bundle.
    #[must_use]
    pub fn of(record: &Record, salt: &RecordSalt) -> (EntryBytes, Openings) {
        let openings = Openings::of(record, salt.clone());
        let bytes = Wire::of(record, openings.commitments()).to_bytes();
        (EntryBytes(bytes), openings)
    }

    /// Reads an entry strictly: no member may be missing, unknown, twice or in another place.
    ///
    /// # Errors
    /// [`EntryError`] says what is not as it must be.
    pub fn parse(bytes: &[u8]) -> Result<Self, EntryError> {
        let form = |error: serde_json::Error| EntryError::Form(error.to_string());
        match serde_json::from_slice::<Versioned>(bytes).map_err(form)?.version {
            version if version == u64::from(ENTRY_VERSION) => {}
            version => return Err(EntryError::Version(version)),
        }
        let wire: Wire<'_> = serde_json::from_slice(bytes).map_err(form)?;
        if wire.to_bytes() != bytes {
            return Err(EntryError::Spelling);
        }
        wire.read()
    }

    /// The commitment to that field.
    #[must_use]
    pub fn commitment(&self, field: Field) -> &Hash {
        let [principal, proof, client, origin, server, resource, arguments, reasons, findings, flow] =
            &self.commitments;
        match field {
            Field::Principal => principal,
            Field::Proof => proof,
            Field::Client => client,
            Field::Origin => origin,
            Field::Server => server,
            Field::Resource => resource,
            Field::Arguments => arguments,
            Field::Reasons => reasons,
            Field::Findings => findings,
            Field::Flow => flow,
        }
    }
}

/// The only member that every version has.
#[derive(Deserialize)]
struct Versioned {
    version: u64,
}

#[cfg(test)]
mod tests;
