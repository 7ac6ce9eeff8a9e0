//! Why one request is decided as it is: each rule that could cover it, what of it holds, and what would turn the decision.
//!
//! It is for people and tools, never for deciding: it asks Cedar about one rule, and one condition, at a time, and takes as
//! long as that takes.

pub(crate) mod conjunct;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cedar_policy::{Authorizer, Decision as Verdict, Effect, Entities, Policy, PolicySet, Request};
use doorward_core::access::{AccessRequest, Observed};
use doorward_core::decision::Decision;
use doorward_core::exchange::Visibility;
use doorward_core::principal::{Claims, Principal};
use doorward_core::refusal::Code;
use doorward_facts::Unclear;
use serde_json::{Map, Value};

use crate::engine::Engine;
use crate::question::{Question, told};
use crate::rule::Rule;

use conjunct::Conjunct;

/// Everything there is to say about one decision.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// The decision itself.
    pub decision: Decision,
    /// Whether a list shows the thing.
    pub visible: Visibility,
    /// What Cedar is asked; `None` when it was refused before any rule was.
    pub asked: Option<Asked>,
    /// The groups of the action.
    pub groups: Vec<&'static str>,
    /// Every rule that can cover the action and the resource, in order.
    pub rules: Vec<RuleOutcome>,
    /// What alone would turn a denial into an allow.
    pub changes: Vec<Change>,
}

/// A request as any Cedar evaluator takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Principal, action and resource, as Cedar writes them.
    pub request: [String; 3],
    /// What the rules may look at of the context, in Cedar's JSON form. What nobody can tell is an `unknown` there.
    pub context: Map<String, Value>,
    /// The entities, in Cedar's JSON form.
    pub entities: Value,
}

impl Asked {
    fn of(question: &Question<'_>) -> Option<Self> {
        let context = question.shown_context(question.said().ok()?.parts);
        let (asked, entities) = question.put_said()?;
        let uid = |uid: Option<&cedar_policy::EntityUid>| uid.map(ToString::to_string);
        let request = [uid(asked.principal())?, uid(asked.action())?, uid(asked.resource())?];
        Some(Self { request, context, entities: entities.to_json_value().ok()? })
    }
}

/// What one rule says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleOutcome {
    /// Its name.
    pub name: Arc<str>,
    /// The file it stands in, and the line it begins in.
    pub place: (String, usize),
    /// Whether it permits or forbids.
    pub effect: RuleEffect,
    /// Whether it holds.
    pub outcome: Outcome,
    /// Its conditions that do not hold, as Cedar text, when its scope covers the request.
    pub missing: Vec<String>,
}

/// What a rule does when it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RuleEffect {
    /// It permits.
    Permit,
    /// It forbids.
    Forbid,
}

/// Whether a rule holds for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It does.
    Holds,
    /// It does not.
    DoesNotHold,
    /// It cannot be evaluated, which refuses; the sentence says why.
    Fails(String),
    /// Its scope is about somebody or something else.
    SettledByScope,
}

/// One thing that alone would turn a denial into an allow (duties aside).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The permit's one condition that does not hold would have to.
    Condition {
        /// The permit.
        rule: Arc<str>,
        /// The condition, as Cedar text.
        condition: String,
    },
    /// A token with these scopes.
    Scopes(BTreeSet<Arc<str>>),
    /// Being in this group.
    Group {
        /// The permit that asks for it.
        rule: Arc<str>,
        /// The group.
        group: Arc<str>,
    },
    /// The one rule that forbids, or that fails, would have to go or not to hold.
    Without {
        /// The rule.
        rule: Arc<str>,
        /// Its conditions, of which one would have to fail; empty when it has none.
        conditions: Vec<String>,
    },
}

