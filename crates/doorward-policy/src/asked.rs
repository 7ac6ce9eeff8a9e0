//! What Cedar is asked, written down as any other evaluator of Cedar takes it.
//!
//! It lets somebody else answer the same question and compare. It never decides anything.

use std::sync::Arc;

use cedar_policy::PolicySet;
use doorward_core::access::{AccessRequest, Observed};
use serde_json::{Map, Value};

use crate::engine::Engine;
use crate::question::Question;

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

impl Engine {
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
