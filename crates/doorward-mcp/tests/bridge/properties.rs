//! What holds for any message.

use doorward_mcp::bridge::{self, Rewording, Stamp};
use doorward_mcp::fuzzing;
use doorward_mcp::revision::Revision;
use doorward_mcp::{Limits, Message, Request};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::input::{request, response};

proptest! {
    #[test]
    fn unknown_members_of_a_request_survive_both_ways(params in members(), meta in members(), token in any::<Option<u32>>()) {
        let mut params = params;
        let mut meta = meta;
        if let Some(token) = token {
            meta.insert("progressToken".to_owned(), json!(token));
        }
        // A `_meta` that was empty before is one that becomes empty.
        if !meta.is_empty() {
            params.insert("_meta".to_owned(), Value::Object(meta));
        }
        params.insert("name".to_owned(), json!("n"));
        let legacy = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
        let stamp = Stamp {
            capabilities: r#"{"roots":{}}"#.to_owned(),
            client_info: Some(r#"{"name":"c","version":"1"}"#.to_owned()),
            log_level: Some("\"info\"".to_owned()),
        };
        let modern = bridge::request_to_modern(&request(legacy.to_string().into_bytes()), &stamp, None).unwrap();
        let again = bridge::request_to_legacy(&request(modern.message().bytes().to_vec())).unwrap();
        prop_assert_eq!(serde_json::from_slice::<Value>(again.message().bytes()).unwrap(), legacy);
    }

    #[test]
    fn unknown_members_of_a_result_survive_both_ways(result in members(), meta in members(), which in 0..METHODS.len()) {
        let (method, required) = METHODS[which];
        let mut result = result;
        if !meta.is_empty() {
            result.insert("_meta".to_owned(), Value::Object(meta));
        }
        result.insert(required.to_owned(), json!([]));
        let legacy = json!({"jsonrpc": "2.0", "id": "i", "result": result});
        let modern =
            bridge::response_to_modern(method, &response(legacy.to_string().into_bytes()), Some("{}")).unwrap();
        for to in Revision::ALL {
            let again = bridge::response_to_legacy(method, &modern, to).unwrap();
            prop_assert_eq!(serde_json::from_slice::<Value>(again.bytes()).unwrap(), legacy.clone());
        }
    }

    #[test]
    fn nothing_panics_on_nearly_sound_messages(which in 0..METHODS.len(), members in members(), place: prop::sample::Index, byte: u8) {
        let (method, _) = METHODS[which];
        let result = Value::Object(members);
        let texts = [
            format!("{method}\n{{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{result}}}"),
            format!("\n{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"{method}\",\"params\":{result}}}"),
            format!("\n{{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{result}}}"),
        ];
        for text in texts {
            fuzzing::bridge(text.as_bytes());
            let mut bytes = text.into_bytes();
            let place = place.index(bytes.len());
            bytes[place] = byte;
            fuzzing::bridge(&bytes);
        }
    }

    #[test]
    fn nothing_panics_on_any_bytes(bytes: Vec<u8>) {
        fuzzing::bridge(&bytes);
    }
}

#[test]
fn what_was_within_the_limits_can_be_reworded() {
    let limits = Limits::default();
    let open = usize::from(limits.depth) - 2;
    let frame = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"n","a":}}"#;
    let deep = frame.replace(":}}", &format!(":{}{}}}}}", "[".repeat(open), "]".repeat(open)));
    let long = frame.replace(":}}", &format!(":\"{}\"}}}}", "x".repeat(limits.message_bytes - frame.len() - 2)));
    assert_eq!(long.len(), limits.message_bytes);
    let stamp = Stamp { capabilities: "{}".to_owned(), client_info: None, log_level: None };
    for message in [deep, long] {
        let too_much = message.replacen('{', "{ ", 1).replace('[', "[[").replace(']', "]]");
        assert!(Message::parse(too_much, &limits).is_err(), "it is at the limit");
        let modern = bridge::request_to_modern(&request(message.into_bytes()), &stamp, None);
        assert!(modern.is_ok_and(|modern| bridge::request_to_legacy(&request_of(modern)).is_ok()));
    }
}

fn request_of(rewording: Rewording) -> Request {
    let Message::Request(request) = rewording.into_message() else { panic!("no request") };
    request
}

/// Methods and the member that makes a result one of theirs.
const METHODS: [(&str, &str); 6] = [
    ("tools/call", "content"),
    ("tools/list", "tools"),
    ("prompts/get", "messages"),
    ("prompts/list", "prompts"),
    ("resources/read", "contents"),
    ("completion/complete", "values"),
];

/// Members that no revision knows, by names that no other name folds to.
fn members() -> impl Strategy<Value = Map<String, Value>> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    let value = scalar.prop_recursive(3, 16, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,6}", inner, 0..4)
                .prop_map(|members| members.into_iter().collect::<Value>()),
        ]
    });
    prop::collection::btree_map("x-[a-z\\\\\"é]{1,8}", value, 0..6).prop_map(|members| members.into_iter().collect())
}
