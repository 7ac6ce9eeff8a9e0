//! The figures of one file of the corpus.

use std::collections::BTreeMap;
use std::time::Duration;

use doorward_core::guard::{Confidence, Severity};

use super::corpus::{File, Item, Place};
use super::sight::Sight;
use super::tally::Tally;

/// What came of one file.
#[derive(Debug, Default)]
pub(super) struct Figures {
    pub(super) name: String,
    /// At least `low`, `medium`, `high`.
    pub(super) by_severity: Vec<(Severity, Tally)>,
    pub(super) by_place: BTreeMap<Place, Tally>,
    pub(super) by_category: BTreeMap<String, Tally>,
    pub(super) by_technique: BTreeMap<String, Tally>,
    pub(super) by_source: BTreeMap<String, Tally>,
    /// What would be found if only findings at least that sure counted, of any severity.
    pub(super) by_confidence: Vec<(Confidence, Tally)>,
    /// The same guards over the harmless texts of the other files.
    pub(super) elsewhere: Vec<(String, Tally)>,
    /// Harmless texts that any guard would have kept from going on as they are, under the standard settings.
    pub(super) disturbed: Tally,
    /// Ids of what was not found, and of what was found wrongly, the worst first.
    pub(super) misses: Vec<String>,
    pub(super) alarms: Vec<String>,
    /// What was inspected, and how long that took on one core.
    pub(super) megabytes: f64,
    pub(super) seconds: f64,
}

/// From which severity an item counts as found.
const FOUND: Severity = Severity::Medium;

impl Figures {
    /// Of `file`; `all` are all files that were read.
    pub(super) fn of(file: &File, sights: &[Sight], all: &[(&File, Vec<Sight>)]) -> Self {
        let found = |sight: &Sight, least| sight.severity(file.guards).is_some_and(|severity| severity >= least);
        let pairs = || file.items.iter().zip(sights);
        let tally = |is_found: &dyn Fn(&Sight) -> bool| tally(pairs(), is_found);
        let by = |key: &dyn Fn(&Item) -> Option<String>| grouped(pairs(), key, &|sight| found(sight, FOUND));
        let others = all.iter().filter(|(other, _)| other.name != file.name);
        Self {
            name: file.name.clone(),
            by_severity: Severity::ALL.map(|least| (least, tally(&|sight| found(sight, least)))).into(),
            by_place: grouped(pairs(), &|item| Some(item.place), &|sight| found(sight, FOUND)),
            by_category: by(&|item| Some(item.category.clone())),
            by_technique: by(&|item| item.technique.clone()),
            by_source: by(&|item| Some(item.source.clone())),
            by_confidence: thresholds()
                .map(|least| (least, tally(&|sight| sight.confidence(file.guards).is_some_and(|sure| sure >= least))))
                .collect(),
            elsewhere: others
                .map(|(other, sights)| (other.name.clone(), harmless(other, sights, &|sight| found(sight, FOUND))))
                .collect(),
            disturbed: harmless(file, sights, &|sight| sight.is_disturbed),
            misses: worst(file, sights, true),
            alarms: worst(file, sights, false),
            megabytes: megabytes(sights),
            seconds: sights.iter().map(|sight| sight.took).sum::<Duration>().as_secs_f64(),
        }
    }

    /// Megabytes a second.
    pub(super) fn speed(&self) -> f64 {
        if self.seconds > 0.0 { self.megabytes / self.seconds } else { 0.0 }
    }

    /// At the severity that counts as found.
    pub(super) fn whole(&self) -> Tally {
        self.by_severity.iter().find(|(severity, _)| *severity == FOUND).map(|(_, tally)| *tally).unwrap_or_default()
    }
}

fn thresholds() -> impl Iterator<Item = Confidence> {
    [1, 10, 20, 30, 40, 50, 60, 70, 75, 80, 85, 90, 95, 98, 99, 100].into_iter().map(Confidence::percent)
}

