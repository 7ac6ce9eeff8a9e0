//! Telephone numbers: international, of North America, and national ones that begin with the trunk prefix 0.

use std::ops::Range;

use super::kind::Evidence;
use super::limits::PHONE_DIGITS_MAX;

/// A number.
#[derive(Debug)]
pub(super) struct Phone {
    pub(super) range: Range<usize>,
    pub(super) evidence: Evidence,
    /// In percent, where its form alone speaks for it.
    pub(super) sure: u8,
}

/// Groups of digits as they are written.
#[derive(Debug, Default)]
struct Groups {
    lengths: [usize; 8],
    count: usize,
    digits: [u8; PHONE_DIGITS_MAX],
    total: usize,
    end: usize,
    joints: Joints,
}

impl Groups {
    fn digits(&self) -> &[u8] {
        self.digits.get(..self.total).unwrap_or_default()
    }
}

/// What stands between groups.
#[derive(Debug, Default)]
struct Joints {
    hyphens: usize,
    dots: usize,
    brackets: usize,
}

/// The number whose first digit is at `start`; a plus or a bracket may stand before it.
pub(super) fn phone(text: &[u8], start: usize) -> Option<Phone> {
    let before = |back: usize| start.checked_sub(back).and_then(|at| text.get(at)).copied();
    let (plus, open) = match (before(1), before(2)) {
        (Some(b'+'), _) => (Some(start - 1), None),
        (Some(b'('), Some(b'+')) => (Some(start - 2), Some(start - 1)),
        (Some(b'('), _) => (None, Some(start - 1)),
        _ => (None, None),
    };
    let first = plus.or(open).unwrap_or(start);
    let outside = first.checked_sub(1).and_then(|at| text.get(at)).copied();
    let joined = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'/' | b'+' | b'#' | b'%' | b'$')
    };
    if outside.is_some_and(joined) {
        return None;
    }
    // The last groups of a longer number are no number of their own.
    let is_tail =
        outside == Some(b' ') && first.checked_sub(2).and_then(|at| text.get(at)).is_some_and(u8::is_ascii_digit);
    let groups = groups(text, start, open.is_some())?;
    let (evidence, sure) = judge(&groups, plus.is_some(), open.is_some())?;
    let evidence = if is_tail && plus.is_none() { Evidence::Label } else { evidence };
    Some(Phone { range: first..groups.end, evidence, sure })
}

fn groups(text: &[u8], start: usize, open: bool) -> Option<Groups> {
    let mut groups = Groups::default();
    let mut at = start;
    let mut joints = Joints { brackets: usize::from(open), ..Joints::default() };
    while groups.count < groups.lengths.len() {
        let rest = text.get(at..)?;
        let length = rest.iter().take(16).take_while(|byte| byte.is_ascii_digit()).count();
        if length == 0 || groups.total + length > PHONE_DIGITS_MAX {
            break;
        }
        groups.digits.get_mut(groups.total..groups.total + length)?.copy_from_slice(rest.get(..length)?);
        groups.total += length;
        *groups.lengths.get_mut(groups.count)? = length;
        groups.count += 1;
        at += length;
        groups.end = at;
        groups.joints = Joints { ..joints };
        let gap = text.get(at..)?.iter().take(3).take_while(|byte| b" -./()".contains(byte)).count();
        let gap_bytes = text.get(at..at + gap)?;
        if gap == 0 || (gap_bytes.contains(&b'.') && gap > 1) {
            break;
        }
        joints.hyphens += usize::from(gap_bytes.contains(&b'-'));
        joints.dots += usize::from(gap_bytes.contains(&b'.'));
        joints.brackets += usize::from(gap_bytes.contains(&b')') || gap_bytes.contains(&b'('));
        at += gap;
    }
    // What goes on as a word, a number with a point or a time is something else.
    let after = text.get(groups.end).copied();
    let next = text.get(groups.end + 1).copied();
    let goes_on = after.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        || (after.is_some_and(|byte| b".:-,".contains(&byte)) && next.is_some_and(|byte| byte.is_ascii_digit()));
    (groups.count > 0 && !goes_on).then_some(groups)
}

