//! What a careful reviewer would say of a policy that loads.
//!
//! Each lint is a file of its own, looks at one rule (or at the whole policy) and tells what it finds with a code, a place and
//! advice. A lint must say nothing that is not so: where it cannot tell, it is silent. It never changes what is decided.

mod allows_everything;
mod anyone_destroys;
mod guards_off;
mod limit_on_forbid;
mod passed_time;
mod raw_text;
mod scope;
mod shadowed;
mod unreachable_tool;
mod vacuous_set;
mod walk;

use cedar_policy::Effect;
use doorward_core::time::Timestamp;
use serde_json::Value;

use crate::engine::Engine;
use crate::finding::{Finding, Place, Severity};
use crate::limits::FINDINGS_MAX;
use crate::rule::Rule;
use crate::source::{FlowPolicy, Preset, Source};

/// The lints that look at one rule.
const RULE_LINTS: [fn(&Subject<'_>, &mut Vec<Finding>); 8] = [
    shadowed::look,
    vacuous_set::look,
    raw_text::look,
    passed_time::look,
    limit_on_forbid::look,
    guards_off::look,
    allows_everything::look,
    anyone_destroys::look,
];

impl Engine {
    /// What a reviewer would say of the policy, beside [`Engine::warnings`]: in the order of the rules, the presets' own left
    /// out. Rules about time are held against `now`.
    #[must_use]
    pub fn review(&self, now: Timestamp) -> Vec<Finding> {
        let mut findings = Vec::new();
        for rule in self.rules.iter().filter(|rule| !is_ours(rule)) {
            let written = rule.policy.to_json().unwrap_or(Value::Null);
            let subject = Subject { engine: self, rule, written: &written, now };
            RULE_LINTS.iter().for_each(|look| look(&subject, &mut findings));
        }
        unreachable_tool::look(self, &mut findings);
        findings.truncate(FINDINGS_MAX);
        findings
    }
}

/// Whether a rule is of a preset: its user cannot mend it.
pub(crate) fn is_ours(rule: &Rule) -> bool {
    let text: &str = &rule.place.text;
    text == Source::base().text
        || Preset::ALL.iter().any(|preset| preset.text() == text)
        || FlowPolicy::ALL.iter().any(|policy| policy.text() == text)
}

/// One rule, as a lint sees it.
struct Subject<'a> {
    engine: &'a Engine,
    rule: &'a Rule,
    /// The rule in Cedar's JSON form.
    written: &'a Value,
    now: Timestamp,
}

impl Subject<'_> {
    fn is_permit(&self) -> bool {
        self.rule.effect() == Effect::Permit
    }

    /// Whether it has neither `when` nor `unless`.
    fn is_unconditional(&self) -> bool {
        has_no_conditions(self.written)
    }

    /// A finding about the part of the rule's text that reads `part`; about the whole rule, where it is written otherwise.
    fn finding(&self, severity: Severity, code: &'static str, part: Option<&str>, message: String) -> Finding {
        Finding::new(severity, &self.place_of(part), message).with_code(code)
    }

    fn place_of(&self, part: Option<&str>) -> Place {
        let place = &self.rule.place;
        let narrowed = place.span.clone().zip(part).and_then(|(span, part)| {
            let start = span.start + place.text.get(span)?.find(part)?;
            Some(start..start + part.len())
        });
        Place { span: narrowed.or_else(|| place.span.clone()), ..place.clone() }
    }
}

fn has_no_conditions(written: &Value) -> bool {
    written.get("conditions").and_then(Value::as_array).is_some_and(Vec::is_empty)
}
