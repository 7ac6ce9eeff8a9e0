//! One meter: what is left for one key of one clause.

use std::sync::Arc;
use std::time::Duration;

use super::amount::Amount;
use super::limit::Measure;
use super::meters::Wait;
use crate::time::Timestamp;

/// What was taken so far.
#[derive(Debug)]
pub(super) enum Meter {
    /// A bucket that runs empty by `most` in every period. Its content is kept times the period in microseconds, so that
    /// running empty is exact in integers.
    Flow { content: u128, at: Timestamp },
    /// What was taken of the period with this number.
    Window { period: i64, used: Amount },
    /// A place for each call in flight: every lease holds a share, and what remains is our own.
    AtOnce { places: Arc<()> },
}

/// What taking would come to.
pub(super) enum Offer {
    /// There is enough: the meter once it is taken.
    Enough(Meter),
    /// There is not.
    Short(Wait),
}

impl Meter {
    pub(super) fn new(measure: &Measure, now: Timestamp) -> Self {
        match measure {
            Measure::Flow { .. } => Self::Flow { content: 0, at: now },
            Measure::Window { per, .. } => Self::Window { period: period(now, *per), used: Amount::default() },
            Measure::AtOnce { .. } => Self::AtOnce { places: Arc::new(()) },
        }
    }

    /// What it would be after `cost` more. `times` is how many places in flight that takes.
    pub(super) fn offer(&self, measure: &Measure, cost: Amount, times: usize, now: Timestamp) -> Offer {
        match (self, measure) {
            (Self::Flow { content, at }, Measure::Flow { most, per, burst, .. }) => {
                let left = drained(*content, *most, now.since(*at));
                let needed = left.saturating_add(cost.billionths().saturating_mul(per.as_micros()));
                let room = burst.billionths().saturating_mul(per.as_micros());
                match needed.checked_sub(room) {
                    None | Some(0) => Offer::Enough(Self::Flow { content: needed, at: now }),
                    Some(_) if cost > *burst => Offer::Short(Wait::Never),
                    Some(over) => Offer::Short(wait(over.div_ceil(most.billionths().max(1)))),
                }
            }
            (Self::Window { period: of, used }, Measure::Window { most, per, .. }) => {
                let present = period(now, *per).max(*of);
                let used = if present == *of { *used } else { Amount::default() };
                let sum = used.plus(cost);
                if sum <= *most {
                    return Offer::Enough(Self::Window { period: present, used: sum });
                }
                Offer::Short(if cost > *most { Wait::Never } else { until_next(present, now, *per) })
            }
            (Self::AtOnce { places }, Measure::AtOnce { most }) => {
                let most = usize::try_from(*most).unwrap_or(usize::MAX);
                if (Arc::strong_count(places) - 1).saturating_add(times) <= most {
                    Offer::Enough(Self::AtOnce { places: places.clone() })
                } else {
                    Offer::Short(if times > most { Wait::Never } else { Wait::Unknown })
                }
            }
            // INVARIANT: the text of a clause names its meters, so a meter never meets another clause's measure.
            (Self::Flow { .. } | Self::Window { .. } | Self::AtOnce { .. }, _) => Offer::Short(Wait::Never),
        }
    }

    /// Whether it is as good as new, so that forgetting it gives nothing away.
    pub(super) fn is_recovered(&self, measure: &Measure, now: Timestamp) -> bool {
        match (self, measure) {
            (Self::Flow { content, at }, Measure::Flow { most, .. }) => drained(*content, *most, now.since(*at)) == 0,
            (Self::Window { period: of, .. }, Measure::Window { per, .. }) => period(now, *per) > *of,
            (Self::AtOnce { places }, Measure::AtOnce { .. }) => Arc::strong_count(places) == 1,
            (Self::Flow { .. } | Self::Window { .. } | Self::AtOnce { .. }, _) => false,
        }
    }

    /// A place in flight, where it has any.
    pub(super) fn place(&self) -> Option<Arc<()>> {
        match self {
            Self::AtOnce { places } => Some(places.clone()),
            Self::Flow { .. } | Self::Window { .. } => None,
        }
    }
}

fn drained(content: u128, most: Amount, elapsed: Duration) -> u128 {
    content.saturating_sub(most.billionths().saturating_mul(elapsed.as_micros()))
}

fn period(at: Timestamp, per: Duration) -> i64 {
    at.as_micros().div_euclid(micros(per))
}

fn until_next(present: i64, now: Timestamp, per: Duration) -> Wait {
    let next = present.saturating_add(1).saturating_mul(micros(per));
    Wait::For(Timestamp::from_micros(next).since(now))
}

fn micros(per: Duration) -> i64 {
    i64::try_from(per.as_micros()).unwrap_or(i64::MAX).max(1)
}

fn wait(micros: u128) -> Wait {
    Wait::For(Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX)))
}
