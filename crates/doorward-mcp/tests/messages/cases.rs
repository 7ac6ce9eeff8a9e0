//! `fixtures/messages/*.jsonl`: one accepted or refused input per line, so that a case needs no Rust.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use doorward_mcp::{Batches, Frame, Limits, Message, ProgressToken, RejectionKind};
use serde_json::Value;

#[test]
fn accepted_inputs_are_read_and_kept() {
    for case in cases("accept.jsonl") {
        let input = input(&case);
        let frame = Frame::parse(input.clone(), &Limits::default(), Batches::Accept)
            .unwrap_or_else(|rejection| panic!("{}: {rejection}", case["name"]));
        let message = match (&frame, case["parsed_as"].as_str()) {
            (Frame::Batch(messages), Some("batch")) => {
                assert_eq!(Some(messages.len() as u64), case["count"].as_u64(), "{}", case["name"]);
                continue;
            }
            (Frame::Single(message), _) => message,
            (Frame::Batch(_), _) => panic!("{}: a batch", case["name"]),
        };
        assert_eq!(message.bytes(), &input, "{}", case["name"]);
        check_parts(&case, message);
    }
}

#[test]
fn refused_inputs_are_refused_for_their_own_reason() {
    for case in cases("refuse.jsonl") {
        let batches = match case["batches"].as_str() {
            Some("accept") => Batches::Accept,
            Some(_) | None => Batches::Refuse,
        };
        let rejection = match Frame::parse(input(&case), &Limits::default(), batches) {
            Ok(_) => panic!("{}: accepted", case["name"]),
            Err(rejection) => rejection,
        };
        assert_eq!(Some(rejection.kind().name()), case["kind"].as_str(), "{}: {rejection}", case["name"]);
        assert_eq!(Some(rejection.json_rpc_code()), case["code"].as_i64(), "{}", case["name"]);
        if let Some(id) = case.get("id") {
            assert_eq!(rejection.id().map(|id| id.to_json()).as_deref(), id.as_str(), "{}", case["name"]);
        }
        assert!(rejection.to_string().is_ascii() && rejection.to_string().len() < 200, "{}: {rejection}", case["name"]);
    }
}

#[test]
fn every_rule_has_a_case() {
    // Refused by a limit that would make a case file heavy: see limits.rs.
    let elsewhere = [RejectionKind::TooLarge, RejectionKind::TooManyMembers];
    let seen: BTreeSet<_> =
        cases("refuse.jsonl").iter().map(|case| case["kind"].as_str().unwrap().to_owned()).collect();
    for kind in RejectionKind::ALL.iter().filter(|kind| !elsewhere.contains(kind)) {
        assert!(seen.contains(kind.name()), "no case for {}", kind.name());
    }
}

fn check_parts(case: &Value, message: &Message) {
    let name = &case["name"];
    let (parsed_as, id, method, token) = match message {
        Message::Request(request) => ("request", Some(request.id()), Some(request.method()), request.progress_token()),
        Message::Notification(notification) => ("notification", None, Some(notification.method()), None),
        Message::Response(response) => ("response", response.id(), None, None),
    };
    assert_eq!(case["parsed_as"], parsed_as, "{name}");
    if let Some(expected) = case.get("id") {
        assert_eq!(id.map(|id| id.to_json()).as_deref(), expected.as_str(), "{name}");
    }
    if let Some(expected) = case.get("method") {
        assert_eq!(method, expected.as_str(), "{name}");
    }
    if let Some(expected) = case.get("progress_token") {
        assert_eq!(token.map(ProgressToken::to_json).as_deref(), expected.as_str(), "{name}");
    }
}

fn cases(file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/messages").join(file);
    let cases: Vec<Value> =
        fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(cases.len() > 20, "{file} is there");
    cases
}

fn input(case: &Value) -> Vec<u8> {
    match (case["input"].as_str(), case["input_hex"].as_str()) {
        (Some(text), None) => text.as_bytes().to_vec(),
        (None, Some(hex)) => hex.as_bytes().chunks(2).map(hex_byte).collect(),
        (Some(_), Some(_)) | (None, None) => panic!("{}: one input", case["name"]),
    }
}

fn hex_byte(pair: &[u8]) -> u8 {
    u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()
}
