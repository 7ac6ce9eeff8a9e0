use std::borrow::Cow;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::annotation::AnnotationDefect;
use super::decimal::{plain_integer, same_number};
use super::{BadHeaderValue, HeaderRefusal, check, decode, encode, for_request, invalid_tool, limits};
use crate::{Limits, Message, RawJson, Request};

/// Names and values of headers.
type Headers<'a> = &'a [(&'a str, &'a str)];

const META: &str = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#;

/// A schema with one property of each kind, one of them further down.
const SCHEMA: &str = r#"{"type":"object","properties":{
    "region":{"type":"string","x-mcp-header":"Region"},
    "count":{"type":"integer","x-mcp-header":"Count"},
    "dry":{"type":"boolean","x-mcp-header":"Dry-Run"},
    "where":{"type":"object","properties":{"path":{"type":"string","x-mcp-header":"Path"}}},
    "query":{"type":"string"}}}"#;

fn request(method: &str, params: &str) -> Request {
    let bytes = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
    match Message::parse(bytes, &Limits::default()).unwrap() {
        Message::Request(request) => request,
        other @ (Message::Notification(_) | Message::Response(_)) => panic!("{other:?}"),
    }
}

fn schema(text: &str) -> RawJson {
    RawJson::parse(text.to_owned(), &Limits::default()).unwrap()
}

