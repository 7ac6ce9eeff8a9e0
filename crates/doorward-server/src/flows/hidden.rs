//! Results that the model never sees: kept here, with a handle in their place.
//!
//! Responsible for what a client is shown of the answer of a tool that is marked so, and for what else of such a call is
//! withheld. It must never let a value of the answer through, whatever the answer looks like: what cannot be stood for is
//! refused. The answer raises no label, because nobody who could be led by it has read it.

pub(super) mod carriage;
mod definition;
pub(super) mod kept;
mod projection;
mod stand_in;

use std::sync::Arc;

use doorward_core::access::Resource;
use doorward_core::flow::{Label, Why};
use doorward_core::guard::{Content, Edit, Inspection, Surface, Verdict};
use doorward_core::ids::{ExchangeId, ServerId};
use doorward_core::refusal::Code;
use doorward_core::time::Timestamp;
use doorward_flow::hide::HiddenId;
use doorward_mcp::message::{Message, Request};
use doorward_mcp::raw::RawJson;

use super::{Flight, Flows, arrival, locked, nature, output_schema};
use crate::clock::random_bytes;
use crate::gateway::{Authority, Gateway};
use kept::{Kept, NoRoom, Weight};

/// Whether the model sees what a tool answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    /// It does.
    Open,
    /// It gets a handle instead.
    Hidden,
}

/// What becomes of an inspected message.
#[derive(Debug)]
pub(crate) enum Shown {
    /// It is shown as the guards leave it.
    Open(Inspection),
    /// A handle is shown in its place, or nothing.
    Hidden(Inspection),
}

/// What is told of an answer that is neither shown nor stood for.
const WITHHELD: &str = "The results of this tool are hidden, and this one cannot be stood for by a handle.";

impl Flows {
    /// Whether the model is to see what answers `message`.
    pub(crate) fn sight(&self, gateway: &Gateway, server: &ServerId, message: &Message) -> Sight {
        let Message::Request(request) = message else { return Sight::Open };
        let Some(tool) = called(request).filter(|_| gateway.authority() == Authority::Policy) else {
            return Sight::Open;
        };
        sight_of(gateway, &Resource::Tool(server.clone(), tool))
    }

    /// Whether handles may stand in `message`.
    pub(crate) fn names_hidden(&self, message: &Message) -> bool {
        match message {
            Message::Request(request) => carriage::arguments(request).is_some_and(carriage::may_mention),
            Message::Notification(_) | Message::Response(_) => false,
        }
    }

    /// Takes note of a server that is sent a call whose results are hidden.
    pub(crate) fn begins_hiding(&self, server: &ServerId) {
        locked(&self.hiding).insert(server.clone());
    }

    /// Whether what answers the message under way is hidden; then nothing that its server says meanwhile is shown.
    pub(crate) fn hides(&self, id: ExchangeId) -> bool {
        self.flight(id).is_some_and(|flight| flight.sight == Sight::Hidden)
    }

    /// Whether what a server says in its log, outside of calls, is withheld: it may be from a hidden result.
    pub(crate) fn silences(&self, server: &ServerId, method: &str) -> bool {
        matches!(method, "notifications/message" | "notifications/progress") && locked(&self.hiding).contains(server)
    }

