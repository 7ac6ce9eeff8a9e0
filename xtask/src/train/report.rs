//! What the guard finds in texts of makers that its classifier has not seen, as tables for a page.
//!
//! Responsible for judging as the product does, rules and classifier together, with the classifier and its thresholds of
//! each text taken from other makers alone.

#![expect(clippy::indexing_slicing, reason = "there are two places, and a threshold for each maker")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use doorward_core::guard::Severity;
use doorward_guards::training::Meaning;

use super::calibrate::{self, Shares};
use super::examples::{Example, Examples, Text};
use crate::eval::tally::Share;

/// How much more, or less, than the shipped share of false alarms of the classifier the curve goes through.
const CURVE: [f64; 8] = [0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0];

/// Who judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Judge {
    /// Rules and what needs no words.
    Rules,
    /// The classifier alone.
    Classifier,
    /// Both, as the product does.
    Both,
}

/// The judges, in the order of columns.
const JUDGES: [Judge; 3] = [Judge::Rules, Judge::Classifier, Judge::Both];

/// The tables, held-out sums by the order of examples.
pub(super) fn report(examples: &Examples, sums: &[Vec<f32>]) -> String {
    let court = Court { examples, sums, meanings: thresholds(examples, sums, Shares::shipped()) };
    let mut text = String::from(
        "Every maker held out: classifier and thresholds come from the other makers. `medium` or graver is found.\n",
    );
    for is_hostile in [true, false] {
        let of = |example: &Example| example.is_hostile == is_hostile;
        heading(&mut text, if is_hostile { "hostile, by category" } else { "harmless, by category" });
        court.rows(&mut text, |example| of(example).then(|| example.category.clone()));
        heading(&mut text, if is_hostile { "hostile, by surface" } else { "harmless, by surface" });
        court.rows(&mut text, |example| of(example).then(|| example.surface.to_owned()));
        court.rows(&mut text, |example| of(example).then(|| "**all**".to_owned()));
        heading(&mut text, if is_hostile { "hostile, by source" } else { "harmless, by source" });
        court.rows(&mut text, |example| of(example).then(|| format!("{}, {}", example.source, example.surface)));
    }
    curve(&mut text, examples, sums);
    text
}

fn heading(text: &mut String, of: &str) {
    let _ =
        writeln!(text, "\n| {of} | n | rules | classifier | both | 95 % | high |\n|---|---:|---:|---:|---:|---|---:|");
}

/// What every maker is judged by.
type Thresholds = Vec<[Meaning; 2]>;

/// The thresholds of each maker, from what is said of all others.
fn thresholds(examples: &Examples, sums: &[Vec<f32>], shares: Shares) -> Thresholds {
    let start = [Meaning::default(); 2];
    let makers = 0..examples.groups.len();
    makers.map(|maker| calibrate::thresholds(examples, sums, start, shares, |one| one.group != maker)).collect()
}

/// What all examples are judged by.
#[derive(Debug)]
struct Court<'a> {
    examples: &'a Examples,
    sums: &'a [Vec<f32>],
    meanings: Thresholds,
}

impl Court<'_> {
    /// Every counted example with the sums of its texts.
    fn counted(&self) -> impl Iterator<Item = (&Example, &Vec<f32>)> {
        self.examples.all.iter().zip(self.sums).filter(|(example, _)| example.is_counted)
    }

    /// How grave an example is to a judge.
    fn severity(&self, example: &Example, sums: &[f32], judge: Judge) -> Option<Severity> {
        let meaning = self.meanings[example.group][example.place];
        let of_text = |(text, sum): (&Text, &f32)| match judge {
            Judge::Rules => text.rules,
            Judge::Classifier => meaning.severity(*sum, None),
            Judge::Both => text.rules.max(meaning.severity(*sum, text.rules)),
        };
        let texts = example.texts.iter().zip(sums).filter_map(of_text).max();
        if judge == Judge::Classifier { texts } else { texts.max(example.beside) }
    }

    /// How many of the examples that `takes` says yes to are found by a judge.
    fn share(&self, judge: Judge, least: Severity, takes: impl Fn(&Example) -> bool) -> (u32, u32) {
        let (mut hits, mut all) = (0, 0);
        for (example, sums) in self.counted().filter(|(example, _)| takes(example)) {
            hits += u32::from(self.severity(example, sums, judge) >= Some(least));
            all += 1;
        }
        (hits, all)
    }

    /// A row for every name that examples are given.
    fn rows(&self, text: &mut String, name: impl Fn(&Example) -> Option<String>) {
        let names: BTreeMap<String, ()> =
            self.counted().filter_map(|(example, _)| Some((name(example)?, ()))).collect();
        for wanted in names.keys() {
            let takes = |example: &Example| name(example).as_ref() == Some(wanted);
            let found = JUDGES.map(|judge| self.share(judge, Severity::Medium, takes));
            let [rules, classifier, both] = found.map(|(hits, all)| percent(hits, all));
            let high = self.share(Judge::Both, Severity::High, takes);
            let (n, interval) = (found[2].1, interval(found[2].0, found[2].1));
            let high = percent(high.0, high.1);
            let _ = writeln!(text, "| {wanted} | {n} | {rules} | {classifier} | {both} | {interval} | {high} |");
        }
    }
}

fn percent(part: u32, whole: u32) -> String {
    Share::of(part, whole).map_or_else(String::new, |share| format!("{:.1}", share.value * 100.0))
}

fn interval(part: u32, whole: u32) -> String {
    Share::of(part, whole)
        .map_or_else(String::new, |share| format!("{:.1}–{:.1}", share.low * 100.0, share.high * 100.0))
}

/// Recall against false alarms, as the classifier needs less and less.
fn curve(text: &mut String, examples: &Examples, sums: &[Vec<f32>]) {
    text.push_str("\n| threshold | false alarms | 95 % | recall | 95 % | poisoned descriptions | obfuscated |\n");
    text.push_str("|---|---:|---|---:|---|---:|---:|\n");
    let mut row = |name: &str, court: &Court<'_>, judge: Judge, least: Severity| {
        let share = |takes: &dyn Fn(&Example) -> bool| court.share(judge, least, takes);
        let category = |name: &str| {
            let (hits, all) = share(&|example| example.is_hostile && example.category == name);
            percent(hits, all)
        };
        let (alarms, harmless) = share(&|example| !example.is_hostile);
        let (hits, hostile) = share(&|example| example.is_hostile);
        let _ = writeln!(
            text,
            "| {name} | {} | {} | {} | {} | {} | {} |",
            Share::of(alarms, harmless).map_or_else(String::new, |share| format!("{:.2}", share.value * 100.0)),
            interval(alarms, harmless),
            percent(hits, hostile),
            interval(hits, hostile),
            category("tool_poisoning"),
            category("obfuscated_injection"),
        );
    };
    for part in CURVE {
        let shares = Shares::shipped().times(part);
        let court = Court { examples, sums, meanings: thresholds(examples, sums, shares) };
        match part {
            0.0 => {
                row("rules, `high`", &court, Judge::Rules, Severity::High);
                row("rules, `medium`", &court, Judge::Rules, Severity::Medium);
            }
            _ => row(&format!("both, classifier × {part}"), &court, Judge::Both, Severity::Medium),
        }
    }
}
