//! Amounts of money.
//!
//! Only what everybody reads alike: no exponent, no sign, no comma, no group of three behind a point (a thousand to one
//! reader, a fraction to another), at most four digits behind it.

use crate::limits::MONEY_BYTES_MAX;
use crate::unclear::{Unclear, refuse_longer};

/// The codes of ISO 4217 in use.
const CODES: &str = "\
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD \
    CDF CHF CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF \
    GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP \
    LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB \
    PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL \
    THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XAG XAU XCD XCG XDR XOF \
    XPF YER ZAR ZMW ZWG";

/// An amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Money {
    /// As Cedar's `decimal` reads it: `12.5`, `100.0`.
    pub amount: String,
    /// The code in capitals or the symbol as written; empty when there is none.
    pub currency: String,
}

/// Reads `text`.
///
/// # Errors
/// [`Unclear`] when readers could take it for different amounts.
pub fn of(text: &str) -> Result<Money, Unclear> {
    refuse_longer(text, MONEY_BYTES_MAX)?;
    let is_number = |c: char| c.is_ascii_digit() || c == '.';
    let (amount, currency) = if text.starts_with(is_number) {
        let end = text.find(|c| !is_number(c)).unwrap_or(text.len());
        let (amount, rest) = text.split_at(end);
        (amount, rest.strip_prefix(' ').unwrap_or(rest))
    } else {
        let start = text.find(is_number).ok_or(Unclear::NotMoney)?;
        let (rest, amount) = text.split_at(start);
        (amount, rest.strip_suffix(' ').unwrap_or(rest))
    };
    Ok(Money { amount: read_amount(amount)?, currency: read_currency(currency)? })
}

fn read_amount(text: &str) -> Result<String, Unclear> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if !digits(whole) || !digits(fraction) || fraction.len() > 4 || fraction.len() == 3 {
        return Err(Unclear::NotMoney);
    }
    if whole.len() > 1 && whole.starts_with('0') {
        return Err(Unclear::NotMoney);
    }
    // Cedar's decimal is a 64-bit integer of ten-thousandths.
    let scaled = whole.parse::<i64>().ok().and_then(|whole| whole.checked_add(1)?.checked_mul(10_000));
    scaled.ok_or(Unclear::NotMoney)?;
    let trimmed = fraction.trim_end_matches('0');
    Ok(format!("{whole}.{}", if trimmed.is_empty() { "0" } else { trimmed }))
}

fn read_currency(text: &str) -> Result<String, Unclear> {
    match text {
        "" | "$" | "€" | "£" | "¥" | "₹" | "₩" | "₽" | "₺" | "₿" => Ok(text.to_owned()),
        word => {
            // Other words of three letters multiply: `mio`, `mrd`, `tsd`, `lac`.
            let code = word.to_ascii_uppercase();
            if code.len() == 3 && CODES.split(' ').any(|known| known == code) {
                Ok(code)
            } else {
                Err(Unclear::NotMoney)
            }
        }
    }
}