fn tally<'a>(pairs: impl Iterator<Item = (&'a Item, &'a Sight)>, is_found: &dyn Fn(&Sight) -> bool) -> Tally {
    let mut tally = Tally::default();
    pairs.for_each(|(item, sight)| tally.add(item.is_positive, is_found(sight)));
    tally
}

fn grouped<'a, K: Ord>(
    pairs: impl Iterator<Item = (&'a Item, &'a Sight)>,
    key: &dyn Fn(&Item) -> Option<K>,
    is_found: &dyn Fn(&Sight) -> bool,
) -> BTreeMap<K, Tally> {
    let mut groups: BTreeMap<K, Tally> = BTreeMap::new();
    for (item, sight) in pairs {
        if let Some(key) = key(item) {
            groups.entry(key).or_default().add(item.is_positive, is_found(sight));
        }
    }
    groups
}

fn harmless(file: &File, sights: &[Sight], is_found: &dyn Fn(&Sight) -> bool) -> Tally {
    tally(file.items.iter().zip(sights).filter(|(item, _)| !item.is_positive), is_found)
}

/// Misses, the longest unnoticed first; or false alarms, the gravest and surest first.
fn worst(file: &File, sights: &[Sight], positive: bool) -> Vec<String> {
    let rank = |sight: &Sight| (sight.severity(file.guards), sight.confidence(file.guards));
    let mut wrong: Vec<_> = file
        .items
        .iter()
        .zip(sights)
        .filter(|(item, sight)| {
            let is_found = sight.severity(file.guards).is_some_and(|severity| severity >= FOUND);
            item.is_positive == positive && is_found != positive
        })
        .collect();
    if positive {
        wrong.sort_by(|(left, a), (right, b)| rank(a).cmp(&rank(b)).then_with(|| left.id.cmp(&right.id)));
    } else {
        wrong.sort_by(|(left, a), (right, b)| rank(b).cmp(&rank(a)).then_with(|| left.id.cmp(&right.id)));
    }
    wrong.into_iter().map(|(item, _)| item.id.clone()).collect()
}

fn megabytes(sights: &[Sight]) -> f64 {
    let bytes: usize = sights.iter().map(|sight| sight.bytes).sum();
    #[expect(clippy::cast_precision_loss, reason = "a corpus is far smaller than 2^52 bytes")]
    let bytes = bytes as f64;
    bytes / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorward_core::guard::GuardName;

    fn sight(severity: Option<Severity>) -> Sight {
        let finding = |severity| (GuardName::Personal, severity, Confidence::percent(90));
        Sight {
            findings: severity.map(finding).into_iter().collect(),
            is_disturbed: false,
            bytes: 1_000_000,
            took: Duration::from_secs(1),
        }
    }

    fn item(id: &str, is_positive: bool) -> Item {
        Item {
            id: id.to_owned(),
            text: String::new(),
            is_positive,
            category: "c".to_owned(),
            technique: None,
            source: "s".to_owned(),
            place: Place::Result,
        }
    }

    #[test]
    fn what_counts_as_found_is_medium_and_graver() {
        let items = vec![item("a", true), item("b", true), item("c", false), item("d", false)];
        let file = File { name: "pii".to_owned(), guards: &[GuardName::Personal], items };
        let sights = [Some(Severity::Low), Some(Severity::High), Some(Severity::Medium), None].map(sight);
        let figures = Figures::of(&file, &sights, &[]);
        assert_eq!(figures.whole(), Tally { hits: 1, misses: 1, alarms: 1, passes: 1 });
        assert_eq!((figures.misses.join(" "), figures.alarms.join(" ")), ("a".to_owned(), "c".to_owned()));
        assert_eq!(figures.by_source.get("s").map(Tally::items), Some(4));
        assert!((figures.speed() - 1.0).abs() < 1e-9);
    }
}
