//! Trace context between headers and `_meta`.

use std::borrow::Cow;

use doorward_mcp::bridge::{self, TraceContext};

use crate::input::{request, worded};

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[test]
fn headers_reach_the_meta() {
    let trace = read(&[("traceparent", PARENT), ("tracestate", "a=1,b=2"), ("baggage", "k=v")]);
    let bare = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    let traced = traced(bare, &trace);
    assert_eq!(
        traced,
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{{"_meta":{{"traceparent":"{PARENT}","tracestate":"a=1,b=2","baggage":"k=v"}}}}}}"#
        )
    );
    assert_eq!(TraceContext::of_request(&request(traced.into_bytes())), trace);
}

#[test]
fn what_the_sender_wrote_stays() {
    let own = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"traceparent":"x"}}}"#;
    assert_eq!(traced(own, &read(&[("traceparent", PARENT)])), own);
}

#[test]
fn a_state_does_not_come_beside_the_parent_of_another() {
    let own = |parent: &str| {
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{{"_meta":{{"traceparent":"{parent}"}}}}}}"#)
    };
    let trace = read(&[("traceparent", PARENT), ("tracestate", "a=1")]);
    let other = own(&PARENT.replace("b7ad", "c7ad"));
    assert_eq!(traced(&other, &trace), other);
    assert!(traced(&own(PARENT), &trace).contains(r#""tracestate":"a=1""#));
}

#[test]
fn what_is_unsound_is_not_carried() {
    let unsound = [
        "",
        "00",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
    ];
    for parent in unsound {
        assert_eq!(read(&[("traceparent", parent), ("tracestate", "a=1")]), TraceContext::default(), "{parent}");
    }
    let later = format!("01-{}-more", PARENT.strip_prefix("00-").unwrap());
    assert_eq!(read(&[("traceparent", &later)]).parts().count(), 1, "a later version may say more");
    assert_eq!(read(&[("baggage", "a\nb")]), TraceContext::default());
    assert_eq!(read(&[("baggage", &"x".repeat(8193))]), TraceContext::default());
    assert_eq!(read(&[("baggage", &"x".repeat(8192))]).parts().count(), 1);
}

fn read(values: &[(&str, &str)]) -> TraceContext {
    TraceContext::read(|name| values.iter().find(|(own, _)| *own == name).map(|(_, value)| Cow::Borrowed(*value)))
}

fn traced(message: &str, trace: &TraceContext) -> String {
    let message = request(message.as_bytes().to_vec());
    let bytes = bridge::with_trace_context(&message, trace).map(worded).unwrap();
    String::from_utf8(bytes.unwrap()).unwrap()
}
