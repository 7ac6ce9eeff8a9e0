//! Numbers that the Nordic and Baltic states give out.

use super::super::checks::{ddmmyy, digit, is_monotonous, letter, luhn, number, weighted, yymmdd, yyyymmdd};
use super::super::kind::Category::{Business, Identity};
use super::super::kind::Evidence::{Alone, Form, Label};
use super::super::kind::{Rule, rule};
use super::super::label::Labels;

const ID: Labels = Labels::IDENTITY;
const ID_OR_FIRM: Labels = ID.and(Labels::BUSINESS);

pub(super) const RULES: &[Rule] = &[
    rule("se-personnummer", Identity, "999999-9999", ID, Form, se_person),
    rule("se-personnummer", Identity, "999999+9999", ID, Form, se_person),
    rule("se-personnummer", Identity, "9999999999", ID, Alone, se_person),
    rule("se-personnummer", Identity, "99999999-9999", ID, Form, se_long_person),
    rule("se-personnummer", Identity, "999999999999", ID, Alone, se_long_person),
    rule("se-organisation", Business, "999999-9999", ID_OR_FIRM, Form, se_organisation),
    rule("se-organisation", Business, "9999999999", ID_OR_FIRM, Alone, |code| {
        matches!(digit(code, 0), 2 | 5 | 7..=9) && se_organisation(code)
    }),
    rule("se-organisation", Business, "9999999999", ID_OR_FIRM, Label, se_organisation),
    rule("fi-hetu", Identity, "999999-999X", ID, Form, fi_hetu),
    rule("fi-hetu", Identity, "999999+999X", ID, Form, fi_hetu),
    rule("fi-hetu", Identity, "999999A999X", ID, Form, fi_modern_hetu),
    rule("fi-organisation", Business, "9999999-9", ID_OR_FIRM, Label, fi_organisation),
    rule("no-number", Identity, "999999 99999", ID, Form, no_number),
    rule("no-organisation", Business, "999 999 999", Labels::BUSINESS, Label, no_organisation),
    rule("dk-cpr", Identity, "999999-9999", ID, Alone, |code| ddmmyy(code, 0)),
    rule("dk-cpr", Identity, "9999999999", ID, Label, |code| ddmmyy(code, 0)),
    rule("is-kennitala", Identity, "999999-9999", ID, Alone, is_kennitala),
    rule("ee-lt-code", Identity, "99999999999", ID, Alone, baltic),
    rule("lv-code", Identity, "999999-99999", ID, Alone, |code| ddmmyy(code, 0)),
];

/// A day of birth, or of a coordination number with 60 more.
fn se_person(code: &[u8]) -> bool {
    let coordination = number(code, 4, 2) > 60 && number(code, 4, 2) <= 91 && matches!(number(code, 2, 2), 1..=12);
    (yymmdd(code, 0) || coordination) && luhn(code)
}

fn se_long_person(code: &[u8]) -> bool {
    let short = code.get(2..).unwrap_or_default();
    let century = matches!(number(code, 0, 2), 18..=20);
    let coordination = matches!(number(code, 6, 2), 61..=91) && matches!(number(code, 4, 2), 1..=12);
    century && (yyyymmdd(code, 0) || coordination) && luhn(short)
}

fn se_organisation(code: &[u8]) -> bool {
    digit(code, 2) >= 2 && matches!(digit(code, 0), 1..=9) && !is_monotonous(code) && luhn(code)
}

fn fi_hetu(code: &[u8]) -> bool {
    let birth = u64::from(number(code, 0, 6));
    let rest = (birth * 1000 + u64::from(number(code, 6, 3))) % 31;
    ddmmyy(code, 0) && number(code, 6, 3) >= 2 && fi_check(rest) == code.last().copied()
}

/// Since 2023 other letters stand for the centuries as well.
fn fi_modern_hetu(code: &[u8]) -> bool {
    let rest = (u64::from(number(code, 0, 6)) * 1000 + u64::from(number(code, 7, 3))) % 31;
    let century = b"ABCDEFYXWVU".contains(&letter(code, 6));
    century && ddmmyy(code, 0) && number(code, 7, 3) >= 2 && fi_check(rest) == code.last().copied()
}

fn fi_check(rest: u64) -> Option<u8> {
    b"0123456789ABCDEFHJKLMNPRSTUVWXY".get(usize::try_from(rest).ok()?).copied()
}

fn fi_organisation(code: &[u8]) -> bool {
    let rest = weighted(code, &[7, 9, 10, 5, 8, 4, 2]) % 11;
    rest != 1 && digit(code, 7) == if rest == 0 { 0 } else { 11 - rest }
}

/// A day of birth, with 40 more in the day for D-numbers, and two check digits.
fn no_number(code: &[u8]) -> bool {
    let check = |weights: &[u32]| (11 - weighted(code, weights) % 11) % 11;
    let day = number(code, 0, 2) % 40;
    super::super::checks::is_day(number(code, 2, 2), day)
        && check(&[3, 7, 6, 1, 8, 9, 4, 5, 2]) == digit(code, 9)
        && check(&[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) == digit(code, 10)
}

fn no_organisation(code: &[u8]) -> bool {
    matches!(digit(code, 0), 8 | 9) && (11 - weighted(code, &[3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11 == digit(code, 8)
}

fn is_kennitala(code: &[u8]) -> bool {
    let check = (11 - weighted(code, &[3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11;
    ddmmyy(code, 0) && check == digit(code, 8) && matches!(digit(code, 9), 0 | 8 | 9)
}

/// Estonia and Lithuania: sex and century, a day of birth, a check in two steps.
fn baltic(code: &[u8]) -> bool {
    let first = weighted(code, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11;
    let second = weighted(code, &[3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11;
    let check = if first == 10 { second % 10 } else { first };
    matches!(digit(code, 0), 1..=6) && yymmdd(code, 1) && check == digit(code, 10)
}
