//! Whose a message on a shared connection is: each case on two clients that use the same ids and tokens.

use doorward_core::routing::{Destination, OutgoingError, Questions, Routes, Stray};
use doorward_mcp::id::Id;

use super::support::{notification, request, response, text};

/// Client 1 has `listen` and a call with token 2 in flight, client 2 a call with token 1; their ids are the same.
fn shared() -> Routes<u8, &'static str> {
    let mut routes = Routes::default();
    routes.attach(1);
    routes.attach(2);
    let call = |id: &str, token: &str| {
        request(&format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"_meta":{{"progressToken":{token}}}}}}}"#
        ))
    };
    let listen = request(r#"{"jsonrpc":"2.0","id":2,"method":"subscriptions/listen","params":{}}"#);
    assert_eq!(routes.outgoing(1, "listen", &listen).unwrap().0, 1);
    assert_eq!(routes.outgoing(1, "one", &call("1", "2")).unwrap().0, 2);
    assert_eq!(routes.outgoing(2, "two", &call("1", "\"1\"")).unwrap().0, 3);
    routes
}

fn told(routes: &Routes<u8, &'static str>, method: &str, params: &str) -> String {
    let said = notification(&format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{params}}}"#));
    match routes.notified(&said) {
        Ok(Destination::Call(session, call, segments)) => {
            let prefix = format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":"#);
            let told = text(segments);
            format!("{session} {call} {}", told.strip_prefix(&prefix).unwrap().strip_suffix('}').unwrap())
        }
        Ok(Destination::Sessions(sessions)) => format!("{sessions:?}"),
        Err(stray) => format!("{stray:?}"),
    }
}

