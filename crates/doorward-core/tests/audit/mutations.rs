//! Every change to an exported log is found, and said to be where it was made.
//!
//! Each number makes one mutation; what must be said of it is written beside it.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use doorward_core::audit::checkpoint::{Checkpoint, Trusted};
use doorward_core::audit::export::{CHECKPOINT, CHECKPOINTS, Files, KEY, checkpoints_file, key_file};
use doorward_core::audit::merkle::{Hash, leaf_hash};
use doorward_core::audit::note::Note;
use doorward_core::audit::verify::{Fault, Report, Which, Why, verify};

use crate::log::{Export, Keys, ORIGIN, bundles, entries, entry, export, hashes, root_at, tiles};

const SIZE: u64 = 300;
const SIZES: [u64; 7] = [1, 40, 150, 256, 257, 290, SIZE];

/// How many mutations: some in every run, as many as `DOORWARD_MUTATIONS` says where it says so.
fn how_many() -> u64 {
    std::env::var("DOORWARD_MUTATIONS").ok().and_then(|number| number.parse().ok()).unwrap_or(1_000)
}

struct Original {
    list: Vec<Vec<u8>>,
    files: Export,
    notes: Vec<Note>,
    keys: Keys,
    trusted: Trusted,
}

fn original() -> &'static Original {
    static ORIGINAL: OnceLock<Original> = OnceLock::new();
    ORIGINAL.get_or_init(|| {
        let (list, keys) = (entries(SIZE, 0), Keys::new(ORIGIN, 1));
        let leaves = hashes(&list);
        let notes = SIZES.map(|size| keys.sign(ORIGIN, size, root_at(&leaves, size))).to_vec();
        Original { files: export(&list, &SIZES, &keys), trusted: keys.trusted(), list, notes, keys }
    })
}

/// The original with some files replaced (or gone).
pub(crate) struct Mutant {
    changed: std::collections::BTreeMap<String, Option<Vec<u8>>>,
}

impl Files for Mutant {
    fn read(&self, name: &str) -> Option<Vec<u8>> {
        match self.changed.get(name) {
            Some(file) => file.clone(),
            None => original().files.get(name).cloned(),
        }
    }

    fn names(&self) -> Vec<String> {
        let mut names: BTreeSet<String> = original().files.keys().cloned().collect();
        for (name, file) in &self.changed {
            if file.is_some() {
                names.insert(name.clone())
            } else {
                names.remove(name)
            };
        }
        names.into_iter().collect()
    }
}

impl Mutant {
    fn new() -> Self {
        Self { changed: Default::default() }
    }

    fn with(mut self, name: &str, file: Vec<u8>) -> Self {
        self.changed.insert(name.to_owned(), Some(file));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.changed.insert(name.to_owned(), None);
        self
    }

    /// With these files in place of those whose names begin so.
    fn replacing(mut self, prefix: &[&str], files: Export) -> Self {
        for name in original().files.keys().filter(|name| prefix.iter().any(|prefix| name.starts_with(prefix))) {
            self.changed.insert(name.clone(), None);
        }
        self.changed.extend(files.into_iter().map(|(name, file)| (name, Some(file))));
        self
    }

    fn with_entries(self, list: &[Vec<u8>]) -> Self {
        self.replacing(&["tile/entries/"], bundles(list))
    }

    fn with_tiles(self, leaves: &[Hash]) -> Self {
        self.replacing(&["tile/0/", "tile/1/"], tiles(leaves))
    }

    fn with_notes(self, notes: &[Note]) -> Self {
        self.with(CHECKPOINTS, checkpoints_file(notes).into_bytes())
    }
}

/// Numbers that look random, the same in every run (SplitMix64).
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn new(number: u64) -> Self {
        Self(number << 20)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub(crate) fn place(&mut self, end: usize) -> usize {
        usize::try_from(self.below(end as u64)).unwrap()
    }
}

type Verdict = Box<dyn Fn(&[Fault]) -> bool>;

/// A damaged export, what was seen before, and what must be said.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) files: Mutant,
    pub(crate) seen: Vec<Checkpoint>,
    right: Verdict,
}

fn exactly(name: &'static str, files: Mutant, faults: Vec<Fault>) -> Case {
    let right = move |found: &[Fault]| found.len() == faults.len() && faults.iter().all(|fault| found.contains(fault));
    Case { name, files, seen: Vec::new(), right: Box::new(right) }
}

fn such(name: &'static str, files: Mutant, right: impl Fn(&[Fault]) -> bool + 'static) -> Case {
    Case { name, files, seen: Vec::new(), right: Box::new(right) }
}

