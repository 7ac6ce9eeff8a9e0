//! IBANs: ISO 13616, with the length that each country has registered.

use super::checks::mod_97;
use super::code::Code;

/// A code of the form of an IBAN.
#[derive(Debug)]
pub(super) struct Iban {
    pub(super) end: usize,
    pub(super) code: Code,
    pub(super) check: Check,
}

/// What its check digits say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    Holds,
    /// A slip, or something else; what stands in it is no number of its own either.
    Fails,
}

/// The IBAN at `start`.
pub(super) fn iban(text: &[u8], start: usize) -> Option<Iban> {
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
    let mut in_fours = true;
    while code.as_bytes().len() < length {
        match *text.get(at)? {
            byte if byte.is_ascii_alphanumeric() => {
                code.push(byte);
                joint = false;
            }
            b' ' | b'-' if !joint => {
                joint = true;
                in_fours &= code.as_bytes().len().is_multiple_of(4);
            }
            _ => return None,
        }
        at += 1;
    }
    let is_small = text.get(start..at)?.iter().all(|byte| !byte.is_ascii_uppercase());
    let ends = text.get(at).is_none_or(|byte| !byte.is_ascii_alphanumeric());
    let check = if mod_97(code.as_bytes(), 4) == 1 { Check::Holds } else { Check::Fails };
    // Two codes side by side can have the length of one.
    let is_one = in_fours || check == Check::Holds;
    (ends && is_one && (is_small || !code.has_small())).then_some(Iban { end: at, code, check })
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

    fn check(text: &str) -> Option<Check> {
        iban(text.as_bytes(), 0).map(|iban| iban.check)
    }

    #[test]
    fn an_iban_is_found_in_one_piece_in_fours_and_small() {
        for text in [
            "GB82WEST12345698765432",
            "GB82 WEST 1234 5698 7654 32",
            "gb82west12345698765432",
            "GB82-WEST-1234-5698-7654-32.",
        ] {
            assert_eq!(check(text), Some(Check::Holds), "{text}");
        }
    }

    #[test]
    fn a_slip_a_missing_digit_and_an_unknown_country_are_none() {
        for text in
            ["GB82WEST12345698765433", "GB82WEST1234569876543", "GB82WEST123456987654321", "ZZ82WEST12345698765432"]
        {
            assert_ne!(check(text), Some(Check::Holds), "{text}");
        }
    }

    #[test]
    fn two_codes_side_by_side_are_no_iban_with_a_slip() {
        assert_eq!(check("GL0285191 EU4488929"), None);
        assert_eq!(check("GL02 8519 1EU4 4889 29"), Some(Check::Fails));
    }
}