fn call(arguments: &str) -> Request {
    request("tools/call", &format!(r#"{{{META},"name":"t","arguments":{arguments}}}"#))
}

/// `ok`, or the name of the header or member that was refused.
fn outcome(request: &Request, headers: &[(&str, &str)]) -> String {
    let headers = headers.iter().map(|(name, value)| (*name, value.as_bytes()));
    match check(request, headers, Some(schema(SCHEMA).as_raw())) {
        Ok(()) => "ok".to_owned(),
        Err(HeaderRefusal::Mismatch(mismatch)) => {
            assert_eq!(mismatch.json_rpc_code(), -32020);
            mismatch.header
        }
        Err(HeaderRefusal::Missing(missing)) => {
            assert_eq!(missing.json_rpc_code(), -32602);
            missing.pointer.to_owned()
        }
    }
}

#[test]
fn standard_headers() {
    let version = ("MCP-Protocol-Version", "2026-07-28");
    let list = request("tools/list", &format!("{{{META}}}"));
    let tool = call("{}");
    let prompt = request("prompts/get", &format!(r#"{{{META},"name":"p q"}}"#));
    let read = request("resources/read", &format!(r#"{{{META},"uri":"file:///é"}}"#));
    let task = request("tasks/cancel", &format!(r#"{{{META},"taskId":"7"}}"#));
    let no_name = request("tools/call", &format!("{{{META}}}"));
    let cases: &[(&str, &Request, Headers<'_>, &str)] = &[
        ("as required", &list, &[version, ("Mcp-Method", "tools/list")], "ok"),
        ("names in any case", &list, &[("mcp-protocol-version", "2026-07-28"), ("MCP-METHOD", "tools/list")], "ok"),
        ("space around", &list, &[version, ("Mcp-Method", " \ttools/list  ")], "ok"),
        ("values in no other case", &list, &[version, ("Mcp-Method", "Tools/List")], "Mcp-Method"),
        ("method missing", &list, &[version], "Mcp-Method"),
        ("method differs", &list, &[version, ("Mcp-Method", "prompts/list")], "Mcp-Method"),
        ("method twice", &list, &[version, ("Mcp-Method", "tools/list"), ("mcp-method", "tools/list")], "Mcp-Method"),
        ("method is not decoded", &list, &[version, ("Mcp-Method", "=?base64?dG9vbHMvbGlzdA==?=")], "Mcp-Method"),
        ("version missing", &list, &[("Mcp-Method", "tools/list")], "MCP-Protocol-Version"),
        (
            "version differs",
            &list,
            &[("MCP-Protocol-Version", "2025-11-25"), ("Mcp-Method", "tools/list")],
            "MCP-Protocol-Version",
        ),
        ("tool name", &tool, &[version, ("Mcp-Method", "tools/call"), ("Mcp-Name", "t")], "ok"),
        ("tool name missing", &tool, &[version, ("Mcp-Method", "tools/call")], "Mcp-Name"),
        ("tool name differs", &tool, &[version, ("Mcp-Method", "tools/call"), ("Mcp-Name", "u")], "Mcp-Name"),
        ("tool name in another case", &tool, &[version, ("Mcp-Method", "tools/call"), ("Mcp-Name", "T")], "Mcp-Name"),
        ("no tool name", &no_name, &[version, ("Mcp-Method", "tools/call"), ("Mcp-Name", "t")], "/params/name"),
        ("needlessly wrapped", &tool, &[version, ("Mcp-Method", "tools/call"), ("Mcp-Name", "=?base64?dA==?=")], "ok"),
        ("prompt name", &prompt, &[version, ("Mcp-Method", "prompts/get"), ("Mcp-Name", "p q")], "ok"),
        (
            "uri, wrapped",
            &read,
            &[version, ("Mcp-Method", "resources/read"), ("Mcp-Name", "=?base64?ZmlsZTovLy/DqQ==?=")],
            "ok",
        ),
        ("uri, unwrapped", &read, &[version, ("Mcp-Method", "resources/read"), ("Mcp-Name", "file:///é")], "Mcp-Name"),
        ("task id", &task, &[version, ("Mcp-Method", "tasks/cancel"), ("Mcp-Name", "7")], "ok"),
        ("task id missing", &task, &[version, ("Mcp-Method", "tasks/cancel")], "Mcp-Name"),
        (
            "a name where none is required",
            &list,
            &[version, ("Mcp-Method", "tools/list"), ("Mcp-Name", "anything")],
            "ok",
        ),
    ];
    for (name, request, headers, expected) in cases {
        assert_eq!(outcome(request, headers), *expected, "{name}");
    }
}

#[test]
fn members_that_the_body_must_have() {
    const VERSION: &str = r#""io.modelcontextprotocol/protocolVersion":"2026-07-28""#;
    const CAPABILITIES: &str = r#""io.modelcontextprotocol/clientCapabilities""#;
    let no_version = "/params/_meta/io.modelcontextprotocol~1protocolVersion";
    let no_capabilities = "/params/_meta/io.modelcontextprotocol~1clientCapabilities";
    let cases = [
        ("all", format!(r#"{{"_meta":{{{VERSION},{CAPABILITIES}:{{}}}}}}"#), "ok"),
        ("no _meta", "{}".to_owned(), "/params/_meta"),
        ("no version", format!(r#"{{"_meta":{{{CAPABILITIES}:{{}}}}}}"#), no_version),
        ("no capabilities", format!(r#"{{"_meta":{{{VERSION}}}}}"#), no_capabilities),
        ("capabilities no object", format!(r#"{{"_meta":{{{VERSION},{CAPABILITIES}:[]}}}}"#), no_capabilities),
    ];
    for (name, params, expected) in cases {
        let headers = [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "tools/list")];
        assert_eq!(outcome(&request("tools/list", &params), &headers), expected, "{name}");
    }
}

/// Name, arguments, the headers for them, and what is refused.
const ARGUMENT_CASES: &[(&str, &str, Headers<'_>, &str)] = &[
    ("nothing to repeat", r#"{"query":"x"}"#, &[], "ok"),
    ("string", r#"{"region":"eu"}"#, &[("Mcp-Param-Region", "eu")], "ok"),
    ("name in another case", r#"{"region":"eu"}"#, &[("MCP-PARAM-rEGION", "eu")], "ok"),
    ("string differs", r#"{"region":"eu"}"#, &[("Mcp-Param-Region", "EU")], "Mcp-Param-Region"),
    ("string missing", r#"{"region":"eu"}"#, &[], "Mcp-Param-Region"),
    (
        "string twice",
        r#"{"region":"eu"}"#,
        &[("Mcp-Param-Region", "eu"), ("mcp-param-region", "us")],
        "Mcp-Param-Region",
    ),
    ("escaped in the body", r#"{"region":"\u0065u"}"#, &[("Mcp-Param-Region", "eu")], "ok"),
    ("wrapped", r#"{"region":"Hello"}"#, &[("Mcp-Param-Region", "=?base64?SGVsbG8=?=")], "ok"),
    ("wrapped, no padding", r#"{"region":"Hello"}"#, &[("Mcp-Param-Region", "=?base64?SGVsbG8?=")], "Mcp-Param-Region"),
    (
        "wrapped, bad characters",
        r#"{"region":"Hello"}"#,
        &[("Mcp-Param-Region", "=?base64?SGVs!!!bG8=?=")],
        "Mcp-Param-Region",
    ),
    ("wrapped, not UTF-8", r#"{"region":"Hello"}"#, &[("Mcp-Param-Region", "=?base64?//8=?=")], "Mcp-Param-Region"),
    ("no prefix is literal", r#"{"region":"SGVsbG8="}"#, &[("Mcp-Param-Region", "SGVsbG8=")], "ok"),
    ("no suffix is literal", r#"{"region":"=?base64?SGVsbG8="}"#, &[("Mcp-Param-Region", "=?base64?SGVsbG8=")], "ok"),
    (
        "mark in another case is literal",
        r#"{"region":"=?BASE64?eA==?="}"#,
        &[("Mcp-Param-Region", "=?BASE64?eA==?=")],
        "ok",
    ),
    (
        "looks wrapped in the body",
        r#"{"region":"=?base64?eA==?="}"#,
        &[("Mcp-Param-Region", "=?base64?eA==?=")],
        "Mcp-Param-Region",
    ),
    ("empty string", r#"{"region":""}"#, &[("Mcp-Param-Region", "")], "ok"),
    ("empty string, missing", r#"{"region":""}"#, &[], "Mcp-Param-Region"),
    ("not ASCII", r#"{"region":"é"}"#, &[("Mcp-Param-Region", "é")], "Mcp-Param-Region"),
    ("control character", r#"{"region":"a"}"#, &[("Mcp-Param-Region", "a\u{1}")], "Mcp-Param-Region"),
    ("null", r#"{"region":null}"#, &[], "ok"),
    ("null but sent", r#"{"region":null}"#, &[("Mcp-Param-Region", "null")], "Mcp-Param-Region"),
    ("absent but sent", "{}", &[("Mcp-Param-Region", "eu")], "Mcp-Param-Region"),
    ("integer", r#"{"count":42}"#, &[("Mcp-Param-Count", "42")], "ok"),
    ("integer, header with fraction", r#"{"count":42}"#, &[("Mcp-Param-Count", "42.0")], "ok"),
    ("integer, body with fraction", r#"{"count":42.0}"#, &[("Mcp-Param-Count", "42")], "ok"),
    ("integer, wrapped", r#"{"count":42}"#, &[("Mcp-Param-Count", "=?base64?NDI=?=")], "ok"),
    ("integer differs", r#"{"count":42}"#, &[("Mcp-Param-Count", "43")], "Mcp-Param-Count"),
    (
        "integer past doubles",
        r#"{"count":9007199254740993}"#,
        &[("Mcp-Param-Count", "9007199254740992")],
        "Mcp-Param-Count",
    ),
    ("not a number", r#"{"count":42}"#, &[("Mcp-Param-Count", "0x2a")], "Mcp-Param-Count"),
    ("boolean", r#"{"dry":true}"#, &[("Mcp-Param-Dry-Run", "true")], "ok"),
    ("boolean in another case", r#"{"dry":true}"#, &[("Mcp-Param-Dry-Run", "True")], "Mcp-Param-Dry-Run"),
    ("further down", r#"{"where":{"path":"/a"}}"#, &[("Mcp-Param-Path", "/a")], "ok"),
    ("further down, missing", r#"{"where":{"path":"/a"}}"#, &[], "Mcp-Param-Path"),
    ("further down, not there", r#"{"where":7}"#, &[], "ok"),
    ("no header can repeat an object", r#"{"region":{}}"#, &[("Mcp-Param-Region", "{}")], "Mcp-Param-Region"),
    ("unrecognised", "{}", &[("Mcp-Param-Other", "x"), ("Mcp-Param-Other", "\u{1}"), ("Mcp-Param-", "")], "ok"),
];

#[test]
fn argument_headers() {
    for (name, arguments, extra, expected) in ARGUMENT_CASES {
        let standard = [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "tools/call"), ("Mcp-Name", "t")];
        let headers: Vec<_> = standard.iter().chain(*extra).copied().collect();
        assert_eq!(outcome(&call(arguments), &headers), *expected, "{name}");
    }
}

#[test]
fn without_a_schema_no_argument_header_is_recognised() {
    let request = call(r#"{"region":"eu"}"#);
    let headers = [
        ("MCP-Protocol-Version", b"2026-07-28".as_slice()),
        ("Mcp-Method", b"tools/call"),
        ("Mcp-Name", b"t"),
        ("Mcp-Param-Region", b"other"),
    ];
    assert_eq!(check(&request, headers, None), Ok(()));
}

#[test]
fn too_many_or_too_long_headers_are_refused_before_decoding() {
    let request = call("{}");
    let standard = [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "tools/call"), ("Mcp-Name", "t")];
    for (count, expected) in [(limits::PARAM_HEADERS, "ok"), (limits::PARAM_HEADERS + 1, "Mcp-Param-*")] {
        let mut headers = standard.to_vec();
        headers.resize(standard.len() + count, ("Mcp-Param-Other", "x"));
        assert_eq!(outcome(&request, &headers), expected, "{count}");
    }
    for (length, expected) in [(limits::VALUE_BYTES, "ok"), (limits::VALUE_BYTES + 1, "Mcp-Param-Other")] {
        let value = "x".repeat(length);
        let headers = [standard.as_slice(), &[("Mcp-Param-Other", &value)]].concat();
        assert_eq!(outcome(&request, &headers), expected, "{length}");
    }
}

#[test]
fn a_mismatch_says_what_it_saw_without_echoing_it() {
    let request = request("tools/list", &format!("{{{META}}}"));
    let hostile = [b"\x1b[2J\xff".as_slice(), &[b'x'; 500]].concat();
    let refusal = check(&request, [("mcp-method", hostile.as_slice())], None).unwrap_err();
    let text = refusal.to_string();
    assert!(text.starts_with(r"Header mismatch: Mcp-Method is '\x1b[2J\xffxxx"), "{text}");
    assert!(text.ends_with("…', but the body requires 'tools/list' (revision 2026-07-28)"), "{text}");
    assert!(text.len() < 300, "{text}");
}

#[test]
fn headers_for_a_request() {
    let cases: &[(&str, &str, &[&str])] = &[
        ("plain", r#"{"region":"eu","query":"x"}"#, &["Mcp-Param-Region: eu"]),
        ("spaces inside", r#"{"region":"us west 1"}"#, &["Mcp-Param-Region: us west 1"]),
        ("space at the end", r#"{"region":"eu "}"#, &["Mcp-Param-Region: =?base64?ZXUg?="]),
        ("not ASCII", r#"{"region":"é"}"#, &["Mcp-Param-Region: =?base64?w6k=?="]),
        ("line break", r#"{"region":"a\nb"}"#, &["Mcp-Param-Region: =?base64?YQpi?="]),
        ("tab", r#"{"region":"a\tb"}"#, &["Mcp-Param-Region: =?base64?YQli?="]),
        ("looks wrapped", r#"{"region":"=?base64?eA==?="}"#, &["Mcp-Param-Region: =?base64?PT9iYXNlNjQ/ZUE9PT89?="]),
        ("empty", r#"{"region":""}"#, &["Mcp-Param-Region: "]),
        ("numbers", r#"{"count":42.0}"#, &["Mcp-Param-Count: 42"]),
        ("boolean", r#"{"dry":false}"#, &["Mcp-Param-Dry-Run: false"]),
        ("further down", r#"{"where":{"path":"/"}}"#, &["Mcp-Param-Path: /"]),
        ("null", r#"{"region":null}"#, &[]),
    ];
    let schema = schema(SCHEMA);
    for (name, arguments, expected) in cases {
        let request = call(arguments);
        let sent = for_request(&request, Some(schema.as_raw()));
        let shown: Vec<String> = sent.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let standard = ["MCP-Protocol-Version: 2026-07-28", "Mcp-Method: tools/call", "Mcp-Name: t"];
        assert_eq!(shown, [standard.as_slice(), expected].concat(), "{name}");
        let received = sent.iter().map(|(name, value)| (name.as_ref(), value.as_bytes()));
        assert_eq!(check(&request, received, Some(schema.as_raw())), Ok(()), "{name}");
    }
}

#[test]
fn a_method_that_no_header_can_hold_is_refused_and_not_sent() {
    let request = request("a\\nb", &format!("{{{META}}}"));
    assert_eq!(outcome(&request, &[("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "a\nb")]), "Mcp-Method");
    let sent = for_request(&request, None);
    assert_eq!(sent, [(Cow::Borrowed("MCP-Protocol-Version"), "2026-07-28".to_owned())]);
}

#[test]
fn tools_with_bad_annotations() {
    use AnnotationDefect::{Empty, NotAString, NotAToken, Repeated, TooMany, Type, Unreachable};
    let property = |property: Value| json!({"type": "object", "properties": {"p": property}});
    let string = json!({"type": "string", "x-mcp-header": "A"});
    let many: serde_json::Map<String, Value> = (0..=limits::PARAM_HEADERS)
        .map(|index| (format!("p{index:03}"), json!({"type": "string", "x-mcp-header": format!("H{index}")})))
        .collect();
    let cases = [
        ("none", json!({"type": "object"}), None),
        ("one", property(string.clone()), None),
        ("integer", property(json!({"type": "integer", "x-mcp-header": "A"})), None),
        ("nested", property(property(string.clone())), None),
        ("a property of that name", json!({"properties": {"x-mcp-header": {"type": "object"}}}), None),
        ("only data", property(json!({"default": {"x-mcp-header": 1}, "enum": [{"x-mcp-header": ""}]})), None),
        ("number", property(json!({"type": "number", "x-mcp-header": "A"})), Some((Type, "/properties/p"))),
        ("no type", property(json!({"x-mcp-header": "A"})), Some((Type, "/properties/p"))),
        ("type null", property(json!({"type": "null", "x-mcp-header": "A"})), Some((Type, "/properties/p"))),
        ("two types", property(json!({"type": ["string"], "x-mcp-header": "A"})), Some((Type, "/properties/p"))),
        ("object", property(json!({"type": "object", "x-mcp-header": "A"})), Some((Type, "/properties/p"))),
        ("empty", property(json!({"type": "string", "x-mcp-header": ""})), Some((Empty, "/properties/p"))),
        ("not a string", property(json!({"type": "string", "x-mcp-header": 1})), Some((NotAString, "/properties/p"))),
        ("space", property(json!({"type": "string", "x-mcp-header": "A b"})), Some((NotAToken, "/properties/p"))),
        ("colon", property(json!({"type": "string", "x-mcp-header": "A:"})), Some((NotAToken, "/properties/p"))),
        (
            "line break",
            property(json!({"type": "string", "x-mcp-header": "A\r\nB"})),
            Some((NotAToken, "/properties/p")),
        ),
        ("not ASCII", property(json!({"type": "string", "x-mcp-header": "é"})), Some((NotAToken, "/properties/p"))),
        (
            "twice",
            json!({"properties": {"a": {"type": "string", "x-mcp-header": "A"}, "b": {"type": "string", "x-mcp-header": "a"}}}),
            Some((Repeated, "/properties/b")),
        ),
        ("at the root", json!({"type": "string", "x-mcp-header": "A"}), Some((Unreachable, ""))),
        ("items", property(json!({"items": string})), Some((Unreachable, "/properties/p/items"))),
        ("anyOf", property(json!({"anyOf": [string]})), Some((Unreachable, "/properties/p/anyOf"))),
        ("then", json!({"then": property(string.clone())}), Some((Unreachable, "/then/properties/p"))),
        ("$defs", json!({"$defs": {"a/b": string}}), Some((Unreachable, "/$defs/a~1b"))),
        ("too many", json!({"properties": many}), Some((TooMany, "/properties/p064"))),
    ];
    for (name, input_schema, expected) in cases {
        let found = invalid_tool(schema(&input_schema.to_string()).as_raw());
        let found = found.as_ref().map(|invalid| (invalid.defect, invalid.pointer.as_str()));
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn an_annotation_written_with_escapes_is_found() {
    let schema = schema(r#"{"properties":{"p":{"type":"number","\u0078-mcp-header":"A"}}}"#);
    assert!(invalid_tool(schema.as_raw()).is_some());
}

#[test]
fn numbers_compare_by_value() {
    let same = [("42", "42.0"), ("42", "4.2e1"), ("42", "420E-1"), ("0", "-0.00"), ("-5", "-5.0"), ("1e2", "100")];
    for (left, right) in same {
        assert!(same_number(left, right) && same_number(right, left), "{left} {right}");
    }
    let different = [
        ("42", "43"),
        ("42", "-42"),
        ("1", "10"),
        ("1", "0.1"),
        ("1", ""),
        ("1", "+1"),
        ("1", "01"),
        ("1", "1."),
        ("1", ".1"),
        ("1", "1e"),
        ("1", "1e+"),
        ("1", " 1"),
        ("1", "NaN"),
        ("1", "1_0"),
        ("1", "1e99999999999999999999"),
        ("9007199254740993", "9007199254740992"),
    ];
    for (left, right) in different {
        assert!(!same_number(left, right), "{left} {right}");
    }
    let plain = [("42.0", Some("42")), ("-4.2e3", Some("-4200")), ("-0.0", Some("0")), ("1.5", None), ("1e99", None)];
    for (number, expected) in plain {
        assert_eq!(plain_integer(number).as_deref(), expected, "{number}");
    }
}

#[test]
fn bad_values_are_told_apart() {
    assert_eq!(decode(b"\x7f"), Err(BadHeaderValue::Characters));
    assert_eq!(decode(b"=?base64?*?="), Err(BadHeaderValue::Base64));
    assert_eq!(decode(b"=?base64?/w==?="), Err(BadHeaderValue::Utf8));
    assert_eq!(decode(b"=?base64?="), Ok(Cow::Borrowed("=?base64?=")));
}

proptest! {
    #[test]
    fn any_text_survives(text in any::<String>()) {
        let encoded = encode(&text);
        prop_assert!(encoded.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        prop_assert_eq!(decode(encoded.as_bytes()).unwrap(), text.as_str());
    }

    #[test]
    fn nothing_panics(value in prop::collection::vec(any::<u8>(), 0..40), number in "[-+0-9.eE]{0,12}") {
        let _ = decode(&value);
        let _ = (same_number(&number, "1"), plain_integer(&number));
    }
}
