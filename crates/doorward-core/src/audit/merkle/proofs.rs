//! Inclusion and consistency proofs: made from hashes of whole subtrees, and verified without them.

use super::{Hash, empty_root, folded, node_hash};
use crate::limits::{PROOF_HASHES_MAX, TREE_SIZE_MAX};

/// Where the hashes of whole subtrees come from: tiles, or a table.
pub trait Hashes {
    /// The root of the subtree over leaves `index << height` up to `(index + 1) << height`; `None` when it is not known.
    fn hash(&self, height: u8, index: u64) -> Option<Hash>;
}

/// A hash that a proof needs and the source does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnknownHash {
    /// The source does not have the subtree.
    #[error("the hash of the subtree of height {height} at {index} is not there")]
    Subtree {
        /// The subtree's height.
        height: u8,
        /// Its index among those of that height.
        index: u64,
    },
    /// There is no such proof: the leaf or the older tree is not part of the tree.
    #[error("{part} is not part of a tree of {size} leaves")]
    Range {
        /// The leaf, or the size of the older tree.
        part: u64,
        /// The size of the tree.
        size: u64,
    },
}

/// Why a proof proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The leaf or the older tree cannot be part of a tree of that size.
    #[error("what is to be proven is not part of a tree of that size")]
    Range,
    /// Too few or too many hashes.
    #[error("the proof has {found} hashes, which is too few or too many")]
    Length {
        /// How many there are.
        found: usize,
    },
    /// It leads to another root.
    #[error("the proof leads to another root")]
    Root,
}

/// The root of the first `size` leaves (RFC 6962 §2.1).
///
/// # Errors
/// [`UnknownHash`] when the source lacks one.
pub fn root(hashes: &impl Hashes, size: u64) -> Result<Hash, UnknownHash> {
    if size > TREE_SIZE_MAX {
        return Err(UnknownHash::Range { part: size, size: TREE_SIZE_MAX });
    }
    range_root(hashes, 0, size)
}

