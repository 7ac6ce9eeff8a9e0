//! Numbers that are values of members, beside the name that says what they are.

use crate::scene::Scene;
use crate::text::Text;

use super::limits::{LISTED_MAX, NUMBER_MAX};

/// A whole number without a sign, as JSON writes it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Number<'a> {
    pub(super) digits: &'a str,
    /// Where it starts in the message.
    pub(super) start: usize,
}

/// The number that is the value of the member called `name`, or the numbers of the list that is.
pub(super) fn numbers<'a>(scene: &Scene<'a>, name: &Text<'_>) -> Vec<Number<'a>> {
    let end = name.raw.range().end;
    let Some(part) = scene.content.parts.get(name.part) else { return Vec::new() };
    let behind = end.checked_sub(part.range().start).and_then(|at| part.bytes().get(at..));
    behind.map(|behind| read(behind, end)).unwrap_or_default()
}

/// Reads what stands behind a name, which ends at `start` of the message.
fn read(behind: &[u8], start: usize) -> Vec<Number<'_>> {
    // Mostly a string or an object follows.
    if let [b':', b'"' | b'{', ..] | [b':', b' ', b'"' | b'{', ..] = behind {
        return Vec::new();
    }
    let end = start + behind.len();
    let Some(value) = behind.trim_ascii_start().strip_prefix(b":").map(<[u8]>::trim_ascii_start) else {
        return Vec::new();
    };
    let (mut rest, most) = match value.strip_prefix(b"[") {
        Some(listed) => (listed.trim_ascii_start(), LISTED_MAX),
        None => (value, 1),
    };
    let mut numbers = Vec::new();
    if !rest.first().is_some_and(u8::is_ascii_digit) {
        return numbers;
    }
    while numbers.len() < most {
        let length = rest.iter().take(NUMBER_MAX + 1).take_while(|byte| !b",]} \t\r\n".contains(byte)).count();
        let Some((digits, behind)) = rest.split_at_checked(length) else { break };
        if !(1..=NUMBER_MAX).contains(&length) || !digits.iter().all(u8::is_ascii_digit) {
            break;
        }
        let digits = str::from_utf8(digits).unwrap_or_default();
        numbers.push(Number { digits, start: end - rest.len() });
        let Some(next) = behind.trim_ascii_start().strip_prefix(b",") else { break };
        rest = next.trim_ascii_start();
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_of_a_member_are_read_and_nothing_else() {
        for (behind, digits) in [
            (": 512386641, \"x\": 7}", vec!["512386641"]),
            (":512386641}", vec!["512386641"]),
            (" : [1, 22 ,333] , 4", vec!["1", "22", "333"]),
            (":[1,\"2\",3]", vec!["1"]),
            (":-5}", vec![]),
            (":5.5}", vec![]),
            (":5e3}", vec![]),
            (":\"5\"}", vec![]),
            (":null}", vec![]),
            (":[]}", vec![]),
            (":99999999999999999999}", vec![]),
            ("", vec![]),
        ] {
            let read: Vec<_> = read(behind.as_bytes(), 100);
            let found: Vec<_> = read.iter().map(|number| number.digits).collect();
            assert_eq!(found, digits, "{behind}");
            for number in read {
                assert_eq!(behind.find(number.digits), Some(number.start - 100), "{behind}");
            }
        }
    }
}
