//! What a message says of the unit of work it belongs to.
//!
//! Hints only: nothing here says what one is worth. A text that is empty, too long or holds control characters is dropped
//! whole, never cut, because two units of work must not become one without anybody's knowing. A forged hint is as easy to
//! make as a true one, so whoever reads them may only ever take them as a reason to merge, unless somebody vouches for them.

use std::fmt;
use std::sync::Arc;

use super::unit::SignedUnit;
use crate::limits::FLOW_HINT_MAX;

/// How the text of a handle begins.
const PREFIX: &str = "ctx-";

/// What a message says of its unit of work. The default says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Hints {
    signed: Option<Arc<SignedUnit>>,
    declared: Option<Box<str>>,
    handle: Option<Carried>,
    session: Option<Box<str>>,
    trace: Option<Box<str>>,
    process: Option<u64>,
}

impl Hints {
    /// With the unit of work that the credentials name: a mission, a transaction. Only for claims that were verified.
    #[must_use]
    pub fn with_signed(self, text: &str) -> Self {
        Self { signed: SignedUnit::new(text).ok().map(Arc::new), ..self }
    }

    /// With the unit of work that the credentials name, and what they say of it. Only for claims that were verified.
    #[must_use]
    pub fn with_unit(self, unit: Arc<SignedUnit>) -> Self {
        Self { signed: Some(unit), ..self }
    }

    /// With what the client declares in `_meta`.
    #[must_use]
    pub fn with_declared(self, text: &str) -> Self {
        Self { declared: fit(text), ..self }
    }

    /// With a handle that this gateway has given.
    #[must_use]
    pub fn with_handle(self, carried: Carried) -> Self {
        Self { handle: Some(carried), ..self }
    }

    /// With the session of the transport.
    #[must_use]
    pub fn with_session(self, text: &str) -> Self {
        Self { session: fit(text), ..self }
    }

    /// With the trace id of a W3C `traceparent`; anything else is dropped.
    #[must_use]
    pub fn with_traceparent(self, text: &str) -> Self {
        Self { trace: trace_id(text).map(Box::from), ..self }
    }

    /// With the number of the process whose standard streams the message came by.
    #[must_use]
    pub fn with_process(self, process: u64) -> Self {
        Self { process: Some(process), ..self }
    }

    /// The unit of work that verified credentials name.
    #[must_use]
    pub fn signed(&self) -> Option<&str> {
        self.signed.as_deref().map(SignedUnit::id)
    }

    /// The same, with what they say of it.
    #[must_use]
    pub const fn unit(&self) -> Option<&Arc<SignedUnit>> {
        self.signed.as_ref()
    }

    /// What the client declares.
    #[must_use]
    pub fn declared(&self) -> Option<&str> {
        self.declared.as_deref()
    }

    /// A handle of the gateway, with who put it there.
    #[must_use]
    pub const fn handle(&self) -> Option<Carried> {
        self.handle
    }

    /// The session of the transport.
    #[must_use]
    pub fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }

    /// The trace, as 32 hexadecimal digits.
    #[must_use]
    pub fn trace(&self) -> Option<&str> {
        self.trace.as_deref()
    }

    /// The process at the other end.
    #[must_use]
    pub const fn process(&self) -> Option<u64> {
        self.process
    }
}

/// A handle of the gateway in a message, with who put it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Carried {
    /// The handle.
    pub handle: Handle,
    /// Who put it there.
    pub by: CarriedBy,
}

/// Who put a handle into a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CarriedBy {
    /// The client's program: it stands in `_meta`.
    Client,
    /// The model: it stands among the arguments, where text that the model has read can have it changed.
    Model,
}

/// What the gateway gives for a unit of work that it opened: 16 random bytes, and 16 that only the gateway can make of them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Handle {
    random: [u8; 16],
    tag: [u8; 16],
}

