//! Why a call is decided as it is: every rule about it with the condition it turns on, and what would change the decision.
//!
//! It speaks to a person, and of calls whose arguments are not known as well. It asks the same rules with the same context as
//! the decision itself; it never decides anything.

use std::sync::Arc;

use cedar_policy::{Authorizer, Effect, Entities, Policy, PolicySet, Request};
use doorward_core::access::{AccessRequest, Observed};
use doorward_core::decision::Decision;
use doorward_core::exchange::Visibility;
use doorward_core::refusal::Code;

use crate::cases::in_words;
use crate::conjunct::Conjunct;
use crate::engine::Engine;
use crate::question::Question;
use crate::rule::Rule;

/// The attributes of the context that are shown, in this order.
const SHOWN: [&str; 16] = [
    "arguments",
    "agent",
    "delegation",
    "face",
    "era",
    "origin",
    "client",
    "at",
    "time",
    "counts",
    "paths",
    "urls",
    "sql",
    "shell",
    "emails",
    "matches",
];

/// Why a call is decided as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// The decision in words.
    pub decided: String,
    /// Whether the call is allowed; `None` when that depends on arguments that are not given.
    pub allowed: Option<bool>,
    /// The rules about it.
    pub rules: Vec<RuleSays>,
    /// What the rules look at, name and value.
    pub facts: Vec<(String, String)>,
    /// What would change the decision, a sentence each.
    pub changes: Vec<String>,
}

/// What one rule says of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSays {
    /// Its id.
    pub id: Arc<str>,
    /// The file it stands in.
    pub file: Arc<str>,
    /// The line it begins in, counted from 1.
    pub line: usize,
    /// `permit` or `forbid`.
    pub effect: &'static str,
    /// Whether it holds.
    pub holds: Holds,
    /// The condition it turns on, as Cedar text.
    pub condition: Option<String>,
}

/// Whether a rule holds for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Holds {
    /// It does.
    Yes,
    /// A condition does not hold.
    No,
    /// It is for somebody else.
    NotForThem,
    /// It depends on arguments that are not given.
    Open,
    /// It cannot be evaluated, which refuses.
    Fails,
}

impl Holds {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "holds",
            Self::No => "does not hold",
            Self::NotForThem => "is for others",
            Self::Open => "depends on the arguments",
            Self::Fails => "cannot be evaluated",
        }
    }
}

impl Engine {
    /// Why `request` is decided as it is. A request without arguments is taken for one whose arguments are not known.
    #[must_use]
    pub fn why(&self, request: &AccessRequest, observed: &Observed) -> Why {
        let question = match Question::find(self, request, observed) {
            Ok(question) => question,
            Err(_) => return Why::without_rules(&self.decide(request, observed)),
        };
        let open = request.arguments.is_none() && question.looks_at_what_is_said();
        let put = if open { question.put() } else { question.put_said() };
        let Some((asked, entities)) = put else { return Why::without_rules(&self.decide(request, observed)) };
        let rules: Vec<&Rule> = question.rules().collect();
        let says: Vec<RuleSays> = rules.iter().map(|rule| says(rule, request, &asked, &entities)).collect();
        let facts = self.facts(&question, &asked);
        let rest_decides = open && {
            let response = Authorizer::new().is_authorized_partial(&asked, &question.slice().set, &entities);
            question.some_allowed(&response) == Visibility::Show
        };
        if rest_decides {
            let changes = changes(&rules, &says, None);
            return Why {
                decided: "it depends on the arguments".to_owned(),
                allowed: None,
                facts,
                rules: says,
                changes,
            };
        }
        let decision = self.decide(request, observed);
        let allowed = !open && decision.is_allow();
        let mut told: Vec<String> = wanted_scopes(&decision).into_iter().collect();
        told.extend(changes(&rules, &says, Some(allowed)));
        Why { decided: in_words(&decision), allowed: Some(allowed), facts, rules: says, changes: told }
    }

    fn facts(&self, question: &Question<'_>, asked: &Request) -> Vec<(String, String)> {
        let request = question.request;
        let principal = &request.principal;
        let mut facts = vec![("principal".to_owned(), self.types.subject(principal.subject()).to_string())];
        facts.push(("proof".to_owned(), principal.proof().as_str().to_owned()));
        let joined = |names: &std::collections::BTreeSet<Arc<str>>| {
            names.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(", ")
        };
        for (name, value) in [("groups", joined(principal.groups())), ("scopes", joined(principal.scopes()))] {
            if !value.is_empty() {
                facts.push((name.to_owned(), value));
            }
        }
        if let Some(tenant) = principal.tenant() {
            facts.push(("tenant".to_owned(), tenant.to_string()));
        }
        let desk = self.desks.get(request.resource.server());
        if let Some(tool) = desk.and_then(|desk| desk.tools.get(request.resource.name()?)) {
            let assessment = tool.facts.assessment;
            facts.push(("effect".to_owned(), format!("{}, because of {}", assessment.effect, assessment.evidence)));
        }
        let groups = question.groups();
        if !groups.is_empty() {
            facts.push(("action".to_owned(), format!("in {}", groups.join(", "))));
        }
        let context = asked.context();
        facts.extend(SHOWN.iter().filter_map(|name| {
            let value = context?.get(name)?;
            Some((format!("context.{name}"), value.to_string()))
        }));
        facts
    }
}

