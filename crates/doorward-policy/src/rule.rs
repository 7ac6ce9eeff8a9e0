//! One policy as the author wrote it: its Cedar form, its annotations, its scope, and what it looks at.

mod duty;
mod guard_words;
mod limit;
mod scopes;

use std::collections::BTreeSet;
use std::ops::Range;
use std::str::FromStr;
use std::sync::Arc;

use cedar_policy::{
    ActionConstraint, Effect, EntityUid, Policy, PolicyId, PolicySet, PrincipalConstraint, ResourceConstraint,
};
use doorward_core::access::ACTIONS;
use doorward_core::decision::{Obligation, Reason, Telling};
use doorward_core::ids::ServerId;
use doorward_core::principal::Principal;
use miette::Diagnostic;

use crate::finding::{Finding, Place, Severity};
use crate::limits::POLICY_TEXT_MAX;
use crate::mentions::Mentions;
use crate::source::Source;
use crate::suggest::nearest;
use crate::vocabulary::{GROUPS, type_of};

const ANNOTATIONS: [&str; 10] =
    ["docs", "guard", "hide", "id", "limit", "obligation", "otherwise", "reason", "remedy", "scopes"];

/// Those without which a rule opens more, or tells more.
const NARROWING: [&str; 5] = ["guard", "hide", "limit", "obligation", "scopes"];

/// One rule.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    /// Its place in the list of rules, which is also its Cedar policy id.
    pub(crate) number: usize,
    /// `@id`, or the file's name and the policy's place in it.
    pub(crate) name: Arc<str>,
    /// Where it stands.
    pub(crate) place: Place,
    /// As it is asked, under the id [`Rule::number`]: with the condition that `@scopes` stands for.
    pub(crate) policy: Policy,
    /// As it is written, under the same id, with the places of everything in its text.
    pub(crate) written: Policy,
    /// `@scopes`: what the credentials must have been given for.
    pub(crate) scopes: Option<Arc<BTreeSet<Arc<str>>>>,
    /// `@hide`: how much the caller is told when this rule forbids.
    pub(crate) telling: Telling,
    /// What it looks at.
    pub(crate) mentions: Mentions,
    /// `@limit`, `@guard` and `@obligation`
    pub(crate) obligations: Vec<Obligation>,
    /// `@otherwise`: what to say when this permit covers a request and does not allow it.
    pub(crate) otherwise: Option<Arc<str>>,
    reason: Option<Arc<str>>,
    remedy: Option<Arc<str>>,
    scope: Scope,
}

/// The scope, kept because Cedar builds it anew each time it is asked.
#[derive(Debug, Clone)]
struct Scope {
    principal: PrincipalConstraint,
    action: ActionConstraint,
    resource: ResourceConstraint,
}

impl Scope {
    fn of(policy: &Policy) -> Self {
        Self {
            principal: policy.principal_constraint(),
            action: policy.action_constraint(),
            resource: policy.resource_constraint(),
        }
    }
}

impl Rule {
    /// Whether it permits or forbids.
    pub(crate) fn effect(&self) -> Effect {
        self.policy.effect()
    }

    /// It decided: its reason. What to do instead is told only by a rule that refuses.
    pub(crate) fn as_reason(&self) -> Reason {
        let remedy = match self.effect() {
            Effect::Permit => None,
            Effect::Forbid => self.remedy.clone(),
        };
        Reason { rule: Arc::clone(&self.name), text: self.reason.clone(), remedy }
    }

    /// It covers the request and does not allow it: its `@otherwise`.
    pub(crate) fn as_otherwise(&self) -> Option<Reason> {
        let text = self.otherwise.clone()?;
        Some(Reason { rule: Arc::clone(&self.name), text: Some(text), remedy: self.remedy.clone() })
    }

