//! What is kept of a principal and its client: the context of everything that says nothing of itself, and what must not be
//! forgotten of the contexts that do.
//!
//! Responsible for never being below what it stands in for: dropping a name, or using one that is not one's own, leads
//! here, so here everything is known that such a message can have been preceded by.

use doorward_core::flow::Label;
use doorward_core::time::Timestamp;

use super::Body;
use super::fading::Fading;
use super::limits::{FALLBACK_HALF, FALLBACK_IDLE, KEPT_HALF};
use super::place::Reach;
use super::shelf::{Kept, Room};

pub(super) struct Family<T> {
    /// What was read in the present window.
    window: Fading,
    /// The labels of the contexts with a name of their own that were used lately: a message may belong to one of them and
    /// not say so.
    named: Fading,
    /// The labels of contexts for which there was no room.
    dropped: Fading,
    /// What was read without saying truly in which context: it may have been any.
    loose: Fading,
    pub(super) room: Room<T>,
    seen: Timestamp,
}

impl<T: Body> Family<T> {
    /// A new one. `remainder` is what is known of one that there was no room for.
    pub(super) fn new(remainder: &Label, now: Timestamp) -> Self {
        let fading = || Fading::new(remainder.clone(), now);
        let named = Fading::new(Label::default(), now);
        Self { window: fading(), named, dropped: fading(), loose: fading(), room: Room::empty(), seen: now }
    }

    /// Says that a message has come: a window that nobody used for long is over.
    pub(super) fn touch(&mut self, now: Timestamp) {
        if now.since(self.seen) > FALLBACK_IDLE {
            self.window = Fading::new(Label::default(), now);
            self.room.clear();
        }
        self.seen = self.seen.max(now);
        self.window.turn(now, FALLBACK_HALF);
        for kept in [&mut self.named, &mut self.dropped, &mut self.loose] {
            kept.turn(now, KEPT_HALF);
        }
    }

    /// Takes in what the contexts of a message hold already, so that a later message without their names is read no lower.
    pub(super) fn meet(&mut self, named: &Label, correlated: &Label, reach: Reach, now: Timestamp) {
        self.named.join(named, now, KEPT_HALF);
        match reach {
            Reach::Alone | Reach::Apart => {}
            Reach::Together => {
                self.window.join(named, now, FALLBACK_HALF);
                self.window.join(correlated, now, FALLBACK_HALF);
            }
        }
    }

    /// Takes in what was read by a message of that reach; `names` says whether it had a name of its own.
    pub(super) fn raise(&mut self, label: &Label, names: Names, reach: Reach, now: Timestamp) {
        self.seen = self.seen.max(now);
        self.window.join(label, now, FALLBACK_HALF);
        match names {
            Names::Own => self.named.join(label, now, KEPT_HALF),
            Names::None => {}
        }
        match reach {
            Reach::Alone | Reach::Apart => {}
            Reach::Together => self.loose.join(label, now, KEPT_HALF),
        }
    }

    /// Takes over the label of a context that there is no room for.
    pub(super) fn take_over(&mut self, label: &Label, now: Timestamp) {
        self.dropped.join(label, now, KEPT_HALF);
    }

    /// Joins what a message of that reach is read with.
    pub(super) fn add_for(&self, reach: Reach, label: &mut Label) {
        match reach {
            Reach::Alone => {}
            Reach::Apart => self.loose.add_to(label),
            Reach::Together => self.add_all(label),
        }
    }

    /// Joins everything that is read in messages without a name.
    pub(super) fn add_all(&self, label: &mut Label) {
        for fading in [&self.window, &self.named, &self.dropped] {
            fading.add_to(label);
        }
    }

    /// Joins what there was no room for.
    pub(super) fn add_dropped(&self, label: &mut Label) {
        self.dropped.add_to(label);
    }

    /// Joins everything that is known.
    pub(super) fn add_whole(&self, label: &mut Label) {
        self.loose.add_to(label);
        self.add_all(label);
    }
}

/// Whether a message has a context with a name of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    Own,
    None,
}

impl<T: Body> Kept for Family<T> {
    type Body = T;

    fn weight(&self) -> usize {
        let fadings = [&self.window, &self.named, &self.dropped, &self.loose];
        fadings.into_iter().map(Fading::bytes).sum::<usize>() + self.room.bytes()
    }

    fn seen(&self) -> Timestamp {
        self.seen
    }

    fn is_over(&self, now: Timestamp) -> bool {
        let kept = [&self.named, &self.dropped, &self.loose];
        now.since(self.seen) > FALLBACK_IDLE && kept.into_iter().all(|one| one.is_over(now, KEPT_HALF))
    }

    fn room(&mut self) -> &mut Room<T> {
        &mut self.room
    }
}
