//! The narrowest exception for a call that was refused, as Cedar text for a person to review. It is never put in force here.
//!
//! Everything that is known of the call becomes a condition: who, through which agent, which thing, which values. Names come
//! from servers and callers, so all of them are written as quoted literals, in comments as well.

use std::sync::Arc;

use cedar_policy::Effect;
use doorward_core::access::{AccessRequest, Observed, Resource};
use doorward_core::decision::Decision;
use doorward_core::refusal::Code;
use doorward_mcp::raw::{Kind, Raw, RawJson};

use crate::argument_type::{ArgumentType, Members, Presence};
use crate::cases::in_words;
use crate::engine::Engine;
use crate::limits::PROPOSED_TEXT_MAX;
use crate::mentions::Seen;
use crate::question::Question;
use crate::rule::Rule;

/// What could be done about a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proposal {
    /// A rule to add: Cedar text with comments.
    Permit(String),
    /// A forbid stands in the way: what to add to it, as a comment, since no permit helps.
    Exception(String),
    /// No rule is missing; why it is refused all the same, or that it is not.
    Nothing(String),
}

impl Engine {
    /// The narrowest rule that would let `request` pass, with comments on what it opens and what still refuses. A request
    /// without arguments is taken for one whose arguments are not known: then the rule is for any.
    #[must_use]
    pub fn propose(&self, request: &AccessRequest, observed: &Observed) -> Proposal {
        let decision = self.decide(request, observed);
        let denial = match &decision {
            Decision::Allow { .. } => return Proposal::Nothing(format!("it is not refused: {}", in_words(&decision))),
            Decision::Deny(denial) => denial,
        };
        let Ok(question) = Question::find(self, request, observed) else {
            return Proposal::Nothing(in_words(&decision));
        };
        let conditions = Conditions::of(self, &question);
        let unreadable = request.arguments.is_none() && denial.code == Code::PolicyError;
        if denial.code == Code::Forbidden {
            return Proposal::Exception(self.exception(request, &conditions, &decision));
        }
        if denial.code != Code::NotAllowed && denial.code != Code::QuestionRefused && !unreadable {
            return Proposal::Nothing(format!("no rule is missing: {}", in_words(&decision)));
        }
        Proposal::Permit(self.permit(request, &conditions, &question))
    }

    fn permit(&self, request: &AccessRequest, conditions: &Conditions, question: &Question<'_>) -> String {
        let id = request.resource.to_string();
        let (principal, action, resource) = self.scope(request, &id);
        let mut lines = vec![
            "// A proposal, not in force: review it, then add it to a policy file.".to_owned(),
            format!("// Opens {} to {}{}.", bare(&action), bare(&principal), conditions.summary()),
        ];
        lines.extend(conditions.comments.iter().map(|comment| format!("// {comment}")));
        let rules = question.slice().rules.iter().filter_map(|number| self.rules.get(*number));
        let forbids = rules.filter(|rule| rule.effect() == Effect::Forbid && rule.covers_principal(&request.principal));
        lines.extend(forbids.map(|rule| format!("// The forbid {} still wins where it holds.", named(rule))));
        let label = format!("exception:{}:{id}", request.principal.user());
        lines.push(format!("@id({label:?})"));
        lines.push(format!("permit (\n  {principal},\n  {action},\n  {resource}\n)"));
        if !conditions.tests.is_empty() {
            lines.push(format!("when {{\n  {}\n}}", conditions.tests.join(" &&\n  ")));
        }
        lines.join("\n") + ";\n"
    }

    fn exception(&self, request: &AccessRequest, conditions: &Conditions, decision: &Decision) -> String {
        let id = request.resource.to_string();
        let (principal, action, resource) = self.scope(request, &id);
        let mut lines = vec!["// A forbid wins over any permit, so no new rule helps.".to_owned()];
        let reasons = match decision {
            Decision::Allow { reasons, .. } => reasons,
            Decision::Deny(denial) => &denial.reasons,
        };
        for rule in self.rules.iter().filter(|rule| reasons.iter().any(|reason| reason.rule == rule.name)) {
            lines.push(format!("// If this call should pass, add to the forbid {}:", named(rule)));
        }
        let tests: Vec<String> =
            [principal, action, resource].into_iter().chain(conditions.tests.iter().cloned()).collect();
        lines.push(format!("unless {{\n  {}\n}}", tests.join(" &&\n  ")));
        lines.extend(conditions.comments.iter().map(|comment| format!("// {comment}")));
        lines.join("\n") + "\n"
    }

    fn scope(&self, request: &AccessRequest, id: &str) -> (String, String, String) {
        let types = &self.types;
        let method = request.action.name();
        let (action, resource) = match &request.resource {
            Resource::Server(_) => (types.action(method), types.server(id)),
            Resource::Tool(..) => (types.action(id), types.tool(id)),
            Resource::Resource(..) => (types.action(method), types.resource(id)),
            Resource::Prompt(..) => (types.action(method), types.prompt(id)),
        };
        let principal = types.subject(request.principal.subject());
        (format!("principal == {principal}"), format!("action == {action}"), format!("resource == {resource}"))
    }
}

