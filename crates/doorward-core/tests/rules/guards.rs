//! Guards have the last word before a message is sent and before an answer is shown.

use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::Arc;

use doorward_core::access::{AccessRequest, Direction, Resource};
use doorward_core::decision::{Decision, Obligation, Reason};
use doorward_core::exchange::{Answer, Consent, Outcome, Visibility};
use doorward_core::guard::{
    Action, Confidence, Content, Edit, Finding, GuardDuty, GuardName, Inspection, Severity, Surface, Verdict,
};
use doorward_core::record::{Disposition, Phase};
use doorward_core::refusal::Code;
use doorward_mcp::raw::{Raw, Token};
use doorward_mcp::revision::Revision;

use super::support::{LEGACY, MODERN, Played, Shell, allow, arrival, deny, notification, play_as, response, result_of};

const CALL: &str =
    r#"{"jsonrpc":"2.0","id":"mine","method":"tools/call","params":{"name":"t","arguments":{"a":"bad"}}}"#;

/// A guard that says of every text which contains `bad` what `verdict` makes of its place.
struct Watch<'a> {
    verdict: &'a dyn Fn(Vec<Raw<'_>>) -> Verdict,
    seen: RefCell<Vec<Surface>>,
}

fn found() -> (Finding, Action) {
    let finding = Finding {
        guard: GuardName::Secrets,
        rule: Cow::Borrowed("test"),
        severity: Severity::High,
        confidence: Confidence::CERTAIN,
        pointer: Arc::from("/arguments/a"),
        range: 0..3,
    };
    (finding, Action::Block)
}

impl Watch<'_> {
    fn inspect(&self, content: &Content<'_>) -> Inspection {
        self.seen.borrow_mut().push(content.surface);
        let bad: Vec<Raw<'_>> = content
            .parts
            .iter()
            .flat_map(|part| part.tokens())
            .filter_map(|token| match token {
                Token::Scalar(raw) | Token::Name(raw) => Some(raw),
                Token::Open(_) | Token::Close => None,
            })
            .filter(|raw| raw.as_str().is_some_and(|text| text.contains("bad")))
            .collect();
        if bad.is_empty() {
            return Inspection::default();
        }
        Inspection { findings: vec![found()], verdict: (self.verdict)(bad) }
    }
}

fn block(_: Vec<Raw<'_>>) -> Verdict {
    Verdict::Block { code: Code::RequestBlocked, detail: "secrets/test in '/arguments/a'.".to_owned() }
}

fn hold(_: Vec<Raw<'_>>) -> Verdict {
    Verdict::Hold { detail: "secrets/test in '/arguments/a'.".to_owned() }
}

fn replace(bad: Vec<Raw<'_>>) -> Verdict {
    Verdict::Rewrite(bad.iter().map(|raw| Edit { range: raw.range(), json: "\"good\"".to_owned() }).collect())
}

