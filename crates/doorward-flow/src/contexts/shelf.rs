//! A map under many locks that knows how many things it holds, and how much they weigh.
//!
//! Responsible for locking and counting. What is done under a lock is short and never waits; a lock of one shelf may be
//! taken under a lock of another in one order only: contexts, families, remainders.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use doorward_core::flow::ContextId;
use doorward_core::time::Timestamp;

use super::Body;
use super::limits::SHARDS;

/// What a shelf holds.
pub(super) trait Kept {
    /// What is kept with it.
    type Body: Body;

    /// About how many bytes it takes.
    fn weight(&self) -> usize;

    /// When it was last used.
    fn seen(&self) -> Timestamp;

    /// Whether nothing of it is needed any more.
    fn is_over(&self, now: Timestamp) -> bool;

    /// Where its body is.
    fn room(&mut self) -> &mut Room<Self::Body>;
}

/// How many things there are on all shelves, and how heavy they are.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) count: AtomicUsize,
    pub(super) bytes: AtomicUsize,
}

/// How far a body is given up.
#[derive(Debug, Clone, Copy)]
pub(super) enum Lighten {
    /// It keeps what only ever forbids.
    Shed,
    /// It goes, with what only ever forbids: there is no room for that either. The label stays.
    Strip,
}

pub(super) struct Shelf<V> {
    shards: Box<[Mutex<Shard<V>>]>,
    tally: Arc<Tally>,
}

type Shard<V> = BTreeMap<ContextId, Spot<V>>;

struct Spot<V> {
    value: Option<V>,
    charged: usize,
    /// Grows with every visit.
    visits: u64,
}

/// Something that may be taken off its shelf, if nobody visits it before.
pub(super) struct Candidate<S> {
    pub(super) id: ContextId,
    pub(super) of: S,
    visits: u64,
}

impl<V: Kept> Shelf<V> {
    pub(super) fn new(tally: Arc<Tally>) -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::new(BTreeMap::new())).collect();
        Self { shards, tally }
    }

    /// Does `act` with what stands at `id`, which may put something there, change it or take it away.
    pub(super) fn visit<R>(&self, id: ContextId, act: impl FnOnce(&mut Option<V>) -> R) -> R {
        let Some(shard) = self.shards.get(shard_of(id)) else { return act(&mut None) };
        let mut shard = locked(shard);
        let spot = shard.entry(id).or_insert(Spot { value: None, charged: 0, visits: 0 });
        let result = act(&mut spot.value);
        spot.visits += 1;
        let (was_there, is_there) = (spot.charged > 0, spot.value.is_some());
        self.charge(spot);
        match (was_there, is_there) {
            (false, true) => _ = self.tally.count.fetch_add(1, Ordering::Relaxed),
            (true, false) => _ = self.tally.count.fetch_sub(1, Ordering::Relaxed),
            (false, false) | (true, true) => {}
        }
        if !is_there {
            shard.remove(&id);
        }
        result
    }

    /// Takes away what is over.
    pub(super) fn sweep(&self, now: Timestamp) {
        for shard in &self.shards {
            self.retain(&mut locked(shard), |_, spot| !spot.value.as_ref().is_none_or(|value| value.is_over(now)));
        }
    }

    /// The time after which the later half was used; `None` when there is nothing.
    pub(super) fn middle(&self) -> Option<Timestamp> {
        let mut seen: Vec<Timestamp> = Vec::new();
        for shard in &self.shards {
            seen.extend(locked(shard).values().filter_map(|spot| Some(spot.value.as_ref()?.seen())));
        }
        let middle = seen.len().checked_sub(1)? / 2;
        Some(*seen.select_nth_unstable(middle).1)
    }

    /// Makes the bodies of one shard lighter that were not used after `until`.
    pub(super) fn lighten(&self, shard: usize, until: Timestamp, how: Lighten) {
        let Some(shard) = self.shards.get(shard) else { return };
        let mut shard = locked(shard);
        for spot in shard.values_mut() {
            let Some(value) = spot.value.as_mut().filter(|value| value.seen() <= until) else { continue };
            match how {
                Lighten::Shed => value.room().shed(),
                Lighten::Strip => value.room().clear(),
            }
            self.charge(spot);
        }
    }

    /// Those of one shard that were not used after `until`, with what `read` says of each.
    pub(super) fn candidates<S>(&self, shard: usize, until: Timestamp, read: impl Fn(&V) -> S) -> Vec<Candidate<S>> {
        let Some(shard) = self.shards.get(shard) else { return Vec::new() };
        let shard = locked(shard);
        let older = shard.iter().filter_map(|(id, spot)| {
            let value = spot.value.as_ref().filter(|value| value.seen() <= until)?;
            Some(Candidate { id: *id, of: read(value), visits: spot.visits })
        });
        older.collect()
    }

    /// Takes away those of the candidates that nobody has visited since.
    pub(super) fn take_away<S>(&self, shard: usize, candidates: &[Candidate<S>]) {
        let Some(shard) = self.shards.get(shard) else { return };
        let gone: BTreeMap<ContextId, u64> = candidates.iter().map(|one| (one.id, one.visits)).collect();
        self.retain(&mut locked(shard), |id, spot| gone.get(id) != Some(&spot.visits));
    }

    fn retain(&self, shard: &mut Shard<V>, keeps: impl Fn(&ContextId, &Spot<V>) -> bool) {
        shard.retain(|id, spot| {
            let keep = keeps(id, spot);
            if !keep {
                if let Some(value) = &mut spot.value {
                    value.room().clear();
                }
                self.tally.count.fetch_sub(1, Ordering::Relaxed);
                self.tally.bytes.fetch_sub(spot.charged, Ordering::Relaxed);
            }
            keep
        });
    }

    fn charge(&self, spot: &mut Spot<V>) {
        let weight = spot.value.as_ref().map_or(0, |value| size_of::<Spot<V>>() + value.weight());
        if weight >= spot.charged {
            self.tally.bytes.fetch_add(weight - spot.charged, Ordering::Relaxed);
        } else {
            self.tally.bytes.fetch_sub(spot.charged - weight, Ordering::Relaxed);
        }
        spot.charged = weight;
    }
}

