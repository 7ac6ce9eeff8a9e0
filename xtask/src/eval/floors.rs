//! The figures below which a change must not fall: the least recall and the most false alarms, for each file and surface.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::figures::Figures;
use super::tally::Tally;
use super::{detect, flows};

/// Floors by the file and the surface; `all` is the whole file.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Floors(BTreeMap<String, BTreeMap<String, Floor>>);

#[derive(Debug, Clone, Copy, PartialEq)]
struct Floor {
    recall: Option<f64>,
    false_positives_per_10000: Option<f64>,
}

impl Floors {
    /// What [`Floors::text`] has written.
    pub(super) fn read(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let mut floors = Self::default();
        for (file, surfaces) in
            value.as_object()?.iter().filter(|(file, _)| ![flows::MEMBER, detect::MEMBER].contains(&file.as_str()))
        {
            for (surface, floor) in surfaces.as_object()? {
                let figure = |name: &str| floor.get(name).and_then(Value::as_f64);
                let floor =
                    Floor { recall: figure("recall"), false_positives_per_10000: figure("false_positives_per_10000") };
                floors.0.entry(file.clone()).or_default().insert(surface.clone(), floor);
            }
        }
        Some(floors)
    }

    pub(super) fn text(&self) -> String {
        let value = |floor: &Floor| json!({"recall": floor.recall, "false_positives_per_10000": floor.false_positives_per_10000});
        let surfaces = |surfaces: &BTreeMap<String, Floor>| {
            surfaces.iter().map(|(name, floor)| (name.clone(), value(floor))).collect::<Value>()
        };
        let files = self.0.iter().map(|(file, floors)| (file.clone(), surfaces(floors))).collect::<Value>();
        format!("{files:#}\n")
    }

    /// Takes the figures of a file for its floors.
    pub(super) fn record(&mut self, figures: &Figures) {
        let floors = rows(figures).map(|(name, tally)| (name, floor(&tally))).collect();
        self.0.insert(figures.name.clone(), floors);
    }

    /// A sentence for each figure that has fallen.
    pub(super) fn broken(&self, figures: &Figures) -> Vec<String> {
        let floors = self.0.get(&figures.name);
        let held = rows(figures).filter_map(|(name, tally)| Some((floors?.get(&name)?, name, floor(&tally))));
        held.flat_map(|(floor, name, now)| compare(&format!("{}/{name}", figures.name), floor, &now)).collect()
    }
}

fn rows(figures: &Figures) -> impl Iterator<Item = (String, Tally)> {
    let places = figures.by_place.iter().map(|(place, tally)| (place.name().to_owned(), *tally));
    [("all".to_owned(), figures.whole())].into_iter().chain(places)
}

/// Rounded so that the same figures never break their own floor.
fn floor(tally: &Tally) -> Floor {
    Floor {
        recall: tally.recall().map(|share| (share.value * 1000.0).floor() / 1000.0),
        false_positives_per_10000: tally.false_alarms().map(|share| (share.value * 10_000.0).ceil()),
    }
}

fn compare(place: &str, floor: &Floor, now: &Floor) -> Vec<String> {
    let mut broken = Vec::new();
    if let (Some(least), Some(recall)) = (floor.recall, now.recall)
        && recall < least
    {
        broken.push(format!("{place}: recall is {recall}, the floor is {least}"));
    }
    if let (Some(most), Some(alarms)) = (floor.false_positives_per_10000, now.false_positives_per_10000)
        && alarms > most
    {
        broken.push(format!("{place}: {alarms} false positives per 10,000, at most {most} are allowed"));
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floors_survive_writing_and_reading() {
        let mut floors = Floors::default();
        let one = Floor { recall: Some(0.9), false_positives_per_10000: None };
        floors.0.entry("pii".to_owned()).or_default().insert("all".to_owned(), one);
        assert_eq!(Floors::read(&floors.text()).unwrap(), floors);
        assert_eq!(Floors::read("[]"), None);
    }

    #[test]
    fn a_figure_below_its_floor_is_told_and_the_same_figure_is_not() {
        let was = floor(&Tally { hits: 9, misses: 1, alarms: 1, passes: 9 });
        assert_eq!(compare("x", &was, &was), Vec::<String>::new());
        let now = floor(&Tally { hits: 8, misses: 2, alarms: 2, passes: 8 });
        assert_eq!(compare("x", &was, &now).len(), 2);
    }
}
