//! Which fields the records of a tool have: what most of them had is a field of the server's, what one has alone may be
//! the work of whoever wrote a value that looks like a field.

use std::collections::{BTreeMap, BTreeSet};

use doorward_core::ids::ServerId;

use super::{Form, PathId, Paths, Reading, Sort};
use crate::canonical::{Key, Keyed, Kind};
use crate::limits::{SHAPE_FIELDS_MAX, SHAPE_RECORDS_MAX, SHAPE_VOTES_MAX, SHAPES_MAX};

/// The fields that results of each tool had, over all contexts. Holds hashes and counts, no names.
#[derive(Debug)]
pub struct Shapes {
    keyed: Keyed,
    tools: BTreeMap<u64, Shape>,
    /// Grows with each result: which shape was used longest ago.
    now: u64,
}

#[derive(Debug, Default)]
struct Shape {
    records: u32,
    fields: BTreeMap<u64, u32>,
    used: u64,
}

/// What is known of one result's fields.
#[derive(Debug, Default)]
pub(crate) struct Usual {
    paths: BTreeSet<PathId>,
}

impl Shapes {
    /// None yet.
    #[must_use]
    pub fn new(key: &Key) -> Self {
        Self { keyed: Keyed::new(key), tools: BTreeMap::new(), now: 0 }
    }

    /// About how much memory they take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let fields: usize = self.tools.values().map(|shape| shape.fields.len()).sum();
        size_of::<Self>() + self.tools.len() * size_of::<(u64, Shape)>() + fields * size_of::<(u64, u32)>()
    }

    /// Takes in a result, and says which of its fields most records of the tool had, of two at least. Only YAML is looked
    /// at: in other strict forms a value cannot pretend to be a field.
    pub(crate) fn see(&mut self, server: &ServerId, tool: &str, reading: &Reading<'_>) -> Usual {
        if reading.form != Form::Indented {
            return Usual::default();
        }
        self.now += 1;
        let place = self.keyed.hash(Kind::Place, &format!("{server}\n{tool}"));
        self.make_room(place);
        let shape = self.tools.entry(place).or_default();
        shape.used = self.now;
        let paths = &reading.paths;
        let hash = |path: PathId| paths.pointer(path).map(|pointer| self.keyed.hash(Kind::Path, pointer));
        for fields in records(reading).values() {
            shape.add(fields.iter().filter_map(|path| hash(*path)));
        }
        let names = reading.leaves.iter().filter_map(|leaf| field(leaf.sort));
        let usual = names.filter(|path| hash(*path).is_some_and(|hash| shape.is_usual(hash)));
        Usual { paths: usual.collect() }
    }

    fn make_room(&mut self, place: u64) {
        if self.tools.len() < SHAPES_MAX || self.tools.contains_key(&place) {
            return;
        }
        let oldest = self.tools.iter().min_by_key(|(_, shape)| shape.used).map(|(place, _)| *place);
        oldest.map(|oldest| self.tools.remove(&oldest));
    }
}

impl Usual {
    /// Whether a value at `path` stands in a field that is the server's own.
    pub(crate) fn has(&self, path: PathId) -> bool {
        path != Paths::ROOT && self.paths.contains(&path)
    }
}

impl Shape {
    fn add(&mut self, fields: impl Iterator<Item = u64>) {
        if self.records >= SHAPE_RECORDS_MAX {
            self.records /= 2;
            self.fields.values_mut().for_each(|count| *count /= 2);
        }
        self.records += 1;
        for field in fields.take(SHAPE_FIELDS_MAX) {
            if self.fields.len() >= SHAPE_FIELDS_MAX && !self.fields.contains_key(&field) {
                // INVARIANT: only what is not usual is forgotten, so room is made without making anything usual.
                let records = self.records;
                self.fields.retain(|_, count| u64::from(*count) * 2 > u64::from(records));
            }
            if self.fields.len() < SHAPE_FIELDS_MAX {
                *self.fields.entry(field).or_default() += 1;
            }
        }
    }

    fn is_usual(&self, field: u64) -> bool {
        let count = self.fields.get(&field).copied().unwrap_or_default();
        self.records >= 2 && u64::from(count) * 2 > u64::from(self.records)
    }
}

/// The fields of the first records; more of one result have no say.
fn records(reading: &Reading<'_>) -> BTreeMap<u32, BTreeSet<PathId>> {
    let mut records: BTreeMap<u32, BTreeSet<PathId>> = BTreeMap::new();
    for leaf in &reading.leaves {
        if records.len() >= SHAPE_VOTES_MAX && !records.contains_key(&leaf.record) {
            break;
        }
        let fields = records.entry(leaf.record).or_default();
        fields.extend(field(leaf.sort));
    }
    records
}

const fn field(sort: Sort) -> Option<PathId> {
    match sort {
        Sort::Name(path) => Some(path),
        Sort::Field | Sort::Line => None,
    }
}
