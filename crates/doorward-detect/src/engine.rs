//! The detectors at work.
//!
//! Responsible for taking events in their order, for keeping what was learned within bounds, and for telling each thing
//! once. It must never decide what follows from an alert.

use std::collections::{BTreeMap, VecDeque};

use doorward_core::guard::Severity;
use doorward_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::alert::{Alert, AlertId, Numbers, Verdict};
use crate::baseline::{Chosen, Mark, PrincipalBaseline, ToolBaseline, Wide};
use crate::calibration::Calibration;
use crate::catalogue::{DetectorId, Kind};
use crate::event::{Event, PrincipalKey};
use crate::evidence::{self, FalseDiscoveries};
use crate::invariants;
use crate::limits::{OPEN_ALERTS_MAX, PRINCIPAL_BASELINES_MAX, RECORDS_MAX, TOOL_BASELINES_MAX};
use crate::measure::{Measure, OF_PRINCIPAL, OF_TOOL, Reading};
use crate::settings::Settings;
use crate::shelf::Shelf;

mod restore;
mod sentence;

pub use restore::{RestoreError, SNAPSHOT_VERSION, Snapshot};

/// All detectors with their baselines.
#[derive(Debug, Clone)]
pub struct Detector {
    settings: Settings,
    tools: Shelf<(u64, u64), ToolBaseline>,
    principals: Shelf<u64, PrincipalBaseline>,
    everyone: Wide,
    control: FalseDiscoveries,
    next_alert: u64,
    open: VecDeque<Open>,
    /// When each kind of alert was last told, of a principal and tool.
    told: BTreeMap<(DetectorId, u64, u64), Timestamp>,
}

/// An alert that waits for a word, and what it keeps from learning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Open {
    id: AlertId,
    principal: PrincipalKey,
    tool: u64,
    is_statistical: bool,
    /// The scores behind it, by the place of their measure.
    of_tool: [f32; OF_TOOL],
    of_principal: [f32; OF_PRINCIPAL],
}

