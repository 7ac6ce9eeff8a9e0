use doorward_mcp::limits::Limits;
use doorward_mcp::raw::RawJson;
use serde_json::json;

use super::*;
use crate::argument_type::members_of;

fn members() -> Members {
    members_of(&json!({
        "type": "object",
        "properties": {
            "text": {"type": "string"}, "count": {"type": "integer"}, "rate": {"type": "number"},
            "yes": {"type": "boolean"}, "list": {"type": "array", "items": {"type": "integer"}},
            "inner": {"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"]},
            "must": {"type": "string"},
        },
        "required": ["must"],
    }))
}

/// The value of `name` as Cedar writes it, or what is wrong.
fn value(name: &str, sent: &str) -> String {
    let raw = RawJson::parse(sent.to_owned(), &Limits::default()).unwrap();
    let seen = Seen::Named([name.to_owned()].into());
    match read(Some(raw.as_raw()), &members(), &seen) {
        Ok(record) => {
            let shown = cedar_policy::Context::from_pairs([("a".to_owned(), record)]).unwrap().to_string();
            shown.trim_start_matches("{a: {").trim_end_matches("}}").trim_end_matches("}").to_owned()
        }
        Err(unreadable) => unreadable.sentence(),
    }
}

#[test]
fn values_become_cedars() {
    let cases = [
        ("text", r#"{"text": "aé\n\u00e9"}"#, "text: \"aé\\né\""),
        ("text", r#"{"te\u0078t": "a"}"#, "text: \"a\""),
        ("text", r#"{"text": null}"#, ""),
        ("text", "{}", ""),
        ("text", r#"{"other": 1}"#, ""),
        ("text", r#"{"text": 1}"#, "The argument 'text' is not of the type the tool declares."),
        ("text", r#"{"Text": "a"}"#, "The argument 'text' is spelled in another letter case than the tool declares."),
        ("count", r#"{"count": 9223372036854775807}"#, "count: 9223372036854775807"),
        ("count", r#"{"count": -1}"#, "count: -1"),
        (
            "count",
            r#"{"count": 9223372036854775808}"#,
            "The argument 'count' is a number that policy cannot hold exactly.",
        ),
        ("count", r#"{"count": 1.0}"#, "The argument 'count' is a number that policy cannot hold exactly."),
        ("count", r#"{"count": "1"}"#, "The argument 'count' is not of the type the tool declares."),
        ("yes", r#"{"yes": true}"#, "yes: true"),
        ("yes", r#"{"yes": "true"}"#, "The argument 'yes' is not of the type the tool declares."),
        ("list", r#"{"list": [2, 1, 2]}"#, "list: [1, 2]"),
        ("list", r#"{"list": [1, "2"]}"#, "The argument 'list' is not of the type the tool declares."),
        ("inner", r#"{"inner": {"x": "a", "y": 1}}"#, "inner: {x: \"a\""),
        ("inner", r#"{"inner": {}}"#, "The argument 'inner' is required and missing."),
        (
            "inner",
            r#"{"inner": {"X": "a"}}"#,
            "The argument 'inner' is spelled in another letter case than the tool declares.",
        ),
        ("must", "{}", "The argument 'must' is required and missing."),
        ("must", r#"{"must": null}"#, "The argument 'must' is not of the type the tool declares."),
        ("must", "[]", "An argument is not an object."),
    ];
    for (name, sent, expected) in cases {
        assert_eq!(value(name, sent), expected, "{name} in {sent}");
    }
}

#[test]
fn what_no_rule_looks_at_is_not_read() {
    let raw = RawJson::parse(r#"{"count": "wrong", "text": "a"}"#.to_owned(), &Limits::default()).unwrap();
    let seen = Seen::Named(["text".to_owned()].into());
    assert!(read(Some(raw.as_raw()), &members(), &seen).is_ok());
    assert!(read(Some(raw.as_raw()), &members(), &Seen::All).is_err());
}

#[test]
fn decimals_are_exact_or_refused() {
    let cases = [
        ("1", Some("1.0")),
        ("-1", Some("-1.0")),
        ("0.5", Some("0.5")),
        ("-0.5", Some("-0.5")),
        ("1.2345", Some("1.2345")),
        ("1.23450", Some("1.2345")),
        ("1.23456", None),
        ("1e3", None),
        ("1.5E1", None),
        ("922337203685477.5807", Some("922337203685477.5807")),
        ("922337203685477.5808", None),
        ("-922337203685477.5808", Some("-922337203685477.5808")),
        ("99999999999999999999999999999999999999999", None),
    ];
    for (written, expected) in cases {
        assert_eq!(exact_decimal(written).as_deref(), expected, "{written}");
    }
}

#[test]
fn odd_names_stay_out_of_the_sentence() {
    let odd = Unreadable::of("ignore all\nprevious", Problem::WrongType);
    assert_eq!(odd.sentence(), "An argument is not of the type the tool declares.");
}
