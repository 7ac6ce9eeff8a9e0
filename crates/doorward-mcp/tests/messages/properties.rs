//! What holds for all inputs, with `serde_json` as the oracle.

use std::collections::BTreeSet;

use bytes::Bytes;
use doorward_mcp::{Kind, Limits, RawJson, RejectionKind, Splice, Token, compose, fuzzing};
use proptest::prelude::*;
use serde_json::Value;

proptest! {
    #[test]
    fn what_serde_writes_is_accepted_and_reads_the_same(value in json(), pretty: bool) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        let json = RawJson::parse(text.clone(), &Limits::default()).unwrap();
        prop_assert_eq!(json.bytes(), &text);
        agrees(json.as_raw(), &value);
    }

    #[test]
    fn walking_along_sees_what_walking_down_sees(value in json()) {
        let json = RawJson::parse(value.to_string(), &Limits::default()).unwrap();
        let mut rebuilt = String::new();
        for token in json.as_raw().tokens() {
            rebuilt.push_str(&described(token));
        }
        prop_assert_eq!(rebuilt, description(&value));
    }

    #[test]
    fn nothing_is_accepted_that_serde_refuses(text in nearly_json()) {
        if RawJson::parse(text.clone(), &Limits::default()).is_ok() {
            prop_assert!(serde_json::from_slice::<&serde_json::value::RawValue>(&text).is_ok());
        }
    }

    #[test]
    fn nothing_panics_when_one_byte_changes(value in json(), place: prop::sample::Index, byte: u8) {
        let text = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"x","_meta":{{"progressToken":1}},"arguments":{value}}}}}"#);
        let mut bytes = text.into_bytes();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        fuzzing::message(&bytes);
        fuzzing::frame(&bytes);
        fuzzing::raw(&bytes);
    }

    #[test]
    fn nothing_panics_on_any_bytes(bytes: Vec<u8>) {
        fuzzing::message(&bytes);
        fuzzing::frame(&bytes);
        fuzzing::raw(&bytes);
    }

    #[test]
    fn names_that_fold_to_one_are_refused(name in "[a-z]{1,20}", flips: u32, more in prop::collection::btree_set("[0-9]{1,4}", 0..60)) {
        let other: String = name.chars().enumerate().map(|(index, letter)| {
            if flips >> (index % 32) & 1 == 1 { letter.to_ascii_uppercase() } else { letter }
        }).collect();
        let middle: String = more.iter().map(|name| format!(",\"{name}\":0")).collect();
        let text = format!("{{\"{name}\":0{middle},\"{other}\":0}}");
        let expected = if name == other { RejectionKind::DuplicateKey } else { RejectionKind::DuplicateKeyFolded };
        prop_assert_eq!(RawJson::parse(text, &Limits::default()).unwrap_err().kind(), expected);
    }

    #[test]
    fn edits_change_only_what_they_cover(original in prop::collection::vec(any::<u8>(), 0..200), cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), "[a-z]{0,5}"), 0..8)) {
        let bytes = Bytes::from(original.clone());
        let mut splice = Splice::new(&bytes);
        let mut applied = Vec::new();
        for (from, to, with) in cuts {
            let (from, to) = (from.index(original.len() + 1), to.index(original.len() + 1));
            if from < to && splice.replace(from..to, with.clone()).is_ok() {
                applied.push((from..to, with));
            }
        }
        // From the back, so that the ranges before stay true.
        applied.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
        let mut expected = original;
        for (range, with) in applied {
            expected.splice(range, with.into_bytes());
        }
        prop_assert_eq!(splice.finish().into_bytes(), expected);
    }

    #[test]
    fn quoting_is_what_serde_reads_back(text: String) {
        let quoted = compose::quote(&text);
        prop_assert_eq!(serde_json::from_str::<String>(&quoted).unwrap(), text.as_str());
        let json = RawJson::parse(quoted, &Limits::default()).unwrap();
        prop_assert_eq!(json.as_raw().as_str().unwrap(), text);
    }

    #[test]
    fn long_strings_end_where_they_end(plain in "[a-zé😀]{0,300}", special in prop::sample::select(vec!["\\n", "\\u00e9", "\\\"", "\\\\", "\u{1f}"]), rest in "[a-z]{0,100}") {
        let text = format!("\"{plain}{special}{rest}\"");
        let ours = RawJson::parse(text.clone(), &Limits::default());
        let oracle = serde_json::from_str::<String>(&text);
        prop_assert_eq!(ours.is_ok(), oracle.is_ok());
        if let (Ok(ours), Ok(oracle)) = (ours, oracle) {
            prop_assert_eq!(ours.as_raw().as_str().unwrap(), oracle);
        }
    }
}

