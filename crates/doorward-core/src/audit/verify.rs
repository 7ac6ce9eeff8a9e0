//! The verdict over an exported log: whether anything was changed, and what.
//!
//! Responsible for saying exactly which record, tile or checkpoint is not as it was. An export says everything in
//! several ways (entries, the hashes of leaves, the hashes above, checkpoints); what disagrees with all the others is what was
//! changed. It must never call an export sound for want of a file, and never trust a key that comes with it.
//!
//! What it cannot know is what came after the newest checkpoint that somebody has: an export that ends at an older one looks
//! whole. Whoever keeps a checkpoint gives it as one that was seen. Nor does it show that a checkpoint between two others was
//! not kept: nothing of the log is lost with it.

mod align;
mod bundles;
mod heads;
mod shelf;
mod tree;

use std::fmt;

use super::checkpoint::{Checkpoint, OpenError, Trusted};
use super::entry::{Disclosure, Field};
use super::export::{self, Files};
use super::merkle::{Frontier, Hash};
use super::note::{KeyName, VerifierKey};
use super::tiles::{Kind, Tile};
use crate::limits::{ALIGN_ENTRIES_MAX, FAULTS_MAX};

use align::Pending;
use heads::Heads;
use shelf::Shelf;

/// What was found out about an exported log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// The largest checkpoint that counts and that the files agree with; `None` when there is none.
    pub checkpoint: Option<Checkpoint>,
    /// The witnesses that signed it, each with the time it did, in seconds since 1970.
    pub witnesses: Vec<(KeyName, u64)>,
    /// How many entries are exactly those of that checkpoint.
    pub entries: u64,
    /// How many different checkpoints count and agree with it.
    pub checkpoints: u64,
    /// How many signatures are by keys that are not known. They count for nothing, and one of them may be a known
    /// witness's whose name was damaged.
    pub unknown_signatures: u64,
    /// How many fields that are shown hold.
    pub disclosures: u64,
    /// What is wrong, at most [`FAULTS_MAX`] of it.
    pub faults: Vec<Fault>,
    /// How much more is wrong.
    pub more_faults: u64,
    /// Files that are no part of a log; nobody looked at them.
    pub strange: Vec<String>,
}

/// One thing that is wrong with an exported log. Indexes are those of records in the log, from 0.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The record is not what was logged.
    Altered {
        /// Which.
        index: u64,
    },
    /// The record is missing, and what follows has moved up.
    Dropped {
        /// Which.
        index: u64,
    },
    /// A record stands here that was never logged.
    Inserted {
        /// Before which.
        index: u64,
    },
    /// Two records stand in each other's place.
    Swapped {
        /// The earlier one.
        a: u64,
        /// The later one.
        b: u64,
    },
    /// A record stands in another place.
    Moved {
        /// Where it belongs.
        from: u64,
        /// Where it stands.
        to: u64,
    },
    /// Everything from here on is missing.
    Truncated {
        /// The first that is missing.
        from: u64,
    },
    /// Records and hashes were changed together, somewhere from the first index up to, but not including, the last.
    Rewritten {
        /// The first record that may be changed.
        from: u64,
        /// The first after them that is not known to be.
        to: u64,
    },
    /// A file of hashes, or a bundle of entries, is not what belongs there; what it is about is known from elsewhere.
    Tile {
        /// Its name.
        path: String,
    },
    /// A file is missing.
    Missing {
        /// Its name.
        path: String,
    },
    /// A file that no log of this size has.
    Extra {
        /// Its name.
        path: String,
    },
    /// The log has signed two histories. The two checkpoints are the proof of it.
    Forked {
        /// The size of the last checkpoint before the other one that agrees with the files. The histories part after it,
        /// if it is a checkpoint of both.
        after: u64,
        /// The one the files agree with, or the first.
        kept: Box<Checkpoint>,
        /// The other.
        other: Box<Checkpoint>,
    },
    /// A checkpoint that was seen elsewhere is of a larger log than this one.
    RolledBack {
        /// The one that was seen.
        seen: Box<Checkpoint>,
    },
    /// A checkpoint does not count, or stands where it does not belong.
    Checkpoint {
        /// Which.
        which: Which,
        /// Why.
        why: Why,
    },
    /// The key in the export is none that is trusted.
    Key,
    /// A field that is shown is not what the record commits to.
    Opening {
        /// Which record.
        index: u64,
        /// Which field; `None` when the line cannot be read.
        field: Option<Field>,
    },
}

