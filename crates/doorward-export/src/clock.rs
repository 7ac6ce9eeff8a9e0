//! The one place where time and randomness enter.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use doorward_core::ids::ExchangeId;
use doorward_core::time::Timestamp;

/// The time now. A clock before 1970 reads as 1970.
pub(crate) fn now() -> Timestamp {
    let micros = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_micros());
    Timestamp::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
}

/// A number nobody can know beforehand. Without the system's randomness it is the time, which spreads attempts as well.
pub(crate) fn random() -> u64 {
    let mut bytes = [0; 8];
    match aws_lc_rs::rand::fill(&mut bytes) {
        Ok(()) => u64::from_le_bytes(bytes),
        Err(_) => now().as_micros().unsigned_abs(),
    }
}

/// An id that no exchange has.
pub(crate) fn exchange_id() -> ExchangeId {
    let random = u128::from(random()) << 64 | u128::from(random());
    ExchangeId::from_parts(now().as_unix_millis(), random)
}

/// How long it is until a date of HTTP (IMF-fixdate, RFC 9110 §5.6.7); zero when it is over, `None` when it is none.
pub(crate) fn until_date(text: &str) -> Option<Duration> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut words = text.split_once(", ")?.1.split(' ');
    let day: u64 = words.next()?.parse().ok().filter(|day| (1..=31).contains(day))?;
    let name = words.next()?;
    let month = MONTHS.iter().position(|month| *month == name).and_then(|month| u64::try_from(month).ok())? + 1;
    let year: u64 = words.next()?.parse().ok().filter(|year| (1970..10_000).contains(year))?;
    let mut clock = words.next()?.split(':').map(str::parse::<u64>);
    let (hour, minute, second) = (clock.next()?.ok()?, clock.next()?.ok()?, clock.next()?.ok()?);
    if hour > 23 || minute > 59 || second > 60 || words.next()? != "GMT" {
        return None;
    }
    let seconds = days(year, month, day)? * 86_400 + hour * 3600 + minute * 60 + second;
    Some(Duration::from_secs(seconds.saturating_sub(now().as_unix_millis() / 1000)))
}

/// Microseconds since 1970 of a time as records are shown with: `2026-07-28T09:30:00.000001Z`.
pub(crate) fn micros_of(text: &str) -> Option<u64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let (time, fraction) = time.split_once('.')?;
    let mut date = date.split('-').map(str::parse::<u64>);
    let mut time = time.split(':').map(str::parse::<u64>);
    let (year, month, day) = (date.next()?.ok()?, date.next()?.ok()?, date.next()?.ok()?);
    let (hour, minute, second) = (time.next()?.ok()?, time.next()?.ok()?, time.next()?.ok()?);
    let fits = (1..=12).contains(&month) && (1970..10_000).contains(&year) && fraction.len() == 6;
    let micros: u64 = fraction.parse().ok().filter(|_| fits)?;
    let seconds = days(year, month, day)? * 86_400 + hour.min(23) * 3600 + minute.min(59) * 60 + second.min(60);
    Some(seconds * 1_000_000 + micros)
}

/// Days since 1970 of a date of the Gregorian calendar, whose year is taken to begin in March.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year.checked_sub(1)?, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day.min(31);
    days.checked_sub(719_469)
}

#[cfg(test)]
mod tests {
    use doorward_store::rfc3339;

    use super::*;

    #[test]
    fn times_of_records_are_read_back() {
        for micros in [0, 1, 951_782_400_000_000, 1_785_231_000_123_456, 4_102_444_799_999_999, 253_402_300_799_000_000]
        {
            let text = rfc3339(Timestamp::from_micros(micros));
            assert_eq!(micros_of(&text), Some(micros.unsigned_abs()), "{text}");
        }
        for broken in
            ["", "Z", "2026-07-28", "2026-07-28T09:30:00Z", "2026-13-28T09:30:00.000000Z", "a-b-cT1:2:3.000000Z"]
        {
            assert_eq!(micros_of(broken), None, "{broken}");
        }
    }
}
