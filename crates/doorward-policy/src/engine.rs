//! The decision point: load once, ask many times.
//!
//! An [`Engine`] never changes. When the policy or what a server offers changes, a new one takes its place. It answers from
//! the rules alone: no file, clock or network is reached, and whatever cannot be judged is refused.

use std::collections::HashMap;
use std::sync::Arc;

use doorward_core::access::{AccessRequest, Observed, Resource};
use doorward_core::decision::{Decision, Denial, Obligation, Reason};
use doorward_core::ids::ServerId;

use crate::cache::Cache;
use crate::catalogue::Catalogue;
use crate::desk::{Desk, prepare};
use crate::effect::Assessment;
use crate::facts::Wants;
use crate::finding::{Finding, LoadErrors, Place, Severity};
use crate::fit::{When, fit};
use crate::inputs::PolicyInputs;
use crate::limits::FINDINGS_MAX;
use crate::question::{Question, Ready};
use crate::rule::{Rule, read_all};
use crate::source::Source;
use crate::suggest::nearest;
use crate::surroundings::Surroundings;
use crate::vocabulary::EntityTypes;
use doorward_core::exchange::Visibility;

/// A policy, ready to be asked.
#[derive(Debug)]
pub struct Engine {
    pub(crate) inputs: Arc<PolicyInputs>,
    pub(crate) types: EntityTypes,
    pub(crate) rules: Arc<[Rule]>,
    pub(crate) desks: HashMap<ServerId, Desk>,
    warnings: Vec<Finding>,
    decisions: Cache<Decision>,
    sights: Cache<Visibility>,
    pub(crate) ready: Cache<Arc<Ready>>,
}

impl Engine {
    /// Reads and validates the texts of `inputs` (with `base.cedar` before them) against what the servers offer.
    ///
    /// `catalogues` holds every server whose tools are known, `unknown_servers` every other configured one. A rule that
    /// names a tool of an unknown server loads with a warning; if it does not type-check for want of that server's
    /// definitions, it is unusable for that server: a permit permits nothing there, a forbid refuses whatever it could
    /// have forbidden there, until [`Engine::refit`] brings the definitions.
    ///
    /// # Errors
    /// [`LoadErrors`] tells everything that is wrong, with its place in the text and advice.
    pub fn load(
        inputs: &PolicyInputs,
        catalogues: &[Arc<Catalogue>],
        unknown_servers: &[ServerId],
    ) -> Result<Self, LoadErrors> {
        let mut findings = Vec::new();
        let all: Vec<Source> = std::iter::once(Source::base()).chain(inputs.sources.iter().cloned()).collect();
        let rules: Arc<[Rule]> = read_all(&all, &mut findings).into();
        let Some(types) = EntityTypes::new() else {
            findings.push(internal("Cedar refused the names of the entity types"));
            return Err(LoadErrors::new(findings));
        };
        refuse_errors(&mut findings)?;
        let around = Surroundings::new(catalogues, unknown_servers, inputs);
        findings.extend(words_about_nothing(inputs, &around));
        Self::fitted(Arc::new(inputs.clone()), rules, types, &around, When::Loading, findings)
    }

    /// Whether any rule has duties on answers.
    #[must_use]
    pub fn obliges_answers(&self) -> bool {
        let on_answers = |duty: &Obligation| matches!(duty, Obligation::Answer(_));
        self.rules.iter().any(|rule| rule.obligations.iter().any(on_answers))
    }

    /// The same policy for servers that now offer something else. One server's change never takes the policy of another
    /// away: a rule that no longer fits is set aside for the servers it does not fit, as [`Engine::load`] describes, and
    /// is told in [`Engine::warnings`].
    ///
    /// # Errors
    /// Only if the rules cannot be prepared at all; keep the present engine then.
    pub fn refit(&self, catalogues: &[Arc<Catalogue>], unknown_servers: &[ServerId]) -> Result<Self, LoadErrors> {
        let around = Surroundings::new(catalogues, unknown_servers, &self.inputs);
        let (inputs, rules) = (Arc::clone(&self.inputs), Arc::clone(&self.rules));
        Self::fitted(inputs, rules, self.types.clone(), &around, When::Serving, Vec::new())
    }

    fn fitted(
        inputs: Arc<PolicyInputs>,
        rules: Arc<[Rule]>,
        types: EntityTypes,
        around: &Surroundings,
        when: When,
        mut findings: Vec<Finding>,
    ) -> Result<Self, LoadErrors> {
        let fit = fit(&rules, around, &inputs, when);
        findings.extend(fit.findings);
        refuse_errors(&mut findings)?;
        let Some(desks) = prepare(&rules, &fit.unusable, around, &types) else {
            findings.push(internal("Cedar refused a policy it had accepted"));
            return Err(LoadErrors::new(findings));
        };
        let (decisions, sights, ready) = (Cache::default(), Cache::default(), Cache::default());
        Ok(Self { inputs, types, rules, desks, warnings: findings, decisions, sights, ready })
    }

    /// What the author should know although the policy loads.
    #[must_use]
    pub fn warnings(&self) -> &[Finding] {
        &self.warnings
    }

