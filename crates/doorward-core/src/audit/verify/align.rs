//! What became of the entries where they are not those of the tree: two sequences are held against each other.

use std::collections::{BTreeMap, BTreeSet};

use super::{Fault, Report};
use crate::audit::merkle::Hash;

/// The entries of the bundles that are not as they were.
#[derive(Default)]
pub(super) struct Pending {
    /// What the tree has, with the places.
    wanted: Vec<(u64, Hash)>,
    /// What is there.
    found: Vec<Hash>,
}

impl Pending {
    pub(super) fn len(&self) -> usize {
        self.wanted.len()
    }

    pub(super) fn push(&mut self, first: u64, wanted: &[Hash], found: Vec<Hash>) {
        self.wanted.extend((first..).zip(wanted.iter().copied()));
        self.found.extend(found);
    }

    /// Tells what became of them, in a tree of `size` leaves.
    pub(super) fn tell(self, size: u64, report: &mut Report) {
        let mut places = Places { wanted: where_each(self.wanted.iter().map(|(_, hash)| hash)), ..Places::default() };
        places.found = where_each(self.found.iter());
        let (mut at, mut there) = (0, 0);
        loop {
            at = skip(&places.settled_wanted, at);
            there = skip(&places.settled_found, there);
            match (self.wanted.get(at), self.found.get(there)) {
                (None, None) => return,
                (None, Some(_)) => {
                    let last = self.wanted.last().map_or(size, |(index, _)| index.saturating_add(1));
                    report.fault(Fault::Inserted { index: last });
                    there = there.saturating_add(1);
                }
                (Some((index, _)), None) => {
                    if places.settled_wanted.range(at..).next().is_none() && self.ends_at(size) {
                        return report.fault(Fault::Truncated { from: *index });
                    }
                    report.fault(Fault::Dropped { index: *index });
                    at = at.saturating_add(1);
                }
                (Some((_, wanted)), Some(found)) if wanted == found => {
                    (at, there) = (at.saturating_add(1), there.saturating_add(1));
                }
                (Some((index, wanted)), Some(found)) => {
                    let later_found = ahead(&places.found, wanted, there, &places.settled_found);
                    let later_wanted = match places.copies(found, at, there) {
                        Copies::OneMore => None,
                        Copies::AsMany => ahead(&places.wanted, found, at, &places.settled_wanted),
                    };
                    (at, there) = match (later_wanted, later_found) {
                        (None, None) => {
                            report.fault(Fault::Altered { index: *index });
                            (at.saturating_add(1), there.saturating_add(1))
                        }
                        (None, Some(_)) => {
                            report.fault(Fault::Inserted { index: *index });
                            (at, there.saturating_add(1))
                        }
                        (Some(_), None) => {
                            report.fault(Fault::Dropped { index: *index });
                            (at.saturating_add(1), there)
                        }
                        (Some(home), Some(now)) => {
                            let step = Step { at, there, home, now };
                            self.reordered(step, &mut places, report)
                        }
                    };
                }
            }
        }
    }

    fn ends_at(&self, size: u64) -> bool {
        self.wanted.last().is_some_and(|(index, _)| index.saturating_add(1) == size)
    }

    fn index(&self, at: usize) -> u64 {
        let last = || self.wanted.last().map_or(0, |(index, _)| *index);
        self.wanted.get(at).map_or_else(last, |(index, _)| *index)
    }

    /// Both entries are there, in other places.
    fn reordered(&self, step: Step, places: &mut Places, report: &mut Report) -> (usize, usize) {
        let Step { at, there, home, now } = step;
        let (up, down) = (home.saturating_sub(at), now.saturating_sub(there));
        if up == down {
            report.fault(Fault::Swapped { a: self.index(at), b: self.index(home) });
            places.settled_wanted.insert(home);
            places.settled_found.insert(now);
            (at.saturating_add(1), there.saturating_add(1))
        } else if down > up {
            report.fault(Fault::Moved { from: self.index(at), to: self.index(at.saturating_add(down)) });
            places.settled_found.insert(now);
            (at.saturating_add(1), there)
        } else {
            report.fault(Fault::Moved { from: self.index(home), to: self.index(at) });
            places.settled_wanted.insert(home);
            (at, there.saturating_add(1))
        }
    }
}

/// Where the two sequences part: places in each, and where the entry of each stands in the other.
struct Step {
    at: usize,
    there: usize,
    home: usize,
    now: usize,
}

#[derive(Default)]
struct Places {
    wanted: BTreeMap<Hash, Vec<usize>>,
    found: BTreeMap<Hash, Vec<usize>>,
    settled_wanted: BTreeSet<usize>,
    settled_found: BTreeSet<usize>,
}

/// Whether there are more copies of an entry than there should be.
enum Copies {
    OneMore,
    AsMany,
}

impl Places {
    fn copies(&self, hash: &Hash, at: usize, there: usize) -> Copies {
        let left = |places: &BTreeMap<Hash, Vec<usize>>, from: usize, settled: &BTreeSet<usize>| {
            let list = places.get(hash).map_or(&[][..], Vec::as_slice);
            list.iter().filter(|place| **place >= from && !settled.contains(place)).take(2).count()
        };
        let found = left(&self.found, there, &self.settled_found);
        if found > left(&self.wanted, at, &self.settled_wanted) { Copies::OneMore } else { Copies::AsMany }
    }
}

fn where_each<'a>(hashes: impl Iterator<Item = &'a Hash>) -> BTreeMap<Hash, Vec<usize>> {
    let mut places: BTreeMap<Hash, Vec<usize>> = BTreeMap::new();
    for (place, hash) in hashes.enumerate() {
        places.entry(*hash).or_default().push(place);
    }
    places
}

/// The next place of `hash` after `at` that is not settled.
fn ahead(places: &BTreeMap<Hash, Vec<usize>>, hash: &Hash, at: usize, settled: &BTreeSet<usize>) -> Option<usize> {
    let list = places.get(hash)?;
    let from = list.partition_point(|place| *place <= at);
    list.iter().skip(from).find(|place| !settled.contains(place)).copied()
}

fn skip(settled: &BTreeSet<usize>, at: usize) -> usize {
    (at..).find(|place| !settled.contains(place)).unwrap_or(at)
}
