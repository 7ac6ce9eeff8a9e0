use std::collections::BTreeSet;

use doorward_core::ids::ExchangeId;
use doorward_core::principal::{Principal, Proof};
use doorward_core::record::Disposition;
use doorward_core::refusal::Code;

use super::*;
use crate::event::{Harm, Reach, Traits, Trust};
use crate::limits::{BASELINE_BYTES_MAX, BURST_CALLS_MAX};

/// A call of anna's at so many seconds.
pub(crate) fn event(seconds: i64, server: &str, tool: &str) -> Event {
    millis(seconds * 1000, "anna", server, tool)
}

fn millis(at: i64, who: &str, server: &str, tool: &str) -> Event {
    let principal = Principal::new(who, Proof::LocalToken);
    Event {
        at: Timestamp::from_micros(at * 1000),
        exchange: ExchangeId::from_parts(at.unsigned_abs(), 7),
        principal: PrincipalKey::of(&principal),
        who: who.into(),
        server: server.into(),
        action: "tools/call".into(),
        item: tool.into(),
        disposition: Disposition::Answer,
        code: None,
        arguments_digest: Some([1; 32]),
        request_bytes: 300,
        answer_bytes: 2000,
        upstream_micros: 9000,
        context: None,
        trust: Trust::Unknown,
        origins: BTreeSet::new(),
        missing: 0,
        rules: Vec::new(),
        findings: Vec::new(),
        traits: Traits::default(),
    }
}

/// Even numbers that look like chance.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Work of one person: bursts of a few calls, some seconds apart, with hours between them.
struct Work {
    chance: Chance,
    now: i64,
    detector: Detector,
    alerts: Vec<Alert>,
}

impl Work {
    /// With these detectors on alone; with all where there are none.
    fn with(on: &[DetectorId]) -> Self {
        let off = DetectorId::ALL.iter().copied().filter(|one| !on.is_empty() && !on.contains(one)).collect();
        let detector = Detector::new(Settings { off, ..Settings::default() });
        let mut work = Self { chance: Chance(7), now: 0, detector, alerts: Vec::new() };
        for _ in 0..200 {
            work.burst();
        }
        assert_eq!(work.alerts, [], "usual work is not told");
        work
    }

    /// A burst of usual work.
    fn burst(&mut self) {
        self.now += 3_600_000 + i64::try_from(self.chance.below(7_200_000)).unwrap();
        let calls = 3 + self.chance.below(5);
        for at in 0..calls {
            let (server, tool) =
                [("files", "search"), ("files", "read"), ("chat", "post")][usize::try_from(at % 3).unwrap()];
            let pause = 2000 + i64::try_from(self.chance.below(20_000)).unwrap();
            let mut call = self.call(pause, server, tool);
            call.request_bytes = 200 + self.chance.below(400);
            call.answer_bytes = 1000 + self.chance.below(6000);
            let item = u8::try_from(self.chance.below(40)).unwrap();
            call.arguments_digest = Some([item; 32]);
            if self.chance.below(30) == 0 {
                (call.disposition, call.code) = (Disposition::Refuse, Some(Code::NotAllowed));
            }
            self.take(&call);
        }
    }

    fn call(&mut self, pause_millis: i64, server: &str, tool: &str) -> Event {
        self.now += pause_millis;
        millis(self.now, "anna", server, tool)
    }

    fn take(&mut self, event: &Event) {
        self.alerts.extend(self.detector.take(event));
    }

    /// Ten calls after an hour's rest, as `change` makes them.
    fn ten(&mut self, pause_millis: i64, change: impl Fn(u8, &mut Event)) -> Vec<DetectorId> {
        self.now += 3_600_000;
        for at in 0..10 {
            let mut call = self.call(pause_millis, "files", "read");
            call.arguments_digest = Some([at % 3; 32]);
            change(at, &mut call);
            self.take(&call);
        }
        self.alerts.drain(..).map(|alert| alert.detector).collect()
    }
}

/// The tool that usual work uses at this place.
fn usual(at: u8, call: &mut Event) {
    let (server, tool) = [("files", "search"), ("files", "read"), ("chat", "post")][usize::from(at % 3)];
    (call.server, call.item) = (server.into(), tool.into());
}

#[test]
fn a_loop_is_told_by_rate_and_a_longer_burst_at_the_usual_pace_is_not() {
    let mut work = Work::with(&[DetectorId::Rate]);
    assert_eq!(work.ten(9000, usual), []);
    assert_eq!(work.ten(100, usual), [DetectorId::Rate]);
}

#[test]
fn large_requests_are_told_by_bytes_out_and_large_ones_that_stay_within_are_not() {
    let mut work = Work::with(&[DetectorId::BytesOut]);
    let large = |call: &mut Event, reach| {
        call.request_bytes = 40_000;
        call.traits.reach = reach;
    };
    assert_eq!(work.ten(9000, |_, call| large(call, Reach::Within)), []);
    assert_eq!(work.ten(9000, |_, call| large(call, Reach::Out)), [DetectorId::BytesOut]);
}

