//! What records bring back.

use doorward_core::flow::{Carried, CarriedBy, Hints, Label};
use doorward_flow::contexts::{Channel, HandleSeen, Honesty, Task, Trail};

use crate::support::{HOUR, MINUTE, ann, at, contexts, declared, nothing, part, signed};

#[test]
fn a_recorded_label_is_back_where_it_was() {
    for (hints, honesty) in [
        (nothing(), Honesty::Unproven),
        (declared("a"), Honesty::Honest),
        (signed("m"), Honesty::Unproven),
        (nothing().with_session("s"), Honesty::Unproven),
    ] {
        let before = contexts().resolve(&ann(), &hints, honesty, at(0)).trail().to_string();
        let after = contexts();
        after.restore(&Trail::parse(&before).unwrap(), &part(1), at(0));
        assert_eq!(after.resolve(&ann(), &hints, honesty, at(29 * MINUTE)).label(), &part(1), "{hints:?}");
        assert_eq!(after.resolve(&ann(), &nothing(), honesty, at(29 * MINUTE)).label(), &part(1), "{hints:?}");
    }
}

#[test]
fn a_window_that_ended_meanwhile_is_not_brought_back() {
    let trail = contexts().resolve(&ann(), &nothing(), Honesty::Unproven, at(0)).trail().clone();
    let after = contexts();
    after.restore(&trail, &part(1), at(0));
    assert_eq!(after.resolve(&ann(), &nothing(), Honesty::Unproven, at(HOUR)).label(), &Label::default());
}

#[test]
fn what_a_named_context_held_when_it_was_last_used_is_known_without_its_name_as_well() {
    let trail = contexts().resolve(&ann(), &declared("a"), Honesty::Honest, at(0)).trail().clone();
    let after = contexts();
    // Each use is just in time, and the second tells what nobody had read by the third.
    let used = [0, 8 * HOUR - MINUTE, 16 * HOUR - 2 * MINUTE];
    for (seen, number) in used.into_iter().zip(1..) {
        after.restore(&trail, &part(number), at(seen));
    }
    let later = at(used[2] + 31 * MINUTE);
    let named = after.resolve(&ann(), &declared("a"), Honesty::Honest, later).label().clone();
    assert!(part(2).flows_to(&named), "{named:?}");
    let after = contexts();
    for (seen, number) in used.into_iter().zip(1..) {
        after.restore(&trail, &part(number), at(seen));
    }
    let nameless = after.resolve(&ann(), &nothing(), Honesty::Honest, later).label().clone();
    assert!(part(2).flows_to(&nameless), "{nameless:?}");
}

#[test]
fn a_handle_survives_with_what_it_was_opened_in() {
    let before = contexts();
    let parent = before.resolve(&ann(), &declared("a"), Honesty::Honest, at(0));
    let task = Task::new("A task", [], None, Channel::Call).unwrap();
    let opened = before.open(&parent, task, [1; 16], at(0)).unwrap();

    let after = contexts();
    after.restore(parent.trail(), parent.label(), at(0));
    after.restore(&Trail::parse(&opened.trail.to_string()).unwrap(), &opened.label, at(0));
    let hints = Hints::default().with_handle(Carried { handle: opened.handle, by: CarriedBy::Client });
    let place = after.resolve(&ann(), &hints, Honesty::Honest, at(1));
    assert_eq!(place.handle(), HandleSeen::Good);
    after.raise(&place, &part(1), at(1));
    assert_eq!(after.resolve(&ann(), &declared("a"), Honesty::Honest, at(2)).label(), &part(1));
}
