//! What must hold for any bytes from outside, one function per parser.
//!
//! Responsible for the bodies of the fuzz targets, so that the checked-in corpora can be replayed by an ordinary
//! test. It must never be called by the program: a broken invariant panics here, on purpose.

#![expect(clippy::panic, reason = "a fuzz target reports by panicking")]

use bytes::Bytes;

use crate::bridge::{self, Declared, Rewording, Stamp, TaskDetail, TasksBridged, TraceContext};
use crate::compose;
use crate::headers;
use crate::id::{Id, ProgressToken};
use crate::limits::Limits;
use crate::lines::LineBuffer;
use crate::message::{Batches, Frame, Message, Notification, Outcome, Request, Response};
use crate::raw::{Kind, Raw, RawJson, Token};
use crate::rejection::Rejection;
use crate::revision::{Direction, Revision};
use crate::sse::SseDecoder;

/// One message: kept as it came, all parts readable, editable without harm.
pub fn message(data: &[u8]) {
    let limits = Limits::default();
    match Message::parse(Bytes::copy_from_slice(data), &limits) {
        Ok(message) => {
            assert_eq!(message.bytes(), data, "a message keeps its bytes");
            check_message(&message, &limits);
        }
        Err(rejection) => check_rejection(&rejection),
    }
}

/// A frame: a batch where batches are refused never passes; what passes as one message passes either way.
pub fn frame(data: &[u8]) {
    let limits = Limits::default();
    let bytes = Bytes::copy_from_slice(data);
    let strict = Frame::parse(bytes.clone(), &limits, Batches::Refuse);
    let lax = Frame::parse(bytes, &limits, Batches::Accept);
    match (strict, lax) {
        (Ok(Frame::Single(_)), Ok(Frame::Single(message))) => check_message(&message, &limits),
        (Err(refused), Ok(Frame::Batch(messages))) => {
            check_rejection(&refused);
            assert!(!messages.is_empty() && messages.len() <= limits.batch_messages);
            messages.iter().for_each(|message| check_message(message, &limits));
        }
        (Err(refused), Err(rejection)) => {
            check_rejection(&refused);
            check_rejection(&rejection);
        }
        (strict, lax) => panic!("{strict:?} against {lax:?}"),
    }
}

/// A value: every part reachable, the two ways of walking agree.
pub fn raw(data: &[u8]) {
    match RawJson::parse(Bytes::copy_from_slice(data), &Limits::default()) {
        Ok(json) => {
            let walked = check_value(json.as_raw());
            let scalars = json.as_raw().tokens().filter(|token| matches!(token, Token::Scalar(_))).count();
            assert_eq!(walked, scalars, "walking down and walking along see the same values");
        }
        Err(rejection) => check_rejection(&rejection),
    }
}

/// Lines: none longer than allowed, none with a line feed in it, however the bytes are cut.
pub fn lines(data: &[u8]) {
    const LONGEST: usize = 48;
    let read = |chunk_bytes: usize| {
        let mut buffer = LineBuffer::new(LONGEST);
        let mut seen = Vec::new();
        for chunk in data.chunks(chunk_bytes) {
            buffer.push(chunk);
            while let Some(line) = buffer.next_line() {
                seen.push(line.ok());
            }
        }
        seen.extend(buffer.finish().map(Result::ok));
        seen
    };
    let whole = read(data.len().max(1));
    for line in whole.iter().flatten() {
        assert!(line.len() <= LONGEST && !line.contains(&b'\n'));
    }
    assert_eq!(whole, read(1), "cutting the stream elsewhere changes nothing");
}

/// Server-sent events: the same events however the stream is cut.
pub fn sse(data: &[u8]) {
    const LARGEST: usize = 64;
    let read = |chunk_bytes: usize| {
        let mut decoder = SseDecoder::new(LARGEST);
        let mut seen = Vec::new();
        for chunk in data.chunks(chunk_bytes) {
            decoder.push(Bytes::copy_from_slice(chunk));
            while let Some(event) = decoder.next_event() {
                seen.push(format!("{event:?}"));
            }
        }
        seen
    };
    assert_eq!(read(data.len().max(1)), read(1), "cutting the stream elsewhere changes nothing");
}