    /// What the tool of a server counts as under this policy; `None` for one nobody offers.
    #[must_use]
    pub fn assessment(&self, server: &ServerId, tool: &str) -> Option<Assessment> {
        self.desks.get(server)?.tools.get(tool).map(|tool| tool.facts.assessment)
    }

    /// Decides one request. A tool that its server's catalogue does not hold, and a server that was not named at load, are
    /// refused before any rule is asked. `observed` is what the shell saw of the things the request names.
    #[must_use]
    pub fn decide(&self, request: &AccessRequest, observed: &Observed) -> Decision {
        let question = match Question::find(self, request, observed) {
            Ok(question) => question,
            Err(denial) => {
                let telling = self.telling(request, &denial);
                return Decision::Deny(Denial { telling, ..denial });
            }
        };
        let key = question.is_lasting().then(|| question.key()).flatten();
        if let Some(known) = key.as_ref().and_then(|key| self.decisions.find(key)) {
            return known;
        }
        let decision = match question.decide_or_name_scopes() {
            Decision::Deny(denial) => {
                let telling = self.telling(request, &denial);
                Decision::Deny(Denial { telling, ..denial })
            }
            allow @ Decision::Allow { .. } => allow,
        };
        if let Some(key) = key {
            self.decisions.keep(key, decision.clone());
        }
        decision
    }

    /// Whether some rule looks at the flow of data.
    #[must_use]
    pub fn looks_at_flow(&self) -> bool {
        self.rules.iter().any(|rule| rule.mentions.flow())
    }

    /// What the shell must look at before it asks [`Engine::decide`]; empty, and at once, when no rule looks at such things.
    #[must_use]
    pub fn wants(&self, request: &AccessRequest) -> Wants {
        let nothing = Observed::default();
        Question::find(self, request, &nothing).map(|question| question.wants()).unwrap_or_default()
    }

    /// Whether a list may show the thing: whether there are arguments with which `request` would be allowed. The
    /// request's own arguments are ignored.
    #[must_use]
    pub fn could_allow(&self, request: &AccessRequest) -> Visibility {
        let nothing = Observed::default();
        let Ok(question) = Question::find(self, request, &nothing) else { return Visibility::Hide };
        let key = question.is_timeless().then(|| question.key()).flatten();
        if let Some(known) = key.as_ref().and_then(|key| self.sights.find(key)) {
            return known;
        }
        let sight = question.could_allow_with_more_scopes();
        if let Some(key) = key {
            self.sights.keep(key, sight);
        }
        sight
    }

    /// The narrowest rule that would permit `request`, as Cedar text to paste into a policy file: this user, this action,
    /// this thing. A forbid still wins over it.
    #[must_use]
    pub fn narrowest_permit(&self, request: &AccessRequest) -> String {
        let types = &self.types;
        let id = request.resource.to_string();
        let (action, resource) = match &request.resource {
            Resource::Server(_) => (types.action(request.action.name()), types.server(&id)),
            Resource::Tool(..) => (types.action(&id), types.tool(&id)),
            Resource::Resource(..) => (types.action(request.action.name()), types.resource(&id)),
            Resource::Prompt(..) => (types.action(request.action.name()), types.prompt(&id)),
        };
        let principal = types.subject(request.principal.subject());
        format!("permit (principal == {principal}, action == {action}, resource == {resource});")
    }

    /// The rule numbered `number`, as a reason.
    pub(crate) fn reason(&self, number: usize) -> Option<Reason> {
        self.rules.get(number).map(Rule::as_reason)
    }
}

fn refuse_errors(findings: &mut Vec<Finding>) -> Result<(), LoadErrors> {
    if findings.iter().any(|finding| finding.level() == Severity::Error) {
        return Err(LoadErrors::new(std::mem::take(findings)));
    }
    Ok(())
}

/// A word of the operator about a tool that its server does not offer: a slip, or the server has renamed the tool, which then
/// counts as what it looks like.
fn words_about_nothing(inputs: &PolicyInputs, around: &Surroundings) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (server, place) in &inputs.places {
        let Some(catalogue) = around.catalogue(server.as_str()) else { continue };
        for tool in place.tools.keys().filter(|tool| !catalogue.tools().contains_key(*tool)) {
            let known = catalogue.tools().keys().map(AsRef::as_ref);
            let advice = nearest(tool, known).map_or_else(
                || "its word has no effect; doorward check lists what the server offers".to_owned(),
                |near| format!("did you mean [servers.{server}.tools.{near}]?"),
            );
            let place = Place { file: Arc::from("configuration"), text: Arc::from(""), span: None };
            let message = format!("[servers.{server}.tools.{tool}]: the server offers no tool \"{tool}\"");
            findings.push(Finding::new(Severity::Warning, &place, message).with_advice(advice));
        }
    }
    findings.truncate(FINDINGS_MAX);
    findings
}

/// A fault of ours, not of any file.
fn internal(message: &str) -> Finding {
    let place = Place { file: Arc::from("doorward"), text: Arc::from(""), span: None };
    Finding::new(Severity::Error, &place, message)
}
