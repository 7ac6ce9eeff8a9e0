//! Whether the rules fit what the servers offer.
//!
//! At load, a rule that does not fit is an error. While serving, a server may change what it offers at any time, and one
//! server must not take the policy of the others with it: then a rule that no longer fits is *unusable* for the servers
//! it does not fit. What that means is decided in one place, [`crate::desk`]: an unusable permit permits nothing there, and
//! an unusable forbid refuses whatever it might have forbidden there.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{Effect, Policy, PolicySet, Schema, ValidationError, ValidationMode, ValidationWarning, Validator};
use doorward_core::ids::ServerId;

use crate::facts::Kind;
use crate::finding::{Finding, Severity};
use crate::inputs::PolicyInputs;
use crate::limits::FINDINGS_MAX;
use crate::lint::{Names, names_in};
use crate::mentions::Seen;
use crate::reach::{Unseen, reaches, tools_covered};
use crate::rule::{Rule, from_cedar, server_part};
use crate::schema::{self, PLACEHOLDER, ToolAction};
use crate::suggest::nearest;
use crate::surroundings::Surroundings;
use crate::vocabulary::TYPES;

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
pub(crate) fn fit(rules: &[Rule], around: &Surroundings, inputs: &PolicyInputs, when: When) -> Fit {
    let names: Vec<Names> = rules.iter().map(|rule| names_in(rule, around, inputs)).collect();
    let unseen: Unseen = names.iter().flat_map(|names| names.unseen.iter().cloned()).collect();
    let fitting = Fitting { rules, around, inputs, when, unseen };
    let troubles = fitting.validate();
    let mut fit = Fit::default();
    for (rule, names) in rules.iter().zip(names) {
        let trouble = match &troubles {
            Some(troubles) => troubles.get(&rule.number).cloned().unwrap_or_default(),
            None => fitting.no_schema(rule),
        };
        let mut found = Vec::new();
        fit.unusable.push(fitting.judge(rule, names, trouble, &mut found));
        fit.findings.extend(one_for_each_place(found));
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
    is_impossible: bool,
    /// It looks suspicious.
    warnings: Vec<Finding>,
}

struct Fitting<'a> {
    rules: &'a [Rule],
    around: &'a Surroundings,
    inputs: &'a PolicyInputs,
    when: When,
    unseen: Unseen,
}

impl Fitting<'_> {
    /// Validates all rules against everything on offer; `None` when no schema could be made of it.
    fn validate(&self) -> Option<BTreeMap<usize, Trouble>> {
        let tools = self.around.catalogues().flat_map(|catalogue| ToolAction::all_of(catalogue));
        let schema = self.schema(tools)?;
        let set = PolicySet::from_policies(self.rules.iter().map(|rule| rule.written.clone())).ok()?;
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
                let can_never_match = matches!(
                    warning,
                    ValidationWarning::ImpossiblePolicy(_) | ValidationWarning::InvalidActionApplication(_)
                );
                if can_never_match {
                    trouble.is_impossible = true;
                } else {
                    trouble.warnings.push(retell_warning(rule, warning));
                }
            }
        }
        Some(troubles)
    }

    fn schema<'a>(&'a self, tools: impl Iterator<Item = ToolAction<'a>>) -> Option<Schema> {
        let unseen = self.unseen.iter().map(|id| ToolAction { id: id.clone(), facts: None });
        let kinds: BTreeSet<Kind> = self.rules.iter().flat_map(|rule| rule.mentions.derived.kinds()).collect();
        schema::build(tools.chain(unseen), self.inputs, &kinds)
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
        let hopeless = rule.collective().is_some() || rule.action_group().is_some();
        if !mistaken && (hopeless || trouble.is_impossible || self.is_out_of_reach(rule)) {
            let finding = self.never_matches(rule);
            // What servers that are not known yet may offer makes no difference to a rule without hope.
            let waits = self.around.has_unknown() && !hopeless;
            findings.push(if waits { softened(finding) } else { self.tempered(finding) });
        }
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
        let early = !unknown.is_empty() && blamed.is_subset(unknown);
        if early {
            findings.push(set_aside(rule, unknown));
        } else if !mistaken {
            findings.extend(errors.into_iter().map(|finding| self.tempered(finding)));
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

    fn never_matches(&self, rule: &Rule) -> Finding {
        let advice = if let Some(collective) = rule.collective() {
            format!("whoever acts is a User or an Agent; write principal in {collective}")
        } else if let Some(group) = rule.action_group() {
            format!("{group} is a group of actions; write action in {group}")
        } else if let Some(name) = self.untyped_argument(rule) {
            format!(
                "no tool it covers has an argument \"{name}\" that policy can read; unions, free maps and lists of mixed \
                 values have no type in Cedar"
            )
        } else {
            "no request fits its scope and conditions together; compare them with what the servers offer".to_owned()
        };
        Finding::new(Severity::Error, &rule.place, format!("the rule \"{}\" can never match", rule.name))
            .with_code("never-matches")
            .with_advice(advice)
    }

    /// An argument the rule looks at that no tool has in typed form.
    fn untyped_argument<'r>(&self, rule: &'r Rule) -> Option<&'r str> {
        let Seen::Named(names) = &rule.mentions.arguments else { return None };
        let typed = |name: &str| {
            let mut tools = self.around.catalogues().flat_map(|catalogue| tools_covered(rule, catalogue));
            tools.any(|facts| facts.arguments.contains_key(name))
        };
        names.iter().map(String::as_str).find(|name| !typed(name))
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