/// Headers against a body: lines `name: value`, an empty line, a request. What we would send passes where what came
/// passed.
pub fn headers(data: &[u8]) {
    let Some(gap) = data.windows(2).position(|pair| pair == b"\n\n") else { return };
    let (head, body) = data.split_at(gap);
    let Ok(Message::Request(request)) = Message::parse(Bytes::copy_from_slice(body), &Limits::default()) else {
        return;
    };
    let lines = head.split(|byte| *byte == b'\n').filter_map(|line| {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (name, value) = line.split_at_checked(colon)?;
        Some((std::str::from_utf8(name).ok()?, value.strip_prefix(b": ")?))
    });
    match headers::check(&request, lines, None) {
        Ok(()) => {
            let ours = headers::for_request(&request, None);
            let ours = ours.iter().map(|(name, value)| (name.as_ref(), value.as_bytes()));
            assert_eq!(headers::check(&request, ours, None), Ok(()));
        }
        Err(refusal) => assert!(refusal.to_string().len() < 1024, "a refusal stays short"),
    }
}

/// A method on the first line, then a message: whatever can be said in the other era is sound, and is still about the
/// same thing.
pub fn bridge(data: &[u8]) {
    let Some(end) = data.iter().position(|byte| *byte == b'\n') else { return };
    let (method, message) = data.split_at(end);
    let (Ok(method), Some(message)) = (std::str::from_utf8(method), message.get(1..)) else { return };
    match Message::parse(Bytes::copy_from_slice(message), &Limits::default()) {
        Ok(Message::Request(request)) => check_bridged_request(&request),
        Ok(Message::Notification(notification)) => check_bridged_notification(&notification),
        Ok(Message::Response(response)) => check_bridged_response(method, &response),
        Err(_) => {}
    }
}

fn check_bridged_request(request: &Request) {
    let stamp = Stamp { capabilities: "{}".to_owned(), client_info: None, log_level: None };
    let same = |rewording: Rewording| match rewording.into_message() {
        Message::Request(reworded) => {
            assert_eq!((reworded.id(), reworded.method()), (request.id(), request.method()));
            reworded
        }
        Message::Notification(_) | Message::Response(_) => panic!("a request stays one in other words"),
    };
    if let Ok(modern) = bridge::request_to_modern(request, &stamp, None).map(same) {
        assert!(modern.meta().is_some() && modern.param("requestState").is_none());
        let legacy = bridge::request_to_legacy(&modern).map(same);
        assert!(legacy.is_ok_and(|legacy| legacy.progress_token() == request.progress_token()));
    }
    let _ = bridge::request_to_legacy(request).map(same);
    let trace = TraceContext::of_request(request);
    assert!(bridge::with_trace_context(request, &trace).map(same).is_ok());
    if let Ok(question) = bridge::question_to_modern(request) {
        for revision in Revision::ALL {
            let _ = bridge::may_be_asked(&question, revision);
        }
        let asked = bridge::question_to_legacy(request.id(), &question, Some("ours"));
        assert!(asked.is_ok_and(|asked| asked.method() == request.method()));
    }
    let _ = (bridge::answers_of(request), bridge::state_of(request), bridge::without_task(request).map(same));
    let declared = Declared::from_capabilities(request.param("capabilities"));
    let _ = declared.covers(request.method(), request.params());
}

fn check_bridged_notification(notification: &Notification) {
    for direction in [Direction::ClientToServer, Direction::ServerToClient] {
        if let Some(modern) = bridge::notification_to_modern(notification, direction) {
            assert_eq!(modern.method(), notification.method());
        }
        for revision in Revision::ALL {
            let _ = bridge::notification_to_legacy(notification, direction, revision);
        }
    }
    let stamped = bridge::with_subscription_id(notification, "7");
    assert!(stamped.is_some_and(|stamped| stamped.method() == notification.method()));
    let _ = bridge::status_to_modern(notification, TaskDetail::Nothing);
}