/// Which checkpoint of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Which {
    /// That of the file `checkpoint`.
    Latest,
    /// That at this place in the file `checkpoints`, from 0.
    Kept(usize),
}

/// Why a checkpoint is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Why {
    /// It cannot be read.
    Form,
    /// No known key of this log has signed it.
    Unsigned,
    /// A signature of a known key is wrong.
    BadSignature,
    /// Too few known witnesses have signed it.
    Quorum,
    /// Checkpoints only grow; this one does not fit the one at that place.
    Order(usize),
    /// The latest is not the last of those that were kept.
    NotTheLast,
}

/// Checks an exported log. `seen` are checkpoints that the caller knows from elsewhere, such as from the last time.
#[must_use]
pub fn verify(files: &dyn Files, trusted: &Trusted, seen: &[Checkpoint]) -> Report {
    let mut report = Report::default();
    let shelf = Shelf::of(files);
    check_key(files, trusted, &mut report);
    let heads = Heads::read(files, trusted, seen, &mut report);
    match tree::basis(&shelf, &heads) {
        Some(basis) => {
            check_tree(&shelf, &heads, basis, &mut report);
        }
        None => tell_rewritten(&shelf, &heads, 0, &mut report),
    }
    check_openings(files, &shelf, &mut report);
    report.strange = shelf.strange().to_vec();
    report
}

impl Report {
    /// Whether the export is a whole log, signed by a trusted key, in which nothing was changed.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty() && self.more_faults == 0 && self.checkpoint.is_some()
    }

    fn fault(&mut self, fault: Fault) {
        if self.faults.contains(&fault) {
            return;
        }
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(fault);
        } else {
            self.more_faults = self.more_faults.saturating_add(1);
        }
    }
}

fn check_key(files: &dyn Files, trusted: &Trusted, report: &mut Report) {
    let Some(bytes) = files.read(export::KEY) else {
        return report.fault(Fault::Missing { path: export::KEY.to_owned() });
    };
    let key = std::str::from_utf8(&bytes).ok().and_then(|text| VerifierKey::parse(text.strip_suffix('\n')?).ok());
    if !key.is_some_and(|key| trusted.names_log(&key)) {
        report.fault(Fault::Key);
    }
}

/// Checks everything against the tree of `basis`, whose right edge is known to be right.
fn check_tree(shelf: &Shelf<'_>, heads: &Heads, basis: tree::Basis, report: &mut Report) {
    let size = basis.head.size;
    report.checkpoint = Some(basis.head.clone());
    report.witnesses = heads.witnesses(&basis.head);
    heads.check_against(&basis.head, report);
    let mut walk = Walk {
        frontier: Frontier::new(),
        known: true,
        heads: heads.up_to(size),
        head: &basis.head,
        agreed: (0, 0),
        pending: Pending::default(),
        doubt: None,
        ends: None,
        tail: heads.after(size).is_some(),
        sound: 0,
    };
    tree::each_leaf_tile(shelf, &basis, report, &mut |leaves, report| walk.take(shelf, leaves, report));
    walk.finish(shelf, heads, report);
    for path in shelf.beyond(heads.largest().map_or(size, |head| head.size.max(size))) {
        report.fault(Fault::Extra { path });
    }
    if let Some(larger) = heads.after(size) {
        tell_tail(shelf, &basis.head, larger, report);
    }
}

/// There is a checkpoint of a larger tree than the one the files agree with.
fn tell_tail(shelf: &Shelf<'_>, head: &Checkpoint, larger: &Checkpoint, report: &mut Report) {
    let extent = shelf.extent();
    if extent < larger.size {
        report.fault(Fault::Truncated { from: extent.max(head.size) });
    } else {
        report.fault(Fault::Rewritten { from: head.size, to: larger.size });
    }
}

