//! Whether the rules fit what the servers offer.
//!
//! At load, a rule that does not fit is an error. While serving, a server may change what it offers at any time, and one
//! server must not take the policy of the others with it: then a rule that no longer fits is *unusable* for the servers
//! it does not fit. What that means is decided in one place, [`crate::desk`]: an unusable permit permits nothing there, and
//! an unusable forbid refuses whatever it might have forbidden there.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{Policy, PolicySet, Schema, ValidationError, ValidationMode, ValidationWarning, Validator};
use doorward_core::ids::ServerId;

use crate::finding::{Finding, Severity};
use crate::limits::FINDINGS_MAX;
use crate::lint::{Names, names_in};
use crate::reach::{Unseen, reaches};
use crate::rule::{Rule, from_cedar, server_part};
use crate::schema::{self, ToolAction};
use crate::surroundings::Surroundings;

/// When the rules are held against the servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// The operator waits for an answer: what does not fit is an error.
    Loading,
    /// Calls are waiting: what does not fit is set aside, with a warning.
    Serving,
}

/// How the rules fit.
#[derive(Debug, Default)]
pub(crate) struct Fit {
    /// Everything found.
    pub(crate) findings: Vec<Finding>,
    /// For each rule, in order: the servers it is unusable for.
    pub(crate) unusable: Vec<BTreeSet<ServerId>>,
}

/// Holds `rules` against what the servers offer.
pub(crate) fn fit(rules: &[Rule], around: &Surroundings, when: When) -> Fit {
    let names: Vec<Names> = rules.iter().map(|rule| names_in(rule, around)).collect();
    let unseen: Unseen = names.iter().flat_map(|names| names.unseen.iter().cloned()).collect();
    let fitting = Fitting { rules, around, when, unseen };
    let troubles = fitting.validate();
    let mut fit = Fit::default();
    for (rule, names) in rules.iter().zip(names) {
        let trouble = match &troubles {
            Some(troubles) => troubles.get(&rule.number).cloned().unwrap_or_default(),
            None => fitting.no_schema(rule),
        };
        let unusable = fitting.judge(rule, names, trouble, &mut fit.findings);
        fit.unusable.push(unusable);
    }
    fit.findings.truncate(FINDINGS_MAX);
    fit
}

/// What Cedar's validator says of one rule.
#[derive(Debug, Clone, Default)]
struct Trouble {
    /// It does not type-check.
    errors: Vec<Finding>,
    /// It type-checks and can never match.
    impossible: Vec<Finding>,
    /// It looks suspicious.
    warnings: Vec<Finding>,
}

struct Fitting<'a> {
    rules: &'a [Rule],
    around: &'a Surroundings,
    when: When,
    unseen: Unseen,
}

