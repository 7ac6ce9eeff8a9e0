//! `refusals`: more calls are refused, or lack endorsed values, than is usual for this principal.
//!
//! A refusal counts once, and once more where values without an endorsed origin led to it.

use serde::{Deserialize, Serialize};

use super::moments::Moments;
use crate::event::Event;
use crate::measure::Reading;

/// The refusals of one burst.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Refused(f64);

/// How many a burst has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Model(Moments);

impl Refused {
    pub(crate) fn take(&mut self, event: &Event) {
        if event.is_refused() {
            self.0 += if event.missing > 0 { 2.0 } else { 1.0 };
        }
    }
}

impl Model {
    pub(crate) fn read(&self, refused: &Refused) -> Reading {
        Reading { score: self.0.surprise(refused.0), observed: refused.0, expected: self.0.mean() }
    }

    pub(crate) fn learn(&mut self, refused: &Refused) {
        self.0.learn(refused.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_refusals_stand_out_and_as_many_as_usual_do_not() {
        let mut model = Model::default();
        (0..100).for_each(|at| model.learn(&Refused(f64::from(at % 3))));
        assert!(model.read(&Refused(12.0)).score > 8.0);
        assert!(model.read(&Refused(2.0)).score < 1.5);
    }
}