fn parsed(note: &Note) -> Checkpoint {
    Checkpoint::parse(note.text()).unwrap()
}

/// The whole of a damaged export.
pub(crate) fn read_all(files: &Mutant) -> Export {
    files.names().into_iter().map(|name| (name.clone(), files.read(&name).unwrap())).collect()
}

pub(crate) fn case(numbers: &mut Numbers) -> Case {
    match numbers.below(24) {
        0..=7 => flipped(numbers),
        8 | 9 => dropped(numbers),
        10 => swapped(numbers),
        11 => moved(numbers),
        12 => inserted(numbers),
        13 => truncated(numbers),
        14 => replaced(numbers),
        15 => rewritten(numbers),
        16 | 17 => forked(numbers),
        18 | 19 => substituted(numbers),
        20 => removed(numbers),
        21 => cut(numbers),
        22 => added(numbers),
        _ => strangers(numbers),
    }
}

fn flipped(numbers: &mut Numbers) -> Case {
    let names: Vec<&String> = original().files.keys().collect();
    let name = names[numbers.place(names.len())].clone();
    let mut file = original().files[&name].clone();
    let (at, bit) = (numbers.place(file.len()), numbers.below(8));
    file[at] ^= 1 << bit;
    let was = original().files[&name][at];
    let is_line = was == b'\n' || file[at] == b'\n';
    let files = Mutant::new().with(&name, file);
    match name.as_str() {
        KEY => exactly("flip in key", files, vec![Fault::Key]),
        CHECKPOINT => such("flip in checkpoint", files, |faults| {
            matches!(faults, [Fault::Checkpoint { which: Which::Latest, .. }])
        }),
        CHECKPOINTS => {
            let place = note_at(at);
            such("flip in checkpoints", files, move |faults| {
                let places: Vec<usize> = faults.iter().filter_map(kept).collect();
                let near = places.iter().all(|found| *found == place || (is_line && *found == place + 1));
                places.len() == faults.len() && places.first() == Some(&place) && near
            })
        }
        _ if name.starts_with("tile/entries/") => {
            exactly("flip in an entry", files, vec![Fault::Altered { index: entry_at(&name, at) }])
        }
        _ => exactly("flip in a tile", files, vec![Fault::Tile { path: name.clone() }]),
    }
}

fn kept(fault: &Fault) -> Option<usize> {
    match fault {
        Fault::Checkpoint { which: Which::Kept(place), .. } => Some(*place),
        _ => None,
    }
}

/// The note that a byte of `checkpoints` is part of; the empty line after a note is part of it.
fn note_at(at: usize) -> usize {
    let mut end = 0;
    original()
        .notes
        .iter()
        .position(|note| {
            end += note.to_string().len() + 1;
            at < end
        })
        .unwrap()
}

fn entry_at(name: &str, at: usize) -> u64 {
    let first = if name.starts_with("tile/entries/000") { 0 } else { 256 };
    let mut end = 0;
    let place = original().list[first..].iter().position(|entry| {
        end += entry.len() + 2;
        at < end
    });
    (first + place.unwrap()) as u64
}

fn gone(index: u64) -> Fault {
    if index == SIZE - 1 { Fault::Truncated { from: index } } else { Fault::Dropped { index } }
}

fn dropped(numbers: &mut Numbers) -> Case {
    let index = numbers.below(SIZE);
    let mut list = original().list.clone();
    list.remove(usize::try_from(index).unwrap());
    if numbers.below(2) == 0 {
        return exactly("drop, all others moved up", Mutant::new().with_entries(&list), vec![gone(index)]);
    }
    // Only its own bundle gets shorter.
    let (name, part) =
        if index < 256 { ("tile/entries/000", &list[..255]) } else { ("tile/entries/001.p/44", &list[256..]) };
    let file = doorward_core::audit::tiles::bundle(part.iter().map(Vec::as_slice)).unwrap();
    exactly("drop in a bundle", Mutant::new().with(name, file), vec![gone(index)])
}

fn swapped(numbers: &mut Numbers) -> Case {
    let (one, other) = (numbers.below(SIZE), numbers.below(SIZE - 1));
    let other = if other >= one { other + 1 } else { other };
    let (a, b) = (one.min(other), one.max(other));
    let mut list = original().list.clone();
    list.swap(usize::try_from(a).unwrap(), usize::try_from(b).unwrap());
    exactly("swap", Mutant::new().with_entries(&list), vec![Fault::Swapped { a, b }])
}

