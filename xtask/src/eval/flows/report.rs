//! Figures as tables for people and as JSON for programs. No value of a trace is in either.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use doorward_policy::FlowPolicy;
use serde_json::{Map, Value, json};

use super::figures::{Counts, Figures, Share, Variant};
use super::gate::REFUSING;
use super::trace::Traces;
use crate::eval::tally;

/// How many of the lines that could not be read are named.
const UNREADABLE_TOLD_MAX: usize = 10;

/// What the rules were made on, which no program can find out.
pub(super) const HELD_OUT: &str = "\
Of the traces of this repository the rules were made on workspace, travel, banking and the benign bfcl; slack was held
out. As found, a first form of the rules asked about 19 of slack's 34 calls and stopped 84 of its 105 attacks. Three repairs
followed that reading: channels are told from addresses, a host may end a sentence, and links that a reader takes need an
origin. What is printed for slack is therefore no clean hold-out.";

/// All ways, each over all suites; the first three by suite as well.
pub(super) fn text(all: &[Figures]) -> String {
    let mut out = String::new();
    heading(&mut out);
    for figures in all {
        let name = figures.variant.name();
        match figures.variant {
            Variant::Own | Variant::Token | Variant::Learned | Variant::Fallback => {
                let _ = writeln!(out, "{name}");
                figures.suites.iter().for_each(|(suite, counts)| row(&mut out, &format!("  {suite}"), counts));
                row(&mut out, "  with attacks, together", &attacked(figures));
            }
            Variant::Encoded(_)
            | Variant::EncodedToken(_)
            | Variant::Content(_)
            | Variant::FallbackToken
            | Variant::FallbackWordless
            | Variant::Wordless => row(&mut out, &name, &attacked(figures)),
        }
    }
    for figures in all.iter().filter(|figures| matches!(figures.variant, Variant::Own | Variant::Fallback)) {
        policies(&mut out, figures);
    }
    if let Some(own) = all.iter().find(|figures| figures.variant == Variant::Own).map(attacked) {
        let questions = own.calls.part.saturating_sub(own.repairable);
        let _ = writeln!(
            out,
            "Of {} calls asked about, {} lack ids that a listing of the server could give: at best {questions} questions of {}.",
            own.calls.part, own.repairable, own.calls.of
        );
    }
    out
}

/// On what terms the figures stand.
pub(super) fn foot(traces: &Traces) -> String {
    let (tools, packed) = traces.tools;
    let mut out = format!(
        "\n{} benign and {} attacked traces; {} lines could not be read.\n\
         Policies: observe, and all five on flow as they ship. Packs speak of {packed} of {tools} tools: a pack is found by the\n\
         command or URL of a server, and traces that name neither are judged by their definitions alone. No conflict is\n\
         declared, so chinese-wall has nothing to refuse. A task token names the tools of the\n         task and all that only read; calls are held to it as the gateway holds them.\n{HELD_OUT}",
        traces.benign.len(),
        traces.attacked.len(),
        traces.unreadable.len()
    );
    traces.unreadable.iter().take(UNREADABLE_TOLD_MAX).for_each(|why| {
        let _ = write!(out, "\nnot read: {why}");
    });
    out
}

/// The bar.
pub(super) fn plain(suites: &[(String, Counts)]) -> String {
    let mut out =
        String::from("plain argument provenance: every text stands in the task or in what the same server said\n");
    suites.iter().for_each(|(suite, counts)| row(&mut out, &format!("  {suite}"), counts));
    row(&mut out, "  with attacks, together", &joined(suites.iter().map(|(_, counts)| counts)));
    out.push_str("The bar as published (its rule is not this one): stops 89 %, leaves 76 % of benign tasks whole.");
    out
}

/// What was asked about or refused and what was not stopped, by kind, for three of the ways.
pub(super) fn misses(all: &[Figures]) -> String {
    let mut out = String::new();
    let shown =
        all.iter().filter(|figures| matches!(figures.variant, Variant::Own | Variant::Token | Variant::Fallback));
    for figures in shown {
        let _ = writeln!(out, "{}", figures.variant.name());
        for (suite, counts) in &figures.suites {
            for (kind, count) in &counts.missed {
                let _ = writeln!(out, "  not stopped: {suite} {kind}: {count}");
            }
            for asked in &counts.asked {
                let _ = writeln!(out, "  asked or refused: {asked}");
            }
        }
    }
    out
}

