//! Unbroken runs of the letters of an alphabet.

use std::ops::Range;

/// Every run of at least `min` bytes that `belongs` accepts. Looks from the end of where one may stand, so that ordinary text
/// costs little. `min` is not 0.
pub(super) fn runs(text: &[u8], min: usize, belongs: impl Fn(u8) -> bool) -> impl Iterator<Item = Range<usize>> {
    let step = min.saturating_sub(1);
    let mut floor = 0;
    std::iter::from_fn(move || {
        // Whatever begins at `floor` and is long enough goes on to the last byte of this.
        while let Some(window) = text.get(floor..=floor + step) {
            match window.iter().rposition(|byte| !belongs(*byte)) {
                Some(parted) => floor += parted + 1,
                None => {
                    let start = floor;
                    let after = text.get(start + min..).unwrap_or_default();
                    let end = start + min + after.iter().take_while(|byte| belongs(**byte)).count();
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
                let found: Vec<_> = runs(text.as_bytes(), 6, |byte| byte == b'a').collect();
                let expected: Vec<_> = (length >= 6).then_some(before..before + length).into_iter().collect();
                assert_eq!(found, expected, "{text}");
            }
        }
    }

    #[test]
    fn neighbouring_runs_are_told_apart() {
        let found: Vec<_> = runs(b"aaaa-aaaa--aa-aaaaa", 4, |byte| byte == b'a').collect();
        assert_eq!(found, [0..4, 5..9, 14..19]);
    }
}
