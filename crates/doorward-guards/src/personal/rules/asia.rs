//! Numbers that states of Asia, Africa, Australia and the Pacific give out.

use super::super::checks::{digit, is_monotonous, letter, luhn, number, verhoeff, weighted, yymmdd, yyyymmdd};
use super::super::kind::Category::{Business, Document, Health, Identity};
use super::super::kind::Evidence::{Alone, Form, Label};
use super::super::kind::{Rule, rule};
use super::super::label::Labels;

const ID: Labels = Labels::IDENTITY;
const ID_OR_CARD: Labels = ID.and(Labels::DOCUMENT);
const ID_OR_FIRM: Labels = ID.and(Labels::BUSINESS);

pub(super) const RULES: &[Rule] = &[
    rule("in-aadhaar", Identity, "9999 9999 9999", ID, Alone, in_aadhaar),
    rule("in-pan", Identity, "AAAAA9999A", ID, Form, in_pan),
    rule("in-gstin", Business, "99AAAAA9999AXAX", ID_OR_FIRM, Form, in_gstin),
    rule("in-voter", Document, "AAA9999999", Labels::VOTER.and(ID_OR_CARD), Label, |_| true),
    rule("in-passport", Document, "A9999999", Labels::DOCUMENT, Label, |code| digit(code, 1) != 0),
    rule("kr-rrn", Identity, "999999-9999999", ID, Form, kr_checked),
    rule("kr-rrn", Identity, "999999-9999999", ID, Alone, kr_unchecked),
    rule("kr-rrn", Identity, "9999999999999", ID, Alone, kr_checked),
    rule("kr-rrn", Identity, "999999 9999999", ID, Label, kr_rrn),
    rule("kr-brn", Business, "999~99~99999", ID_OR_FIRM, Alone, kr_brn),
    rule("kr-brn", Business, "9999999999", ID_OR_FIRM, Label, kr_brn),
    rule("kr-licence", Document, "99~99~999999~99", Labels::LICENCE, Alone, kr_licence),
    rule("kr-licence", Document, "999999999999", Labels::LICENCE, Label, kr_licence),
    rule("kr-passport", Document, "A999A9999", Labels::DOCUMENT, Alone, kr_passport),
    rule("kr-passport", Document, "A99999999", Labels::DOCUMENT, Label, kr_passport),
    rule("th-id", Identity, "9 9999 99999 99 9", ID_OR_CARD, Alone, th_id),
    rule("sg-nric", Identity, "A9999999A", ID, Form, sg_nric),
    rule("sg-nric", Identity, "A9999999A", ID, Alone, |code| b"STFGM".contains(&letter(code, 0))),
    rule("sg-uen", Business, "99999999A", Labels::BUSINESS, Label, |_| true),
    rule("sg-uen", Business, "999999999A", ID_OR_FIRM, Alone, |code| matches!(number(code, 0, 4), 1900..=2099)),
    rule("sg-uen", Business, "A99AA9999A", ID_OR_FIRM, Alone, |code| b"TSR".contains(&letter(code, 0))),
    rule("my-nric", Identity, "999999-99-9999", ID, Form, |code| yymmdd(code, 0) && number(code, 6, 2) != 0),
    rule("cn-id", Identity, "99999999999999999X", ID_OR_CARD, Form, cn_id),
    rule("tw-id", Identity, "A999999999", ID_OR_CARD, Label, tw_id),
    rule("hk-id", Identity, "A999999(X)", ID_OR_CARD, Form, |_| true),
    rule("jp-number", Identity, "9999 9999 9999", ID, Label, jp_number),
    rule("ph-tin", Identity, "999-999-999", ID, Label, |code| digit(code, 0) == 0),
    rule("ph-tin", Identity, "999-999-999-999", ID, Alone, |code| digit(code, 0) == 0 && !is_monotonous(code)),
    rule("ph-tin", Identity, "999999999", ID, Label, |code| digit(code, 0) == 0),
    rule("ph-tin", Identity, "999999999999", ID, Label, |code| digit(code, 0) == 0),
    rule("id-nik", Identity, "9999999999999999", ID, Label, |code| number(code, 0, 2) > 10),
    rule("il-id", Identity, "999999999", ID, Label, |code| luhn(code) && !is_monotonous(code)),
    rule("ae-id", Identity, "784-9999-9999999-9", ID_OR_CARD, Form, luhn),
    rule("ae-id", Identity, "784999999999999", ID_OR_CARD, Alone, luhn),
    rule("sa-id", Identity, "9999999999", ID, Label, |code| matches!(digit(code, 0), 1 | 2) && luhn(code)),
    rule("za-id", Identity, "999999 9999 999", ID, Form, za_id),
    rule("ng-nin", Identity, "99999999999", ID, Label, |code| !is_monotonous(code)),
    rule("tr-id", Identity, "99999999999", ID, Alone, tr_id),
    rule("au-tfn", Identity, "999 999 999", ID, Alone, au_tfn),
    rule("au-medicare", Health, "9999 99999 9", Labels::HEALTH.and(Labels::CARD), Alone, au_medicare),
    rule("au-abn", Business, "99 999 999 999", ID_OR_FIRM, Alone, au_abn),
    rule("au-acn", Business, "999~999~999", ID_OR_FIRM, Alone, au_acn),
    rule("au-acn", Business, "999 999 999", ID_OR_FIRM, Label, au_acn),
    rule("nz-ird", Identity, "999 999 999", ID, Label, nz_ird),
];

fn in_aadhaar(code: &[u8]) -> bool {
    digit(code, 0) > 1 && !is_monotonous(code) && verhoeff(code)
}

/// The fourth letter says what kind of taxpayer it is.
fn in_pan(code: &[u8]) -> bool {
    b"PCHABGJLFTNSED".contains(&letter(code, 3))
}

