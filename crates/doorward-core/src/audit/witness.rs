//! What a log and a witness say to each other (c2sp.org/tlog-witness, "add-checkpoint").
//!
//! Responsible for the form of the request and the answer, and for whether a witness may sign. It must never sign itself, nor
//! remember: a witness persists the checkpoint it accepted, atomically with the check of the one before, and signs only
//! then.

use std::fmt;

use super::checkpoint::{Checkpoint, OpenError, Trusted};
use super::merkle::{Hash, ProofError, empty_root, verify_consistency};
use super::note::{Algorithm, BadSignature, Note, NoteError, Signature, VerifierKey};
use super::tiles::number;
use crate::limits::{NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX, PROOF_FILE_MAX, PROOF_HASHES_MAX};

/// A checkpoint for a witness to sign, and the proof that it extends the one the witness signed last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size of the checkpoint that the witness signed last; zero when it has signed none.
    pub old: u64,
    /// The consistency proof from there.
    pub proof: Vec<Hash>,
    /// The new checkpoint, signed by the log.
    pub checkpoint: Note,
}

/// Why a witness does not sign. Each is a status of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Declined {
    /// 400: not a request, or an old size above the new one.
    #[error("the request is not of the form of add-checkpoint")]
    Malformed,
    /// 403: no signature of a key that is known for the log, or a wrong one.
    #[error("no trusted key of the log has signed the checkpoint")]
    Unsigned,
    /// 404: a log that the witness does not know.
    #[error("the log is not known here")]
    UnknownLog,
    /// 409: the witness has signed another size last.
    #[error("the last checkpoint signed here is of size {0}")]
    Conflict(u64),
    /// 422: the proof does not hold, or the roots are not the same.
    #[error("the checkpoint does not extend the last one signed here")]
    Inconsistent,
}

/// Why an answer of a witness is of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// Not lines of signatures.
    #[error("the witness answered something else than lines of signatures")]
    Form,
    /// A signature by a known key that is wrong.
    #[error("a signature of the witness is wrong")]
    BadSignature,
    /// No signature of a known witness.
    #[error("no known witness has signed")]
    Unknown,
}

impl Declined {
    /// The status of the answer.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::Unsigned => 403,
            Self::UnknownLog => 404,
            Self::Conflict(_) => 409,
            Self::Inconsistent => 422,
        }
    }
}

impl AddCheckpoint {
    /// Reads the body of a request.
    ///
    /// # Errors
    /// [`Declined::Malformed`] for anything that is not exactly of that form.
    pub fn parse(body: &[u8]) -> Result<Self, Declined> {
        let text =
            std::str::from_utf8(body).ok().filter(|text| text.len() <= PROOF_FILE_MAX).ok_or(Declined::Malformed)?;
        let (head, checkpoint) = text.split_once("\n\n").ok_or(Declined::Malformed)?;
        let mut lines = head.split('\n');
        let old = lines.next().and_then(|line| number(line.strip_prefix("old ")?)).ok_or(Declined::Malformed)?;
        let mut proof = Vec::new();
        for line in lines {
            let hash = Hash::parse(line).filter(|_| proof.len() < PROOF_HASHES_MAX).ok_or(Declined::Malformed)?;
            proof.push(hash);
        }
        let checkpoint = Note::parse(checkpoint.as_bytes()).map_err(|_: NoteError| Declined::Malformed)?;
        Ok(Self { old, proof, checkpoint })
    }

