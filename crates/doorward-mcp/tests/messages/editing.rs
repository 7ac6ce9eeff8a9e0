//! Editing: what no edit covers stays byte for byte.

use bytes::Bytes;
use doorward_mcp::splice::filter_array;
use doorward_mcp::{Id, Limits, Message, Notification, RawJson, Request, Response, Splice, SpliceError, compose};

const CALL: &str = r#"{ "x":1.50, "id" : 7,"jsonrpc":"2.0", "method":"tools/call","params":{"_meta":{"progressToken" : "mine","y":[]},"name":"a"} }"#;

#[test]
fn a_request_gets_another_id() {
    assert_eq!(
        text(request(CALL).with_id(&Id::from("n\"1"))),
        r#"{ "x":1.50, "id" : "n\"1","jsonrpc":"2.0", "method":"tools/call","params":{"_meta":{"progressToken" : "mine","y":[]},"name":"a"} }"#
    );
}

#[test]
fn a_request_gets_another_id_and_progress_token() {
    assert_eq!(
        text(request(CALL).with_id_and_progress_token(&Id::from(12_u64), &7_u64.into())),
        r#"{ "x":1.50, "id" : 12,"jsonrpc":"2.0", "method":"tools/call","params":{"_meta":{"progressToken" : 7,"y":[]},"name":"a"} }"#
    );
}