fn moved(numbers: &mut Numbers) -> Case {
    let (from, to) = (numbers.below(SIZE), numbers.below(SIZE));
    let mut list = original().list.clone();
    let entry = list.remove(usize::try_from(from).unwrap());
    list.insert(usize::try_from(to).unwrap(), entry);
    let fault = match from.abs_diff(to) {
        0 => return swapped(numbers),
        1 => Fault::Swapped { a: from.min(to), b: from.max(to) },
        _ => Fault::Moved { from, to },
    };
    exactly("move", Mutant::new().with_entries(&list), vec![fault])
}

fn inserted(numbers: &mut Numbers) -> Case {
    let index = numbers.below(SIZE + 1);
    let mut list = original().list.clone();
    let (entry, index, place) = match numbers.below(2) {
        0 => (entry(index, 9).0, index, index),
        _ => {
            let copied = numbers.below(SIZE);
            // A copy before the original is one after it.
            (list[usize::try_from(copied).unwrap()].clone(), if copied == index { index + 1 } else { index }, index)
        }
    };
    list.insert(usize::try_from(place).unwrap(), entry);
    let faults = vec![Fault::Inserted { index }, Fault::Extra { path: "tile/entries/001.p/45".to_owned() }];
    exactly("insert", Mutant::new().with_entries(&list), faults)
}

fn truncated(numbers: &mut Numbers) -> Case {
    let from = numbers.below(SIZE);
    let place = usize::try_from(from).unwrap();
    let list = &original().list[..place];
    let files = Mutant::new().with_entries(list);
    if numbers.below(2) == 0 {
        let files = files.with_tiles(&hashes(list));
        return exactly("truncate entries and tiles", files, vec![Fault::Truncated { from }]);
    }
    such("truncate entries", files, move |faults| {
        let told = faults.contains(&Fault::Truncated { from });
        let missing = |path: &str| Fault::Missing { path: path.to_owned() };
        let files = [missing("tile/entries/000"), missing("tile/entries/001.p/44")];
        let rest = faults.iter().all(|fault| *fault == Fault::Truncated { from } || files.contains(fault));
        // Where whole bundles are gone, that is what is said.
        rest && (told || (from.is_multiple_of(256) && faults.contains(&files[usize::from(from == 256)])))
    })
}

fn replaced(numbers: &mut Numbers) -> Case {
    let index = numbers.below(SIZE);
    let mut list = original().list.clone();
    list[usize::try_from(index).unwrap()] = entry(index, 9).0;
    exactly("replace", Mutant::new().with_entries(&list), vec![Fault::Altered { index }])
}

/// The checkpoints on both sides of a record.
fn around(index: u64) -> (u64, u64) {
    let before = SIZES.iter().rev().find(|size| **size <= index).copied().unwrap_or(0);
    (before, SIZES.iter().find(|size| **size > index).copied().unwrap())
}

fn rewritten(numbers: &mut Numbers) -> Case {
    let index = numbers.below(SIZE);
    let mut list = original().list.clone();
    list[usize::try_from(index).unwrap()] = entry(index, 9).0;
    let leaves = hashes(&list);
    let (from, to) = around(index);
    let files = Mutant::new().with_entries(&list);
    let files = if numbers.below(2) == 0 {
        files.with_tiles(&leaves)
    } else {
        let mut new = tiles(&leaves);
        new.retain(|name, _| name.starts_with("tile/0/"));
        files.replacing(&["tile/0/"], new)
    };
    exactly("rewrite", files, vec![Fault::Rewritten { from, to }])
}

