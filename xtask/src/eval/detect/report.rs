//! Figures of detection as tables for people and as JSON for programs.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::play::{Attacks, Counts};
use super::traces::Found;
use crate::eval::tally::{Share, round};

/// The generated part as a table.
pub(super) fn text(counts: &Counts, kind: &str, seeds: &[u64], days: usize) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "== generated work: seeds {kind} {seeds:?}, {days} days each");
    let _ = writeln!(
        out,
        "{:<12} {:>8} {:>24} {:>12}   seen by",
        "attack", "played", "seen within ten calls", "after calls"
    );
    for (kind, attacks) in &counts.attacks {
        row(&mut out, kind.name(), attacks);
    }
    let all = counts.seen().map_or_else(|| "-".to_owned(), percent);
    let _ = writeln!(out, "{:<12} {:>8} {all:>24}", "all", counts.attacks.values().map(|one| one.all).sum::<u32>());
    let rate = counts.alarms_share();
    let per = |share: f64| share * 10_000.0;
    let _ = writeln!(
        out,
        "benign: {} calls, {} alerts: {:.2} in 10,000 calls [{:.2}, {:.2}]",
        counts.calls,
        counts.false_alarms(),
        rate.map_or(0.0, |share| per(share.value)),
        rate.map_or(0.0, |share| per(share.low)),
        rate.map_or(0.0, |share| per(share.high)),
    );
    let by: Vec<String> = counts.alarms.iter().map(|(detector, times)| format!("{detector} {times}")).collect();
    let _ = writeln!(out, "  by {}", if by.is_empty() { "none".to_owned() } else { by.join(", ") });
    let _ = write!(out, "{:.1} µs for one event ({})", counts.nanos / 1000.0, build());
    out
}

const fn build() -> &'static str {
    if cfg!(debug_assertions) { "debug build" } else { "release build" }
}

fn row(out: &mut String, name: &str, attacks: &Attacks) {
    let share = Share::of(attacks.seen, attacks.all).map_or_else(|| "-".to_owned(), percent);
    let by: Vec<String> = attacks.by.iter().map(|(detector, times)| format!("{detector} {times}")).collect();
    let (all, by) = (attacks.all, by.join(", "));
    let _ = writeln!(out, "{name:<12} {all:>8} {share:>24} {:>12.1}   {by}", attacks.took());
}

fn percent(share: Share) -> String {
    format!("{:.1} % [{:.1}, {:.1}]", share.value * 100.0, share.low * 100.0, share.high * 100.0)
}

/// What the traces show.
pub(super) fn traces(found: &Found) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "== recorded traces of agents that obey what they read ({} suites)", found.suites);
    let _ = writeln!(out, "{:<34} {:>24} {:>26}", "", "attacked traces seen", "benign tasks alerted");
    for (name, tally) in [("sequence alone", &found.sequence), ("all statistical detectors", &found.all)] {
        let share = |part, whole| Share::of(part, whole).map_or_else(|| "-".to_owned(), percent);
        let (seen, benign) = (share(tally.seen, tally.attacked), share(tally.alerted, tally.benign));
        let _ = writeln!(out, "{name:<34} {seen:>24} {benign:>26}");
    }
    let (seen, rate) = (found.sequence.seen_share() * 100.0, found.sequence.false_per_10000());
    let _ = write!(
        out,
        "Each was played after the other benign tasks of its suite, six times each: few tasks, repeated, which flatters.\n\
         Sequences alone see {seen:.0} % of these attacks, and raise {rate:.0} false alerts in 10,000 calls, where 1 is allowed:\n\
         tasks that differ from one another are no repetitive work, and the promise on false alerts does not hold for them.\n\
         What an agent does with the tools of its task is for the rules of flow to see (`cargo xtask eval flows`)."
    );
    out
}

/// All of it as one flat object of numbers, whose names are stable.
pub(super) fn numbers(counts: &Counts, found: Option<&Found>) -> Value {
    let mut numbers = Map::new();
    let mut put = |name: &str, value: Option<f64>| {
        if let Some(value) = value {
            numbers.insert(name.to_owned(), json!(round(value)));
        }
    };
    put("attacks_seen", counts.seen().map(|share| share.value));
    put("attacks_seen_low", counts.seen().map(|share| share.low));
    for (kind, attacks) in &counts.attacks {
        put(&format!("{}_seen", kind.name()), Share::of(attacks.seen, attacks.all).map(|share| share.value));
        put(&format!("{}_calls", kind.name()), Some(attacks.took()));
    }
    let alarms = counts.alarms_share();
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    put("benign_calls", Some(counts.calls as f64));
    put("false_alerts_per_10000", alarms.map(|share| share.value * 10_000.0));
    put("false_alerts_per_10000_low", alarms.map(|share| share.low * 10_000.0));
    put("false_alerts_per_10000_high", alarms.map(|share| share.high * 10_000.0));
    put("micros_per_event", Some(counts.nanos / 1000.0));
    if let Some(found) = found {
        for (name, tally) in [("sequence", &found.sequence), ("all", &found.all)] {
            put(&format!("trace_false_alerts_per_10000_{name}"), Some(tally.false_per_10000()));
            put(&format!("trace_attacks_seen_{name}"), Share::of(tally.seen, tally.attacked).map(|share| share.value));
            put(
                &format!("trace_benign_alerted_{name}"),
                Share::of(tally.alerted, tally.benign).map(|share| share.value),
            );
        }
    }
    Value::Object(numbers)
}
