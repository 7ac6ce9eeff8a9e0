//! What a message says of the unit of work it belongs to.
//!
//! Responsible for reading it: what the transport knows, what stands in `_meta`, and a handle among the arguments of a
//! call. It never says what a hint is worth; [`doorward_flow::contexts`] does.

use std::collections::BTreeSet;
use std::sync::Arc;

use doorward_core::access::Approach;
use doorward_core::flow::{Carried, CarriedBy, Handle};
use doorward_core::principal::Principal;
use doorward_flow::contexts::Honesty;
use doorward_mcp::raw::Raw;

/// Where a client puts a handle of the gateway in `_meta`.
pub const META_CONTEXT: &str = "dev.doorward/context";

/// The argument in which a model passes a handle on, where its client cannot.
pub const ARGUMENT: &str = "doorward_context";

/// What OpenCode calls its conversation in `_meta`.
const META_SESSION: &str = "sessionID";

/// The trace (W3C Trace Context), as 2026-07-28 has it in `_meta`; what HTTP headers say was put there before.
const META_TRACE: &str = "traceparent";

/// `approach` with everything that a message says: on top of what its transport knows.
pub(crate) fn read(approach: Approach, meta: Option<Raw<'_>>, arguments: Option<Raw<'_>>) -> Approach {
    let text = |of: Option<Raw<'_>>, name: &str| of?.member(name)?.as_str().map(|text| text.into_owned());
    let handle = |of, name, by| Some(Carried { handle: Handle::parse(&text(of, name)?)?, by });
    let carried =
        handle(meta, META_CONTEXT, CarriedBy::Client).or_else(|| handle(arguments, ARGUMENT, CarriedBy::Model));
    let (session, trace) = (text(meta, META_SESSION), text(meta, META_TRACE));
    if carried.is_none() && session.is_none() && trace.is_none() {
        return approach;
    }
    let mut hints = approach.hints.as_deref().cloned().unwrap_or_default();
    if let Some(carried) = carried {
        hints = hints.with_handle(carried);
    }
    if let Some(session) = session {
        hints = hints.with_declared(&session);
    }
    if let Some(trace) = trace {
        hints = hints.with_traceparent(&trace);
    }
    Approach { hints: Some(Arc::new(hints)), ..approach }
}

/// Whether the client of `who` is among those that the operator has registered as honest. Only a client that the
/// credentials name can be: what a client calls itself is worth nothing.
#[must_use]
pub fn honesty(registered: &BTreeSet<Arc<str>>, who: &Principal) -> Honesty {
    match who.agent() {
        Some(client) if registered.contains(client) => Honesty::Honest,
        Some(_) | None => Honesty::Unproven,
    }
}

#[cfg(test)]
mod tests {
    use doorward_core::access::Face;
    use doorward_core::flow::Hints;
    use doorward_core::principal::{Claims, Proof, Subject};
    use doorward_mcp::limits::Limits;
    use doorward_mcp::raw::RawJson;
    use serde_json::json;

    use super::*;

    fn hints(transport: Hints, params: &serde_json::Value) -> Option<Arc<Hints>> {
        let params = RawJson::parse(params.to_string(), &Limits::default()).unwrap();
        let member = |name| params.as_raw().member(name);
        let approach = Approach { hints: Some(Arc::new(transport)), ..Approach::new(Face::Http) };
        read(approach, member("_meta"), member("arguments")).hints
    }

    #[test]
    fn what_a_message_says_is_added_to_what_its_transport_knows() {
        let handle = Handle::new([1; 16], [2; 16]);
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let meta = json!({ "sessionID": "ses_1", "traceparent": trace, META_CONTEXT: handle.to_string() });
        let transport = Hints::default().with_session("s").with_process(7);
        let expected = transport.clone().with_declared("ses_1").with_traceparent(trace);
        let expected = expected.with_handle(Carried { handle, by: CarriedBy::Client });
        let params = json!({ "_meta": meta, "arguments": { ARGUMENT: Handle::new([3; 16], [4; 16]).to_string() } });
        assert_eq!(hints(transport, &params).as_deref(), Some(&expected));
    }

    #[test]
    fn a_handle_among_the_arguments_is_the_models() {
        let handle = Handle::new([1; 16], [2; 16]);
        let read = hints(Hints::default(), &json!({ "arguments": { ARGUMENT: handle.to_string() } })).unwrap();
        assert_eq!(read.handle(), Some(Carried { handle, by: CarriedBy::Model }));
    }

    #[test]
    fn what_is_no_hint_leaves_what_was_known() {
        let transport = Hints::default().with_session("s");
        let cases = [
            json!({}),
            json!({ "_meta": 1, "arguments": [] }),
            json!({ "_meta": { "sessionID": 7, META_CONTEXT: "ctx-1", "traceparent": null } }),
            json!({ "arguments": { ARGUMENT: "mine" } }),
            json!({ "_meta": { "sessionid": "x", "other": { "sessionID": "x" } } }),
        ];
        for params in cases {
            assert_eq!(hints(transport.clone(), &params).as_deref(), Some(&transport), "{params}");
        }
    }

    #[test]
    fn only_a_client_that_credentials_name_is_honest() {
        let registered = std::iter::once(Arc::from("desk")).collect();
        let claims = Claims::of(Subject::User("desk".into()), Proof::AccessToken);
        let with = |agent: Option<&str>| {
            let claims = Claims { agent: agent.map(Arc::from), ..claims.clone() };
            honesty(&registered, &Principal::claimed(claims).unwrap())
        };
        assert_eq!(with(Some("desk")), Honesty::Honest);
        assert_eq!(with(Some("other")), Honesty::Unproven);
        assert_eq!(with(None), Honesty::Unproven);
    }
}
