//! Which tools bring data and which carry it out, and what the policies in force make of each pair.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use doorward_core::access::{AccessRequest, Action, Approach, Direction, Face, Kind, Observed, Resource};
use doorward_core::decision::{Decision, Obligation};
use doorward_core::flow::{Confidentiality, ContextSeen, EndorseSeen, FlowSeen, Ground, Label, Missing, Origin, Role};
use doorward_core::ids::ServerId;
use doorward_core::principal::{Principal, Proof};
use doorward_core::time::Timestamp;
use doorward_flow::nature::Nature;
use doorward_mcp::revision::Era;
use doorward_mcp::views::tools::ToolDefinition;
use doorward_policy::{Engine, Holds};
use doorward_server::config::Config;
use doorward_server::labels::Labels;
use doorward_server::lifecycle::Surveyed;

use crate::limits::PAIRS_MAX;

/// A tool, and what is assumed of it.
#[derive(Debug)]
pub(super) struct Tool {
    pub(super) server: ServerId,
    pub(super) name: String,
    pub(super) nature: Nature,
}

/// What becomes of a call that carries data out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outlook {
    /// It passes, whatever vouches for where it goes.
    Open,
    /// It depends on what the call says.
    Arguments,
    /// A person is asked.
    Asked,
    /// It passes if something vouches for where it goes.
    Vouched,
    /// It never passes.
    Refused,
}

/// A way out after something was read.
#[derive(Debug)]
pub(super) struct Pair<'t> {
    pub(super) source: &'t Tool,
    pub(super) sink: &'t Tool,
    pub(super) judged: Judged,
}

/// Text of outsiders, confidential data and a way out, by server.
#[derive(Debug)]
pub(super) struct Triple {
    pub(super) untrusted: ServerId,
    pub(super) confidential: ServerId,
    pub(super) sink: ServerId,
    /// The most open of what becomes of its tools, and how many there are.
    pub(super) outlook: Outlook,
    pub(super) tools: usize,
}

/// What becomes of a call, and the rules that stand against it.
#[derive(Debug, Clone)]
pub(super) struct Judged {
    pub(super) outlook: Outlook,
    pub(super) rules: BTreeSet<Arc<str>>,
}

impl Outlook {
    pub(super) const ALL: [Self; 5] = [Self::Open, Self::Arguments, Self::Asked, Self::Vouched, Self::Refused];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Arguments => "arguments",
            Self::Asked => "asked",
            Self::Vouched => "vouched",
            Self::Refused => "refused",
        }
    }
}

impl Tool {
    /// All tools that were looked at.
    pub(super) fn all(config: &Config, surveyed: &[Surveyed]) -> Vec<Self> {
        let mut tools = Vec::new();
        for server in surveyed {
            let configured = config.servers.iter().find(|configured| configured.id == server.server);
            let labels = configured.map(Labels::of).unwrap_or_default();
            for raw in &server.tools {
                let Ok(definition) = ToolDefinition::from_raw(raw.as_raw()) else { continue };
                let (name, nature) = (definition.name.clone().into_owned(), labels.nature(&definition));
                tools.push(Self { server: server.server.clone(), name, nature });
            }
        }
        tools
    }

    pub(super) fn is_confidential(&self) -> bool {
        self.nature.widest().confidentiality >= Confidentiality::Confidential
    }

    pub(super) fn is_untrusted(&self) -> bool {
        self.nature.result.is_untrusted()
    }

    /// The label of a context that has read it alone.
    fn brings(&self) -> Label {
        let mut label = self.nature.widest();
        label.origins.insert(self.server.clone());
        label
    }
}

/// Asks the policies in force about calls that nobody has made.
pub(super) struct Judge<'e> {
    engine: &'e Engine,
    at: Timestamp,
    known: BTreeMap<(String, String), Judged>,
}

impl<'e> Judge<'e> {
    pub(super) const fn new(engine: &'e Engine, at: Timestamp) -> Self {
        Self { engine, at, known: BTreeMap::new() }
    }

