//! The ways a secret is written otherwise.

use std::fmt::Write as _;

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The characters of base64 that depend on `value` alone, when so many bytes (0 to 2) stand before it in its group.
pub(super) fn base64_within(value: &[u8], before: usize) -> String {
    let mut bits = Vec::with_capacity((value.len() + before) * 8);
    bits.extend(std::iter::repeat_n(None, before * 8));
    for byte in value {
        bits.extend((0..8).rev().map(|place| Some(byte >> place & 1)));
    }
    let mut written = String::with_capacity(bits.len() / 6);
    for six in bits.chunks_exact(6) {
        let number = six.iter().try_fold(0_usize, |number, bit| Some(number << 1 | usize::from((*bit)?)));
        if let Some(letter) = number.and_then(|number| STANDARD.get(number)) {
            written.push(char::from(*letter));
        }
    }
    written
}

/// The same in the alphabet for URLs (RFC 4648 §5).
pub(super) fn for_urls(base64: &str) -> String {
    base64.replace('+', "-").replace('/', "_")
}

/// In hexadecimal, small letters.
pub(super) fn hex(value: &[u8]) -> String {
    value.iter().fold(String::with_capacity(value.len() * 2), |mut written, byte| {
        // Writing to a string does not fail.
        let _ = write!(written, "{byte:02x}");
        written
    })
}

/// The last byte first.
pub(super) fn reversed(value: &[u8]) -> Vec<u8> {
    value.iter().rev().copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_within_is_part_of_the_whole_wherever_the_value_stands() {
        let whole = "bm90aGluZyBoZXJlIA==";
        assert!(whole.contains(&base64_within(b"nothing here", 0)));
        // "nothing here " with one and two bytes before it.
        assert!("eG5vdGhpbmcgaGVyZSA=".contains(&base64_within(b"nothing here", 1)));
        assert!("eHlub3RoaW5nIGhlcmUg".contains(&base64_within(b"nothing here", 2)));
    }
}
