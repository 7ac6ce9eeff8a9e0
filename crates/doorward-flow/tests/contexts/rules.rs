//! The merge-only rule, sentence by sentence.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use doorward_core::flow::{Carried, CarriedBy, ContextId, Ground, Handle, Hints, Label, SignedUnit, TaskToken};
use doorward_core::ids::ServerId;
use doorward_core::principal::{Claims, Principal, Proof, Subject};
use doorward_flow::contexts::{
    Bounds, Budget, Channel, Contexts, HandleSeen, Honesty, Opened, Place, Task, Trail, UnfitTask,
};

use crate::support::{HOUR, MINUTE, Weight, ann, at, bounded, contexts, declared, nothing, part, principal, signed};

use Honesty::{Honest, Unproven};

fn resolve(contexts: &Contexts<Weight>, hints: &Hints, honesty: Honesty, second: u64) -> Place {
    contexts.resolve(&ann(), hints, honesty, at(second))
}

/// Reads part 1 in the context of `hints`.
fn read(contexts: &Contexts<Weight>, hints: &Hints, honesty: Honesty, second: u64) {
    let place = resolve(contexts, hints, honesty, second);
    contexts.raise(&place, &part(1), at(second));
}

fn open(contexts: &Contexts<Weight>, hints: &Hints, honesty: Honesty, channel: Channel, random: u8) -> Opened {
    let task = Task::new("Book a room", ["book"], Some(2), channel).unwrap();
    contexts.open(&resolve(contexts, hints, honesty, 0), task, [random; 16], at(0)).unwrap()
}

fn carried(handle: Handle, by: CarriedBy) -> Hints {
    Hints::default().with_handle(Carried { handle, by })
}

#[test]
fn who_says_it_decides_what_a_name_is_worth() {
    let cases = [
        ("none and none", nothing(), nothing(), Unproven, true),
        ("a name is dropped", declared("a"), nothing(), Unproven, true),
        ("another name, from a client that nobody vouches for", declared("a"), declared("b"), Unproven, true),
        ("a name is added", nothing(), declared("b"), Unproven, true),
        ("the same name", declared("a"), declared("a"), Honest, true),
        ("an honest client drops its name", declared("a"), nothing(), Honest, true),
        ("an honest client says nothing, then something", nothing(), declared("a"), Honest, true),
        ("the same signed name", signed("a"), signed("a"), Unproven, true),
        ("another signed name", signed("a"), signed("b"), Unproven, false),
        ("a signed name after none", nothing(), signed("a"), Unproven, false),
        ("a signed name is dropped", signed("a"), nothing(), Unproven, true),
        ("another session", nothing().with_session("a"), nothing().with_session("b"), Unproven, true),
        ("another process", nothing().with_process(1), nothing().with_process(2), Honest, true),
    ];
    for (name, before, after, honesty, is_known) in cases {
        let contexts = contexts();
        resolve(&contexts, &after, honesty, 0);
        read(&contexts, &before, honesty, 1);
        let place = resolve(&contexts, &after, honesty, 2);
        assert_eq!(place.label() == &part(1), is_known, "{name}: {:?}", place.label());
        assert_eq!(place.label() == &Label::default(), !is_known, "{name}");
    }
}

#[test]
fn an_honest_client_tells_conversations_apart_once_they_have_begun() {
    let contexts = contexts();
    resolve(&contexts, &declared("begun before"), Honest, 0);
    read(&contexts, &declared("a"), Honest, 1);
    assert_eq!(resolve(&contexts, &declared("begun before"), Honest, 2).label(), &Label::default());
    assert_eq!(resolve(&contexts, &declared("begun after"), Honest, 2).label(), &part(1), "text washes itself clean");
}

#[test]
fn the_same_word_of_another_is_another_context() {
    let contexts = contexts();
    read(&contexts, &declared("a").with_session("s"), Unproven, 0);
    let others = [principal("bob", "client"), principal("ann", "other")];
    for other in others {
        let place = contexts.resolve(&other, &declared("a"), Honest, at(1));
        assert_eq!(place.label(), &Label::default(), "{other:?}");
    }
    let same_session = contexts.resolve(&principal("bob", "client"), &nothing().with_session("s"), Unproven, at(1));
    assert_eq!(same_session.label(), &Label::default());
}

