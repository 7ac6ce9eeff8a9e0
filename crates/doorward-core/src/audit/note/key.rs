//! Keys of notes: their names, ids and texts, and what they sign.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{BadSignature, Signature};
use crate::audit::merkle::sha256;
use crate::limits::KEY_NAME_MAX;
use crate::time::Timestamp;

/// The name of a key: not empty, without Unicode spaces and plus signs (signed-note, "Format"). Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyName(Arc<str>);

/// Which key of its name: the first four bytes of a digest (signed-note, "Signatures"). It tells keys apart and proves
/// nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId([u8; 4]);

/// What a key signs, and how (signed-note, "Signature types").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Algorithm {
    /// `0x01`: Ed25519 over the text of the note (signed-note, "Ed25519 signatures").
    Ed25519,
    /// `0x04`: a time, and Ed25519 over it and the text (tlog-cosignature, "Ed25519 signed message").
    Cosignature,
}

/// What is needed to verify a signature: a name, an algorithm and a public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: KeyName,
    id: KeyId,
    algorithm: Algorithm,
    public: [u8; 32],
}

/// A key that signs notes. It never shows its private part.
pub struct SignerKey {
    verifier: VerifierKey,
    pair: Ed25519KeyPair,
}

/// Why a text or a seed is not a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not `<name>+<id>+<key>`.
    #[error("a verifier key is <name>+<8 hexadecimal digits>+<base64>")]
    Form,
    /// A name that keys do not have.
    #[error("the name of a key has 1 to {KEY_NAME_MAX} bytes, without spaces, plus signs and control characters")]
    Name,
    /// An algorithm this build does not verify.
    #[error("keys of type 0x{0:02x} are not supported; Ed25519 (0x01) and cosignatures by Ed25519 (0x04) are")]
    Algorithm(u8),
    /// Not 32 bytes of an Ed25519 key.
    #[error("an Ed25519 key has 32 bytes")]
    Length,
    /// An id that is not the one of this name and key.
    #[error("the id in the key is not the one of its name and public key")]
    Id,
}

/// Why nothing was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// A cosignature needs a time that is not before 1970.
    #[error("a cosignature needs a time after 1970")]
    Time,
}

impl KeyName {
    /// Checks `text` and keeps it.
    ///
    /// # Errors
    /// [`KeyError::Name`] for what no name is.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let fits = (1..=KEY_NAME_MAX).contains(&text.len());
        let plain = !text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+');
        if fits && plain { Ok(Self(Arc::from(text))) } else { Err(KeyError::Name) }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl KeyId {
    /// The id of these four bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 4]) -> Self {
        Self(bytes)
    }

    /// Its four bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 4] {
        &self.0
    }

    /// `SHA-256(key name || 0x0A || signature type || public key)[:4]` (signed-note, "Signatures").
    fn of(name: &KeyName, algorithm: Algorithm, public: &[u8; 32]) -> Self {
        let digest = sha256(&[name.as_str().as_bytes(), b"\n", &[algorithm.byte()], public]);
        let [a, b, c, d, ..] = *digest.as_bytes();
        Self([a, b, c, d])
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Algorithm {
    const fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 0x01,
            Self::Cosignature => 0x04,
        }
    }

    const fn of_byte(byte: u8) -> Result<Self, KeyError> {
        match byte {
            0x01 => Ok(Self::Ed25519),
            0x04 => Ok(Self::Cosignature),
            other => Err(KeyError::Algorithm(other)),
        }
    }
}

impl VerifierKey {
    /// The key of that name, algorithm and Ed25519 public key (RFC 8032 §5.1.5).
    #[must_use]
    pub fn new(name: KeyName, algorithm: Algorithm, public: [u8; 32]) -> Self {
        Self { id: KeyId::of(&name, algorithm, &public), name, algorithm, public }
    }

