//! What a principal has used before: tools and ways out, with the day.
//!
//! Bounded: when it is full, what was unused for longest goes first.

use serde::{Deserialize, Serialize};

use crate::limits::KNOWN_MAX;
use crate::snapshot::entries;

/// One thing that was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: u32,
    pub(crate) times: u16,
    /// Days since 1970.
    pub(crate) day: u16,
}

/// What was used, and when last.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Known(#[serde(with = "entries")] Vec<Entry>);

impl Known {
    pub(crate) fn is_bounded(&self) -> bool {
        self.0.len() <= KNOWN_MAX
    }

    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.0.capacity() * size_of::<Entry>()
    }

    /// How often `key` was used, and the day of the last time.
    pub(crate) fn seen(&self, key: u32) -> Option<Entry> {
        self.0.iter().find(|entry| entry.key == key).copied()
    }

    pub(crate) fn note(&mut self, key: u32, day: u16) {
        if let Some(entry) = self.0.iter_mut().find(|entry| entry.key == key) {
            entry.times = entry.times.saturating_add(1);
            entry.day = entry.day.max(day);
            return;
        }
        let entry = Entry { key, times: 1, day };
        if self.0.len() < KNOWN_MAX {
            self.0.push(entry);
        } else if let Some(oldest) = self.0.iter_mut().min_by_key(|entry| (entry.day, entry.times)) {
            *oldest = entry;
        }
    }

    /// How many were used exactly once.
    pub(crate) fn once(&self) -> usize {
        self.0.iter().filter(|entry| entry.times == 1).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_unused_for_longest_goes_first() {
        let mut known = Known::default();
        for key in 0..u32::try_from(KNOWN_MAX).unwrap() {
            known.note(key + 1, 10);
        }
        known.note(1, 20);
        known.note(9999, 20);
        assert_eq!(known.seen(1), Some(Entry { key: 1, times: 2, day: 20 }));
        assert_eq!(known.seen(2), None);
        assert!(known.seen(9999).is_some());
        assert_eq!(known.0.len(), KNOWN_MAX);
    }
}
