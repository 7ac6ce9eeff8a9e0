//! The counts of one principal, over all its contexts: what is spread over contexts is still counted together.
//!
//! Responsible for the windows of 24 hours and 30 days, for what is usual for the principal, and for holding all counts
//! against their bounds. A window is never shorter than it says. What is usual may only raise the bounds of the principal,
//! never those of a context.

use std::collections::BTreeSet;
use std::time::Duration;

use doorward_core::flow::{LedgerRule, LedgerSeen};
use doorward_core::ids::ServerId;
use doorward_core::time::Timestamp;

use super::limits::{BASELINE_CONTEXTS_MAX, PAIRS_MAX};
use super::{Arrival, Bounds, Caps, Ledger, Reckoning, Sending, Tally};

/// What one principal has read and sent over the last 24 hours and 30 days.
#[derive(Debug, Clone)]
pub struct PrincipalLedger {
    day: Window,
    month: Window,
    usual: Vec<Usual>,
    /// Where the next context is noted once all places are taken.
    oldest: usize,
    /// Servers that gave something confidential, with those that were called afterwards.
    pairs: BTreeSet<(ServerId, ServerId)>,
}

/// What one context came to.
#[derive(Debug, Clone, Copy)]
struct Usual {
    steps: u32,
    staged: u32,
    linked: u32,
    sunk: u32,
}

const DAY: Duration = Duration::from_secs(86_400);
const MONTH: Duration = Duration::from_secs(30 * 86_400);

