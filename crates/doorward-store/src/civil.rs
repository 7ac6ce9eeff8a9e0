//! Times as people and tools read them: RFC 3339 in UTC with microseconds.

use doorward_core::time::Timestamp;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// `2026-07-28T09:30:00.123456Z`. Years before 0000 or after 9999 get the sign and digits they need.
#[must_use]
pub fn rfc3339(at: Timestamp) -> String {
    let days = at.as_micros().div_euclid(MICROS_PER_DAY);
    let micros = at.as_micros().rem_euclid(MICROS_PER_DAY);
    let (year, month, day) = civil_date(days);
    let seconds = micros / 1_000_000;
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:06}Z",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60,
        micros % 1_000_000
    )
}

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar extended both ways.
///
/// Counts from 1 March of year 0, so that a leap day is the last day of its year; 400 years always have 146097 days.
fn civil_date(days_since_1970: i64) -> (i64, i64, i64) {
    let days = days_since_1970 + 719_468;
    let (cycle, day_of_cycle) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let leap_days = day_of_cycle / 1460 - day_of_cycle / 36_524 + day_of_cycle / 146_096;
    let year_of_cycle = (day_of_cycle - leap_days) / 365;
    let day_of_year = day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = 400 * cycle + year_of_cycle + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_times() {
        let cases = [
            (0, "1970-01-01T00:00:00.000000Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
            (951_868_799_999_999, "2000-02-29T23:59:59.999999Z"),
            (951_868_800_000_000, "2000-03-01T00:00:00.000000Z"),
            (1_709_251_199_000_000, "2024-02-29T23:59:59.000000Z"),
            (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
            (1_785_231_000_123_456, "2026-07-28T09:30:00.123456Z"),
            (253_402_300_799_000_000, "9999-12-31T23:59:59.000000Z"),
        ];
        for (micros, text) in cases {
            assert_eq!(rfc3339(Timestamp::from_micros(micros)), text);
        }
    }

    /// The slow, clear way: a calendar walked day by day through two whole cycles.
    #[test]
    fn every_day_from_1970_on_follows_the_one_before() {
        let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let (mut year, mut month, mut day) = (1970, 1, 1);
        for days in 0..300_000 {
            assert_eq!(civil_date(days), (year, month, day));
            let length = match month {
                2 => 28 + i64::from(leap(year)),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            day += 1;
            if day > length {
                (month, day) = (month + 1, 1);
            }
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
        }
    }

    #[test]
    fn the_extremes_do_not_overflow() {
        assert!(rfc3339(Timestamp::from_micros(i64::MAX)).starts_with("294247-"));
        assert!(rfc3339(Timestamp::from_micros(i64::MIN)).starts_with("-290308-"));
    }
}
