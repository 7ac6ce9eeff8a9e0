//! Duties on answers: what is shown when they can be performed, and that nothing is when they cannot.

use doorward_core::access::{AccessRequest, Direction};
use doorward_core::decision::{Decision, Obligation, Reason};
use doorward_core::duties::{AnswerDuties, AnswerDuty, GivenTask, Pointer, Recalled, TaskDuties};
use doorward_core::exchange::{Answer, Outcome, Step, Visibility, begin};
use doorward_core::guard::Inspection;
use doorward_core::limits::{TASKS_REMEMBERED_EACH_MAX, TASKS_REMEMBERED_MAX};
use doorward_core::principal::{Principal, Proof};
use doorward_core::refusal::Code;
use doorward_core::time::Timestamp;
use doorward_mcp::revision::Revision;
use serde_json::{Value, json};

use super::support::{LEGACY, MODERN, Played, arrival, past_guards, play_with, response, result_of, server, text};

fn pointers(text: &str) -> std::sync::Arc<[Pointer]> {
    text.split(',').map(|pointer| Pointer::parse(pointer).unwrap()).collect()
}

fn redact(text: &str) -> AnswerDuty {
    AnswerDuty::Redact(pointers(text))
}

fn allow(duties: &[AnswerDuty]) -> Decision {
    let obligations = duties.iter().cloned().map(Obligation::Answer).collect();
    Decision::Allow { obligations, reasons: vec![Reason { rule: "r".into(), text: None, remedy: None }] }
}

fn play(revision: Revision, method: &str, answer: Answer, duties: &[AnswerDuty]) -> Played {
    let request = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{"name":"t","uri":"file:///a","taskId":"1"}}}}"#
    );
    play_with(arrival(&request, Direction::ToServer, revision), answer, |_| allow(duties), |_| Visibility::Show)
}

/// The result that is shown of a tool's `result`.
fn shown(result: &Value, duties: &[AnswerDuty]) -> Value {
    let played = play(LEGACY, "tools/call", result_of(&result.to_string()), duties);
    let message: Value = serde_json::from_str(&played.answer()).unwrap();
    assert_eq!(message.get("id"), Some(&json!(1)));
    message.get("result").unwrap().clone()
}

fn block(text: impl Into<String>) -> Value {
    json!({ "type": "text", "text": text.into() })
}

#[test]
fn structured_content_and_its_text_are_reduced_together() {
    let users = json!({ "users": [{ "name": "ann", "mail": "a@x.org" }, { "name": "bob", "mail": "b@x.org" }] });
    let result = json!({
        "content": [block(users.to_string()), block("ann is a@x.org"), { "type": "image", "data": "", "mimeType": "image/png" }],
        "structuredContent": users,
        "isError": false,
        "extra": "a@x.org",
        "_meta": { "widget": "a@x.org" },
    });
    let left = json!({ "users": [{ "name": "ann", "mail": "[redacted]" }, { "name": "bob", "mail": "[redacted]" }] });
    let got = shown(&result, &[redact("/users/*/mail")]);
    assert_eq!(got["structuredContent"], left);
    assert_eq!(got["content"].as_array().unwrap().len(), 1, "what says it in other words is left out: {got}");
    let text: Value = serde_json::from_str(got["content"][0]["text"].as_str().unwrap()).unwrap();
    assert_eq!((text, &got["isError"], got.get("extra")), (left, &json!(false), None));
    assert_eq!(got["_meta"], json!({ "dev.doorward/answer": { "redacted": 2, "removed": 0, "cut": 0 } }));
}

