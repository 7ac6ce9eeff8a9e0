//! One trace, played through the rules: what is refused, what a person answers, what is read.

use std::collections::BTreeSet;
use std::rc::Rc;

use doorward_core::flow::{FlowSeen, LedgerRule, Missing, Role, TaskToken};
use doorward_core::ids::ServerId;
use doorward_flow::context::{Call as Asked, Judgement, Voice};
use doorward_flow::nature::Nature;
use doorward_flow::structure::Shapes;
use doorward_mcp::raw::{Raw, RawJson};
use serde_json::Value;

use super::encode::{self, Encoding};
use super::gate::Ruling;
use super::state::State;
use super::toolset::Tool;
use super::trace::{Call, Trace, json};

/// What was learned: a value that was good for a tool.
pub(super) type Learned = BTreeSet<(ServerId, String, Role, String)>;

/// What stays the same for one play.
#[derive(Clone, Copy, Default)]
pub(super) struct Rules<'a> {
    /// Whether the words of the task are declared.
    pub(super) says_task: bool,
    /// What the task was given; `None` for everything.
    pub(super) token: Option<&'a TaskToken>,
    pub(super) learned: Option<&'a Learned>,
    /// The encoding in which the attacker's values are read.
    pub(super) read_in: Option<Encoding>,
    /// The encoding in which the attacker's calls pass on what they have.
    pub(super) passed_on_in: Option<Encoding>,
    /// What is believed of a tool instead of what is inferred.
    pub(super) relabelled: Option<(&'a str, &'a Nature)>,
}

/// What became of one call.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) tool: Rc<Tool>,
    pub(super) is_attack: bool,
    /// What the policies say of it as it is made.
    pub(super) ruling: Ruling,
    /// What they say of it once every question about it is answered.
    pub(super) answered: Ruling,
    /// Whether it goes beyond the tools of the task token.
    pub(super) is_beside_token: bool,
    /// Whether it acts, or reads from an address outside: what the rules are for.
    pub(super) counts: bool,
    pub(super) missing: Vec<Missing>,
    /// The rules of the ledger whose bound it passes.
    pub(super) passed: Vec<LedgerRule>,
    /// Whether a value of known origin decides what it does.
    pub(super) has_authority: bool,
}

impl Seen {
    pub(super) fn is_refused(&self) -> bool {
        self.is_beside_token || self.ruling.is_refused()
    }
}

/// Plays `trace` in `state`.
pub(super) fn play(state: &mut State, shapes: &mut Shapes, trace: &Trace, rules: Rules<'_>) -> Vec<Seen> {
    let mut player = Player { state, shapes, trace, rules, declared: 0 };
    for (server, tool, role, value) in rules.learned.into_iter().flatten() {
        let value = player.state.context.form(value);
        player.state.context.learn(server, tool, *role, value);
    }
    trace.calls.iter().enumerate().map(|(at, call)| player.call(at, call)).collect()
}

struct Player<'p> {
    state: &'p mut State,
    shapes: &'p mut Shapes,
    trace: &'p Trace,
    rules: Rules<'p>,
    declared: usize,
}

