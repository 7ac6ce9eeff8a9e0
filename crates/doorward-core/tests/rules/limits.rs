//! Every limit, one below and one above.

use doorward_core::access::Direction;
use doorward_core::decision::{Decision, Reason};
use doorward_core::exchange::{Answer, Visibility};
use doorward_core::ids::ServerId;
use doorward_core::limits::{
    IN_FLIGHT_MAX, INPUT_REQUESTS_MAX, LIST_ITEMS_MAX, PRINCIPAL_PART_MAX, RECORD_FIELD_MAX, RECORD_RULES_MAX,
    SERVER_ID_MAX, SUBSCRIBED_RESOURCES_MAX,
};
use doorward_core::principal::{Principal, Proof};
use doorward_core::refusal::Code;
use doorward_core::routing::{OutgoingError, Questions, Routes};

use super::support::{LEGACY, MODERN, arrival, ask, play, play_with, request, response, result_of};

fn repeated(count: usize, one: impl Fn(usize) -> String) -> String {
    (0..count).map(one).collect::<Vec<_>>().join(",")
}

#[test]
fn server_ids() {
    assert!(ServerId::parse(&"a".repeat(SERVER_ID_MAX)).is_ok());
    assert!(ServerId::parse(&"a".repeat(SERVER_ID_MAX + 1)).is_err());
}

#[test]
fn principal_parts() {
    for (length, kept) in [(PRINCIPAL_PART_MAX, PRINCIPAL_PART_MAX), (PRINCIPAL_PART_MAX + 1, PRINCIPAL_PART_MAX)] {
        assert_eq!(Principal::new(&"é".repeat(length), Proof::None).user().chars().count(), kept);
    }
    assert_eq!(Principal::new("a\u{0}\n\u{9f}b", Proof::None).user(), "ab");
}

