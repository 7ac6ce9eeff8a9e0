//! Numbers that American states and their institutions give out.

use super::super::checks::{digit, is_counting, is_monotonous, letter, luhn, number, weighted, yymmdd};
use super::super::kind::Category::{Account, Business, Document, Health, Identity};
use super::super::kind::Evidence::{Alone, Form, Label};
use super::super::kind::{Rule, rule};
use super::super::label::Labels;

const ID: Labels = Labels::IDENTITY;
const ID_OR_FIRM: Labels = ID.and(Labels::BUSINESS);

pub(super) const RULES: &[Rule] = &[
    rule("us-ssn", Identity, "999~99~9999", ID, Alone, us_ssn),
    rule("us-ssn", Identity, "999 999999", ID, Label, us_ssn),
    rule("us-itin", Identity, "999~99~9999", ID, Alone, us_itin),
    rule("us-itin", Identity, "999 99 9999", ID, Label, us_itin),
    rule("us-npi", Health, "9999 999 999", Labels::HEALTH, Alone, |code| digit(code, 0) == 1 && us_npi(code)),
    rule("us-npi", Health, "9999 999 999", Labels::HEALTH, Label, us_npi),
    rule("us-mbi", Health, "9AX9 AX9 AA99", Labels::HEALTH, Form, us_mbi),
    rule("us-dea", Health, "AX9999999", Labels::LICENCE.and(Labels::DOCUMENT).and(Labels::HEALTH), Alone, us_dea),
    rule("us-routing", Account, "9999 9999 9", Labels::BANK, Alone, us_routing),
    rule("us-ein", Business, "99-9999999", ID_OR_FIRM, Label, |code| !is_monotonous(code)),
    rule("ca-sin", Identity, "999 999 999", ID, Alone, ca_sin),
    rule("br-cpf", Identity, "999.999.999-99", ID, Form, br_cpf),
    rule("br-cpf", Identity, "99999999999", ID, Alone, |code| br_cpf(code) && !is_counting(code)),
    rule("br-cpf", Identity, "99999999999", ID, Label, br_cpf),
    rule("br-cnpj", Business, "99.999.999/9999-99", ID_OR_FIRM, Form, br_cnpj),
    rule("br-cnpj", Business, "99999999999999", ID_OR_FIRM, Alone, br_cnpj),
    rule("mx-curp", Identity, "AAAA999999AAAAAAX9", ID, Form, mx_curp),
    rule("mx-rfc", Identity, "AAAA 999999 XX X", ID, Label, |code| yymmdd(code, 4)),
    rule("ar-cuit", Identity, "99-99999999-9", ID_OR_FIRM, Form, ar_cuit),
    rule("ar-cuit", Identity, "99999999999", ID_OR_FIRM, Label, ar_cuit),
    rule("cl-rut", Identity, "99.999.999-X", ID_OR_FIRM, Form, cl_rut),
    rule("cl-rut", Identity, "9.999.999-X", ID_OR_FIRM, Form, cl_rut),
    rule("cl-rut", Identity, "99999999-X", ID_OR_FIRM, Alone, cl_rut),
    rule("cl-rut", Identity, "9999999-X", ID_OR_FIRM, Alone, cl_rut),
    rule("ec-cedula", Identity, "9999999999", ID.and(Labels::DOCUMENT), Label, ec_cedula),
    rule("co-nit", Identity, "999.999.999-9", ID_OR_FIRM, Form, co_nit),
    rule("us-passport", Document, "A99999999", Labels::DOCUMENT, Label, |_| true),
    rule("us-passport", Document, "999999999", Labels::DOCUMENT, Label, |_| true),
];

fn us_ssn(code: &[u8]) -> bool {
    let (area, group, serial) = (number(code, 0, 3), number(code, 3, 2), number(code, 5, 4));
    // 078-05-1120 and 219-09-9999 were printed on samples, 123-45-6789 is in every manual.
    let sample = matches!((area, group, serial), (78, 5, 1120) | (219, 9, 9999) | (123, 45, 6789));
    !matches!(area, 0 | 666 | 900..) && group != 0 && serial != 0 && !sample && !is_monotonous(code)
}

fn us_itin(code: &[u8]) -> bool {
    number(code, 0, 3) >= 900 && matches!(number(code, 3, 2), 50..=65 | 70..=88 | 90..=92 | 94..=99)
}