#[test]
fn a_set_of_new_tools_is_told_by_new_tools_and_one_new_tool_is_not() {
    let mut work = Work::with(&[DetectorId::NewTools]);
    assert_eq!(work.ten(9000, |_, call| call.item = "summarise".into()), []);
    let told = work.ten(9000, |at, call| call.item = format!("admin_{at}").into());
    assert_eq!(told, [DetectorId::NewTools]);
}

#[test]
fn another_order_is_told_by_sequence_and_the_usual_one_for_longer_is_not() {
    let mut work = Work::with(&[DetectorId::Sequence]);
    assert_eq!(work.ten(9000, usual), []);
    assert_eq!(work.ten(9000, |at, call| usual(9 - at, call)), [DetectorId::Sequence]);
}

#[test]
fn many_items_are_told_by_fan_out_and_many_reads_of_few_are_not() {
    let mut work = Work::with(&[DetectorId::FanOut]);
    assert_eq!(work.ten(9000, |_, _| ()), []);
    assert_eq!(work.ten(9000, |at, call| call.arguments_digest = Some([100 + at; 32])), [DetectorId::FanOut]);
}

#[test]
fn large_results_are_told_by_result_size_and_the_largest_usual_ones_are_not() {
    let mut work = Work::with(&[DetectorId::ResultSize]);
    assert_eq!(work.ten(9000, |_, call| call.answer_bytes = 7000), []);
    assert_eq!(work.ten(9000, |_, call| call.answer_bytes = 900_000), [DetectorId::ResultSize]);
}

#[test]
fn a_beat_is_told_by_beacon_and_an_uneven_one_is_not() {
    let mut work = Work::with(&[DetectorId::Beacon]);
    assert_eq!(work.ten(30_000, |at, call| call.at = uneven(call.at, at)), []);
    assert_eq!(work.ten(30_000, |_, _| ()), [DetectorId::Beacon]);
}

/// Up to twenty seconds earlier.
fn uneven(at: Timestamp, place: u8) -> Timestamp {
    let earlier = [0, 17, 4, 20, 9, 1, 13, 19, 6, 11][usize::from(place)];
    Timestamp::from_micros(at.as_micros() - earlier * 1_000_000)
}

#[test]
fn many_refusals_are_told_by_refusals_and_one_or_two_are_not() {
    let refused = |call: &mut Event| {
        (call.disposition, call.code, call.missing) = (Disposition::Refuse, Some(Code::NotEndorsed), 1);
    };
    let mut work = Work::with(&[DetectorId::Refusals]);
    assert_eq!(
        work.ten(9000, |at, call| if at == 4 {
            refused(call)
        }),
        []
    );
    assert_eq!(work.ten(9000, |_, call| refused(call)), [DetectorId::Refusals]);
}

#[test]
fn several_weak_signs_are_told_together_and_one_of_them_is_not() {
    let on: Vec<_> = DetectorId::ALL.iter().copied().filter(|one| *one != DetectorId::ManySigns).collect();
    let weak = |at: u8, call: &mut Event| {
        usual(at, call);
        call.answer_bytes = 15_000;
        call.request_bytes = 900;
    };
    assert_eq!(Work::with(&on).ten(1200, weak), [], "each is too little by itself");
    assert_eq!(Work::with(&[]).ten(1200, weak), [DetectorId::ManySigns]);
    assert_eq!(Work::with(&[]).ten(9000, |at, call| (usual(at, call), call.answer_bytes = 12_000).0), []);
}

#[test]
fn an_alert_tells_the_numbers_the_records_and_the_nearest_normal_exchange() {
    let mut work = Work::with(&[]);
    work.now += 3_600_000;
    for _ in 0..10 {
        let call = work.call(100, "files", "read");
        work.take(&call);
    }
    let [alert] = &work.alerts[..] else { panic!("{:?}", work.alerts) };
    let numbers = alert.numbers.unwrap();
    assert!(numbers.p < 1e-3 && numbers.e > 1000.0 && numbers.observed > numbers.expected, "{numbers:?}");
    assert!(alert.sentence.starts_with("anna ") && alert.sentence.ends_with('.'), "{}", alert.sentence);
    assert!(alert.nearest_normal.is_some());
    assert!(!alert.records.is_empty() && alert.records.len() <= RECORDS_MAX);
}

#[test]
fn what_is_not_acknowledged_is_not_learned_and_what_is_expected_is_told_no_more() {
    let mut work = Work::with(&[DetectorId::Rate]);
    for _ in 0..30 {
        assert_eq!(work.ten(100, |_, _| ()), [DetectorId::Rate], "an attack never becomes usual by itself");
    }
    let waiting: Vec<_> = work.detector.open_alerts().collect();
    assert_eq!(waiting.len(), 30);
    for id in waiting {
        assert!(work.detector.acknowledge(id, Verdict::Expected));
        assert!(!work.detector.acknowledge(id, Verdict::Expected));
    }
    assert_eq!(work.ten(100, |_, _| ()), []);
}

