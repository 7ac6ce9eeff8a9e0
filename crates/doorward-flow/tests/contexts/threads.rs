//! Many threads at once: what one was told before another asks is known to the other.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use doorward_core::flow::Hints;
use doorward_flow::contexts::{Bounds, Contexts, Honesty};

use crate::support::{KEY, Labels, Numbers, PARTS, Weight, at, bounded, principal};

/// A conversation, and what it was told.
struct Conversation {
    subject: &'static str,
    honesty: Honesty,
    hints: Hints,
    told: Mutex<u32>,
}

fn conversations() -> Vec<Conversation> {
    let all = [
        ("ann", Honesty::Unproven, Hints::default()),
        ("ann", Honesty::Unproven, Hints::default().with_declared("a")),
        ("ann", Honesty::Unproven, Hints::default().with_signed("m").with_session("s")),
        ("bob", Honesty::Honest, Hints::default().with_declared("a").with_process(1)),
        ("bob", Honesty::Honest, Hints::default().with_declared("b").with_session("s")),
    ];
    let conversation = |(subject, honesty, hints)| Conversation { subject, honesty, hints, told: Mutex::new(0) };
    all.into_iter().map(conversation).collect()
}

/// Some messages of any of the conversations, one after the other.
fn talk(
    contexts: &Contexts<Weight>,
    conversations: &[Conversation],
    labels: &Labels,
    mut numbers: Numbers,
    clock: &AtomicU64,
) {
    for _ in 0..40 {
        let Conversation { subject, honesty, hints, told } = &conversations[numbers.below(conversations.len())];
        let now = at(clock.fetch_add(1, Ordering::Relaxed));
        let owed = *told.lock().unwrap();
        let dropped = hints.signed().is_none() && numbers.once_in(4);
        let hints = if dropped { &Hints::default() } else { hints };
        let place = contexts.resolve(&principal(subject, "client"), hints, *honesty, now);
        let held = labels.bits(place.label());
        assert_eq!(owed & !held, 0, "{hints:?} is read with {held:b}, and was told {owed:b}");
        contexts.with(&place, now, |entry| {
            assert_eq!(owed & !labels.bits(entry.label), 0);
            entry.body.permits += 100;
        });
        let bits = 1 << numbers.below(PARTS as usize);
        contexts.raise(&place, &labels.of(bits), now);
        *told.lock().unwrap() |= bits;
        assert_eq!(bits & !labels.bits(&contexts.effective(&place, now)), 0);
    }
}

#[test]
fn no_concurrency_lowers_a_label() {
    let labels = Labels::new();
    for seed in 0..120 {
        let bounds = match seed % 3 {
            0 => Bounds { contexts: 4, bytes: 1 << 20 },
            1 => Bounds { contexts: 100, bytes: 3000 },
            _ => Bounds::default(),
        };
        let (contexts, conversations, clock) = (bounded(bounds), conversations(), AtomicU64::new(0));
        thread::scope(|scope| {
            for thread in 0..4 {
                let numbers = Numbers(seed * 4 + thread);
                let (contexts, conversations, labels, clock) = (&contexts, &conversations, &labels, &clock);
                scope.spawn(move || talk(contexts, conversations, labels, numbers, clock));
            }
        });
    }
}

#[test]
fn whoever_panics_with_a_body_leaves_it_to_be_begun_again() {
    let contexts = Contexts::new(&KEY, Bounds::default(), |_| Weight::default());
    let place = contexts.resolve(&principal("ann", "client"), &Hints::default(), Honesty::Unproven, at(0));
    let panics = || {
        contexts.with(&place, at(0), |entry| {
            entry.body.permits = 9;
            panic!("half way");
        })
    };
    thread::scope(|scope| assert!(scope.spawn(panics).join().is_err()));
    assert_eq!(contexts.with(&place, at(1), |entry| entry.body.permits), 0);
}
