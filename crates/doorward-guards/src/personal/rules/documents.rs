//! Documents, plates and numbers of patients: forms without a check digit, which count beside their label.

use super::super::checks::{is_day, is_monotonous, letter, number};
use super::super::kind::Category::{Account, Address, Business, Device, Document, Health, Vehicle};
use super::super::kind::Evidence::{Alone, Form, Label};
use super::super::kind::{Rule, rule};
use super::super::label::Labels;

const PAPER: Labels = Labels::DOCUMENT;
const LICENCE: Labels = Labels::LICENCE;
const PLATE: Labels = Labels::VEHICLE;

pub(super) const RULES: &[Rule] = &[
    rule("passport", Document, "AA9999999", PAPER, Label, |_| true),
    rule("passport", Document, "AA999999", PAPER, Label, |_| true),
    rule("passport", Document, "AAA999999", PAPER, Label, |_| true),
    rule("passport", Document, "A99999999", PAPER, Label, |_| true),
    rule("passport", Document, "99AA99999", PAPER, Label, |_| true),
    rule("identity-card", Document, "AA99999AA", PAPER, Alone, |_| true),
    rule("identity-card", Document, "9999999AA", PAPER, Label, |_| true),
    rule("uk-driving-licence", Document, "XXXXX999999XXXAA", LICENCE, Form, uk_licence),
    rule("it-driving-licence", Document, "AA9999999A", LICENCE, Alone, |_| true),
    rule("it-driving-licence", Document, "U1XXXXXXXA", LICENCE, Form, it_licence),
    rule("driving-licence", Document, "A9999999", Labels::DRIVER, Label, |_| true),
    rule("driving-licence", Document, "A99999999", Labels::DRIVER, Label, |_| true),
    rule("driving-licence", Document, "A999 9999 9999", Labels::DRIVER, Label, |_| true),
    rule("driving-licence", Document, "AA99 99999999999", Labels::DRIVER, Label, |_| true),
    rule("driving-licence", Document, "9999999", Labels::DRIVER, Label, |_| true),
    rule("driving-licence", Document, "99999999", Labels::DRIVER, Label, |_| true),
    rule("driving-licence", Document, "999999999", Labels::DRIVER, Label, |_| true),
    rule("de-driving-licence", Document, "AA99999999A", LICENCE, Alone, |_| true),
    rule("de-driving-licence", Document, "AA999999999", LICENCE, Label, |_| true),
    rule("patient", Health, "999999", Labels::RECORD, Label, |_| true),
    rule("patient", Health, "9999999", Labels::RECORD, Label, |_| true),
    rule("patient", Health, "99999999", Labels::RECORD, Label, |_| true),
    rule("patient", Health, "999999999", Labels::RECORD, Label, |_| true),
    rule("patient", Health, "9999999999", Labels::RECORD, Label, |_| true),
    rule("patient", Health, "AA 9999999", Labels::RECORD, Label, |_| true),
    rule("patient", Health, "AAA 999999", Labels::RECORD, Label, |_| true),
    rule("account", Account, "99999999", Labels::ACCOUNT, Label, |code| !is_monotonous(code)),
    rule("account", Account, "999999999", Labels::ACCOUNT, Label, |code| !is_monotonous(code)),
    rule("account", Account, "9999999999", Labels::ACCOUNT, Label, |code| !is_monotonous(code)),
    rule("account", Account, "99999999999", Labels::ACCOUNT, Label, |code| !is_monotonous(code)),
    rule("account", Account, "999999999999", Labels::ACCOUNT, Label, |code| !is_monotonous(code)),
    rule("sort-code", Account, "99-99-99", Labels::BANK, Label, |_| true),
    rule("uk-plate", Vehicle, "AA99 AAA", PLATE, Alone, uk_plate),
    rule("uk-plate", Vehicle, "A9 AAA", PLATE, Alone, uk_older_plate),
    rule("uk-plate", Vehicle, "A99 AAA", PLATE, Alone, uk_older_plate),
    rule("uk-plate", Vehicle, "A999 AAA", PLATE, Alone, uk_older_plate),
    rule("uk-plate", Vehicle, "AAA 999A", PLATE, Alone, uk_suffix_plate),
    rule("de-plate", Vehicle, "A~AA~9", PLATE, Alone, |_| true),
    rule("de-plate", Vehicle, "A~AA~99", PLATE, Alone, |_| true),
    rule("de-plate", Vehicle, "A~AA~999", PLATE, Alone, |_| true),
    rule("de-plate", Vehicle, "A~AA~9999", PLATE, Alone, |_| true),
    rule("de-plate", Vehicle, "AA-AA-9999", PLATE, Alone, |_| true),
    rule("de-plate", Vehicle, "AA~AA~99A", PLATE, Alone, |_| true),
    rule("de-plate", Vehicle, "AA~AA~999", PLATE, Alone, |_| true),
    rule("de-plate", Vehicle, "AA~AA~9999", PLATE, Alone, |_| true),
    rule("de-plate", Vehicle, "A~AA~99A", PLATE, Alone, |_| true),
    rule("de-plate", Vehicle, "AAA~A~9999", PLATE, Alone, |_| true),
    rule("de-plate", Vehicle, "AAA~AA~9999A", PLATE, Alone, |_| true),
    rule("in-plate", Vehicle, "AA99 AA 9999", PLATE, Alone, |code| !is_monotonous(code)),
    rule("in-plate", Vehicle, "AA9 A 9999", PLATE, Label, |_| true),
    rule("ng-plate", Vehicle, "AAA 999AA", PLATE, Alone, |_| true),
    rule("tr-plate", Vehicle, "99 A 9999", PLATE, Alone, tr_plate),
    rule("tr-plate", Vehicle, "99 A 999", PLATE, Alone, tr_plate),
    rule("tr-plate", Vehicle, "99 A 99", PLATE, Label, tr_plate),
    rule("tr-plate", Vehicle, "99 AA 99", PLATE, Label, tr_plate),
    rule("tr-plate", Vehicle, "99 AA 999", PLATE, Alone, tr_plate),
    rule("tr-plate", Vehicle, "99 AA 9999", PLATE, Alone, tr_plate),
    rule("tr-plate", Vehicle, "99 AAA 99", PLATE, Alone, tr_plate),
    rule("tr-plate", Vehicle, "99 AAA 999", PLATE, Alone, tr_plate),
    rule("tr-plate", Vehicle, "99 AAA 9999", PLATE, Alone, tr_plate),
    rule("de-register", Business, "AAA 99999", Labels::BUSINESS, Alone, de_register),
    rule("de-register", Business, "AAA 999999", Labels::BUSINESS, Alone, de_register),
    rule("uk-postcode", Address, "A9 9AA", Labels::ADDRESS, Alone, uk_postcode),
    rule("uk-postcode", Address, "A99 9AA", Labels::ADDRESS, Alone, uk_postcode),
    rule("uk-postcode", Address, "A9A 9AA", Labels::ADDRESS, Alone, uk_postcode),
    rule("uk-postcode", Address, "AA9 9AA", Labels::ADDRESS, Alone, uk_postcode),
    rule("uk-postcode", Address, "AA99 9AA", Labels::ADDRESS, Alone, uk_postcode),
    rule("uk-postcode", Address, "AA9A 9AA", Labels::ADDRESS, Alone, uk_postcode),
    rule("postcode", Address, "99999", Labels::POSTAL, Label, |_| true),
    rule("postcode", Address, "99999-9999", Labels::POSTAL, Label, |_| true),
    rule("ca-postcode", Address, "A9A 9A9", Labels::ADDRESS, Alone, |code| !b"DFIOQUWZ".contains(&letter(code, 0))),
    rule("mac", Device, "9X:XX:XX:XX:XX:XX", Labels::NETWORK, Form, mac),
    rule("mac", Device, "A9:XX:XX:XX:XX:XX", Labels::NETWORK, Form, mac),
    rule("mac", Device, "AA:9X:XX:XX:XX:XX", Labels::NETWORK, Form, mac),
    rule("mac", Device, "XX-XX-XX-XX-XX-XX", Labels::NETWORK, Form, mac),
    rule("mac", Device, "XXXX.XXXX.XXXX", Labels::NETWORK, Form, |code| {
        mac(code) && !code.iter().all(u8::is_ascii_digit)
    }),
];

