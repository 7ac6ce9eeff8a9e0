//! What decides in a replay: the shipped policies, asked as the gateway asks them, and the labels of what is read.
//!
//! Responsible for one decision point for each set of tools. It must never know of the key: what it is told of a call is
//! what a gateway is told.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use doorward_core::access::{AccessRequest, Action, Approach, Direction, Face, Kind, Observed, Resource};
use doorward_core::decision::Decision;
use doorward_core::flow::{Confidentiality, FlowSeen, Label};
use doorward_core::guard::{Content, GuardSettings, Surface};
use doorward_core::principal::{Principal, Proof};
use doorward_core::time::Timestamp;
use doorward_flow::context::Call;
use doorward_flow::scanned::{found, raised};
use doorward_guards::{Around, Guards, Options, standard};
use doorward_mcp::limits::Limits;
use doorward_mcp::raw::RawJson;
use doorward_mcp::revision::Era;
use doorward_policy::{Catalogue, Engine, FlowPolicy, Preset, Source};
use serde_json::json;

/// The policies that refuse by what is known, beside `endorsement`, which asks for somebody's word.
pub(super) const REFUSING: [FlowPolicy; 4] =
    [FlowPolicy::Trifecta, FlowPolicy::NoSecretsOut, FlowPolicy::Harvest, FlowPolicy::ChineseWall];

/// The decision point for one set of tools.
pub(super) struct Gate {
    engine: Engine,
    action: Action,
    principal: Principal,
    guards: Rc<Guarded>,
}

/// What the guards see in texts, each looked at once.
pub(super) struct Guarded {
    guards: Guards,
    settings: GuardSettings,
    seen: RefCell<HashMap<String, Label>>,
}

/// What the policies say of one call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Ruling {
    /// The flow policies of which a rule refuses.
    pub(super) by: BTreeSet<FlowPolicy>,
    /// Whether it is refused for another reason: the tool is none that the gateway knows.
    pub(super) is_unknown: bool,
}

impl Ruling {
    pub(super) fn is_refused(&self) -> bool {
        self.is_unknown || !self.by.is_empty()
    }

    /// Whether somebody is asked about it.
    pub(super) fn asks(&self) -> bool {
        self.by.contains(&FlowPolicy::Endorsement)
    }

    /// Whether it is refused whatever is answered to a question.
    pub(super) fn refuses(&self) -> bool {
        self.is_unknown || REFUSING.iter().any(|policy| self.by.contains(policy))
    }
}

impl Gate {
    /// The decision point over these catalogues, under what ships: `observe`, and every policy on flow.
    pub(super) fn new(catalogues: &[Arc<Catalogue>], guards: Rc<Guarded>) -> Result<Self, String> {
        let flow = FlowPolicy::ALL.into_iter().map(FlowPolicy::source);
        let sources: Vec<Source> = std::iter::once(Preset::Observe.source()).chain(flow).collect();
        let engine = Engine::load(&sources.into(), catalogues, &[]).map_err(|error| error.to_string())?;
        let action = Action::of(Direction::ToServer, Kind::Request, "tools/call").ok_or("no action tools/call")?;
        Ok(Self { engine, action, principal: Principal::new("replay", Proof::LocalProcess), guards })
    }

    /// What the policies say of `call`, of whose flow `seen` is known.
    pub(super) fn rule(&self, call: &Call<'_>, arguments: &RawJson, seen: FlowSeen, at: Timestamp) -> Ruling {
        let request = AccessRequest {
            principal: self.principal.clone(),
            action: self.action,
            resource: Resource::Tool(call.server.clone(), Arc::from(call.tool)),
            arguments: Some(arguments.clone()),
            approach: Approach::new(Face::Http),
            era: Era::Modern,
            at,
        };
        let observed = Observed { flow: Some(Arc::new(seen)), ..Observed::default() };
        let Decision::Deny(denial) = self.engine.decide(&request, &observed) else { return Ruling::default() };
        let by: BTreeSet<FlowPolicy> = denial.reasons.iter().filter_map(|reason| policy_of(&reason.rule)).collect();
        Ruling { is_unknown: by.is_empty(), by }
    }

    /// `label`, with what the guards see and leave in `text`.
    pub(super) fn label(&self, call: &Call<'_>, label: &Label, text: &str) -> Label {
        let mut label = label.join(&self.guards.label(call, text));
        label.origins.insert(call.server.clone());
        label
    }
}

impl Guarded {
    /// The guards as they are set by themselves.
    pub(super) fn new() -> Self {
        let mut options = Options::default();
        let settings = &mut options.settings;
        *settings = standard();
        Self { guards: Guards::new(options), settings: GuardSettings::default(), seen: RefCell::default() }
    }

    fn label(&self, call: &Call<'_>, text: &str) -> Label {
        if let Some(label) = self.seen.borrow().get(text) {
            return label.clone();
        }
        let label = self.look(call, text);
        self.seen.borrow_mut().insert(text.to_owned(), label.clone());
        label
    }

    /// As the gateway labels what arrives: secrets and personal data that stay in it raise how far it may go.
    fn look(&self, call: &Call<'_>, text: &str) -> Label {
        let result = json!({"jsonrpc": "2.0", "id": 1, "result": {"content": [{"type": "text", "text": text}]}});
        let secret = raised(Confidentiality::Secret);
        let Ok(message) = RawJson::parse(result.to_string(), &Limits::for_results()) else { return secret };
        let Some(part) = message.as_raw().member("result") else { return secret };
        let outside = Content::outside(Surface::Result, "tools/call", call.server, &self.settings, &message);
        let inspection = self.guards.inspect(&Content { parts: vec![part], ..outside }, &Around::default(), "mark");
        found(&inspection.findings)
    }
}

/// The flow policy that has the rule of this id.
fn policy_of(rule: &str) -> Option<FlowPolicy> {
    let name = rule.split(':').next()?;
    FlowPolicy::ALL.into_iter().find(|policy| policy.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shipped_rule_is_of_its_policy() {
        for policy in FlowPolicy::ALL {
            let ids: Vec<&str> =
                policy.text().lines().filter_map(|line| line.strip_prefix("@id(\"")?.strip_suffix("\")")).collect();
            assert!(!ids.is_empty(), "{}", policy.name());
            ids.iter().for_each(|id| assert_eq!(policy_of(id), Some(policy), "{id}"));
        }
        assert_eq!(policy_of("base:protocol"), None);
    }
}
