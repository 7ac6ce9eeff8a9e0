//! The kinds of principal worth a column: everybody, whoever the reader names, and whoever the rules name.
//!
//! A kind of the rules' is the whole of what one rule names, such as a user with the agent that acts for it. It holds every
//! scope that rules ask for, because scopes are for the caller to get.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cedar_policy::PrincipalConstraint;
use doorward_core::principal::{Claims, Principal, Proof, Subject};

use crate::engine::Engine;
use crate::limits::MATRIX_KINDS_MAX;
use crate::review::is_ours;
use crate::rule::Rule;

/// Who stands for everybody.
const ANYONE: &str = "anyone";

/// A user's name that no rule gives.
const NOBODY: &str = "(anyone)";

/// The kinds, everybody first, the named ones next.
pub(super) fn of(engine: &Engine, named: &[(String, Principal)]) -> Vec<(String, Principal)> {
    let scopes = scopes(engine);
    let mut found: BTreeMap<String, Principal> = BTreeMap::new();
    for rule in engine.rules.iter().filter(|rule| !is_ours(rule)) {
        for names in Names::of(rule) {
            if let Some(principal) = names.principal(&scopes) {
                found.entry(names.label()).or_insert(principal);
            }
        }
    }
    let anyone = Names::default().principal(&BTreeSet::new()).map(|principal| (ANYONE.to_owned(), principal));
    let mut kinds: Vec<(String, Principal)> = anyone.into_iter().chain(named.iter().cloned()).collect();
    kinds.extend(found.into_iter().filter(|(label, _)| !label.is_empty()));
    kinds.truncate(MATRIX_KINDS_MAX);
    kinds
}

fn scopes(engine: &Engine) -> BTreeSet<Arc<str>> {
    let asked = engine.rules.iter().filter_map(|rule| rule.policy.annotation("scopes"));
    asked.flat_map(str::split_whitespace).map(Arc::from).collect()
}

/// Whom one rule names.
#[derive(Debug, Default, Clone)]
struct Names {
    subject: Option<Subject>,
    agent: Option<Arc<str>>,
    groups: BTreeSet<Arc<str>>,
    tenant: Option<Arc<str>>,
}

impl Names {
    /// One for each agent that the rule's conditions name.
    fn of(rule: &Rule) -> Vec<Self> {
        let mut names = Self::default();
        let scope = match rule.policy.principal_constraint() {
            PrincipalConstraint::Eq(uid) | PrincipalConstraint::In(uid) | PrincipalConstraint::IsIn(_, uid) => {
                Some(uid)
            }
            PrincipalConstraint::Any | PrincipalConstraint::Is(_) => None,
        };
        let mut agents = BTreeSet::new();
        for uid in rule.policy.entity_literals() {
            let id = || Arc::<str>::from(uid.id().unescaped());
            match (uid.type_name().basename(), scope.as_ref() == Some(&uid)) {
                ("User", _) => names.subject = Some(Subject::User(id())),
                ("Agent", true) => names.subject = Some(Subject::Agent(id())),
                ("Agent", false) => {
                    agents.insert(id());
                }
                ("Group", _) => {
                    names.groups.insert(id());
                }
                ("Tenant", _) => names.tenant = Some(id()),
                (_, _) => {}
            }
        }
        if agents.is_empty() {
            return vec![names];
        }
        agents.into_iter().map(|agent| Self { agent: Some(agent), ..names.clone() }).collect()
    }

    /// Empty when it names nobody.
    fn label(&self) -> String {
        let quoted = |of: &str, name: &str| format!("{of}::{name:?}");
        let mut parts: Vec<String> = Vec::new();
        parts.extend(self.subject.as_ref().map(|subject| match subject {
            Subject::User(name) => quoted("User", name),
            Subject::Agent(name) => quoted("Agent", name),
        }));
        parts.extend(self.groups.iter().map(|group| quoted("in Group", group)));
        parts.extend(self.tenant.iter().map(|tenant| quoted("in Tenant", tenant)));
        parts.extend(self.agent.iter().map(|agent| quoted("by Agent", agent)));
        parts.join(" ")
    }

    fn principal(&self, scopes: &BTreeSet<Arc<str>>) -> Option<Principal> {
        let subject = self.subject.clone().unwrap_or_else(|| Subject::User(Arc::from(NOBODY)));
        let mut claims = Claims::of(subject, Proof::AccessToken);
        claims.agent = self.agent.clone();
        claims.groups = self.groups.clone();
        claims.tenant = self.tenant.clone();
        claims.scopes = scopes.clone();
        Principal::claimed(claims).ok()
    }
}
