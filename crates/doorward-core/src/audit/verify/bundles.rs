//! The entries in a bundle that may be damaged.

use std::collections::BTreeSet;

use crate::audit::entry::ENTRY_START;
use crate::audit::merkle::{Hash, leaf_hash, sha256};
use crate::audit::tiles::entries;

/// The hashes of the entries that `bundle` holds, at most `most`. `expected` only decides between two ways to read what is
/// damaged.
pub(super) fn found(bundle: &[u8], expected: &[Hash], most: usize) -> Vec<Hash> {
    let whole = entries(bundle).ok().map(|list| list.into_iter().map(leaf_hash).collect::<Vec<_>>());
    let first = |hashes: Vec<Hash>| -> Vec<Hash> { hashes.into_iter().take(most).collect() };
    let Some(whole) = whole.map(first) else { return first(marked(bundle, expected)) };
    if whole == expected {
        return whole;
    }
    // Lengths may be wrong and fill the file all the same.
    let known: BTreeSet<&Hash> = expected.iter().collect();
    let score = |hashes: &[Hash]| hashes.iter().filter(|hash| known.contains(hash)).count();
    let marked = first(marked(bundle, expected));
    if score(&marked) > score(&whole) { marked } else { whole }
}

/// How many entries a bundle has; `None` when it is damaged.
pub(super) fn count(bundle: &[u8]) -> Option<usize> {
    entries(bundle).ok().map(|list| list.len())
}

/// The entry at that place of a bundle.
pub(super) fn entry(bundle: &[u8], place: usize) -> Option<Vec<u8>> {
    entries(bundle).ok()?.get(place).map(|entry| entry.to_vec())
}

/// The entries as their beginnings show them, whatever the lengths say. One whose length is wrong gets the hash of no entry.
fn marked(bytes: &[u8], expected: &[Hash]) -> Vec<Hash> {
    let starts = starts(bytes);
    let mut hashes = Vec::new();
    if let Some(before) = starts.first().and_then(|first| bytes.get(..first.saturating_sub(2)))
        && !before.is_empty()
    {
        hashes.push(unframed(before));
    }
    let ends = starts.iter().skip(1).map(|next| next.saturating_sub(2)).chain([bytes.len()]);
    for (start, end) in starts.iter().zip(ends) {
        let (Some(content), Some(length)) = (bytes.get(*start..end), length_before(bytes, *start)) else { continue };
        let is_last = end == bytes.len();
        let hash = leaf_hash(content);
        if content.len() == length {
            hashes.push(hash);
        } else if let Some(declared) = content.get(..length).filter(|_| is_last && !expected.contains(&hash)) {
            // What follows the last whole entry is the cut beginning of another.
            hashes.push(leaf_hash(declared));
        } else if !is_last || expected.contains(&hash) {
            hashes.push(unframed(content));
        }
    }
    hashes
}

/// Where entries begin. Lengths are followed as long as they lead from one to the next.
fn starts(bytes: &[u8]) -> Vec<usize> {
    let is_start = |at: usize| at >= 2 && bytes.get(at..).is_some_and(|rest| rest.starts_with(ENTRY_START));
    let mut starts = Vec::new();
    let mut at = 2;
    while at < bytes.len() {
        if is_start(at) {
            starts.push(at);
            let next = length_before(bytes, at).unwrap_or(0).saturating_add(at).saturating_add(2);
            at = if is_start(next) { next } else { at.saturating_add(1) };
        } else {
            at = at.saturating_add(1);
        }
    }
    starts
}

fn length_before(bytes: &[u8], start: usize) -> Option<usize> {
    let (_, length) = bytes.get(..start)?.split_last_chunk::<2>()?;
    Some(usize::from(u16::from_be_bytes(*length)))
}

/// A hash that no entry has.
fn unframed(content: &[u8]) -> Hash {
    sha256(&[b"no entry", content])
}