/// The entity of a part of the scope.
fn bare(part: &str) -> &str {
    part.split_once(" == ").map_or(part, |(_, entity)| entity)
}

fn named(rule: &Rule) -> String {
    format!("{:?} ({}:{})", &*rule.name, rule.place.file.escape_debug(), rule.place.line())
}

/// What narrows the rule beside its scope.
#[derive(Debug, Default)]
struct Conditions {
    /// Cedar tests that must all hold.
    tests: Vec<String>,
    /// Arguments whose values are fixed.
    fixed: Vec<String>,
    /// Whether it is for one agent alone.
    by: Option<String>,
    /// What its reader should know.
    comments: Vec<String>,
}

impl Conditions {
    fn of(engine: &Engine, question: &Question<'_>) -> Self {
        let mut conditions = Self::default();
        if let Some(agent) = question.request.principal.agent() {
            let agent = engine.types.agent(agent);
            conditions.tests.push(format!("context has agent && context.agent == {agent}"));
            conditions.by = Some(agent.to_string());
        }
        if let Resource::Tool(server, name) = &question.request.resource {
            let tool = engine.desks.get(server).and_then(|desk| desk.tools.get(name));
            if let Some(tool) = tool {
                conditions.fix(question, &tool.facts.arguments);
            }
        }
        conditions
    }

    fn fix(&mut self, question: &Question<'_>, members: &Members) {
        let Some(arguments) = question.request.arguments.as_ref().map(RawJson::as_raw) else {
            if !members.is_empty() {
                self.comments.push("The arguments are not known, so any will do; --arguments narrows it.".to_owned());
            }
            return;
        };
        let cared = &question.slice().mentions.arguments;
        let mut free = Vec::new();
        for (name, member) in members {
            let wanted = matches!(cared, Seen::None | Seen::All) || cared.includes(name);
            let value = arguments.member(name).filter(|_| wanted).and_then(|value| literal(&member.of, value));
            match value {
                Some(value) => {
                    let argument = path_to(name);
                    let asked = match member.presence {
                        Presence::Required => String::new(),
                        Presence::Optional => format!("{} && ", has(name)),
                    };
                    self.tests.push(format!("{asked}{argument} == {value}"));
                    self.fixed.push(name.to_string());
                }
                None => free.push(format!("{:?}", &**name)),
            }
        }
        if !free.is_empty() {
            self.comments.push(format!("These arguments may be anything: {}.", free.join(", ")));
        }
    }

    fn summary(&self) -> String {
        let by = self.by.as_ref().map(|agent| format!(" through {agent}")).unwrap_or_default();
        let fixed: Vec<String> = self.fixed.iter().map(|name| format!("{name:?}")).collect();
        let with =
            if fixed.is_empty() { String::new() } else { format!(", with these values of {}", fixed.join(", ")) };
        format!("{by}{with}")
    }
}

/// `context.arguments.name`, or with brackets where the name is no plain word.
fn path_to(name: &Arc<str>) -> String {
    if is_word(name) { format!("context.arguments.{name}") } else { format!("context.arguments[{:?}]", &**name) }
}

fn has(name: &Arc<str>) -> String {
    if is_word(name) { format!("context.arguments has {name}") } else { format!("context.arguments has {:?}", &**name) }
}

fn is_word(name: &str) -> bool {
    const RESERVED: [&str; 10] = ["true", "false", "if", "then", "else", "in", "is", "like", "has", "__cedar"];
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !RESERVED.contains(&name)
}

/// A value as a Cedar literal; `None` for one that is long, nested, or not of its type.
fn literal(of: &ArgumentType, value: Raw<'_>) -> Option<String> {
    match (of, value.kind()) {
        (ArgumentType::Text, Kind::String) => {
            let text = value.as_str()?;
            (text.len() <= PROPOSED_TEXT_MAX && !text.contains('\n')).then(|| format!("{text:?}"))
        }
        (ArgumentType::Whole, Kind::Number) => value.as_i64().map(|number| number.to_string()),
        (ArgumentType::Truth, Kind::Bool) => value.as_bool().map(|truth| truth.to_string()),
        (ArgumentType::List(element), Kind::Array) => {
            let literals: Option<Vec<String>> = value.elements().map(|item| literal(element, item)).collect();
            let literals = literals.filter(|literals| !literals.is_empty())?.join(", ");
            (literals.len() <= PROPOSED_TEXT_MAX).then(|| format!("[{literals}]"))
        }
        (
            ArgumentType::Text
            | ArgumentType::Whole
            | ArgumentType::Truth
            | ArgumentType::Decimal
            | ArgumentType::List(_)
            | ArgumentType::Record(_),
            _,
        ) => None,
    }
}
