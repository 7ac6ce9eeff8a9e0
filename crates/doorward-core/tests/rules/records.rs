//! What a record says, to the byte and the microsecond.

use aws_lc_rs::digest::{SHA256, digest};
use doorward_core::access::{AccessRequest, Approach, Direction, Face};
use doorward_core::decision::{Decision, Obligation};
use doorward_core::exchange::{
    Answer, Consent, Outcome, Pending, RecordFailure, Step, Turned, Visit, begin, turn_away,
};
use doorward_core::ids::ExchangeId;
use doorward_core::limits::RECORD_FIELD_MAX;
use doorward_core::principal::{Principal, Proof};
use doorward_core::record::{Disposition, Phase, Record};
use doorward_core::refusal::{Code, Refusal};
use doorward_core::time::Timestamp;

use super::support::{LEGACY, allow, arrival, past_guards, play, response, result_of, server};

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

fn sha256(text: &str) -> Option<[u8; 32]> {
    digest(&SHA256, text.as_bytes()).as_ref().try_into().ok()
}

fn decided(step: Step, decide: impl Fn(&AccessRequest) -> Decision, now: i64) -> Step {
    let Step::Decide(waiting) = step else { unreachable!("{step:?}") };
    let decisions = waiting.requests().iter().map(decide).collect();
    past_guards(waiting.decided(decisions, at(now)), at(now))
}

fn recorded(step: Step, result: Result<(), RecordFailure>, now: i64) -> (Record, Step) {
    let step = past_guards(step, at(now));
    let Step::Record(waiting) = step else { unreachable!("{step:?}") };
    let (record, recorded) = waiting.split();
    (record, recorded.recorded(result, at(now)))
}