fn in_gstin(code: &[u8]) -> bool {
    matches!(number(code, 0, 2), 1..=37) && letter(code, 13) == b'Z' && letter(code, 12) != b'0'
}

fn kr_rrn(code: &[u8]) -> bool {
    yymmdd(code, 0) && digit(code, 6) != 0 && digit(code, 6) != 9 && number(code, 7, 2) < 96
}

/// The check digit of everybody registered before October 2020; foreigners' counts two more.
fn kr_checked(code: &[u8]) -> bool {
    let more = if matches!(digit(code, 6), 5..=8) { 13 } else { 11 };
    let rest = weighted(code, &[2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]) % 11;
    kr_rrn(code) && (more - rest) % 10 == digit(code, 12)
}

/// Of those registered since: the seventh digit says the century, and nobody lives who was born before 1910.
fn kr_unchecked(code: &[u8]) -> bool {
    kr_rrn(code) && (matches!(digit(code, 6), 3 | 4 | 7 | 8) || number(code, 0, 2) >= 10)
}

/// The region that gave it out.
fn kr_licence(code: &[u8]) -> bool {
    matches!(number(code, 0, 2), 11..=28)
}

fn kr_brn(code: &[u8]) -> bool {
    let sum = weighted(code, &[1, 3, 7, 1, 3, 7, 1, 3]) + digit(code, 8) * 5 / 10 + digit(code, 8) * 5;
    number(code, 0, 3) > 100 && (10 - sum % 10) % 10 == digit(code, 9)
}

fn kr_passport(code: &[u8]) -> bool {
    b"MSDGROT".contains(&letter(code, 0))
}

fn th_id(code: &[u8]) -> bool {
    let province = matches!(
        number(code, 1, 2),
        10..=27 | 30..=49 | 50..=58 | 60..=67 | 70..=77 | 80..=86 | 90..=96
    );
    let check = (11 - weighted(code, &[13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 10;
    matches!(digit(code, 0), 1..=8) && province && check == digit(code, 12)
}

fn sg_nric(code: &[u8]) -> bool {
    let digits: Vec<u8> = code.iter().skip(1).take(7).copied().collect();
    let sum = weighted(&digits, &[2, 7, 6, 5, 4, 3, 2]);
    let (letters, more): (&[u8], u32) = match letter(code, 0) {
        b'S' => (b"JZIHGFEDCBA", 0),
        b'T' => (b"JZIHGFEDCBA", 4),
        b'F' => (b"XWUTRQPNMLK", 0),
        b'G' => (b"XWUTRQPNMLK", 4),
        b'M' => (b"KLJNPQRTUWX", 3),
        _ => return false,
    };
    let place = ((sum + more) % 11) as usize;
    // The M series counts its letters from the other end.
    let place = if letter(code, 0) == b'M' { 10 - place } else { place };
    letters.get(place).copied() == code.last().copied()
}

fn cn_id(code: &[u8]) -> bool {
    let sum = weighted(code, &[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]);
    let check = b"10X98765432".get((sum % 11) as usize).copied();
    yyyymmdd(code, 6) && check == code.last().copied()
}

fn tw_id(code: &[u8]) -> bool {
    let Some(place) = b"ABCDEFGHJKLMNPQRSTUVXYWZIO".iter().position(|byte| *byte == letter(code, 0)) else {
        return false;
    };
    let region = place as u32 + 10;
    let digits: Vec<u8> = code.iter().skip(1).copied().collect();
    let sum = region / 10 + region % 10 * 9 + weighted(&digits, &[8, 7, 6, 5, 4, 3, 2, 1, 1]);
    matches!(digit(code, 1), 1 | 2 | 8 | 9) && sum.is_multiple_of(10)
}

fn jp_number(code: &[u8]) -> bool {
    let rest = weighted(code, &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
    !is_monotonous(code) && digit(code, 11) == if rest <= 1 { 0 } else { 11 - rest }
}

fn za_id(code: &[u8]) -> bool {
    yymmdd(code, 0) && digit(code, 10) < 3 && luhn(code)
}

fn tr_id(code: &[u8]) -> bool {
    let odd: u32 = [0, 2, 4, 6, 8].into_iter().map(|at| digit(code, at)).sum();
    let even: u32 = [1, 3, 5, 7].into_iter().map(|at| digit(code, at)).sum();
    let tenth = (odd * 7 + 1000 - even) % 10;
    digit(code, 0) != 0 && tenth == digit(code, 9) && (odd + even + digit(code, 9)) % 10 == digit(code, 10)
}

fn au_tfn(code: &[u8]) -> bool {
    !is_monotonous(code) && weighted(code, &[1, 4, 3, 7, 5, 8, 6, 9, 10]).is_multiple_of(11)
}

fn au_medicare(code: &[u8]) -> bool {
    matches!(digit(code, 0), 2..=6) && weighted(code, &[1, 3, 7, 9, 1, 3, 7, 9]) % 10 == digit(code, 8)
}

fn au_abn(code: &[u8]) -> bool {
    let sum = weighted(code, &[10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]);
    digit(code, 0) > 0 && (sum + 79).is_multiple_of(89)
}

fn au_acn(code: &[u8]) -> bool {
    !is_monotonous(code) && (10 - weighted(code, &[8, 7, 6, 5, 4, 3, 2, 1]) % 10) % 10 == digit(code, 8)
}

fn nz_ird(code: &[u8]) -> bool {
    let check = |weights: &[u32]| (11 - weighted(code, weights) % 11) % 11;
    let first = check(&[3, 2, 7, 6, 5, 4, 3, 2]);
    let last = if first == 10 { check(&[7, 4, 3, 2, 5, 2, 7, 6]) } else { first };
    last == digit(code, 8)
}