impl Engine {
    /// Explains what [`Engine::decide`] decides for the same request.
    #[must_use]
    pub fn explain(&self, request: &AccessRequest, observed: &Observed) -> Explanation {
        let mut explanation = Explanation {
            decision: self.decide(request, observed),
            visible: self.could_allow(request),
            asked: None,
            groups: Vec::new(),
            rules: Vec::new(),
            changes: Vec::new(),
        };
        let Ok(question) = Question::find(self, request, observed) else { return explanation };
        explanation.groups = question.groups();
        let Ok(said) = question.said() else { return explanation };
        explanation.asked = Asked::of(&question);
        let Some((asked, entities)) = question.put_said() else { return explanation };
        let asking = Asking { question: &question, asked: &asked, entities: &entities, unclear: &said.unclear };
        let looked: Vec<Looked<'_>> = question.rules().map(|rule| asking.look(rule)).collect();
        explanation.changes = asking.changes(&explanation.decision, &looked);
        explanation.rules = looked.into_iter().map(|looked| looked.told).collect();
        explanation
    }

    /// What Cedar is asked about `request`; `None` when it is refused before any rule is asked.
    #[must_use]
    pub fn asked(&self, request: &AccessRequest, observed: &Observed) -> Option<Asked> {
        Asked::of(&Question::find(self, request, observed).ok()?)
    }

    /// All rules as Cedar is asked, in Cedar's JSON form of a policy set. Their ids are their places in the policy;
    /// [`Engine::rule_names`] has their names in the same order.
    #[must_use]
    pub fn cedar_policies(&self) -> Option<Value> {
        let set = PolicySet::from_policies(self.rules.iter().map(|rule| rule.policy.clone())).ok()?;
        set.to_json().ok()
    }

    /// The names of all rules, in order.
    pub fn rule_names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.rules.iter().map(|rule| &rule.name)
    }
}

/// A rule that was looked at.
struct Looked<'a> {
    rule: &'a Rule,
    told: RuleOutcome,
    conjuncts: Vec<Conjunct>,
}

/// One request, to be tried on rules and conditions.
struct Asking<'a> {
    question: &'a Question<'a>,
    asked: &'a Request,
    entities: &'a Entities,
    unclear: &'a BTreeMap<String, Unclear>,
}

