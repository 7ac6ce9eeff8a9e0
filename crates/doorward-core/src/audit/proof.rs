//! Proof files (c2sp.org/tlog-proof, version 1): that one entry is in a log, checkable with nothing but keys.
//!
//! Responsible for their form, and for what must hold for one. It must never call a proof good without the signatures of
//! its checkpoint.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::checkpoint::{Checkpoint, OpenError, Opened, TextError, Trusted};
use super::merkle::{Hash, Hashes, ProofError, UnknownHash, inclusion_proof, verify_inclusion};
use super::note::{Note, NoteError};
use super::tiles::number;
use crate::limits::{PROOF_EXTRA_MAX, PROOF_FILE_MAX, PROOF_HASHES_MAX};

/// The first line (tlog-proof, "Format").
const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// A proof that an entry is in a log (tlog-proof, "Format").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The place of the entry, from 0.
    pub index: u64,
    /// Data of the application, which nothing vouches for.
    pub extra: Option<Vec<u8>>,
    /// The inclusion proof, the leaf's sibling first.
    pub hashes: Vec<Hash>,
    /// The checkpoint, with its signatures.
    pub checkpoint: Note,
}

/// Why no proof was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MakeError {
    /// The note is no checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] TextError),
    /// The entry is not in that tree, or a hash is not there.
    #[error(transparent)]
    Hash(#[from] UnknownHash),
}

/// Why bytes are not a proof file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// More bytes than the limit, or no text.
    #[error("a proof is a text of at most {PROOF_FILE_MAX} bytes")]
    Size,
    /// Another first line.
    #[error("a proof begins with {HEADER}")]
    Header,
    /// An extra line that is not base64, or too long.
    #[error("the extra line of a proof is base64")]
    Extra,
    /// No index.
    #[error("a proof has a line with the index of its entry")]
    Index,
    /// A line that is no hash, or too many of them.
    #[error("a proof has at most {PROOF_HASHES_MAX} hashes, each a line of base64, and then an empty line")]
    Hashes,
    /// No signed note at the end.
    #[error("the checkpoint of the proof: {0}")]
    Note(#[from] NoteError),
}

