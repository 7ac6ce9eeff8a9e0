//! The time of day somewhere: a time zone, from data that ships with the program.

use doorward_core::time::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::suggest::nearest;

/// The time zone in which rules read hours and days. UTC unless named otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Default for Zone {
    fn default() -> Self {
        Self(TimeZone::UTC)
    }
}

/// A name that is no time zone's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no time zone \"{name}\"")]
pub struct UnknownZone {
    name: String,
    /// The zone whose name is nearest, when one is near.
    pub nearest: Option<String>,
}

/// A moment as people read it off a clock and a calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LocalTime {
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    /// Monday is 1.
    pub(crate) weekday: i64,
    /// `2026-11-22`
    pub(crate) date: String,
}

impl Zone {
    /// The zone of that name in the IANA database, such as `Europe/Berlin`.
    ///
    /// # Errors
    /// There is none.
    pub fn named(name: &str) -> Result<Self, UnknownZone> {
        let zones = TimeZoneDatabase::bundled();
        zones.get(name).map(Self).map_err(|_| {
            let known: Vec<String> = zones.available().map(|zone| zone.as_str().to_owned()).collect();
            let nearest = nearest(name, known.iter().map(String::as_str)).map(ToOwned::to_owned);
            UnknownZone { name: name.to_owned(), nearest }
        })
    }

    /// Clock and calendar at `at`; `None` for a time no calendar has.
    pub(crate) fn local(&self, at: Timestamp) -> Option<LocalTime> {
        let local = jiff::Timestamp::from_microsecond(at.as_micros()).ok()?.to_zoned(self.0.clone());
        Some(LocalTime {
            hour: local.hour().into(),
            minute: local.minute().into(),
            weekday: local.weekday().to_monday_one_offset().into(),
            date: local.date().to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_show_what_they_show_there() {
        let cases = [
            ("UTC", 1_700_000_000, (22, 13, 2, "2023-11-14")),
            ("Europe/Berlin", 1_700_000_000, (23, 13, 2, "2023-11-14")),
            ("Asia/Kolkata", 1_700_000_000, (3, 43, 3, "2023-11-15")),
            // One minute before and at the end of summer time: the hour comes twice.
            ("Europe/Berlin", 1_761_440_340, (2, 59, 7, "2025-10-26")),
            ("Europe/Berlin", 1_761_440_400, (2, 0, 7, "2025-10-26")),
        ];
        for (zone, seconds, (hour, minute, weekday, date)) in cases {
            let expected = LocalTime { hour, minute, weekday, date: date.to_owned() };
            let at = Timestamp::from_micros(seconds * 1_000_000);
            assert_eq!(Zone::named(zone).unwrap().local(at), Some(expected), "{zone} {seconds}");
        }
        assert_eq!(Zone::default().local(Timestamp::from_micros(i64::MAX)), None);
    }

    #[test]
    fn a_slip_in_a_zones_name_is_advised_on() {
        let error = Zone::named("Europe/Belin").unwrap_err();
        assert_eq!(error.to_string(), "there is no time zone \"Europe/Belin\"");
        assert_eq!(error.nearest.as_deref(), Some("Europe/Berlin"));
        assert_eq!(Zone::named("nowhere").unwrap_err().nearest, None);
    }
}
