//! What is usual: of one principal and tool, of one principal, of everyone.
//!
//! Responsible for holding what the statistical detectors have learned, and what they know of the burst that goes on.
//! Observations are always of one principal and tool, or of one principal; wider baselines learn from the same
//! observations, so that they can stand in for a narrower one that is cold.

use std::collections::VecDeque;

use doorward_core::ids::ExchangeId;
use doorward_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::calibration::Calibration;
use crate::event::Event;
use crate::key;
use crate::known::Known;
use crate::limits::{BURST_CALLS_MAX, BURST_SECONDS_MAX, BURSTS_MIN, EVENTS_MIN, HISTORY_DAYS_MIN, RECORDS_MAX};
use crate::measure::{Measure, OF_PRINCIPAL, OF_TOOL, Reading};
use crate::statistical::{beacon, bytes_out, fan_out, new_tools, rate, refusals, result_size, sequence};

mod normal;

pub(crate) use normal::Normal;

/// Of one principal and tool.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ToolBaseline {
    pub(crate) events: u32,
    /// Alerts that wait for a word: while there are any, nothing is learned.
    pub(crate) holds: u16,
    pub(crate) models: ToolModels,
    pub(crate) calibrations: [Calibration; OF_TOOL],
    pub(crate) normal: Normal,
    #[serde(skip)]
    pub(crate) burst: ToolBurst,
}

/// Of one principal.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct PrincipalBaseline {
    pub(crate) holds: u16,
    pub(crate) wide: Wide,
    #[serde(skip)]
    pub(crate) burst: Burst,
    /// The last burst that got its alarm: nothing more is told of it, and nothing of it is learned.
    #[serde(skip)]
    alarmed: u32,
    #[serde(skip)]
    pub(crate) trail: crate::invariants::Trail,
}

/// What stands in where there is nothing narrower: of one principal over all tools, or of everyone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Wide {
    pub(crate) events: u32,
    /// The day of the first event.
    pub(crate) since: Option<u16>,
    pub(crate) tool_models: ToolModels,
    pub(crate) tool_calibrations: [Calibration; OF_TOOL],
    pub(crate) known: Known,
    pub(crate) models: PrincipalModels,
    pub(crate) calibrations: [Calibration; OF_PRINCIPAL],
}

/// What the detectors of one principal and tool learn.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ToolModels {
    rush: rate::Model,
    rate: rate::Model,
    bytes_out: bytes_out::Model,
    items: fan_out::RunModel,
    sizes: result_size::Sketch,
}

/// What the detectors of one principal learn.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct PrincipalModels {
    pub(crate) sequence: sequence::Model,
    rush: rate::Model,
    rate: rate::Model,
    servers: rate::Model,
    tools: rate::Model,
    refusals: refusals::Model,
}

/// One tool in the burst that goes on.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ToolBurst {
    number: u32,
    rush: rate::Pace,
    pace: rate::Pace,
    bytes_out: bytes_out::Sum,
    items: fan_out::Run,
    sizes: result_size::Sum,
    beats: beacon::Beats,
    pub(crate) marks: [Mark; OF_TOOL],
}

/// One principal's burst that goes on.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Burst {
    number: u32,
    began: Timestamp,
    last: Timestamp,
    calls: usize,
    new: new_tools::New,
    rush: rate::Pace,
    pace: rate::Pace,
    threads: sequence::Threads,
    servers: fan_out::Different,
    tools: fan_out::Different,
    refused: refusals::Refused,
    pub(crate) marks: [Mark; OF_PRINCIPAL],
    pub(crate) records: VecDeque<ExchangeId>,
}

/// The highest that a measure has been in a burst, and how rare that is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Mark {
    pub(crate) reading: Reading,
    pub(crate) p: f64,
}

impl Default for Mark {
    fn default() -> Self {
        Self { reading: Reading::default(), p: 1.0 }
    }
}

impl Mark {
    /// Takes `reading` if it is higher; `rarity` says how rare a score is.
    pub(crate) fn raise(&mut self, reading: Reading, rarity: impl FnOnce(f64) -> f64) {
        if reading.score > self.reading.score {
            *self = Self { reading, p: rarity(reading.score).min(self.p) };
        }
    }

    pub(crate) fn bits(&self) -> f64 {
        -self.p.log2()
    }
}

impl Wide {
    /// Whether it knows enough to be asked.
    pub(crate) const fn is_warm(&self) -> bool {
        self.events >= EVENTS_MIN && self.models.rush.bursts() >= BURSTS_MIN
    }

    /// Whether it has been there long enough for what is not in it to be new, at `at`.
    pub(crate) fn has_history(&self, today: u16) -> bool {
        self.events >= EVENTS_MIN && self.since.is_some_and(|since| today >= since.saturating_add(HISTORY_DAYS_MIN))
    }

