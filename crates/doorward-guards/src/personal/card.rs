//! Payment cards: ranges of numbers that networks issue, and the check of all of them.

use super::checks::{is_monotonous, luhn, number};
use super::code::Code;
use super::kind::Evidence;

/// A number of a card.
#[derive(Debug)]
pub(super) struct Card {
    pub(super) end: usize,
    pub(super) code: Code,
    pub(super) evidence: Evidence,
}

/// How the digits of a card are grouped on it and in texts.
const GROUPS: &[&[usize]] = &[&[4, 4, 4, 4], &[4, 6, 5], &[4, 6, 4], &[4, 4, 4, 4, 3], &[4, 4, 5], &[4, 4, 4, 3]];

/// The number of a card at `start`.
pub(super) fn card(text: &[u8], start: usize, word_end: usize) -> Option<Card> {
    let word = text.get(start..word_end)?;
    if word.len() == 4 {
        let joint = text.get(word_end).filter(|byte| matches!(byte, b' ' | b'-' | b'.'));
        let next = text.get(word_end + 1).filter(|byte| byte.is_ascii_digit());
        if joint.is_none() || next.is_none() {
            return None;
        }
        return GROUPS.iter().find_map(|groups| grouped(text, start, groups));
    }
    if !(12..=19).contains(&word.len()) || !word.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut code = Code::default();
    word.iter().for_each(|byte| code.push(*byte));
    // Other lengths are those of times and ids as well.
    let evidence = if matches!(word.len(), 15 | 16) { Evidence::Form } else { Evidence::Alone };
    if is_card(code.as_bytes()) {
        return Some(Card { end: word_end, code, evidence });
    }
    // Beside its label a number of no known range: networks open new ones.
    let labelled = code.as_bytes().len() >= 13 && !is_monotonous(code.as_bytes()) && luhn(code.as_bytes());
    labelled.then_some(Card { end: word_end, code, evidence: Evidence::Label })
}

fn grouped(text: &[u8], start: usize, groups: &[usize]) -> Option<Card> {
    let before = |back: usize| start.checked_sub(back).and_then(|at| text.get(at)).copied();
    // The middle of a longer number.
    if before(1) == Some(b' ') && before(2).is_some_and(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut code = Code::default();
    let mut at = start;
    let mut joint = None;
    for (place, length) in groups.iter().enumerate() {
        if place > 0 {
            let byte = *text.get(at)?;
            if !matches!(byte, b' ' | b'-' | b'.') || joint.is_some_and(|joint| joint != byte) {
                return None;
            }
            joint = Some(byte);
            at += 1;
        }
        for byte in text.get(at..at + length)? {
            if !byte.is_ascii_digit() {
                return None;
            }
            code.push(*byte);
        }
        at += length;
    }
    let ends = text.get(at).is_none_or(|byte| !byte.is_ascii_alphanumeric());
    (ends && is_card(code.as_bytes())).then_some(Card { end: at, code, evidence: Evidence::Form })
}

/// Whether a network issues such numbers and the check holds.
fn is_card(code: &[u8]) -> bool {
    is_issued(code) && !is_monotonous(code) && luhn(code)
}

fn is_issued(code: &[u8]) -> bool {
    let (one, two, three, four) = (number(code, 0, 1), number(code, 0, 2), number(code, 0, 3), number(code, 0, 4));
    match code.len() {
        16 => {
            one == 4
                || matches!(two, 50..=53 | 54 | 55 | 56..=58 | 60 | 62 | 65 | 81 | 82)
                || matches!(three, 636..=639 | 644..=649)
                || matches!(four, 2200..=2204 | 2221..=2720 | 3528..=3589 | 6304 | 6759 | 6761..=6763)
        }
        15 => matches!(two, 34 | 37) || one == 1 || matches!(four, 1800 | 2014 | 2131 | 2149),
        14 => matches!(three, 300..=305 | 309) || matches!(two, 36 | 38 | 39),
        13 => one == 4 || matches!(four, 5018 | 5020 | 5038 | 6304 | 6759),
        12 | 17 | 18 | 19 => {
            matches!(four, 5018 | 5020 | 5038 | 5893 | 6304 | 6759 | 6761..=6763 | 3528..=3589)
                || (code.len() == 19 && (one == 4 || matches!(two, 62 | 65)))
                || (code.len() > 16 && two == 62)
        }
        _ => false,
    }
}

/// Whether a number is one that networks and processors publish for tests; nobody pays with it.
pub(super) fn is_for_tests(code: &[u8]) -> bool {
    FOR_TESTS.iter().any(|number| number.as_bytes() == code)
}

const FOR_TESTS: &[&str] = &[
    "4111111111111111",
    "4242424242424242",
    "4012888888881881",
    "4000056655665556",
    "4222222222222",
    "5555555555554444",
    "5105105105105100",
    "5200828282828210",
    "2223003122003222",
    "378282246310005",
    "371449635398431",
    "378734493671000",
    "6011111111111117",
    "6011000990139424",
    "30569309025904",
    "38520000023237",
    "3530111333300000",
    "3566002020360505",
    "6200000000000005",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<usize> {
        let word = text.bytes().take_while(u8::is_ascii_alphanumeric).count();
        card(text.as_bytes(), 0, word).map(|card| card.end)
    }

    #[test]
    fn cards_of_every_network_are_found_as_they_are_written() {
        for number in FOR_TESTS {
            assert!(is_card(number.as_bytes()), "{number}");
            assert_eq!(found(number), Some(number.len()), "{number}");
        }
        for text in ["4111 1111 1111 1111", "4111-1111-1111-1111 x", "3782 822463 10005", "3056 930902 5904"] {
            assert!(found(text).is_some(), "{text}");
        }
    }

    #[test]
    fn a_slip_another_range_and_mixed_joints_are_no_card() {
        for text in ["4111111111111112", "4111 1111-1111 1111", "4111 1111 1111 11110", "0000000000000000"] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
