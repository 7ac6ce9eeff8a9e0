//! The counts themselves, in rings of short spans.

use std::collections::{BTreeMap, VecDeque};

use super::counter::{Counter, Whose};
use crate::limits::{COUNTER_SPANS, COUNTS_MAX};
use crate::principal::Principal;
use crate::record::Record;
use crate::time::Timestamp;

/// Every count of every counter. A counter that a reload leaves as it was keeps its counts.
#[derive(Debug, Default)]
pub struct Counters {
    counters: BTreeMap<Counter, Counts>,
    kept: usize,
    latest: Timestamp,
}

#[derive(Debug, Default)]
struct Counts {
    rings: BTreeMap<Whose, Ring>,
    /// Until when somebody's events may be missing for want of room.
    incomplete_until: Option<Timestamp>,
}

/// Events by the number of the span they fell in, oldest first.
#[derive(Debug, Default)]
struct Ring(VecDeque<(i64, u64)>);

impl Counters {
    /// Counts these from now on, and nothing else.
    pub fn declare<'a>(&mut self, counters: impl IntoIterator<Item = &'a Counter>) {
        let mut before = std::mem::take(&mut self.counters);
        for counter in counters {
            self.counters.insert(counter.clone(), before.remove(counter).unwrap_or_default());
        }
        self.kept = self.counters.values().map(|counts| counts.rings.len()).sum();
    }

    /// Counts what a record tells.
    pub fn recorded(&mut self, record: &Record) {
        self.latest = self.latest.max(record.at);
        let (latest, kept) = (self.latest, &mut self.kept);
        for (counter, counts) in self.counters.iter_mut().filter(|(counter, _)| counter.counts(record)) {
            let whose = counter.whose(&record.principal);
            if !counts.rings.contains_key(&whose) && *kept >= COUNTS_MAX {
                *kept -= counts.forget_past(counter, latest);
            }
            if !counts.rings.contains_key(&whose) {
                if *kept >= COUNTS_MAX {
                    counts.incomplete_until = Some(later(latest, counter));
                    continue;
                }
                *kept += 1;
            }
            counts.rings.entry(whose).or_default().add(span(counter, latest), oldest(counter, latest));
        }
    }

    /// How high `principal`'s count of the counter of that name is; `None` when nobody can say.
    #[must_use]
    pub fn count(&self, name: &str, principal: &Principal, now: Timestamp) -> Option<u64> {
        let (counter, counts) = self.counters.iter().find(|(counter, _)| counter.name.as_ref() == name)?;
        let now = self.latest.max(now);
        if counts.incomplete_until.is_some_and(|until| until >= now) {
            return None;
        }
        let ring = counts.rings.get(&counter.whose(principal));
        Some(ring.map_or(0, |ring| ring.since(oldest(counter, now))))
    }
}

impl Counts {
    /// Forgets whom nothing happened to lately; how many those were.
    fn forget_past(&mut self, counter: &Counter, now: Timestamp) -> usize {
        let before = self.rings.len();
        self.rings.retain(|_, ring| ring.since(oldest(counter, now)) > 0);
        before - self.rings.len()
    }
}

impl Ring {
    fn add(&mut self, span: i64, oldest: i64) {
        while self.0.front().is_some_and(|(of, _)| *of < oldest) {
            self.0.pop_front();
        }
        match self.0.back_mut() {
            Some((of, count)) if *of == span => *count = count.saturating_add(1),
            Some(_) | None => self.0.push_back((span, 1)),
        }
    }

    fn since(&self, oldest: i64) -> u64 {
        self.0.iter().filter(|(of, _)| *of >= oldest).map(|(_, count)| count).sum()
    }
}

fn width(counter: &Counter) -> i64 {
    let micros = i64::try_from(counter.within.as_micros()).unwrap_or(i64::MAX);
    (micros / COUNTER_SPANS).max(1)
}

fn span(counter: &Counter, at: Timestamp) -> i64 {
    at.as_micros().div_euclid(width(counter))
}

/// The oldest span that still counts: the one that holds the moment `within` ago counts whole.
fn oldest(counter: &Counter, now: Timestamp) -> i64 {
    let within = i64::try_from(counter.within.as_micros()).unwrap_or(i64::MAX);
    now.as_micros().saturating_sub(within).div_euclid(width(counter))
}

fn later(now: Timestamp, counter: &Counter) -> Timestamp {
    let within = i64::try_from(counter.within.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(now.as_micros().saturating_add(within))
}
