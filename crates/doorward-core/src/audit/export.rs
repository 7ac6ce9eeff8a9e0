//! The form of an exported log: a set of named files.
//!
//! Responsible for their names and for the files that are no tiles. It must never read a disk: whoever has the files gives
//! them by name.
//!
//! - `key`: the verifier key of the log, a line;
//! - `checkpoint`: the latest checkpoint (tlog-tiles, "Checkpoints");
//! - `checkpoints`: every checkpoint that was kept, oldest first, with an empty line between two; the last one is the
//!   latest;
//! - `tile/<L>/<N>[.p/<W>]` and `tile/entries/<N>[.p/<W>]`: as in tlog-tiles;
//! - `openings/<index>`: for those who may see them, fields of the entry at that index, a line each ([`Disclosure`]).

use std::collections::BTreeMap;

use super::entry::Disclosure;
use super::note::{Note, VerifierKey};
use super::tiles::number;

/// The name of the file with the latest checkpoint.
pub const CHECKPOINT: &str = "checkpoint";

/// The name of the file with every checkpoint that was kept.
pub const CHECKPOINTS: &str = "checkpoints";

/// The name of the file with the log's verifier key.
pub const KEY: &str = "key";

/// What the names of files with openings begin with.
const OPENINGS: &str = "openings/";

/// An exported log, wherever it lies.
pub trait Files {
    /// The whole file of that name; `None` when there is none.
    fn read(&self, name: &str) -> Option<Vec<u8>>;

    /// The names of all files, with `/` between folders.
    fn names(&self) -> Vec<String>;
}

impl Files for BTreeMap<String, Vec<u8>> {
    fn read(&self, name: &str) -> Option<Vec<u8>> {
        self.get(name).cloned()
    }

    fn names(&self) -> Vec<String> {
        self.keys().cloned().collect()
    }
}

/// The name of the file with what opens the entry at `index`.
#[must_use]
pub fn openings_name(index: u64) -> String {
    format!("{OPENINGS}{index}")
}

/// The index in such a name; `None` for other names.
#[must_use]
pub fn openings_index(name: &str) -> Option<u64> {
    name.strip_prefix(OPENINGS).and_then(number)
}

/// The file with these fields of one entry.
#[must_use]
pub fn openings_file(disclosures: &[Disclosure]) -> String {
    disclosures.iter().fold(String::new(), |file, disclosure| file + &disclosure.to_string() + "\n")
}

/// The file `key`.
#[must_use]
pub fn key_file(key: &VerifierKey) -> String {
    format!("{key}\n")
}

/// The file `checkpoints`.
#[must_use]
pub fn checkpoints_file<'a>(notes: impl IntoIterator<Item = &'a Note>) -> String {
    let notes: Vec<String> = notes.into_iter().map(Note::to_string).collect();
    notes.join("\n")
}

/// The notes in the file `checkpoints`, in their places: one that is damaged is taken for one, so that it does not hide
/// which of them it is, nor the others.
pub(crate) fn split_checkpoints(file: &[u8]) -> Vec<Vec<u8>> {
    let mut notes: Vec<Vec<u8>> = Vec::new();
    // Whether the last note can still get the signatures that belong to it.
    let mut open = false;
    for part in parts(file) {
        let signatures = part.starts_with("\u{2014} ".as_bytes());
        match notes.last_mut() {
            // Signatures, or a remainder of something damaged, belong to what stands before.
            Some(last) if signatures || (open && !is_text(part)) => {
                if signatures && !open {
                    // The text before them was lost in the note before.
                    notes.push(part.to_vec());
                } else {
                    last.push(b'\n');
                    last.extend_from_slice(part);
                    open = !signatures;
                }
            }
            Some(_) | None => {
                notes.push(part.to_vec());
                open = !signatures;
            }
        }
    }
    notes
}

/// What stands between empty lines, each with the newline of its last line.
fn parts(file: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let mut rest = file;
    while let Some(at) = rest.windows(2).position(|pair| pair == b"\n\n") {
        let (part, after) = rest.split_at(at.saturating_add(1));
        parts.push(part);
        rest = after.get(1..).unwrap_or_default();
    }
    parts.push(rest);
    parts
}

/// Whether it looks like the text of a checkpoint: its second line is a number.
fn is_text(part: &[u8]) -> bool {
    let second = part.split(|byte| *byte == b'\n').nth(1).unwrap_or_default();
    !second.is_empty() && second.iter().all(u8::is_ascii_digit)
}
