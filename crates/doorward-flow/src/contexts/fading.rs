//! A label that forgets by halves.
//!
//! Responsible for the one way in which time lowers a label: what was joined lasts at least one half and at most two.
//! A label that was forgotten at a stroke would be gone a moment after something was joined to it.

use std::time::Duration;

use doorward_core::flow::{Audience, Label};
use doorward_core::time::Timestamp;

/// A label in two generations.
#[derive(Debug, Clone)]
pub(super) struct Fading {
    label: Label,
    before: Option<Box<Label>>,
    turned: Timestamp,
}

impl Fading {
    pub(super) fn new(label: Label, now: Timestamp) -> Self {
        Self { label, before: None, turned: now }
    }

    /// Adds what is known of `label`, for at least `half`.
    pub(super) fn join(&mut self, label: &Label, now: Timestamp, half: Duration) {
        self.turn(now, half);
        join_into(&mut self.label, label);
    }

    /// Lets time pass.
    pub(super) fn turn(&mut self, now: Timestamp, half: Duration) {
        let age = now.since(self.turned);
        if age <= half {
            return;
        }
        let last = std::mem::take(&mut self.label);
        let one_on = age <= half * 2;
        self.before = (one_on && last != Label::default()).then(|| Box::new(last));
        // By whole halves, so that it makes no difference how often somebody asks.
        self.turned = if one_on { later(self.turned, half) } else { now };
    }

    /// Whether nothing is left of it.
    pub(super) fn is_over(&self, now: Timestamp, half: Duration) -> bool {
        let empty = self.before.is_none() && self.label == Label::default();
        empty || now.since(self.turned) > half * 2
    }

    /// Joins what it holds to `label`.
    pub(super) fn add_to(&self, label: &mut Label) {
        join_into(label, &self.label);
        if let Some(before) = &self.before {
            join_into(label, before);
        }
    }

    pub(super) fn read(&self) -> Label {
        let mut label = self.label.clone();
        if let Some(before) = &self.before {
            join_into(&mut label, before);
        }
        label
    }

    /// What it holds beyond itself.
    pub(super) fn bytes(&self) -> usize {
        let before = self.before.as_deref().map_or(0, |label| size_of::<Label>() + label_bytes(label));
        label_bytes(&self.label) + before
    }
}

fn later(time: Timestamp, by: Duration) -> Timestamp {
    Timestamp::from_micros(time.as_micros().saturating_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX)))
}

/// `to ⊔= label`, without work where nothing changes.
pub(super) fn join_into(to: &mut Label, label: &Label) {
    if !label.flows_to(to) {
        *to = to.join(label);
    }
}

/// About what a label holds beyond itself.
fn label_bytes(label: &Label) -> usize {
    /// A node of a small tree, shared among what it holds.
    const EACH: usize = 48;
    let audience = match &label.audience {
        Audience::Any => 0,
        Audience::Only(these) => these.iter().map(|one| one.len() + EACH).sum(),
    };
    audience + (label.categories.len() + label.origins.len()) * EACH
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF: Duration = Duration::from_secs(100);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn joined_at(seconds: i64) -> Fading {
        let mut fading = Fading::new(Label::default(), at(0));
        fading.join(&Label::unknown(), at(seconds), HALF);
        fading
    }

    #[test]
    fn what_was_joined_lasts_one_half_and_not_beyond_two() {
        for joined in [0, 50, 100, 101, 150, 201, 999] {
            for steps in [1, 7, 60, 100, 101] {
                let mut fading = joined_at(joined);
                let mut now = joined;
                while now + steps <= joined + 100 {
                    now += steps;
                    fading.turn(at(now), HALF);
                    assert_eq!(fading.read(), Label::unknown(), "joined {joined}, now {now}");
                }
                for now in [joined + 201, joined + 302] {
                    fading.turn(at(now), HALF);
                }
                assert_eq!(fading.read(), Label::default(), "joined {joined}");
            }
        }
    }

    #[test]
    fn a_clock_that_goes_backwards_forgets_nothing() {
        let mut fading = joined_at(150);
        fading.turn(at(-10_000), HALF);
        assert_eq!(fading.read(), Label::unknown());
        assert!(!fading.is_over(at(-10_000), HALF));
    }

    #[test]
    fn it_is_over_when_nothing_is_left() {
        assert!(Fading::new(Label::default(), at(0)).is_over(at(0), HALF));
        assert!(!joined_at(100).is_over(at(200), HALF));
        assert!(joined_at(100).is_over(at(301), HALF));
    }
}
