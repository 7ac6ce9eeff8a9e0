//! Limits: what may be taken, when it may be taken again, and that nothing is given away.

use std::time::Duration;

use doorward_core::access::{AccessRequest, Action, Approach, Direction, Face, Kind, Resource};
use doorward_core::decision::{Decision, Obligation, Reason};
use doorward_core::exchange::Visibility;
use doorward_core::ids::ServerId;
use doorward_core::limits::{METERS_MAX, METERS_PER_PRINCIPAL_MAX};
use doorward_core::principal::{Claims, Principal, Proof, Subject};
use doorward_core::rate::{
    Amount, ArgumentPath, Clause, Counted, KeyPart, Lease, Limit, Measure, Meters, Reached, Wait,
};
use doorward_core::refusal::{Code, Shape};
use doorward_core::time::Timestamp;
use doorward_mcp::limits::Limits;
use doorward_mcp::raw::RawJson;
use doorward_mcp::revision::Era;
use proptest::prelude::*;

use super::support::{LEGACY, arrival, play_with, result_of};

const SECOND: i64 = 1_000_000;

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

fn path(text: &str) -> ArgumentPath {
    ArgumentPath::parse(text).unwrap()
}

fn flow(most: u32, per: Duration, burst: u32) -> Measure {
    Measure::Flow { most: Amount::whole(most), per, burst: Amount::whole(burst), of: Counted::Calls }
}

fn limit(measure: Measure, by: &[KeyPart]) -> Limit {
    let clause = Clause { text: format!("{measure:?} {by:?}").into(), measure, by: by.into() };
    Limit { rule: "r".into(), clauses: [clause].into() }
}

fn calling(user: &str, tool: &str, arguments: &str) -> AccessRequest {
    AccessRequest {
        principal: Principal::new(user, Proof::LocalToken),
        action: Action::of(Direction::ToServer, Kind::Request, "tools/call").unwrap(),
        resource: Resource::Tool(ServerId::parse("git").unwrap(), tool.into()),
        arguments: Some(RawJson::parse(arguments.to_owned(), &Limits::default()).unwrap()),
        approach: Approach::new(Face::Http),
        era: Era::Modern,
        at: at(0),
    }
}

fn take(meters: &mut Meters, limit: &Limit, request: &AccessRequest, now: i64) -> Result<Lease, Reached> {
    meters.take(&limit.takes(request).unwrap(), at(now))
}

#[test]
fn a_flow_comes_back_evenly_after_its_burst() {
    let limit = limit(flow(10, Duration::from_secs(100), 2), &[]);
    let (mut meters, ann) = (Meters::default(), calling("ann", "push", "{}"));
    let mut ok = |now: i64| take(&mut meters, &limit, &ann, now).map(drop).map_err(|reached| reached.wait);
    assert_eq!((ok(0), ok(0)), (Ok(()), Ok(())));
    assert_eq!(ok(0), Err(Wait::For(Duration::from_secs(10))));
    assert_eq!(ok(10 * SECOND - 1), Err(Wait::For(Duration::from_micros(1))));
    assert_eq!((ok(10 * SECOND), ok(10 * SECOND).is_err()), (Ok(()), true));
    assert_eq!((ok(1000 * SECOND), ok(1000 * SECOND), ok(1000 * SECOND).is_err()), (Ok(()), Ok(()), true));
}

#[test]
fn a_window_is_whole_again_when_the_next_begins() {
    let measure = Measure::Window { most: Amount::whole(2), per: Duration::from_secs(60), of: Counted::Calls };
    let limit = limit(measure, &[]);
    let (mut meters, ann) = (Meters::default(), calling("ann", "push", "{}"));
    let mut ok = |now: i64| take(&mut meters, &limit, &ann, now).map(drop).map_err(|reached| reached.wait);
    assert_eq!((ok(59 * SECOND), ok(59 * SECOND)), (Ok(()), Ok(())));
    assert_eq!(ok(59 * SECOND), Err(Wait::For(Duration::from_secs(1))));
    assert_eq!((ok(60 * SECOND), ok(61 * SECOND)), (Ok(()), Ok(())));
    assert_eq!(ok(61 * SECOND), Err(Wait::For(Duration::from_secs(59))));
}