#[test]
fn the_digest_is_of_the_arguments_exactly_as_sent() {
    for (method, params, digested) in [
        ("tools/call", r#"{"name":"t","arguments":{ "b":1.0 ,"a":"\u0041"}}"#, Some(r#"{ "b":1.0 ,"a":"\u0041"}"#)),
        ("tools/call", r#"{"name":"t","arguments":{"b":1,"a":"A"}}"#, Some(r#"{"b":1,"a":"A"}"#)),
        ("tools/call", r#"{"name":"t","_meta":{}}"#, None),
        ("prompts/get", r#"{"name":"t","arguments":{} }"#, Some("{}")),
        ("resources/read", r#"{"uri":"a" , "arguments":{}}"#, Some(r#"{"uri":"a" , "arguments":{}}"#)),
        // What cannot be read is named by all of it.
        ("tools/call", r#"{"name":"t","arguments":[1]}"#, Some(r#"{"name":"t","arguments":[1]}"#)),
        ("evil/method", r#"{"x": 1}"#, Some(r#"{"x": 1}"#)),
    ] {
        let message = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
        let played = play(arrival(&message, Direction::ToServer, LEGACY), result_of("{}"));
        for record in &played.records {
            assert_eq!(record.arguments_digest, digested.and_then(sha256), "{method} {params}");
            assert_eq!(record.request_bytes, message.len() as u64);
        }
    }
    let bare =
        play(arrival(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, Direction::ToServer, LEGACY), result_of("{}"));
    assert_eq!(bare.last().arguments_digest, None);
}

#[test]
fn times_and_sizes_follow_the_clock() {
    let message = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t"}}"#;
    let step = decided(begin(arrival(message, Direction::ToServer, LEGACY)), allow, 1_100);
    let (intent, step) = recorded(step, Ok(()), 1_250);
    assert_eq!((intent.at, intent.elapsed_micros, intent.upstream_micros), (at(1_100), 100, 0));
    assert_eq!((intent.phase, intent.disposition, intent.answer_bytes), (Phase::Intent, Disposition::Allow, 0));
    let Step::Forward(permit, waiting) = step else { unreachable!("{step:?}") };
    assert_eq!((permit.server(), permit.direction()), (&server(), Direction::ToServer));
    let answer = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
    let (outcome, step) = recorded(
        past_guards(waiting.answered(Answer::Response(response(answer)), at(9_250)), at(9_250)),
        Ok(()),
        9_300,
    );
    assert_eq!((outcome.at, outcome.elapsed_micros, outcome.upstream_micros), (at(9_250), 8_250, 8_000));
    assert_eq!((outcome.phase, outcome.answer_bytes), (Phase::Outcome, answer.len() as u64));
    assert!(matches!(step, Step::Reply(Outcome::Answer(_))));
}

#[test]
fn a_clock_that_runs_backwards_counts_as_standing_still() {
    let message = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    let step = decided(begin(arrival(message, Direction::ToServer, LEGACY)), allow, 500);
    let (intent, step) = recorded(step, Ok(()), 400);
    assert_eq!(intent.elapsed_micros, 0);
    let Step::Forward(_, waiting) = step else { unreachable!("{step:?}") };
    let (outcome, _) = recorded(waiting.answered(result_of("{}"), at(300)), Ok(()), 200);
    assert_eq!((outcome.elapsed_micros, outcome.upstream_micros), (0, 0));
}

#[test]
fn what_is_not_recorded_is_not_done() {
    for (failure, code) in
        [(RecordFailure::Unavailable, Code::StoreUnavailable), (RecordFailure::Full, Code::StoreFull)]
    {
        let call = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
        let news = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
        for message in [call, news] {
            let step = decided(begin(arrival(message, Direction::ToServer, LEGACY)), allow, 1_100);
            let (_, step) = recorded(step, Err(failure), 1_200);
            let Step::Reply(Outcome::Refuse(refusal)) = step else { unreachable!("{step:?}") };
            assert_eq!((refusal.code, refusal.reference), (code, Some(ExchangeId::from_parts(1, 1))));
        }
        let step = decided(begin(arrival(call, Direction::ToServer, LEGACY)), allow, 1_100);
        let (_, step) = recorded(step, Ok(()), 1_200);
        let Step::Forward(_, waiting) = step else { unreachable!("{step:?}") };
        let (_, step) = recorded(waiting.answered(result_of("{}"), at(1_300)), Err(failure), 1_400);
        let Step::Reply(Outcome::Refuse(refusal)) = step else { unreachable!("{step:?}") };
        assert_eq!((refusal.code, refusal.reference), (code, Some(ExchangeId::from_parts(1, 1))));
    }
}

#[test]
fn everybody_who_must_approve_is_asked() {
    let message = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    let approve = |who: &str| Obligation::Approve(who.to_owned());
    let both = |_: &AccessRequest| Decision::Allow {
        obligations: vec![approve("ann"), approve("bob"), approve("ann")],
        reasons: Vec::new(),
    };
    let asked = |consent: Consent| {
        let step = decided(begin(arrival(message, Direction::ToServer, LEGACY)), both, 1_100);
        let Step::Consult(waiting) = step else { unreachable!("{step:?}") };
        let wanted: Vec<&str> = waiting.wanted().iter().map(|wanted| wanted.by.as_str()).collect();
        assert_eq!(wanted, ["ann", "bob"]);
        recorded(waiting.answered(consent, at(1_200)), Ok(()), 1_300)
    };
    let (record, step) = asked(Consent::Give { by: "ann and bo".to_owned() });
    assert_eq!(record.reasons, ["Approved by ann and bo.".into()]);
    assert!(matches!(step, Step::Forward(..)));
    let pending = |visit| Consent::Await(Pending { ids: vec!["A".to_owned(), "B".to_owned()], minutes: 15, visit });
    for (no, code) in [
        (Consent::Withhold, Code::ApprovalDenied),
        (Consent::Absent, Code::Obligation),
        (Consent::Unasked(Refusal::new(Code::ApprovalNotAsked)), Code::ApprovalNotAsked),
        (pending(None), Code::ApprovalNeeded),
    ] {
        let (record, step) = asked(no);
        assert_eq!((record.disposition, record.code), (Disposition::Refuse, Some(code)));
        let Step::Reply(Outcome::Refuse(refusal)) = step else { unreachable!("{step:?}") };
        assert_eq!((refusal.code, refusal.approvals.is_some()), (code, code == Code::ApprovalNeeded));
    }
    let visit = Visit { url: "http://127.0.0.1:1/approvals/A".to_owned(), state: "sealed".to_owned() };
    let (record, step) = asked(pending(Some(visit)));
    assert_eq!((record.disposition, record.code), (Disposition::Refuse, Some(Code::ApprovalNeeded)));
    let Step::Reply(Outcome::Answer(answer)) = step else { unreachable!("{step:?}") };
    let answer = String::from_utf8(answer.into_bytes().into()).unwrap();
    for part in [r#""resultType":"input_required""#, r#""mode":"url""#, r#""requestState":"sealed""#, "'ann' and 'bob'"]
    {
        assert!(answer.contains(part), "{part}: {answer}");
    }
}

#[test]
fn every_question_needs_its_own_decision() {
    let message = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    for count in [0, 2] {
        let Step::Decide(waiting) = begin(arrival(message, Direction::ToServer, LEGACY)) else { unreachable!() };
        let decisions = (0..count).map(|_| allow(&waiting.requests()[0])).collect();
        let (record, _) = recorded(waiting.decided(decisions, at(1_100)), Ok(()), 1_200);
        assert_eq!(record.code, Some(Code::PolicyError));
    }
}

#[test]
fn what_could_not_begin_leaves_one_record() {
    for (length, marked) in [(RECORD_FIELD_MAX, false), (RECORD_FIELD_MAX + 1, true)] {
        let turned = Turned {
            id: ExchangeId::from_parts(3, 3),
            principal: Principal::new("ada", Proof::None),
            server: None,
            direction: Direction::ToServer,
            approach: Approach::new(Face::Http),
            method: Some("m".repeat(length).into()),
            bytes: 99,
            at: at(5),
        };
        let step = turn_away(turned, Refusal::new(Code::TooLarge).with_detail("4 MiB."));
        let (record, step) = recorded(step, Err(RecordFailure::Full), 6);
        assert_eq!((record.phase, record.disposition), (Phase::Outcome, Disposition::Refuse));
        assert_eq!((record.code, record.request_bytes, record.server), (Some(Code::TooLarge), 99, None));
        assert_eq!((record.action.ends_with('…'), record.action.chars().count()), (marked, length));
        // The refusal stands whether or not it could be recorded.
        let Step::Reply(Outcome::Refuse(refusal)) = step else { unreachable!("{step:?}") };
        assert_eq!(refusal.reference, Some(ExchangeId::from_parts(3, 3)));
    }
}
