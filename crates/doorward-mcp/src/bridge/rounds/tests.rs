use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::bridge::Ability;
use crate::limits::Limits;

const LIMITS: RoundLimits = RoundLimits { rounds: 3, leg: Duration::from_secs(10), questions: 4 };

fn raw(value: &Value) -> RawJson {
    RawJson::parse(value.to_string(), &Limits::default()).unwrap()
}

fn form() -> Value {
    json!({ "method": "elicitation/create", "params": { "message": "?", "requestedSchema": { "type": "object" } } })
}

fn asking(keys: &[&str], state: Option<&str>) -> RawJson {
    let asked: serde_json::Map<String, Value> = keys.iter().map(|key| ((*key).to_owned(), form())).collect();
    let mut result = json!({ "resultType": "input_required" });
    if !keys.is_empty() {
        result["inputRequests"] = Value::Object(asked);
    }
    if let Some(state) = state {
        result["requestState"] = json!(state);
    }
    raw(&result)
}

fn everything() -> Declared {
    Ability::ALL.into_iter().collect()
}

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn ask(rounds: &mut Rounds, keys: &[&str], now: u64) -> Result<Asked, Stopped> {
    let declared = everything();
    let audience = Audience { revision: Revision::V2025_11_25, declared: &declared };
    rounds.asked(asking(keys, Some("s")).as_raw(), audience, at(now))
}

fn accept(rounds: &mut Rounds, key: &str) -> Option<Brought> {
    rounds.answered(key, Answer::Result(raw(&json!({ "action": "accept" })).as_raw())).unwrap()
}

#[test]
fn all_answers_go_with_the_state_in_the_order_of_their_questions() {
    let mut rounds = Rounds::new(LIMITS);
    let Asked::Put(put) = ask(&mut rounds, &["b", "a"], 0).unwrap() else { panic!("asks") };
    let keys: Vec<&str> = put.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(accept(&mut rounds, keys[1]), None);
    assert_eq!(accept(&mut rounds, "nobody's"), None);
    let brought = accept(&mut rounds, keys[0]).unwrap();
    let brought_keys: Vec<&str> = brought.responses.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(brought_keys, keys);
    assert_eq!(brought.as_round().state, Some("\"s\""));
    assert_eq!(accept(&mut rounds, keys[0]), None, "the round is over");
}