    /// Puts a handle in the place of what is not to be seen. The guards have seen it.
    pub(crate) fn hide(
        &self,
        gateway: &Gateway,
        content: &Content<'_>,
        inspection: Inspection,
        now: Timestamp,
    ) -> Shown {
        let Some(resource) = content.resource else { return Shown::Open(inspection) };
        match content.surface {
            Surface::Result | Surface::Error if content.method == "tools/call" => {
                let flight = content.exchange.and_then(|id| self.flight(id));
                let marked = flight.as_ref().is_some_and(|flight| flight.sight == Sight::Hidden);
                if !marked && sight_of(gateway, resource) == Sight::Open {
                    return Shown::Open(inspection);
                }
                let verdict = match flight {
                    Some(flight) => self.stood_for(gateway, (content, &flight), &inspection, now),
                    None => Err(Code::Busy),
                };
                let blocked = |code| Verdict::Block { code, detail: WITHHELD.to_owned() };
                Shown::Hidden(Inspection { verdict: verdict.unwrap_or_else(blocked), ..inspection })
            }
            Surface::Definition if sight_of(gateway, resource) == Sight::Hidden => {
                Shown::Open(definition::with_handles(content, inspection))
            }
            Surface::Result
            | Surface::Error
            | Surface::Definition
            | Surface::Request
            | Surface::Reply
            | Surface::Question
            | Surface::Notification
            | Surface::Instructions => Shown::Open(inspection),
        }
    }

    /// What is shown in the place of an answer, which is kept.
    fn stood_for(
        &self,
        gateway: &Gateway,
        (content, flight): (&Content<'_>, &Flight),
        inspection: &Inspection,
        now: Timestamp,
    ) -> Result<Verdict, Code> {
        let edits = match &inspection.verdict {
            Verdict::Pass => &[][..],
            Verdict::Rewrite(edits) => edits,
            // Nobody is waited for with an answer in hand.
            Verdict::Hold { .. } => return Err(Code::AnswerBlocked),
            Verdict::Block { code, .. } => return Err(*code),
        };
        let [part] = content.parts.as_slice() else { return Err(Code::AnswerWithheld) };
        let answer = stand_in::read(content.message, edits).ok_or(Code::AnswerWithheld)?;
        let value = stand_in::value(&answer).ok_or(Code::AnswerWithheld)?;
        let id = HiddenId::from_random(random_bytes());
        let declared = content.resource.and_then(|resource| output_schema(gateway, resource));
        let json = stand_in::shown(&answer, &value, id, declared.as_ref()).ok_or(Code::AnswerWithheld)?;
        let label = self.label_of_hidden(gateway, content, inspection);
        self.keep(content, flight, (id, value, label), now)?;
        Ok(Verdict::Rewrite(vec![Edit { range: part.range(), json }]))
    }

    fn keep(
        &self,
        content: &Content<'_>,
        flight: &Flight,
        (id, value, label): (HiddenId, RawJson, Label),
        now: Timestamp,
    ) -> Result<(), Code> {
        let weight = Weight::take(&self.hidden_bytes, value.bytes().len()).map_err(NoRoom::code)?;
        let why = if label.is_untrusted() { Why::Untrusted } else { Why::Confidential };
        let source = arrival::source(content, why);
        let kept = Kept { owner: flight.owner.clone(), label, source, value, weight };
        self.contexts.with(&flight.place, now, |entry| entry.body.hidden.keep(id, kept)).map_err(NoRoom::code)
    }

    fn label_of_hidden(&self, gateway: &Gateway, content: &Content<'_>, inspection: &Inspection) -> Label {
        let nature = content.resource.and_then(|resource| nature(gateway, resource));
        let label = arrival::label_of(content, nature.as_deref(), inspection);
        nature.map_or(label.clone(), |nature| label.join(&nature.widest()))
    }
}

/// The code that a hidden error is told with: one of those that every server has.
pub(crate) const fn error_code(code: i64) -> i64 {
    match code {
        -32700 | -32603..=-32600 => code,
        _ => -32603,
    }
}

fn sight_of(gateway: &Gateway, resource: &Resource) -> Sight {
    match nature(gateway, resource) {
        Some(nature) if nature.hide => Sight::Hidden,
        Some(_) | None => Sight::Open,
    }
}

/// The tool that a request calls.
fn called(request: &Request) -> Option<Arc<str>> {
    let name = (request.method() == "tools/call").then(|| request.param("name")).flatten()?;
    name.as_str().map(|name| Arc::from(&*name))
}
