//! Refusals on the wire and in the record.

use doorward_core::access::{AccessRequest, Direction};
use doorward_core::decision::{Decision, Denial, Obligation, Reason, Telling};
use doorward_core::exchange::{Answer, Visibility};
use doorward_core::ids::ExchangeId;
use doorward_core::record::Disposition;
use doorward_core::refusal::{Code, DENIAL_META_KEY, Refusal, Shape};
use doorward_mcp::id::Id;
use doorward_mcp::revision::Era;
use serde_json::Value;

use super::support::{LEGACY, MODERN, Played, arrival, deny, play, play_with, response};

const SPECIFIED: &[i64] = &[-32700, -32600, -32601, -32602, -32020, -32022];

fn full(code: Code) -> Refusal {
    let reason = Reason { rule: "no \"rm\"".into(), text: Some("Never.\n".into()), remedy: Some("Ask \u{1}.".into()) };
    Refusal::new(code)
        .with_detail("It is \\ late.")
        .with_reasons(vec![reason])
        .with_reference(ExchangeId::from_parts(1, 2))
}

#[test]
fn a_refused_call_is_a_tool_result_with_the_five_members() {
    for (era, result_type) in [(Era::Legacy, Value::Null), (Era::Modern, "complete".into())] {
        for (refusal, rule, reference) in [
            (Refusal::new(Code::NotAllowed), Value::Null, Value::Null),
            (full(Code::Forbidden), "no \"rm\"".into(), ExchangeId::from_parts(1, 2).to_string().into()),
        ] {
            let bytes = refusal.render(Some(&Id::from("a\"b")), Shape::of("tools/call", refusal.code, era), None);
            let reply: Value = serde_json::from_slice(&bytes).unwrap();
            assert_eq!((&reply["jsonrpc"], &reply["id"]), (&"2.0".into(), &"a\"b".into()));
            let result = &reply["result"];
            assert_eq!(result["resultType"], result_type);
            assert_eq!(result["isError"], true);
            assert_eq!(result["content"][0]["type"], "text");
            let said = result["content"][0]["text"].as_str().unwrap();
            assert!(said.starts_with(&refusal.sentence()) && said.contains(&refusal.code.to_string()));
            let denial = result["_meta"][DENIAL_META_KEY].as_object().unwrap();
            // Other crates of the workspace may switch on that keys keep their order, so it is not relied on.
            let mut keys: Vec<_> = denial.keys().collect();
            keys.sort();
            assert_eq!(keys, ["code", "reason", "reference", "remedy", "rule"]);
            assert_eq!(denial["code"], refusal.code.to_string());
            assert_eq!(denial["reason"], refusal.explanation());
            assert_eq!(denial["remedy"], refusal.remedy());
            assert_eq!((&denial["rule"], &denial["reference"]), (&rule, &reference));
        }
    }
}

#[test]
fn every_other_refusal_is_an_error_outside_the_reserved_range() {
    for code in Code::ALL {
        for (method, era) in [("tools/list", Era::Legacy), ("tools/call", Era::Legacy), ("tools/call", Era::Modern)] {
            let shape = Shape::of(method, *code, era);
            let reply: Value =
                serde_json::from_slice(&full(*code).render(Some(&Id::from(7_u64)), shape, None)).unwrap();
            let specified = code.entry().json_rpc < 0 || *code == Code::InsufficientScope;
            if method == "tools/call" && !specified {
                assert!(reply["error"].is_null(), "{code}");
                continue;
            }
            let number = reply["error"]["code"].as_i64().unwrap();
            assert!(!(-32768..=-32000).contains(&number) || SPECIFIED.contains(&number), "{code}");
            assert!(!(-32099..=-32020).contains(&number) || [-32020, -32021, -32022].contains(&number), "{code}");
            assert_eq!(reply["error"]["data"][DENIAL_META_KEY]["code"], code.to_string());
            assert_eq!(reply["id"], 7);
        }
    }
}

