//! Taking in what a server says, before anybody sees it.

use std::sync::Arc;

use doorward_core::access::{Observed, Resource};
use doorward_core::flow::{Confidentiality, FlowSeen, Label, LedgerSeen, Source, Why};
use doorward_core::guard::{Content, Inspection, Surface, Verdict};
use doorward_core::ids::ExchangeId;
use doorward_core::refusal::Code;
use doorward_core::time::Timestamp;
use doorward_flow::context::{Arrived, Call};
use doorward_flow::ledger::{Arrival, Records};
use doorward_flow::nature::{Nature, claimed};
use doorward_flow::scanned::{found, raised};
use doorward_mcp::raw::{Kind, Raw};

use super::{Flight, Flows, locked, nature, output_schema, said_beside_tools};
use crate::gateway::Gateway;
use crate::limits::FLOW_PARTS_MAX;

impl Flows {
    /// Takes in what is about to be shown to a client. What a guard keeps back is not shown, and so not taken in. What comes
    /// of it is for whoever shows it: with what this brings, the rules may not let it be asked for.
    pub(crate) fn absorb(
        &self,
        gateway: &Gateway,
        content: &Content<'_>,
        inspection: Inspection,
        now: Timestamp,
    ) -> Inspection {
        let is_read = match content.surface {
            Surface::Error | Surface::Question => true,
            Surface::Result | Surface::Notification => says_something(content),
            Surface::Request | Surface::Reply | Surface::Definition | Surface::Instructions => false,
        };
        let is_shown = match &inspection.verdict {
            Verdict::Pass | Verdict::Rewrite(_) | Verdict::Hold { .. } => true,
            Verdict::Block { .. } => false,
        };
        let Some(flight) = content.exchange.filter(|_| is_read && is_shown).and_then(|id| self.flight(id)) else {
            return inspection;
        };
        let nature = content.resource.and_then(|resource| nature(gateway, resource));
        let schema = content.resource.and_then(|resource| output_schema(gateway, resource));
        let spoken = spoken(content);
        let (fields, beside) = apart(content, &spoken);
        let prose = nature.as_deref().filter(|nature| !nature.fields.is_empty()).map(Nature::of_prose);
        let plain = prose.as_ref().or(nature.as_deref());
        let label = label_of(content, if beside.is_empty() { nature.as_deref() } else { plain }, &inspection);
        let label = match content.resource {
            Some(Resource::Tool(..)) => label,
            Some(_) | None => label.join(&said_beside_tools(gateway, content.server)),
        };
        let parts: Vec<Raw<'_>> = spoken.iter().map(|(_, part)| *part).collect();
        let rules = self.rules.load();
        let records = Records::read(&self.keyed, content.server, &parts, &rules.walls);
        let ledger = self.ledger(&flight.owner, now);
        let (reckoning, read) = self.contexts.with(&flight.place, now, |entry| {
            entry.body.context.raise(entry.label);
            entry.body.count_in(&ledger);
            for (nature, parts) in [(nature.as_deref(), &fields), (plain, &beside)] {
                let call = nature.and_then(|nature| call(content, nature));
                let output_schema = schema.as_ref().map(|schema| schema.as_raw());
                let arrived = Arrived { server: content.server, call, label: &label, output_schema, parts };
                entry.body.context.absorb(&arrived, &mut locked(&self.shapes));
            }
            let read = entry.body.context.label().clone();
            let arrival = Arrival { server: content.server, label: &label, records: &records };
            let reckoning = locked(&ledger).arrived(&mut entry.body.ledger, &arrival, &rules.caps, now);
            for why in reasons(&label, reckoning.confidential) {
                entry.body.remember(source(content, why));
                self.remember(&flight.owner, source(content, why));
            }
            if reckoning.confidential || label.confidentiality >= Confidentiality::Confidential {
                for (field, part) in &spoken {
                    let source = source(content, Why::Text).with_field(field);
                    entry.body.index(&self.prints, source, label.confidentiality, part.text());
                }
            }
            (reckoning, read)
        });
        let label = label.join(&read);
        let label = if reckoning.confidential { label.join(&raised(Confidentiality::Confidential)) } else { label };
        self.contexts.raise(&flight.place, &label, now);
        if reckoning.withhold.is_some() && is_refused_with(gateway, &flight, reckoning.seen) {
            let detail = "With this answer, more was read than a rule lets one task read. It is kept back.".to_owned();
            return Inspection { verdict: Verdict::Block { code: Code::FlowRefused, detail }, ..inspection };
        }
        inspection
    }
}

/// Whether the rules would refuse the call that is answered, had they known what its answer brings to the ledger.
fn is_refused_with(gateway: &Gateway, flight: &Flight, ledger: LedgerSeen) -> bool {
    let Some(decided) = locked(&flight.judged).decided.clone() else { return false };
    let (request, observed) = *decided;
    let before = observed.flow.as_deref().cloned().unwrap_or_default();
    // Where a rule asks whether this server gave records: it just did.
    let flow = FlowSeen { ledger: LedgerSeen { source: true, ..ledger }, ..before };
    let observed = Observed { flow: Some(Arc::new(flow)), ..observed };
    !gateway.engine().decide(&request, &observed).is_allow()
}