    /// Whether a witness may sign, and what it then has to persist first. `logs` are the keys of the logs it knows, `last`
    /// the size and root it signed last for this one.
    ///
    /// # Errors
    /// [`Declined`] in the order of the specification.
    pub fn consider(&self, logs: &[VerifierKey], last: Option<(u64, Hash)>) -> Result<Checkpoint, Declined> {
        let origin = self.origin().ok_or(Declined::Malformed)?;
        if !logs.iter().any(|key| key.name().as_str() == origin) {
            return Err(Declined::UnknownLog);
        }
        let trusted = Trusted { logs: logs.to_vec(), ..Trusted::default() };
        let new = trusted.open(&self.checkpoint).map(|opened| opened.checkpoint).map_err(|error| match error {
            OpenError::Note(_) | OpenError::Text(_) => Declined::Malformed,
            OpenError::Unsigned | OpenError::BadSignature | OpenError::Quorum { .. } => Declined::Unsigned,
        })?;
        if self.old > new.size {
            return Err(Declined::Malformed);
        }
        let (size, root) = last.unwrap_or_else(|| (0, empty_root()));
        if self.old != size {
            return Err(Declined::Conflict(size));
        }
        verify_consistency((size, &root), (new.size, &new.root), &self.proof)
            .map_err(|_: ProofError| Declined::Inconsistent)?;
        // From nothing to nothing there is no proof: the root of the empty tree is known.
        if new.size == 0 && new.root != empty_root() { Err(Declined::Inconsistent) } else { Ok(new) }
    }

    /// The log that the request is about; `None` when its note is no checkpoint.
    #[must_use]
    pub fn origin(&self) -> Option<String> {
        Checkpoint::parse(self.checkpoint.text()).ok().map(|checkpoint| checkpoint.origin)
    }
}

impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

/// The size in the answer to a conflict: digits and a newline; `None` for anything else.
#[must_use]
pub fn conflict_size(body: &[u8]) -> Option<u64> {
    number(std::str::from_utf8(body).ok()?.strip_suffix('\n')?)
}