    /// Whether its scope covers `principal`.
    pub(crate) fn covers_principal(&self, principal: &Principal) -> bool {
        let of = type_of(principal.subject());
        let is_it = |uid: &EntityUid| uid.type_name().basename() == of && uid.id().unescaped() == principal.user();
        let is_in = |uid: &EntityUid| {
            let id = uid.id().unescaped();
            is_it(uid)
                || match uid.type_name().basename() {
                    "Group" => principal.groups().contains(id),
                    "Tenant" => principal.tenant().is_some_and(|tenant| **tenant == *id),
                    _ => false,
                }
        };
        match &self.scope.principal {
            PrincipalConstraint::Any => true,
            PrincipalConstraint::Is(name) => name.basename() == of,
            PrincipalConstraint::Eq(uid) => is_it(uid),
            PrincipalConstraint::In(uid) => is_in(uid),
            PrincipalConstraint::IsIn(name, uid) => name.basename() == of && is_in(uid),
        }
    }

    /// The group or tenant that its scope takes for a principal.
    pub(crate) fn collective(&self) -> Option<String> {
        match &self.scope.principal {
            PrincipalConstraint::Eq(uid) if matches!(uid.type_name().basename(), "Group" | "Tenant") => {
                Some(uid.to_string())
            }
            PrincipalConstraint::Eq(_)
            | PrincipalConstraint::In(_)
            | PrincipalConstraint::Is(_)
            | PrincipalConstraint::IsIn(..)
            | PrincipalConstraint::Any => None,
        }
    }

    /// The group of actions that its scope takes for an action.
    pub(crate) fn action_group(&self) -> Option<String> {
        match &self.scope.action {
            ActionConstraint::Eq(uid) if GROUPS.contains(&uid.id().unescaped()) => Some(uid.to_string()),
            ActionConstraint::Eq(_) | ActionConstraint::In(_) | ActionConstraint::Any => None,
        }
    }

    /// Whether its scope names one tool, or one resource or prompt.
    pub(crate) fn names_one(&self) -> bool {
        let is_tool = |id: &str| !GROUPS.contains(&id) && ACTIONS.iter().all(|action| action.method != id);
        match &self.scope.action {
            ActionConstraint::Eq(uid) if is_tool(uid.id().unescaped()) => true,
            ActionConstraint::Eq(_) | ActionConstraint::In(_) | ActionConstraint::Any => self.names_one_thing(),
        }
    }

    /// Whether its scope covers the action `id` with its `groups`.
    pub(crate) fn covers_action(&self, id: &str, groups: &[&str]) -> bool {
        let is_one = |uid: &EntityUid| id == uid.id().unescaped() || groups.contains(&uid.id().unescaped());
        match &self.scope.action {
            ActionConstraint::Any => true,
            ActionConstraint::Eq(uid) => uid.id().unescaped() == id,
            ActionConstraint::In(uids) => uids.iter().any(is_one),
        }
    }

    /// Whether its scope can cover something of `server`: the thing `exact` (its Cedar id), or any thing of that type.
    pub(crate) fn covers_resource(&self, of: &str, server: &ServerId, exact: Option<&str>) -> bool {
        let is_it = |uid: &EntityUid| {
            let id = uid.id().unescaped();
            let same = match exact {
                Some(exact) => id == exact,
                None => id == server.as_str() || server_part(id) == server.as_str(),
            };
            uid.type_name().basename() == of && same
        };
        let is_in = |uid: &EntityUid| {
            is_it(uid) || (uid.type_name().basename() == "Server" && uid.id().unescaped() == server.as_str())
        };
        match &self.scope.resource {
            ResourceConstraint::Any => true,
            ResourceConstraint::Is(name) => name.basename() == of,
            ResourceConstraint::Eq(uid) => is_it(uid),
            ResourceConstraint::In(uid) => is_in(uid),
            ResourceConstraint::IsIn(name, uid) => name.basename() == of && is_in(uid),
        }
    }

    /// Whether its scope names one tool, resource or prompt by its id.
    pub(crate) fn names_one_thing(&self) -> bool {
        let below_server = |uid: &EntityUid| uid.type_name().basename() != "Server";
        match &self.scope.resource {
            ResourceConstraint::Eq(uid) | ResourceConstraint::In(uid) | ResourceConstraint::IsIn(_, uid) => {
                below_server(uid)
            }
            ResourceConstraint::Any | ResourceConstraint::Is(_) => false,
        }
    }
}