#[test]
fn a_session_or_trace_merges_the_clients_of_one_subject() {
    let traced = nothing().with_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    for hints in [nothing().with_session("s"), traced, nothing().with_process(7)] {
        let contexts = contexts();
        read(&contexts, &hints, Unproven, 0);
        let other = principal("ann", "other");
        let merged = contexts.resolve(&other, &hints, Unproven, at(1));
        assert_eq!((merged.label(), merged.ground()), (&part(1), Ground::Correlated));
        let dropped = contexts.resolve(&other, &nothing(), Unproven, at(2));
        assert_eq!(dropped.label(), &part(1), "what was merged once stays merged");
    }
}

#[test]
fn a_renewed_token_changes_nothing_and_another_delegation_does() {
    let claims = |proof, actor: &str| {
        let claims = Claims::of(Subject::User("ann".into()), proof);
        Principal::claimed(Claims { agent: Some("client".into()), actors: vec![actor.into()], ..claims }).unwrap()
    };
    let contexts = contexts();
    let place = contexts.resolve(&claims(Proof::AccessToken, "x"), &nothing(), Unproven, at(0));
    contexts.raise(&place, &part(1), at(0));
    let renewed = claims(Proof::BoundToken, "x").with_scopes(std::iter::once("more".into()).collect());
    assert_eq!(contexts.resolve(&renewed, &nothing(), Unproven, at(1)).id(), place.id());
    let delegated = contexts.resolve(&claims(Proof::AccessToken, "y"), &nothing(), Unproven, at(1));
    assert_eq!(delegated.label(), &Label::default());
}

#[test]
fn a_window_ends_after_half_an_hour_of_silence_and_not_before() {
    for (later, expected) in [(30 * MINUTE, part(1)), (30 * MINUTE + 1, Label::default())] {
        let contexts = contexts();
        read(&contexts, &nothing(), Unproven, 0);
        assert_eq!(resolve(&contexts, &nothing(), Unproven, later).label(), &expected, "{later}");
    }
}

#[test]
fn what_was_read_lasts_four_hours_of_work_and_not_beyond_eight() {
    let contexts = contexts();
    read(&contexts, &nothing(), Unproven, 0);
    let label = |second| resolve(&contexts, &nothing(), Unproven, second).label().clone();
    let steps: Vec<u64> = (1..=33).map(|step| step * 15 * MINUTE).collect();
    for second in steps {
        let label = label(second);
        assert!(second > 4 * HOUR || label == part(1), "{second}");
        assert!(second <= 8 * HOUR || label == Label::default(), "{second}");
    }
}

#[test]
fn an_answer_that_comes_late_keeps_its_window_open() {
    let contexts = contexts();
    let place = resolve(&contexts, &nothing(), Unproven, 0);
    contexts.raise(&place, &part(1), at(2 * HOUR));
    assert_eq!(resolve(&contexts, &nothing(), Unproven, 2 * HOUR + 29 * MINUTE).label(), &part(1));
}

#[test]
fn a_named_context_outlives_the_window_and_can_not_be_hidden_by_waiting() {
    for hints in [declared("a"), nothing()] {
        let contexts = contexts();
        read(&contexts, &declared("a"), Unproven, 0);
        assert_eq!(resolve(&contexts, &hints, Unproven, 8 * HOUR).label(), &part(1), "{hints:?}");
    }
    let contexts = contexts();
    read(&contexts, &declared("a"), Honest, 0);
    assert_eq!(resolve(&contexts, &declared("a"), Honest, 8 * HOUR).label(), &part(1));
    assert_eq!(resolve(&contexts, &declared("a"), Honest, 33 * HOUR).label(), &Label::default());
}