/// The signatures in an answer that count for `checkpoint`. Those of unknown keys are passed over.
///
/// # Errors
/// [`AnswerError`] when the answer is something else, a known key's signature is wrong, or there is none.
pub fn cosignatures(body: &[u8], checkpoint: &Note, witnesses: &[VerifierKey]) -> Result<Vec<Signature>, AnswerError> {
    let text = std::str::from_utf8(body).ok().filter(|text| text.len() <= NOTE_BYTES_MAX).ok_or(AnswerError::Form)?;
    let lines = text.strip_suffix('\n').ok_or(AnswerError::Form)?;
    let mut good = Vec::new();
    for (at, line) in lines.split('\n').enumerate() {
        let signature = Signature::parse(line).filter(|_| at < NOTE_SIGNATURES_MAX).ok_or(AnswerError::Form)?;
        let Some(key) = witnesses.iter().find(|key| key.is_named_by(&signature)) else { continue };
        let at = key.verify(checkpoint.text(), &signature).map_err(|_: BadSignature| AnswerError::BadSignature)?;
        // A time of zero says nothing of when, and an answer must not omit it.
        if key.algorithm() != Algorithm::Cosignature || at == Some(0) {
            return Err(AnswerError::BadSignature);
        }
        good.push(signature);
    }
    if good.is_empty() { Err(AnswerError::Unknown) } else { Ok(good) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::checkpoint::{log_key, witness_key};
    use crate::audit::merkle::{Hashes, consistency_proof, leaf_hash, node_hash, root};
    use crate::audit::note::SignerKey;
    use crate::time::Timestamp;

    const AT: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);
    const ORIGIN: &str = "log.example/a";

    struct Same;

    impl Hashes for Same {
        fn hash(&self, height: u8, _index: u64) -> Option<Hash> {
            Some((0..height).fold(leaf_hash(b"same"), |hash, _| node_hash(&hash, &hash)))
        }
    }

    fn log() -> SignerKey {
        log_key(ORIGIN, &[1; 32]).unwrap()
    }

    fn request(old: u64, new: u64) -> AddCheckpoint {
        let checkpoint = Checkpoint::new(ORIGIN, new, root(&Same, new).unwrap()).unwrap().sign(&log(), AT).unwrap();
        let proof = if old <= new { consistency_proof(&Same, old, new).unwrap() } else { Vec::new() };
        AddCheckpoint { old, proof, checkpoint }
    }

    fn last(size: u64) -> Option<(u64, Hash)> {
        Some((size, root(&Same, size).unwrap()))
    }

    #[test]
    fn a_growing_log_is_signed_for() {
        let logs = [log().verifier().clone()];
        for (old, new, last) in [(0, 5, None), (0, 0, None), (5, 9, last(5)), (9, 9, last(9)), (0, 7, last(0))] {
            let request = request(old, new);
            let read = AddCheckpoint::parse(request.to_string().as_bytes()).unwrap();
            assert_eq!(read, request);
            assert_eq!(read.consider(&logs, last).map(|checkpoint| checkpoint.size), Ok(new));
        }
    }

    #[test]
    fn each_refusal_has_its_status() {
        let logs = [log().verifier().clone()];
        let empty = Checkpoint::new(ORIGIN, 0, leaf_hash(b"x")).unwrap().sign(&log(), AT).unwrap();
        let stranger = log_key(ORIGIN, &[9; 32]).unwrap();
        let forged = Checkpoint::new(ORIGIN, 5, leaf_hash(b"x")).unwrap().sign(&stranger, AT).unwrap();
        let other = Checkpoint::new(ORIGIN, 9, leaf_hash(b"fork")).unwrap().sign(&log(), AT).unwrap();
        for (request, last, status) in [
            (request(9, 5), last(9), 400),
            (AddCheckpoint { checkpoint: forged, ..request(0, 5) }, None, 403),
            (request(5, 9), last(6), 409),
            (request(5, 9), None, 409),
            (AddCheckpoint { proof: vec![leaf_hash(b"x")], ..request(0, 5) }, None, 422),
            (AddCheckpoint { checkpoint: other.clone(), ..request(5, 9) }, last(5), 422),
            (AddCheckpoint { checkpoint: other, ..request(9, 9) }, last(9), 422),
            (AddCheckpoint { checkpoint: empty, ..request(0, 0) }, None, 422),
        ] {
            assert_eq!(request.consider(&logs, last).map_err(Declined::status), Err(status), "{request}");
        }
        assert_eq!(request(0, 5).consider(&[], None), Err(Declined::UnknownLog));
        assert_eq!(Declined::UnknownLog.status(), 404);
    }

    #[test]
    fn other_bodies_are_malformed() {
        let body = request(5, 9).to_string();
        for wrong in [
            String::new(),
            body.replacen("old 5", "old 05", 1),
            body.replacen("old ", "", 1),
            body.replacen("\n\n", "\nAAAA\n\n", 1),
            body.replacen("\n\n", &format!("{}\n\n", format!("\n{}", leaf_hash(b"")).repeat(63)), 1),
            body.trim_end().to_owned(),
        ] {
            assert_eq!(AddCheckpoint::parse(wrong.as_bytes()), Err(Declined::Malformed), "{wrong:.60}");
        }
    }

    #[test]
    fn answers_count_by_known_witnesses_alone() {
        let witness = witness_key("witness.example/w", &[2; 32]).unwrap();
        let stranger = witness_key("stranger.example/w", &[3; 32]).unwrap();
        let (note, known) = (request(0, 5).checkpoint, [witness.verifier().clone()]);
        let line = |key: &SignerKey, text: &str, at| format!("{}\n", key.sign(text, at).unwrap());
        let good = line(&witness, note.text(), AT);
        let both = line(&stranger, note.text(), AT) + &good;
        assert_eq!(cosignatures(both.as_bytes(), &note, &known).map(|good| good.len()), Ok(1));
        for (body, error) in [
            (line(&stranger, note.text(), AT), AnswerError::Unknown),
            (line(&witness, "another\n", AT), AnswerError::BadSignature),
            (line(&witness, note.text(), Timestamp::from_micros(0)), AnswerError::BadSignature),
            (good.trim_end().to_owned(), AnswerError::Form),
            ("<html>\n".to_owned(), AnswerError::Form),
            (good.repeat(NOTE_SIGNATURES_MAX + 1), AnswerError::Form),
        ] {
            assert_eq!(cosignatures(body.as_bytes(), &note, &known), Err(error), "{body:.60}");
        }
        assert_eq!(
            (conflict_size(b"20852014\n"), conflict_size(b"5"), conflict_size(b"05\n")),
            (Some(20_852_014), None, None)
        );
    }
}
