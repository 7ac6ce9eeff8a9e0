//! What a tool does to the world: it reads, it writes, or it destroys.
//!
//! The answer is the worst of three witnesses: the server's annotations, the words of the tool's name, and the arguments
//! it takes. Annotations come from the server being judged, so they may make the answer worse and never better than what
//! the name and the arguments say. The specification's default for a missing `destructiveHint` is not assumed: it would
//! make every unannotated tool destructive. A server that lies in all three at once is not caught here.

mod words;

use std::fmt;

use words::{Verb, Words};

/// How bad a tool can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Effect {
    /// Changes nothing.
    Read,
    /// Changes something in an ordinary way.
    Write,
    /// Deletes, overwrites, or runs what it is given.
    Destructive,
}

impl Effect {
    /// The word policies use: the tool's attribute `effect` and the action group.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Destructive => "destructive",
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether a tool sends data out of the server's own world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// Stays with the server.
    Closed,
    /// Sends to, or fetches from, somewhere else.
    Open,
}

/// What made a tool count as it does. Every text is ours, none is the server's, so it may stand in a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Evidence {
    /// An annotation of this name.
    Annotation(&'static str),
    /// This word in its name.
    Word(&'static str),
    /// An argument of this name.
    Argument(&'static str),
    /// An input schema that cannot be read.
    UnreadableSchema,
    /// The operator's word in the configuration.
    Operator,
    /// Nothing spoke either way.
    Nothing,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Annotation(name) => write!(f, "its annotation {name}"),
            Self::Word(word) => write!(f, "the word '{word}' in its name"),
            Self::Argument(name) => write!(f, "its argument '{name}'"),
            Self::UnreadableSchema => f.write_str("an input schema that cannot be read"),
            Self::Operator => f.write_str("the configuration"),
            Self::Nothing => f.write_str("nothing that says otherwise"),
        }
    }
}

/// The annotations that matter here, as the server sent them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hints {
    /// `readOnlyHint`
    pub read_only: Option<bool>,
    /// `destructiveHint`
    pub destructive: Option<bool>,
    /// `openWorldHint`
    pub open_world: Option<bool>,
}

/// One argument a tool takes, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its description; empty when it has none.
    pub description: &'a str,
}

/// What a tool counts as, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Assessment {
    /// How bad it can be.
    pub effect: Effect,
    /// What made it count so.
    pub evidence: Evidence,
    /// Whether it sends data elsewhere.
    pub reach: Reach,
}

/// Judges a tool by its name, annotations and arguments.
#[must_use]
pub fn assess(name: &str, hints: Hints, parameters: &[Parameter<'_>]) -> Assessment {
    let words = Words::of(name);
    let (effect, evidence) = judge(&words, hints, parameters);
    Assessment { effect, evidence, reach: reach(&words, hints, parameters) }
}

/// The same for a server whose annotations count as given. What they leave open is judged as ever.
#[must_use]
pub fn assess_trusted(name: &str, hints: Hints, parameters: &[Parameter<'_>]) -> Assessment {
    let inferred = assess(name, hints, parameters);
    let (effect, evidence) = match (hints.read_only, hints.destructive) {
        (_, Some(true)) => (Effect::Destructive, Evidence::Annotation("destructiveHint")),
        (Some(true), Some(false) | None) => (Effect::Read, Evidence::Annotation("readOnlyHint")),
        (Some(false) | None, Some(false)) => (Effect::Write, Evidence::Annotation("destructiveHint")),
        (Some(false) | None, None) => (inferred.effect, inferred.evidence),
    };
    let reach = match hints.open_world {
        Some(true) => Reach::Open,
        Some(false) => Reach::Closed,
        None => inferred.reach,
    };
    Assessment { effect, evidence, reach }
}

fn judge(words: &Words, hints: Hints, parameters: &[Parameter<'_>]) -> (Effect, Evidence) {
    if let Some(word) = words.destructive() {
        return (Effect::Destructive, Evidence::Word(word));
    }
    if let Some(argument) = free_form(words, parameters) {
        return (Effect::Destructive, Evidence::Argument(argument));
    }
    if hints.destructive == Some(true) {
        return (Effect::Destructive, Evidence::Annotation("destructiveHint"));
    }
    match (words.lead(), hints.read_only) {
        (Some((Verb::Read, _)), Some(false)) => (Effect::Write, Evidence::Annotation("readOnlyHint")),
        (Some((Verb::Read, word)), Some(true) | None) => (Effect::Read, Evidence::Word(word)),
        (Some((Verb::Write | Verb::Destroy, word)), Some(_) | None) => (Effect::Write, Evidence::Word(word)),
        (None, Some(true)) => (Effect::Read, Evidence::Annotation("readOnlyHint")),
        (None, Some(false)) => (Effect::Write, Evidence::Annotation("readOnlyHint")),
        (None, None) => (Effect::Write, Evidence::Nothing),
    }
}

/// The argument through which the tool can be told to do anything, unless its name narrows what it does with it
/// (`read_query`, `create_table`).
fn free_form(words: &Words, parameters: &[Parameter<'_>]) -> Option<&'static str> {
    let argument = parameters.iter().find_map(|parameter| free_form_argument(words, parameter))?;
    let narrowed = match words.lead() {
        Some((Verb::Read, word)) => word != "query",
        Some((Verb::Write, word)) => !words::RUNS.contains(&word) && !words.has_any(words::PROGRAMS),
        Some((Verb::Destroy, _)) | None => false,
    };
    (!narrowed).then_some(argument)
}

fn free_form_argument(words: &Words, parameter: &Parameter<'_>) -> Option<&'static str> {
    let name = parameter.name.to_ascii_lowercase();
    let says = |needles: &[&str]| {
        let description = parameter.description.to_ascii_lowercase();
        needles.iter().any(|needle| description.contains(needle))
    };
    match words::listed(words::FREE_FORM, &name)? {
        "query" if says(&["sql"]) => Some("query"),
        "query" => None,
        "code" if words.has_any(words::RUNS) || words.has_any(words::PROGRAMS) || says(&["execut", "to run"]) => {
            Some("code")
        }
        "code" => None,
        other => Some(other),
    }
}

fn reach(words: &Words, hints: Hints, parameters: &[Parameter<'_>]) -> Reach {
    let sends = words.has_any(words::SENDS)
        || parameters
            .iter()
            .any(|parameter| words::listed(words::ADDRESSES, &parameter.name.to_ascii_lowercase()).is_some());
    if hints.open_world == Some(true) || sends { Reach::Open } else { Reach::Closed }
}

#[cfg(test)]
mod tests;