fn judge(groups: &Groups, plus: bool, open: bool) -> Option<(Evidence, u8)> {
    let total = groups.total;
    let lengths = groups.lengths.get(..groups.count)?;
    let digit = |at: usize| groups.digits().get(at).copied().unwrap_or_default();
    let flat = groups.digits().iter().all(|byte| *byte == digit(0));
    if flat || total < 7 {
        return None;
    }
    if plus {
        return ((8..=15).contains(&total) && is_country(groups.digits())).then_some((Evidence::Form, 95));
    }
    if let [.., 3, 3, 4] = lengths {
        let country = total - 10;
        let area = digit(country) >= b'2' && digit(country + 3) >= b'2';
        let tight = groups.joints.hyphens + groups.joints.dots > 0 || groups.joints.brackets > 0;
        let fits = country <= 3 && area && digit(0) != b'0';
        if fits {
            return Some(match (tight, country) {
                (true, _) => (Evidence::Form, 85),
                (false, 0) => (Evidence::Alone, 60),
                (false, _) => (Evidence::Label, 60),
            });
        }
    }
    let date = matches!(lengths, [2, 2, 4, ..] | [4, 2, 2, ..] | [1, 2, 4, ..]);
    // As numbers of social insurance are written.
    let insurance = matches!(lengths, [3, 2, 4] | [3, 3, 3]);
    if matches!(lengths, [3, 3, 2, 2]) && digit(0) != b'0' {
        return Some((Evidence::Alone, 60));
    }
    if digit(0) == b'0' && matches!(digit(1), b'1'..=b'9') && (9..=11).contains(&total) && !date && !insurance {
        let shape = match lengths {
            // Mobile numbers of most plans.
            [_] if total == 11 && matches!(digit(1), b'5'..=b'7' | b'9') => return Some((Evidence::Alone, 55)),
            [_] => return Some((Evidence::Label, 55)),
            [first, second] => (2..=5).contains(first) && *second >= 5,
            [first, middle @ .., last] => {
                (1..=5).contains(first) && middle.iter().all(|group| (2..=4).contains(group)) && (2..=7).contains(last)
            }
            [] => false,
        };
        let tight = groups.joints.hyphens > 0 || open || groups.joints.brackets > 0;
        return shape.then_some((Evidence::Form, if tight { 80 } else { 70 }));
    }
    // What is only beside its label a number to call.
    let plausible = lengths.iter().all(|length| *length >= 2) || digit(0) == b'1' || digit(0) == b'0';
    (plausible && !date).then_some((Evidence::Label, 85))
}

/// Country calling codes that ITU has assigned (E.164).
fn is_country(digits: &[u8]) -> bool {
    let value = |length: usize| {
        digits.iter().take(length).fold(0_u32, |value, byte| value * 10 + u32::from(byte.saturating_sub(b'0')))
    };
    matches!(value(1), 1 | 7)
        || matches!(value(2), 20 | 27 | 30..=34 | 36 | 39..=41 | 43..=49 | 51..=58 | 60..=66 | 81 | 82 | 84 | 86 | 90..=95 | 98)
        || matches!(value(3), 211..=213 | 216 | 218 | 220..=269 | 290..=299 | 350..=359 | 370..=389 | 420..=423)
        || matches!(value(3), 500..=509 | 590..=599 | 670..=692 | 800 | 808 | 850..=856 | 870..=888 | 960..=979 | 992..=998)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(text: &str) -> Option<Evidence> {
        let start = text.find(|letter: char| letter.is_ascii_digit())?;
        phone(text.as_bytes(), start).map(|phone| phone.evidence)
    }

    #[test]
    fn the_form_of_a_number_speaks_for_itself() {
        for text in [
            "+49 30 123456",
            "+1 (415) 555-0132",
            "(415) 555-0132",
            "415.555.0132",
            "1-415-555-0132",
            "020 7946 0937",
            "06 12 34 56 78",
            "090-1234-5678",
            "030/1234567",
            "0 (532) 1234567",
        ] {
            assert_eq!(evidence(text), Some(Evidence::Form), "{text}");
        }
    }

    #[test]
    fn what_may_be_anything_needs_a_label_or_to_stand_alone() {
        assert_eq!(evidence("415 555 0132"), Some(Evidence::Alone));
        assert_eq!(evidence("09171234567"), Some(Evidence::Alone));
        assert_eq!(evidence("13812345678"), Some(Evidence::Label));
    }

    #[test]
    fn dates_versions_and_parts_of_something_longer_are_no_numbers() {
        for text in [
            "2026-11-23",
            "01-02-2026 12:30",
            "1.2.3",
            "a-415-555-0132",
            "+0 123 456 789",
            "0.123456789",
            "12345",
            "000-123-456-000",
        ] {
            assert!(evidence(text).is_none_or(|evidence| evidence == Evidence::Label), "{text}");
        }
    }
}