/// No checkpoint agrees with the files, or some part agrees with none: the checkpoints bound the place.
fn tell_rewritten(shelf: &Shelf<'_>, heads: &Heads, from: u64, report: &mut Report) {
    let Some(largest) = heads.largest() else { return };
    let extent = shelf.extent();
    let (good, bad) = tree::agreement(shelf, heads);
    if extent < largest.size {
        return report.fault(Fault::Truncated { from: extent });
    }
    report.fault(Fault::Rewritten { from: good.max(from), to: bad.unwrap_or(largest.size) });
}

/// The way through the leaves, from the first to the last.
struct Walk<'a> {
    frontier: Frontier,
    /// Whether every leaf so far is known to be right.
    known: bool,
    /// Checkpoints still to come, the smallest first.
    heads: std::vec::IntoIter<Checkpoint>,
    head: &'a Checkpoint,
    /// The two largest sizes at which checkpoints agreed, the larger first.
    agreed: (u64, u64),
    pending: Pending,
    /// The leaves of which nothing is known, as far as they go.
    doubt: Option<(u64, u64)>,
    /// Where the bundles end, if the last ones are missing.
    ends: Option<u64>,
    /// Whether there is a checkpoint of a larger tree.
    tail: bool,
    sound: u64,
}

/// The leaves of one tile.
struct Leaves {
    index: u64,
    width: u16,
    /// Their hashes; `None` where neither entries nor hashes are what the tree above was made of.
    hashes: Option<Vec<Hash>>,
}

impl Walk<'_> {
    fn take(&mut self, shelf: &Shelf<'_>, leaves: Leaves, report: &mut Report) {
        let first = leaves.index << 8;
        let Some(hashes) = leaves.hashes else {
            self.known = false;
            let end = first.saturating_add(u64::from(leaves.width));
            self.doubt = Some((self.doubt.map_or(first, |(from, _)| from), end));
            return;
        };
        if self.known {
            self.grow(&hashes, report);
        }
        let Some(tile) = Tile::new(Kind::Entries, leaves.index, leaves.width) else { return };
        let Some(bundle) = shelf.entries(tile) else {
            self.ends = self.ends.or(Some(first));
            return report.fault(Fault::Missing { path: tile.to_string() });
        };
        self.ends = None;
        let found = bundles::found(&bundle, &hashes, self.most(leaves.width));
        let same = found.iter().zip(&hashes).filter(|(found, hash)| found == hash).count();
        self.sound = self.sound.saturating_add(same as u64);
        if found == hashes {
            check_bundle(shelf, tile, &bundle, report);
        } else if self.pending.len() < ALIGN_ENTRIES_MAX {
            self.pending.push(first, &hashes, found);
        } else {
            report.more_faults = report.more_faults.saturating_add(1);
        }
    }

    /// How many entries of a bundle are looked at: those beyond a smaller checkpoint are told of otherwise.
    fn most(&self, width: u16) -> usize {
        if self.tail { usize::from(width) } else { usize::MAX }
    }

    /// Appends leaves, and holds the tree against every checkpoint on the way.
    fn grow(&mut self, hashes: &[Hash], report: &mut Report) {
        for hash in hashes {
            self.judge(report);
            self.frontier.push(*hash);
        }
    }

    fn judge(&mut self, report: &mut Report) {
        while let Some(head) = self.heads.as_slice().first() {
            if head.size != self.frontier.size() {
                return;
            }
            if head.root == self.frontier.root() {
                self.agreed = (head.size, self.agreed.0);
                report.checkpoints = report.checkpoints.saturating_add(1);
            } else {
                let (kept, other) = (Box::new(self.head.clone()), Box::new(head.clone()));
                let (last, before) = self.agreed;
                let after = if last == head.size { before } else { last };
                report.fault(Fault::Forked { after, kept, other });
            }
            self.heads.next();
        }
    }

    fn finish(mut self, shelf: &Shelf<'_>, heads: &Heads, report: &mut Report) {
        if self.known {
            self.judge(report);
        }
        self.pending.tell(self.ends.unwrap_or(self.head.size), report);
        if let Some((from, to)) = self.doubt {
            // The checkpoints may narrow what the tree leaves open.
            let (good, bad) = tree::agreement(shelf, heads);
            let narrowed = (from.max(good), to.min(bad.unwrap_or(to)));
            let (from, to) = if narrowed.0 < narrowed.1 { narrowed } else { (from, to) };
            report.fault(Fault::Rewritten { from, to });
        }
        report.entries = self.sound;
    }
}

