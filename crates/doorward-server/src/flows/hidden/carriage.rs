//! Handles in the arguments of a call: their values are put in before anything is decided.
//!
//! Responsible for finding handles, for the values that stand behind them, and for how the call is told of where it is
//! written down: with the keyed hash of each value in the place of the value. It must never put in a value that is not of
//! the caller's own context, and never part of a text.

use std::ops::Range;

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use doorward_core::flow::{Label, Source};
use doorward_core::ids::ExchangeId;
use doorward_core::refusal::{Code, Refusal};
use doorward_core::time::Timestamp;
use doorward_flow::canonical::Kind;
use doorward_flow::hide::{HiddenId, Mention, SCHEME, mention, value_at};
use doorward_mcp::compose::quote;
use doorward_mcp::limits::Limits;
use doorward_mcp::message::{Message, Request};
use doorward_mcp::raw::{Raw, RawJson, Token};
use doorward_mcp::splice::Splice;

use super::super::{Flight, Flows};
use super::kept::Hidden;
use crate::limits::{HANDLES_PER_CALL_MAX, HIDDEN_VALUE_BYTES_MAX};

/// What a call carries that its caller has never seen.
pub(in crate::flows) struct Carriage {
    /// The join of the labels of the values.
    pub(in crate::flows) label: Label,
    /// Where they come from.
    pub(in crate::flows) sources: Vec<Source>,
    /// The parameters with a hash in the place of each value.
    pub(in crate::flows) masked: RawJson,
    /// The digest of the arguments in them.
    pub(in crate::flows) digest: Option<[u8; 32]>,
}

/// A handle in a call, and where it stands.
struct Named {
    range: Range<usize>,
    id: HiddenId,
    pointer: String,
}

impl Flows {
    /// The call with the values behind its handles; as it is, when it has none.
    ///
    /// # Errors
    /// A handle is not the caller's, names nothing, or is part of a text.
    pub(crate) fn unfold(&self, id: ExchangeId, message: Message, now: Timestamp) -> Result<Message, Refusal> {
        let Message::Request(request) = message else { return Ok(message) };
        let Some(arguments) = arguments(&request).filter(|arguments| may_mention(*arguments)) else {
            return Ok(Message::Request(request));
        };
        let named = handles(arguments)?;
        if named.is_empty() {
            return Ok(Message::Request(request));
        }
        let flight = self.flight(id).ok_or_else(foreign)?;
        let mut load = Load::default();
        self.contexts.with(&flight.place, now, |entry| {
            let mask = |value: &str| self.keyed.hash(Kind::Text, value);
            named.into_iter().try_for_each(|named| load.take(&entry.body.hidden, &flight, named, mask))
        })?;
        let (whole, carriage) = load.into_call(&request).ok_or_else(unfit)?;
        // A message is put together once; a second time would find no handle in it.
        let _ = flight.carriage.set(carriage);
        Ok(Message::Request(whole))
    }

    /// The parameters of a call with a hash in the place of each value that its caller has never seen; `None` when it has
    /// none such.
    pub(crate) fn masked(&self, id: ExchangeId) -> Option<RawJson> {
        self.flight(id)?.carriage.get().map(|carriage| carriage.masked.clone())
    }
}

/// The values of a call, put in one after the other.
#[derive(Default)]
struct Load {
    values: Vec<(Range<usize>, String)>,
    masks: Vec<(Range<usize>, String)>,
    label: Label,
    sources: Vec<Source>,
    bytes: usize,
}

impl Load {
    fn take(
        &mut self,
        hidden: &Hidden,
        flight: &Flight,
        Named { range, id, pointer }: Named,
        mask: impl Fn(&str) -> u64,
    ) -> Result<(), Refusal> {
        let kept = hidden.find(id, &flight.owner).ok_or_else(foreign)?;
        let value = value_at(kept.value.as_raw(), &pointer).ok_or_else(nothing_there)?;
        self.bytes = self.bytes.saturating_add(value.bytes().len());
        if self.bytes > HIDDEN_VALUE_BYTES_MAX || self.values.len() >= HANDLES_PER_CALL_MAX {
            return Err(too_much());
        }
        self.values.push((range.clone(), value.text().to_owned()));
        self.masks.push((range, quote(&format!("[hidden value {:016x}]", mask(value.text())))));
        self.label = self.label.join(&kept.label);
        if !self.sources.contains(&kept.source) {
            self.sources.push(kept.source.clone());
        }
        Ok(())
    }

