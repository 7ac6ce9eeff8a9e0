//! What a denial tells beside its code: the scopes that would have been enough, or that there is nothing of that name.
//!
//! It never turns a denial into anything else.

use std::collections::BTreeSet;
use std::sync::Arc;

use cedar_policy::Effect;
use doorward_core::access::{AccessRequest, Direction, Observed, Resource};
use doorward_core::decision::{Decision, Denial, Telling};
use doorward_core::exchange::Visibility;
use doorward_core::principal::Proof;
use doorward_core::refusal::Code;

use crate::engine::Engine;
use crate::inputs::Denied;
use crate::limits::SCOPE_TRIES_MAX;
use crate::question::{Question, only_named};
use crate::rule::Rule;

impl Question<'_> {
    /// The decision, and for a denial that only scopes stand behind, which ones: all that the cheapest permit wants, so
    /// that one new token is enough (RFC 6750 §3.1).
    pub(crate) fn decide_or_name_scopes(&self) -> Decision {
        let decision = self.decide();
        let Decision::Deny(denial) = &decision else { return decision };
        if denial.code != Code::NotAllowed {
            return decision;
        }
        let enough = |rule: &&Rule| self.with_scopes_of(rule, |question| question.decide().is_allow()) == Some(true);
        let Some(rule) = self.scoped_permits().into_iter().find(enough) else { return decision };
        let reasons = vec![rule.as_otherwise().unwrap_or_else(|| only_named(rule))];
        let scopes = rule.scopes.as_deref().cloned().unwrap_or_default();
        Decision::Deny(Denial { scopes, ..Denial::new(Code::InsufficientScope).with_reasons(reasons) })
    }

    /// What a list shows: also what a token with more scopes would open, to those who can get one.
    pub(crate) fn could_allow_with_more_scopes(&self) -> Visibility {
        let opens = |rule: &Rule| {
            self.with_scopes_of(rule, |question| question.could_allow() == Visibility::Show) == Some(true)
        };
        match self.could_allow() {
            Visibility::Hide if self.scoped_permits().into_iter().any(opens) => Visibility::Show,
            sight @ (Visibility::Show | Visibility::Hide) => sight,
        }
    }

    /// The permits that want scopes which the principal's token does not have, the fewest missing first; none for
    /// principals that have no token.
    fn scoped_permits(&self) -> Vec<&Rule> {
        let principal = &self.request.principal;
        if !has_token(principal.proof()) {
            return Vec::new();
        }
        let missing =
            |rule: &Rule| rule.scopes.as_ref().map_or(0, |wanted| wanted.difference(principal.scopes()).count());
        let mut permits: Vec<&Rule> = self
            .rules()
            .filter(|rule| rule.effect() == Effect::Permit && missing(rule) > 0 && rule.covers_principal(principal))
            .collect();
        permits.sort_by_key(|rule| (missing(rule), rule.number));
        permits.truncate(SCOPE_TRIES_MAX);
        permits
    }

    /// Asks the same for a principal that has the scopes of `rule` too.
    fn with_scopes_of<T>(&self, rule: &Rule, ask: impl FnOnce(&Question<'_>) -> T) -> Option<T> {
        let principal = &self.request.principal;
        let scopes: BTreeSet<Arc<str>> =
            principal.scopes().iter().chain(rule.scopes.iter().flat_map(|wanted| wanted.iter())).cloned().collect();
        let request = AccessRequest { principal: principal.with_scopes(scopes), ..self.request.clone() };
        Question::find(self.engine, &request, self.observed).ok().map(|question| ask(&question))
    }
}

impl Engine {
    /// How much of a denial of `request` the caller is told.
    pub(crate) fn telling(&self, request: &AccessRequest, denial: &Denial) -> Telling {
        let hides = || denial.code == Code::Forbidden && denial.reasons.iter().any(|reason| self.hides(&reason.rule));
        if can_be_hidden(request) && is_about_the_thing(denial.code) && (hides() || self.conceals(request)) {
            Telling::Hidden
        } else {
            Telling::Open
        }
    }

    /// Whether whoever asks must not learn that the thing exists, whatever is asked of it: a list would not show it, and
    /// that is to hide it. Nothing that is told before the decision may differ from what is told of nothing.
    #[must_use]
    pub fn conceals(&self, request: &AccessRequest) -> bool {
        let hidden = |rule: &Rule| rule.telling == Telling::Hidden && rule.covers_principal(&request.principal);
        let nothing = Observed::default();
        let by_rule = || Question::find(self, request, &nothing).is_ok_and(|question| question.rules().any(hidden));
        can_be_hidden(request)
            && (self.inputs.denied == Denied::Hide || by_rule())
            && self.could_allow(request) == Visibility::Hide
    }

    fn hides(&self, name: &Arc<str>) -> bool {
        self.rules.iter().any(|rule| rule.name == *name && rule.telling == Telling::Hidden)
    }
}

const fn has_token(proof: Proof) -> bool {
    match proof {
        Proof::AccessToken | Proof::BoundToken => true,
        Proof::LocalProcess | Proof::LocalToken | Proof::ApiKey | Proof::Certificate | Proof::None => false,
    }
}

/// A client may be told that a thing does not exist; whole servers are named by their address.
fn can_be_hidden(request: &AccessRequest) -> bool {
    match &request.resource {
        Resource::Tool(..) | Resource::Resource(..) | Resource::Prompt(..) => {
            request.action.direction() == Direction::ToServer
        }
        Resource::Server(_) => false,
    }
}

/// Whether the code says something about what exists, or about the rules for it.
fn is_about_the_thing(code: Code) -> bool {
    matches!(code, Code::NotAllowed | Code::Forbidden | Code::PolicyError | Code::PolicyUnusable | Code::Unclear)
}