impl Why {
    fn without_rules(decision: &Decision) -> Self {
        let allowed = Some(matches!(decision, Decision::Allow { .. }));
        Self { decided: in_words(decision), allowed, rules: Vec::new(), facts: Vec::new(), changes: Vec::new() }
    }
}

fn says(rule: &Rule, request: &AccessRequest, asked: &Request, entities: &Entities) -> RuleSays {
    let (holds, condition) = if rule.covers_principal(&request.principal) {
        turns_on(rule, asked, entities)
    } else {
        (Holds::NotForThem, None)
    };
    RuleSays {
        id: Arc::clone(&rule.name),
        file: Arc::clone(&rule.place.file),
        line: rule.place.line(),
        effect: match rule.effect() {
            Effect::Permit => "permit",
            Effect::Forbid => "forbid",
        },
        holds,
        condition,
    }
}

/// Whether the rule holds, and the first of its conditions that settles it.
fn turns_on(rule: &Rule, asked: &Request, entities: &Entities) -> (Holds, Option<String>) {
    let holds = try_one(&rule.policy, asked, entities);
    if holds == Holds::Yes {
        return (holds, None);
    }
    let conjuncts = Conjunct::all_of(&rule.policy);
    let settling = conjuncts.into_iter().find(|conjunct| try_one(&conjunct.alone, asked, entities) == holds);
    (holds, settling.map(|conjunct| conjunct.text))
}

fn try_one(policy: &Policy, asked: &Request, entities: &Entities) -> Holds {
    let Ok(set) = PolicySet::from_policies([policy.clone()]) else { return Holds::Fails };
    let response = Authorizer::new().is_authorized_partial(asked, &set, entities);
    if response.definitely_satisfied().next().is_some() {
        Holds::Yes
    } else if response.definitely_errored().next().is_some() {
        Holds::Fails
    } else if response.nontrivial_residuals().next().is_some() {
        Holds::Open
    } else {
        Holds::No
    }
}

/// The scopes a token would have to have, when they are all that a denial is about.
fn wanted_scopes(decision: &Decision) -> Option<String> {
    match decision {
        Decision::Deny(denial) if denial.code == Code::InsufficientScope => {
            let scopes: Vec<&str> = denial.scopes.iter().map(AsRef::as_ref).collect();
            Some(format!("a token with these scopes would be enough: {}", scopes.join(" ")))
        }
        Decision::Deny(_) | Decision::Allow { .. } => None,
    }
}

fn changes(rules: &[&Rule], says: &[RuleSays], allowed: Option<bool>) -> Vec<String> {
    let of = |effect: &'static str, holds: Holds| {
        says.iter().zip(rules).filter(move |(says, _)| says.effect == effect && says.holds == holds)
    };
    let on = |says: &RuleSays| says.condition.clone().unwrap_or_else(|| "its conditions".to_owned());
    let mut told = Vec::new();
    if allowed == Some(true) {
        for (forbid, _) in of("forbid", Holds::No) {
            told.push(format!("\"{}\" would forbid it if this held: {}", forbid.id, on(forbid)));
        }
        return told;
    }
    for (failing, _) in says.iter().zip(rules).filter(|(says, _)| says.holds == Holds::Fails) {
        told.push(format!("\"{}\" refuses whatever it cannot judge: {}", failing.id, on(failing)));
    }
    for (forbid, _) in of("forbid", Holds::Yes) {
        told.push(format!(
            "\"{}\" forbids it, and a forbid wins over any permit: only a change of it helps",
            forbid.id
        ));
    }
    for (permit, _) in of("permit", Holds::No).chain(of("permit", Holds::Open)) {
        told.push(format!("\"{}\" permits it if this holds: {}", permit.id, on(permit)));
    }
    for (permit, rule) in of("permit", Holds::NotForThem) {
        told.push(format!("\"{}\" permits it to others: {}", permit.id, scope_of(rule)));
    }
    if told.is_empty() {
        told.push("no permit covers it: a new rule must name it".to_owned());
    }
    told
}

/// The principal part of a rule's scope.
fn scope_of(rule: &Rule) -> String {
    use cedar_policy::PrincipalConstraint::{Any, Eq, In, Is, IsIn};
    match rule.policy.principal_constraint() {
        Any => "anyone".to_owned(),
        Is(of) => format!("any {of}"),
        Eq(uid) => uid.to_string(),
        In(uid) => format!("whoever is in {uid}"),
        IsIn(of, uid) => format!("any {of} in {uid}"),
    }
}
