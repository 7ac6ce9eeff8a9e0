//! One request put to the rules that can cover it.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use cedar_policy::{
    AuthorizationError, Authorizer, Decision as Verdict, Effect, Entities, Entity, EntityUid, EvaluationError,
    PolicyId, PolicySet, Request, Response, RestrictedExpression,
};
use doorward_core::access::{AccessRequest, Direction, Observed, Resource};
use doorward_core::decision::{Decision, Denial, Obligation, Reason};
use doorward_core::refusal::Code;
use doorward_facts::Unclear;
use doorward_mcp::raw::{Raw, RawJson};
use serde_json::Value;

use crate::arguments;
use crate::cache::Key;
use crate::catalogue::ToolFacts;
use crate::context::{self, Fleeting};
use crate::desk::{Desk, Post, Slice, ToolPost};
use crate::effect;
use crate::engine::Engine;
use crate::facts::{Call, Kind, Wants};
use crate::flow;
use crate::mentions::{Fact, Seen};
use crate::plain::{Holding, PlainRules};
use crate::rule::Rule;
use crate::schema::groups_of;
use crate::vocabulary::{TOOLS, group_of, is_about};
use crate::who::{Who, entities_of};

/// A request, and everything that was prepared for it.
pub(crate) struct Question<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) request: &'a AccessRequest,
    pub(crate) observed: &'a Observed,
    desk: &'a Desk,
    post: &'a Post,
    tool: Option<&'a ToolPost>,
}

/// The entities of one principal, action and resource.
#[derive(Debug)]
pub(crate) struct Things {
    principal: EntityUid,
    resource: EntityUid,
    entities: Entities,
}

/// Everything of a question that stays the same from one call of the same thing to the next.
#[derive(Debug)]
pub(crate) struct Ready {
    things: Things,
    set: PolicySet,
    /// The same rules without Cedar, where they are plain enough.
    plain: Option<PlainRules>,
}

/// What a call itself says, as far as rules look at it: the parts of the context, and why some of it is not known.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) parts: Vec<(String, RestrictedExpression)>,
    pub(crate) unclear: BTreeMap<String, Unclear>,
}

impl<'a> Question<'a> {
    /// Finds what was prepared for `request`; the refusal when there is nothing, or nothing usable.
    pub(crate) fn find(engine: &'a Engine, request: &'a AccessRequest, observed: &'a Observed) -> Result<Self, Denial> {
        let desk = engine.desks.get(request.resource.server()).ok_or_else(|| Denial::new(Code::UnknownServer))?;
        let method = request.action.name();
        let (post, tool) = if method == TOOLS {
            let Resource::Tool(_, name) = &request.resource else { return Err(Denial::new(Code::BadParams)) };
            let tool = desk.tools.get(name).ok_or_else(|| Denial::new(Code::UnknownTool))?;
            (&tool.post, Some(tool))
        } else {
            if !is_about(method, request.resource.type_name()) {
                return Err(Denial::new(Code::BadParams));
            }
            (desk.methods.get(method).ok_or_else(|| Denial::new(Code::UnknownMethod))?, None)
        };
        if let Some(rule) = post.slice.blocked_by {
            let reasons = engine.reason(rule).into_iter().collect();
            return Err(Denial::new(Code::PolicyUnusable).with_reasons(reasons));
        }
        Ok(Self { engine, request, observed, desk, post, tool })
    }