impl PrincipalLedger {
    /// An empty one.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self {
            day: Window::new(now, DAY),
            month: Window::new(now, MONTH),
            usual: Vec::new(),
            oldest: 0,
            pairs: BTreeSet::new(),
        }
    }

    /// Counts what arrived in `context`, before it is passed on.
    pub fn arrived(&mut self, context: &mut Ledger, arrival: &Arrival<'_>, caps: &Caps, now: Timestamp) -> Reckoning {
        context.arrived(arrival, caps.narrow);
        for window in [&mut self.day, &mut self.month] {
            window.turn(now);
            window.ledgers.iter_mut().for_each(|ledger| ledger.arrived(arrival, caps.narrow));
        }
        let tallies = [context.tally(), self.day.at(now).tally(), self.month.at(now).tally()];
        let bounds = self.bounds(caps);
        let mut seen = counts_of(&tallies);
        let has_records = !arrival.records.is_empty();
        for (tally, bounds) in tallies.iter().zip(&bounds) {
            note(
                &mut seen,
                &[
                    (LedgerRule::Steps, has_records && tally.steps >= bounds.steps),
                    (LedgerRule::Staged, has_records && tally.staged >= bounds.staged),
                    (LedgerRule::Linked, tally.linked >= bounds.linked),
                ],
            );
        }
        let [own, ..] = &tallies;
        note(&mut seen, &[(LedgerRule::Wall, own.is_over_the_wall)]);
        let confidential = seen.passed.contains(&LedgerRule::Linked);
        context.is_confidential |= confidential;
        let withheld = |rule: &&LedgerRule| match rule {
            LedgerRule::Steps | LedgerRule::Staged | LedgerRule::Wall => true,
            LedgerRule::Linked | LedgerRule::Sunk | LedgerRule::Pairs | LedgerRule::Bytes => false,
        };
        let withhold = seen.passed.iter().find(withheld).copied();
        Reckoning { seen, withhold, confidential }
    }

    /// What would be counted if the call were let through, and which bounds that passes.
    #[must_use]
    pub fn weigh(&self, context: &Ledger, sending: &Sending<'_>, caps: &Caps, now: Timestamp) -> LedgerSeen {
        let bytes = context.confidential_bytes(sending);
        let ledgers = [context, self.day.at(now), self.month.at(now)];
        let tallies = ledgers.map(|ledger| ledger.tally_with(sending, bytes));
        let bounds = self.bounds(caps);
        let mut seen = counts_of(&tallies);
        let [own, ..] = &tallies;
        for (tally, bounds) in tallies.iter().zip(&bounds) {
            let is_concerned = sending.egress || own.has_records;
            note(
                &mut seen,
                &[
                    (LedgerRule::Steps, is_concerned && tally.steps >= bounds.steps),
                    (LedgerRule::Staged, is_concerned && tally.staged >= bounds.staged),
                    (LedgerRule::Linked, sending.egress && tally.linked >= bounds.linked),
                    (LedgerRule::Sunk, (tally.carries || sending.egress) && tally.sunk >= bounds.sunk),
                    (LedgerRule::Bytes, sending.egress && tally.bytes > bounds.bytes),
                ],
            );
        }
        seen.new_pair = self.is_new_pair(context, sending.server);
        let new_way_out = sending.egress && seen.new_pair;
        note(&mut seen, &[(LedgerRule::Wall, own.is_over_the_wall), (LedgerRule::Pairs, new_way_out)]);
        seen
    }

    /// Counts a call that is let through, before it is sent.
    pub fn sent(&mut self, context: &mut Ledger, sending: &Sending<'_>, now: Timestamp) {
        let bytes = context.confidential_bytes(sending);
        context.sent(sending, bytes);
        for window in [&mut self.day, &mut self.month] {
            window.turn(now);
            window.ledgers.iter_mut().for_each(|ledger| ledger.sent(sending, bytes));
        }
        for source in context.confidential_sources() {
            if self.pairs.len() < PAIRS_MAX && source != sending.server {
                self.pairs.insert((source.clone(), sending.server.clone()));
            }
        }
    }

    /// Takes in that `context` is over: what was usual in it may raise the principal's own bounds. One that passed a bound is
    /// not usual.
    pub fn ended(&mut self, context: &Ledger, caps: &Caps) {
        let tally = context.tally();
        let sunk = context.sunk.len() as u64 + context.sunk_beyond.iter().map(|(_, count)| count).sum::<u64>();
        let Bounds { steps, staged, linked, .. } = caps.context;
        if tally.steps >= steps || tally.staged >= staged || tally.linked >= linked || sunk >= caps.context.sunk {
            return;
        }
        let small = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        let usual = Usual {
            steps: small(tally.steps),
            staged: small(tally.staged),
            linked: small(tally.linked),
            sunk: small(sunk),
        };
        if self.usual.len() < BASELINE_CONTEXTS_MAX {
            self.usual.push(usual);
        } else if let Some(oldest) = self.usual.get_mut(self.oldest) {
            *oldest = usual;
            self.oldest = (self.oldest + 1) % BASELINE_CONTEXTS_MAX;
        }
    }

    /// About how much memory it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let ledgers = self.day.ledgers.iter().chain(&self.month.ledgers);
        size_of::<Self>()
            + ledgers.map(Ledger::bytes).sum::<usize>()
            + self.usual.capacity() * size_of::<Usual>()
            + self.pairs.len() * size_of::<(ServerId, ServerId)>()
    }

    /// The bounds of the context, the day and the month.
    fn bounds(&self, caps: &Caps) -> [Bounds; 3] {
        let mut day = caps.day;
        if self.usual.len() as u64 >= caps.baseline_contexts.max(1) {
            let raised = |of: fn(&Usual) -> u32| u64::from(self.ninety_ninth(of)).saturating_mul(caps.baseline_times);
            day.steps = day.steps.max(raised(|usual| usual.steps));
            day.staged = day.staged.max(raised(|usual| usual.staged));
            day.linked = day.linked.max(raised(|usual| usual.linked));
            day.sunk = day.sunk.max(raised(|usual| usual.sunk));
        }
        [caps.context, day, caps.month]
    }

    fn ninety_ninth(&self, of: fn(&Usual) -> u32) -> u32 {
        let mut counts: Vec<u32> = self.usual.iter().map(of).collect();
        counts.sort_unstable();
        let at = (counts.len() * 99).div_ceil(100).saturating_sub(1);
        counts.get(at).copied().unwrap_or(0)
    }

    fn is_new_pair(&self, context: &Ledger, sink: &ServerId) -> bool {
        let is_new = |source: &ServerId| source != sink && !self.pairs.contains(&(source.clone(), sink.clone()));
        context.confidential_sources().any(is_new) || context.has_untold_sources()
    }
}