/// An exchange under a guard: what was seen of it, and the surfaces the guard saw.
fn watch(
    (message, direction, revision): (&str, Direction, Revision),
    answer: Answer,
    verdict: &dyn Fn(Vec<Raw<'_>>) -> Verdict,
    (decide, consent): (&dyn Fn(&AccessRequest) -> Decision, Consent),
) -> (Played, Vec<Surface>) {
    let watch = Watch { verdict, seen: RefCell::default() };
    let guard = |content: &Content<'_>| watch.inspect(content);
    let shell = Shell { decide, show: &|_| Visibility::Show, guard: &guard, consent };
    let played = play_as(arrival(message, direction, revision), answer, &shell);
    (played, watch.seen.into_inner())
}

fn asked(message: &str, result: &str, verdict: &dyn Fn(Vec<Raw<'_>>) -> Verdict) -> (Played, Vec<Surface>) {
    watch((message, Direction::ToServer, MODERN), result_of(result), verdict, (&allow, Consent::Absent))
}

fn call_with(result: &str, verdict: &dyn Fn(Vec<Raw<'_>>) -> Verdict) -> (Played, Vec<Surface>) {
    asked(&CALL.replace("bad", "fine"), result, verdict)
}

#[test]
fn a_blocked_message_is_not_sent() {
    let (played, seen) = asked(CALL, "{}", &block);
    assert_eq!((played.code(), played.forwarded), (Code::RequestBlocked, false));
    assert_eq!(seen, [Surface::Request]);
    let last = played.last();
    assert_eq!((last.phase, last.disposition), (Phase::Outcome, Disposition::Refuse));
    assert_eq!(last.findings, [found()]);
    assert!(last.reasons.iter().any(|reason| reason.as_ref() == "secrets/test in '/arguments/a'."));
}

#[test]
fn a_held_message_waits_for_a_person_and_silence_refuses() {
    let (played, _) = asked(CALL, "{}", &hold);
    assert_eq!((played.code(), played.forwarded), (Code::Obligation, false));
    let yes = Consent::Give { by: "eve".to_owned() };
    let (played, _) = watch((CALL, Direction::ToServer, MODERN), result_of("{}"), &hold, (&allow, yes));
    assert_eq!(played.sent, CALL);
    let (played, _) = watch((CALL, Direction::ToServer, MODERN), result_of("{}"), &hold, (&allow, Consent::Withhold));
    assert!(!played.forwarded);
}

#[test]
fn a_rewritten_message_is_decided_on_again_as_it_is_sent() {
    let arguments = RefCell::new(Vec::new());
    let decide = |request: &AccessRequest| {
        let text = request.arguments.as_ref().map(|arguments| arguments.as_raw().text().to_owned());
        arguments.borrow_mut().push(text.unwrap());
        allow(request)
    };
    let (played, seen) =
        watch((CALL, Direction::ToServer, MODERN), result_of("{}"), &replace, (&decide, Consent::Absent));
    assert_eq!(played.sent, CALL.replace("bad", "good"));
    assert_eq!(arguments.into_inner(), [r#"{"a":"bad"}"#, r#"{"a":"good"}"#]);
    assert_eq!(seen, [Surface::Request, Surface::Result], "what was rewritten is not inspected again");
    assert_eq!(played.answer(), r#"{"jsonrpc":"2.0","id":"mine","result":{}}"#);
    let [intent, outcome] = &played.records[..] else { panic!("{:?}", played.records) };
    assert_eq!((intent.arguments_digest, intent.findings.len()), (outcome.arguments_digest, 1));
    let (plain, _) = asked(&CALL.replace("bad", "good"), "{}", &replace);
    assert_eq!(intent.arguments_digest, plain.last().arguments_digest, "what is recorded is what was sent");
}

#[test]
fn an_allow_that_is_a_denial_of_what_would_be_sent_is_a_denial() {
    let decide = |request: &AccessRequest| {
        let sent = request.arguments.as_ref().map(|arguments| arguments.as_raw().text().to_owned()).unwrap();
        if sent.contains("bad") { allow(request) } else { deny(request) }
    };
    let (played, _) = watch((CALL, Direction::ToServer, MODERN), result_of("{}"), &replace, (&decide, Consent::Absent));
    assert_eq!((played.code(), played.forwarded), (Code::NotAllowed, false));
}

#[test]
fn what_rules_say_of_guards_they_say_of_the_message_they_allow() {
    let off = GuardDuty { guard: Some(GuardName::Secrets), direction: None, severity: None, action: None };
    let decide = |request: &AccessRequest| {
        let sent = request.arguments.as_ref().map(|arguments| arguments.as_raw().text().to_owned()).unwrap();
        let obligations = if sent.contains("bad") { vec![Obligation::Guard([off].into())] } else { Vec::new() };
        Decision::Allow { obligations, reasons: vec![Reason { rule: "r".into(), text: None, remedy: None }] }
    };
    let said = RefCell::new(Vec::new());
    let watch = Watch { verdict: &replace, seen: RefCell::default() };
    let guard = |content: &Content<'_>| {
        said.borrow_mut().push(content.settings.is_off(GuardName::Secrets, Direction::ToClient));
        watch.inspect(content)
    };
    let shell = Shell { decide: &decide, show: &|_| Visibility::Show, guard: &guard, consent: Consent::Absent };
    let played = play_as(arrival(CALL, Direction::ToServer, MODERN), result_of("{}"), &shell);
    assert!(played.forwarded);
    assert_eq!(said.into_inner(), [true, false]);
}

#[test]
fn of_several_rules_the_stricter_word_counts() {
    let duty = |action| GuardDuty { guard: Some(GuardName::Secrets), direction: None, severity: None, action };
    let decide = |_: &AccessRequest| Decision::Allow {
        obligations: vec![
            Obligation::Guard([duty(None), duty(Some(Action::Redact))].into()),
            Obligation::Guard([duty(Some(Action::Observe))].into()),
        ],
        reasons: Vec::new(),
    };
    let actions = RefCell::new(Vec::new());
    let guard = |content: &Content<'_>| {
        actions.borrow_mut().push(content.settings.action(GuardName::Secrets, Direction::ToServer, Severity::Low));
        Inspection::default()
    };
    let shell = Shell { decide: &decide, show: &|_| Visibility::Show, guard: &guard, consent: Consent::Absent };
    play_as(arrival(CALL, Direction::ToServer, MODERN), result_of("{}"), &shell);
    assert_eq!(actions.into_inner()[0], Some(Action::Redact));
}

#[test]
fn a_rewriting_that_leaves_another_message_refuses() {
    let id = CALL.replace("mine", "bad id");
    for message in [id, CALL.replace(r#""name":"t""#, r#""name":"bad""#)] {
        let nothing = |bad: Vec<Raw<'_>>| {
            Verdict::Rewrite(bad.iter().map(|raw| Edit { range: raw.range(), json: "7".to_owned() }).collect())
        };
        let (played, seen) = asked(&message, "{}", &nothing);
        assert!(!played.forwarded, "{message}");
        assert_eq!(seen, [Surface::Request]);
    }
    let broken = |bad: Vec<Raw<'_>>| {
        Verdict::Rewrite(bad.iter().map(|raw| Edit { range: raw.range(), json: "\"".to_owned() }).collect())
    };
    assert_eq!(asked(CALL, "{}", &broken).0.code(), Code::GuardUnfinished);
}

#[test]
fn everything_that_comes_back_is_inspected() {
    let blocked =
        |played: &Played| matches!(&played.outcome, Outcome::Refuse(refusal) if refusal.code == Code::RequestBlocked);
    for result in [
        r#"{"content":[{"type":"text","text":"bad"}]}"#,
        r#"{"content":[],"structuredContent":{"bad":1}}"#,
        r#"{"_meta":{"x":["bad"]}}"#,
        r#"{"resultType":"input_required","inputRequests":{"q":{"method":"elicitation/create","params":{"message":"bad"}}}}"#,
        r#"{"resultType":"task","taskId":"bad"}"#,
    ] {
        let (played, seen) = call_with(result, &block);
        assert!(blocked(&played), "{result}");
        assert_eq!(seen.last(), Some(&Surface::Result));
        assert_eq!(played.last().disposition, Disposition::Fail);
        let (played, _) = call_with(result, &hold);
        assert_eq!(played.code(), Code::AnswerBlocked, "nobody is waited for with an answer in hand: {result}");
        let (played, _) = call_with(result, &replace);
        assert!(played.answer().contains("good") && !played.answer().contains("bad"), "{}", played.answer());
    }
    let beside = r#"{"jsonrpc":"2.0","id":7,"result":{},"x":"bad"}"#;
    let (played, _) = watch(
        (&CALL.replace("bad", "fine"), Direction::ToServer, MODERN),
        Answer::Response(response(beside)),
        &block,
        (&allow, Consent::Absent),
    );
    assert!(blocked(&played));
}

#[test]
fn errors_are_inspected_with_or_without_an_id() {
    for (error, shown) in [
        (
            r#"{"jsonrpc":"2.0","id":7,"error":{"code":-1,"message":"bad","data":{"x":"bad"}}}"#,
            r#"{"jsonrpc":"2.0","id":"mine","error":{"code":-1,"message":"good","data":{"x":"good"}}}"#,
        ),
        (
            r#"{"jsonrpc":"2.0","error":{"code":-1,"message":"bad"}}"#,
            r#"{"jsonrpc":"2.0","id":"mine","error":{"code":-1,"message":"good"}}"#,
        ),
        (
            r#"{"jsonrpc":"2.0","id":7,"error":{"code":-32042,"message":"bad","data":{"elicitations":[]}}}"#,
            r#"{"jsonrpc":"2.0","id":"mine","error":{"code":-32042,"message":"good","data":{"elicitations":[]}}}"#,
        ),
    ] {
        let call = CALL.replace("bad", "fine");
        let play = |verdict: &dyn Fn(Vec<Raw<'_>>) -> Verdict| {
            let answer = Answer::Response(response(error));
            watch((&call, Direction::ToServer, LEGACY), answer, verdict, (&allow, Consent::Absent))
        };
        let (played, seen) = play(&replace);
        assert_eq!((played.answer(), seen.last()), (shown.to_owned(), Some(&Surface::Error)));
        assert_eq!(play(&block).0.code(), Code::RequestBlocked);
    }
}

#[test]
fn what_a_server_says_of_itself_is_told_apart() {
    for (method, params) in
        [("initialize", r#"{"protocolVersion":"2025-11-25","capabilities":{}}"#), ("server/discover", "{}")]
    {
        let revision = if method == "initialize" { LEGACY } else { MODERN };
        let request = format!(r#"{{"jsonrpc":"2.0","id":"mine","method":"{method}","params":{params}}}"#);
        let answer = result_of(r#"{"instructions":"bad"}"#);
        let (played, seen) =
            watch((&request, Direction::ToServer, revision), answer, &replace, (&allow, Consent::Absent));
        assert_eq!(seen.last(), Some(&Surface::Instructions), "{method}");
        assert!(played.answer().contains(r#""instructions":"good""#));
    }
}

#[test]
fn a_server_can_be_used_without_what_it_tells_the_model() {
    let request = r#"{"jsonrpc":"2.0","id":"mine","method":"initialize","params":{"protocolVersion":"2025-11-25"}}"#;
    let play = |pointers: &[&str], verdict: Verdict| {
        let finding = |pointer: &&str| (Finding { pointer: Arc::from(*pointer), ..found().0 }, Action::Block);
        let findings: Vec<_> = pointers.iter().map(finding).collect();
        let guard = |content: &Content<'_>| match content.surface {
            Surface::Instructions => Inspection { findings: findings.clone(), verdict: verdict.clone() },
            Surface::Request
            | Surface::Reply
            | Surface::Result
            | Surface::Error
            | Surface::Question
            | Surface::Notification
            | Surface::Definition => Inspection::default(),
        };
        let shell = Shell { decide: &allow, show: &|_| Visibility::Show, guard: &guard, consent: Consent::Absent };
        let answer = result_of(r#"{"instructions":"bad","serverInfo":{"name":"s"}}"#);
        play_as(arrival(request, Direction::ToServer, LEGACY), answer, &shell)
    };
    let refused = || Verdict::Block { code: Code::AnswerBlocked, detail: String::new() };
    let shown = r#"{"jsonrpc":"2.0","id":"mine","result":{"instructions":"","serverInfo":{"name":"s"}}}"#;
    for verdict in [refused(), Verdict::Hold { detail: String::new() }] {
        let played = play(&["/instructions"], verdict);
        assert_eq!(played.answer(), shown);
        assert_eq!(played.last().findings.len(), 1);
        assert!(played.last().reasons.iter().any(|reason| reason.as_ref() == "Guards withhold its instructions."));
    }
    for pointers in [&["/serverInfo/name"][..], &["/instructions", "/serverInfo/name"], &["/instructions", ""], &[]] {
        assert_eq!(play(pointers, refused()).code(), Code::AnswerBlocked, "{pointers:?}");
    }
}

#[test]
fn of_a_list_each_item_is_inspected_that_would_be_shown() {
    let request = r#"{"jsonrpc":"2.0","id":"mine","method":"tools/list","params":{}}"#;
    let result = r#"{"tools":[{"name":"hidden","description":"bad"},{"name":"one"},{"name":"two","description":"bad"},{"name":"three"}],"nextCursor":"n"}"#;
    let play = |result: &str, verdict: &dyn Fn(Vec<Raw<'_>>) -> Verdict| {
        let watch = Watch { verdict, seen: RefCell::default() };
        let about = RefCell::new(Vec::new());
        let guard = |content: &Content<'_>| {
            if let Some(Resource::Tool(_, name)) = content.resource {
                about.borrow_mut().push(name.to_string());
            }
            watch.inspect(content)
        };
        let show = |request: &AccessRequest| {
            let hidden = matches!(&request.resource, Resource::Tool(_, name) if name.as_ref() == "hidden");
            if hidden { Visibility::Hide } else { Visibility::Show }
        };
        let shell = Shell { decide: &allow, show: &show, guard: &guard, consent: Consent::Absent };
        let played = play_as(arrival(request, Direction::ToServer, LEGACY), result_of(result), &shell);
        (played, about.into_inner(), watch.seen.into_inner())
    };
    let (played, about, seen) = play(result, &block);
    assert_eq!(about, ["one", "two", "three"]);
    let definition = Surface::Definition;
    assert_eq!(seen, [Surface::Request, Surface::Result, definition, definition, definition]);
    let shown =
        r#"{"jsonrpc":"2.0","id":"mine","result":{"tools":[{"name":"one"},{"name":"three"}],"nextCursor":"n"}}"#;
    assert_eq!(played.answer(), shown);
    assert_eq!(play(result, &hold).0.answer(), shown);
    assert_eq!(played.last().findings, [found()]);
    let (played, ..) = play(result, &replace);
    let shown = r#"{"tools":[{"name":"one"},{"name":"two","description":"good"},{"name":"three"}],"nextCursor":"n"}"#;
    assert_eq!(played.answer(), format!(r#"{{"jsonrpc":"2.0","id":"mine","result":{shown}}}"#));
    // What stands beside the items is not theirs alone.
    let beside = result.replace(r#""nextCursor":"n""#, r#""nextCursor":"bad""#);
    assert_eq!(play(&beside, &block).0.code(), Code::RequestBlocked);
    assert_eq!(play(&beside, &hold).0.code(), Code::AnswerBlocked);
    assert!(play(&beside, &replace).0.answer().contains(r#""nextCursor":"good""#));
    let named = result.replace(r#""nextCursor":"n""#, r#""bad":"n""#);
    assert_eq!(play(&named, &block).0.code(), Code::RequestBlocked);
}

#[test]
fn questions_notifications_and_answers_to_questions_are_inspected() {
    let question = r#"{"jsonrpc":"2.0","id":1,"method":"elicitation/create","params":{"message":"bad"}}"#;
    let plain = question.replace("bad", "fine");
    let to_client = |message: &str, answer: &str, verdict: &dyn Fn(Vec<Raw<'_>>) -> Verdict| {
        watch((message, Direction::ToClient, LEGACY), result_of(answer), verdict, (&allow, Consent::Absent))
    };
    let (played, seen) = to_client(question, "{}", &block);
    assert_eq!((played.code(), seen), (Code::RequestBlocked, vec![Surface::Question]));
    assert_eq!(to_client(question, "{}", &replace).0.sent, question.replace("bad", "good"));
    let reply = r#"{"action":"accept","content":{"x":"bad"}}"#;
    let (played, seen) = to_client(&plain, reply, &block);
    assert_eq!((played.code(), seen), (Code::RequestBlocked, vec![Surface::Question, Surface::Reply]));
    assert!(to_client(&plain, reply, &replace).0.answer().contains("good"));

    let log = r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"bad"}}"#;
    notification(log);
    for (direction, surface) in [(Direction::ToClient, Surface::Notification), (Direction::ToServer, Surface::Request)]
    {
        let message = match direction {
            Direction::ToClient => log.to_owned(),
            Direction::ToServer => log.replace("notifications/message", "notifications/cancelled"),
        };
        let play = |verdict: &dyn Fn(Vec<Raw<'_>>) -> Verdict| {
            watch((&message, direction, LEGACY), Answer::Delivered, verdict, (&allow, Consent::Absent))
        };
        let (played, seen) = play(&block);
        assert_eq!((played.forwarded, played.records.len(), seen), (false, 1, vec![surface]));
        assert_eq!(play(&replace).0.sent, message.replace("bad", "good"));
    }
}

#[test]
fn what_is_not_in_the_parameters_is_inspected_too() {
    for message in [
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","x":"bad"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","bad":0}"#,
        r#"{"jsonrpc":"2.0","id":"bad","method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"progressToken":"bad"}}}"#,
    ] {
        let legacy = (message, Direction::ToServer, LEGACY);
        let (played, _) = watch(legacy, result_of("{}"), &block, (&allow, Consent::Absent));
        assert_eq!(played.code(), Code::RequestBlocked, "{message}");
    }
    let (played, seen) = asked(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#, r#"{"tools":[]}"#, &block);
    assert!(played.forwarded);
    assert_eq!(seen, [Surface::Result], "where nothing is said nothing is inspected");
}