fn forked(numbers: &mut Numbers) -> Case {
    let first = numbers.below(SIZE);
    let mut list = original().list.clone();
    for (index, one) in list.iter_mut().enumerate().skip(usize::try_from(first).unwrap()) {
        *one = entry(index as u64, 9).0;
    }
    list.push(entry(SIZE, 9).0);
    let leaves = hashes(&list);
    let (after, _) = around(first);
    let files = Mutant::new().with_entries(&list).with_tiles(&leaves);
    let other = Keys::new(ORIGIN, 77);
    let whose = numbers.below(3);
    let keys = if whose == 0 { &other } else { &original().keys };
    let mut notes: Vec<Note> = original().notes.clone();
    let newer: Vec<Note> = SIZES
        .iter()
        .map(|size| keys.sign(ORIGIN, *size, root_at(&leaves, *size)))
        .chain([keys.sign(ORIGIN, SIZE + 1, root_at(&leaves, SIZE + 1))])
        .collect();
    let forked = move |faults: &[Fault]| {
        !faults.is_empty()
            && faults.iter().all(|fault| matches!(fault, Fault::Forked { after: found, .. } if *found == after))
    };
    match whose {
        // Another key signs, under the same name.
        0 => {
            let files = files.with(CHECKPOINTS, checkpoints_file(&newer).into_bytes());
            let files = files.with(CHECKPOINT, newer.last().unwrap().to_string().into_bytes());
            let files = files.with(KEY, key_file(other.log.verifier()).into_bytes());
            such("fork by another key", files, |faults| {
                let unsigned = |which| Fault::Checkpoint { which, why: Why::Unsigned };
                faults.contains(&Fault::Key)
                    && faults.contains(&unsigned(Which::Latest))
                    && (0..=SIZES.len()).all(|place| faults.contains(&unsigned(Which::Kept(place))))
            })
        }
        // The same key signs on, and what it signed before is still there.
        1 => {
            notes.push(newer.last().unwrap().clone());
            let files = files.with_notes(&notes).with(CHECKPOINT, newer.last().unwrap().to_string().into_bytes());
            such("fork by the same key", files, forked)
        }
        // The same key signs everything anew; somebody has seen a checkpoint of before.
        _ => {
            let files = files.with_notes(&newer).with(CHECKPOINT, newer.last().unwrap().to_string().into_bytes());
            let seen = vec![parsed(original().notes.last().unwrap())];
            let agreed = move |faults: &[Fault]| match faults {
                [Fault::Forked { after: found, other, .. }] => *found == SIZES[5] && other.size == SIZE,
                _ => false,
            };
            Case { seen, ..such("fork told by what was seen", files, agreed) }
        }
    }
}

fn substituted(numbers: &mut Numbers) -> Case {
    let place = numbers.place(SIZES.len());
    let last = SIZES.len() - 1;
    let mut notes = original().notes.clone();
    let not_last = Fault::Checkpoint { which: Which::Latest, why: Why::NotTheLast };
    let keys = &original().keys;
    let other_root = leaf_hash(&numbers.next().to_be_bytes());
    match numbers.below(6) {
        0 => {
            let older = notes[numbers.place(last)].to_string().into_bytes();
            exactly("older checkpoint", Mutant::new().with(CHECKPOINT, older), vec![not_last])
        }
        1 => {
            let note = keys.sign(ORIGIN, SIZE, other_root).to_string().into_bytes();
            such("other checkpoint of the same size", Mutant::new().with(CHECKPOINT, note), move |faults| {
                let forked = |fault: &Fault| matches!(fault, Fault::Forked { kept, other, .. } if kept.size == SIZE && other.root == other_root);
                faults.len() == 2 && faults.contains(&not_last) && faults.iter().any(forked)
            })
        }
        2 => {
            notes[place] = keys.sign(ORIGIN, SIZES[place], other_root);
            let before = if place == 0 { 0 } else { SIZES[place - 1] };
            such("other checkpoint among those kept", Mutant::new().with_notes(&notes), move |faults| {
                let forked = |fault: &&Fault| matches!(fault, Fault::Forked { after, other, .. } if *after == before && other.root == other_root);
                let rest = usize::from(place == last);
                faults.iter().filter(forked).count() == 1 && faults.len() == 1 + rest
            })
        }
        3 => {
            let stranger = Keys::new(ORIGIN, 78);
            notes[place] = stranger.sign(ORIGIN, SIZES[place], parsed(&notes[place]).root);
            let fault = Fault::Checkpoint { which: Which::Kept(place), why: Why::Unsigned };
            exactly("checkpoint by a stranger", Mutant::new().with_notes(&notes), vec![fault])
        }
        4 => {
            let elsewhere = keys.sign("gateway.example/other", SIZES[place], parsed(&notes[place]).root);
            notes[place] = elsewhere;
            let fault = Fault::Checkpoint { which: Which::Kept(place), why: Why::Unsigned };
            exactly("checkpoint of another log", Mutant::new().with_notes(&notes), vec![fault])
        }
        _ => {
            let from = (place + 1 + numbers.place(last)) % SIZES.len();
            notes[place] = notes[from].clone();
            // Two of one size stand there now; which of them is the copy shows only if it stands out of order.
            such("checkpoint repeated", Mutant::new().with_notes(&notes), move |faults| {
                let told = |fault: &Fault| match fault {
                    Fault::Checkpoint { which: Which::Kept(wrong), why: Why::Order(right) } => {
                        *wrong == place || *right == place
                    }
                    Fault::Checkpoint { which: Which::Latest, why: Why::NotTheLast } => place == last,
                    _ => false,
                };
                !faults.is_empty() && faults.iter().all(told)
            })
        }
    }
}

