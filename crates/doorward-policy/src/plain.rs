//! Rules that are plain enough to be tried without Cedar.
//!
//! Once principal, action and resource are known, Cedar's partial evaluation leaves of most rules only comparisons of
//! single arguments, and of facts about them, with constants. Those are kept here in a form that is tried on the arguments as
//! they were sent, without building entities, expressions or values. Whatever is not one of the forms of [`test`], and every
//! call for which a comparison could fail or a fact is unclear, is left to Cedar: this must never answer where Cedar would
//! answer otherwise.

mod read;
mod test;
mod values;

use cedar_policy::{Effect, PartialResponse};
use doorward_core::access::Observed;
use doorward_mcp::raw::Raw;

use crate::argument_type::Members;
use crate::facts::Call;
use crate::mentions::Mentions;
use test::Test;
use values::Looked;

/// What is left of a slice's rules, and what they look at.
#[derive(Debug)]
pub(crate) struct PlainRules {
    looked: Looked,
    rules: Vec<PlainRule>,
}

/// The rules that turned out true for one call.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Holding {
    /// Numbers of permits.
    pub(crate) permits: Vec<usize>,
    /// Numbers of forbids.
    pub(crate) forbids: Vec<usize>,
}

#[derive(Debug)]
struct PlainRule {
    number: usize,
    effect: Effect,
    test: Test,
}

impl PlainRules {
    /// Reads what Cedar left of the rules; `None` when something of it is not plain, or an argument that some rule looks
    /// at is not a single value.
    pub(crate) fn of(response: &PartialResponse, members: &Members, mentions: &Mentions) -> Option<Self> {
        if response.definitely_errored().next().is_some() {
            return None;
        }
        let looked = Looked::of(members, mentions)?;
        let mut rules = Vec::new();
        for policy in response.all_residuals() {
            let rule = looked.rule(&policy)?;
            if rule.test.fixed() != Some(false) {
                rules.push(rule);
            }
        }
        rules.sort_by_key(|rule| rule.number);
        Some(Self { looked, rules })
    }

    /// Tries every rule; `None` when Cedar must be asked. `call` is there when rules look at facts.
    pub(crate) fn holding(
        &self,
        sent: Option<Raw<'_>>,
        call: Option<&Call<'_>>,
        observed: &Observed,
    ) -> Option<Holding> {
        let values = self.looked.values(sent, call, observed)?;
        let mut holding = Holding::default();
        for rule in &self.rules {
            match (rule.test.holds(&values)?, rule.effect) {
                (true, Effect::Permit) => holding.permits.push(rule.number),
                (true, Effect::Forbid) => holding.forbids.push(rule.number),
                (false, Effect::Permit | Effect::Forbid) => {}
            }
        }
        Some(holding)
    }
}

#[cfg(test)]
mod tests;