/// Why a proof proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The checkpoint does not count.
    #[error("the checkpoint of the proof: {0}")]
    Checkpoint(#[from] OpenError),
    /// The hashes do not lead from the entry to the checkpoint.
    #[error(transparent)]
    Inclusion(#[from] ProofError),
}

impl Proof {
    /// The proof for the entry at `index` in the tree of a signed `checkpoint`.
    ///
    /// # Errors
    /// [`MakeError`] when the entry is not in that tree, or `hashes` lacks one.
    pub fn make(hashes: &impl Hashes, index: u64, checkpoint: Note) -> Result<Self, MakeError> {
        let size = Checkpoint::parse(checkpoint.text())?.size;
        Ok(Self { index, extra: None, hashes: inclusion_proof(hashes, index, size)?, checkpoint })
    }

    /// Reads a proof file (tlog-proof, "Format").
    ///
    /// # Errors
    /// [`FormError`] names the part that is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormError> {
        let text =
            std::str::from_utf8(bytes).ok().filter(|text| text.len() <= PROOF_FILE_MAX).ok_or(FormError::Size)?;
        let rest = text.strip_prefix(HEADER).and_then(|rest| rest.strip_prefix('\n')).ok_or(FormError::Header)?;
        let (extra, rest) = match rest.strip_prefix("extra ") {
            None => (None, rest),
            Some(rest) => {
                let (extra, rest) = rest.split_once('\n').ok_or(FormError::Extra)?;
                let fits = extra.len() <= PROOF_EXTRA_MAX;
                (Some(fits.then(|| STANDARD.decode(extra).ok()).flatten().ok_or(FormError::Extra)?), rest)
            }
        };
        let line = rest.strip_prefix("index ").and_then(|rest| rest.split_once('\n'));
        let (index, mut rest) = line.ok_or(FormError::Index)?;
        let index = number(index).ok_or(FormError::Index)?;
        let mut hashes = Vec::new();
        loop {
            let (line, after) = rest.split_once('\n').ok_or(FormError::Hashes)?;
            rest = after;
            if line.is_empty() {
                break;
            }
            let hash = Hash::parse(line).filter(|_| hashes.len() < PROOF_HASHES_MAX).ok_or(FormError::Hashes)?;
            hashes.push(hash);
        }
        Ok(Self { index, extra, hashes, checkpoint: Note::parse(rest.as_bytes())? })
    }

    /// Checks that `leaf` is in the log at [`Proof::index`] (tlog-proof, "Verifying a tlog proof"): the checkpoint counts,
    /// and the hashes lead to it.
    ///
    /// # Errors
    /// [`VerifyError`] says which of the two does not hold.
    pub fn verify(&self, leaf: &Hash, trusted: &Trusted) -> Result<Opened, VerifyError> {
        let opened = trusted.open(&self.checkpoint)?;
        verify_inclusion(leaf, self.index, opened.checkpoint.size, &self.hashes, &opened.checkpoint.root)?;
        Ok(opened)
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", STANDARD.encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.hashes.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::checkpoint::{log_key, witness_key};
    use crate::audit::merkle::{leaf_hash, node_hash, root};
    use crate::time::Timestamp;

    const AT: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

    /// Every leaf is the same, so every subtree of one height is.
    struct Same;

    impl Hashes for Same {
        fn hash(&self, height: u8, _index: u64) -> Option<Hash> {
            Some((0..height).fold(leaf_hash(b"same"), |hash, _| node_hash(&hash, &hash)))
        }
    }

    fn signed(size: u64) -> (Note, Trusted) {
        let log = log_key("gateway.example/audit/tenant", &[1; 32]).unwrap();
        let witnesses = [2, 3].map(|n| witness_key(&format!("witness{n}.example/w"), &[n; 32]).unwrap());
        let checkpoint = Checkpoint::new("gateway.example/audit/tenant", size, root(&Same, size).unwrap()).unwrap();
        let mut note = checkpoint.sign(&log, AT).unwrap();
        for witness in &witnesses {
            note.push(witness.sign(note.text(), AT).unwrap()).unwrap();
        }
        let keys = witnesses.iter().map(|key| key.verifier().clone()).collect();
        (note, Trusted { logs: vec![log.verifier().clone()], witnesses: keys, quorum: 2 })
    }

    #[test]
    fn a_proof_at_a_billion_records_is_small_and_holds() {
        let (note, trusted) = signed(1_000_000_000);
        let proof = Proof::make(&Same, 123_456_789, note).unwrap();
        let text = proof.to_string();
        assert!(text.len() <= 3 * 1024, "{}", text.len());
        let read = Proof::parse(text.as_bytes()).unwrap();
        assert_eq!(read, proof);
        assert_eq!(read.verify(&leaf_hash(b"same"), &trusted).unwrap().witnesses.len(), 2);
        assert_eq!(read.verify(&leaf_hash(b"other"), &trusted), Err(VerifyError::Inclusion(ProofError::Root)));
        let strict = Trusted { quorum: 3, ..trusted.clone() };
        let wanted = OpenError::Quorum { found: 2, wanted: 3 };
        assert_eq!(read.verify(&leaf_hash(b"same"), &strict), Err(VerifyError::Checkpoint(wanted)));
        let elsewhere = Proof { index: 999_999_999, ..read };
        assert!(elsewhere.verify(&leaf_hash(b"same"), &trusted).is_err());
    }

    #[test]
    fn extra_data_goes_both_ways() {
        let (note, trusted) = signed(1);
        let proof = Proof { extra: Some(b"opaque".to_vec()), ..Proof::make(&Same, 0, note).unwrap() };
        let read = Proof::parse(proof.to_string().as_bytes()).unwrap();
        assert_eq!(read, proof);
        assert!(read.verify(&leaf_hash(b"same"), &trusted).is_ok());
    }

    #[test]
    fn other_forms_are_refused() {
        let (note, _) = signed(3);
        let proof = Proof::make(&Same, 2, note.clone()).unwrap().to_string();
        let with = |from: &str, to: &str| proof.replacen(from, to, 1);
        for (text, error) in [
            (String::new(), FormError::Header),
            (with("@v1", "@v2"), FormError::Header),
            (with("index 2", "index 02"), FormError::Index),
            (with("index 2\n", ""), FormError::Index),
            (with("index 2\n", "extra !\nindex 2\n"), FormError::Extra),
            (with("index 2\n", &format!("extra {}\nindex 2\n", "A".repeat(PROOF_EXTRA_MAX + 4))), FormError::Extra),
            (with("index 2\n", "index 2\nAAAA\n"), FormError::Hashes),
            (format!("{HEADER}\nindex 2"), FormError::Index),
            (format!("{HEADER}\nindex 2\n"), FormError::Hashes),
            (format!("{HEADER}\nindex 2\n\n"), FormError::Note(NoteError::Form)),
            (with("index 2\n", &format!("index 2\n{}", format!("{}\n", leaf_hash(b"")).repeat(63))), FormError::Hashes),
            ("x".repeat(PROOF_FILE_MAX + 1), FormError::Size),
        ] {
            assert_eq!(Proof::parse(text.as_bytes()), Err(error), "{text:.90}");
        }
        assert!(Proof::make(&Same, 3, note).is_err());
    }
}