#[test]
fn a_handle_is_good_for_its_principal_alone() {
    let contexts = contexts();
    let opened = open(&contexts, &nothing(), Unproven, Channel::Call, 1);
    let hints = carried(opened.handle, CarriedBy::Client);
    let place = resolve(&contexts, &hints, Unproven, 1);
    assert_eq!((place.handle(), place.id()), (HandleSeen::Good, opened.trail.primary()));
    let task = place.task().unwrap();
    assert_eq!((task.purpose(), task.channel()), ("Book a room", Channel::Call));
    assert_eq!([task.take(), task.take(), task.take()], [Budget::Holds, Budget::Holds, Budget::Spent]);

    contexts.raise(&place, &part(1), at(1));
    let bob = principal("bob", "client");
    let foreign = contexts.resolve(&bob, &hints, Honest, at(2));
    assert_eq!((foreign.handle(), foreign.label()), (HandleSeen::Foreign, &Label::default()));
    assert!(foreign.task().is_none());

    let forged = carried(Handle::new(*opened.handle.random(), [0; 16]), CarriedBy::Client);
    let place = resolve(&contexts, &forged, Honest, 2);
    assert_eq!((place.handle(), place.ground(), place.label()), (HandleSeen::Forged, Ground::Fallback, &part(1)));
    let lost = resolve(&contexts, &hints, Honest, 9 * HOUR + 1);
    assert_eq!(lost.handle(), HandleSeen::Lost);
    assert_eq!(resolve(&contexts, &nothing(), Honest, 2).handle(), HandleSeen::Absent);
}

#[test]
fn a_model_cannot_tell_its_histories_apart() {
    for (by, honesty, expected) in [
        (CarriedBy::Client, Honest, Label::default()),
        (CarriedBy::Client, Unproven, part(1)),
        (CarriedBy::Model, Honest, part(1)),
        (CarriedBy::Model, Unproven, part(1)),
    ] {
        let contexts = contexts();
        let clean = open(&contexts, &declared("c"), honesty, Channel::Call, 1);
        read(&contexts, &declared("a"), honesty, 1);
        let place = resolve(&contexts, &carried(clean.handle, by), honesty, 2);
        assert_eq!(place.label(), &expected, "{by:?} {honesty:?}");
    }
}

#[test]
fn a_task_begins_with_what_its_creator_knows_unless_a_person_opens_it() {
    for (channel, expected) in [(Channel::Call, part(1)), (Channel::Person, Label::default())] {
        let contexts = contexts();
        read(&contexts, &declared("a"), Honest, 0);
        let opened = open(&contexts, &declared("a"), Honest, channel, 1);
        assert_eq!(opened.label, expected);
        let place = resolve(&contexts, &carried(opened.handle, CarriedBy::Client), Honest, 1);
        assert_eq!(place.label(), &expected);
    }
}

#[test]
fn what_a_child_reads_is_told_to_what_it_was_opened_in() {
    let contexts = contexts();
    let parent = open(&contexts, &declared("conversation"), Honest, Channel::Call, 1);
    let child = open(&contexts, &carried(parent.handle, CarriedBy::Client), Honest, Channel::Call, 2);
    let stranger = open(&contexts, &declared("other"), Honest, Channel::Call, 3);
    read(&contexts, &carried(child.handle, CarriedBy::Client), Honest, 1);
    let label = |hints: &Hints| resolve(&contexts, hints, Honest, 2).label().clone();
    assert_eq!(label(&carried(parent.handle, CarriedBy::Client)), part(1));
    assert_eq!(label(&declared("conversation")), part(1));
    assert_eq!(label(&carried(stranger.handle, CarriedBy::Client)), Label::default());
    assert_eq!(label(&declared("other")), Label::default());
}

#[test]
fn tasks_within_tasks_are_bounded() {
    let contexts = contexts();
    let mut hints = nothing();
    for random in 1..=9 {
        let opened = open(&contexts, &hints, Honest, Channel::Call, random);
        hints = carried(opened.handle, CarriedBy::Client);
    }
    let place = resolve(&contexts, &hints, Honest, 1);
    let task = Task::new("One more", [], None, Channel::Call).unwrap();
    assert_eq!(contexts.open(&place, task, [99; 16], at(1)).unwrap_err(), UnfitTask::Depth);
    let again = Task::new("Again", [], None, Channel::Person).unwrap();
    assert_eq!(contexts.open(&place, again, [1; 16], at(1)).unwrap_err(), UnfitTask::Random);
}

