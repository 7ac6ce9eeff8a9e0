//! Times as people type them: so long ago, or a date with or without a time, in UTC.

use doorward_core::time::Timestamp;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// Reads `15m`, `2h`, `3d`, `2026-11-22` or `2026-11-22T10:00:00Z` (seconds and `Z` may be left out).
pub(in crate::command) fn parse(text: &str, now: Timestamp) -> Option<Timestamp> {
    ago(text, now).or_else(|| moment(text))
}

fn ago(text: &str, now: Timestamp) -> Option<Timestamp> {
    let (unit, micros) = [("s", SECOND), ("m", 60 * SECOND), ("h", 3600 * SECOND), ("d", DAY)]
        .into_iter()
        .find(|(unit, _)| text.ends_with(unit))?;
    let count = digits(text.strip_suffix(unit)?)?;
    Some(Timestamp::from_micros(now.as_micros().checked_sub(count.checked_mul(micros)?)?))
}

fn moment(text: &str) -> Option<Timestamp> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let (date, time) = text.split_once(['T', ' ']).unwrap_or((text, "00:00"));
    let mut parts = date.split('-').map(digits);
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let mut clock = time.split(':').map(digits);
    let (hour, minute) = (clock.next()??, clock.next()??);
    let second = clock.next().unwrap_or(Some(0))?;
    let fits = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !fits || parts.next().is_some() || clock.next().is_some() {
        return None;
    }
    let seconds = hour * 3600 + minute * 60 + second;
    Some(Timestamp::from_micros(days_since_1970(year, month, day) * DAY + seconds * SECOND))
}

fn digits(text: &str) -> Option<i64> {
    let plain = !text.is_empty() && text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let years: i64 = (1970..year).map(|year| if is_leap(year) { 366 } else { 365 }).sum();
    let months: i64 = (1..month).map(|month| days_in(year, month)).sum();
    years + months + day - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_or_refused() {
        let now = Timestamp::from_micros(1_000_000 * SECOND);
        for (text, seconds) in [
            ("30s", Some(999_970)),
            ("15m", Some(999_100)),
            ("2h", Some(992_800)),
            ("3d", Some(740_800)),
            ("1970-01-02", Some(86_400)),
            ("2000-02-29T12:00", Some(951_825_600)),
            ("2026-11-22T10:00:01Z", Some(1_795_341_601)),
            ("2026-11-22 10:00:01", Some(1_795_341_601)),
            ("2026-02-29", None),
            ("2026-13-01", None),
            ("2026-11-22T24:00", None),
            ("2026-11-22T10:00:00:00", None),
            ("2026-11-22-1", None),
            ("m", None),
            ("-1m", None),
            ("99999999999d", None),
            ("yesterday", None),
            ("", None),
        ] {
            let expected = seconds.map(|seconds: i64| Timestamp::from_micros(seconds * SECOND));
            assert_eq!(parse(text, now), expected, "{text}");
        }
    }
}
