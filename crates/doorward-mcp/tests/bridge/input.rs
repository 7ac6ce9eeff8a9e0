//! Reading cases, and making messages of what they hold.

use std::fs;
use std::path::{Path, PathBuf};

use doorward_mcp::bridge::{Rewording, Unbridged};
use doorward_mcp::revision::Revision;
use doorward_mcp::{Limits, Message, Notification, RawJson, Request, Response};
use serde_json::Value;

/// What a case's function gave: bytes, nothing, or a refusal.
pub(crate) type Outcome = Result<Option<Vec<u8>>, Unbridged>;

/// Runs every case of `fixtures/bridge/<file>.json`.
pub(crate) fn check_cases(file: &str, function: impl Fn(&Value) -> Outcome) {
    let text = fs::read_to_string(repository().join(format!("fixtures/bridge/{file}.json"))).unwrap();
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert!(cases.len() >= 3, "{file} is there");
    for case in &cases {
        let name = format!("{file}: {}", case["name"]);
        match (function(case), case.get("unbridged")) {
            (Ok(given), None) => check_given(&name, case, given),
            (Err(refused), Some(row)) => assert_eq!(refused.row.title(), row, "{name}: {refused}"),
            (Ok(given), Some(row)) => panic!("{name}: bridged in spite of {row}: {given:?}"),
            (Err(refused), None) => panic!("{name}: {refused}"),
        }
    }
}

fn check_given(name: &str, case: &Value, given: Option<Vec<u8>>) {
    if let Some(text) = case.get("expected_text") {
        assert_eq!(given.map(|given| String::from_utf8(given).unwrap()).as_deref(), text.as_str(), "{name}");
        return;
    }
    let given = given.map_or(Value::Null, |given| serde_json::from_slice(&given).unwrap());
    assert_eq!(given, case["expected"], "{name}");
}

/// The bytes of a case's input.
pub(crate) fn input(case: &Value) -> Vec<u8> {
    match case.get("input_text") {
        Some(text) => text.as_str().unwrap().as_bytes().to_vec(),
        None => case["input"].to_string().into_bytes(),
    }
}

pub(crate) fn request(bytes: Vec<u8>) -> Request {
    let message = Message::parse(bytes, &Limits::default()).unwrap();
    let Message::Request(request) = message else { panic!("no request: {message:?}") };
    request
}

pub(crate) fn notification(bytes: Vec<u8>) -> Notification {
    let message = Message::parse(bytes, &Limits::default()).unwrap();
    let Message::Notification(notification) = message else { panic!("no notification: {message:?}") };
    notification
}

pub(crate) fn response(bytes: Vec<u8>) -> Response {
    let message = Message::parse(bytes, &Limits::default()).unwrap();
    let Message::Response(response) = message else { panic!("no response: {message:?}") };
    response
}

pub(crate) fn json(value: &Value) -> RawJson {
    RawJson::parse(value.to_string(), &Limits::default()).unwrap()
}

/// The value as an argument, absent when it is `null`.
pub(crate) fn optional(value: &Value) -> Option<RawJson> {
    (!value.is_null()).then(|| json(value))
}

pub(crate) fn revision(value: &Value) -> Revision {
    Revision::parse(value.as_str().unwrap()).unwrap()
}

pub(crate) fn worded(rewording: Rewording) -> Option<Vec<u8>> {
    Some(rewording.message().bytes().to_vec())
}

pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