/// The entries are right; the file may still hold more than them.
fn check_bundle(shelf: &Shelf<'_>, tile: Tile, bundle: &[u8], report: &mut Report) {
    if bundles::count(bundle).is_none() {
        report.fault(Fault::Tile { path: shelf.name(tile) });
    }
    for path in shelf.unlike(tile, bundle) {
        report.fault(Fault::Tile { path });
    }
}

fn check_openings(files: &dyn Files, shelf: &Shelf<'_>, report: &mut Report) {
    for index in shelf.openings() {
        let file = files.read(&export::openings_name(*index)).unwrap_or_default();
        let unread = Fault::Opening { index: *index, field: None };
        let text = std::str::from_utf8(&file).ok().and_then(|text| text.strip_suffix('\n'));
        let (Some(text), Some(entry)) = (text, shelf.entry(*index)) else {
            report.fault(unread);
            continue;
        };
        for line in text.split('\n') {
            match Disclosure::parse(line).map(|shown| (shown.field, shown.check(&entry))) {
                Ok((_, Ok(()))) => report.disclosures = report.disclosures.saturating_add(1),
                Ok((field, Err(_))) => report.fault(Fault::Opening { index: *index, field: Some(field) }),
                Err(_) => report.fault(unread.clone()),
            }
        }
    }
}

impl From<OpenError> for Why {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Note(_) | OpenError::Text(_) => Self::Form,
            OpenError::Unsigned => Self::Unsigned,
            OpenError::BadSignature => Self::BadSignature,
            OpenError::Quorum { .. } => Self::Quorum,
        }
    }
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latest => f.write_str("the latest checkpoint"),
            Self::Kept(place) => write!(f, "checkpoint {place} of those kept"),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => f.write_str("cannot be read"),
            Self::Unsigned => f.write_str("is not signed by a trusted key of this log"),
            Self::BadSignature => f.write_str("has a signature by a known key that is wrong"),
            Self::Quorum => f.write_str("is signed by too few witnesses"),
            Self::Order(other) => write!(f, "does not fit the one at place {other}: checkpoints only grow"),
            Self::NotTheLast => f.write_str("is not the last of those kept"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Altered { index } => write!(f, "record {index} was altered"),
            Self::Dropped { index } => write!(f, "record {index} was dropped"),
            Self::Inserted { index } => write!(f, "a record that was never logged stands before record {index}"),
            Self::Swapped { a, b } => write!(f, "records {a} and {b} were swapped"),
            Self::Moved { from, to } => write!(f, "record {from} was moved to {to}"),
            Self::Truncated { from } => write!(f, "everything from record {from} on is missing"),
            Self::Rewritten { from, to } => {
                write!(
                    f,
                    "records and their hashes were rewritten somewhere from record {from} up to, not including, {to}"
                )
            }
            Self::Tile { path } => write!(f, "the file {path} is not what belongs there"),
            Self::Missing { path } => write!(f, "the file {path} is missing"),
            Self::Extra { path } => write!(f, "the file {path} is no part of a log of this size"),
            Self::Forked { after, kept, other } => write!(
                f,
                "the log has signed two histories after record {after}: root {} at size {} and root {} at size {}",
                kept.root, kept.size, other.root, other.size
            ),
            Self::RolledBack { seen } => {
                write!(f, "a checkpoint over {} records was seen before; this log ends earlier", seen.size)
            }
            Self::Checkpoint { which, why } => write!(f, "{which} {why}"),
            Self::Key => f.write_str("the key in the export is not a trusted key of the log"),
            Self::Opening { index, field: Some(field) } => {
                write!(f, "the field `{}` shown for record {index} is not what it commits to", field.name())
            }
            Self::Opening { index, field: None } => write!(f, "a field shown for record {index} cannot be read"),
        }
    }
}