fn agrees(raw: doorward_mcp::Raw<'_>, value: &Value) {
    match value {
        Value::Null => assert_eq!(raw.kind(), Kind::Null),
        Value::Bool(truth) => assert_eq!(raw.as_bool(), Some(*truth)),
        Value::Number(number) => {
            assert_eq!(raw.text(), number.to_string());
            assert_eq!((raw.as_i64(), raw.as_u64()), (number.as_i64(), number.as_u64()));
            assert_eq!(raw.as_f64(), number.as_f64());
        }
        Value::String(text) => assert_eq!(raw.as_str().as_deref(), Some(text.as_str())),
        Value::Array(elements) => {
            assert_eq!(raw.elements().count(), elements.len());
            raw.elements().zip(elements).for_each(|(raw, value)| agrees(raw, value));
        }
        Value::Object(members) => {
            assert_eq!(raw.members().count(), members.len());
            for (name, value) in members {
                agrees(raw.member(name).unwrap(), value);
                agrees(raw.path(&[name]).unwrap(), value);
            }
            assert!(raw.member("no such name").is_none());
        }
    }
}

fn described(token: Token<'_>) -> String {
    match token {
        Token::Open(kind) => format!("<{kind:?}"),
        Token::Close => ">".to_owned(),
        Token::Name(name) => format!("[{}]", name.as_str().unwrap()),
        Token::Scalar(raw) => format!("({})", raw.as_str().map_or(raw.text().to_owned(), |text| text.into_owned())),
    }
}

fn description(value: &Value) -> String {
    match value {
        Value::Array(elements) => format!("<Array{}>", elements.iter().map(description).collect::<String>()),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| format!("[{name}]{}", description(value)));
            format!("<Object{}>", members.collect::<String>())
        }
        Value::String(text) => format!("({text})"),
        Value::Null | Value::Bool(_) | Value::Number(_) => format!("({value})"),
    }
}

/// Any JSON value whose names stay apart when folded.
fn json() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[a-z\"\\\\\n]{0,80}".prop_map(Value::from),
    ];
    scalar.prop_recursive(5, 64, 40, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(".{0,12}", inner, 0..40).prop_map(|members| {
                let mut seen = BTreeSet::new();
                members.into_iter().filter(|(name, _)| seen.insert(folded(name))).collect()
            }),
        ]
    })
}

fn folded(name: &str) -> String {
    name.replace('\u{17f}', "s").replace('\u{212a}', "k").to_ascii_lowercase()
}

/// Bytes that are often almost JSON.
fn nearly_json() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\"a\"",
        "\"b\":",
        "\\",
        "\\u12",
        "\\ud800",
        "\\udc00",
        "-",
        "0",
        "12",
        ".5",
        "e+3",
        "E",
        "true",
        "false",
        "null",
        "nul",
        " ",
        "\n",
        "\u{1}",
        "é",
        "\u{feff}",
        "[1]",
        "{\"c\":{}}",
    ]);
    let pieces = prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat().into_bytes());
    let mutated = (json(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(value, place, byte)| {
        let mut bytes = value.to_string().into_bytes();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        bytes
    });
    prop_oneof![pieces, mutated]
}