/// What was counted over a stretch of time that is never shorter than the window.
///
/// Three ledgers that began half a window apart: the oldest of them has counted for one window to one and a half.
#[derive(Debug, Clone)]
struct Window {
    ledgers: [Ledger; 3],
    began: Timestamp,
    half: Duration,
}

impl Window {
    fn new(now: Timestamp, length: Duration) -> Self {
        Self { ledgers: Default::default(), began: now, half: length / 2 }
    }

    /// Lets go of what lies behind the window.
    fn turn(&mut self, now: Timestamp) {
        let halves = self.halves(now);
        if halves == 0 {
            return;
        }
        let [newest, middle, _] = std::mem::take(&mut self.ledgers);
        self.ledgers = match halves {
            1 => [Ledger::new(), newest, middle],
            2 => [Ledger::new(), Ledger::new(), newest],
            _ => Default::default(),
        };
        self.began = if halves > 2 { now } else { after(self.began, self.half.saturating_mul(halves)) };
    }

    /// The ledger that covers the window.
    fn at(&self, now: Timestamp) -> &Ledger {
        const NOTHING: &Ledger = &Ledger::new();
        let [newest, middle, oldest] = &self.ledgers;
        match self.halves(now) {
            0 => oldest,
            1 => middle,
            2 => newest,
            _ => NOTHING,
        }
    }

    fn halves(&self, now: Timestamp) -> u32 {
        let halves = now.since(self.began).as_micros() / self.half.as_micros().max(1);
        u32::try_from(halves).unwrap_or(u32::MAX)
    }
}

fn after(time: Timestamp, length: Duration) -> Timestamp {
    let micros = i64::try_from(length.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(time.as_micros().saturating_add(micros))
}

/// The counts of the context, or of the day where they are larger.
fn counts_of(tallies: &[Tally; 3]) -> LedgerSeen {
    let [own, day, _] = tallies;
    LedgerSeen {
        records: own.records.max(day.records),
        linked: own.linked.max(day.linked),
        sunk: own.sunk.max(day.sunk),
        bytes: own.bytes.max(day.bytes),
        source: own.has_records,
        new_pair: false,
        passed: Vec::new(),
    }
}

/// Adds the rules that hold and are not there yet.
fn note(seen: &mut LedgerSeen, rules: &[(LedgerRule, bool)]) {
    for (rule, _) in rules.iter().filter(|(_, is_passed)| *is_passed) {
        if !seen.passed.contains(rule) {
            seen.passed.push(*rule);
        }
    }
}

#[cfg(test)]
impl PrincipalLedger {
    /// Lets it be known that data has gone this way before.
    pub(super) fn know_pair(&mut self, source: &str, sink: &str) {
        self.pairs.extend(ServerId::parse(source).ok().zip(ServerId::parse(sink).ok()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(steps: u32) -> Ledger {
        let mut ledger = Ledger::new();
        ledger.counts.steps = u64::from(steps);
        ledger
    }

    #[test]
    fn a_day_follows_what_is_usual_once_there_is_enough_of_it() {
        let caps = Caps::default();
        let mut principal = PrincipalLedger::new(Timestamp::from_micros(0));
        let steps = |principal: &PrincipalLedger| principal.bounds(&caps).map(|bounds| bounds.steps);
        let before = steps(&principal);
        for number in 1..caps.baseline_contexts {
            principal.ended(&context(30), &caps);
            assert_eq!(steps(&principal), before, "after {number}");
        }
        // One that passed a bound is not usual, and is not counted among those either.
        principal.ended(&context(40), &caps);
        assert_eq!(steps(&principal), before);
        principal.ended(&context(30), &caps);
        assert_eq!(steps(&principal), [before[0], 30 * caps.baseline_times, before[2]], "the day's alone");
    }
}