#[test]
fn a_state_is_given_back_byte_for_byte() {
    let text = r#"{"resultType":"input_required","requestState":"a\u0062\/c"}"#;
    let result = RawJson::parse(text, &Limits::default()).unwrap();
    let declared = everything();
    let audience = Audience { revision: Revision::V2025_11_25, declared: &declared };
    let asked = Rounds::new(LIMITS).asked(result.as_raw(), audience, at(0)).unwrap();
    let Asked::Again(brought) = asked else { panic!("asks nothing") };
    assert_eq!(brought.state.as_deref(), Some(r#""a\u0062\/c""#));
    assert!(brought.responses.is_empty());
}

#[test]
fn as_many_rounds_as_allowed_and_no_more() {
    let mut rounds = Rounds::new(LIMITS);
    for _ in 0..LIMITS.rounds {
        assert!(matches!(ask(&mut rounds, &["a"], 0), Ok(Asked::Put(_))));
        assert!(accept(&mut rounds, "a").is_some());
    }
    assert_eq!(ask(&mut rounds, &["a"], 0), Err(Stopped::TooManyRounds));
    // A server that only gives state is counted as well.
    let mut rounds = Rounds::new(LIMITS);
    for _ in 0..LIMITS.rounds {
        assert!(matches!(ask(&mut rounds, &[], 0), Ok(Asked::Again(_))));
    }
    assert_eq!(ask(&mut rounds, &[], 0), Err(Stopped::TooManyRounds));
}

#[test]
fn as_many_questions_as_allowed_and_no_more() {
    let mut rounds = Rounds::new(LIMITS);
    assert!(ask(&mut rounds, &["a", "b", "c", "d"], 0).is_ok());
    assert_eq!(ask(&mut rounds, &["a", "b", "c", "d", "e"], 0), Err(Stopped::TooManyQuestions));
}

#[test]
fn a_client_that_never_answers_is_waited_for_so_long() {
    let mut rounds = Rounds::new(LIMITS);
    assert_eq!(rounds.ends(), None);
    ask(&mut rounds, &["a", "b"], 5).unwrap();
    assert_eq!(rounds.ends(), Some(at(15)));
    accept(&mut rounds, "a");
    assert_eq!(rounds.check(at(14)), Ok(()));
    assert_eq!(rounds.check(at(15)), Err(Stopped::OutOfTime));
    assert_eq!(accept(&mut rounds, "b"), None, "too late");
    // Each round has its own time.
    ask(&mut rounds, &["a"], 100).unwrap();
    assert_eq!(rounds.check(at(109)), Ok(()));
}

#[test]
fn an_error_is_a_cancelled_form_and_the_end_of_anything_else() {
    let mut rounds = Rounds::new(LIMITS);
    ask(&mut rounds, &["a"], 0).unwrap();
    let brought = rounds.answered("a", Answer::Error(-1)).unwrap().unwrap();
    assert_eq!(brought.responses, [("a".to_owned(), r#"{"action":"cancel"}"#.to_owned())]);
    let roots = raw(&json!({ "resultType": "input_required", "inputRequests": { "r": { "method": "roots/list" } } }));
    let declared = everything();
    let audience = Audience { revision: Revision::V2024_11_05, declared: &declared };
    rounds.asked(roots.as_raw(), audience, at(0)).unwrap();
    let stopped = rounds.answered("r", Answer::Error(-1)).unwrap_err();
    assert_eq!(stopped, Stopped::AnsweredWithError { row: Row::Roots, code: -1 });
    assert_eq!(rounds.ends(), None);
}

#[test]
fn who_cannot_be_asked_is_not_asked() {
    let nothing = Declared::default();
    let all = everything();
    let cases = [
        (Revision::V2025_03_26, &all, "elicitation came with revision 2025-06-18"),
        (Revision::V2025_06_18, &nothing, "did not declare"),
    ];
    for (revision, declared, why) in cases {
        let asked = Rounds::new(LIMITS).asked(asking(&["a"], None).as_raw(), Audience { revision, declared }, at(0));
        let Err(Stopped::CannotBeAsked(error)) = asked else { panic!("{asked:?}") };
        assert_eq!(error.row, Row::Elicitation);
        assert!(error.detail.contains(why), "{error}");
    }
    let unknown = raw(&json!({ "resultType": "input_required", "inputRequests": { "a": { "method": "do/it" } } }));
    let audience = Audience { revision: Revision::V2025_11_25, declared: &all };
    let asked = Rounds::new(LIMITS).asked(unknown.as_raw(), audience, at(0));
    assert!(matches!(asked, Err(Stopped::CannotBeAsked(_))), "{asked:?}");
}

#[test]
fn a_task_is_answered_once_for_each_key() {
    let declared = everything();
    let audience = Audience { revision: Revision::V2025_11_25, declared: &declared };
    let mut rounds = Rounds::new(LIMITS);
    let task = asking(&["a"], None);
    assert!(rounds.asked_by_task(task.as_raw(), audience, at(0)).unwrap().is_some());
    accept(&mut rounds, "a").unwrap();
    assert_eq!(rounds.asked_by_task(task.as_raw(), audience, at(0)).unwrap(), None);
    let asked = rounds.asked_by_task(asking(&["a", "b"], None).as_raw(), audience, at(0)).unwrap().unwrap();
    assert_eq!(asked.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), ["b"]);
}

#[derive(Debug, Clone)]
enum Act {
    Ask(usize),
    Answer(usize),
    Fail(usize),
    Wait(u64),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        (0..6_usize).prop_map(Act::Ask),
        (0..6_usize).prop_map(Act::Answer),
        (0..6_usize).prop_map(Act::Fail),
        (0..8_u64).prop_map(Act::Wait),
    ]
}

proptest! {
    /// Against a model that only counts: what goes out again has every answer of its round and no other, in time, and
    /// never more often than allowed.
    #[test]
    fn nothing_goes_out_too_early_too_late_or_too_often(acts in prop::collection::vec(act(), 0..60)) {
        const KEYS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
        let mut rounds = Rounds::new(LIMITS);
        let (mut now, mut begun) = (0, 0);
        let mut open: Option<(BTreeSet<&str>, usize, u64)> = None;
        for act in acts {
            match act {
                Act::Wait(seconds) => {
                    now += seconds;
                    let late = open.as_ref().is_some_and(|(_, _, since)| now >= since + LIMITS.leg.as_secs());
                    prop_assert_eq!(rounds.check(at(now)).is_err(), late);
                    if late {
                        open = None;
                    }
                }
                Act::Ask(count) => {
                    let asked = ask(&mut rounds, &KEYS[..count], now);
                    open = None;
                    if begun == LIMITS.rounds {
                        prop_assert_eq!(asked, Err(Stopped::TooManyRounds));
                    } else if count > LIMITS.questions {
                        prop_assert_eq!(asked, Err(Stopped::TooManyQuestions));
                    } else {
                        begun += 1;
                        prop_assert_eq!(matches!(asked, Ok(Asked::Again(_))), count == 0);
                        open = (count > 0).then(|| (KEYS[..count].iter().copied().collect(), count, now));
                    }
                }
                Act::Answer(key) | Act::Fail(key) => {
                    let key = KEYS[key];
                    let brought = match act {
                        Act::Fail(_) => rounds.answered(key, Answer::Error(1)).unwrap(),
                        Act::Answer(_) | Act::Ask(_) | Act::Wait(_) => accept(&mut rounds, key),
                    };
                    let complete = open.as_mut().is_some_and(|(keys, _, _)| keys.remove(key) && keys.is_empty());
                    prop_assert_eq!(brought.as_ref().map(|brought| brought.responses.len()), complete.then(|| open.as_ref().map_or(0, |(_, count, _)| *count)));
                    if complete {
                        open = None;
                    }
                }
            }
        }
    }
}
