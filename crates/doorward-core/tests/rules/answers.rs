//! What comes back is judged by the method that was asked, never by the shape that came.

use doorward_core::access::Direction;
use doorward_core::decision::{Decision, Obligation};
use doorward_core::exchange::{Answer, Outcome, Visibility};
use doorward_core::record::{Disposition, Phase};
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::revision::Revision;

use super::support::{LEGACY, MODERN, allow, arrival, ask, deny, play, play_with, response, result_of};

const CALL: &str = r#"{"name":"t"}"#;
const READ: &str = r#"{"uri":"a:b"}"#;
const QUESTION: &str =
    r#"{"resultType":"input_required","requestState":"s","inputRequests":{"q":{"method":"elicitation/create"}}}"#;

/// Revision, method, params, result; what the result asks the decision point after the call itself, or the refusal.
type Case = (Revision, &'static str, &'static str, &'static str, Result<&'static [&'static str], Code>);

const CASES: &[Case] = &[
    (MODERN, "tools/call", CALL, r#"{"resultType":"complete","tools":[{"name":7}],"resources":1}"#, Ok(&[])),
    (LEGACY, "tools/call", CALL, r#"{"tools":[{"odd":true}]}"#, Ok(&[])),
    (MODERN, "tools/call", CALL, r#"{"content":[]}"#, Ok(&[])),
    (MODERN, "tools/call", CALL, r#"{"resultType":"task","taskId":"1"}"#, Ok(&[])),
    (MODERN, "tools/call", CALL, r#"{"resultType":"sideways"}"#, Err(Code::AnswerWithheld)),
    (MODERN, "tools/call", CALL, r#"{"resultType":null}"#, Err(Code::AnswerWithheld)),
    (MODERN, "tools/call", CALL, r#"{"resultType":["complete"]}"#, Err(Code::AnswerWithheld)),
    (LEGACY, "tools/call", CALL, r#"{"resultType":"sideways"}"#, Ok(&[])),
    (MODERN, "tools/call", CALL, QUESTION, Ok(&["elicitation/create"])),
    (MODERN, "prompts/get", CALL, QUESTION, Ok(&["elicitation/create"])),
    (MODERN, "resources/read", READ, QUESTION, Ok(&["elicitation/create"])),
    (MODERN, "tasks/get", r#"{"taskId":"1"}"#, QUESTION, Err(Code::AnswerWithheld)),
    (MODERN, "tools/list", "{}", QUESTION, Err(Code::AnswerWithheld)),
    (MODERN, "server/discover", "{}", QUESTION, Err(Code::AnswerWithheld)),
    (MODERN, "completion/complete", r#"{"ref":{"type":"ref/prompt","name":"p"}}"#, QUESTION, Err(Code::AnswerWithheld)),
    // A list dressed as a task would pass unsifted.
    (MODERN, "tools/list", "{}", r#"{"resultType":"task","tools":[{"name":"t"}]}"#, Err(Code::AnswerWithheld)),
    (MODERN, "resources/read", READ, r#"{"resultType":"task"}"#, Err(Code::AnswerWithheld)),
    // A task asks by its status; a careless client asks whatever it finds.
    (
        MODERN,
        "tasks/get",
        r#"{"taskId":"1"}"#,
        r#"{"resultType":"complete","status":"input_required","inputRequests":{"q":{"method":"roots/list"}}}"#,
        Ok(&["roots/list"]),
    ),
    (
        MODERN,
        "tools/call",
        CALL,
        r#"{"inputRequests":{"q":{"method":"sampling/createMessage"},"r":{"method":"roots/list"}}}"#,
        Ok(&["sampling/createMessage", "roots/list"]),
    ),
    (LEGACY, "tools/call", CALL, QUESTION, Ok(&["elicitation/create"])),
    (MODERN, "tools/call", CALL, r#"{"resultType":"input_required","requestState":"s"}"#, Ok(&[])),
    (MODERN, "tools/call", CALL, r#"{"resultType":"input_required","inputRequests":{}}"#, Ok(&[])),
    (
        MODERN,
        "tools/call",
        CALL,
        r#"{"resultType":"input_required","inputRequests":{"q":{"method":"tools/call"}}}"#,
        Err(Code::AnswerWithheld),
    ),
    (
        MODERN,
        "tools/call",
        CALL,
        r#"{"resultType":"input_required","inputRequests":{"q":{"method":"ping"}}}"#,
        Err(Code::AnswerWithheld),
    ),
    (
        MODERN,
        "tools/call",
        CALL,
        r#"{"resultType":"input_required","inputRequests":{"q":{"Method":"roots/list"}}}"#,
        Err(Code::AnswerWithheld),
    ),
    (
        MODERN,
        "tools/call",
        CALL,
        r#"{"resultType":"input_required","inputRequests":[{"method":"roots/list"}]}"#,
        Err(Code::AnswerWithheld),
    ),
    (
        MODERN,
        "tools/call",
        CALL,
        r#"{"resultType":"input_required","inputRequests":{"q":"roots/list"}}"#,
        Err(Code::AnswerWithheld),
    ),
];

#[test]
fn results_are_judged_by_the_method_asked() {
    for (revision, method, params, result, expected) in CASES {
        let played = ask(*revision, method, params, result);
        assert!(played.forwarded);
        match expected {
            Err(code) => {
                assert_eq!(played.code(), *code, "{method} {result}");
                assert_eq!(played.last().disposition, Disposition::Fail);
            }
            Ok(asked) => {
                let expected = format!(r#"{{"jsonrpc":"2.0","id":"mine","result":{result}}}"#);
                assert_eq!(played.answer(), expected, "{method}");
                let found: Vec<&str> = played.asked.iter().skip(1).map(|request| request.action.name()).collect();
                assert_eq!(&found, asked, "{method} {result}");
            }
        }
    }
}

#[test]
fn a_question_inside_a_result_is_refused_as_the_servers_wish() {
    let request = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{CALL}}}"#);
    let arrival = || arrival(&request, Direction::ToServer, MODERN);
    let denied = play_with(
        arrival(),
        result_of(QUESTION),
        |request| if request.action.direction() == Direction::ToClient { deny(request) } else { allow(request) },
        |_| Visibility::Show,
    );
    assert_eq!(denied.code(), Code::QuestionRefused);
    // Nobody can be asked for approval while the client waits for its answer.
    let unapproved = play_with(
        arrival(),
        result_of(QUESTION),
        |request| match request.action.direction() {
            Direction::ToServer => allow(request),
            Direction::ToClient => {
                Decision::Allow { obligations: vec![Obligation::Approve("eve".to_owned())], reasons: Vec::new() }
            }
        },
        |_| Visibility::Show,
    );
    assert_eq!(unapproved.code(), Code::Obligation);
}

#[test]
fn what_an_answer_says_of_itself_is_recorded() {
    for (result, disposition) in [
        (r#"{"content":[],"isError":true}"#, Disposition::AnswerError),
        (r#"{"content":[],"isError":false}"#, Disposition::Answer),
        (r#"{"content":[],"isError":"true"}"#, Disposition::Answer),
        (r#"{"content":[]}"#, Disposition::Answer),
    ] {
        let played = ask(LEGACY, "tools/call", CALL, result);
        assert_eq!(played.last().disposition, disposition, "{result}");
        assert_eq!(
            played.records.iter().map(|record| record.phase).collect::<Vec<_>>(),
            [Phase::Intent, Phase::Outcome]
        );
        assert_eq!(played.answer(), format!(r#"{{"jsonrpc":"2.0","id":"mine","result":{result}}}"#));
    }
}

#[test]
fn errors_pass_under_the_askers_id() {
    let request = r#"{"jsonrpc":"2.0","id":"mine","method":"tools/call","params":{"name":"t"}}"#;
    for (error, expected) in [
        (
            r#"{"jsonrpc": "2.0","error": {"code":-32601,"message":"no","x":1.50},"id": 7}"#,
            r#"{"jsonrpc": "2.0","error": {"code":-32601,"message":"no","x":1.50},"id": "mine"}"#,
        ),
        (
            r#"{"jsonrpc":"2.0","error":{"code":-32700,"message":"what?","x":1.50}}"#,
            r#"{"jsonrpc":"2.0","id":"mine","error":{"code":-32700,"message":"what?","x":1.50}}"#,
        ),
    ] {
        let played = play(arrival(request, Direction::ToServer, LEGACY), Answer::Response(response(error)));
        assert_eq!(played.answer(), expected);
        assert_eq!(played.last().disposition, Disposition::AnswerError);
    }
}

#[test]
fn an_error_that_wants_an_elicitation_is_a_question() {
    let request = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t"}}"#;
    let error = r#"{"jsonrpc":"2.0","id":7,"error":{"code":-32042,"message":"go","data":{"elicitations":[]}}}"#;
    let answer = || Answer::Response(response(error));
    let passed = play(arrival(request, Direction::ToServer, LEGACY), answer());
    assert_eq!(passed.asked.last().unwrap().action.name(), "elicitation/create");
    assert_eq!(passed.last().disposition, Disposition::AnswerError);
    let decide =
        |request: &_| if passed.asked[0].action == allow_action(request) { allow(request) } else { deny(request) };
    let denied = play_with(arrival(request, Direction::ToServer, LEGACY), answer(), decide, |_| Visibility::Show);
    assert_eq!(denied.code(), Code::QuestionRefused);
}

fn allow_action(request: &doorward_core::access::AccessRequest) -> doorward_core::access::Action {
    request.action
}

#[test]
fn whatever_comes_of_a_notification_it_has_one_outcome() {
    let message = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    for answer in [Answer::Delivered, Answer::Failed(Refusal::new(Code::Died)), result_of("{}")] {
        let played = play(arrival(message, Direction::ToServer, LEGACY), answer);
        assert!(matches!(played.outcome, Outcome::Done));
        assert_eq!(played.records.len(), 1);
        assert_eq!((played.records[0].phase, played.records[0].disposition), (Phase::Outcome, Disposition::Allow));
    }
}

#[test]
fn a_request_that_got_no_response_has_failed() {
    let request = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    let died = play(arrival(request, Direction::ToServer, LEGACY), Answer::Failed(Refusal::new(Code::Died)));
    assert_eq!((died.code(), died.last().disposition), (Code::Died, Disposition::Fail));
    let delivered = play(arrival(request, Direction::ToServer, LEGACY), Answer::Delivered);
    assert_eq!(delivered.code(), Code::BadAnswer);
}

#[test]
fn a_modern_server_sends_no_requests() {
    let request = r#"{"jsonrpc":"2.0","id":1,"method":"elicitation/create","params":{}}"#;
    let modern = play(arrival(request, Direction::ToClient, MODERN), result_of("{}"));
    assert_eq!((modern.code(), modern.forwarded), (Code::UnknownMethod, false));
    let legacy = play(arrival(request, Direction::ToClient, LEGACY), result_of(r#"{"action":"accept"}"#));
    assert_eq!(legacy.answer(), r#"{"jsonrpc":"2.0","id":1,"result":{"action":"accept"}}"#);
}