#[test]
fn an_unreadable_id_is_left_out_and_data_stands_beside_the_denial() {
    let refusal = Refusal::new(Code::UnsupportedVersion);
    let bytes = refusal.render(None, Shape::Error, Some(r#""supported":["2026-07-28"],"requested":"1""#));
    let reply: Value = serde_json::from_slice(&bytes).unwrap();
    assert!(reply.get("id").is_none());
    assert_eq!(reply["error"]["data"]["supported"][0], "2026-07-28");
    assert_eq!(reply["error"]["data"][DENIAL_META_KEY]["code"], "DW1014");
    // Without an id there is nothing a tool result could answer.
    let bytes = Refusal::new(Code::NotAllowed).render(None, Shape::ToolResult(Era::Modern), None);
    assert!(serde_json::from_slice::<Value>(&bytes).unwrap()["error"].is_object());
}

/// Whatever is refused and wherever: the secret of the message shows neither in a record nor in a refusal.
#[test]
fn no_payload_shows_in_a_record_or_a_refusal() {
    const SECRET: &str = "hunter2-secret";
    let call = |arguments: &str| {
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"t","arguments":{arguments}}}}}"#)
    };
    let object = format!(r#"{{"password":"{SECRET}"}}"#);
    let result = |body: &str| Answer::Response(response(&format!(r#"{{"jsonrpc":"2.0","id":1,"result":{body}}}"#)));
    let answer = || result(&format!(r#"{{"content":[{{"type":"text","text":"{SECRET}"}}]}}"#));
    let modern = |message: &str| arrival(message, Direction::ToServer, MODERN);
    let dance = |_: &_| Decision::Allow { obligations: vec![Obligation::Unknown("dance".to_owned())], reasons: vec![] };
    let all: Vec<Played> = vec![
        play(modern(&call(&object)), answer()),
        play_with(modern(&call(&object)), answer(), deny, |_| Visibility::Show),
        play_with(modern(&call(&object)), answer(), dance, |_| Visibility::Show),
        play(modern(&call(&format!("[\"{SECRET}\"]"))), answer()),
        play(modern(&call(&object)), result(&format!(r#"{{"resultType":"{SECRET}"}}"#))),
        play(
            modern(&call(&object)),
            result(&format!(r#"{{"resultType":"input_required","inputRequests":{{"q":{{"method":"{SECRET}"}}}}}}"#)),
        ),
        play(
            modern(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#),
            result(&format!(r#"{{"tools":["{SECRET}"]}}"#)),
        ),
    ];
    for (place, played) in all.iter().enumerate() {
        assert!(!format!("{:?}", played.records).contains(SECRET), "case {place}: {:?}", played.records);
        if place > 0 {
            let refusal = played.refusal();
            for shape in [Shape::Error, Shape::ToolResult(Era::Modern)] {
                let bytes = refusal.render(Some(&Id::from(1_u64)), shape, None);
                assert!(!String::from_utf8_lossy(&bytes).contains(SECRET), "case {place}");
            }
        }
    }
}

#[test]
fn a_refusal_names_its_exchange_its_rule_and_what_failed() {
    let message = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"rm"}}"#;
    let forbid = |_: &_| {
        let reason = Reason { rule: "no-rm".into(), text: Some("Files stay.".into()), remedy: None };
        Decision::Deny(Denial::new(Code::Forbidden).with_reasons(vec![reason]))
    };
    let played =
        play_with(arrival(message, Direction::ToServer, LEGACY), Answer::Delivered, forbid, |_| Visibility::Show);
    assert!(!played.forwarded);
    assert_eq!(played.records.len(), 1);
    let record = played.last();
    assert_eq!((record.disposition, record.code), (Disposition::Refuse, Some(Code::Forbidden)));
    assert_eq!(record.rules, ["no-rm".into()]);
    assert_eq!(record.reasons, ["Files stay.".into()]);
    assert_eq!(played.refusal().reference, Some(record.exchange));
    assert!(played.refusal().sentence().contains(&record.exchange.to_string()));
}

#[test]
fn what_is_hidden_is_answered_like_what_does_not_exist() {
    fn hidden(_: &AccessRequest) -> Decision {
        let reason = Reason { rule: "secret".into(), text: Some("It is secret.".into()), remedy: Some("No.".into()) };
        let denial = Denial::new(Code::Forbidden).with_reasons(vec![reason]).with_detail(Some("Really.".to_owned()));
        Decision::Deny(Denial { telling: Telling::Hidden, scopes: ["s".into()].into(), ..denial })
    }
    fn missing(_: &AccessRequest) -> Decision {
        Decision::Deny(Denial::new(Code::UnknownTool))
    }
    for (revision, era) in [(LEGACY, Era::Legacy), (MODERN, Era::Modern)] {
        let call = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{}}}"#;
        let decided = |decide: fn(&AccessRequest) -> Decision| {
            let answer = Answer::Response(response(r#"{"jsonrpc":"2.0","id":7,"result":{}}"#));
            play_with(arrival(call, Direction::ToServer, revision), answer, decide, |_| Visibility::Show)
        };
        let (hidden, missing) = (decided(hidden), decided(missing));
        let shown = |played: &Played| {
            let refusal = played.refusal();
            refusal.render(Some(&Id::from("a")), Shape::of("tools/call", refusal.code, era), None)
        };
        assert_eq!(hidden.refusal(), missing.refusal());
        assert_eq!(shown(&hidden), shown(&missing));
        assert_eq!(hidden.last().code, Some(Code::Forbidden));
        assert_eq!(hidden.last().rules, ["secret".into()]);
        assert!(hidden.last().reasons.iter().any(|reason| **reason == *"Really."));
    }
    let read = r#"{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"file:///secret"}}"#;
    let answer = Answer::Response(response(r#"{"jsonrpc":"2.0","id":7,"result":{}}"#));
    let played = play_with(arrival(read, Direction::ToServer, LEGACY), answer, hidden, |_| Visibility::Show);
    assert_eq!((played.refusal().code, played.last().code), (Code::UnknownItem, Some(Code::Forbidden)));
    assert!(played.refusal().reasons.is_empty() && played.refusal().detail.is_empty());
}