/// Questions apart from refusals: what each shipped policy refuses by itself.
fn policies(out: &mut String, figures: &Figures) {
    let title = format!("by policy, {}", figures.variant.name());
    let _ = writeln!(out, "\n{title:<36} {:>14} {:>16} {:>16}", "calls that act", "all benign calls", "attacks");
    let together = attacked(figures);
    for policy in FlowPolicy::ALL {
        let does = if REFUSING.contains(&policy) { "refuses" } else { "asks" };
        let shares = [&together.refused_by, &together.all_refused_by, &together.attacks_by];
        let [acting, calls, attacks] = shares.map(|shares| written(shares.get(&policy).copied().unwrap_or_default()));
        let name = format!("{} {does}", policy.name());
        let _ = writeln!(out, "  {name:<34} {acting:>14} {calls:>16} {attacks:>16}");
    }
    let _ = writeln!(out, "  {:<66} {:>16}", "any of those that refuse", written(together.attacks_refused));
    let _ = writeln!(out, "  {:<49} {:>16}", "still refused once values are approved", written(together.refused));
    for (suite, counts) in &figures.suites {
        let refusals: Vec<String> = REFUSING
            .iter()
            .filter_map(|policy| Some((policy, counts.all_refused_by.get(policy).filter(|share| share.part > 0)?)))
            .map(|(policy, share)| format!("{} {}", policy.name(), written(*share)))
            .collect();
        if !refusals.is_empty() {
            let _ = writeln!(out, "  {suite}: benign calls refused by {}", refusals.join(", "));
        }
    }
}

/// One flat object of numbers, whose names are stable.
pub(super) fn numbers(all: &[Figures], unreadable: usize) -> Value {
    let mut numbers = Numbers::default();
    numbers.0.insert("unreadable".to_owned(), json!(unreadable));
    let find = |variant| all.iter().find(|figures| figures.variant == variant);
    if let Some(figures) = find(Variant::Own) {
        numbers.costs_and_stops("", "", &attacked(figures));
        numbers.by_policy("", &attacked(figures));
        for (suite, counts) in &figures.suites {
            numbers.costs_and_stops(&format!("{suite}_"), "", counts);
            numbers.by_policy(&format!("{suite}_"), counts);
        }
    }
    if let Some(figures) = find(Variant::Token) {
        numbers.stops("", "_with_task", figures);
    }
    for (suffix, variant) in [("_learned", Variant::Learned), ("_fallback", Variant::Fallback)] {
        find(variant).into_iter().for_each(|figures| numbers.costs_and_stops("", suffix, &attacked(figures)));
    }
    if let Some(figures) = find(Variant::FallbackToken) {
        numbers.stops("", "_fallback_with_task", figures);
    }
    for (name, is_of) in [
        (
            "attacks_stopped_encoded",
            &(|variant| matches!(variant, Variant::Encoded(_) | Variant::Content(_))) as &dyn Fn(Variant) -> bool,
        ),
        ("attacks_stopped_read_encoded", &|variant| matches!(variant, Variant::Encoded(_))),
        ("attacks_stopped_passed_on_encoded", &|variant| matches!(variant, Variant::Content(_))),
        ("attacks_stopped_encoded_with_task", &|variant| matches!(variant, Variant::EncodedToken(_))),
    ] {
        let shares = all.iter().filter(|figures| is_of(figures.variant)).map(|figures| attacked(figures).attacks);
        // The worst of them.
        shares.min_by_key(|share| share.part).into_iter().for_each(|share| numbers.put(name.to_owned(), share));
    }
    Value::Object(numbers.0)
}

#[derive(Default)]
struct Numbers(Map<String, Value>);