    pub(crate) fn is_bounded(&self) -> bool {
        let windows = || self.tool_calibrations.iter().chain(&self.calibrations);
        windows().all(Calibration::is_bounded)
            && self.known.is_bounded()
            && self.models.sequence.is_bounded()
            && self.tool_models.is_bounded()
    }

    /// Bytes that it points to.
    #[cfg(test)]
    fn bytes_behind(&self) -> usize {
        let windows = self.tool_calibrations.iter().chain(&self.calibrations);
        windows.map(Calibration::bytes).sum::<usize>()
            + self.known.bytes()
            + self.models.sequence.bytes()
            + self.tool_models.sizes.bytes()
    }
}

impl ToolBaseline {
    pub(crate) fn is_bounded(&self) -> bool {
        self.calibrations.iter().all(Calibration::is_bounded) && self.normal.is_bounded() && self.models.is_bounded()
    }

    /// Bytes that it takes in memory at most, as it stands.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        let windows = self.calibrations.iter().map(Calibration::bytes).sum::<usize>();
        size_of::<Self>() + windows + self.normal.bytes() + self.models.sizes.bytes() + self.burst.beats.bytes()
    }

    /// Ends the burst that was, when its principal is in another one, and learns from it.
    pub(crate) fn turn(&mut self, principal: &mut PrincipalBaseline, everyone: &mut Wide) {
        let (burst, number) = (&self.burst, principal.burst.number);
        if burst.number == number {
            return;
        }
        let is_alarmed = burst.number == principal.alarmed;
        if burst.number != 0 && !is_alarmed && self.holds == 0 && principal.holds == 0 {
            let principal = &mut principal.wide;
            for models in [&mut self.models, &mut principal.tool_models, &mut everyone.tool_models] {
                models.rush.learn(&burst.rush);
                models.rate.learn(&burst.pace);
                models.items.learn(burst.items);
            }
            let windows = [&mut self.calibrations, &mut principal.tool_calibrations, &mut everyone.tool_calibrations];
            windows.into_iter().for_each(|window| push(window, &burst.marks));
        }
        self.burst.begin(number);
    }

    /// Learns from one call.
    pub(crate) fn learn(&mut self, event: &Event) {
        self.events = self.events.saturating_add(1);
        self.normal.note(event);
        self.models.learn(event);
    }
}

fn push<const N: usize>(window: &mut [Calibration; N], marks: &[Mark; N]) {
    for (calibration, mark) in window.iter_mut().zip(marks) {
        calibration.push(mark.reading.score);
    }
}

impl ToolModels {
    fn is_bounded(&self) -> bool {
        self.sizes.is_bounded()
    }

    pub(crate) fn learn(&mut self, event: &Event) {
        if goes_out(event) {
            self.bytes_out.learn(event.request_bytes);
        }
        if event.answer_bytes > 0 {
            self.sizes.learn(event.answer_bytes);
        }
    }
}

/// For each measure the models of the narrowest baseline that has learned enough.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chosen<'a> {
    paces: &'a ToolModels,
    bytes_out: &'a bytes_out::Model,
    sizes: &'a result_size::Sketch,
}

impl<'a> Chosen<'a> {
    /// From the narrowest to the widest, where each is asked that knows enough.
    pub(crate) fn from([tool, principal, everyone]: [&'a ToolModels; 3]) -> Self {
        let all = || [tool, principal, everyone].into_iter();
        Self {
            paces: all().find(|models| models.rush.bursts() >= BURSTS_MIN).unwrap_or(everyone),
            bytes_out: all()
                .map(|models| &models.bytes_out)
                .find(|model| model.is_warm())
                .unwrap_or(&everyone.bytes_out),
            sizes: all().map(|models| &models.sizes).find(|sketch| sketch.is_warm()).unwrap_or(&everyone.sizes),
        }
    }

    /// What each measure says of the burst so far.
    pub(crate) fn read(&self, burst: &ToolBurst) -> [Reading; OF_TOOL] {
        Measure::OF_TOOL.map(|measure| match measure {
            Measure::Rush => self.paces.rush.read(&burst.rush),
            Measure::Rate => self.paces.rate.read(&burst.pace),
            Measure::BytesOut => self.bytes_out.read(&burst.bytes_out),
            Measure::Items => self.paces.items.read(burst.items),
            Measure::ResultSize => self.sizes.read(&burst.sizes),
            Measure::Beacon => burst.beats.read(),
            Measure::NewTools | Measure::Sequence | Measure::Reach | Measure::Refusals | Measure::ManySigns => {
                Reading::default()
            }
        })
    }
}

impl ToolBurst {
    fn begin(&mut self, number: u32) {
        self.number = number;
        self.rush.begin_burst();
        self.pace.begin_burst();
        self.bytes_out.begin_burst();
        self.items.begin_burst();
        self.sizes.begin_burst();
        self.beats.begin_burst();
        self.marks = Default::default();
    }

