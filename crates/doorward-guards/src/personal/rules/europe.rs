//! Numbers that the states of western, southern and eastern Europe give out.

use super::super::checks::{
    ddmmyy, digit, ean13, is_day, is_monotonous, letter, luhn, mod_11_10, number, remainder, weighted, yymmdd,
};
use super::super::kind::Category::{Business, Document, Health, Identity};
use super::super::kind::Evidence::{Alone, Form, Label};
use super::super::kind::{Rule, rule};
use super::super::label::Labels;

const ID: Labels = Labels::IDENTITY;
const HEALTH: Labels = Labels::HEALTH;
const ID_OR_HEALTH: Labels = ID.and(HEALTH);
const ID_OR_CARD: Labels = ID.and(Labels::DOCUMENT);
const ID_OR_FIRM: Labels = ID.and(Labels::BUSINESS);

pub(super) const RULES: &[Rule] = &[
    rule("uk-nino", Identity, "AA 99 99 99 A", ID, Form, uk_nino),
    rule("uk-nhs", Health, "999 999 9999", ID_OR_HEALTH, Alone, uk_nhs),
    rule("ie-pps", Identity, "9999999A", ID, Alone, ie_pps),
    rule("ie-pps", Identity, "9999999AA", ID, Alone, ie_pps),
    rule("de-tax-id", Identity, "99 999 999 999", ID, Alone, de_strict_tax_id),
    rule("de-tax-id", Identity, "99 999 999 999", ID, Label, de_tax_id),
    rule("de-tax-number", Identity, "99/999/99999", ID, Form, |_| true),
    rule("de-tax-number", Identity, "999/999/99999", ID, Form, |_| true),
    rule("de-tax-number", Identity, "999/9999/9999", ID, Form, |_| true),
    rule("de-tax-number", Identity, "99/9999/9999", ID, Form, |_| true),
    rule("de-tax-number", Identity, "99/999/9999", ID, Form, |_| true),
    rule("de-tax-number", Identity, "999/999/9999", ID, Label, |_| true),
    rule("de-tax-number", Identity, "9999999999999", ID, Label, de_long_tax_number),
    rule("de-pension", Identity, "99 999999 A 99 9", ID, Form, de_pension),
    rule("de-health", Health, "A999999999", ID_OR_HEALTH, Alone, de_health),
    rule("de-doctor", Health, "999999999", HEALTH, Label, de_doctor),
    rule("de-identity-card", Document, "AXXXXXXX9", Labels::DOCUMENT, Alone, de_card),
    rule("de-identity-card", Document, "AXXXXXXX99", Labels::DOCUMENT, Label, de_card),
    rule("de-vat", Business, "AA 999 999 999", ID_OR_FIRM, Form, |code| {
        code.starts_with(b"DE") && mod_11_10(rest(code, 2))
    }),
    rule("at-svnr", Identity, "9999 999999", ID_OR_HEALTH, Label, at_svnr),
    rule("at-vat", Business, "ATU99999999", ID_OR_FIRM, Form, at_vat),
    rule("ch-ahv", Identity, "756.9999.9999.99", ID, Form, ean13),
    rule("ch-ahv", Identity, "756 9999 9999 99", ID, Form, ean13),
    rule("fr-nir", Identity, "9 99 99 9X 999 999 99", ID_OR_HEALTH, Form, fr_nir),
    rule("fr-siren", Business, "999 999 999", Labels::BUSINESS, Label, luhn),
    rule("fr-siret", Business, "999 999 999 99999", Labels::BUSINESS, Label, luhn),
    rule("be-number", Identity, "99.99.99-999.99", ID, Form, be_number),
    rule("be-number", Identity, "999999~999~99", ID, Form, be_number),
    rule("be-number", Identity, "99999999999", ID, Alone, be_number),
    rule("nl-bsn", Identity, "9999 99 999", ID, Alone, nl_bsn),
    rule("nl-bsn", Identity, "9999.99.999", ID, Form, nl_bsn),
    rule("nl-bsn", Identity, "999 999 999", ID, Label, nl_bsn),
    rule("lu-id", Identity, "9999999999999", ID, Label, |code| is_day(number(code, 4, 2), number(code, 6, 2))),
    rule("es-nif", Identity, "99999999 A", ID_OR_CARD, Form, es_nif),
    rule("es-nif", Identity, "9999999 A", ID_OR_CARD, Alone, es_nif),
    rule("es-nie", Identity, "A 9999999 A", ID_OR_CARD, Form, es_nie),
    rule("pt-nif", Identity, "999 999 999", ID, Label, pt_nif),
    rule("it-fiscal-code", Identity, "AAAAAA XXA XX AXXXA", ID, Form, it_fiscal_code),
    rule("it-vat", Business, "99999999999", ID_OR_FIRM, Alone, it_vat),
    rule("it-vat", Business, "99999999999", ID_OR_FIRM, Label, |code| luhn(code) && !is_monotonous(code)),
    rule("gr-amka", Identity, "99999999999", ID, Label, |code| ddmmyy(code, 0) && luhn(code)),
    rule("pl-pesel", Identity, "99999999999", ID, Alone, pl_pesel),
    rule("pl-nip", Business, "999-999-99-99", ID_OR_FIRM, Form, pl_nip),
    rule("pl-nip", Business, "999-99-99-999", ID_OR_FIRM, Form, pl_nip),
    rule("pl-nip", Business, "9999999999", ID_OR_FIRM, Label, pl_nip),
    rule("pl-identity-card", Document, "AAA 999999", Labels::DOCUMENT, Label, |_| true),
    rule("cz-birth-number", Identity, "999999/9999", ID, Form, cz_birth_number),
    rule("cz-birth-number", Identity, "9999999999", ID, Label, cz_birth_number),
    rule("ro-cnp", Identity, "9999999999999", ID, Alone, ro_cnp),
    rule("bg-egn", Identity, "9999999999", ID, Alone, bg_egn),
    rule("hr-oib", Identity, "99999999999", ID, Label, |code| mod_11_10(code) && !is_monotonous(code)),
    rule("si-emso", Identity, "9999999999999", ID, Alone, emso),
    rule("si-tax", Identity, "99999999", ID, Label, si_tax),
    rule("hu-taj", Identity, "999 999 999", ID_OR_HEALTH, Label, hu_taj),
    rule("ua-tax", Identity, "9999999999", ID, Label, ua_tax),
];

