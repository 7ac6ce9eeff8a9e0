//! Dates, which are personal where somebody was born.

use super::super::checks::{is_day, number, yyyymmdd};
use super::super::kind::Category::Birth;
use super::super::kind::Evidence::Label;
use super::super::kind::{Rule, rule};
use super::super::label::Labels;

const BORN: Labels = Labels::BIRTH;

pub(super) const RULES: &[Rule] = &[
    rule("birth-date", Birth, "9999-99-99", BORN, Label, |code| yyyymmdd(code, 0)),
    rule("birth-date", Birth, "9999/99/99", BORN, Label, |code| yyyymmdd(code, 0)),
    rule("birth-date", Birth, "9999.99.99", BORN, Label, |code| yyyymmdd(code, 0)),
    rule("birth-date", Birth, "99.99.9999", BORN, Label, day_first),
    rule("birth-date", Birth, "99/99/9999", BORN, Label, day_first),
    rule("birth-date", Birth, "99-99-9999", BORN, Label, day_first),
    rule("birth-date", Birth, "9/9/9999", BORN, Label, |_| true),
    rule("birth-date", Birth, "9/99/9999", BORN, Label, |_| true),
    rule("birth-date", Birth, "99/9/9999", BORN, Label, |_| true),
    rule("birth-date", Birth, "9.9.9999", BORN, Label, |_| true),
    rule("birth-date", Birth, "99.9.9999", BORN, Label, |_| true),
    rule("birth-date", Birth, "99/99/99", BORN, Label, |_| true),
    rule("birth-date", Birth, "99.99.99", BORN, Label, |_| true),
    rule("birth-date", Birth, "99999999", BORN, Label, |code| yyyymmdd(code, 0)),
];

/// Where the minutes end of a date with a time, as JSON mostly has them, whose first digit is at `start`: no value begins or
/// ends in it. What begins with its seconds may be one.
pub(in super::super) fn time(text: &[u8], start: usize, floor: usize) -> Option<usize> {
    const FORM: &[u8; 19] = b"9999-99-99T99:99:99";
    let before = start.checked_sub(1).and_then(|at| text.get(at));
    let stands_alone = start == 0 || (start > floor && before.is_some_and(|byte| b"\" \n'=[,>".contains(byte)));
    let seen = text.get(start..)?.first_chunk::<19>().filter(|_| stands_alone)?;
    let fits = seen.iter().zip(FORM).all(|(byte, wanted)| match wanted {
        b'9' => byte.is_ascii_digit(),
        wanted => byte == wanted,
    });
    // Hardware addresses have such groups as well.
    (fits && text.get(start + FORM.len()) != Some(&b':')).then_some(start + 16)
}

/// Either order: 31.12.1980 and 12/31/1980.
fn day_first(code: &[u8]) -> bool {
    let (one, other, year) = (number(code, 0, 2), number(code, 2, 2), number(code, 4, 4));
    (is_day(other, one) || is_day(one, other)) && (1880..2100).contains(&year)
}