    pub(crate) fn slice(&self) -> &'a Slice {
        &self.post.slice
    }

    /// The groups of the action.
    pub(crate) fn groups(&self) -> Vec<&'static str> {
        match self.tool {
            Some(tool) => groups_of(tool.facts.assessment.effect, tool.facts.assessment.reach),
            None => group_of(self.request.action.name()).into_iter().collect(),
        }
    }

    /// The context in Cedar's JSON form, for people.
    pub(crate) fn shown_context(&self, said: Vec<(String, RestrictedExpression)>) -> serde_json::Map<String, Value> {
        let fleeting = Fleeting::Seen(self.observed);
        context::shown(self.engine, self.request, &self.slice().mentions, said, fleeting)
    }

    /// What stands for everything this depends on that lasts; `None` when it is too long to keep.
    pub(crate) fn key(&self) -> Option<Key> {
        Key::of(self.request, &self.slice().mentions)
    }

    /// Whether the decision depends on nothing that changes from one call to the next.
    pub(crate) fn is_lasting(&self) -> bool {
        self.slice().mentions.lasting()
    }

    /// Whether the decision does not depend on the time.
    pub(crate) fn is_timeless(&self) -> bool {
        self.slice().mentions.timeless()
    }

    /// Whether some rule looks at the arguments.
    pub(crate) fn looks_at_arguments(&self) -> bool {
        self.tool.is_some() && self.slice().mentions.arguments != Seen::None
    }

    /// Whether some rule looks at the arguments or at facts of them.
    pub(crate) fn looks_at_what_is_said(&self) -> bool {
        self.looks_at_arguments() || (self.tool.is_some() && !self.slice().mentions.derived.is_empty())
    }

    /// What has to be looked at before this can be decided.
    pub(crate) fn wants(&self) -> Wants {
        let mut wants = self.call().map(|call| call.wants()).unwrap_or_default();
        let mentions = &self.slice().mentions;
        let counters = self.engine.inputs.counters.iter().filter(|name| mentions.counts.includes(name));
        wants.counts = counters.cloned().collect();
        wants
    }

    /// Whether some rule looks at counters, which only the moment of a call has.
    pub(crate) fn looks_at_counts(&self) -> bool {
        self.slice().mentions.counts != Seen::None
    }

    /// Whether some rule looks at what was read before, which only the moment of a call has.
    pub(crate) fn looks_at_flow(&self) -> bool {
        self.slice().mentions.flow()
    }

    /// Asks every rule of the slice.
    pub(crate) fn decide(&self) -> Decision {
        let Some(ready) = self.ready() else { return internal() };
        self.decide_plainly(&ready).unwrap_or_else(|| self.decide_by_cedar(&ready))
    }

    /// The same decision as Cedar's; `None` where only Cedar can tell.
    pub(crate) fn decide_plainly(&self, ready: &Ready) -> Option<Decision> {
        let (sent, call) = (self.sent_arguments(), self.call());
        let Holding { permits, forbids } = ready.plain.as_ref()?.holding(sent, call.as_ref(), self.observed)?;
        let (verdict, deciding) = if !forbids.is_empty() || permits.is_empty() {
            (Verdict::Deny, forbids)
        } else {
            (Verdict::Allow, permits)
        };
        let deciding: Option<Vec<&Rule>> = deciding.into_iter().map(|number| self.engine.rules.get(number)).collect();
        Some(self.conclude(verdict, &deciding?))
    }

    pub(crate) fn decide_by_cedar(&self, ready: &Ready) -> Decision {
        let said = match self.said() {
            Ok(said) => said,
            Err(unreadable) => return self.refuse_unreadable(&unreadable),
        };
        let fleeting = Fleeting::Seen(self.observed);
        let Some(request) = self.request_for(&ready.things, said.parts, fleeting) else { return internal() };
        let response = Authorizer::new().is_authorized(&request, &ready.set, &ready.things.entities);
        self.read_response(&response, &said.unclear)
    }

    /// What does not change from one call of the same thing to the next, kept so that it is made once.
    pub(crate) fn ready(&self) -> Option<Arc<Ready>> {
        let key = self.key();
        if let Some(ready) = key.as_ref().and_then(|key| self.engine.ready.find(key)) {
            return Some(ready);
        }
        let things = self.things()?;
        let (set, plain) =
            if self.is_lasting() { (self.slice().set.clone(), None) } else { self.settle_scopes(&things)? };
        let ready = Arc::new(Ready { things, set, plain });
        if let Some(key) = key {
            self.engine.ready.keep(key, ready.clone());
        }
        Some(ready)
    }

    /// The rules of the slice but for those that are false whatever the call: they could neither decide nor fail. Also what
    /// is left to ask of the others, where that is plain.
    fn settle_scopes(&self, things: &Things) -> Option<(PolicySet, Option<PlainRules>)> {
        let request = self.request_for(things, self.open_parts(), Fleeting::Open)?;
        let response = Authorizer::new().is_authorized_partial(&request, &self.slice().set, &things.entities);
        let open = response.nontrivial_residuals().map(|policy| policy.id().clone());
        let settled = response.definitely_satisfied().map(|policy| policy.id().clone());
        let failing = response.definitely_errored().cloned();
        let kept: HashSet<PolicyId> = open.chain(settled).chain(failing).collect();
        let policies = self.slice().set.policies().filter(|policy| kept.contains(policy.id())).cloned();
        let plain = self.tool.and_then(|tool| PlainRules::of(&response, &tool.facts.arguments, &self.slice().mentions));
        Some((PolicySet::from_policies(policies).ok()?, plain))
    }

    /// The request as Cedar wants it, with what the call will say left open.
    pub(crate) fn put(&self) -> Option<(Request, Entities)> {
        let things = self.things()?;
        let request = self.request_for(&things, self.open_parts(), Fleeting::Seen(self.observed))?;
        Some((request, things.entities))
    }

    /// The request as it was said; `None` when what it says cannot be read.
    pub(crate) fn put_said(&self) -> Option<(Request, Entities)> {
        let (things, said) = (self.things()?, self.said().ok()?);
        let request = self.request_for(&things, said.parts, Fleeting::Seen(self.observed))?;
        Some((request, things.entities))
    }

    /// The request with everything left open that a call brings with it.
    pub(crate) fn put_open(&self) -> Option<(Request, Entities)> {
        let things = self.things()?;
        let request = self.request_for(&things, self.open_parts(), Fleeting::Open)?;
        Some((request, things.entities))
    }

    fn request_for(
        &self,
        things: &Things,
        said: Vec<(String, RestrictedExpression)>,
        fleeting: Fleeting<'_>,
    ) -> Option<Request> {
        let context = context::build(self.engine, self.request, &self.slice().mentions, said, fleeting)?;
        let (principal, resource) = (things.principal.clone(), things.resource.clone());
        Request::new(principal, self.post.action.uid(), resource, context, None).ok()
    }

    fn things(&self) -> Option<Things> {
        let resource = self.resource_entity()?;
        let Who { uid: principal, mut entities } = self.who()?;
        let resource_uid = resource.uid();
        entities.push(self.post.action.clone());
        if resource_uid != self.desk.server.uid() {
            entities.push(self.desk.server.clone());
        }
        entities.push(resource);
        Some(Things { principal, resource: resource_uid, entities: Entities::from_entities(entities, None).ok()? })
    }

    fn who(&self) -> Option<Who> {
        entities_of(&self.request.principal, &self.engine.types)
    }

    /// Whether the request is about a resource template (RFC 6570), which stands for many resources. No URI holds a brace
    /// (RFC 3986 §2); one that does all the same is decided by its letters, and only shown more readily.
    pub(crate) fn is_template(&self) -> bool {
        matches!(&self.request.resource, Resource::Resource(_, uri) if uri.contains('{'))
    }

    /// The request with the resource left open, but for its type.
    pub(crate) fn put_template(&self) -> Option<(Request, Entities)> {
        let fleeting = Fleeting::Seen(self.observed);
        let context = context::build(self.engine, self.request, &self.slice().mentions, Vec::new(), fleeting)?;
        let Who { uid, mut entities } = self.who()?;
        let request = Request::builder()
            .principal(uid)
            .action(self.post.action.uid())
            .unknown_resource_with_type(self.engine.types.resource_type())
            .context(context)
            .build();
        entities.extend([self.post.action.clone(), self.desk.server.clone()]);
        Some((request, Entities::from_entities(entities, None).ok()?))
    }

    fn resource_entity(&self) -> Option<Entity> {
        let types = &self.engine.types;
        let id = self.request.resource.to_string();
        let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
        match (&self.request.resource, self.tool) {
            (Resource::Tool(..), Some(tool)) => Some(tool.tool.clone()),
            (Resource::Tool(..), None) => None,
            (Resource::Server(_), _) => Some(self.desk.server.clone()),
            (Resource::Resource(_, uri), _) => {
                self.below_server(types.resource(&id), [("uri", text(uri)), ("scheme", text(&scheme_of(uri)))])
            }
            (Resource::Prompt(_, name), _) => self.below_server(types.prompt(&id), [("name", text(name))]),
        }
    }

    fn below_server<const N: usize>(
        &self,
        uid: EntityUid,
        attributes: [(&str, RestrictedExpression); N],
    ) -> Option<Entity> {
        let attributes = attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Entity::new(uid, attributes, HashSet::from([self.desk.server.uid()])).ok()
    }

    pub(crate) fn said(&self) -> Result<Said, arguments::Unreadable> {
        let mut said = Said::default();
        if let Some(tool) = self.tool.filter(|_| self.looks_at_arguments()) {
            let seen = &self.slice().mentions.arguments;
            let arguments = arguments::read(self.sent_arguments(), &tool.facts.arguments, seen)?;
            said.parts.push(("arguments".to_owned(), arguments));
        }
        if let Some(call) = self.call() {
            let facts = call.facts(self.observed)?;
            said.parts.extend(facts.records);
            said.unclear = facts.unclear;
        }
        Ok(said)
    }

    /// What stands for what is said before anything is.
    fn open_parts(&self) -> Vec<(String, RestrictedExpression)> {
        let Some(_) = self.tool else { return Vec::new() };
        let arguments = self.looks_at_arguments().then_some("arguments");
        let records = self.slice().mentions.derived.kinds().map(Kind::name);
        let open = |name: &str| (name.to_owned(), RestrictedExpression::new_unknown(name));
        arguments.into_iter().chain(records).map(open).collect()
    }

    /// The call whose facts rules look at; `None` when they look at none.
    fn call(&self) -> Option<Call<'a>> {
        let tool = self.tool?;
        let seen = Some(&self.slice().mentions.derived).filter(|seen| !seen.is_empty())?;
        let inputs = &*self.engine.inputs;
        let place = inputs.places.get(self.request.resource.server());
        let (sent, members) = (self.sent_arguments(), &tool.facts.arguments);
        Some(Call { sent, members, seen, place, inputs })
    }

    fn sent_arguments(&self) -> Option<Raw<'a>> {
        self.request.arguments.as_ref().map(RawJson::as_raw)
    }

    fn read_response(&self, response: &Response, unclear: &BTreeMap<String, Unclear>) -> Decision {
        let errors: Vec<&AuthorizationError> = response.diagnostics().errors().collect();
        if !errors.is_empty() {
            return self.refuse_errors(&errors, unclear);
        }
        let mut deciding: Vec<&Rule> = response.diagnostics().reason().filter_map(|id| self.rule(id)).collect();
        deciding.sort_by_key(|rule| rule.number);
        self.conclude(response.decision(), &deciding)
    }

    fn conclude(&self, verdict: Verdict, deciding: &[&Rule]) -> Decision {
        match verdict {
            Verdict::Allow => allow(deciding),
            Verdict::Deny if deciding.is_empty() => self.refuse_unnamed(),
            Verdict::Deny => Decision::Deny(self.forbidden(deciding)),
        }
    }

    /// What a rule about the flow of data forbids has a code of its own, which tells the caller what would help.
    fn forbidden(&self, deciding: &[&Rule]) -> Denial {
        let looks_at = |rule: &&&Rule, fact: Fact| rule.mentions.facts.contains(&fact);
        let by_origin = |rule: &&&Rule| looks_at(rule, Fact::Endorse) && !looks_at(rule, Fact::Ledger);
        let missing = self.observed.flow.as_ref().and_then(|flow| flow::missing(flow));
        let (code, detail) = if missing.is_some() && deciding.iter().any(|rule| by_origin(&rule)) {
            (Code::NotEndorsed, missing)
        } else if deciding.iter().any(|rule| rule.mentions.flow()) {
            (Code::FlowRefused, None)
        } else {
            (Code::Forbidden, None)
        };
        Denial::new(code).with_reasons(reasons_of(deciding)).with_detail(detail)
    }

    pub(crate) fn rules(&self) -> impl Iterator<Item = &'a Rule> {
        let engine = self.engine;
        self.slice().rules.iter().filter_map(|number| engine.rules.get(*number))
    }

    fn rule(&self, id: &PolicyId) -> Option<&'a Rule> {
        let id: &str = id.as_ref();
        self.engine.rules.get(id.parse::<usize>().ok()?)
    }

    /// No rule allows: tells what a permit that covers the request has to say about it.
    fn refuse_unnamed(&self) -> Decision {
        let principal = &self.request.principal;
        let covering: Vec<&Rule> =
            self.rules().filter(|rule| rule.effect() == Effect::Permit && rule.covers_principal(principal)).collect();
        // A permit that covers the call may have looked at the effect; without one the effect explains nothing.
        let tool = self.tool.filter(|_| !covering.is_empty());
        let reasons = covering.into_iter().filter_map(Rule::as_otherwise).collect();
        let code = match self.request.action.direction() {
            Direction::ToServer => Code::NotAllowed,
            Direction::ToClient => Code::QuestionRefused,
        };
        let detail = tool.and_then(|tool| explain_effect(&tool.facts));
        Decision::Deny(Denial::new(code).with_reasons(reasons).with_detail(detail))
    }

    fn refuse_unreadable(&self, unreadable: &arguments::Unreadable) -> Decision {
        let looks = |rule: &&Rule| rule.mentions.arguments != Seen::None || !rule.mentions.derived.is_empty();
        let looking = self.rules().filter(looks);
        let reasons = looking.map(only_named).collect();
        let denial = Denial::new(Code::PolicyError).with_reasons(reasons);
        Decision::Deny(denial.with_detail(Some(unreadable.sentence())))
    }

    fn refuse_errors(&self, errors: &[&AuthorizationError], unclear: &BTreeMap<String, Unclear>) -> Decision {
        let mut reasons = Vec::new();
        let mut detail = None;
        let mut code = Code::Unclear;
        for AuthorizationError::PolicyEvaluationError(error) in errors {
            if !matches!(error.inner(), EvaluationError::NonValue(_)) {
                code = Code::PolicyError;
            }
            detail = detail.or_else(|| Some(told(error.inner(), unclear)));
            reasons.extend(self.rule(error.policy_id()).map(only_named));
        }
        reasons.sort_by(|a, b| a.rule.cmp(&b.rule));
        Decision::Deny(Denial::new(code).with_reasons(reasons).with_detail(detail))
    }
}