impl Detector {
    /// Detectors that have seen nothing yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            tools: Shelf::new(TOOL_BASELINES_MAX),
            principals: Shelf::new(PRINCIPAL_BASELINES_MAX),
            everyone: Wide::default(),
            control: FalseDiscoveries::new(),
            next_alert: 1,
            open: VecDeque::new(),
            told: BTreeMap::new(),
        }
    }

    /// Takes the next event; what is to be told of it.
    pub fn take(&mut self, event: &Event) -> Vec<Alert> {
        let principal = self.principals.take(event.principal.0);
        let sightings = invariants::look(event, principal, &self.everyone, &self.settings);
        let mut alerts: Vec<Alert> =
            sightings.into_iter().filter_map(|sighting| self.tell_invariant(event, sighting)).collect();
        if event.is_use() {
            alerts.extend(self.measure(event));
            let principal = self.principals.take(event.principal.0);
            invariants::remember(event, &mut principal.wide.known);
            invariants::remember(event, &mut self.everyone.known);
        }
        alerts
    }

    /// An operator has looked at an alert: what it kept from learning learns again. `false` when no such alert waits.
    pub fn acknowledge(&mut self, id: AlertId, verdict: Verdict) -> bool {
        let Some(at) = self.open.iter().position(|open| open.id == id) else { return false };
        if let Some(open) = self.open.remove(at) {
            self.release(&open, verdict);
        }
        true
    }

    /// The alerts that wait for a word.
    pub fn open_alerts(&self) -> impl Iterator<Item = AlertId> {
        self.open.iter().map(|open| open.id)
    }

    /// How many baselines there are, of tools and of principals.
    #[must_use]
    pub fn baselines(&self) -> (usize, usize) {
        (self.tools.len(), self.principals.len())
    }

    /// Puts the event into the burst of its principal, and judges the burst.
    fn measure(&mut self, event: &Event) -> Option<Alert> {
        let tool_key = event.tool_key();
        let principal = self.principals.take(event.principal.0);
        let tool = self.tools.take((event.principal.0, tool_key));
        if principal.begins(event.at, self.settings.burst_gap()) {
            principal.turn(event.at, &mut self.everyone);
            self.control.begin(self.settings.period_bursts);
        }
        tool.turn(principal, &mut self.everyone);

        let PrincipalBaseline { wide, burst, .. } = &mut *principal;
        let usual = if wide.is_warm() { &*wide } else { &self.everyone };
        let step = burst.take(event, &usual.known, usual.events, &usual.models);

        let ToolBaseline { models: own, calibrations, burst: in_tool, .. } = &mut *tool;
        let models = Chosen::from([own, &wide.tool_models, &self.everyone.tool_models]);
        in_tool.take(event, step.run, models);
        let readings = with_pace(models.read(in_tool), usual.models.pace(burst));
        let windows = [&*calibrations, &wide.tool_calibrations, &self.everyone.tool_calibrations];
        raise(Measure::OF_TOOL, &mut in_tool.marks, readings, &self.settings, |side| ready(windows, side));

        let readings = usual.models.read(burst);
        let windows = |side| ready([&wide.calibrations, &self.everyone.calibrations], side);
        raise(Measure::OF_PRINCIPAL, &mut burst.marks, readings, &self.settings, windows);
        let many = together(&in_tool.marks, &burst.marks);
        raise(Measure::OF_PRINCIPAL, &mut burst.marks, many, &self.settings, windows);

        if let Some((mark, e)) = self.alarm(event) {
            return Some(self.tell_unusual(event, mark, e));
        }
        self.follow(event);
        self.learn(event, &step);
        None
    }

    /// Whether the burst so far is an alarm: its strongest mark, and what all marks together are worth.
    fn alarm(&self, event: &Event) -> Option<((Measure, Mark), f64)> {
        let principal = self.principals.peek(event.principal.0)?;
        let tool = self.tools.peek((event.principal.0, event.tool_key()))?;
        if principal.is_alarmed() {
            return None;
        }
        let marks = || {
            let of_tool = Measure::OF_TOOL.into_iter().zip(tool.burst.marks);
            of_tool.chain(Measure::OF_PRINCIPAL.into_iter().zip(principal.burst.marks))
        };
        let on = marks().filter(|(measure, _)| self.settings.is_on(measure.detector()));
        let e = evidence::merge(on.map(|(measure, mark)| (evidence::e_of(mark.p), measure.weight())));
        if e < self.control.bar(self.settings.allowed_share(), self.settings.period_bursts) {
            return None;
        }
        let strongest = marks().min_by(|(_, left), (_, right)| left.p.total_cmp(&right.p))?;
        Some((strongest, e))
    }

    /// The burst has its alarm; nothing of it is learned, and nothing more until somebody has looked.
    fn tell_unusual(&mut self, event: &Event, (measure, mark): (Measure, Mark), e: f64) -> Alert {
        self.control.count();
        let key = (event.principal.0, event.tool_key());
        let (mut numbers, mut records, mut nearest) = (Vec::new(), Vec::new(), None);
        if let Some(principal) = self.principals.peek_mut(key.0) {
            principal.raise_alarm();
            principal.wide.calibrations.iter_mut().for_each(Calibration::drop_pending);
            records = principal.burst.records.iter().copied().collect();
            numbers.extend(Measure::OF_PRINCIPAL.into_iter().zip(principal.burst.marks));
        }
        if let Some(tool) = self.tools.peek_mut(key) {
            tool.calibrations.iter_mut().for_each(Calibration::drop_pending);
            nearest = tool.normal.nearest(event);
            numbers.extend(Measure::OF_TOOL.into_iter().zip(tool.burst.marks));
        }
        numbers.retain(|(other, mark)| *other != measure && *other != Measure::ManySigns && mark.p < 0.05);
        numbers.sort_by(|(_, left), (_, right)| left.p.total_cmp(&right.p));
        let also: Vec<_> = numbers.into_iter().take(2).collect();
        let sentence = sentence::of(event, measure, &mark, &also);
        let figures = |(measure, mark): (Measure, Mark)| Numbers {
            detector: measure.detector(),
            observed: mark.reading.observed,
            expected: mark.reading.expected,
            p: mark.p,
            e: evidence::e_of(mark.p),
        };
        let alert = Alert {
            id: self.number(),
            detector: measure.detector(),
            at: event.at,
            principal: event.principal,
            who: event.who.clone(),
            server: event.server.clone(),
            tool: event.item.clone(),
            severity: Severity::Medium,
            sentence,
            numbers: Some(Numbers { e, ..figures((measure, mark)) }),
            also: also.into_iter().map(figures).collect(),
            nearest_normal: nearest,
            records,
        };
        self.hold(&alert, event.tool_key());
        alert
    }

    fn tell_invariant(&mut self, event: &Event, sighting: invariants::Sighting) -> Option<Alert> {
        let key = (sighting.detector, event.principal.0, event.tool_key());
        if self.told.get(&key).is_some_and(|last| event.at.since(*last) < self.settings.quiet()) {
            return None;
        }
        if self.told.len() >= OPEN_ALERTS_MAX {
            let quiet = self.settings.quiet();
            self.told.retain(|_, last| event.at.since(*last) < quiet);
        }
        if self.told.len() >= OPEN_ALERTS_MAX {
            self.told.pop_first();
        }
        self.told.insert(key, event.at);
        let mut records = sighting.before;
        records.truncate(RECORDS_MAX - 1);
        records.push(event.exchange);
        let nearest =
            self.tools.peek((event.principal.0, event.tool_key())).and_then(|tool| tool.normal.nearest(event));
        let alert = Alert {
            id: self.number(),
            detector: sighting.detector,
            at: event.at,
            principal: event.principal,
            who: event.who.clone(),
            server: event.server.clone(),
            tool: event.item.clone(),
            severity: sighting.severity,
            sentence: sighting.sentence,
            numbers: None,
            also: Vec::new(),
            nearest_normal: nearest,
            records,
        };
        if is_about_behaviour(sighting.detector) {
            self.hold(&alert, event.tool_key());
        }
        Some(alert)
    }

    fn number(&mut self) -> AlertId {
        let id = AlertId(self.next_alert);
        self.next_alert = self.next_alert.saturating_add(1);
        id
    }

    /// Nothing is learned of the principal and the tool until the alert is acknowledged.
    fn hold(&mut self, alert: &Alert, tool: u64) {
        if self.open.len() >= OPEN_ALERTS_MAX
            && let Some(oldest) = self.open.pop_front()
        {
            self.release(&oldest, Verdict::Harmful);
        }
        let mut open = Open {
            id: alert.id,
            principal: alert.principal,
            tool,
            is_statistical: alert.numbers.is_some(),
            of_tool: [0.0; OF_TOOL],
            of_principal: [0.0; OF_PRINCIPAL],
        };
        if let Some(baseline) = self.principals.peek_mut(alert.principal.0) {
            baseline.holds = baseline.holds.saturating_add(1);
            open.of_principal = baseline.burst.marks.map(score);
        }
        if let Some(baseline) = self.tools.peek_mut((alert.principal.0, tool)) {
            baseline.holds = baseline.holds.saturating_add(1);
            open.of_tool = baseline.burst.marks.map(score);
        }
        self.open.push_back(open);
    }

    /// What an alert is about goes on: how far it goes belongs to what may be called expected.
    fn follow(&mut self, event: &Event) {
        let key = (event.principal.0, event.tool_key());
        let (Some(principal), Some(tool)) = (self.principals.peek(key.0), self.tools.peek(key)) else { return };
        if !principal.is_alarmed() {
            return;
        }
        if let Some(open) = self.open.iter_mut().rev().find(|open| (open.principal.0, open.tool) == key) {
            open.of_principal = principal.burst.marks.map(score);
            open.of_tool = tool.burst.marks.map(score);
        }
    }

    fn release(&mut self, open: &Open, verdict: Verdict) {
        if verdict == Verdict::Expected && open.is_statistical {
            self.control.uncount();
        }
        if let Some(principal) = self.principals.peek_mut(open.principal.0) {
            principal.holds = principal.holds.saturating_sub(1);
            settle(verdict, &mut principal.wide.calibrations, &open.of_principal);
            settle(verdict, &mut principal.wide.tool_calibrations, &open.of_tool);
        }
        if let Some(tool) = self.tools.peek_mut((open.principal.0, open.tool)) {
            tool.holds = tool.holds.saturating_sub(1);
            settle(verdict, &mut tool.calibrations, &open.of_tool);
        }
    }

    fn learn(&mut self, event: &Event, step: &crate::statistical::sequence::Step) {
        let Some(principal) = self.principals.peek_mut(event.principal.0) else { return };
        let Some(tool) = self.tools.peek_mut((event.principal.0, event.tool_key())) else { return };
        if !principal.is_learning() {
            return;
        }
        for wide in [&mut principal.wide, &mut self.everyone] {
            wide.since = wide.since.or(Some(invariants::day(event.at)));
            wide.events = wide.events.saturating_add(1);
            wide.tool_models.learn(event);
            wide.models.sequence.learn(step);
        }
        if tool.holds == 0 {
            tool.learn(event);
        }
    }
}

