//! What a list may show: a thing is shown when some arguments exist with which it could be used; a resource template, when
//! some resource could.
//!
//! Cedar evaluates the rules with the arguments (or the resource) left open. What remains of each rule is read as a formula over conditions
//! that each may hold or not, and every combination is tried. Two conditions may exclude each other in ways this does not
//! see (apart from two different values for one argument), so the answer errs towards showing: what could be allowed is
//! never hidden, and each call is still decided in full.

use cedar_policy::{Authorizer, Effect, PartialResponse};
use doorward_core::decision::{Decision, Obligation};
use doorward_core::exchange::Visibility;

use crate::formula::{Conditions, Formula};
use crate::limits::VISIBILITY_CONDITIONS_MAX;
use crate::question::Question;
use crate::rule::Rule;

impl Question<'_> {
    /// Whether there are arguments with which this is allowed, and nothing demanded that nobody can do.
    pub(crate) fn could_allow(&self) -> Visibility {
        if self.is_open() {
            return self.could_allow_some();
        }
        match self.decide() {
            Decision::Allow { obligations, .. } if obligations.iter().all(can_be_met) => Visibility::Show,
            Decision::Allow { .. } | Decision::Deny(_) => Visibility::Hide,
        }
    }

    /// Whether something that matters is not known before the call.
    fn is_open(&self) -> bool {
        self.looks_at_what_is_said() || self.looks_at_counts() || self.looks_at_flow() || self.is_template()
    }

    /// Leaves open what is not known yet, the arguments, the counters or which resource of a template it will be, and tries.
    fn could_allow_some(&self) -> Visibility {
        let put = if self.is_template() { self.put_template() } else { self.put() };
        let Some((request, entities)) = put else { return Visibility::Hide };
        self.some_allowed(&Authorizer::new().is_authorized_partial(&request, &self.slice().set, &entities))
    }

    /// Whether something of what was left open could allow it.
    pub(crate) fn some_allowed(&self, response: &PartialResponse) -> Visibility {
        if response.definitely_errored().next().is_some() {
            return Visibility::Hide;
        }
        let mut conditions = Conditions::default();
        let mut parts = Parts::default();
        for policy in response.all_residuals() {
            let formula = Formula::of(&policy, &mut conditions);
            let id: &str = policy.id().as_ref();
            let rule = id.parse::<usize>().ok().and_then(|number| self.engine.rules.get(number));
            parts.add(policy.effect(), rule, formula);
        }
        if conditions.len() > VISIBILITY_CONDITIONS_MAX {
            return Visibility::Show;
        }
        let possible = conditions.combinations().any(|holds| parts.allow(&holds));
        if possible { Visibility::Show } else { Visibility::Hide }
    }
}

fn can_be_met(obligation: &Obligation) -> bool {
    match obligation {
        // A limit that is reached now may not be later.
        Obligation::Approve(_) | Obligation::Limit(_) | Obligation::Answer(_) | Obligation::Guard(_) => true,
        Obligation::Unknown(_) => false,
    }
}

/// What remains of the rules: those that open, and those that close.
#[derive(Default)]
struct Parts {
    opening: Vec<Formula>,
    closing: Vec<Formula>,
}

impl Parts {
    /// A permit with a duty nobody can perform closes what it permits.
    fn add(&mut self, effect: Effect, rule: Option<&Rule>, formula: Formula) {
        let impossible = rule.is_some_and(|rule| !rule.obligations.iter().all(can_be_met));
        match effect {
            Effect::Permit if !impossible => self.opening.push(formula),
            Effect::Permit | Effect::Forbid => self.closing.push(formula),
        }
    }

    fn allow(&self, holds: &[bool]) -> bool {
        self.opening.iter().any(|formula| formula.value(holds))
            && !self.closing.iter().any(|formula| formula.value(holds))
    }
}
