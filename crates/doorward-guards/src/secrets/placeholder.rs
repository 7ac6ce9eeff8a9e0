//! What takes the place of a secret: enough of its shape to know it again, nothing to use it by.
//!
//! The same secret has the same placeholder wherever it is found. No five characters of the secret, written in any of the
//! usual ways, may stand in its placeholder.

use std::collections::HashSet;

use super::encode::{base64_within, for_urls, hex, reversed};
use super::hash::PlaceholderKey;
use crate::limits::SECRET_SEEN_MAX;

/// A shorter secret shows nothing of itself.
const SHOWING_LEAST: usize = 20;

/// What takes the place of `secret`.
pub(super) fn placeholder(secret: &[u8], key: &PlaceholderKey) -> String {
    let parts = parts(secret);
    let shown = kind(secret);
    let attempts = (0..8).flat_map(|turn| {
        let tag = tag(key.hash(secret, turn));
        [format!("{shown}[redacted:{tag}]"), format!("[redacted:{tag}]"), format!("[#{tag}]")]
    });
    attempts.into_iter().find(|attempt| tells_nothing(attempt, &parts)).unwrap_or_else(|| "[]".to_owned())
}

/// The letters providers begin a kind of token with: `ghp_`, `sk-`, `AKIA`.
fn kind(secret: &[u8]) -> String {
    if secret.len() < SHOWING_LEAST {
        return String::new();
    }
    let start = secret.get(..SECRET_SEEN_MAX).unwrap_or_default();
    let shown = match start {
        b"AKIA" | b"ASIA" | b"AIza" | b"ATAT" | b"LTAI" => start,
        _ => {
            let letters = start.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
            let ended = matches!(secret.get(letters), Some(b'_' | b'-' | b'.'));
            if letters >= 2 && ended {
                secret.get(..(letters + 1).min(SECRET_SEEN_MAX)).unwrap_or_default()
            } else {
                b""
            }
        }
    };
    shown.iter().map(|byte| char::from(*byte)).collect()
}

/// Six characters of a hash, in an alphabet without letters that are taken for others.
fn tag(hash: u128) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let letter = |place: u32| usize::try_from(hash >> (place * 5) & 31).ok().and_then(|at| LETTERS.get(at));
    (0..6).filter_map(letter).map(|letter| char::from(*letter)).collect()
}

/// Every part of the secret that is too long to be seen, in every encoding.
fn parts(secret: &[u8]) -> HashSet<Vec<u8>> {
    let mut forms = vec![secret.to_vec(), reversed(secret)];
    for before in 0..3 {
        let base64 = base64_within(secret, before);
        forms.push(for_urls(&base64).into_bytes());
        forms.push(base64.into_bytes());
    }
    let hex = hex(secret);
    forms.push(hex.to_ascii_uppercase().into_bytes());
    forms.push(hex.into_bytes());
    forms.iter().flat_map(|form| form.windows(SECRET_SEEN_MAX + 1)).map(<[u8]>::to_vec).collect()
}

fn tells_nothing(placeholder: &str, parts: &HashSet<Vec<u8>>) -> bool {
    placeholder.as_bytes().windows(SECRET_SEEN_MAX + 1).all(|window| !parts.contains(window))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: PlaceholderKey = PlaceholderKey::new(*b"0123456789abcdef");

    #[test]
    fn the_same_secret_has_the_same_placeholder_and_another_key_another() {
        let secret = b"ghp_9fQ2xLr7Zp0VbK4wTmH3sJ6yDcN8gR";
        let made = placeholder(secret, &KEY);
        assert_eq!(made, placeholder(secret, &KEY));
        assert!(made.starts_with("ghp_[redacted:"), "{made}");
        assert_ne!(made, placeholder(secret, &PlaceholderKey::new([7; 16])));
        assert_ne!(made, placeholder(b"ghp_9fQ2xLr7Zp0VbK4wTmH3sJ6yDcN8gS", &KEY));
    }

    #[test]
    fn a_short_secret_shows_nothing_and_one_that_speaks_of_placeholders_neither() {
        assert!(placeholder(b"pw-hunter2", &KEY).starts_with("[redacted:"));
        assert!(placeholder(b"redacted-redacted", &KEY).starts_with("[#"));
    }
}