    /// Every pair of a tool that brings confidential data and a way out, as many as a report lists.
    pub(super) fn pairs<'t>(&mut self, tools: &'t [Tool]) -> Vec<Pair<'t>> {
        let sinks = || tools.iter().filter(|tool| tool.nature.egress);
        let sources = tools.iter().filter(|tool| tool.is_confidential());
        let pairs = sources.flat_map(|source| sinks().map(move |sink| (source, sink)));
        pairs
            .take(PAIRS_MAX)
            .map(|(source, sink)| Pair { source, sink, judged: self.judge(source.brings(), sink) })
            .collect()
    }

    /// The same with text of outsiders before, by server.
    pub(super) fn triples(&mut self, tools: &[Tool]) -> Vec<Triple> {
        let mut triples: Vec<Triple> = Vec::new();
        let (untrusted, confidential) = (by_server(tools, Tool::is_untrusted), by_server(tools, Tool::is_confidential));
        let pairs = untrusted.iter().flat_map(|one| confidential.iter().map(move |other| (one, other)));
        let sinks = || tools.iter().filter(|tool| tool.nature.egress);
        let asked = pairs.flat_map(|pair| sinks().map(move |sink| (pair, sink)));
        for (((untrusted, text), (confidential, data)), sink) in asked.take(PAIRS_MAX) {
            let outlook = self.judge(text.join(data), sink).outlook;
            let is_it = |triple: &&mut Triple| {
                triple.untrusted == **untrusted && triple.confidential == **confidential && triple.sink == sink.server
            };
            match triples.iter_mut().find(is_it) {
                Some(triple) => {
                    triple.outlook = triple.outlook.min(outlook);
                    triple.tools += 1;
                }
                None => triples.push(Triple {
                    untrusted: (*untrusted).clone(),
                    confidential: (*confidential).clone(),
                    sink: sink.server.clone(),
                    outlook,
                    tools: 1,
                }),
            }
        }
        triples
    }

    fn judge(&mut self, label: Label, sink: &Tool) -> Judged {
        let key = (format!("{}/{}", sink.server, sink.name), format!("{label:?}"));
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let judged = self.ask(&label, sink);
        self.known.insert(key, judged.clone());
        judged
    }

    fn ask(&self, label: &Label, sink: &Tool) -> Judged {
        let refused = |rules| Judged { outlook: Outlook::Refused, rules };
        let Some(request) = self.request(sink) else { return refused(BTreeSet::new()) };
        let (bare, rules) = self.passes(&request, label, sink, None);
        let outlook = match bare {
            Passes::Yes => Outlook::Open,
            Passes::ByArguments => Outlook::Arguments,
            Passes::Asked => Outlook::Asked,
            Passes::No => match self.passes(&request, label, sink, Some(Origin::Task)).0 {
                Passes::No => Outlook::Refused,
                Passes::Yes | Passes::ByArguments | Passes::Asked => Outlook::Vouched,
            },
        };
        Judged { outlook, rules }
    }

    fn request(&self, sink: &Tool) -> Option<AccessRequest> {
        Some(AccessRequest {
            principal: Principal::new("local", Proof::LocalToken),
            action: Action::of(Direction::ToServer, Kind::Request, "tools/call")?,
            resource: Resource::Tool(sink.server.clone(), Arc::from(sink.name.as_str())),
            arguments: None,
            approach: Approach::new(Face::Http),
            era: Era::Modern,
            at: self.at,
        })
    }

    /// Whether a call passes after that was read, where its values have an origin or have none; and the rules against it.
    fn passes(
        &self,
        request: &AccessRequest,
        label: &Label,
        sink: &Tool,
        origin: Option<Origin>,
    ) -> (Passes, BTreeSet<Arc<str>>) {
        let missing = match origin {
            Some(_) => Vec::new(),
            None => vec![Missing { path: Arc::from(""), role: Role::Target }],
        };
        let consequential = sink.nature.act.is_consequential();
        let endorse = EndorseSeen { consequential, egress: sink.nature.egress, missing, weakest: origin };
        let context = ContextSeen { label: label.clone(), ground: Ground::Fallback };
        let flow = FlowSeen { context, endorse, ..FlowSeen::default() };
        let given = Observed { flow: Some(Arc::new(flow)), ..Observed::default() };
        let seen = self.engine.presumed(request, &given);
        let why = self.engine.why(request, &seen);
        let against = why.rules.iter().filter(|rule| rule.effect == "forbid" && rule.holds == Holds::Yes);
        let rules = against.map(|rule| rule.id.clone()).collect();
        let passes = match why.allowed {
            Some(false) => Passes::No,
            None => Passes::ByArguments,
            Some(true) => match self.engine.decide(request, &seen) {
                Decision::Allow { obligations, .. } if obligations.iter().any(asks) => Passes::Asked,
                Decision::Allow { .. } => Passes::Yes,
                Decision::Deny(_) => Passes::No,
            },
        };
        (passes, rules)
    }
}

/// Whether a call passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Passes {
    Yes,
    ByArguments,
    Asked,
    No,
}

const fn asks(obligation: &Obligation) -> bool {
    match obligation {
        Obligation::Approve(_) => true,
        Obligation::Limit(_) | Obligation::Answer(_) | Obligation::Guard(_) | Obligation::Unknown(_) => false,
    }
}

/// What the chosen tools of each server bring together.
fn by_server(tools: &[Tool], is_chosen: impl Fn(&Tool) -> bool) -> BTreeMap<&ServerId, Label> {
    let mut labels: BTreeMap<&ServerId, Label> = BTreeMap::new();
    for tool in tools.iter().filter(|tool| is_chosen(tool)) {
        let label = labels.entry(&tool.server).or_default();
        *label = label.join(&tool.brings());
    }
    labels
}