/// The configured server an id like `server/name` belongs to. Server ids hold no slash, so the first one ends it.
pub(crate) fn server_part(id: &str) -> &str {
    id.split_once('/').map_or(id, |(server, _)| server)
}

/// Reads every source; what is wrong goes to `findings`.
pub(crate) fn read_all(sources: &[Source], findings: &mut Vec<Finding>) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    let mut left = POLICY_TEXT_MAX;
    for source in sources {
        let place = Place { file: Arc::from(source.name.as_str()), text: Arc::from(source.text.as_str()), span: None };
        let Some(rest) = left.checked_sub(source.text.len()) else {
            findings.push(
                Finding::new(Severity::Error, &place, "the policies are longer than the limit")
                    .with_advice(format!("all files together may have {POLICY_TEXT_MAX} bytes")),
            );
            break;
        };
        left = rest;
        read_source(&place, &mut rules, findings);
    }
    refuse_twice(&rules, findings);
    rules
}

fn read_source(place: &Place, rules: &mut Vec<Rule>, findings: &mut Vec<Finding>) {
    let parsed = match PolicySet::from_str(&place.text) {
        Ok(parsed) => parsed,
        Err(errors) => return findings.extend(errors.iter().map(|error| from_cedar(place, error))),
    };
    if parsed.num_of_templates() > 0 {
        findings.push(
            Finding::new(Severity::Error, place, "a policy has a slot (?principal or ?resource)")
                .with_advice("write the principal or resource out: templates are not supported"),
        );
    }
    let mut policies: Vec<&Policy> = parsed.policies().collect();
    policies.sort_by_key(|policy| numbered(policy.id()));
    let mut from = 0;
    for policy in policies {
        let written = policy.to_cedar().unwrap_or_default();
        let span = find_from(&place.text, &written, from);
        from = span.as_ref().map_or(from, |span| span.end);
        let number = rules.len();
        let place = Place { span, ..place.clone() };
        rules.push(read_rule(number, policy, place, findings));
    }
}

/// Cedar names the policies of a text `policy0`, `policy1`, …
fn numbered(id: &PolicyId) -> usize {
    let id: &str = id.as_ref();
    id.strip_prefix("policy").and_then(|number| number.parse().ok()).unwrap_or(usize::MAX)
}

fn find_from(text: &str, needle: &str, from: usize) -> Option<Range<usize>> {
    if needle.is_empty() {
        return None;
    }
    let start = from + text.get(from..)?.find(needle)?;
    Some(start..start + needle.len())
}

fn read_rule(number: usize, policy: &Policy, place: Place, findings: &mut Vec<Finding>) -> Rule {
    let annotation = |key: &str| policy.annotation(key).map(Arc::<str>::from);
    let name = annotation("id").unwrap_or_else(|| Arc::from(format!("{}:{}", place.file, policy.id())));
    let mut mentions = policy.to_json().map_or_else(|_| Mentions::everything(), |json| Mentions::of(&json));
    let obligations = duty::read_duties(policy, &name, &place, findings);
    // What is counted by is read as strictly as what is compared: `"7"`, `07` and 7 are one to a server, and three to a meter.
    for obligation in &obligations {
        if let Obligation::Limit(limit) = obligation {
            limit.keyed_by().for_each(|path| mentions.arguments.name(path.top()));
        }
    }
    let written = policy.new_id(PolicyId::new(number.to_string()));
    let scopes = read_scopes(policy, &place, findings);
    let demanding = scopes.as_deref().and_then(|scopes| scopes::demanding(&written, scopes));
    if scopes.is_some() && demanding.is_none() {
        findings.push(Finding::new(Severity::Error, &place, "Cedar refused the condition that @scopes stands for"));
    }
    let hidden = policy.effect() == Effect::Forbid && policy.annotation("hide").is_some();
    let rule = Rule {
        number,
        name,
        policy: demanding.unwrap_or_else(|| written.clone()),
        written,
        scopes,
        telling: if hidden { Telling::Hidden } else { Telling::Open },
        mentions,
        obligations,
        otherwise: annotation("otherwise"),
        reason: annotation("reason"),
        remedy: annotation("remedy"),
        scope: Scope::of(policy),
        place,
    };
    check_annotations(&rule, findings);
    rule
}

