//! Accounts, telephone numbers and other long numbers in text.

use crate::canonical::{Kind, address};

/// Fewer digits in a text than this, and there is nothing to look for.
const DIGITS_MIN: usize = 7;

/// Most characters of an account.
const ACCOUNT: usize = 34;

/// Most bytes of a telephone number behind its `+`.
const TELEPHONE: usize = 20;

/// Whether there are enough digits for any number.
pub(super) fn may_hold(bytes: &[u8]) -> bool {
    address::digits(bytes) >= DIGITS_MIN
}

/// Gives each number in its canonical spelling.
pub(super) fn each(bytes: &[u8], take: &mut dyn FnMut(Kind, &str)) {
    let mut at = 0;
    while let Some(skipped) = bytes.get(at..).and_then(|rest| rest.iter().position(|byte| may_start(*byte))) {
        at += skipped;
        let starts = at == 0 || !is_of_word(bytes.get(at - 1));
        let end = if starts { number(bytes, at, take) } else { None };
        at = end.unwrap_or(at + 1);
    }
}

const fn may_start(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'A'..=b'Z' | b'+')
}

/// The number that starts at `at`; one past its end.
fn number(bytes: &[u8], at: usize, take: &mut dyn FnMut(Kind, &str)) -> Option<usize> {
    match bytes.get(at)? {
        b'A'..=b'Z' => account(bytes, at, take),
        b'+' => telephone(bytes, at, take),
        b'0'..=b'9' => date(bytes, at).or_else(|| long(bytes, at, take)),
        _ => None,
    }
}

/// An IBAN, in groups or not: two capitals, two digits, and 10 to 30 more of either, 8 digits in all.
fn account(bytes: &[u8], at: usize, take: &mut dyn FnMut(Kind, &str)) -> Option<usize> {
    let is_start = bytes.get(at + 1)?.is_ascii_uppercase()
        && bytes.get(at + 2)?.is_ascii_digit()
        && bytes.get(at + 3)?.is_ascii_digit();
    if !is_start {
        return None;
    }
    let mut compact = Compact::new();
    let mut end = at;
    while compact.length < ACCOUNT {
        match bytes.get(end) {
            Some(byte) if byte.is_ascii_uppercase() || byte.is_ascii_digit() => compact.push(*byte),
            Some(b' ') if group_has_digit(bytes, end + 1) => {}
            Some(_) | None => break,
        }
        end += 1;
    }
    if compact.length < 14 || address::digits(compact.text().as_bytes()) < 8 || is_of_word(bytes.get(end)) {
        return None;
    }
    take(Kind::Account, compact.text());
    Some(end)
}

/// Whether what stands between here and the next blank is part of an account.
fn group_has_digit(bytes: &[u8], at: usize) -> bool {
    let group = bytes.get(at..).unwrap_or_default().iter().take(5).take_while(|byte| byte.is_ascii_alphanumeric());
    let (mut digits, mut others) = (0, 0);
    for byte in group {
        digits += usize::from(byte.is_ascii_digit());
        others += usize::from(byte.is_ascii_lowercase());
    }
    digits > 0 && others == 0
}

/// A `+`, and 7 to 20 digits and what may stand between them.
fn telephone(bytes: &[u8], at: usize, take: &mut dyn FnMut(Kind, &str)) -> Option<usize> {
    bytes.get(at + 1).filter(|byte| byte.is_ascii_digit())?;
    let rest = bytes.get(at + 1..)?;
    let is_part = |byte: &&u8| byte.is_ascii_digit() || matches!(byte, b' ' | b'(' | b')' | b'.' | b'/' | b'-');
    let length = rest.iter().take(TELEPHONE).take_while(is_part).count();
    let mut digits = Compact::new();
    rest.iter().take(length).filter(|byte| byte.is_ascii_digit()).for_each(|byte| digits.push(*byte));
    if digits.length < DIGITS_MIN {
        return None;
    }
    take(Kind::Phone, digits.text());
    Some(at + 1 + length)
}

/// `2024-05-13`, perhaps with a time: no number.
fn date(bytes: &[u8], at: usize) -> Option<usize> {
    let shape = |from: usize, shape: &[u8]| {
        let fits = |(offset, mark): (usize, &u8)| {
            bytes
                .get(from + offset)
                .is_some_and(|byte| if *mark == b'd' { byte.is_ascii_digit() } else { byte == mark })
        };
        shape.iter().enumerate().all(fits)
    };
    if !shape(at, b"dddd-dd-dd") {
        return None;
    }
    let end = at + 10;
    let with_time = shape(end, b" dd:dd") || shape(end, b"Tdd:dd");
    Some(if with_time { end + 6 } else { end })
}

/// 10 to 19 digits, with a blank or a hyphen between them or not.
fn long(bytes: &[u8], at: usize, take: &mut dyn FnMut(Kind, &str)) -> Option<usize> {
    let mut digits = Compact::new();
    let mut end = at;
    loop {
        match bytes.get(end) {
            Some(byte) if byte.is_ascii_digit() => digits.push(*byte),
            Some(b' ' | b'-')
                if bytes.get(end + 1).is_some_and(u8::is_ascii_digit) && date(bytes, end + 1).is_none() => {}
            Some(_) | None => break,
        }
        end += 1;
    }
    let is_alone = !is_of_word(bytes.get(end)) && at.checked_sub(1).and_then(|before| bytes.get(before)) != Some(&b'.');
    if is_alone && (10..=19).contains(&digits.length) {
        take(Kind::Account, digits.text());
        return Some(end);
    }
    if is_alone && digits.length > 19 {
        // Several numbers in a row: each by itself.
        let pieces = bytes.get(at..end).unwrap_or_default().split(|byte| *byte == b' ' || *byte == b'-');
        for piece in pieces.filter(|piece| (10..=19).contains(&piece.len())) {
            take(Kind::Account, &String::from_utf8_lossy(piece));
        }
    }
    Some(end.max(at + 1))
}

/// What is left of a number when nothing stands between its letters and digits, letters in lower case.
struct Compact {
    bytes: [u8; ACCOUNT],
    /// How many there were, those included for which there is no room.
    length: usize,
}

impl Compact {
    const fn new() -> Self {
        Self { bytes: [0; ACCOUNT], length: 0 }
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte.to_ascii_lowercase();
        }
        self.length += 1;
    }

    fn text(&self) -> &str {
        self.bytes.get(..self.length).and_then(|bytes| str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

const fn is_of_word(byte: Option<&u8>) -> bool {
    match byte {
        Some(byte) => byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80,
        None => false,
    }
}