    /// Reads `<key name>+hex(32-bit key ID)+base64(signature type || public key)` (signed-note, "Verifier keys").
    ///
    /// # Errors
    /// [`KeyError`] names what is wrong.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError::Form);
        };
        let name = KeyName::parse(name)?;
        let key = STANDARD.decode(key).map_err(|_| KeyError::Form)?;
        let (algorithm, public) = key.split_first().ok_or(KeyError::Form)?;
        let algorithm = Algorithm::of_byte(*algorithm)?;
        let public: [u8; 32] = public.try_into().map_err(|_| KeyError::Length)?;
        let read = Self::new(name, algorithm, public);
        if read.id.to_string() == id { Ok(read) } else { Err(KeyError::Id) }
    }

    /// The key's name.
    #[must_use]
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// Which key of its name.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// What it signs.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether the signature says that it is by this key. Name and id together tell, never one alone (signed-note,
    /// "Signatures").
    #[must_use]
    pub fn is_named_by(&self, signature: &Signature) -> bool {
        signature.name == self.name && signature.id == self.id
    }

    /// Verifies a signature over `text`, and returns the time in it where the algorithm has one, in seconds since 1970.
    ///
    /// # Errors
    /// [`BadSignature`] unless it is by this key, over exactly this text.
    pub fn verify(&self, text: &str, signature: &Signature) -> Result<Option<u64>, BadSignature> {
        if !self.is_named_by(signature) {
            return Err(BadSignature);
        }
        let public = UnparsedPublicKey::new(&ED25519, &self.public);
        match self.algorithm {
            Algorithm::Ed25519 => {
                public.verify(text.as_bytes(), &signature.bytes).map_err(|_| BadSignature)?;
                Ok(None)
            }
            Algorithm::Cosignature => {
                let (seconds, bytes) = signature.bytes.split_first_chunk::<8>().ok_or(BadSignature)?;
                let seconds = u64::from_be_bytes(*seconds);
                i64::try_from(seconds).map_err(|_| BadSignature)?;
                public.verify(cosigned(seconds, text).as_bytes(), bytes).map_err(|_| BadSignature)?;
                Ok(Some(seconds))
            }
        }
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![self.algorithm.byte()];
        key.extend_from_slice(&self.public);
        write!(f, "{}+{}+{}", self.name, self.id, STANDARD.encode(key))
    }
}

impl SignerKey {
    /// The key of that name and algorithm with this Ed25519 seed (RFC 8032 §5.1.5). One seed serves one key: an algorithm
    /// and a name of its own each.
    ///
    /// # Errors
    /// [`KeyError::Length`] when the seed makes no key.
    pub fn from_seed(name: KeyName, algorithm: Algorithm, seed: &[u8; 32]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| KeyError::Length)?;
        let public: [u8; 32] = pair.public_key().as_ref().try_into().map_err(|_| KeyError::Length)?;
        Ok(Self { verifier: VerifierKey::new(name, algorithm, public), pair })
    }

    /// The public part.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// Signs the text of a note. `at` stands in cosignatures, in whole seconds; the other algorithm has no time.
    ///
    /// # Errors
    /// [`SignError::Time`] for a cosignature before 1970.
    pub fn sign(&self, text: &str, at: Timestamp) -> Result<Signature, SignError> {
        let bytes = match self.verifier.algorithm {
            Algorithm::Ed25519 => self.pair.sign(text.as_bytes()).as_ref().to_vec(),
            Algorithm::Cosignature => {
                let seconds = u64::try_from(at.as_micros().div_euclid(1_000_000)).map_err(|_| SignError::Time)?;
                let mut bytes = seconds.to_be_bytes().to_vec();
                bytes.extend_from_slice(self.pair.sign(cosigned(seconds, text).as_bytes()).as_ref());
                bytes
            }
        };
        Ok(Signature { name: self.verifier.name.clone(), id: self.verifier.id, bytes })
    }
}

impl fmt::Debug for SignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignerKey({})", self.verifier)
    }
}

/// What a cosigner signs (tlog-cosignature, "Ed25519 signed message").
fn cosigned(seconds: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {seconds}\n{text}")
}
