//! `new-tools`: tools are used that this principal never used, more of them than are to be expected.
//!
//! What is to be expected is the missing mass as Good and Turing estimate it: the share of uses that were of tools used
//! exactly once. Each new tool of a burst counts for the bits of its rarity, in units of four bits.

use crate::known::Known;
use crate::measure::Reading;

/// Bits are too fine: a burst may have many new tools.
const BITS_PER_UNIT: f64 = 4.0;

/// The new tools of one burst.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct New {
    units: f64,
    count: f64,
}

impl New {
    /// A use of `key` by a principal that has made `events` uses of `known`.
    pub(crate) fn take(&mut self, key: u32, known: &Known, events: u32) {
        if known.seen(key).is_none() {
            self.units -= missing_mass(known, events).log2() / BITS_PER_UNIT;
            self.count += 1.0;
        }
    }

    pub(crate) fn read(&self) -> Reading {
        Reading { score: self.units, observed: self.count, expected: 0.0 }
    }
}

/// The share of uses that will be of something new (Good, 1953), never none and never all.
fn missing_mass(known: &Known, events: u32) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "bounded")]
    let once = known.once() as f64;
    ((once + 1.0) / (f64::from(events) + 2.0)).clamp(1e-6, 0.9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_tool_counts_much_for_who_never_uses_one_and_little_for_who_always_does() {
        let (mut settled, mut curious) = (Known::default(), Known::default());
        for at in 0..100 {
            settled.note(1 + at % 4, 1);
            curious.note(1 + at, 1);
        }
        let bits = |known: &Known| {
            let mut new = New::default();
            new.take(7777, known, 100);
            new.read().score
        };
        assert!(bits(&settled) > 1.5 && bits(&curious) < 0.25, "{} {}", bits(&settled), bits(&curious));
        let mut known = New::default();
        known.take(1, &settled, 100);
        assert!(known.read().score < 1e-9);
    }
}