#[test]
fn a_single_text_that_is_json_is_enough() {
    let got = shown(&json!({ "content": [block(r#"{"a":"x","b":1.50}"#)] }), &[redact("/a")]);
    assert_eq!(got["content"], json!([block(r#"{"a":"[redacted]","b":1.50}"#)]));
    let got = shown(&json!({ "content": [block("[1,2,3]")] }), &[AnswerDuty::CapRows(2)]);
    let note = "Doorward left out 1 elements of lists: more than a rule lets pass.";
    assert_eq!(got["content"], json!([block("[1,2]"), block(note)]));
    let got = shown(&json!({ "content": [block(r#"{"a":1,"b":2}"#)] }), &[AnswerDuty::Project(pointers("/b"))]);
    assert_eq!(got["content"], json!([block(r#"{"b":2}"#)]));
}

#[test]
fn what_cannot_be_judged_is_withheld() {
    let fragment = |text: &str| json!({ "content": [block(text)] });
    for result in [
        fragment("the mail is a@x.org"),
        fragment("\"a@x.org\""),
        fragment(r#"{"a":1,"a":2}"#),
        fragment(r#"{"a":1} a@x.org"#),
        json!({ "content": [block("{}"), block("{}")] }),
        json!({ "content": [{ "type": "image", "data": "", "mimeType": "image/png" }] }),
        json!({ "content": [{ "type": "resource", "resource": { "uri": "a:b", "text": "{}" } }] }),
        json!({ "content": [block("failed for a@x.org")], "isError": true }),
    ] {
        for duty in [redact("/a"), AnswerDuty::Project(pointers("/b")), AnswerDuty::CapRows(1)] {
            let played = play(LEGACY, "tools/call", result_of(&result.to_string()), &[duty]);
            assert_eq!(played.code(), Code::AnswerWithheld, "{result}");
            assert!(played.forwarded);
        }
    }
    let error = || Answer::Response(response(r#"{"jsonrpc":"2.0","id":7,"error":{"code":-1,"message":"a@x.org"}}"#));
    assert_eq!(play(LEGACY, "tools/call", error(), &[redact("/a")]).code(), Code::AnswerWithheld);
    let passed = play(LEGACY, "tools/call", error(), &[AnswerDuty::Watermark("w".into())]);
    assert!(passed.answer().contains("a@x.org"));
}

#[test]
fn contents_in_a_tools_result_are_not_taken_for_a_resource() {
    let result = json!({ "contents": [{ "uri": "a:b", "text": "{}" }], "content": [block("mail a@x.org")] });
    assert_eq!(
        play(LEGACY, "tools/call", result_of(&result.to_string()), &[redact("/a")]).code(),
        Code::AnswerWithheld
    );
    let result = json!({ "contents": "a@x.org", "content": [block("{}")] });
    assert_eq!(shown(&result, &[redact("/a")]).get("contents"), None);
}

#[test]
fn resources_are_reduced_where_their_text_is_json() {
    let duties = [redact("/a"), AnswerDuty::Watermark("internal".into())];
    let result = r#"{"resultType":"complete","ttlMs":5,"cacheScope":"public","contents":[{"uri":"file:///a","mimeType":"x/y","text":"{\"a\":\"s\"}","more":"s"}]}"#;
    let played = play(MODERN, "resources/read", result_of(result), &duties);
    let message: Value = serde_json::from_str(&played.answer()).unwrap();
    let item = json!({ "uri": "file:///a", "mimeType": "x/y", "text": r#"{"a":"[redacted]"}"# });
    let got = &message["result"];
    assert_eq!((&got["contents"], &got["cacheScope"], &got["ttlMs"]), (&json!([item]), &json!("private"), &json!(5)));
    assert_eq!(got["_meta"]["dev.doorward/answer"]["watermark"], json!(["internal"]));
    for contents in [r#"[{"uri":"a:b","blob":"e30="}]"#, r#"[{"uri":"a:b","text":"s"}]"#] {
        let result = format!(r#"{{"contents":{contents}}}"#);
        assert_eq!(
            play(LEGACY, "resources/read", result_of(&result), &duties).code(),
            Code::AnswerWithheld,
            "{contents}"
        );
    }
}

#[test]
fn a_watermark_cannot_be_forged() {
    let forged = json!({ "content": [], "_meta": { "dev.doorward/answer": { "watermark": ["approved"] }, "own": 1 } });
    let got = shown(&forged, &[AnswerDuty::Watermark("internal".into())]);
    assert_eq!(got["_meta"]["dev.doorward/answer"]["watermark"], json!(["internal"]));
    assert_eq!((&got["content"], &got["_meta"]["own"]), (&json!([block("internal")]), &json!(1)));
    assert_eq!(shown(&forged, &[])["_meta"], json!({ "own": 1 }), "nobody else writes it");
    let task = json!({ "taskId": "1", "status": "completed", "result": forged });
    let played = play(LEGACY, "tasks/get", result_of(&task.to_string()), &[]);
    assert!(!played.answer().contains("approved"));
    // Where no rule of ours decides, an endpoint behind us does, and its words pass.
    let carried = |_: &AccessRequest| Decision::Allow { obligations: Vec::new(), reasons: Vec::new() };
    let call =
        arrival(r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t"}}"#, Direction::ToServer, LEGACY);
    let played = play_with(call, result_of(&forged.to_string()), carried, |_| Visibility::Show);
    assert!(played.answer().contains("approved"));
}

#[test]
fn only_answers_of_tools_and_resources_can_be_under_duties() {
    for method in ["tools/list", "prompts/get", "tasks/cancel", "initialize"] {
        let played = play(LEGACY, method, result_of("{}"), &[AnswerDuty::Watermark("w".into())]);
        assert_eq!((played.forwarded, played.last().code), (false, Some(Code::Obligation)), "{method}");
    }
}

#[test]
fn questions_inside_a_call_pass_as_they_are() {
    let asks = r#"{"resultType":"input_required","inputRequests":{"a":{"method":"roots/list"}},"requestState":"s"}"#;
    let secret = [redact("/a")];
    let decide = |request: &AccessRequest| allow(if request.action.name() == "tools/call" { &secret } else { &[] });
    let call =
        arrival(r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t"}}"#, Direction::ToServer, MODERN);
    let played = play_with(call, result_of(asks), decide, |_| Visibility::Show);
    assert!(played.answer().contains("requestState"), "{:?}", played.outcome);
}

/// A call that a task answers, then what is asked of the task; each with its own rules.
fn through_a_task(revision: Revision, created: &str, method: &str, result: &str) -> Result<String, Code> {
    let mut tasks = TaskDuties::default();
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t"}}"#;
    run(call, revision, created, &[redact("/a")], &mut tasks).unwrap();
    let asked = format!(r#"{{"jsonrpc":"2.0","id":2,"method":"{method}","params":{{"taskId":"task-1"}}}}"#);
    run(&asked, revision, result, &[], &mut tasks)
}

fn run(
    request: &str,
    revision: Revision,
    result: &str,
    duties: &[AnswerDuty],
    tasks: &mut TaskDuties,
) -> Result<String, Code> {
    let at = Timestamp::from_micros(2_000);
    let mut step = begin(arrival(request, Direction::ToServer, revision));
    loop {
        step = match step {
            Step::Decide(waiting) => {
                let decisions = waiting.requests().iter().map(|_| allow(duties)).collect();
                waiting.decided(decisions, at)
            }
            Step::Recall(waiting) => {
                let recalled = tasks.recall(waiting.task());
                waiting.recalled(recalled, at)
            }
            Step::Guard(waiting) => waiting.guarded(Inspection::default(), at),
            Step::Keep(waiting) => {
                tasks.keep(waiting.task().clone(), waiting.duties());
                waiting.kept(at)
            }
            Step::Record(waiting) => waiting.split().1.recorded(Ok(()), at),
            Step::Forward(_, waiting) => waiting.answered(result_of(result), at),
            Step::Reply(Outcome::Answer(segments)) => return Ok(text(segments)),
            Step::Reply(Outcome::Refuse(refusal)) => return Err(refusal.code),
            Step::Reply(Outcome::Done) | Step::Meter(_) | Step::Consult(_) | Step::Sift(_) => unreachable!("{step:?}"),
        };
    }
}

#[test]
fn the_result_of_a_task_is_under_the_duties_of_its_call() {
    let secret = r#""structuredContent":{"a":"secret"},"content":[{"type":"text","text":"secret"}]"#;
    let related = r#""_meta":{"io.modelcontextprotocol/related-task":{"taskId":"task-1"},"x":"secret"}"#;
    let old = r#"{"task":{"taskId":"task-1","status":"working"}}"#;
    let answer = through_a_task(LEGACY, old, "tasks/result", &format!("{{{secret},{related}}}")).unwrap();
    assert!(answer.contains("[redacted]") && answer.contains("related-task") && !answer.contains("secret"), "{answer}");
    let new = r#"{"resultType":"task","taskId":"task-1","status":"working"}"#;
    let done = format!(r#"{{"resultType":"complete","taskId":"task-1","status":"completed","result":{{{secret}}}}}"#);
    let answer = through_a_task(MODERN, new, "tasks/get", &done).unwrap();
    assert!(answer.contains("[redacted]") && answer.contains("completed") && !answer.contains("secret"), "{answer}");
    for odd in [
        format!("{{\"taskId\":\"task-1\",{secret}}}"),
        r#"{"taskId":"task-1","error":{"message":"secret"}}"#.to_owned(),
    ] {
        assert_eq!(through_a_task(MODERN, new, "tasks/get", &odd), Err(Code::AnswerWithheld), "{odd}");
    }
    let elsewhere = old.replace("task-1", "task-2");
    assert_eq!(through_a_task(LEGACY, &elsewhere, "tasks/result", "{}"), Err(Code::ForeignHandle));
}

#[test]
fn a_task_told_unasked_is_refused_under_duties() {
    let told = r#"{"jsonrpc":"2.0","method":"notifications/tasks","params":{"taskId":"1","result":{"content":[]}}}"#;
    for (duties, refused) in [(AnswerDuties::default(), false), (under(&redact("/a")), true)] {
        let at = Timestamp::from_micros(2_000);
        let step = begin(arrival(told, Direction::ToClient, MODERN));
        let Step::Decide(waiting) = step else { unreachable!("{step:?}") };
        let step = past_guards(waiting.decided(vec![allow(&[])], at), at);
        let Step::Recall(waiting) = step else { unreachable!("{step:?}") };
        let Step::Record(waiting) = waiting.recalled(Recalled::Duties(duties), at) else { unreachable!() };
        assert_eq!(waiting.split().0.code, refused.then_some(Code::Obligation));
    }
}

fn under(duty: &AnswerDuty) -> AnswerDuties {
    let mut duties = AnswerDuties::default();
    duties.add(duty);
    duties
}

#[test]
fn tasks_are_remembered_in_bounded_room_and_never_lose_a_duty() {
    let of = |name: &str, number: usize| GivenTask {
        principal: Principal::new(name, Proof::LocalToken).id().clone(),
        server: server(),
        id: number.to_string().into(),
    };
    let task = |number: usize| of("ann", number);
    let mut tasks = TaskDuties::default();
    tasks.keep(of("bob", 0), &AnswerDuties::default());
    tasks.keep(task(0), &under(&redact("/a")));
    tasks.keep(task(0), &AnswerDuties::default());
    assert_eq!(tasks.recall(&task(0)), Recalled::Duties(under(&redact("/a"))));
    for number in 1..=TASKS_REMEMBERED_MAX {
        tasks.keep(task(number), &AnswerDuties::default());
    }
    let oldest = TASKS_REMEMBERED_MAX + 1 - TASKS_REMEMBERED_EACH_MAX;
    assert_eq!(tasks.recall(&task(oldest - 1)), Recalled::Nothing);
    assert_eq!(tasks.recall(&task(oldest)), Recalled::Duties(AnswerDuties::default()));
    let others = |tasks: &TaskDuties| tasks.recall(&of("bob", 0));
    assert_eq!(others(&tasks), Recalled::Duties(AnswerDuties::default()), "one alone pushes nobody else out");
    for number in 0..TASKS_REMEMBERED_MAX {
        tasks.keep(of(&format!("eve{}", number % 100), number), &AnswerDuties::default());
    }
    assert_eq!(others(&tasks), Recalled::Nothing, "the room is bounded all the same");
}