impl Fitting<'_> {
    /// Validates all rules against everything on offer; `None` when no schema could be made of it.
    fn validate(&self) -> Option<BTreeMap<usize, Trouble>> {
        let tools = self.around.catalogues().flat_map(|catalogue| ToolAction::all_of(catalogue));
        let schema = self.schema(tools)?;
        let set = PolicySet::from_policies(self.rules.iter().map(|rule| rule.policy.clone())).ok()?;
        let result = Validator::new(schema).validate(&set, ValidationMode::Strict);
        let mut troubles: BTreeMap<usize, Trouble> = BTreeMap::new();
        for error in result.validation_errors() {
            if let Some(rule) = self.numbered(error.policy_id().as_ref()) {
                troubles.entry(rule.number).or_default().errors.push(retell_error(rule, error));
            }
        }
        for warning in result.validation_warnings() {
            if let Some(rule) = self.numbered(warning.policy_id().as_ref()) {
                let trouble = troubles.entry(rule.number).or_default();
                match warning {
                    ValidationWarning::ImpossiblePolicy(_) | ValidationWarning::InvalidActionApplication(_) => {
                        trouble.impossible.push(never_matches(rule));
                    }
                    other => trouble.warnings.push(retell_warning(rule, other)),
                }
            }
        }
        Some(troubles)
    }

    fn schema<'a>(&'a self, tools: impl Iterator<Item = ToolAction<'a>>) -> Option<Schema> {
        let unseen = self.unseen.iter().map(|id| ToolAction { id: id.clone(), facts: None });
        schema::build(tools.chain(unseen)).ok()
    }

    fn numbered(&self, id: &str) -> Option<&Rule> {
        self.rules.get(id.parse::<usize>().ok()?)
    }

    /// Reports on one rule, and says for which servers it is unusable.
    fn judge(&self, rule: &Rule, names: Names, trouble: Trouble, findings: &mut Vec<Finding>) -> BTreeSet<ServerId> {
        findings.extend(trouble.warnings);
        let mistaken = !names.findings.is_empty();
        findings.extend(names.findings.into_iter().map(|finding| self.tempered(finding)));
        if !trouble.errors.is_empty() {
            return self.judge_misfit(rule, &names.unknown_servers, mistaken, trouble.errors, findings);
        }
        let unreached = !mistaken && self.is_out_of_reach(rule);
        let impossible = if unreached { vec![never_matches(rule)] } else { trouble.impossible };
        let early = self.around.has_unknown();
        findings.extend(
            impossible
                .into_iter()
                .filter(|_| !mistaken)
                .take(1)
                .map(|finding| if early { softened(finding) } else { self.tempered(finding) }),
        );
        BTreeSet::new()
    }

    fn judge_misfit(
        &self,
        rule: &Rule,
        unknown: &BTreeSet<ServerId>,
        mistaken: bool,
        errors: Vec<Finding>,
        findings: &mut Vec<Finding>,
    ) -> BTreeSet<ServerId> {
        let blamed = self.blamed(rule);
        let only_unknown = !unknown.is_empty() && blamed.is_subset(unknown);
        for finding in errors.into_iter().filter(|_| !mistaken) {
            findings.push(if only_unknown { softened(finding) } else { self.tempered(finding) });
        }
        blamed
    }

    /// The servers whose offer `rule` does not fit; all it reaches, when none alone is to blame.
    fn blamed(&self, rule: &Rule) -> BTreeSet<ServerId> {
        let reached: BTreeSet<ServerId> =
            self.around.servers().filter(|server| reaches(rule, server, self.around, &self.unseen)).cloned().collect();
        let blamed: BTreeSet<ServerId> =
            reached.iter().filter(|server| !self.fits_alone(rule, server)).cloned().collect();
        if blamed.is_empty() { reached } else { blamed }
    }

    /// Whether `rule` type-checks when only `server` offers anything, beside the tools the rule names itself.
    fn fits_alone(&self, rule: &Rule, server: &ServerId) -> bool {
        let named: BTreeSet<String> =
            rule.policy.entity_literals().iter().map(|uid| uid.id().unescaped().to_owned()).collect();
        let offered =
            |action: &ToolAction<'_>| server_part(&action.id) == server.as_str() || named.contains(&action.id);
        let tools = self.around.catalogues().flat_map(|catalogue| ToolAction::all_of(catalogue)).filter(offered);
        let Some(schema) = self.schema(tools) else { return false };
        let Ok(set) = PolicySet::from_policies([Policy::clone(&rule.policy)]) else { return false };
        Validator::new(schema).validate(&set, ValidationMode::Strict).validation_passed()
    }

    fn is_out_of_reach(&self, rule: &Rule) -> bool {
        let mut servers = self.around.servers().peekable();
        servers.peek().is_some() && !servers.any(|server| reaches(rule, server, self.around, &self.unseen))
    }

    /// An error while loading, a warning while serving.
    fn tempered(&self, finding: Finding) -> Finding {
        match self.when {
            When::Loading => finding,
            When::Serving => softened(finding),
        }
    }

    fn no_schema(&self, rule: &Rule) -> Trouble {
        let message = "no schema could be made of what the servers offer";
        Trouble { errors: vec![Finding::new(Severity::Error, &rule.place, message)], ..Trouble::default() }
    }
}

fn softened(finding: Finding) -> Finding {
    finding.with_severity(Severity::Warning)
}

fn never_matches(rule: &Rule) -> Finding {
    Finding::new(Severity::Error, &rule.place, format!("the rule \"{}\" can never match", rule.name)).with_advice(
        "no request fits its scope and conditions together; compare the action, the resource and the argument names \
         with what the servers offer",
    )
}

fn retell_error(rule: &Rule, error: &ValidationError) -> Finding {
    let advice = match error {
        ValidationError::UnsafeAttributeAccess(_) => Some(
            "not everything this rule covers has that attribute, or its type is one policy cannot read; name the tools \
             that have it in the scope, or ask first: context.arguments has NAME && …",
        ),
        ValidationError::UnsafeOptionalAttributeAccess(_) => {
            Some("it may be missing; ask first: context.arguments has NAME && …")
        }
        ValidationError::UnrecognizedEntityType(_) => Some("the types are User, Server, Tool, Resource and Prompt"),
        _ => None,
    };
    let finding = retold(rule, error);
    match advice {
        Some(advice) if finding.advice().is_none() => finding.with_advice(advice),
        Some(_) | None => finding,
    }
}

fn retell_warning(rule: &Rule, warning: &ValidationWarning) -> Finding {
    softened(retold(rule, warning))
}

/// Cedar's own words, without the number that stands for the rule.
fn retold(rule: &Rule, diagnostic: &dyn miette::Diagnostic) -> Finding {
    let finding = from_cedar(&rule.place, diagnostic);
    let prefix = format!("for policy `{}`, ", rule.number);
    let message = finding.to_string();
    match message.strip_prefix(&prefix) {
        Some(rest) => finding.with_message(format!("the rule \"{}\": {rest}", rule.name)),
        None => finding,
    }
}
