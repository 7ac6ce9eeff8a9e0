//! IBANs: ISO 13616, with the length that each country has registered.

use super::checks::mod_97;
use super::code::Code;

/// The IBAN at `start`: where it ends and what it is.
pub(super) fn iban(text: &[u8], start: usize) -> Option<(usize, Code)> {
    let head = text.get(start..start + 4)?;
    let length = match head {
        [one, two, three, four]
            if one.is_ascii_alphabetic()
                && two.is_ascii_alphabetic()
                && three.is_ascii_digit()
                && four.is_ascii_digit() =>
        {
            length(&[one.to_ascii_uppercase(), two.to_ascii_uppercase()])?
        }
        _ => return None,
    };
    let mut code = Code::default();
    let mut at = start;
    let mut joint = false;
    while code.as_bytes().len() < length {
        match *text.get(at)? {
            byte if byte.is_ascii_alphanumeric() => {
                code.push(byte);
                joint = false;
            }
            b' ' | b'-' if !joint => joint = true,
            _ => return None,
        }
        at += 1;
    }
    let is_small = text.get(start..at)?.iter().all(|byte| !byte.is_ascii_uppercase());
    let ends = text.get(at).is_none_or(|byte| !byte.is_ascii_alphanumeric());
    (ends && (is_small || !code.has_small()) && mod_97(code.as_bytes(), 4) == 1).then_some((at, code))
}

fn length(country: &[u8]) -> Option<usize> {
    LENGTHS
        .iter()
        .find_map(|(length, countries)| countries.split(' ').any(|one| one.as_bytes() == country).then_some(*length))
}

/// The registry of SWIFT, release 99.
const LENGTHS: &[(usize, &str)] = &[
    (15, "NO"),
    (16, "BE"),
    (18, "DK FI FK FO GL NL SD"),
    (19, "MK SI"),
    (20, "AT BA EE KZ LT LU XK"),
    (21, "CH HR LI LV"),
    (22, "BG BH CR DE GB GE IE ME RS VA"),
    (23, "AE GI IL IQ OM SO TL"),
    (24, "AD CZ ES MD PK RO SA SE SK TN VG"),
    (25, "LY PT ST"),
    (26, "IS TR"),
    (27, "BI DJ FR GR IT MC MR SM"),
    (28, "AL AZ BY CY DO GT HN HU LB NI PL SV"),
    (29, "BR EG PS QA UA"),
    (30, "JO KW MU YE"),
    (31, "MT SC"),
    (32, "LC"),
    (33, "RU"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_iban_is_found_in_one_piece_in_fours_and_small() {
        for text in [
            "GB82WEST12345698765432",
            "GB82 WEST 1234 5698 7654 32",
            "gb82west12345698765432",
            "GB82-WEST-1234-5698-7654-32.",
        ] {
            assert!(iban(text.as_bytes(), 0).is_some(), "{text}");
        }
    }

    #[test]
    fn a_slip_a_missing_digit_and_an_unknown_country_are_none() {
        for text in
            ["GB82WEST12345698765433", "GB82WEST1234569876543", "GB82WEST123456987654321", "ZZ82WEST12345698765432"]
        {
            assert!(iban(text.as_bytes(), 0).is_none(), "{text}");
        }
    }
}
