//! Values in the forms by which they are compared.
//!
//! Responsible for saying when two values are the same: a value has one or a few forms, each of a kind, and two values are
//! the same when they share one. Forms are only kept as keyed 64-bit hashes. It must never call two values the same of which
//! a server could make different things, and never keep a value.

use std::fmt;
use std::hash::Hasher;

use siphasher::sip::SipHasher13;

/// The key of all hashes of one context or one tenant. Nobody outside may know it: who does could find other values with
/// the same hash.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Key([u8; 16]);

impl Key {
    /// The key of these 16 random bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// What sort of thing is hashed, so that a text never equals a number or an address that is written like it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Text of any sort.
    Text,
    /// A number, by value.
    Number,
    /// A URL or the name of a host.
    Url,
    /// An e-mail address.
    Email,
    /// An account, or a number as long as one.
    Account,
    /// A telephone number.
    Phone,
    /// The address of a wallet.
    Wallet,
    /// A word of a text.
    Word,
    /// The stem of a word of a text.
    Stem,
    /// A path into a result.
    Path,
    /// A server, with a tool or without.
    Place,
    /// Something of the ledger's.
    Entity,
}

/// Hashes values under a key.
#[derive(Clone, Copy)]
pub struct Keyed(SipHasher13);

impl Keyed {
    /// Hashes under `key`.
    #[must_use]
    pub fn new(key: &Key) -> Self {
        Self(SipHasher13::new_with_key(&key.0))
    }

    /// The hash of `text` as one of its kind.
    #[must_use]
    pub fn hash(&self, kind: Kind, text: &str) -> u64 {
        let mut hasher = self.0;
        hasher.write(text.as_bytes());
        hasher.write(&[0xff, kind as u8]);
        hasher.finish()
    }
}

impl fmt::Debug for Keyed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyed(..)")
    }
}
