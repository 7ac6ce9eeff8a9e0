//! All meters of a gateway: whatever is taken is taken from every limit that applies, or from none.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::amount::Amount;
use super::key::Key;
use super::limit::{Measure, Take};
use super::meter::{Meter, Offer};
use crate::decision::Reason;
use crate::limits::{METER_SWEEP_EVERY, METERS_MAX, METERS_PER_PRINCIPAL_MAX};
use crate::principal::PrincipalId;
use crate::refusal::{Code, Refusal};
use crate::time::Timestamp;

/// The meters, by rule, clause and key. They know nothing of the policy in force: a rule that comes back under the same
/// id with the same clause finds what was taken before.
#[derive(Debug, Default)]
pub struct Meters {
    slots: BTreeMap<Name, Slot>,
    /// How many slots each principal was the first to need.
    shares: BTreeMap<PrincipalId, usize>,
    /// The latest time told: a clock that is set back gives nothing back.
    latest: Timestamp,
    swept: Option<Timestamp>,
}

/// Rule, clause and key.
type Name = (Arc<str>, Arc<str>, Key);

#[derive(Debug)]
struct Slot {
    meter: Meter,
    measure: Measure,
    first: PrincipalId,
}

/// Places among the calls in flight, given back when dropped.
#[derive(Debug, Default)]
#[must_use = "a lease that is dropped gives its places back"]
pub struct Lease(#[expect(dead_code, reason = "held, never read: dropping a share gives its place back")] Vec<Arc<()>>);

/// A limit is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// The rule that limits.
    pub rule: Arc<str>,
    /// The clause that does not allow more.
    pub clause: Arc<str>,
    /// How long until it does.
    pub wait: Wait,
}

/// How long until a limit allows a call that it does not allow now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wait {
    /// Until a call in flight ends.
    Unknown,
    /// So long, if nobody else takes it meanwhile.
    For(Duration),
    /// There are too many meters to begin another.
    Crowded,
    /// It takes more at once than there ever is.
    Never,
}

impl Reached {
    /// What a caller is told.
    #[must_use]
    pub fn refusal(self) -> Refusal {
        let Self { rule, clause, wait } = self;
        let refusal = Refusal::new(Code::LimitReached);
        let (refusal, what) = match wait {
            Wait::For(time) => {
                let refusal = refusal.with_retry_after(time);
                let what = refusal.retry_after.map(|seconds| format!("The next is allowed in {seconds} s."));
                (refusal, what.unwrap_or_default())
            }
            Wait::Unknown => (refusal, "The next is allowed when one of those under way ends.".to_owned()),
            Wait::Crowded => (refusal, "Too many different ones are counted at the moment.".to_owned()),
            Wait::Never => (refusal, "This takes more at once than is ever allowed; waiting does not help.".to_owned()),
        };
        refusal
            .with_reasons(vec![Reason { rule, text: None, remedy: None }])
            .with_detail(format!("The limit is '{clause}'. {what}"))
    }
}

impl Meters {
    /// Takes all of `takes`, or nothing.
    ///
    /// # Errors
    /// The limit that allows it last.
    pub fn take(&mut self, takes: &[Take], now: Timestamp) -> Result<Lease, Reached> {
        self.latest = self.latest.max(now);
        let wanted = together(takes);
        self.make_room(&wanted)?;
        let mut taken = Vec::new();
        let mut reached: Option<Reached> = None;
        for (name, wanted) in wanted {
            match self.offer(&name, &wanted) {
                Offer::Enough(meter) => taken.push((name, wanted, meter)),
                Offer::Short(wait) => {
                    let (rule, clause, _) = name;
                    reached = reached.filter(|worse| worse.wait >= wait).or(Some(Reached { rule, clause, wait }));
                }
            }
        }
        match reached {
            Some(reached) => Err(reached),
            None => Ok(self.commit(taken)),
        }
    }

    /// How many meters there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    fn offer(&self, name: &Name, wanted: &Wanted<'_>) -> Offer {
        let Wanted { take, cost, times } = wanted;
        match self.slots.get(name) {
            Some(slot) => slot.meter.offer(&take.measure, *cost, *times, self.latest),
            None => Meter::new(&take.measure, self.latest).offer(&take.measure, *cost, *times, self.latest),
        }
    }

    fn commit(&mut self, taken: Vec<(Name, Wanted<'_>, Meter)>) -> Lease {
        let mut places = Vec::new();
        for (name, Wanted { take, times, .. }, meter) in taken {
            places.extend(std::iter::repeat_with(|| meter.place()).take(times).flatten());
            match self.slots.get_mut(&name) {
                Some(slot) => slot.meter = meter,
                None => {
                    *self.shares.entry(take.taker.clone()).or_default() += 1;
                    let slot = Slot { meter, measure: take.measure.clone(), first: take.taker.clone() };
                    self.slots.insert(name, slot);
                }
            }
        }
        Lease(places)
    }

    /// Sees that every meter that is missing can be made. Only what is as good as new is ever forgotten, so nobody gets
    /// more by asking for many.
    fn make_room(&mut self, wanted: &BTreeMap<Name, Wanted<'_>>) -> Result<(), Reached> {
        let new: Vec<_> = wanted.iter().filter(|(name, _)| !self.slots.contains_key(*name)).collect();
        let Some(((rule, clause, _), Wanted { take, .. })) = new.first() else { return Ok(()) };
        if !self.has_room(new.len(), &take.taker) {
            self.sweep();
        }
        if self.has_room(new.len(), &take.taker) {
            return Ok(());
        }
        Err(Reached { rule: rule.clone(), clause: clause.clone(), wait: Wait::Crowded })
    }

    fn has_room(&self, new: usize, taker: &PrincipalId) -> bool {
        let share = self.shares.get(taker).copied().unwrap_or_default();
        self.slots.len().saturating_add(new) <= METERS_MAX && share.saturating_add(new) <= METERS_PER_PRINCIPAL_MAX
    }

    fn sweep(&mut self) {
        if self.swept.is_some_and(|swept| self.latest.since(swept) < METER_SWEEP_EVERY) {
            return;
        }
        self.swept = Some(self.latest);
        let (latest, shares) = (self.latest, &mut self.shares);
        self.slots.retain(|_, slot| {
            let keep = !slot.meter.is_recovered(&slot.measure, latest);
            if let (false, Some(share)) = (keep, shares.get_mut(&slot.first)) {
                *share = share.saturating_sub(1);
            }
            keep
        });
        shares.retain(|_, share| *share > 0);
    }
}

/// All that one exchange takes of one meter.
struct Wanted<'a> {
    take: &'a Take,
    cost: Amount,
    times: usize,
}

fn together(takes: &[Take]) -> BTreeMap<Name, Wanted<'_>> {
    let mut wanted: BTreeMap<Name, Wanted<'_>> = BTreeMap::new();
    for take in takes {
        let name = (take.rule.clone(), take.text.clone(), take.key.clone());
        let entry = wanted.entry(name).or_insert(Wanted { take, cost: Amount::default(), times: 0 });
        entry.cost = entry.cost.plus(take.cost);
        entry.times += 1;
    }
    wanted
}
