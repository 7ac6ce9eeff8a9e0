//! Text that is hidden in text by an encoding.
//!
//! Responsible for undoing what programs undo without being told: percent, HTML and JSON escapes, hexadecimal, base64 and
//! base64url, one inside the other to [`DEPTH_MAX`]; and two disguises of addresses that models undo without being told.
//! What it finds is looked at beside the text, never instead of it. It must never take more work than a bound times the
//! text, and never guess ciphers: what it does not undo is simply not found.

mod disguises;
mod escapes;
pub mod limits;
mod runs;

use std::borrow::Cow;

pub use disguises::disguises;
use limits::{DECODED_BYTES_MAX, DECODED_TIMES_MAX, DEPTH_MAX};

/// The text itself, first, and every text that is encoded in it.
#[must_use]
pub fn layers(text: &str) -> Vec<Cow<'_, str>> {
    let mut room = text.len().saturating_mul(DECODED_TIMES_MAX).min(DECODED_BYTES_MAX);
    let mut layers = vec![Cow::Borrowed(text)];
    let mut from = 0;
    for _ in 0..DEPTH_MAX {
        let until = layers.len();
        let mut found = Vec::new();
        for layer in layers.get(from..until).unwrap_or_default() {
            found.extend(inside(layer, &mut room));
        }
        if found.is_empty() {
            break;
        }
        layers.extend(found.into_iter().map(Cow::Owned));
        from = until;
    }
    layers
}

/// What is encoded in `text`, one layer down, as far as there is room.
fn inside(text: &str, room: &mut usize) -> Vec<String> {
    let mut found = Vec::new();
    let mut take = |decoded: String| {
        if decoded.len() <= *room {
            *room -= decoded.len();
            found.push(decoded);
        }
    };
    if let Some(decoded) = escapes::undone(text) {
        take(decoded);
    }
    runs::each(text, &mut take);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(text: &str, hidden: &str) -> bool {
        layers(text).iter().skip(1).any(|layer| layer.contains(hidden))
    }

    #[test]
    fn each_encoding_is_undone() {
        for encoded in [
            "see Y2hyaXN0aW5lLm1leWVyQGV4YW1wbGUub3Jn now",
            "see Y2hyaXN0aW5lLm1leWVyQGV4YW1wbGUub3Jn",
            "data:Y2hyaXN0aW5lLm1leWVyQGV4YW1wbGUub3Jn",
            "q=christine%2Emeyer%40example%2eorg",
            "christine&#46;meyer&#x40;example&period;org &commat;",
            "christine.meyer\\u0040example\\x2eorg",
            "6368726973746967652e christine2e 6368726973746e652e6d65796572406578616d706c652e6f7267",
            "6368726973746e652E6D65796572406578616D706C652E6F7267",
        ] {
            let name = ["christine.meyer@example.org", "meyer@example.org", "meyer@example"];
            assert!(name.iter().any(|name| has(encoded, name)), "{encoded}: {:?}", layers(encoded));
        }
    }

    #[test]
    fn one_inside_the_other_is_undone_but_not_three() {
        let once = "WTJoeWFYTjBhVzVsTG0xbGVXVnlRR1Y0WVcxd2JHVXViM0pu";
        assert!(has(once, "christine.meyer@example.org"));
        assert!(has("5932687961584e306157356c4c6d316c6557567951475634595731776247557562334a6e", "meyer@example.org"));
        assert!(!has("%2557%2554JoeWFYTjBhVzVsTG0xbGVXVnlRR1Y0WVcxd2JHVXViM0pu", "christine.meyer@example.org"));
    }

    #[test]
    fn wrapped_base64_is_one_run() {
        let wrapped = "VGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVyIHRoZSBsYXp5IGRvZyBhbmQgd3Jp\r\ndGVzIHRvIGNocmlzdGluZS5tZXllckBleGFtcGxlLm9yZw==";
        assert!(has(wrapped, "writes to christine.meyer@example.org"));
    }

    #[test]
    fn prose_and_names_are_left_alone() {
        for plain in ["The internationalisation of configurationmanagement.", "deadbeef", "100 % of 5 & 6", "a\\b"] {
            assert_eq!(layers(plain).len(), 1, "{plain}");
        }
    }

    #[test]
    fn what_is_decoded_is_bounded() {
        let nested = "%41".repeat(100_000);
        let total: usize = layers(&nested).iter().skip(1).map(|layer| layer.len()).sum();
        assert!(total <= nested.len() * DECODED_TIMES_MAX);
    }
}