impl Player<'_> {
    fn call(&mut self, at: usize, call: &Call) -> Seen {
        self.declare(call.turns);
        let encoded =
            self.rules.passed_on_in.filter(|_| call.is_attack).map(|encoding| encode::content(call, encoding));
        let arguments = encoded.as_ref().unwrap_or(&call.arguments);
        let relabelled = self.rules.relabelled.filter(|(name, _)| *name == call.tool.name).map(|(_, nature)| nature);
        let nature = relabelled.unwrap_or(&call.tool.nature);
        let asked = Asked { server: &call.server, tool: &call.tool.name, nature, arguments: Some(arguments.as_raw()) };
        let (judgement, flow, ruling) = self.rule(&asked, arguments);
        let acts = nature.act.is_consequential();
        // As with a token that names every tool that only reads within its server.
        let is_outside =
            |token: &TaskToken| (acts || nature.egress) && !token.holds(&call.server, &call.tool.name, None);
        let mut seen = Seen {
            tool: call.tool.clone(),
            is_attack: call.is_attack,
            answered: ruling.clone(),
            ruling,
            is_beside_token: self.rules.token.is_some_and(is_outside),
            counts: acts || judgement.endorse.weakest.is_some() || !judgement.endorse.missing.is_empty(),
            has_authority: judgement.endorse.weakest.is_some(),
            missing: judgement.endorse.missing,
            passed: flow.ledger.passed,
        };
        if seen.is_refused() && call.is_attack {
            return seen;
        }
        if seen.is_refused() {
            seen.answered = self.answer(&asked, arguments, &judgement.missing_values);
        }
        self.state.allow(&asked);
        self.absorb(at, call, asked);
        seen
    }

    fn rule(&self, asked: &Asked<'_>, arguments: &RawJson) -> (Judgement, FlowSeen, Ruling) {
        let (judgement, flow) = self.state.weigh(asked);
        let ruling = self.trace.toolset.gate.rule(asked, arguments, flow.clone(), self.state.now());
        (judgement, flow, ruling)
    }

    /// The person knows their own task: what it needs is approved, once for each value.
    fn answer(&mut self, asked: &Asked<'_>, arguments: &RawJson, missing: &[(Missing, u64)]) -> Ruling {
        for (missing, value) in missing {
            self.state.context.approve(asked.server, asked.tool, missing.role, *value);
        }
        self.rule(asked, arguments).2
    }

    fn declare(&mut self, turns: usize) {
        let until = turns.min(self.trace.texts.len());
        for text in self.trace.texts.get(self.declared..until).unwrap_or_default() {
            if self.rules.says_task {
                self.state.context.declare(text, Voice::Task);
            }
        }
        self.declared = self.declared.max(until);
    }

    fn absorb(&mut self, at: usize, call: &Call, asked: Asked<'_>) {
        let result = match self.rules.read_in {
            Some(encoding) => encode::result(self.trace, at, encoding),
            None => call.result.clone(),
        };
        if is_nothing(&result) {
            return;
        }
        let label = self.trace.toolset.gate.label(&asked, &asked.nature.result, &result);
        let Some(part) = json(&Value::String(result)) else { return };
        self.state.absorb(asked, &label, &[part.as_raw()], self.shapes);
    }
}

/// Whether a result says nothing.
fn is_nothing(result: &str) -> bool {
    matches!(result.trim(), "" | "null" | "[]" | "{}" | "true" | "false")
}

/// What a good trace has shown: the values that decide something, by the tool they were good for.
pub(super) fn lessons(trace: &Trace) -> Learned {
    let mut learned = Learned::new();
    for call in &trace.calls {
        let nature = &call.tool.nature;
        if !nature.act.is_consequential() && !nature.egress {
            continue;
        }
        each_leaf(call.arguments.as_raw(), "", &mut |pointer, raw| {
            let text = raw.as_str().unwrap_or_else(|| raw.text().into());
            let role = nature.role(pointer, raw.kind());
            match role {
                Role::Target | Role::Selector | Role::Credential => {
                    learned.insert((call.server.clone(), call.tool.name.clone(), role, text.into_owned()));
                }
                Role::Command | Role::Content | Role::Control | Role::Choice => {}
            }
        });
    }
    learned
}

/// Has `take` look at each leaf with its pointer. Arguments of traces are not deep.
pub(super) fn each_leaf<'a>(raw: Raw<'a>, pointer: &str, take: &mut dyn FnMut(&str, Raw<'a>)) {
    use doorward_mcp::raw::Kind;
    match raw.kind() {
        Kind::Object => raw.members().for_each(|(name, member)| each_leaf(member, &format!("{pointer}/{name}"), take)),
        Kind::Array => {
            raw.elements().enumerate().for_each(|(at, element)| each_leaf(element, &format!("{pointer}/{at}"), take));
        }
        Kind::String | Kind::Number | Kind::Bool | Kind::Null => take(pointer, raw),
    }
}
