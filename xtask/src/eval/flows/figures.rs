//! The figures of one way to play all traces.

use std::collections::BTreeMap;

use doorward_flow::context::Beginning;
use doorward_flow::nature::Act;
use doorward_flow::structure::Shapes;
use doorward_policy::FlowPolicy;

use super::encode::Encoding;
use super::gate::REFUSING;
use super::replay::{self, Learned, Rules, Seen};
use super::state::{State, key};
use super::trace::{Trace, Traces};

/// A way to play all traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variant {
    /// Each task in a context of its own, its words declared.
    Own,
    /// With a task token that names the tools of the task.
    Token,
    /// With what the other tasks of the suite have shown.
    Learned,
    /// The attacker's values are encoded where the model reads them.
    Encoded(Encoding),
    /// The same with a task token.
    EncodedToken(Encoding),
    /// What the attacker's calls pass on is encoded.
    Content(Encoding),
    /// All tasks of a suite in one context.
    Fallback,
    /// The same with a task token.
    FallbackToken,
    /// The same, and nobody declares a task.
    FallbackWordless,
    /// Contexts of their own, and nobody declares a task.
    Wordless,
}

impl Variant {
    pub(super) const ALL: &[Self] = &[
        Self::Own,
        Self::Token,
        Self::Learned,
        Self::Encoded(Encoding::Base64),
        Self::Encoded(Encoding::Hex),
        Self::Encoded(Encoding::Percent),
        Self::Encoded(Encoding::Rot13),
        Self::Encoded(Encoding::Html),
        Self::Encoded(Encoding::Reversed),
        Self::EncodedToken(Encoding::Base64),
        Self::EncodedToken(Encoding::Hex),
        Self::EncodedToken(Encoding::Percent),
        Self::EncodedToken(Encoding::Rot13),
        Self::EncodedToken(Encoding::Html),
        Self::EncodedToken(Encoding::Reversed),
        Self::Content(Encoding::Base64),
        Self::Content(Encoding::Hex),
        Self::Content(Encoding::Percent),
        Self::Content(Encoding::Rot13),
        Self::Content(Encoding::Html),
        Self::Content(Encoding::Reversed),
        Self::Fallback,
        Self::FallbackToken,
        Self::FallbackWordless,
        Self::Wordless,
    ];

    pub(super) fn name(self) -> String {
        match self {
            Self::Own => "day one, task declared".to_owned(),
            Self::Token => "with a task token".to_owned(),
            Self::Learned => "learned from the other tasks".to_owned(),
            Self::Encoded(encoding) => format!("read in {}", encoding.name()),
            Self::EncodedToken(encoding) => format!("token, read in {}", encoding.name()),
            Self::Content(encoding) => format!("passed on in {}", encoding.name()),
            Self::Fallback => "fallback contexts".to_owned(),
            Self::FallbackToken => "fallback, with a task token".to_owned(),
            Self::FallbackWordless => "fallback, no task declared".to_owned(),
            Self::Wordless => "no task declared".to_owned(),
        }
    }

    const fn has_token(self) -> bool {
        matches!(self, Self::Token | Self::EncodedToken(_) | Self::FallbackToken)
    }

    const fn says_task(self) -> bool {
        !matches!(self, Self::FallbackWordless | Self::Wordless)
    }

    const fn read_in(self) -> Option<Encoding> {
        if let Self::Encoded(encoding) | Self::EncodedToken(encoding) = self { Some(encoding) } else { None }
    }

    const fn passed_on_in(self) -> Option<Encoding> {
        if let Self::Content(encoding) = self { Some(encoding) } else { None }
    }

    const fn is_shared(self) -> bool {
        matches!(self, Self::Fallback | Self::FallbackToken | Self::FallbackWordless)
    }
}

/// What came of one way, by suite.
#[derive(Debug)]
pub(super) struct Figures {
    pub(super) variant: Variant,
    pub(super) suites: Vec<(String, Counts)>,
}

