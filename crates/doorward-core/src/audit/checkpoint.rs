//! Checkpoints (c2sp.org/tlog-checkpoint@v1.0.0): what a log signs of its tree, and what witnesses sign with it.
//!
//! Responsible for their text, for signing them and for saying whether one counts. It must never call a checkpoint good that
//! the log's own key did not sign, nor one with a bad signature of a known key.

use std::fmt;

use super::merkle::Hash;
use super::note::{Algorithm, KeyName, Note, NoteError, SignError, SignerKey, VerifierKey};
use super::tiles::number;
use crate::limits::{CHECKPOINT_TEXT_MAX, KEY_NAME_MAX, TREE_SIZE_MAX};
use crate::time::Timestamp;

/// The head of a log's tree at one size (tlog-checkpoint, "Note text").
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Checkpoint {
    /// Which log.
    pub origin: String,
    /// How many leaves its tree has.
    pub size: u64,
    /// The root of that tree.
    pub root: Hash,
    /// Further lines, which nobody vouches for. Our own log writes none.
    pub extensions: Vec<String>,
}

/// Whose signatures count.
#[derive(Debug, Clone, Default)]
pub struct Trusted {
    /// The keys of the log. A key counts for the origin that is its name.
    pub logs: Vec<VerifierKey>,
    /// The keys of witnesses.
    pub witnesses: Vec<VerifierKey>,
    /// How many different witnesses must have signed.
    pub quorum: usize,
}

/// A checkpoint whose signatures count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// What was signed.
    pub checkpoint: Checkpoint,
    /// The witnesses that signed it, each with the last time it did, in seconds since 1970.
    pub witnesses: Vec<(KeyName, u64)>,
    /// Signatures of keys that are not known; they say nothing.
    pub unknown: usize,
}

/// Why a text is not a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum TextError {
    /// Not three lines or more, none of them empty.
    #[error("a checkpoint has an origin, a size and a root, each in a line")]
    Form,
    /// No number, or too large a one.
    #[error("the size of a checkpoint is a number up to {TREE_SIZE_MAX}, without leading zeros")]
    Size,
    /// Not a hash.
    #[error("the root of a checkpoint is 32 bytes in base64")]
    Root,
}

/// Why a checkpoint does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Not a signed note.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Not a checkpoint.
    #[error(transparent)]
    Text(#[from] TextError),
    /// No signature by a key of the log it names.
    #[error("no known key of the log that it names has signed it")]
    Unsigned,
    /// A signature by a known key that is not over this text. The whole note is then refused (signed-note, "Signatures").
    #[error("a signature by a known key is not over this text")]
    BadSignature,
    /// Too few witnesses.
    #[error("{found} known witnesses have signed it, {wanted} are needed")]
    Quorum {
        /// How many have.
        found: usize,
        /// How many must.
        wanted: usize,
    },
}

impl Checkpoint {
    /// The head of the tree of `origin`. `None` for an origin that is empty, longer than a key's name, or has control
    /// characters, and for a size that no tree has.
    #[must_use]
    pub fn new(origin: &str, size: u64, root: Hash) -> Option<Self> {
        let fits = (1..=KEY_NAME_MAX).contains(&origin.len()) && !origin.contains(char::is_control);
        (fits && size <= TREE_SIZE_MAX).then(|| Self { origin: origin.to_owned(), size, root, extensions: Vec::new() })
    }

    /// Reads the text of a note (tlog-checkpoint, "Note text").
    ///
    /// # Errors
    /// [`TextError`] names the line that is wrong.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let whole = text.strip_suffix('\n').filter(|_| text.len() <= CHECKPOINT_TEXT_MAX).ok_or(TextError::Form)?;
        let mut lines = whole.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(TextError::Form);
        };
        let size = number(size).filter(|size| *size <= TREE_SIZE_MAX).ok_or(TextError::Size)?;
        let root = Hash::parse(root).ok_or(TextError::Root)?;
        let mut read = Self::new(origin, size, root).ok_or(TextError::Form)?;
        read.extensions = lines.map(str::to_owned).collect();
        if read.extensions.iter().any(String::is_empty) { Err(TextError::Form) } else { Ok(read) }
    }

    /// A note of it with the signature of the log's key (tlog-checkpoint, "Signatures"). Whoever calls this vouches that
    /// the tree extends every tree that the key has signed before.
    ///
    /// # Errors
    /// [`SignError`] as [`SignerKey::sign`].
    pub fn sign(&self, key: &SignerKey, at: Timestamp) -> Result<Note, SignError> {
        let text = self.to_string();
        let signature = key.sign(&text, at)?;
        Ok(Note::of(text, signature))
    }

    /// Reads a note and checks its signatures: one of the log at least, a quorum of witnesses, and none by a known key that
    /// is wrong (signed-note, "Signatures"; tlog-proof, "Verifying a tlog proof").
    ///
    /// # Errors
    /// [`OpenError`] says why it does not count.
    pub fn open(note: &[u8], trusted: &Trusted) -> Result<Opened, OpenError> {
        trusted.open(&Note::parse(note)?)
    }
}

