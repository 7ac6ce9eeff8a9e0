//! Messages that are refused for their form alone, with what must be said about each.

use serde_json::{Value, json};

/// One malformed message.
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) body: Vec<u8>,
    /// The HTTP status, in both eras.
    pub(crate) status: u16,
    /// The JSON-RPC error code.
    pub(crate) error: i64,
    pub(crate) code: &'static str,
    /// The id of the request, if it has a usable one.
    pub(crate) id: Option<Value>,
    /// Whether the error must repeat it. Where the message breaks before its end, it may; without it there is no member
    /// `id`, for null is no id.
    pub(crate) repeated: bool,
}

/// Name, body, JSON-RPC error, code, and the id to be repeated as JSON: empty for none, after `~` where it only may be.
type Row = (&'static str, &'static [u8], i64, &'static str, &'static str);

const ROWS: &[Row] = &[
    ("cut off", br#"{"jsonrpc":"2.0","id":1,"method":"ping""#, -32700, "DW1001", "~1"),
    ("empty", b" ", -32700, "DW1001", ""),
    ("not JSON", b"hello", -32700, "DW1001", ""),
    ("two messages", br#"{"jsonrpc":"2.0","id":1,"method":"ping"} {"jsonrpc":"2.0","id":2,"method":"ping"}"#, -32700, "DW1001", "~1"),
    ("byte order mark", b"\xef\xbb\xbf{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", -32700, "DW1001", "~1"),
    ("number with a leading zero", br#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":01}}"#, -32700, "DW1001", "~1"),
    ("comment", br#"{"jsonrpc":"2.0",/*x*/"id":1,"method":"ping"}"#, -32700, "DW1001", "~1"),
    ("duplicate method", br#"{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}"#, -32700, "DW1004", "~1"),
    ("duplicate key in depth", br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"a":{"b":1,"b":2}}}}"#, -32700, "DW1004", "~1"),
    ("duplicate key by escape", br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","n\u0061me":"payload"}}"#, -32700, "DW1004", "~1"),
    ("keys folded alike", br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"path":"a","Path":"b"}}}"#, -32600, "DW1005", "~1"),
    ("envelope key in another case", br#"{"jsonrpc":"2.0","id":1,"Method":"ping"}"#, -32600, "DW1005", "1"),
    ("params key in another case", br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"Name":"echo"}}"#, -32600, "DW1005", "1"),
    ("_meta key in another case", br#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"progresstoken":1}}}"#, -32600, "DW1005", "1"),
    ("invalid UTF-8", b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"ec\xffho\"}}", -32700, "DW1006", "~1"),
    ("overlong UTF-8", b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"\xc0\xaf\"}}", -32700, "DW1006", "~1"),
    ("lone surrogate", br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"\ud800"}}"#, -32700, "DW1006", "~1"),
    ("id null", br#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600, "DW1007", ""),
    ("id true", br#"{"jsonrpc":"2.0","id":true,"method":"ping"}"#, -32600, "DW1007", ""),
    ("id object", br#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, -32600, "DW1007", ""),
    ("id with a fraction", br#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, -32600, "DW1007", ""),
    ("id with an exponent", br#"{"jsonrpc":"2.0","id":1e3,"method":"ping"}"#, -32600, "DW1007", ""),
    ("result without an id", br#"{"jsonrpc":"2.0","result":{}}"#, -32600, "DW1007", ""),
    ("batch", br#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, -32600, "DW1008", ""),
    ("empty batch", b"[]", -32600, "DW1008", ""),
    ("a string", br#""ping""#, -32600, "DW1009", ""),
    ("a number", b"42", -32600, "DW1009", ""),
    ("an empty object", b"{}", -32600, "DW1009", ""),
    ("no method", br#"{"jsonrpc":"2.0","id":1}"#, -32600, "DW1009", "1"),
    ("method not a string", br#"{"jsonrpc":"2.0","id":"q","method":7}"#, -32600, "DW1009", "\"q\""),
    ("JSON-RPC 1", br#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, -32600, "DW1009", "1"),
    ("no version", br#"{"id":1,"method":"ping"}"#, -32600, "DW1009", "1"),
    ("result and error", br#"{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}"#, -32600, "DW1009", "~1"),
    ("method and result", br#"{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}"#, -32600, "DW1009", "1"),
    ("params an array", br#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}"#, -32602, "DW1010", "1"),
    ("_meta a string", br#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":"x"}}"#, -32602, "DW1010", "1"),
    ("progress token null", br#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"progressToken":null}}}"#, -32602, "DW1010", "1"),
];

/// All of them.
pub(crate) fn shapes() -> Vec<Shape> {
    let mut shapes: Vec<Shape> = ROWS
        .iter()
        .map(|(name, body, error, code, id)| Shape {
            name,
            body: body.to_vec(),
            // A correct envelope around wrong parameters is no HTTP error: clients end their session on one.
            status: if *code == "DW1010" { 200 } else { 400 },
            error: *error,
            code,
            id: serde_json::from_str(id.trim_start_matches('~')).ok(),
            repeated: !id.is_empty() && !id.starts_with('~'),
        })
        .collect();
    shapes.push(Shape {
        name: "too deep",
        body: deep(),
        status: 400,
        error: -32700,
        code: "DW1003",
        id: Some(json!(1)),
        repeated: false,
    });
    shapes
}

fn deep() -> Vec<u8> {
    let (open, close) = ("[".repeat(200), "]".repeat(200));
    format!(r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{{"a":{open}{close}}}}}"#).into_bytes()
}

/// A request over the limit of four megabytes.
pub(crate) fn too_large() -> Vec<u8> {
    let filler = "a".repeat(4 * 1024 * 1024);
    json!({ "jsonrpc": "2.0", "id": 1, "method": "ping", "params": { "a": filler } }).to_string().into_bytes()
}

/// Checks that `message` is the one error for `shape`, and returns its reference.
pub(crate) fn check(shape: &Shape, message: &Value) -> String {
    let (code, reference) = super::client::denial(message);
    assert_eq!(
        (message["error"]["code"].as_i64(), code.as_str()),
        (Some(shape.error), shape.code),
        "{}: {message}",
        shape.name
    );
    match message.get("id") {
        Some(id) => assert_eq!(Some(id), shape.id.as_ref(), "{}: {message}", shape.name),
        None => assert!(!shape.repeated, "{}: {message}", shape.name),
    }
    assert!(!message.to_string().contains("ping"), "{}: a refusal repeats the payload", shape.name);
    reference
}