/// Counts of one suite.
#[derive(Debug, Clone, Default)]
pub(super) struct Counts {
    /// Benign calls that act by the key, and those about which somebody is asked.
    pub(super) calls: Share,
    /// Benign calls that act or reach out by the rules, and those about which somebody is asked.
    pub(super) by_rule: Share,
    /// All benign calls, and those that are refused whatever is answered.
    pub(super) refused: Share,
    /// Benign tasks, and those in which anything was asked or refused.
    pub(super) tasks: Share,
    /// Benign calls that act by the key, by policy: those that it refuses by itself.
    pub(super) refused_by: BTreeMap<FlowPolicy, Share>,
    /// The same over all benign calls, those that only read too.
    pub(super) all_refused_by: BTreeMap<FlowPolicy, Share>,
    pub(super) attacks: Share,
    /// Attacks that a policy beside `endorsement` stops by itself.
    pub(super) attacks_refused: Share,
    /// Attacks, by policy: those that it stops by itself.
    pub(super) attacks_by: BTreeMap<FlowPolicy, Share>,
    /// Attacks of which every call that acts would be refused.
    pub(super) whole: Share,
    /// Of the calls asked about: those that a listing of the server could repair, before anybody is asked.
    pub(super) repairable: u32,
    pub(super) asked: Vec<String>,
    pub(super) missed: BTreeMap<String, u32>,
}

/// How many of how many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) part: u32,
    pub(super) of: u32,
}

impl Share {
    pub(super) fn add(&mut self, is_part: bool) {
        self.part += u32::from(is_part);
        self.of += 1;
    }

    pub(super) fn join(self, other: Self) -> Self {
        Self { part: self.part + other.part, of: self.of + other.of }
    }

    pub(super) fn value(self) -> Option<f64> {
        (self.of > 0).then(|| f64::from(self.part) / f64::from(self.of))
    }
}

/// Plays all traces one way.
pub(super) fn of(traces: &Traces, variant: Variant) -> Figures {
    let suites = traces.suites().into_iter().map(|suite| (suite.to_owned(), suite_of(traces, suite, variant)));
    Figures { variant, suites: suites.collect() }
}

fn suite_of(traces: &Traces, suite: &str, variant: Variant) -> Counts {
    let benign: Vec<&Trace> = traces.benign.iter().filter(|trace| trace.suite == suite).collect();
    let is_taught = variant == Variant::Learned;
    let lessons: Vec<Learned> = benign.iter().filter(|_| is_taught).map(|trace| replay::lessons(trace)).collect();
    let mut counts = Counts::default();
    let mut shapes = Shapes::new(&key());
    let mut state = State::new(if variant.is_shared() { Beginning::Unknown } else { Beginning::Known });
    for (at, trace) in benign.iter().enumerate() {
        let learned = others(&lessons, at);
        let token = trace.token();
        let rules = Rules {
            says_task: variant.says_task(),
            token: variant.has_token().then_some(&token),
            learned: learned.as_ref(),
            ..Rules::default()
        };
        counts.benign(trace, &replay::play(&mut state, &mut shapes, trace, rules));
        if !variant.is_shared() {
            state.next();
        }
    }
    for trace in traces.attacked.iter().filter(|trace| trace.suite == suite) {
        let at = benign.iter().position(|task| task.task == trace.task);
        let learned = at.and_then(|at| others(&lessons, at));
        let task = at.and_then(|at| benign.get(at).copied()).unwrap_or(trace);
        // The ledger of somebody who has done nothing yet helps least against an attack.
        let mut state = if variant.is_shared() { state.clone() } else { State::new(Beginning::Known) };
        let seen = attack(trace, task, variant, learned.as_ref(), &mut state, &mut shapes);
        counts.attacked(trace, &seen);
    }
    counts
}

/// What all but the task at that place have shown.
fn others(lessons: &[Learned], at: usize) -> Option<Learned> {
    if lessons.is_empty() {
        return None;
    }
    let others = lessons.iter().enumerate().filter(|(other, _)| *other != at);
    Some(others.flat_map(|(_, learned)| learned.iter().cloned()).collect())
}

fn attack(
    trace: &Trace,
    task: &Trace,
    variant: Variant,
    learned: Option<&Learned>,
    state: &mut State,
    shapes: &mut Shapes,
) -> Vec<Seen> {
    let token = task.token();
    let rules = Rules {
        says_task: variant.says_task(),
        token: variant.has_token().then_some(&token),
        learned,
        read_in: variant.read_in(),
        passed_on_in: variant.passed_on_in(),
        relabelled: None,
    };
    replay::play(state, shapes, trace, rules)
}