#[test]
fn a_request_without_progress_token_gets_none() {
    let request = request(r#"{"jsonrpc":"2.0","id":1,"method":"m"}"#);
    let edited = request.with_id_and_progress_token(&Id::from(2_u64), &7_u64.into());
    assert_eq!(text(edited), r#"{"jsonrpc":"2.0","id":2,"method":"m"}"#);
}

#[test]
fn a_response_gets_another_id() {
    let response = response(r#"{"result":{"b":1, "a":2},"id":"x","jsonrpc":"2.0"}"#);
    assert_eq!(text(response.with_id(&Id::from(-1_i64))), r#"{"result":{"b":1, "a":2},"id":-1,"jsonrpc":"2.0"}"#);
}

#[test]
fn an_error_without_id_stays_without() {
    let bytes = r#"{"jsonrpc":"2.0","error":{"code":1,"message":"m"}}"#;
    assert_eq!(text(response(bytes).with_id(&Id::from(1_u64))), bytes);
}

#[test]
fn a_notification_gets_another_param() {
    let cancelled = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":4 ,"reason":"r"}}"#;
    let edited = notification(cancelled).with_param("requestId", "\"up-9\"".to_owned());
    assert_eq!(
        text(edited),
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"up-9" ,"reason":"r"}}"#
    );
    assert_eq!(text(notification(cancelled).with_param("absent", "1".to_owned())), cancelled);
}

#[test]
fn untouched_parts_share_the_message() {
    let request = request(CALL);
    let segments = request.with_id(&Id::from(1_u64));
    let [before, _, after] = segments.parts() else { panic!("{segments:?}") };
    assert_eq!(before.as_ptr(), request.bytes().as_ptr());
    assert_eq!(after.as_ptr_range().end, request.bytes().as_ptr_range().end);
    assert_eq!(segments.len(), segments.clone().into_bytes().len());
}

#[test]
fn edits_apply_in_place_whatever_their_order() {
    let bytes = Bytes::from_static(b"0123456789");
    let mut splice = Splice::new(&bytes);
    splice.replace(8..9, "H").unwrap().replace(0..2, "A").unwrap().replace(4..4, "x").unwrap();
    splice.replace(4..4, "y").unwrap().replace(4..6, "E").unwrap().replace(10..10, "!").unwrap();
    assert_eq!(text(splice.finish()), "A23xyE67H9!");
}

#[test]
fn overlapping_edits_are_refused() {
    for (first, second, expected) in [
        (2..5, 4..6, Err(SpliceError::Overlap)),
        (2..5, 2..3, Err(SpliceError::Overlap)),
        (2..5, 1..9, Err(SpliceError::Overlap)),
        (2..5, 2..5, Err(SpliceError::Overlap)),
        (2..5, 3..3, Err(SpliceError::Overlap)),
        (3..3, 2..5, Err(SpliceError::Overlap)),
        (2..5, 5..6, Ok("01ab6789")),
        (2..5, 0..2, Ok("ba56789")),
        (2..5, 2..2, Ok("01ba56789")),
        (2..5, 5..5, Ok("01ab56789")),
        (5..6, 9..11, Err(SpliceError::OutOfRange)),
    ] {
        let bytes = Bytes::from_static(b"0123456789");
        let mut splice = Splice::new(&bytes);
        splice.replace(first.clone(), "a").unwrap();
        let outcome = splice.replace(second.clone(), "b").map(drop);
        let outcome = outcome.map(|()| text(splice.finish()));
        assert_eq!(outcome.as_deref().map_err(|error| *error), expected, "{first:?} then {second:?}");
    }
}

#[test]
fn filtering_keeps_elements_as_they_were() {
    let cases: [(&str, &[bool], &str); 12] = [
        ("[1, 2 ,{\"a\":[]}]", &[true, true, true], "[1, 2 ,{\"a\":[]}]"),
        ("[1, 2 ,3]", &[false, true, true], "[2 ,3]"),
        ("[1, 2 ,3]", &[true, false, true], "[1 ,3]"),
        ("[1, 2 ,3]", &[true, true, false], "[1, 2]"),
        ("[1, 2 ,3]", &[false, false, true], "[3]"),
        ("[1, 2 ,3]", &[true, false, false], "[1]"),
        ("[1, 2 ,3]", &[false, true, false], "[2]"),
        ("[1, 2 ,3]", &[false, false, false], "[]"),
        ("[1, 2 ,3]", &[true], "[1]"),
        ("[1, 2 ,3]", &[], "[]"),
        ("[ ]", &[true], "[ ]"),
        ("[1,2,3,4,5]", &[true, false, false, true, false], "[1,4]"),
    ];
    for (array, keep, expected) in cases {
        let message = Bytes::from(format!("{{\"tools\":{array},\"z\":0}}"));
        let json = RawJson::parse(message.clone(), &Limits::default()).unwrap();
        let filtered = text(filter_array(&message, json.as_raw().member("tools").unwrap(), keep).unwrap());
        assert_eq!(filtered, format!("{{\"tools\":{expected},\"z\":0}}"), "{array} {keep:?}");
        assert!(RawJson::parse(filtered, &Limits::default()).is_ok());
    }
}

#[test]
fn filtering_anything_but_an_array_is_refused() {
    let message = Bytes::from_static(b"{\"tools\":{}}");
    let json = RawJson::parse(message.clone(), &Limits::default()).unwrap();
    let refused = filter_array(&message, json.as_raw().member("tools").unwrap(), &[]);
    assert_eq!(refused.unwrap_err(), SpliceError::NotAnArray);
}

#[test]
fn composed_messages_are_messages() {
    let id = Id::from("i\n\"");
    let data = r#"{"supported":[]}"#;
    for (bytes, expected) in [
        (
            compose::error(Some(&id), -32022, "a \"b\"\u{1}", Some(data)),
            r#"{"jsonrpc":"2.0","id":"i\n\"","error":{"code":-32022,"message":"a \"b\"\u0001","data":{"supported":[]}}}"#,
        ),
        (compose::error(None, -32700, "", None), r#"{"jsonrpc":"2.0","error":{"code":-32700,"message":""}}"#),
        (compose::result(&Id::from(1_u64), "{}"), r#"{"jsonrpc":"2.0","id":1,"result":{}}"#),
        (compose::request(&id, "ping", None), r#"{"jsonrpc":"2.0","id":"i\n\"","method":"ping"}"#),
        (
            compose::notification("notifications/cancelled", Some(r#"{"requestId":1}"#)),
            r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#,
        ),
    ] {
        assert_eq!(bytes, expected);
        assert!(Message::parse(bytes, &Limits::default()).is_ok());
    }
}

#[test]
fn a_kept_value_outlives_its_message() {
    let kept = {
        let request = request(CALL);
        request.keep(request.param("_meta").unwrap())
    };
    assert_eq!(kept.as_raw().member("progressToken").unwrap().as_str().as_deref(), Some("mine"));
    let (one, other) = (request(CALL), request(&CALL.replace("mine", "theirs, and longer")));
    assert_eq!(other.keep(one.param("name").unwrap()).bytes(), &b"\"a\""[..], "a value of another message is copied");
}

fn text(segments: doorward_mcp::Segments) -> String {
    String::from_utf8(segments.into_bytes().to_vec()).unwrap()
}

fn request(text: &str) -> Request {
    match Message::parse(text.to_owned(), &Limits::default()) {
        Ok(Message::Request(request)) => request,
        other => panic!("{other:?}"),
    }
}

fn notification(text: &str) -> Notification {
    match Message::parse(text.to_owned(), &Limits::default()) {
        Ok(Message::Notification(notification)) => notification,
        other => panic!("{other:?}"),
    }
}

fn response(text: &str) -> Response {
    match Message::parse(text.to_owned(), &Limits::default()) {
        Ok(Message::Response(response)) => response,
        other => panic!("{other:?}"),
    }
}
