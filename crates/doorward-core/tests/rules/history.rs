//! Counters: never less than happened, at most a span more, and unknown where room was lacking.

use std::time::Duration;

use doorward_core::access::Direction;
use doorward_core::exchange::Visibility;
use doorward_core::history::{By, Counter, Counters, Happened, Of};
use doorward_core::limits::COUNTS_MAX;
use doorward_core::principal::{Principal, Proof};
use doorward_core::record::Record;
use doorward_core::time::Timestamp;
use proptest::prelude::*;

use super::support::{LEGACY, allow, arrival, deny, play_with, result_of, server};

const HOUR: i64 = 3_600_000_000;

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

fn counter(count: Happened, by: &[By]) -> Counter {
    let of = Of::Tool(server(), "t".into());
    Counter { name: "n".into(), count, of, within: Duration::from_secs(3600), by: by.to_vec() }
}

fn user(name: &str) -> Principal {
    Principal::new(name, Proof::LocalToken)
}

/// The records of one call, as an exchange writes them.
fn call(tool: &str, result: &str, allowed: bool) -> Vec<Record> {
    let request = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{tool}"}}}}"#);
    let call = arrival(&request, Direction::ToServer, LEGACY);
    let decide = if allowed { allow } else { deny };
    play_with(call, result_of(result), decide, |_| Visibility::Show).records
}

fn by(principal: &Principal, when: i64) -> Record {
    Record { at: at(when), principal: principal.clone(), ..call("t", "{}", true).remove(0) }
}

#[test]
fn each_happening_is_counted_once_a_call() {
    let calls = [("t", "{}", true), ("t", r#"{"isError":true}"#, true), ("t", "{}", false), ("other", "{}", true)];
    let records: Vec<Record> = calls.iter().flat_map(|(tool, result, allowed)| call(tool, result, *allowed)).collect();
    for (count, expected) in
        [(Happened::Allowed, 2), (Happened::Refused, 1), (Happened::Asked, 3), (Happened::Failed, 1)]
    {
        let mut counters = Counters::default();
        counters.declare(&[counter(count, &[By::User])]);
        records.iter().for_each(|record| counters.recorded(record));
        assert_eq!(counters.count("n", &user("ada"), at(2_000)), Some(expected), "{count:?}");
        assert_eq!(counters.count("n", &user("bob"), at(2_000)), Some(0));
        assert_eq!(counters.count("m", &user("ada"), at(2_000)), None, "nobody counts that");
    }
}

#[test]
fn a_reload_keeps_what_stays_the_same() {
    let mut counters = Counters::default();
    counters.declare(&[counter(Happened::Allowed, &[])]);
    counters.recorded(&by(&user("ada"), 1));
    counters.declare(&[counter(Happened::Allowed, &[])]);
    assert_eq!(counters.count("n", &user("bob"), at(2)), Some(1));
    counters.declare(&[counter(Happened::Asked, &[])]);
    assert_eq!(counters.count("n", &user("bob"), at(2)), Some(0));
}

#[test]
fn what_there_was_no_room_for_is_unknown_until_it_is_past() {
    let mut counters = Counters::default();
    counters.declare(&[counter(Happened::Allowed, &[By::User])]);
    let record = by(&user("ada"), 1);
    for number in 0..=COUNTS_MAX {
        counters.recorded(&Record { principal: user(&number.to_string()), ..record.clone() });
    }
    for name in ["0", "never", &COUNTS_MAX.to_string()] {
        assert_eq!(counters.count("n", &user(name), at(2)), None, "{name}");
        assert_eq!(counters.count("n", &user(name), at(3 * HOUR)), Some(0), "{name}");
    }
    counters.recorded(&by(&user("late"), 3 * HOUR));
    assert_eq!(counters.count("n", &user("late"), at(3 * HOUR)), Some(1));
}

proptest! {
    #[test]
    fn a_count_is_never_less_than_what_happened(pauses in prop::collection::vec(0..HOUR / 3, 1..60), back in 0..HOUR) {
        let mut counters = Counters::default();
        counters.declare(&[counter(Happened::Allowed, &[])]);
        let record = by(&user("ada"), 1);
        let (mut now, mut times) = (0, Vec::new());
        for pause in pauses {
            now += pause;
            times.push(now);
            counters.recorded(&Record { at: at(now), ..record.clone() });
            let count = |since: i64| times.iter().filter(|time| **time >= since).count() as u64;
            let told = counters.count("n", &user("ada"), at(now)).unwrap();
            prop_assert!(told >= count(now - HOUR) && told <= count(now - HOUR - HOUR / 60), "{told}");
            prop_assert_eq!(counters.count("n", &user("ada"), at(now - back)), Some(told), "a clock set back");
        }
    }
}