/// The inclusion proof of leaf `index` in the tree of `size` leaves: `PATH(m, D[n])` of RFC 6962 §2.1.1, the leaf's
/// sibling first.
///
/// # Errors
/// [`UnknownHash`] when there is no such leaf, or the source lacks a hash.
pub fn inclusion_proof(hashes: &impl Hashes, index: u64, size: u64) -> Result<Vec<Hash>, UnknownHash> {
    if index >= size || size > TREE_SIZE_MAX {
        return Err(UnknownHash::Range { part: index, size });
    }
    let mut proof = Vec::new();
    let (mut start, mut end) = (0_u64, size);
    while end.saturating_sub(start) > 1 {
        let middle = start.saturating_add(split(end.saturating_sub(start)));
        if index < middle {
            proof.push(range_root(hashes, middle, end)?);
            end = middle;
        } else {
            proof.push(range_root(hashes, start, middle)?);
            start = middle;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// The consistency proof from the tree of `old` leaves to that of `new`: `PROOF(m, D[n])` of RFC 6962 §2.1.2. It is empty
/// from the tree without leaves and between equal sizes.
///
/// # Errors
/// [`UnknownHash`] when `old` is larger than `new`, or the source lacks a hash.
pub fn consistency_proof(hashes: &impl Hashes, old: u64, new: u64) -> Result<Vec<Hash>, UnknownHash> {
    if old > new || new > TREE_SIZE_MAX {
        return Err(UnknownHash::Range { part: old, size: new });
    }
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    let mut proof = Vec::new();
    let (mut start, mut end) = (0_u64, new);
    // SUBPROOF: down to the subtree that ends where the old tree does.
    while old != end {
        let middle = start.saturating_add(split(end.saturating_sub(start)));
        if old <= middle {
            proof.push(range_root(hashes, middle, end)?);
            end = middle;
        } else {
            proof.push(range_root(hashes, start, middle)?);
            start = middle;
        }
    }
    // The old tree itself is known to whoever checks; a part of it is not.
    if start != 0 {
        proof.push(range_root(hashes, start, end)?);
    }
    proof.reverse();
    Ok(proof)
}

/// Checks an inclusion proof (RFC 9162 §2.1.3.2).
///
/// # Errors
/// [`ProofError`] unless `proof` leads from `leaf` at `index` to `root` at `size`.
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> Result<(), ProofError> {
    if index >= size || size > TREE_SIZE_MAX {
        return Err(ProofError::Range);
    }
    let wrong_length = ProofError::Length { found: proof.len() };
    let (mut place, mut last, mut hash) = (index, size.saturating_sub(1), *leaf);
    for sibling in bounded(proof)? {
        if last == 0 {
            return Err(wrong_length);
        }
        if place & 1 == 1 || place == last {
            hash = node_hash(sibling, &hash);
            while place & 1 == 0 && place != 0 {
                (place, last) = (place >> 1, last >> 1);
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    if last != 0 {
        return Err(wrong_length);
    }
    if hash == *root { Ok(()) } else { Err(ProofError::Root) }
}

/// Checks a consistency proof (RFC 9162 §2.1.4.2): that the tree of `new` leaves begins with that of `old`.
///
/// # Errors
/// [`ProofError`] unless `proof` leads to both roots.
pub fn verify_consistency(
    (old, old_root): (u64, &Hash),
    (new, new_root): (u64, &Hash),
    proof: &[Hash],
) -> Result<(), ProofError> {
    if old > new || new > TREE_SIZE_MAX {
        return Err(ProofError::Range);
    }
    if old == 0 || old == new {
        return trivially_consistent((old, old_root), (new, new_root), proof);
    }
    let wrong_length = ProofError::Length { found: proof.len() };
    let (mut place, mut last) = (old.saturating_sub(1), new.saturating_sub(1));
    while place & 1 == 1 {
        (place, last) = (place >> 1, last >> 1);
    }
    // An old tree that is one whole subtree is known already and stands in no proof.
    let mut rest = bounded(proof)?.iter();
    let first = if old.is_power_of_two() { Some(old_root) } else { rest.next() };
    let first = *first.ok_or(wrong_length)?;
    let (mut of_old, mut of_new) = (first, first);
    for sibling in rest {
        if last == 0 {
            return Err(wrong_length);
        }
        if place & 1 == 1 || place == last {
            of_old = node_hash(sibling, &of_old);
            of_new = node_hash(sibling, &of_new);
            while place & 1 == 0 && place != 0 {
                (place, last) = (place >> 1, last >> 1);
            }
        } else {
            of_new = node_hash(&of_new, sibling);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    if last != 0 {
        return Err(wrong_length);
    }
    if of_old == *old_root && of_new == *new_root { Ok(()) } else { Err(ProofError::Root) }
}

fn trivially_consistent(
    (old, old_root): (u64, &Hash),
    (new, new_root): (u64, &Hash),
    proof: &[Hash],
) -> Result<(), ProofError> {
    if !proof.is_empty() {
        return Err(ProofError::Length { found: proof.len() });
    }
    let old_fits = old != 0 || *old_root == empty_root();
    let same = old != new || old_root == new_root;
    if old_fits && same { Ok(()) } else { Err(ProofError::Root) }
}

const fn bounded(proof: &[Hash]) -> Result<&[Hash], ProofError> {
    if proof.len() > PROOF_HASHES_MAX { Err(ProofError::Length { found: proof.len() }) } else { Ok(proof) }
}

/// The largest power of two smaller than `count`, which is at least two.
const fn split(count: u64) -> u64 {
    1 << count.saturating_sub(1).ilog2()
}

/// `MTH(D[start:end])`, where `start` is where a subtree at least as long as the range begins.
fn range_root(hashes: &impl Hashes, start: u64, end: u64) -> Result<Hash, UnknownHash> {
    let mut peaks = Vec::new();
    let mut start = start;
    while start < end {
        let height = u8::try_from(end.saturating_sub(start).ilog2()).unwrap_or(u8::MAX);
        let index = start >> height;
        peaks.push(hashes.hash(height, index).ok_or(UnknownHash::Subtree { height, index })?);
        start = start.saturating_add(1 << height);
    }
    Ok(folded(&peaks))
}
