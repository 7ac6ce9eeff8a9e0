//! Cases beside a policy: who asks for what, and what the policy must answer.
//!
//! A file of cases is TOML that a person reads. Reading it turns every case, with its defaults and variants, into one request
//! each; judging a case asks the engine as the gateway would. Nothing is left to chance: what a case does not say has a fixed
//! value, the time among them, and a key that is not known is an error.

mod judge;
mod layer;
mod moment;
mod node;
mod read;
mod who;

use std::collections::BTreeSet;
use std::sync::Arc;

use doorward_core::access::{AccessRequest, Observed, PathSeen};
use doorward_core::principal::{Principal, Subject};
use doorward_core::refusal::Code;
use doorward_facts::path::folded;

use crate::engine::Engine;
use crate::finding::Finding;
use crate::review::is_ours;
use crate::source::Source;

pub use judge::Verdict;
pub(crate) use judge::{in_words, written};

/// Whom a text names: `ann`, `User::"ann"`, `Agent::"planner"`.
#[must_use]
pub fn subject_named(text: &str) -> Subject {
    who::subject(text)
}

/// The cases of one file.
#[derive(Debug)]
pub struct CaseFile {
    /// The kinds of principal it names, in the order of their names.
    pub kinds: Vec<(String, Principal)>,
    /// Its cases, variants written out.
    pub cases: Vec<Case>,
}

/// One request and what must come of it.
#[derive(Debug)]
pub struct Case {
    /// Its name; a variant's ends with its number.
    pub name: String,
    /// The file it stands in.
    pub file: Arc<str>,
    /// The line it begins in, counted from 1.
    pub line: usize,
    request: AccessRequest,
    observed: Observed,
    expected: Expected,
}

/// What a case expects.
#[derive(Debug)]
struct Expected {
    end: End,
    /// Rules that must be among those that decide.
    rules: Option<Vec<String>>,
    /// Exactly these duties, in any order.
    obligations: Option<Vec<String>>,
    /// Whether a list shows the thing.
    shown: Option<bool>,
}

/// How a case must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Allow,
    Deny,
    /// Allowed, and counted against a limit.
    Limit,
    Refuse(Code),
}

impl CaseFile {
    /// Reads a file of cases.
    ///
    /// # Errors
    /// Everything that is wrong with it, with its place and advice.
    pub fn read(source: &Source) -> Result<Self, Vec<Finding>> {
        read::read(source)
    }
}

/// A rule of the operator's, as a list of rules shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleName {
    /// Its id.
    pub id: Arc<str>,
    /// The file it stands in.
    pub file: Arc<str>,
    /// The line it begins in, counted from 1.
    pub line: usize,
}

impl Engine {
    /// What there is to see where nobody looks, for trying a policy out: `given`, and beside it every path leads where it
    /// says, no counter has counted yet, nothing was read before, and hosts stay unknown.
    #[must_use]
    pub fn presumed(&self, request: &AccessRequest, given: &Observed) -> Observed {
        let wants = self.wants(request);
        let mut observed = given.clone();
        for path in wants.paths {
            let there = PathSeen::Real(Arc::from(folded(&path)));
            observed.paths.entry(path).or_insert(there);
        }
        for counter in wants.counts {
            observed.counts.entry(counter).or_insert(0);
        }
        observed.flow.get_or_insert_default();
        observed
    }

    /// The rules that `deciding` does not name, those of presets left out: no case shows what they do.
    #[must_use]
    pub fn rules_beside(&self, deciding: &BTreeSet<Arc<str>>) -> Vec<RuleName> {
        let left = self.rules.iter().filter(|rule| !is_ours(rule) && !deciding.contains(&rule.name));
        left.map(|rule| RuleName {
            id: Arc::clone(&rule.name),
            file: Arc::clone(&rule.place.file),
            line: rule.place.line(),
        })
        .collect()
    }
}