#[test]
fn a_task_of_a_mission_belongs_to_that_mission_alone() {
    let contexts = contexts();
    let opened = open(&contexts, &signed("m"), Unproven, Channel::Call, 1);
    let hints = |mission| carried(opened.handle, CarriedBy::Client).with_signed(mission);
    let own = resolve(&contexts, &hints("m"), Unproven, 1);
    assert_eq!((own.id(), own.ground(), own.task().is_some()), (opened.trail.primary(), Ground::Signed, true));
    let other = resolve(&contexts, &hints("n"), Unproven, 1);
    assert_eq!((other.id(), other.task().is_some()), (resolve(&contexts, &signed("n"), Unproven, 1).id(), false));
}

#[test]
fn a_mission_only_ever_gets_narrower_and_keeps_what_it_was_first_for() {
    let contexts = contexts();
    let server = ServerId::parse("shop").unwrap();
    let mission = |purpose: Option<&str>, tools: &[&str], calls| {
        let unit = SignedUnit::new("m").unwrap();
        let token = TaskToken::new(Some(tools.iter().copied()), calls).unwrap();
        let unit = purpose.map_or(unit.clone(), |purpose| unit.with_purpose(purpose).unwrap()).with_token(token);
        resolve(&contexts, &nothing().with_unit(unit.into()), Unproven, 0)
    };
    let holds = |place: &Place| -> Vec<bool> {
        let task = place.tasks().next().unwrap();
        ["a", "b", "c"].map(|tool| task.token().holds(&server, tool, None)).to_vec()
    };
    let first = mission(Some("Book"), &["shop/a", "shop/b"], Some(3));
    let task = first.tasks().next().unwrap();
    assert_eq!((task.purpose(), task.channel(), task.take()), ("Book", Channel::Signed, Budget::Holds));
    let renewed = mission(Some("Pay"), &["shop/b", "shop/c"], Some(2));
    assert_eq!(holds(&renewed), [false, true, false]);
    let again = mission(Some("Book"), &["shop/a", "shop/b"], Some(3));
    assert_eq!(holds(&again), [false, true, false], "the older token as well");
    let task = again.tasks().next().unwrap();
    assert_eq!((task.purpose(), task.token().calls()), ("Book", Some(2)));
    assert_eq!([task.take(), task.take()], [Budget::Holds, Budget::Spent], "one was taken before it was renewed");
}

