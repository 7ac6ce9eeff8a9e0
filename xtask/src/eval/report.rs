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
    let _ = writeln!(out, "\n== {} ({:.1} MB/s)", figures.name, figures.speed);
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

/// All files as one JSON object.
pub(super) fn json(figures: &[Figures], worst: usize) -> Value {
    let files = figures.iter().map(|figures| (figures.name.clone(), one(figures, worst)));
    json!({"files": files.collect::<Map<String, Value>>()})
}

fn one(figures: &Figures, worst: usize) -> Value {
    let ids = |ids: &[String]| ids.iter().take(worst).cloned().collect::<Vec<_>>();
    json!({
        "megabytes_per_second": round(figures.speed),
        "by_severity": object(figures.by_severity.iter().map(|(severity, tally)| (severity.name().to_owned(), tally))),
        "by_surface": object(figures.by_place.iter().map(|(place, tally)| (place.name().to_owned(), tally))),
        "by_category": object(figures.by_category.iter().map(|(name, tally)| (name.clone(), tally))),
        "by_technique": object(figures.by_technique.iter().map(|(name, tally)| (name.clone(), tally))),
        "by_source": object(figures.by_source.iter().map(|(name, tally)| (name.clone(), tally))),
        "harmless_elsewhere": object(figures.elsewhere.iter().map(|(name, tally)| (name.clone(), tally))),
        "disturbed": figures.disturbed.json(),
        "by_confidence": object(figures.by_confidence.iter().map(|(least, tally)| (least.as_percent().to_string(), tally))),
        "misses": figures.misses.len(), "worst_misses": ids(&figures.misses),
        "alarms": figures.alarms.len(), "worst_false_alarms": ids(&figures.alarms),
    })
}

fn object<'a>(rows: impl Iterator<Item = (String, &'a Tally)>) -> Value {
    Value::Object(rows.map(|(name, tally)| (name, tally.json())).collect())
}
