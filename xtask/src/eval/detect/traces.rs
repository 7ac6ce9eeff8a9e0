//! What statistics alone see of attacks on agents, in recorded traces.
//!
//! Responsible for turning calls of traces into events as records would tell them, without a word of what was said. The key
//! is read only to score.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use doorward_core::flow::ContextId;
use doorward_core::ids::ExchangeId;
use doorward_core::record::Disposition;
use doorward_core::time::Timestamp;
use doorward_detect::alert::Verdict;
use doorward_detect::catalogue::{DetectorId, Kind};
use doorward_detect::engine::Detector;
use doorward_detect::event::{Event, Harm, Reach, Traits, Trust};
use doorward_detect::settings::Settings;
use doorward_flow::nature::Act;
use sha2::{Digest as _, Sha256};

use super::chance::Chance;
use super::work::key;
use crate::eval::flows::trace::{Call, Trace, Traces};

/// So often the detectors see each benign task before a trace is played.
const TIMES: usize = 6;

/// What was seen.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) suites: usize,
    pub(super) sequence: Tally,
    pub(super) all: Tally,
}

/// Of traces with an attack, those that an alert came with a call of the attacker's; of benign ones, those with an alert.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) attacked: u32,
    pub(super) seen: u32,
    pub(super) benign: u32,
    pub(super) benign_calls: usize,
    pub(super) alerted: u32,
}

/// Plays every trace of `folder` before detectors that know the other tasks of its suite.
pub(super) fn play(folder: &Path) -> Result<Found, String> {
    let traces = Traces::read(folder)?;
    let suites = traces.suites();
    let mut found = Found { suites: suites.len(), ..Found::default() };
    for suite in suites {
        let of_suite = |all: &'_ [Trace]| all.iter().filter(|trace| trace.suite == suite).cloned().collect::<Vec<_>>();
        let (benign, attacked) = (of_suite(&traces.benign), of_suite(&traces.attacked));
        if attacked.is_empty() {
            continue;
        }
        found.sequence.add(&benign, &attacked, &only(&[DetectorId::Sequence]));
        let statistical: Vec<DetectorId> =
            DetectorId::ALL.iter().copied().filter(|one| one.kind() == Kind::Statistical).collect();
        found.all.add(&benign, &attacked, &only(&statistical));
    }
    Ok(found)
}

fn only(on: &[DetectorId]) -> Settings {
    let off = DetectorId::ALL.iter().copied().filter(|one| !on.contains(one)).collect::<BTreeSet<_>>();
    Settings { off, ..Settings::default() }
}

impl Tally {
    /// Of the attacked traces, the share that was seen.
    pub(super) fn seen_share(&self) -> f64 {
        f64::from(self.seen) / f64::from(self.attacked.max(1))
    }

    /// Alerts of benign traces in 10,000 of their calls.
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    pub(super) fn false_per_10000(&self) -> f64 {
        f64::from(self.alerted) * 10_000.0 / self.benign_calls.max(1) as f64
    }

    fn add(&mut self, benign: &[Trace], attacked: &[Trace], settings: &Settings) {
        let mut taught: BTreeMap<&str, Stage> = BTreeMap::new();
        for trace in benign {
            let stage = taught.entry(&trace.task).or_insert_with(|| Stage::taught(benign, &trace.task, settings));
            self.benign += 1;
            self.benign_calls += trace.calls.len();
            self.alerted += u32::from(stage.clone().play(trace).is_some());
        }
        for trace in attacked {
            let stage = taught.entry(&trace.task).or_insert_with(|| Stage::taught(benign, &trace.task, settings));
            let alerted = stage.clone().play(trace).and_then(|place| trace.calls.get(place));
            self.attacked += 1;
            // An alert that comes with a call of the user's own is none of the attack.
            self.seen += u32::from(alerted.is_some_and(|call| call.is_attack));
        }
    }
}

/// Detectors, and the time that passes before them.
#[derive(Clone)]
struct Stage {
    detector: Detector,
    chance: Chance,
    now: i64,
}

impl Stage {
    /// One that has seen every benign task but `left_out`, in changing order.
    fn taught(benign: &[Trace], left_out: &str, settings: &Settings) -> Self {
        let mut stage =
            Self { detector: Detector::new(settings.clone()), chance: Chance::new(11), now: 1_767_571_200_000_000 };
        let mut others: Vec<&Trace> = benign.iter().filter(|trace| trace.task != left_out).collect();
        for _ in 0..TIMES {
            for place in (1..others.len()).rev() {
                let other = stage.chance.within(0, place + 1);
                others.swap(place, other);
            }
            for trace in &others {
                stage.play(trace);
                stage.acknowledge();
            }
        }
        stage
    }

    /// Whatever was told of benign tasks was expected.
    fn acknowledge(&mut self) {
        let open: Vec<_> = self.detector.open_alerts().collect();
        for id in open {
            self.detector.acknowledge(id, Verdict::Expected);
        }
    }

    /// Plays one trace as a burst of work; the place of the last call that an alert came with.
    fn play(&mut self, trace: &Trace) -> Option<usize> {
        self.now += 3_600_000_000;
        let context = ContextId::from_bytes(u128::from(self.chance.next()).to_be_bytes());
        let mut last = None;
        for (place, call) in trace.calls.iter().enumerate() {
            #[expect(clippy::cast_possible_truncation, reason = "some seconds")]
            let pause = (2e6 + self.chance.wait(5e6)) as i64;
            self.now += pause;
            let event = event(call, context, self.now);
            if !self.detector.take(&event).is_empty() {
                last = Some(place);
            }
        }
        last
    }
}

fn event(call: &Call, context: ContextId, at: i64) -> Event {
    let arguments = call.arguments.as_raw().bytes();
    let nature = &call.tool.nature;
    let harm = match nature.act {
        Act::Read | Act::Write | Act::Send => Harm::Mild,
        Act::Exec | Act::Admin | Act::Financial | Act::Destroy => Harm::Destructive,
        Act::Unknown => Harm::Unknown,
    };
    Event {
        at: Timestamp::from_micros(at),
        exchange: ExchangeId::from_parts(at.unsigned_abs() / 1000, 0),
        principal: key("agent"),
        who: "agent".into(),
        server: call.server.as_str().into(),
        action: "tools/call".into(),
        item: call.tool.name.as_str().into(),
        disposition: Disposition::Answer,
        code: None,
        arguments_digest: Some(Sha256::digest(arguments).into()),
        request_bytes: arguments.len() as u64 + 120,
        answer_bytes: call.result.len() as u64 + 60,
        upstream_micros: 10_000,
        context: Some(context),
        trust: Trust::Unknown,
        origins: BTreeSet::new(),
        missing: 0,
        rules: Vec::new(),
        findings: Vec::new(),
        traits: Traits { reach: if nature.egress { Reach::Out } else { Reach::Within }, harm },
    }
}
