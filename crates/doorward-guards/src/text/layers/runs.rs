//! Unbroken runs of the letters of an alphabet.

use std::ops::Range;

/// The letters of which runs are made.
#[derive(Debug)]
pub(super) struct Alphabet([bool; 256]);

impl Alphabet {
    /// These.
    pub(super) const fn of(letters: &[u8]) -> Self {
        let mut known = [false; 256];
        let mut at = 0;
        while at < letters.len() {
            #[expect(clippy::indexing_slicing, reason = "`at` is below the length, and a byte below 256")]
            {
                known[letters[at] as usize] = true;
            }
            at += 1;
        }
        Self(known)
    }

    /// Whether it is one of them.
    pub(super) fn has(&self, byte: u8) -> bool {
        #[expect(clippy::indexing_slicing, reason = "a byte is always below 256")]
        let known = self.0[usize::from(byte)];
        known
    }
}

/// Every run of at least `min` letters of `alphabet`. Looks from the end of where one may stand, so that ordinary text
/// costs little. `min` is not 0.
pub(super) fn runs(text: &[u8], min: usize, alphabet: &Alphabet) -> impl Iterator<Item = Range<usize>> {
    let step = min.saturating_sub(1);
    let mut floor = 0;
    std::iter::from_fn(move || {
        // Whatever begins at `floor` and is long enough goes on to the last byte of this.
        while let Some(window) = text.get(floor..=floor + step) {
            match window.iter().rposition(|byte| !alphabet.has(*byte)) {
                Some(parted) => floor += parted + 1,
                None => {
                    let start = floor;
                    let after = text.get(start + min..).unwrap_or_default();
                    let end = start + min + after.iter().take_while(|byte| alphabet.has(**byte)).count();
                    floor = end;
                    return Some(start..end);
                }
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_found_wherever_it_starts() {
        for before in 0..20 {
            for length in 1..20 {
                let text = format!("{}{}{}", "-".repeat(before), "a".repeat(length), "-".repeat(7));
                let found: Vec<_> = runs(text.as_bytes(), 6, &Alphabet::of(b"a")).collect();
                let expected: Vec<_> = (length >= 6).then_some(before..before + length).into_iter().collect();
                assert_eq!(found, expected, "{text}");
            }
        }
    }

    #[test]
    fn neighbouring_runs_are_told_apart() {
        let found: Vec<_> = runs(b"aaaa-aaaa--aa-aaaaa", 4, &Alphabet::of(b"a")).collect();
        assert_eq!(found, [0..4, 5..9, 14..19]);
    }
}
