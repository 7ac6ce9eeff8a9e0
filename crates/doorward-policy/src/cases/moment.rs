//! Moments as TOML writes them (RFC 3339); without an offset they are in UTC.

use doorward_core::time::Timestamp;

const MINUTE: i64 = 60_000_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// Reads `2026-11-22`, `2026-11-22T10:00:00Z`, `2026-11-22 10:00:00+01:00`.
pub(crate) fn read(text: &str) -> Option<Timestamp> {
    let (date, rest) = text.split_once(['T', 't', ' ']).unwrap_or((text, "00:00:00"));
    let (time, offset) = offset(rest)?;
    let days = days(date)?;
    Some(Timestamp::from_micros((days * DAY + micros(time)?).checked_sub(offset * MINUTE)?))
}

fn days(date: &str) -> Option<i64> {
    let mut parts = date.split('-').map(digits);
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let fits = (1970..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    if !fits || parts.next().is_some() {
        return None;
    }
    // Years that begin in March, so that the leap day is the last of its year.
    let (shifted_year, shifted_month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    Some(shifted_year * 365 + shifted_year / 4 - shifted_year / 100 + shifted_year / 400 + day_of_year - 719_468)
}

fn micros(time: &str) -> Option<i64> {
    let (clock, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut parts = clock.split(':').map(digits);
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    if hour > 23 || minute > 59 || second > 59 || parts.next().is_some() {
        return None;
    }
    let fraction = digits(&format!("{fraction:0<6}").chars().take(6).collect::<String>())?;
    Some((hour * 60 + minute) * MINUTE + second * 1_000_000 + fraction)
}

/// The time of day, and the minutes it is ahead of UTC.
fn offset(text: &str) -> Option<(&str, i64)> {
    if let Some(time) = text.strip_suffix(['Z', 'z']) {
        return Some((time, 0));
    }
    for (sign, factor) in [('+', 1), ('-', -1)] {
        if let Some((time, offset)) = text.split_once(sign) {
            let (hours, minutes) = offset.split_once(':')?;
            return Some((time, factor * (digits(hours)? * 60 + digits(minutes)?)));
        }
    }
    Some((text, 0))
}

fn digits(text: &str) -> Option<i64> {
    let plain = !text.is_empty() && text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        for (text, seconds) in [
            ("1970-01-01", Some(0)),
            ("2000-02-29T00:00:00Z", Some(951_782_400)),
            ("2026-11-22T10:00:00Z", Some(1_795_341_600)),
            ("2026-11-22 11:00:00+01:00", Some(1_795_341_600)),
            ("2026-11-22T05:30:00-04:30", Some(1_795_341_600)),
            ("2026-11-22T10:00", Some(1_795_341_600)),
            ("2026-13-01", None),
            ("2026-11-22T25:00:00Z", None),
            ("10:00:00", None),
            ("soon", None),
        ] {
            assert_eq!(read(text).map(|at| at.as_micros()), seconds.map(|seconds| seconds * 1_000_000), "{text}");
        }
        assert_eq!(read("1970-01-01T00:00:00.5Z").map(Timestamp::as_micros), Some(500_000));
    }
}
