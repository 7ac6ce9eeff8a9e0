//! Signed notes (c2sp.org/signed-note@v1.0.0): a text, and lines that sign it.
//!
//! Responsible for the form of notes, signatures and keys, and for verifying one signature with one key. It must never
//! trust a key: which keys count is the caller's to say. Private keys are given, never made here.

mod key;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::limits::{NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX};

pub use key::{Algorithm, KeyError, KeyId, KeyName, SignError, SignerKey, VerifierKey};

/// What begins a line of a signature: em dash (U+2014) and space.
const SIGNATURE_START: &str = "\u{2014} ";

/// A text with its signatures (signed-note, "Format"). That it parsed says nothing of who signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

/// One line that signs a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The name of the key.
    pub name: KeyName,
    /// Which key of that name.
    pub id: KeyId,
    /// What the algorithm of the key makes of the text.
    pub bytes: Vec<u8>,
}

/// Why bytes are not a signed note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// More bytes than the limit.
    #[error("a note has at most {NOTE_BYTES_MAX} bytes")]
    Size,
    /// Not UTF-8, or with control characters.
    #[error("a note is UTF-8 text without control characters")]
    Text,
    /// No text that ends its last line, an empty line and signatures.
    #[error("a note is a text, an empty line, and lines of signatures")]
    Form,
    /// A line after the text that is no signature.
    #[error("line {0} after the text of the note is no signature")]
    Signature(usize),
    /// More signatures than the limit, or none.
    #[error("a note has 1 to {NOTE_SIGNATURES_MAX} signatures")]
    Count,
}

/// Why a signature does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("the signature is not by the key it names over this text")]
pub struct BadSignature;

impl Note {
    /// A note of `text` with no signature yet. `None` unless the text is one or more whole lines without control characters.
    #[must_use]
    pub fn unsigned(text: String) -> Option<Self> {
        let whole = text.ends_with('\n') && is_plain(&text) && text.len() <= NOTE_BYTES_MAX;
        whole.then_some(Self { text, signatures: Vec::new() })
    }

    /// A note of a text that is known to be one, and its first signature.
    pub(super) fn of(text: String, signature: Signature) -> Self {
        Self { text, signatures: vec![signature] }
    }

    /// Reads a signed note (signed-note, "Format").
    ///
    /// # Errors
    /// [`NoteError`] when it is not exactly of that form, or too large.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(NoteError::Size);
        }
        let note = std::str::from_utf8(bytes).ok().filter(|note| is_plain(note)).ok_or(NoteError::Text)?;
        // The last empty line divides.
        let (text, lines) = note.rsplit_once("\n\n").ok_or(NoteError::Form)?;
        let lines = lines.strip_suffix('\n').ok_or(NoteError::Form)?;
        let mut signatures = Vec::new();
        for (at, line) in lines.split('\n').enumerate() {
            if at >= NOTE_SIGNATURES_MAX {
                return Err(NoteError::Count);
            }
            signatures.push(Signature::parse(line).ok_or(NoteError::Signature(at.saturating_add(1)))?);
        }
        Ok(Self { text: format!("{text}\n"), signatures })
    }

    /// The text that is signed, with its last newline.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its signatures, in their order.
    #[must_use]
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// Adds a signature, as the last line.
    ///
    /// # Errors
    /// [`NoteError::Count`] when there is no room for one more.
    pub fn push(&mut self, signature: Signature) -> Result<(), NoteError> {
        if self.signatures.len() >= NOTE_SIGNATURES_MAX {
            return Err(NoteError::Count);
        }
        self.signatures.push(signature);
        Ok(())
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

impl Signature {
    /// Reads one line without its newline (signed-note, "Signatures"); `None` for any other form.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let (name, signature) = line.strip_prefix(SIGNATURE_START)?.split_once(' ')?;
        let bytes = STANDARD.decode(signature).ok()?;
        let (id, bytes) = bytes.split_first_chunk::<4>()?;
        (!bytes.is_empty()).then_some(())?;
        Some(Self { name: KeyName::parse(name).ok()?, id: KeyId::from_bytes(*id), bytes: bytes.to_vec() })
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = self.id.as_bytes().to_vec();
        bytes.extend_from_slice(&self.bytes);
        write!(f, "{SIGNATURE_START}{} {}", self.name, STANDARD.encode(bytes))
    }
}

/// No ASCII control character but newlines (signed-note, "Format").
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte >= 0x20 || byte == b'\n')
}

#[cfg(test)]
mod tests;
