//! Figures as tables for people and as JSON for programs. No text of the corpus is in either.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::figures::Figures;
use super::tally::{Share, Tally, round};

/// Techniques with fewer items are left out of the tables: their figures say nothing.
const ROW_MIN: u32 = 10;

/// One file as tables.
pub(super) fn text(figures: &Figures, worst: usize) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "\n== {} ({:.1} MB/s)", figures.name, figures.speed());
    let _ = writeln!(out, "{:<38} {:>6} {:>22} {:>22} {:>6} {:>9}", "", "items", "recall", "precision", "F1", "FP/10k");
    for (severity, tally) in &figures.by_severity {
        row(&mut out, &format!("at least {}", severity.name()), tally);
    }
    let mut section = |title: &str, rows: Vec<(&str, &Tally)>| {
        if !rows.is_empty() {
            let _ = writeln!(out, "{title}");
            rows.into_iter().for_each(|(name, tally)| row(&mut out, &format!("  {name}"), tally));
        }
    };
    section("by surface", figures.by_place.iter().map(|(place, tally)| (place.name(), tally)).collect());
    section("by category", figures.by_category.iter().map(|(name, tally)| (name.as_str(), tally)).collect());
    let common = figures.by_technique.iter().filter(|(_, tally)| tally.items() >= ROW_MIN);
    section("by technique", common.map(|(name, tally)| (name.as_str(), tally)).collect());
    section("by source", figures.by_source.iter().map(|(name, tally)| (name.as_str(), tally)).collect());
    section(
        "harmless texts of other files",
        figures.elsewhere.iter().map(|(name, tally)| (name.as_str(), tally)).collect(),
    );
    section("harmless texts that any guard kept back or changed", vec![("standard settings", &figures.disturbed)]);
    let mut curve = figures.by_confidence.clone();
    curve.dedup_by_key(|(_, tally)| *tally);
    let sure: Vec<(String, &Tally)> =
        curve.iter().map(|(least, tally)| (format!("{} %", least.as_percent()), tally)).collect();
    section("by confidence, any severity", sure.iter().map(|(name, tally)| (name.as_str(), *tally)).collect());
    let mut named = |title: &str, ids: &[String]| {
        let shown: Vec<&str> = ids.iter().take(worst).map(String::as_str).collect();
        let _ = writeln!(out, "{title} ({} of {}): {}", shown.len(), ids.len(), shown.join(" "));
    };
    named("worst misses", &figures.misses);
    named("worst false alarms", &figures.alarms);
    out
}

fn row(out: &mut String, name: &str, tally: &Tally) {
    let share = |share: Option<Share>| {
        share.map_or_else(
            || "-".to_owned(),
            |share| format!("{:.1} [{:.1}, {:.1}]", share.value * 100.0, share.low * 100.0, share.high * 100.0),
        )
    };
    let f1 = tally.f1().map_or_else(|| "-".to_owned(), |f1| format!("{:.1}", f1 * 100.0));
    let alarms = tally.false_alarms().map_or_else(|| "-".to_owned(), |share| format!("{:.0}", share.value * 10_000.0));
    let name: String = name.chars().take(38).collect();
    let (recall, precision) = (share(tally.recall()), share(tally.precision()));
    let _ = writeln!(out, "{name:<38} {:>6} {recall:>22} {precision:>22} {f1:>6} {alarms:>9}", tally.items());
}

/// All files as one flat object of numbers, whose names are stable.
pub(super) fn numbers(figures: &[Figures]) -> Value {
    let mut numbers = Map::new();
    let mut seconds = 0.0;
    let mut megabytes = 0.0;
    for figures in figures {
        let name = &figures.name;
        tally(&mut numbers, name, &figures.whole());
        for (place, counts) in &figures.by_place {
            tally(&mut numbers, &format!("{name}_{}", place.name()), counts);
        }
        let harmless = figures.disturbed.false_alarms();
        number(&mut numbers, &format!("{name}_benign_disturbed"), harmless.map(|share| share.value));
        number(&mut numbers, &format!("{name}_mb_per_s"), Some(figures.speed()));
        seconds += figures.seconds;
        megabytes += figures.megabytes;
    }
    if let Some(rate) = numbers.get("injection_fpr").cloned() {
        numbers.insert("injection_benign_fpr".to_owned(), rate);
    }
    number(&mut numbers, "mb_per_s", (seconds > 0.0).then_some(megabytes / seconds));
    Value::Object(numbers)
}

fn tally(numbers: &mut Map<String, Value>, name: &str, tally: &Tally) {
    number(numbers, &format!("{name}_items"), Some(f64::from(tally.items())));
    number(numbers, &format!("{name}_recall"), tally.recall().map(|share| share.value));
    number(numbers, &format!("{name}_precision"), tally.precision().map(|share| share.value));
    number(numbers, &format!("{name}_f1"), tally.f1());
    number(numbers, &format!("{name}_fpr"), tally.false_alarms().map(|share| share.value));
}

/// What cannot be told is not there: every value is a number.
fn number(numbers: &mut Map<String, Value>, name: &str, value: Option<f64>) {
    if let Some(value) = value {
        numbers.insert(name.to_owned(), json!(round(value)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::corpus::Place;

    #[test]
    fn the_numbers_are_flat_and_carry_their_stable_names() {
        let counts = Tally { hits: 3, misses: 1, alarms: 1, passes: 9 };
        let figures = |name: &str, place| Figures {
            name: name.to_owned(),
            by_severity: vec![(doorward_core::guard::Severity::Medium, counts)],
            by_place: [(place, counts)].into(),
            seconds: 2.0,
            megabytes: 8.0,
            ..Figures::default()
        };
        let all = [
            figures("injection", Place::Description),
            figures("secrets", Place::Result),
            figures("pii", Place::Result),
            figures("arguments", Place::Argument),
        ];
        let numbers = numbers(&all);
        let stable = [
            ("injection_tool_description_recall", 0.75),
            ("injection_benign_fpr", 0.1),
            ("secrets_recall", 0.75),
            ("secrets_precision", 0.75),
            ("pii_recall", 0.75),
            ("pii_precision", 0.75),
            ("arguments_recall", 0.75),
            ("arguments_fpr", 0.1),
            ("mb_per_s", 4.0),
        ];
        for (name, value) in stable {
            assert_eq!(numbers.get(name).and_then(Value::as_f64), Some(value), "{name}");
        }
        assert!(numbers.as_object().unwrap().values().all(Value::is_number));
    }
}
