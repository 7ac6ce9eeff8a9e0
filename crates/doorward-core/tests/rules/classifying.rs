//! From a message to what it asks for: good and bad parameters of every target.

use doorward_core::access::{Direction, classify};
use doorward_core::refusal::Code;

use super::support::{parse, server};

/// Direction, method, params, and what it acts on: `method on resource` each, or the code it is refused with.
type Case = (Direction, &'static str, &'static str, Result<&'static [&'static str], Code>);

use Direction::{ToClient, ToServer};

const CASES: &[Case] = &[
    (ToServer, "tools/list", r#"{"anything":[1]}"#, Ok(&["tools/list on files"])),
    (ToServer, "tools/call", r#"{"name":"rm"}"#, Ok(&["tools/call on files/rm"])),
    (ToServer, "tools/call", r#"{"name":"\u0072m","arguments":{}}"#, Ok(&["tools/call on files/rm"])),
    (ToServer, "tools/call", r#"{"name":"","arguments":{}}"#, Ok(&["tools/call on files/"])),
    (ToServer, "tools/call", "{}", Err(Code::BadParams)),
    (ToServer, "tools/call", r#"{"name":7}"#, Err(Code::BadParams)),
    (ToServer, "tools/call", r#"{"name":null}"#, Err(Code::BadParams)),
    (ToServer, "tools/call", r#"{"name":["rm"]}"#, Err(Code::BadParams)),
    (ToServer, "tools/call", r#"{"name":"rm","arguments":[]}"#, Err(Code::BadParams)),
    (ToServer, "tools/call", r#"{"name":"rm","arguments":null}"#, Err(Code::BadParams)),
    (ToServer, "tools/call", r#"{"name":"rm","arguments":"{}"}"#, Err(Code::BadParams)),
    (ToServer, "prompts/get", r#"{"name":"p"}"#, Ok(&["prompts/get on files/p"])),
    (ToServer, "prompts/get", r#"{"name":"p","arguments":1}"#, Err(Code::BadParams)),
    (ToServer, "prompts/get", r#"{"uri":"p"}"#, Err(Code::BadParams)),
    (ToServer, "resources/read", r#"{"uri":"a:b"}"#, Ok(&["resources/read on files/a:b"])),
    (ToServer, "resources/read", r#"{"uri":"a:b","arguments":1}"#, Ok(&["resources/read on files/a:b"])),
    (ToServer, "resources/read", r#"{"name":"a:b"}"#, Err(Code::BadParams)),
    (ToServer, "resources/subscribe", r#"{"uri":"a:b"}"#, Ok(&["resources/subscribe on files/a:b"])),
    (ToServer, "resources/subscribe", "{}", Err(Code::BadParams)),
    (
        ToServer,
        "completion/complete",
        r#"{"ref":{"type":"ref/prompt","name":"p"}}"#,
        Ok(&["completion/complete on files/p"]),
    ),
    (
        ToServer,
        "completion/complete",
        r#"{"ref":{"type":"ref/resource","uri":"a:{b}"}}"#,
        Ok(&["completion/complete on files/a:{b}"]),
    ),
    (ToServer, "completion/complete", r#"{"ref":{"type":"ref/tool","name":"p"}}"#, Err(Code::BadParams)),
    (ToServer, "completion/complete", r#"{"ref":{"type":"ref/prompt","uri":"p"}}"#, Err(Code::BadParams)),
    (ToServer, "completion/complete", r#"{"ref":{"name":"p"}}"#, Err(Code::BadParams)),
    (ToServer, "completion/complete", r#"{"ref":"ref/prompt"}"#, Err(Code::BadParams)),
    (ToServer, "completion/complete", "{}", Err(Code::BadParams)),
    (ToServer, "subscriptions/listen", r#"{"notifications":{}}"#, Ok(&["subscriptions/listen on files"])),
    (
        ToServer,
        "subscriptions/listen",
        r#"{"notifications":{"resourceSubscriptions":["a:b","c:d"],"toolsListChanged":true}}"#,
        Ok(&["subscriptions/listen on files", "resources/subscribe on files/a:b", "resources/subscribe on files/c:d"]),
    ),
    (ToServer, "subscriptions/listen", "{}", Err(Code::BadParams)),
    (ToServer, "subscriptions/listen", r#"{"notifications":["a:b"]}"#, Err(Code::BadParams)),
    (ToServer, "subscriptions/listen", r#"{"notifications":"all"}"#, Err(Code::BadParams)),
    (ToServer, "subscriptions/listen", r#"{"notifications":{"resourceSubscriptions":"a:b"}}"#, Err(Code::BadParams)),
    (ToServer, "subscriptions/listen", r#"{"notifications":{"resourceSubscriptions":{"a":1}}}"#, Err(Code::BadParams)),
    (ToServer, "subscriptions/listen", r#"{"notifications":{"resourceSubscriptions":[7]}}"#, Err(Code::BadParams)),
    (ToServer, "subscriptions/listen", r#"{"notifications":{"resourcesubscriptions":["a"]}}"#, Err(Code::KeyCase)),
    (ToServer, "subscriptions/listen", r#"{"notifications":{"TaskIds":["a"]}}"#, Err(Code::KeyCase)),
    (ToClient, "elicitation/create", r#"{"message":"?"}"#, Ok(&["elicitation/create on files"])),
    (ToClient, "tools/call", r#"{"name":"rm"}"#, Err(Code::UnknownMethod)),
    (ToServer, "sampling/createMessage", "{}", Err(Code::UnknownMethod)),
    (ToServer, "tools/Call", r#"{"name":"rm"}"#, Err(Code::UnknownMethod)),
];

const NOTIFICATIONS: &[Case] = &[
    (ToServer, "notifications/cancelled", r#"{"requestId":1}"#, Ok(&["notifications/cancelled on files"])),
    (ToServer, "tools/call", r#"{"name":"rm"}"#, Err(Code::UnknownMethod)),
    (
        ToClient,
        "notifications/resources/updated",
        r#"{"uri":"a"}"#,
        Ok(&["notifications/resources/updated on files/a"]),
    ),
    (ToClient, "notifications/resources/updated", "{}", Err(Code::BadParams)),
    (ToClient, "notifications/tasks", r#"{"taskId":"1","status":"working"}"#, Ok(&["notifications/tasks on files"])),
    (
        ToClient,
        "notifications/tasks",
        r#"{"taskId":"1","inputRequests":{"a":{"method":"roots/list"},"b":{"method":"elicitation/create"}}}"#,
        Ok(&["notifications/tasks on files", "roots/list on files", "elicitation/create on files"]),
    ),
    (ToClient, "notifications/tasks", r#"{"inputRequests":{"a":{"method":"ping"}}}"#, Err(Code::AnswerWithheld)),
    (ToClient, "notifications/tasks", r#"{"inputRequests":[]}"#, Err(Code::AnswerWithheld)),
    (ToClient, "notifications/tasks", r#"{"InputRequests":{"a":{"method":"roots/list"}}}"#, Err(Code::KeyCase)),
    (ToClient, "notifications/initialized", "{}", Err(Code::UnknownMethod)),
];

#[test]
fn requests_say_what_they_act_on() {
    for case in CASES {
        check(case, r#""id":1,"#);
    }
}

#[test]
fn notifications_say_what_they_act_on() {
    for case in NOTIFICATIONS {
        check(case, "");
    }
}

#[test]
fn a_response_asks_for_nothing() {
    let message = parse(r#"{"jsonrpc":"2.0","id":1,"result":{"method":"tools/call"}}"#);
    assert_eq!(classify(&message, &server(), ToServer).unwrap_err().code, Code::UnknownShape);
}

#[test]
fn arguments_are_kept_as_sent() {
    let message = parse(
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"arguments": { "b":1.0,"a" : 2 } ,"name":"t"}}"#,
    );
    let access = classify(&message, &server(), ToServer).unwrap();
    assert_eq!(access.arguments.unwrap().bytes(), r#"{ "b":1.0,"a" : 2 }"#);
    let without = parse(r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t"}}"#);
    assert!(classify(&without, &server(), ToServer).unwrap().arguments.is_none());
}

#[test]
fn a_call_without_params_is_refused_where_it_needs_them() {
    for (method, refused) in [("tools/list", false), ("tools/call", true), ("subscriptions/listen", true)] {
        let message = parse(&format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}"}}"#));
        assert_eq!(classify(&message, &server(), ToServer).is_err(), refused, "{method}");
    }
}

fn check((direction, method, params, expected): &Case, id: &str) {
    let message = parse(&format!(r#"{{"jsonrpc":"2.0",{id}"method":"{method}","params":{params}}}"#));
    let found = classify(&message, &server(), *direction)
        .map(|access| {
            assert_eq!(access.resource(), access.subjects.first().map(|(_, resource)| resource));
            assert_eq!(access.action.name(), *method);
            access.subjects.iter().map(|(action, resource)| format!("{action} on {resource}")).collect::<Vec<_>>()
        })
        .map_err(|refusal| refusal.code);
    let expected = expected.map(|subjects| subjects.iter().map(ToString::to_string).collect::<Vec<_>>());
    assert_eq!(found, expected, "{method} {params}");
}