#[test]
fn without_enough_events_the_invariants_alone_speak() {
    let mut detector = Detector::new(Settings::default());
    let mut told = 0;
    for at in 0..49 {
        told += detector.take(&millis(at, "anna", "files", "read")).len();
    }
    assert_eq!(told, 0);
    let drifted = Event { code: Some(Code::Drifted), ..event(100, "files", "read") };
    assert_eq!(detector.take(&drifted).len(), 1);
    assert_eq!(detector.take(&drifted).len(), 0, "told once");
}

#[test]
fn somebody_new_is_measured_by_what_is_usual_for_everyone() {
    let mut work = Work::with(&[DetectorId::Rate]);
    let at = work.now + 3_600_000;
    let mut told = Vec::new();
    for call in 0..10 {
        told.extend(work.detector.take(&millis(at + call * 100, "bert", "files", "read")));
    }
    assert_eq!(told.len(), 1);
}

#[test]
fn what_was_learned_survives_being_written_down() {
    let mut work = Work::with(&[]);
    let text = serde_json::to_string(&work.detector.snapshot()).unwrap();
    let read: Snapshot = serde_json::from_str(&text).unwrap();
    work.detector = Detector::restore(Settings::default(), read).unwrap();
    assert_eq!(serde_json::to_string(&work.detector.snapshot()).unwrap(), text);
    assert_eq!(work.ten(100, |_, _| ()).len(), 1);
    let newer = text.replacen("\"version\":1", "\"version\":9", 1);
    let newer: Snapshot = serde_json::from_str(&newer).unwrap();
    assert_eq!(Detector::restore(Settings::default(), newer).unwrap_err(), RestoreError::Version(9));
}

#[test]
fn a_baseline_that_is_as_full_as_can_be_is_within_its_bound() {
    let mut detector = Detector::new(Settings::default());
    let mut chance = Chance(3);
    let mut now = 0;
    for burst in 0..240_i64 {
        now += 3_600_000;
        for call in 0..BURST_CALLS_MAX {
            now += 1000;
            let tool = format!("tool_{}", if burst % 3 == 0 { 0 } else { chance.below(5000) });
            let mut event = millis(now, "anna", &format!("server-{}", chance.below(100)), &tool);
            if burst % 3 == 0 {
                event.server = "files".into();
            }
            event.arguments_digest = Some([u8::try_from(call).unwrap(); 32]);
            event.context = Some(doorward_core::flow::ContextId::from_bytes([u8::try_from(call % 8).unwrap(); 16]));
            event.request_bytes = chance.below(1 << 30);
            event.answer_bytes = chance.below(1 << 30);
            if chance.below(3) == 0 {
                (event.disposition, event.code) = (Disposition::Refuse, Some(Code::Forbidden));
            }
            for alert in detector.take(&event) {
                detector.acknowledge(alert.id, Verdict::Expected);
            }
        }
    }
    let (mut memory, mut written) = (0, 0);
    for (_, baseline) in detector.tools.by_use() {
        memory = memory.max(baseline.bytes());
        written = written.max(serde_json::to_vec(baseline).unwrap().len());
    }
    assert!(memory.max(written) <= BASELINE_BYTES_MAX, "tool: {memory} in memory, {written} written");
    println!("tool: {memory} bytes in memory, {written} written");
    let (_, principal) = detector.principals.by_use()[0];
    let (memory, written) = (principal.bytes(), serde_json::to_vec(principal).unwrap().len());
    assert!(memory.max(written) <= BASELINE_BYTES_MAX, "principal: {memory} in memory, {written} written");
    println!("principal: {memory} bytes in memory, {written} written");
    assert!(detector.told.len() <= OPEN_ALERTS_MAX && detector.open.len() <= OPEN_ALERTS_MAX);
}

#[test]
fn baselines_and_open_alerts_are_bounded() {
    let mut detector = Detector::new(Settings::default());
    for at in 0..6000_i64 {
        let mut event = millis(at, &format!("user-{at}"), "files", "read");
        event.code = Some(Code::Drifted);
        detector.take(&event);
    }
    let (tools, principals) = detector.baselines();
    assert!(tools <= TOOL_BASELINES_MAX && principals <= PRINCIPAL_BASELINES_MAX, "{tools} {principals}");
    assert!(detector.told.len() <= OPEN_ALERTS_MAX);
    assert!(detector.open.is_empty(), "a changed definition is nobody's behaviour");
    let harmful = Traits { reach: Reach::Out, harm: Harm::Destructive };
    for at in 0..1000_i64 {
        detector.take(&event(10_000 + at, "files", &format!("drop-{at}")).with_traits(harmful));
    }
    assert!(detector.open.len() <= OPEN_ALERTS_MAX);
}