/// The rule would fit, for all that is known; what it names is not.
fn set_aside(rule: &Rule, unknown: &BTreeSet<ServerId>) -> Finding {
    let servers: Vec<&str> = unknown.iter().map(ServerId::as_str).collect();
    let meanwhile = match rule.effect() {
        Effect::Permit => "it permits nothing there",
        Effect::Forbid => "what it might forbid there is refused",
    };
    let message =
        format!("the rule \"{}\" cannot be checked: the tools of {} are not known", rule.name, servers.join(", "));
    Finding::new(Severity::Warning, &rule.place, message).with_advice(format!("until they are, {meanwhile}"))
}

/// One place may be wrong in the same way for many tools: tells the first, and how many there are beside it. A tool that
/// exists is told before one that is only thought of.
fn one_for_each_place(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by_cached_key(|finding| {
        let start = finding.span().map(|span| (span.start, span.end));
        let message = finding.to_string();
        (start, message.contains(PLACEHOLDER), message)
    });
    let mut told: Vec<Finding> = Vec::new();
    let mut more = 0_usize;
    for finding in findings {
        match told.last() {
            Some(last) if last.span() == finding.span() && last.advice() == finding.advice() => more += 1,
            Some(_) | None => {
                count_in(&mut told, std::mem::take(&mut more));
                told.push(finding);
            }
        }
    }
    count_in(&mut told, more);
    told
}

fn count_in(told: &mut Vec<Finding>, more: usize) {
    if let Some(last) = told.pop() {
        let message = last.to_string();
        told.push(if more == 0 { last } else { last.with_message(format!("{message} (and {more} more like it)")) });
    }
}

fn retell_error(rule: &Rule, error: &ValidationError) -> Finding {
    let finding = retold(rule, error);
    // Of everything else Cedar's own advice is the better one.
    if matches!(error, ValidationError::UnsafeAttributeAccess(_)) {
        if finding.advice().is_some_and(|advice| is_near(&finding.to_string(), advice)) {
            return finding;
        }
        if finding.to_string().contains("attribute `matches.") {
            return finding.with_advice(
                "declare the pattern in [policy.patterns], and name an argument that is text: context.matches.ARG.PATTERN",
            );
        }
        finding.with_advice(
            "not everything this rule covers has it, or not of a type policy can read; name the tools that have it, or \
             ask first: context.arguments has NAME && …",
        )
    } else if matches!(error, ValidationError::UnrecognizedEntityType(_)) {
        finding.with_advice(types_advice(&error.to_string()))
    } else {
        finding
    }
}

/// Whether the attribute that Cedar advises is one that may have been meant: it advises something in any case.
fn is_near(message: &str, advice: &str) -> bool {
    let quoted = |text: &str| text.split('`').nth(1).map(ToOwned::to_owned);
    let after_number = message.split_once("\": ").map_or(message, |(_, told)| told);
    match (quoted(after_number), quoted(advice)) {
        (Some(written), Some(advised)) => {
            let word = written.rsplit('.').next().unwrap_or_default();
            nearest(word, std::iter::once(advised.as_str())).is_some()
        }
        (Some(_) | None, _) => false,
    }
}

/// The message names the type between backquotes, after the rule's number.
fn types_advice(message: &str) -> String {
    let near = message.split('`').filter(|part| !part.is_empty()).find_map(|part| {
        let letters = part.chars().all(char::is_alphanumeric) && !part.chars().all(|c| c.is_ascii_digit());
        letters.then(|| nearest(part, TYPES.into_iter())).flatten()
    });
    near.map_or_else(|| format!("the types are {}", TYPES.join(", ")), |of| format!("did you mean {of}?"))
}

fn retell_warning(rule: &Rule, warning: &ValidationWarning) -> Finding {
    softened(retold(rule, warning))
}

/// Cedar's own words, without the number that stands for the rule.
fn retold(rule: &Rule, diagnostic: &dyn miette::Diagnostic) -> Finding {
    let finding = from_cedar(&rule.place, diagnostic);
    let number = format!("for policy `{}`, ", rule.number);
    let message = format!("the rule \"{}\": {}", rule.name, finding.to_string().replace(&number, ""));
    let advice = finding.advice().map(|advice| advice.replace(&number, ""));
    finding.with_message(message).with_advice_opt(advice)
}