fn rest(code: &[u8], from: usize) -> &[u8] {
    code.get(from..).unwrap_or_default()
}

/// Prefixes that HMRC does not give out, and suffixes A to D.
fn uk_nino(code: &[u8]) -> bool {
    let (first, second) = (letter(code, 0), letter(code, 1));
    let never: [&[u8]; 7] = [b"BG", b"GB", b"KN", b"NK", b"NT", b"TN", b"ZZ"];
    !b"DFIQUV".contains(&first)
        && !b"DFIOQUV".contains(&second)
        && !never.iter().any(|prefix| code.starts_with(prefix))
        && matches!(letter(code, 8), b'A'..=b'D')
        && number(code, 2, 6) != 0
}

fn uk_nhs(code: &[u8]) -> bool {
    let check = (11 - weighted(code, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 11;
    !is_monotonous(code) && check == digit(code, 9)
}

fn ie_pps(code: &[u8]) -> bool {
    let second = match letter(code, 8) {
        0 | b'W' => 0,
        byte => u32::from(byte.saturating_sub(b'A')) + 1,
    };
    let sum = weighted(code, &[8, 7, 6, 5, 4, 3, 2]) + second * 9;
    b"WABCDEFGHIJKLMNOPQRSTUV".get((sum % 23) as usize).copied() == Some(letter(code, 7))
}

/// No digit of the first ten stands more than three times.
fn de_tax_id(code: &[u8]) -> bool {
    let head = code.get(..10).unwrap_or_default();
    let often = (b'0'..=b'9').any(|wanted| head.iter().filter(|byte| **byte == wanted).count() > 3);
    digit(code, 0) != 0 && !often && mod_11_10(code)
}

/// One digit of the first ten stands two or three times, and none other does.
fn de_strict_tax_id(code: &[u8]) -> bool {
    let head = code.get(..10).unwrap_or_default();
    let repeated = (b'0'..=b'9').filter(|wanted| head.iter().filter(|byte| *byte == wanted).count() > 1);
    repeated.count() == 1 && de_tax_id(code)
}

/// The form of the electronic tax return, which begins with the land.
fn de_long_tax_number(code: &[u8]) -> bool {
    let land = matches!(number(code, 0, 2), 10 | 11 | 21..=24 | 26..=32 | 40 | 41 | 50..=57 | 90..=99)
        || matches!(number(code, 0, 2), 1..=16);
    land && !is_monotonous(code)
}

fn de_pension(code: &[u8]) -> bool {
    let mut value = Vec::new();
    for byte in code {
        match byte {
            b'0'..=b'9' => value.push(u32::from(byte - b'0')),
            byte => {
                let place = u32::from(byte.saturating_sub(b'A')) + 1;
                value.extend([place / 10, place % 10]);
            }
        }
    }
    let check = value.pop();
    let products = value.iter().zip([2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1]).map(|(value, weight)| value * weight);
    let sum: u32 = products.map(|product| product / 10 + product % 10).sum();
    let day = number(code, 2, 2) % 50;
    (day == 0 || is_day(number(code, 4, 2), day))
        && number(code, 4, 2) <= 12
        && number(code, 4, 2) > 0
        && check == Some(sum % 10)
}

fn de_health(code: &[u8]) -> bool {
    let place = u32::from(letter(code, 0).saturating_sub(b'A')) + 1;
    let digits = [place / 10, place % 10].into_iter().chain((1..9).map(|at| digit(code, at)));
    let products = digits.zip([1, 2].into_iter().cycle()).map(|(digit, weight)| digit * weight);
    products.map(|product| product / 10 + product % 10).sum::<u32>() % 10 == digit(code, 9)
}

fn de_doctor(code: &[u8]) -> bool {
    (10 - weighted(code, &[4, 9, 4, 9, 4, 9]) % 10) % 10 == digit(code, 6) && !is_monotonous(code)
}

/// The check of ICAO 9303 over eight characters; letters are those that cannot be taken for others.
fn de_card(code: &[u8]) -> bool {
    let value = |byte: u8| match byte {
        b'0'..=b'9' => Some(u32::from(byte - b'0')),
        byte if b"CFGHJKLMNPRTVWXYZ".contains(&byte) => Some(u32::from(byte - b'A') + 10),
        _ => None,
    };
    let values: Option<Vec<u32>> = code.iter().take(8).map(|byte| value(*byte)).collect();
    let Some(values) = values else { return false };
    let sum: u32 = values.iter().zip([7, 3, 1].into_iter().cycle()).map(|(value, weight)| value * weight).sum();
    letter(code, 0).is_ascii_uppercase() && sum % 10 == digit(code, 8)
}

fn at_svnr(code: &[u8]) -> bool {
    let sum = weighted(code, &[3, 7, 9]) + weighted(rest(code, 4), &[5, 8, 4, 2, 1, 6]);
    digit(code, 0) != 0 && ddmmyy(code, 4) && sum % 11 == digit(code, 3)
}

fn at_vat(code: &[u8]) -> bool {
    let digits = rest(code, 3);
    let doubled = [1, 3, 5].into_iter().map(|at| digit(digits, at) * 2).map(|double| double / 10 + double % 10);
    let plain = [0, 2, 4, 6].into_iter().map(|at| digit(digits, at));
    (96 - doubled.sum::<u32>() - plain.sum::<u32>()) % 10 == digit(digits, 7)
}

/// The two digits at the end are 97 less the rest; 2A and 2B are the halves of Corsica, counted as 19 and 18.
fn fr_nir(code: &[u8]) -> bool {
    let mut head = code.get(..13).unwrap_or_default().to_vec();
    let corsica = match head.get(5..7) {
        Some(b"2A") => Some(b"19"),
        Some(b"2B") => Some(b"18"),
        _ => None,
    };
    if let (Some(place), Some(digits)) = (head.get_mut(5..7), corsica) {
        place.copy_from_slice(digits);
    }
    let month = matches!(number(code, 3, 2), 1..=12 | 20..=42 | 50..=99);
    let key = u64::from(number(code, 13, 2));
    matches!(digit(code, 0), 1..=4 | 7 | 8)
        && month
        && head.iter().all(u8::is_ascii_digit)
        && key == 97 - remainder(&head, 13, 97)
}

/// Those born from 2000 count with a 2 before their number.
fn be_number(code: &[u8]) -> bool {
    let check = u64::from(number(code, 9, 2));
    let younger: Vec<u8> = b"2".iter().chain(code).copied().collect();
    let holds = check == 97 - remainder(code, 9, 97) || check == 97 - remainder(&younger, 10, 97);
    holds && yymmdd(code, 0)
}

fn nl_bsn(code: &[u8]) -> bool {
    let sum = weighted(code, &[9, 8, 7, 6, 5, 4, 3, 2]);
    !is_monotonous(code) && sum > 0 && sum % 11 == digit(code, 8)
}

fn es_nif(code: &[u8]) -> bool {
    let Some((check, head)) = code.split_last() else { return false };
    b"TRWAGMYFPDXBNJZSQVHLCKE".get(remainder(head, 8, 23) as usize) == Some(check) && !is_nought(head)
}

fn es_nie(code: &[u8]) -> bool {
    let first = match letter(code, 0) {
        b'X' => b'0',
        b'Y' => b'1',
        b'Z' => b'2',
        _ => return false,
    };
    let whole: Vec<u8> = std::iter::once(first).chain(rest(code, 1).iter().copied()).collect();
    es_nif(&whole)
}

fn is_nought(code: &[u8]) -> bool {
    code.iter().all(|byte| *byte == b'0')
}

fn pt_nif(code: &[u8]) -> bool {
    let check = 11 - weighted(code, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    matches!(digit(code, 0), 1..=3 | 5 | 6 | 8 | 9)
        && !is_monotonous(code)
        && digit(code, 8) == if check > 9 { 0 } else { check }
}

/// The last three before the check are the province of the office that gave it out.
fn it_vat(code: &[u8]) -> bool {
    number(code, 0, 7) != 0 && matches!(number(code, 7, 3), 1..=100 | 120 | 121 | 888 | 999) && luhn(code)
}

/// Digits may be written as letters, where two people would have the same code.
fn it_fiscal_code(code: &[u8]) -> bool {
    let odd = |byte: u8| match byte {
        b'0'..=b'9' => digit_weight(byte - b'0'),
        byte => digit_weight(byte.saturating_sub(b'A')),
    };
    let even = |byte: u8| match byte {
        b'0'..=b'9' => u32::from(byte - b'0'),
        byte => u32::from(byte.saturating_sub(b'A')),
    };
    let head = code.iter().take(15).enumerate();
    let sum: u32 = head.map(|(at, byte)| if at % 2 == 0 { odd(*byte) } else { even(*byte) }).sum();
    let is_digit = |at| letter(code, at).is_ascii_digit() || b"LMNPQRSTUV".contains(&letter(code, at));
    b"ABCDEHLMPRST".contains(&letter(code, 8))
        && [6, 7, 9, 10, 12, 13, 14].into_iter().all(is_digit)
        && u32::from(letter(code, 15).saturating_sub(b'A')) == sum % 26
}

/// What a character in an odd place of a codice fiscale counts.
fn digit_weight(place: u8) -> u32 {
    const WEIGHTS: [u32; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    WEIGHTS.get(usize::from(place)).copied().unwrap_or(99)
}

/// Months carry the century: 21 is January from 2000, 81 January before 1900.
fn pl_pesel(code: &[u8]) -> bool {
    let month = number(code, 2, 2) % 20;
    let check = (10 - weighted(code, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10) % 10;
    is_day(month, number(code, 4, 2)) && check == digit(code, 10)
}

fn pl_nip(code: &[u8]) -> bool {
    !is_monotonous(code) && weighted(code, &[6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 == digit(code, 9)
}

/// Women have 50 more in the month; 20 more when a day had too many births.
fn cz_birth_number(code: &[u8]) -> bool {
    let month = number(code, 2, 2) % 50;
    let month = if month > 20 { month - 20 } else { month };
    is_day(month, number(code, 4, 2)) && remainder(code, 10, 11) == 0
}

fn ro_cnp(code: &[u8]) -> bool {
    let rest = weighted(code, &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11;
    let county = matches!(number(code, 7, 2), 1..=48 | 51 | 52 | 70);
    digit(code, 0) != 0 && yymmdd(code, 1) && county && digit(code, 12) == if rest == 10 { 1 } else { rest }
}

/// Months carry the century: 21 is January before 1900, 41 from 2000.
fn bg_egn(code: &[u8]) -> bool {
    let month = number(code, 2, 2) % 20;
    let check = weighted(code, &[2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11 % 10;
    number(code, 2, 2) < 53 && is_day(month, number(code, 4, 2)) && check == digit(code, 9)
}

/// The number of all states that were Yugoslavia.
fn emso(code: &[u8]) -> bool {
    let check = 11 - weighted(code, &[7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
    let year = matches!(number(code, 4, 3), 880..=999 | 0..=99);
    is_day(number(code, 2, 2), number(code, 0, 2)) && year && digit(code, 12) == if check > 9 { 0 } else { check }
}

fn si_tax(code: &[u8]) -> bool {
    let check = 11 - weighted(code, &[8, 7, 6, 5, 4, 3, 2]) % 11;
    digit(code, 0) != 0 && digit(code, 7) == if check == 10 { 0 } else { check }
}

fn hu_taj(code: &[u8]) -> bool {
    weighted(code, &[3, 7, 3, 7, 3, 7, 3, 7]) % 10 == digit(code, 8)
}

fn ua_tax(code: &[u8]) -> bool {
    // Weight -1 counts as 10, which is the same by 11.
    weighted(code, &[10, 5, 7, 9, 4, 6, 10, 5, 7]) % 11 % 10 == digit(code, 9)
}