/// All that were given out begin with 1; 2 is kept for later. Luhn over the number with the prefix 80840 of health cards in the United States.
fn us_npi(code: &[u8]) -> bool {
    let whole: Vec<u8> = b"80840".iter().chain(code).copied().collect();
    matches!(digit(code, 0), 1 | 2) && !is_monotonous(code.get(..9).unwrap_or_default()) && luhn(&whole)
}

/// The form of the Centers for Medicare & Medicaid Services: no S, L, O, I, B or Z.
fn us_mbi(code: &[u8]) -> bool {
    let is_letter = |at| letter(code, at).is_ascii_uppercase() && !b"SLOIBZ".contains(&letter(code, at));
    let is_either = |at| letter(code, at).is_ascii_digit() || is_letter(at);
    digit(code, 0) != 0 && [1, 4, 7, 8].into_iter().all(is_letter) && is_either(2) && is_either(5)
}

fn us_dea(code: &[u8]) -> bool {
    let sum = digit(code, 2) + digit(code, 4) + digit(code, 6) + 2 * (digit(code, 3) + digit(code, 5) + digit(code, 7));
    b"ABCDEFGHJKLMPRSTUX".contains(&letter(code, 0)) && sum % 10 == digit(code, 8)
}

fn us_routing(code: &[u8]) -> bool {
    matches!(number(code, 0, 2), 1..=12 | 21..=32 | 61..=72 | 80)
        && weighted(code, &[3, 7, 1, 3, 7, 1, 3, 7, 1]).is_multiple_of(10)
}

fn ca_sin(code: &[u8]) -> bool {
    !matches!(digit(code, 0), 0 | 8) && !is_monotonous(code) && luhn(code)
}

fn br_cpf(code: &[u8]) -> bool {
    let check = |sum: u32| (sum * 10) % 11 % 10;
    !is_monotonous(code)
        && check(weighted(code, &[10, 9, 8, 7, 6, 5, 4, 3, 2])) == digit(code, 9)
        && check(weighted(code, &[11, 10, 9, 8, 7, 6, 5, 4, 3, 2])) == digit(code, 10)
}

fn br_cnpj(code: &[u8]) -> bool {
    let check = |sum: u32| (sum * 10) % 11 % 10;
    !is_monotonous(code)
        && check(weighted(code, &[5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2])) == digit(code, 12)
        && check(weighted(code, &[6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2])) == digit(code, 13)
}

fn mx_curp(code: &[u8]) -> bool {
    let value = |byte: u8| match byte {
        b'0'..=b'9' => u32::from(byte - b'0'),
        // Ñ would stand behind N; it is never written.
        b'A'..=b'N' => u32::from(byte - b'A') + 10,
        byte => u32::from(byte.saturating_sub(b'A')) + 11,
    };
    let sum: u32 = code.iter().take(17).zip((2..=18).rev()).map(|(byte, weight)| value(*byte) * weight).sum();
    yymmdd(code, 4) && matches!(letter(code, 10), b'H' | b'M' | b'X') && (10 - sum % 10) % 10 == digit(code, 17)
}

fn ar_cuit(code: &[u8]) -> bool {
    let check = (11 - weighted(code, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11;
    matches!(number(code, 0, 2), 20 | 23 | 24 | 27 | 30 | 33 | 34) && check == digit(code, 10)
}

fn cl_rut(code: &[u8]) -> bool {
    let Some((check, head)) = code.split_last() else { return false };
    let weights = (2..=7).cycle();
    let sum: u32 = head.iter().rev().zip(weights).map(|(byte, weight)| u32::from(byte - b'0') * weight).sum();
    let wanted = match 11 - sum % 11 {
        11 => b'0',
        10 => b'K',
        rest => b"0123456789".get(rest as usize).copied().unwrap_or_default(),
    };
    !is_monotonous(head) && *check == wanted
}

fn ec_cedula(code: &[u8]) -> bool {
    matches!(number(code, 0, 2), 1..=24 | 30) && digit(code, 2) < 6 && luhn(code)
}

fn co_nit(code: &[u8]) -> bool {
    let rest = weighted(code, &[41, 37, 29, 23, 19, 17, 13, 7, 3]) % 11;
    digit(code, 9) == if rest < 2 { rest } else { 11 - rest }
}