/// Ids are made by a keyed hash, so any of their bytes spreads them evenly.
fn shard_of(id: ContextId) -> usize {
    let [first, ..] = id.to_bytes();
    usize::from(first) % SHARDS
}

/// Whoever panicked under this lock left it between two whole states: nothing under it is changed in steps.
pub(super) fn locked<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The place of a body: whoever works with one holds it under its own lock, and under no lock of a shelf.
pub(super) struct Room<T> {
    body: Option<Arc<Mutex<T>>>,
    bytes: usize,
}

impl<T: Body> Room<T> {
    pub(super) const fn empty() -> Self {
        Self { body: None, bytes: 0 }
    }

    /// The body, made by `begin` if there is none.
    pub(super) fn open(&mut self, begin: impl FnOnce() -> T) -> Arc<Mutex<T>> {
        let kept = self.body.take().filter(|body| !body.is_poisoned());
        let body = kept.unwrap_or_else(|| Arc::new(Mutex::new(begin())));
        self.body = Some(Arc::clone(&body));
        body
    }

    /// Notes what `body` weighs after work with it, if it is still the one.
    pub(super) fn weigh(&mut self, body: &Arc<Mutex<T>>, bytes: usize) {
        if self.body.as_ref().is_some_and(|own| Arc::ptr_eq(own, body)) {
            self.bytes = bytes;
        }
    }

    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes the body away, which is told so.
    pub(super) fn clear(&mut self) {
        if let Some(mut body) = self.body.as_ref().and_then(|body| body.try_lock().ok()) {
            body.ended();
        }
        *self = Self::empty();
    }

    /// One that is in use stays as it is.
    fn shed(&mut self) {
        if let Some(mut body) = self.body.as_ref().and_then(|body| body.try_lock().ok()) {
            body.shed();
            self.bytes = body.bytes();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Thing {
        seen: Timestamp,
        room: Room<Nothing>,
    }

    struct Nothing;

    impl Body for Nothing {
        fn bytes(&self) -> usize {
            0
        }

        fn shed(&mut self) {}
    }

    impl Kept for Thing {
        type Body = Nothing;

        fn weight(&self) -> usize {
            10
        }

        fn seen(&self) -> Timestamp {
            self.seen
        }

        fn is_over(&self, _now: Timestamp) -> bool {
            false
        }

        fn room(&mut self) -> &mut Room<Nothing> {
            &mut self.room
        }
    }

    const NOW: Timestamp = Timestamp::from_micros(1);

    fn put(shelf: &Shelf<Thing>, id: ContextId) {
        shelf.visit(id, |spot| *spot = Some(Thing { seen: NOW, room: Room::empty() }));
    }

    fn is_there(shelf: &Shelf<Thing>, id: ContextId) -> bool {
        shelf.visit(id, |spot| spot.is_some())
    }

    #[test]
    fn what_is_visited_after_it_was_handed_over_stays() {
        let tally = Arc::new(Tally::default());
        let shelf = Shelf::new(Arc::clone(&tally));
        let [visited, other] = [[0; 16], [64; 16]].map(ContextId::from_bytes);
        put(&shelf, visited);
        put(&shelf, other);
        let candidates = shelf.candidates(0, NOW, |_| ());
        assert_eq!(candidates.len(), 2);
        shelf.visit(visited, |_| ());
        shelf.take_away(0, &candidates);
        assert!(is_there(&shelf, visited) && !is_there(&shelf, other));
        assert_eq!(tally.count.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn what_is_taken_away_weighs_nothing() {
        let tally = Arc::new(Tally::default());
        let shelf = Shelf::new(Arc::clone(&tally));
        let ids = (0..=255).map(|byte| ContextId::from_bytes([byte; 16]));
        ids.clone().for_each(|id| put(&shelf, id));
        assert_eq!(tally.count.load(Ordering::Relaxed), 256);
        assert!(tally.bytes.load(Ordering::Relaxed) >= 256 * 10);
        ids.for_each(|id| shelf.visit(id, |spot| *spot = None));
        let Tally { count, bytes } = &*tally;
        assert_eq!((count.load(Ordering::Relaxed), bytes.load(Ordering::Relaxed)), (0, 0));
    }
}
