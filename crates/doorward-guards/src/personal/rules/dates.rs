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

/// Either order: 31.12.1980 and 12/31/1980.
fn day_first(code: &[u8]) -> bool {
    let (one, other, year) = (number(code, 0, 2), number(code, 2, 2), number(code, 4, 4));
    (is_day(other, one) || is_day(one, other)) && (1880..2100).contains(&year)
}
