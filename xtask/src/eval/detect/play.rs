//! Plays work and attacks before the detectors, and counts.

use std::collections::BTreeMap;

use doorward_core::time::Timestamp;
use doorward_detect::alert::{Alert, AlertId, Verdict};
use doorward_detect::catalogue::DetectorId;
use doorward_detect::engine::Detector;
use doorward_detect::event::Event;
use doorward_detect::settings::Settings;

use super::attack::{self, Kind};
use super::chance::Chance;
use super::work::{self, WORKERS};
use crate::eval::tally::Share;

/// An operator looks at an alert after so many hours.
const LOOKS_AFTER_HOURS: i64 = 2;

/// Attacks begin at so many moments of each seed, in the last half of its days.
const MOMENTS: usize = 12;

/// What came of one or more seeds.
#[derive(Debug, Clone, Default)]
pub(super) struct Counts {
    /// Benign calls and the alerts of them.
    pub(super) calls: u64,
    pub(super) alarms: BTreeMap<DetectorId, u32>,
    /// By kind: attacks, those that were seen within ten calls, and the calls it took them.
    pub(super) attacks: BTreeMap<Kind, Attacks>,
    /// Nanoseconds for one benign event.
    pub(super) nanos: f64,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Attacks {
    pub(super) all: u32,
    pub(super) seen: u32,
    /// Calls that it took, over all that were seen.
    calls: u64,
    /// What saw them.
    pub(super) by: BTreeMap<DetectorId, u32>,
}

impl Attacks {
    /// Calls that it took to see one.
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    pub(super) fn took(&self) -> f64 {
        self.calls as f64 / f64::from(self.seen.max(1))
    }
}

impl Counts {
    pub(super) fn false_alarms(&self) -> u32 {
        self.alarms.values().sum()
    }

    /// Alerts in benign calls.
    pub(super) fn alarms_share(&self) -> Option<Share> {
        Share::of(self.false_alarms(), u32::try_from(self.calls).unwrap_or(u32::MAX))
    }

    pub(super) fn alarms_per_10000(&self) -> f64 {
        self.alarms_share().map_or(0.0, |share| share.value * 10_000.0)
    }

    /// The share of all attacks that were seen.
    pub(super) fn seen(&self) -> Option<Share> {
        let sum = |of: fn(&Attacks) -> u32| self.attacks.values().map(of).sum();
        Share::of(sum(|one| one.seen), sum(|one| one.all))
    }
}

/// One operator with the detectors.
#[derive(Clone)]
struct Desk {
    detector: Detector,
    waiting: Vec<(Timestamp, AlertId)>,
}

impl Desk {
    fn take(&mut self, event: &Event) -> Vec<Alert> {
        let looks = |at: Timestamp| event.at.as_micros() - at.as_micros() > LOOKS_AFTER_HOURS * 3_600_000_000;
        for (_, id) in self.waiting.extract_if(.., |(at, _)| looks(*at)) {
            self.detector.acknowledge(id, Verdict::Expected);
        }
        let alerts = self.detector.take(event);
        self.waiting.extend(alerts.iter().map(|alert| (event.at, alert.id)));
        alerts
    }
}

/// Plays one seed over so many days, and adds to `counts`.
pub(super) fn seed(seed: u64, days: usize, counts: &mut Counts, on_alert: &mut dyn FnMut(&Alert)) {
    let work = work::play(seed, days);
    let mut chance = Chance::new(seed ^ 0xa77a_c4ed);
    let mut moments: Vec<usize> = (0..MOMENTS).map(|_| chance.within(work.len() / 2, work.len())).collect();
    moments.sort_unstable();
    let mut moments = moments.into_iter().peekable();
    let mut desk = Desk { detector: Detector::new(Settings::default()), waiting: Vec::new() };
    let begun = std::time::Instant::now();
    let mut away = std::time::Duration::ZERO;
    for (place, event) in work.iter().enumerate() {
        for alert in desk.take(event) {
            on_alert(&alert);
            *counts.alarms.entry(alert.detector).or_default() += 1;
        }
        if moments.next_if(|moment| *moment <= place).is_some() {
            let left = std::time::Instant::now();
            let rest = work.get(place + 1..).unwrap_or_default();
            attacks(&desk, event.at, rest, &mut chance, counts);
            away += left.elapsed();
        }
    }
    counts.calls += work.len() as u64;
    let nanos = (begun.elapsed() - away).as_secs_f64() * 1e9 / work.len().max(1) as f64;
    counts.nanos = if counts.nanos > 0.0 { counts.nanos.min(nanos) } else { nanos };
}

/// Each kind of attack by each worker, from here on, while work goes on.
fn attacks(desk: &Desk, from: Timestamp, rest: &[Event], chance: &mut Chance, counts: &mut Counts) {
    for kind in Kind::ALL {
        for worker in WORKERS {
            let begin = from.as_micros() as f64 + chance.between(1e6, 2e9);
            let calls = attack::play(kind, worker, begin, chance);
            let tally = counts.attacks.entry(kind).or_default();
            tally.all += 1;
            if let Some((took, alert)) = seen(desk.clone(), &calls, rest) {
                tally.seen += 1;
                tally.calls += took;
                *tally.by.entry(alert.detector).or_default() += 1;
            }
        }
    }
}

/// After how many of the attack's calls an alert of its principal came, and which.
fn seen(mut desk: Desk, calls: &[Event], rest: &[Event]) -> Option<(u64, Alert)> {
    let (first, last) = (calls.first()?, calls.last()?);
    let mut others = rest.iter().peekable();
    // Until the attack begins, work goes on.
    while let Some(event) = others.next_if(|event| event.at < first.at) {
        desk.take(event);
    }
    for (place, call) in calls.iter().enumerate() {
        while let Some(event) = others.next_if(|event| event.at < call.at && event.at < last.at) {
            let alerts = desk.take(event);
            if let Some(alert) = alerts.into_iter().find(|alert| alert.principal == call.principal) {
                return Some((place as u64, alert));
            }
        }
        if let Some(alert) = desk.take(call).into_iter().next() {
            return Some((place as u64 + 1, alert));
        }
    }
    None
}