/// The label of what arrived: what is known of the tool, and what the guards saw and left in it.
pub(super) fn label_of(content: &Content<'_>, nature: Option<&Nature>, inspection: &Inspection) -> Label {
    let mut label = nature.map_or_else(Label::unknown, |nature| nature.result.clone());
    label.origins.insert(content.server.clone());
    label = label.join(&found(&inspection.findings));
    metas(content).fold(label, |label, meta| label.join(&claimed(meta)))
}

/// The `_meta` of what arrived, and of each of its blocks.
fn metas<'a>(content: &'a Content<'_>) -> impl Iterator<Item = Raw<'a>> {
    let blocks = content.parts.iter().flat_map(|part| {
        let lists = ["content", "contents", "messages"].into_iter().filter_map(|name| part.member(name));
        lists.flat_map(|blocks| blocks.elements().take(FLOW_PARTS_MAX))
    });
    let within = blocks.flat_map(|block| [Some(block), block.member("resource"), block.member("content")]).flatten();
    content.parts.iter().copied().chain(within).filter_map(|part| part.member("_meta"))
}

fn reasons(label: &Label, is_joined: bool) -> impl Iterator<Item = Why> {
    let untrusted = label.is_untrusted().then_some(Why::Untrusted);
    let held = is_joined || label.confidentiality >= Confidentiality::Confidential;
    untrusted.into_iter().chain(held.then_some(Why::Confidential))
}

pub(super) fn source(content: &Content<'_>, why: Why) -> Source {
    let exchange = content.exchange.unwrap_or_else(|| ExchangeId::from_parts(0, 0));
    let item = content.resource.and_then(Resource::name).map(Box::from);
    Source::new(exchange, content.server.clone(), item, why)
}

/// The call that a result answers.
fn call<'a>(content: &'a Content<'_>, nature: &'a Nature) -> Option<Call<'a>> {
    let Some(Resource::Tool(server, tool)) = content.resource else { return None };
    let arguments = content.asked.and_then(|asked| asked.member("arguments"));
    Some(Call { server, tool, nature, arguments })
}

/// Progress without a word, that a list has changed, and answers that are the protocol's own tell a model nothing.
fn says_something(content: &Content<'_>) -> bool {
    match content.method {
        "notifications/message" => true,
        // Definitions have guards and pins of their own; the rest is the protocol's.
        "initialize"
        | "server/discover"
        | "ping"
        | "tools/list"
        | "prompts/list"
        | "logging/setLevel"
        | "resources/subscribe"
        | "resources/unsubscribe" => false,
        "notifications/progress" => content.parts.iter().any(|part| part.member("message").is_some()),
        other => !other.starts_with("notifications/") || !other.ends_with("_changed"),
    }
}

/// What a model gets to read of a result, by where it stands: the members of `structuredContent`, and the text of each
/// block; of anything else, all of it.
fn spoken<'a>(content: &Content<'a>) -> Vec<(String, Raw<'a>)> {
    let mut spoken = Vec::new();
    for part in &content.parts {
        if let Some(structured) = part.member("structuredContent") {
            spoken.push(("/structuredContent".to_owned(), structured));
        }
        for name in ["content", "contents", "messages"] {
            let blocks = part.member(name);
            for (at, block) in blocks.iter().flat_map(|blocks| blocks.elements()).take(FLOW_PARTS_MAX).enumerate() {
                let within = block.member("content").unwrap_or(block);
                let inner = || within.member("resource").and_then(|inner| inner.member("text"));
                let text = within.member("text").or_else(inner).filter(|text| text.kind() == Kind::String);
                spoken.extend(text.map(|text| (format!("/{name}/{at}"), text)));
            }
        }
        if spoken.is_empty() {
            spoken.push((String::new(), *part));
        }
    }
    spoken
}

/// What has fields (`structuredContent`, or the texts where there is none), and what stands beside it. What went wrong has no
/// fields, whatever its form.
fn apart<'a>(content: &Content<'_>, spoken: &[(String, Raw<'a>)]) -> (Vec<Raw<'a>>, Vec<Raw<'a>>) {
    let failed = |part: &Raw<'_>| part.member("isError").and_then(|is| is.as_bool()) == Some(true);
    let has_fields = content.surface == Surface::Result && !content.parts.iter().any(failed);
    let is_structured = |place: &str| place == "/structuredContent";
    let all_texts = !spoken.iter().any(|(place, _)| is_structured(place));
    let (fields, beside): (Vec<_>, Vec<_>) =
        spoken.iter().partition(|(place, _)| has_fields && (all_texts || is_structured(place)));
    let parts = |part: Vec<&(String, Raw<'a>)>| part.into_iter().map(|(_, part)| *part).collect();
    (parts(fields), parts(beside))
}
