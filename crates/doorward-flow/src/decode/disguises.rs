//! Two spellings that every model reads at sight and no program undoes: letters moved by thirteen, and text written from
//! its end, with or without gaps.
//!
//! Only what then begins like an address is worth the look, so that ordinary text is not taken for something else. Other
//! ciphers are not tried: there is no end of them.

use std::iter;

/// How addresses begin, with the letters moved: `http` and `www.`.
const MOVED: [&[u8]; 2] = [b"uggc", b"jjj."];

/// How addresses begin, from their end: `://` and `www.`.
const TURNED: [&[u8]; 2] = [b"//:", b".www"];

/// `text` as it reads without such a disguise, for each that an address seems to be under.
pub fn disguises(text: &str) -> impl Iterator<Item = String> {
    let moved = MOVED.iter().any(|beginning| holds(text.as_bytes().iter().copied(), beginning)).then(|| moved(text));
    let without_gaps = || text.bytes().filter(|byte| !byte.is_ascii_whitespace());
    let is_turned = TURNED.iter().any(|beginning| holds(without_gaps(), beginning));
    let turned = is_turned.then(|| text.chars().rev().filter(|c| !c.is_whitespace()).collect());
    iter::once(moved).chain(iter::once(turned)).flatten()
}

/// Whether the lower-case ASCII letters of `wanted` stand in `text`, whatever their case.
fn holds(text: impl Iterator<Item = u8>, wanted: &[u8]) -> bool {
    let mut last = [0_u8; 4];
    text.map(|byte| byte.to_ascii_lowercase()).any(|byte| {
        last.rotate_left(1);
        last[3] = byte;
        last.ends_with(wanted)
    })
}

fn moved(text: &str) -> String {
    let by_13 = |letter: u8, first: u8| char::from((letter - first + 13) % 26 + first);
    let one = |c: char| match u8::try_from(c) {
        Ok(letter @ b'a'..=b'z') => by_13(letter, b'a'),
        Ok(letter @ b'A'..=b'Z') => by_13(letter, b'A'),
        Ok(_) | Err(_) => c,
    };
    text.chars().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        disguises(text).collect()
    }

    #[test]
    fn addresses_are_read_as_they_are_meant() {
        assert_eq!(found("frr jjj.rknzcyr.bet"), ["see www.example.org"]);
        assert_eq!(found("HGGCF://rknzcyr.bet, uggcf://rknzcyr.bet").len(), 1);
        assert_eq!(found("gro.elpmaxe//:sptth"), ["https://example.org"]);
        assert_eq!(found("gro .el pma xe. www"), ["www.example.org"]);
    }

    #[test]
    fn ordinary_text_has_none() {
        for text in
            ["We kept the list.", "https://www.example.org/", "module.vb and name.arg", "", "ключ: //", "a : / /"]
        {
            assert!(found(text).is_empty(), "{text}: {:?}", found(text));
        }
    }
}