#[test]
fn notifications_find_their_client() {
    let routes = shared();
    let tag = r#""_meta":{"io.modelcontextprotocol/subscriptionId":"#;
    for (method, params, expected) in [
        (
            "notifications/progress",
            r#"{"progressToken":2,"x":1.0}"#.to_owned(),
            r#"1 one {"progressToken":2,"x":1.0}"#.to_owned(),
        ),
        ("notifications/progress", r#"{"progressToken":3}"#.to_owned(), r#"2 two {"progressToken":"1"}"#.to_owned()),
        // A request that asked for no progress gets none; a token of the client's own is not ours.
        ("notifications/progress", r#"{"progressToken":1}"#.to_owned(), "UnknownRequest".to_owned()),
        ("notifications/progress", r#"{"progressToken":"1"}"#.to_owned(), "UnknownRequest".to_owned()),
        ("notifications/progress", r#"{"progressToken":-2}"#.to_owned(), "UnknownRequest".to_owned()),
        ("notifications/progress", "{}".to_owned(), "UnknownRequest".to_owned()),
        ("notifications/cancelled", r#"{"requestId":3}"#.to_owned(), r#"2 two {"requestId":1}"#.to_owned()),
        ("notifications/cancelled", r#"{"requestId":4}"#.to_owned(), "UnknownRequest".to_owned()),
        ("notifications/cancelled", "{}".to_owned(), "UnknownRequest".to_owned()),
        // The end of a stream names it twice, and both names are put back.
        (
            "notifications/cancelled",
            format!(r#"{{"requestId":1,{tag}1}}}}"#),
            format!(r#"1 listen {{"requestId":2,{tag}2}}}}"#),
        ),
        (
            "notifications/cancelled",
            format!(r#"{{{tag}1}},"requestId":1}}"#),
            format!(r#"1 listen {{{tag}2}},"requestId":2}}"#),
        ),
        // Two names that do not agree: one client's token must not travel under another's stream.
        ("notifications/progress", format!(r#"{{"progressToken":3,{tag}1}}}}"#), "UnknownRequest".to_owned()),
        ("notifications/cancelled", format!(r#"{{"requestId":3,{tag}1}}}}"#), "UnknownRequest".to_owned()),
        (
            "notifications/resources/updated",
            format!(r#"{{"uri":"a",{tag}1}}}}"#),
            format!(r#"1 listen {{"uri":"a",{tag}2}}}}"#),
        ),
        ("notifications/tools/list_changed", format!(r#"{{{tag}9}}}}"#), "UnknownRequest".to_owned()),
        ("notifications/tools/list_changed", format!(r#"{{{tag}"1"}}}}"#), "UnknownRequest".to_owned()),
        ("notifications/tools/list_changed", "{}".to_owned(), "[1, 2]".to_owned()),
        ("notifications/resources/updated", r#"{"uri":"a"}"#.to_owned(), "NoSession".to_owned()),
        // One client's log lines and tasks are none of the other's business.
        ("notifications/message", r#"{"data":1}"#.to_owned(), "Ambiguous".to_owned()),
        ("notifications/tasks/status", r#"{"taskId":"1"}"#.to_owned(), "Ambiguous".to_owned()),
        ("notifications/tasks", r#"{"taskId":"1"}"#.to_owned(), "Ambiguous".to_owned()),
    ] {
        assert_eq!(told(&routes, method, &params), expected, "{method} {params}");
    }
    assert_eq!(routes.asked().unwrap_err(), Stray::Ambiguous);
}

#[test]
fn what_is_in_flight_alone_gets_what_names_no_request() {
    let mut routes = shared();
    assert_eq!(routes.detach(1), [1, 2]);
    assert_eq!(told(&routes, "notifications/message", r#"{"data":1}"#), r#"2 two {"data":1}"#);
    assert_eq!(told(&routes, "notifications/tasks/status", "{}"), "[2]");
    assert_eq!(routes.asked(), Ok((2, Some("two"))));
    assert_eq!(told(&routes, "notifications/progress", r#"{"progressToken":2}"#), "UnknownRequest");
    assert_eq!(routes.detach(2), [3]);
    assert_eq!(routes.asked().unwrap_err(), Stray::NoSession);
    assert_eq!(told(&routes, "notifications/message", "{}"), "NoSession");
    assert_eq!(told(&routes, "notifications/tools/list_changed", "{}"), "NoSession");
}

#[test]
fn answers_find_their_request_once() {
    let mut routes = shared();
    for (id, stray) in [("\"3\"", true), ("4", true), ("-3", true), ("3", false), ("3", true), ("1e0", true)] {
        let Ok(answer) = doorward_mcp::message::Message::parse(
            format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{}}}}"#),
            &doorward_mcp::limits::Limits::default(),
        ) else {
            continue;
        };
        let doorward_mcp::message::Message::Response(answer) = answer else { unreachable!() };
        let found = routes.returned(answer).map(|returned| (returned.session, returned.call));
        assert_eq!(found, if stray { Err(Stray::UnknownRequest) } else { Ok((2, "two")) }, "{id}");
    }
    let nameless = response(r#"{"jsonrpc":"2.0","error":{"code":1,"message":""}}"#);
    assert_eq!(routes.returned(nameless).unwrap_err(), Stray::UnknownRequest);
}

#[test]
fn the_end_of_a_stream_carries_the_clients_id() {
    let tagged = |id: u64| {
        response(&format!(
            r#"{{"jsonrpc":"2.0","id":1,"result":{{"_meta":{{"io.modelcontextprotocol/subscriptionId":{id}}}}}}}"#
        ))
    };
    for (said, read) in [(1, "2"), (3, "3")] {
        let returned = shared().returned(tagged(said)).unwrap();
        let result = returned.response.result().unwrap();
        let read_there = result.path(&["_meta", "io.modelcontextprotocol/subscriptionId"]).unwrap();
        assert_eq!(read_there.text(), read);
    }
}

#[test]
fn an_id_in_use_does_not_go_out_twice() {
    let mut routes = shared();
    let ping = |id: &str| request(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#));
    assert_eq!(routes.outgoing(1, "again", &ping("1")).unwrap_err(), OutgoingError::IdInUse);
    assert_eq!(routes.in_flight(), 3);
    assert!(routes.outgoing(1, "text", &ping("\"1\"")).is_ok(), "1 and \"1\" are two ids");
    assert_eq!(routes.number_of(2, &Id::from(1_u64)), Some(3));
    assert_eq!(routes.number_of(2, &Id::from("1")), None);
}

#[test]
fn updates_go_to_subscribers_and_end_with_the_connection() {
    let mut routes = shared();
    let ask = |id: u64, method: &str| {
        request(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"resources/{method}","params":{{"uri":"a"}}}}"#))
    };
    let updated = |routes: &Routes<u8, &'static str>| told(routes, "notifications/resources/updated", r#"{"uri":"a"}"#);
    routes.outgoing(1, "s", &ask(10, "subscribe")).unwrap();
    routes.outgoing(2, "s", &ask(10, "subscribe")).unwrap();
    assert_eq!(updated(&routes), "[1, 2]");
    routes.outgoing(1, "u", &ask(11, "unsubscribe")).unwrap();
    assert_eq!(updated(&routes), "[2]");
    routes.detach(2);
    assert_eq!(updated(&routes), "NoSession");
    routes.outgoing(1, "s", &ask(12, "subscribe")).unwrap();
    routes.outgoing(1, "u", &ask(13, "unsubscribe")).unwrap();
    assert_eq!(updated(&routes), "NoSession");
    routes.outgoing(1, "s", &ask(14, "subscribe")).unwrap();
    routes.drain();
    assert_eq!(updated(&routes), "NoSession");
}

#[test]
fn who_is_not_attached_gets_answers_and_nothing_else() {
    let mut routes = Routes::<u8, &str>::default();
    routes.attach(1);
    routes.attach(2);
    let subscribe = request(r#"{"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"a"}}"#);
    assert_eq!(routes.outgoing(9, "own", &subscribe).unwrap().0, 1);
    assert_eq!(told(&routes, "notifications/resources/updated", r#"{"uri":"a"}"#), "NoSession");
    assert_eq!(told(&routes, "notifications/message", "{}"), "Ambiguous");
    assert_eq!(routes.asked().unwrap_err(), Stray::Ambiguous);
    assert_eq!(told(&routes, "notifications/prompts/list_changed", "{}"), "[1, 2]");
    let returned = routes.returned(response(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#)).unwrap();
    assert_eq!((returned.session, returned.call), (9, "own"));
}

#[test]
fn a_question_is_answered_by_its_own_answer_once() {
    let mut questions = Questions::default();
    let asked = request(r#"{"jsonrpc":"2.0","id":"s","method":"roots/list","params":{"x":1.0}}"#);
    let (first, sent) = questions.ask("first", &asked).unwrap();
    assert_eq!(text(sent), r#"{"jsonrpc":"2.0","id":1,"method":"roots/list","params":{"x":1.0}}"#);
    let (second, _) = questions.ask("second", &asked).unwrap();
    let answer = |id: &str| response(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{}}}}"#));
    assert_eq!(questions.answered(&answer("\"s\"")), None);
    assert_eq!(questions.answered(&answer("\"1\"")), None);
    assert_eq!(questions.answered(&answer("3")), None);
    assert_eq!(questions.answered(&answer(&second.to_string())), Some("second"));
    assert_eq!(questions.answered(&answer(&second.to_string())), None);
    assert_eq!(questions.withdraw(first), Some("first"));
    assert_eq!(questions.answered(&answer(&first.to_string())), None);
}

#[test]
fn a_question_is_found_by_who_asked_it() {
    let mut questions = Questions::default();
    let asked = request(r#"{"jsonrpc":"2.0","id":"s","method":"roots/list"}"#);
    let [_, own, other] = ["theirs", "own", "theirs"].map(|who| questions.ask(who, &asked).unwrap().0);
    assert_eq!(questions.count(|who| *who == "theirs"), 2);
    assert_eq!(questions.take(|who| *who == "own"), Some((own, "own")));
    assert_eq!(questions.take(|who| *who == "own"), None);
    questions.retain(|who| *who == "own");
    assert_eq!(questions.withdraw(other), None);
}
