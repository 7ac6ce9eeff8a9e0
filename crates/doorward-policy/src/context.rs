//! The Cedar context of a request: only what some rule looks at.

use cedar_policy::{Context, RestrictedExpression};
use doorward_core::access::AccessRequest;
use doorward_core::time::Timestamp;
use doorward_mcp::revision::Era;

use crate::mentions::{Fact, Mentions};

/// The context of `request`, with `arguments` where rules look at them; `None` only if Cedar refused distinct keys.
pub(crate) fn build(
    request: &AccessRequest,
    mentions: &Mentions,
    arguments: Option<RestrictedExpression>,
) -> Option<Context> {
    let facts = mentions.facts.iter().map(|fact| (fact.name().to_owned(), value_of(*fact, request)));
    let arguments = arguments.map(|arguments| ("arguments".to_owned(), arguments));
    Context::from_pairs(facts.chain(arguments)).ok()
}

fn value_of(fact: Fact, request: &AccessRequest) -> RestrictedExpression {
    match fact {
        Fact::Face => RestrictedExpression::new_string(request.approach.face.as_str().to_owned()),
        Fact::Era => RestrictedExpression::new_string(era_name(request.era).to_owned()),
        Fact::At => RestrictedExpression::new_datetime(written(request.at)),
    }
}

const fn era_name(era: Era) -> &'static str {
    match era {
        Era::Legacy => "legacy",
        Era::Modern => "modern",
    }
}

/// A time as Cedar's `datetime` reads it, in milliseconds and UTC.
pub(crate) fn written(at: Timestamp) -> String {
    let millis = at.as_micros().div_euclid(1000);
    let (days, in_day) = (millis.div_euclid(86_400_000), millis.rem_euclid(86_400_000));
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (in_day / 3_600_000, in_day / 60_000 % 60, in_day / 1000 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", in_day % 1000)
}

/// The Gregorian date `days` after 1970-01-01. Counts in eras of 400 years that begin on the first of March, so that the
/// leap day is the last of its year.
const fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_cedar_reads_them() {
        let cases = [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000Z"),
            (1_700_000_000_123_456, "2023-11-14T22:13:20.123Z"),
            (4_107_542_399_999_000, "2100-02-28T23:59:59.999Z"),
            (-1_000, "1969-12-31T23:59:59.999Z"),
        ];
        for (micros, expected) in cases {
            assert_eq!(written(Timestamp::from_micros(micros)), expected);
        }
    }
}