/// What was expected counts as usual from now on.
fn settle<const N: usize>(verdict: Verdict, calibrations: &mut [Calibration; N], scores: &[f32; N]) {
    match verdict {
        Verdict::Expected => {
            calibrations.iter_mut().zip(scores).for_each(|(one, score)| one.accept(f64::from(*score)));
        }
        Verdict::Harmful => {}
    }
}

#[expect(clippy::cast_possible_truncation, reason = "scores are kept in quarters")]
fn score(mark: Mark) -> f32 {
    mark.reading.score as f32
}

/// Whether an alert says that its principal does something else than usual.
fn is_about_behaviour(detector: DetectorId) -> bool {
    match detector.kind() {
        Kind::Statistical => true,
        Kind::Invariant => {
            !matches!(detector, DetectorId::DefinitionDrift | DetectorId::ResultMismatch | DetectorId::ArgumentMismatch)
        }
    }
}

/// The window of the narrowest baseline that has one.
fn ready<const N: usize, const M: usize>(windows: [&[Calibration; M]; N], side: usize) -> Option<&Calibration> {
    windows.into_iter().filter_map(|window| window.get(side)).find(|window| window.is_ready())
}

/// Raises the marks to `readings`, where they are higher.
fn raise<'a, const N: usize>(
    measures: [Measure; N],
    marks: &mut [Mark; N],
    readings: [Reading; N],
    settings: &Settings,
    window: impl Fn(usize) -> Option<&'a Calibration>,
) {
    for (side, ((measure, mark), reading)) in measures.into_iter().zip(marks).zip(readings).enumerate() {
        let is_on = settings.is_on(measure.detector());
        let rarity = |score| window(side).filter(|_| is_on).map_or(1.0, |window| window.p(score, measure.least_tail()));
        mark.raise(reading, rarity);
    }
}

