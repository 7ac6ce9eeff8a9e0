//! Fingerprints with the sources they are of, eight bytes for each pair.
//!
//! Responsible for finding the sources of a fingerprint, and for forgetting those that stand in too many. It must never take
//! more memory than [`super::limits::PRINTS_MAX`] needs: whoever inserts makes room before.

use super::limits::SOURCES_OF_PRINT_MAX;

/// An open table. An entry has the hash above and below it one more than the slot of the source; 0 is no entry.
#[derive(Debug, Clone, Default)]
pub(super) struct Table {
    entries: Vec<u64>,
    len: usize,
}

const SLOT_BITS: u32 = 13;
const SLOT_MASK: u64 = (1 << SLOT_BITS) - 1;

/// Stands in the place of the source of what is in too many.
const COMMON: u64 = SLOT_MASK;

impl Table {
    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn bytes(&self) -> usize {
        self.entries.capacity() * size_of::<u64>()
    }

    /// Gives the slots of all sources of `print` to `take`, unless it is in too many.
    pub(super) fn find(&self, print: u64, take: &mut impl FnMut(usize)) {
        let mut slots = [0_u64; SOURCES_OF_PRINT_MAX];
        let (mut count, mut is_common) = (0, false);
        self.walk(print, |_, entry| {
            is_common |= entry & SLOT_MASK == COMMON;
            if let Some(slot) = slots.get_mut(count) {
                *slot = entry & SLOT_MASK;
                count += 1;
            }
        });
        if is_common {
            return;
        }
        for slot in slots.into_iter().take(count) {
            usize::try_from(slot - 1).into_iter().for_each(&mut *take);
        }
    }

    /// Makes room for so many more. Needed before they are inserted: many in a row that come in order would otherwise crowd
    /// in one part of the table.
    pub(super) fn reserve(&mut self, more: usize) {
        let len = self.len + more;
        if len * 8 > self.entries.len() * 7 {
            let old = std::mem::take(&mut self.entries);
            self.resize(len.max(self.len + self.len / 4));
            self.len = 0;
            old.into_iter().filter(|entry| *entry != 0).for_each(|entry| self.put(entry));
        }
    }

    /// Notes that `print` is of the source in `slot`, for which there is room.
    pub(super) fn insert(&mut self, print: u64, slot: usize) {
        let low = slot as u64 + 1;
        let (mut count, mut first, mut is_known) = (0, None, false);
        let free = self.walk(print, |at, entry| {
            is_known |= entry & SLOT_MASK == COMMON || entry & SLOT_MASK == low;
            first = first.or(Some(at));
            count += 1;
        });
        if is_known {
            return;
        }
        match first.and_then(|at| self.entries.get_mut(at)) {
            Some(first) if count == SOURCES_OF_PRINT_MAX => *first |= COMMON,
            Some(_) | None => self.fill(free, print & !SLOT_MASK | low),
        }
    }

    /// Forgets the sources whose slots are not to be kept.
    pub(super) fn retain(&mut self, keeps: &dyn Fn(usize) -> bool) {
        let old = std::mem::take(self);
        let is_kept = |entry: u64| usize::try_from((entry & SLOT_MASK) - 1).is_ok_and(keeps);
        let live = old.entries.iter().copied().filter(|&entry| entry != 0);
        let (common, own): (Vec<u64>, Vec<u64>) = live.partition(|entry| entry & SLOT_MASK == COMMON);
        drop(old);
        self.resize(own.len() + common.len());
        own.into_iter().filter(|&entry| is_kept(entry)).for_each(|entry| self.put(entry));
        for entry in common {
            // What is left of none but this stands in nothing.
            let mut is_used = false;
            let free = self.walk(entry, |_, _| is_used = true);
            if is_used {
                self.fill(free, entry);
            }
        }
    }

    /// Gives all entries of `print` to `take`, with their places; then gives the place of the next.
    fn walk(&self, print: u64, mut take: impl FnMut(usize, u64)) -> Option<usize> {
        let from = self.home(print);
        let (before, after) = self.entries.split_at_checked(from)?;
        for (first, entries) in [(from, after), (0, before)] {
            for (at, &entry) in (first..).zip(entries) {
                if entry == 0 {
                    return Some(at);
                }
                if (entry ^ print) >> SLOT_BITS == 0 {
                    take(at, entry);
                }
            }
        }
        None
    }

    fn home(&self, print: u64) -> usize {
        usize::try_from(((print >> 32) * self.entries.len() as u64) >> 32).unwrap_or(0)
    }

    fn put(&mut self, entry: u64) {
        let from = self.home(entry);
        let Some((before, after)) = self.entries.split_at_checked(from) else { return };
        let free = |entries: &[u64]| entries.iter().position(|entry| *entry == 0);
        self.fill(free(after).map(|at| from + at).or_else(|| free(before)), entry);
    }

    fn fill(&mut self, free: Option<usize>, entry: u64) {
        if let Some(place) = free.and_then(|at| self.entries.get_mut(at)) {
            *place = entry;
            self.len += 1;
        }
    }

    /// Makes room for `len` entries; there may be none yet.
    fn resize(&mut self, len: usize) {
        let most = super::limits::PRINTS_MAX;
        self.entries = vec![0; len.min(most) * 8 / 7 + 8];
    }
}
