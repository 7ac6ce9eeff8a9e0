//! The Merkle tree of RFC 6962 §2.1: hashes, the growing edge, and proofs.
//!
//! Responsible for arithmetic on hashes alone. It must never know what an entry means, nor where hashes are kept.

mod frontier;
mod proofs;

use std::fmt;

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub use frontier::{Frontier, FrontierError};
pub use proofs::{
    Hashes, ProofError, UnknownHash, consistency_proof, inclusion_proof, root, verify_consistency, verify_inclusion,
};

/// The SHA-256 hash of a leaf, a node or a whole tree.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash([u8; 32]);

impl Hash {
    /// The hash of these 32 bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads the base64 (RFC 4648 §4) that [`fmt::Display`] writes; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // 32 bytes are 44 characters of base64.
        let bytes = (text.len() == 44).then(|| STANDARD.decode(text).ok()).flatten()?;
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

/// The hash of an entry (RFC 6962 §2.1): `SHA-256(0x00 || entry)`.
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Hash {
    sha256(&[&[0x00], entry])
}

/// The hash of two subtrees (RFC 6962 §2.1): `SHA-256(0x01 || left || right)`.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&[0x01], &left.0, &right.0])
}

/// The root of the tree without leaves (RFC 6962 §2.1): the hash of the empty string.
#[must_use]
pub fn empty_root() -> Hash {
    sha256(&[])
}

/// The digest of all parts, one after the other.
pub(crate) fn sha256(parts: &[&[u8]]) -> Hash {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut bytes = [0; 32];
    for (byte, digested) in bytes.iter_mut().zip(context.finish().as_ref()) {
        *byte = *digested;
    }
    Hash(bytes)
}

/// The root over whole subtrees that stand side by side, the largest first.
pub(crate) fn folded(peaks: &[Hash]) -> Hash {
    match peaks.split_last() {
        None => empty_root(),
        Some((last, rest)) => rest.iter().rev().fold(*last, |right, left| node_hash(left, &right)),
    }
}

/// The root over hashes that are side by side in one level: a whole tile, or the part of it that there is.
pub(crate) fn root_of(level: &[Hash]) -> Hash {
    let mut frontier = Frontier::new();
    for hash in level {
        frontier.push(*hash);
    }
    frontier.root()
}

#[cfg(test)]
mod tests;
