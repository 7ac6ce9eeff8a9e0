//! What the gateway gives away and must recognise when it comes back.
//!
//! Responsible for sealing bytes so that nobody else can read, make or change them. The key is random, lives as long as
//! the process and is never shown. What was sealed is still for its holder to use as often as it likes: that it is used
//! once, and by whom, is for whoever opens it to see to.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The system gives no random numbers, so nothing can be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoRandomness;

/// A key for one purpose.
pub(crate) struct Seal {
    key: Option<RandomizedNonceKey>,
    purpose: &'static str,
}

impl Seal {
    /// A new key. `purpose` is sealed in: what was sealed for another does not open.
    pub(crate) fn new(purpose: &'static str) -> Self {
        let mut bytes = [0; 32];
        let filled = aws_lc_rs::rand::fill(&mut bytes);
        let key = filled.and_then(|()| RandomizedNonceKey::new(&AES_256_GCM, &bytes)).ok();
        if key.is_none() {
            tracing::error!("the system's random numbers are not available");
        }
        Self { key, purpose }
    }

    /// The bytes, sealed, as text that is safe in JSON and URLs.
    pub(crate) fn close(&self, bytes: &[u8]) -> Result<String, NoRandomness> {
        let key = self.key.as_ref().ok_or(NoRandomness)?;
        let mut sealed = bytes.to_vec();
        let nonce =
            key.seal_in_place_append_tag(Aad::from(self.purpose.as_bytes()), &mut sealed).map_err(|_| NoRandomness)?;
        let mut text = nonce.as_ref().to_vec();
        text.append(&mut sealed);
        Ok(URL_SAFE_NO_PAD.encode(text))
    }

    /// The bytes in `text`; `None` unless this very key has sealed it.
    pub(crate) fn open(&self, text: &str) -> Option<Vec<u8>> {
        let key = self.key.as_ref()?;
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut sealed = sealed.to_vec();
        let opened = key.open_in_place(nonce, Aad::from(self.purpose.as_bytes()), &mut sealed).ok()?;
        Some(opened.to_vec())
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seal").field("purpose", &self.purpose).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_this_key_sealed_for_this_purpose_opens() {
        let seal = Seal::new("test");
        let text = seal.close(b"what was parked").unwrap();
        assert_eq!(seal.open(&text).as_deref(), Some(&b"what was parked"[..]));
        assert_eq!(Seal::new("test").open(&text), None);
        let other = Seal { key: seal.key, purpose: "another" };
        assert_eq!(other.open(&text), None);
    }

    #[test]
    fn no_changed_character_is_taken() {
        let seal = Seal::new("test");
        let text = seal.close(b"what was parked").unwrap();
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(seal.open(std::str::from_utf8(&changed).unwrap()), None, "{at}");
        }
        let mut cut = text;
        cut.pop();
        for broken in ["", "AAAA", &cut, "not base64!"] {
            assert_eq!(seal.open(broken), None, "{broken}");
        }
    }

    #[test]
    fn the_same_bytes_never_look_the_same() {
        let seal = Seal::new("test");
        assert_ne!(seal.close(b"same").unwrap(), seal.close(b"same").unwrap());
    }
}
