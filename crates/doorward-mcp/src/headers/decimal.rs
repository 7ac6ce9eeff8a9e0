//! Numbers as text, compared by value without rounding.
//!
//! It must never turn a number into a double: two integers past 2^53 would become one.

/// `42`, `42.0` and `4.2e1` are the same number.
pub(super) fn same_number(left: &str, right: &str) -> bool {
    match (Decimal::parse(left), Decimal::parse(right)) {
        (Some(left), Some(right)) => left == right,
        (None, _) | (_, None) => false,
    }
}

/// The number without fraction or exponent, when it is an integer of sensible length.
pub(super) fn plain_integer(number: &str) -> Option<String> {
    /// Enough for every integer a double can hold exactly, and then some.
    const MOST_ZEROS: i64 = 32;
    let decimal = Decimal::parse(number)?;
    if decimal.digits.is_empty() {
        return Some("0".to_owned());
    }
    let zeros = usize::try_from(decimal.exponent).ok().filter(|_| decimal.exponent <= MOST_ZEROS)?;
    let sign = if decimal.sign == Sign::Minus { "-" } else { "" };
    Some(format!("{sign}{}{}", decimal.digits, "0".repeat(zeros)))
}

/// `digits × 10^exponent`, with neither leading nor trailing zeros among the digits; zero has none and is positive.
#[derive(Debug, PartialEq, Eq)]
struct Decimal {
    sign: Sign,
    digits: String,
    exponent: i64,
}

#[derive(Debug, PartialEq, Eq)]
enum Sign {
    Plus,
    Minus,
}

impl Decimal {
    /// Reads what JSON calls a number; `None` for anything else, and for exponents beyond 64 bits.
    fn parse(number: &str) -> Option<Self> {
        let (sign, unsigned) = match number.strip_prefix('-') {
            Some(unsigned) => (Sign::Minus, unsigned),
            None => (Sign::Plus, number),
        };
        let (significand, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((significand, exponent)) => (significand, parse_exponent(exponent)?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = match significand.split_once('.') {
            Some((whole, fraction)) if all_digits(fraction) => (whole, fraction),
            Some(_) => return None,
            None => (significand, ""),
        };
        if !all_digits(whole) || (whole.len() > 1 && whole.starts_with('0')) {
            return None;
        }
        let written = format!("{whole}{fraction}");
        let digits = written.trim_end_matches('0');
        let dropped = i64::try_from(written.len() - digits.len()).ok()?;
        let exponent = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?.checked_add(dropped)?;
        let digits = digits.trim_start_matches('0').to_owned();
        if digits.is_empty() {
            return Some(Self { sign: Sign::Plus, digits, exponent: 0 });
        }
        Some(Self { sign, digits, exponent })
    }
}

fn parse_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !all_digits(digits) {
        return None;
    }
    text.parse().ok()
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
