//! A million histories, and what they may never come to.

use std::thread;

use doorward_flow::contexts::Bounds;
use proptest::prelude::*;

use crate::support::Labels;
use crate::world::World;

/// Things that happen in one history.
const STEPS: usize = 12;

/// Room for everything, or for next to nothing.
fn bounds(seed: u64) -> Bounds {
    match seed % 4 {
        0 => Bounds { contexts: 3, bytes: 1 << 20 },
        1 => Bounds { contexts: 8, bytes: 1 << 20 },
        2 => Bounds { contexts: 1000, bytes: 4000 },
        _ => Bounds::default(),
    }
}

/// How many messages one history held against the truth.
fn play(seed: u64, labels: &Labels) -> u64 {
    let mut world = World::new(seed, bounds(seed), labels);
    (0..STEPS).for_each(|_| world.step());
    world.checked
}

#[test]
fn no_history_lowers_a_label() {
    const HISTORIES: u64 = 100_000;
    let halves = [0, 1].map(|half| {
        thread::spawn(move || {
            let labels = Labels::new();
            (0..HISTORIES / 2).map(|seed| play(seed * 2 + half, &labels)).sum::<u64>()
        })
    });
    let checked: u64 = halves.into_iter().map(|half| half.join().unwrap()).sum();
    assert!(checked >= 1_000_000, "{checked} messages were held against the truth");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    /// The same with longer histories; what fails is cut to the shortest that does.
    #[test]
    fn no_long_history_lowers_a_label(seed in any::<u64>(), steps in 1..80_usize) {
        let mut world = World::new(seed, bounds(seed), &Labels::new());
        (0..steps).for_each(|_| world.step());
    }
}
