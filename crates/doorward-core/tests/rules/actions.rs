//! The table of actions against the tables of the revisions, both ways.

use doorward_core::access::{ACTIONS, Action, Direction, Kind};
use doorward_mcp::revision::{Direction as Sent, MethodKind, MethodSpec, Revision};

fn place(method: &MethodSpec) -> (Direction, Kind) {
    let direction = match method.direction {
        Sent::ClientToServer => Direction::ToServer,
        Sent::ServerToClient => Direction::ToClient,
    };
    let kind = match method.kind {
        MethodKind::Request => Kind::Request,
        MethodKind::Notification => Kind::Notification,
    };
    (direction, kind)
}

#[test]
fn every_method_of_every_revision_is_an_action() {
    for revision in Revision::ALL {
        for method in revision.methods() {
            let (direction, kind) = place(method);
            let action = Action::of(direction, kind, method.name);
            let known = action.map(|action| (action.name(), action.direction(), action.kind()));
            assert_eq!(known, Some((method.name, direction, kind)), "{revision}: {}", method.name);
        }
    }
}

#[test]
fn every_action_is_a_method_of_some_revision_and_stands_once() {
    for (place_in_table, rule) in ACTIONS.iter().enumerate() {
        let here = (rule.method, rule.direction, rule.kind);
        let known = Revision::ALL
            .iter()
            .flat_map(|revision| revision.methods())
            .any(|method| method.name == rule.method && place(method) == (rule.direction, rule.kind));
        assert!(known, "no revision has {here:?}");
        let again = ACTIONS.iter().skip(place_in_table + 1);
        assert!(again.clone().all(|other| (other.method, other.direction, other.kind) != here), "{here:?} twice");
    }
}

#[test]
fn a_method_is_known_only_in_its_own_direction_kind_and_spelling() {
    for (direction, kind, method) in [
        (Direction::ToClient, Kind::Request, "tools/call"),
        (Direction::ToServer, Kind::Notification, "tools/call"),
        (Direction::ToServer, Kind::Request, "Tools/Call"),
        (Direction::ToServer, Kind::Request, "tools/call "),
        (Direction::ToServer, Kind::Request, ""),
        (Direction::ToServer, Kind::Request, "elicitation/create"),
        (Direction::ToServer, Kind::Request, "notifications/cancelled"),
    ] {
        assert!(Action::of(direction, kind, method).is_none(), "{method}");
    }
}
