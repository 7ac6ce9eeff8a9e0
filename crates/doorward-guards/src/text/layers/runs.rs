//! Unbroken runs of the letters of an alphabet.

use std::ops::Range;

/// Every run of at least `min` bytes that `belongs` accepts. Looks at every `min`-th byte first, so that ordinary text costs
/// little.
pub(super) fn runs(text: &[u8], min: usize, belongs: impl Fn(u8) -> bool) -> impl Iterator<Item = Range<usize>> {
    let mut probe = min.saturating_sub(1);
    let mut floor = 0;
    std::iter::from_fn(move || {
        while let Some(byte) = text.get(probe) {
            if belongs(*byte) {
                let before = text.get(floor..probe).unwrap_or_default();
                let start = probe - before.iter().rev().take_while(|byte| belongs(**byte)).count();
                let after = text.get(probe..).unwrap_or_default();
                let end = probe + after.iter().take_while(|byte| belongs(**byte)).count();
                floor = end;
                probe = end + min;
                if end - start >= min {
                    return Some(start..end);
                }
            } else {
                floor = probe + 1;
                probe += min;
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
