//! The checkpoints of an export: which of them count.

use super::{Fault, Report, Which, Why};
use crate::audit::checkpoint::{Checkpoint, Opened, Trusted};
use crate::audit::export::{CHECKPOINT, CHECKPOINTS, Files, split_checkpoints};
use crate::audit::note::KeyName;
use crate::limits::CHECKPOINTS_MAX;

/// The checkpoints that count, the smallest first, each once.
pub(super) struct Heads {
    sorted: Vec<Checkpoint>,
    /// Those of them that stand in the export, in the same order.
    here: Vec<Checkpoint>,
    opened: Vec<Opened>,
    seen: Vec<Checkpoint>,
}

impl Heads {
    pub(super) fn read(files: &dyn Files, trusted: &Trusted, seen: &[Checkpoint], report: &mut Report) -> Self {
        let latest = read_latest(files, trusted, report);
        let kept = read_kept(files, trusted, report);
        if let (Some(latest), Some(Some(last))) = (&latest, kept.last())
            && !same(&latest.checkpoint, &last.checkpoint)
        {
            report.fault(Fault::Checkpoint { which: Which::Latest, why: Why::NotTheLast });
        }
        check_order(&kept, report);
        let opened: Vec<Opened> = kept.into_iter().flatten().chain(latest).collect();
        let here = ascending(opened.iter().map(|opened| opened.checkpoint.clone()).collect());
        let sorted = ascending(here.iter().chain(seen).cloned().collect());
        Self { sorted, here, opened, seen: seen.to_vec() }
    }

    /// Those up to that size, the smallest first.
    pub(super) fn up_to(&self, size: u64) -> std::vec::IntoIter<Checkpoint> {
        let fitting: Vec<Checkpoint> = self.sorted.iter().filter(|head| head.size <= size).cloned().collect();
        fitting.into_iter()
    }

    /// Those in the export of that size: one, unless there are two histories.
    pub(super) fn of_size(&self, size: u64) -> impl Iterator<Item = &Checkpoint> {
        let from = self.here.partition_point(|head| head.size < size);
        self.here.iter().skip(from).take_while(move |head| head.size == size)
    }

    /// All of them, the smallest first.
    pub(super) fn ascending(&self) -> &[Checkpoint] {
        &self.sorted
    }

    pub(super) fn largest(&self) -> Option<&Checkpoint> {
        self.here.last()
    }

    /// The smallest in the export of a larger tree.
    pub(super) fn after(&self, size: u64) -> Option<&Checkpoint> {
        self.here.get(self.here.partition_point(|head| head.size <= size))
    }

    pub(super) fn witnesses(&self, head: &Checkpoint) -> Vec<(KeyName, u64)> {
        let here = self.opened.iter().rev().find(|opened| same(&opened.checkpoint, head));
        here.map(|opened| opened.witnesses.clone()).unwrap_or_default()
    }

    /// Tells of checkpoints that were seen and are of a larger log than the whole export.
    pub(super) fn check_against(&self, head: &Checkpoint, report: &mut Report) {
        let largest = self.largest().map_or(head.size, |largest| largest.size);
        for seen in self.seen.iter().filter(|seen| seen.size > largest) {
            report.fault(Fault::RolledBack { seen: Box::new(seen.clone()) });
        }
    }
}

/// Each once, the smallest first.
fn ascending(mut heads: Vec<Checkpoint>) -> Vec<Checkpoint> {
    heads.sort_by_key(|head| (head.size, head.root));
    heads.dedup_by(|one, other| same(one, other));
    heads
}

fn same(one: &Checkpoint, other: &Checkpoint) -> bool {
    one.size == other.size && one.root == other.root
}

fn read_latest(files: &dyn Files, trusted: &Trusted, report: &mut Report) -> Option<Opened> {
    let Some(note) = files.read(CHECKPOINT) else {
        report.fault(Fault::Missing { path: CHECKPOINT.to_owned() });
        return None;
    };
    opened(&note, Which::Latest, trusted, report)
}

fn read_kept(files: &dyn Files, trusted: &Trusted, report: &mut Report) -> Vec<Option<Opened>> {
    let Some(file) = files.read(CHECKPOINTS) else {
        report.fault(Fault::Missing { path: CHECKPOINTS.to_owned() });
        return Vec::new();
    };
    let notes = split_checkpoints(&file).into_iter().take(CHECKPOINTS_MAX).enumerate();
    notes.map(|(place, note)| opened(&note, Which::Kept(place), trusted, report)).collect()
}

fn opened(note: &[u8], which: Which, trusted: &Trusted, report: &mut Report) -> Option<Opened> {
    match Checkpoint::open(note, trusted) {
        Ok(opened) => {
            let unknown = u64::try_from(opened.unknown).unwrap_or(u64::MAX);
            report.unknown_signatures = report.unknown_signatures.saturating_add(unknown);
            Some(opened)
        }
        Err(error) => {
            report.fault(Fault::Checkpoint { which, why: error.into() });
            None
        }
    }
}

/// Checkpoints that are kept grow from one to the next. The one at fault is the one without which the rest does.
fn check_order(kept: &[Option<Opened>], report: &mut Report) {
    let mut good: Vec<(usize, u64)> = Vec::new();
    for (place, opened) in kept.iter().enumerate() {
        let Some(size) = opened.as_ref().map(|opened| opened.checkpoint.size) else { continue };
        let last = good.last().copied();
        let Some((other, _)) = last.filter(|(_, last)| *last >= size) else {
            good.push((place, size));
            continue;
        };
        let without = good.len().checked_sub(2).and_then(|at| good.get(at));
        let (wrong, right) = match without {
            Some((_, before)) if *before < size => {
                good.pop();
                good.push((place, size));
                (other, place)
            }
            Some(_) | None => (place, other),
        };
        report.fault(Fault::Checkpoint { which: Which::Kept(wrong), why: Why::Order(right) });
    }
}