impl Handle {
    /// A handle of these parts.
    #[must_use]
    pub const fn new(random: [u8; 16], tag: [u8; 16]) -> Self {
        Self { random, tag }
    }

    /// Reads what [`fmt::Display`] writes; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(PREFIX)?;
        let (random, tag) = digits.split_at_checked(32)?;
        Some(Self { random: sixteen(random)?, tag: sixteen(tag)? })
    }

    /// The random part.
    #[must_use]
    pub const fn random(&self) -> &[u8; 16] {
        &self.random
    }

    /// What proves that the gateway made it.
    #[must_use]
    pub const fn tag(&self) -> &[u8; 16] {
        &self.tag
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [random, tag] = [self.random, self.tag].map(u128::from_be_bytes);
        write!(f, "{PREFIX}{random:032x}{tag:032x}")
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handle(…)")
    }
}

/// Takes a name whole or not at all.
pub(super) fn fit(text: &str) -> Option<Box<str>> {
    let fits = !text.is_empty() && text.len() <= FLOW_HINT_MAX && !text.chars().any(char::is_control);
    fits.then(|| Box::from(text))
}

/// The trace id of `traceparent` (W3C Trace Context §3.2): version, trace id, parent id, flags.
fn trace_id(text: &str) -> Option<&str> {
    let mut parts = text.trim().split('-');
    let [version, trace, parent] = [parts.next()?, parts.next()?, parts.next()?];
    let hex =
        |part: &str, length| part.len() == length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let fits = hex(version, 2) && version != "ff" && hex(trace, 32) && hex(parent, 16);
    (fits && trace.bytes().any(|byte| byte != b'0')).then_some(trace)
}

fn sixteen(digits: &str) -> Option<[u8; 16]> {
    let hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let fits = digits.len() == 32 && digits.bytes().all(hex);
    fits.then(|| u128::from_str_radix(digits, 16).ok().map(u128::to_be_bytes)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_read_as_it_is_written_and_in_no_other_way() {
        let handle = Handle::new([7; 16], [0xa5; 16]);
        let text = handle.to_string();
        assert_eq!(Handle::parse(&text), Some(handle));
        for other in [
            "",
            "ctx-",
            text.trim_start_matches('c'),
            text.trim_end_matches(|c: char| c.is_ascii_alphanumeric()),
            &format!("{text}0"),
            &text.to_uppercase(),
        ] {
            assert_eq!(Handle::parse(other), None, "{other}");
        }
        assert_eq!(Handle::parse(&text.replace("a5", "+5")), None);
        assert!(!format!("{handle:?}").contains("a5"), "a handle stays out of logs");
    }

    #[test]
    fn a_hint_is_taken_whole_or_not_at_all() {
        let longest = "x".repeat(FLOW_HINT_MAX);
        assert_eq!(Hints::default().with_declared(&longest).declared(), Some(longest.as_str()));
        for text in [format!("{longest}x"), String::new(), "a\nb".to_owned()] {
            assert_eq!(Hints::default().with_declared(&text).declared(), None);
            assert_eq!(Hints::default().with_session(&text).session(), None);
            assert_eq!(Hints::default().with_signed(&text).signed(), None);
        }
    }

    #[test]
    fn only_a_trace_parent_names_a_trace() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let read = |text: &str| Hints::default().with_traceparent(text).trace().map(str::to_owned);
        assert_eq!(read(&format!("00-{trace}-00f067aa0ba902b7-01")).as_deref(), Some(trace));
        assert_eq!(read(&format!("01-{trace}-00f067aa0ba902b7-01-more")).as_deref(), Some(trace));
        let zero = "0".repeat(32);
        for text in [trace, "", "00--00f067aa0ba902b7-01", &format!("00-{zero}-00f067aa0ba902b7-01")] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read(&format!("ff-{trace}-00f067aa0ba902b7-01")), None);
        assert_eq!(read(&format!("00-{}-00f067aa0ba902b7-01", trace.to_uppercase())), None);
    }
}
