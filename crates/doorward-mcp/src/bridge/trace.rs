//! Trace context, which travels in HTTP headers in the legacy era and in `_meta` in the modern one.
//!
//! Responsible for reading it, for refusing what is not in the form of W3C Trace Context, and for putting it where
//! the other side looks. It must never replace what the sender wrote, and never start a trace.

use super::edit::{self, Change, Edits, Member, Meta};
use super::{Rewording, Row, Unbridged};
use crate::compose::quote;
use crate::message::{Message, Request};

const TRACEPARENT: &str = "traceparent";
const TRACESTATE: &str = "tracestate";
const BAGGAGE: &str = "baggage";

/// The trace that a request belongs to. What is not sound is not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceContext {
    parent: Option<String>,
    state: Option<String>,
    baggage: Option<String>,
}

impl TraceContext {
    /// Reads the three values by their names, which are the same in headers and in `_meta`.
    #[must_use]
    pub fn read<'v>(value: impl Fn(&str) -> Option<std::borrow::Cow<'v, str>>) -> Self {
        let parent = value(TRACEPARENT).filter(|parent| is_traceparent(parent));
        // Without a parent the state belongs to nothing.
        let state = parent.as_ref().and_then(|_| value(TRACESTATE)).filter(|state| is_list(state));
        let baggage = value(BAGGAGE).filter(|baggage| is_list(baggage));
        Self {
            parent: parent.map(std::borrow::Cow::into_owned),
            state: state.map(std::borrow::Cow::into_owned),
            baggage: baggage.map(std::borrow::Cow::into_owned),
        }
    }

    /// Reads it from the `_meta` of a request.
    #[must_use]
    pub fn of_request(request: &Request) -> Self {
        Self::read(|name| request.meta()?.member(name)?.as_str())
    }

    /// Name and value of each part there is, for headers.
    pub fn parts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let parts = [(TRACEPARENT, &self.parent), (TRACESTATE, &self.state), (BAGGAGE, &self.baggage)];
        parts.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)))
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.parent.is_none() && self.baggage.is_none()
    }
}

/// The request with the trace in its `_meta`. A part that the request has already stays as it is.
///
/// # Errors
/// The request cannot be edited.
pub fn with_trace_context(request: &Request, trace: &TraceContext) -> Result<Rewording, Unbridged> {
    let own = |name: &str| request.meta().and_then(|meta| meta.member(name));
    // A state says something of the parent beside it alone.
    let of_another = own(TRACEPARENT).is_some_and(|parent| parent.as_str().as_deref() != trace.parent.as_deref());
    let wanted = |name: &str| own(name).is_none() && !(of_another && name == TRACESTATE);
    let set: Vec<Member<'_>> =
        trace.parts().filter(|(name, _)| wanted(name)).map(|(name, value)| (name, quote(value))).collect();
    if set.is_empty() {
        return Ok(Rewording(Message::Request(request.clone())));
    }
    let mut edits = Edits::of(request.bytes());
    match request.params() {
        Some(params) => edits.members_and_meta(params, |_| Change::Keep, &[], Meta { drop: &[], set }),
        None => {
            let params = edit::object_of(&[("_meta", edit::object_of(&set))]);
            edits.members(edit::root(request.bytes()), |_| Change::Keep, &[("params", params)]);
        }
    }
    let bytes = edits.finish(Row::TraceContext)?;
    Ok(Rewording(Message::Request(super::request(Row::TraceContext, bytes)?)))
}

/// Version, trace, parent and flags, as W3C Trace Context §3.2 has them.
fn is_traceparent(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [version, trace, parent, flags, ..] = parts.as_slice() else {
        return false;
    };
    let is_hex = |part: &str, digits: usize| {
        part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    let says_something = |part: &str| part.bytes().any(|byte| byte != b'0');
    let ends = if *version == "00" { parts.len() == 4 } else { text.len() <= super::limits::TRACE_CHARACTERS };
    is_hex(version, 2)
        && *version != "ff"
        && is_hex(trace, 32)
        && says_something(trace)
        && is_hex(parent, 16)
        && says_something(parent)
        && is_hex(flags, 2)
        && ends
}

/// A list that can stand in a header.
fn is_list(text: &str) -> bool {
    let is_visible = |byte: u8| byte == b'\t' || (b' '..=b'~').contains(&byte);
    !text.is_empty() && text.len() <= super::limits::TRACE_CHARACTERS && text.bytes().all(is_visible)
}
