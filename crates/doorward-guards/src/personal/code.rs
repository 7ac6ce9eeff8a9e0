//! A code without its separators.

use super::limits::CODE_MAX;

/// Letters in capitals and digits, as many as the longest code has.
#[derive(Debug, Clone)]
pub(super) struct Code {
    bytes: [u8; CODE_MAX],
    length: usize,
    has_small: bool,
}

impl Default for Code {
    fn default() -> Self {
        Self { bytes: [0; CODE_MAX], length: 0, has_small: false }
    }
}

impl Code {
    /// Adds a letter or digit; what is too long stays too short and fits nothing.
    pub(super) fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte.to_ascii_uppercase();
            self.length += 1;
            self.has_small |= byte.is_ascii_lowercase();
        }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// Whether a letter of it was written small, as official codes are not.
    pub(super) const fn has_small(&self) -> bool {
        self.has_small
    }

    pub(super) fn is_numeric(&self) -> bool {
        self.as_bytes().iter().all(u8::is_ascii_digit)
    }
}