fn read_scopes(policy: &Policy, place: &Place, findings: &mut Vec<Finding>) -> Option<Arc<BTreeSet<Arc<str>>>> {
    let text = policy.annotation("scopes")?;
    let read = match policy.effect() {
        Effect::Permit => scopes::read(text),
        Effect::Forbid => Err("@scopes says what a permit wants, and this rule forbids"),
    };
    let advice =
        "write the names of OAuth scopes with spaces between them, on a permit: @scopes(\"notes:read notes:write\")";
    read.map(Arc::new)
        .map_err(|wrong| findings.push(Finding::new(Severity::Error, place, wrong).with_advice(advice)))
        .ok()
}

fn check_annotations(rule: &Rule, findings: &mut Vec<Finding>) {
    findings.extend(rule.written.annotations().filter_map(|(key, _)| unknown_annotation(rule, key)));
    let mut warn = |message: String, advice: String| {
        findings.push(Finding::new(Severity::Warning, &rule.place, message).with_advice(advice));
    };
    if rule.effect() == Effect::Permit && rule.written.annotation("hide").is_some() {
        warn("@hide does nothing on a permit".to_owned(), "put it on the forbid whose refusals it hides".to_owned());
    }
    match rule.effect() {
        Effect::Forbid if !rule.obligations.is_empty() || rule.otherwise.is_some() => warn(
            "@guard, @limit, @obligation and @otherwise do nothing on a forbid".to_owned(),
            "put them on the permit they belong to".to_owned(),
        ),
        Effect::Forbid | Effect::Permit => {}
    }
}

/// A slip in one that narrows a rule would leave the rule wider than its author thinks, so that is an error.
fn unknown_annotation(rule: &Rule, key: &str) -> Option<Finding> {
    if ANNOTATIONS.contains(&key) {
        return None;
    }
    let near = nearest(key, ANNOTATIONS.into_iter());
    let level = if near.is_some_and(|name| NARROWING.contains(&name)) { Severity::Error } else { Severity::Warning };
    let known = || format!("the known ones are {}", ANNOTATIONS.map(|name| format!("@{name}")).join(", "));
    let advice = near.map_or_else(known, |name| format!("did you mean @{name}?"));
    let message = format!("@{key} is not an annotation Doorward knows");
    Some(Finding::new(level, &rule.place, message).with_advice(advice))
}

fn refuse_twice(rules: &[Rule], findings: &mut Vec<Finding>) {
    for (position, rule) in rules.iter().enumerate() {
        if rules.iter().take(position).any(|earlier| earlier.name == rule.name) {
            findings.push(
                Finding::new(Severity::Error, &rule.place, format!("two rules are called \"{}\"", rule.name))
                    .with_advice("give each rule an @id of its own: records name rules by it"),
            );
        }
    }
}

/// Retells one of Cedar's own diagnostics.
pub(crate) fn from_cedar(place: &Place, error: &(impl Diagnostic + ?Sized)) -> Finding {
    let label = error.labels().into_iter().flatten().next();
    let span = label.as_ref().map(|label| label.offset()..label.offset() + label.len());
    let mut message = error.to_string();
    if let Some(told) = label.as_ref().and_then(|label| label.label()) {
        message = format!("{message}: {told}");
    }
    let help = error.help().map(|help| help.to_string());
    let place = Place { span: span.or_else(|| place.span.clone()), ..place.clone() };
    Finding::new(Severity::Error, &place, message).with_advice_opt(help)
}