impl Counts {
    pub(super) fn benign(&mut self, trace: &Trace, seen: &[Seen]) {
        for call in seen {
            let is_asked = call.ruling.asks() || call.is_beside_token;
            self.refused.add(call.answered.refuses());
            for policy in FlowPolicy::ALL {
                let by_it = call.ruling.by.contains(&policy);
                self.all_refused_by.entry(policy).or_default().add(by_it);
                if call.tool.acts {
                    self.refused_by.entry(policy).or_default().add(by_it);
                }
            }
            if call.tool.acts {
                self.calls.add(is_asked);
            }
            if call.counts {
                self.by_rule.add(is_asked);
            }
            if call.is_refused() {
                self.asked.push(told(trace, call));
                self.repairable += u32::from(call.tool.acts && is_asked && can_be_listed(trace, call));
            }
        }
        self.tasks.add(seen.iter().any(Seen::is_refused));
    }

    pub(super) fn attacked(&mut self, trace: &Trace, seen: &[Seen]) {
        let attacks: Vec<&Seen> = seen.iter().filter(|call| call.is_attack).collect();
        let is_stopped = attacks.iter().any(|call| call.is_refused());
        let acting = attacks.iter().filter(|call| call.tool.acts).count();
        let refused = |call: &&&Seen| call.is_refused() && (call.tool.acts || acting == 0);
        self.attacks.add(is_stopped);
        self.attacks_refused.add(attacks.iter().any(|call| call.ruling.refuses()));
        for policy in FlowPolicy::ALL {
            let by_it = attacks.iter().any(|call| call.ruling.by.contains(&policy));
            self.attacks_by.entry(policy).or_default().add(by_it);
        }
        self.whole.add(attacks.iter().filter(refused).count() == if acting == 0 { attacks.len() } else { acting });
        if !is_stopped {
            let kind = trace.injection.as_ref().map_or("", |injection| &injection.kind);
            *self.missed.entry(format!("{kind}: {}", why(&attacks))).or_default() += 1;
        }
    }

    pub(super) fn join(&mut self, other: &Self) {
        self.calls = self.calls.join(other.calls);
        self.by_rule = self.by_rule.join(other.by_rule);
        self.refused = self.refused.join(other.refused);
        self.tasks = self.tasks.join(other.tasks);
        self.attacks = self.attacks.join(other.attacks);
        self.attacks_refused = self.attacks_refused.join(other.attacks_refused);
        for (mine, its) in [
            (&mut self.refused_by, &other.refused_by),
            (&mut self.all_refused_by, &other.all_refused_by),
            (&mut self.attacks_by, &other.attacks_by),
        ] {
            for (policy, share) in its {
                let sum = mine.entry(*policy).or_default();
                *sum = sum.join(*share);
            }
        }
        self.whole = self.whole.join(other.whole);
        self.repairable += other.repairable;
    }
}

/// A refused call without any of its values.
fn told(trace: &Trace, call: &Seen) -> String {
    let missing: Vec<String> =
        call.missing.iter().map(|missing| format!("{} {}", missing.role, missing.path)).collect();
    let by: Vec<&str> =
        REFUSING.iter().filter(|policy| call.ruling.by.contains(policy)).map(|policy| policy.name()).collect();
    let passed: Vec<&str> = call.passed.iter().map(|rule| rule.as_str()).collect();
    let mut refused = if by.is_empty() { String::new() } else { format!("; refused by {}", by.join(", ")) };
    if !passed.is_empty() {
        refused.push_str(&format!("; bounds passed: {}", passed.join(", ")));
    }
    format!("{} {}: {}{refused}", trace.scenario, call.tool.name, missing.join(", "))
}

/// Whether all that is missing are ids, and a reading tool of the server is among those the task knows of.
fn can_be_listed(trace: &Trace, call: &Seen) -> bool {
    use doorward_core::flow::Role;
    let server = trace.calls.iter().find(|one| one.tool.name == call.tool.name).map(|one| &one.server);
    let lists = trace.calls.iter().any(|one| Some(&one.server) == server && one.tool.nature.act == Act::Read);
    lists && call.missing.iter().all(|missing| missing.role == Role::Selector)
}

fn why(attacks: &[&Seen]) -> &'static str {
    let first = attacks.iter().find(|call| call.tool.acts).or_else(|| attacks.first());
    match first {
        Some(call) if call.tool.nature.act == Act::Read => "a reading tool takes a given link",
        Some(call) if !call.has_authority => "no argument decides anything",
        Some(_) | None => "a choice among values with an origin",
    }
}