impl Trusted {
    /// The same for a note that was read.
    ///
    /// # Errors
    /// [`OpenError`] says why it does not count.
    pub fn open(&self, note: &Note) -> Result<Opened, OpenError> {
        let checkpoint = Checkpoint::parse(note.text())?;
        let (mut signed, mut unknown) = (false, 0_usize);
        let mut witnesses: Vec<(KeyName, u64)> = Vec::new();
        for signature in note.signatures() {
            let mut named = self.logs.iter().chain(&self.witnesses).filter(|key| key.is_named_by(signature)).peekable();
            if named.peek().is_none() {
                unknown = unknown.saturating_add(1);
            }
            for key in named {
                let at = key.verify(note.text(), signature).map_err(|_| OpenError::BadSignature)?;
                signed |= self.logs.contains(key) && key.name().as_str() == checkpoint.origin;
                if self.witnesses.contains(key) {
                    remember(&mut witnesses, key.name(), at.unwrap_or(0));
                }
            }
        }
        if !signed {
            return Err(OpenError::Unsigned);
        }
        if witnesses.len() < self.quorum {
            return Err(OpenError::Quorum { found: witnesses.len(), wanted: self.quorum });
        }
        Ok(Opened { checkpoint, witnesses, unknown })
    }

    /// Whether a key of that text is among those of the log.
    #[must_use]
    pub fn names_log(&self, key: &VerifierKey) -> bool {
        self.logs.contains(key)
    }
}

/// A witness counts once, whatever number of its keys signed.
fn remember(witnesses: &mut Vec<(KeyName, u64)>, name: &KeyName, at: u64) {
    match witnesses.iter_mut().find(|(known, _)| known == name) {
        Some((_, last)) => *last = at.max(*last),
        None => witnesses.push((name.clone(), at)),
    }
}

