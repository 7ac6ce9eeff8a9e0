//! What the classifier is worth on texts of makers it has not seen, as tables.

#![expect(clippy::indexing_slicing, reason = "there are two places")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use doorward_guards::training::Weights;

use super::examples::{Example, Examples};
use crate::eval::tally::Share;

/// Shares of false alarms at which the curve is told.
const CURVE: [f64; 6] = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05];

/// The tables, held-out sums by the order of examples.
pub(super) fn report(examples: &Examples, sums: &[f32], weights: &Weights) -> String {
    let counted: Vec<(&Example, f32)> = examples
        .all
        .iter()
        .zip(sums)
        .map(|(example, sum)| (example, *sum))
        .filter(|(example, _)| example.is_counted)
        .collect();
    let mut text = String::from("Held out by maker, at the threshold of `medium`\n");
    let found = |(example, sum): &(&Example, f32)| *sum >= weights.places[example.place].medium;
    let by_source = |(example, _): &(&Example, f32)| (example.is_hostile, example.source.clone(), example.surface);
    let by_category = |(example, _): &(&Example, f32)| (example.is_hostile, example.category.clone(), "");
    let by_surface = |(example, _): &(&Example, f32)| (example.is_hostile, "all".to_owned(), example.surface);
    let all = |(example, _): &(&Example, f32)| (example.is_hostile, "all".to_owned(), "");
    table(&mut text, &counted, by_source, found);
    table(&mut text, &counted, by_category, found);
    table(&mut text, &counted, by_surface, found);
    table(&mut text, &counted, all, found);
    let high = |(example, sum): &(&Example, f32)| *sum >= weights.places[example.place].high;
    text.push_str("\nAt the threshold of `high`\n");
    table(&mut text, &counted, by_surface, high);
    curve(&mut text, &counted);
    text
}

fn table(
    text: &mut String,
    counted: &[(&Example, f32)],
    row: impl Fn(&(&Example, f32)) -> (bool, String, &'static str),
    found: impl Fn(&(&Example, f32)) -> bool,
) {
    let mut rows: BTreeMap<_, (u32, u32)> = BTreeMap::new();
    for one in counted {
        let (hits, all) = rows.entry(row(one)).or_default();
        *hits += u32::from(found(one));
        *all += 1;
    }
    text.push('\n');
    for ((is_hostile, name, surface), (hits, all)) in rows {
        let label = if is_hostile { "hostile " } else { "harmless" };
        let _ = writeln!(text, "{label} {name:30} {surface:17} {hits:5} of {all:5}  {}", percent(hits, all));
    }
}

fn percent(part: u32, whole: u32) -> String {
    Share::of(part, whole).map_or_else(String::new, |share| {
        format!("{:5.1} % ({:.1}-{:.1})", share.value * 100.0, share.low * 100.0, share.high * 100.0)
    })
}

/// Recall at shares of false alarms, one threshold for each place.
fn curve(text: &mut String, counted: &[(&Example, f32)]) {
    text.push_str("\nFalse alarms   recall in definitions   elsewhere\n");
    for share in CURVE {
        let recall = |place: usize| {
            let here = || counted.iter().filter(move |(example, _)| example.place == place && example.weight > 0.0);
            let mut harmless: Vec<f32> =
                here().filter(|(example, _)| !example.is_hostile).map(|(_, sum)| *sum).collect();
            harmless.sort_by(|a, b| b.total_cmp(a));
            let threshold = harmless.get((harmless.len() as f64 * share) as usize).copied().unwrap_or(0.0);
            let hostile = here().filter(|(example, _)| example.is_hostile);
            let hits = hostile.clone().filter(|(_, sum)| *sum > threshold).count() as u32;
            percent(hits, hostile.count() as u32)
        };
        let _ = writeln!(text, "{:6.2} %       {}     {}", share * 100.0, recall(0), recall(1));
    }
}
