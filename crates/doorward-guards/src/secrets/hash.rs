//! A keyed hash, for what must be the same for the same secret and tell nothing of it.

use std::fmt;
use std::hash::Hasher;

use siphasher::sip128::{Hasher128, SipHasher24};

/// A key that nobody outside the gateway knows. Placeholders made with one key are the same for the same secret.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct PlaceholderKey([u8; 16]);

impl PlaceholderKey {
    /// From sixteen random bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The hash of `value`, the `turn`th of a series.
    pub(super) fn hash(&self, value: &[u8], turn: u8) -> u128 {
        let mut hasher = SipHasher24::new_with_key(&self.0);
        hasher.write_u8(turn);
        hasher.write(value);
        hasher.finish128().as_u128()
    }
}

impl fmt::Debug for PlaceholderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlaceholderKey(..)")
    }
}