impl fmt::Display for Checkpoint {
    /// The text of the note, to its last newline.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, self.root)?;
        self.extensions.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// A key that signs checkpoints of `origin` as their log: its name is the origin (tlog-checkpoint, "Signatures").
///
/// # Errors
/// [`super::note::KeyError`] when the origin is no name of a key.
pub fn log_key(origin: &str, seed: &[u8; 32]) -> Result<SignerKey, super::note::KeyError> {
    SignerKey::from_seed(KeyName::parse(origin)?, Algorithm::Ed25519, seed)
}

/// A key that cosigns checkpoints as the witness of that name (tlog-cosignature, "Format").
///
/// # Errors
/// [`super::note::KeyError`] when the name is no name of a key.
pub fn witness_key(name: &str, seed: &[u8; 32]) -> Result<SignerKey, super::note::KeyError> {
    SignerKey::from_seed(KeyName::parse(name)?, Algorithm::Cosignature, seed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::merkle::leaf_hash;

    const AT: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

    /// The example of tlog-checkpoint and tlog-cosignature.
    const EXAMPLE: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
        \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
        \u{2014} witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";

    #[test]
    fn the_example_of_the_specification_reads_and_writes() {
        let note = Note::parse(EXAMPLE.as_bytes()).unwrap();
        let checkpoint = Checkpoint::parse(note.text()).unwrap();
        assert_eq!((checkpoint.origin.as_str(), checkpoint.size), ("example.com/behind-the-sofa", 20_852_163));
        assert_eq!(checkpoint.to_string(), note.text());
        assert_eq!(note.to_string(), EXAMPLE);
        assert_eq!(Checkpoint::open(EXAMPLE.as_bytes(), &Trusted::default()), Err(OpenError::Unsigned));
    }

    #[test]
    fn texts_that_are_no_checkpoints() {
        let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
        for (text, error) in [
            (String::new(), TextError::Form),
            (format!("o\n1\n{root}"), TextError::Form),
            (format!("\n1\n{root}\n"), TextError::Form),
            ("o\n1\n".to_owned(), TextError::Form),
            (format!("o\n01\n{root}\n"), TextError::Size),
            (format!("o\n+1\n{root}\n"), TextError::Size),
            (format!("o\n{}\n{root}\n", TREE_SIZE_MAX + 1), TextError::Size),
            ("o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n".to_owned(), TextError::Root),
            (format!("o\n1\n{root}\n\n"), TextError::Form),
            (format!("{}\n1\n{root}\n", "o".repeat(KEY_NAME_MAX + 1)), TextError::Form),
            (format!("o\n1\n{root}\n{}\n", "x".repeat(CHECKPOINT_TEXT_MAX)), TextError::Form),
        ] {
            assert_eq!(Checkpoint::parse(&text), Err(error), "{text:.80}");
        }
        let extended = format!("o\n{TREE_SIZE_MAX}\n{root}\nmore\n");
        assert_eq!(Checkpoint::parse(&extended).unwrap().to_string(), extended);
    }

    fn trusted(quorum: usize) -> (SignerKey, Vec<SignerKey>, Trusted) {
        let log = log_key("log.example/a", &[1; 32]).unwrap();
        let witnesses: Vec<_> =
            (2..4).map(|n| witness_key(&format!("witness.example/{n}"), &[n; 32]).unwrap()).collect();
        let keys = witnesses.iter().map(|key| key.verifier().clone()).collect();
        let trusted = Trusted { logs: vec![log.verifier().clone()], witnesses: keys, quorum };
        (log, witnesses, trusted)
    }

    #[test]
    fn a_quorum_is_of_witnesses_not_of_signatures() {
        let (log, witnesses, trusted) = trusted(2);
        let checkpoint = Checkpoint::new("log.example/a", 7, leaf_hash(b"x")).unwrap();
        let mut note = checkpoint.sign(&log, AT).unwrap();
        let quorum = |found| Err(OpenError::Quorum { found, wanted: 2 });
        assert_eq!(trusted.open(&note), quorum(0));
        note.push(witnesses[0].sign(note.text(), AT).unwrap()).unwrap();
        note.push(witnesses[0].sign(note.text(), Timestamp::from_micros(0)).unwrap()).unwrap();
        assert_eq!(trusted.open(&note), quorum(1));
        note.push(witnesses[1].sign(note.text(), AT).unwrap()).unwrap();
        let stranger = witness_key("stranger", &[9; 32]).unwrap();
        note.push(stranger.sign(note.text(), AT).unwrap()).unwrap();
        let opened = Checkpoint::open(note.to_string().as_bytes(), &trusted).unwrap();
        assert_eq!((opened.checkpoint, opened.witnesses.len(), opened.unknown), (checkpoint, 2, 1));
        assert_eq!(opened.witnesses[0].1, 1_700_000_000);
    }

    #[test]
    fn the_log_itself_must_have_signed_under_its_own_origin() {
        let (log, witnesses, trusted) = trusted(0);
        let checkpoint = Checkpoint::new("log.example/b", 7, leaf_hash(b"x")).unwrap();
        assert_eq!(trusted.open(&checkpoint.sign(&log, AT).unwrap()), Err(OpenError::Unsigned));
        let checkpoint = Checkpoint::new("log.example/a", 7, leaf_hash(b"x")).unwrap();
        assert_eq!(trusted.open(&checkpoint.sign(&witnesses[0], AT).unwrap()), Err(OpenError::Unsigned));
        let other = log_key("log.example/a", &[8; 32]).unwrap();
        assert_eq!(trusted.open(&checkpoint.sign(&other, AT).unwrap()), Err(OpenError::Unsigned));
        assert!(trusted.open(&checkpoint.sign(&log, AT).unwrap()).is_ok());
    }

    #[test]
    fn one_bad_signature_of_a_known_key_spoils_the_note() {
        let (log, witnesses, trusted) = trusted(0);
        let checkpoint = Checkpoint::new("log.example/a", 7, leaf_hash(b"x")).unwrap();
        let mut note = checkpoint.sign(&log, AT).unwrap();
        note.push(witnesses[0].sign("another text\n", AT).unwrap()).unwrap();
        assert_eq!(trusted.open(&note), Err(OpenError::BadSignature));
    }
}
