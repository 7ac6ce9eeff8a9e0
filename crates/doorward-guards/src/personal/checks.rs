//! Check digits and dates: arithmetic on codes without separators, letters in capitals.

/// The digit at `at`; 99 where there is none, which no rule accepts.
pub(super) fn digit(code: &[u8], at: usize) -> u32 {
    code.get(at).filter(|byte| byte.is_ascii_digit()).map_or(99, |byte| u32::from(byte - b'0'))
}

/// The number that `len` digits at `at` write; `u32::MAX` where they are not digits.
pub(super) fn number(code: &[u8], at: usize, len: usize) -> u32 {
    let Some(digits) = code.get(at..at + len) else { return u32::MAX };
    let step = |sum: u32, byte: &u8| {
        byte.is_ascii_digit().then(|| sum.checked_mul(10)?.checked_add(u32::from(byte - b'0'))).flatten()
    };
    digits.iter().try_fold(0, step).unwrap_or(u32::MAX)
}

/// The letter or digit at `at`; 0 where there is none.
pub(super) fn letter(code: &[u8], at: usize) -> u8 {
    code.get(at).copied().unwrap_or_default()
}

/// The sum of the leading digits, each times its weight.
pub(super) fn weighted(code: &[u8], weights: &[u32]) -> u32 {
    weights.iter().enumerate().map(|(at, weight)| digit(code, at) * weight).sum()
}

/// Whether all characters are the same: nobody's number.
pub(super) fn is_monotonous(code: &[u8]) -> bool {
    code.iter().zip(code.iter().skip(1)).all(|(left, right)| left == right)
}

/// Whether the first nine count up or down by one, as in samples.
pub(super) fn is_counting(code: &[u8]) -> bool {
    let head = code.get(..9).unwrap_or_default();
    let steps =
        |by: i16| head.windows(2).all(|pair| matches!(pair, [one, two] if i16::from(*two) - i16::from(*one) == by));
    head.len() == 9 && (steps(1) || steps(-1))
}

/// ISO/IEC 7812-1 annex B.
pub(super) fn luhn(code: &[u8]) -> bool {
    let mut sum = 0;
    for (place, byte) in code.iter().rev().enumerate() {
        if !byte.is_ascii_digit() {
            return false;
        }
        let value = u32::from(byte - b'0');
        sum += match (place % 2, value * 2) {
            (0, _) => value,
            (_, double) if double > 9 => double - 9,
            (_, double) => double,
        };
    }
    sum % 10 == 0
}

/// ISO 7064, MOD 11,10.
pub(super) fn mod_11_10(code: &[u8]) -> bool {
    let Some((check, head)) = code.split_last() else { return false };
    let mut product = 10;
    for byte in head {
        if !byte.is_ascii_digit() {
            return false;
        }
        let sum = (u32::from(byte - b'0') + product) % 10;
        product = (if sum == 0 { 10 } else { sum } * 2) % 11;
    }
    (11 - product) % 10 == u32::from(check.wrapping_sub(b'0'))
}

/// ISO 7064, MOD 97,10, letters counting from 10; `rotate` characters stand at the end first, as in an IBAN.
pub(super) fn mod_97(code: &[u8], rotate: usize) -> u32 {
    let (head, tail) = code.split_at(rotate.min(code.len()));
    tail.iter().chain(head).fold(0, |rest, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        b'A'..=b'Z' => (rest * 100 + u32::from(byte - b'A') + 10) % 97,
        _ => 98,
    })
}

/// The remainder of the leading `len` digits by `modulus`.
pub(super) fn remainder(code: &[u8], len: usize, modulus: u64) -> u64 {
    code.iter().take(len).fold(0, |rest, byte| (rest * 10 + u64::from(byte.wrapping_sub(b'0'))) % modulus)
}

/// The EAN-13 check.
pub(super) fn ean13(code: &[u8]) -> bool {
    code.len() == 13 && weighted(code, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]).is_multiple_of(10)
}

/// Verhoeff's check by the dihedral group of the pentagon.
pub(super) fn verhoeff(code: &[u8]) -> bool {
    let mut state = 0;
    for (place, byte) in code.iter().rev().enumerate() {
        if !byte.is_ascii_digit() {
            return false;
        }
        let mut value = u32::from(byte - b'0');
        for _ in 0..place % 8 {
            value = digit(b"1576283094", value as usize);
        }
        state = dihedral(state, value);
    }
    state == 0
}

/// The product of two elements of the dihedral group of order ten: 0–4 turn, 5–9 turn and flip.
const fn dihedral(left: u32, right: u32) -> u32 {
    match (left < 5, right < 5) {
        (true, true) => (left + right) % 5,
        (true, false) => (left + right) % 5 + 5,
        (false, true) => (left + 5 - right) % 5 + 5,
        (false, false) => (left + 5 - right) % 5,
    }
}

/// Whether a month has such a day; 29 February always counts, because the century is often not written.
pub(super) const fn is_day(month: u32, day: u32) -> bool {
    let longest = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 29,
        _ => 0,
    };
    day >= 1 && day <= longest
}

/// Whether `YYMMDD` at `at` is a day.
pub(super) fn yymmdd(code: &[u8], at: usize) -> bool {
    number(code, at, 2) < 100 && is_day(number(code, at + 2, 2), number(code, at + 4, 2))
}

/// Whether `DDMMYY` at `at` is a day.
pub(super) fn ddmmyy(code: &[u8], at: usize) -> bool {
    number(code, at + 4, 2) < 100 && is_day(number(code, at + 2, 2), number(code, at, 2))
}

/// Whether `YYYYMMDD` at `at` is a day in the life of somebody alive.
pub(super) fn yyyymmdd(code: &[u8], at: usize) -> bool {
    (1880..2100).contains(&number(code, at, 4)) && is_day(number(code, at + 4, 2), number(code, at + 6, 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_hold_and_every_single_slip_is_noticed() {
        check(luhn, "79927398713");
        check(mod_11_10, "07945");
        check(verhoeff, "2363");
        check(ean13, "7569217076985");
        check(|code| mod_97(code, 4) == 1, "GB82WEST12345698765432");
    }

    fn check(is_right: fn(&[u8]) -> bool, good: &str) {
        assert!(is_right(good.as_bytes()), "{good}");
        for at in good.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_digit()).map(|(at, _)| at) {
            let mut bad = good.as_bytes().to_vec();
            bad[at] = if bad[at] == b'9' { b'0' } else { bad[at] + 1 };
            assert!(!is_right(&bad), "{good} with another digit at {at}");
        }
    }

    #[test]
    fn days_are_days() {
        assert!(is_day(2, 29) && is_day(12, 31) && !is_day(4, 31) && !is_day(13, 1) && !is_day(1, 0));
        assert!(yymmdd(b"850229", 0) && !yymmdd(b"851301", 0) && ddmmyy(b"311299", 0));
        assert!(yyyymmdd(b"19850131", 0) && !yyyymmdd(b"18000131", 0));
    }

    #[test]
    fn numbers_are_read_within_their_code() {
        assert_eq!((number(b"a123", 1, 3), number(b"12", 1, 3), number(b"1x", 0, 2)), (123, u32::MAX, u32::MAX));
        assert_eq!((digit(b"7", 0), digit(b"x", 0), digit(b"", 0)), (7, 99, 99));
    }
}