fn removed(numbers: &mut Numbers) -> Case {
    let names: Vec<&String> = original().files.keys().collect();
    let path = names[numbers.place(names.len())].clone();
    exactly("remove a file", Mutant::new().without(&path), vec![Fault::Missing { path }])
}

fn cut(numbers: &mut Numbers) -> Case {
    let names: Vec<&String> = original().files.keys().collect();
    let name = names[numbers.place(names.len())].clone();
    let file = &original().files[&name];
    let at = numbers.place(file.len());
    let files = Mutant::new().with(&name, file[..at].to_vec());
    match name.as_str() {
        KEY => exactly("cut key", files, vec![Fault::Key]),
        // Without its last line it is a checkpoint that the witness has not signed.
        CHECKPOINT => such("cut checkpoint", files, |faults| {
            matches!(faults, [Fault::Checkpoint { which: Which::Latest, why: Why::Form | Why::Quorum }])
        }),
        CHECKPOINTS => {
            let place = note_at(at);
            // Whole notes may be left, and are then only fewer than they were.
            such("cut checkpoints", files, move |faults| {
                faults.iter().all(|fault| match fault {
                    Fault::Checkpoint { which: Which::Kept(found), .. } => *found == place,
                    Fault::Checkpoint { which: Which::Latest, why } => *why == Why::NotTheLast,
                    _ => false,
                }) && !faults.is_empty()
            })
        }
        "tile/entries/000" => {
            let first = entry_at(&name, at);
            exactly("cut a bundle", files, (first..256).map(|index| Fault::Dropped { index }).collect())
        }
        _ if name.starts_with("tile/entries/") => {
            exactly("cut the last bundle", files, vec![Fault::Truncated { from: entry_at(&name, at) }])
        }
        _ => exactly("cut a tile", files, vec![Fault::Tile { path: name.clone() }]),
    }
}

fn added(numbers: &mut Numbers) -> Case {
    if numbers.below(2) == 0 {
        let paths =
            ["tile/0/002", "tile/0/001.p/45", "tile/1/001.p/1", "tile/2/000.p/1", "tile/entries/002.p/1", "tile/x/000"];
        let path = paths[numbers.place(paths.len())].to_owned();
        return exactly("extra file", Mutant::new().with(&path, vec![0; 32]), vec![Fault::Extra { path }]);
    }
    let paths = ["tile/0/000.p/1", "tile/0/001.p/1", "tile/entries/000.p/1"];
    let path = paths[numbers.place(paths.len())].to_owned();
    exactly("wrong partial tile", Mutant::new().with(&path, vec![0; 32]), vec![Fault::Tile { path }])
}

/// Bytes at the end of a file.
fn strangers(numbers: &mut Numbers) -> Case {
    let names: Vec<&String> = original().files.keys().collect();
    let name = names[numbers.place(names.len())].clone();
    let mut file = original().files[&name].clone();
    let more = 1 + numbers.place(40);
    file.extend((0..more).map(|_| numbers.next().to_be_bytes()[0] | 1));
    let files = Mutant::new().with(&name, file);
    match name.as_str() {
        KEY => exactly("more in key", files, vec![Fault::Key]),
        CHECKPOINT => such("more in checkpoint", files, |faults| {
            matches!(faults, [Fault::Checkpoint { which: Which::Latest, why: Why::Form }])
        }),
        CHECKPOINTS => such(
            "more in checkpoints",
            files,
            |faults| matches!(faults, [Fault::Checkpoint { which: Which::Kept(place), .. }] if *place + 1 >= SIZES.len()),
        ),
        _ => exactly("more in a tile", files, vec![Fault::Tile { path: name.clone() }]),
    }
}

fn judged(case: &Case) -> Report {
    verify(&case.files, &original().trusted, &case.seen)
}

#[test]
fn the_original_is_sound() {
    let report = verify(&Mutant::new(), &original().trusted, &[]);
    assert!(report.is_sound(), "{report:#?}");
    assert_eq!((report.entries, report.checkpoints), (SIZE, 7));
    assert_eq!(report.checkpoint, Some(parsed(original().notes.last().unwrap())));
}

#[test]
fn every_mutation_is_found_where_it_was_made() {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8) as u64;
    std::thread::scope(|scope| {
        for thread in 0..threads {
            scope.spawn(move || {
                for number in (thread..how_many()).step_by(usize::try_from(threads).unwrap()) {
                    let case = case(&mut Numbers::new(number));
                    let report = judged(&case);
                    assert!(!report.is_sound(), "mutation {number} ({}) was not found", case.name);
                    assert!((case.right)(&report.faults), "mutation {number} ({}): {:#?}", case.name, report.faults);
                }
            });
        }
    });
}
