//! A bounded map that forgets what was unused for longest.

use std::collections::BTreeMap;

/// Values by key, at most so many.
#[derive(Debug, Clone)]
pub(crate) struct Shelf<K, V> {
    most: usize,
    /// Grows with each use.
    now: u64,
    values: BTreeMap<K, (u64, V)>,
}

impl<K: Ord + Copy, V: Default> Shelf<K, V> {
    pub(crate) const fn new(most: usize) -> Self {
        Self { most, now: 0, values: BTreeMap::new() }
    }

    /// The value of `key`, a new one where there is none.
    pub(crate) fn take(&mut self, key: K) -> &mut V {
        if self.values.len() >= self.most && !self.values.contains_key(&key) {
            self.make_room();
        }
        self.now += 1;
        let (used, value) = self.values.entry(key).or_default();
        *used = self.now;
        value
    }

    pub(crate) fn peek(&self, key: K) -> Option<&V> {
        self.values.get(&key).map(|(_, value)| value)
    }

    pub(crate) fn peek_mut(&mut self, key: K) -> Option<&mut V> {
        self.values.get_mut(&key).map(|(_, value)| value)
    }

    pub(crate) fn put(&mut self, key: K, value: V) {
        *self.take(key) = value;
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// All of them, what was unused for longest first.
    pub(crate) fn by_use(&self) -> Vec<(K, &V)> {
        let mut all: Vec<_> = self.values.iter().map(|(key, (used, value))| (*used, *key, value)).collect();
        all.sort_by_key(|(used, _, _)| *used);
        all.into_iter().map(|(_, key, value)| (key, value)).collect()
    }

    /// Forgets an eighth at once, so that the search is rare.
    fn make_room(&mut self) {
        let mut used: Vec<u64> = self.values.values().map(|(used, _)| *used).collect();
        let last = (self.most / 8).min(used.len().saturating_sub(1));
        let (_, bar, _) = used.select_nth_unstable(last);
        let bar = *bar;
        self.values.retain(|_, (used, _)| *used > bar);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_unused_for_longest_is_forgotten_and_there_is_never_more() {
        let mut shelf = Shelf::<u32, u32>::new(16);
        for key in 0..16 {
            *shelf.take(key) = key;
        }
        shelf.take(0);
        shelf.take(100);
        assert!(shelf.len() <= 16);
        assert_eq!(shelf.peek(0), Some(&0));
        assert_eq!(shelf.peek(1), None);
        for key in 0..1000 {
            shelf.take(key);
            assert!(shelf.len() <= 16);
        }
        assert_eq!(shelf.by_use().last().map(|(key, _)| *key), Some(999));
    }
}
