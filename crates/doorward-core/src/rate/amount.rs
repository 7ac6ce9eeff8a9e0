//! Exact quantities: what limits count and add up.

use std::fmt;

use crate::limits::AMOUNT_MAX;

/// A quantity that is not negative, in billionths: decimals are added exactly, never as floating point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Amount(u128);

/// Decimal places an amount has.
const PLACES: usize = 9;

const UNIT: u128 = 1_000_000_000;

impl Amount {
    /// One call.
    pub const ONE: Self = Self(UNIT);

    /// So many calls.
    #[must_use]
    pub const fn whole(count: u32) -> Self {
        // A u32 times 10^9 is far below the largest u128.
        Self(count as u128 * UNIT)
    }

    /// Reads a JSON number (RFC 8259 §6); `None` for a negative one, one with more than nine decimal places, or one
    /// above [`AMOUNT_MAX`]: such a quantity cannot be added exactly.
    #[must_use]
    pub fn parse(number: &str) -> Option<Self> {
        let (mantissa, exponent) = match number.split_once(['e', 'E']) {
            None => (number, 0),
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.is_empty() || !whole.chars().chain(fraction.chars()).all(|c| c.is_ascii_digit()) {
            return None;
        }
        let digits = [whole, fraction].concat();
        let significant = digits.trim_start_matches('0').trim_end_matches('0');
        if significant.is_empty() {
            return Some(Self(0));
        }
        let trailing = digits.len() - digits.trim_end_matches('0').len();
        // The value is `significant` with its last digit at this place: 0 is that of billionths.
        let place =
            i64::from(exponent) - i64::try_from(fraction.len()).ok()? + i64::try_from(trailing + PLACES).ok()?;
        let factor = 10_u128.checked_pow(u32::try_from(place).ok()?)?;
        let billionths = significant.parse::<u128>().ok()?.checked_mul(factor)?;
        (billionths <= AMOUNT_MAX).then_some(Self(billionths))
    }

    /// In billionths.
    #[must_use]
    pub const fn billionths(self) -> u128 {
        self.0
    }

    /// Both together, at the most the largest there is.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl fmt::Display for Amount {
    /// The shortest decimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / UNIT, self.0 % UNIT);
        if rest == 0 {
            return write!(f, "{whole}");
        }
        let fraction = format!("{rest:09}");
        write!(f, "{whole}.{}", fraction.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_every_spelling_are_exact() {
        for (number, shown) in [
            ("0", "0"),
            ("0.0e5", "0"),
            ("10", "10"),
            ("1e3", "1000"),
            ("1E+3", "1000"),
            ("12.50", "12.5"),
            ("1250e-2", "12.5"),
            ("0.000000001", "0.000000001"),
            ("1000000000e-9", "1"),
            ("0.1", "0.1"),
            ("1000000000000000", "1000000000000000"),
        ] {
            assert_eq!(Amount::parse(number).map(|amount| amount.to_string()).as_deref(), Some(shown), "{number}");
        }
    }

    #[test]
    fn what_cannot_be_added_exactly_is_no_amount() {
        for number in [
            "-1",
            "-0.5",
            "0.0000000001",
            "1e-10",
            "1e400",
            "1000000000000001",
            "1e99999999999",
            "",
            ".5",
            "1.2.3",
            "NaN",
            "0x10",
        ] {
            assert_eq!(Amount::parse(number), None, "{number}");
        }
    }

    #[test]
    fn tenths_add_up() {
        let tenth = Amount::parse("0.1").unwrap();
        let sum = (0..10).fold(Amount::default(), |sum, _| sum.plus(tenth));
        assert_eq!(sum, Amount::ONE);
    }
}