    pub(crate) fn take(&mut self, event: &Event, run: u32, models: Chosen<'_>) {
        self.rush.take(event.at, rate::RUSH_SECONDS);
        self.pace.take(event.at, rate::FLOOD_SECONDS);
        self.items.take(run);
        if goes_out(event) {
            self.bytes_out.take(event.request_bytes, models.bytes_out);
            self.beats.take(event.context_key(), event.at);
        }
        if event.answer_bytes > 0 {
            self.sizes.take(event.answer_bytes, models.sizes);
        }
    }
}

/// Whether what the call carries may leave its server's own world.
fn goes_out(event: &Event) -> bool {
    match event.traits.reach {
        crate::event::Reach::Unknown | crate::event::Reach::Out => !event.is_refused(),
        crate::event::Reach::Within => false,
    }
}

impl PrincipalBaseline {
    /// Bytes that it takes in memory at most, as it stands.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        let burst = &self.burst;
        let sets = burst.servers.bytes() + burst.tools.bytes() + burst.threads.bytes();
        let records = burst.records.capacity() * size_of::<ExchangeId>();
        size_of::<Self>() + self.wide.bytes_behind() + sets + records + self.trail.bytes()
    }

    /// Whether the call at `at` begins another burst.
    pub(crate) fn begins(&self, at: Timestamp, gap: std::time::Duration) -> bool {
        let burst = &self.burst;
        burst.number == 0
            || burst.calls >= BURST_CALLS_MAX
            || at.since(burst.last) >= gap
            || at.since(burst.began).as_secs() >= BURST_SECONDS_MAX
    }

    /// Ends the burst that was, learns from it, and begins another.
    pub(crate) fn turn(&mut self, at: Timestamp, everyone: &mut Wide) {
        let burst = &self.burst;
        if burst.number != 0 && self.is_learning() {
            for wide in [&mut self.wide, everyone] {
                wide.models.rush.learn(&burst.rush);
                wide.models.rate.learn(&burst.pace);
                wide.models.servers.learn(&burst.servers.pace);
                wide.models.tools.learn(&burst.tools.pace);
                wide.models.refusals.learn(&burst.refused);
                push(&mut wide.calibrations, &burst.marks);
            }
        }
        let number = burst.number.wrapping_add(1).max(1);
        let (mut rush, mut pace) = (burst.rush, burst.pace);
        rush.begin_burst();
        pace.begin_burst();
        self.burst = Burst { number, began: at, last: at, rush, pace, ..Burst::default() };
    }

    pub(crate) const fn is_learning(&self) -> bool {
        self.holds == 0 && !self.is_alarmed()
    }

    /// Whether the burst that goes on has got its alarm.
    pub(crate) const fn is_alarmed(&self) -> bool {
        self.burst.number != 0 && self.alarmed == self.burst.number
    }

    pub(crate) const fn raise_alarm(&mut self) {
        self.alarmed = self.burst.number;
    }
}

impl Burst {
    /// Takes a call in; what it adds to the successions of tools is given back, to be learned.
    pub(crate) fn take(
        &mut self,
        event: &Event,
        known: &Known,
        events: u32,
        models: &PrincipalModels,
    ) -> sequence::Step {
        self.last = event.at;
        self.calls += 1;
        if self.records.len() >= RECORDS_MAX {
            self.records.pop_front();
        }
        self.records.push_back(event.exchange);
        let tool = event.tool_key();
        self.new.take(key::short(tool), known, events);
        self.rush.take(event.at, rate::RUSH_SECONDS);
        self.pace.take(event.at, rate::FLOOD_SECONDS);
        self.servers.take(event.server_key(), event.at);
        self.tools.take(tool, event.at);
        self.refused.take(event);
        self.threads.take(event.context_key(), [tool, event.subject_key()], &models.sequence)
    }
}

impl PrincipalModels {
    /// The pace over all tools: of a rush, and of a flood.
    pub(crate) fn pace(&self, burst: &Burst) -> [Reading; 2] {
        [self.rush.read(&burst.rush), self.rate.read(&burst.pace)]
    }

    /// What each measure says of the burst so far.
    pub(crate) fn read(&self, burst: &Burst) -> [Reading; OF_PRINCIPAL] {
        Measure::OF_PRINCIPAL.map(|measure| match measure {
            Measure::NewTools => burst.new.read(),
            Measure::Sequence => burst.threads.read(),
            Measure::Reach => {
                let (servers, tools) = (self.servers.read(&burst.servers.pace), self.tools.read(&burst.tools.pace));
                if servers.score > tools.score { servers } else { tools }
            }
            Measure::Refusals => self.refusals.read(&burst.refused),
            Measure::Rush
            | Measure::Rate
            | Measure::BytesOut
            | Measure::Items
            | Measure::ResultSize
            | Measure::Beacon
            | Measure::ManySigns => Reading::default(),
        })
    }
}
