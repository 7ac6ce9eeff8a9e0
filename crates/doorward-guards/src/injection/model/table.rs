//! Values by hash, looked up often and never changed.

/// A table of open addresses. Keys are spread hashes; 0 is no key.
#[derive(Debug, Clone)]
pub(crate) struct Table<V> {
    slots: Vec<(u64, V)>,
    /// A bit for each key, by other bits of it: what is not there is told without the slots, which are too many for fast memory.
    known: Vec<u64>,
}

/// How many words of 64 bits [`Table::known`] has.
const KNOWN: usize = 1024;

/// Where the bit of a key stands.
const fn bit(key: u64) -> (usize, u64) {
    ((key >> 16) as usize % KNOWN, 1 << ((key >> 26) % 64))
}

impl<V: Copy + Default> Table<V> {
    /// A table for fewer than `slots` values; `slots` is a power of two.
    pub(crate) fn new(slots: usize) -> Self {
        Self { slots: vec![(0, V::default()); slots.next_power_of_two()], known: vec![0; KNOWN] }
    }

    /// Puts a value, in place of one of the same key. What finds no room is left out.
    pub(crate) fn insert(&mut self, key: u64, value: V) {
        let (place, bit) = bit(key);
        self.known.iter_mut().skip(place).take(1).for_each(|bits| *bits |= bit);
        let mask = self.slots.len() - 1;
        for step in 0..self.slots.len() {
            let Some(slot) = self.slots.get_mut((key as usize).wrapping_add(step) & mask) else { return };
            if slot.0 == 0 || slot.0 == key {
                *slot = (key, value);
                return;
            }
        }
    }

    /// The value of a key.
    pub(crate) fn value(&self, key: u64) -> Option<V> {
        let (place, bit) = bit(key);
        if self.known.get(place).is_none_or(|bits| bits & bit == 0) {
            return None;
        }
        let mask = self.slots.len() - 1;
        let mut at = key as usize & mask;
        loop {
            match self.slots.get(at) {
                Some((found, value)) if *found == key => return Some(*value),
                Some((0, _)) | None => return None,
                Some(_) => at = (at + 1) & mask,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_is_found_and_nothing_else() {
        let mut table = Table::new(8);
        for key in [1, 9, 17, 2] {
            table.insert(key, key * 10);
        }
        assert_eq!([1, 9, 17, 2].map(|key| table.value(key)), [Some(10), Some(90), Some(170), Some(20)]);
        assert_eq!(table.value(3), None);
    }
}