/// Five of the surname with nines behind it, a day of birth with 5 more in its month for women, initials, check letters.
fn uk_licence(code: &[u8]) -> bool {
    let month = number(code, 6, 2) % 50;
    let name = code.iter().take(5);
    let mut rest = name.skip_while(|byte| byte.is_ascii_uppercase());
    letter(code, 0).is_ascii_uppercase() && rest.all(|byte| *byte == b'9') && is_day(month, number(code, 8, 2))
}

fn it_licence(code: &[u8]) -> bool {
    code.iter().skip(2).take(7).any(u8::is_ascii_digit) && code.iter().all(|byte| *byte != b'A' && *byte != b'O')
}

/// The letters of a region and the half years since 2001.
fn uk_plate(code: &[u8]) -> bool {
    let age = number(code, 2, 2);
    let letters = code.iter().enumerate().filter(|(at, _)| *at != 2 && *at != 3).map(|(_, byte)| *byte);
    let fits = matches!(age, 2..=29 | 51..=79) && !b"IQZJTUX".contains(&letter(code, 0));
    fits && letters.skip(1).all(|byte| byte != b'I' && byte != b'Q')
}

fn uk_older_plate(code: &[u8]) -> bool {
    !b"IOQUZ".contains(&letter(code, 0)) && code.iter().all(|byte| !b"IQ".contains(byte))
}

fn uk_suffix_plate(code: &[u8]) -> bool {
    !b"IOQUZ".contains(&letter(code, 6))
}

fn tr_plate(code: &[u8]) -> bool {
    matches!(number(code, 0, 2), 1..=81)
}

fn de_register(code: &[u8]) -> bool {
    code.starts_with(b"HRA") || code.starts_with(b"HRB")
}

/// Letters that Royal Mail does not use where they stand; the last two are never C, I, K, M, O or V.
fn uk_postcode(code: &[u8]) -> bool {
    let second = letter(code, 1);
    let inward = code.iter().rev().take(2).all(|byte| !b"CIKMOV".contains(byte));
    !b"QVX".contains(&letter(code, 0)) && !b"IJZ".contains(&second) && inward
}

fn mac(code: &[u8]) -> bool {
    code.len() == 12 && code.iter().all(u8::is_ascii_hexdigit) && !is_monotonous(code)
}