#[test]
fn record_fields() {
    let name = |length: usize| {
        let params = format!(r#"{{"name":"{}"}}"#, "é".repeat(length));
        ask(LEGACY, "tools/call", &params, "{}").last().resource.clone().unwrap()
    };
    assert_eq!(*name(RECORD_FIELD_MAX), *"é".repeat(RECORD_FIELD_MAX));
    assert_eq!(*name(RECORD_FIELD_MAX + 1), *format!("{}…", "é".repeat(RECORD_FIELD_MAX)));
}

#[test]
fn record_rules() {
    let rules = |count: usize| {
        let reason = |i| Reason { rule: format!("r{i}").into(), text: Some("why".into()), remedy: None };
        let request = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
        let decide = |_: &_| Decision::Allow { obligations: Vec::new(), reasons: (0..count).map(reason).collect() };
        let played =
            play_with(arrival(request, Direction::ToServer, LEGACY), result_of("{}"), decide, |_| Visibility::Show);
        (played.last().rules.len(), played.last().reasons.len())
    };
    assert_eq!(rules(RECORD_RULES_MAX), (RECORD_RULES_MAX, RECORD_RULES_MAX));
    assert_eq!(rules(RECORD_RULES_MAX + 1), (RECORD_RULES_MAX, RECORD_RULES_MAX));
}

#[test]
fn questions_in_a_result() {
    let with = |count| {
        let questions = repeated(count, |i| format!(r#""q{i}":{{"method":"roots/list"}}"#));
        let result = format!(r#"{{"resultType":"input_required","inputRequests":{{{questions}}}}}"#);
        ask(MODERN, "tools/call", r#"{"name":"t"}"#, &result)
    };
    assert_eq!(with(INPUT_REQUESTS_MAX).asked.len(), 1 + INPUT_REQUESTS_MAX);
    assert_eq!(with(INPUT_REQUESTS_MAX + 1).code(), Code::AnswerWithheld);
}

#[test]
fn questions_in_the_news_of_a_task() {
    let with = |count| {
        let questions = repeated(count, |i| format!(r#""q{i}":{{"method":"roots/list"}}"#));
        let news = format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/tasks","params":{{"inputRequests":{{{questions}}}}}}}"#
        );
        play(arrival(&news, Direction::ToClient, MODERN), Answer::Delivered)
    };
    assert!(with(INPUT_REQUESTS_MAX).forwarded);
    assert_eq!(with(INPUT_REQUESTS_MAX + 1).code(), Code::AnswerWithheld);
}

#[test]
fn resources_of_one_subscription() {
    let with = |count| {
        let uris = repeated(count, |i| format!(r#""a:{i}""#));
        let params = format!(r#"{{"notifications":{{"resourceSubscriptions":[{uris}]}}}}"#);
        ask(MODERN, "subscriptions/listen", &params, "{}")
    };
    assert_eq!(with(SUBSCRIBED_RESOURCES_MAX).asked.len(), 1 + SUBSCRIBED_RESOURCES_MAX);
    assert_eq!(with(SUBSCRIBED_RESOURCES_MAX + 1).code(), Code::BadParams);
}

#[test]
fn items_of_a_list() {
    let with = |count| {
        let items = repeated(count, |i| format!(r#"{{"name":"t{i}"}}"#));
        ask(LEGACY, "tools/list", "{}", &format!(r#"{{"tools":[{items}]}}"#))
    };
    assert!(with(LIST_ITEMS_MAX).answer().contains(&format!("\"t{}\"", LIST_ITEMS_MAX - 1)));
    assert_eq!(with(LIST_ITEMS_MAX + 1).code(), Code::AnswerWithheld);
}

#[test]
fn requests_in_flight() {
    let mut routes = Routes::<u8, usize>::default();
    routes.attach(0);
    let ping = |id: usize| request(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#));
    let first = routes.outgoing(0, 0, &ping(0)).unwrap().0;
    for id in 1..IN_FLIGHT_MAX {
        routes.outgoing(0, id, &ping(id)).unwrap();
    }
    assert_eq!(routes.outgoing(0, 0, &ping(IN_FLIGHT_MAX)).unwrap_err(), OutgoingError::Busy);
    assert_eq!(routes.in_flight(), IN_FLIGHT_MAX);
    routes.abandon(first);
    assert!(routes.outgoing(0, 0, &ping(IN_FLIGHT_MAX)).is_ok());
    assert_eq!(routes.drain().len(), IN_FLIGHT_MAX);
    assert_eq!(routes.in_flight(), 0);
}

#[test]
fn subscriptions_of_one_session() {
    let mut routes = Routes::<u8, ()>::default();
    routes.attach(0);
    routes.attach(1);
    let mut id = 0;
    let mut send = |session: u8, method: &str, uri: usize| {
        id += 1;
        let params = format!(r#"{{"uri":"a:{uri}"}}"#);
        let sent = routes.outgoing(
            session,
            (),
            &request(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"resources/{method}","params":{params}}}"#)),
        );
        sent.map(|(number, _)| routes.abandon(number))
    };
    // Coming and going leaves nothing behind.
    for uri in 0..2 * SUBSCRIBED_RESOURCES_MAX {
        send(0, "subscribe", uri).unwrap();
        send(0, "unsubscribe", uri).unwrap();
    }
    for uri in 0..SUBSCRIBED_RESOURCES_MAX {
        send(0, "subscribe", uri).unwrap();
    }
    assert_eq!(send(0, "subscribe", SUBSCRIBED_RESOURCES_MAX), Err(OutgoingError::Busy));
    assert_eq!(send(0, "subscribe", 0), Ok(()), "what is subscribed to already takes no more room");
    assert_eq!(send(1, "subscribe", SUBSCRIBED_RESOURCES_MAX), Ok(()), "one session does not use up another's room");
    send(0, "unsubscribe", 0).unwrap();
    assert_eq!(send(0, "subscribe", SUBSCRIBED_RESOURCES_MAX), Ok(()));
}

#[test]
fn open_questions() {
    let mut questions = Questions::<usize>::default();
    let asked = request(r#"{"jsonrpc":"2.0","id":"s","method":"roots/list"}"#);
    for waiting in 0..IN_FLIGHT_MAX {
        assert!(questions.ask(waiting, &asked).is_some());
    }
    assert!(questions.ask(0, &asked).is_none());
    assert_eq!(questions.answered(&response(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#)), Some(0));
    assert!(questions.ask(0, &asked).is_some());
}