#[test]
fn a_task_is_bounded() {
    let fits = |purpose: &str, tools: &[&str]| Task::new(purpose, tools.iter().copied(), None, Channel::Call).is_ok();
    let many: Vec<String> = (0..129).map(|tool| format!("tool {tool}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert!(fits("x", &[]) && fits(&"x".repeat(4096), &many[..128]) && fits("x", &[&"x".repeat(256)]));
    assert!(!fits(" ", &[]) && !fits(&"x".repeat(4097), &[]) && !fits("x", &many));
    assert!(!fits("x", &[""]) && !fits("x", &[&"x".repeat(257)]));
}

#[test]
fn a_name_is_sure_where_it_is_signed_or_an_honest_client_declares_it() {
    let contexts = contexts();
    let is_sure = |hints: &Hints, honesty: Honesty| resolve(&contexts, hints, honesty, 1).is_surely_named();
    for honesty in [Honest, Unproven] {
        assert!(is_sure(&signed("m").with_session("s"), honesty));
        assert!(is_sure(&signed("m").with_declared("a"), honesty));
        for hints in [nothing(), nothing().with_session("s"), nothing().with_process(1)] {
            assert!(!is_sure(&hints, honesty), "{hints:?}");
        }
    }
    assert!(is_sure(&declared("a"), Honest));
    assert!(!is_sure(&declared("a"), Unproven), "anybody can say that");
    for (random, within) in [(1, signed("m")), (2, declared("a"))] {
        let opened = open(&contexts, &within, Honest, Channel::Call, random);
        let hints = within.with_handle(Carried { handle: opened.handle, by: CarriedBy::Model });
        assert!(!is_sure(&hints, Honest), "a model opens as many as it likes");
    }
}

#[test]
fn a_trail_is_read_as_it_is_written() {
    let contexts = contexts();
    let opened = open(&contexts, &declared("a"), Honest, Channel::Call, 1);
    let hints = carried(opened.handle, CarriedBy::Client).with_session("s").with_process(1);
    for hints in [nothing(), hints, signed("m").with_declared("a")] {
        let trail = resolve(&contexts, &hints, Honest, 1).trail().clone();
        assert_eq!(Trail::parse(&trail.to_string()), Some(trail));
    }
    let id = ContextId::from_bytes([1; 16]);
    let many: String = (0..7).map(|_| format!(" declared:{id}")).collect();
    for text in ["", "x", &format!("{id} {id} signed"), &format!("{id} {id} signed alone{many}")] {
        assert_eq!(Trail::parse(text), None, "{text}");
    }
}

#[test]
fn a_body_is_told_once_that_its_context_is_over() {
    let ends = Arc::new(AtomicUsize::new(0));
    let enter = |contexts: &Contexts<Weight>, hints: &Hints, second| {
        let place = resolve(contexts, hints, Unproven, second);
        contexts.with(&place, at(second), |entry| entry.body.ends = Some(ends.clone()));
    };
    let ended = || ends.swap(0, Ordering::Relaxed);
    for hints in [nothing(), signed("m")] {
        let contexts = contexts();
        enter(&contexts, &hints, 0);
        contexts.sweep(at(MINUTE));
        enter(&contexts, &hints, 2 * MINUTE);
        assert_eq!(ended(), 0, "{hints:?}: it goes on");
        // Another message finds that it is over, or nobody comes back and it is swept away.
        enter(&contexts, &hints, 40 * HOUR);
        assert_eq!(ended(), 1, "{hints:?}: begun anew");
        contexts.sweep(at(120 * HOUR));
        contexts.sweep(at(121 * HOUR));
        assert_eq!(ended(), 1, "{hints:?}: swept away");
    }
    let contexts = bounded(Bounds { contexts: 8, bytes: usize::MAX });
    (0..40).for_each(|number| enter(&contexts, &signed(&number.to_string()), number));
    assert!(ended() >= 30, "what there is no room for ends as well");
}

#[test]
fn a_body_lives_as_long_as_its_window_and_sees_the_label() {
    let contexts = contexts();
    let place = resolve(&contexts, &nothing(), Unproven, 0);
    contexts.with(&place, at(0), |entry| entry.body.permits = 7);
    contexts.raise(&place, &part(1), at(0));
    let seen = contexts.with(&place, at(1), |entry| (entry.body.permits, entry.label.clone()));
    assert_eq!(seen, (7, part(1)));
    let later = resolve(&contexts, &nothing(), Unproven, HOUR);
    assert_eq!(contexts.with(&later, at(HOUR), |entry| entry.body.permits), 0);
    let other = resolve(&contexts, &declared("a"), Unproven, HOUR);
    assert_eq!(contexts.with(&other, at(HOUR), |entry| entry.body.permits), 0);
}

#[test]
fn ids_depend_on_the_key() {
    let other = Contexts::new(&[1; 32], doorward_flow::contexts::Bounds::default(), |_| Weight::default());
    let place = other.resolve(&ann(), &declared("a"), Unproven, at(0));
    assert_ne!(place.id(), resolve(&contexts(), &declared("a"), Unproven, 0).id());
    assert_eq!(
        resolve(&contexts(), &declared("a"), Unproven, 0).id(),
        resolve(&contexts(), &declared("a"), Unproven, 9).id()
    );
}