/// What the rules that allow attach to it: every duty of each, once.
fn allow(deciding: &[&Rule]) -> Decision {
    let mut obligations: Vec<Obligation> = Vec::new();
    for obligation in deciding.iter().flat_map(|rule| &rule.obligations) {
        if !obligations.contains(obligation) {
            obligations.push(obligation.clone());
        }
    }
    Decision::Allow { obligations, reasons: reasons_of(deciding) }
}

fn reasons_of(rules: &[&Rule]) -> Vec<Reason> {
    rules.iter().map(|rule| rule.as_reason()).collect()
}

/// A rule that failed gives its name only: its own reason is for when it decides.
pub(crate) fn only_named(rule: &Rule) -> Reason {
    Reason { rule: Arc::clone(&rule.name), text: None, remedy: None }
}

fn internal() -> Decision {
    let detail = Some("The question could not be put to the policy.".to_owned());
    Decision::Deny(Denial::new(Code::PolicyError).with_detail(detail))
}

/// Why a tool counts as it does, when that is worse than reading.
fn explain_effect(facts: &ToolFacts) -> Option<String> {
    let assessment = facts.assessment;
    match assessment.effect {
        effect::Effect::Read => None,
        effect::Effect::Write | effect::Effect::Destructive => {
            Some(format!("It counts as {} because of {}.", assessment.effect, assessment.evidence))
        }
    }
}