    fn into_call(self, request: &Request) -> Option<(Request, Carriage)> {
        let whole = with(request.bytes(), self.values)?;
        let masked = with(request.bytes(), self.masks)?;
        let params = masked.keep(masked.params()?).detached();
        let digest = arguments(&masked).and_then(|sent| digest(&SHA256, sent.bytes()).as_ref().try_into().ok());
        Some((whole, Carriage { label: self.label, sources: self.sources, masked: params, digest }))
    }
}

/// The arguments of a call.
pub(super) fn arguments(request: &Request) -> Option<Raw<'_>> {
    (request.method() == "tools/call").then(|| request.param("arguments")).flatten()
}

/// Whether a handle may stand in there. What may be written with escapes is looked at.
pub(super) fn may_mention(arguments: Raw<'_>) -> bool {
    let text = arguments.text();
    text.contains(SCHEME) || (text.contains('\\') && texts(arguments).any(|text| text.contains(SCHEME)))
}

fn texts(arguments: Raw<'_>) -> impl Iterator<Item = std::borrow::Cow<'_, str>> {
    arguments.tokens().filter_map(|token| match token {
        Token::Name(raw) | Token::Scalar(raw) => raw.as_str(),
        Token::Open(_) | Token::Close => None,
    })
}

/// Every handle in the arguments.
fn handles(arguments: Raw<'_>) -> Result<Vec<Named>, Refusal> {
    let mut named = Vec::new();
    for token in arguments.tokens() {
        let (raw, is_value) = match token {
            Token::Scalar(raw) => (raw, true),
            Token::Name(raw) => (raw, false),
            Token::Open(_) | Token::Close => continue,
        };
        let Some(text) = raw.as_str() else { continue };
        match mention(&text) {
            Some(Mention::Whole(id, pointer)) if is_value => {
                named.push(Named { range: raw.range(), id, pointer: pointer.to_owned() });
            }
            Some(Mention::Invented) if is_value => return Err(foreign()),
            Some(Mention::Whole(..) | Mention::Within) => return Err(within()),
            Some(Mention::Invented) | None => {}
        }
        if named.len() > HANDLES_PER_CALL_MAX {
            return Err(too_much());
        }
    }
    Ok(named)
}

fn with(bytes: &Bytes, edits: Vec<(Range<usize>, String)>) -> Option<Request> {
    let mut splice = Splice::new(bytes);
    for (range, json) in edits {
        splice.replace(range, json).ok()?;
    }
    match Message::parse(splice.finish().into_bytes(), &Limits::for_results()) {
        Ok(Message::Request(request)) => Some(request),
        Ok(Message::Notification(_) | Message::Response(_)) | Err(_) => None,
    }
}

/// What is told of a handle that is none of the caller's.
pub(crate) fn foreign() -> Refusal {
    Refusal::new(Code::ForeignHandle)
        .with_detail("A handle of a hidden result is good in the task that it was given in.")
}

fn within() -> Refusal {
    misfit("A handle of a hidden result stands within a text. Pass it alone, as the whole of an argument.")
}

fn nothing_there() -> Refusal {
    misfit("A handle names no single value. Put '#' behind it, and a place that the schema of its result names.")
}

fn too_much() -> Refusal {
    misfit("More hidden values are named than go into one call.")
}

fn unfit() -> Refusal {
    misfit("The hidden values cannot be put into the call.")
}

fn misfit(detail: &str) -> Refusal {
    Refusal::new(Code::SchemaMismatch).with_detail(detail)
}
