//! What there is room for, and what goes first.

use doorward_core::flow::Label;
use doorward_flow::contexts::{Bounds, Held, Honesty};

use crate::support::{HOUR, ann, at, bounded, contexts, declared, nothing, part, principal, signed};

#[test]
fn as_many_as_fit_stay_and_no_more() {
    let contexts = bounded(Bounds { contexts: 100, bytes: 1 << 30 });
    for number in 0..99 {
        let _ = contexts.resolve(&ann(), &declared(&format!("{number}")), Honesty::Honest, at(number));
    }
    assert_eq!(contexts.held().contexts, 100, "a family and its contexts");
    for number in 99..2000 {
        let _ = contexts.resolve(&ann(), &declared(&format!("{number}")), Honesty::Honest, at(number));
        assert!(contexts.held().contexts <= 100);
    }
}

#[test]
fn bodies_go_before_labels_and_what_permits_before_what_forbids() {
    let contexts = bounded(Bounds { contexts: 1000, bytes: 70_000 });
    let place = |name: &str, second| contexts.resolve(&ann(), &signed(name), Honesty::Unproven, at(second));
    let first = place("first", 0);
    contexts.raise(&first, &part(1), at(0));
    contexts.with(&first, at(0), |entry| (entry.body.permits, entry.body.forbids) = (40_000, 10));
    let second = place("second", 1);
    contexts.with(&second, at(1), |entry| entry.body.permits = 40_000);
    assert!(contexts.held().bytes <= 70_000);
    let seen = contexts.with(&first, at(3), |entry| (entry.body.permits, entry.body.forbids, entry.label.clone()));
    assert_eq!(seen, (0, 10, part(1)));
    assert_eq!(contexts.with(&second, at(3), |entry| entry.body.permits), 40_000);
    assert_eq!(contexts.held().contexts, 3);

    let heavy = place("heavy", 4);
    contexts.with(&heavy, at(4), |entry| entry.body.forbids = 80_000);
    assert_eq!(place("first", 5).label(), &part(1));
}

#[test]
fn a_label_without_room_is_with_its_principal() {
    let contexts = bounded(Bounds { contexts: 10, bytes: 1 << 30 });
    let first = contexts.resolve(&ann(), &signed("first"), Honesty::Unproven, at(0));
    contexts.raise(&first, &part(1), at(0));
    for number in 1..100 {
        let _ = contexts.resolve(&ann(), &signed(&format!("{number}")), Honesty::Unproven, at(number));
    }
    let later = |hints| contexts.resolve(&ann(), &hints, Honesty::Unproven, at(3 * HOUR)).label().clone();
    assert_eq!(later(nothing()), part(1));
    assert_eq!(later(signed("first")), part(1));
}

#[test]
fn principals_without_room_are_not_forgotten_either() {
    let contexts = bounded(Bounds { contexts: 10, bytes: 1 << 30 });
    let first = contexts.resolve(&ann(), &nothing(), Honesty::Unproven, at(0));
    contexts.raise(&first, &part(1), at(0));
    for number in 1..100 {
        let other = principal(&format!("user {number}"), "client");
        let _ = contexts.resolve(&other, &nothing(), Honesty::Unproven, at(number));
    }
    assert_eq!(contexts.resolve(&ann(), &nothing(), Honesty::Unproven, at(200)).label(), &part(1));
}

#[test]
fn what_is_over_goes_without_a_trace() {
    let contexts = contexts();
    for hints in [nothing(), declared("a"), signed("m"), nothing().with_session("s")] {
        let place = contexts.resolve(&ann(), &hints, Honesty::Unproven, at(0));
        contexts.raise(&place, &part(1), at(0));
        contexts.with(&place, at(0), |entry| entry.body.permits = 100);
    }
    contexts.sweep(at(8 * HOUR));
    assert_eq!(contexts.held().contexts, 4);
    contexts.sweep(at(17 * HOUR));
    assert_eq!(contexts.held(), Held { contexts: 0, bytes: 0 });
    let later = contexts.resolve(&ann(), &nothing(), Honesty::Unproven, at(17 * HOUR));
    assert_eq!(later.label(), &Label::default());
}