impl<'a> Asking<'a> {
    fn look(&self, rule: &'a Rule) -> Looked<'a> {
        let conjuncts = Conjunct::all_of(&rule.policy);
        let outcome = if rule.covers_principal(&self.question.request.principal) {
            self.holds(&rule.policy)
        } else {
            Outcome::SettledByScope
        };
        let missing = match outcome {
            Outcome::DoesNotHold => self.missing(&conjuncts).iter().map(|part| part.text.clone()).collect(),
            Outcome::Holds | Outcome::Fails(_) | Outcome::SettledByScope => Vec::new(),
        };
        let place = (rule.place.file.to_string(), rule.place.line());
        let effect = match rule.effect() {
            Effect::Permit => RuleEffect::Permit,
            Effect::Forbid => RuleEffect::Forbid,
        };
        Looked { rule, told: RuleOutcome { name: rule.name.clone(), place, effect, outcome, missing }, conjuncts }
    }

    /// What Cedar says of this policy alone.
    fn holds(&self, policy: &Policy) -> Outcome {
        let Ok(set) = PolicySet::from_policies([policy.clone()]) else {
            return Outcome::Fails("Cedar does not take it.".to_owned());
        };
        let response = Authorizer::new().is_authorized(self.asked, &set, self.entities);
        if let Some(cedar_policy::AuthorizationError::PolicyEvaluationError(error)) =
            response.diagnostics().errors().next()
        {
            return Outcome::Fails(told(error.inner(), self.unclear));
        }
        let decided = response.diagnostics().reason().next().is_some() || response.decision() == Verdict::Allow;
        if decided { Outcome::Holds } else { Outcome::DoesNotHold }
    }

    /// The conditions that do not hold. Those that cannot be evaluated usually stand behind one that does not hold, and
    /// count only when none does.
    fn missing<'c>(&self, conjuncts: &'c [Conjunct]) -> Vec<&'c Conjunct> {
        let outcomes: Vec<(&Conjunct, Outcome)> =
            conjuncts.iter().map(|conjunct| (conjunct, self.holds(&conjunct.alone))).collect();
        let of = |wanted: fn(&Outcome) -> bool| -> Vec<&'c Conjunct> {
            outcomes.iter().filter(|(_, outcome)| wanted(outcome)).map(|(conjunct, _)| *conjunct).collect()
        };
        let false_ones = of(|outcome| *outcome == Outcome::DoesNotHold);
        if false_ones.is_empty() { of(|outcome| matches!(outcome, Outcome::Fails(_))) } else { false_ones }
    }

    fn changes(&self, decision: &Decision, looked: &[Looked<'a>]) -> Vec<Change> {
        let Decision::Deny(denial) = decision else { return Vec::new() };
        if denial.code == Code::InsufficientScope {
            vec![Change::Scopes(denial.scopes.clone())]
        } else if denial.code == Code::NotAllowed {
            looked.iter().filter_map(|looked| self.opening(looked)).collect()
        } else {
            only_obstacle(looked).into_iter().collect()
        }
    }

    /// What would make this permit hold, if it is one thing.
    fn opening(&self, looked: &Looked<'a>) -> Option<Change> {
        let rule = Arc::clone(&looked.rule.name);
        match (looked.rule.effect(), &looked.told.outcome) {
            (Effect::Permit, Outcome::DoesNotHold) => {
                let [condition] = looked.told.missing.as_slice() else { return None };
                Some(Change::Condition { rule, condition: condition.clone() })
            }
            (Effect::Permit, Outcome::SettledByScope) => {
                let group = looked.rule.wanted_group()?;
                self.is_allowed_in(&group).then_some(Change::Group { rule, group })
            }
            (Effect::Permit, Outcome::Holds | Outcome::Fails(_)) | (Effect::Forbid, _) => None,
        }
    }

    fn is_allowed_in(&self, group: &Arc<str>) -> bool {
        let Some(principal) = with_group(&self.question.request.principal, group) else { return false };
        let request = AccessRequest { principal, ..self.question.request.clone() };
        self.question.engine.decide(&request, self.question.observed).is_allow()
    }
}

/// The one rule that stands against an allow, when some permit holds.
fn only_obstacle(looked: &[Looked<'_>]) -> Option<Change> {
    let stands = |looked: &&Looked<'_>| match (looked.rule.effect(), &looked.told.outcome) {
        (Effect::Forbid, Outcome::Holds | Outcome::Fails(_)) | (Effect::Permit, Outcome::Fails(_)) => true,
        (Effect::Permit | Effect::Forbid, Outcome::Holds | Outcome::DoesNotHold | Outcome::SettledByScope) => false,
    };
    let permitted =
        looked.iter().any(|looked| looked.rule.effect() == Effect::Permit && looked.told.outcome == Outcome::Holds);
    let mut obstacles = looked.iter().filter(stands);
    let only = obstacles.next().filter(|_| permitted)?;
    let conditions = only.conjuncts.iter().map(|conjunct| conjunct.text.clone()).collect();
    obstacles.next().is_none().then(|| Change::Without { rule: Arc::clone(&only.rule.name), conditions })
}

/// The same principal in one more group.
fn with_group(principal: &Principal, group: &Arc<str>) -> Option<Principal> {
    let mut groups = principal.groups().clone();
    groups.insert(Arc::clone(group));
    Principal::claimed(Claims {
        tenant: principal.tenant().cloned(),
        issuer: principal.issuer().cloned(),
        agent: principal.agent().cloned(),
        actors: principal.actors().to_vec(),
        groups,
        scopes: principal.scopes().clone(),
        ..Claims::of(principal.subject().clone(), principal.proof())
    })
    .ok()
}