impl Numbers {
    fn put(&mut self, name: String, share: Share) {
        if let Some(value) = share.value() {
            self.0.insert(name, json!(tally::round(value)));
        }
    }

    fn costs_and_stops(&mut self, prefix: &str, suffix: &str, counts: &Counts) {
        self.put(format!("{prefix}benign_calls_asked{suffix}"), counts.calls);
        self.put(format!("{prefix}benign_calls_refused{suffix}"), counts.refused);
        self.put(format!("{prefix}benign_tasks_disturbed{suffix}"), counts.tasks);
        self.put(format!("{prefix}attacks_stopped{suffix}"), counts.attacks);
    }

    fn by_policy(&mut self, prefix: &str, counts: &Counts) {
        self.put(format!("{prefix}attacks_refused"), counts.attacks_refused);
        for policy in FlowPolicy::ALL {
            let name = policy.name().replace('-', "_");
            let of = |shares: &BTreeMap<FlowPolicy, Share>| shares.get(&policy).copied().unwrap_or_default();
            self.put(format!("{prefix}refused_by_{name}"), of(&counts.refused_by));
            self.put(format!("{prefix}all_calls_refused_by_{name}"), of(&counts.all_refused_by));
            self.put(format!("{prefix}attacks_refused_by_{name}"), of(&counts.attacks_by));
        }
    }

    /// How many attacks are stopped: together, and by suite.
    fn stops(&mut self, prefix: &str, suffix: &str, figures: &Figures) {
        self.put(format!("{prefix}attacks_stopped{suffix}"), attacked(figures).attacks);
        for (suite, counts) in &figures.suites {
            self.put(format!("{prefix}{suite}_attacks_stopped{suffix}"), counts.attacks);
        }
    }
}

/// The suites that have attacks, together: the figures that are claimed are of these. All, when none has any.
fn attacked(figures: &Figures) -> Counts {
    joined(figures.suites.iter().map(|(_, counts)| counts))
}

fn joined<'a>(suites: impl Iterator<Item = &'a Counts> + Clone) -> Counts {
    let mut counts = Counts::default();
    let has_attacks = suites.clone().any(|suite| suite.attacks.of > 0);
    suites.filter(|suite| suite.attacks.of > 0 || !has_attacks).for_each(|suite| counts.join(suite));
    counts
}

fn heading(out: &mut String) {
    let _ = writeln!(
        out,
        "{:<30} {:>14} {:>14} {:>14} {:>16} {:>14}",
        "", "calls asked", "by rule", "tasks", "stopped", "wholly"
    );
}

fn row(out: &mut String, name: &str, counts: &Counts) {
    let _ = writeln!(
        out,
        "{name:<30} {:>14} {:>14} {:>14} {:>16} {:>14}",
        written(counts.calls),
        written(counts.by_rule),
        written(counts.tasks),
        written(counts.attacks),
        written(counts.whole)
    );
}

fn written(share: Share) -> String {
    match share.value() {
        Some(value) => format!("{}/{} {:.1}", share.part, share.of, value * 100.0),
        None => "-".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_carry_their_stable_names() {
        let counts = Counts {
            calls: Share { part: 1, of: 8 },
            tasks: Share { part: 1, of: 4 },
            attacks: Share { part: 9, of: 10 },
            ..Counts::default()
        };
        let figures = |variant| Figures { variant, suites: vec![("s".to_owned(), counts.clone())] };
        let all: Vec<Figures> = Variant::ALL.iter().map(|variant| figures(*variant)).collect();
        let numbers = numbers(&all, 0);
        for (name, value) in [
            ("benign_calls_asked", 0.125),
            ("benign_tasks_disturbed", 0.25),
            ("attacks_stopped", 0.9),
            ("attacks_stopped_with_task", 0.9),
            ("attacks_stopped_encoded", 0.9),
            ("attacks_stopped_fallback", 0.9),
            ("s_attacks_stopped", 0.9),
            ("s_attacks_stopped_with_task", 0.9),
            ("unreadable", 0.0),
        ] {
            assert_eq!(numbers.get(name).and_then(Value::as_f64), Some(value), "{name}");
        }
    }
}