/// The same with the pace over all tools, where that is the less usual one.
fn with_pace(mut readings: [Reading; OF_TOOL], [rush, rate]: [Reading; 2]) -> [Reading; OF_TOOL] {
    for (measure, reading) in Measure::OF_TOOL.into_iter().zip(&mut readings) {
        let wider = match measure {
            Measure::Rush => rush,
            Measure::Rate => rate,
            Measure::BytesOut
            | Measure::Items
            | Measure::ResultSize
            | Measure::Beacon
            | Measure::NewTools
            | Measure::Sequence
            | Measure::Reach
            | Measure::Refusals
            | Measure::ManySigns => continue,
        };
        if wider.score > reading.score {
            *reading = wider;
        }
    }
    readings
}

/// A mark counts among others for the bits beyond these: about one burst in thirty has so many.
const SIGN_BITS: f64 = 5.0;

/// What the marks say together, as a reading of `many-signs`: the sum of their bits.
fn together(of_tool: &[Mark; OF_TOOL], of_principal: &[Mark; OF_PRINCIPAL]) -> [Reading; OF_PRINCIPAL] {
    let principal = Measure::OF_PRINCIPAL.into_iter().zip(of_principal);
    let others = principal.filter(|(measure, _)| *measure != Measure::ManySigns).map(|(_, mark)| mark);
    let score = of_tool.iter().chain(others).map(|mark| (mark.bits() - SIGN_BITS).max(0.0)).sum();
    Measure::OF_PRINCIPAL.map(|measure| match measure {
        Measure::ManySigns => Reading { score, observed: score, expected: 0.0 },
        Measure::Rush
        | Measure::Rate
        | Measure::BytesOut
        | Measure::Items
        | Measure::ResultSize
        | Measure::Beacon
        | Measure::NewTools
        | Measure::Sequence
        | Measure::Reach
        | Measure::Refusals => Reading::default(),
    })
}

#[cfg(test)]
pub(crate) mod tests;