/// What went wrong, without the values it went wrong with: they may be secrets.
pub(crate) fn told(error: &EvaluationError, unclear: &BTreeMap<String, Unclear>) -> String {
    let sentence = match error {
        EvaluationError::EntityDoesNotExist(_) => "It looked at something that does not exist.",
        EvaluationError::EntityAttrDoesNotExist(_) => "It looked at an attribute that is not there.",
        EvaluationError::RecordAttrDoesNotExist(_) => "It looked at an argument that is not there.",
        EvaluationError::FailedExtensionFunctionLookup(_) | EvaluationError::WrongNumArguments(_) => {
            "It called a function that does not exist."
        }
        EvaluationError::TypeError(_) => "It met a value of an unexpected type.",
        EvaluationError::IntegerOverflow(_) => "A calculation in it left the range of integers.",
        EvaluationError::UnlinkedSlot(_) => "It has a part without a value.",
        EvaluationError::NonValue(_) => return told_unclear(&error.to_string(), unclear),
        EvaluationError::FailedExtensionFunctionExecution(_) => "A function in it could not read its value.",
        EvaluationError::RecursionLimit(_) => "It is nested too deeply to be evaluated.",
    };
    sentence.to_owned()
}

/// Names the first unknown of what Cedar could not evaluate, when its name may stand in a text.
fn told_unclear(message: &str, unclear: &BTreeMap<String, Unclear>) -> String {
    let name = message.split_once("unknown(\"").and_then(|(_, rest)| rest.split_once('"')).map(|(name, _)| name);
    match name.filter(|name| arguments::is_printable(name)) {
        Some(name) => {
            let why = unclear.get(name).map(|why| format!(" {why}")).unwrap_or_default();
            format!("Nobody can tell 'context.{name}' for certain.{why}")
        }
        None => "Nobody can tell for certain what it looks at.".to_owned(),
    }
}

/// The scheme of a URI in lower case (RFC 3986 §3.1); empty when it has none.
fn scheme_of(uri: &str) -> String {
    let Some((scheme, _)) = uri.split_once(':') else { return String::new() };
    let first = |c: char| c.is_ascii_alphabetic();
    let rest = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    if scheme.starts_with(first) && scheme.chars().all(rest) { scheme.to_ascii_lowercase() } else { String::new() }
}
