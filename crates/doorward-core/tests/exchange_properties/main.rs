//! Many clients and upstreams on a manual clock, in any order: what must hold after every step.
//!
//! The world plays the shell and both sides of it. The ledger holds the promises: nothing is forwarded without a confirmed
//! allow, every exchange ends in exactly one outcome record, and nothing of one client reaches another.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::unreachable,
    reason = "a test that cannot go on has failed"
)]

mod ledger;
mod messages;
mod performing;
mod world;

use proptest::prelude::*;

use world::World;

/// One thing that happens. Numbers pick among what there is at that moment.
#[derive(Debug, Clone)]
enum Happening {
    ClientSends { client: usize, upstream: usize, method: usize, id: usize, token: usize },
    ClientTells { client: usize, upstream: usize, what: usize, id: usize },
    ClientAnswers { client: usize, pick: usize, style: usize },
    ClientLeaves { client: usize },
    UpstreamAnswers { upstream: usize, pick: usize, style: usize },
    UpstreamAnswersNobody { upstream: usize, number: u64, style: usize },
    UpstreamTells { upstream: usize, pick: usize, style: usize },
    UpstreamAsks { upstream: usize, pick: usize, style: usize },
    UpstreamDies { upstream: usize },
    Advance { pick: usize, choice: u64 },
}

fn happening() -> impl Strategy<Value = Happening> {
    let small = 0..1000_usize;
    prop_oneof![
        8 => (small.clone(), 0..2_usize, small.clone(), small.clone(), small.clone()).prop_map(
            |(client, upstream, method, id, token)| Happening::ClientSends { client, upstream, method, id, token }
        ),
        2 => (small.clone(), 0..2_usize, small.clone(), small.clone()).prop_map(
            |(client, upstream, what, id)| Happening::ClientTells { client, upstream, what, id }
        ),
        2 => (small.clone(), small.clone(), small.clone())
            .prop_map(|(client, pick, style)| Happening::ClientAnswers { client, pick, style }),
        1 => small.clone().prop_map(|client| Happening::ClientLeaves { client }),
        7 => (0..2_usize, small.clone(), small.clone())
            .prop_map(|(upstream, pick, style)| Happening::UpstreamAnswers { upstream, pick, style }),
        1 => (0..2_usize, 0..40_u64, small.clone())
            .prop_map(|(upstream, number, style)| Happening::UpstreamAnswersNobody { upstream, number, style }),
        5 => (0..2_usize, small.clone(), small.clone())
            .prop_map(|(upstream, pick, style)| Happening::UpstreamTells { upstream, pick, style }),
        2 => (0..2_usize, small.clone(), small.clone())
            .prop_map(|(upstream, pick, style)| Happening::UpstreamAsks { upstream, pick, style }),
        1 => (0..2_usize).prop_map(|upstream| Happening::UpstreamDies { upstream }),
        30 => (small, any::<u64>()).prop_map(|(pick, choice)| Happening::Advance { pick, choice }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_exchange_keeps_its_promises(happenings in prop::collection::vec(happening(), 20..220)) {
        let mut world = World::new(3);
        for happening in happenings {
            world.happen(happening);
            world.check();
        }
        world.finish();
    }
}

/// A property that nothing ever reaches proves nothing: one plain story must touch every kind of step.
#[test]
fn the_world_reaches_every_kind_of_step() {
    let mut world = World::new(3);
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..60_000 {
        let mut next = |below: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from((random >> 33) % below).unwrap()
        };
        let (pick, style, id, upstream) = (next(1000), next(1000), next(1000), next(2));
        let happening = match next(80) {
            0..8 => Happening::ClientSends { client: pick, upstream, method: style, id, token: next(1000) },
            8..10 => Happening::ClientTells { client: pick, upstream, what: style, id },
            10..13 => Happening::ClientAnswers { client: pick, pick: id, style },
            13 if next(20) == 0 => Happening::ClientLeaves { client: pick },
            14..22 => Happening::UpstreamAnswers { upstream, pick, style },
            22..27 => Happening::UpstreamTells { upstream, pick, style },
            27..30 => Happening::UpstreamAsks { upstream, pick, style },
            30 if next(20) == 0 => Happening::UpstreamDies { upstream },
            _ => Happening::Advance { pick, choice: random },
        };
        world.happen(happening);
        world.check();
    }
    let seen = world.finish();
    for wanted in [
        "decide",
        "consult",
        "meter",
        "limit reached",
        "recall",
        "keep",
        "redacted",
        "guard",
        "rewritten message",
        "rewritten answer",
        "withheld item",
        "sift",
        "forward",
        "record refused",
        "refuse",
        "done",
        "answer to client",
        "answer to server",
        "progress",
        "log",
        "updated",
        "list changed",
        "tagged",
        "cancelled by server",
        "cancelled by client",
        "question",
        "stray",
        "id in use",
        "hidden item",
        "questions decided",
        "nobody there",
    ] {
        assert!(seen.contains(wanted), "never seen: {wanted}");
    }
}
