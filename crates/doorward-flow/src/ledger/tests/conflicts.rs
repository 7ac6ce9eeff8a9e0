//! Chinese walls: exact, whatever else there is no room for.

use std::collections::BTreeSet;

use super::*;

fn world(walls: Vec<Wall>) -> World {
    World { walls: Walls::new(walls).unwrap(), ..World::new(Caps::default()) }
}

fn servers() -> Wall {
    let side = |names: &[&str]| names.iter().map(|name| ServerId::parse(name).unwrap()).collect::<BTreeSet<_>>();
    Wall::Servers(vec![side(&["bank-a", "files-a"]), side(&["bank-b"])])
}

#[test]
fn who_read_one_side_may_not_ask_the_other() {
    let mut world = world(vec![servers()]);
    assert_eq!(world.call("bank-b", "{}", false).passed, [], "nothing was read yet");
    let mut world = self::world(vec![servers()]);
    world.read("bank-a", "anything");
    assert_eq!(world.call("files-a", "{}", true).passed, [], "the same side");
    assert_eq!(world.call("weather", "{}", true).passed, [], "on no side");
    assert_eq!(world.call("bank-b", "{}", false).passed, [LedgerRule::Wall]);
    assert_eq!(world.read("bank-b", "anything").withhold, Some(LedgerRule::Wall), "it answers all the same");
}

#[test]
fn values_of_a_field_are_sides_wherever_they_stand() {
    let walls = || vec![Wall::Field("clientId".into())];
    for second in
        [r#"{"client_id":"B"}"#, "Client-ID: B", r#"[{"x":[{"ClientID":"b"}]}]"#, r#"{"text":"t","client_id":"B"}"#]
    {
        let mut world = world(walls());
        assert_eq!(world.read("crm", r#"{"client_id":"A","note":"x"}"#).withhold, None);
        assert_eq!(world.read("crm", r#"{"client_id":"a"}"#).withhold, None, "the same side");
        assert_eq!(world.read("crm", second).withhold, Some(LedgerRule::Wall), "{second}");
    }
    let mut world = world(walls());
    world.read("crm", r#"{"client_id":"A"}"#);
    assert_eq!(world.call("crm", r#"{"filter":{"client_id":"A"}}"#, false).passed, []);
    assert_eq!(world.call("crm", r#"{"filter":{"client_id":"B"}}"#, false).passed, [LedgerRule::Wall]);
}

#[test]
fn one_answer_with_both_sides_is_kept_back() {
    let mut world = world(vec![Wall::Field("client_id".into())]);
    let both = r#"[{"client_id":"A"},{"client_id":"A"},{"client_id":"B"}]"#;
    assert_eq!(world.read("crm", both).withhold, Some(LedgerRule::Wall));
}

#[test]
fn a_wall_stays_when_contexts_become_one() {
    let mut one = world(vec![servers()]);
    let mut other = world(vec![servers()]);
    one.read("bank-a", "x");
    other.read("bank-b", "x");
    one.context.merge(&other.context);
    assert_eq!(one.call("weather", "{}", true).passed, [LedgerRule::Wall]);
}

#[test]
fn more_walls_than_the_bound_are_refused() {
    assert!(Walls::new(vec![servers(); limits::WALLS_MAX]).is_some());
    assert!(Walls::new(vec![servers(); limits::WALLS_MAX + 1]).is_none());
}
