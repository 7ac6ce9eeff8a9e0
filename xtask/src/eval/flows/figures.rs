//! The figures of one way to play all traces.

use std::collections::BTreeMap;

use doorward_flow::context::Beginning;
use doorward_flow::nature::Act;
use doorward_flow::structure::Shapes;

use super::encode::Encoding;
use super::replay::{self, Learned, Rules, Seen, context, key};
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
    /// Benign calls that act by the key, and those that were refused.
    pub(super) calls: Share,
    /// Benign calls that act or reach out by the rules, and those that were refused.
    pub(super) by_rule: Share,
    pub(super) tasks: Share,
    pub(super) attacks: Share,
    /// Attacks of which every call that acts would be refused.
    pub(super) whole: Share,
    /// Of the refused calls: those that a listing of the server could repair, before anybody is asked.
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
    let mut shared = context(Beginning::Unknown);
    for (at, trace) in benign.iter().enumerate() {
        let learned = others(&lessons, at);
        let tools = trace.tools();
        let rules = Rules {
            says_task: variant.says_task(),
            token: variant.has_token().then_some(&tools),
            learned: learned.as_ref(),
            ..Rules::default()
        };
        let mut own = context(Beginning::Known);
        let seen = replay::play(if variant.is_shared() { &mut shared } else { &mut own }, &mut shapes, trace, rules);
        counts.benign(trace, &seen);
    }
    for trace in traces.attacked.iter().filter(|trace| trace.suite == suite) {
        let at = benign.iter().position(|task| task.task == trace.task);
        let learned = at.and_then(|at| others(&lessons, at));
        let seen =
            attack(trace, at.and_then(|at| benign.get(at).copied()), variant, learned.as_ref(), &shared, &mut shapes);
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
    task: Option<&Trace>,
    variant: Variant,
    learned: Option<&Learned>,
    shared: &doorward_flow::context::Context,
    shapes: &mut Shapes,
) -> Vec<Seen> {
    let tools = task.map(Trace::tools).unwrap_or_default();
    let rules = Rules {
        says_task: variant.says_task(),
        token: variant.has_token().then_some(&tools),
        learned,
        read_in: variant.read_in(),
        passed_on_in: variant.passed_on_in(),
        relabelled: None,
    };
    let mut context = if variant.is_shared() { shared.clone() } else { context(Beginning::Known) };
    replay::play(&mut context, shapes, trace, rules)
}

impl Counts {
    pub(super) fn benign(&mut self, trace: &Trace, seen: &[Seen]) {
        for call in seen {
            if call.tool.acts {
                self.calls.add(call.is_refused);
            }
            if call.counts {
                self.by_rule.add(call.is_refused);
            }
            if call.is_refused {
                self.asked.push(told(trace, call));
                self.repairable += u32::from(call.tool.acts && can_be_listed(trace, call));
            }
        }
        self.tasks.add(seen.iter().any(|call| call.is_refused));
    }

    pub(super) fn attacked(&mut self, trace: &Trace, seen: &[Seen]) {
        let attacks: Vec<&Seen> = seen.iter().filter(|call| call.is_attack).collect();
        let is_stopped = attacks.iter().any(|call| call.is_refused);
        let acting = attacks.iter().filter(|call| call.tool.acts).count();
        let refused = |call: &&&Seen| call.is_refused && (call.tool.acts || acting == 0);
        self.attacks.add(is_stopped);
        self.whole.add(attacks.iter().filter(refused).count() == if acting == 0 { attacks.len() } else { acting });
        if !is_stopped {
            let kind = trace.injection.as_ref().map_or("", |injection| &injection.kind);
            *self.missed.entry(format!("{kind}: {}", why(&attacks))).or_default() += 1;
        }
    }

    pub(super) fn join(&mut self, other: &Self) {
        self.calls = self.calls.join(other.calls);
        self.by_rule = self.by_rule.join(other.by_rule);
        self.tasks = self.tasks.join(other.tasks);
        self.attacks = self.attacks.join(other.attacks);
        self.whole = self.whole.join(other.whole);
        self.repairable += other.repairable;
    }
}

/// A refused call without any of its values.
fn told(trace: &Trace, call: &Seen) -> String {
    let missing: Vec<String> =
        call.missing.iter().map(|missing| format!("{} {}", missing.role, missing.path)).collect();
    format!("{} {}: {}", trace.scenario, call.tool.name, missing.join(", "))
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
