//! Addresses of crypto wallets whose checks hold: base58check and bech32. Those of Ethereum have their form alone.

use sha2::{Digest, Sha256};

use super::kind::Evidence;

/// Whether the word is an address, and what must stand around it.
pub(super) fn wallet(word: &[u8]) -> Option<Evidence> {
    let is_address = match (word.len(), word) {
        (42, [b'0', b'x', rest @ ..]) if rest.iter().all(u8::is_ascii_hexdigit) => return Some(Evidence::Alone),
        (26..=35, [b'1' | b'3' | b'L' | b'M' | b'D', ..]) => base58check(word),
        (14..=74, _) => bech32(word),
        _ => false,
    };
    is_address.then_some(Evidence::Form)
}

const BASE58: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// A version, twenty bytes of hash, and four of the hash of both.
fn base58check(word: &[u8]) -> bool {
    let mut bytes = [0_u8; 25];
    for letter in word {
        let Some(place) = BASE58.iter().position(|byte| byte == letter) else { return false };
        let mut carry = place;
        for byte in bytes.iter_mut().rev() {
            carry += usize::from(*byte) * 58;
            *byte = u8::try_from(carry & 0xff).unwrap_or_default();
            carry >>= 8;
        }
        if carry > 0 {
            return false;
        }
    }
    let (head, check) = bytes.split_at(21);
    Sha256::digest(Sha256::digest(head)).starts_with(check)
}

const BECH32: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// BIP 173, and BIP 350 for later versions; the networks of Bitcoin and Litecoin.
fn bech32(word: &[u8]) -> bool {
    let is_mixed = word.iter().any(u8::is_ascii_uppercase) && word.iter().any(u8::is_ascii_lowercase);
    let word = word.to_ascii_lowercase();
    let networks: [&[u8]; 3] = [b"bc", b"tb", b"ltc"];
    let split = |prefix: &'static [u8]| Some((prefix, word.strip_prefix(prefix)?.strip_prefix(b"1")?));
    let Some((prefix, data)) = networks.into_iter().find_map(split) else { return false };
    let expanded = prefix.iter().map(|byte| byte >> 5).chain([0]).chain(prefix.iter().map(|byte| byte & 31));
    let values: Option<Vec<u8>> = data
        .iter()
        .map(|byte| BECH32.iter().position(|letter| letter == byte).and_then(|place| u8::try_from(place).ok()))
        .collect();
    let Some(values) = values else { return false };
    let sum = expanded.chain(values).fold(1, polymod);
    !is_mixed && matches!(sum, 1 | 0x2bc8_30a3)
}

fn polymod(sum: u32, value: u8) -> u32 {
    let top = sum >> 25;
    let mut sum = (sum & 0x01ff_ffff) << 5 ^ u32::from(value);
    for (bit, generator) in [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3].into_iter().enumerate() {
        if top >> bit & 1 == 1 {
            sum ^= generator;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_whose_checks_hold_are_found() {
        // Block 0, and the examples of BIP 173 and BIP 350.
        for word in [
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
            "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
        ] {
            assert_eq!(wallet(word.as_bytes()), Some(Evidence::Form), "{word}");
        }
    }

    #[test]
    fn a_slip_is_noticed() {
        for word in [
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7Divf0a",
        ] {
            assert_eq!(wallet(word.as_bytes()), None, "{word}");
        }
    }
}
