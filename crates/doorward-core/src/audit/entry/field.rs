//! The fields that stand in an entry as commitments, their salts and the commitments themselves.

use std::fmt;

use aws_lc_rs::hmac;

use crate::audit::merkle::{Hash, sha256};

/// What sets commitments apart from every other digest.
const DOMAIN: &[u8] = b"doorward-audit-field-v1\n";

/// A field of a record that the log commits to without showing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// Who acted: an object.
    Principal,
    /// How that was proven: a text.
    Proof,
    /// What the client called itself: an object.
    Client,
    /// The web origin of the request: a text.
    Origin,
    /// The server: a text.
    Server,
    /// The tool, resource or prompt: a text.
    Resource,
    /// SHA-256 of the arguments: 64 hexadecimal digits.
    Arguments,
    /// Reasons, one sentence each: an array of texts.
    Reasons,
    /// What guards found: an array of objects.
    Findings,
    /// The flow of data: an object.
    Flow,
}

impl Field {
    /// All of them, in their order in an entry.
    pub const ALL: [Self; 10] = [
        Self::Principal,
        Self::Proof,
        Self::Client,
        Self::Origin,
        Self::Server,
        Self::Resource,
        Self::Arguments,
        Self::Reasons,
        Self::Findings,
        Self::Flow,
    ];

    /// Its name in entries and disclosures.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Principal => "principal",
            Self::Proof => "proof",
            Self::Client => "client",
            Self::Origin => "origin",
            Self::Server => "server",
            Self::Resource => "resource",
            Self::Arguments => "arguments",
            Self::Reasons => "reasons",
            Self::Findings => "findings",
            Self::Flow => "flow",
        }
    }

    /// The field of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }

    /// `SHA-256(domain || length of the name in two bytes || name || salt || value)`. An absent field has the value `null`
    /// and a commitment like any other, so that absence does not show.
    pub(super) fn commitment(self, salt: &[u8; 32], value: &str) -> Hash {
        let name = self.name();
        // Names are our own and short.
        let length = u16::try_from(name.len()).unwrap_or(u16::MAX).to_be_bytes();
        sha256(&[DOMAIN, &length, name.as_bytes(), salt, value.as_bytes()])
    }
}

/// The secret of one record, from which the salts of its fields are made. It is shown to nobody as it is.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordSalt([u8; 32]);

/// The salts of the fields of one record.
pub(super) struct FieldSalts(hmac::Key);

impl RecordSalt {
    /// The salt of these 32 random bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes, to be sealed.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(super) fn fields(&self) -> FieldSalts {
        FieldSalts(hmac::Key::new(hmac::HMAC_SHA256, &self.0))
    }
}

impl FieldSalts {
    /// `HMAC-SHA-256(salt of the record, name of the field)`: known to whoever is told of that field, and of no use for any
    /// other.
    pub(super) fn of(&self, field: Field) -> [u8; 32] {
        let tag = hmac::sign(&self.0, field.name().as_bytes());
        let mut salt = [0; 32];
        for (byte, tagged) in salt.iter_mut().zip(tag.as_ref()) {
            *byte = *tagged;
        }
        salt
    }
}

impl fmt::Debug for RecordSalt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecordSalt(..)")
    }
}