fn check_bridged_response(method: &str, response: &Response) {
    if let Ok(modern) = bridge::response_to_modern(method, response, Some("{}")) {
        assert_eq!(modern.id(), response.id());
        for revision in Revision::ALL {
            let legacy = bridge::response_to_legacy(method, &modern, revision);
            assert!(legacy.is_ok_and(|legacy| legacy.id() == response.id()), "what we said can be said back");
        }
    }
    assert!(bridge::downgrade(method, response, Revision::V2024_11_05).is_ok());
    let _ = bridge::offer_tasks(response);
    let _ = bridge::created_to_modern(response, None).map(|modern| bridge::created_to_legacy(&modern));
    let _ = bridge::fetched_to_modern(response, TaskDetail::Nothing, None);
    match response.outcome() {
        Outcome::Error { raw, .. } => drop(bridge::url_questions(raw)),
        Outcome::Result(result) => {
            let _ = bridge::fetched_to_legacy(response);
            let _ = bridge::questions_of(result);
            let _ = bridge::outcome_to_legacy(&Id::from(1_u64), result);
            let opened = bridge::discover_result(result, &[Revision::LATEST], TasksBridged::Yes);
            let opened = opened.and_then(|json| RawJson::parse(json, &Limits::for_results()).ok());
            let closed = |opened: RawJson| bridge::initialize_result(opened.as_raw(), "", TasksBridged::Yes);
            assert!(opened.is_none_or(|opened| closed(opened).is_some()), "what we said can be said back");
        }
    }
}

fn check_message(message: &Message, limits: &Limits) {
    match message {
        Message::Request(request) => check_request(request, limits),
        Message::Notification(notification) => check_notification(notification),
        Message::Response(response) => check_response(response, limits),
    }
}

fn check_request(request: &Request, limits: &Limits) {
    assert!(!request.method().is_empty() && request.method().len() <= limits.method_bytes);
    check_params(request.params(), |name| request.param(name));
    let (id, token) = (Id::from(u64::MAX), ProgressToken::from("ours"));
    let edited = request.with_id_and_progress_token(&id, &token).into_bytes();
    let Ok(Message::Request(reread)) = Message::parse(edited, limits) else {
        panic!("a request stays one under another id");
    };
    assert_eq!(reread.id(), &id);
    assert_eq!(reread.method(), request.method());
    assert_eq!(reread.progress_token().is_some(), request.progress_token().is_some());
    assert!(reread.progress_token().is_none_or(|reread| reread == &token));
    let answer = compose::error(Some(request.id()), -32603, request.method(), None);
    let Ok(Message::Response(answer)) = Message::parse(answer, limits) else {
        panic!("our answer is a response");
    };
    assert_eq!(answer.id(), Some(request.id()), "our answer carries the id as it came");
}

fn check_notification(notification: &Notification) {
    assert!(!notification.method().is_empty());
    check_params(notification.params(), |name| notification.param(name));
}

fn check_response(response: &Response, limits: &Limits) {
    match response.outcome() {
        Outcome::Result(result) => {
            for (name, value) in result.members() {
                assert_eq!(response.result_member(&name).map(|found| found.range()), Some(value.range()));
            }
        }
        Outcome::Error { raw, .. } => assert_eq!(raw.kind(), Kind::Object),
    }
    let id = Id::from(7_u64);
    let Ok(Message::Response(reread)) = Message::parse(response.with_id(&id).into_bytes(), limits) else {
        panic!("a response stays one under another id");
    };
    assert_eq!(reread.id(), response.id().map(|_| &id));
}

/// What was recorded in the pass is what a walk finds.
fn check_params<'a>(params: Option<Raw<'a>>, param: impl Fn(&str) -> Option<Raw<'a>>) {
    let Some(params) = params else { return };
    assert_eq!(params.kind(), Kind::Object);
    for (name, value) in params.members() {
        assert_eq!(param(&name).map(|found| found.range()), Some(value.range()));
    }
}

/// Visits every part of a value; returns how many scalars it has.
fn check_value(value: Raw<'_>) -> usize {
    assert!(!value.text().is_empty());
    match value.kind() {
        Kind::Object => value
            .members()
            .map(|(name, child)| {
                assert_eq!(value.member(&name).map(|found| found.range()), Some(child.range()));
                check_value(child)
            })
            .sum(),
        Kind::Array => value.elements().map(check_value).sum(),
        Kind::String => usize::from(value.as_str().is_some()),
        Kind::Bool => usize::from(value.as_bool().is_some()),
        Kind::Number => {
            // An integer that fits reads the same both ways.
            assert!(value.as_u64().zip(value.as_i64()).is_none_or(|(one, other)| i64::try_from(one) == Ok(other)));
            1
        }
        Kind::Null => 1,
    }
}

fn check_rejection(rejection: &Rejection) {
    assert!(rejection.to_string().len() < 256 && rejection.to_string().is_ascii(), "short and harmless: {rejection}");
    assert!([-32700, -32600, -32602].contains(&rejection.json_rpc_code()));
}
