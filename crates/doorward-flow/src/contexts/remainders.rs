//! Labels of which nothing but the label could be kept.
//!
//! Responsible for never losing one before its time, in a bounded place: several contexts share one, and each is then read
//! with the labels of all. That asks more often than it must, and never less.

use std::sync::Mutex;

use doorward_core::flow::{ContextId, Label};
use doorward_core::time::Timestamp;

use super::fading::Fading;
use super::limits::{KEPT_HALF, REMAINDERS};
use super::shelf::locked;

pub(super) struct Remainders {
    labels: Box<[Mutex<Option<Box<Fading>>>]>,
}

impl Remainders {
    pub(super) fn new() -> Self {
        Self { labels: (0..REMAINDERS).map(|_| Mutex::new(None)).collect() }
    }

    /// Keeps the label of `id`, which is about to be dropped.
    pub(super) fn keep(&self, id: ContextId, label: &Label, now: Timestamp) {
        if *label == Label::default() {
            return;
        }
        if let Some(place) = self.place(id) {
            let mut place = locked(place);
            place.get_or_insert_with(|| Box::new(Fading::new(Label::default(), now))).join(label, now, KEPT_HALF);
        }
    }

    /// What `id` begins with.
    pub(super) fn of(&self, id: ContextId, now: Timestamp) -> Label {
        let Some(place) = self.place(id) else { return Label::default() };
        let mut place = locked(place);
        if place.as_ref().is_some_and(|fading| fading.is_over(now, KEPT_HALF)) {
            *place = None;
        }
        place.as_mut().map_or_else(Label::default, |fading| {
            fading.turn(now, KEPT_HALF);
            fading.read()
        })
    }

    /// By other bytes of the id than those that choose its shard.
    fn place(&self, id: ContextId) -> Option<&Mutex<Option<Box<Fading>>>> {
        let [.., high, low] = id.to_bytes();
        self.labels.get(usize::from(u16::from_be_bytes([high, low])) % REMAINDERS)
    }
}
