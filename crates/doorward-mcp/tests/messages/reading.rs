//! Reading values and parts of messages where a wrong answer would be quiet.

use doorward_mcp::{Id, Kind, Limits, Message, Outcome, ProgressToken, RawJson, RejectionKind};

#[test]
fn numbers_are_read_only_where_they_fit() {
    for (text, signed, unsigned, double) in [
        ("0", Some(0), Some(0), Some(0.0)),
        ("-0", Some(0), None, Some(-0.0)),
        ("-9223372036854775808", Some(i64::MIN), None, Some(-9.223372036854776e18)),
        ("9223372036854775807", Some(i64::MAX), Some(i64::MAX as u64), Some(9.223372036854776e18)),
        ("9223372036854775808", None, Some(1 << 63), Some(9.223372036854776e18)),
        ("18446744073709551616", None, None, Some(1.8446744073709552e19)),
        ("1.0", None, None, Some(1.0)),
        ("1e2", None, None, Some(100.0)),
        ("1e400", None, None, None),
        ("\"1\"", None, None, None),
    ] {
        let json = json(text);
        let raw = json.as_raw();
        assert_eq!((raw.as_i64(), raw.as_u64(), raw.as_f64()), (signed, unsigned, double), "{text}");
    }
}

#[test]
fn a_value_is_read_as_its_own_kind_only() {
    for (text, kind) in [
        ("null", Kind::Null),
        ("true", Kind::Bool),
        ("-1", Kind::Number),
        ("\"true\"", Kind::String),
        ("[true]", Kind::Array),
        ("{\"a\":1}", Kind::Object),
    ] {
        let json = json(text);
        let raw = json.as_raw();
        assert_eq!(raw.kind(), kind, "{text}");
        assert_eq!(raw.as_str().is_some(), kind == Kind::String, "{text}");
        assert_eq!(raw.as_bool().is_some(), kind == Kind::Bool, "{text}");
        assert_eq!(raw.members().count(), usize::from(kind == Kind::Object), "{text}");
        assert_eq!(raw.elements().count(), usize::from(kind == Kind::Array), "{text}");
        assert_eq!(raw.member("a").is_some(), kind == Kind::Object, "{text}");
    }
}

#[test]
fn names_are_found_exactly_and_once_decoded() {
    let json = json(r#"{"a\"b":1,"\u00e9":2,"":3,"Name":4,"x":{"x":{"y":5}}}"#);
    let at = |names: &[&str]| json.as_raw().path(names).and_then(|value| value.as_i64());
    assert_eq!(at(&["a\"b"]), Some(1));
    assert_eq!(at(&["é"]), Some(2));
    assert_eq!(at(&[""]), Some(3));
    assert_eq!(at(&["name"]), None);
    assert_eq!(at(&["x", "x", "y"]), Some(5));
    assert_eq!(at(&["y"]), None);
    assert_eq!(at(&["x", "Name"]), None);
}

#[test]
fn miscased_members_are_found() {
    for (object, expected) in [
        (r#"{"name":1,"other":2}"#, None),
        (r#"{"other":1,"Name":2}"#, Some("Name")),
        (r#"{"tool\u017f":1}"#, Some("tool\u{17f}")),
        (r#"{"namex":1,"nam":2,"näme":3}"#, None),
        (r#"["Name"]"#, None),
    ] {
        assert_eq!(json(object).as_raw().miscased_member(&["name", "tools"]).as_deref(), expected, "{object}");
    }
}

#[test]
fn ids_are_equal_only_as_sent() {
    let read = |text: &str| Id::read(json(text).as_raw(), &Limits::default());
    assert_eq!(read("1").unwrap(), Id::from(1_u64));
    assert_eq!(read("-1").unwrap(), Id::from(-1_i64));
    assert_ne!(read("\"1\"").unwrap(), Id::from(1_u64));
    assert_eq!(read("\"\\u0031\"").unwrap(), Id::from("1"));
    // Doubles would take these two for one.
    assert_ne!(read("9007199254740992").unwrap(), read("9007199254740993").unwrap());
    assert_eq!(read("null").unwrap_err().kind(), RejectionKind::IdNull);
    let token = ProgressToken::read(json("1.5").as_raw(), &Limits::default());
    assert_eq!(token.unwrap_err().kind(), RejectionKind::ProgressToken);
    assert_eq!(ProgressToken::from(Id::from("a\n")).to_json(), r#""a\n""#);
}

#[test]
fn an_error_is_read_whole() {
    let bytes = r#"{"jsonrpc":"2.0","id":1,"error":{"data":[1],"message":"n\u006f","code":-32601}}"#;
    let Ok(Message::Response(response)) = Message::parse(bytes, &Limits::default()) else { panic!() };
    let Outcome::Error { code, message, raw } = response.outcome() else { panic!() };
    assert_eq!((code, message.as_ref()), (-32601, "no"));
    assert_eq!(raw.member("data").unwrap().text(), "[1]");
    assert!(response.result().is_none() && response.result_member("tools").is_none());
}

#[test]
fn a_refusal_shows_little_and_escapes_it() {
    let hostile =
        format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"Method\":\"{}\"}}", "\u{202e}".repeat(500));
    let refusal = Message::parse(hostile, &Limits::default()).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "an object has two member names that differ in case only at byte 37, found `Method`"
    );
    let long = format!("{{\"{0}\":1,\"{0}\":2}}", "\u{202e}\u{1b}".replace('\u{1b}', "x").repeat(500));
    let refusal = RawJson::parse(long, &Limits::default()).unwrap_err();
    assert_eq!(refusal.byte_offset(), Some(2006));
    assert!(refusal.to_string().len() < 150 && refusal.to_string().is_ascii(), "{refusal}");
}

fn json(text: &str) -> RawJson {
    RawJson::parse(text.to_owned(), &Limits::default()).unwrap()
}
