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