#[test]
fn a_clock_that_is_set_back_gives_nothing_back() {
    let window = Measure::Window { most: Amount::whole(1), per: Duration::from_secs(60), of: Counted::Calls };
    for measure in [window, flow(1, Duration::from_secs(60), 1)] {
        let limit = limit(measure, &[]);
        let (mut meters, ann) = (Meters::default(), calling("ann", "push", "{}"));
        assert!(take(&mut meters, &limit, &ann, 600 * SECOND).is_ok());
        for back in [0, -3600 * SECOND, 540 * SECOND, 0, 599 * SECOND] {
            assert!(take(&mut meters, &limit, &ann, back).is_err(), "{limit} at {back}");
        }
        assert!(take(&mut meters, &limit, &ann, 660 * SECOND).is_ok());
    }
}

#[test]
fn a_budget_adds_exactly_and_takes_no_part_of_what_is_too_much() {
    let of = Counted::Sum(path("pay.amount"));
    let measure = Measure::Window { most: Amount::parse("1").unwrap(), per: Duration::from_secs(60), of };
    let limit = limit(measure, &[]);
    let mut meters = Meters::default();
    let mut pay = |amount: &str| {
        let request = calling("ann", "pay", &format!(r#"{{"pay":{{"amount":{amount}}}}}"#));
        take(&mut meters, &limit, &request, 0).map(drop).map_err(|reached| reached.wait)
    };
    for tenth in ["0.1", "1e-1", "0.10", "100e-3", "0.1", "0.1", "0.1"] {
        assert_eq!(pay(tenth), Ok(()), "{tenth}");
    }
    assert_eq!(pay("0.300000001"), Err(Wait::For(Duration::from_secs(60))));
    assert_eq!(pay("2"), Err(Wait::Never));
    assert_eq!(pay("0.3"), Ok(()));
    assert!(pay("0.000000001").is_err());
    assert_eq!(pay("0"), Ok(()));
}

#[test]
fn what_cannot_be_counted_for_certain_is_refused() {
    let sum = Measure::Window { most: Amount::ONE, per: Duration::from_secs(1), of: Counted::Sum(path("amount")) };
    for arguments in [
        r#"{"amount":-1}"#,
        r#"{"amount":"1"}"#,
        r#"{"amount":1e-10}"#,
        r#"{"amount":null}"#,
        "{}",
        r#"{"amount":[1]}"#,
    ] {
        let refusal = limit(sum.clone(), &[]).takes(&calling("ann", "pay", arguments)).unwrap_err();
        assert_eq!((refusal.code, refusal.rule().map(AsRef::as_ref)), (Code::Unclear, Some("r")), "{arguments}");
    }
    for arguments in [r#"{"repo":["a"]}"#, r#"{"repo":{"name":"a"}}"#, r#"{"repo":1e-10}"#, r#"{"repo":-1}"#] {
        let by = limit(Measure::AtOnce { most: 1 }, &[KeyPart::Argument(path("repo"))]);
        assert_eq!(by.takes(&calling("ann", "push", arguments)).unwrap_err().code, Code::Unclear, "{arguments}");
    }
}

#[test]
fn a_value_has_one_meter_however_it_is_spelled() {
    let limit = limit(flow(1, Duration::from_secs(60), 1), &[KeyPart::Argument(path("repo"))]);
    let long = "x".repeat(1000);
    let groups: &[&[&str]] = &[
        &[r#"{"repo":"ab"}"#, r#"{"repo":"\u0061b"}"#, r#"{ "other" : 1, "repo" : "ab" }"#],
        &[r#"{"repo":1}"#, r#"{"repo":1.0}"#, r#"{"repo":10e-1}"#],
        &[r#"{"repo":"1"}"#],
        &[r#"{"repo":true}"#],
        &["{}", r#"{"repo":null}"#],
        &[&format!(r#"{{"repo":"{long}"}}"#), &format!(r#"{{"repo":"\u0078{}"}}"#, "x".repeat(999))],
        &[&format!(r#"{{"repo":"{long}y"}}"#)],
    ];
    let mut meters = Meters::default();
    for group in groups {
        for (place, arguments) in group.iter().enumerate() {
            let taken = take(&mut meters, &limit, &calling("ann", "push", arguments), 0);
            assert_eq!(taken.is_ok(), place == 0, "{arguments}");
        }
    }
}

#[test]
fn each_key_tells_its_own_apart() {
    let agent = |user: &str, agent: &str, tenant: &str| {
        let mut claims = Claims::of(Subject::User(user.into()), Proof::AccessToken);
        (claims.agent, claims.tenant) = (Some(agent.into()), Some(tenant.into()));
        AccessRequest { principal: Principal::claimed(claims).unwrap(), ..calling("", "push", "{}") }
    };
    let first = agent("ann", "claude", "acme");
    let elsewhere =
        AccessRequest { resource: Resource::Tool(ServerId::parse("hub").unwrap(), "push".into()), ..first.clone() };
    let pulled = AccessRequest { resource: calling("", "pull", "{}").resource, ..first.clone() };
    let others = [
        (KeyPart::User, agent("bob", "claude", "acme")),
        (KeyPart::Agent, agent("ann", "codex", "acme")),
        (KeyPart::Tenant, agent("ann", "claude", "other")),
        (KeyPart::Server, elsewhere),
        (KeyPart::Tool, pulled),
    ];
    for (key, other) in &others {
        let by_all_but = others.iter().map(|(other, _)| other.clone()).filter(|other| other != key).collect::<Vec<_>>();
        for (by, apart) in [(vec![key.clone()], true), (vec![], false), (by_all_but, *key == KeyPart::Server)] {
            let limit = limit(flow(1, Duration::from_secs(60), 1), &by);
            let mut meters = Meters::default();
            assert!(take(&mut meters, &limit, &first, 0).is_ok());
            assert_eq!(take(&mut meters, &limit, other, 0).is_ok(), apart, "{key:?} by {by:?}");
        }
    }
}

#[test]
fn everything_is_taken_or_nothing() {
    let ann = calling("ann", "push", "{}");
    let wide = limit(flow(100, Duration::from_secs(60), 100), &[]);
    let narrow = limit(flow(1, Duration::from_secs(60), 1), &[KeyPart::User]);
    let places = limit(Measure::AtOnce { most: 1 }, &[]);
    let takes: Vec<_> = [&wide, &narrow, &places].into_iter().flat_map(|limit| limit.takes(&ann).unwrap()).collect();
    let mut meters = Meters::default();
    drop(meters.take(&takes, at(0)).unwrap());
    for _ in 0..500 {
        assert_eq!(meters.take(&takes, at(0)).unwrap_err().wait, Wait::For(Duration::from_secs(60)));
    }
    // What failed has taken neither of the wide limit nor a place.
    for _ in 0..99 {
        assert!(take(&mut meters, &wide, &ann, 0).is_ok());
    }
    assert!(take(&mut meters, &places, &ann, 0).is_ok());
}

#[test]
fn one_message_that_takes_twice_is_counted_twice() {
    let ann = calling("ann", "push", "{}");
    for measure in [Measure::AtOnce { most: 3 }, flow(3, Duration::from_secs(60), 3)] {
        let limit = limit(measure, &[]);
        let twice: Vec<_> = (0..2).flat_map(|_| limit.takes(&ann).unwrap()).collect();
        let mut meters = Meters::default();
        let _first = meters.take(&twice, at(0)).unwrap();
        assert!(meters.take(&twice, at(0)).is_err(), "{limit}");
        assert!(take(&mut meters, &limit, &ann, 0).is_ok(), "{limit}");
    }
}

#[test]
fn no_principal_takes_the_room_of_all_and_nothing_is_forgotten_for_room() {
    let limit = limit(flow(1, Duration::from_secs(60), 1), &[KeyPart::Argument(path("n"))]);
    let numbered = |user: &str, number: usize| calling(user, "push", &format!(r#"{{"n":{number}}}"#));
    let mut meters = Meters::default();
    for number in 0..METERS_PER_PRINCIPAL_MAX {
        assert!(take(&mut meters, &limit, &numbered("ann", number), 0).is_ok(), "{number}");
    }
    let more = take(&mut meters, &limit, &numbered("ann", METERS_PER_PRINCIPAL_MAX), 0);
    assert_eq!(more.unwrap_err().wait, Wait::Crowded);
    assert!(take(&mut meters, &limit, &numbered("bob", METERS_PER_PRINCIPAL_MAX), 0).is_ok());
    assert!(take(&mut meters, &limit, &numbered("ann", 0), 0).is_err(), "a meter was forgotten");
    assert!(take(&mut meters, &limit, &numbered("ann", METERS_PER_PRINCIPAL_MAX + 1), 60 * SECOND).is_ok());
    assert_eq!(meters.len(), 1, "what is as good as new was kept");
}

#[test]
fn there_are_only_so_many_meters() {
    let limit = limit(flow(1, Duration::from_secs(60), 1), &[KeyPart::User]);
    let mut meters = Meters::default();
    for number in 0..METERS_MAX {
        assert!(take(&mut meters, &limit, &calling(&number.to_string(), "push", "{}"), 0).is_ok());
    }
    let reached = take(&mut meters, &limit, &calling("last", "push", "{}"), 0).unwrap_err();
    assert_eq!((reached.wait, meters.len()), (Wait::Crowded, METERS_MAX));
}

#[test]
fn a_place_comes_back_when_its_lease_is_dropped() {
    let limit = limit(Measure::AtOnce { most: 2 }, &[]);
    let (mut meters, ann) = (Meters::default(), calling("ann", "push", "{}"));
    let first = take(&mut meters, &limit, &ann, 0).unwrap();
    let second = take(&mut meters, &limit, &ann, 0).unwrap();
    assert_eq!(take(&mut meters, &limit, &ann, 0).unwrap_err().wait, Wait::Unknown);
    drop(first);
    let third = take(&mut meters, &limit, &ann, 0).unwrap();
    assert!(take(&mut meters, &limit, &ann, 0).is_err());
    drop((second, third));
}

#[test]
fn a_limit_that_is_reached_refuses_before_anything_is_forwarded() {
    let never = limit(flow(1, Duration::from_secs(60), 1), &[]);
    let clause = Clause { text: "1 per minute".into(), ..never.clauses[0].clone() };
    let rules = vec![Reason { rule: "r".into(), text: Some("Ann may push.".into()), remedy: None }];
    // Twice in one decision: the second is one too many, and waiting does not help.
    let twice: Vec<_> =
        (0..2).map(|_| Obligation::Limit(Limit { rule: "r".into(), clauses: [clause.clone()].into() })).collect();
    let decide = |_: &_| Decision::Allow { obligations: twice.clone(), reasons: rules.clone() };
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t"}}"#;
    let call = arrival(call, Direction::ToServer, LEGACY);
    let played = play_with(call, result_of("{}"), decide, |_| Visibility::Show);
    assert!(!played.forwarded);
    let refusal = played.refusal();
    let text = refusal.render(None, Shape::Error, None);
    let text = String::from_utf8(text.to_vec()).unwrap();
    assert_eq!((refusal.code, refusal.rule().map(AsRef::as_ref)), (Code::LimitReached, Some("r")), "{text}");
    assert!(text.contains("The limit is '1 per minute'."), "{text}");
    assert!(!text.contains("Ann may push"), "the reason for allowing explains no refusal: {text}");
    assert_eq!(played.records.len(), 1);
    assert_eq!(played.records[0].code, Some(Code::LimitReached));
}

proptest! {
    /// Against the plain reading: a bucket of `burst`, `most` run out of it in every period, as exact fractions.
    #[test]
    fn a_flow_never_gives_more_than_it_says_and_always_when_it_said(
        most in 1..20_u32, per in 1..5_000_u64, burst in 1..10_u32,
        steps in prop::collection::vec((0..3_000_i64, 0..4_u32), 1..80),
    ) {
        let limit = limit(flow(most, Duration::from_micros(per), burst), &[]);
        let (mut meters, ann) = (Meters::default(), calling("ann", "push", "{}"));
        let (mut now, mut given): (i64, Vec<i64>) = (0, Vec::new());
        for (pause, tries) in steps {
            now += pause;
            for _ in 0..tries {
                match take(&mut meters, &limit, &ann, now) {
                    Ok(_) => given.push(now),
                    Err(Reached { wait: Wait::For(wait), .. }) => {
                        let then = now + i64::try_from(wait.as_micros()).unwrap();
                        if wait > Duration::from_micros(1) {
                            prop_assert!(take(&mut meters, &limit, &ann, then - 1).is_err());
                        }
                        prop_assert!(take(&mut meters, &limit, &ann, then).is_ok(), "not when it said");
                        given.push(then);
                        now = then;
                    }
                    Err(reached) => prop_assert!(false, "{reached:?}"),
                }
            }
        }
        for (first, from) in given.iter().enumerate() {
            for (last, to) in given.iter().enumerate().skip(first) {
                let elapsed = u128::try_from(to - from).unwrap();
                let allowed = u128::from(burst) * u128::from(per) + u128::from(most) * elapsed;
                prop_assert!((last - first + 1) as u128 * u128::from(per) <= allowed, "too many from {from} to {to}");
            }
        }
    }
}
